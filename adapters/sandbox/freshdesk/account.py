"""One Freshdesk account: its people, tickets and settings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from adapters.sandbox.clock import Clock
from adapters.sandbox.credentials import Credentials
from adapters.sandbox.freshdesk.codes import channel_source, priority_number
from adapters.sandbox.freshdesk.post import Post
from adapters.sandbox.shelf import Record, Shelf
from adapters.sandbox.store import Desk, Role, Ticket
from adapters.sandbox.webhooks import Sender

# The API's numbers for the kinds of automation rules.
CREATION, HOURLY, UPDATES = 1, 3, 4


class FreshdeskAccount:
    """Settings are kept as the JSON objects the API speaks; tickets live in the neutral store.

    `cascading` is the account's "execute all matching rules" for ticket creation; off, as on a new account.
    """

    def __init__(self, desk: Desk, clock: Clock, sender: Sender, credentials: Credentials) -> None:
        self.desk = desk
        self.clock = clock
        self.sender = sender
        self.credentials = credentials
        self.cascading = False
        number = desk.next_id
        self.groups = Shelf(clock, number)
        self.ticket_fields = Shelf(clock, number)
        self.folders = Shelf(clock, number)
        self.canned_responses = Shelf(clock, number)
        self.business_hours = Shelf(clock, number)
        self.sla_policies = Shelf(clock, number)
        self.scenarios = Shelf(clock, number)
        self.jobs = Shelf(clock, number)
        self.automations = {kind: Shelf(clock, number) for kind in (CREATION, HOURLY, UPDATES)}
        self.service = desk.person(credentials.service_email, credentials.service_name, Role.AGENT)
        self.admin = desk.person("admin@acme.example", "Alex Admin", Role.ADMIN)
        self.post = Post(clock)

    def custom_fields(self) -> dict[str, Record]:
        """The account's own ticket fields by API name."""
        return {row["name"]: row for row in self.ticket_fields if not row["default"]}

    def group_name(self, group_id: int | None) -> str | None:
        row = self.groups.get(group_id) if group_id else None
        return str(row["name"]) if row else None

    def field_keys(self) -> list[str]:
        """The custom fields' keys in a ticket's `fields`."""
        return list(self.custom_fields())

    def field_label(self, key: str) -> str:
        return str(self.custom_fields().get(key, {"label": key})["label"])

    def field_value(self, key: str, value: Any) -> Any:
        """A field's value as agents see it, which here is the value itself."""
        return value

    def source(self, ticket: Ticket) -> int:
        return ticket.source or channel_source[ticket.channel]

    def due(self, ticket: Ticket) -> tuple[datetime, datetime]:
        """(first response, resolution) by the default SLA policy; the newer SLA engine recalculates them at will."""
        policy = next(iter(self.sla_policies))
        target = policy["sla_target"][f"priority_{priority_number.get(ticket.priority or 'low', 1)}"]
        opened = ticket.created_at
        return (
            opened + timedelta(seconds=target["respond_within"]),
            opened + timedelta(seconds=target["resolve_within"]),
        )
