"""From Zendesk's words to ours: tickets and macros. Nothing here does I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from adapters.contract import AuthorRole, Macro, Message, Priority, Requester, Status, Tagging, Ticket
from adapters.zendesk.schemas import ApiMacro, ApiTicket, Audit, AuditEvent, Comment, User

_STATUS = {
    "new": Status.NEW,
    "open": Status.OPEN,
    "pending": Status.PENDING,
    "hold": Status.PENDING,
    "solved": Status.SOLVED,
    "closed": Status.CLOSED,
    "archived": Status.CLOSED,
}
_ROLE = {"end-user": AuthorRole.CUSTOMER, "agent": AuthorRole.AGENT, "admin": AuthorRole.AGENT}
# Channels on which only Zendesk itself writes. `api` is none of them: customers' systems open tickets through it.
_MACHINE_CHANNELS = frozenset({"rule", "trigger", "automation", "automatic", "system"})


def ticket(
    found: ApiTicket,
    comments: Iterable[Comment],
    users: Iterable[User],
    *,
    fields: Mapping[str, str],
    own_user_id: str | None,
    base_url: str,
) -> Ticket:
    """`comments` may come in any order; of a user told of twice the first counts. `fields` maps our names to ids."""
    people: dict[str, User] = {}
    for user in users:
        people.setdefault(user.id, user)
    requester = people.get(found.requester_id, User())
    values = {value.id: _text(value.value) for value in found.custom_fields}
    known = {name: values[field_id] for name, field_id in fields.items() if values.get(field_id)}
    # By id: a page can repeat a comment when another arrives while paging.
    messages = {comment.id: _message(comment, found.requester_id, people, own_user_id) for comment in comments}
    return Ticket(
        id=found.id,
        subject=found.subject,
        requester=Requester(found.requester_id, requester.name, requester.email, requester.organization_id),
        # Comments of one second keep the order of their ids, which grow.
        messages=tuple(sorted(messages.values(), key=lambda message: (message.at, int(message.id)))),
        status=_STATUS.get(found.status.lower(), Status.OPEN),
        priority=_priority(found.priority),
        tags=frozenset(found.tags),
        fields=known,
        created_at=found.created_at,
        updated_at=datetime.fromisoformat(found.updated_at),
        version=found.updated_at,
        group=found.group_id,
        brand=found.brand_id,
        channel=found.via.channel or None,
        language=requester.locale,
        order_references=tuple(re.split(r"[\s,;]+", known["order"].strip())) if known.get("order") else (),
        url=f"{base_url}/agent/tickets/{found.id}",
    )


def macro(found: ApiMacro) -> Macro | None:
    """A shared macro that says something; None for one that is personal, switched off or only sets fields."""
    restriction = found.restriction if isinstance(found.restriction, dict) else {}
    body, is_html = _comment_text(found)
    if not found.active or not found.title or not body or restriction.get("type") == "User":
        return None
    ids = restriction.get("ids")
    groups = [*(ids if isinstance(ids, list) else []), restriction.get("id")]
    return Macro(
        id=found.id,
        title=found.title,
        body=body,
        is_html=is_html,
        group_ids=frozenset(str(group) for group in groups if group),
        updated_at=found.updated_at,
    )


def tagging(audit: Audit, event: AuditEvent, users: Iterable[User], *, own_user_id: str) -> Tagging | None:
    """Who stands behind an update that added a tag; None for a rule, for us, and for an author nobody can name."""
    machine = event.by_rule or audit.via.channel in _MACHINE_CHANNELS or audit.author_id in ("", "-1", own_user_id)
    author = next((user for user in users if user.id == audit.author_id), None)
    if machine or author is None or audit.created_at is None:
        return None
    return Tagging(author.id, audit.created_at, _ROLE.get(author.role) is AuthorRole.AGENT, author.email)


def _comment_text(found: ApiMacro) -> tuple[str, bool]:
    """The reply in a macro's actions and whether it is HTML, which is preferred where there are both."""
    said = {action.field: next(_texts(action.value), "") for action in reversed(found.actions)}
    html = said.get("comment_value_html", "")
    return (html, True) if html else (said.get("comment_value", ""), False)


def _texts(value: object) -> Iterator[str]:
    """A text, or `["channel:all", text]`, or a list of such pairs, of which the one for all channels comes first."""
    if isinstance(value, str):
        if value.strip():
            yield value
    elif isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and value[0].startswith("channel:"):
        yield from _texts(value[1])
    elif isinstance(value, list):
        pairs = [part for part in value if isinstance(part, list)]
        for part in sorted(pairs, key=lambda pair: bool(pair) and pair[0] != "channel:all"):
            yield from _texts(part)


def _message(comment: Comment, requester_id: str, people: Mapping[str, User], own_user_id: str | None) -> Message:
    return Message(
        id=comment.id,
        author_role=_author_role(comment, requester_id, people, own_user_id),
        public=comment.public,
        at=comment.created_at,
        raw=comment.html_body or comment.body,
        is_html=bool(comment.html_body),
        author_id=comment.author_id or None,
    )


def _author_role(
    comment: Comment, requester_id: str, people: Mapping[str, User], own_user_id: str | None
) -> AuthorRole:
    """SYSTEM only where that is certain: a rule's comment, nobody's, our own note, or an author who is not told of.

    An author who is not told of (deleted since) is neither read as a complaint nor as a promise.
    """
    if comment.via.channel in _MACHINE_CHANNELS or not comment.author_id or comment.author_id == "-1":
        return AuthorRole.SYSTEM
    if comment.author_id == own_user_id and not comment.public and comment.via.channel == "api":
        return AuthorRole.SYSTEM
    if comment.author_id == requester_id and comment.author_id not in people:
        return AuthorRole.CUSTOMER
    return _ROLE.get(people.get(comment.author_id, User()).role, AuthorRole.SYSTEM)


def _priority(word: str) -> Priority | None:
    try:
        return Priority(word.lower())
    except ValueError:
        return None


def _text(value: object) -> str:
    """A custom field's value as text: a multi-select field's values are tags, joined by blanks."""
    if isinstance(value, list):
        return " ".join(str(part) for part in value)
    return "" if value is None or value is False else str(value)
