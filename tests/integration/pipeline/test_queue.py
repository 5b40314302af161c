"""One waiting job per ticket, one Redis round trip per hint."""

from __future__ import annotations

from datetime import timedelta

import pytest
from redis import Redis
from rq import SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer

from integration.pipeline.queue import JOB_SECONDS, LOCK_SECONDS, Offer, TicketQueue


@pytest.fixture
def queue(redis: Redis) -> TicketQueue:
    return TicketQueue(redis)


def test_the_first_hint_makes_a_job_and_later_ones_find_it_waiting(queue: TicketQueue) -> None:
    offers = [queue.offer("acme", "42") for _ in range(3)]
    assert offers == [Offer.ENQUEUED, Offer.WAITING, Offer.WAITING]
    assert len(queue.rq) == 1


def test_tickets_and_accounts_do_not_share_a_mark(queue: TicketQueue) -> None:
    for account, ticket_id in (("acme", "1"), ("acme", "2"), ("other", "1")):
        assert queue.offer(account, ticket_id) is Offer.ENQUEUED


def test_a_hint_that_comes_while_the_ticket_is_read_causes_exactly_one_more_pass(queue: TicketQueue) -> None:
    queue.offer("acme", "42")
    queue.taken_up("acme", "42")
    assert [queue.offer("acme", "42") for _ in range(3)] == [Offer.ENQUEUED, Offer.WAITING, Offer.WAITING]
    assert len(queue.rq) == 2


def test_the_same_delivery_is_taken_once_even_after_its_ticket_was_read(queue: TicketQueue) -> None:
    assert queue.offer("acme", "42", delivery_id="d1") is Offer.ENQUEUED
    queue.taken_up("acme", "42")
    assert queue.offer("acme", "42", delivery_id="d1") is Offer.DUPLICATE
    assert queue.offer("acme", "42", delivery_id="d2") is Offer.ENQUEUED
    assert queue.offer("other", "42", delivery_id="d1") is Offer.ENQUEUED


def test_a_hint_costs_one_round_trip(queue: TicketQueue, redis: Redis) -> None:
    queue.offer("acme", "0")  # loads the script
    before = redis.info("commandstats")
    queue.offer("acme", "42", delivery_id="d")
    after = redis.info("commandstats")
    sent = {
        name: after[name]["calls"] - before.get(name, {"calls": 0})["calls"]
        for name in after
        if name not in ("cmdstat_info",)
    }
    assert sent.pop("cmdstat_evalsha") == 1
    # What the script itself calls is counted too; nothing else was sent.
    assert {name for name, calls in sent.items() if calls} <= {
        "cmdstat_set",
        "cmdstat_hset",
        "cmdstat_sadd",
        "cmdstat_rpush",
    }


def test_the_job_is_one_that_rq_itself_understands(queue: TicketQueue, redis: Redis) -> None:
    queue.offer("acme", "42")
    job = Job.fetch(queue.rq.get_job_ids()[0], connection=redis, serializer=JSONSerializer)
    assert (job.func_name, job.args) == ("integration.pipeline.ticket_job.run", ["acme", "42"])
    assert job.timeout == JOB_SECONDS
    assert job.retries_left == len(job.retry_intervals or [])
    assert job.get_status() == "queued"
    assert job.enqueued_at is not None


def test_a_postponed_ticket_waits_in_the_schedule_and_covers_hints(queue: TicketQueue) -> None:
    queue.offer_later("acme", "42", timedelta(seconds=30))
    assert queue.rq.scheduled_job_registry.count == 1
    assert queue.offer("acme", "42") is Offer.WAITING
    assert len(queue.rq) == 0


def test_a_ticket_that_waits_already_is_not_postponed_as_well(queue: TicketQueue) -> None:
    for _ in range(3):
        queue.offer_later("acme", "1", timedelta(seconds=30))
    queue.offer("acme", "2")
    queue.offer_later("acme", "2", timedelta(seconds=30))
    assert (queue.rq.scheduled_job_registry.count, len(queue.rq)) == (1, 1)


def test_a_due_postponed_ticket_is_worked_on(queue: TicketQueue, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str]] = []
    monkeypatch.setattr("integration.pipeline.ticket_job.run", lambda account, ticket: seen.append((account, ticket)))
    queue.offer_later("acme", "42", timedelta(seconds=-1))
    worker = SimpleWorker([queue.rq], connection=redis, serializer=JSONSerializer)
    worker.work(burst=True, with_scheduler=False)
    assert seen == []
    from rq.scheduler import RQScheduler

    scheduler = RQScheduler([queue.rq], connection=redis, serializer=JSONSerializer)
    scheduler.acquire_locks()
    scheduler.enqueue_scheduled_jobs()
    scheduler.release_locks()
    worker.work(burst=True, with_scheduler=False)
    assert seen == [("acme", "42")]


def test_only_one_job_holds_a_ticket_and_a_dead_one_lets_go_after_its_time(queue: TicketQueue, redis: Redis) -> None:
    first, second = queue.lock("acme", "42"), queue.lock("acme", "42")
    assert first.acquire(blocking=False)
    assert not second.acquire(blocking=False)
    assert JOB_SECONDS < LOCK_SECONDS
    assert 0 < redis.pttl("makeright:lock:acme:42") <= LOCK_SECONDS * 1000
    first.release()
    assert second.acquire(blocking=False)


def test_the_backlog_counts_by_state(queue: TicketQueue) -> None:
    queue.offer("acme", "1")
    queue.offer("acme", "2")
    queue.offer_later("acme", "3", timedelta(minutes=1))
    backlog = queue.backlog()
    assert (backlog.waiting, backlog.scheduled, backlog.running, backlog.failed) == (2, 1, 0, 0)
    assert backlog.oldest_seconds >= 0
