"""Tickets, people and history of both helpdesks: one store, one vocabulary. The APIs translate it to their own words.

Every change to a ticket goes through `Desk.create`, `Desk.edit` or `Desk.amend`, so the history is complete and every
listener (the helpdesk's automation) sees it, whoever made it: a customer, an agent, the API or a rule.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from adapters.sandbox.clock import Clock

ZENDESK = "zendesk"
FRESHDESK = "freshdesk"
HELPDESKS = (ZENDESK, FRESHDESK)


class Role(StrEnum):
    CUSTOMER = "customer"
    AGENT = "agent"
    ADMIN = "admin"


class Channel(StrEnum):
    """How something arrived."""

    EMAIL = "email"
    WEB = "web"
    API = "api"
    RULE = "rule"


@dataclass(slots=True)
class Person:
    id: int
    name: str
    email: str
    role: Role
    created_at: datetime
    updated_at: datetime

    @property
    def is_staff(self) -> bool:
        return self.role is not Role.CUSTOMER


@dataclass(slots=True)
class Comment:
    """A message of the conversation; the first one of a ticket is its description. `kind` is "reply" or "note"."""

    id: int
    ticket_id: int
    author_id: int
    html: str
    text: str
    public: bool
    created_at: datetime
    updated_at: datetime
    channel: Channel
    incoming: bool
    kind: str
    audit_id: int
    edited_by: int | None = None


@dataclass(frozen=True, slots=True)
class NewComment:
    html: str
    text: str
    public: bool = True
    author_id: int | None = None
    kind: str | None = None
    incoming: bool | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """The automation that made a change."""

    id: int
    title: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    field: str
    old: Any
    new: Any
    rule: Rule | None = None


@dataclass(slots=True)
class Audit:
    """One update of a ticket: who, how, what. `created` marks the ticket's first."""

    id: int
    ticket_id: int
    author_id: int
    channel: Channel
    created_at: datetime
    created: bool
    changes: list[FieldChange] = field(default_factory=list)
    comment: Comment | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    macro_ids: tuple[int, ...] = ()
    notified: list[tuple[str, Rule | None]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not self.changes and self.comment is None and not self.created

    def changed(self, name: str) -> FieldChange | None:
        """The net change of one field over the whole update, or None."""
        hits = [change for change in self.changes if change.field == name]
        return FieldChange(name, hits[0].old, hits[-1].new, hits[-1].rule) if hits else None


@dataclass(slots=True)
class Ticket:
    """`status` and `priority` are neutral words; `fields` are custom fields by the platform's own id or name.

    `changed_at` (seconds since the epoch) moves with every change and orders the export; `updated_at` likewise, unless
    the change left no trace in the history. `source` is a platform's own code for how the ticket came, if it has one.
    """

    helpdesk: str
    id: int
    subject: str
    requester_id: int
    submitter_id: int
    channel: Channel
    created_at: datetime
    updated_at: datetime
    changed_at: int
    status: str = "open"
    priority: str | None = None
    type: str | None = None
    tags: list[str] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    assignee_id: int | None = None
    group_id: int | None = None
    brand_id: int | None = None
    external_id: str | None = None
    due_at: datetime | None = None
    source: int | None = None
    deleted: bool = False
    spam: bool = False
    support_type: str = "agent"
    comments: list[Comment] = field(default_factory=list)
    audits: list[Audit] = field(default_factory=list)

    @property
    def description(self) -> Comment:
        return self.comments[0]


Listener = Callable[[Ticket, Audit], None]

# What an edit may set directly; custom fields go by "custom_fields_<key>".
EDITABLE = frozenset(
    [
        "subject",
        "status",
        "priority",
        "type",
        "tags",
        "assignee_id",
        "group_id",
        "brand_id",
        "external_id",
        "requester_id",
        "due_at",
        "source",
        "support_type",
        "deleted",
        "spam",
    ]
)
CUSTOM = "custom_fields_"


class Desk:
    """One helpdesk's people and tickets. Not thread-safe by itself: callers hold the sandbox's lock."""

    def __init__(self, helpdesk: str, clock: Clock, first_id: int, changed: Callable[[], None]) -> None:
        self.helpdesk = helpdesk
        self.people: dict[int, Person] = {}
        self.tickets: dict[int, Ticket] = {}
        self.comments: dict[int, Comment] = {}
        self.listeners: list[Listener] = []
        self.public_replies_by_api: list[tuple[int, int]] = []
        self._by_email: dict[str, Person] = {}
        self._clock = clock
        self._changed = changed
        self._ids = itertools.count(first_id, 17)
        self._ticket_ids = itertools.count(1)

    def next_id(self) -> int:
        """A large id, as both platforms give to everything but tickets."""
        return next(self._ids)

    def person(self, email: str, name: str = "", role: Role = Role.CUSTOMER) -> Person:
        """The person with this address, made if there is none yet."""
        known = self._by_email.get(email.lower())
        if known is not None:
            return known
        now = self._clock.now()
        made = Person(self.next_id(), name or email.split("@")[0], email, role, now, now)
        self.people[made.id] = made
        self._by_email[email.lower()] = made
        return made

    def by_email(self, email: str) -> Person | None:
        return self._by_email.get(email.lower())

    def live(self) -> Iterable[Ticket]:
        return (ticket for ticket in self.tickets.values() if not ticket.deleted and not ticket.spam)

    def create(
        self,
        subject: str,
        comment: NewComment,
        requester: Person,
        author: Person,
        channel: Channel,
        values: Mapping[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
        at: datetime | None = None,
        quiet: bool = False,
    ) -> Ticket:
        """Open a ticket. `at` backdates it (its history, export position and times); `quiet` wakes no automation."""
        moment = at or self._clock.now()
        ticket = Ticket(
            helpdesk=self.helpdesk,
            id=next(self._ticket_ids),
            subject=subject,
            requester_id=requester.id,
            submitter_id=author.id,
            channel=channel,
            created_at=moment,
            updated_at=moment,
            changed_at=int(moment.timestamp()),
            status="new" if self.helpdesk == ZENDESK else "open",
        )
        audit = Audit(self.next_id(), ticket.id, author.id, channel, moment, True, metadata=metadata or {})
        for name, value in (values or {}).items():
            self._set(ticket, name, value)
        self._comment(ticket, audit, comment, author, channel, moment)
        self.tickets[ticket.id] = ticket
        ticket.audits.append(audit)
        if not quiet:
            self._tell(ticket, audit)
        self._changed()
        return ticket

    def edit(
        self,
        ticket: Ticket,
        author: Person,
        channel: Channel,
        values: Mapping[str, Any] | None = None,
        comment: NewComment | None = None,
        metadata: dict[str, Any] | None = None,
        macro_ids: tuple[int, ...] = (),
        quiet: bool = False,
    ) -> Audit:
        """Change a ticket. An edit that changes nothing leaves no trace, but the automation still looks at it."""
        now = self._clock.now()
        audit = Audit(
            self.next_id(), ticket.id, author.id, channel, now, False, metadata=metadata or {}, macro_ids=macro_ids
        )
        for name, value in (values or {}).items():
            self.amend(ticket, audit, name, value)
        if comment is not None:
            made = self._comment(ticket, audit, comment, author, channel, now)
            if channel is Channel.API and made.public and author.is_staff:
                self.public_replies_by_api.append((ticket.id, made.id))
        if not audit.is_empty:
            self._touch(ticket, now)
        if not quiet:
            self._tell(ticket, audit)
        if not audit.is_empty:
            ticket.audits.append(audit)
            self._touch(ticket, now)
        return audit

    def amend(self, ticket: Ticket, audit: Audit, name: str, value: Any, rule: Rule | None = None) -> bool:
        """Set one field as part of `audit`; True if that changed it."""
        old = self._get(ticket, name)
        if old == value:
            return False
        self._set(ticket, name, value)
        audit.changes.append(FieldChange(name, old, value, rule))
        return True

    def rewrite(self, comment: Comment, author: Person, html: str, text: str) -> None:
        """Replace the body of a note in place (Freshdesk lets notes be edited)."""
        now = self._clock.now()
        comment.html, comment.text = html, text
        comment.updated_at, comment.edited_by = now, author.id
        self._touch(self.tickets[comment.ticket_id], now)

    def erase(self, comment: Comment) -> None:
        ticket = self.tickets[comment.ticket_id]
        self.comments.pop(comment.id)
        ticket.comments.remove(comment)
        self._touch(ticket, self._clock.now())

    def _touch(self, ticket: Ticket, now: datetime) -> None:
        ticket.updated_at = now
        ticket.changed_at = int(now.timestamp())
        self._changed()

    def _comment(
        self, ticket: Ticket, audit: Audit, new: NewComment, author: Person, channel: Channel, at: datetime
    ) -> Comment:
        writer = self.people.get(new.author_id or author.id, author)
        made = Comment(
            id=self.next_id(),
            ticket_id=ticket.id,
            author_id=writer.id,
            html=new.html,
            text=new.text,
            public=new.public,
            created_at=at,
            updated_at=at,
            channel=channel,
            incoming=not writer.is_staff if new.incoming is None else new.incoming,
            kind=new.kind or ("reply" if new.public else "note"),
            audit_id=audit.id,
        )
        audit.comment = made
        ticket.comments.append(made)
        self.comments[made.id] = made
        return made

    def _tell(self, ticket: Ticket, audit: Audit) -> None:
        for listener in self.listeners:
            listener(ticket, audit)

    @staticmethod
    def _get(ticket: Ticket, name: str) -> Any:
        if name.startswith(CUSTOM):
            return ticket.fields.get(name.removeprefix(CUSTOM))
        value = getattr(ticket, name)
        return list(value) if isinstance(value, list) else value

    @staticmethod
    def _set(ticket: Ticket, name: str, value: Any) -> None:
        if name.startswith(CUSTOM):
            ticket.fields[name.removeprefix(CUSTOM)] = value
        elif name in EDITABLE:
            setattr(ticket, name, list(value) if isinstance(value, list) else value)
        else:
            raise ValueError(f"a ticket has no field {name!r} that can be set")
