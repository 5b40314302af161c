"""A worker program for the tests: its helpdesk is one where reading a ticket kills, hangs or fails the process."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from marshmallow import Schema
from redis import Redis

from adapters.contract import (
    Account,
    Annotation,
    AuthorRole,
    Changes,
    Finding,
    Gone,
    Hint,
    HookRequest,
    Ignored,
    Macro,
    Message,
    Permanent,
    Receipt,
    Requester,
    Status,
    Throttled,
    Ticket,
    Transient,
)
from adapters.helpdesk import Helpdesk
from integration.logs import configure_logs
from integration.pipeline import queue
from integration.pipeline.context import Context
from integration.pipeline.queue import TicketQueue
from integration.pipeline.worker import work
from integration.recovery.playbook import default_playbook
from integration.settings import ALWAYS_OPEN, AccountSettings, Alerts, Handling, Level, Service, Settings
from integration.store.store import Store

NOW = datetime.now(UTC)
TEXT = "I left three voicemails last week and nobody has called me back."


class HostileHelpdesk(Helpdesk):
    """Ticket ids say what happens: crash, hang, 400, gone, throttled-N and transient-N (N times), else all is well."""

    kind = "hostile"
    capabilities = frozenset()
    options_schema = Schema

    def verify(self, request: HookRequest) -> None: ...

    def read_hook(self, request: HookRequest) -> Hint | Ignored:
        return Ignored("not used")

    def fetch(self, ticket_id: str) -> Ticket:
        kind, _, times = ticket_id.partition("-")
        self.redis.incr(f"test:fetched:{ticket_id}")
        if kind == "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        if kind == "hang":
            time.sleep(3600)
        if kind == "400":
            raise Permanent("answered 400: tags: must be an array", account="acme", call="PUT /tickets/400", status=400)
        if kind == "gone":
            raise Gone("answered 404", account="acme", status=404)
        if kind == "throttled" and self.redis.incr(f"test:{ticket_id}") <= int(times):
            raise Throttled("over the limit", retry_after=0.5, account="acme")
        if kind == "transient" and self.redis.incr(f"test:{ticket_id}") <= int(times):
            raise Transient("answered 503", account="acme", status=503)
        return Ticket(
            id=ticket_id,
            subject="Nobody calls",
            requester=Requester("7"),
            messages=(Message("m1", AuthorRole.CUSTOMER, True, NOW, TEXT),),
            status=Status.OPEN,
            priority=None,
            tags=frozenset(),
            fields={},
            created_at=NOW,
            updated_at=NOW,
            version="v1",
        )

    def annotate(self, ticket: Ticket, annotation: Annotation, *, look_first: bool) -> Receipt:
        self.redis.incr(f"test:written:{ticket.id}")
        return Receipt(annotation.decision_id, True, "n1", "v2")

    def changed_since(self, cursor: str | None, *, start: datetime) -> Changes:
        return Changes((), "c", True)

    def macros(self) -> Iterator[Macro]:
        return iter(())

    def check(self) -> Iterable[Finding]:
        return ()


def hostile_context(redis_url: str, database_url: str) -> Context:
    redis = Redis.from_url(redis_url)
    account = Account("acme", options=None, sandbox=True)
    from datetime import timedelta

    settings = Settings(
        Path("makeright.toml"),
        Service("", database_url, redis_url, "", 1, 1, Path("var"), False),
        Alerts(),
        {
            "acme": AccountSettings(
                "acme",
                "hostile",
                account,
                Level.ANNOTATE,
                {},
                "",
                timedelta(minutes=10),
                timedelta(hours=24),
                Handling(default_playbook(), ALWAYS_OPEN),
                {},
            )
        },
    )
    return Context(settings, Store(database_url), redis, TicketQueue(redis), {"acme": HostileHelpdesk(account, redis)})


if __name__ == "__main__":
    queue.JOB_SECONDS = 3
    queue.LOCK_SECONDS = 4
    queue.RETRY_PAUSES = [1, 1]
    configure_logs(json=True)
    work(hostile_context(sys.argv[1], sys.argv[2]))
