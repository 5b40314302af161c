"""Zendesk's limits, and what its answers say about them (platform page: Zendesk, 4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from adapters.budget import Allowance

# Plans grant 200 to 2500 a minute: the least until the first answer tells.
ACCOUNT = Allowance("account", 200, 60)
# 100 a minute for the whole account, 20 on trials and sandboxes; learnt from the first update.
UPDATES = Allowance("tickets-update", 100, 60)
INCREMENTAL = Allowance("incremental-exports", 10, 60)

_NAMED = {UPDATES.name: UPDATES, INCREMENTAL.name: INCREMENTAL}
_PREFIX = "zendesk-ratelimit-"


def updates_of(ticket_id: str) -> Allowance:
    """Thirty updates in ten minutes per user and ticket; no header tells what is left of them."""
    return Allowance(f"ticket-{ticket_id}", 30, 600)


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer says about one allowance. `resets` is in seconds from now."""

    allowance: Allowance
    remaining: int
    limit: int | None = None
    resets: float | None = None


def readings(headers: Mapping[str, str]) -> Iterator[Reading]:
    """Every limit that an answer's headers tell of, in either family. What cannot be read is left out."""
    lower = {name.lower(): value for name, value in headers.items()}
    remaining = _number(lower.get("ratelimit-remaining", lower.get("x-rate-limit-remaining")))
    if remaining is not None:
        limit = _number(lower.get("ratelimit-limit", lower.get("x-rate-limit")))
        yield Reading(ACCOUNT, remaining, limit or None, _number(lower.get("ratelimit-reset")))
    for name, value in lower.items():
        allowance = _NAMED.get(name.removeprefix(_PREFIX)) if name.startswith(_PREFIX) else None
        told = dict(re.findall(r"(\w+)\s*=\s*(\d{1,9})", value)) if allowance else {}
        if allowance and "remaining" in told:
            yield Reading(
                allowance,
                int(told["remaining"]),
                _number(told.get("total")) or None,
                _number(told.get("resets")),
            )


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"\d{1,9}", text.strip()) else None
