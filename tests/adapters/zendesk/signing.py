"""Signed requests as Zendesk would send them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.contract import HookRequest

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def signed(
    body: bytes | dict[str, Any],
    secret: str,
    *,
    age: timedelta = timedelta(),
    received_at: datetime | None = None,
    **headers: str,
) -> HookRequest:
    """`age` is how long ago it was signed. Header names are written with underscores."""
    received = received_at or NOW
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    timestamp = (received - age).strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hmac.new(secret.encode(), timestamp.encode() + content, hashlib.sha256).digest()
    sent = {
        "x-zendesk-account-id": "22129848",
        "x-zendesk-webhook-id": "01F1KRFQ6BG29CNWFR60NK5FNY",
        "x-zendesk-webhook-invocation-id": "8350205582",
        "x-zendesk-webhook-signature": base64.b64encode(digest).decode(),
        "x-zendesk-webhook-signature-timestamp": timestamp,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return HookRequest(sent, content, "application/json; charset=utf-8", received)
