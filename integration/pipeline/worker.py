"""A worker: loads the model once, then forks a child per job, so that a ticket which crashes or hangs takes down
neither the worker nor other tickets."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial

import structlog
from rq import Worker
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy.exc import SQLAlchemyError

from integration.complaints.classifier import Classifier
from integration.pipeline import deadline_job
from integration.pipeline.context import Context
from integration.pipeline.deciding import Brain
from integration.pipeline.queue import QUEUE_NAME
from integration.pipeline.ticket_job import BACKFILL, prepare

log = structlog.get_logger()

# How long a dead worker's jobs wait to be found (platform page: RQ, "RQ settings that matter").
WORKER_SECONDS = 60
MAINTENANCE_SECONDS = 60


def load_brain() -> Brain:
    """The brain, warmed up: what is loaded at the first use is loaded here, once, and not in every job's fork."""
    classifier = Classifier.load()
    classifier.classify(["The first message that is read takes the longest."])
    return Brain(classifier)


def work(context: Context, *, burst: bool = False) -> None:
    """Work on the queue until told to stop; with `burst`, until it is empty."""
    prepare(context, load_brain())
    worker = Worker(
        [context.queue.rq],
        connection=context.redis,
        serializer=JSONSerializer,
        worker_ttl=WORKER_SECONDS,
        maintenance_interval=MAINTENANCE_SECONDS,
        work_horse_killed_handler=partial(_killed, context),
        log_job_description=False,
    )
    log.info("worker_ready", queue=context.queue.name, pid=os.getpid())
    worker.work(burst=burst, with_scheduler=True, logging_level="WARNING")


def _killed(context: Context, job: Job, pid: int, status: int, _usage: object) -> None:
    """The job could not say so itself: its ticket is not to be asked for at every tick while RQ repeats it."""
    log.error("job_killed", job=job.id, about=job.description, pid=pid, status=status)
    account, ticket_id, *_ = job.args
    context.queue.broken_off(account, ticket_id, job)
    with suppress(SQLAlchemyError):  # whatever becomes of this, the worker goes on
        deadline_job.put_off(context, account, ticket_id)


def collect_given_up(context: Context) -> list[tuple[str, str]]:
    """Take the jobs that RQ has given up over into our own list of failures, where a person sees them.

    Returns the account and ticket of each.
    """
    registry = context.queue.rq.failed_job_registry
    taken = []
    for job_id in registry.get_job_ids():
        job = context.queue.rq.fetch_job(job_id)
        if job is not None:
            account, ticket_id, *tags = job.args
            result = job.latest_result()
            lines = (result.exc_string or "").strip().splitlines() if result else []
            reason = lines[-1] if lines else "the job died"
            if not reason.startswith("adapters.contract."):
                # Any other error's text can quote what it stumbled over: its kind is kept, and no more.
                reason = reason.split(":", 1)[0]
            wanted = dict(zip(("add", "remove"), tags, strict=False))
            kind = "job" if context.queue.name == QUEUE_NAME else BACKFILL
            context.store.keep_failure(account, kind, reason, ticket_id=ticket_id, shape=wanted)
            taken.append((account, ticket_id))
        registry.remove(job_id, delete_job=True)
    return taken
