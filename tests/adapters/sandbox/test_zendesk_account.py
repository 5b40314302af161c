"""The Zendesk API: identity, limits, settings, triggers and webhooks."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.adapters.sandbox.running import Receiver, RunningSandbox


def token(sandbox: RunningSandbox, **more: Any) -> requests.Response:
    wish = {
        "grant_type": "client_credentials",
        "client_id": sandbox.zendesk_client_id,
        "client_secret": sandbox.zendesk_client_secret,
        "scope": "read write",
        **more,
    }
    return sandbox.session.post(f"{sandbox.zendesk_url}/oauth/tokens", json=wish, timeout=30)


def with_token(sandbox: RunningSandbox, value: str, method: str, path: str, **more: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {value}"}
    url = f"{sandbox.zendesk_url}/api/v2/{path}"
    return sandbox.session.request(method, url, headers=headers, timeout=30, **more)


# -- identity


def test_client_credentials_give_a_token_that_acts_as_the_service_user(sandbox: RunningSandbox) -> None:
    answer = token(sandbox)
    body = answer.json()
    assert answer.status_code == 201
    assert body["token_type"] == "bearer" and body["expires_in"] == 1800 and "refresh_token" not in body
    me = with_token(sandbox, body["access_token"], "GET", "users/me").json()["user"]
    assert (me["email"], me["role"]) == (sandbox.service_email, "admin")


def test_a_token_expires_on_the_sandbox_clock(sandbox: RunningSandbox) -> None:
    value = token(sandbox, expires_in=300).json()["access_token"]
    sandbox.control("clock", {"advance": 299})
    assert with_token(sandbox, value, "GET", "users/me").status_code == 200
    sandbox.control("clock", {"advance": 2})
    answer = with_token(sandbox, value, "GET", "users/me")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


@pytest.mark.parametrize(
    ("more", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"expires_in": 299}, 400, "invalid_request"),
        ({"expires_in": 172_801}, 400, "invalid_request"),
    ],
)
def test_tokens_refused(sandbox: RunningSandbox, more: dict[str, Any], status: int, error: str) -> None:
    answer = token(sandbox, **more)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


@pytest.mark.parametrize(
    ("scope", "method", "path", "status"),
    [
        ("read", "GET", "macros", 200),
        ("read", "PUT", "tickets/1", 403),
        ("read tickets:write", "PUT", "tickets/1", 200),
        ("tickets:read", "GET", "tickets/1", 200),
        ("tickets:read", "GET", "tickets/1/audits", 403),
        ("tickets:read", "GET", "macros", 403),
        ("triggers:read", "GET", "triggers", 200),
        ("reed write", "GET", "tickets/1", 403),
        ("", "GET", "tickets/1", 403),
    ],
)
def test_scopes(sandbox: RunningSandbox, scope: str, method: str, path: str, status: int) -> None:
    sandbox.ticket("zendesk")
    made = token(sandbox, scope=scope)
    assert made.status_code == 201
    body = {"json": {"ticket": {"priority": "low"}}} if method == "PUT" else {}
    assert with_token(sandbox, made.json()["access_token"], method, path, **body).status_code == status


def test_api_token_opens_the_account_for_the_address_named(sandbox: RunningSandbox) -> None:
    assert sandbox.zendesk("GET", "users/me", email="dana@acme.example").json()["user"]["name"] == "Dana Reyes"
    stranger = sandbox.zendesk("GET", "tickets", email="nobody@acme.example")
    assert (stranger.status_code, stranger.json()["error"]) == (401, "Couldn't authenticate you")
    sandbox.ticket("zendesk")
    assert sandbox.zendesk("GET", "tickets", email="robin@customer.example").status_code == 403


def test_nobody_is_anonymous_on_users_me_and_nothing_elsewhere(sandbox: RunningSandbox) -> None:
    me = sandbox.session.get(f"{sandbox.zendesk_url}/api/v2/users/me", timeout=30)
    assert me.status_code == 200 and me.json()["user"]["id"] is None
    assert sandbox.session.get(f"{sandbox.zendesk_url}/api/v2/tickets", timeout=30).status_code == 401


@pytest.mark.parametrize(
    "path", ["triggers", "webhooks", "slas/policies", "business_hours/schedules", "trigger_categories"]
)
def test_settings_are_for_admins(sandbox: RunningSandbox, path: str) -> None:
    assert sandbox.zendesk("GET", path).status_code == 200
    answer = sandbox.zendesk("GET", path, email="dana@acme.example")
    assert (answer.status_code, answer.json()["error"]["title"]) == (403, "Forbidden")


# -- limits


def test_both_header_families_and_the_endpoints_own(sandbox: RunningSandbox) -> None:
    sandbox.control("plan", {"zendesk": "professional"})
    ticket = sandbox.ticket("zendesk")
    headers = sandbox.zendesk("PUT", f"tickets/{ticket}", json={"ticket": {"priority": "low"}}).headers
    assert (headers["X-Rate-Limit"], headers["X-Rate-Limit-Remaining"]) == ("400", "399")
    assert (headers["ratelimit-limit"], headers["ratelimit-remaining"]) == ("400", "399")
    assert 1 <= int(headers["ratelimit-reset"]) <= 60
    assert headers["Zendesk-RateLimit-tickets-update"].startswith("total=100; remaining=99; resets=")


def test_an_unmetered_account_sends_no_limit_headers(sandbox: RunningSandbox) -> None:
    assert "X-Rate-Limit" not in sandbox.zendesk("GET", "tickets").headers


@pytest.mark.parametrize(("plan", "budget"), [("trial", 20), ("team", 100), ("high_volume", 300)])
def test_the_update_budget_goes_before_the_accounts(sandbox: RunningSandbox, plan: str, budget: int) -> None:
    sandbox.control("plan", {"zendesk": plan})
    made = sandbox.control(
        "tickets", {"tickets": [{"helpdesk": "zendesk", "text": "t"} for _ in range(budget // 20 + 1)]}
    )["ids"]
    body = {"tags": ["x"]}
    for number in range(budget):
        assert sandbox.zendesk("PUT", f"tickets/{made[number // 20]}/tags", json=body).status_code == 200
    refused = sandbox.zendesk("PUT", f"tickets/{made[-1]}/tags", json=body)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    with pytest.raises(ValueError):
        refused.json()
    assert sandbox.control("stats")["zendesk"]["throttled"] == 1
    sandbox.control("clock", {"advance": 61})
    assert sandbox.zendesk("PUT", f"tickets/{made[-1]}/tags", json=body).status_code == 200


def test_thirty_updates_in_ten_minutes_per_ticket(sandbox: RunningSandbox) -> None:
    sandbox.control("plan", {"zendesk": "enterprise"})
    ticket, other = sandbox.ticket("zendesk"), sandbox.ticket("zendesk")
    for _ in range(30):
        assert sandbox.zendesk("PUT", f"tickets/{ticket}/tags", json={"tags": ["x"]}).status_code == 200
    assert sandbox.zendesk("PUT", f"tickets/{ticket}/tags", json={"tags": ["x"]}).status_code == 429
    assert sandbox.zendesk("PUT", f"tickets/{other}/tags", json={"tags": ["x"]}).status_code == 200
    sandbox.control("clock", {"advance": 61})
    assert sandbox.zendesk("PUT", f"tickets/{ticket}/tags", json={"tags": ["x"]}).status_code == 429
    sandbox.control("clock", {"advance": 600})
    assert sandbox.zendesk("PUT", f"tickets/{ticket}/tags", json={"tags": ["x"]}).status_code == 200


def test_ten_exports_a_minute(sandbox: RunningSandbox) -> None:
    sandbox.control("plan", {"zendesk": "enterprise"})
    answers = [sandbox.zendesk("GET", "incremental/tickets/cursor?start_time=1") for _ in range(11)]
    assert [a.status_code for a in answers] == [200] * 10 + [429]
    assert answers[0].headers["zendesk-ratelimit-incremental-exports"].startswith("total=10; remaining=9;")


# -- macros and fields


def test_macros_by_access_and_activity(sandbox: RunningSandbox) -> None:
    every = {m["title"] for m in sandbox.zendesk("GET", "macros").json()["macros"]}
    shared = {m["title"] for m in sandbox.zendesk("GET", "macros?access=shared&active=true").json()["macros"]}
    assert every - shared == {"Dana's own greeting"}
    ira = {m["title"] for m in sandbox.zendesk("GET", "macros", email="ira@acme.example").json()["macros"]}
    assert ira == shared
    made = sandbox.zendesk(
        "POST",
        "macros",
        json={"macro": {"title": "Off", "active": False, "actions": [{"field": "status", "value": "solved"}]}},
    )
    assert made.status_code == 201
    assert "Off" not in {m["title"] for m in sandbox.zendesk("GET", "macros/active").json()["macros"]}
    key = made.json()["macro"]["id"]
    assert sandbox.zendesk("PUT", f"macros/{key}", json={"macro": {"active": True}}).json()["macro"]["active"] is True
    assert sandbox.zendesk("DELETE", f"macros/{key}").status_code == 204
    assert sandbox.zendesk("POST", "macros", json={"macro": {"title": "x", "actions": []}}).status_code == 422


def test_applying_a_macro_renders_on_a_ticket_only_and_changes_nothing(sandbox: RunningSandbox) -> None:
    ticket = sandbox.ticket("zendesk")
    macros = sandbox.zendesk("GET", "macros/search?query=specialist").json()["macros"]
    key = macros[0]["id"]
    raw = sandbox.zendesk("GET", f"macros/{key}/apply").json()["result"]["ticket"]
    assert "{{ticket.requester.first_name}}" in raw["comment"]["body"]
    assert set(raw) == {"comment", "group_id"}
    full = sandbox.zendesk("GET", f"tickets/{ticket}/macros/{key}/apply").json()["result"]["ticket"]
    assert full["comment"]["body"].startswith("Hello Robin,")
    assert full["comment"]["public"] is True and full["id"] == ticket
    assert full["comment"]["scoped_body"][0][0] == "channel:all"
    assert len(sandbox.seen("zendesk", ticket)["comments"]) == 1


def test_a_drop_down_is_created_changed_and_used(sandbox: RunningSandbox) -> None:
    wish = {"type": "tagger", "title": "Complaint", "custom_field_options": [{"name": "No callback", "value": "c_no"}]}
    made = sandbox.zendesk("POST", "ticket_fields", json={"ticket_field": wish})
    assert made.status_code == 201
    field = made.json()["ticket_field"]
    options = [{"name": "No callback", "value": "c_no"}, {"name": "Overpromised", "value": "c_over"}]
    changed = sandbox.zendesk(
        "PUT", f"ticket_fields/{field['id']}", json={"ticket_field": {"custom_field_options": options}}
    ).json()["ticket_field"]["custom_field_options"]
    assert changed[0]["id"] == field["custom_field_options"][0]["id"]
    added = sandbox.zendesk(
        "POST",
        f"ticket_fields/{field['id']}/options",
        json={"custom_field_option": {"name": "More", "value": "c_more"}},
    )
    assert added.status_code == 201
    listed = sandbox.zendesk("GET", f"ticket_fields/{field['id']}/options").json()["custom_field_options"]
    assert [o["value"] for o in listed] == ["c_no", "c_over", "c_more"]
    for bad in ({"type": "tagger", "title": "x"}, {"type": "magic", "title": "x"}, {"type": "text"}):
        assert sandbox.zendesk("POST", "ticket_fields", json={"ticket_field": bad}).status_code == 422


def test_a_policy_put_first_stands_before_the_others_until_it_goes(sandbox: RunningSandbox) -> None:
    def order() -> list[tuple[int, str]]:
        rows = sandbox.zendesk("GET", "slas/policies").json()["sla_policies"]
        return [(row["position"], row["title"]) for row in rows]

    before = order()
    rule = {"all": [{"field": "current_tags", "operator": "includes", "value": "sla_put_right"}], "any": []}
    wish = {"title": "First", "filter": rule, "position": 1}
    made = sandbox.zendesk("POST", "slas/policies", json={"sla_policy": wish}).json()["sla_policy"]
    assert order() == [(1, "First"), (2, "Standard")]
    sandbox.zendesk("DELETE", f"slas/policies/{made['id']}")
    assert order() == before


def test_a_views_output_is_read_back_as_its_execution(sandbox: RunningSandbox) -> None:
    rule = {"all": [{"field": "status", "operator": "less_than", "value": "solved"}]}
    wish = {"title": "Recovery", **rule, "output": {"columns": ["status"], "sort_by": "updated"}}
    view = sandbox.zendesk("POST", "views", json={"view": wish}).json()["view"]
    assert view["execution"] == wish["output"] and "output" not in view


def test_schedules_policies_and_views(sandbox: RunningSandbox) -> None:
    (schedule,) = sandbox.zendesk("GET", "business_hours/schedules").json()["schedules"]
    assert schedule["time_zone"] == "Eastern Time (US & Canada)"
    assert schedule["intervals"][0] == {"start_time": 1440 + 540, "end_time": 1440 + 1020}
    path = f"business_hours/schedules/{schedule['id']}"
    day = {"name": "New Year", "start_date": "2027-01-01", "end_date": "2027-01-01"}
    assert sandbox.zendesk("POST", f"{path}/holidays", json={"holiday": day}).status_code == 201
    listed = sandbox.zendesk("GET", f"{path}/holidays?start_date=2026-12-01&end_date=2027-02-01").json()["holidays"]
    assert [h["name"] for h in listed] == ["New Year"]
    assert sandbox.zendesk("GET", f"{path}/holidays?start_date=2027-02-01").json()["holidays"] == []
    rule = {"all": [{"field": "current_tags", "operator": "includes", "value": "sla_put_right"}], "any": []}
    policy = sandbox.zendesk("POST", "slas/policies", json={"sla_policy": {"title": "Recovery", "filter": rule}})
    assert policy.status_code == 201
    view = sandbox.zendesk("POST", "views", json={"view": {"title": "Recovery", **rule}}).json()["view"]
    ticket = sandbox.ticket("zendesk", tags=["sla_put_right"])
    sandbox.ticket("zendesk")
    tickets = sandbox.zendesk("GET", f"views/{view['id']}/tickets").json()["tickets"]
    assert [t["id"] for t in tickets] == [ticket]


# -- triggers


def trigger(
    sandbox: RunningSandbox, actions: list[dict[str, Any]], title: str = "t", **conditions: Any
) -> dict[str, Any]:
    wish = {"title": title, "conditions": {"all": [], "any": [], **conditions}, "actions": actions}
    answer = sandbox.zendesk("POST", "triggers", json={"trigger": wish})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["trigger"]
    return made


TAG = [{"field": "current_tags", "value": "fired"}]
REPLY = ("reply", {"as": "customer", "text": "hm"})
NOTE = ("reply", {"as": "note", "text": "hm"})
TAGGED = ("tags", {"add": ["x"]})
PENDING = ("status", {"status": "pending"})


@pytest.mark.parametrize(
    ("condition", "happening", "fires"),
    [
        ({"field": "update_type", "value": "Create"}, None, True),
        ({"field": "update_type", "value": "Change"}, None, False),
        ({"field": "update_type", "value": "Change"}, REPLY, True),
        ({"field": "current_tags", "operator": "includes", "value": "vip other"}, None, True),
        ({"field": "current_tags", "operator": "not_includes", "value": "vip"}, None, False),
        ({"field": "current_via_id", "operator": "is", "value": "4"}, None, True),
        ({"field": "current_via_id", "operator": "is_not", "value": "4"}, None, False),
        ({"field": "comment_is_public", "value": "true"}, REPLY, True),
        ({"field": "comment_is_public", "value": "false"}, NOTE, True),
        ({"field": "role", "operator": "is", "value": "end_user"}, None, True),
        ({"field": "role", "operator": "is", "value": "agent"}, None, False),
        ({"field": "role", "operator": "is", "value": "agent"}, TAGGED, True),
        ({"field": "status", "operator": "is", "value": "new"}, None, True),
        ({"field": "status", "operator": "less_than", "value": "solved"}, None, True),
        ({"field": "status", "operator": "value", "value": "pending"}, PENDING, True),
        ({"field": "status", "operator": "value_previous", "value": "new"}, PENDING, True),
        ({"field": "status", "operator": "not_changed"}, PENDING, False),
        ({"field": "priority", "operator": "is", "value": "high"}, None, True),
        ({"field": "subject_includes_word", "operator": "includes", "value": "callback"}, None, True),
    ],
)
def test_conditions(
    sandbox: RunningSandbox, condition: dict[str, Any], happening: tuple[str, dict[str, Any]] | None, fires: bool
) -> None:
    ticket = sandbox.ticket("zendesk", subject="No callback", tags=["vip"], priority="high") if happening else 0
    trigger(sandbox, TAG, all=[condition])
    if happening:
        sandbox.control(f"tickets/zendesk/{ticket}/{happening[0]}", happening[1])
    else:
        ticket = sandbox.ticket("zendesk", subject="No callback", tags=["vip"], priority="high")
    assert ("fired" in sandbox.seen("zendesk", ticket)["tags"]) is fires


def test_a_triggers_change_wakes_the_others_and_is_on_record(sandbox: RunningSandbox) -> None:
    trigger(
        sandbox,
        [{"field": "priority", "value": "urgent"}],
        "second",
        all=[{"field": "current_tags", "operator": "includes", "value": "fired"}],
    )
    trigger(sandbox, TAG, "first", all=[{"field": "update_type", "value": "Create"}])
    ticket = sandbox.ticket("zendesk")
    assert sandbox.seen("zendesk", ticket)["priority"] == "urgent"
    (audit,) = sandbox.zendesk("GET", f"tickets/{ticket}/audits").json()["audits"]
    change = next(e for e in audit["events"] if e["type"] == "Change" and e["field_name"] == "priority")
    assert change["via"]["source"]["from"]["title"] == "second"


def test_triggers_fire_on_tag_only_api_writes_but_not_on_closed_tickets(
    sandbox: RunningSandbox, receiver: Receiver
) -> None:
    hook = sandbox.zendesk("POST", "webhooks", json={"webhook": webhook(receiver.url)}).json()["webhook"]
    body = '{"id":"{{ticket.id}}","missing":"{{ticket.external_id}}","at":"{{ticket.updated_at_with_timestamp}}"}'
    trigger(
        sandbox,
        [{"field": "notification_webhook", "value": [hook["id"], body]}],
        all=[{"field": "update_type", "value": "Change"}],
    )
    ticket = sandbox.ticket("zendesk")
    sandbox.zendesk("PUT", f"tickets/{ticket}/tags", json={"tags": ["x"]})
    sandbox.settle()
    (call,) = receiver.calls
    assert call.body.decode().startswith(f'{{"id":"{ticket}","missing":"","at":"20')
    assert call.body.decode().endswith('Z"}')


@pytest.mark.parametrize(
    "wish",
    [
        {"title": "x", "conditions": {"all": [{"field": "update_type", "value": "Create"}]}, "actions": []},
        {"title": "x", "conditions": {}, "actions": TAG},
        {"title": "x", "conditions": {"all": [{"field": "moon_phase", "value": "full"}]}, "actions": TAG},
        {"title": "", "conditions": {"all": [{"field": "update_type", "value": "Create"}]}, "actions": TAG},
        {
            "title": "x",
            "conditions": {"all": [{"field": "update_type", "value": "Create"}]},
            "actions": [{"field": "notification_webhook", "value": ["no-such-webhook", "{}"]}],
        },
    ],
)
def test_triggers_refused(sandbox: RunningSandbox, wish: dict[str, Any]) -> None:
    answer = sandbox.zendesk("POST", "triggers", json={"trigger": wish})
    assert (answer.status_code, answer.json()["error"]) == (422, "RecordInvalid")


def test_triggers_are_found_changed_and_deleted(sandbox: RunningSandbox) -> None:
    category = sandbox.zendesk("POST", "trigger_categories", json={"trigger_category": {"name": "Makeright"}})
    assert isinstance(category.json()["trigger_category"]["id"], str)
    made = trigger(sandbox, TAG, "Makeright: created", all=[{"field": "update_type", "value": "Create"}])
    (found,) = sandbox.zendesk("GET", "triggers/search?query=makeright").json()["triggers"]
    assert found["id"] == made["id"]
    off = sandbox.zendesk("PUT", f"triggers/{made['id']}", json={"trigger": {"active": False}}).json()["trigger"]
    assert off["active"] is False and off["conditions"] == made["conditions"]
    assert "fired" not in sandbox.seen("zendesk", sandbox.ticket("zendesk"))["tags"]
    assert sandbox.zendesk("DELETE", f"triggers/{made['id']}").status_code == 204


# -- the webhooks API


def webhook(url: str, **more: Any) -> dict[str, Any]:
    return {
        "name": "Makeright", "endpoint": url, "http_method": "POST", "request_format": "json", "status": "active",
        "subscriptions": ["conditional_ticket_events"], **more,
    }  # fmt: skip


def test_webhook_life_cycle(sandbox: RunningSandbox) -> None:
    made = sandbox.zendesk("POST", "webhooks", json={"webhook": webhook("https://x.example/a", signing_secret="mine")})
    assert made.status_code == 201
    key = made.json()["webhook"]["id"]
    assert "signing_secret" not in made.json()["webhook"]
    first = sandbox.zendesk("GET", f"webhooks/{key}/signing_secret").json()["signing_secret"]
    assert first["algorithm"] == "SHA256" and first["secret"] != "mine"
    rotated = sandbox.zendesk("POST", f"webhooks/{key}/signing_secret")
    assert rotated.status_code == 201 and rotated.json()["signing_secret"]["secret"] != first["secret"]
    changed = sandbox.zendesk("PATCH", f"webhooks/{key}", json={"webhook": {"endpoint": "https://x.example/b"}})
    assert (changed.status_code, changed.content) == (204, b"")
    assert sandbox.zendesk("PUT", f"webhooks/{key}", json={"webhook": {"name": "only"}}).status_code == 400
    replaced = sandbox.zendesk("PUT", f"webhooks/{key}", json={"webhook": webhook("https://x.example/c")})
    assert (replaced.status_code, replaced.content) == (204, b"")
    (listed,) = sandbox.zendesk("GET", "webhooks?filter[name_contains]=Make").json()["webhooks"]
    assert listed["endpoint"] == "https://x.example/c"
    assert sandbox.zendesk("GET", "webhooks?filter[name_contains]=zzz").json()["webhooks"] == []
    assert sandbox.zendesk("DELETE", f"webhooks/{key}").status_code == 204
    assert sandbox.zendesk("GET", f"webhooks/{key}").status_code == 404


@pytest.mark.parametrize(
    "more",
    [
        {"name": ""},
        {"http_method": "FETCH"},
        {"endpoint": "x.example"},
        {"subscriptions": ["zen:event-type:ticket.created", "conditional_ticket_events"]},
        {"subscriptions": ["zen:event-type:ticket.created"], "request_format": "xml"},
        {"subscriptions": ["every_event"]},
        {"endpoint": "http://x.example", "custom_headers": {"X": "y"}},
    ],
)
def test_webhooks_refused(sandbox: RunningSandbox, more: dict[str, Any]) -> None:
    wish = webhook("https://x.example/a", **more)
    assert sandbox.zendesk("POST", "webhooks", json={"webhook": wish}).status_code == 400


def test_the_mode_of_a_webhook_stays(sandbox: RunningSandbox) -> None:
    key = sandbox.zendesk("POST", "webhooks", json={"webhook": webhook("https://x.example/a")}).json()["webhook"]["id"]
    other = {"subscriptions": ["zen:event-type:ticket.created"]}
    assert sandbox.zendesk("PATCH", f"webhooks/{key}", json={"webhook": other}).status_code == 400


def test_a_webhook_in_use_is_not_deleted(sandbox: RunningSandbox) -> None:
    made = sandbox.control("connect", {"helpdesk": "zendesk", "url": "http://127.0.0.1:9/hook"})
    assert sandbox.zendesk("DELETE", f"webhooks/{made['webhook_id']}").status_code == 400
    for key in made["trigger_ids"]:
        sandbox.zendesk("DELETE", f"triggers/{key}")
    assert sandbox.zendesk("DELETE", f"webhooks/{made['webhook_id']}").status_code == 204


def test_a_trial_account_has_ten_webhooks(sandbox: RunningSandbox) -> None:
    sandbox.control("plan", {"zendesk": "trial"})
    answers = [sandbox.zendesk("POST", "webhooks", json={"webhook": webhook("https://x.example/a")}) for _ in range(11)]
    assert [a.status_code for a in answers] == [201] * 10 + [403]


def test_testing_a_webhook_sends_now(sandbox: RunningSandbox, receiver: Receiver) -> None:
    wish = {"request": {"endpoint": receiver.url, "http_method": "POST", "payload": '{"a":1}'}}
    answer = sandbox.zendesk("POST", "webhooks/test", json=wish)
    assert answer.json()["response"]["status"] == 202
    assert receiver.calls[0].body == b'{"a":1}'
    key = sandbox.zendesk("POST", "webhooks", json={"webhook": webhook(receiver.url)}).json()["webhook"]["id"]
    sandbox.zendesk("POST", f"webhooks/test?webhook_id={key}", json={"request": {"payload": "x"}})
    assert receiver.calls[1].headers["x-zendesk-webhook-id"] == key


@pytest.mark.parametrize(
    ("authentication", "header", "value"),
    [
        ({"type": "bearer_token", "data": {"token": "t"}}, "authorization", "Bearer t"),
        ({"type": "basic_auth", "data": {"username": "u", "password": "p"}}, "authorization", "Basic dTpw"),
        ({"type": "api_key", "data": {"name": "X-Key", "value": "v"}}, "x-key", "v"),
    ],
)
def test_endpoint_authentication_is_sent_and_not_shown(
    sandbox: RunningSandbox, receiver: Receiver, authentication: dict[str, Any], header: str, value: str
) -> None:
    wish = webhook(receiver.url, authentication={**authentication, "add_position": "header"})
    made = sandbox.zendesk("POST", "webhooks", json={"webhook": wish}).json()["webhook"]
    assert "data" not in made["authentication"]
    sandbox.zendesk("POST", f"webhooks/test?webhook_id={made['id']}", json={})
    assert receiver.calls[0].headers[header] == value


def test_the_activity_log(sandbox: RunningSandbox, receiver: Receiver) -> None:
    receiver.answer = lambda call: 500
    made = sandbox.control("connect", {"helpdesk": "zendesk", "url": receiver.url})
    sandbox.ticket("zendesk")
    sandbox.settle()
    (row,) = sandbox.zendesk("GET", f"webhooks/{made['webhook_id']}/invocations").json()["invocations"]
    assert row["status"] == "server error"
    attempts = sandbox.zendesk("GET", f"webhooks/{made['webhook_id']}/invocations/{row['id']}/attempts").json()
    assert [a["status_code"] for a in attempts["attempts"]] == [500]


def test_the_circuit_breaks_after_seventy_per_cent_errors(sandbox: RunningSandbox, receiver: Receiver) -> None:
    receiver.answer = lambda call: 500
    sandbox.control("connect", {"helpdesk": "zendesk", "url": receiver.url})
    sandbox.control("tickets", {"tickets": [{"helpdesk": "zendesk", "text": "t"} for _ in range(100)]})
    sandbox.settle()
    receiver.answer = lambda call: 202
    sandbox.ticket("zendesk")
    sandbox.settle()
    assert len(receiver.calls) == 100
    assert sandbox.control("webhooks?outcome=circuit broken")["deliveries"]
    sandbox.control("clock", {"advance": 6})
    sandbox.ticket("zendesk")
    sandbox.settle()
    assert len(receiver.calls) == 101
