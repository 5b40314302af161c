"""The two accounts as a sandbox opens them: furnished as on the first day, with their automation listening."""

from __future__ import annotations

from adapters.sandbox.clock import Clock
from adapters.sandbox.credentials import Credentials
from adapters.sandbox.freshdesk import rules
from adapters.sandbox.freshdesk import seed as freshdesk_seed
from adapters.sandbox.freshdesk.account import FreshdeskAccount
from adapters.sandbox.store import Desk
from adapters.sandbox.webhooks import Sender
from adapters.sandbox.zendesk import events, triggers
from adapters.sandbox.zendesk import seed as zendesk_seed
from adapters.sandbox.zendesk.account import ZendeskAccount


def zendesk(desk: Desk, clock: Clock, sender: Sender, credentials: Credentials) -> ZendeskAccount:
    """Events go out after the triggers, so that they tell what the triggers changed, too."""
    account = ZendeskAccount(desk, clock, sender, credentials)
    zendesk_seed.furnish(account)
    desk.listeners += [triggers.Engine(account), events.Announcer(account)]
    return account


def freshdesk(desk: Desk, clock: Clock, sender: Sender, credentials: Credentials) -> FreshdeskAccount:
    account = FreshdeskAccount(desk, clock, sender, credentials)
    freshdesk_seed.furnish(account)
    desk.listeners.append(rules.Engine(account))
    return account
