"""The way from a hint to a job: one Redis round trip, one waiting job per ticket.

A ticket carries a *mark* in Redis from the moment somebody says that it changed until a job begins to read it. Only the
hint that sets the mark enqueues a job; the others find the mark and have nothing to do. The job removes the mark before
it reads, so whatever arrives while it works sets a new mark and causes exactly one more pass.

Everything here may be forgotten by Redis: the sweep finds the ticket again.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property

import structlog
from redis import Redis
from redis.exceptions import LockError, RedisError
from redis.lock import Lock
from rq import Queue, Retry, get_current_job
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

log = structlog.get_logger()

QUEUE_NAME = "makeright"
# Old tickets wait in a queue of their own, with workers of its own: what comes in now is never behind them.
BACKFILL_QUEUE_NAME = "makeright-backfill"
TICKET_JOB = "integration.pipeline.ticket_job.run"
BACKFILL_JOB = "integration.pipeline.backfill_job.run"
FEEDBACK_JOB = "integration.pipeline.feedback_job.run"

# A job makes a handful of HTTP calls of at most 13 seconds each (adapters/http.py).
JOB_SECONDS = 90
# After a crash the lock must outlive the job that could still be running, and no more.
LOCK_SECONDS = JOB_SECONDS + 15
# How long a job waits for another that has the ticket, before it makes room and comes back.
LOCK_PATIENCE = 5.0
LOCK_PAUSE = timedelta(seconds=2)
# How long a mark holds back further jobs if its own job was lost; the sweep is faster than that as a rule.
MARK_SECONDS = 15 * 60
DELIVERY_SECONDS = 24 * 3600
# Pauses after a failure that may pass; about two hours in all before a person is asked.
RETRY_PAUSES = [5, 15, 60, 300, 900, 1800, 3600]
FAILED_JOB_SECONDS = 14 * 24 * 3600

# KEYS: mark, delivery, job, queue, set of queues. ARGV: mark seconds, delivery seconds, job id, queue key, job fields.
_OFFER = """
if KEYS[2] ~= '' and not redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[2]) then return 'duplicate' end
if not redis.call('SET', KEYS[1], ARGV[3], 'NX', 'EX', ARGV[1]) then return 'waiting' end
redis.call('HSET', KEYS[3], unpack(ARGV, 5))
redis.call('SADD', KEYS[5], ARGV[4])
redis.call('RPUSH', KEYS[4], ARGV[3])
return 'enqueued'
"""


class Offer(StrEnum):
    """What became of a hint."""

    ENQUEUED = "enqueued"
    WAITING = "waiting"  # a job for this ticket is waiting already and will see this change too
    DUPLICATE = "duplicate"  # this very delivery came before


@dataclass(frozen=True, slots=True)
class Backlog:
    """Jobs by state, and the age of the oldest waiting one in seconds."""

    waiting: int
    running: int
    scheduled: int
    failed: int
    oldest_seconds: float


class TicketQueue:
    """Offers tickets to the workers. Raises redis.RedisError where Redis is away.

    Two queues of different `name` know nothing of each other's marks; the lock on a ticket is one for all.
    """

    def __init__(self, redis: Redis, *, name: str = QUEUE_NAME, job: str = TICKET_JOB) -> None:
        self.redis = redis
        self.name = name
        self._job_function = job
        self._offer = redis.register_script(_OFFER)

    @cached_property
    def rq(self) -> Queue:
        return Queue(self.name, connection=self.redis, serializer=JSONSerializer)

    def offer(self, account: str, ticket_id: str, *, delivery_id: str | None = None) -> Offer:
        """Make sure that this ticket will be read. One round trip."""
        job = self._job(account, ticket_id)
        delivery = "" if delivery_id is None else f"makeright:delivery:{account}:{_digest(delivery_id)}"
        fields = [part for pair in job.to_dict().items() for part in pair]
        answer = self._offer(
            keys=[self._mark(account, ticket_id), delivery, job.key, self.rq.key, Queue.redis_queues_keys],
            args=[MARK_SECONDS, DELIVERY_SECONDS, job.id, self.rq.key, *fields],
        )
        return Offer(answer.decode() if isinstance(answer, bytes) else answer)

    def offer_all(self, account: str, ticket_ids: Iterable[str]) -> int:
        """Offer many tickets; returns how many jobs that made."""
        return sum(self.offer(account, ticket_id) is Offer.ENQUEUED for ticket_id in ticket_ids)

    def offer_later(self, account: str, ticket_id: str, pause: timedelta) -> None:
        """Read this ticket after a pause, unless a job waits for it anyway; hints that come meanwhile are covered."""
        job = self._job(account, ticket_id)
        seconds = MARK_SECONDS + int(pause.total_seconds())
        if self.redis.set(self._mark(account, ticket_id), job.id, ex=seconds, nx=True):
            self.rq.schedule_job(job, datetime.now(UTC) + pause)

    def offer_tags(
        self,
        account: str,
        ticket_id: str,
        *,
        add: Iterable[str],
        remove: Iterable[str],
        pause: timedelta | None = None,
    ) -> None:
        """Put an agent's answer onto the ticket as tags, now or after a pause."""
        job = self._job(account, ticket_id, FEEDBACK_JOB, sorted(add), sorted(remove))
        if pause is None:
            self.rq.enqueue_job(job)
        else:
            self.rq.schedule_job(job, datetime.now(UTC) + pause)

    def is_waiting(self, account: str, ticket_id: str) -> bool:
        """Whether what is known of the ticket may be overtaken: it changed, and no job has seen that through since."""
        keys = (self._mark(account, ticket_id), self._lock(account, ticket_id), self._repeat(account, ticket_id))
        return bool(self.redis.exists(*keys))

    def taken_up(self, account: str, ticket_id: str) -> None:
        """The job begins to read: from now on a change needs another pass."""
        self.redis.delete(self._mark(account, ticket_id), self._repeat(account, ticket_id))

    def broken_off(self, account: str, ticket_id: str, job: Job | None = None) -> None:
        """A job (by default the running one) fails. If RQ is to repeat it, the ticket waits until then; a hint that comes
        first is not held back. Without Redis that is not remembered: the failure itself is what must be told."""
        with suppress(RedisError):
            job = job or get_current_job(self.redis)
            if job is not None and job.retries_left:
                self.redis.set(self._repeat(account, ticket_id), job.id, ex=job.get_retry_interval() + JOB_SECONDS)

    def heard(self, account: str, at: datetime) -> None:
        """A webhook of this account came, and its sender was proven."""
        self.redis.set(f"makeright:heard:{account}", at.isoformat())

    def last_heard(self, account: str) -> datetime | None:
        """When the last one came, as far as Redis remembers."""
        said = self.redis.get(f"makeright:heard:{account}")
        return datetime.fromisoformat(said.decode()) if isinstance(said, bytes) else None

    def lock(self, account: str, ticket_id: str) -> Lock:
        """Only one job at a time touches a ticket (Freshdesk has no concurrency check of its own)."""
        lock: Lock = self.redis.lock(
            self._lock(account, ticket_id), timeout=LOCK_SECONDS, blocking_timeout=LOCK_PATIENCE, sleep=0.05
        )
        return lock

    @contextmanager
    def alone_with(self, account: str, ticket_id: str) -> Iterator[bool]:
        """Hold the lock on a ticket; False if another job has it and does not let go in time."""
        lock = self.lock(account, ticket_id)
        if not lock.acquire():
            yield False
            return
        try:
            yield True
        finally:
            try:
                lock.release()
            except LockError:
                log.warning("lock_outlived", account=account, ticket=ticket_id)

    def backlog(self) -> Backlog:
        ids = self.rq.get_job_ids(0, 1)
        oldest = self.rq.fetch_job(ids[0]) if ids else None
        age = (datetime.now(UTC) - oldest.enqueued_at).total_seconds() if oldest and oldest.enqueued_at else 0.0
        return Backlog(
            waiting=len(self.rq),
            running=self.rq.started_job_registry.count,
            scheduled=self.rq.scheduled_job_registry.count,
            failed=self.rq.failed_job_registry.count,
            oldest_seconds=max(age, 0.0),
        )

    def _job(self, account: str, ticket_id: str, function: str = "", *more: list[str]) -> Job:
        job = Job.create(
            function or self._job_function,
            args=(account, ticket_id, *more),
            id=f"ticket-{uuid.uuid4().hex}",
            connection=self.redis,
            origin=self.name,
            timeout=JOB_SECONDS,
            result_ttl=0,
            failure_ttl=FAILED_JOB_SECONDS,
            status=JobStatus.QUEUED,
            retry=Retry(max=len(RETRY_PAUSES), interval=RETRY_PAUSES),
            description=f"{account} ticket {ticket_id}",
            serializer=JSONSerializer,
        )
        job.enqueued_at = datetime.now(UTC)
        return job

    def _mark(self, account: str, ticket_id: str) -> str:
        return f"{self.name}:changed:{account}:{ticket_id}"

    def _repeat(self, account: str, ticket_id: str) -> str:
        return f"{self.name}:repeated:{account}:{ticket_id}"

    @staticmethod
    def _lock(account: str, ticket_id: str) -> str:
        return f"makeright:lock:{account}:{ticket_id}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()
