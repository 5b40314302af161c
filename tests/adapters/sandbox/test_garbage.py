"""Whatever is sent, the sandbox answers with an error that a client can read, never with a crash."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.sandbox.server import create_app

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
ZENDESK_TICKET = [
    "comment",
    "tags",
    "custom_fields",
    "priority",
    "status",
    "type",
    "group_id",
    "assignee_id",
    "brand_id",
    "requester_id",
    "subject",
    "external_id",
    "macro_ids",
    "macro_id",
    "metadata",
    "safe_update",
    "updated_stamp",
    "additional_tags",
    "remove_tags",
    "requester",
    "description",
]
FRESHDESK_TICKET = [
    "status",
    "priority",
    "type",
    "group_id",
    "responder_id",
    "tags",
    "custom_fields",
    "due_by",
    "subject",
    "description",
    "source",
    "requester_id",
    "email",
    "name",
    "phone",
]

# (helpdesk, method, path, wrapper, keys)
WRITES = [
    ("zendesk", "PUT", "tickets/1", "ticket", ZENDESK_TICKET),
    ("zendesk", "POST", "tickets", "ticket", ZENDESK_TICKET),
    ("zendesk", "PUT", "tickets/update_many?ids=1", "ticket", ZENDESK_TICKET),
    ("zendesk", "PUT", "tickets/1/tags", None, ["tags", "safe_update", "updated_stamp"]),
    ("zendesk", "POST", "macros", "macro", ["title", "actions", "active", "restriction"]),
    ("zendesk", "POST", "triggers", "trigger", ["title", "conditions", "actions", "category_id", "position"]),
    ("zendesk", "POST", "ticket_fields", "ticket_field", ["title", "type", "custom_field_options"]),
    ("zendesk", "POST", "webhooks", "webhook", ["name", "endpoint", "http_method", "request_format", "subscriptions"]),
    ("zendesk", "POST", "views", "view", ["title", "all", "any"]),
    ("zendesk", "POST", "slas/policies", "sla_policy", ["title", "filter", "policy_metrics"]),
    ("zendesk", "POST", "business_hours/schedules", "schedule", ["name", "time_zone", "intervals"]),
    ("freshdesk", "PUT", "tickets/1", None, FRESHDESK_TICKET),
    ("freshdesk", "POST", "tickets", None, FRESHDESK_TICKET),
    ("freshdesk", "POST", "tickets/bulk_update", "bulk_action", ["ids", "properties"]),
    ("freshdesk", "POST", "tickets/1/notes", None, ["body", "private", "incoming", "user_id", "structured_body"]),
    ("freshdesk", "POST", "canned_responses", None, ["title", "content_html", "folder_id", "visibility", "group_ids"]),
    ("freshdesk", "POST", "admin/ticket_fields", None, ["label", "label_for_customers", "type", "choices"]),
    ("freshdesk", "POST", "automations/1/rules", None, ["name", "conditions", "actions", "position"]),
    ("freshdesk", "POST", "automations/4/rules", None, ["name", "performer", "events", "conditions", "actions"]),
]
READS = [
    ("zendesk", "tickets", ["page[size]", "page[after]", "page", "per_page", "sort", "include"]),
    ("zendesk", "tickets/1/comments", ["page[size]", "page[after]", "sort_order"]),
    ("zendesk", "incremental/tickets/cursor", ["start_time", "cursor", "per_page"]),
    ("zendesk", "search", ["query", "page"]),
    ("freshdesk", "tickets", ["page", "per_page", "updated_since", "order_by", "include", "email", "requester_id"]),
    ("freshdesk", "search/tickets", ["query", "page"]),
]


@pytest.fixture(scope="module")
def app() -> Iterator[Flask]:
    made = create_app()
    yield made
    made.extensions["sandbox"].close()


@pytest.fixture(scope="module")
def client(app: Flask) -> FlaskClient:
    client = app.test_client()
    for helpdesk in ("zendesk", "freshdesk"):
        client.post("/control/tickets", json={"helpdesk": helpdesk, "text": "hello"}, headers={"Host": "localhost"})
    return client


def headers(helpdesk: str) -> dict[str, str]:
    login = "service@acme.example/token:sandbox-api-token" if helpdesk == "zendesk" else "sandbox-admin-key:X"
    return {"Authorization": "Basic " + base64.b64encode(login.encode()).decode(), "Host": "localhost"}


@pytest.mark.parametrize(("helpdesk", "method", "path", "wrapper", "keys"), WRITES, ids=lambda v: str(v)[:30])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_writes_of_garbage(
    client: FlaskClient,
    helpdesk: str,
    method: str,
    path: str,
    wrapper: str | None,
    keys: list[str],
    data: st.DataObject,
) -> None:
    wish: Any = data.draw(st.dictionaries(st.sampled_from(keys), JSON, max_size=4) | JSON)
    body = {wrapper: wish} if wrapper else wish
    answer = client.open(f"/{helpdesk}/api/v2/{path}", method=method, json=body, headers=headers(helpdesk))
    assert answer.status_code < 500, body


@pytest.mark.parametrize(("helpdesk", "path", "keys"), READS, ids=lambda v: str(v)[:30])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_reads_with_garbage(
    client: FlaskClient, helpdesk: str, path: str, keys: list[str], data: st.DataObject
) -> None:
    query = data.draw(st.dictionaries(st.sampled_from(keys), st.text(max_size=12) | st.integers().map(str), max_size=3))
    answer = client.get(f"/{helpdesk}/api/v2/{path}", query_string=query, headers=headers(helpdesk))
    assert answer.status_code < 500, query


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(["tickets", "faults", "webhooks", "plan", "clock", "connect", "tickets/zendesk/1/reply"]),
    keys=st.dictionaries(
        st.sampled_from(
            ["helpdesk", "text", "html", "tags", "requester", "as", "path", "times", "advance", "url", "seed"]
        ),
        JSON,
        max_size=4,
    ),
)
def test_wishes_of_garbage(client: FlaskClient, path: str, keys: dict[str, Any]) -> None:
    answer = client.post(f"/control/{path}", json=keys, headers={"Host": "localhost"})
    assert answer.status_code < 500, keys
    client.delete("/control/faults", headers={"Host": "localhost"})


NAMES = st.sampled_from(
    [
        "status",
        "priority",
        "type",
        "subject",
        "current_tags",
        "set_tags",
        "remove_tags",
        "assignee_id",
        "group_id",
        "custom_fields_7",
        "update_type",
        "role",
        "comment_is_public",
        "current_via_id",
        "subject_includes_word",
        "in_business_hours",
        "ticket_type",
        "tag_names",
        "add_tag",
        "responder_id",
        "reply_sent",
        "note_type",
        "ticket_action",
        "trigger_webhook",
        "cf_order_number",
        "from_email",
    ]
)
OPERATORS = st.sampled_from(
    [
        "is",
        "is_not",
        "includes",
        "not_includes",
        "less_than",
        "changed",
        "value",
        "value_previous",
        "present",
        "in",
        "not_in",
        "contains",
    ]
)
VALUES = st.sampled_from(
    ["2", 3, "high", "open", "--", "a b", None, True, 1.5, [], ["x", "y"], "https://x.example", ""]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_rules_that_were_accepted_never_break_a_ticket(client: FlaskClient, data: st.DataObject) -> None:
    condition = st.fixed_dictionaries({"field": NAMES, "operator": OPERATORS, "value": VALUES})
    some = st.lists(condition, max_size=2)
    trigger = data.draw(
        st.fixed_dictionaries(
            {
                "title": st.just("t"),
                "conditions": st.fixed_dictionaries({"all": some, "any": some}),
                "actions": st.lists(st.fixed_dictionaries({"field": NAMES, "value": VALUES}), min_size=1, max_size=3),
            }
        )
    )
    row = st.fixed_dictionaries({"field_name": NAMES, "operator": OPERATORS, "value": VALUES})
    conditions = st.fixed_dictionaries(
        {"match_type": st.sampled_from(["all", "any"]), "properties": st.lists(row, max_size=2)}
    )
    event = st.fixed_dictionaries({"field_name": NAMES, "from": VALUES, "to": VALUES, "value": VALUES})
    rule = data.draw(
        st.fixed_dictionaries(
            {
                "name": st.just("r"),
                "performer": st.fixed_dictionaries(
                    {"type": st.integers(0, 5), "members": st.lists(VALUES, max_size=2)}
                ),
                "events": st.lists(event, min_size=1, max_size=2),
                "conditions": st.lists(conditions, min_size=1, max_size=2),
                "actions": st.lists(
                    st.fixed_dictionaries({"field_name": NAMES, "value": VALUES}), min_size=1, max_size=3
                ),
            }
        )
    )
    local = {"Host": "localhost"}
    client.post("/control/reset", json={}, headers=local)
    client.post("/zendesk/api/v2/triggers", json={"trigger": trigger}, headers=headers("zendesk"))
    for kind in (1, 4):
        client.post(f"/freshdesk/api/v2/automations/{kind}/rules", json=rule, headers=headers("freshdesk"))
    for helpdesk, wish in (("zendesk", {"ticket": {"priority": "low", "tags": ["a"]}}), ("freshdesk", {"priority": 2})):
        made = client.post("/control/tickets", json={"helpdesk": helpdesk, "text": "x"}, headers=local)
        assert made.status_code == 201
        changed = client.put(f"/{helpdesk}/api/v2/tickets/1", json=wish, headers=headers(helpdesk))
        assert changed.status_code < 500
        for path in (f"/control/tickets/{helpdesk}/1", f"/workspace/tickets/{helpdesk}/1"):
            assert client.get(path, headers=local).status_code == 200
        assert client.get(f"/{helpdesk}/api/v2/tickets/1", headers=headers(helpdesk)).status_code in (200, 404)
