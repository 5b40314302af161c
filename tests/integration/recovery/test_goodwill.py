"""Gestures: who may grant what, and what it has cost."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.complaints.taxonomy import Complaint
from integration.recovery.goodwill import (
    Answer,
    Grant,
    State,
    answered_by_tags,
    decide,
    limits_for,
    menu_for,
    spend,
    words,
)
from integration.recovery.playbook import default_playbook
from tests.integration.recovery.situations import AT, FE, NC, NU, OP

PLAYBOOK = default_playbook()
D = Decimal


def grant(amount: str, *, days: int = 1, state: State = State.APPROVED, complaint: Complaint = NU) -> Grant:
    return Grant(AT - timedelta(days=days), complaint, "credit", D(amount), state)


@pytest.mark.parametrize(
    ("complaint", "gesture", "amount", "role", "earlier", "repeat", "answer", "approver", "says"),
    [
        (NU, "credit", "20", "agent", [], False, Answer.ALLOWED, None, "within the limit of agent"),
        (NU, "credit", "20.01", "agent", [], False, Answer.NEEDS_APPROVAL, "lead", "lead may approve"),
        (NU, "credit", "75.01", "agent", [], False, Answer.NEEDS_APPROVAL, "manager", "manager may approve"),
        (NU, "credit", "75", "lead", [], False, Answer.ALLOWED, None, "limit of lead"),
        (NU, "credit", "150", "lead", [], False, Answer.NEEDS_APPROVAL, "manager", "USD 75.00"),
        (NU, "credit", "200", "manager", [], False, Answer.ALLOWED, None, "limit of manager"),
        (NU, "credit", "200.01", "manager", [], False, Answer.REFUSED, None, "goes up to USD 200.00"),
        (NU, "refund_delivery", "26", "manager", [], False, Answer.REFUSED, None, "goes up to USD 25.00"),
        (NU, "difference", "5", "agent", [], False, Answer.REFUSED, None, "not offered for no order update"),
        (NU, "cake", "5", "agent", [], False, Answer.REFUSED, None, "refund_delivery, credit"),
        (NU, "credit", "5", "boss", [], False, Answer.REFUSED, None, "no role; there are agent, lead, manager"),
        (NU, "credit", "0", "agent", [], False, Answer.REFUSED, None, "needs an amount"),
        (NU, "credit", "-1", "agent", [], False, Answer.REFUSED, None, "no amount of money"),
        (NU, "credit", "1.001", "agent", [], False, Answer.REFUSED, None, "two decimals"),
        (NU, "credit", "NaN", "agent", [], False, Answer.REFUSED, None, "no amount of money"),
        (NU, "credit", "Infinity", "manager", [], False, Answer.REFUSED, None, "no amount of money"),
        (NC, "priority_slot", "0", "agent", [grant("500")], False, Answer.ALLOWED, None, "within"),
        (NC, "priority_slot", "1", "agent", [], False, Answer.REFUSED, None, "goes up to USD 0.00"),
        # Several small gestures are one large one.
        (NU, "credit", "15", "agent", [grant("5")], False, Answer.ALLOWED, None, "USD 5.00 of it given within 90 days"),
        (NU, "credit", "15", "agent", [grant("5.01")], False, Answer.NEEDS_APPROVAL, "lead", "USD 20.01"),
        (NU, "credit", "15", "agent", [grant("99", days=91)], False, Answer.ALLOWED, None, "USD 15.00"),
        (NU, "credit", "15", "agent", [grant("99", state=State.DECLINED)], False, Answer.ALLOWED, None, "USD 15.00"),
        (NU, "credit", "15", "agent", [grant("99", state=State.PENDING)], False, Answer.ALLOWED, None, "USD 15.00"),
        (NU, "credit", "20", "manager", [grant("290", complaint=OP)], False, Answer.REFUSED, None, "any role"),
        # A complaint's own limits, and those of the second time.
        (OP, "credit", "30", "agent", [], False, Answer.ALLOWED, None, "USD 30.00"),
        (OP, "credit", "60", "agent", [], False, Answer.NEEDS_APPROVAL, "lead", "lead may approve"),
        (OP, "credit", "60", "agent", [], True, Answer.ALLOWED, None, "USD 60.00"),
        (NC, "credit", "40", "agent", [], True, Answer.ALLOWED, None, "USD 40.00"),
    ],
)
def test_a_grant_is_decided_by_menu_limit_and_what_was_given(
    complaint: Complaint, gesture: str, amount: str, role: str, earlier: list[Grant], repeat: bool,
    answer: Answer, approver: str | None, says: str,
) -> None:  # fmt: skip
    verdict = decide(PLAYBOOK, complaint, gesture, D(amount), role, now=AT, earlier=earlier, repeat=repeat)
    assert (verdict.answer, verdict.approver) == (answer, approver), verdict.reason
    assert says in verdict.reason


amounts = st.decimals(min_value=0, max_value=400, places=2)


@given(amounts, amounts, st.sampled_from(["agent", "lead", "manager"]), st.sampled_from(list(Complaint)))
def test_what_is_allowed_never_exceeds_the_role_and_the_approver_could_have_granted_it(
    amount: Decimal, before: Decimal, role: str, complaint: Complaint
) -> None:
    earlier = [Grant(AT, complaint, "credit", before, State.APPROVED)]
    verdict = decide(PLAYBOOK, complaint, "credit", amount, role, now=AT, earlier=earlier)
    limits = limits_for(PLAYBOOK, complaint)
    if verdict.answer is Answer.ALLOWED:
        assert before + amount <= limits[role]
    if verdict.approver is not None:
        again = decide(PLAYBOOK, complaint, "credit", amount, verdict.approver, now=AT, earlier=earlier)
        assert again.answer is Answer.ALLOWED


def test_the_menu_stands_in_the_playbooks_order() -> None:
    assert [gesture.key for gesture in menu_for(PLAYBOOK, OP)] == ["difference", "credit", "refund_delivery"]
    assert list(limits_for(PLAYBOOK, FE)) == ["agent", "lead", "manager"]


def test_only_what_was_approved_in_the_time_is_counted_as_spent() -> None:
    grants = [
        grant("10", days=1),
        grant("2.50", days=2, complaint=OP),
        grant("7", days=3, state=State.DECLINED),
        grant("9", days=9),
        grant("1.25", days=1),
    ]
    total = spend(grants, since=AT - timedelta(days=5), until=AT)
    assert total == {NC: 0, NU: D("11.25"), OP: D("2.50"), FE: 0}
    assert spend(grants, since=AT - timedelta(days=5), until=AT - timedelta(days=2)) == {NC: 0, NU: 0, OP: 0, FE: 0}


@pytest.mark.parametrize(
    ("tags", "prefix", "state"),
    [
        ({"vip"}, "", None),
        ({"goodwill_approved"}, "", State.APPROVED),
        ({"goodwill_declined"}, "", State.DECLINED),
        ({"goodwill_approved", "goodwill_declined"}, "", State.DECLINED),
        ({"goodwill_approved"}, "mr_", None),
        ({"mr_goodwill_approved"}, "mr_", State.APPROVED),
    ],
)
def test_an_approver_may_answer_by_a_tag(tags: set[str], prefix: str, state: State | None) -> None:
    assert answered_by_tags(frozenset(tags), PLAYBOOK.tags, prefix) is state


def test_a_gesture_is_said_with_its_amount() -> None:
    assert words(PLAYBOOK, grant("12.5")) == "We credit your account with USD 12.50."
