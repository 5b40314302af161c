"""Zendesk's triggers: conditions over what a ticket is and what just happened to it, actions in order."""

from __future__ import annotations

from typing import Any

from adapters.sandbox.shelf import Record
from adapters.sandbox.store import CUSTOM, Audit, Channel, Role, Rule, Ticket
from adapters.sandbox.zendesk.account import ZendeskAccount
from adapters.sandbox.zendesk.placeholders import render_plain

VIA_IDS = {Channel.WEB: 0, Channel.EMAIL: 4, Channel.API: 5, Channel.RULE: 8}
STATUS_ORDER = ("new", "open", "pending", "hold", "solved", "closed")
PRIORITY_ORDER = ("low", "normal", "high", "urgent")
TYPES = ("problem", "incident", "question", "task")
CONDITION_FIELDS = frozenset(
    [
        "update_type",
        "status",
        "priority",
        "type",
        "current_tags",
        "via_id",
        "current_via_id",
        "comment_is_public",
        "ticket_is_public",
        "role",
        "requester_role",
        "assignee_id",
        "group_id",
        "brand_id",
        "requester_id",
        "subject_includes_word",
        "comment_includes_word",
        "in_business_hours",
        "recipient",
        "locale_id",
        "organization_id",
    ]
)
ACTION_FIELDS = frozenset(
    [
        "notification_webhook",
        "notification_user",
        "notification_group",
        "notification_target",
        "current_tags",
        "set_tags",
        "remove_tags",
        "status",
        "priority",
        "type",
        "assignee_id",
        "group_id",
        "brand_id",
        "subject",
        "follower",
    ]
)
_ROLES = {Role.CUSTOMER: "end_user", Role.AGENT: "agent", Role.ADMIN: "agent"}


class Engine:
    """Runs the account's triggers after every create and update, those by the API and by tags alone included."""

    def __init__(self, account: ZendeskAccount) -> None:
        self._account = account

    def __call__(self, ticket: Ticket, audit: Audit) -> None:
        if ticket.deleted or (ticket.status == "closed" and audit.changed("status") is None):
            return
        fired: set[int] = set()
        again = True
        while again:
            again = False
            for row in self._account.triggers.by_position():
                if (
                    row["active"]
                    and row["id"] not in fired
                    and matches(row["conditions"], ticket, audit, self._account)
                ):
                    fired.add(row["id"])
                    # A trigger that changes the ticket sends all the others to look again.
                    if self._act(row, ticket, audit):
                        again = True
                        break

    def _act(self, row: Record, ticket: Ticket, audit: Audit) -> bool:
        rule = Rule(row["id"], row["title"])
        changed = False
        for action in row["actions"]:
            name, value = action["field"], action["value"]
            if name == "notification_webhook":
                self._notify(rule, value, ticket, audit)
                continue
            wanted = target(name, value, ticket)
            if wanted is not None:
                changed |= self._account.desk.amend(ticket, audit, *wanted, rule)
        return changed

    def _notify(self, rule: Rule, value: Any, ticket: Ticket, audit: Audit) -> None:
        webhook_id, template = (
            (value[0], value[1] if len(value) > 1 else "") if isinstance(value, list) else (value, "")
        )
        webhook = self._account.webhooks.get(str(webhook_id))
        if webhook is None:
            return
        current = self._account.desk.people[audit.author_id]
        body = render_plain(str(template), self._account.lookup(ticket, current))
        audit.notified.append((str(webhook_id), rule))
        event = "create" if audit.created else "change"
        self._account.sender.send(self._account.post.delivery(webhook, body.encode(), event, ticket.id))


def target(name: str, value: Any, ticket: Ticket) -> tuple[str, Any] | None:
    """What a rule's or macro's action sets, as a field of the store with its new value; None if it sets none."""
    words = value.split() if isinstance(value, str) else [str(v) for v in value] if isinstance(value, list) else []
    match name:
        case "current_tags":
            return "tags", ticket.tags + [w for w in words if w not in ticket.tags]
        case "set_tags":
            return "tags", words
        case "remove_tags":
            return "tags", [tag for tag in ticket.tags if tag not in words]
        case "status" | "priority" | "type" | "subject":
            return name, value or None
        case "assignee_id" | "group_id" | "brand_id":
            return name, int(value) if str(value).isdecimal() else None
    if name.startswith(CUSTOM):
        return name, value
    return None


