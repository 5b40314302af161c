"""Freshdesk's adapter keeps what every adapter owes."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import ClassVar

import pytest

from adapters.contract import Account, HookRequest
from adapters.freshdesk.helpdesk import FreshdeskHelpdesk
from adapters.helpdesk import Helpdesk
from tests.adapters.conformance import HelpdeskConformance
from tests.adapters.freshdesk.platform import (
    ADMIN_KEY,
    AGENT_EMAIL,
    AGENT_KEY,
    HEADER,
    HOOK_SECRETS,
    FreshdeskPlatform,
    account_at,
    hook_request,
)
from tests.adapters.sandbox.running import RunningSandbox


class TestFreshdesk(HelpdeskConformance):
    helpdesk_class: ClassVar[type[Helpdesk]] = FreshdeskHelpdesk
    secrets: ClassVar[tuple[str, ...]] = (
        AGENT_KEY,
        ADMIN_KEY,
        *HOOK_SECRETS,
        base64.b64encode(f"{AGENT_KEY}:X".encode()).decode(),
        base64.b64encode(f"{ADMIN_KEY}:X".encode()).decode(),
    )
    essential_keys: ClassVar[frozenset[str]] = frozenset({"id", "created_at", "updated_at"})

    @pytest.fixture
    def platform(self, sandbox: RunningSandbox) -> FreshdeskPlatform:
        return FreshdeskPlatform(sandbox)

    def account(self, base_url: str) -> Account:
        return account_at(base_url)

    def account_with_unknown_field(self, base_url: str) -> Account:
        return account_at(base_url, complaint="cf_never_created")

    def hook(self, ticket_id: str) -> HookRequest:
        body = {
            "v": "1",
            "ticket_id": ticket_id,
            "event": "{note_type:public}",
            "modified_on": "2026-11-20T09:14:03Z",
            "performer_email": "kim@customer.example",
        }
        return self.hook_with_body(json.dumps(body).encode())

    def hook_with_body(self, body: bytes) -> HookRequest:
        return hook_request(body, {HEADER: HOOK_SECRETS[0]})

    def hook_by_second_secret(self, ticket_id: str) -> HookRequest:
        basic = base64.b64encode(f"makeright:{HOOK_SECRETS[1]}".encode()).decode()
        return hook_request(self.hook(ticket_id).body, {"authorization": f"Basic {basic}"})

    def bad_hooks(self) -> Mapping[str, HookRequest]:
        body = self.hook("42").body

        def basic(text: str) -> dict[str, str]:
            return {"authorization": "Basic " + base64.b64encode(text.encode()).decode()}

        return {
            "missing": hook_request(body, {}),
            "empty": hook_request(body, {HEADER: ""}),
            "altered": hook_request(body, {HEADER: HOOK_SECRETS[0][:-1] + "X"}),
            "cut off": hook_request(body, {HEADER: HOOK_SECRETS[0][:-1]}),
            "another header": hook_request(body, {"x-secret": HOOK_SECRETS[0]}),
            "the API key": hook_request(body, {HEADER: AGENT_KEY}),
            "wrong password": hook_request(body, basic("makeright:wrong")),
            "empty password": hook_request(body, basic("makeright:")),
            "no base64": hook_request(body, {"authorization": f"Basic {HOOK_SECRETS[0]}"}),
            "secret in the body": hook_request(json.dumps({"ticket_id": 1, HEADER: HOOK_SECRETS[0]}).encode(), {}),
        }

    def own_write_hook(self, desk: Helpdesk, ticket_id: str) -> HookRequest | None:
        body = {"ticket_id": ticket_id, "event": "{note_type:private}", "performer_email": AGENT_EMAIL}
        return self.hook_with_body(json.dumps(body).encode())
