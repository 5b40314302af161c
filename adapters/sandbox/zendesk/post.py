"""Zendesk's outgoing webhooks: signatures, authentication, and the rules of delivery."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections import deque
from datetime import UTC, datetime

from adapters.sandbox.clock import Clock
from adapters.sandbox.shelf import Record, Shelf
from adapters.sandbox.store import ZENDESK
from adapters.sandbox.webhooks import Abandon, Attempt, Delivery

ACCOUNT_ID = 22_129_848
# What "Test webhook" signs with before a webhook exists; it is printed in the public documentation.
TEST_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """base64(HMAC-SHA256(secret as it is written, timestamp + body)) (platform page: Zendesk, 1.3)."""
    mac = hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256)
    return base64.b64encode(mac.digest()).decode()


def new_secret() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


class Post:
    """How Zendesk delivers: 12 s, signed, retried only on 409, time-outs and short Retry-After; a circuit breaker."""

    helpdesk = ZENDESK
    timeout = 12.0
    retry_factor = 1.0
    _FIRST_WAIT = 5.0
    _WINDOW = 300.0
    _PAUSE = 5.0

    def __init__(self, clock: Clock, webhooks: Shelf) -> None:
        self._clock = clock
        self._webhooks = webhooks
        self._results: dict[str, deque[tuple[float, bool]]] = {}
        self._broken_until: dict[str, float] = {}

    def delivery(self, webhook: Record, body: bytes, event: str, ticket_id: int | None) -> Delivery:
        now = self._clock.now()
        return Delivery(
            id=str(secrets.randbelow(9_000_000_000) + 1_000_000_000),
            platform=self,
            webhook_id=str(webhook["id"]),
            ticket_id=ticket_id,
            event=event,
            method=webhook["http_method"],
            url=webhook["endpoint"],
            body=body,
            created_at=now,
            due=self._clock.time(),
        )

    def headers(self, delivery: Delivery) -> dict[str, str]:
        webhook = self._webhooks.get(delivery.webhook_id)
        secret = webhook["signing_secret"] if webhook else TEST_SECRET
        # The receiver compares with its own watch: real time, whatever the sandbox's clock says.
        timestamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        headers = {
            "User-Agent": "Zendesk Webhook",
            "Content-Type": _content_type(webhook),
            "Accept-Encoding": "identity",
            "x-zendesk-account-id": str(ACCOUNT_ID),
            "x-zendesk-webhook-id": delivery.webhook_id,
            "x-zendesk-webhook-invocation-id": delivery.id,
            "x-zendesk-webhook-signature": signature(secret, timestamp, delivery.body),
            "x-zendesk-webhook-signature-timestamp": timestamp,
        }
        return {**headers, **_authentication(webhook)}

    def admit(self, delivery: Delivery) -> Abandon | None:
        webhook = self._webhooks.get(delivery.webhook_id)
        if webhook is None or webhook["status"] != "active":
            return Abandon("cancelled")
        if self._clock.time() < self._broken_until.get(delivery.webhook_id, 0.0):
            return Abandon("circuit broken")
        return None

    def retry_in(self, delivery: Delivery) -> float | None:
        last = delivery.attempts[-1]
        alike = sum(1 for a in delivery.attempts if (a.status, a.error) == (last.status, last.error))
        if last.error == "timeout":
            return self._FIRST_WAIT if alike <= 5 else None
        if last.status == 409:
            return self._FIRST_WAIT if alike <= 3 else None
        if last.status in (429, 503) and last.retry_after is not None and last.retry_after < 60:
            return last.retry_after if alike <= 5 else None
        return None

    def note(self, delivery: Delivery, attempt: Attempt) -> None:
        """Trip the breaker at 70 % errors of at least 100 requests, or over 1,000 errors, within five minutes."""
        now = self._clock.time()
        results = self._results.setdefault(delivery.webhook_id, deque())
        results.append((now, attempt.succeeded))
        while results and results[0][0] < now - self._WINDOW:
            results.popleft()
        errors = sum(1 for _, ok in results if not ok)
        if errors > 1000 or (len(results) >= 100 and errors >= 0.7 * len(results)):
            self._broken_until[delivery.webhook_id] = now + self._PAUSE
            results.clear()


def _content_type(webhook: Record | None) -> str:
    return {
        "json": "application/json; charset=utf-8",
        "xml": "application/xml; charset=utf-8",
        "form_encoded": "application/x-www-form-urlencoded; charset=utf-8",
    }[webhook["request_format"] if webhook else "json"]


def _authentication(webhook: Record | None) -> dict[str, str]:
    """The endpoint's own authentication, which comes on top of the signature."""
    wanted = (webhook or {}).get("authentication") or {}
    data = wanted.get("data") or {}
    match wanted.get("type"):
        case "bearer_token":
            return {"Authorization": f"Bearer {data.get('token', '')}"}
        case "basic_auth":
            pair = f"{data.get('username', '')}:{data.get('password', '')}"
            return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        case "api_key":
            return {str(data.get("name", "X-API-Key")): str(data.get("value", ""))}
    return {}
