"""What came in and what was answered, for tests and demos to look at."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from adapters.sandbox.store import HELPDESKS


class Stats:
    """Requests by helpdesk, endpoint and answer. `answer` is an HTTP status or "dropped"."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, str]] = Counter()

    def count(self, helpdesk: str, endpoint: str, answer: int | str) -> None:
        with self._lock:
            self._requests[helpdesk, endpoint, str(answer)] += 1

    def clear(self) -> None:
        with self._lock:
            self._requests.clear()

    def report(self, helpdesk: str) -> dict[str, Any]:
        by_endpoint: dict[str, dict[str, int]] = {}
        by_status: Counter[str] = Counter()
        with self._lock:
            rows = sorted(self._requests.items())
        for (desk, endpoint, answer), times in rows:
            if desk == helpdesk:
                by_endpoint.setdefault(endpoint, {})[answer] = times
                by_status[answer] += times
        return {
            "requests": sum(by_status.values()),
            "by_endpoint": by_endpoint,
            "by_status": dict(sorted(by_status.items())),
            "throttled": by_status["429"],
        }

    def reports(self) -> dict[str, Any]:
        return {helpdesk: self.report(helpdesk) for helpdesk in HELPDESKS}
