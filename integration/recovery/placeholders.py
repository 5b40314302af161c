"""A macro's text as the agent will see it: each platform's placeholders filled from the ticket, the rest left visible.

Which platform is meant shows in the names themselves (platform pages: Zendesk 2.7, Freshdesk 7.1): both write
`{{ticket.requester.name}}`, and where they differ the names differ, too. Values are escaped in HTML bodies. What is
computed (`{% if %}`), what no platform is known to offer, and what only the helpdesk knows stays as it is written.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from adapters.contract import Macro, Ticket

_PLACEHOLDER = re.compile(r"\{\{\s*(?P<name>[\w.-]{1,120})\s*(?P<filters>(?:\|[^{}|]{1,120}){0,5})\}\}")
_ANY = re.compile(r"\{\{[^{}]{0,300}\}\}|\{%[^{}]{0,300}%\}")
_DEFAULT = re.compile(r"""default\s*:\s*(?:"([^"]*)"|'([^']*)')""")
_SIMPLE: Mapping[str, Callable[[str], str]] = {
    "upcase": str.upper,
    "downcase": str.lower,
    "capitalize": str.capitalize,
    "strip": str.strip,
}

# Names that a platform offers although we cannot fill them in: the helpdesk will, when the macro is used.
_LATER = re.compile(
    r"(?:ticket\.(?:assignee|agent|submitter|organization|company|brand|ccs|due_date|due_by_time|due_by_hrs|fr_due_by_time|fr_due_by_hrs|"
    r"latest_(?:public_|private_)?comment\w*|comments?|satisfaction\w*|created\w*|updated\w*|modified_on|external_id|via|account|in_business_hours|"
    r"portal_name|portal_url|public_url|sla_policy_name|status_changed_on|source\w*|description\w*|ticket_type|requester_status_name|total_time_spent|"
    r"billable_hours|surveymonkey_survey|product_description|group_id|from_email|cf_\w+|ticket_field_\w+|requester|group)(?:\..+)?"
    r"|current_user\..+|agent\..+|satisfaction\..+|dc\..+|event_performer\..+|helpdesk_name|triggered_event|comment\..+)"
)


@dataclass(frozen=True, slots=True)
class Preview:
    """`text` is HTML if the macro's body is. `unknown` are placeholders that no platform is known to offer (a spelling
    mistake, most likely); `later` those that only the helpdesk can fill in. Both stand in the text as written."""

    text: str = field(repr=False)
    is_html: bool
    unknown: tuple[str, ...] = ()
    later: tuple[str, ...] = ()


def preview(macro: Macro, ticket: Ticket) -> Preview:
    """Fill in what the ticket tells. Never raises; a value is never read as a placeholder again."""
    values = dict(_values(ticket))
    unknown: dict[str, None] = {}
    later: dict[str, None] = {}

    def filled(match: re.Match[str]) -> str:
        whole = match.group()
        inner = _PLACEHOLDER.fullmatch(html.unescape(whole) if macro.is_html else whole)
        if inner is None:
            # Computed by the helpdesk: a condition, a loop, or a form that we do not read.
            later[whole] = None
            return whole
        value = _filtered(values.get(inner["name"]), inner["filters"])
        if value is None:
            known = inner["name"] in values or _LATER.fullmatch(inner["name"])
            (later if known else unknown)[whole] = None
            return whole
        # Braces in a customer's name must not become a placeholder when the text is pasted into the helpdesk.
        value = value.replace("{{", "{ {").replace("}}", "} }").replace("{%", "{ %")
        return html.escape(value).replace("\n", "<br>") if macro.is_html else value

    return Preview(_ANY.sub(filled, macro.body), macro.is_html, tuple(unknown), tuple(later))


def without_placeholders(body: str) -> str:
    """The text with a blank in place of every placeholder."""
    return _ANY.sub(" ", body)


def _filtered(value: str | None, filters: str) -> str | None:
    """The value after Liquid's simplest filters; None where there is no value or a filter that we do not know."""
    for text in filter(None, (part.strip() for part in filters.split("|"))):
        default = _DEFAULT.fullmatch(text)
        if default:
            value = value or next((given for given in default.groups() if given is not None), None)
        elif value and text in _SIMPLE:
            value = _SIMPLE[text](value)
        else:
            return None
    return value or None


def _values(ticket: Ticket) -> Iterator[tuple[str, str]]:
    # First, so that no field can take the place of what follows.
    yield from _fields(ticket.fields)
    first, _, last = ticket.requester.name.strip().partition(" ")
    requester = {
        "name": ticket.requester.name.strip(),
        "email": ticket.requester.email,
        "id": ticket.requester.id,
        # Zendesk's names, then Freshdesk's.
        "first_name": first,
        "last_name": last.strip(),
        "firstname": first,
        "lastname": last.strip(),
    }
    yield from ((f"ticket.requester.{key}", value) for key, value in requester.items())
    numeric_group = bool(ticket.group) and str(ticket.group).isdigit()
    yield from {
        "ticket.id": ticket.id,
        "ticket.title": ticket.subject,
        "ticket.subject": ticket.subject,
        "ticket.url": ticket.url,
        "ticket.link": ticket.url,
        "ticket.status": ticket.status.value.capitalize(),
        "ticket.priority": ticket.priority.value.capitalize() if ticket.priority else "",
        "ticket.tags": " ".join(sorted(ticket.tags)),
        "ticket.group.name": "" if numeric_group else ticket.group or "",
        "ticket.brand.name": "" if (ticket.brand or "").isdigit() else ticket.brand or "",
    }.items()


def _fields(found: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Custom fields: `ticket.ticket_field_123` on Zendesk, `ticket.cf_name` on Freshdesk."""
    for name, value in found.items():
        yield f"ticket.ticket_field_{name}", value
        yield f"ticket.{name}", value
