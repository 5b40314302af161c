"""The latest webhooks of each account: which ticket, which event, what they were answered. For ops, in Redis, nothing of
what the payload said. Redis may forget it; nothing depends on it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from redis import Redis

KEPT = 5_000
_ID = re.compile(r"\d{1,15}-\d{1,10}")


@dataclass(frozen=True, slots=True)
class Webhook:
    """`id` is unique within the account; `answer` is "accepted" or why there was nothing to do."""

    id: str
    account: str
    at: datetime
    ticket_id: str
    event: str
    answer: str


def record(redis: Redis, account: str, *, ticket_id: str, event: str, answer: str) -> None:
    fields: dict[Any, Any] = {"ticket": ticket_id, "event": event[:80], "answer": answer}
    redis.xadd(_key(account), fields, maxlen=KEPT, approximate=True)


def latest(redis: Redis, account: str, limit: int = 100) -> list[Webhook]:
    """Newest first."""
    rows: Any = redis.xrevrange(_key(account), count=limit)
    return [_webhook(account, row_id, fields) for row_id, fields in rows]


def find(redis: Redis, account: str, webhook_id: str) -> Webhook | None:
    if not _ID.fullmatch(webhook_id):
        return None
    rows: Any = redis.xrange(_key(account), webhook_id, webhook_id)
    return _webhook(account, *rows[0]) if rows else None


def _key(account: str) -> str:
    return f"makeright:webhooks:{account}"


def _webhook(account: str, row_id: bytes, fields: dict[bytes, bytes]) -> Webhook:
    said = {name.decode(): value.decode("utf-8", "replace") for name, value in fields.items()}
    at = datetime.fromtimestamp(int(row_id.split(b"-")[0]) / 1000, UTC)
    return Webhook(row_id.decode(), account, at, said["ticket"], said["event"], said["answer"])
