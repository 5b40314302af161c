"""The control API: playing customers and agents, faults, clock, reset, and parallel use."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.adapters.sandbox.running import Receiver, RunningSandbox

API = {"zendesk": "/api/v2/tickets/1", "freshdesk": "/api/v2/tickets/1"}


@pytest.mark.parametrize("helpdesk", ["zendesk", "freshdesk"])
def test_a_customer_comes_back_and_the_ticket_reopens(sandbox: RunningSandbox, helpdesk: str) -> None:
    ticket = sandbox.ticket(helpdesk)
    sandbox.control(
        f"tickets/{helpdesk}/{ticket}/reply", {"as": "agent", "text": "We will call.", "agent": "ira@acme.example"}
    )
    sandbox.control(f"tickets/{helpdesk}/{ticket}/status", {"status": "solved"})
    sandbox.control(
        f"tickets/{helpdesk}/{ticket}/reply", {"as": "customer", "html": "<b>Nobody</b> called.<script>x</script>"}
    )
    seen = sandbox.seen(helpdesk, ticket)
    assert (seen["status"], seen["assignee"]) == ("open", "Ira Novak")
    assert [(c["role"], c["public"]) for c in seen["comments"]] == [
        ("customer", True),
        ("agent", True),
        ("customer", True),
    ]
    assert seen["comments"][-1]["html"] == "<b>Nobody</b> called."


def test_tickets_can_be_backdated_and_opened_in_bulk_without_waking_anything(
    sandbox: RunningSandbox, receiver: Receiver
) -> None:
    sandbox.control("connect", {"helpdesk": "zendesk", "url": receiver.url})
    rows = [
        {"helpdesk": "zendesk", "text": f"t{n}", "created_at": "2026-03-01T10:00:00+01:00", "quiet": True}
        for n in range(3)
    ]
    assert sandbox.control("tickets", {"tickets": rows})["ids"] == [1, 2, 3]
    sandbox.settle()
    assert receiver.calls == []
    assert (
        sandbox.seen("zendesk", 1)["created_at"] == sandbox.seen("zendesk", 1)["updated_at"] == "2026-03-01T09:00:00Z"
    )


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("tickets", {"helpdesk": "zendesk"}, "text"),
        ("tickets", {"helpdesk": "frontdesk", "text": "x"}, "helpdesk"),
        ("tickets", {"helpdesk": "zendesk", "text": "x", "tag": ["misspelt"]}, "tag"),
        ("tickets", {"helpdesk": "zendesk", "text": "x", "created_at": "yesterday"}, "created_at"),
        ("tickets/zendesk/1/reply", {"as": "customer", "text": "x"}, "id"),
        ("plan", {"zendesk": "platinum"}, "zendesk"),
        ("faults", {"path": "("}, "path"),
        ("webhooks", {"drop_probability": 2}, "drop_probability"),
        ("connect", {"helpdesk": "zendesk", "url": "http://127.0.0.1:1/x", "mode": "form"}, "mode"),
        ("clock", {"back": 1}, "back"),
    ],
)
def test_wrong_wishes_are_named(sandbox: RunningSandbox, path: str, body: dict[str, Any], named: str) -> None:
    answer = sandbox.session.post(f"{sandbox.url}/control/{path}", json=body, timeout=30)
    assert answer.status_code == 422
    assert named in str(answer.json()["details"])


def test_reset_leaves_nothing_behind(sandbox: RunningSandbox, receiver: Receiver) -> None:
    sandbox.control("connect", {"helpdesk": "zendesk", "url": receiver.url})
    sandbox.control("plan", {"zendesk": "trial"})
    sandbox.control("faults", {"status": 500, "times": 0})
    sandbox.control("clock", {"advance": 1000})
    sandbox.control("webhooks", {"duplicates": 3})
    sandbox.ticket("zendesk")
    sandbox.control("reset", {})
    assert sandbox.control("tickets")["tickets"] == []
    assert sandbox.control("faults")["faults"] == []
    assert sandbox.control("clock")["offset"] == 0
    assert sandbox.zendesk("GET", "webhooks").json()["webhooks"] == []
    assert "X-Rate-Limit" not in sandbox.zendesk("GET", "tickets").headers
    assert sandbox.ticket("zendesk") == 1
    sandbox.settle()
    assert sandbox.control("stats")["zendesk"]["webhooks"]["sent"] == 0


# -- faults


@pytest.mark.parametrize("helpdesk", ["zendesk", "freshdesk"])
def test_an_answer_is_replaced_as_often_as_asked(sandbox: RunningSandbox, helpdesk: str) -> None:
    call = getattr(sandbox, helpdesk)
    sandbox.ticket(helpdesk)
    fault = {"helpdesk": helpdesk, "method": "get", "path": "/tickets/1$", "status": 503, "body": {"a": 1}, "times": 2}
    sandbox.control("faults", {**fault, "headers": {"Retry-After": "7"}})
    answers = [call("GET", "tickets/1") for _ in range(3)]
    assert [a.status_code for a in answers] == [503, 503, 200]
    assert (answers[0].json(), answers[0].headers["Retry-After"]) == ({"a": 1}, "7")
    assert call("GET", "tickets").status_code == 200
    by_status = sandbox.control("stats")[helpdesk]["by_status"]
    assert by_status == {"200": 2, "503": 2}


@pytest.mark.parametrize(("apply", "priority"), [(False, None), (True, "high")])
def test_a_dropped_connection_may_hide_a_write_that_was_made(
    sandbox: RunningSandbox, apply: bool, priority: str | None
) -> None:
    ticket = sandbox.ticket("zendesk")
    sandbox.control("faults", {"method": "PUT", "drop": True, "apply": apply})
    with pytest.raises(requests.ConnectionError):
        sandbox.zendesk("PUT", f"tickets/{ticket}", json={"ticket": {"priority": "high"}})
    assert sandbox.seen("zendesk", ticket)["priority"] == priority
    assert sandbox.control("stats")["zendesk"]["by_status"]["dropped"] == 1
    assert sandbox.zendesk("GET", f"tickets/{ticket}").status_code == 200


def test_a_hang_outlasts_the_callers_patience(sandbox: RunningSandbox) -> None:
    sandbox.ticket("freshdesk")
    sandbox.control("faults", {"helpdesk": "freshdesk", "hang": 1.5})
    with pytest.raises(requests.Timeout):
        requests.get(f"{sandbox.freshdesk_url}/api/v2/tickets/1", auth=(sandbox.freshdesk_agent_key, "X"), timeout=0.2)
    assert sandbox.freshdesk("GET", "tickets/1").status_code == 200


def test_latency_delays_and_nothing_else(sandbox: RunningSandbox) -> None:
    sandbox.ticket("zendesk")
    sandbox.control("faults", {"path": "/tickets/1$", "latency": 0.3})
    started = time.monotonic()
    assert sandbox.zendesk("GET", "tickets/1").status_code == 200
    assert time.monotonic() - started >= 0.3


# -- strangers


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1", 200), ("localhost:80", 200), ("evil.example", 403)])
def test_control_and_workspace_answer_to_this_machines_names_only(
    sandbox: RunningSandbox, host: str, status: int
) -> None:
    for path in ("/control/stats", "/"):
        assert requests.get(f"{sandbox.url}{path}", headers={"Host": host}, timeout=30).status_code == status


def test_a_form_from_another_page_changes_nothing(sandbox: RunningSandbox) -> None:
    answer = requests.post(f"{sandbox.url}/control/tickets", data='{"helpdesk":"zendesk","text":"x"}', timeout=30)
    assert answer.status_code == 422
    assert sandbox.control("tickets")["tickets"] == []


# -- many at once


def test_sixteen_at_once_on_two_thousand_tickets(sandbox: RunningSandbox) -> None:
    rows = [{"helpdesk": ("zendesk", "freshdesk")[n % 2], "text": f"ticket {n}"} for n in range(2000)]
    sandbox.control("tickets", {"tickets": rows})

    def work(number: int) -> list[int]:
        mine = number * 10 + 1
        answers = []
        for ticket in range(mine, mine + 10):
            zendesk = {"ticket": {"tags": [f"by_{number}"], "comment": {"body": "n", "public": False}}}
            answers.append(sandbox.zendesk("PUT", f"tickets/{ticket}", json=zendesk).status_code)
            answers.append(sandbox.freshdesk("PUT", f"tickets/{ticket}", json={"tags": [f"by_{number}"]}).status_code)
            answers.append(sandbox.freshdesk("POST", f"tickets/{ticket}/notes", json={"body": "n"}).status_code)
        return answers

    with ThreadPoolExecutor(16) as pool:
        answers = [status for rows in pool.map(work, range(16)) for status in rows]
    assert set(answers) == {200, 201}
    touched = [t for t in sandbox.control("tickets")["tickets"] if t["notes"]]
    assert len(touched) == 320
    assert all(len(t["notes"]) == 1 and t["tags"] == [f"by_{(t['id'] - 1) // 10}"] for t in touched)


def test_parallel_additions_of_tags_lose_none(sandbox: RunningSandbox) -> None:
    ticket = sandbox.ticket("zendesk")
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: sandbox.zendesk("PUT", f"tickets/{ticket}/tags", json={"tags": [f"t{n}"]}), range(64)))
    assert set(sandbox.seen("zendesk", ticket)["tags"]) == {f"t{n}" for n in range(64)}
