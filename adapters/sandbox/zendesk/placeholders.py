"""Zendesk's placeholders: `{{ticket.id}}` and friends in comments, macros and trigger bodies."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from datetime import datetime

from adapters.sandbox.store import Channel, Desk, Person, Ticket

PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_ESCAPED = re.compile(r"\\(\{\{[^{}]*\}\})")
_CODE = re.compile(r"(<(code|pre)\b[^>]*>.*?</\2>)", re.DOTALL | re.IGNORECASE)
_VIA = {Channel.WEB: "Web Form", Channel.EMAIL: "Mail", Channel.API: "Web Service", Channel.RULE: "Rule"}

Lookup = Callable[[str], str | None]


def lookup(desk: Desk, ticket: Ticket, current: Person, names: Mapping[str, str]) -> Lookup:
    """The values of one ticket's placeholders; None for a name Zendesk does not know.

    `names` holds what only the account knows: the names of the ticket's group and brand.
    """
    people = desk.people
    requester = people[ticket.requester_id]
    assignee = people.get(ticket.assignee_id or 0)

    def person(who: Person | None, part: str) -> str | None:
        first, _, last = (who.name if who else "").partition(" ")
        known = {
            "id": str(who.id) if who else "",
            "name": who.name if who else "",
            "first_name": first,
            "last_name": last,
            "email": who.email if who else "",
            "role": who.role.value if who else "",
        }
        return known.get(part)

    def find(name: str) -> str | None:
        head, _, rest = name.partition(".")
        if head == "current_user":
            return person(current, rest)
        if head != "ticket":
            return None
        owner, _, part = rest.partition(".")
        if owner in ("requester", "assignee", "submitter"):
            who = {"requester": requester, "assignee": assignee, "submitter": people.get(ticket.submitter_id)}[owner]
            return person(who, part)
        if name in names:
            return names[name]
        if owner.startswith("ticket_field_"):
            value = ticket.fields.get(owner.removeprefix("ticket_field_"))
            return "" if value is None else str(value)
        public = [comment for comment in ticket.comments if comment.public]
        plain: dict[str, str] = {
            "id": str(ticket.id),
            "title": ticket.subject,
            "description": ticket.description.text if ticket.comments else "",
            "status": ticket.status.title(),
            "priority": (ticket.priority or "").title(),
            "ticket_type": (ticket.type or "").title(),
            "tags": " ".join(ticket.tags),
            "via": _VIA[ticket.channel],
            "external_id": ticket.external_id or "",
            "url": f"acme.zendesk.com/agent/tickets/{ticket.id}",
            "link": f"https://acme.zendesk.com/agent/tickets/{ticket.id}",
            "account": "Acme",
            "created_at": _day(ticket.created_at),
            "updated_at": _day(ticket.updated_at),
            "created_at_with_timestamp": _minute(ticket.created_at),
            "updated_at_with_timestamp": _minute(ticket.updated_at),
            "latest_comment": ticket.comments[-1].text if ticket.comments else "",
            "latest_public_comment": public[-1].text if public else "",
        }
        return plain.get(rest)

    return find


def render_plain(template: str, find: Lookup) -> str:
    """A trigger's body: values as they are, not escaped for JSON; what is unknown or missing becomes nothing."""
    return PLACEHOLDER.sub(lambda hit: find(hit[1]) or "", template)


def render_comment(body: str, find: Lookup, is_html: bool) -> str:
    r"""A comment as Zendesk keeps it: placeholders evaluated, unknown ones stripped.

    `\{{x}}` in plain text, and code or pre elements in HTML, keep theirs (platform page: Zendesk, 2.2).
    """
    if is_html:
        parts = _CODE.split(body)
        # split() with two groups yields text, element, tag name, text, ...
        kept = (
            parts[at] if at % 3 == 1 else _fill(parts[at], find, escape=True) for at in range(len(parts)) if at % 3 != 2
        )
        return "".join(kept)
    spared: list[str] = []

    def spare(hit: re.Match[str]) -> str:
        spared.append(hit[1])
        return f"\x00{len(spared) - 1}\x00"

    filled = _fill(_ESCAPED.sub(spare, body), find, escape=False)
    return re.sub(r"\x00(\d+)\x00", lambda hit: spared[int(hit[1])], filled)


def _fill(text: str, find: Lookup, *, escape: bool) -> str:
    def value(hit: re.Match[str]) -> str:
        found = find(html.unescape(hit[1])) or ""
        return html.escape(found) if escape else found

    return PLACEHOLDER.sub(value, text)


def _day(moment: datetime) -> str:
    return moment.strftime("%B %d, %Y")


def _minute(moment: datetime) -> str:
    """Minute resolution, as in the documented example."""
    return moment.strftime("%Y-%m-%dT%H:%MZ")
