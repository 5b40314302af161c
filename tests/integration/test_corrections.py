"""A label that an agent has struck stays struck, until the customer says it anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis

from integration.pipeline.deciding import Brain
from integration.pipeline.ticket_job import annotate_ticket
from integration.pipeline.worker import load_brain
from integration.store.deadlines import Deadlines
from integration.store.feedback import Feedback, Kind, Verdict
from integration.store.store import Decision
from tests.adapters.sidebar.stage import Stage, stage

FIRST = "I left three voicemails last week and nobody has called me back."
HARMLESS = "By the way, the colour of the handle on the new door is called anthracite in your catalogue."
AGAIN = "And now I have been promised a call for this morning as well and again nobody has called me back."
ORDER = "Where is my order? The tracking has not moved for nine days and nobody tells me anything."


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory, redis_server: str) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("stage"), redis_server) as made:
        yield made


@pytest.fixture(scope="module")
def brain() -> Brain:
    return load_brain()


class Ticket:
    def __init__(self, staged: Stage, brain: Brain, helpdesk: str) -> None:
        self.staged, self.brain, self.helpdesk, self.store = staged, brain, helpdesk, staged.context.store
        at = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        self.id = staged.ticket(helpdesk, FIRST, subject="Waiting", created_at=at)
        assert self.read().labels == ("no_callback",)

    def read(self) -> Decision:
        annotate_ticket(self.staged.context, self.brain, self.helpdesk, self.id)
        decision = self.store.standing_decision(self.helpdesk, self.id)
        assert decision is not None
        return decision

    def correct(self, verdict: Verdict, label: str = "no_callback", **more: Any) -> None:
        decision = self.store.standing_decision(self.helpdesk, self.id)
        assert decision is not None
        word = Feedback(self.helpdesk, self.id, Kind.LABEL_CORRECTED, datetime.now(UTC), decision.id, label, verdict)
        self.store.feedback.add(word)

    def says(self, text: str) -> Decision:
        self.staged.reply(self.helpdesk, self.id, text)
        return self.read()

    def tags(self) -> set[str]:
        return set(self.staged.control.get(f"tickets/{self.helpdesk}/{self.id}")["ticket"]["tags"])


@pytest.fixture(params=["zendesk", "freshdesk"])
def ticket(request: pytest.FixtureRequest, staged: Stage, brain: Brain, redis: Redis) -> Ticket:
    return Ticket(staged, brain, request.param)


def test_the_next_message_does_not_bring_it_back(ticket: Ticket) -> None:
    ticket.correct(Verdict.WRONG)
    decision = ticket.says(HARMLESS)
    assert (decision.labels, decision.silence) == ((), "set aside by an agent")
    assert decision.evidence == ()


def test_a_message_that_says_it_anew_does(ticket: Ticket) -> None:
    ticket.correct(Verdict.WRONG)
    decision = ticket.says(AGAIN)
    assert decision.labels == ("no_callback",)
    assert {item["message"] for item in decision.evidence} == {decision.anchor_message}
    # Once more struck, it is struck for this message, too.
    ticket.correct(Verdict.WRONG)
    assert ticket.says(HARMLESS).labels == ()


def test_without_a_correction_it_stays(ticket: Ticket) -> None:
    assert ticket.says(HARMLESS).labels == ("no_callback",)


def test_a_correction_that_was_taken_back_is_none(ticket: Ticket) -> None:
    ticket.correct(Verdict.WRONG)
    ticket.correct(Verdict.WITHDRAWN)
    assert ticket.says(HARMLESS).labels == ("no_callback",)


def test_other_labels_are_not_touched(ticket: Ticket) -> None:
    ticket.correct(Verdict.WRONG)
    decision = ticket.says(ORDER)
    assert "no_order_update" in decision.labels and "no_callback" not in decision.labels


def test_its_clock_stops_and_nobody_is_alarmed(ticket: Ticket) -> None:
    deadlines = Deadlines(ticket.store)
    assert deadlines.newest(ticket.helpdesk, ticket.id) is not None
    assert "recovery_due" in ticket.tags()
    ticket.correct(Verdict.WRONG)
    ticket.read()
    assert deadlines.newest(ticket.helpdesk, ticket.id) is None
    assert not {tag for tag in ticket.tags() if tag.startswith("recovery_")}
    assert (ticket.helpdesk, ticket.id) not in deadlines.to_look_at(
        datetime.now(UTC) + timedelta(days=30), [ticket.helpdesk]
    )
    # What is said anew has a clock of its own.
    ticket.says(AGAIN)
    clock = deadlines.newest(ticket.helpdesk, ticket.id)
    assert clock is not None and "recovery_due" in ticket.tags()
    assert clock.started_at > datetime.now(UTC) - timedelta(minutes=5)
