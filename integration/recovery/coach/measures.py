"""How good the coach is on marked drafts: precision and recall over findings, and false alarms on clean drafts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from integration.recovery.coach.drafts import Draft, Mark
from integration.recovery.coach.findings import LEARNT, Finding, Rule


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts per rule; a finding is right if a mark of the same rule overlaps it, and each counts once."""

    right: Counter[Rule] = field(default_factory=Counter)
    shown: Counter[Rule] = field(default_factory=Counter)
    marked: Counter[Rule] = field(default_factory=Counter)
    drafts: int = 0
    clean: int = 0
    clean_alarmed: int = 0

    def precision(self, *rules: Rule) -> float:
        return _share(sum(self.right[r] for r in rules or LEARNT), sum(self.shown[r] for r in rules or LEARNT))

    def recall(self, *rules: Rule) -> float:
        return _share(sum(self.right[r] for r in rules or LEARNT), sum(self.marked[r] for r in rules or LEARNT))

    @property
    def false_alarms(self) -> float:
        """The share of clean drafts in which something was found."""
        return _share(self.clean_alarmed, self.clean, empty=0.0)


def measure(drafts: Sequence[Draft], review: Callable[[str], Iterable[Finding]]) -> Figures:
    """Run `review` over the drafts and count."""
    right: Counter[Rule] = Counter()
    shown: Counter[Rule] = Counter()
    marked: Counter[Rule] = Counter()
    alarmed = 0
    for draft in drafts:
        found = list(review(draft.text))
        left = list(draft.marks)
        shown.update(finding.rule for finding in found)
        marked.update(mark.rule for mark in left)
        for finding in found:
            match = next((mark for mark in left if _meets(finding, mark)), None)
            if match is not None:
                left.remove(match)
                right[finding.rule] += 1
        alarmed += bool(found) and not draft.marks
    clean = sum(not draft.marks for draft in drafts)
    return Figures(right, shown, marked, len(drafts), clean, alarmed)


def table(figures: Figures) -> str:
    """The figures in words, one rule a line."""
    lines = [f"{'rule':<20} {'precision':>9} {'recall':>7} {'marked':>7} {'shown':>6}"]
    for rule in LEARNT:
        lines.append(_row(str(rule), figures, rule))
    lines.append(_row("all", figures))
    lines.append(
        f"clean drafts with a finding: {figures.clean_alarmed} of {figures.clean} ({figures.false_alarms:.1%})"
    )
    return "\n".join(lines)


def _row(name: str, figures: Figures, *rules: Rule) -> str:
    chosen = rules or LEARNT
    marked, shown = (sum(counts[r] for r in chosen) for counts in (figures.marked, figures.shown))
    return f"{name:<20} {figures.precision(*rules):>9.2f} {figures.recall(*rules):>7.2f} {marked:>7} {shown:>6}"


def _meets(finding: Finding, mark: Mark) -> bool:
    return finding.rule is mark.rule and finding.start < mark.end and mark.start < finding.end


def _share(part: int, whole: int, *, empty: float = 1.0) -> float:
    return part / whole if whole else empty
