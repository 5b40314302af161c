"""Misbehaviour on request: answers that are wrong, late, missing, or lost after the write was made."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Fault:
    """What to do to a matching API call, `times` times (None: until taken back).

    `latency` and `hang` are seconds; a hang ends in a dropped connection. `apply` lets the call take effect first and
    only then misbehaves. With neither `status`, `drop` nor `hang` the call is merely delayed by `latency`.
    """

    helpdesk: str | None = None
    method: str | None = None
    path: re.Pattern[str] = field(default_factory=lambda: re.compile(""))
    status: int | None = None
    drop: bool = False
    hang: float = 0.0
    latency: float = 0.0
    apply: bool = False
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    times: int | None = 1
    hits: int = 0

    @property
    def silences(self) -> bool:
        """True if no answer leaves the server."""
        return self.drop or self.hang > 0

    def matches(self, helpdesk: str, method: str, path: str) -> bool:
        return (
            (self.times is None or self.hits < self.times)
            and self.helpdesk in (None, helpdesk)
            and self.method in (None, method)
            and self.path.search(path) is not None
        )


class Faults:
    """The faults in force, first match wins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, helpdesk: str, method: str, path: str) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.matches(helpdesk, method, path):
                    fault.hits += 1
                    return fault
        return None

    def listing(self) -> list[dict[str, Any]]:
        with self._lock:
            return [
                {
                    "helpdesk": f.helpdesk,
                    "method": f.method,
                    "path": f.path.pattern,
                    "status": f.status,
                    "drop": f.drop,
                    "hang": f.hang,
                    "latency": f.latency,
                    "apply": f.apply,
                    "times": f.times,
                    "hits": f.hits,
                }
                for f in self._faults
            ]
