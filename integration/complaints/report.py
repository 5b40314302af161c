"""The evaluation as one HTML page with its own drawings: nothing is fetched, nothing runs, every text is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from jinja2 import Environment

from integration.complaints import measures
from integration.complaints.corpus import Example
from integration.complaints.measures import Measures, Numbers, Truths
from integration.complaints.taxonomy import Complaint

_WORST = 15
_THRESHOLDS = [step / 50 for step in range(5, 50)]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything measured on one file. Arrays are `(messages, 4)` in the order of Complaint.

    `random` are the figures on rows picked at random, None where the file does not say; `evidence` is the share of true
    labels found whose evidence overlaps a marked place, None where nothing is marked.
    """

    examples: Sequence[Example]
    probability: Numbers
    decided: Truths
    truth: Truths
    whole: Measures
    random: Measures | None
    by_source: dict[str, Measures]
    evidence: float | None


@dataclass(frozen=True, slots=True)
class Mistake:
    """A message decided otherwise than labelled, for one complaint."""

    example: Example
    complaint: Complaint
    probability: float
    missed: bool


def evaluate(examples: Sequence[Example], probability: Numbers, decided: Truths, evidence: float | None) -> Evaluation:
    """Measure decisions and probabilities `(messages, 4)` against the examples' labels."""
    truth = np.array([[c in example.labels for c in Complaint] for example in examples], dtype=bool)

    def part(chosen: list[int]) -> Measures:
        return measures.measure(probability[chosen], decided[chosen], truth[chosen])

    sources = sorted({example.source for example in examples})
    picked = [i for i, example in enumerate(examples) if example.picked_by == "random"]
    return Evaluation(
        examples=examples,
        probability=probability,
        decided=decided,
        truth=truth,
        whole=part(list(range(len(examples)))),
        random=part(picked) if picked else None,
        by_source={name: part([i for i, e in enumerate(examples) if e.source == name]) for name in sources if name},
        evidence=evidence,
    )


def worst_mistakes(evaluation: Evaluation) -> list[Mistake]:
    """The wrong decisions the model was surest of, misses and false alarms alike."""
    wrong = np.argwhere(evaluation.decided != evaluation.truth)
    ranked = sorted(wrong.tolist(), key=lambda at: -abs(evaluation.probability[*at] - evaluation.truth[*at]))
    return [
        Mistake(
            evaluation.examples[row],
            list(Complaint)[label],
            evaluation.probability[row, label],
            evaluation.truth[row, label],
        )
        for row, label in ranked[:_WORST]
    ]


def page(evaluation: Evaluation, *, title: str) -> str:
    """The report as a complete HTML document."""
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        files("integration.complaints").joinpath("report.html").read_text(encoding="utf-8")
    )
    drawings = []
    for index, complaint in enumerate(Complaint):
        p, t = evaluation.probability[:, index], evaluation.truth[:, index]
        precision, recall, _ = measures.curve(p, t)
        drawings.append(
            {
                "words": complaint.words,
                "precision_recall": _path(list(zip(recall, precision, strict=True))),
                "reliability": [
                    (100 * x, 100 - 100 * y, 1 + min(5.0, n**0.5 / 4)) for x, y, n in measures.reliability(p, t)
                ],
            }
        )
    abstaining = measures.abstention(evaluation.probability, evaluation.truth, _THRESHOLDS)
    return template.render(
        title=title,
        evaluation=evaluation,
        complaints=list(Complaint),
        drawings=drawings,
        abstention_precision=_path([(share, precision) for share, precision, _ in abstaining]),
        abstention_recall=_path([(share, recall) for share, _, recall in abstaining]),
        mistakes=worst_mistakes(evaluation),
    )


def _path(points: Sequence[tuple[float, float]]) -> str:
    """An SVG path through points of the unit square, drawn in a box of 100 by 100 with the origin below left."""
    return "M" + " L".join(f"{100 * x:.1f} {100 - 100 * y:.1f}" for x, y in points) if points else ""
