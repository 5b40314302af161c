"""Backfill against real sandboxes: what is still to be put right is treated as live, the rest becomes history; a kill
loses and doubles nothing."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from redis import Redis

from benchmarks.backfill import EVERY, drill
from integration.cli import main
from integration.complaints.taxonomy import Complaint
from integration.demo import HELPDESKS, SandboxClient, connect, free_port, running_sandbox
from integration.pipeline import backfill_job, ticket_job
from integration.pipeline.backfill import Progress, feed
from integration.pipeline.context import Context, build_backfill_context
from integration.pipeline.replay import replay
from integration.pipeline.worker import load_brain
from integration.settings import load_settings
from integration.store.backfills import Backfills, Unfinished
from integration.store.deadlines import Deadlines
from integration.store.failures import Failures
from integration.store.store import Outcome

pytestmark = [pytest.mark.xdist_group("backfill"), pytest.mark.timeout(600)]

COMPLAINT = "I left three voicemails last week and nobody has called me back."
SINCE = datetime(2020, 1, 1, tzinfo=UTC)
SURE = ", ".join(f"{complaint} = {{ show = 0.3, preselect = 0.4, write = 0.4 }}" for complaint in Complaint)


@dataclasses.dataclass
class Scene:
    sandbox: SandboxClient
    context: Context

    def ticket(self, helpdesk: str, *, days_old: float = 0, text: str = COMPLAINT) -> str:
        wish: dict[str, Any] = {"helpdesk": helpdesk, "subject": "Hello", "text": text, "quiet": True}
        if days_old:
            wish["created_at"] = (datetime.now(UTC) - timedelta(days=days_old)).isoformat()
        return str(self.sandbox.post("tickets", wish)["id"])

    def seen(self, helpdesk: str, ticket_id: str) -> Any:
        return self.sandbox.get(f"tickets/{helpdesk}/{ticket_id}")["ticket"]

    def backfill(self, helpdesk: str, ticket_id: str, *, shadow: bool = False) -> None:
        """Run the job as a worker does."""
        store = Backfills(self.context.store)
        store.begin(helpdesk, SINCE, shadow=shadow, now=self.context.now(), anew=True)
        store.list_page(helpdesk, [ticket_id], cursor="c", complete=True)
        ticket_job.prepare(self.context, load_brain())
        backfill_job.run(helpdesk, ticket_id)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, redis_server: str) -> Iterator[Scene]:
    plans = {"zendesk": "unmetered", "freshdesk": "unmetered"}
    with running_sandbox(free_port(0), plans=plans) as sandbox:
        file = connect(
            sandbox,
            tmp_path_factory.mktemp("scene"),
            hooks="http://127.0.0.1:9",
            extra=f'redis_url = "{redis_server}"',
            account_extra=f"thresholds = {{ {SURE} }}",
        )
        context = build_backfill_context(load_settings(file))
        context.store.migrate()
        yield Scene(sandbox, context)
        context.store.close()


@pytest.mark.parametrize("helpdesk", HELPDESKS)
def test_what_can_still_be_put_right_is_treated_as_live(scene: Scene, helpdesk: str) -> None:
    ticket_id = scene.ticket(helpdesk)
    scene.backfill(helpdesk, ticket_id)
    assert {"complaint_no_callback", "recovery_due"} <= set(scene.seen(helpdesk, ticket_id)["tags"])
    clock = Deadlines(scene.context.store).newest(helpdesk, ticket_id)
    assert clock is not None and clock.state == "due"
    assert Backfills(scene.context.store).outcomes(helpdesk) == {"written": 1}


@pytest.mark.parametrize("helpdesk", HELPDESKS)
@pytest.mark.parametrize("old", ["late", "solved", "answered"])
def test_what_is_over_becomes_history_and_the_ticket_is_left_alone(scene: Scene, helpdesk: str, old: str) -> None:
    # Each at its own time, by which its clock is told from those of the other tests.
    ticket_id = scene.ticket(helpdesk, days_old={"late": 30, "answered": 40, "solved": 1 / 1440}[old])
    if old == "answered":
        # In the sandbox an answer comes now, a month late: broken, and answered.
        scene.sandbox.post(f"tickets/{helpdesk}/{ticket_id}/reply", {"as": "agent", "text": "We call you now."})
    if old == "solved":
        scene.sandbox.post(f"tickets/{helpdesk}/{ticket_id}/status", {"status": "solved"})
    before = scene.seen(helpdesk, ticket_id)
    for _ in range(2):
        scene.backfill(helpdesk, ticket_id)
    after = scene.seen(helpdesk, ticket_id)
    assert (after["tags"], len(after["comments"])) == (before["tags"], len(before["comments"]))
    (decision,) = scene.context.store.decisions(helpdesk, ticket_id)
    assert (decision.outcome, decision.labels) == (Outcome.PAST, ("no_callback",))
    deadlines = Deadlines(scene.context.store)
    assert deadlines.newest(helpdesk, ticket_id) is None
    assert (helpdesk, ticket_id) not in deadlines.to_look_at(scene.context.now() + timedelta(days=90), [helpdesk])
    assert deadlines.waiting_alerts() == []
    (past,) = [
        one
        for one in deadlines.past(helpdesk, decision.requester_id or "", None, since=SINCE, but="0")
        if abs((one.started_at - datetime.fromisoformat(before["created_at"])).total_seconds()) <= 1
    ]
    assert past.state == ("ended" if old == "solved" else "breached")


@pytest.mark.parametrize("helpdesk", HELPDESKS)
def test_in_shadow_nothing_is_written_and_what_was_decided_live_stays(scene: Scene, helpdesk: str) -> None:
    ticket_id, live = scene.ticket(helpdesk), scene.ticket(helpdesk)
    ticket_job.annotate_ticket(scene.context, load_brain(), helpdesk, live)
    for _ in range(2):
        scene.backfill(helpdesk, ticket_id, shadow=True)
        scene.backfill(helpdesk, live, shadow=True)
    assert scene.seen(helpdesk, ticket_id)["tags"] == []
    (decision,) = scene.context.store.decisions(helpdesk, ticket_id)
    assert (decision.level, decision.outcome) == ("shadow", Outcome.WITHHELD)
    assert Deadlines(scene.context.store).newest(helpdesk, ticket_id) is None
    assert [one.outcome for one in scene.context.store.decisions(helpdesk, live)] == [Outcome.WRITTEN]
    # Not seen, as far as the live path is concerned.
    assert scene.context.store.ticket_state(helpdesk, ticket_id) is None


def test_a_backfilled_failure_is_read_again_as_an_old_ticket(scene: Scene) -> None:
    ticket_id = scene.ticket("zendesk", days_old=30)
    fault = {"helpdesk": "zendesk", "method": "GET", "path": rf"/tickets/{ticket_id}\b", "status": 403, "times": 1}
    scene.sandbox.post("faults", fault)
    scene.backfill("zendesk", ticket_id)
    (failure,) = Failures(scene.context.store).open(("zendesk",))
    assert (failure.kind, failure.ticket_id) == ("backfill", ticket_id)
    assert replay(scene.context, failure).done
    assert Backfills(scene.context.store).open("zendesk", 10) == [ticket_id]
    assert len(scene.context.queue.rq) == 0


def test_a_ticket_that_is_gone_takes_its_clock_along(scene: Scene, redis: Redis) -> None:
    ticket_id = scene.ticket("zendesk")
    ticket_job.prepare(scene.context, load_brain())
    ticket_job.run("zendesk", ticket_id)
    deadlines = Deadlines(scene.context.store)
    later = scene.context.now() + timedelta(days=30)
    assert ("zendesk", ticket_id) in deadlines.to_look_at(later, ["zendesk"])
    scene.sandbox.post(f"tickets/zendesk/{ticket_id}/status", {"status": "deleted"})
    ticket_job.run("zendesk", ticket_id)
    assert ("zendesk", ticket_id) not in deadlines.to_look_at(later, ["zendesk"])
    assert deadlines.newest("zendesk", ticket_id) is None


def test_another_backfill_is_not_begun_over_one_that_is_not_finished(scene: Scene) -> None:
    backfills = Backfills(scene.context.store)
    backfills.begin("zendesk", SINCE, shadow=False, now=scene.context.now(), anew=True)
    backfills.list_page("zendesk", ["1", "2", "1"], cursor="here", complete=False)
    with pytest.raises(Unfinished):
        backfills.begin("zendesk", SINCE, shadow=True, now=scene.context.now())
    again = backfills.begin("zendesk", SINCE, shadow=False, now=scene.context.now())
    assert (again.cursor, again.listed) == ("here", False)
    assert backfills.open("zendesk", 10) == ["1", "2"]


def test_what_it_wrote_itself_and_finds_in_the_export_again_stays_written(scene: Scene) -> None:
    ticket_id = scene.ticket("freshdesk")
    scene.backfill("freshdesk", ticket_id)
    backfills = Backfills(scene.context.store)
    backfills.list_page("freshdesk", [], cursor="c", complete=False)
    begun = backfills.of("freshdesk")
    assert begun is not None
    told: list[Progress] = []

    class Enough(Exception):
        pass

    def tell(progress: Progress) -> None:
        told.append(progress)
        raise Enough

    with pytest.raises(Enough):
        feed(scene.context, dataclasses.replace(begun, cursor=None), tell)
    assert told[0].listed
    assert backfills.outcomes("freshdesk")["written"] == 1


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("helpdesk", "tickets"), [("zendesk", 120), ("freshdesk", 40)])
def test_killed_twice_each_ticket_is_annotated_once_within_the_limits(
    tmp_path: Path, helpdesk: str, tickets: int
) -> None:
    end = drill(tmp_path, helpdesk, tickets)
    assert end.kills == 2
    assert end.well, end
    assert end.tally.tickets == tickets
    assert end.tally.annotated >= tickets // EVERY


def test_a_file_is_read_offline_and_its_mistakes_are_named(scene: Scene, tmp_path: Path) -> None:
    rows = [
        {"id": 1, "created_at": "2026-11-01T10:00:00Z", "text": COMPLAINT, "requester_id": 7},
        {
            "id": 2,
            "created_at": "2026-11-01T10:00:00Z",
            "messages": [{"role": "customer", "text": "Do you sell umbrellas in green, the large ones?"}],
        },
    ]
    (tmp_path / "tickets.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "tickets.csv").write_text(f'id,created_at,text,status\n3,2026-11-01 10:00:00,"{COMPLAINT}",solved\n')
    (tmp_path / "broken.jsonl").write_text(json.dumps(rows[0]) + '\n{"id": 4, "created_at": "SECRET-WORDS"}\n')

    def run(file: str) -> Any:
        words = ["--config", str(scene.context.settings.file), "backfill", "freshdesk", "--json", "--file"]
        return CliRunner().invoke(main, [*words, str(tmp_path / file)])

    assert json.loads(run("tickets.jsonl").stdout)["outcomes"] == {"withheld": 1, "silent": 1}
    assert json.loads(run("tickets.jsonl").stdout)["outcomes"] == {"known": 2}
    assert json.loads(run("tickets.csv").stdout)["outcomes"] == {"withheld": 1}
    broken = run("broken.jsonl")
    assert broken.exit_code == 1
    assert "line 2: created_at" in broken.stderr
    assert "SECRET-WORDS" not in broken.output
