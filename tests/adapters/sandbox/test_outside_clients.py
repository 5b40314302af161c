"""Clients written by others for the real platforms, used against the sandbox: they must not notice."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.sandbox.clock import parse_stamp
from tests.adapters.sandbox import outside
from tests.adapters.sandbox.running import RunningSandbox

SPECS = Path(__file__).parents[4] / "shared" / "specs"


@pytest.fixture
def zen(sandbox: RunningSandbox) -> Any:
    zenpy = pytest.importorskip("zenpy")
    return zenpy.Zenpy(
        subdomain="acme",
        email=sandbox.service_email,
        token=sandbox.zendesk_api_token,
        session=outside.session(sandbox.url),
        disable_cache=True,
    )


@pytest.fixture
def fresh(sandbox: RunningSandbox) -> Any:
    api = pytest.importorskip("freshdesk.v2.api")
    client = api.API("acme.freshdesk.com", sandbox.freshdesk_agent_key)
    made = outside.session(sandbox.url)
    made.auth, made.headers = client._session.auth, client._session.headers
    client._session = made
    return client


# -- zenpy


def test_zenpy_reads_and_writes_a_ticket(zen: Any, sandbox: RunningSandbox) -> None:
    from zenpy.lib.api_objects import Comment

    ticket_id = sandbox.ticket("zendesk", "Where is my order?", tags=["vip"])
    ticket = zen.tickets(id=ticket_id)
    assert ticket.requester.email == "robin@customer.example"
    ticket.priority = "high"
    ticket.tags.append("complaint_no_order_update")
    ticket.comment = Comment(body="looking into it", public=False)
    audit = zen.tickets.update(ticket)
    assert audit.ticket.priority == "high"
    assert {event["type"] for event in audit.audit.events} >= {"Comment", "Change"}
    comments = list(zen.tickets.comments(ticket_id))
    assert [c.public for c in comments] == [True, False]
    assert sandbox.seen("zendesk", ticket_id)["tags"] == ["vip", "complaint_no_order_update"]


def test_zenpy_creates_lists_and_pages(zen: Any, sandbox: RunningSandbox) -> None:
    from zenpy.lib.api_objects import Ticket, User

    sandbox.control("tickets", {"tickets": [{"helpdesk": "zendesk", "text": f"number {i}"} for i in range(250)]})
    made = zen.tickets.create(Ticket(subject="s", description="d", requester=User(name="N", email="n@x.example")))
    assert made.ticket.id == 251
    assert len(list(zen.tickets())) == 251
    assert len([t.id for t in zen.tickets(cursor_pagination=True)]) == 251
    assert [t.id for t in zen.tickets(ids=[1, 3])] == [1, 3]


def test_zenpy_tags_audits_macros_fields(zen: Any, sandbox: RunningSandbox) -> None:
    ticket_id = sandbox.ticket("zendesk")
    assert list(zen.tickets.add_tags(ticket_id, ["a", "b"])) == ["a", "b"]
    assert list(zen.tickets.set_tags(ticket_id, ["c"])) == ["c"]
    zen.tickets.delete_tags(ticket_id, ["c"])
    assert sandbox.seen("zendesk", ticket_id)["tags"] == []
    assert [a.via.channel for a in zen.tickets.audits(ticket=ticket_id)] == ["email", "api", "api", "api"]
    macros = {m.title: m for m in zen.macros()}
    effect = zen.tickets.show_macro_effect(ticket_id, macros["Callback: we call you today"].id)
    assert "Robin" in effect.ticket.comment.body
    assert {f.title for f in zen.ticket_fields()} >= {"Subject", "Order number", "Product area"}
    assert zen.users.me().email == sandbox.service_email
    assert [b.name for b in zen.brands()] == ["Acme"]
    assert {g.name for g in zen.groups()} >= {"Support", "Recovery"}


def test_zenpy_incremental_and_search(zen: Any, sandbox: RunningSandbox) -> None:
    for number in range(3):
        sandbox.ticket("zendesk", f"late delivery {number}")
    now = parse_stamp(sandbox.control("clock")["now"])
    sandbox.control("clock", {"advance": 120})
    start = now - timedelta(hours=1)
    # zenpy asks whether the page's end lies before its own clock, which was not advanced: one page is enough here.
    assert [t.id for t in zen.tickets.incremental(start_time=start)] == [1, 2, 3]
    assert {t.id for t in zen.search("delivery", type="ticket")} == {1, 2, 3}
    assert len(zen.search(type="ticket", status="new")) == 3


def test_zenpy_triggers_webhooks_and_errors(zen: Any, sandbox: RunningSandbox) -> None:
    from zenpy.lib.api_objects import Webhook
    from zenpy.lib.exception import APIException, RecordNotFoundException

    hook = zen.webhooks.create(
        Webhook(name="n", endpoint="https://x.example/hook", http_method="POST", request_format="json", status="active")
    )
    assert len(hook.id) == 26
    assert [w.id for w in zen.webhooks.list()] == [hook.id]
    assert zen.webhooks.show_secret(hook).secret
    with pytest.raises(RecordNotFoundException):
        zen.tickets(id=999)
    ticket = zen.tickets(id=sandbox.ticket("zendesk"))
    ticket.status = "sleeping"
    with pytest.raises(APIException, match="RecordInvalid"):
        zen.tickets.update(ticket)


# -- python-freshdesk


def test_python_freshdesk_tickets(fresh: Any, sandbox: RunningSandbox) -> None:
    made = fresh.tickets.create_ticket("Help", description="<b>now</b>", email="kim@customer.example", tags=["a"])
    assert (made.status, made.priority, made.source) == ("open", "low", "portal")
    changed = fresh.tickets.update_ticket(made.id, priority=4, tags=["b"])
    assert (changed.priority, changed.tags) == ("urgent", ["b"])
    shown = fresh.tickets.get_ticket(made.id, "requester", "conversations")
    assert shown.requester["email"] == "kim@customer.example"
    fresh.comments.create_note(made.id, "a note")
    (note,) = fresh.comments.list_comments(made.id)
    assert (note.body_text, note.private, note.source) == ("a note", True, "note")


def test_python_freshdesk_pages_and_filters(fresh: Any, sandbox: RunningSandbox) -> None:
    sandbox.control("tickets", {"tickets": [{"helpdesk": "freshdesk", "text": f"n {i}"} for i in range(130)]})
    assert len(fresh.tickets.list_tickets(filter_name=None)) == 130
    assert len(fresh.tickets.filter_tickets("status:2 AND priority:1", page=1)) == 30
    fresh.tickets.delete_ticket(7)
    assert [t.id for t in fresh.tickets.list_deleted_tickets()] == [7]


def test_python_freshdesk_errors_and_settings(fresh: Any, sandbox: RunningSandbox) -> None:
    errors = pytest.importorskip("freshdesk.v2.errors")
    with pytest.raises(errors.FreshdeskNotFound):
        fresh.tickets.get_ticket(99)
    with pytest.raises(errors.FreshdeskBadRequest, match="invalid_field"):
        fresh.tickets.create_ticket("s", email="a@b.example", nonsense=1)
    with pytest.raises(errors.FreshdeskAccessDenied):
        fresh.groups.list_groups()
    assert fresh.agents.currently_authenticated_agent().contact["email"] == sandbox.service_email
    assert {f.name for f in fresh.ticket_fields.list_ticket_fields()} >= {"status", "cf_order_number"}
    fresh._session.auth = (sandbox.freshdesk_admin_key, "X")
    assert {g.name for g in fresh.groups.list_groups()} >= {"Support", "Recovery"}


# -- published examples


def _examples() -> dict[tuple[str, str], Any]:
    """The official description's example answers by method and path."""
    spec = json.loads((SPECS / "zendesk-support-openapi.json").read_text("utf-8"))
    found = {}
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            for status, answer in (operation.get("responses") or {}).items() if isinstance(operation, dict) else ():
                answer = _resolve(spec, answer)
                examples = (answer.get("content", {}).get("application/json") or {}).get("examples") or {}
                if status.startswith("2") and "default" in examples:
                    found[method, path] = _resolve(spec, examples["default"])["value"]
    return found


