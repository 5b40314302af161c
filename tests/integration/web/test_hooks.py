"""Every answer to a webhook, as tabled in docs/architecture.md, with real adapters and a real Redis."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis

from integration.app import create_app
from integration.pipeline.context import Context, build_context
from integration.settings import load_settings

CONFIG = """
[service]
redis_url = "{redis}"
database_url = "sqlite:///m.db"

[accounts.acme-zd]
helpdesk = "zendesk"
subdomain = "acme"
auth = {{ client_id = "makeright", client_secret = "env:CLIENT_SECRET" }}
webhook_secrets = ["env:NEW_SECRET", "env:OLD_SECRET"]

[accounts.acme-fd]
helpdesk = "freshdesk"
domain = "acme.freshdesk.com"
api_key = "env:CLIENT_SECRET"
webhook_secrets = ["env:NEW_SECRET", "env:OLD_SECRET"]
"""
# Made when the test runs: a signature does not keep for as long as a long test run takes.
Headers = Callable[[], dict[str, str]]
NEW, OLD = "new-secret-value-1", "old-secret-value-2"


def context_for(folder: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Context:
    for name, value in {"CLIENT_SECRET": "client-secret-value", "NEW_SECRET": NEW, "OLD_SECRET": OLD}.items():
        monkeypatch.setenv(name, value)
    (folder / "makeright.toml").write_text(CONFIG.format(redis=redis_url))
    context = build_context(load_settings(folder / "makeright.toml"), redis_patience=1)
    context.store.migrate()
    return context


@pytest.fixture
def context(tmp_path: Path, redis: Redis, redis_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    made = context_for(tmp_path, redis_server, monkeypatch)
    yield made
    made.store.close()


@pytest.fixture
def app(context: Context) -> Flask:
    return create_app(context)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def zendesk(body: bytes, *, secret: str = NEW, at: datetime | None = None, invocation: str = "i1") -> dict[str, str]:
    stamp = (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    signature = base64.b64encode(hmac.new(secret.encode(), stamp.encode() + body, hashlib.sha256).digest()).decode()
    return {
        "Content-Type": "application/json",
        "X-Zendesk-Webhook-Signature": signature,
        "X-Zendesk-Webhook-Signature-Timestamp": stamp,
        "X-Zendesk-Webhook-Invocation-Id": invocation,
    }


def freshdesk(secret: str = NEW) -> dict[str, str]:
    return {"Content-Type": "application/json", "X-Makeright-Secret": secret}


BODY = json.dumps({"ticket_id": "42", "updated_at": "2026-11-22T12:00Z"}).encode()


def post(client: FlaskClient, account: str, body: bytes, headers: dict[str, str]) -> Any:
    return client.post(f"/hooks/{account}", data=body, headers=headers)


@pytest.mark.parametrize("secret", [NEW, OLD])
def test_a_new_hint_is_accepted_with_either_live_secret(client: FlaskClient, context: Context, secret: str) -> None:
    assert post(client, "acme-zd", BODY, zendesk(BODY, secret=secret)).status_code == 202
    assert post(client, "acme-fd", BODY, freshdesk(secret)).status_code == 202
    assert sorted(job.args for job in context.queue.rq.jobs) == [["acme-fd", "42"], ["acme-zd", "42"]]


@pytest.mark.parametrize("account", ["acme-zd", "acme-fd"])
def test_a_repeated_hint_is_answered_200_with_the_reason(client: FlaskClient, context: Context, account: str) -> None:
    def again(invocation: str) -> Any:
        headers = zendesk(BODY, invocation=invocation) if account == "acme-zd" else freshdesk()
        return post(client, account, BODY, headers)

    assert again("i1").status_code == 202
    for invocation in ("i1", "i2"):
        answer = again(invocation)
        assert answer.status_code == 200
        assert answer.get_json()["reason"]
    assert len(context.queue.rq) == 1


@pytest.mark.parametrize(
    ("account", "body", "headers", "status"),
    [
        pytest.param("acme-zd", BODY, lambda: {"Content-Type": "application/json"}, 401, id="zendesk: unsigned"),
        pytest.param("acme-zd", BODY, lambda: zendesk(BODY, secret="wrong"), 401, id="zendesk: wrong secret"),
        pytest.param("acme-zd", BODY, lambda: zendesk(b"other body"), 401, id="zendesk: signed for another body"),
        pytest.param(
            "acme-zd", BODY, lambda: zendesk(BODY, at=datetime.now(UTC) - timedelta(hours=1)), 401, id="zendesk: old"
        ),
        pytest.param(
            "acme-zd", BODY, lambda: zendesk(BODY, at=datetime.now(UTC) + timedelta(hours=1)), 401, id="zendesk: ahead"
        ),
        pytest.param("acme-fd", BODY, lambda: {"Content-Type": "application/json"}, 401, id="freshdesk: no secret"),
        pytest.param("acme-fd", BODY, lambda: freshdesk("wrong"), 401, id="freshdesk: wrong secret"),
        pytest.param("acme-zd", b"{", lambda: zendesk(b"{"), 400, id="zendesk: unreadable"),
        pytest.param("acme-fd", b"{", lambda: freshdesk(), 200, id="freshdesk: unreadable"),
        pytest.param("nobody", BODY, lambda: zendesk(BODY), 404, id="unknown account"),
        pytest.param("acme-zd", b"x" * 2_000_000, lambda: zendesk(b"x" * 2_000_000), 413, id="zendesk: 2 MB"),
        pytest.param("acme-fd", b"x" * 2_000_000, lambda: freshdesk(), 413, id="freshdesk: 2 MB"),
    ],
)
def test_a_refusal_is_answered_as_tabled_and_enqueues_nothing(
    client: FlaskClient, context: Context, account: str, body: bytes, headers: Headers, status: int
) -> None:
    answer = post(client, account, body, headers())
    assert answer.status_code == status
    assert len(context.queue.rq) == 0
    assert context.redis.keys("makeright:changed:*") == []
    for secret in (NEW, OLD, "client-secret-value"):
        assert secret not in answer.get_data(as_text=True)


@pytest.mark.parametrize(("account", "headers"), [("acme-zd", lambda: zendesk(b"{")), ("acme-fd", freshdesk)])
def test_an_unreadable_payload_is_kept_for_ops_by_its_shape(
    client: FlaskClient, context: Context, account: str, headers: Headers
) -> None:
    post(client, account, b"{", headers())
    (failure,) = context.store.open_failures(account)
    assert failure.kind == "hook"
    assert failure.shape["bytes"] == 1


def test_an_unknown_event_type_is_answered_200_with_the_reason(client: FlaskClient, context: Context) -> None:
    body = json.dumps({"type": "zen:event-type:ticket.sla_policy_changed", "detail": {"id": "42"}}).encode()
    answer = post(client, "acme-zd", body, zendesk(body))
    assert (answer.status_code, len(context.queue.rq)) == (200, 0)
    assert answer.get_json()["reason"]


def test_without_redis_the_sender_is_told_to_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        context = context_for(tmp_path, f"redis://127.0.0.1:{closed.getsockname()[1]}", monkeypatch)
        client = create_app(context).test_client()
        for account, headers in (("acme-zd", zendesk(BODY)), ("acme-fd", freshdesk())):
            answer = post(client, account, BODY, headers)
            assert answer.status_code == 503
            assert 0 < int(answer.headers["Retry-After"]) < 60
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200
        context.store.close()


def test_a_ready_service_says_so(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok", "queue": "ok", "database": "ok"})


def test_only_post_is_answered(client: FlaskClient) -> None:
    assert client.get("/hooks/acme-zd").status_code == 405
