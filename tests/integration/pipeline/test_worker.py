"""A ticket that crashes, hangs or fails takes down neither the worker nor other tickets; nothing vanishes silently."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis

from integration.pipeline import feedback_job, queue
from integration.pipeline.clock import tick
from integration.pipeline.context import Context
from integration.pipeline.queue import Offer
from integration.pipeline.ticket_job import prepare, run
from integration.pipeline.worker import collect_given_up, load_brain
from integration.store.deadlines import Deadlines
from tests.integration.installation import until
from tests.integration.pipeline.hostile_worker import hostile_context

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def context(redis: Redis, redis_server: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    monkeypatch.setattr(queue, "RETRY_PAUSES", [1, 1])
    monkeypatch.setattr(queue, "JOB_SECONDS", 3)
    made = hostile_context(redis_server, database_url)
    made.store.migrate()
    yield made
    made.store.close()


@pytest.fixture
def worker(context: Context, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    log = (tmp_path / "worker.log").open("wb")
    service = context.settings.service
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.pipeline.hostile_worker", service.redis_url, service.database_url],
        stdout=log,
        stderr=log,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )
    yield process
    assert process.poll() is None, (tmp_path / "worker.log").read_text()
    process.terminate()
    process.wait(20)


def written(context: Context, ticket_id: str) -> int:
    return int(context.redis.get(f"test:written:{ticket_id}") or 0)


def test_crashing_and_hanging_tickets_leave_the_others_and_the_worker_alone(
    context: Context, worker: subprocess.Popen[bytes]
) -> None:
    context.queue.offer_all("acme", ["crash", "1", "hang", "2", "3"])
    until(lambda: all(written(context, t) == 1 for t in "123"), "a healthy ticket was not written", 90)
    # Both are tried again as often as the pauses say, and then handed to a person.
    until(lambda: context.queue.rq.failed_job_registry.count == 2, "the broken ones were not given up", 90)
    assert set(collect_given_up(context)) == {("acme", "crash"), ("acme", "hang")}
    assert {failure.ticket_id for failure in context.store.open_failures("acme")} == {"crash", "hang"}
    assert all(failure.reason for failure in context.store.open_failures("acme"))
    assert context.queue.rq.failed_job_registry.count == 0


def test_what_may_pass_is_tried_again_until_it_does(context: Context, worker: subprocess.Popen[bytes]) -> None:
    context.queue.offer_all("acme", ["transient-2", "throttled-3"])
    until(lambda: written(context, "transient-2") == 1, "the transient failure was not repeated", 90)
    until(lambda: written(context, "throttled-3") == 1, "the throttled ticket did not come back", 90)
    assert context.store.open_failures() == []


@pytest.mark.parametrize("ticket_id", ["crash", "transient-99"])
def test_while_a_ticket_waits_to_be_repeated_it_counts_as_waiting_and_a_hint_is_not_held_back(
    context: Context, worker: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch, ticket_id: str
) -> None:
    """The panel says that the ticket is being read again, and not that what it shows is the latest."""
    monkeypatch.setattr(queue, "RETRY_PAUSES", [60])
    context.queue.offer("acme", ticket_id)
    until(lambda: context.queue.rq.scheduled_job_registry.count == 1, "nothing was put off", 60)
    until(lambda: not context.redis.exists(f"makeright:lock:acme:{ticket_id}"), "the lock stayed", 60)
    assert context.queue.is_waiting("acme", ticket_id)
    assert context.queue.offer("acme", ticket_id) is Offer.ENQUEUED


def test_a_ticket_that_is_given_up_waits_no_more(context: Context, worker: subprocess.Popen[bytes]) -> None:
    context.queue.offer("acme", "transient-99")
    until(lambda: context.queue.rq.failed_job_registry.count == 1, "it was never given up", 60)
    until(lambda: not context.queue.is_waiting("acme", "transient-99"), "it still seems to wait", 10)


def test_what_cannot_pass_is_told_at_once_and_a_gone_ticket_is_no_failure(
    context: Context, worker: subprocess.Popen[bytes]
) -> None:
    context.queue.offer_all("acme", ["400", "gone"])
    until(lambda: context.store.open_failures("acme"), "the failure was not told", 60)
    until(lambda: context.redis.get("test:fetched:gone"), "the gone ticket was not looked at", 60)
    (failure,) = context.store.open_failures("acme")
    assert (failure.ticket_id, "must be an array" in failure.reason) == ("400", True)
    assert context.redis.get("test:fetched:400") == b"1"


def test_an_unchanged_ticket_is_not_written_again(context: Context, worker: subprocess.Popen[bytes]) -> None:
    for round_number in (1, 2, 3):
        context.queue.offer("acme", "1")
        until(lambda n=round_number: int(context.redis.get("test:fetched:1") or 0) >= n, "the ticket was not read", 60)
    assert written(context, "1") == 1
    assert len(context.store.decisions("acme", "1")) == 1


def start_clock(context: Context, account: str, ticket_id: str) -> None:
    """A clock whose next mark is reached."""
    now = datetime.now(UTC)
    Deadlines(context.store).start(
        account=account,
        ticket_id=ticket_id,
        decision_id=f"{account}-{ticket_id}",
        complaint="no_callback",
        complaints=["no_callback"],
        requester_id="7",
        company_id=None,
        started_at=now - timedelta(hours=1),
        due_at=now + timedelta(hours=1),
        explanation="",
        updates={},
        next_at=now - timedelta(minutes=1),
    )


def due_at(context: Context, moment: datetime) -> set[str]:
    return {ticket_id for _, ticket_id in Deadlines(context.store).to_look_at(moment, ["acme"])}


def test_the_clock_does_not_add_jobs_at_every_tick_for_a_ticket_that_rq_repeats(
    context: Context, worker: subprocess.Popen[bytes]
) -> None:
    """Neither for one whose job says why it failed, nor for one whose job is killed."""
    tickets = {"crash", "transient-99"}
    for ticket_id in tickets:
        start_clock(context, "acme", ticket_id)
    tick(context, datetime.now(UTC))
    until(lambda: not due_at(context, datetime.now(UTC)), "the clock still wants them at its next tick", 90)
    assert due_at(context, datetime.now(UTC) + timedelta(minutes=16)) == tickets


def test_the_clock_passes_by_an_account_that_is_not_configured(context: Context) -> None:
    for account in ("acme", "removed"):
        start_clock(context, account, "1")
    tick(context, datetime.now(UTC))
    assert [job.args for job in context.queue.rq.jobs] == [["acme", "1"]]


def test_a_ticket_that_another_job_holds_is_read_later(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "LOCK_PATIENCE", 0.1)
    prepare(context, load_brain())
    context.queue.offer("acme", "1")
    with context.queue.lock("acme", "1"):
        run("acme", "1")
    assert context.queue.rq.scheduled_job_registry.count == 1
    assert context.queue.is_waiting("acme", "1")


def test_an_agents_answer_is_not_written_while_another_job_holds_the_ticket(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "LOCK_PATIENCE", 0.1)
    prepare(context, load_brain())
    with context.queue.lock("acme", "1"):
        feedback_job.run("acme", "1", ["makeright_accepted"], [])
    assert written(context, "1") == 0
    (job_id,) = context.queue.rq.scheduled_job_registry.get_job_ids()
    again = context.queue.rq.fetch_job(job_id)
    assert again is not None and again.func_name == queue.FEEDBACK_JOB
    feedback_job.run(*again.args)
    assert written(context, "1") == 1
