"""What a Zendesk account comes with on its first day."""

from __future__ import annotations

from typing import Any

from adapters.sandbox.shelf import Record
from adapters.sandbox.store import Role
from adapters.sandbox.zendesk.account import ZendeskAccount

AGENTS = (("Dana Reyes", "dana@acme.example"), ("Ira Novak", "ira@acme.example"), ("Sam Okafor", "sam@acme.example"))
GROUPS = ("Support", "Deliveries", "Specialists", "Recovery")

# (title, public reply, actions beside the reply, shared)
MACROS: tuple[tuple[str, str, tuple[tuple[str, Any], ...], bool], ...] = (
    (
        "Callback: we call you today",
        "Hello {{ticket.requester.first_name}},\n\nwe said that somebody would get back to you, and nobody did. We are "
        "sorry.\n\n{{current_user.name}} will call you today between [from] and [to]. Which number suits you best?",
        (("status", "pending"),),
        True,
    ),
    (
        "Order status: where it is and when you hear next",
        "Hello {{ticket.requester.first_name}},\n\nyour order is [where it is now]. The next step is [next step], and "
        "we write to you again by [day and time], whatever the state then.",
        (("status", "pending"), ("current_tags", "status_sent")),
        True,
    ),
    (
        "We promised more than we delivered",
        "Hello {{ticket.requester.first_name}},\n\nyou were told [what was promised] and you got [what was delivered]. "
        "We put that right: [what we do] by [day].",
        (("priority", "high"),),
        True,
    ),
    (
        "A specialist takes over",
        "Hello {{ticket.requester.first_name}},\n\nwhat we told you about [topic] was not correct. [Name], who works "
        "with this every day, will write to you by [day and time] with the right answer.",
        (("group_id", "Specialists"),),
        True,
    ),
    (
        "Close: thank you",
        "Hello {{ticket.requester.first_name}},\n\nthank you for writing.",
        (("status", "solved"),),
        True,
    ),
    ("Dana's own greeting", "Hi there, Dana here!", (), False),
)


def furnish(account: ZendeskAccount) -> None:
    """Groups, agents, a brand, the fields, macros, a schedule and an SLA policy."""
    for name in GROUPS:
        account.groups.add(
            {"name": name, "description": "", "default": name == "Support", "is_public": True, "deleted": False}
        )
    for name, email in AGENTS:
        account.desk.person(email, name, Role.AGENT)
    account.brands.add(
        {
            "name": "Acme",
            "subdomain": "acme",
            "brand_url": "https://acme.zendesk.com",
            "active": True,
            "default": True,
            "has_help_center": True,
            "help_center_state": "enabled",
            "host_mapping": None,
            "is_deleted": False,
            "logo": None,
            "signature_template": "{{agent.signature}}",
            "ticket_form_ids": [],
        }
    )
    _fields(account)
    _statuses(account)
    _macros(account)
    account.trigger_categories.add({"name": "Notifications", "position": 0})
    account.schedules.add(
        {
            "name": "Office hours",
            "time_zone": "Eastern Time (US & Canada)",
            # Minutes since Sunday 00:00: Monday to Friday, nine to five.
            "intervals": [{"start_time": day * 1440 + 540, "end_time": day * 1440 + 1020} for day in range(1, 6)],
        }
    )
    account.sla_policies.add(
        {
            "title": "Standard",
            "description": "First replies for everybody",
            "position": 1,
            "filter": {"all": [{"field": "type", "operator": "is_not", "value": "task"}], "any": []},
            "policy_metrics": [
                {
                    "priority": p,
                    "metric": "first_reply_time",
                    "target": minutes,
                    "target_in_seconds": minutes * 60,
                    "business_hours": True,
                }
                for p, minutes in (("urgent", 60), ("high", 240), ("normal", 480), ("low", 960))
            ],
        }
    )
    account.views.add(
        _view("Your unsolved tickets", 1, [{"field": "status", "operator": "less_than", "value": "solved"}])
    )


def blank_field(kind: str, title: str, position: int, removable: bool = True) -> Record:
    """A ticket field with everything that the API reports of one."""
    return {
        "type": kind,
        "title": title,
        "raw_title": title,
        "description": title,
        "raw_description": title,
        "position": position,
        "active": True,
        "required": False,
        "collapsed_for_agents": False,
        "regexp_for_validation": None,
        "title_in_portal": title,
        "raw_title_in_portal": title,
        "visible_in_portal": False,
        "editable_in_portal": False,
        "required_in_portal": False,
        "agent_can_edit": True,
        "tag": None,
        "removable": removable,
        "key": None,
        "agent_description": None,
    }


def option(account: ZendeskAccount, name: str, value: str, position: int, default: bool = False) -> Record:
    """One choice of a drop-down; its value is the tag it puts on a ticket."""
    return {
        "id": account.desk.next_id(),
        "name": name,
        "raw_name": name,
        "value": value,
        "position": position,
        "default": default,
        "allow_solving": True,
    }


def _fields(account: ZendeskAccount) -> None:
    system = (
        ("subject", "Subject"),
        ("description", "Description"),
        ("status", "Status"),
        ("tickettype", "Type"),
        ("priority", "Priority"),
        ("group", "Group"),
        ("assignee", "Assignee"),
    )
    for position, (kind, title) in enumerate(system):
        account.ticket_fields.add(blank_field(kind, title, position, removable=False))
    order = blank_field("text", "Order number", len(system))
    area = blank_field("tagger", "Product area", len(system) + 1)
    area["custom_field_options"] = [
        option(account, name, value, at)
        for at, (name, value) in enumerate((("Appliances", "area_appliances"), ("Furniture", "area_furniture")))
    ]
    account.ticket_fields.add(order)
    account.ticket_fields.add(area)


def _statuses(account: ZendeskAccount) -> None:
    for status in ("new", "open", "pending", "hold", "solved"):
        account.custom_statuses.add(
            {
                "status_category": status,
                "agent_label": status.title(),
                "raw_agent_label": status.title(),
                "end_user_label": status.title(),
                "raw_end_user_label": status.title(),
                "description": "",
                "raw_description": "",
                "end_user_description": "",
                "raw_end_user_description": "",
                "active": True,
                "default": True,
            }
        )


def _macros(account: ZendeskAccount) -> None:
    dana = account.desk.by_email("dana@acme.example")
    for position, (title, reply, more, shared) in enumerate(MACROS):
        actions: list[Record] = [
            {"field": "comment_value", "value": ["channel:all", reply]},
            {"field": "comment_mode_is_public", "value": "true"},
        ]
        for name, value in more:
            if name == "group_id":
                group = account.groups.find(name=value)
                value = str(group["id"]) if group else ""
            actions.append({"field": name, "value": value})
        restriction = None if shared or dana is None else {"type": "User", "id": dana.id}
        account.macros.add(
            {
                "title": title,
                "raw_title": title,
                "description": None,
                "active": True,
                "default": False,
                "position": position + 1,
                "actions": actions,
                "restriction": restriction,
            }
        )


def _view(title: str, position: int, conditions: list[Record]) -> Record:
    return {
        "title": title,
        "raw_title": title,
        "description": None,
        "active": True,
        "default": False,
        "position": position,
        "conditions": {"all": conditions, "any": []},
        "execution": {
            "columns": [],
            "fields": [],
            "custom_fields": [],
            "group_by": None,
            "sort_by": "updated",
            "sort_order": "desc",
        },
        "restriction": None,
    }
