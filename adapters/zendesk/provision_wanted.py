"""What is wanted in a Zendesk account, as the bodies that make it, and both sides of a comparison in words.

Platform page: Zendesk, 1.7 (webhooks and triggers), 2.5 (loop guards), 2.7 (macros), 2.8 (SLA).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.contract import Priority
from adapters.provisioning import (
    COMPLAINT_FIELD,
    HOOK,
    NEW_TICKET,
    NO,
    SWITCHED_ON,
    VIEW,
    YES,
    Choice,
    Kind,
    Wishes,
    shown_text,
)
from adapters.zendesk.provision_schemas import action_words, condition_words

CHANGED_TICKET = "rule.changed_ticket"
FIELD_TITLE = "Complaint"
# In a macro's title, "::" makes a folder of what stands before it.
MACRO_FOLDER = "Makeright::"
# Ids and nothing else: Zendesk does not escape what it fills in (platform page: Zendesk, 1.5).
HOOK_BODY = '{"ticket_id":"{{ticket.id}}","current_user_id":"{{current_user.id}}"}'
_BY_TRIGGERS = "conditional_ticket_events"
_NOTIFY = "notification_webhook"
_VIA_API = "5"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A thing to be: the body that makes it (without our marker)."""

    key: str
    kind: Kind
    name: str
    body: Mapping[str, Any]


def everything(wishes: Wishes, hook_id: str) -> Iterator[Wanted]:
    """In the order in which it is made."""
    yield Wanted(HOOK, Kind.HOOK, "Makeright", hook_body(wishes))
    yield Wanted(NEW_TICKET, Kind.RULE, "Makeright: new ticket", _on_creation(wishes, hook_id))
    yield Wanted(CHANGED_TICKET, Kind.RULE, "Makeright: changed ticket", _on_change(hook_id))
    yield Wanted(COMPLAINT_FIELD, Kind.FIELD, FIELD_TITLE, _field(wishes))
    for reply in wishes.replies:
        title = MACRO_FOLDER + reply.title
        yield Wanted(f"macro.{reply.key}", Kind.MACRO, title, _macro(title, reply.html))
    yield Wanted(VIEW, Kind.VIEW, "Makeright: recovery", _view(wishes))
    for position, clock in enumerate(wishes.clocks, 1):
        title = f"Makeright: {clock.title}"
        yield Wanted(f"policy.{clock.key}", Kind.POLICY, title, _policy(title, clock.tag, clock.minutes, position))


def hook_body(wishes: Wishes) -> dict[str, Any]:
    return {
        "name": "Makeright",
        "endpoint": wishes.hook_url,
        "http_method": "POST",
        "request_format": "json",
        "status": "active",
        "subscriptions": [_BY_TRIGGERS],
    }


def _on_creation(wishes: Wishes, hook_id: str) -> dict[str, Any]:
    # The guard is our tag. "Not by API" would also leave out what the customer's own systems open.
    guard = {"field": "current_tags", "operator": "not_includes", "value": wishes.seen_tag}
    return _trigger("Makeright: new ticket", [_update_type("Create"), guard], hook_id)


def _on_change(hook_id: str) -> dict[str, Any]:
    # Our own writes come by API. Our tag is no guard here: it stays, and the customer may write again.
    guard = {"field": "current_via_id", "operator": "is_not", "value": _VIA_API}
    return _trigger("Makeright: changed ticket", [_update_type("Change"), guard], hook_id)


def _update_type(value: str) -> dict[str, Any]:
    return {"field": "update_type", "operator": "is", "value": value}


def _trigger(title: str, conditions: list[dict[str, Any]], hook_id: str) -> dict[str, Any]:
    return {
        "title": title,
        "active": True,
        "conditions": {"all": conditions, "any": []},
        "actions": [{"field": _NOTIFY, "value": [hook_id, HOOK_BODY]}],
    }