def _resolve(spec: Any, node: Any) -> Any:
    if "$ref" in node:
        for part in node["$ref"].removeprefix("#/").split("/"):
            spec = spec[part]
        return spec
    return node


def _missing(example: Any, answer: Any, at: str = "") -> list[str]:
    """Keys that the example has and the answer lacks, looking into the first element of lists."""
    if isinstance(example, dict) and isinstance(answer, dict):
        gone = [f"{at}.{key}" for key in example if key not in answer]
        return gone + [m for k in example if k in answer for m in _missing(example[k], answer[k], f"{at}.{k}")]
    if isinstance(example, list) and isinstance(answer, list) and example and answer:
        return _missing(example[0], answer[0], f"{at}[0]")
    return []


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/api/v2/tickets/{ticket_id}", "tickets/1"),
        ("/api/v2/tickets", "tickets"),
        ("/api/v2/tickets/{ticket_id}/comments", "tickets/1/comments"),
        ("/api/v2/tickets/{ticket_id}/audits", "tickets/1/audits"),
        ("/api/v2/tickets/{ticket_id}/tags", "tickets/1/tags"),
        ("/api/v2/incremental/tickets/cursor", "incremental/tickets/cursor?start_time=1"),
        ("/api/v2/macros", "macros"),
        ("/api/v2/ticket_fields", "ticket_fields"),
        ("/api/v2/slas/policies", "slas/policies"),
        ("/api/v2/triggers", "triggers"),
        ("/api/v2/users/me", "users/me"),
        ("/api/v2/groups", "groups"),
        ("/api/v2/brands", "brands"),
        ("/api/v2/search", "search?query=type:ticket"),
    ],
)
def test_answers_have_every_key_of_the_published_example(sandbox: RunningSandbox, path: str, url: str) -> None:
    if not SPECS.exists():
        pytest.skip(f"{SPECS} is not here")
    sandbox.ticket("zendesk", created_at="2026-01-05T10:00:00Z")
    sandbox.control("connect", {"helpdesk": "zendesk", "url": "http://127.0.0.1:9/hook"})
    example = _examples()["get", path]
    answer = sandbox.zendesk("GET", url)
    assert answer.status_code == 200, answer.text
    # Parts of the examples that stand for optional features of an account.
    optional = {
        ".user.authenticity_token", ".user.user_fields.user_date", ".user.user_fields.user_decimal",
        ".user.user_fields.user_dropdown", ".comments[0].metadata.via",
    }  # fmt: skip
    if path == "/api/v2/search":
        example = {**example, "results": []}
    assert set(_missing(example, answer.json())) - optional == set()


