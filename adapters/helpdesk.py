"""The base class every adapter fills in: one account on one helpdesk, in the words of adapters/contract.py."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from marshmallow import Schema

from adapters.contract import (
    Account,
    Annotation,
    Brand,
    CallsLeft,
    Capability,
    Changes,
    Finding,
    Hint,
    HookRequest,
    Ignored,
    Macro,
    Receipt,
    Schedule,
    SidebarProof,
    Tagging,
    Ticket,
    WayIn,
)
from adapters.provisioning import Provisioner

if TYPE_CHECKING:
    from redis import Redis


class Helpdesk(ABC):
    """One account on one helpdesk. An adapter's folder exposes its subclass as `HELPDESK`.

    An instance is built once per process and account and used by one thread at a time. State that must be shared
    between processes (tokens, rate budgets) lives in the Redis handed to the constructor.
    """

    kind: ClassVar[str]
    capabilities: ClassVar[frozenset[Capability]]
    # How calls of our sidebar app on this platform are proven; None where there is no such app.
    sidebar_proof: ClassVar[SidebarProof | None] = None
    # The account's settings that only this adapter understands; the base settings are validated elsewhere.
    options_schema: ClassVar[type[Schema]]
    # How an account is connected, the recommended way first.
    ways_in: ClassVar[tuple[WayIn, ...]] = ()
    # What an unreadable payload with a good secret is answered with.
    unreadable_status: ClassVar[int] = 400
    # Longest note in characters that the platform keeps whole.
    note_limit: ClassVar[int] = 60_000

    def __init__(self, account: Account, redis: Redis) -> None:
        self.account = account
        self.redis = redis

    @classmethod
    def address(cls, account: Account) -> str:
        """Where this account's helpdesk is: two accounts of one address are the same one.

        Raises ValueError with the key that is missing, if the account does not say it.
        """
        return account.base_url or ""

    @abstractmethod
    def verify(self, request: HookRequest) -> None:
        """Prove the sender. Raises Refused. Never looks into the body beyond its bytes."""

    @abstractmethod
    def read_hook(self, request: HookRequest) -> Hint | Ignored:
        """Reduce a verified webhook to a Hint. Raises Unreadable."""

    @abstractmethod
    def fetch(self, ticket_id: str) -> Ticket:
        """The ticket as it is now, with the newest messages. Raises HelpdeskError (Gone if it is no more)."""

    @abstractmethod
    def annotate(self, ticket: Ticket, annotation: Annotation, *, look_first: bool) -> Receipt:
        """Bring the annotation onto the ticket, once.

        Tags of others are read, merged and written. `look_first`: an earlier attempt at this decision may have gone
        through, so look for its decision id before writing. Raises HelpdeskError.
        """

    def standing(self, ticket: Ticket, annotation: Annotation) -> Receipt | None:
        """What an earlier attempt at this annotation has left on `ticket`, just read; None if it never got there.

        Looks and writes nothing. An adapter that can find the decision id looks for that; this one goes by the tags.
        Raises HelpdeskError.
        """
        if annotation.add_tags and annotation.add_tags <= ticket.tags and not annotation.remove_tags & ticket.tags:
            return Receipt(annotation.decision_id, False, version=ticket.version)
        return None

    @abstractmethod
    def changed_since(self, cursor: str | None, *, start: datetime) -> Changes:
        """Tickets that changed after `cursor`, or after `start` if there is no cursor yet. Raises HelpdeskError."""

    @abstractmethod
    def macros(self) -> Iterator[Macro]:
        """The team's shared macros. Raises HelpdeskError (Unauthorised where the plan or role forbids reading them)."""

    def schedules(self) -> Iterator[Schedule]:
        """The team's business hours, the usual ones first. Raises HelpdeskError (Unauthorised where the role forbids it)."""
        return iter(())

    def brands(self) -> Iterator[Brand]:
        """The brands that tickets belong to. Raises HelpdeskError."""
        return iter(())

    def who_tagged(self, ticket_id: str, tag: str) -> Tagging | None:
        """The person who last put this tag onto the ticket; None where no person did, or the platform does not tell
        (it has no Capability.TAG_HISTORY then). Raises HelpdeskError."""
        return None

    def calls_left(self) -> Iterable[CallsLeft]:
        """The limits that matter, without asking the helpdesk. Raises redis.RedisError."""
        return ()

    @abstractmethod
    def check(self) -> Iterable[Finding]:
        """Whether credentials, permissions, clock and limits are as they must be. Does not raise for what it finds."""

    def provisioner(self) -> Provisioner | None:
        """What makes hook, rules, fields and macros in the helpdesk (adapters/provisioning.py); None where all of it is
        done by hand."""
        return None
