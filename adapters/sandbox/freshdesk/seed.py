"""What a Freshdesk account comes with on its first day."""

from __future__ import annotations

import re
from typing import Any

from adapters.sandbox import markup
from adapters.sandbox.freshdesk.account import FreshdeskAccount
from adapters.sandbox.freshdesk.codes import PRIORITIES, SOURCES, STATUSES, TYPES
from adapters.sandbox.shelf import Record
from adapters.sandbox.store import Role

AGENTS = (("Dana Reyes", "dana@acme.example"), ("Ira Novak", "ira@acme.example"), ("Sam Okafor", "sam@acme.example"))
GROUPS = ("Support", "Deliveries", "Specialists", "Recovery")

# (folder, title, HTML)
RESPONSES = (
    (
        "Recovery",
        "Callback: we call you today",
        "<div>Hello {{ticket.requester.firstname}},<br><br>we said that somebody would get back to you, and nobody did. "
        "We are sorry.<br><br>{{ticket.agent.name}} will call you today between [from] and [to].</div>",
    ),
    (
        "Recovery",
        "Order status: where it is and when you hear next",
        "<div>Hello {{ticket.requester.firstname}},<br><br>your order is [where it is now]. The next step is [next step], "
        "and we write to you again by [day and time].</div>",
    ),
    (
        "Recovery",
        "We promised more than we delivered",
        "<div>Hello {{ticket.requester.firstname}},<br><br>you were told [what was promised] and you got [what was "
        "delivered]. We put that right: [what we do] by [day].</div>",
    ),
    (
        "Recovery",
        "A specialist takes over",
        "<div>Hello {{ticket.requester.firstname}},<br><br>what we told you about [topic] was not correct. [Name], who "
        "works with this every day, will write to you by [day and time].</div>",
    ),
    ("General", "Thank you", "<div>Hello {{ticket.requester.firstname}},<br><br>thank you for writing.</div>"),
    ("Personal", "Dana's own greeting", "<div>Hi there, Dana here!</div>"),
)


def furnish(account: FreshdeskAccount) -> None:
    """Groups, agents, fields, canned responses, opening hours, an SLA policy and a scenario."""
    for name in GROUPS:
        account.groups.add(
            {"name": name, "description": "", "escalate_to": None, "unassigned_for": None, "agent_ids": []}
        )
    for name, email in AGENTS:
        account.desk.person(email, name, Role.AGENT)
    _fields(account)
    _responses(account)
    weekdays = ("monday", "tuesday", "wednesday", "thursday", "friday")
    account.business_hours.add(
        {
            "name": "Default",
            "description": "Default Business Calendar",
            "time_zone": "Eastern Time (US & Canada)",
            "is_default": True,
            "business_hours": {day: {"start_time": "8:00 am", "end_time": "5:00 pm"} for day in weekdays},
        }
    )
    minutes = {4: (60, 240), 3: (240, 720), 2: (480, 1440), 1: (1440, 4320)}
    account.sla_policies.add(
        {
            "name": "Default SLA Policy",
            "description": "default policy",
            "active": True,
            "is_default": True,
            "position": 1,
            "sla_target": {
                f"priority_{number}": {
                    "respond_within": respond * 60,
                    "resolve_within": resolve * 60,
                    "next_respond_within": None,
                    "business_hours": True,
                    "escalation_enabled": True,
                }
                for number, (respond, resolve) in minutes.items()
            },
            "applicable_to": {},
            "escalation": {},
        }
    )
    account.scenarios.add(
        {
            "name": "Hand over to recovery",
            "description": "High priority, recovery group",
            "actions": [{"name": "priority", "value": "3"}, {"name": "add_watcher", "value": []}],
            "private": False,
        }
    )


def blank_field(name: str, label: str, kind: str, position: int, default: bool) -> Record:
    """A ticket field with everything that the API reports of one."""
    return {
        "name": name,
        "label": label,
        "description": "",
        "position": position,
        "required_for_closure": False,
        "required_for_agents": False,
        "type": kind,
        "default": default,
        "customers_can_edit": False,
        "customers_can_filter": False,
        "label_for_customers": label,
        "required_for_customers": False,
        "displayed_to_customers": False,
    }


def api_name(label: str) -> str:
    """The API name a new field gets from its label."""
    return "cf_" + (re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_") or "field")


def _fields(account: FreshdeskAccount) -> None:
    staff = {p.name: p.id for p in account.desk.people.values() if p.is_staff}
    choices: dict[str, Any] = {
        "ticket_type": list(TYPES),
        "source": {label: number for number, label in SOURCES.items()},
        "status": {str(number): [agent, customer] for number, (_, agent, customer) in STATUSES.items()},
        "priority": {label: number for number, (_, label) in PRIORITIES.items()},
        "group": {row["name"]: row["id"] for row in account.groups},
        "agent": staff,
    }
    system = (
        ("requester", "Search a requester", "default_requester"),
        ("subject", "Subject", "default_subject"),
        ("ticket_type", "Type", "default_ticket_type"),
        ("source", "Source", "default_source"),
        ("status", "Status", "default_status"),
        ("priority", "Priority", "default_priority"),
        ("group", "Group", "default_group"),
        ("agent", "Agent", "default_agent"),
        ("description", "Description", "default_description"),
    )
    for position, (name, label, kind) in enumerate(system, 1):
        row = blank_field(name, label, kind, position, True)
        if name in choices:
            row["choices"] = choices[name]
        account.ticket_fields.add(row)
    order = blank_field("cf_order_number", "Order number", "custom_text", len(system) + 1, False)
    area = blank_field("cf_product_area", "Product area", "custom_dropdown", len(system) + 2, False)
    area["choices"] = ["Appliances", "Furniture"]
    account.ticket_fields.add(order)
    account.ticket_fields.add(area)


def _responses(account: FreshdeskAccount) -> None:
    for folder, title, content in RESPONSES:
        home = account.folders.find(name=folder)
        if home is None:
            home = account.folders.add({"name": folder, "personal": folder == "Personal"})
        account.canned_responses.add(
            {
                "title": title,
                "folder_id": home["id"],
                "content": markup.to_text(content),
                "content_html": content,
                "attachments": [],
                "group_ids": [],
                "visibility": 1 if home["personal"] else 0,
            }
        )
