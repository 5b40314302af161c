"""How far a label can be trusted on an account's own tickets, from what a person judged right or wrong. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from integration.complaints.reading import Thresholds

# Two-sided 95 % (the normal distribution's quantile).
Z = 1.959964
GRID = tuple(round(0.30 + 0.05 * step, 2) for step in range(14))
# What a label has to be worth, at the lower end of its interval, to be shown, preselected, written.
SHOW_AT, PRESELECT_AT, WRITE_AT = 0.50, 0.70, 0.90


@dataclass(frozen=True, slots=True)
class Judged:
    """A label that a person judged, and how sure the model was of it."""

    score: float
    right: bool


@dataclass(frozen=True, slots=True)
class Precision:
    """Of the `judged` labels at or above `threshold`, how many were right; `low` and `high` bound it with 95 %."""

    threshold: float
    judged: int
    right: int
    low: float
    high: float

    @property
    def value(self) -> float | None:
        """None where nothing was judged."""
        return self.right / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class Advice:
    """`thresholds` are None where what was judged does not carry any; `why` is a sentence for a person."""

    thresholds: Thresholds | None
    why: str


def wilson(right: int, judged: int) -> tuple[float, float]:
    """Wilson's score interval for a share: honest for few observations and near 0 and 1 (E. B. Wilson, 1927)."""
    if judged == 0:
        return 0.0, 1.0
    share, z2 = right / judged, Z * Z
    middle = (share + z2 / (2 * judged)) / (1 + z2 / judged)
    spread = Z / (1 + z2 / judged) * math.sqrt(share * (1 - share) / judged + z2 / (4 * judged * judged))
    return max(0.0, middle - spread), min(1.0, middle + spread)


def precision_at(judged: Sequence[Judged], thresholds: Iterable[float] = GRID) -> list[Precision]:
    """One line per threshold, in their order."""
    found = []
    for threshold in thresholds:
        above = [one for one in judged if one.score >= threshold]
        right = sum(one.right for one in above)
        found.append(Precision(threshold, len(above), right, *wilson(right, len(above))))
    return found


def advise(judged: Sequence[Judged]) -> Advice:
    """The lowest thresholds at which the lower bound is good enough, for each of the three uses of a label.

    Where nothing judged is good enough to be written, `write` is 1.0: show it, and leave the ticket alone.
    """
    table = precision_at(judged)

    def lowest(least: float) -> float | None:
        return next((line.threshold for line in table if line.low >= least), None)

    show, preselect, write = lowest(SHOW_AT), lowest(PRESELECT_AT), lowest(WRITE_AT)
    if show is None:
        return Advice(None, _why_not_yet(judged))
    preselect = preselect or 1.0
    # A lower bar is passed at the same threshold or a lower one; a dip in between must not turn that round.
    preselect = max(preselect, show)
    if write is None:
        return Advice(
            Thresholds(show, preselect, 1.0),
            f"{len(judged)} judged; at no threshold is it certain enough that {WRITE_AT:.0%} are right: show it only",
        )
    line = next(one for one in table if one.threshold == write)
    return Advice(
        Thresholds(show, preselect, max(write, preselect)),
        f"at {write:.2f}, {line.right} of {line.judged} judged were right: at least {line.low:.0%} of all",
    )


def _why_not_yet(judged: Sequence[Judged]) -> str:
    if not judged:
        return "nothing judged yet"
    wrong = sum(not one.right for one in judged)
    return f"{len(judged)} judged, {wrong} of them wrong: too little to go by, judge more"
