"""Zendesk's tickets, comments, macros and audits in our words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest

from adapters.contract import AuthorRole, Priority, Requester, Status, Ticket, Transient
from adapters.zendesk import reading
from adapters.zendesk.schemas import (
    ApiTicket,
    AuditsAnswer,
    CommentsAnswer,
    ExportAnswer,
    MacrosAnswer,
    TicketAnswer,
    TokenAnswer,
    Updated,
    UserAnswer,
    Via,
    loaded,
)
from tests.adapters.zendesk.test_hooks import OWN_ID, fixture

T = TypeVar("T")
FIELDS = {"complaint": "900000000801", "order": "900000000802", "area": "900000000804", "flag": "900000000805"}


def load(kind: type[T], content: object) -> T:
    return loaded(kind, content, account="acme", call="GET /x")


def read(**changes: Any) -> Ticket:
    answer, comments = load(TicketAnswer, fixture("ticket")), load(CommentsAnswer, fixture("comments"))
    return reading.ticket(
        replace(answer.ticket, **changes),
        comments.comments,
        [*answer.users, *comments.users],
        fields=FIELDS,
        own_user_id=OWN_ID,
        base_url="https://acme.zendesk.com",
    )


def test_ticket() -> None:
    ticket = read()
    assert ticket.id == "5158"
    assert ticket.requester == Requester("900000000101", "Robin Vale", "robin@customer.example", "900000000301")
    assert ticket.status is Status.PENDING
    assert ticket.priority is Priority.NORMAL
    assert ticket.tags == {"vip", "reason_no_order_update"}
    assert ticket.created_at == datetime(2026, 11, 20, 14, 3, 11, tzinfo=UTC)
    assert ticket.version == "2026-11-20T15:41:00Z"
    assert (ticket.group, ticket.brand) == ("900000000031", "900000000011")
    assert (ticket.channel, ticket.language) == ("email", "de")
    assert ticket.url == "https://acme.zendesk.com/agent/tickets/5158"


def test_fields_by_our_names_and_order_references() -> None:
    ticket = read()
    assert ticket.fields == {
        "complaint": "reason_no_order_update",
        "order": "77-4411, 77-4412",
        "area": "area_a area_b",
    }
    assert ticket.order_references == ("77-4411", "77-4412")


def test_messages_run_from_oldest_to_newest_with_who_wrote_them() -> None:
    assert [(message.author_role, message.public) for message in read().messages] == [
        (AuthorRole.CUSTOMER, True),
        # Deleted since: neither a complaint nor a promise.
        (AuthorRole.SYSTEM, True),
        (AuthorRole.AGENT, True),
        (AuthorRole.CUSTOMER, True),
        # An automatic reply, and our own note.
        (AuthorRole.SYSTEM, True),
        (AuthorRole.SYSTEM, False),
    ]


def test_bodies_are_html_where_there_is_html() -> None:
    first, *_, last = read().messages
    assert (first.is_html, first.raw) == (False, "Order 77-4411 has not moved for a week. Where is it?")
    assert last.is_html and "No callback yet." in last.raw


def test_api_comment_of_another_integration_counts_as_its_author() -> None:
    """A customer's own system may open tickets through the API: only our own private notes are known to be ours."""
    comments = load(CommentsAnswer, fixture("comments"))
    by_api = [replace(comment, via=Via("api")) for comment in comments.comments if comment.author_id != OWN_ID]
    answer = load(TicketAnswer, fixture("ticket"))
    ticket = reading.ticket(
        answer.ticket, by_api, [*answer.users, *comments.users], fields={}, own_user_id=OWN_ID, base_url="https://x"
    )
    roles = [message.author_role for message in ticket.messages]
    assert roles.count(AuthorRole.CUSTOMER) == 2 and roles.count(AuthorRole.AGENT) == 1