def name_problem(name: str, known: frozenset[str]) -> str | None:
    """What is wrong with the field of a condition or action; None if nothing is."""
    if name in known or (name.startswith(CUSTOM) and name.removeprefix(CUSTOM).isdecimal()):
        return None
    return f"{name} is not a valid field"


def action_problem(name: str, value: Any, known: frozenset[str]) -> str | None:
    """What is wrong with an action; None if nothing is."""
    allowed = {"status": STATUS_ORDER, "priority": PRIORITY_ORDER, "type": TYPES}.get(name)
    if allowed and value not in (*allowed, "", None):
        return f"{value} is not a valid {name}"
    if name == "subject" and not isinstance(value, str):
        return "a subject must be a text"
    return name_problem(name, known)


def matches(conditions: Record, ticket: Ticket, audit: Audit, account: ZendeskAccount) -> bool:
    """All of `all` and, if there are any, at least one of `any`."""
    every = conditions.get("all") or []
    some = conditions.get("any") or []
    return all(_holds(c, ticket, audit, account) for c in every) and (
        not some or any(_holds(c, ticket, audit, account) for c in some)
    )


def _holds(condition: Record, ticket: Ticket, audit: Audit, account: ZendeskAccount) -> bool:
    name, value = condition["field"], condition.get("value")
    operator = condition.get("operator") or "is"
    match name:
        case "update_type":
            return str(value).lower() == ("create" if audit.created else "change")
        case "current_tags":
            has = bool(set(str(value).split()) & set(ticket.tags))
            return has if operator == "includes" else not has
        case "comment_is_public":
            return _comment(str(value), audit)
        case "ticket_is_public":
            return (str(value).lower() in ("public", "true")) == any(c.public for c in ticket.comments)
        case "current_via_id":
            return _compare(operator, str(VIA_IDS[audit.channel]), str(value))
        case "via_id":
            return _compare(operator, str(VIA_IDS[ticket.channel]), str(value))
        case "role" | "requester_role":
            who = account.desk.people[audit.author_id if name == "role" else ticket.requester_id]
            same = str(value) in (_ROLES[who.role], str(who.id))
            return same if operator == "is" else not same
        case "subject_includes_word" | "comment_includes_word":
            spoken = ticket.subject if name.startswith("subject") else audit.comment.text if audit.comment else ""
            hit = any(word.lower() in spoken.lower() for word in str(value).split())
            return hit if operator in ("includes", "is") else not hit
        case "in_business_hours":
            return True
    change = audit.changed(name)
    now = ticket.fields.get(name.removeprefix(CUSTOM)) if name.startswith(CUSTOM) else getattr(ticket, name, None)
    was = change.old if change else now
    moved = audit.created or change is not None
    match operator:
        case "changed":
            return moved
        case "not_changed":
            return not moved
        case "value":
            return moved and _compare("is", _word(now), _word(value))
        case "not_value":
            return not (moved and _compare("is", _word(now), _word(value)))
        case "value_previous":
            return change is not None and _word(was) == _word(value)
        case "not_value_previous":
            return not (change is not None and _word(was) == _word(value))
        case "present":
            return now not in (None, "", [])
        case "not_present":
            return now in (None, "", [])
        case "less_than" | "greater_than":
            return _ranked(name, operator, _word(now), _word(value))
    return _compare(operator, _word(now), _word(value))


def _comment(value: str, audit: Audit) -> bool:
    there = audit.comment
    match value.lower():
        case "true" | "1" | "requester_can_see_comment":
            return there is not None and there.public
        case "false" | "0":
            return there is not None and not there.public
        case "not_relevant":
            return there is not None
    return False


def _compare(operator: str, left: str, right: str) -> bool:
    return left != right if operator in ("is_not", "not_includes") else left == right


def _ranked(name: str, operator: str, left: str, right: str) -> bool:
    order = STATUS_ORDER if name == "status" else PRIORITY_ORDER
    if left not in order or right not in order:
        return False
    a, b = order.index(left), order.index(right)
    return a < b if operator == "less_than" else a > b


def _word(value: Any) -> str:
    return "" if value is None else str(value)
