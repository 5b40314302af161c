"""How good a classifier is: the figures that `evaluate` prints, from probabilities, decisions and the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from integration.complaints.taxonomy import Complaint

Truths = NDArray[np.bool_]
Numbers = NDArray[np.float64]
_RESAMPLES = 500
_BINS = 10


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % confidence interval (bootstrap over messages)."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True, slots=True)
class LabelMeasures:
    """`recall_at_90` is the largest recall at which precision is at least 0.90; `calibration_error` is the expected one;
    `best_f1` is that of the best threshold, by which models compare without theirs."""

    positives: int
    precision: Interval
    recall: Interval
    f1: Interval
    recall_at_90: Interval
    average_precision: float
    best_f1: float
    calibration_error: float


@dataclass(frozen=True, slots=True)
class Measures:
    """`false_alarms` is the share of messages with none of the four that get a label."""

    messages: int
    labels: Mapping[Complaint, LabelMeasures]
    macro_f1: Interval
    false_alarms: Interval


def measure(probability: Numbers, decided: Truths, truth: Truths, *, seed: int = 0) -> Measures:
    """All figures. The arrays are `(messages, 4)` in the order of Complaint."""
    samples = np.random.default_rng(seed).integers(0, len(truth), (_RESAMPLES, len(truth)))
    labels = {}
    for index, complaint in enumerate(Complaint):
        p, d, t = probability[:, index], decided[:, index], truth[:, index]
        labels[complaint] = LabelMeasures(
            positives=int(t.sum()),
            precision=_interval(lambda s, d=d, t=t: precision_recall(d[s], t[s])[0], samples),  # type: ignore[misc]
            recall=_interval(lambda s, d=d, t=t: precision_recall(d[s], t[s])[1], samples),  # type: ignore[misc]
            f1=_interval(lambda s, d=d, t=t: f1(d[s], t[s]), samples),  # type: ignore[misc]
            recall_at_90=_interval(lambda s, p=p, t=t: recall_at_precision(p[s], t[s], 0.90), samples),  # type: ignore[misc]
            average_precision=average_precision(p, t),
            best_f1=best_f1(p, t),
            calibration_error=calibration_error(p, t),
        )
    return Measures(
        messages=len(truth),
        labels=labels,
        macro_f1=_interval(lambda s: macro_f1(decided[s], truth[s]), samples),
        false_alarms=_interval(lambda s: false_alarms(decided[s], truth[s]), samples),
    )


def _interval(figure: Callable[[NDArray[np.int64]], float], samples: NDArray[np.int64]) -> Interval:
    drawn = [figure(sample) for sample in samples]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Interval(figure(np.arange(samples.shape[1])), float(low), float(high))


def precision_recall(decided: Truths, truth: Truths) -> tuple[float, float]:
    """Both are 1.0 where there is nothing to be wrong about."""
    hits = int((decided & truth).sum())
    return hits / int(decided.sum()) if decided.any() else 1.0, hits / int(truth.sum()) if truth.any() else 1.0


def f1(decided: Truths, truth: Truths) -> float:
    whole = int(decided.sum()) + int(truth.sum())
    return 2 * int((decided & truth).sum()) / whole if whole else 1.0


def macro_f1(decided: Truths, truth: Truths) -> float:
    return float(np.mean([f1(decided[:, i], truth[:, i]) for i in range(truth.shape[1])]))


def false_alarms(decided: Truths, truth: Truths) -> float:
    none = ~truth.any(axis=1)
    return float(decided[none].any(axis=1).mean()) if none.any() else 0.0


def curve(probability: Numbers, truth: Truths) -> tuple[Numbers, Numbers, Numbers]:
    """Precision, recall and threshold, one point per distinct probability from the highest down."""
    order = np.argsort(-probability, kind="stable")
    descending = probability[order]
    last = np.append(np.flatnonzero(np.diff(descending)), len(descending) - 1)
    hits = np.cumsum(truth[order])[last]
    return hits / (last + 1), hits / max(1, int(truth.sum())), descending[last]


def recall_at_precision(probability: Numbers, truth: Truths, least: float) -> float:
    precision, recall, _ = curve(probability, truth)
    return float(recall[precision >= least].max(initial=0.0))


def average_precision(probability: Numbers, truth: Truths) -> float:
    precision, recall, _ = curve(probability, truth)
    return float((np.diff(recall, prepend=0.0) * precision).sum())


def best_f1(probability: Numbers, truth: Truths) -> float:
    precision, recall, _ = curve(probability, truth)
    return float((2 * precision * recall / np.maximum(precision + recall, 1e-12)).max(initial=0.0))


def reliability(probability: Numbers, truth: Truths) -> list[tuple[float, float, int]]:
    """Per tenth of the probability scale that holds messages: mean probability, share of positives, messages."""
    tenth = np.minimum((probability * _BINS).astype(int), _BINS - 1)
    return [
        (float(probability[tenth == b].mean()), float(truth[tenth == b].mean()), int((tenth == b).sum()))
        for b in range(_BINS)
        if (tenth == b).any()
    ]


def calibration_error(probability: Numbers, truth: Truths) -> float:
    """The mean gap between probability and share of positives over the tenths, weighted by messages."""
    return sum(abs(mean - share) * n for mean, share, n in reliability(probability, truth)) / max(1, len(truth))


def abstention(probability: Numbers, truth: Truths, thresholds: Sequence[float]) -> list[tuple[float, float, float]]:
    """Per common threshold: share of messages that get a label, precision and recall over all labels together."""
    points = []
    for threshold in thresholds:
        decided = probability >= threshold
        precision, recall = precision_recall(decided.ravel(), truth.ravel())
        points.append((float(decided.any(axis=1).mean()), precision, recall))
    return points


def agreement(first: Truths, second: Truths) -> list[tuple[float, float]]:
    """Per label how two readers agree: F1 of the second against the first, and Cohen's kappa."""
    found = []
    for index in range(first.shape[1]):
        a, b = first[:, index], second[:, index]
        observed = float((a == b).mean())
        chance = float(a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean()))
        found.append((f1(b, a), (observed - chance) / (1 - chance) if chance < 1 else 1.0))
    return found