def beside_theirs(
    actions: Sequence[Mapping[str, Any]], present: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The webhook's action among `actions`, and whatever else the team lets the trigger do at `present`."""
    return [
        *(action for action in actions if action["field"] == _NOTIFY),
        *(action for action in present if action["field"] != _NOTIFY),
    ]


def option_tag(choice: Choice, wishes: Wishes) -> str:
    """A tag of its own: neither one of ours for tickets, nor another field's (README.md, Fields)."""
    return f"{wishes.tag_prefix}makeright_{choice.key}"


def _field(wishes: Wishes) -> dict[str, Any]:
    options = [{"name": choice.label, "value": option_tag(choice, wishes)} for choice in wishes.choices]
    return {"type": "tagger", "title": FIELD_TITLE, "active": True, "custom_field_options": options}


def _macro(title: str, html: str) -> dict[str, Any]:
    actions = [
        {"field": "comment_value_html", "value": html},
        {"field": "comment_mode_is_public", "value": "true"},
    ]
    return {"title": title, "active": True, "actions": actions, "restriction": None}


def _view(wishes: Wishes) -> dict[str, Any]:
    return {
        "title": "Makeright: recovery",
        "active": True,
        "all": [{"field": "status", "operator": "less_than", "value": "solved"}],
        "any": [{"field": "current_tags", "operator": "includes", "value": " ".join(wishes.recovery_tags)}],
        "output": {
            "columns": ["status", "priority", "description", "requester", "updated", "assignee"],
            "group_by": "group",
            "group_order": "asc",
            "sort_by": "updated",
            "sort_order": "asc",
        },
    }


def _policy(title: str, tag: str, minutes: int, position: int) -> dict[str, Any]:
    """First matching policy wins, so ours stand before those for everybody."""
    return {
        "title": title,
        "position": position,
        "filter": {"all": [{"field": "current_tags", "operator": "includes", "value": tag}], "any": []},
        "policy_metrics": [
            {"priority": priority.value, "metric": metric, "target": minutes, "business_hours": True}
            for metric in ("first_reply_time", "next_reply_time")
            for priority in Priority
        ],
    }


def description(wanted: Wanted, wishes: Wishes) -> str:
    return f"Made by Makeright, kept as it is by `makeright provision`. {wishes.marker(wanted.key)}"


# --- telling it -------------------------------------------------------------------------------------------------


def aspects_of(kind: Kind, row: Mapping[str, Any]) -> dict[str, str]:
    switched = YES if row.get("active", row.get("status") == "active") else NO
    match kind:
        case Kind.HOOK:
            mode = (
                "triggers" if row["subscriptions"] == [_BY_TRIGGERS] else ", ".join(row["subscriptions"]) or "nothing"
            )
            return {
                SWITCHED_ON: switched,
                "address": row["endpoint"],
                "sends": f"{row['http_method']} {row['request_format']}",
                "sends for": mode,
            }
        case Kind.RULE:
            calls, body = (*action_words(row["actions"], _NOTIFY), "", "")[:2]
            return {
                SWITCHED_ON: switched,
                "conditions": condition_words(row["conditions"]["all"]),
                "any of": condition_words(row["conditions"]["any"]),
                "calls webhook": calls,
                "body": body,
            }
        case Kind.MACRO:
            html = " ".join(action_words(row["actions"], "comment_value_html")[-1:])
            plain = " ".join(action_words(row["actions"], "comment_value")[-1:])
            who = row.get("restriction") or {}
            return {
                SWITCHED_ON: switched,
                "title": row["title"],
                "reply": shown_text(html or plain),
                "for": "everybody" if not (isinstance(who, dict) and who.get("type")) else str(who["type"]),
            }
        case Kind.VIEW:
            return {
                SWITCHED_ON: switched,
                "conditions": condition_words(row["conditions"]["all"]),
                "any of": condition_words(row["conditions"]["any"]),
            }
        case Kind.POLICY:
            targets = sorted(f"{m['metric']} {m['priority']} {m['target']} min" for m in row["policy_metrics"])
            return {"for tickets with": condition_words(row["filter"]["all"]), "targets": "; ".join(targets)}
    return {SWITCHED_ON: switched, **{f"option {o['value']}": o["name"] for o in row["custom_field_options"]}}


def field_aspects(row: Mapping[str, Any], wishes: Wishes) -> tuple[dict[str, str], dict[str, str]]:
    """(present, wanted) of a field that is there. A text field takes any key; an option counts by its tag, which is the
    key or ends in it, whatever the team calls it."""
    present = {SWITCHED_ON: YES if row["active"] else NO}
    wanted = {SWITCHED_ON: YES}
    if row["type"] not in ("tagger", "multiselect"):
        return present, wanted
    for choice in wishes.choices:
        tags = (option_tag(choice, wishes), choice.key)
        fits = (
            option
            for option in row["custom_field_options"]
            if option["value"] in tags or option["value"].endswith(f"_{choice.key}")
        )
        aspect = f"option {tags[0]}"
        if (found := next(fits, None)) is not None:
            present[aspect] = wanted[aspect] = found["name"]
        else:
            wanted[aspect] = choice.label
    return present, wanted


def does_the_same(wanted: Wanted, row: Mapping[str, Any], hook_id: str) -> bool:
    """Whether this was made by hand for the same purpose (README.md, Connect)."""
    if wanted.kind is Kind.HOOK:
        return bool(row["endpoint"] == wanted.body["endpoint"] and row["subscriptions"] == [_BY_TRIGGERS])
    if wanted.kind is Kind.RULE:
        calls = action_words(row["actions"], _NOTIFY)[:1]
        when = {one["value"] for one in row["conditions"]["all"] if one["field"] == "update_type"}
        ours = {one["value"] for one in wanted.body["conditions"]["all"] if one["field"] == "update_type"}
        return bool(hook_id) and calls == [hook_id] and when == ours
    return False


def snapshot(wanted: Wanted, row: Mapping[str, Any]) -> dict[str, Any]:
    """What of an adopted thing we may change, as it is now."""
    if wanted.kind is Kind.FIELD:
        there = {option["value"] for option in row["custom_field_options"]}
        ours = [option["value"] for option in wanted.body["custom_field_options"]]
        return {"active": row["active"], "added": [tag for tag in ours if tag not in there]}
    name = "name" if wanted.kind is Kind.HOOK else "title"
    return {key: row[key] for key in (name, *wanted.body) if key in row}
