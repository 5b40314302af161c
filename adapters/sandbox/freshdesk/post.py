"""Freshdesk's outgoing webhooks: the rules of delivery."""

from __future__ import annotations

from adapters.sandbox.clock import Clock
from adapters.sandbox.store import FRESHDESK
from adapters.sandbox.webhooks import Abandon, Attempt, Delivery, Postpone


class Post:
    """How Freshdesk delivers: unsigned, anything but 2xx repeated every half hour, 48 calls in all.

    At most a thousand calls an hour; the rest waits for the next one, and what waits for a day is dropped
    (platform page: Freshdesk, 1.6). The time-out is not documented.
    """

    helpdesk = FRESHDESK
    timeout = 10.0
    # Half an hour becomes three seconds unless the control API sets another factor.
    retry_factor = 1 / 600
    _WAIT = 1800.0
    _CALLS = 48
    _PER_HOUR = 1000
    _DAY = 86_400.0

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._hour = (0, 0)
        self.metered = False

    def headers(self, delivery: Delivery) -> dict[str, str]:
        return delivery.headers

    def admit(self, delivery: Delivery) -> Postpone | Abandon | None:
        if delivery.is_copy:
            return None
        now = self._clock.time()
        if now - delivery.created_at.timestamp() > self._DAY:
            return Abandon("dropped")
        hour, calls = self._hour
        if hour != int(now // 3600):
            hour, calls = int(now // 3600), 0
        if self.metered and calls >= self._PER_HOUR:
            return Postpone((hour + 1) * 3600 - now)
        self._hour = (hour, calls + 1)
        return None

    def retry_in(self, delivery: Delivery) -> float | None:
        return self._WAIT if len(delivery.attempts) < self._CALLS else None

    def note(self, delivery: Delivery, attempt: Attempt) -> None:
        return None