@pytest.mark.parametrize(
    ("word", "status"),
    [("new", "new"), ("OPEN", "open"), ("hold", "pending"), ("solved", "solved"), ("closed", "closed"), ("", "open")],
)
def test_status(word: str, status: str) -> None:
    assert read(status=word).status == status


@pytest.mark.parametrize(("word", "priority"), [("URGENT", Priority.URGENT), ("", None), ("dringend", None)])
def test_priority(word: str, priority: Priority | None) -> None:
    assert read(priority=word).priority is priority


def test_comment_that_two_pages_repeat_counts_once() -> None:
    comments = load(CommentsAnswer, fixture("comments")).comments
    answer = load(TicketAnswer, fixture("ticket"))
    ticket = reading.ticket(answer.ticket, comments + comments, [], fields={}, own_user_id=None, base_url="https://x")
    assert len(ticket.messages) == len(comments)


def test_macros_that_say_something_to_everybody_or_a_group() -> None:
    macros = [reading.macro(macro) for macro in load(MacrosAnswer, fixture("macros")).macros]
    assert [(macro.title, macro.body, macro.is_html) for macro in macros if macro] == [
        ("Plain", "We call you at {{time}}.", False),
        ("By channel", "We call you today.", False),
        ("Several channels", "We write to you by five.", False),
        ("HTML before plain text", "<p>rich</p>", True),
        ("Of one group", "For the team.", False),
    ]
    assert [macro.group_ids for macro in macros if macro][-1] == {"4", "5"}
    assert macros[0] is not None and macros[0].updated_at == datetime(2026, 3, 1, 9, tzinfo=UTC)


def test_audits_tell_the_decision_and_its_note() -> None:
    audits = load(AuditsAnswer, fixture("audits")).audits
    assert [audit.decision_id for audit in audits] == [None, "d-1", None]
    assert audits[1].comment_id == "900000000709"


@pytest.mark.parametrize(
    ("kind", "content", "place"),
    [
        (TicketAnswer, {}, "ticket"),
        (TicketAnswer, {"ticket": None}, "ticket"),
        (
            TicketAnswer,
            {"ticket": {"id": "../1", "updated_at": "x", "created_at": None}},
            "ticket.created_at, ticket.id",
        ),
        (TicketAnswer, [], "all of it"),
        (CommentsAnswer, {"comments": [{"id": 1, "created_at": "2026-01-01T00:00:00Z"}, {}]}, "comments.1.id"),
        (UserAnswer, "text", "all of it"),
        (Updated, {"audit": {}}, "ticket"),
        (ExportAnswer, {"tickets": [{"id": 1, "updated_at": "2026-01-01T00:00:00"}]}, "tickets.0.updated_at"),
        (TokenAnswer, {"access_token": None}, "access_token"),
    ],
)
def test_answer_that_cannot_be_read_names_the_place_not_the_value(kind: type, content: Any, place: str) -> None:
    with pytest.raises(Transient) as caught:
        load(kind, content)
    assert place in str(caught.value)
    assert "../1" not in str(caught.value)


def test_token_shows_in_no_repr() -> None:
    assert "s3cret" not in repr(load(TokenAnswer, {"access_token": "s3cret", "expires_in": 1800}))


def test_customers_words_show_in_no_repr() -> None:
    for thing in (load(TicketAnswer, fixture("ticket")), load(CommentsAnswer, fixture("comments"))):
        assert "77-4411" not in repr(thing) and "Robin" not in repr(thing)


def test_null_means_the_same_as_no_key() -> None:
    content = fixture("ticket")["ticket"]
    needed = ("id", "updated_at", "created_at")
    bare = load(TicketAnswer, {"ticket": {name: content[name] for name in needed}}).ticket
    nulled = load(
        TicketAnswer, {"ticket": {name: content[name] if name in needed else None for name in content}}
    ).ticket
    assert bare == nulled == ApiTicket("5158", "2026-11-20T15:41:00Z", datetime(2026, 11, 20, 14, 3, 11, tzinfo=UTC))
