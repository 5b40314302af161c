"""What a sidebar shows beside a decision, worked out when the decision is taken and stored with it.

An agent opens a ticket and must not wait for a model, and Freshworks allows a sidebar one call per view: so everything
is ready before anybody asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, post_load

from adapters.contract import Ticket
from integration.complaints.markup import plain
from integration.complaints.reading import Reading
from integration.complaints.taxonomy import Complaint
from integration.recovery.calendars import BusinessCalendar
from integration.recovery.drafts import Draft, Occasion, drafts
from integration.recovery.goodwill import Grant, asking_role, limits_for, menu_for, money
from integration.recovery.macros import Suggestion as MacroSuggestion
from integration.recovery.placeholders import preview
from integration.recovery.plan import Plan
from integration.recovery.playbook import Playbook
from integration.recovery.templates import render


@dataclass(frozen=True, slots=True)
class Gap:
    """A fact that nobody has told yet. Its question stands in square brackets in the text of a draft."""

    name: str
    question: str


@dataclass(frozen=True, slots=True)
class DraftText:
    """One variant ("full", "short", "call") of a reply; `hold` says why it must not go out yet, "" where it may."""

    variant: str
    text: str = field(repr=False)
    gaps: tuple[Gap, ...] = ()
    entry: str = ""
    hold: str = ""


@dataclass(frozen=True, slots=True)
class SuggestedMacro:
    """One of the team's own replies. `text` is what it says, as plain text with the ticket's values filled in, for hosts
    that cannot apply a macro by its id."""

    id: str
    title: str
    reason: str = ""
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RunningClock:
    """`due_at` and `started_at` are aware; `zone` is the brand's (an IANA name); `words` say the rule and calendar;
    `state` is how it stands ("due", "at_risk", "breached", "kept"), "" before it is known."""

    complaint: str
    due_at: datetime
    started_at: datetime
    zone: str
    words: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class OfferedGesture:
    """`words` say it with the most that it may cost, `up_to` in the menu's currency ("0" for what costs nothing)."""

    key: str
    words: str
    up_to: str


