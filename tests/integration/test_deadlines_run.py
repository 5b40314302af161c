"""The clock runs: for each complaint on each helpdesk from the webhook to the note, then kept, at risk and breached at
the right minute. Time is moved forward by a test clock, not by sleeping."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import select

from integration.complaints.taxonomy import Complaint
from integration.demo import HELPDESKS, DemoTicket, SandboxClient, connect, free_port, running_sandbox, send
from integration.pipeline.clock import tick
from integration.pipeline.context import Context, build_context
from integration.pipeline.ticket_job import Brain, annotate_ticket
from integration.pipeline.worker import load_brain
from integration.recovery.deadlines import due
from integration.recovery.playbook import default_playbook
from integration.settings import load_settings
from integration.store.deadlines import Deadlines
from integration.store.models import AlertRow

pytestmark = [pytest.mark.xdist_group("deadlines"), pytest.mark.timeout(300)]

TICKETS = {
    Complaint.NO_CALLBACK: "I left three voicemails last week and nobody has called me back.",
    Complaint.NO_ORDER_UPDATE: "The tracking has not moved for nine days. Where is my order?",
    Complaint.OVERPROMISING: "I paid for guaranteed next-day delivery and it came four days later. You promised next day.",
    Complaint.FALSE_EXPERTISE: "Every agent tells me something different. The first said yes, the second said no.",
}
CALENDAR = """
[accounts.{helpdesk}.calendar]
time_zone = "America/New_York"
hours = {{ mon-fri = ["09:00-17:00"] }}
[accounts.{helpdesk}.thresholds]
"""


class Installation:
    """Both helpdesks and a context whose time the test moves; jobs run in this process."""

    def __init__(self, sandbox: SandboxClient, context: Context, brain: Brain) -> None:
        self.sandbox, self.brain = sandbox, brain
        self.offset = timedelta()
        self.context = dataclasses.replace(context, now=lambda: datetime.now(UTC) + self.offset)
        self.deadlines = Deadlines(context.store)

    def read(self, helpdesk: str, ticket_id: str) -> None:
        annotate_ticket(self.context, self.brain, helpdesk, ticket_id)

    def go_to(self, moment: datetime) -> None:
        """Move our clock and the sandbox's to `moment`, then let the clock tick and the jobs run that it offers."""
        step = moment - self.context.now()
        self.sandbox.post("clock", {"advance": step.total_seconds()})
        self.offset += step
        self.run()

    def run(self) -> None:
        tick(self.context, self.context.now())
        for job in list(self.context.queue.rq.jobs):
            account, ticket_id = job.args
            self.context.queue.taken_up(account, ticket_id)
            job.delete()
            self.read(account, ticket_id)

    def ticket(self, helpdesk: str, ticket_id: str) -> Any:
        found = self.sandbox.get(f"tickets/{helpdesk}/{ticket_id}")
        return found["ticket"]


@pytest.fixture(scope="module")
def brain() -> Brain:
    return load_brain()


@pytest.fixture
def running(tmp_path: Path, redis: Redis, redis_server: str, brain: Brain) -> Iterator[Installation]:
    with running_sandbox(free_port(0), plans={"zendesk": "unmetered", "freshdesk": "unmetered"}) as sandbox:
        file = connect(sandbox, tmp_path, hooks="http://127.0.0.1:9", extra=f'redis_url = "{redis_server}"')
        sure = "".join(f"{c} = {{ show = 0.3, preselect = 0.4, write = 0.4 }}\n" for c in Complaint)
        file.write_text(file.read_text() + "".join(CALENDAR.format(helpdesk=h) + sure for h in HELPDESKS))
        context = build_context(load_settings(file))
        context.store.migrate()
        made = Installation(sandbox, context, brain)
        # A Monday morning, so that every clock has room: the next one from today, in New York.
        now = made.context.now()
        monday = (now + timedelta(days=(7 - now.weekday()) % 7 or 7)).replace(
            hour=15, minute=0, second=0, microsecond=0
        )
        made.go_to(monday)
        yield made
        context.store.close()


@pytest.mark.parametrize("helpdesk", HELPDESKS)
@pytest.mark.parametrize("complaint", list(Complaint))
def test_a_complaint_gets_what_the_playbook_says(running: Installation, helpdesk: str, complaint: Complaint) -> None:
    ticket_id = send(running.sandbox, helpdesk, DemoTicket("1", TICKETS[complaint], name="Robin Doe"))
    running.read(helpdesk, ticket_id)
    handling = running.context.account(helpdesk).handling(None)
    remedy = handling.playbook.remedies[complaint]
    ticket = running.ticket(helpdesk, ticket_id)
    assert {remedy.label_tag, remedy.clock_tag, "recovery_due", "makeright_seen"} <= set(ticket["tags"])
    assert "recovery_at_risk" not in ticket["tags"]
    clock = running.deadlines.newest(helpdesk, ticket_id)
    assert clock is not None
    assert clock.complaint == complaint
    started = datetime.fromisoformat(ticket["created_at"])
    assert abs(clock.started_at - started) <= timedelta(seconds=1)
    assert clock.due_at == due(remedy.first.clock, clock.started_at, handling.calendar).due_at
    if remedy.first.priority:
        assert ticket["priority"] == remedy.first.priority or ticket["priority"] in ("high", "urgent")
    (note,) = [comment for comment in ticket["comments"] if not comment["public"]]
    assert "New York" in note["text"]
    assert remedy.first.text.split(".")[0] in note["text"]


