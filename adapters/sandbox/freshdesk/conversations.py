"""Freshdesk: conversations, notes and replies."""

from __future__ import annotations

from flask import jsonify, make_response
from flask.typing import ResponseReturnValue

from adapters.sandbox import markup
from adapters.sandbox.freshdesk import shapes
from adapters.sandbox.freshdesk.blueprint import (
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
from adapters.sandbox.freshdesk.wishes import EditWish, NoteWish, ReplyWish
from adapters.sandbox.shelf import Record
from adapters.sandbox.store import Channel, Comment, NewComment


@api.get("/api/v2/tickets/<int:ticket_id>/conversations")
def list_conversations(ticket_id: int) -> ResponseReturnValue:
    """Oldest first. The ticket's first message is its description and not among them."""
    return listing(ticket_or_404(ticket_id).comments[1:], shapes.conversation)


@api.post("/api/v2/tickets/<int:ticket_id>/notes")
def create_note(ticket_id: int) -> ResponseReturnValue:
    """A note, private unless `private` is false."""
    ticket, wish = writable(ticket_id), payload(NoteWish)
    body = _body(wish)
    new = NewComment(
        html=body,
        text=markup.to_text(body),
        public=not wish.get("private", True),
        author_id=_author(wish),
        kind="note",
        incoming=wish.get("incoming", False),
    )
    audit = account().desk.edit(ticket, actor(), Channel.API, comment=new)
    return _created(audit.comment, {"notified_to": wish.get("notify_emails") or [], "structured_body": None})


@api.post("/api/v2/tickets/<int:ticket_id>/reply")
def create_reply(ticket_id: int) -> ResponseReturnValue:
    """A mail to the customer. The control API counts these: a plugin that only suggests makes none."""
    ticket, wish = writable(ticket_id), payload(ReplyWish)
    body = _body(wish)
    new = NewComment(html=body, text=markup.to_text(body), author_id=_author(wish), kind="reply", incoming=False)
    audit = account().desk.edit(ticket, actor(), Channel.API, comment=new)
    requester = account().desk.people[ticket.requester_id]
    return _created(audit.comment, {"replied_to": [requester.email]})


@api.put("/api/v2/conversations/<int:key>")
def update_conversation(key: int) -> ResponseReturnValue:
    """Only notes can be edited."""
    comment, wish = _note(key), payload(EditWish)
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
    person = account().desk.people.get(wish["user_id"])
    if person is None:
        raise invalid(wrong("user_id", "There is no user matching the given user_id"))
    return person.id


def _body(wish: Record) -> str:
    """The body as clean HTML, from `body` or from the text parts of `structured_body`."""
    body: str | None = wish.get("body")
    if body is None and wish.get("structured_body"):
        parts = wish["structured_body"]["body_contents"]
        body = markup.to_html("\n".join(str(part["data"].get("content", "")) for part in parts))
    if body is None:
        raise invalid(missing("body"))
    if not body.strip():
        raise invalid(wrong("body", "It should not be blank as this is a mandatory field"))
    return markup.clean(body)


def _created(comment: Comment | None, extra: Record) -> ResponseReturnValue:
    if comment is None:
        raise not_found()
    response = make_response(jsonify({**shapes.conversation(comment), **extra}), 201)
    response.headers["Location"] = api_url(f"tickets/{comment.ticket_id}/conversations/{comment.id}")
    return response
