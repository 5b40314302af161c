"""Freshdesk: conversations, notes and replies."""

from __future__ import annotations

from typing import Any

from flask import jsonify, make_response
from flask.typing import ResponseReturnValue

from adapters.sandbox import markup
from adapters.sandbox.freshdesk import shapes
from adapters.sandbox.freshdesk.blueprint import (
    accept_only,
    account,
    actor,
    api,
    api_url,
    invalid,
    listing,
    missing,
    not_found,
    payload,
    ticket_or_404,
    writable,
    wrong,
)
from adapters.sandbox.shelf import Record
from adapters.sandbox.store import Channel, Comment, NewComment

_NOTE = frozenset(["body", "structured_body", "private", "incoming", "notify_emails", "user_id", "attachments"])
_REPLY = frozenset(["body", "structured_body", "from_email", "user_id", "cc_emails", "bcc_emails", "attachments"])
_EDIT = frozenset(("body", "attachments"))


@api.get("/api/v2/tickets/<int:ticket_id>/conversations")
def list_conversations(ticket_id: int) -> ResponseReturnValue:
    """Oldest first. The ticket's first message is its description and not among them."""
    return listing(ticket_or_404(ticket_id).comments[1:], shapes.conversation)


@api.post("/api/v2/tickets/<int:ticket_id>/notes")
def create_note(ticket_id: int) -> ResponseReturnValue:
    """A note, private unless `private` is false."""
    ticket, wish = writable(ticket_id), payload()
    accept_only(wish, _NOTE)
    body = _body(wish)
    for name in ("private", "incoming"):
        if not isinstance(wish.get(name, True), bool):
            raise invalid(wrong(name, "Value set is of type String. It should be a/an Boolean", "datatype_mismatch"))
    new = NewComment(
        html=body,
        text=markup.to_text(body),
        public=not wish.get("private", True),
        author_id=_author(wish),
        kind="note",
        incoming=bool(wish.get("incoming", False)),
    )
    audit = account().desk.edit(ticket, actor(), Channel.API, comment=new)
    return _created(audit.comment, {"notified_to": wish.get("notify_emails") or [], "structured_body": None})


@api.post("/api/v2/tickets/<int:ticket_id>/reply")
def create_reply(ticket_id: int) -> ResponseReturnValue:
    """A mail to the customer. The control API counts these: a plugin that only suggests makes none."""
    ticket, wish = writable(ticket_id), payload()
    accept_only(wish, _REPLY)
    body = _body(wish)
    new = NewComment(html=body, text=markup.to_text(body), author_id=_author(wish), kind="reply", incoming=False)
    audit = account().desk.edit(ticket, actor(), Channel.API, comment=new)
    requester = account().desk.people[ticket.requester_id]
    return _created(audit.comment, {"replied_to": [requester.email]})


@api.put("/api/v2/conversations/<int:key>")
def update_conversation(key: int) -> ResponseReturnValue:
    """Only notes can be edited."""
    comment, wish = _note(key), payload()
    accept_only(wish, _EDIT)
    body = _body(wish)
    account().desk.rewrite(comment, actor(), body, markup.to_text(body))
    return jsonify(shapes.conversation(comment))


@api.delete("/api/v2/conversations/<int:key>")
def delete_conversation(key: int) -> ResponseReturnValue:
    account().desk.erase(_note(key))
    return "", 204


def _note(key: int) -> Comment:
    comment = account().desk.comments.get(key)
    if comment is None or comment is account().desk.tickets[comment.ticket_id].description:
        raise not_found()
    writable(comment.ticket_id)
    if comment.kind != "note":
        raise invalid(wrong("id", "Only public and private notes can be edited or deleted", "incompatible_field"))
    return comment


def _author(wish: Record) -> int | None:
    if wish.get("user_id") is None:
        return None
    person = account().desk.people.get(wish["user_id"]) if isinstance(wish["user_id"], int) else None
    if person is None:
        raise invalid(wrong("user_id", "There is no user matching the given user_id"))
    return person.id


def _body(wish: Record) -> str:
    """The body as clean HTML, from `body` or from the text parts of `structured_body`."""
    body: Any = wish.get("body")
    if body is None and isinstance(wish.get("structured_body"), dict):
        parts = wish["structured_body"].get("body_contents") or []
        text = "\n".join(str(part.get("data", {}).get("content", "")) for part in parts)
        body = markup.to_html(text)
    if not isinstance(body, str) or not body.strip():
        raise invalid(
            missing("body") if body is None else wrong("body", "It should not be blank as this is a mandatory field")
        )
    return markup.clean(body)


def _created(comment: Comment | None, extra: Record) -> ResponseReturnValue:
    if comment is None:
        raise not_found()
    response = make_response(jsonify({**shapes.conversation(comment), **extra}), 201)
    response.headers["Location"] = api_url(f"tickets/{comment.ticket_id}/conversations/{comment.id}")
    return response
