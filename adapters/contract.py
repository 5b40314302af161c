"""The neutral vocabulary between helpdesks and Makeright, spoken by the base class in adapters/helpdesk.py.

Nothing here knows a platform, and nothing here knows a complaint. Everything is frozen: an adapter makes these values
from a platform's answers, the pipeline reads them, and an Annotation travels back.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NoReturn


class Secret:
    """A credential that never shows itself: no repr, no str, no pickle reveals it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def matches(self, candidate: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self._value.encode(), candidate.encode("utf-8", "surrogateescape"))

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.matches(other._value)

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not to be serialised")


@dataclass(frozen=True, slots=True)
class Account:
    """One configured account. `options` is what the adapter's own `options_schema` loaded.

    `fields` maps our names ("complaint", "order") to the platform's field ids or names. `share` is the part of the
    account's rate limits that we allow ourselves (0 to 1). `sandbox` is True for a helpdesk on this very machine.
    """

    name: str
    options: Any
    webhook_secrets: Sequence[Secret] = ()
    base_url: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    share: float = 0.8
    sandbox: bool = False


class AuthorRole(StrEnum):
    """Who wrote a message. `SYSTEM` covers bots, automatic replies and the helpdesk itself."""

    CUSTOMER = "customer"
    AGENT = "agent"
    SYSTEM = "system"


class Priority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Status(StrEnum):
    """The stages every helpdesk has in some form; an account's own statuses map to the nearest."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    SOLVED = "solved"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Requester:
    """The customer a ticket belongs to. `id` is the platform's own; personal data stays out of reprs."""

    id: str
    name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    company_id: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One contribution to a ticket's conversation.

    `raw` is the body as the helpdesk keeps it (HTML if `is_html`); `text` is what this author wrote in this message,
    without quoted mail and signature, and is empty until the reader has cut those off.
    """

    id: str
    author_role: AuthorRole
    public: bool
    at: datetime
    raw: str = field(repr=False)
    is_html: bool = False
    text: str = field(default="", repr=False)
    author_id: str | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as it is now. `messages` run from oldest to newest, the customer's first message included.

    `version` is whatever the platform offers to notice a change between reading and writing (its last-update stamp).
    """

    id: str
    subject: str = field(repr=False)
    requester: Requester
    messages: tuple[Message, ...]
    status: Status
    priority: Priority | None
    tags: frozenset[str]
    fields: Mapping[str, str]
    created_at: datetime
    updated_at: datetime
    version: str
    group: str | None = None
    brand: str | None = None
    channel: str | None = None
    language: str | None = None
    order_references: tuple[str, ...] = ()
    url: str = ""


@dataclass(frozen=True, slots=True)
class HookRequest:
    """A webhook call as it arrived, before anything in it is believed. Header names are lower-case."""

    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    content_type: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Hint:
    """ "This ticket changed": all that is kept of a webhook. What the ticket says now is fetched afterwards."""

    ticket_id: str
    event: str
    delivery_id: str | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """A well-formed webhook that asks for nothing; `reason` is answered to the sender."""

    reason: str


@dataclass(frozen=True, slots=True)
class Annotation:
    """What one decision wants on a ticket. The adapter writes only the difference.

    `note_html` is finished, escaped HTML; the adapter makes the platform's placeholders in it inert.
    `replaces_note` names the note an earlier decision left, for platforms that can edit a note.
    `fields` uses our own names ("complaint"); the account's settings map them to the platform's.
    `macros` are platform macro ids that the decision suggests, recorded where the platform can.
    """

    decision_id: str
    add_tags: frozenset[str] = frozenset()
    remove_tags: frozenset[str] = frozenset()
    note_html: str | None = field(default=None, repr=False)
    replaces_note: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    priority: Priority | None = None
    group: str | None = None
    due_at: datetime | None = None
    macros: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came of an Annotation. `written` is False if the ticket already carried all of it.

    `version` is the ticket's stamp after the write, or still the one that was read where somebody else's change came in
    between, so that the ticket is looked at once more; `warnings` are for ops (a field that does not exist, say).
    """

    decision_id: str
    written: bool
    note_id: str | None = None
    version: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Macro:
    """A reusable reply of the team's own (Zendesk macro, Freshdesk canned response). `body` keeps its placeholders."""

    id: str
    title: str
    body: str
    is_html: bool = False
    group_ids: frozenset[str] = frozenset()
    updated_at: datetime | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Tagging:
    """Who put a tag onto a ticket, as the platform itself tells, and when. `is_staff`: an agent or administrator."""

    person_id: str
    at: datetime
    is_staff: bool
    email: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Change:
    """A ticket that changed, with the version it changed to (comparable with `Ticket.version`)."""

    ticket_id: str
    version: str


