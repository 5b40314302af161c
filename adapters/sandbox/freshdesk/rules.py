"""Freshdesk's automation: rules on ticket creation and on ticket updates, and the webhooks they send."""

from __future__ import annotations

import base64
import json
import secrets
from typing import Any
from urllib.parse import urlencode

from adapters.sandbox.freshdesk import placeholders
from adapters.sandbox.freshdesk.account import CREATION, UPDATES, FreshdeskAccount
from adapters.sandbox.freshdesk.codes import OUTBOUND, priority_number, priority_word, status_number, status_word
from adapters.sandbox.shelf import Record
from adapters.sandbox.store import CUSTOM, Audit, Channel, Rule, Ticket
from adapters.sandbox.webhooks import Delivery

AGENT, REQUESTER, AGENT_OR_REQUESTER, SYSTEM = 1, 2, 3, 4
ANY = ("--", "", None, "any")
WEBHOOK = "trigger_webhook"


class Engine:
    """Runs the rules after every create and update. What a rule changes wakes no other rule."""

    def __init__(self, account: FreshdeskAccount) -> None:
        self._account = account

    def __call__(self, ticket: Ticket, audit: Audit) -> None:
        if ticket.spam or ticket.deleted:
            return
        if audit.created:
            self._on_creation(ticket, audit)
        elif not audit.is_empty:
            self._on_update(ticket, audit)

    def _on_creation(self, ticket: Ticket, audit: Audit) -> None:
        # No automation runs for an agent's own ticket, nor for outbound mail (platform page: Freshdesk, 1.2).
        if self._account.desk.people[ticket.requester_id].is_staff or ticket.source == OUTBOUND:
            return
        for rule in self._active(CREATION):
            if self._conditions_hold(rule, ticket):
                self._act(rule, ticket, audit)
                if not self._account.cascading:
                    return

    def _on_update(self, ticket: Ticket, audit: Audit) -> None:
        for rule in self._active(UPDATES):
            if (
                self._performed_by(rule.get("performer") or {}, audit)
                and any(_happened(event, audit) for event in rule.get("events") or [])
                and self._conditions_hold(rule, ticket)
            ):
                self._act(rule, ticket, audit)

    def _active(self, kind: int) -> list[Record]:
        return [rule for rule in self._account.automations[kind].by_position() if rule["active"]]

    def _performed_by(self, performer: Record, audit: Audit) -> bool:
        author = self._account.desk.people[audit.author_id]
        wanted = int(performer.get("type") or AGENT_OR_REQUESTER)
        if audit.channel is Channel.RULE:
            return wanted == SYSTEM
        if author.is_staff:
            members = [str(member) for member in performer.get("members") or []]
            return wanted == AGENT_OR_REQUESTER or (
                wanted == AGENT and (not members or members == ["--"] or str(author.id) in members)
            )
        return wanted in (REQUESTER, AGENT_OR_REQUESTER)

    def _conditions_hold(self, rule: Record, ticket: Ticket) -> bool:
        sets = rule.get("conditions") or []
        results = [self._set_holds(conditions, ticket) for conditions in sets]
        return any(results) if "or" in str(rule.get("operator") or "").lower().split() else all(results)

    def _set_holds(self, conditions: Record, ticket: Ticket) -> bool:
        rows = conditions.get("properties") or []
        results = [_holds(row, self._actual(str(row.get("field_name")), ticket)) for row in rows]
        return any(results) if conditions.get("match_type") == "any" and results else all(results)

    def _actual(self, name: str, ticket: Ticket) -> Any:
        match name:
            case "source":
                return self._account.source(ticket)
            case "status":
                return status_number[ticket.status]
            case "priority":
                return priority_number[ticket.priority or "low"]
            case "ticket_type" | "type":
                return ticket.type
            case "subject":
                return ticket.subject
            case "description":
                return ticket.description.text
            case "subject_or_description":
                return f"{ticket.subject} {ticket.description.text}"
            case "tag_names" | "tags" | "tag_ids":
                return list(ticket.tags)
            case "group_id":
                return ticket.group_id
            case "responder_id":
                return ticket.assignee_id
            case "from_email" | "email":
                return self._account.desk.people[ticket.requester_id].email
        return ticket.fields.get(name)

    def _act(self, rule: Record, ticket: Ticket, audit: Audit) -> None:
        by = Rule(rule["id"], rule["name"])
        for action in rule.get("actions") or []:
            name, value = action.get("field_name"), action.get("value")
            if name == WEBHOOK:
                self._send(rule, action, ticket, audit)
            elif name == "add_tag":
                tags = value if isinstance(value, list) else str(value).split(",")
                new = [t.strip() for t in tags if t.strip() and t.strip() not in ticket.tags]
                self._account.desk.amend(ticket, audit, "tags", ticket.tags + new, by)
            elif name == "priority":
                self._account.desk.amend(ticket, audit, "priority", priority_word[int(str(value))], by)
            elif name == "status":
                self._account.desk.amend(ticket, audit, "status", status_word[int(str(value))], by)
            elif name in ("ticket_type", "type"):
                self._account.desk.amend(ticket, audit, "type", value, by)
            elif name in ("group_id", "responder_id"):
                field = "group_id" if name == "group_id" else "assignee_id"
                self._account.desk.amend(ticket, audit, field, int(str(value)), by)
            elif str(name).startswith("cf_"):
                self._account.desk.amend(ticket, audit, f"{CUSTOM}{name}", value, by)

    def _send(self, rule: Record, action: Record, ticket: Ticket, audit: Audit) -> None:
        found = placeholders.values(self._account, ticket, audit)
        body, content_type = _body(action.get("content") or {}, found)
        audit.notified.append((str(rule["id"]), Rule(rule["id"], rule["name"])))
        self._account.sender.send(
            Delivery(
                id=secrets.token_hex(8),
                platform=self._account.post,
                webhook_id=str(rule["id"]),
                ticket_id=ticket.id,
                event=found["triggered_event"],
                method=str(action.get("request_type") or "POST").upper(),
                url=placeholders.render(str(action["url"]), found, as_json=False),
                body=body,
                created_at=self._account.clock.now(),
                due=self._account.clock.time(),
                headers={"Content-Type": content_type, "Accept-Encoding": "identity", **_credentials(action)},
            )
        )


