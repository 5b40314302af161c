"""From the model's logits to probabilities that mean what they say, and the thresholds that follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from marshmallow import EXCLUDE, Schema, fields, post_load, validate
from numpy.typing import NDArray

from integration.complaints.reading import Level, Thresholds
from integration.complaints.taxonomy import Complaint

# The precision each level is chosen for.
PRECISION: Mapping[Level, float] = {Level.SHOW: 0.80, Level.PRESELECT: 0.90, Level.WRITE: 0.95}
# Where a model is too weak to be shown at that precision for at least this share of the complaints, it is shown where
# precision and recall balance best, if it is rather true than not: an agent's glance costs little. It is never preselected
# or written on such terms.
_LEAST_SHOWN = 0.35
_LEAST_PROBABILITY = 0.5
# A threshold that rests on fewer messages than these above it is luck.
_FEWEST_ABOVE = 8
_NEVER = 0.999
_NEWTON_STEPS = 50


@dataclass(frozen=True, slots=True)
class Calibration:
    """Per complaint a slope and an offset for the logit (Platt scaling), and the thresholds on the probability."""

    slopes: Mapping[Complaint, float]
    offsets: Mapping[Complaint, float]
    thresholds: Mapping[Complaint, Thresholds]

    def probabilities(self, logits: NDArray[np.floating]) -> NDArray[np.float64]:
        """Logits `(..., 4)` in the order of Complaint to probabilities of the same shape."""
        slopes = np.array([self.slopes[c] for c in Complaint])
        offsets = np.array([self.offsets[c] for c in Complaint])
        return np.asarray(1.0 / (1.0 + np.exp(-(logits.astype(np.float64) * slopes + offsets))))


def fit(logits: NDArray[np.floating], truth: NDArray[np.bool_]) -> Calibration:
    """Calibrate on messages the model was not trained on. `logits` and `truth` are `(messages, 4)`."""
    slopes: dict[Complaint, float] = {}
    offsets: dict[Complaint, float] = {}
    thresholds: dict[Complaint, Thresholds] = {}
    for index, complaint in enumerate(Complaint):
        slope, offset = _platt(logits[:, index].astype(np.float64), truth[:, index])
        slopes[complaint], offsets[complaint] = round(slope, 4), round(offset, 4)
        probability = 1.0 / (1.0 + np.exp(-(logits[:, index] * slope + offset)))
        thresholds[complaint] = choose(probability, truth[:, index])
    return Calibration(slopes, offsets, thresholds)


def choose(probability: NDArray[np.floating], truth: NDArray[np.bool_]) -> Thresholds:
    """The lowest thresholds that reach each level's precision from there upwards, none below the level before."""
    order = np.argsort(-probability, kind="stable")
    hits, chosen = np.cumsum(truth[order]), np.arange(1, len(order) + 1)
    precision = hits / chosen
    levels: list[float] = []
    for level in Level:
        good = np.flatnonzero(precision >= PRECISION[level])
        good = good[good >= _FEWEST_ABOVE - 1]
        if level is Level.SHOW and (not len(good) or hits[good[-1]] < _LEAST_SHOWN * truth.sum()):
            balanced = 2 * hits / (chosen + truth.sum()) * (probability[order] >= _LEAST_PROBABILITY)
            good = np.array([np.argmax(balanced)])
        # Halfway to the next lower probability, so that the edge does not hang on one message.
        found = _between(probability[order], int(good[-1])) if len(good) else _NEVER
        levels.append(round(max(found, *levels) if levels else found, 4))
    return Thresholds(*levels)


def _between(descending: NDArray[np.floating], last: int) -> float:
    following = descending[last + 1] if last + 1 < len(descending) else 0.0
    return float(descending[last] + following) / 2


def _platt(logit: NDArray[np.float64], truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset of the logistic regression on one variable, by Newton's method with Platt's softened targets."""
    positives = int(truth.sum())
    high, low = (positives + 1) / (positives + 2), 1 / (len(truth) - positives + 2)
    target = np.where(truth, high, low)
    slope, offset = 1.0, 0.0
    for _ in range(_NEWTON_STEPS):
        p = 1.0 / (1.0 + np.exp(-np.clip(slope * logit + offset, -30, 30)))
        weight, error = p * (1 - p) + 1e-9, target - p
        a, b, c = (weight * logit**2).sum() + 1e-3, (weight * logit).sum(), weight.sum() + 1e-3
        g, h = (error * logit).sum(), error.sum()
        determinant = a * c - b * b
        step = (c * g - b * h) / determinant, (a * h - b * g) / determinant
        slope, offset = slope + float(np.clip(step[0], -1, 1)), offset + float(np.clip(step[1], -2, 2))
        if abs(step[0]) + abs(step[1]) < 1e-6:
            break
    # A model that is worse than chance on these messages must not be turned round.
    return max(slope, 1e-3), offset


class _ThresholdsSchema(Schema):
    show = fields.Float(required=True)
    preselect = fields.Float(required=True)
    write = fields.Float(required=True)

    @post_load
    def _made(self, data: dict[str, float], **_: object) -> Thresholds:
        return Thresholds(**data)


class CalibrationSchema(Schema):
    """`calibration.json` beside the model."""

    class Meta:
        unknown = EXCLUDE

    slopes = fields.Dict(
        fields.Enum(Complaint, by_value=True), fields.Float(), required=True, validate=validate.Length(4)
    )
    offsets = fields.Dict(
        fields.Enum(Complaint, by_value=True), fields.Float(), required=True, validate=validate.Length(4)
    )
    thresholds = fields.Dict(
        fields.Enum(Complaint, by_value=True),
        fields.Nested(_ThresholdsSchema),
        required=True,
        validate=validate.Length(4),
    )

    @post_load
    def _made(self, data: dict[str, Mapping[Complaint, float]], **_: object) -> Calibration:
        return Calibration(**data)  # type: ignore[arg-type]
