"""What an account told about itself, shared by all processes through Redis for a while."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from redis import Redis

from adapters.zendesk.schemas import Option, TicketField

_DAY, _FIELD_SECONDS = 86_400, 600


class Facts:
    """`origin` is the account's address: facts do not outlive a change to another one."""

    def __init__(self, redis: Redis, account: str, origin: str) -> None:
        self._redis = redis
        self._prefix = f"makeright:zendesk:{account}:{origin}"

    @property
    def own_user_id(self) -> str | None:
        return self._get("me")

    def learn_own_user_id(self, user_id: str) -> None:
        self._redis.set(f"{self._prefix}:me", user_id, ex=_DAY)

    @property
    def account_id(self) -> str | None:
        return self._get("account-id")

    def learn_account_id(self, account_id: str) -> None:
        self._redis.set(f"{self._prefix}:account-id", account_id, ex=_DAY)

    def ticket_field(self, field_id: str, ask: Callable[[], TicketField | None]) -> TicketField | None:
        """The definition of a field, asked for when it has not been for ten minutes. None: there is no such field."""
        key = f"{self._prefix}:field:{field_id}"
        if kept := self._redis.get(key):
            content = json.loads(kept)
            return TicketField(**{**content, "custom_field_options": _options(content)}) if content else None
        found = ask()
        self._redis.set(key, json.dumps(found and asdict(found)), ex=_FIELD_SECONDS)
        return found

    def _get(self, name: str) -> str | None:
        kept = self._redis.get(f"{self._prefix}:{name}")
        return kept.decode() if isinstance(kept, bytes) else kept


def _options(content: dict[str, list[dict[str, str]]]) -> list[Option]:
    return [Option(**option) for option in content["custom_field_options"]]
