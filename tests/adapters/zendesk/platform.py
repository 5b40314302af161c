"""Zendesk's side of the tests: the sandbox, worked and read past the adapter."""

from __future__ import annotations

from typing import Any

import requests

from adapters.contract import Account, Secret
from adapters.sandbox.credentials import Credentials
from adapters.sandbox.server import Server
from adapters.sandbox.store import Ticket
from adapters.zendesk.options import ZendeskOptionsSchema

HOOK_SECRETS = ("hook-secret-one-4f1c", "hook-secret-two-9ab0")
CLIENT_SECRET, API_TOKEN = Credentials().zendesk_client_secret, Credentials().zendesk_api_token
SERVICE = Credentials().service_email
OPTIONS = ("no_callback", "no_order_update", "overpromising", "false_expertise")


class ZendeskPlatform:
    """A fresh account on a running sandbox, with a drop-down field for complaints and a text field for orders."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.world = server.world
        self.world.reset()
        self.url = f"{server.url}/zendesk"
        self.complaint_field = self.new_field("tagger", [f"reason_{name}" for name in OPTIONS])
        self.fields = {"complaint": self.complaint_field, "order": self.new_field("text")}

    # --- people at work -----------------------------------------------------------------------------------------

    def new_ticket(self, text: str, **more: Any) -> str:
        wish = {"helpdesk": "zendesk", "text": text, "subject": "About my order", "tags": ["theirs"], **more}
        return str(self.control("POST", "/tickets", wish)["id"])

    def reply(self, ticket_id: str, text: str, by: str = "customer") -> None:
        self.control("POST", f"/tickets/zendesk/{ticket_id}/reply", {"text": text, "as": by})

    def add_tag(self, ticket_id: str, tag: str) -> None:
        # Zendesk's stamps have a resolution of one second: two changes within one are the same to it.
        self.later(2)
        self.control("POST", f"/tickets/zendesk/{ticket_id}/tags", {"add": [tag]})

    def set_status(self, ticket_id: str, status: str) -> None:
        self.later(2)
        self.control("POST", f"/tickets/zendesk/{ticket_id}/status", {"status": status})

    def remove(self, ticket_id: str) -> None:
        self.set_status(ticket_id, "deleted")

    def later(self, seconds: int) -> None:
        self.control("POST", "/clock", {"advance": seconds})

    def plan(self, name: str) -> None:
        self.control("POST", "/plan", {"zendesk": name})

    def many_replies(self, ticket_id: str, count: int) -> None:
        for number in range(count):
            self.later(1)
            self.reply(ticket_id, f"Reply {number}")

    def set_field(self, ticket_id: str, field_id: str, value: str) -> None:
        body = {"ticket": {"custom_fields": [{"id": int(field_id), "value": value}]}}
        self.api("PUT", f"/api/v2/tickets/{ticket_id}", body)

    def new_macro(self, title: str, text: str) -> None:
        self.api(
            "POST",
            "/api/v2/macros",
            {"macro": {"title": title, "actions": [{"field": "comment_value", "value": text}]}},
        )

    def new_field(self, kind: str, options: list[str] | None = None, **more: Any) -> str:
        wish: dict[str, Any] = {"type": kind, "title": f"A {kind}", **more}
        if options:
            wish["custom_field_options"] = [{"name": option, "value": option} for option in options]
        return str(self.api("POST", "/api/v2/ticket_fields", {"ticket_field": wish})["ticket_field"]["id"])

    # --- what came of it ----------------------------------------------------------------------------------------

    def ticket(self, ticket_id: str) -> Ticket:
        return self.world.zendesk.desk.tickets[int(ticket_id)]

    def tags(self, ticket_id: str) -> set[str]:
        return set(self.ticket(ticket_id).tags)

    def notes(self, ticket_id: str) -> list[str]:
        return [comment.html for comment in self.ticket(ticket_id).comments if not comment.public]

    def public_messages(self, ticket_id: str) -> int:
        return sum(comment.public for comment in self.ticket(ticket_id).comments)

    @property
    def service_id(self) -> str:
        return str(self.world.zendesk.service.id)

    # --- how ----------------------------------------------------------------------------------------------------

    def api(self, method: str, path: str, body: object = None) -> Any:
        """A call of the Zendesk API by an administrator other than the adapter."""
        answer = requests.request(method, self.url + path, json=body, auth=(f"{SERVICE}/token", API_TOKEN), timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def control(self, method: str, path: str, body: object = None) -> Any:
        answer = requests.request(method, f"{self.server.url}/control{path}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()


def zendesk_account(
    base_url: str | None,
    fields: dict[str, str],
    *,
    legacy: bool = False,
    subdomain: str | None = "acme",
    email: str = SERVICE,
    **changes: Any,
) -> Account:
    auth = (
        {"email": email, "api_token": Secret(API_TOKEN)}
        if legacy
        else {"client_id": "makeright", "client_secret": Secret(CLIENT_SECRET)}
    )
    return Account(
        **{
            "name": "acme",
            "options": ZendeskOptionsSchema().load({"auth": auth, **({"subdomain": subdomain} if subdomain else {})}),
            "webhook_secrets": tuple(map(Secret, HOOK_SECRETS)),
            "base_url": base_url,
            "fields": fields,
            "share": 1.0,
            **changes,
        }
    )
