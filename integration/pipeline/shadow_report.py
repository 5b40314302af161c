"""The shadow report: what would have been written, how much of it is right, and what follows from that."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from integration.complaints.reading import Thresholds
from integration.complaints.taxonomy import Complaint
from integration.complaints.trust import GRID, WRITE_AT, Advice, Judged, Precision, advise, precision_at
from integration.settings import Level
from integration.store.judgements import FoundLabel, Judgements
from integration.store.store import Store

# Decisions looked up at once.
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Sample:
    """One label of one decision, for a person to judge. `right` is None until then."""

    decision_id: str
    ticket_id: str
    label: str
    score: float
    would_write: bool
    tags: tuple[str, ...]
    quotes: tuple[str, ...] = field(repr=False)
    right: bool | None = None


@dataclass(frozen=True, slots=True)
class LabelReport:
    """`shown` and `written` count the tickets that would have been, with `thresholds` as they are in force."""

    label: str
    shown: int
    written: int
    thresholds: Thresholds
    precision: tuple[Precision, ...]
    in_force: Precision
    advice: Advice


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """`samples` are in an order that has nothing to do with scores: whoever judges the first hundred judges fairly."""

    account: str
    since: datetime
    read: int
    silent: int
    labels: tuple[LabelReport, ...]
    samples: tuple[Sample, ...]
    level: Level
    recommended: Level
    why: str


def shadow_report(
    store: Store, account: str, level: Level, thresholds: Mapping[Complaint, Thresholds], since: datetime
) -> ShadowReport:
    """What was decided about messages written since then; `thresholds` and `level` are those in force."""
    judgements = Judgements(store)
    found, verdicts = judgements.found(account, since), judgements.verdicts(account)
    ordered = fairly(found.labels)
    labels = tuple(
        label_report(
            complaint, *counts(complaint, found.labels, limits), limits, judged_of(complaint, ordered, verdicts)
        )
        for complaint, limits in ((complaint, thresholds[complaint]) for complaint in Complaint)
    )
    recommended, why = recommend(labels)
    samples = tuple(samples_of(judgements, ordered, thresholds, verdicts))
    return ShadowReport(account, since, found.read, found.silent, labels, samples, level, recommended, why)


def fairly(labels: Iterable[FoundLabel]) -> list[FoundLabel]:
    """In an order that has nothing to do with scores, and is the same every time."""
    return sorted(
        labels, key=lambda one: hashlib.blake2b(f"{one.decision_id} {one.label}".encode(), digest_size=8).digest()
    )


def counts(complaint: Complaint, labels: Iterable[FoundLabel], thresholds: Thresholds) -> tuple[int, int]:
    """On how many tickets a complaint would have been shown, and on how many written."""
    own = [one for one in labels if one.label == complaint]
    return len({one.ticket_id for one in own}), len({one.ticket_id for one in own if one.score >= thresholds.write})


def judged_of(
    complaint: Complaint, labels: Iterable[FoundLabel], verdicts: Mapping[tuple[str, str], bool]
) -> list[Judged]:
    return [
        Judged(one.score, verdicts[one.decision_id, one.label])
        for one in labels
        if one.label == complaint and (one.decision_id, one.label) in verdicts
    ]


def samples_of(
    judgements: Judgements,
    labels: Sequence[FoundLabel],
    thresholds: Mapping[Complaint, Thresholds],
    verdicts: Mapping[tuple[str, str], bool],
) -> Iterable[Sample]:
    """These labels with what carries them; without those whose decision is gone."""
    for begin in range(0, len(labels), _BATCH):
        some = labels[begin : begin + _BATCH]
        decisions = judgements.decisions([one.decision_id for one in some])
        for one in some:
            if (decision := decisions.get(one.decision_id)) is not None:
                yield Sample(
                    one.decision_id,
                    one.ticket_id,
                    one.label,
                    one.score,
                    one.score >= thresholds[Complaint(one.label)].write,
                    tuple(decision.annotation.get("add_tags", ())),
                    tuple(str(item["text"]) for item in decision.evidence if item["label"] == one.label),
                    verdicts.get((one.decision_id, one.label)),
                )


def label_report(
    complaint: Complaint, shown: int, written: int, thresholds: Thresholds, judged: Sequence[Judged]
) -> LabelReport:
    return LabelReport(
        label=complaint.value,
        shown=shown,
        written=written,
        thresholds=thresholds,
        precision=tuple(precision_at(judged, GRID)),
        in_force=precision_at(judged, [thresholds.write])[0],
        advice=advise(judged),
    )


def recommend(labels: Sequence[LabelReport]) -> tuple[Level, str]:
    """As far as every label that occurs allows; one that never occurs says nothing."""
    found = [one for one in labels if one.shown]
    if not found:
        return Level.SHADOW, "nothing was found in this time: look further back, or run a backfill in shadow"
    without = [Complaint(one.label).words for one in found if one.advice.thresholds is None]
    if without:
        return Level.SHADOW, f"judge more of: {', '.join(without)}"
    weak = [Complaint(one.label).words for one in found if one.advice.thresholds and one.advice.thresholds.write == 1.0]
    if weak:
        return Level.SUGGEST, f"not certain enough to be written: {', '.join(weak)}"
    return Level.ANNOTATE, f"with these thresholds at least {WRITE_AT:.0%} of every label's notes are right"
