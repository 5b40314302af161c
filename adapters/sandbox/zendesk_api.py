"""The Zendesk API: a blueprint under /zendesk, its routes spread over the modules of `zendesk`."""

from __future__ import annotations

from adapters.sandbox.zendesk import exports, hooks, macros, oauth, rules, settings, tickets, updates
from adapters.sandbox.zendesk.blueprint import api

__all__ = ["api", "exports", "hooks", "macros", "oauth", "rules", "settings", "tickets", "updates"]
