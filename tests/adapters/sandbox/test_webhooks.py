"""Outgoing webhooks: when they fire, what they carry, and how delivery fails."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from urllib.parse import parse_qs

import pytest

from adapters.sandbox.zendesk.post import signature
from tests.adapters.sandbox.running import Received, Receiver, RunningSandbox, eventually


def verify(call: Received, secret: str) -> bool:
    stamp = call.headers["x-zendesk-webhook-signature-timestamp"]
    mac = hmac.new(secret.encode(), stamp.encode() + call.body, hashlib.sha256).digest()
    return base64.b64encode(mac).decode() == call.headers["x-zendesk-webhook-signature"]


def test_signature_matches_a_published_vector() -> None:
    secret = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="
    body = b'{"event":"ticket.updated","id":123}'
    assert signature(secret, "2021-03-25T05:09:27Z", body) == "S/RDdU2ERmj7LHDDoWJ2onPYH+t7/f2+LTM4dL7UiLM="


def test_trigger_fires_signed_on_creation(sandbox: RunningSandbox, receiver: Receiver) -> None:
    made = sandbox.control("connect", {"helpdesk": "zendesk", "url": receiver.url, "mode": "trigger"})
    ticket = sandbox.ticket("zendesk", 'He said "soon"')
    sandbox.settle()
    (call,) = receiver.calls
    assert json.loads(call.body)["ticket_id"] == str(ticket)
    assert verify(call, made["signing_secret"])
    assert call.headers["x-zendesk-webhook-id"] == made["webhook_id"]
    assert call.headers["content-type"] == "application/json; charset=utf-8"


def test_guard_tag_and_api_writes_do_not_fire(sandbox: RunningSandbox, receiver: Receiver) -> None:
    sandbox.control("connect", {"helpdesk": "zendesk", "url": receiver.url})
    guarded = sandbox.ticket("zendesk", tags=["makeright_seen"])
    sandbox.zendesk("PUT", f"tickets/{guarded}", json={"ticket": {"priority": "high"}})
    sandbox.settle()
    assert receiver.calls == []
    sandbox.control(f"tickets/zendesk/{guarded}/reply", {"as": "customer", "text": "Hello?"})
    sandbox.settle()
    assert len(receiver.calls) == 1


def test_event_mode_envelope(sandbox: RunningSandbox, receiver: Receiver) -> None:
    made = sandbox.control("connect", {"helpdesk": "zendesk", "url": receiver.url, "mode": "events"})
    ticket = sandbox.ticket("zendesk", priority="high")
    sandbox.control(f"tickets/zendesk/{ticket}/reply", {"as": "note", "text": "looking"})
    sandbox.settle()
    bodies = {json.loads(call.body)["type"]: json.loads(call.body) for call in receiver.calls}
    assert set(bodies) == {f"zen:event-type:ticket.{n}" for n in ("created", "comment_added", "status_changed")}
    created = bodies["zen:event-type:ticket.created"]
    assert created["detail"]["id"] == str(ticket)
    assert created["detail"]["priority"] == "HIGH"
    assert created["detail"]["status"] == "NEW"
    assert created["subject"] == f"zen:ticket:{ticket}"
    assert len(created["time"]) == len("2025-01-08T10:12:07.672717030Z")
    comment = bodies["zen:event-type:ticket.comment_added"]["event"]["comment"]
    assert comment["is_public"] is False and comment["author"]["is_staff"] is True
    assert all(verify(call, made["signing_secret"]) for call in receiver.calls)


@pytest.mark.parametrize("mode", ["simple", "advanced", "form"])
def test_freshdesk_payloads_name_the_ticket(sandbox: RunningSandbox, receiver: Receiver, mode: str) -> None:
    sandbox.control(
        "connect",
        {"helpdesk": "freshdesk", "url": receiver.url, "mode": mode, "secret": "s3cret", "header": "X-Secret"},
    )
    ticket = sandbox.ticket("freshdesk", 'He said "soon"\nand hung up', subject='"quoted"')
    sandbox.settle()
    (call,) = receiver.calls
    assert call.headers["x-secret"] == "s3cret"
    if mode == "form":
        assert parse_qs(call.body.decode())["ticket_id"] == [str(ticket)]
    elif mode == "simple":
        assert json.loads(call.body)["freshdesk_webhook"]["ticket_subject"] == '"quoted"'
        assert json.loads(call.body)["freshdesk_webhook"]["ticket_id"] == ticket
    else:
        assert json.loads(call.body)["event"] == "{ticket_action:created}"
        assert json.loads(call.body)["ticket_id"] == str(ticket)


def test_freshdesk_runs_only_the_first_matching_creation_rule(sandbox: RunningSandbox, receiver: Receiver) -> None:
    for name in ("first", "second"):
        sandbox.control("connect", {"helpdesk": "freshdesk", "url": f"{receiver.url}/{name}"})
    sandbox.ticket("freshdesk")
    sandbox.settle()
    assert [call.path for call in receiver.calls] == ["/hook/first"]
    sandbox.control("plan", {"cascading_rules": True})
    sandbox.ticket("freshdesk")
    sandbox.settle()
    assert sorted(call.path for call in receiver.calls[1:]) == ["/hook/first", "/hook/second"]


def test_freshdesk_reply_rule_hears_the_customer_not_the_agent(sandbox: RunningSandbox, receiver: Receiver) -> None:
    ticket = sandbox.ticket("freshdesk")
    sandbox.control("connect", {"helpdesk": "freshdesk", "url": receiver.url, "mode": "advanced"})
    sandbox.control(f"tickets/freshdesk/{ticket}/reply", {"as": "agent", "text": "On it"})
    sandbox.control(f"tickets/freshdesk/{ticket}/reply", {"as": "note", "text": "psst"})
    sandbox.freshdesk("POST", f"tickets/{ticket}/notes", json={"body": "ours", "private": True})
    sandbox.settle()
    assert receiver.calls == []
    sandbox.control(f"tickets/freshdesk/{ticket}/reply", {"as": "customer", "text": "Well?"})
    sandbox.settle()
    (call,) = receiver.calls
    assert json.loads(call.body)["performer_email"] == "robin@customer.example"


# -- delivery


@pytest.mark.parametrize(
    ("answers", "outcome", "attempts"),
    [
        ([202], "delivered", 1),
        ([500, 202], "failed", 1),
        ([404, 202], "failed", 1),
        ([409, 202], "delivered", 2),
        ([409] * 9, "failed", 4),
        ([(503, {"Retry-After": "1"}), 202], "delivered", 2),
        ([(503, {"Retry-After": "60"}), 202], "failed", 1),
        ([503, 202], "failed", 1),
        ([(429, {"Retry-After": "1"}), 202], "delivered", 2),
    ],
)
def test_zendesk_retries(
    sandbox: RunningSandbox, receiver: Receiver, answers: list[int], outcome: str, attempts: int
) -> None:
    queue = iter(answers)
    receiver.answer = lambda call: next(queue)
    sandbox.control("connect", {"helpdesk": "zendesk", "url": receiver.url})
    sandbox.control("webhooks", {"retry_factor": 0.01})
    sandbox.ticket("zendesk")
    sandbox.settle()
    (delivery,) = sandbox.control("webhooks")["deliveries"]
    assert (delivery["outcome"], len(delivery["attempts"])) == (outcome, attempts)
    assert len({call.headers["x-zendesk-webhook-invocation-id"] for call in receiver.calls}) == 1


def test_freshdesk_repeats_anything_but_success_up_to_48_calls(sandbox: RunningSandbox, receiver: Receiver) -> None:
    receiver.answer = lambda call: 400
    sandbox.control("connect", {"helpdesk": "freshdesk", "url": receiver.url})
    sandbox.control("webhooks", {"retry_factor": 0})
    sandbox.ticket("freshdesk")
    sandbox.settle()
    assert len(receiver.calls) == 48
    assert sandbox.control("stats")["freshdesk"]["webhooks"]["answers"] == {"400": 48}


def test_advancing_the_clock_brings_a_retry_forward(sandbox: RunningSandbox, receiver: Receiver) -> None:
    queue = iter([500, 202])
    receiver.answer = lambda call: next(queue)
    sandbox.control("connect", {"helpdesk": "freshdesk", "url": receiver.url})
    sandbox.control("webhooks", {"retry_factor": 1})
    sandbox.ticket("freshdesk")
    eventually(lambda: sandbox.control("stats")["freshdesk"]["webhooks"]["retried"] == 1)
    assert sandbox.control("webhooks/idle?timeout=0")["idle"] is False
    assert len(receiver.calls) == 1
    sandbox.control("clock", {"advance": 1800})
    sandbox.settle()
    assert len(receiver.calls) == 2


def test_duplicates_drops_and_reordering_on_request(sandbox: RunningSandbox, receiver: Receiver) -> None:
    sandbox.control("connect", {"helpdesk": "zendesk", "url": receiver.url})
    sandbox.control("webhooks", {"duplicates": 2})
    sandbox.ticket("zendesk")
    sandbox.settle()
    assert len(receiver.calls) == 3
    sandbox.control("webhooks", {"drop_probability": 1})
    sandbox.ticket("zendesk")
    sandbox.settle()
    assert len(receiver.calls) == 3
    assert sandbox.control("stats")["zendesk"]["webhooks"]["dropped"] == 1
    sandbox.control("webhooks", {"reorder": 0.5, "seed": 7})
    made = sandbox.control("tickets", {"tickets": [{"helpdesk": "zendesk", "text": f"t{i}"} for i in range(20)]})["ids"]
    sandbox.settle()
    arrived = [int(json.loads(call.body)["ticket_id"]) for call in receiver.calls[3:]]
    assert sorted(arrived) == made and arrived != made
