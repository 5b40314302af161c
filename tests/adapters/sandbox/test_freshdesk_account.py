"""The Freshdesk API: identity, limits, settings and rules."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.sandbox.clock import parse_stamp
from tests.adapters.sandbox.running import Receiver, RunningSandbox, eventually

# -- identity


def test_the_key_decides_who_one_is(sandbox: RunningSandbox) -> None:
    assert sandbox.freshdesk("GET", "agents/me").json()["contact"]["email"] == sandbox.service_email
    assert sandbox.freshdesk("GET", "agents/me", admin=True).json()["contact"]["name"] == "Alex Admin"
    wrong = sandbox.session.get(f"{sandbox.freshdesk_url}/api/v2/agents/me", auth=("nope", "X"), timeout=30)
    assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid_credentials")
    assert sandbox.session.get(f"{sandbox.freshdesk_url}/api/v2/tickets", timeout=30).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "canned_response_folders", "business_hours", "sla_policies", "automations/1/rules", "admin/ticket_fields",
        "agents", "groups", "roles", "account",
    ],
)  # fmt: skip
def test_admin_endpoints_refuse_an_agents_key(sandbox: RunningSandbox, path: str) -> None:
    assert sandbox.freshdesk("GET", path, admin=True).status_code == 200
    answer = sandbox.freshdesk("GET", path)
    assert (answer.status_code, answer.json()["code"]) == (403, "access_denied")


# -- limits


def test_decimal_headers_and_the_cost_of_embedding(sandbox: RunningSandbox) -> None:
    ticket = sandbox.ticket("freshdesk")
    assert "X-Ratelimit-Total" not in sandbox.freshdesk("GET", "agents/me").headers
    sandbox.control("plan", {"freshdesk": "pro"})
    one = sandbox.freshdesk("GET", f"tickets/{ticket}?include=conversations,requester").headers
    assert (one["X-Ratelimit-Total"], one["X-Ratelimit-Remaining"]) == ("400.0", "397.0")
    assert one["X-Ratelimit-Used-CurrentRequest"] == "3"
    listed = sandbox.freshdesk("GET", "tickets?include=stats").headers
    assert (listed["X-Ratelimit-Remaining"], listed["X-Ratelimit-Used-CurrentRequest"]) == ("394.0", "3")


@pytest.mark.parametrize(
    ("plan", "method", "path", "budget"),
    [
        ("trial", "GET", "agents/me", 50),
        ("growth", "GET", "tickets", 20),
        ("growth", "GET", "contacts", 20),
        ("growth", "PUT", "tickets/1", 80),
    ],
)
def test_budgets(sandbox: RunningSandbox, plan: str, method: str, path: str, budget: int) -> None:
    sandbox.ticket("freshdesk")
    sandbox.control("plan", {"freshdesk": plan})
    body = {"json": {"priority": 2}} if method == "PUT" else {}
    answers = [sandbox.freshdesk(method, path, **body) for _ in range(budget + 1)]
    assert [a.status_code for a in answers] == [200] * budget + [429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert all("Retry-After" not in a.headers for a in answers[:-1])
    assert sandbox.control("stats")["freshdesk"]["throttled"] == 1
    sandbox.control("clock", {"advance": 61})
    assert sandbox.freshdesk(method, path, **body).status_code == 200


# -- settings


def test_ticket_fields_have_the_documented_choices(sandbox: RunningSandbox) -> None:
    fields = {f["name"]: f for f in sandbox.freshdesk("GET", "ticket_fields").json()}
    assert fields["status"]["choices"]["2"] == ["Open", "Being Processed"]
    assert fields["priority"]["choices"] == {"Low": 1, "Medium": 2, "High": 3, "Urgent": 4}
    assert "Recovery" in fields["group"]["choices"] and "Dana Reyes" in fields["agent"]["choices"]
    assert "Refund" in fields["ticket_type"]["choices"]
    assert fields["cf_product_area"]["choices"] == ["Appliances", "Furniture"]


def test_a_drop_down_is_created_extended_and_used(sandbox: RunningSandbox) -> None:
    wish = {
        "label": "Complaint",
        "label_for_customers": "Complaint",
        "type": "custom_dropdown",
        "choices": [{"value": "No callback", "position": 1}],
    }
    made = sandbox.freshdesk("POST", "admin/ticket_fields", admin=True, json=wish)
    assert (made.status_code, made.json()["name"]) == (201, "cf_complaint")
    assert made.json()["choices"][0]["value"] == "No callback"
    again = sandbox.freshdesk("POST", "admin/ticket_fields", admin=True, json=wish)
    assert again.json()["errors"][0]["code"] == "duplicate_value"
    path = f"admin/ticket_fields/{made.json()['id']}"
    kept = made.json()["choices"][0]["id"]
    change = {"choices": [{"id": kept, "value": "No call back"}, {"value": "Overpromised", "position": 2}]}
    changed = sandbox.freshdesk("PUT", path, admin=True, json=change).json()
    assert [c["value"] for c in changed["choices"]] == ["No call back", "Overpromised"]
    ticket = sandbox.ticket("freshdesk")
    sandbox.freshdesk("PUT", f"tickets/{ticket}", json={"custom_fields": {"cf_complaint": "Overpromised"}})
    assert sandbox.seen("freshdesk", ticket)["fields"] == {"Complaint": "Overpromised"}


def test_canned_responses(sandbox: RunningSandbox) -> None:
    folders = sandbox.freshdesk("GET", "canned_response_folders", admin=True).json()
    assert {f["name"]: (f["personal"], f["responses_count"]) for f in folders}["Personal"] == (True, 1)
    recovery = next(f["id"] for f in folders if f["name"] == "Recovery")
    shown = sandbox.freshdesk("GET", f"canned_response_folders/{recovery}", admin=True).json()
    assert set(shown["canned_responses"][0]) == {"id", "title"}
    rows = sandbox.freshdesk("GET", f"canned_response_folders/{recovery}/responses", admin=True).json()
    assert "{{ticket.requester.firstname}}" in rows[0]["content_html"]
    wish = {"title": "T", "content_html": "hi <script>x</script>", "folder_id": recovery, "visibility": 0}
    made = sandbox.freshdesk("POST", "canned_responses", admin=True, json=wish)
    assert (made.status_code, made.json()["content"]) == (201, "hi")
    changed = sandbox.freshdesk("PUT", f"canned_responses/{made.json()['id']}", admin=True, json={"title": "U"}).json()
    assert (changed["title"], changed["content_html"]) == ("U", made.json()["content_html"])
    assert sandbox.freshdesk("POST", "canned_responses", admin=True, json={"title": "T"}).status_code == 400


def test_hours_are_in_rails_zones_and_twelve_hour_times(sandbox: RunningSandbox) -> None:
    (row,) = sandbox.freshdesk("GET", "business_hours", admin=True).json()
    assert row["time_zone"] == "Eastern Time (US & Canada)"
    assert row["business_hours"]["monday"] == {"start_time": "8:00 am", "end_time": "5:00 pm"}


# -- rules


def rule(sandbox: RunningSandbox, kind: int, **more: Any) -> dict[str, Any]:
    always = {"name": "condition_set_1", "match_type": "all", "properties": []}
    wish = {"name": "r", "conditions": [always], "actions": [{"field_name": "add_tag", "value": "fired"}], **more}
    answer = sandbox.freshdesk("POST", f"automations/{kind}/rules", admin=True, json=wish)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def condition(field: str, operator: str, value: Any, match: str = "all") -> list[dict[str, Any]]:
    row = {"resource_type": "ticket", "field_name": field, "operator": operator, "value": value}
    return [{"name": "condition_set_1", "match_type": match, "properties": [row]}]


def test_rules_are_listed_with_the_cascading_switch(sandbox: RunningSandbox) -> None:
    made = rule(sandbox, 1)
    assert made["meta"] == {"total_active_count": 1, "total_count": 1}
    body = sandbox.freshdesk("GET", "automations/1/rules", admin=True).json()
    assert [r["id"] for r in body["rules"]] == [made["id"]]
    assert body["meta"] == {"count": 1, "cascading_rules": False}
    sandbox.control("plan", {"cascading_rules": True})
    assert sandbox.freshdesk("GET", "automations/1/rules", admin=True).json()["meta"]["cascading_rules"] is True
    path = f"automations/1/rules/{made['id']}"
    assert sandbox.freshdesk("PUT", path, admin=True, json={"active": False}).json()["active"] is False
    assert sandbox.freshdesk("DELETE", path, admin=True).status_code == 204
    assert sandbox.freshdesk("GET", path, admin=True).status_code == 404


@pytest.mark.parametrize(
    ("conditions", "fires"),
    [
        (condition("source", "in", [1]), True),
        (condition("source", "not_in", [1]), False),
        (condition("priority", "is", 3), True),
        (condition("subject", "contains", "callback"), True),
        (condition("subject_or_description", "contains", "nobody called"), True),
        (condition("tag_names", "is", "vip"), True),
        (condition("tag_names", "is_not", "vip"), False),
        (condition("from_email", "is", "robin@customer.example"), True),
        (condition("cf_order_number", "is", "7"), False),
        (condition("priority", "hovers_above", 3), False),
    ],
)
def test_creation_conditions(sandbox: RunningSandbox, conditions: list[dict[str, Any]], fires: bool) -> None:
    rule(sandbox, 1, conditions=conditions)
    ticket = sandbox.ticket("freshdesk", "Nobody called me.", subject="No callback", tags=["vip"], priority="high")
    assert ("fired" in sandbox.seen("freshdesk", ticket)["tags"]) is fires


def test_no_creation_rule_for_a_requester_who_is_an_agent(sandbox: RunningSandbox) -> None:
    rule(sandbox, 1)
    ticket = sandbox.ticket("freshdesk", requester={"email": "dana@acme.example"})
    assert sandbox.seen("freshdesk", ticket)["tags"] == []


@pytest.mark.parametrize(
    ("performer", "event", "happening", "fires"),
    [
        ({"type": 2}, {"field_name": "reply_sent"}, ("customer", None), True),
        ({"type": 1}, {"field_name": "reply_sent"}, ("customer", None), False),
        ({"type": 1}, {"field_name": "reply_sent"}, ("agent", None), True),
        ({"type": 3}, {"field_name": "note_type", "value": "private"}, ("note", None), True),
        ({"type": 3}, {"field_name": "note_type", "value": "public"}, ("note", None), False),
        ({"type": 2}, {"field_name": "reply_sent"}, ("note", None), False),
        ({"type": 4}, {"field_name": "ticket_action"}, ("agent", None), False),
        ({"type": 1}, {"field_name": "status", "from": "--", "to": 4}, (None, {"status": 4}), True),
        ({"type": 1}, {"field_name": "status", "from": "--", "to": 5}, (None, {"status": 4}), False),
        ({"type": 1}, {"field_name": "priority", "from": 1, "to": "--"}, (None, {"priority": 3}), True),
        ({"type": 2}, {"field_name": "priority", "from": "--", "to": "--"}, (None, {"priority": 3}), False),
    ],
)
def test_update_rules_by_performer_and_event(
    sandbox: RunningSandbox,
    performer: dict[str, Any],
    event: dict[str, Any],
    happening: tuple[str | None, dict[str, Any] | None],
    fires: bool,
) -> None:
    rule(sandbox, 4, performer=performer, events=[event])
    ticket = sandbox.ticket("freshdesk")
    kind, body = happening
    if kind:
        sandbox.control(f"tickets/freshdesk/{ticket}/reply", {"as": kind, "text": "x"})
    else:
        assert sandbox.freshdesk("PUT", f"tickets/{ticket}", json=body).ok
    assert ("fired" in sandbox.seen("freshdesk", ticket)["tags"]) is fires


def test_update_rules_can_name_the_agents(sandbox: RunningSandbox) -> None:
    people = {a["contact"]["email"]: a["id"] for a in sandbox.freshdesk("GET", "agents", admin=True).json()}
    events = [{"field_name": "status", "from": "--", "to": "--"}]
    rule(sandbox, 4, performer={"type": 1, "members": [people["ira@acme.example"]]}, events=events)
    ticket = sandbox.ticket("freshdesk")
    sandbox.control(f"tickets/freshdesk/{ticket}/status", {"status": "pending", "agent": "dana@acme.example"})
    assert sandbox.seen("freshdesk", ticket)["tags"] == []
    sandbox.control(f"tickets/freshdesk/{ticket}/status", {"status": "open", "agent": "ira@acme.example"})
    assert sandbox.seen("freshdesk", ticket)["tags"] == ["fired"]


def test_what_a_rule_changes_wakes_no_other_rule(sandbox: RunningSandbox) -> None:
    rule(
        sandbox,
        4,
        performer={"type": 3},
        events=[{"field_name": "priority"}],
        actions=[{"field_name": "add_tag", "value": "second"}],
    )
    rule(
        sandbox,
        4,
        performer={"type": 3},
        events=[{"field_name": "status"}],
        actions=[{"field_name": "priority", "value": 4}],
    )
    ticket = sandbox.ticket("freshdesk")
    sandbox.freshdesk("PUT", f"tickets/{ticket}", json={"status": 3})
    seen = sandbox.seen("freshdesk", ticket)
    assert (seen["priority"], seen["tags"]) == ("urgent", [])


def test_hourly_rules_send_no_webhooks(sandbox: RunningSandbox) -> None:
    wish = {
        "name": "r",
        "conditions": condition("status", "is", 2),
        "actions": [{"field_name": "trigger_webhook", "request_type": "POST", "url": "https://x.example"}],
    }
    assert sandbox.freshdesk("POST", "automations/3/rules", admin=True, json=wish).status_code == 400
    assert sandbox.freshdesk("GET", "automations/2/rules", admin=True).status_code == 404


def test_rules_refuse_what_is_missing(sandbox: RunningSandbox) -> None:
    answer = sandbox.freshdesk(
        "POST", "automations/4/rules", admin=True, json={"name": "r", "actions": [{"field_name": "add_tag"}]}
    )
    assert {e["field"] for e in answer.json()["errors"]} == {"performer", "events"}


@pytest.mark.parametrize(
    ("action", "header", "value"),
    [
        ({"custom_headers": {"X-Secret": "s3cret"}}, "x-secret", "s3cret"),
        ({"auth_header": {"username": "u", "password": "p"}}, "authorization", "Basic dTpw"),
        ({"api_key": "k"}, "authorization", "Basic azpY"),
    ],
)
def test_webhook_authentication(
    sandbox: RunningSandbox, receiver: Receiver, action: dict[str, Any], header: str, value: str
) -> None:
    content = {"content_layout": "advanced", "content_type": "JSON", "content": '{"ticket_id":"{{ticket.id}}"}'}
    rule(sandbox, 1, actions=[{"field_name": "trigger_webhook", "url": receiver.url, "content": content, **action}])
    sandbox.ticket("freshdesk")
    sandbox.settle()
    assert receiver.calls[0].headers[header] == value
    assert json.loads(receiver.calls[0].body) == {"ticket_id": "1"}


def test_a_thousand_webhooks_an_hour(sandbox: RunningSandbox, receiver: Receiver) -> None:
    sandbox.control("plan", {"freshdesk": "enterprise"})
    sandbox.control("connect", {"helpdesk": "freshdesk", "url": receiver.url})
    # Away from the turn of the hour, so that all of it happens in one.
    sandbox.control("clock", {"advance": 3600 - parse_stamp(sandbox.control("clock")["now"]).timestamp() % 3600})
    rows = [{"helpdesk": "freshdesk", "text": "t"} for _ in range(1003)]
    sandbox.control("tickets", {"tickets": rows})
    eventually(lambda: len(receiver.calls) == 1000)
    assert sandbox.control("webhooks/idle?timeout=0.2")["idle"] is False
    assert len(receiver.calls) == 1000
    sandbox.control("clock", {"advance": 3600})
    sandbox.settle(60)
    assert len(receiver.calls) == 1003


def test_own_fields_can_be_deleted_and_default_ones_cannot(sandbox: RunningSandbox) -> None:
    wish = {"label": "Why", "label_for_customers": "Why", "type": "custom_text"}
    made = sandbox.freshdesk("POST", "admin/ticket_fields", admin=True, json=wish).json()
    assert sandbox.freshdesk("DELETE", f"admin/ticket_fields/{made['id']}").status_code == 403
    assert sandbox.freshdesk("DELETE", f"admin/ticket_fields/{made['id']}", admin=True).status_code == 204
    assert sandbox.freshdesk("GET", f"admin/ticket_fields/{made['id']}", admin=True).status_code == 404
    rows = sandbox.freshdesk("GET", "ticket_fields").json()
    status = next(row for row in rows if row["name"] == "status")
    assert "Why" not in {row["label"] for row in rows}
    assert sandbox.freshdesk("DELETE", f"admin/ticket_fields/{status['id']}", admin=True).status_code == 400
