"""The Freshdesk API: reading and writing tickets as the platform page describes it."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.adapters.sandbox.running import RunningSandbox


@pytest.fixture
def ticket(sandbox: RunningSandbox) -> int:
    return sandbox.ticket("freshdesk", "Nobody called me back.", tags=["vip"])


def put(sandbox: RunningSandbox, ticket: int, **wish: Any) -> requests.Response:
    return sandbox.freshdesk("PUT", f"tickets/{ticket}", json=wish)


def errors(answer: requests.Response) -> set[tuple[str, str]]:
    body = answer.json()
    assert (answer.status_code, body["description"]) == (400, "Validation failed")
    return {(e["field"], e["code"]) for e in body["errors"]}


# -- updating


def test_only_what_is_sent_changes_and_tags_replace(sandbox: RunningSandbox, ticket: int) -> None:
    answer = put(sandbox, ticket, priority=3, tags=["a", "b"], type="Refund", custom_fields={"cf_order_number": "7"})
    body = answer.json()
    assert answer.status_code == 200
    assert (body["priority"], body["tags"], body["type"], body["status"]) == (3, ["a", "b"], "Refund", 2)
    assert body["custom_fields"] == {"cf_order_number": "7", "cf_product_area": None}
    body = put(sandbox, ticket, custom_fields={"cf_product_area": "Furniture"}).json()
    assert body["custom_fields"] == {"cf_order_number": "7", "cf_product_area": "Furniture"}
    assert (
        put(sandbox, ticket, custom_fields={"cf_order_number": None}).json()["custom_fields"]["cf_order_number"] is None
    )


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({"additional_tags": ["x"]}, {("additional_tags", "invalid_field")}),
        ({"custom_fields": {"cf_nope": 1}}, {("cf_nope", "invalid_field")}),
        ({"custom_fields": {"cf_product_area": "Moon"}}, {("cf_product_area", "invalid_value")}),
        ({"custom_fields": {"cf_order_number": 7}}, {("cf_order_number", "datatype_mismatch")}),
        ({"status": 99}, {("status", "invalid_value")}),
        ({"priority": 0, "type": "Moan"}, {("priority", "invalid_value"), ("type", "invalid_value")}),
        ({"tags": ["x" * 33]}, {("tags", "invalid_value")}),
        ({"tags": "x"}, {("tags", "datatype_mismatch")}),
        ({"tags": ["a,b"]}, {("tags", "invalid_value")}),
        ({"group_id": 1}, {("group_id", "invalid_value")}),
        ({"responder_id": 1}, {("responder_id", "invalid_value")}),
        ({"due_by": "tomorrow"}, {("due_by", "invalid_date")}),
        ({}, {("request", "missing_field")}),
    ],
)
def test_invalid_updates_name_field_and_code(
    sandbox: RunningSandbox, ticket: int, wish: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    before = sandbox.seen("freshdesk", ticket)
    assert errors(put(sandbox, ticket, **wish)) == expected
    assert sandbox.seen("freshdesk", ticket) == before


def test_account_specific_statuses_are_accepted(sandbox: RunningSandbox, ticket: int) -> None:
    assert put(sandbox, ticket, status=6).json()["status"] == 6
    choices = sandbox.freshdesk("GET", "ticket_fields?type=default_status").json()[0]["choices"]
    assert choices["6"][0] == "Waiting on Customer"


def test_a_due_date_is_taken_and_recalculated_away(sandbox: RunningSandbox, ticket: int) -> None:
    before = sandbox.freshdesk("GET", f"tickets/{ticket}").json()["due_by"]
    assert put(sandbox, ticket, due_by="2030-01-01T00:00:00Z").json()["due_by"] == before
    assert put(sandbox, ticket, priority=4).json()["due_by"] < before


@pytest.mark.parametrize("where", ["spam", "deleted"])
def test_spam_and_trash_answer_405(sandbox: RunningSandbox, ticket: int, where: str) -> None:
    sandbox.control(f"tickets/freshdesk/{ticket}/status", {"status": where})
    assert put(sandbox, ticket, priority=3).status_code == 405
    assert sandbox.freshdesk("POST", f"tickets/{ticket}/notes", json={"body": "x"}).status_code == 405
    assert sandbox.freshdesk("GET", f"tickets/{ticket}").json()["spam"] is (where == "spam")
    assert [t["id"] for t in sandbox.freshdesk("GET", f"tickets?filter={where}").json()] == [ticket]
    assert sandbox.freshdesk("GET", "tickets").json() == []


def test_unknown_tickets_answer_404_without_a_body(sandbox: RunningSandbox) -> None:
    for path in ("tickets/99", "nowhere"):
        answer = sandbox.freshdesk("GET", path)
        assert (answer.status_code, answer.content) == (404, b"")


def test_bodies_that_are_no_object(sandbox: RunningSandbox, ticket: int) -> None:
    answer = sandbox.freshdesk("PUT", f"tickets/{ticket}", data="{", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")
    answer = sandbox.freshdesk("PUT", f"tickets/{ticket}", data="<a/>", headers={"Content-Type": "application/xml"})
    assert answer.status_code == 415


def test_creating(sandbox: RunningSandbox) -> None:
    wish = {
        "subject": "s",
        "description": "<b>d</b><script>x</script>",
        "email": "kim@x.example",
        "status": 2,
        "priority": 1,
    }
    answer = sandbox.freshdesk("POST", "tickets", json=wish)
    assert answer.status_code == 201
    assert answer.headers["Location"].endswith(f"/api/v2/tickets/{answer.json()['id']}")
    assert answer.json()["description"] == "<div><b>d</b></div>"
    assert answer.json()["description_text"] == "d"
    assert errors(sandbox.freshdesk("POST", "tickets", json={"subject": "s"})) == {("requester_id", "missing_field")}


# -- reading


def test_embedding_brings_the_ten_oldest_conversations(sandbox: RunningSandbox, ticket: int) -> None:
    for number in range(12):
        sandbox.control(f"tickets/freshdesk/{ticket}/reply", {"as": "customer", "text": f"reply {number}"})
    body = sandbox.freshdesk("GET", f"tickets/{ticket}?include=conversations,requester,company,stats").json()
    assert [c["body_text"] for c in body["conversations"]] == [f"reply {n}" for n in range(10)]
    assert body["requester"]["email"] == "robin@customer.example"
    assert body["stats"]["requester_responded_at"] is not None and body["stats"]["first_responded_at"] is None
    assert body["description_text"] == "Nobody called me back."
    last = sandbox.freshdesk("GET", f"tickets/{ticket}/conversations?page=2&per_page=10")
    assert [c["body_text"] for c in last.json()] == ["reply 10", "reply 11"]
    assert "Link" not in last.headers
    first = sandbox.freshdesk("GET", f"tickets/{ticket}/conversations?per_page=10")
    assert first.links["next"]["url"].endswith("conversations?per_page=10&page=2")
    assert errors(sandbox.freshdesk("GET", f"tickets/{ticket}?include=soul")) == {("include", "invalid_value")}


def test_conversations_tell_who_spoke_and_to_whom(sandbox: RunningSandbox, ticket: int) -> None:
    for kind in ("customer", "agent", "note"):
        sandbox.control(f"tickets/freshdesk/{ticket}/reply", {"as": kind, "text": kind})
    rows = sandbox.freshdesk("GET", f"tickets/{ticket}/conversations").json()
    told = [(c["incoming"], c["private"], c["source"]) for c in rows]
    assert told == [(True, False, 0), (False, False, 0), (False, True, 2)]
    stats = sandbox.freshdesk("GET", f"tickets/{ticket}?include=stats").json()["stats"]
    assert stats["first_responded_at"] is not None


def test_list_since_and_order(sandbox: RunningSandbox) -> None:
    old = sandbox.ticket("freshdesk", created_at="2026-01-01T00:00:00Z")
    new = sandbox.ticket("freshdesk")
    assert [t["id"] for t in sandbox.freshdesk("GET", "tickets").json()] == [new]
    since = "tickets?updated_since=2025-12-31T00:00:00Z"
    assert [t["id"] for t in sandbox.freshdesk("GET", since).json()] == [new, old]
    rows = sandbox.freshdesk("GET", f"{since}&order_by=updated_at&order_type=asc&include=description").json()
    assert [t["id"] for t in rows] == [old, new]
    assert "description_text" in rows[0]
    assert "description_text" not in sandbox.freshdesk("GET", since).json()[0]
    found = sandbox.freshdesk("GET", f"{since}&email=robin@customer.example").json()
    assert len(found) == 2
    assert errors(sandbox.freshdesk("GET", "tickets?order_by=mood")) == {("order_by", "invalid_value")}
    assert errors(sandbox.freshdesk("GET", "tickets?updated_since=never")) == {("updated_since", "invalid_date")}


def test_page_walls(sandbox: RunningSandbox) -> None:
    assert sandbox.freshdesk("GET", "tickets?page=300&per_page=100").status_code == 200
    assert errors(sandbox.freshdesk("GET", "tickets?page=301")) == {("page", "invalid_value")}
    assert errors(sandbox.freshdesk("GET", "tickets?per_page=101")) == {("per_page", "invalid_value")}
    assert errors(sandbox.freshdesk("GET", "tickets?page=0")) == {("page", "datatype_mismatch")}


def test_following_link_headers_sees_every_ticket_once(sandbox: RunningSandbox) -> None:
    sandbox.control("tickets", {"tickets": [{"helpdesk": "freshdesk", "text": "t"} for _ in range(70)]})
    path, seen = "tickets?updated_since=2020-01-01&order_by=updated_at&order_type=asc", []
    while path:
        page = sandbox.freshdesk("GET", path)
        seen += [t["id"] for t in page.json()]
        path = page.links.get("next", {}).get("url", "").partition("/api/v2/")[2]
    assert seen == list(range(1, 71))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status:2", [2, 1]),
        ("tag:'vip'", [1]),
        ("status:2 AND priority:>2", [2]),
        ("priority:4 OR tag:'vip'", [2, 1]),
        ("(priority:4 OR tag:'vip') AND status:3", []),
        ("cf_order_number:'77'", [2]),
        ("agent_id:null", [2, 1]),
        ("created_at:>'2026-02-01'", [2]),
    ],
)
def test_search_language(sandbox: RunningSandbox, query: str, found: list[int]) -> None:
    sandbox.ticket("freshdesk", tags=["vip"], created_at="2026-01-01T00:00:00Z")
    second = sandbox.ticket("freshdesk")
    put(sandbox, second, priority=4, custom_fields={"cf_order_number": "77"})
    body = sandbox.freshdesk("GET", "search/tickets", params={"query": f'"{query}"'}).json()
    assert ([t["id"] for t in body["results"]], body["total"]) == (found, len(found))


@pytest.mark.parametrize("query", ["status:2", '"status:"', '"(status:2"', '"mood:3"', '"status:2 priority:1"'])
def test_search_refuses_what_it_cannot_read(sandbox: RunningSandbox, query: str) -> None:
    assert sandbox.freshdesk("GET", "search/tickets", params={"query": query}).status_code == 400


# -- notes


def test_notes_are_private_unless_told_and_can_be_edited_and_deleted(sandbox: RunningSandbox, ticket: int) -> None:
    made = sandbox.freshdesk("POST", f"tickets/{ticket}/notes", json={"body": "<p>one</p><!-- gone -->"})
    note = made.json()
    assert (made.status_code, note["private"], note["incoming"], note["source"]) == (201, True, False, 2)
    assert note["body"] == "<div><p>one</p></div>"
    sandbox.control("clock", {"advance": 3})
    edited = sandbox.freshdesk("PUT", f"conversations/{note['id']}", json={"body": "two"}).json()
    assert edited["body_text"] == "two" and edited["updated_at"] > edited["created_at"]
    assert sandbox.seen("freshdesk", ticket)["notes"] == ["two"]
    assert sandbox.freshdesk("DELETE", f"conversations/{note['id']}").status_code == 204
    assert sandbox.seen("freshdesk", ticket)["notes"] == []
    assert sandbox.freshdesk("PUT", f"conversations/{note['id']}", json={"body": "x"}).status_code == 404


def test_only_notes_are_edited(sandbox: RunningSandbox, ticket: int) -> None:
    reply = sandbox.control(f"tickets/freshdesk/{ticket}/reply", {"as": "agent", "text": "hello"})["comment_id"]
    assert sandbox.freshdesk("PUT", f"conversations/{reply}", json={"body": "x"}).status_code == 400
    assert sandbox.freshdesk("DELETE", f"conversations/{reply}").status_code == 400


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({}, {("body", "missing_field")}),
        ({"body": " "}, {("body", "invalid_value")}),
        ({"body": "x", "public": False}, {("public", "invalid_field")}),
        ({"body": "x", "private": "yes"}, {("private", "datatype_mismatch")}),
        ({"body": "x", "user_id": 1}, {("user_id", "invalid_value")}),
    ],
)
def test_invalid_notes(
    sandbox: RunningSandbox, ticket: int, wish: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    assert errors(sandbox.freshdesk("POST", f"tickets/{ticket}/notes", json=wish)) == expected


def test_public_replies_by_the_api_are_counted(sandbox: RunningSandbox, ticket: int) -> None:
    sandbox.freshdesk("POST", f"tickets/{ticket}/notes", json={"body": "x", "private": True})
    sandbox.control(f"tickets/freshdesk/{ticket}/reply", {"as": "agent", "text": "by hand"})
    assert sandbox.control("stats")["freshdesk"]["public_replies"] == 0
    assert sandbox.freshdesk("POST", f"tickets/{ticket}/reply", json={"body": "y"}).status_code == 201
    sandbox.freshdesk("POST", f"tickets/{ticket}/notes", json={"body": "x", "private": False})
    assert sandbox.control("stats")["freshdesk"]["public_replies"] == 2
