"""Macros rendered for preview: filled in, escaped, and what is unknown left visible."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import Macro, Ticket
from integration.recovery.placeholders import preview, without_placeholders
from tests.integration.recovery.situations import ticket

TICKET = ticket(
    "Hi",
    subject="Where is <it>?",
    name="Maureen de Vries",
    url="https://acme.example/a/tickets/42",
    group="Recovery",
    fields={"cf_order_number": "A-17", "360011": "blue & green", "requester.name": "somebody else"},
)


def shown(body: str, *, is_html: bool = False, found: Ticket = TICKET) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    made = preview(Macro("1", "t", body, is_html), found)
    assert made.is_html is is_html
    return made.text, made.unknown, made.later


@pytest.mark.parametrize(
    ("body", "is_html", "text", "unknown", "later"),
    [
        ("Hi {{ticket.requester.first_name}}!", False, "Hi Maureen!", (), ()),
        ("Hi {{ ticket.requester.firstname }}!", True, "Hi Maureen!", (), ()),
        ("{{ticket.requester.last_name}}", False, "de Vries", (), ()),
        ("{{ticket.requester.lastname}}", False, "de Vries", (), ()),
        ("{{ticket.requester.name}} {{ticket.requester.email}}", False, "Maureen de Vries m.tully@example.com", (), ()),
        ("{{ticket.id}} {{ticket.title}}", False, "42 Where is <it>?", (), ()),
        ("{{ticket.subject}}", True, "Where is &lt;it&gt;?", (), ()),
        ("{{ticket.url}}", False, "https://acme.example/a/tickets/42", (), ()),
        ("{{ticket.status}} {{ticket.priority}}", False, "Open Normal", (), ()),
        ("{{ticket.group.name}}", False, "Recovery", (), ()),
        ("{{ticket.cf_order_number}}", False, "A-17", (), ()),
        ("{{ticket.ticket_field_360011}}", True, "blue &amp; green", (), ()),
        ("{{ticket.requester.first_name | upcase}}", False, "MAUREEN", (), ()),
        ("{{ticket.cf_missing | default: 'none yet'}}", False, "none yet", (), ()),
        ('{{ticket.cf_order_number | default: "x" | downcase}}', False, "a-17", (), ()),
        ("{{current_user.name}}", False, "{{current_user.name}}", (), ("{{current_user.name}}",)),
        ("{{ticket.agent.name}}", True, "{{ticket.agent.name}}", (), ("{{ticket.agent.name}}",)),
        ("{{ticket.due_by_time}}", False, "{{ticket.due_by_time}}", (), ("{{ticket.due_by_time}}",)),
        ("{{dc.greeting}}", False, "{{dc.greeting}}", (), ("{{dc.greeting}}",)),
        ("{{ticket.cf_missing}}", False, "{{ticket.cf_missing}}", (), ("{{ticket.cf_missing}}",)),
        ("{{ticket.requestor.name}}", False, "{{ticket.requestor.name}}", ("{{ticket.requestor.name}}",), ()),
        ("{{name}} {{name}}", False, "{{name}} {{name}}", ("{{name}}",), ()),
        ("{{ticket.id | date: '%d'}}", False, "{{ticket.id | date: '%d'}}", (), ("{{ticket.id | date: '%d'}}",)),
        ("{% if ticket.id %}x{% endif %}", False, "{% if ticket.id %}x{% endif %}", (), ("{% if ticket.id %}", "{% endif %}")),
        ("{{}} {{ticket id}}", False, "{{}} {{ticket id}}", (), ("{{}}", "{{ticket id}}")),
        ("braces { } {{ unclosed", False, "braces { } {{ unclosed", (), ()),
    ],
)  # fmt: skip
def test_each_platforms_placeholders(
    body: str, is_html: bool, text: str, unknown: tuple[str, ...], later: tuple[str, ...]
) -> None:
    assert shown(body, is_html=is_html) == (text, unknown, later)


def test_a_value_is_not_read_as_a_placeholder_again() -> None:
    hostile = ticket("Hi", name="{{ticket.id}} {% if x %} <b>")
    assert shown("{{ticket.requester.name}}", found=hostile)[0] == "{ {ticket.id} } { % if x %} <b>"


@given(st.text(max_size=80), st.text(max_size=60))
def test_html_bodies_stay_whole_whatever_the_values_are(name: str, subject: str) -> None:
    made = preview(
        Macro("1", "t", "<p>{{ticket.requester.name}}</p><i>{{ticket.subject}}</i>", True),
        ticket("Hi", name=name, subject=subject),
    )
    inner = re.sub(r"</?(?:p|i)>|<br>", "", made.text)
    assert "<" not in html.unescape(inner) or "&lt;" in inner
    assert not re.search(r"<(?!/?(?:p|i|br)>)", made.text)


@given(st.text(alphabet="{}%| .ticketxyz'\"", max_size=120))
def test_any_body_is_rendered(body: str) -> None:
    made = preview(Macro("1", "t", body), TICKET)
    assert all(mark in body for mark in (*made.unknown, *made.later))


def test_a_long_hostile_body_is_quick() -> None:
    for body in ("{{" * 50_000, "{{ticket.id" + "|default:'x'" * 20_000 + "}}", "{%" * 50_000, "{{" + "a" * 100_000):
        preview(Macro("1", "t", body), TICKET)
        without_placeholders(body)
