"""Webhooks of Freshdesk's automation rules: whose they are, and which ticket they speak of.

Freshdesk does not sign. A rule sends a header of the admin's choice, or basic authentication (platform page: Freshdesk,
authentication of webhooks). What a body looks like is the admin's choice, too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, pre_load

from adapters.contract import Hint, HookRequest, Ignored, Refused, Secret, Unreadable

ENVELOPE = "freshdesk_webhook"

_TICKET_ID = re.compile(r"[1-9]\d{0,18}", re.ASCII)
# An id in a body that cannot be parsed counts only where it is closed off: '"ticket_id": "12' may be a torn 1234.
_LOOSE_IDS = (
    re.compile(rb'"ticket_id"\s{0,8}:\s{0,8}(?:"\s{0,8}([1-9]\d{0,18})\s{0,8}"|([1-9]\d{0,18})(?=\s{0,8}[,}]))'),
    re.compile(rb"<ticket[_-]id(?: [^<>]{0,80})?>\s{0,8}([1-9]\d{0,18})\s{0,8}</ticket[_-]id>"),
)
# `triggered_event` reads {ticket_action:created} or {status:{from:4,to:6}}: neither JSON nor anything else.
_EVENT = re.compile(r"\s*\{\s*([A-Za-z_]{1,40})\s*:\s*([A-Za-z_]{1,40})?")
_WORD = re.compile(r"\s*([A-Za-z_.]{1,40})\s*")
# A stamp with seconds tells two changes of a ticket apart; one without does not.
_WITH_SECONDS = re.compile(r"\d\d?:\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class HookPayload:
    ticket_id: str
    event: str = ""
    modified_on: str = ""
    performer_email: str = field(default="", repr=False)


class TicketIdField(fields.Field[str]):
    """A ticket's number, which arrives as a number or as text."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if isinstance(text, str) and _TICKET_ID.fullmatch(text.strip()):
            return text.strip()
        raise ValidationError("not a ticket's number")


class _Word(fields.Field[str]):
    """Text that only serves to tell changes apart: whatever is no text is as good as absent."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        return value if isinstance(value, str) else ""


class HookSchema(Schema):
    """What is read of a payload, simple or advanced, out of its envelope if it had one."""

    class Meta:
        unknown = EXCLUDE

    ticket_id = TicketIdField(required=True)
    event = _Word()
    modified_on = _Word()
    performer_email = _Word()

    @pre_load
    def _settle(self, data: Any, **kwargs: Any) -> Any:
        if not isinstance(data, dict):
            return data
        inner = data.get(ENVELOPE, data)
        if isinstance(inner, dict) and inner.get("event") is None and "triggered_event" in inner:
            return {**inner, "event": inner["triggered_event"]}
        return inner

    @post_load
    def _make(self, data: dict[str, Any], **kwargs: Any) -> HookPayload:
        return HookPayload(**data)


def verify(request: HookRequest, secrets: Iterable[Secret], header: str) -> None:
    """Accept a secret in the header `header`, or in basic authentication (as password, or as API key). Raises Refused."""
    candidates = list(_candidates(request, header))
    if not candidates:
        raise Refused(f"neither the header {header} nor basic authentication was sent")
    # Every pair is compared, so that the time taken does not tell which secret was close.
    if not any([secret.matches(candidate) for secret in secrets for candidate in candidates]):
        raise Refused("the secret sent is none of the account's webhook secrets")


def read(request: HookRequest, own_email: str | None) -> Hint | Ignored:
    """Reduce a payload to a Hint. Changes made by `own_email`, our own agent, are dropped. Raises Unreadable."""
    payload = _payload(request)
    performer = payload.performer_email.strip().casefold()
    if own_email and performer == own_email.casefold():
        return Ignored("our own change")
    return Hint(payload.ticket_id, _event(payload.event), _delivery_id(payload, request.body))


def _candidates(request: HookRequest, header: str) -> Iterator[str]:
    sent = request.headers.get(header.lower())
    if sent:
        yield _comparable(sent.strip())
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(credentials.strip(), validate=True).decode("latin-1").partition(":")
        except (binascii.Error, ValueError):
            return
        # With "API key" chosen in the rule, the key takes the user's place (its password is a dummy).
        yield from (_comparable(part) for part in (user, password) if part)


def _comparable(text: str) -> str:
    """Text that can be compared bytewise, whatever a broken client sent."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _payload(request: HookRequest) -> HookPayload:
    try:
        content = _parsed(request)
    except (ValueError, RecursionError):
        # Freshdesk does not promise to escape what it puts between an admin's quotes.
        ticket_id = _searched(request.body)
        if ticket_id is None:
            raise Unreadable("neither JSON nor a form, and no single ticket_id in it") from None
        return HookPayload(ticket_id)
    try:
        payload: HookPayload = HookSchema().load(content)
    except ValidationError:
        raise Unreadable("the payload names no ticket (ticket_id missing or not a number)") from None
    return payload


def _parsed(request: HookRequest) -> Any:
    """The body as JSON or as a form. Raises ValueError or RecursionError."""
    is_form = "x-www-form-urlencoded" in request.content_type.lower()
    if not is_form or request.body.lstrip().startswith(b"{"):
        return json.loads(request.body.decode("utf-8-sig"))
    # Nested keys are spelt freshdesk_webhook[ticket_id]; some senders put the whole JSON into one field instead.
    pairs = dict(parse_qsl(request.body.decode("utf-8", "replace"), max_num_fields=200))
    if ENVELOPE in pairs:
        return {ENVELOPE: json.loads(pairs[ENVELOPE])}
    return {key.removeprefix(f"{ENVELOPE}[").removesuffix("]"): value for key, value in pairs.items()}


def _searched(body: bytes) -> str | None:
    """The one ticket id that a broken body names; None if it names none, or several (a customer may quote one)."""
    found = {part for pattern in _LOOSE_IDS for match in pattern.finditer(body) for part in match.groups() if part}
    return found.pop().decode() if len(found) == 1 else None


def _event(triggered: str) -> str:
    """{note_type:private} as "note_type:private", {status:{from:4,to:6}} as "status"; words only, as it is logged."""
    match = _EVENT.match(triggered) or _WORD.fullmatch(triggered)
    return ":".join(part.lower() for part in match.groups() if part) if match else "changed"


def _delivery_id(payload: HookPayload, body: bytes) -> str | None:
    """Freshdesk numbers no deliveries. The same body is the same delivery sent again if its stamp has seconds."""
    return hashlib.sha256(body).hexdigest()[:32] if _WITH_SECONDS.search(payload.modified_on) else None
