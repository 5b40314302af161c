"""Goodwill from asking to the draft: within the limit, above it, by a tag, on the command line. Against real sandboxes."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count, pairwise
from typing import Any

import pytest
from click.testing import CliRunner, Result
from redis import Redis

from integration.cli import main
from integration.pipeline import goodwill
from integration.pipeline.deciding import Brain
from integration.pipeline.suggestion import OfferedGoodwill, restored
from integration.pipeline.ticket_job import annotate_ticket
from integration.pipeline.worker import load_brain
from integration.recovery.goodwill import Answer, periods
from integration.settings import GoodwillApproval
from integration.store.goodwill import AskedGesture, Goodwill
from tests.adapters.sidebar.stage import Stage, stage

HELPDESKS = ["zendesk", "freshdesk"]
DANA = "dana@acme.example"
_CUSTOMERS = count()


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory, redis_server: str) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("stage"), redis_server) as made:
        yield made


@pytest.fixture(scope="module")
def brain() -> Brain:
    return load_brain()


class Desk:
    """One ticket of a customer of their own, read; goodwill is asked for as the panel does."""

    def __init__(self, staged: Stage, brain: Brain, helpdesk: str, customer: str) -> None:
        self.staged, self.brain, self.helpdesk = staged, brain, helpdesk
        requester = {"name": "Maureen Tully", "email": f"{customer}@customer.example"}
        self.ticket = staged.ticket(helpdesk, requester=requester)
        self.read()

    def read(self) -> None:
        annotate_ticket(self.staged.context, self.brain, self.helpdesk, self.ticket)

    @property
    def offer(self) -> OfferedGoodwill:
        decision = self.staged.context.store.standing_decision(self.helpdesk, self.ticket)
        assert decision is not None
        offer = restored(decision.panel).goodwill
        assert offer is not None
        return offer

    def ask(self, amount: str, gesture: str = "credit") -> goodwill.Asked:
        account = self.staged.context.account(self.helpdesk)
        return goodwill.ask(self.staged.context, account, self.ticket, self.offer, gesture, Decimal(amount), by="Dana")

    def drafts(self) -> list[str]:
        self.read()
        decision = self.staged.context.store.standing_decision(self.helpdesk, self.ticket)
        assert decision is not None
        return [draft.text for draft in restored(decision.panel).drafts]

    def asked(self) -> list[AskedGesture]:
        return Goodwill(self.staged.context.store).of_ticket(self.helpdesk, self.ticket)

    def tag(self, tag: str, agent: str = DANA) -> None:
        path = f"tickets/{self.helpdesk}/{self.ticket}/tags"
        self.staged.control.post(path, {"add": [tag], **({"agent": agent} if agent else {})})

    def untag(self, tag: str) -> None:
        self.staged.control.post(f"tickets/{self.helpdesk}/{self.ticket}/tags", {"remove": [tag]})


@pytest.fixture
def desk(staged: Stage, brain: Brain, redis: Redis, request: pytest.FixtureRequest) -> Desk:
    callspec = getattr(request.node, "callspec", None)
    helpdesk = callspec.params.get("helpdesk", "zendesk") if callspec else "zendesk"
    return Desk(staged, brain, helpdesk, f"c{next(_CUSTOMERS)}")


@pytest.fixture
def approvers(staged: Stage) -> Iterator[Any]:
    accounts: dict[str, Any] = staged.context.settings.accounts  # type: ignore[assignment]
    before = dict(accounts)

    def set_up(approval: GoodwillApproval) -> None:
        for name in HELPDESKS:
            accounts[name] = dataclasses.replace(accounts[name], goodwill=approval)

    yield set_up
    accounts.update(before)


@pytest.mark.parametrize("helpdesk", HELPDESKS)
def test_only_what_is_approved_stands_in_a_draft(desk: Desk, helpdesk: str) -> None:
    assert not any("USD" in text for text in desk.drafts())
    asked = desk.ask("55")
    assert (asked.verdict.answer, asked.verdict.approver) == (Answer.NEEDS_APPROVAL, "lead")
    assert asked.kept is not None
    assert not any("USD" in text for text in desk.drafts())
    done = goodwill.answer(desk.staged.context, asked.kept.id, approve=True, by="maria", via="console")
    assert done.answer is Answer.ALLOWED
    assert all("We credit your account with USD 55.00." in text for text in desk.drafts())
    (kept,) = desk.asked()
    assert (kept.state, kept.answered_by, kept.via, kept.asked_by) == ("approved", "maria", "console", "Dana")
    assert kept.answered_at is not None and kept.asked_at <= kept.answered_at
    # Nobody says yes or no a second time.
    for approve in (True, False):
        again = goodwill.answer(desk.staged.context, asked.kept.id, approve=approve, by="eve", via="cli")
        assert again.answer is Answer.REFUSED and "approved already by maria" in again.reason
    assert goodwill.withdraw(desk.staged.context, helpdesk, desk.ticket, asked.kept.id)
    assert not any("USD" in text for text in desk.drafts())


def test_within_the_limit_it_is_given_at_once_and_the_ticket_is_read_again(desk: Desk) -> None:
    asked = desk.ask("12.50")
    assert asked.verdict.answer is Answer.ALLOWED and asked.kept is not None
    assert (asked.kept.state, asked.kept.answered_by, asked.kept.via) == ("approved", "agent", "limit")
    assert desk.staged.context.queue.is_waiting(desk.helpdesk, desk.ticket)
    assert all("USD 12.50" in text for text in desk.drafts())
    notes = [
        c for c in desk.staged.control.get(f"tickets/zendesk/{desk.ticket}")["ticket"]["comments"] if not c["public"]
    ]
    assert len(notes) == 1, "a gesture is no reason for a second note"


def test_a_declined_gesture_stands_in_no_draft_and_may_be_asked_for_again(desk: Desk) -> None:
    asked = desk.ask("55")
    assert asked.kept is not None
    goodwill.answer(desk.staged.context, asked.kept.id, approve=False, by="maria", via="console")
    assert not any("USD" in text for text in desk.drafts())
    assert desk.ask("15").verdict.answer is Answer.ALLOWED


@pytest.mark.parametrize(
    ("amount", "gesture", "says"),
    [
        ("500", "credit", "goes up to USD 200.00"),
        ("0", "credit", "needs an amount"),
        ("5", "cake", "not offered"),
        ("5", "difference", "not offered for no callback"),
        ("1", "priority_slot", "goes up to USD 0.00"),
    ],
)
def test_what_is_not_on_the_menu_is_refused_and_not_kept(desk: Desk, amount: str, gesture: str, says: str) -> None:
    asked = desk.ask(amount, gesture)
    assert asked.verdict.answer is Answer.REFUSED and says in asked.verdict.reason
    assert asked.kept is None and desk.asked() == []


def test_the_same_gesture_is_not_given_twice_on_a_ticket(desk: Desk) -> None:
    assert desk.ask("5").kept is not None
    again = desk.ask("5")
    assert again.verdict.answer is Answer.REFUSED and "approved on this ticket already" in again.verdict.reason


def test_the_limit_is_the_customers_not_the_tickets(staged: Stage, brain: Brain, redis: Redis) -> None:
    first, second = (Desk(staged, brain, "zendesk", "twice") for _ in range(2))
    assert first.ask("25").verdict.answer is Answer.NEEDS_APPROVAL
    third = Desk(staged, brain, "freshdesk", "twice")
    assert third.ask("15").verdict.answer is Answer.ALLOWED, "another account, another customer"
    kept = first.asked()[0]
    assert goodwill.answer(staged.context, kept.id, approve=True, by="m", via="cli").answer is Answer.ALLOWED
    # What was given before counts towards it.
    asked = second.ask("20")
    assert asked.verdict.answer is Answer.NEEDS_APPROVAL
    assert "USD 25.00 of it given" in asked.verdict.reason


def test_two_who_ask_at_once_do_not_both_get_the_whole_limit(staged: Stage, brain: Brain, redis: Redis) -> None:
    desks = [Desk(staged, brain, "freshdesk", "rush") for _ in range(3)]
    start, found = threading.Barrier(len(desks)), []

    def run(desk: Desk) -> None:
        start.wait()
        found.append(desk.ask("20").verdict.answer)

    threads = [threading.Thread(target=run, args=(desk,)) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    limit = max(Decimal(desk.offer.limit) for desk in desks)
    assert found.count(Answer.ALLOWED) * 20 <= limit


def test_what_waits_too_long_is_refused_when_too_much_was_given_by_then(
    staged: Stage, brain: Brain, redis: Redis
) -> None:
    first, second = (Desk(staged, brain, "zendesk", "late") for _ in range(2))
    for one in (first, second):
        one.ask("190")
    assert (
        goodwill.answer(staged.context, first.asked()[0].id, approve=True, by="m", via="cli").answer is Answer.ALLOWED
    )
    verdict = goodwill.answer(staged.context, second.asked()[0].id, approve=True, by="m", via="cli")
    assert verdict.answer is Answer.REFUSED and "more than any role may give" in verdict.reason
    assert second.asked()[0].state == "pending"


# -- by a tag


@pytest.mark.parametrize(
    ("listed", "amount", "tag", "state"),
    [
        pytest.param({"lead": {DANA}}, "55", "goodwill_approved", "approved", id="a lead within a lead's limit"),
        pytest.param({"lead": {DANA}}, "55", "goodwill_declined", "declined", id="a lead who says no"),
        pytest.param({"lead": {DANA}}, "150", "goodwill_approved", "pending", id="a lead above a lead's limit"),
        pytest.param({"manager": {DANA}}, "150", "goodwill_approved", "approved", id="a manager"),
        pytest.param({"lead": {"maria@acme.example"}}, "55", "goodwill_approved", "pending", id="somebody else"),
        pytest.param({}, "55", "goodwill_approved", "pending", id="nobody is listed"),
        pytest.param({"lead": {DANA}}, "55", "goodwill_maybe", "pending", id="another tag"),
    ],
)
def test_a_tag_counts_if_a_listed_person_set_it(
    desk: Desk, approvers: Any, listed: dict[str, set[str]], amount: str, tag: str, state: str
) -> None:
    approvers(GoodwillApproval({role: frozenset(who) for role, who in listed.items()}, unnamed_tags=True))
    desk.ask(amount)
    desk.tag(tag)
    texts = desk.drafts()
    (kept,) = desk.asked()
    assert kept.state == state
    assert any("USD" in text for text in texts) == (state == "approved")
    if state != "pending":
        assert (kept.answered_by, kept.via) == (DANA, "tag")


def test_a_tag_from_before_the_request_approves_nothing(desk: Desk, approvers: Any) -> None:
    approvers(GoodwillApproval({"manager": frozenset({DANA})}))
    desk.tag("goodwill_approved")
    at, context = datetime.now(UTC) + timedelta(seconds=2), desk.staged.context
    later = dataclasses.replace(context, now=lambda: at)
    goodwill.ask(later, context.account("zendesk"), desk.ticket, desk.offer, "credit", Decimal(55))
    desk.read()
    assert desk.asked()[0].state == "pending"


def test_our_own_tag_approves_nothing(desk: Desk, approvers: Any) -> None:
    from adapters.contract import Annotation

    helpdesk = desk.staged.context.helpdesks["zendesk"]
    me = helpdesk._own_user_id()  # type: ignore[attr-defined]
    approvers(GoodwillApproval({"manager": frozenset({me})}))
    desk.ask("55")
    helpdesk.annotate(helpdesk.fetch(desk.ticket), Annotation("d", frozenset({"goodwill_approved"})), look_first=False)
    desk.read()
    assert desk.asked()[0].state == "pending"


@pytest.mark.parametrize("helpdesk", ["freshdesk"])
def test_where_nobody_tells_who_set_a_tag_it_counts_only_if_the_account_says_so_and_once(
    desk: Desk, approvers: Any, helpdesk: str
) -> None:
    approvers(GoodwillApproval({"manager": frozenset({DANA})}))
    desk.ask("55")
    desk.tag("goodwill_approved")
    desk.read()
    assert desk.asked()[0].state == "pending"
    approvers(GoodwillApproval(unnamed_tags=True))
    assert all("USD 55.00" in text for text in desk.drafts())
    assert desk.asked()[0].answered_by == "whoever set the tag"
    # The tag still stands there, and is used up.
    desk.ask("0", "priority_slot")
    second = dataclasses.replace(desk.asked()[0], id=0, gesture="credit", state="pending", answered_at=None, via=None)
    Goodwill(desk.staged.context.store).add(second)
    desk.read()
    assert desk.asked()[-1].state == "pending"


# -- on the command line


def run(desk: Desk, *words: str, status: int = 0) -> Result:
    done = CliRunner().invoke(main, ["--config", str(desk.staged.context.settings.file), *words])
    assert done.exit_code == status, done.output
    return done


def test_an_operator_answers_on_the_command_line(desk: Desk) -> None:
    first = desk.ask("55").kept
    second = desk.ask("0", "priority_slot").kept
    assert first is not None and second is not None
    rows = [
        json.loads(line) for line in run(desk, "goodwill", "list", "--account", "zendesk", "--json").stdout.splitlines()
    ]
    (mine,) = [row for row in rows if row["ticket"] == desk.ticket]
    assert (mine["id"], mine["amount"], mine["state"], mine["approver"]) == (first.id, "55.00", "pending", "lead")
    assert "55.00" in run(desk, "goodwill", "list").stdout
    run(desk, "goodwill", "approve", str(first.id), "--by", "maria")
    assert "approved already by maria" in run(desk, "goodwill", "decline", str(first.id), "--by", "x", status=1).stderr
    assert "no request 999999" in run(desk, "goodwill", "approve", "999999", status=1).stderr
    rows = [json.loads(line) for line in run(desk, "goodwill", "list", "--all", "--json").stdout.splitlines()]
    answered = {row["id"]: (row["state"], row["answered_by"], row["via"]) for row in rows}
    assert answered[first.id] == ("approved", "maria", "cli")
    assert answered[second.id] == ("approved", "agent", "limit")


def test_what_was_spent_is_told_by_complaint_and_period(desk: Desk) -> None:
    table = Goodwill(desk.staged.context.store)
    for month, amount, complaint, state in (
        (1, "10", "no_callback", "approved"),
        (1, "2.50", "no_callback", "approved"),
        (1, "7", "overpromising", "declined"),
        (2, "30", "overpromising", "approved"),
        (3, "99", "overpromising", "approved"),
    ):
        at = datetime(2025, month, 15, tzinfo=UTC)
        table.add(
            AskedGesture(
                account="freshdesk", ticket_id="x", requester_id=None, complaint=complaint, gesture="credit",
                amount=Decimal(amount), currency="GBP", state=state, asked_at=at, answered_at=at, answered_by="m", via="cli",
            )
        )  # fmt: skip
    span = ("report", "spend", "--since", "2025-01-01", "--until", "2025-03-01")
    rows = [json.loads(line) for line in run(desk, *span, "--by", "month", "--json").stdout.splitlines()]
    assert [(row["from"], row["complaint"], row["amount"]) for row in rows] == [
        ("2025-01-01", "no_callback", "12.50"),
        ("2025-02-01", "overpromising", "30.00"),
    ]
    shown = run(desk, *span).stdout
    assert "42.50" in shown.replace("\n", "") and "99" not in shown
    assert run(desk, *span, "--account", "zendesk", "--json").stdout == ""
    run(desk, "report", "spend", "--since", "2025-03-01", "--until", "2025-02-01", status=2)


@pytest.mark.parametrize(
    ("by", "cuts"),
    [("all", []), ("month", ["2025-02-01", "2025-03-01"]), ("week", ["2025-02-03", "2025-02-10", "2025-02-17", "2025-02-24", "2025-03-03"])],
)  # fmt: skip
def test_a_time_is_cut_at_months_and_mondays(by: str, cuts: list[str]) -> None:
    first, last = datetime(2025, 1, 30, tzinfo=UTC), datetime(2025, 3, 5, tzinfo=UTC)
    found = periods(first, last, by)
    assert [f"{begin:%Y-%m-%d}" for begin, _ in found[1:]] == cuts
    assert (found[0][0], found[-1][1]) == (first, last)
    assert all(one[1] == other[0] for one, other in pairwise(found))
