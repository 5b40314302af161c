"""The sandbox's own time: the machine's, plus whatever the control API added, so that nobody has to wait for a minute."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime


class Clock:
    """Wall time plus an adjustable offset. Everything that ages (limits, tokens, exports, retries) reads it."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._lock = threading.Lock()
        self._moved: list[Callable[[], None]] = []

    def on_move(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever somebody moves the clock (the webhook scheduler then looks again)."""
        self._moved.append(listener)

    @property
    def offset(self) -> float:
        return self._offset

    def time(self) -> float:
        """Seconds since the epoch, with fractions."""
        return time.time() + self._offset

    def now(self) -> datetime:
        """Now in UTC with the one-second resolution that both helpdesks keep."""
        return datetime.fromtimestamp(int(self.time()), UTC)

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._offset += seconds
        for listener in self._moved:
            listener()

    def reset(self) -> None:
        with self._lock:
            self._offset = 0.0
        for listener in self._moved:
            listener()


def stamp(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with a Z, as both platforms write it."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_stamp(text: str) -> datetime:
    """Read an ISO 8601 time; one without a zone is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text.strip())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
