"""A ticket as the rest of the product sees it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.contract import AuthorRole, Priority, Status, Ticket
from adapters.freshdesk import reading
from adapters.freshdesk.schemas import ConversationRow, ConversationSchema, TicketRow, TicketSchema
from tests.adapters.freshdesk.test_form import FORM
from tests.adapters.freshdesk.test_schemas import fixture

OWN_ID = 67099999999
ROW: TicketRow = TicketSchema().load(fixture("ticket"))
SAID: list[ConversationRow] = ConversationSchema(many=True).load(fixture("conversations"))


def ticket(row: TicketRow = ROW, said: list[ConversationRow] = SAID) -> Ticket:
    names = {"complaint": "cf_complaint_297457", "order": "cf_order_no", "flag": "cf_recovery", "type": "ticket_type"}
    return reading.ticket(row, said, form=FORM, own_id=OWN_ID, names=names, address="https://acme.freshdesk.com")


def test_the_ticket_in_our_words() -> None:
    read = ticket()
    assert read.id == "4021"
    assert read.subject == "Still waiting for my call"
    assert read.requester.id == "67042965501"
    assert read.requester.name == "Kim Example"
    assert read.requester.email == "kim@customer.example"
    assert read.requester.company_id == "67001265522"
    assert read.status is Status.PENDING
    assert read.priority is Priority.NORMAL
    assert read.tags == {"vip", "spring"}
    assert read.version == "2026-11-20T09:14:03Z"
    assert read.group == "Front desk"
    assert read.brand == "Acme Home"
    assert read.channel == "email"
    assert read.url == "https://acme.freshdesk.com/a/tickets/4021"


def test_fields_go_by_our_names_and_blank_ones_are_left_out() -> None:
    read = ticket()
    assert read.fields == {"order": "A-77, A-78", "flag": "true"}
    assert read.order_references == ("A-77", "A-78")
    assert ticket(replace(ROW, type="Complaint")).fields["type"] == "Complaint"


def test_who_said_what_to_whom_oldest_first() -> None:
    customer, agent, system = AuthorRole.CUSTOMER, AuthorRole.AGENT, AuthorRole.SYSTEM
    assert [(message.id, message.author_role, message.public) for message in ticket().messages] == [
        ("description", customer, True),
        ("500", system, True),  # automatic acknowledgement
        ("501", agent, True),
        ("502", customer, True),
        ("503", agent, False),  # forwarded to somebody else
        ("504", system, False),  # that somebody's answer
        ("505", system, False),  # our own note
        ("506", system, False),  # a rule's note
        ("507", customer, True),  # satisfaction survey
    ]


def test_first_message_is_the_description_as_html() -> None:
    first = ticket().messages[0]
    assert first.raw == "<div>You said you would <b>call</b> on Monday.</div>"
    assert first.is_html
    assert first.author_id == "67042965501"


def test_text_stands_in_where_there_is_no_html() -> None:
    assert ticket().messages[-1].raw == "Rated 1 of 5: nobody called"
    assert not ticket().messages[-1].is_html
    plain = ticket(replace(ROW, description="")).messages[0]
    assert plain.raw == "You said you would call on Monday."
    assert not plain.is_html


def test_an_outbound_email_begins_with_the_agents_words() -> None:
    first = ticket(replace(ROW, source=10, responder_id=67013469919)).messages[0]
    assert first.author_role is AuthorRole.AGENT
    assert first.author_id == "67013469919"


@pytest.mark.parametrize(
    ("changes", "role"),
    [
        ({"user_id": None, "incoming": False}, AuthorRole.SYSTEM),
        ({"user_id": None, "incoming": True}, AuthorRole.CUSTOMER),
        ({"user_id": 67042960000, "incoming": True, "source": 0}, AuthorRole.CUSTOMER),
        ({"user_id": 67042965501, "incoming": True, "source": 8}, AuthorRole.CUSTOMER),
        ({"user_id": 67042960000, "incoming": True, "source": 8}, AuthorRole.SYSTEM),
    ],
)
def test_roles(changes: dict[str, object], role: AuthorRole) -> None:
    row = replace(SAID[0], **changes)  # type: ignore[arg-type]
    assert ticket(said=[row]).messages[1].author_role is role
