"""How it stands between this customer and us: what we failed them in before, what we kept, how often they came back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from integration.complaints.taxonomy import Complaint
from integration.recovery.playbook import RelationshipRules


class Outcome(StrEnum):
    """What became of a recovery: answered in time, not, or not known (yet)."""

    KEPT = "kept"
    BROKEN = "broken"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class PastComplaint:
    """A complaint on an earlier ticket, or on this one before an agent answered. `company`: it was made by somebody
    else of the same company. `at` is aware."""

    at: datetime
    complaint: Complaint
    outcome: Outcome = Outcome.NONE
    company: bool = False


@dataclass(frozen=True, slots=True)
class Relationship:
    """`repeats` are the complaints of now that were made before within the window; `contacts` how often they had
    written or called within the shorter one. `line` is what an agent reads, "" where there is nothing to say."""

    repeats: frozenset[Complaint] = frozenset()
    contacts: int = 0
    kept: int = 0
    broken: int = 0
    line: str = ""

    @property
    def repeat_contact(self) -> bool:
        return self.contacts > 0


def relationship(
    complaints: Iterable[Complaint],
    at: datetime,
    rules: RelationshipRules,
    past: Iterable[PastComplaint] = (),
    contacts: Iterable[datetime] = (),
) -> Relationship:
    """Look back from `at`, the time of the complaint (aware). `contacts` are the times at which this customer came to
    us before, on any ticket; what is not before `at` is left out of both."""
    before = [p for p in past if rules.repeat_within >= at - p.at > timedelta()]
    own = [p for p in before if not p.company]
    counted = before if rules.company_counts else own
    repeats = frozenset(complaints) & {p.complaint for p in counted}
    recent = sum(rules.repeat_contact_within >= at - moment > timedelta() for moment in contacts)
    kept = sum(p.outcome is Outcome.KEPT for p in counted)
    broken = sum(p.outcome is Outcome.BROKEN for p in counted)
    return Relationship(repeats, recent, kept, broken, _line(repeats, counted, own, recent, kept, broken, at, rules))


def _line(
    repeats: frozenset[Complaint],
    counted: list[PastComplaint],
    own: list[PastComplaint],
    recent: int,
    kept: int,
    broken: int,
    at: datetime,
    rules: RelationshipRules,
) -> str:
    """ "No callback for the 2nd time in 90 days (last 12 days ago); 1 other complaint; 1 of our promises kept, 1 broken;
    2nd contact in 7 days"."""
    days = rules.repeat_within.days
    parts: list[str] = []
    for complaint in sorted(repeats, key=list(Complaint).index):
        times = [p.at for p in counted if p.complaint is complaint]
        ago = (at - max(times)).days
        last = "earlier today" if ago == 0 else f"{_many(ago, 'day')} ago"
        whose = "" if any(p.complaint is complaint for p in own) else " in their company"
        parts.append(f"{complaint.words} for the {_ordinal(len(times) + 1)} time{whose} in {days} days (last {last})")
    others = sum(p.complaint not in repeats for p in counted)
    if others:
        parts.append(
            f"{_many(others, 'other complaint' if repeats else 'earlier complaint')}{'' if repeats else f' in {days} days'}"
        )
    if kept or broken:
        parts.append(f"{kept} of our deadlines kept, {broken} broken")
    if recent:
        parts.append(f"{_ordinal(recent + 1)} contact in {rules.repeat_contact_within.days} days")
    line = "; ".join(parts)
    return line[:1].upper() + line[1:]


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 not in (11, 12, 13) else "th"
    return f"{number}{ending}"
