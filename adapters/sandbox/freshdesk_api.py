"""The Freshdesk API: a blueprint under /freshdesk, its routes spread over the modules of `freshdesk`."""

from __future__ import annotations

from adapters.sandbox.freshdesk import automations, conversations, search, settings, tickets
from adapters.sandbox.freshdesk.blueprint import api

__all__ = ["api", "automations", "conversations", "search", "settings", "tickets"]
