"""From Freshdesk's rows to the neutral Ticket and Macro."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from adapters.contract import AuthorRole, Macro, Message, Requester, Ticket
from adapters.freshdesk.form import PRIORITIES, TicketForm
from adapters.freshdesk.schemas import CannedResponseRow, ConversationRow, TicketRow, stamp

# Codes of a ticket's and a conversation's source (platform page: Freshdesk, codes).
_OUTBOUND_EMAIL = 10
_FORWARDED = 8
# A canned response that only its author sees.
_PERSONAL = 1


def ticket(
    row: TicketRow,
    conversations: Iterable[ConversationRow],
    *,
    form: TicketForm,
    own_id: int,
    names: Mapping[str, str],
    address: str,
) -> Ticket:
    """`own_id` is the agent that Makeright writes as; `names` maps our field names to the account's."""
    requester_id = row.requester.id or row.requester_id
    fields = {ours: text for ours, theirs in names.items() if (text := _text(value_of(row, theirs)))}
    return Ticket(
        id=str(row.id),
        subject=row.subject,
        requester=Requester(
            id=str(requester_id or ""),
            name=row.requester.name,
            email=row.requester.email,
            company_id=str(row.company_id) if row.company_id else None,
        ),
        messages=(_description(row, requester_id), *messages(conversations, own_id, requester_id)),
        status=form.status(row.status),
        priority=PRIORITIES.get(row.priority or 0),
        tags=frozenset(row.tags),
        fields=fields,
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=stamp(row.updated_at),
        group=form.group_name(row.group_id),
        brand=form.product_name(row.product_id),
        channel=form.channel(row.source),
        order_references=tuple(part.strip() for part in fields.get("order", "").split(",") if part.strip()),
        url=f"{address}/a/tickets/{row.id}",
    )


def messages(rows: Iterable[ConversationRow], own_id: int, requester_id: int | None) -> tuple[Message, ...]:
    """What was said after the first message, oldest first."""
    ordered = sorted(rows, key=lambda row: (row.created_at, row.id))
    return tuple(_message(row, own_id, requester_id) for row in ordered)


def macro(row: CannedResponseRow) -> Macro | None:
    """A canned response as a macro; None if it is somebody's own."""
    if row.visibility == _PERSONAL:
        return None
    return Macro(
        id=str(row.id),
        title=row.title,
        body=row.content_html or row.content,
        is_html=bool(row.content_html),
        group_ids=frozenset(str(group) for group in row.group_ids),
        updated_at=row.updated_at,
    )


def value_of(row: TicketRow, field: str) -> Any:
    """What a ticket carries in a field of the form; its type has a place of its own."""
    return row.type if field == "ticket_type" else row.custom_fields.get(field)


def _description(row: TicketRow, requester_id: int | None) -> Message:
    """The first message is the ticket's description; it is not among the conversations."""
    outbound = row.source == _OUTBOUND_EMAIL
    author_id = row.responder_id if outbound else requester_id
    return Message(
        id="description",
        author_role=AuthorRole.AGENT if outbound else AuthorRole.CUSTOMER,
        public=True,
        at=row.created_at,
        raw=row.description or row.description_text,
        is_html=bool(row.description),
        author_id=str(author_id) if author_id else None,
    )


def _message(row: ConversationRow, own_id: int, requester_id: int | None) -> Message:
    return Message(
        id=str(row.id),
        author_role=_role(row, own_id, requester_id),
        # A forward goes to somebody else than the customer.
        public=not row.private and row.source != _FORWARDED,
        at=row.created_at,
        raw=row.body or row.body_text,
        is_html=bool(row.body),
        author_id=str(row.user_id) if row.user_id else None,
    )


def _role(row: ConversationRow, own_id: int, requester_id: int | None) -> AuthorRole:
    automatic = row.auto_response or row.automation_id is not None
    if automatic or row.user_id == own_id or (row.user_id is None and not row.incoming):
        return AuthorRole.SYSTEM
    if not row.incoming:
        return AuthorRole.AGENT
    # The answer of a third party to a forward is not the customer's word.
    forwarded = row.source == _FORWARDED and row.user_id != requester_id
    return AuthorRole.SYSTEM if forwarded else AuthorRole.CUSTOMER


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(_text(part) for part in value) if isinstance(value, list) else str(value)
