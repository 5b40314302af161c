"""The Zendesk API: reading and writing tickets as the platform page describes it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapters.sandbox.running import RunningSandbox


@pytest.fixture
def ticket(sandbox: RunningSandbox) -> int:
    return sandbox.ticket("zendesk", "Nobody called me back.", tags=["vip"])


def put(sandbox: RunningSandbox, ticket: int, **wish: Any) -> Any:
    return sandbox.zendesk("PUT", f"tickets/{ticket}", json={"ticket": wish})


def field_id(sandbox: RunningSandbox, title: str) -> int:
    fields = sandbox.zendesk("GET", "ticket_fields").json()["ticket_fields"]
    return int(next(f["id"] for f in fields if f["title"] == title))


# -- one PUT carries everything


def test_one_put_carries_comment_tags_fields_priority_and_metadata(sandbox: RunningSandbox, ticket: int) -> None:
    area = field_id(sandbox, "Product area")
    macro = sandbox.zendesk("GET", "macros").json()["macros"][0]["id"]
    answer = put(
        sandbox, ticket,
        comment={"html_body": "<p>Suggested</p>", "public": False},
        tags=["vip", "complaint_no_callback"],
        custom_fields=[{"id": area, "value": "area_furniture"}],
        priority="high",
        macro_ids=[macro],
        metadata={"makeright": {"decision_id": "d1"}},
    )  # fmt: skip
    assert answer.status_code == 200
    body = answer.json()
    assert body["ticket"]["tags"] == ["vip", "complaint_no_callback", "area_furniture"]
    assert {"id": area, "value": "area_furniture"} in body["ticket"]["custom_fields"]
    assert body["audit"]["metadata"]["custom"] == {"makeright": {"decision_id": "d1"}}
    assert body["audit"]["via"]["channel"] == "api"
    kinds = [event["type"] for event in body["audit"]["events"]]
    assert kinds.count("Comment") == 1 and "AgentMacroReference" in kinds
    comments = sandbox.zendesk("GET", f"tickets/{ticket}/comments").json()["comments"]
    assert [c["public"] for c in comments] == [True, False]
    assert comments[1]["html_body"] == '<div class="zd-comment" dir="auto"><p>Suggested</p></div>'


def test_tags_replace_and_are_normalised(sandbox: RunningSandbox, ticket: int) -> None:
    assert put(sandbox, ticket, tags=["New One", "UPPER"]).json()["ticket"]["tags"] == ["new", "one", "upper"]


@pytest.mark.parametrize(
    ("wish", "public"),
    [({"body": "x"}, True), ({"body": "x", "public": False}, False), ({"body": "x", "public": True}, True)],
)
def test_a_comment_without_public_is_as_public_as_the_ticket(
    sandbox: RunningSandbox, ticket: int, wish: dict[str, Any], public: bool
) -> None:
    put(sandbox, ticket, comment=wish)
    assert sandbox.seen("zendesk", ticket)["comments"][-1]["public"] is public
    assert sandbox.control("stats")["zendesk"]["public_replies"] == int(public)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"body": "id {{ticket.id}} and {{nothing.known}}."}, "id 1 and ."),
        ({"body": r"\{{ticket.id}}"}, "{{ticket.id}}"),
        ({"html_body": "<p>{{ticket.requester.name}}</p>"}, "Robin Doe"),
        ({"html_body": "<p>{{ticket.id}} <code>{{ticket.id}}</code></p>"}, "1 {{ticket.id}}"),
        ({"html_body": "<p>&#123;&#123;ticket.id&#125;&#125;</p>"}, "{{ticket.id}}"),
    ],
)
def test_placeholders_in_comments_are_evaluated(
    sandbox: RunningSandbox, ticket: int, said: dict[str, str], kept: str
) -> None:
    put(sandbox, ticket, comment={**said, "public": False})
    assert sandbox.seen("zendesk", ticket)["notes"] == [kept]


def test_active_content_is_stripped_and_long_bodies_are_cut(sandbox: RunningSandbox, ticket: int) -> None:
    put(sandbox, ticket, comment={"html_body": "<p onclick=x>a<script>b()</script><!-- c --></p>", "public": False})
    assert sandbox.seen("zendesk", ticket)["comments"][-1]["html"] == "<p>a</p>"
    put(sandbox, ticket, comment={"body": "ü" * 40_000, "public": False})
    assert len(sandbox.seen("zendesk", ticket)["comments"][-1]["text"].encode()) == 64 * 1024


def test_the_shown_author_may_differ_but_the_updater_is_the_caller(sandbox: RunningSandbox, ticket: int) -> None:
    users = sandbox.zendesk("GET", "users").json()["users"]
    dana = next(u["id"] for u in users if u["email"] == "dana@acme.example")
    audit = put(sandbox, ticket, comment={"body": "x", "public": False, "author_id": dana}).json()["audit"]
    me = sandbox.zendesk("GET", "users/me").json()["user"]["id"]
    assert audit["author_id"] == me
    assert audit["events"][0]["author_id"] == dana


# -- fields and their tags


def test_setting_a_drop_down_swaps_its_tag(sandbox: RunningSandbox, ticket: int) -> None:
    area = field_id(sandbox, "Product area")
    put(sandbox, ticket, custom_fields=[{"id": area, "value": "area_appliances"}])
    assert "area_appliances" in sandbox.seen("zendesk", ticket)["tags"]
    put(sandbox, ticket, custom_fields=[{"id": area, "value": "area_furniture"}])
    assert sandbox.seen("zendesk", ticket)["tags"] == ["vip", "area_furniture"]
    put(sandbox, ticket, custom_fields=[{"id": area, "value": None}])
    assert sandbox.seen("zendesk", ticket)["tags"] == ["vip"]


def test_replacing_tags_without_the_options_tag_clears_the_drop_down(sandbox: RunningSandbox, ticket: int) -> None:
    area = field_id(sandbox, "Product area")
    put(sandbox, ticket, custom_fields=[{"id": area, "value": "area_appliances"}])
    put(sandbox, ticket, tags=["other"])
    assert sandbox.seen("zendesk", ticket)["fields"]["Product area"] is None
    sandbox.control(f"tickets/zendesk/{ticket}/tags", {"add": ["area_furniture"]})
    assert sandbox.seen("zendesk", ticket)["fields"]["Product area"] == "area_furniture"


def test_unknown_fields_and_properties_are_ignored_but_wrong_options_are_not(
    sandbox: RunningSandbox, ticket: int
) -> None:
    assert put(sandbox, ticket, custom_fields=[{"id": 1, "value": "x"}], additional_tags=["y"]).status_code == 200
    assert sandbox.seen("zendesk", ticket)["tags"] == ["vip"]
    area = field_id(sandbox, "Product area")
    assert put(sandbox, ticket, custom_fields=[{"id": area, "value": "nope"}]).status_code == 422


# -- concurrency


def test_a_stale_stamp_conflicts_whatever_the_value_of_safe_update(sandbox: RunningSandbox, ticket: int) -> None:
    stamp = sandbox.zendesk("GET", f"tickets/{ticket}").json()["ticket"]["updated_at"]
    sandbox.control("clock", {"advance": 5})
    assert put(sandbox, ticket, priority="low", safe_update=True, updated_stamp=stamp).status_code == 200
    for value in (True, False, "true"):
        answer = put(sandbox, ticket, priority="high", safe_update=value, updated_stamp=stamp)
        assert answer.status_code == 409
        assert answer.json()["error"] == "UpdateConflict"
    assert put(sandbox, ticket, priority="high", updated_stamp=stamp).status_code == 200


def test_two_updates_within_one_second_are_not_noticed(sandbox: RunningSandbox, ticket: int) -> None:
    ticket_now = sandbox.zendesk("GET", f"tickets/{ticket}").json()["ticket"]
    assert len(ticket_now["updated_at"]) == len("2026-11-22T06:20:00Z")


def test_updated_at_stays_when_nothing_changed(sandbox: RunningSandbox, ticket: int) -> None:
    before = sandbox.zendesk("GET", f"tickets/{ticket}").json()["ticket"]["updated_at"]
    sandbox.control("clock", {"advance": 5})
    answer = put(sandbox, ticket, tags=["vip"]).json()
    assert answer["ticket"]["updated_at"] == before
    assert answer["audit"]["events"] == []
    assert len(sandbox.seen("zendesk", ticket)["audits"]) == 1


# -- refusals


@pytest.mark.parametrize(
    ("wish", "status", "error"),
    [
        ({"status": "sleeping"}, 422, "RecordInvalid"),
        ({"priority": "highest"}, 422, "RecordInvalid"),
        ({"comment": {"body": "  "}}, 422, "RecordInvalid"),
        ({"group_id": 7}, 422, "RecordInvalid"),
        ({"safe_update": True}, 422, "RecordInvalid"),
    ],
)
def test_invalid_updates(sandbox: RunningSandbox, ticket: int, wish: dict[str, Any], status: int, error: str) -> None:
    answer = put(sandbox, ticket, **wish)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_bodies_that_are_no_ticket(sandbox: RunningSandbox, ticket: int) -> None:
    assert sandbox.zendesk("PUT", f"tickets/{ticket}", json={"priority": "high"}).status_code == 400
    assert sandbox.zendesk("PUT", f"tickets/{ticket}", data="{").status_code == 400


def test_closed_deleted_and_unknown_tickets(sandbox: RunningSandbox, ticket: int) -> None:
    sandbox.control(f"tickets/zendesk/{ticket}/status", {"status": "closed"})
    closed = put(sandbox, ticket, priority="low")
    assert closed.status_code == 422
    assert "closed prevents ticket update" in closed.text
    sandbox.control(f"tickets/zendesk/{ticket}/status", {"status": "deleted"})
    for path in (f"tickets/{ticket}", "tickets/99"):
        gone = sandbox.zendesk("GET", path)
        assert (gone.status_code, gone.json()["error"]) == (404, "RecordNotFound")
    nowhere = sandbox.zendesk("GET", "nowhere")
    assert (nowhere.status_code, nowhere.json()["error"]) == (404, "InvalidEndpoint")


# -- tags, comments, audits


def test_tags_endpoints(sandbox: RunningSandbox, ticket: int) -> None:
    path = f"tickets/{ticket}/tags"
    assert sandbox.zendesk("GET", path).json() == {"tags": ["vip"]}
    assert sandbox.zendesk("PUT", path, json={"tags": ["a"]}).json() == {"tags": ["vip", "a"]}
    made = sandbox.zendesk("POST", path, json={"tags": ["b", "c"]})
    assert (made.status_code, made.json()) == (201, {"tags": ["b", "c"]})
    assert sandbox.zendesk("DELETE", path, json={"tags": ["b"]}).json() == {"tags": ["c"]}
    assert sandbox.zendesk("DELETE", f"{path}?tags=c").json() == {"tags": []}
    stale = {"tags": ["d"], "safe_update": "true", "updated_stamp": "2020-01-01T00:00:00Z"}
    assert sandbox.zendesk("PUT", path, json=stale).status_code == 409


def test_comments_newest_first_by_cursor(sandbox: RunningSandbox, ticket: int) -> None:
    for number in range(5):
        sandbox.control(f"tickets/zendesk/{ticket}/reply", {"as": "customer", "text": f"reply {number}"})
    path = f"tickets/{ticket}/comments?sort=-created_at&page[size]=2&include=users"
    seen: list[str] = []
    while path:
        page = sandbox.zendesk("GET", path).json()
        assert {u["name"] for u in page["users"]} == {"Robin Doe"}
        seen += [c["body"] for c in page["comments"]]
        path = (page["links"]["next"] or "").partition("/api/v2/")[2] if page["meta"]["has_more"] else ""
    assert seen == [f"reply {n}" for n in (4, 3, 2, 1, 0)] + ["Nobody called me back."]
    descending = sandbox.zendesk("GET", f"tickets/{ticket}/comments?sort_order=desc").json()
    assert [c["body"] for c in descending["comments"]] == seen
    assert sandbox.zendesk("GET", f"tickets/{ticket}/comments?page[after]=rubbish").status_code == 400


def test_audits_tell_the_history(sandbox: RunningSandbox, ticket: int) -> None:
    put(sandbox, ticket, priority="high", metadata={"k": "v"})
    first, second = sandbox.zendesk("GET", f"tickets/{ticket}/audits").json()["audits"]
    created = {e["field_name"]: e["value"] for e in first["events"] if e["type"] == "Create"}
    assert created["priority"] is None and created["status"] == "new"
    (change,) = second["events"]
    assert (change["field_name"], change["previous_value"], change["value"]) == ("priority", None, "high")
    assert second["metadata"]["custom"] == {"k": "v"}


# -- creation and bulk


def test_create_with_an_idempotency_key(sandbox: RunningSandbox) -> None:
    wish = {"ticket": {"subject": "s", "comment": {"body": "b"}, "requester": {"name": "N", "email": "n@x.example"}}}
    headers = {"Idempotency-Key": "k1"}
    first = sandbox.zendesk("POST", "tickets", json=wish, headers=headers)
    again = sandbox.zendesk("POST", "tickets", json=wish, headers=headers)
    assert first.status_code == again.status_code == 201
    assert (first.headers["x-idempotency-lookup"], again.headers["x-idempotency-lookup"]) == ("miss", "hit")
    assert first.json()["ticket"]["id"] == again.json()["ticket"]["id"]
    other = {"ticket": {**wish["ticket"], "subject": "t"}}
    assert sandbox.zendesk("POST", "tickets", json=other, headers=headers).status_code == 400


def test_update_many_adds_tags(sandbox: RunningSandbox, ticket: int) -> None:
    job = sandbox.zendesk(
        "PUT", f"tickets/update_many?ids={ticket},99", json={"ticket": {"additional_tags": ["extra"]}}
    ).json()["job_status"]
    assert [r["success"] for r in job["results"]] == [True, False]
    assert sandbox.seen("zendesk", ticket)["tags"] == ["vip", "extra"]


# -- lists and exports


def test_offset_pages_end_at_the_hundredth(sandbox: RunningSandbox, ticket: int) -> None:
    assert sandbox.zendesk("GET", "tickets?page=100").status_code == 200
    deep = sandbox.zendesk("GET", "tickets?page=101")
    assert (deep.status_code, deep.json()["errors"][0]["code"]) == (400, "InvalidPaginationDepth")


def test_show_many_and_sideloads(sandbox: RunningSandbox, ticket: int) -> None:
    other = sandbox.ticket("zendesk", requester={"name": "Kim", "email": "kim@x.example"})
    body = sandbox.zendesk("GET", f"tickets/show_many?ids={other},{ticket},99&include=users").json()
    assert [t["id"] for t in body["tickets"]] == [other, ticket]
    assert {u["name"] for u in body["users"]} == {"Robin Doe", "Kim"}


def test_export_hides_the_last_minute_and_resumes(sandbox: RunningSandbox) -> None:
    start = 1
    first = sandbox.ticket("zendesk", created_at="2026-01-01T00:00:00Z")
    fresh = sandbox.ticket("zendesk")
    page = sandbox.zendesk("GET", f"incremental/tickets/cursor?start_time={start}").json()
    assert [t["id"] for t in page["tickets"]] == [first]
    assert page["end_of_stream"] is True
    sandbox.control("clock", {"advance": 61})
    page = sandbox.zendesk("GET", f"incremental/tickets/cursor?cursor={page['after_cursor']}").json()
    assert [t["id"] for t in page["tickets"]] == [fresh]
    again = sandbox.zendesk("GET", f"incremental/tickets/cursor?cursor={page['after_cursor']}").json()
    assert (again["tickets"], again["after_cursor"], again["end_of_stream"]) == ([], page["after_cursor"], True)


def test_export_pages_and_shows_deleted_tickets(sandbox: RunningSandbox) -> None:
    rows = [{"helpdesk": "zendesk", "text": "t", "created_at": "2026-01-01T00:00:00Z"} for _ in range(5)]
    sandbox.control("tickets", {"tickets": rows})
    sandbox.control("tickets/zendesk/2/status", {"status": "deleted"})
    sandbox.control("clock", {"advance": 61})
    cursor, seen = "start_time=1", []
    while True:
        page = sandbox.zendesk("GET", f"incremental/tickets/cursor?{cursor}&per_page=2").json()
        seen += [(t["id"], t["status"]) for t in page["tickets"]]
        if page["end_of_stream"]:
            break
        cursor = f"cursor={page['after_cursor']}"
    assert seen == [(1, "new"), (3, "new"), (4, "new"), (5, "new"), (2, "deleted")]
    kept = sandbox.zendesk("GET", "incremental/tickets/cursor?start_time=1&exclude_deleted=true").json()["tickets"]
    assert [t["id"] for t in kept] == [1, 3, 4, 5]


def test_export_leaves_out_what_an_ai_agent_handled_unless_asked(sandbox: RunningSandbox) -> None:
    sandbox.ticket("zendesk", created_at="2026-01-01T00:00:00Z", support_type="ai_agent")
    path = "incremental/tickets/cursor?start_time=1"
    assert sandbox.zendesk("GET", path).json()["tickets"] == []
    assert len(sandbox.zendesk("GET", f"{path}&support_type_scope=all").json()["tickets"]) == 1


def test_export_refuses_a_recent_start_and_a_bad_cursor(sandbox: RunningSandbox) -> None:
    assert sandbox.zendesk("GET", "incremental/tickets/cursor?start_time=99999999999").status_code == 422
    assert sandbox.zendesk("GET", "incremental/tickets/cursor").status_code == 400
    assert sandbox.zendesk("GET", "incremental/tickets/cursor?cursor=rubbish").status_code == 400
    assert (
        sandbox.zendesk("GET", "incremental/tickets/cursor?start_time=1", email="dana@acme.example").status_code == 403
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("type:ticket status:open", [2]),
        ("status<open", [1]),
        ("tags:vip", [2]),
        ("-tags:vip type:ticket", [1]),
        ('"where is it"', [1]),
        ("requester:kim@x.example", [2]),
        ("created>2026-01-01T00:00:00Z created<2026-02-01", [1]),
    ],
)
def test_search(sandbox: RunningSandbox, query: str, found: list[int]) -> None:
    sandbox.ticket("zendesk", "Where is it?", created_at="2026-01-15T00:00:00Z")
    second = sandbox.ticket("zendesk", "Hello", tags=["vip"], requester={"email": "kim@x.example"})
    sandbox.control(f"tickets/zendesk/{second}/status", {"status": "open"})
    body = sandbox.zendesk("GET", "search", params={"query": query}).json()
    assert [r["id"] for r in body["results"]] == found
    assert body["count"] == len(found)
