"""Trust in a label: Wilson's interval against known values, precision per threshold, and what is advised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.complaints.trust import Judged, advise, precision_at, wilson


@pytest.mark.parametrize(
    ("right", "judged", "low", "high"),
    # From the formula worked out by hand; the first two also stand in textbooks.
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662), (1, 1, 0.2065, 1.0), (0, 0, 0.0, 1.0)],
)
def test_the_interval_is_wilsons(right: int, judged: int, low: float, high: float) -> None:
    assert wilson(right, judged) == pytest.approx((low, high), abs=5e-4)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_stays_between_0_and_1(case: tuple[int, int]) -> None:
    right, judged = case
    low, high = wilson(right, judged)
    assert 0.0 <= low <= right / judged + 1e-12 and right / judged - 1e-12 <= high <= 1.0


def test_precision_counts_what_is_at_or_above_each_threshold() -> None:
    judged = [Judged(0.9, True), Judged(0.8, False), Judged(0.5, True)]
    assert [(p.judged, p.right) for p in precision_at(judged, [0.5, 0.8, 0.85, 0.95])] == [
        (3, 2),
        (2, 1),
        (1, 1),
        (0, 0),
    ]
    assert precision_at([], [0.5])[0].value is None


@pytest.mark.parametrize(
    ("judged", "write"),
    [
        ([Judged(0.9, True)] * 3, None),
        ([Judged(0.9, True)] * 40, 0.3),
        ([Judged(0.9, True)] * 40 + [Judged(0.6, False)] * 15, 0.65),
        ([Judged(0.9, True)] * 30 + [Judged(0.9, False)] * 10, 1.0),
        ([Judged(0.9, False)] * 40, None),
    ],
)
def test_the_advice_is_the_lowest_threshold_that_is_certain_enough(judged: list[Judged], write: float | None) -> None:
    advice = advise(judged)
    assert (advice.thresholds.write if advice.thresholds else None) == write
    assert advice.why


@given(st.lists(st.builds(Judged, st.floats(0.3, 1.0), st.booleans()), max_size=200))
def test_advised_thresholds_are_always_in_order(judged: list[Judged]) -> None:
    advise(judged)  # Thresholds refuses any other