@pytest.mark.parametrize("helpdesk", HELPDESKS)
def test_no_answer_turns_at_risk_and_breached_at_the_right_minute_with_one_alert_each(
    running: Installation, helpdesk: str
) -> None:
    ticket_id = send(running.sandbox, helpdesk, DemoTicket("1", TICKETS[Complaint.NO_CALLBACK]))
    running.read(helpdesk, ticket_id)
    clock = running.deadlines.newest(helpdesk, ticket_id)
    assert clock is not None
    calendar = running.context.account(helpdesk).handling(None).calendar
    at_risk = calendar.add(clock.started_at, calendar.open_time(clock.started_at, clock.due_at) * 0.75)

    def tags() -> set[str]:
        return {tag for tag in running.ticket(helpdesk, ticket_id)["tags"] if tag.startswith("recovery_")}

    running.go_to(at_risk - timedelta(minutes=1))
    assert tags() == {"recovery_due"}
    for _ in range(3):  # the clock may tick as often as it likes
        running.go_to(at_risk + timedelta(minutes=1))
        assert tags() == {"recovery_at_risk"}
    running.go_to(clock.due_at - timedelta(minutes=1))
    assert tags() == {"recovery_at_risk"}
    for _ in range(3):
        running.go_to(clock.due_at + timedelta(minutes=1))
        assert tags() == {"recovery_breached"}
    notes = [c["text"] for c in running.ticket(helpdesk, ticket_id)["comments"] if not c["public"]]
    assert len(notes) == 3
    assert "At risk" in notes[1]
    assert "Breached" in notes[2]
    assert _alerts(running, helpdesk) == ["at_risk", "breached"]


@pytest.mark.parametrize("helpdesk", HELPDESKS)
def test_an_answer_of_a_person_in_time_keeps_it_and_nothing_is_said(running: Installation, helpdesk: str) -> None:
    ticket_id = send(running.sandbox, helpdesk, DemoTicket("1", TICKETS[Complaint.NO_CALLBACK]))
    running.read(helpdesk, ticket_id)
    clock = running.deadlines.newest(helpdesk, ticket_id)
    assert clock is not None
    running.go_to(clock.started_at + timedelta(minutes=30))
    running.sandbox.post(
        f"tickets/{helpdesk}/{ticket_id}/reply", {"as": "note", "text": "an internal note keeps nothing"}
    )
    running.read(helpdesk, ticket_id)
    assert "recovery_due" in running.ticket(helpdesk, ticket_id)["tags"]
    running.sandbox.post(f"tickets/{helpdesk}/{ticket_id}/reply", {"as": "agent", "text": "I am calling you now."})
    running.read(helpdesk, ticket_id)
    assert "recovery_kept" in running.ticket(helpdesk, ticket_id)["tags"]
    running.go_to(clock.due_at + timedelta(minutes=5))
    ticket = running.ticket(helpdesk, ticket_id)
    assert "recovery_kept" in ticket["tags"]
    assert "recovery_breached" not in ticket["tags"]
    assert _alerts(running, helpdesk) == []


def test_a_clock_that_was_away_catches_up(running: Installation) -> None:
    ticket_id = send(running.sandbox, "zendesk", DemoTicket("1", TICKETS[Complaint.NO_CALLBACK]))
    running.read("zendesk", ticket_id)
    clock = running.deadlines.newest("zendesk", ticket_id)
    assert clock is not None
    running.go_to(clock.due_at + timedelta(days=2))
    tags = running.ticket("zendesk", ticket_id)["tags"]
    assert "recovery_breached" in tags
    assert "recovery_due" not in tags
    assert _alerts(running, "zendesk") == ["breached"]


def test_who_was_failed_the_same_way_before_is_treated_one_level_higher(running: Installation) -> None:
    first = DemoTicket("1", TICKETS[Complaint.NO_CALLBACK], name="Robin Doe")
    running.read("zendesk", send(running.sandbox, "zendesk", first))
    running.go_to(running.context.now() + timedelta(hours=1))
    again = send(
        running.sandbox, "zendesk", DemoTicket("2", "Again nobody rang me back, second week now.", name="Robin Doe")
    )
    running.read("zendesk", again)
    ticket = running.ticket("zendesk", again)
    remedy = default_playbook().remedies[Complaint.NO_CALLBACK]
    assert "repeat_complaint" in ticket["tags"]
    assert ticket["priority"] == remedy.again.priority
    (note,) = [comment["text"] for comment in ticket["comments"] if not comment["public"]]
    assert "2nd time" in note


def _alerts(running: Installation, helpdesk: str) -> list[str]:
    running.run()  # what the last jobs had to say goes out with the next tick
    with running.context.store.session() as session:
        rows = session.scalars(select(AlertRow).where(AlertRow.account == helpdesk).order_by(AlertRow.id)).all()
        assert all(row.sent_at is not None for row in rows)
        return [row.kind for row in rows]
