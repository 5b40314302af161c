"""The figures, against cases small enough to count by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, cohen_kappa_score, f1_score

from integration.complaints import measures

TRUTH = np.array([1, 1, 0, 0, 1], dtype=bool)
PROBABILITY = np.array([0.9, 0.8, 0.7, 0.2, 0.1])


def test_figures_counted_by_hand() -> None:
    decided = PROBABILITY >= 0.5
    assert measures.precision_recall(decided, TRUTH) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert measures.f1(decided, TRUTH) == pytest.approx(2 / 3)
    assert measures.recall_at_precision(PROBABILITY, TRUTH, 0.9) == pytest.approx(2 / 3)
    assert measures.recall_at_precision(PROBABILITY, ~TRUTH, 0.9) == 0.0
    assert measures.calibration_error(np.array([0.25, 0.25]), np.array([True, False])) == pytest.approx(0.25)


def test_false_alarms_count_messages_with_none() -> None:
    truth = np.array([[1, 0], [0, 0], [0, 0]], dtype=bool)
    decided = np.array([[0, 1], [1, 1], [0, 0]], dtype=bool)
    assert measures.false_alarms(decided, truth) == 0.5


@pytest.mark.parametrize("seed", range(5))
def test_figures_agree_with_scikit_learn(seed: int) -> None:
    random = np.random.default_rng(seed)
    truth, other = random.random((200, 4)) < 0.2, random.random((200, 4)) < 0.3
    probability = np.round(random.random(200), 1)
    assert measures.macro_f1(other, truth) == pytest.approx(f1_score(truth, other, average="macro"))
    best = max(f1_score(truth[:, 0], probability >= at) for at in probability)
    assert measures.best_f1(probability, truth[:, 0]) == pytest.approx(best)
    assert measures.average_precision(probability, truth[:, 0]) == pytest.approx(
        average_precision_score(truth[:, 0], probability)
    )
    for index, (f1, kappa) in enumerate(measures.agreement(truth, other)):
        assert f1 == pytest.approx(f1_score(truth[:, index], other[:, index]))
        assert kappa == pytest.approx(cohen_kappa_score(truth[:, index], other[:, index]))


def test_intervals_hold_the_value_and_repeat_with_the_seed() -> None:
    random = np.random.default_rng(3)
    truth = random.random((300, 4)) < 0.3
    probability = np.clip(truth * 0.4 + random.random((300, 4)) * 0.6, 0, 1)
    first = measures.measure(probability, probability >= 0.5, truth)
    assert first == measures.measure(probability, probability >= 0.5, truth)
    assert first.macro_f1.low < first.macro_f1.value < first.macro_f1.high
