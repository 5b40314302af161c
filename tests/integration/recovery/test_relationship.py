"""What an agent reads of the past, and when a complaint counts as made again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.complaints.taxonomy import Complaint
from integration.recovery.playbook import RelationshipRules, default_playbook
from integration.recovery.relationship import Outcome, PastComplaint, Relationship, relationship
from tests.integration.recovery.situations import AT, FE, NC, NU, OP

RULES = default_playbook().relationship
ALONE = RelationshipRules(RULES.repeat_within, RULES.repeat_contact_within, company_counts=False)


def past(
    days: float, complaint: Complaint = NC, outcome: Outcome = Outcome.NONE, company: bool = False
) -> PastComplaint:
    return PastComplaint(AT - timedelta(days=days), complaint, outcome, company)


def ago(days: float) -> datetime:
    return AT - timedelta(days=days)


@pytest.mark.parametrize(
    ("complaints", "before", "contacts", "rules", "repeats", "line"),
    [
        ([NC], [], [], RULES, set(), ""),
        ([NC], [past(12)], [], RULES, {NC}, "No callback for the 2nd time in 90 days (last 12 days ago)"),
        ([NC], [past(90)], [], RULES, {NC}, "No callback for the 2nd time in 90 days (last 90 days ago)"),
        ([NC], [past(90.01)], [], RULES, set(), ""),
        ([NC], [past(0)], [], RULES, set(), ""),
        ([NC], [past(-1)], [], RULES, set(), ""),
        ([NC], [past(0.1)], [], RULES, {NC}, "No callback for the 2nd time in 90 days (last earlier today)"),
        ([NC], [past(1), past(5)], [], RULES, {NC}, "No callback for the 3rd time in 90 days (last 1 day ago)"),
        ([NC], [past(3, NU)], [], RULES, set(), "1 earlier complaint in 90 days"),
        ([NC, OP], [past(3, OP), past(4, FE), past(5, FE)], [], RULES, {OP}, "Over-promising for the 2nd time in 90 days (last 3 days ago); 2 other complaints"),
        ([NC], [past(2, company=True)], [], RULES, {NC}, "No callback for the 2nd time in their company in 90 days (last 2 days ago)"),
        ([NC], [past(2, company=True)], [], ALONE, set(), ""),
        ([NC], [past(2, outcome=Outcome.KEPT), past(9, NU, Outcome.BROKEN)], [], RULES, {NC}, "No callback for the 2nd time in 90 days (last 2 days ago); 1 other complaint; 1 of our deadlines kept, 1 broken"),
        ([NC], [], [ago(1)], RULES, set(), "2nd contact in 7 days"),
        ([NC], [], [ago(1), ago(7), ago(7.1), ago(-1)], RULES, set(), "3rd contact in 7 days"),
        ([NU], [past(9, NU, Outcome.BROKEN)], [ago(2)], RULES, {NU}, "No order update for the 2nd time in 90 days (last 9 days ago); 0 of our deadlines kept, 1 broken; 2nd contact in 7 days"),
    ],
)  # fmt: skip
def test_the_past_in_one_line(
    complaints: list[Complaint], before: list[PastComplaint], contacts: list[datetime], rules: RelationshipRules,
    repeats: set[Complaint], line: str,
) -> None:  # fmt: skip
    found = relationship(complaints, AT, rules, before, contacts)
    assert (found.repeats, found.line) == (frozenset(repeats), line)
    assert found.repeat_contact == ("contact" in line)


@pytest.mark.parametrize(
    ("times", "ordinal"),
    [(1, "2nd"), (2, "3rd"), (3, "4th"), (10, "11th"), (11, "12th"), (12, "13th"), (20, "21st"), (21, "22nd")],
)
def test_ordinals_are_english(times: int, ordinal: str) -> None:
    found = relationship([NC], AT, RULES, [past(1 + n) for n in range(times)])
    assert f"for the {ordinal} time" in found.line


@given(st.lists(st.tuples(st.floats(-200, 200), st.sampled_from(list(Complaint)))))
def test_the_order_of_the_past_does_not_matter(rows: list[tuple[float, Complaint]]) -> None:
    before = [past(days, complaint) for days, complaint in rows]
    forwards, backwards = (relationship(Complaint, AT, RULES, rows) for rows in (before, before[::-1]))
    assert forwards == backwards
    assert isinstance(forwards, Relationship)