def _body(content: Record, found: dict[str, str]) -> tuple[bytes, str]:
    """The body and its type. Simple content lists fields, advanced content is a template; JSON or form encoded."""
    as_form = "form" in str(content.get("content_type") or "json").lower()
    template = content.get("content")
    kind = "application/x-www-form-urlencoded" if as_form else "application/json"
    if isinstance(template, dict):
        filled = {name: placeholders.render(str(value), found, as_json=False) for name, value in template.items()}
        if as_form:
            return urlencode(filled).encode(), kind
        typed: dict[str, Any] = dict(filled)
        if str(typed.get("ticket_id", "")).isdecimal():
            typed["ticket_id"] = int(typed["ticket_id"])
        return json.dumps({"freshdesk_webhook": typed}, ensure_ascii=False).encode(), kind
    if as_form:
        pairs = (line.partition("=") for line in str(template or "").splitlines() if "=" in line)
        return urlencode(
            {k.strip(): placeholders.render(v.strip(), found, as_json=False) for k, _, v in pairs}
        ).encode(), kind
    return placeholders.render(str(template or ""), found, as_json=True).encode(), kind


def _credentials(action: Record) -> dict[str, str]:
    """Custom headers (their names lose their case) and Basic authentication."""
    headers = {str(name).strip().lower(): str(value) for name, value in (action.get("custom_headers") or {}).items()}
    login = action.get("auth_header") or {}
    pair = f"{login['username']}:{login.get('password', '')}" if login.get("username") else ""
    if not pair and action.get("api_key"):
        pair = f"{action['api_key']}:X"
    if pair:
        headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    return headers


def _happened(event: Record, audit: Audit) -> bool:
    name, wanted = str(event.get("field_name")), event.get("value")
    said = audit.comment
    match name:
        case "reply_sent":
            return said is not None and said.kind == "reply"
        case "note_type" | "note_added":
            if said is None or said.kind != "note":
                return False
            return wanted in ANY or str(wanted) == ("public" if said.public else "private")
        case "ticket_action":
            return wanted in (*ANY, "update", "updated") or (
                wanted in ("delete", "deleted") and bool(audit.changed("deleted"))
            )
    field = {"ticket_type": "type", "responder_id": "assignee_id", "tag_names": "tags"}.get(name, name)
    change = audit.changed(f"{CUSTOM}{name}" if name.startswith("cf_") else field)
    if change is None or change.old == change.new:
        return False
    return _is(event.get("from"), _number(field, change.old)) and _is(event.get("to"), _number(field, change.new))


def _number(field: str, value: Any) -> Any:
    codes = {"status": status_number, "priority": priority_number}.get(field)
    return codes.get(value, value) if codes else value


def _is(wanted: Any, value: Any) -> bool:
    return wanted in ANY or str(wanted) == str(value)


def _holds(row: Record, actual: Any) -> bool:
    operator, wanted = str(row.get("operator") or "is"), row.get("value")
    options = [str(o).lower() for o in (wanted if isinstance(wanted, list) else [wanted])]
    have = (
        [str(v).lower() for v in actual]
        if isinstance(actual, list)
        else ["" if actual is None else str(actual).lower()]
    )
    match operator:
        case "is" | "in":
            return any(o in have for o in options)
        case "is_not" | "not_in":
            return not any(o in have for o in options)
        case "contains":
            return any(o in h for o in options for h in have)
        case "does_not_contain":
            return not any(o in h for o in options for h in have)
        case "starts_with":
            return any(h.startswith(o) for o in options for h in have)
        case "is_any_of":
            return any(o in have for o in options)
    return False
