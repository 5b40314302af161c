"""What a process needs to work on tickets, built once from the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from redis import Redis

from adapters import helpdesk_class
from adapters.contract import Account
from adapters.helpdesk import Helpdesk
from integration.pipeline.queue import BACKFILL_JOB, BACKFILL_QUEUE_NAME, TicketQueue
from integration.settings import AccountSettings, Settings
from integration.store.provisioned import Provisioned
from integration.store.store import Store

# What a backfill takes of our share of an account's limits: the rest is there for what comes in meanwhile.
BACKFILL_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Context:
    """Settings with the live things behind them: database, Redis, queue, and one adapter per account."""

    settings: Settings
    store: Store
    redis: Redis
    queue: TicketQueue
    helpdesks: Mapping[str, Helpdesk]
    # What time it is; another clock for tests and replays.
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def account(self, name: str) -> AccountSettings:
        return self.settings.accounts[name]


def redis_socket(data_folder: Path) -> Path:
    """Where the embedded Redis listens."""
    return data_folder / "redis.sock"


def connect_redis(settings: Settings, *, patience: float = 5.0) -> Redis:
    """A client for the configured Redis; `patience` in seconds bounds every call."""
    url = settings.service.redis_url
    if url == "embedded":
        url = f"unix://{redis_socket(settings.service.data_folder)}"
    return Redis.from_url(url, socket_timeout=patience, socket_connect_timeout=patience, health_check_interval=30)


def build_context(settings: Settings, *, redis_patience: float = 5.0, redis: Redis | None = None) -> Context:
    """`redis` stands in for the configured one: for a command that has something to ask while nothing runs."""
    return _built(settings, TicketQueue(redis or connect_redis(settings, patience=redis_patience)))


def build_backfill_context(settings: Settings) -> Context:
    """For old tickets: a queue of their own, and a smaller share of the limits, so that live tickets go first."""
    redis = connect_redis(settings)
    queue = TicketQueue(redis, name=BACKFILL_QUEUE_NAME, job=BACKFILL_JOB)
    return _built(settings, queue, share=BACKFILL_SHARE)


def with_made_fields(context: Context, name: str) -> Context:
    """The same context, with the fields that `provision` has made in this account's helpdesk by now: a process that was
    running then needs no restart. Raises SQLAlchemyError."""
    helpdesk = context.helpdesks[name]
    made = Provisioned(context.store).fields(name)
    known = {**made, **context.account(name).account.fields}
    if known == helpdesk.account.fields:
        return context
    fresh = type(helpdesk)(replace(helpdesk.account, fields=known), context.redis)
    return replace(context, helpdesks={**context.helpdesks, name: fresh})


def _built(settings: Settings, queue: TicketQueue, *, share: float = 1.0) -> Context:
    store = Store(settings.service.database_url)
    made = Provisioned(store).references()

    def helpdesk(name: str, account: Account) -> Helpdesk:
        # Fields that `provision` made; those that the configuration names come first.
        known = replace(account, share=account.share * share, fields={**made.get(name, {}), **account.fields})
        return helpdesk_class(settings.accounts[name].kind)(known, queue.redis)

    return Context(
        settings=settings,
        store=store,
        redis=queue.redis,
        queue=queue,
        helpdesks={name: helpdesk(name, account.account) for name, account in settings.accounts.items()},
    )
