"""Zendesk's webhooks: proving the sender, and reducing either mode's body to a hint. Nothing here does I/O.

Source of every rule: platform page, Zendesk, 1 (verifying webhooks; anatomy of a request; event types).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from adapters.contract import Hint, HookRequest, Ignored, Refused, Secret, Unreadable

SIGNATURE_HEADER = "x-zendesk-webhook-signature"
TIMESTAMP_HEADER = "x-zendesk-webhook-signature-timestamp"
ACCOUNT_HEADER = "x-zendesk-account-id"
INVOCATION_HEADER = "x-zendesk-webhook-invocation-id"

# Zendesk signs "Test webhook" with it before a webhook exists; it stands in the public documentation.
PUBLIC_TEST_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="

_TICKET_EVENT = "zen:event-type:ticket."
_MESSAGE_EVENT = "zen:event-type:messaging_ticket.message_added"
# Events after which a ticket may read differently to us; the rest (SLA, survey, followers ...) asks for nothing.
_CONCERNING = frozenset(
    {
        "agent_assignment_changed",
        "brand_changed",
        "comment_added",
        "comment_made_private",
        "comment_redacted",
        "created",
        "custom_field_changed",
        "custom_status_changed",
        "description_changed",
        "group_assignment_changed",
        "marked_as_spam",
        "merged",
        "permanently_deleted",
        "priority_changed",
        "requester_changed",
        "soft_deleted",
        "status_changed",
        "subject_changed",
        "tags_changed",
        "undeleted",
    }
)
_ID = re.compile(r"[1-9][0-9]{0,18}")
_DELIVERY = re.compile(r"[A-Za-z0-9_-]{1,64}")


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """base64(HMAC-SHA256(secret as it is written, timestamp + raw body)); the secret only looks like base64."""
    digest = hmac.new(secret.encode(), timestamp.encode("utf-8", "replace") + body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def live_secrets(secrets: Iterable[Secret], *, sandbox: bool) -> tuple[Secret, ...]:
    """Those that count: the public test secret does so in the sandbox only."""
    return tuple(secret for secret in secrets if sandbox or not secret.matches(PUBLIC_TEST_SECRET))


def verify(request: HookRequest, secrets: Iterable[Secret], *, window: timedelta, account_id: str | None) -> None:
    """Prove that one of `secrets` signed this body, not longer ago than `window`. Raises Refused.

    The account id is not part of what is signed: it catches a hook that was wired to the wrong account, no forger.
    """
    given = request.headers.get(SIGNATURE_HEADER, "")
    timestamp = request.headers.get(TIMESTAMP_HEADER, "")
    if not given or not timestamp:
        raise Refused("the request is not signed")
    # Every secret is tried, so that the time taken tells nothing about which one fits.
    fits = [Secret(signature(secret.reveal(), timestamp, request.body)).matches(given) for secret in secrets]
    if not fits:
        raise Refused("no webhook secret is configured for this account")
    if not any(fits):
        raise Refused("the signature does not fit any configured secret")
    if abs(request.received_at - _signed_at(timestamp)) > window:
        raise Refused(f"the signature is more than {window.total_seconds():.0f} seconds away from this clock")
    said = request.headers.get(ACCOUNT_HEADER)
    if account_id and said and said != account_id:
        raise Refused("the request comes from another Zendesk account than the one configured")


def _signed_at(timestamp: str) -> datetime:
    try:
        signed_at = datetime.fromisoformat(timestamp)
    except ValueError:
        raise Refused("the signed time is not a time") from None
    if signed_at.utcoffset() is None:
        raise Refused("the signed time has no time zone")
    return signed_at


@dataclass(frozen=True, slots=True)
class Reading:
    """What a body says. `account_id` is signed here, unlike the header's."""

    result: Hint | Ignored
    account_id: str | None = None


def read(request: HookRequest, *, own_user_id: str | None) -> Reading:
    """Read a verified hook of either mode. Raises Unreadable."""
    payload = _parsed(request.body)
    invocation = request.headers.get(INVOCATION_HEADER, "")
    if "type" in payload:
        return _event(payload, own_user_id)
    ticket_id = _identifier(payload.get("ticket_id"))
    if ticket_id is None:
        raise Unreadable("the body has no ticket_id: paste the body of README.md, Connect, into the webhook's trigger")
    if own_user_id and _identifier(payload.get("current_user_id")) == own_user_id:
        return Reading(Ignored("own write"))
    return Reading(Hint(ticket_id, "trigger", invocation if _DELIVERY.fullmatch(invocation) else None))


def _parsed(body: bytes) -> Mapping[str, Any]:
    try:
        payload = json.loads(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise Unreadable("the body is not UTF-8") from None
    except (ValueError, RecursionError):
        raise Unreadable("the body is not JSON") from None
    if not isinstance(payload, dict):
        raise Unreadable("the body is not a JSON object")
    return payload


def _event(payload: Mapping[str, Any], own_user_id: str | None) -> Reading:
    kind = payload["type"]
    if not isinstance(kind, str):
        raise Unreadable("the event's type is not a text")
    account_id = _identifier(payload.get("account_id"))
    name = kind.removeprefix(_TICKET_EVENT)
    if kind != _MESSAGE_EVENT and (name == kind or name not in _CONCERNING):
        return Reading(Ignored("an event of this type asks for nothing"), account_id)
    detail = _object(payload.get("detail"))
    ticket_id = _identifier(detail.get("id"))
    if ticket_id is None:
        raise Unreadable("the event's detail has no ticket id")
    if own_user_id and _is_own(name, detail, _object(payload.get("event")), own_user_id):
        return Reading(Ignored("own write"), account_id)
    delivery = payload.get("id")
    known = isinstance(delivery, str) and _DELIVERY.fullmatch(delivery)
    event = "message_added" if kind == _MESSAGE_EVENT else name
    return Reading(Hint(ticket_id, event, delivery if known else None), account_id)


def _is_own(name: str, detail: Mapping[str, Any], event: Mapping[str, Any], own_user_id: str) -> bool:
    """Whether this adapter did it. It opens no tickets and writes private notes only, so somebody else who shares its
    user (an admin's OAuth client acts as that admin) is still heard when doing either."""
    comment = _object(event.get("comment"))
    if name == "created" or comment.get("is_public") is True:
        return False
    author = _object(comment.get("author"))
    return own_user_id in (_identifier(detail.get("actor_id")), _identifier(author.get("id")))


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _identifier(value: object) -> str | None:
    """A ticket's, user's or account's id: events write them as text, trigger bodies as either."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**19 else value
    return text if isinstance(text, str) and _ID.fullmatch(text) else None
