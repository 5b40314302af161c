"""The shadow report: what would have been written, how much of it is right, and what follows from that."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from integration.complaints.reading import Thresholds
from integration.complaints.taxonomy import Complaint
from integration.complaints.trust import GRID, WRITE_AT, Advice, Judged, Precision, advise, precision_at
from integration.pipeline.suggestion import restored
from integration.settings import Level
from integration.store.judgements import Judgements, shown_labels
from integration.store.store import Decision, Store


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
    said = judgements.of(account)
    decisions = [one for one in judgements.readings(account, since) if _written_at(one) >= since]
    samples = []
    for decision in decisions:
        for label in shown_labels(decision):
            word = said.get((decision.id, label))
            samples.append(_sample(decision, label, thresholds, word.right if word else None))
    samples.sort(key=lambda one: hashlib.blake2b(f"{one.decision_id} {one.label}".encode(), digest_size=8).digest())
    labels = tuple(_label(complaint, samples, thresholds[complaint]) for complaint in Complaint)
    recommended, why = _recommended(labels)
    silent = sum(not shown_labels(one) for one in decisions)
    return ShadowReport(account, since, len(decisions), silent, labels, tuple(samples), level, recommended, why)


def _written_at(decision: Decision) -> datetime:
    """When the customer wrote; a backfill decides long after."""
    return restored(decision.panel).anchor_at or decision.created_at


def _sample(decision: Decision, label: str, thresholds: Mapping[Complaint, Thresholds], right: bool | None) -> Sample:
    score = float(decision.scores.get(label, 0.0))
    return Sample(
        decision.id,
        decision.ticket_id,
        label,
        score,
        score >= thresholds[Complaint(label)].write,
        tuple(decision.annotation.get("add_tags", ())),
        tuple(str(item["text"]) for item in decision.evidence if item["label"] == label),
        right,
    )


def _label(complaint: Complaint, samples: list[Sample], thresholds: Thresholds) -> LabelReport:
    own = [one for one in samples if one.label == complaint]
    judged = [Judged(one.score, one.right) for one in own if one.right is not None]
    return LabelReport(
        label=complaint.value,
        shown=len({one.ticket_id for one in own}),
        written=len({one.ticket_id for one in own if one.would_write}),
        thresholds=thresholds,
        precision=tuple(precision_at(judged, GRID)),
        in_force=precision_at(judged, [thresholds.write])[0],
        advice=advise(judged),
    )


def _recommended(labels: tuple[LabelReport, ...]) -> tuple[Level, str]:
    """As far as every label that occurs allows; one that never occurs says nothing."""
    found = [one for one in labels if one.shown]
    if not found:
        return Level.SHADOW, "nothing was found in this time: look further back, or run a backfill in shadow"
    without = [one.label for one in found if one.advice.thresholds is None]
    if without:
        return Level.SHADOW, f"judge more of: {', '.join(without)}"
    weak = [one.label for one in found if one.advice.thresholds and one.advice.thresholds.write == 1.0]
    if weak:
        return Level.SUGGEST, f"not certain enough to be written: {', '.join(weak)}"
    return Level.ANNOTATE, f"with these thresholds at least {WRITE_AT:.0%} of every label's notes are right"
