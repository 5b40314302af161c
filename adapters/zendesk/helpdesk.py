"""The Zendesk adapter: Makeright's contract, kept with Zendesk's API."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from datetime import datetime
from importlib.resources import files
from typing import ClassVar

from marshmallow import Schema
from redis import Redis

from adapters.contract import (
    Account,
    Annotation,
    Brand,
    CallsLeft,
    Capability,
    Change,
    Changes,
    Conflict,
    Finding,
    Gone,
    Hint,
    HookRequest,
    Ignored,
    Macro,
    Permanent,
    Receipt,
    Schedule,
    SidebarProof,
    Status,
    Tagging,
    Ticket,
    Unauthorised,
    Unreadable,
    WayIn,
)
from adapters.helpdesk import Helpdesk
from adapters.zendesk import annotate, checks, hooks, reading, schedules
from adapters.zendesk.client import ZendeskClient, address
from adapters.zendesk.facts import Facts
from adapters.zendesk.limits import ACCOUNT, UPDATES
from adapters.zendesk.options import ZendeskOptions, ZendeskOptionsSchema
from adapters.zendesk.provision import ZendeskProvisioner
from adapters.zendesk.schemas import Comment, TicketField, User
from adapters.zendesk.ways_in import WAYS_IN

# Newer than this many comments are read; the very first is fetched besides.
COMMENTS = 200
# An interrupted attempt is looked for among this many hundreds of the ticket's latest updates.
AUDIT_PAGES = 2
WRITE_ATTEMPTS = 3


class ZendeskDesk(Helpdesk):
    kind: ClassVar[str] = "zendesk"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        Capability(name)
        for name in tomllib.loads(files(__package__).joinpath("capabilities.toml").read_text(encoding="utf-8"))["can"]
    )
    sidebar_proof: ClassVar[SidebarProof | None] = SidebarProof.SIGNED_TOKEN
    options_schema: ClassVar[type[Schema]] = ZendeskOptionsSchema
    ways_in: ClassVar[tuple[WayIn, ...]] = WAYS_IN
    # Zendesk keeps 64 kB and cuts off the rest without a word; a character takes up to four bytes.
    note_limit: ClassVar[int] = 15_000

    def __init__(self, account: Account, redis: Redis) -> None:
        super().__init__(account, redis)
        self._options: ZendeskOptions = account.options
        self._client = ZendeskClient(account, redis)
        self._facts = Facts(redis, account.name, self._client.base_url)

    @classmethod
    def address(cls, account: Account) -> str:
        return address(account)

    # --- hooks --------------------------------------------------------------------------------------------------

    def verify(self, request: HookRequest) -> None:
        secrets = hooks.live_secrets(self.account.webhook_secrets, sandbox=self.account.sandbox)
        hooks.verify(request, secrets, window=self._options.hook_window, account_id=self._account_id)

    def read_hook(self, request: HookRequest) -> Hint | Ignored:
        read = hooks.read(request, own_user_id=self._facts.own_user_id)
        if read.account_id and self._account_id is None:
            self._facts.learn_account_id(read.account_id)
        elif read.account_id and read.account_id != self._account_id:
            raise Unreadable(f"the event comes from account {read.account_id}, this is account {self._account_id}")
        return read.result

    # --- reading ------------------------------------------------------------------------------------------------

    def fetch(self, ticket_id: str) -> Ticket:
        # Tells our own notes from agents' here, and our own writes when they come back as webhooks.
        own_user_id = self._own_user_id()
        answer = self._client.ticket(ticket_id)
        if answer.ticket.status.lower() == "deleted":
            raise Gone("the ticket is deleted", account=self.account.name)
        comments, authors = self._comments(ticket_id)
        return reading.ticket(
            answer.ticket,
            comments,
            [*answer.users, *authors],
            fields=self.account.fields,
            own_user_id=own_user_id,
            base_url=self._client.base_url,
        )

    def changed_since(self, cursor: str | None, *, start: datetime) -> Changes:
        page = self._client.export(cursor, start)
        following = page.after_cursor or cursor or ""
        return Changes(
            changes=tuple(Change(ticket.id, ticket.updated_at) for ticket in page.tickets),
            cursor=following,
            # A page that leads nowhere is the end too, whatever it says of itself.
            complete=page.end_of_stream or following == (cursor or ""),
        )

    def who_tagged(self, ticket_id: str, tag: str) -> Tagging | None:
        for page in self._client.audit_pages(ticket_id, AUDIT_PAGES):
            for audit in page.audits:
                event = next((event for event in audit.events if event.adds(tag)), None)
                if event is not None:
                    return reading.tagging(audit, event, page.users, own_user_id=self._own_user_id())
        return None

    def macros(self) -> Iterator[Macro]:
        yield from filter(None, map(reading.macro, self._client.macros()))

    def schedules(self) -> Iterator[Schedule]:
        for row in self._client.schedules():
            yield schedules.schedule(row, self._client.holidays(row.id))

    def brands(self) -> Iterator[Brand]:
        yield from (Brand(row.id, row.name) for row in self._client.brands() if row.active)

    # --- writing ------------------------------------------------------------------------------------------------

    def annotate(self, ticket: Ticket, annotation: Annotation, *, look_first: bool) -> Receipt:
        if look_first and (earlier := self.standing(ticket, annotation)):
            return earlier
        defined = {
            name: self._defined(self.account.fields[name]) for name in annotation.fields if name in self.account.fields
        }
        for attempt in range(1, WRITE_ATTEMPTS + 1):
            if ticket.status is Status.CLOSED:
                raise Gone("the ticket is closed and cannot be changed any more", account=self.account.name)
            update = annotate.update(ticket, annotation, defined)
            if not update.ticket:
                return Receipt(annotation.decision_id, False, version=ticket.version, warnings=update.warnings)
            try:
                done = self._client.update_ticket(ticket.id, update.ticket)
            except Conflict:
                if attempt == WRITE_ATTEMPTS:
                    raise
                said = _said(ticket)
                ticket = self.fetch(ticket.id)
                if _said(ticket) - said:
                    # The annotation is an answer to what was said before.
                    raise
            except Permanent as error:
                # Zendesk refuses changes to a closed ticket like any invalid one.
                if error.status == 422 and self.fetch(ticket.id).status is Status.CLOSED:
                    raise Gone("the ticket was closed in the meantime", account=self.account.name) from None
                raise
            else:
                note_id = done.audit.comment_id if "comment" in update.ticket else None
                version = done.ticket.updated_at or ticket.version
                return Receipt(annotation.decision_id, True, note_id, version, update.warnings)
        raise AssertionError("unreachable")

    def standing(self, ticket: Ticket, annotation: Annotation) -> Receipt | None:
        for audit in self._client.newest_audits(ticket.id, AUDIT_PAGES):
            if audit.decision_id == annotation.decision_id:
                return Receipt(annotation.decision_id, False, audit.comment_id, ticket.version)
        return None

    def calls_left(self) -> Iterable[CallsLeft]:
        for allowance in (ACCOUNT, UPDATES):
            left, limit = self._client.budget.left(allowance)
            yield CallsLeft(allowance.name, left, limit, allowance.seconds)

    def check(self) -> Iterable[Finding]:
        return checks.findings(self.account, self._client, self._facts.learn_own_user_id)

    def provisioner(self) -> ZendeskProvisioner:
        return ZendeskProvisioner(self.account, self.redis)

    # --- how ----------------------------------------------------------------------------------------------------

    @property
    def _account_id(self) -> str | None:
        return self._options.account_id or self._facts.account_id

    def _own_user_id(self) -> str:
        if known := self._facts.own_user_id:
            return known
        user_id = self._client.me().id
        if not user_id:
            # An anonymous caller is answered too, without an id.
            raise Unauthorised("Zendesk does not know who is calling", account=self.account.name)
        self._facts.learn_own_user_id(user_id)
        return user_id

    def _comments(self, ticket_id: str) -> tuple[list[Comment], list[User]]:
        """The newest comments and the very first one, with the people who wrote them."""
        comments: list[Comment] = []
        users: list[User] = []
        for page in self._client.newest_comments(ticket_id):
            comments += page.comments
            users += page.users
            if page.meta.has_more and len(comments) >= COMMENTS:
                first = self._client.first_comment(ticket_id)
                return [*comments, *([first] if first else [])], users
        return comments, users

    def _defined(self, field_id: str) -> TicketField | str:
        """The account's field of this id, or why there is none."""
        if not (field_id.isascii() and field_id.isdigit()):
            return f"{field_id!r} is not the number of a ticket field"
        found = self._facts.ticket_field(field_id, lambda: self._client.ticket_field(field_id))
        return found or f"the account has no ticket field {field_id}"


def _said(ticket: Ticket) -> set[str]:
    return {message.id for message in ticket.messages if message.public}


HELPDESK = ZendeskDesk
