"""Probabilities and thresholds: what is fitted means what it says on the messages it was fitted on."""

from __future__ import annotations

import numpy as np
import pytest

from integration.complaints import calibration, measures
from integration.complaints.reading import Level
from integration.complaints.taxonomy import Complaint


def _drawn(slope: float, offset: float) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    logits = random.normal(-1, 3, (4_000, 4))
    truth = random.random((4_000, 4)) < 1 / (1 + np.exp(-(slope * logits + offset)))
    return logits, truth


@pytest.mark.parametrize(("slope", "offset"), [(1.0, 0.0), (0.5, 1.0), (2.0, -1.5)])
def test_known_slope_and_offset_are_found_again(slope: float, offset: float) -> None:
    logits, truth = _drawn(slope, offset)
    fitted = calibration.fit(logits, truth)
    for index, complaint in enumerate(Complaint):
        assert fitted.slopes[complaint] == pytest.approx(slope, rel=0.15)
        assert fitted.offsets[complaint] == pytest.approx(offset, abs=0.2)
        assert measures.calibration_error(fitted.probabilities(logits)[:, index], truth[:, index]) < 0.03


def test_each_level_reaches_its_precision_and_none_lies_below_the_one_before() -> None:
    logits, truth = _drawn(1.5, 0.0)
    fitted = calibration.fit(logits, truth)
    for index, complaint in enumerate(Complaint):
        probability = fitted.probabilities(logits)[:, index]
        for level in Level:
            decided = probability >= fitted.thresholds[complaint].at(level)
            precision, recall = measures.precision_recall(decided, truth[:, index])
            assert precision >= calibration.PRECISION[level] - 0.005
            assert recall > 0


def test_a_model_that_knows_nothing_is_never_written() -> None:
    random = np.random.default_rng(2)
    levels = calibration.choose(random.random(1_000), random.random(1_000) < 0.1)
    assert levels.preselect == levels.write == pytest.approx(0.999)


def test_a_model_worse_than_chance_is_not_turned_round() -> None:
    logits, truth = _drawn(1.0, 0.0)
    assert all(slope > 0 for slope in calibration.fit(-logits, truth).slopes.values())


def test_a_calibration_survives_its_file() -> None:
    fitted = calibration.fit(*_drawn(1.0, 0.0))
    schema = calibration.CalibrationSchema()
    assert schema.load(schema.dump(fitted)) == fitted
