"""The contract, kept by the Zendesk adapter against the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.contract import Account, HookRequest
from adapters.helpdesk import Helpdesk
from adapters.sandbox.server import Server
from adapters.zendesk.helpdesk import HELPDESK
from adapters.zendesk.hooks import PUBLIC_TEST_SECRET
from tests.adapters.conformance import HelpdeskConformance, Platform
from tests.adapters.zendesk.platform import API_TOKEN, CLIENT_SECRET, HOOK_SECRETS, ZendeskPlatform, zendesk_account
from tests.adapters.zendesk.signing import signed
from tests.adapters.zendesk.test_hooks import fixture

SIGNATURE, TIMESTAMP = "x-zendesk-webhook-signature", "x-zendesk-webhook-signature-timestamp"


class TestZendeskKeepsTheContract(HelpdeskConformance):
    helpdesk_class = HELPDESK
    secrets = (*HOOK_SECRETS, CLIENT_SECRET, API_TOKEN)
    essential_keys = frozenset(
        {
            "access_token",
            "audits",
            "comments",
            "created_at",
            "id",
            "macros",
            "ticket",
            "ticket_field",
            "tickets",
            "type",
            "updated_at",
            "user",
        }
    )
    complaint_field = "1"

    @pytest.fixture
    def platform(self, sandbox: Server) -> Platform:
        platform = ZendeskPlatform(sandbox)
        self.complaint_field = platform.complaint_field
        return platform

    def account(self, base_url: str) -> Account:
        return zendesk_account(base_url, {"complaint": self.complaint_field})

    def account_with_unknown_field(self, base_url: str) -> Account:
        return zendesk_account(base_url, {"complaint": "404404404"})

    def hook(self, ticket_id: str) -> HookRequest:
        return signed(event("event_comment_added", ticket_id), HOOK_SECRETS[0])

    def hook_with_body(self, body: bytes) -> HookRequest:
        return signed(body, HOOK_SECRETS[0])

    def hook_by_second_secret(self, ticket_id: str) -> HookRequest:
        return signed({"ticket_id": ticket_id}, HOOK_SECRETS[1])

    def bad_hooks(self) -> Mapping[str, HookRequest]:
        good = self.hook("42")

        def with_headers(**headers: str) -> HookRequest:
            return replace(good, headers={**good.headers, **headers})

        def without(*names: str) -> HookRequest:
            return replace(good, headers={name: text for name, text in good.headers.items() if name not in names})

        return {
            "another secret": signed({"ticket_id": "42"}, "guessed"),
            "the public test secret": signed({"ticket_id": "42"}, PUBLIC_TEST_SECRET),
            "no secret": signed({"ticket_id": "42"}, ""),
            "changed body": replace(good, body=good.body + b" "),
            "changed time": with_headers(**{TIMESTAMP: "2026-11-22T09:30:01Z"}),
            "no headers": replace(good, headers={}),
            "no signature": without(SIGNATURE),
            "no time": without(TIMESTAMP),
            "empty signature": with_headers(**{SIGNATURE: ""}),
            "signature of another kind": with_headers(**{SIGNATURE: "é☃"}),
            "bearer token only": replace(without(SIGNATURE, TIMESTAMP), headers={"authorization": HOOK_SECRETS[0]}),
        }

    def stale_hook(self) -> HookRequest:
        return signed({"ticket_id": "42"}, HOOK_SECRETS[0], age=timedelta(minutes=6))

    def unknown_event_hook(self) -> HookRequest:
        return signed({**fixture("event_sla_changed"), "type": "zen:event-type:ticket.brand_new"}, HOOK_SECRETS[0])

    def own_write_hook(self, desk: Helpdesk, ticket_id: str) -> HookRequest:
        own = event("event_own_note", ticket_id)
        service = desk._facts.own_user_id  # type: ignore[attr-defined]
        return signed({**own, "detail": {**own["detail"], "actor_id": service}}, HOOK_SECRETS[0])


def event(name: str, ticket_id: str) -> dict[str, object]:
    content = fixture(name)
    return {**content, "detail": {**content["detail"], "id": ticket_id}}
