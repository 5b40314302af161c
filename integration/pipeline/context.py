"""What a process needs to work on tickets, built once from the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from redis import Redis

from adapters import helpdesk_class
from adapters.contract import Account, Helpdesk
from integration.pipeline.queue import TicketQueue
from integration.settings import AccountSettings, Settings
from integration.store.provisioned import Provisioned
from integration.store.store import Store


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
    redis = redis or connect_redis(settings, patience=redis_patience)
    store = Store(settings.service.database_url)
    made = Provisioned(store).references()
    return Context(
        settings=settings,
        store=store,
        redis=redis,
        queue=TicketQueue(redis),
        helpdesks={
            name: helpdesk_class(account.kind)(_with_fields(account.account, made.get(name, {})), redis)
            for name, account in settings.accounts.items()
        },
    )


def _with_fields(account: Account, made: Mapping[str, str]) -> Account:
    """With the fields that `provision` made; those that the configuration names come first."""
    return replace(account, fields={**made, **account.fields})