@pytest.mark.parametrize(
    ("stream", "url", "admin"),
    [
        ("tickets", "tickets?include=stats,requester,description", False),
        ("conversations", "tickets/1/conversations", False),
        ("business_hours", "business_hours", True),
        ("canned_response_folders", "canned_response_folders", True),
        ("canned_responses", "canned_response_folders/{folder}/responses", True),
    ],
)
def test_answers_have_every_key_of_a_recorded_one(sandbox: RunningSandbox, stream: str, url: str, admin: bool) -> None:
    if not SPECS.exists():
        pytest.skip(f"{SPECS} is not here")
    rows = [json.loads(line) for line in (SPECS / "freshdesk-recorded.jsonl").read_text("utf-8").splitlines()]
    ticket = sandbox.ticket("freshdesk")
    sandbox.control(f"tickets/freshdesk/{ticket}/reply", {"as": "note", "text": "n"})
    folder = sandbox.freshdesk("GET", "canned_response_folders", admin=True).json()[0]["id"]
    answer = sandbox.freshdesk("GET", url.format(folder=folder), admin=admin).json()[0]
    for recorded in (row["data"] for row in rows if row["stream"] == stream):
        # The recording connector renamed this key.
        renamed = {"working_hours": "business_hours"}
        expected = {renamed.get(key, key): value for key, value in recorded.items()}
        assert _missing(expected, answer) == []
