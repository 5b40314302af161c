"""What the sandbox accepts as proof of identity. It guards nothing: tickets are invented, the door is loopback."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credentials:
    zendesk_client_id: str = "makeright"
    zendesk_client_secret: str = field(default="sandbox-client-secret", repr=False)
    zendesk_api_token: str = field(default="sandbox-api-token", repr=False)
    freshdesk_agent_key: str = field(default="sandbox-agent-key", repr=False)
    freshdesk_admin_key: str = field(default="sandbox-admin-key", repr=False)
    service_name: str = "Makeright Service"
    service_email: str = "service@acme.example"
