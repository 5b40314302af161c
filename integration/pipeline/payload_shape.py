"""What a webhook looked like without what it said: kept of payloads that nobody could read, and read again later.

Of a JSON payload the structure stays, with ids, times and the names of events; every other value is replaced by its
kind. That is enough to see what changed in a platform's payloads, and to read them again once the adapter understands.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adapters.contract import HookRequest

MOST_ITEMS = 50
DEEPEST = 12
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,59}")
_SENSITIVE = re.compile(r"secret|token|key|pass|auth|signature|credential|cookie", re.IGNORECASE)
_ID = re.compile(r"(?:^|_)(?:id|ids|number|version)$", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,19}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?[\d.]*(Z|[+-]\d\d:?\d\d)?")
# "zen:event-type:ticket.created", "conversation_created": words of a protocol, of which people's sentences have none.
_EVENT = re.compile(r"[a-z]+(?:[:._-][a-z]+)+")
_EVENT_KEY = re.compile(r"(?:^|_)(?:type|event|events|action|webhook_event|subject)$", re.IGNORECASE)


def shape_of(hook: HookRequest) -> Mapping[str, Any]:
    """JSON for `Failure.shape`: type, size and fingerprint of the body, and its structure where it is JSON."""
    shape: dict[str, Any] = {
        "content_type": hook.content_type[:100],
        "bytes": len(hook.body),
        "blake2b": hashlib.blake2b(hook.body, digest_size=16).hexdigest(),
        "received_at": hook.received_at.isoformat(),
    }
    with contextlib.suppress(ValueError, RecursionError):
        shape["payload"] = _outline(json.loads(hook.body), "", 0)
    return shape


def hook_of(shape: Mapping[str, Any]) -> HookRequest | None:
    """The payload again, as far as it was kept; None if it never was JSON."""
    if "payload" not in shape:
        return None
    return HookRequest(
        headers={},
        body=json.dumps(shape["payload"]).encode(),
        content_type=str(shape.get("content_type", "")),
        received_at=datetime.fromisoformat(shape["received_at"]),
    )


def _outline(value: Any, key: str, depth: int) -> Any:
    if depth > DEEPEST:
        return "..."
    if isinstance(value, dict):
        shown = list(value.items())[:MOST_ITEMS]
        return {
            name if _KEY.fullmatch(name) else f"key {n}": _outline(below, name, depth + 1)
            for n, (name, below) in enumerate(shown)
        }
    if isinstance(value, list):
        return [_outline(below, key, depth + 1) for below in value[:MOST_ITEMS]]
    if value is None or isinstance(value, bool):
        return value
    if _SENSITIVE.search(key):
        return "hidden"
    if isinstance(value, int | float):
        return value if _ID.search(key) else "number"
    if _ID.search(key) and _NUMBER.fullmatch(value):
        return value
    if _MOMENT.fullmatch(value) or (_EVENT_KEY.search(key) and _EVENT.fullmatch(value)):
        return value
    return f"text of {len(value)}"
