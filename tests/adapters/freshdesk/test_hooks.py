"""Whose a webhook is, and which ticket it speaks of, whatever an admin typed into the rule."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import Hint, HookRequest, Ignored, Refused, Secret, Unreadable
from adapters.freshdesk import hooks

OLD, NEW = "old-secret_0123456789", "new-secret_0123456789"
SECRETS = (Secret(OLD), Secret(NEW))
HEADER = "X-Makeright-Secret"
OWN_EMAIL = "makeright@acme.example"
CASES: list[dict[str, Any]] = json.loads(files("adapters.freshdesk").joinpath("fixtures/hooks.json").read_text("utf-8"))


def request(body: bytes | str = b"{}", content_type: str = "application/json", **headers: str) -> HookRequest:
    return HookRequest(
        headers={name.replace("_", "-").lower(): value for name, value in headers.items()},
        body=body.encode() if isinstance(body, str) else body,
        content_type=content_type,
        received_at=datetime(2026, 11, 20, 9, 15, tzinfo=UTC),
    )


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_payloads_as_admins_write_them(case: dict[str, Any]) -> None:
    asked = request(case["body"], case["content_type"])
    if "unreadable" in case:
        with pytest.raises(Unreadable):
            hooks.read(asked, OWN_EMAIL)
        return
    result = hooks.read(asked, OWN_EMAIL)
    if "ignored" in case:
        assert isinstance(result, Ignored) and result.reason
    else:
        assert isinstance(result, Hint)
        assert {"ticket_id": result.ticket_id, "event": result.event} == case["hint"]


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Makeright_Secret": OLD},
        {"X_Makeright_Secret": NEW},
        {"X_Makeright_Secret": f" {NEW} "},
        {"Authorization": basic("makeright", OLD)},
        {"Authorization": basic(NEW, "X")},
        {"Authorization": basic("anybody", NEW).replace("Basic", "basic")},
        {"X_Makeright_Secret": "wrong", "Authorization": basic("makeright", NEW)},
    ],
)
def test_either_secret_is_accepted_in_either_place(headers: dict[str, str]) -> None:
    hooks.verify(request(**headers), SECRETS, HEADER)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X_Makeright_Secret": ""},
        {"X_Makeright_Secret": OLD[:-1]},
        {"X_Makeright_Secret": OLD + NEW},
        {"X_Makeright_Secret": OLD.upper()},
        {"X_Makeright_Secret": "\ud800"},
        {"X_Other_Secret": OLD},
        {"Authorization": OLD},
        {"Authorization": f"Bearer {OLD}"},
        {"Authorization": basic("", "")},
        {"Authorization": basic("X", "X")},
        {"Authorization": "Basic"},
        {"Authorization": "Basic %%%"},
        {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode()},
    ],
)
def test_anything_else_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Refused):
        hooks.verify(request(**headers), SECRETS, HEADER)


def test_no_secret_configured_means_nobody_is_believed() -> None:
    with pytest.raises(Refused):
        hooks.verify(request(X_Makeright_Secret=""), (), HEADER)
    with pytest.raises(Refused):
        hooks.verify(request(X_Makeright_Secret=OLD), (), HEADER)


def test_others_changes_pass_and_ours_pass_while_we_do_not_know_who_we_are() -> None:
    body = json.dumps({"ticket_id": 1, "performer_email": OWN_EMAIL})
    assert isinstance(hooks.read(request(body), OWN_EMAIL), Ignored)
    assert isinstance(hooks.read(request(body), None), Hint)
    assert isinstance(hooks.read(request(body), ""), Hint)
    assert isinstance(hooks.read(request(json.dumps({"ticket_id": 1, "performer_email": ""})), OWN_EMAIL), Hint)


def test_a_repeated_delivery_is_recognised_only_by_a_stamp_with_seconds() -> None:
    def delivery(modified_on: str, event: str = "{note_type:public}") -> str | None:
        body = json.dumps({"ticket_id": "1", "event": event, "modified_on": modified_on})
        hint = hooks.read(request(body), None)
        assert isinstance(hint, Hint)
        return hint.delivery_id

    first = delivery("2026-11-20T09:14:03Z")
    assert first is not None
    assert delivery("2026-11-20T09:14:03Z") == first
    assert delivery("2026-11-20T09:14:04Z") != first
    assert delivery("2026-11-20T09:14:03Z", "{status:{from:2,to:3}}") != first
    assert delivery("Fri, 20 Nov 2026 at 9:14 AM") is None
    assert delivery("") is None


@given(event=st.text())
def test_an_event_is_reduced_to_words(event: str) -> None:
    hint = hooks.read(request(json.dumps({"ticket_id": "1", "event": event})), None)
    assert isinstance(hint, Hint)
    assert hint.event and len(hint.event) <= 81
    assert all(character.isalpha() or character in "_:." for character in hint.event)


@given(quoted=st.text(), ticket_id=st.integers(min_value=1, max_value=10**12))
def test_unescaped_customer_text_does_not_hide_the_ticket(quoted: str, ticket_id: int) -> None:
    body = f'{{"ticket_id": "{ticket_id}", "subject": "{quoted}"}}'.encode("utf-8", "surrogatepass")
    try:
        result = hooks.read(request(body), None)
    except Unreadable:
        assert '"ticket_id"' in quoted or "<ticket" in quoted
    else:
        assert isinstance(result, Hint)
        assert result.ticket_id == str(ticket_id) or "ticket_id" in quoted
