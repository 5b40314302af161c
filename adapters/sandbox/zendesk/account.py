"""One Zendesk account: its people, tickets and settings."""

from __future__ import annotations

import itertools
import secrets
import time
from dataclasses import dataclass
from typing import Any

from adapters.sandbox.clock import Clock
from adapters.sandbox.credentials import Credentials
from adapters.sandbox.shelf import Record, Shelf
from adapters.sandbox.store import Desk, Person, Role, Ticket
from adapters.sandbox.webhooks import Sender
from adapters.sandbox.zendesk.placeholders import Lookup, lookup
from adapters.sandbox.zendesk.post import Post

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class Token:
    """An OAuth access token. `expires_at` is on the sandbox's clock."""

    scopes: tuple[str, ...]
    expires_at: float


def ulid() -> str:
    """An id like those of webhooks: 26 characters that sort by time."""
    number = (int(time.time() * 1000) << 80) | secrets.randbits(80)
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


class ZendeskAccount:
    """Settings are kept as the JSON objects the API speaks; tickets live in the neutral store."""

    def __init__(self, desk: Desk, clock: Clock, sender: Sender, credentials: Credentials) -> None:
        self.desk = desk
        self.clock = clock
        self.sender = sender
        self.credentials = credentials
        self.tokens: dict[str, Token] = {}
        self.idempotent: dict[str, tuple[float, Record, Record]] = {}
        number = desk.next_id
        self.groups = Shelf(clock, number)
        self.brands = Shelf(clock, number)
        self.organizations = Shelf(clock, number)
        self.custom_statuses = Shelf(clock, number)
        self.ticket_fields = Shelf(clock, number)
        self.macros = Shelf(clock, number)
        self.triggers = Shelf(clock, number)
        self.views = Shelf(clock, number)
        self.sla_policies = Shelf(clock, number)
        self.schedules = Shelf(clock, number)
        self.holidays = Shelf(clock, number)
        categories = itertools.count(10_001)
        self.trigger_categories = Shelf(clock, lambda: str(next(categories)))
        self.webhooks = Shelf(clock, ulid)
        self.job_statuses = Shelf(clock, lambda: secrets.token_hex(16))
        self.service = desk.person(credentials.service_email, credentials.service_name, Role.ADMIN)
        self.post = Post(clock, self.webhooks)

    def field(self, key: int | str) -> Record | None:
        return self.ticket_fields.get(int(key))

    def custom_fields(self) -> list[Record]:
        return [f for f in self.ticket_fields if f["removable"]]

    def field_keys(self) -> list[str]:
        """The custom fields' keys in a ticket's `fields`."""
        return [str(row["id"]) for row in self.custom_fields()]

    def group_name(self, group_id: int | None) -> str | None:
        row = self.groups.get(group_id) if group_id else None
        return str(row["name"]) if row else None

    def brand_name(self, brand_id: int | None) -> str | None:
        row = self.brands.get(brand_id) if brand_id else self.brands.find(default=True)
        return str(row["name"]) if row else None

    def field_label(self, key: str) -> str:
        return str((self.field(key) or {"title": key})["title"])

    def field_value(self, key: str, value: Any) -> Any:
        """A drop-down's value as agents see it: the option's name, not its tag."""
        options = (self.field(key) or {}).get("custom_field_options") or ()
        return next((option["name"] for option in options if option["value"] == value), value)

    def custom_status_id(self, status: str) -> int | None:
        """The custom status that stands for a plain one; closed has none."""
        row = self.custom_statuses.find(status_category=status)
        return int(row["id"]) if row else None

    def lookup(self, ticket: Ticket, current: Person) -> Lookup:
        """The values of the placeholders of one ticket, as `current` causes them to be evaluated."""
        names = {
            "ticket.group.name": self.group_name(ticket.group_id) or "",
            "ticket.brand.name": self.brand_name(ticket.brand_id) or "",
        }
        return lookup(self.desk, ticket, current, names)

    def settled_tags(self, ticket: Ticket, tags: list[str], custom: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
        """Tags and custom fields after Zendesk has tied them together (platform page: Zendesk, 2.2).

        Setting a drop-down adds its option's tag and takes the old option's away; a checkbox or multi-select likewise;
        a tag that goes clears its drop-down, and one that comes and belongs to an option sets it.
        """
        wanted = list(dict.fromkeys(tags))
        result = dict(custom)
        before = set(ticket.tags)
        for row in self.custom_fields():
            key = str(row["id"])
            options = {option["value"] for option in row.get("custom_field_options") or ()}
            old = ticket.fields.get(key)
            if row["type"] == "tagger":
                if key in custom:
                    new = custom[key]
                else:
                    came = [tag for tag in wanted if tag in options and tag not in before]
                    new = came[0] if came else (old if old is None or old in wanted else None)
                    if new != old:
                        result[key] = new
                wanted = [tag for tag in wanted if tag not in options or tag == new]
                if new and new not in wanted:
                    wanted.append(new)
            elif row["type"] == "multiselect" and key in custom:
                chosen = custom[key] or []
                wanted = [tag for tag in wanted if tag not in options or tag in chosen]
                wanted += [value for value in chosen if value not in wanted]
            elif row["type"] == "checkbox" and key in custom and row.get("tag"):
                tag = row["tag"]
                wanted = [have for have in wanted if have != tag] + ([tag] if custom[key] else [])
        return wanted, result