@dataclass(frozen=True, slots=True)
class Changes:
    """One page of changes; pass `cursor` to the next call. `complete` says that nothing newer was left."""

    changes: tuple[Change, ...]
    cursor: str
    complete: bool


@dataclass(frozen=True, slots=True)
class Shift:
    """Working time within one weekday (0 is Monday), in minutes since midnight; `end` is at most 1440."""

    weekday: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class DaysOff:
    """Days from `first` to `last`, both included, on which nobody works."""

    first: date
    last: date
    name: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Business hours that a team keeps in its helpdesk. `time_zone` is the platform's word for it (IANA's or Rails')."""

    id: str
    name: str
    time_zone: str
    shifts: tuple[Shift, ...]
    days_off: tuple[DaysOff, ...] = ()


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand (Zendesk) or product (Freshdesk); `id` is what `Ticket.brand` says."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked when an account is connected.

    `key` is where the answer goes in the account's settings ("auth.client_id"), `why` says what it is for, `steps` are
    the clicks by which it is found. What is `made` is not asked: a random secret of ours takes its place.
    """

    key: str
    ask: str
    why: str = ""
    steps: tuple[str, ...] = ()
    secret: bool = False
    made: bool = False
    needed: bool = True
    choices: tuple[str, ...] = ()
    default: str = ""


@dataclass(frozen=True, slots=True)
class WayIn:
    """One way to be let in by a helpdesk, with all that it takes. Written for a person who has not done it before."""

    name: str
    title: str
    questions: tuple[Question, ...]


class Health(StrEnum):
    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a check: what was looked at, how it is, and the fix if it is not well."""

    subject: str
    health: Health
    detail: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class CallsLeft:
    """What is left of one of the platform's limits, as far as its answers said: `left` of `limit` calls in `seconds`."""

    name: str
    left: int
    limit: int
    seconds: int


class SidebarProof(StrEnum):
    """How a platform proves that a sidebar app's call comes from an installation of ours."""

    # Its proxy signs a JWT (HS256) with the installation's secret, which never reaches a browser.
    SIGNED_TOKEN = "signed_token"
    # Its servers put a token into the call that is fixed per installation.
    FIXED_TOKEN = "fixed_token"


class Capability(StrEnum):
    """What a platform can do; the rest of the product degrades by these, never by a platform's name."""

    SIGNED_HOOKS = "signed_hooks"
    ONE_WRITE = "one_write"
    CONCURRENCY_CHECK = "concurrency_check"
    EDIT_NOTE = "edit_note"
    MACRO_RECORD = "macro_record"
    DUE_DATE = "due_date"
    TAG_HISTORY = "tag_history"


class HelpdeskError(Exception):
    """Something a helpdesk answered, or failed to. The text names the call and the status, never a secret or a body.

    `account` and `call` ("PUT /api/v2/tickets/42") say where; `status` is the HTTP status, None if there was no answer.
    """

    def __init__(self, message: str, *, account: str = "", call: str = "", status: int | None = None) -> None:
        where = " ".join(part for part in (account, call) if part)
        super().__init__(f"{where}: {message}" if where else message)
        self.account = account
        self.call = call
        self.status = status


class Permanent(HelpdeskError):
    """Trying again unchanged cannot help (bad request, missing permission): told to ops, not repeated."""


class Transient(HelpdeskError):
    """No answer, or a server-side fault: try again later. A write may or may not have happened."""


class Throttled(HelpdeskError):
    """Over a limit, ours or theirs: nothing was done; try again after `retry_after` seconds."""

    def __init__(
        self, message: str, *, retry_after: float, account: str = "", call: str = "", status: int | None = None
    ) -> None:
        super().__init__(message, account=account, call=call, status=status)
        self.retry_after = retry_after


class Conflict(HelpdeskError):
    """Somebody else changed the ticket in between, in what was said or again and again: nothing was written, and what
    to write has to be decided anew."""


class Gone(HelpdeskError):
    """The ticket cannot be annotated any more: deleted, spam, merged away or closed."""


class Unauthorised(HelpdeskError):
    """The helpdesk refuses our credentials or this right of theirs."""


class Refused(Exception):
    """A webhook whose sender is not proven: answered 401. The text is for logs and says which check failed."""


class Unreadable(Exception):
    """A proven sender's payload that cannot be read: kept for ops. The text says what was wrong, not what was in it."""
