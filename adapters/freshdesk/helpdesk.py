"""One account on Freshdesk."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from redis import Redis

from adapters.contract import (
    Account,
    Annotation,
    Brand,
    CallsLeft,
    Capability,
    Changes,
    Finding,
    Gone,
    HelpdeskError,
    Hint,
    HookRequest,
    Ignored,
    Macro,
    Permanent,
    Receipt,
    Schedule,
    SidebarProof,
    Ticket,
    Unauthorised,
)
from adapters.freshdesk import changes, checks, hooks, reading, schedules
from adapters.freshdesk.annotate import Difference, difference, lost_tags, note_body, note_of
from adapters.freshdesk.client import FreshdeskClient, address
from adapters.freshdesk.options import FreshdeskOptions, FreshdeskOptionsSchema
from adapters.freshdesk.provision import FreshdeskProvisioner
from adapters.freshdesk.schemas import TicketRow, stamp
from adapters.freshdesk.ways_in import WAYS_IN
from adapters.helpdesk import Helpdesk

_CAPABILITIES = tomllib.loads((Path(__file__).parent / "capabilities.toml").read_text("utf-8"))

ADMIN_KEY_FIX = (
    'canned responses are shown to administrators only: set admin_api_key = "env:NAME" to an administrator\'s key '
    "(or the account's plan does not include them)"
)


class FreshdeskHelpdesk(Helpdesk):
    kind = "freshdesk"
    capabilities = frozenset(map(Capability, _CAPABILITIES["can"]))
    sidebar_proof = SidebarProof.FIXED_TOKEN
    options_schema = FreshdeskOptionsSchema
    ways_in = WAYS_IN
    # Any other answer would make Freshdesk send the same payload again for a day.
    unreadable_status = 200

    def __init__(self, account: Account, redis: Redis) -> None:
        super().__init__(account, redis)
        self._options: FreshdeskOptions = account.options
        self._client = FreshdeskClient(account, self._options, redis)

    @classmethod
    def address(cls, account: Account) -> str:
        return address(account)

    def verify(self, request: HookRequest) -> None:
        hooks.verify(request, self.account.webhook_secrets, self._options.secret_header)

    def read_hook(self, request: HookRequest) -> Hint | Ignored:
        # No call from here, Freshdesk is waiting: until the worker has learnt who we are, our own changes come through
        # as hints, and lead to nothing.
        me = self._client.known_me()
        return hooks.read(request, own_email=me.contact.email if me else None)

    def fetch(self, ticket_id: str) -> Ticket:
        me = self._client.me()
        row = _alive(self._client.ticket(ticket_id, with_requester=True), self.account.name)
        return reading.ticket(
            row,
            self._client.newest_conversations(ticket_id),
            form=self._client.form(),
            own_id=me.id,
            names=self.account.fields,
            address=self._client.address,
        )

    def annotate(self, ticket: Ticket, annotation: Annotation, *, look_first: bool) -> Receipt:
        """Raises HelpdeskError. Freshdesk has no way to write only if nobody else did (platform page: Freshdesk,
        update), so the caller holds a lock on the ticket, and what others write meanwhile is repaired afterwards."""
        me = self._client.me()
        said = ticket.messages
        if look_first and annotation.note_html is not None:
            said = reading.messages(self._client.newest_conversations(ticket.id), me.id, None)
        note_id = note_of(annotation, me.id, said)
        row = _alive(self._client.ticket(ticket.id), self.account.name)
        wrote, warnings = self._write_fields(row, annotation)
        needs_note = annotation.note_html is not None and note_id is None
        if needs_note:
            note_id = self._write_note(ticket.id, annotation)
        if not wrote and not needs_note:
            return Receipt(annotation.decision_id, False, note_id, ticket.version, warnings)
        version, trouble = self._look_again(ticket.id, annotation.add_tags if "tags" in wrote else ())
        if stamp(row.updated_at) != ticket.version:
            # What came before our write was not read: the old version lets the sweep find it.
            version = ticket.version
        return Receipt(annotation.decision_id, True, note_id, version, (*warnings, *trouble))

    def standing(self, ticket: Ticket, annotation: Annotation) -> Receipt | None:
        if annotation.note_html is None:
            return super().standing(ticket, annotation)
        # The note is written last: where it stands, so does the rest.
        note_id = note_of(annotation, self._client.me().id, ticket.messages)
        return Receipt(annotation.decision_id, False, note_id, ticket.version) if note_id else None

    def changed_since(self, cursor: str | None, *, start: datetime) -> Changes:
        try:
            at = changes.position(cursor, start)
        except ValueError as error:
            raise Permanent(str(error), account=self.account.name) from None
        page = self._client.changed(at.since, at.page)
        found, onward, complete = changes.step(at, page.rows, more=page.more)
        return Changes(found, str(onward), complete)

    def macros(self) -> Iterator[Macro]:
        """The shared canned responses; the personal ones of the key's owner are left out."""
        try:
            for folder in self._client.folders():
                if not folder.personal:
                    yield from filter(None, map(reading.macro, self._client.canned_responses(folder.id)))
        except Unauthorised as error:
            raise Unauthorised(
                f"answered {error.status}; {ADMIN_KEY_FIX}",
                account=error.account,
                call=error.call,
                status=error.status,
            ) from None

    def schedules(self) -> Iterator[Schedule]:
        rows = sorted(self._client.business_hours(), key=lambda row: not row.is_default)
        yield from map(schedules.schedule, rows)

    def brands(self) -> Iterator[Brand]:
        # A ticket's product is read by its name (form.py).
        yield from (Brand(name, name) for name in self._client.form().products)

    def calls_left(self) -> Iterable[CallsLeft]:
        left, limit = self._client.calls_left()
        yield CallsLeft("account", left, limit, 60)

    def check(self) -> Iterable[Finding]:
        return checks.findings(self.account, self._options, self._client)

    def provisioner(self) -> FreshdeskProvisioner:
        return FreshdeskProvisioner(self.account, self._options, self._client)

    def _write_fields(self, row: TicketRow, annotation: Annotation) -> tuple[Mapping[str, Any], tuple[str, ...]]:
        """Bring tags, fields, priority, group and due date onto the ticket as it is now (`row`).

        Returns what was written, and warnings.
        """
        ticket_id = str(row.id)
        wanted = self._difference(row, annotation)
        if wanted.changes:
            try:
                self._client.update(ticket_id, wanted.changes)
            except Permanent as error:
                # The form may have changed since it was read; what it no longer has is left out.
                still_wanted = self._difference(row, annotation, form_anew=True) if error.status == 400 else wanted
                if still_wanted.changes == wanted.changes:
                    raise
                wanted = still_wanted
                if wanted.changes:
                    self._client.update(ticket_id, wanted.changes)
        return wanted.changes, wanted.warnings

    def _difference(self, row: TicketRow, annotation: Annotation, *, form_anew: bool = False) -> Difference:
        return difference(
            row,
            annotation,
            form=self._client.form(anew=form_anew),
            names=self.account.fields,
            write_due_dates=self._options.write_due_dates,
        )

    def _write_note(self, ticket_id: str, annotation: Annotation) -> str:
        body = note_body(annotation.note_html or "", annotation.decision_id)
        if annotation.replaces_note:
            try:
                return str(self._client.edit_note(annotation.replaces_note, body).id)
            except Permanent as error:
                if error.status != 404:
                    raise
        return str(self._client.add_private_note(ticket_id, body).id)

    def _look_again(self, ticket_id: str, ours: Iterable[str]) -> tuple[str | None, tuple[str, ...]]:
        """After a write: the ticket's version; and tags of `ours` that somebody's simultaneous write has lost are put
        back, once. Whatever fails here, the write itself is done: that is told, not raised.
        """
        try:
            row = self._client.ticket(ticket_id)
            tags = lost_tags(ours, row.tags)
            if tags:
                row = self._client.update(ticket_id, {"tags": tags})
            return stamp(row.updated_at), ()
        except HelpdeskError as error:
            return None, (f"written, but the tags could not be looked at afterwards: {error}",)


def _alive(row: TicketRow, account: str) -> TicketRow:
    """Freshdesk shows what lies in spam or trash, but lets nobody write there."""
    if row.deleted or row.spam:
        raise Gone("the ticket is in spam or trash", account=account, call=f"GET /api/v2/tickets/{row.id}")
    return row


HELPDESK = FreshdeskHelpdesk
