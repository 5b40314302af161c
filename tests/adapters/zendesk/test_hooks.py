"""Zendesk's webhooks: signatures against independent vectors, both modes' bodies, own writes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import Hint, HookRequest, Ignored, Refused, Secret, Unreadable
from adapters.zendesk import hooks
from tests.adapters.zendesk.signing import NOW, signed

ADAPTER = files("adapters.zendesk")
VECTORS = json.loads(ADAPTER.joinpath("vectors.json").read_text(encoding="utf-8"))
SECRET = "hook-secret-one"
OWN_ID = "900000000999"


def fixture(name: str) -> dict[str, Any]:
    content = json.loads(ADAPTER.joinpath("fixtures", f"{name}.json").read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def verify(request: HookRequest, *secrets: str, seconds: int = 300, account_id: str | None = None) -> None:
    hooks.verify(
        request, [Secret(secret) for secret in secrets], window=timedelta(seconds=seconds), account_id=account_id
    )


def read(body: dict[str, Any], own_user_id: str | None = OWN_ID, **headers: str) -> Hint | Ignored:
    return hooks.read(signed(body, SECRET, **headers), own_user_id=own_user_id).result


def vectors(kind: str) -> list[Any]:
    return [pytest.param(vector, id=vector["name"]) for vector in VECTORS[kind]]


@pytest.mark.parametrize("vector", vectors("right"))
def test_signature_agrees_with_independent_vectors(vector: dict[str, str]) -> None:
    assert hooks.signature(vector["secret"], vector["timestamp"], vector["body"].encode()) == vector["signature"]


@pytest.mark.parametrize("vector", vectors("wrong"))
def test_known_wrong_ways_to_sign_are_refused(vector: dict[str, str]) -> None:
    request = HookRequest(
        {
            "x-zendesk-webhook-signature": vector["signature"],
            "x-zendesk-webhook-signature-timestamp": vector["timestamp"],
        },
        vector["body"].encode(),
        "application/json",
        datetime.fromisoformat(vector["timestamp"]),
    )
    with pytest.raises(Refused, match="does not fit"):
        verify(request, vector["secret"])


def test_right_vector_is_accepted_within_its_window() -> None:
    vector = VECTORS["right"][0]
    signed_at = datetime.fromisoformat(vector["timestamp"])
    headers = {
        "x-zendesk-webhook-signature": vector["signature"],
        "x-zendesk-webhook-signature-timestamp": vector["timestamp"],
    }
    verify(HookRequest(headers, vector["body"].encode(), "application/json", signed_at), vector["secret"])


@pytest.mark.parametrize(
    ("age", "window", "accepted"),
    [
        (0, 300, True),
        (299, 300, True),
        (300, 300, True),
        (301, 300, False),
        (-300, 300, True),
        (-301, 300, False),
        (301, 600, True),
        (86_400 * 365, 300, False),
    ],
)
def test_acceptance_window(age: int, window: int, accepted: bool) -> None:
    request = signed({"ticket_id": "1"}, SECRET, age=timedelta(seconds=age))
    if accepted:
        verify(request, SECRET, seconds=window)
    else:
        with pytest.raises(Refused, match="seconds away"):
            verify(request, SECRET, seconds=window)


@pytest.mark.parametrize("timestamp", ["1234", "yesterday", "2026-11-22", "2026-11-22T09:30:00", "", "9" * 400])
def test_signed_time_that_is_none_is_refused_even_if_well_signed(timestamp: str) -> None:
    body = b"{}"
    headers = {
        "x-zendesk-webhook-signature": hooks.signature(SECRET, timestamp, body),
        "x-zendesk-webhook-signature-timestamp": timestamp,
    }
    with pytest.raises(Refused):
        verify(HookRequest(headers, body, "application/json", NOW), SECRET)


def test_two_secrets_are_live_while_rotating() -> None:
    for secret in ("old-secret", "new-secret"):
        verify(signed({"ticket_id": "1"}, secret), "old-secret", "new-secret")
    with pytest.raises(Refused):
        verify(signed({"ticket_id": "1"}, "third-secret"), "old-secret", "new-secret")


@pytest.mark.parametrize(("sandbox", "count"), [(False, 1), (True, 2)])
def test_public_test_secret_counts_in_the_sandbox_only(sandbox: bool, count: int) -> None:
    secrets = (Secret(hooks.PUBLIC_TEST_SECRET), Secret(SECRET))
    assert len(hooks.live_secrets(secrets, sandbox=sandbox)) == count


def test_public_test_secret_is_the_documented_one() -> None:
    assert VECTORS["right"][0]["secret"] == hooks.PUBLIC_TEST_SECRET


@pytest.mark.parametrize(
    ("configured", "said", "accepted"),
    [("22129848", "22129848", True), (None, "7", True), ("22129848", "7", False)],
)
def test_account_id_of_the_header(configured: str | None, said: str, accepted: bool) -> None:
    request = signed({"ticket_id": "1"}, SECRET, x_zendesk_account_id=said)
    if accepted:
        verify(request, SECRET, account_id=configured)
    else:
        with pytest.raises(Refused, match="another Zendesk account"):
            verify(request, SECRET, account_id=configured)


def test_account_header_may_be_missing() -> None:
    request = signed({"ticket_id": "1"}, SECRET)
    headers = {name: value for name, value in request.headers.items() if name != "x-zendesk-account-id"}
    verify(replace(request, headers=headers), SECRET, account_id="22129848")


@given(body=st.binary(max_size=200), secret=st.text(st.characters(codec="utf-8"), min_size=1, max_size=60))
def test_what_is_signed_is_accepted_and_one_changed_byte_is_not(body: bytes, secret: str) -> None:
    request = signed(body, secret)
    verify(request, secret)
    with pytest.raises(Refused):
        verify(replace(request, body=body + b" "), secret)


@pytest.mark.parametrize(
    ("name", "event", "delivery"),
    [
        ("event_ticket_created", "created", "cbe4028c-7239-495d-b020-f22348516046"),
        ("event_comment_added", "comment_added", "01K9ZQ4M3T5V7X9B1D3F5H7J9K"),
        ("event_tags_changed", "tags_changed", "5b1c55a0-9f36-4d6d-8d0c-3c1f0a77c0de"),
        ("event_message_added", "message_added", "7d2b1f3e-0a1b-4c2d-8e3f-5a6b7c8d9e0f"),
        ("trigger_body", "trigger", "8350205582"),
    ],
)
def test_either_mode_becomes_a_hint(name: str, event: str, delivery: str) -> None:
    assert read(fixture(name)) == Hint("5158", event, delivery)


def test_event_tells_the_account_it_is_signed_for() -> None:
    reading = hooks.read(signed(fixture("event_ticket_created"), SECRET), own_user_id=None)
    assert reading.account_id == "22129848"


@pytest.mark.parametrize(
    "kind",
    [
        "zen:event-type:ticket.sla_policy_changed",
        "zen:event-type:ticket.brand_new_event",
        "zen:event-type:user.created",
        "zen:event-type:ticket.",
        "ticket.created",
        "",
    ],
)
def test_other_event_types_are_ignored(kind: str) -> None:
    assert isinstance(read({**fixture("event_sla_changed"), "type": kind}), Ignored)


def test_own_write_is_ignored_in_event_mode() -> None:
    assert read(fixture("event_own_note")) == Ignored("own write")


def test_own_write_is_ignored_in_trigger_mode() -> None:
    assert read({"ticket_id": "5158", "current_user_id": OWN_ID}) == Ignored("own write")


@pytest.mark.parametrize("sent", [{}, {"current_user_id": ""}, {"current_user_id": "900000000101"}])
def test_trigger_of_anybody_else_is_a_hint(sent: dict[str, str]) -> None:
    assert isinstance(read({"ticket_id": "5158", **sent}), Hint)


def test_nothing_is_an_own_write_while_the_own_id_is_unknown() -> None:
    assert isinstance(read(fixture("event_own_note"), own_user_id=None), Hint)


def test_what_the_adapter_never_does_is_no_own_write() -> None:
    """Somebody who shares its user opens a ticket or replies in public."""
    created = fixture("event_ticket_created")
    created["detail"]["actor_id"] = OWN_ID
    assert isinstance(read(created), Hint)
    replied = fixture("event_own_note")
    replied["event"]["comment"]["is_public"] = True
    assert isinstance(read(replied), Hint)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ticket_id": ""},
        {"ticket_id": None},
        {"ticket_id": "{{ticket.id}}"},
        {"ticket_id": "5158x"},
        {"ticket_id": "-5"},
        {"ticket_id": 0},
        {"ticket_id": True},
        {"ticket_id": 1.5},
        {"ticket_id": ["5158"]},
        {"type": 7},
        {"type": "zen:event-type:ticket.created"},
        {"type": "zen:event-type:ticket.created", "detail": {"id": ""}},
        {"type": "zen:event-type:ticket.created", "detail": ["5158"]},
    ],
)
def test_body_without_a_ticket_is_unreadable(body: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        read(body)


def test_ticket_id_may_be_a_number() -> None:
    assert read({"ticket_id": 5158}) == Hint("5158", "trigger", "8350205582")


@pytest.mark.parametrize("delivery", ["", "x" * 65, "a b", "é"])
def test_delivery_id_of_an_odd_kind_is_left_out(delivery: str) -> None:
    assert read({"ticket_id": "1"}, x_zendesk_webhook_invocation_id=delivery) == Hint("1", "trigger", None)


def test_times_with_nanoseconds_and_upper_case_words_do_no_harm() -> None:
    event = fixture("event_comment_added")
    assert event["time"].endswith("672717030Z") and event["detail"]["status"] == "OPEN"
    assert isinstance(read(event), Hint)
