"""Everything a running sandbox consists of, and how a request handler gets at it."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from flask import current_app

from adapters.sandbox import opening
from adapters.sandbox.clock import Clock
from adapters.sandbox.credentials import Credentials
from adapters.sandbox.faults import Faults
from adapters.sandbox.freshdesk.account import FreshdeskAccount
from adapters.sandbox.limits import UNMETERED, Meter
from adapters.sandbox.stats import Stats
from adapters.sandbox.store import FRESHDESK, ZENDESK, Desk
from adapters.sandbox.webhooks import Sender
from adapters.sandbox.zendesk.account import ZendeskAccount


@dataclass(frozen=True, slots=True)
class InstalledApp:
    """An app as an admin has installed it: the zip's files and the values of its parameters."""

    files: Mapping[str, bytes] = field(repr=False)
    settings: Mapping[str, str] = field(repr=False)

    def document(self, name: str) -> Any:
        return json.loads(self.files[name])


class Sandbox:
    """Both helpdesks with their clock, limits, faults and outgoing webhooks. `lock` guards all of it."""

    def __init__(self, credentials: Credentials | None = None, plan: str = UNMETERED) -> None:
        self.credentials = credentials or Credentials()
        self.default_plan = plan
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.version = 0
        self.closed = False
        self.clock = Clock()
        self.faults = Faults()
        self.stats = Stats()
        self.sender = Sender(self.clock)
        self._furnish()

    def _furnish(self) -> None:
        self.plans = {ZENDESK: self.default_plan, FRESHDESK: self.default_plan}
        self.meter = Meter(self.clock)
        self.zendesk = opening.zendesk(
            Desk(ZENDESK, self.clock, 8_447_388_090_494, self._bump), self.clock, self.sender, self.credentials
        )
        self.freshdesk = opening.freshdesk(
            Desk(FRESHDESK, self.clock, 67_042_965_499, self._bump), self.clock, self.sender, self.credentials
        )
        self.accounts: dict[str, ZendeskAccount | FreshdeskAccount] = {
            ZENDESK: self.zendesk,
            FRESHDESK: self.freshdesk,
        }
        self.desks = {helpdesk: account.desk for helpdesk, account in self.accounts.items()}
        # Sidebar apps by helpdesk, as adapters/sandbox/apps.py installs them.
        self.apps: dict[str, InstalledApp] = {}

    def reset(self) -> None:
        """As on the first day: no tickets, no rules, no webhooks, no faults, real time."""
        with self.lock:
            self.sender.reset()
            self.faults.clear()
            self.stats.clear()
            self.clock.reset()
            self._furnish()
            self._bump()

    def close(self) -> None:
        self.closed = True
        self.sender.close()
        with self.lock:
            self.version += 1
            self.changed.notify_all()

    def wait_for_change(self, seen: int, timeout: float) -> int:
        """Block until something changed after version `seen` or `timeout` seconds passed; the current version."""
        with self.changed:
            self.changed.wait_for(lambda: self.version != seen or self.closed, timeout)
            return self.version

    def _bump(self) -> None:
        with self.changed:
            self.version += 1
            self.changed.notify_all()


def here() -> Sandbox:
    """The sandbox that serves the current request."""
    return cast(Sandbox, current_app.extensions["sandbox"])
