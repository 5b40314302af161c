"""What an installation counts, for Prometheus.

Counters live in Redis, not in the processes: each job is a fork that ends after its ticket, and web, workers and clock may
run on several hosts, so that a process's own memory or files would say little. Every web process therefore answers with
the same numbers. What the database and the queue know is looked up when it is asked for. Redis may forget its counters;
Prometheus takes that for a restart.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import func, select

from adapters.budget import budgets, calls
from integration.pipeline.context import Context
from integration.store.models import DeadlineRow, FailureRow

log = structlog.get_logger()

_KEY = "makeright:metrics"
# Seconds from the customer's message to our note; beyond the last bucket, something is wrong.
BUCKETS = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
# Counters by name: their labels and what they count.
COUNTERS = {
    "makeright_webhooks": (("account", "answer"), "Webhooks by what they were answered."),
    "makeright_webhooks_refused": (("account", "reason"), "Webhooks whose sender was not proven, by the check."),
    "makeright_decisions": (("account", "label", "level", "outcome"), "Decisions by label, level and outcome."),
}
_ANNOTATION = "makeright_annotation_seconds"


def count(redis: Redis, name: str, *labels: str) -> None:
    """Count one. A Redis that is away loses it: nothing stops for a number."""
    assert len(labels) == len(COUNTERS[name][0])
    _add(redis, [([name, *labels], 1)])


def annotated(redis: Redis, account: str, seconds: float) -> None:
    """A note was written so long after its customer's message."""
    bucket = next((str(limit) for limit in BUCKETS if seconds <= limit), "+Inf")
    _add(redis, [([_ANNOTATION, account, bucket], 1), ([_ANNOTATION, account, "sum"], round(max(seconds, 0.0)))])


def _add(redis: Redis, steps: list[tuple[list[str], int]]) -> None:
    try:
        pipeline = redis.pipeline(transaction=False)
        for fields, by in steps:
            pipeline.hincrby(_KEY, json.dumps(fields), by)
        pipeline.execute()
    except RedisError as error:
        log.warning("not_counted", error=type(error).__name__)


def exposition(context: Context) -> bytes:
    """Everything in Prometheus' text format. Raises RedisError, SQLAlchemyError."""
    registry = CollectorRegistry()
    registry.register(_Everything(context))
    return generate_latest(registry)


class _Everything(Collector):
    def __init__(self, context: Context) -> None:
        self._context = context

    def describe(self) -> Iterable[Metric]:
        # Nothing is asked of Redis or the database only to be registered.
        return ()

    def collect(self) -> Iterator[Metric]:
        kept: Any = self._context.redis.hgetall(_KEY)
        rows = [(json.loads(field), int(value)) for field, value in kept.items()]
        for name, (labels, words) in COUNTERS.items():
            family = CounterMetricFamily(name, words, labels=labels)
            for (what, *values), value in rows:
                if what == name:
                    family.add_metric(values, value)
            yield family
        yield _annotation_seconds([(values, value) for (what, *values), value in rows if what == _ANNOTATION])
        yield from self._helpdesks()
        yield from self._queue()
        yield from self._stored()

    def _helpdesks(self) -> Iterator[Metric]:
        redis, accounts = self._context.redis, self._context.settings.accounts
        answered = CounterMetricFamily(
            "makeright_helpdesk_calls", "Calls to the helpdesk by outcome.", labels=["account", "outcome"]
        )
        left = GaugeMetricFamily(
            "makeright_limit_left", "Calls left in the present window, as last told.", labels=["account", "limit"]
        )
        whole = GaugeMetricFamily("makeright_limit_calls", "Calls per window.", labels=["account", "limit"])
        for account in accounts:
            for outcome, number in calls(redis, account).items():
                answered.add_metric([account, outcome], number)
            for name, (remaining, limit) in budgets(redis, account).items():
                left.add_metric([account, name], remaining)
                whole.add_metric([account, name], limit)
        yield from (answered, left, whole)

    def _queue(self) -> Iterator[Metric]:
        backlog = self._context.queue.backlog()
        jobs = GaugeMetricFamily("makeright_queue_jobs", "Jobs by state.", labels=["state"])
        for state in ("waiting", "running", "scheduled", "failed"):
            jobs.add_metric([state], getattr(backlog, state))
        yield jobs
        yield GaugeMetricFamily(
            "makeright_queue_oldest_seconds", "Age of the oldest waiting job.", value=backlog.oldest_seconds
        )

    def _stored(self) -> Iterator[Metric]:
        deadlines = GaugeMetricFamily("makeright_deadlines", "Deadlines by state.", labels=["account", "state"])
        failures = GaugeMetricFamily("makeright_failures_open", "Work that failed.", labels=["account", "kind"])
        with self._context.store.session() as session:
            for row in session.execute(
                select(DeadlineRow.account, DeadlineRow.state, func.count()).group_by(
                    DeadlineRow.account, DeadlineRow.state
                )
            ):
                deadlines.add_metric([row[0], row[1]], row[2])
            for row in session.execute(
                select(FailureRow.account, FailureRow.kind, func.count())
                .where(FailureRow.resolved_at.is_(None))
                .group_by(FailureRow.account, FailureRow.kind)
            ):
                failures.add_metric([row[0], row[1]], row[2])
        yield from (deadlines, failures)


def _annotation_seconds(rows: list[tuple[list[str], int]]) -> Metric:
    family = HistogramMetricFamily(
        _ANNOTATION, "Seconds from the customer's message to our note on the ticket.", labels=["account"]
    )
    found = {(account, bucket): value for (account, bucket), value in rows}
    for account in sorted({account for account, _ in found}):
        total, buckets = 0, []
        for limit in (*map(str, BUCKETS), "+Inf"):
            total += found.get((account, limit), 0)
            buckets.append((limit, total))
        family.add_metric([account], buckets, sum_value=found.get((account, "sum"), 0))
    return family
