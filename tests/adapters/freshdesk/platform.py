"""Freshdesk's side of a test: the sandbox, read and played past the adapter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from adapters.contract import Account, HookRequest, Secret
from adapters.freshdesk.options import FreshdeskOptionsSchema
from tests.adapters.sandbox.running import RunningSandbox

AGENT_KEY, ADMIN_KEY = "sandbox-agent-key", "sandbox-admin-key"
HOOK_SECRETS = ("first-hook-secret_8d1f", "second-hook-secret_77ac")
AGENT_EMAIL = "service@acme.example"
HEADER = "x-makeright-secret"
CHOICES = ("No callback", "No order update", "Overpromising", "False expertise")


def account_at(base_url: str, *, complaint: str = "cf_complaint", **options: Any) -> Account:
    keys = {"api_key": Secret(AGENT_KEY), "admin_api_key": Secret(ADMIN_KEY), "plan": "enterprise", **options}
    return Account(
        "acme",
        FreshdeskOptionsSchema().load({key: value for key, value in keys.items() if value is not None}),
        webhook_secrets=tuple(Secret(secret) for secret in HOOK_SECRETS),
        base_url=base_url,
        fields={"complaint": complaint, "order": "cf_order_number"},
        share=1.0,
        sandbox=True,
    )


def hook_request(body: bytes, headers: Mapping[str, str]) -> HookRequest:
    content_type = headers.get("content-type", "application/json")
    return HookRequest(dict(headers), body, content_type, datetime.now(UTC))


class FreshdeskPlatform:
    def __init__(self, sandbox: RunningSandbox) -> None:
        self.sandbox = sandbox
        self.url = sandbox.freshdesk_url
        self.field("Complaint", "custom_dropdown", choices=[{"value": choice} for choice in CHOICES])

    def field(self, label: str, kind: str, **more: Any) -> dict[str, Any]:
        """An administrator adds a field to the ticket form."""
        wish = {"label": label, "label_for_customers": label, "type": kind, **more}
        made = self.sandbox.freshdesk("POST", "admin/ticket_fields", admin=True, json=wish)
        assert made.status_code == 201, made.text
        row: dict[str, Any] = made.json()
        return row

    def new_ticket(self, text: str) -> str:
        return str(self.sandbox.ticket("freshdesk", text, tags=["theirs"]))

    def seen(self, ticket_id: str) -> dict[str, Any]:
        return self.sandbox.seen("freshdesk", int(ticket_id))

    def tags(self, ticket_id: str) -> set[str]:
        return set(self.seen(ticket_id)["tags"])

    def notes(self, ticket_id: str) -> list[str]:
        return [comment["html"] for comment in self.seen(ticket_id)["comments"] if not comment["public"]]

    def public_messages(self, ticket_id: str) -> int:
        return sum(comment["public"] for comment in self.seen(ticket_id)["comments"])

    def reply(self, ticket_id: str, text: str, who: str = "customer") -> None:
        self.sandbox.control(f"tickets/freshdesk/{ticket_id}/reply", {"text": text, "as": who})

    def add_tag(self, ticket_id: str, tag: str) -> None:
        self.later(2)
        self.sandbox.control(f"tickets/freshdesk/{ticket_id}/tags", {"add": [tag]})

    def remove(self, ticket_id: str) -> None:
        self.sandbox.control(f"tickets/freshdesk/{ticket_id}/status", {"status": "deleted"})

    def later(self, seconds: int) -> None:
        self.sandbox.control("clock", {"advance": seconds})
