"""The rate limits of both platforms: plans, sub-limits and the headers that tell of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from adapters.sandbox.clock import Clock

UNMETERED = "unmetered"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `calls` in a window of `seconds` that opens with the first call."""

    name: str
    calls: int
    seconds: int = 60


@dataclass(frozen=True, slots=True)
class Reading:
    """Where one counter stands after a call: `allowed` is False if the call went over."""

    limit: Limit
    remaining: int
    resets_in: int
    allowed: bool


class Meter:
    """Counts calls against limits on the sandbox's clock. Callers hold the sandbox's lock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[tuple[str, object], tuple[float, int]] = {}

    def take(self, limit: Limit, key: object = None, cost: int = 1) -> Reading:
        """Spend `cost` of a limit; `key` parts limits that exist per ticket or user. A refused call costs nothing."""
        now = self._clock.time()
        opened, used = self._windows.get((limit.name, key), (now, 0))
        if now - opened >= limit.seconds or now < opened:
            opened, used = now, 0
        resets_in = max(1, math.ceil(opened + limit.seconds - now))
        allowed = used + cost <= limit.calls
        if allowed:
            used += cost
        self._windows[limit.name, key] = (opened, used)
        return Reading(limit, max(0, limit.calls - used), resets_in, allowed)

    def clear(self) -> None:
        self._windows.clear()


@dataclass(frozen=True, slots=True)
class ZendeskPlan:
    """Calls per minute (platform page: Zendesk, rate limits)."""

    account: int
    ticket_updates: int = 100
    incremental: int = 10


ZENDESK_PLANS: Mapping[str, ZendeskPlan] = {
    "team": ZendeskPlan(200),
    "professional": ZendeskPlan(400),
    "enterprise": ZendeskPlan(700),
    "high_volume": ZendeskPlan(2500, ticket_updates=300, incremental=30),
    "trial": ZendeskPlan(200, ticket_updates=20),
}
ZENDESK_PER_TICKET = Limit("tickets-update-per-ticket", 30, 600)
ZENDESK_AUDITS = Limit("ticket-audits-index", 500)
ZENDESK_SEARCH_EXPORT = Limit("search-export", 100)
ZENDESK_DEEP_PAGES = Limit("tickets-index-deep-pagination", 50)


@dataclass(frozen=True, slots=True)
class FreshdeskPlan:
    """Calls per minute: in total and for the four endpoints with limits of their own (platform page: Freshdesk, 4.1)."""

    total: int
    ticket_create: int | None = None
    ticket_update: int | None = None
    tickets_list: int | None = None
    contacts_list: int | None = None


FRESHDESK_PLANS: Mapping[str, FreshdeskPlan] = {
    "trial": FreshdeskPlan(50),
    "growth": FreshdeskPlan(200, 80, 80, 20, 20),
    "pro": FreshdeskPlan(400, 160, 160, 100, 100),
    "enterprise": FreshdeskPlan(700, 280, 280, 200, 200),
}
