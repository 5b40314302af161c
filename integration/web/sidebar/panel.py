"""What a panel shows of a ticket: built from the stored decision, in words and in the order in which it is read. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from integration.complaints.reading import Silence
from integration.complaints.taxonomy import Complaint
from integration.pipeline.suggestion import (
    DraftText,
    OfferedGesture,
    OfferedGoodwill,
    RunningClock,
    SuggestedMacro,
    Suggestion,
    restored,
)
from integration.recovery.goodwill import money
from integration.settings import Level
from integration.store.deadlines import RunningDeadline
from integration.store.feedback import Feedback, Kind, Verdict
from integration.store.goodwill import WITHDRAWN, AskedGesture
from integration.store.store import Decision

MOST_MACROS = 3
MOST_QUOTES = 3


class State(StrEnum):
    SUGGESTION = "suggestion"
    SILENT = "silent"
    SHADOW = "shadow"
    NOT_READ = "not_read"


class Reason(StrEnum):
    """Why a panel is empty, for the panel to put into its own words; `detail` has the number or language."""

    NOTHING_ABOVE = "nothing_above"
    OTHER_LANGUAGE = "other_language"
    TOO_SHORT = "too_short"
    NO_CUSTOMER_TEXT = "no_customer_text"
    SET_ASIDE = "set_aside"


# How a stored reason begins (`Reading.reason`).
_REASONS = {
    "nothing above": Reason.NOTHING_ABOVE,
    Silence.NOT_ENGLISH.value: Reason.OTHER_LANGUAGE,
    Silence.TOO_SHORT.value: Reason.TOO_SHORT,
    Silence.EMPTY.value: Reason.NO_CUSTOMER_TEXT,
    Silence.BY_THE_BUSINESS.value: Reason.NO_CUSTOMER_TEXT,
    Silence.SET_ASIDE.value: Reason.SET_ASIDE,
}


@dataclass(frozen=True, slots=True)
class Quote:
    """The customer's sentence that carries a label, and where it stands in which message."""

    text: str = field(repr=False)
    message: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Found:
    """A complaint that was found. `verdict` is "wrong" once an agent has said so."""

    key: str
    title: str
    meaning: str
    probability: float
    quotes: tuple[Quote, ...]
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a draft: text as it is, or the gap of this name, in its place."""

    text: str = field(repr=False)
    gap: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    variant: str
    parts: tuple[Part, ...]
    gaps: tuple[tuple[str, str], ...]
    entry: str
    hold: str


@dataclass(frozen=True, slots=True)
class Gesture:
    """What was asked for on this ticket: `words` with the amount, `state`, and who may say yes while it is pending."""

    id: int
    words: str = field(repr=False)
    state: str
    approver: str = ""


@dataclass(frozen=True, slots=True)
class GoodwillView:
    """The menu for this complaint, up to which amount the agent gives it alone, and what was asked for already."""

    currency: str
    limit: str
    menu: tuple[OfferedGesture, ...]
    asked: tuple[Gesture, ...]


@dataclass(frozen=True, slots=True)
class PanelView:
    """`checking`: the ticket changed and is being read again. `missing` are labels that an agent added."""

    account: str
    ticket_id: str
    state: State
    checking: bool
    reason: Reason | None = None
    detail: str = ""
    decision_id: str | None = None
    anchor_at: datetime | None = None
    complaints: tuple[Found, ...] = ()
    missing: tuple[str, ...] = ()
    remedy: str = ""
    clock: RunningClock | None = None
    relationship: str = ""
    macros: tuple[SuggestedMacro, ...] = ()
    drafts: tuple[Draft, ...] = ()
    policy: str = "full"
    playbook: str = ""
    goodwill: GoodwillView | None = None


def panel_view(
    account: str,
    level: Level,
    ticket_id: str,
    decision: Decision | None,
    words: Iterable[Feedback] = (),
    *,
    deadline: RunningDeadline | None = None,
    checking: bool = False,
    gestures: Iterable[AskedGesture] = (),
) -> PanelView:
    """`decision` is the one that stands; `words` are what agents said about this ticket, oldest first; `deadline` is how
    its clock stands now, which may have run on since the decision; `gestures` what was asked for on this ticket.

    In shadow mode nothing of the decision leaves: agents are not to work with what is still on trial.
    """
    if level is Level.SHADOW:
        return PanelView(account, ticket_id, State.SHADOW, False)
    if decision is None:
        return PanelView(account, ticket_id, State.NOT_READ, checking)
    suggestion = restored(decision.panel)
    labels = suggestion.labels or decision.labels
    verdicts = dict(_verdicts(decision.id, words))
    missing = tuple(label for label, verdict in verdicts.items() if verdict is Verdict.MISSING and label not in labels)
    if not labels:
        reason, detail = _why(decision.silence or "")
        return PanelView(
            account,
            ticket_id,
            State.SILENT,
            checking,
            reason=reason,
            detail=detail,
            decision_id=decision.id,
            anchor_at=suggestion.anchor_at,
            missing=missing,
        )
    return PanelView(
        account,
        ticket_id,
        State.SUGGESTION,
        checking,
        decision_id=decision.id,
        anchor_at=suggestion.anchor_at,
        complaints=tuple(_found(decision, suggestion, Complaint(label), verdicts) for label in labels),
        missing=missing,
        remedy=suggestion.remedy,
        clock=_clock(suggestion.clock, deadline),
        relationship=suggestion.relationship,
        macros=suggestion.macros[:MOST_MACROS],
        drafts=tuple(map(_draft, suggestion.drafts)),
        policy=suggestion.policy,
        playbook=suggestion.playbook,
        goodwill=_goodwill(suggestion.goodwill, gestures),
    )


def _goodwill(offer: OfferedGoodwill | None, asked: Iterable[AskedGesture]) -> GoodwillView | None:
    if offer is None:
        return None
    shown = tuple(
        Gesture(
            one.id, f"{one.gesture.replace('_', ' ')}, {money(one.amount, one.currency)}", one.state, one.approver or ""
        )
        for one in asked
        if one.state != WITHDRAWN
    )
    return GoodwillView(offer.currency, offer.limit, offer.gestures, shown)


def _clock(decided: RunningClock | None, now: RunningDeadline | None) -> RunningClock | None:
    if decided is None or now is None:
        return decided
    return replace(
        decided,
        complaint=now.complaint,
        due_at=now.due_at,
        started_at=now.started_at,
        words=now.explanation,
        state=now.state,
    )


def _verdicts(decision_id: str, words: Iterable[Feedback]) -> Iterator[tuple[str, Verdict]]:
    """The last word on each label."""
    for word in words:
        if word.decision_id == decision_id and word.kind is Kind.LABEL_CORRECTED and word.label and word.verdict:
            yield word.label, word.verdict


def _why(silence: str) -> tuple[Reason, str]:
    """The stored reason ("nothing above 0.50", "not English (de)") taken apart."""
    for known, reason in _REASONS.items():
        if silence.startswith(known):
            return reason, silence.removeprefix(known).strip(" ()")
    return Reason.NOTHING_ABOVE, ""


def _found(decision: Decision, suggestion: Suggestion, label: Complaint, verdicts: dict[str, Verdict]) -> Found:
    evidence = [item for item in decision.evidence if item["label"] == label.value][:MOST_QUOTES]
    return Found(
        key=label.value,
        title=label.words.capitalize(),
        meaning=label.meaning,
        probability=decision.scores.get(label.value, 0.0),
        quotes=tuple(Quote(item["text"], item.get("message"), item["start"], item["end"]) for item in evidence),
        verdict="wrong" if verdicts.get(label.value) is Verdict.WRONG else "",
    )


def _draft(draft: DraftText) -> Draft:
    return Draft(
        variant=draft.variant,
        parts=tuple(_parts(draft)),
        gaps=tuple((gap.name, gap.question) for gap in draft.gaps),
        entry=draft.entry,
        hold=draft.hold,
    )


def _parts(draft: DraftText) -> Iterator[Part]:
    """The text taken apart at its gaps."""
    names = {f"[{gap.question}]": gap.name for gap in draft.gaps}
    if not names:
        yield Part(draft.text)
        return
    for piece in re.split(f"({'|'.join(map(re.escape, names))})", draft.text):
        if piece:
            yield Part(piece, names.get(piece, ""))