@dataclass(frozen=True, slots=True)
class OfferedGoodwill:
    """The menu for the complaint that leads. `role` is the one that an agent counts as, `limit` the most that it gives one
    customer without asking; `repeat`: the customer was failed like this before."""

    complaint: str
    currency: str
    role: str
    limit: str
    gestures: tuple[OfferedGesture, ...]
    brand: str | None = None
    repeat: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`labels` are all that may be shown (the decision's own are those sure enough to write); `label_tags` names the tag
    of each. `anchor_at` is when the customer's message was written that all of this answers."""

    labels: tuple[str, ...]
    anchor_at: datetime | None = None
    remedy: str = ""
    relationship: str = ""
    clock: RunningClock | None = None
    macros: tuple[SuggestedMacro, ...] = ()
    drafts: tuple[DraftText, ...] = ()
    policy: str = "full"
    playbook: str = ""
    label_tags: Mapping[str, str] = field(default_factory=dict)
    goodwill: OfferedGoodwill | None = None


def suggest(
    ticket: Ticket,
    reading: Reading,
    planned: Plan | None,
    playbook: Playbook,
    calendar: BusinessCalendar,
    now: datetime,
    *,
    labels: Iterable[Complaint],
    tag_prefix: str = "",
    grants: tuple[Grant, ...] = (),
) -> Suggestion:
    """What the panel shows for these labels, for which `planned` was made; without labels, only which message was read.

    Of `grants`, this ticket's goodwill, drafts mention what is approved.
    """
    times = {message.id: message.at for message in ticket.messages}
    anchor_at = times.get(reading.anchor or "")
    shown = tuple(labels)
    if planned is None or not shown:
        return Suggestion((), anchor_at)
    lead = playbook.remedies[planned.lead]
    repeat = planned.lead in planned.relationship.repeats
    occasion = Occasion(ticket, planned.lead, planned.deadline, calendar, now, reading, grants=grants, repeat=repeat)
    return Suggestion(
        labels=tuple(label.value for label in shown),
        anchor_at=anchor_at,
        remedy=lead.step(repeat=repeat).text,
        relationship=planned.relationship.line,
        clock=RunningClock(
            planned.clock_of.value,
            planned.deadline.due_at,
            planned.started_at,
            calendar.zone.key,
            planned.deadline.explanation,
        ),
        macros=tuple(_macro(one, ticket) for one in planned.suggestions),
        drafts=tuple(_draft(draft) for draft in drafts(playbook, occasion)),
        policy=planned.policy.value,
        playbook=playbook.version,
        label_tags={label.value: tag_prefix + playbook.remedies[label].label_tag for label in shown},
        goodwill=_goodwill(playbook, planned.lead, ticket.brand, repeat=repeat),
    )


def _goodwill(playbook: Playbook, complaint: Complaint, brand: str | None, *, repeat: bool) -> OfferedGoodwill | None:
    menu = menu_for(playbook, complaint)
    if not menu:
        return None
    role, currency = asking_role(playbook, complaint, repeat=repeat), playbook.goodwill.currency
    gestures = tuple(
        OfferedGesture(one.key, render(one.words, {"amount": f"up to {money(one.up_to, currency)}"}), str(one.up_to))
        for one in menu
    )
    limit = str(limits_for(playbook, complaint, repeat=repeat)[role])
    return OfferedGoodwill(complaint.value, currency, role, limit, gestures, brand, repeat)


def _macro(one: MacroSuggestion, ticket: Ticket) -> SuggestedMacro:
    filled = preview(one.macro, ticket)
    return SuggestedMacro(one.macro.id, one.macro.title, one.reason, plain(filled.text, is_html=filled.is_html))


def _draft(draft: Draft) -> DraftText:
    gaps = tuple(Gap(name, question) for name, question in draft.gaps.items() if f"[{question}]" in draft.text)
    return DraftText(draft.variant.value, draft.text, gaps, draft.playbook_entry, draft.hold or "")


class _Stored(Schema):
    class Meta:
        unknown = EXCLUDE


class GapSchema(_Stored):
    name = fields.String(required=True)
    question = fields.String(required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Gap:
        return Gap(**data)


class DraftTextSchema(_Stored):
    variant = fields.String(required=True)
    text = fields.String(required=True)
    gaps = fields.List(fields.Nested(GapSchema), load_default=list)
    entry = fields.String(load_default="")
    hold = fields.String(load_default="")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> DraftText:
        return DraftText(**{**data, "gaps": tuple(data["gaps"])})


class SuggestedMacroSchema(_Stored):
    id = fields.String(required=True)
    title = fields.String(required=True)
    reason = fields.String(load_default="")
    text = fields.String(load_default="")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> SuggestedMacro:
        return SuggestedMacro(**data)


class RunningClockSchema(_Stored):
    complaint = fields.String(required=True)
    due_at = fields.AwareDateTime(required=True, format="iso")
    started_at = fields.AwareDateTime(required=True, format="iso")
    zone = fields.String(required=True)
    words = fields.String(load_default="")
    state = fields.String(load_default="")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> RunningClock:
        return RunningClock(**data)


class OfferedGestureSchema(_Stored):
    key = fields.String(required=True)
    words = fields.String(required=True)
    up_to = fields.String(required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> OfferedGesture:
        return OfferedGesture(**data)


class OfferedGoodwillSchema(_Stored):
    complaint = fields.String(required=True)
    currency = fields.String(required=True)
    role = fields.String(required=True)
    limit = fields.String(required=True)
    gestures = fields.List(fields.Nested(OfferedGestureSchema), required=True)
    brand = fields.String(load_default=None, allow_none=True)
    repeat = fields.Boolean(load_default=False)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> OfferedGoodwill:
        return OfferedGoodwill(**{**data, "gestures": tuple(data["gestures"])})


class SuggestionSchema(_Stored):
    """A suggestion as it is kept in the database (`decision.panel`)."""

    labels = fields.List(fields.String(), load_default=list)
    anchor_at = fields.AwareDateTime(load_default=None, allow_none=True, format="iso")
    remedy = fields.String(load_default="")
    relationship = fields.String(load_default="")
    clock = fields.Nested(RunningClockSchema, load_default=None, allow_none=True)
    macros = fields.List(fields.Nested(SuggestedMacroSchema), load_default=list)
    drafts = fields.List(fields.Nested(DraftTextSchema), load_default=list)
    policy = fields.String(load_default="full")
    playbook = fields.String(load_default="")
    label_tags = fields.Dict(fields.String(), fields.String(), load_default=dict)
    goodwill = fields.Nested(OfferedGoodwillSchema, load_default=None, allow_none=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Suggestion:
        listed = {key: tuple(data[key]) for key in ("labels", "macros", "drafts")}
        return Suggestion(**{**data, **listed})


def stored(suggestion: Suggestion) -> dict[str, Any]:
    """As JSON for `Decision.panel`."""
    data: dict[str, Any] = SuggestionSchema().dump(suggestion)
    return data


def restored(panel: Mapping[str, Any]) -> Suggestion:
    """What `stored` made; a decision from before there was a sidebar has an empty one."""
    suggestion: Suggestion = SuggestionSchema().load(dict(panel))
    return suggestion
