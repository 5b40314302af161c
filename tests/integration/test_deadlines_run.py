"""The clock runs: for each complaint on each helpdesk from the webhook to the note, then kept, at risk and breached at
the right minute. Time is moved forward by a test clock, not by sleeping."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import requests
from redis import Redis
from sqlalchemy import select
from werkzeug.serving import make_server

from adapters.contract import Priority, Transient
from integration.app import create_app
from integration.complaints.taxonomy import Complaint
from integration.demo import HELPDESKS, DemoTicket, SandboxClient, connect, free_port, running_sandbox, send
from integration.pipeline.clock import tick
from integration.pipeline.context import Context, build_context
from integration.pipeline.deciding import Brain
from integration.pipeline.ticket_job import annotate_ticket, prepare, run
from integration.pipeline.worker import load_brain
from integration.recovery.calendar_words import day_words, last_day, limit_words
from integration.recovery.deadlines import due
from integration.recovery.playbook import default_playbook
from integration.settings import Level, load_settings
from integration.store.deadlines import Deadlines, RunningDeadline
from integration.store.models import AlertRow, DeadlineRow
from integration.store.store import Outcome
from tests.integration.installation import until

pytestmark = [pytest.mark.xdist_group("deadlines"), pytest.mark.timeout(300)]

TICKETS = {
    Complaint.NO_CALLBACK: "I left three voicemails last week and nobody has called me back.",
    Complaint.NO_ORDER_UPDATE: "The tracking has not moved for nine days. Where is my order?",
    Complaint.OVERPROMISING: "I paid for guaranteed next-day delivery and it came four days later. You promised next day.",
    Complaint.FALSE_EXPERTISE: "Every agent tells me something different. The first said yes, the second said no.",
}
HARMLESS = "By the way, the new colour of the door is called anthracite in your catalogue."
GROUPS = dict(zip(Complaint, ("Support", "Deliveries", "Recovery", "Specialists"), strict=True))
CALENDAR = """
[accounts.{helpdesk}.calendar]
time_zone = "America/New_York"
hours = {{ mon-fri = ["09:00-17:00"] }}
[accounts.{helpdesk}.thresholds]
"""
EVERY = [(helpdesk, complaint) for helpdesk in HELPDESKS for complaint in Complaint]
each = pytest.mark.parametrize(("helpdesk", "complaint"), EVERY)
_CUSTOMERS = count(1)


class Installation:
    """Both helpdesks and a context whose time the test moves. Webhooks arrive by HTTP; jobs run in this process."""

    def __init__(self, sandbox: SandboxClient, context: Context, brain: Brain) -> None:
        self.sandbox, self.brain = sandbox, brain
        self.offset = timedelta()
        self.context = dataclasses.replace(context, now=lambda: datetime.now(UTC) + self.offset)
        self.deadlines = Deadlines(context.store)

    def complain(self, helpdesk: str, text: str, name: str = "") -> str:
        """A customer writes, the helpdesk's webhook brings it here, and the ticket is read."""
        made = send(self.sandbox, helpdesk, DemoTicket("1", text, name=name or f"Customer {next(_CUSTOMERS)}"))
        self.heard(helpdesk, made)
        return made

    def reply(self, helpdesk: str, ticket_id: str, text: str, by: str = "agent") -> None:
        self.sandbox.post(f"tickets/{helpdesk}/{ticket_id}/reply", {"as": by, "text": text})

    def heard(self, helpdesk: str, ticket_id: str) -> None:
        until(lambda: self.context.queue.is_waiting(helpdesk, ticket_id), "no webhook arrived")
        self.work()

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
        self.work()

    def work(self) -> None:
        for job in list(self.context.queue.rq.jobs):
            account, ticket_id = job.args
            self.context.queue.taken_up(account, ticket_id)
            job.delete()
            self.read(account, ticket_id)

    def monday(self) -> None:
        """A new week: 10:00 in New York, so that every clock has room."""
        now = self.context.now()
        day = now + timedelta(days=(7 - now.weekday()) % 7 or 7)
        self.go_to(day.replace(hour=15, minute=0, second=0, microsecond=0))

    def ticket(self, helpdesk: str, ticket_id: str) -> Any:
        return self.sandbox.get(f"tickets/{helpdesk}/{ticket_id}")["ticket"]

    def notes(self, helpdesk: str, ticket_id: str) -> list[Any]:
        return [comment for comment in self.ticket(helpdesk, ticket_id)["comments"] if not comment["public"]]

    def states(self, helpdesk: str, ticket_id: str) -> set[str]:
        return {tag for tag in self.ticket(helpdesk, ticket_id)["tags"] if tag.startswith("recovery_")}

    def clock(self, helpdesk: str, ticket_id: str) -> RunningDeadline:
        found = self.deadlines.newest(helpdesk, ticket_id)
        assert found is not None
        return found

    def alerts(self, helpdesk: str, ticket_id: str) -> list[str]:
        self.run()  # what the last jobs had to say goes out with the next tick
        query = (
            select(AlertRow)
            .join(DeadlineRow, DeadlineRow.id == AlertRow.deadline_id)
            .where(DeadlineRow.account == helpdesk, DeadlineRow.ticket_id == ticket_id)
            .order_by(AlertRow.id)
        )
        with self.context.store.session() as session:
            rows = session.scalars(query).all()
            assert all(row.sent_at is not None for row in rows)
            return [row.kind for row in rows]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, redis_server: str) -> Iterator[Installation]:
    """One for all tests here: each begins on another Monday, with customers of its own."""
    folder, port = tmp_path_factory.mktemp("installed"), free_port(0)
    with Redis.from_url(redis_server) as redis:
        redis.flushall()
    with running_sandbox(free_port(0), plans={"zendesk": "unmetered", "freshdesk": "unmetered"}) as sandbox:
        file = connect(sandbox, folder, hooks=f"http://127.0.0.1:{port}", extra=f'redis_url = "{redis_server}"')
        sure = "".join(f"{c} = {{ show = 0.3, preselect = 0.4, write = 0.4 }}\n" for c in Complaint)
        # Freshdesk takes a due time and recalculates it away (its README), so there is always something left to write: an
        # answer must be heard nevertheless. Where it stands on every platform is the note.
        text = file.read_text().replace('plan = "enterprise"', 'plan = "enterprise"\nwrite_due_dates = true')
        for helpdesk in HELPDESKS:
            (folder / f"{helpdesk}.playbook").write_text(_playbook(sandbox.url, helpdesk))
            named = f'[accounts.{helpdesk}]\nplaybook = "{helpdesk}.playbook"'
            text = text.replace(f"[accounts.{helpdesk}]", named, 1) + CALENDAR.format(helpdesk=helpdesk) + sure
        file.write_text(text)
        context = build_context(load_settings(file))
        context.store.migrate()
        made = Installation(sandbox, context, load_brain())
        server = make_server("127.0.0.1", port, create_app(made.context), threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield made
        server.shutdown()
        thread.join(5)
        context.store.close()


def _playbook(sandbox: str, helpdesk: str) -> str:
    """The packaged playbook with a group for each complaint: on Zendesk its number, on Freshdesk its name."""
    groups = dict(GROUPS)
    if helpdesk == "zendesk":
        auth = ("service@acme.example/token", "sandbox-api-token")
        found = requests.get(f"{sandbox}/zendesk/api/v2/groups", auth=auth, timeout=30).json()["groups"]
        numbers = {group["name"]: str(group["id"]) for group in found}
        groups = {complaint: numbers[name] for complaint, name in GROUPS.items()}
    lines = [f'[complaints.{complaint}]\ngroup = "{group}"' for complaint, group in groups.items()]
    return "\n".join(['version = "groups-1"', *lines])


@pytest.fixture
def running(installed: Installation) -> Installation:
    redis = installed.context.redis
    redis.delete("none", *redis.scan_iter("makeright:budget:*"))  # all tests here fall into one minute of it
    installed.monday()
    return installed


@each
def test_a_complaint_gets_exactly_what_the_playbook_says(
    running: Installation, helpdesk: str, complaint: Complaint
) -> None:
    ticket_id = running.complain(helpdesk, TICKETS[complaint])
    handling = running.context.account(helpdesk).handling(None)
    remedy, tags = handling.playbook.remedies[complaint], handling.playbook.tags
    ticket = running.ticket(helpdesk, ticket_id)
    clock = running.clock(helpdesk, ticket_id)
    started = datetime.fromisoformat(ticket["created_at"])
    due_at = due(remedy.first.clock, started, handling.calendar).due_at
    assert (clock.complaint, clock.started_at, clock.due_at) == (complaint, started, due_at)
    # Zendesk's drop-down field brings a tag of its own along.
    of_field = {f"makeright_{complaint}"} if helpdesk == "zendesk" else set()
    assert set(ticket["tags"]) == {remedy.label_tag, remedy.clock_tag, tags.due, tags.seen} | of_field
    before = None if helpdesk == "zendesk" else Priority.LOW
    ladder = [None, *Priority]
    assert ticket["priority"] == max(before, remedy.first.priority, key=ladder.index)
    assert ticket["group"] == GROUPS[complaint]
    (note,) = running.notes(helpdesk, ticket_id)
    when = f"By {day_words(last_day(due_at))}, {limit_words(due_at)}:"
    decision = running.context.store.standing_decision(helpdesk, ticket_id)
    assert decision is not None
    quotes = [item["text"] for item in decision.evidence if item["label"] == complaint]
    assert quotes and all(quote in TICKETS[complaint] for quote in quotes)
    for words in (complaint.words.capitalize(), quotes[0], when, remedy.first.text, remedy.label_tag):
        assert words in note["text"]


@each
def test_no_answer_turns_at_risk_and_breached_at_the_right_minute_with_one_alert_each(
    running: Installation, helpdesk: str, complaint: Complaint
) -> None:
    ticket_id = running.complain(helpdesk, TICKETS[complaint])
    clock = running.clock(helpdesk, ticket_id)
    calendar = running.context.account(helpdesk).handling(None).calendar
    at_risk = calendar.add(clock.started_at, calendar.open_time(clock.started_at, clock.due_at) * 0.75)

    running.go_to(at_risk - timedelta(minutes=1))
    assert running.states(helpdesk, ticket_id) == {"recovery_due"}
    for _ in range(2):  # the clock may tick as often as it likes
        running.go_to(at_risk + timedelta(seconds=30))
        assert running.states(helpdesk, ticket_id) == {"recovery_at_risk"}
    running.go_to(clock.due_at - timedelta(minutes=1))
    assert running.states(helpdesk, ticket_id) == {"recovery_at_risk"}
    for _ in range(2):
        running.go_to(clock.due_at + timedelta(seconds=30))
        assert running.states(helpdesk, ticket_id) == {"recovery_breached"}
    texts = [note["text"] for note in running.notes(helpdesk, ticket_id)]
    assert len(texts) == 3
    assert "At risk" in texts[1]
    assert "Breached" in texts[2]
    assert running.alerts(helpdesk, ticket_id) == ["at_risk", "breached"]


@each
def test_an_answer_of_a_person_in_time_keeps_it_and_nothing_is_said(
    running: Installation, helpdesk: str, complaint: Complaint
) -> None:
    ticket_id = running.complain(helpdesk, TICKETS[complaint])
    clock = running.clock(helpdesk, ticket_id)
    running.go_to(clock.started_at + timedelta(minutes=30))
    running.reply(helpdesk, ticket_id, "an internal note keeps nothing", by="note")
    running.read(helpdesk, ticket_id)
    assert running.states(helpdesk, ticket_id) == {"recovery_due"}
    running.reply(helpdesk, ticket_id, "This is what I do for you today.")
    running.read(helpdesk, ticket_id)
    assert running.states(helpdesk, ticket_id) == {"recovery_kept"}
    running.go_to(clock.due_at + timedelta(minutes=5))
    assert "recovery_breached" not in running.states(helpdesk, ticket_id)
    with running.context.store.session() as session:
        (first, *_) = session.scalars(
            select(DeadlineRow)
            .where(DeadlineRow.account == helpdesk, DeadlineRow.ticket_id == ticket_id)
            .order_by(DeadlineRow.id)
        )
    assert (first.state, first.next_at) == ("kept", None)
    # Whoever waits for news is owed the next ones: that clock is another, and still has time.
    assert set(running.alerts(helpdesk, ticket_id)) <= ({"at_risk"} if clock.updates else set())


def test_a_logged_call_keeps_the_clock_that_runs_and_none_after_it(running: Installation) -> None:
    ticket_id = running.complain("zendesk", TICKETS[Complaint.NO_ORDER_UPDATE])
    running.go_to(running.context.now() + timedelta(minutes=30))
    running.sandbox.post(f"tickets/zendesk/{ticket_id}/tags", {"add": ["callback_made"]})
    running.read("zendesk", ticket_id)
    assert running.states("zendesk", ticket_id) == {"recovery_kept"}
    # The next update is owed, and the same call is no answer to that.
    update = running.clock("zendesk", ticket_id)
    running.go_to(update.due_at + timedelta(minutes=1))
    assert running.states("zendesk", ticket_id) == {"recovery_breached"}
    assert running.clock("zendesk", ticket_id).id == update.id
    # Taken off and set anew it is another call.
    running.sandbox.post(f"tickets/zendesk/{ticket_id}/tags", {"remove": ["callback_made"]})
    running.read("zendesk", ticket_id)
    running.sandbox.post(f"tickets/zendesk/{ticket_id}/tags", {"add": ["callback_made"]})
    running.read("zendesk", ticket_id)
    assert running.deadlines.newest("zendesk", ticket_id) is None


def test_a_new_complaint_is_not_kept_by_the_call_about_the_last_one(running: Installation) -> None:
    ticket_id = running.complain("zendesk", TICKETS[Complaint.NO_CALLBACK])
    running.go_to(running.context.now() + timedelta(minutes=30))
    running.reply("zendesk", ticket_id, "I have just called you, as promised.")
    running.sandbox.post(f"tickets/zendesk/{ticket_id}/tags", {"add": ["callback_made"]})
    running.read("zendesk", ticket_id)
    assert running.deadlines.newest("zendesk", ticket_id) is None
    running.go_to(running.context.now() + timedelta(days=2))
    running.reply(
        "zendesk", ticket_id, "And now again nobody has called me back, I left three voicemails.", by="customer"
    )
    running.heard("zendesk", ticket_id)
    running.read("zendesk", ticket_id)
    assert running.states("zendesk", ticket_id) == {"recovery_due"}
    assert running.clock("zendesk", ticket_id).state == "due"


@pytest.mark.parametrize("helpdesk", HELPDESKS)
@pytest.mark.parametrize(("method", "status"), [("GET", 403), ("PUT", 400), ("PUT", 403)])
def test_a_ticket_the_helpdesk_refuses_is_not_asked_for_every_minute_and_is_told_when_it_may_be_again(
    running: Installation, helpdesk: str, method: str, status: int
) -> None:
    ticket_id = running.complain(helpdesk, TICKETS[Complaint.NO_CALLBACK])
    deadlines, due_at = running.deadlines, running.clock(helpdesk, ticket_id).due_at
    fault = {"helpdesk": helpdesk, "method": method, "path": f"/tickets/{ticket_id}([.?]|$)", "status": status}
    running.sandbox.post("faults", {**fault, "times": 1})
    prepare(running.context, running.brain)
    running.sandbox.post("clock", {"advance": (due_at - running.context.now()).total_seconds() + 60})
    running.offset += due_at - running.context.now() + timedelta(minutes=1)
    run(helpdesk, ticket_id)
    (failure,) = [one for one in running.context.store.open_failures(helpdesk) if one.ticket_id == ticket_id]
    assert str(status) in failure.reason
    assert running.states(helpdesk, ticket_id) == {"recovery_due"}
    now = running.context.now()
    assert (helpdesk, ticket_id) not in deadlines.to_look_at(now + timedelta(minutes=14), [helpdesk])
    assert (helpdesk, ticket_id) in deadlines.to_look_at(now + timedelta(minutes=16), [helpdesk])
    running.go_to(now + timedelta(minutes=16))
    assert running.states(helpdesk, ticket_id) == {"recovery_breached"}
    assert running.alerts(helpdesk, ticket_id) == ["breached"]


def test_the_team_hears_of_a_ticket_that_takes_no_write_and_it_is_not_decided_anew_each_time(
    running: Installation,
) -> None:
    text, queue = TICKETS[Complaint.NO_CALLBACK], running.context.queue
    ticket_id = send(running.sandbox, "freshdesk", DemoTicket("1", text, name="Robin Roe"))
    until(lambda: queue.is_waiting("freshdesk", ticket_id), "no webhook arrived")
    queue.rq.empty()
    refusal = {"helpdesk": "freshdesk", "method": "PUT", "path": f"/tickets/{ticket_id}$", "status": 400}
    running.sandbox.post("faults", {**refusal, "times": 1000})
    prepare(running.context, running.brain)
    run("freshdesk", ticket_id)
    step = running.clock("freshdesk", ticket_id).due_at - running.context.now()
    for minutes in (1, 16, 16):
        step += timedelta(minutes=minutes)
        running.sandbox.post("clock", {"advance": step.total_seconds()})
        running.offset, step = running.offset + step, timedelta()
        run("freshdesk", ticket_id)
    assert running.states("freshdesk", ticket_id) == set()
    assert running.clock("freshdesk", ticket_id).state == "breached"
    (decision,) = running.context.store.decisions("freshdesk", ticket_id)
    assert (decision.outcome, decision.attempts) == (Outcome.FAILED, 4)
    requests.delete(f"{running.sandbox.url}/control/faults", timeout=30).raise_for_status()
    assert running.alerts("freshdesk", ticket_id) == ["breached"]
    for _ in range(2):  # the decision first, then what its clock has to say
        running.go_to(running.context.now() + timedelta(minutes=16))
    assert running.states("freshdesk", ticket_id) == {"recovery_breached"}
    assert running.alerts("freshdesk", ticket_id) == ["breached"]


@pytest.mark.parametrize("helpdesk", HELPDESKS)
def test_a_ticket_that_comes_back_from_the_trash_has_its_clock_again(running: Installation, helpdesk: str) -> None:
    ticket_id = running.complain(helpdesk, TICKETS[Complaint.NO_CALLBACK])
    clock = running.clock(helpdesk, ticket_id)
    prepare(running.context, running.brain)
    running.sandbox.post(f"tickets/{helpdesk}/{ticket_id}/status", {"status": "deleted"})
    run(helpdesk, ticket_id)
    assert running.deadlines.newest(helpdesk, ticket_id) is None
    assert (helpdesk, ticket_id) not in running.deadlines.to_look_at(clock.due_at, HELPDESKS)
    running.sandbox.post(f"tickets/{helpdesk}/{ticket_id}/status", {"status": "open"})
    running.read(helpdesk, ticket_id)
    again = running.clock(helpdesk, ticket_id)
    assert (again.id, again.state, again.due_at) == (clock.id, "due", clock.due_at)
    running.go_to(clock.due_at + timedelta(minutes=1))
    assert running.states(helpdesk, ticket_id) == {"recovery_breached"}
    assert running.alerts(helpdesk, ticket_id) == ["breached"]


@pytest.mark.parametrize("helpdesk", HELPDESKS)
def test_what_a_later_state_of_the_clock_has_overtaken_is_not_written_any_more(
    running: Installation, helpdesk: str
) -> None:
    ticket_id = running.complain(helpdesk, TICKETS[Complaint.NO_CALLBACK])
    clock = running.clock(helpdesk, ticket_id)
    running.sandbox.post("faults", _refused_write(helpdesk, ticket_id))
    with pytest.raises(Transient):
        running.go_to(clock.due_at - timedelta(minutes=5))
    running.go_to(clock.due_at + timedelta(minutes=1))
    running.reply(helpdesk, ticket_id, HARMLESS, by="customer")
    running.read(helpdesk, ticket_id)
    texts = [note["text"] for note in running.notes(helpdesk, ticket_id)]
    assert any("Breached" in text for text in texts)
    assert not any("At risk" in text for text in texts)
    assert running.states(helpdesk, ticket_id) == {"recovery_breached"}


@pytest.mark.parametrize("helpdesk", HELPDESKS)
@pytest.mark.parametrize("arrives", [False, True])
def test_an_attempt_that_a_lower_level_has_overtaken_is_looked_for_and_never_written(
    running: Installation, helpdesk: str, arrives: bool
) -> None:
    ticket_id = running.complain(helpdesk, TICKETS[Complaint.NO_CALLBACK])
    running.reply(helpdesk, ticket_id, TICKETS[Complaint.NO_ORDER_UPDATE], by="customer")
    lost = {"status": None, "apply": True, "drop": True} if arrives else {}
    where = f"/tickets/{ticket_id}/notes|/conversations/" if arrives and helpdesk == "freshdesk" else ""
    running.sandbox.post("faults", _refused_write(helpdesk, ticket_id, where) | lost)
    with pytest.raises(Transient):
        running.heard(helpdesk, ticket_id)
    before = running.ticket(helpdesk, ticket_id)
    settings = running.context.settings
    account = dataclasses.replace(settings.accounts[helpdesk], level=Level.SHADOW)
    accounts = {**settings.accounts, helpdesk: account}
    shadow = dataclasses.replace(running.context, settings=dataclasses.replace(settings, accounts=accounts))
    assert annotate_ticket(shadow, running.brain, helpdesk, ticket_id) is Outcome.WITHHELD
    after = running.ticket(helpdesk, ticket_id)
    assert (after["tags"], after["comments"]) == (before["tags"], before["comments"])
    assert ("complaint_no_order_update" in after["tags"]) == arrives
    ended = [one.outcome for one in shadow.store.decisions(helpdesk, ticket_id)]
    assert ended == [Outcome.WITHHELD, Outcome.WRITTEN if arrives else Outcome.DROPPED, Outcome.WRITTEN]
    state = shadow.store.ticket_state(helpdesk, ticket_id)
    assert state is not None and ("complaint_no_order_update" in state.tags) == arrives


def _refused_write(helpdesk: str, ticket_id: str, path: str = "") -> dict[str, Any]:
    """The next write on this ticket is answered 503."""
    where = path or f"/tickets/{ticket_id}([.?]|$)"
    return {"helpdesk": helpdesk, "method": "PUT", "path": where, "status": 503, "times": 1}


def test_a_clock_that_was_away_catches_up(running: Installation) -> None:
    ticket_id = running.complain("zendesk", TICKETS[Complaint.NO_CALLBACK])
    running.go_to(running.clock("zendesk", ticket_id).due_at + timedelta(days=2))
    assert running.states("zendesk", ticket_id) == {"recovery_breached"}
    assert running.alerts("zendesk", ticket_id) == ["breached"]


def test_who_was_failed_the_same_way_before_is_treated_one_level_higher(running: Installation) -> None:
    running.complain("zendesk", TICKETS[Complaint.NO_CALLBACK], name="Robin Doe")
    running.go_to(running.context.now() + timedelta(hours=1))
    again = running.complain("zendesk", "Again nobody rang me back, second week now.", name="Robin Doe")
    ticket = running.ticket("zendesk", again)
    remedy = default_playbook().remedies[Complaint.NO_CALLBACK]
    assert "repeat_complaint" in ticket["tags"]
    assert ticket["priority"] == remedy.again.priority
    (note,) = running.notes("zendesk", again)
    assert "2nd time" in note["text"]


@pytest.mark.parametrize("helpdesk", HELPDESKS)
def test_a_second_note_is_written_only_where_an_agent_must_know_of_something_new(
    running: Installation, helpdesk: str
) -> None:
    """Zendesk cannot change a note, so it gets another only when the complaints or the deadline changed. Freshdesk can:
    there the one note is always the latest."""
    edits = helpdesk == "freshdesk"
    ticket_id = running.complain(helpdesk, TICKETS[Complaint.NO_CALLBACK])
    (first,) = running.notes(helpdesk, ticket_id)
    running.go_to(running.context.now() + timedelta(minutes=10))
    running.reply(helpdesk, ticket_id, HARMLESS, by="customer")
    running.heard(helpdesk, ticket_id)
    (second,) = running.notes(helpdesk, ticket_id)
    assert second["id"] == first["id"]
    running.go_to(running.context.now() + timedelta(minutes=10))
    running.reply(helpdesk, ticket_id, TICKETS[Complaint.NO_ORDER_UPDATE], by="customer")
    running.heard(helpdesk, ticket_id)
    notes = running.notes(helpdesk, ticket_id)
    assert {"complaint_no_callback", "complaint_no_order_update"} <= set(running.ticket(helpdesk, ticket_id)["tags"])
    assert [note["id"] for note in notes][:1] == [first["id"]]
    assert len(notes) == (1 if edits else 2)
    assert "No order update" in notes[-1]["text"]
    assert ("No order update" in notes[0]["text"]) == edits
