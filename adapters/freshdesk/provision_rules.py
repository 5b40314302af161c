"""Freshdesk's automation rules: what ours say, and how a webhook action is built after one that was made by hand.

How a webhook action is spelt is not documented: a rule that a person has made shows it (platform page: Freshdesk, 1.9).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.contract import Secret
from adapters.provisioning import NEW_TICKET, NO, SWITCHED_ON, YES

WEBHOOK = "trigger_webhook"
CREATION, UPDATES = 1, 4
# Ids and stamps only: Freshdesk does not promise to escape what it fills in (platform page: Freshdesk, 1.4).
BODY = (
    '{"v":"1","ticket_id":"{{ticket.id}}","event":"{{triggered_event}}",'
    '"modified_on":"{{ticket.modified_on}}","performer_email":"{{event_performer.email}}"}'
)
_REQUESTER, _AGENT_OR_REQUESTER = 2, 3
_PERFORMERS = {1: "an agent", 2: "the requester", 3: "an agent or the requester", 4: "the system"}
_CREDENTIALS = ("api_key", "auth_header", "custom_headers")
ALL_TICKETS = "every ticket"
# What of a rule says when it runs.
OCCASION = ("conditions", "events", "performer")


@dataclass(frozen=True, slots=True)
class OwnRule:
    """A rule of ours: its list in the API (`kind`), when it runs, and the words of Freshdesk's editor for it."""

    key: str
    kind: int
    name: str
    performer: int = 0
    event: Mapping[str, str] | None = None
    tab: str = ""
    clicks: tuple[str, ...] = ()

    @property
    def when(self) -> str:
        return f"{self.event['field_name']} by {_PERFORMERS[self.performer]}" if self.event else "a ticket is created"


RULES = (
    OwnRule(
        NEW_TICKET,
        CREATION,
        "Makeright: new ticket",
        tab="Ticket Creation",
        clicks=('Conditions, Match ANY: `Source` `is` `Email`; `Source` `is not` `Email` (there is no "always")',),
    ),
    OwnRule(
        "rule.customer_replied",
        UPDATES,
        "Makeright: customer replied",
        _REQUESTER,
        {"field_name": "reply_sent", "value": "--"},
        tab="Ticket Updates",
        clicks=("When an action is performed by: `Requester`; event: `Reply is sent`",),
    ),
    OwnRule(
        "rule.status_changed",
        UPDATES,
        "Makeright: status changed",
        _AGENT_OR_REQUESTER,
        {"field_name": "status", "from": "--", "to": "--"},
        tab="Ticket Updates",
        clicks=("When an action is performed by: `Agent or Requester`; event: `Status is changed`, from any to any",),
    ),
)


def body_of(rule: OwnRule, action: Mapping[str, Any], description: str) -> dict[str, Any]:
    """The whole rule with this webhook action."""
    made: dict[str, Any] = {"name": rule.name, "description": description, "active": True, "actions": [dict(action)]}
    if rule.event is None:
        # There is no "always": a pair of opposites stands in for it.
        mail = {"resource_type": "ticket", "field_name": "source", "value": [1]}
        pair = [{**mail, "operator": "in"}, {**mail, "operator": "not_in"}]
        made["conditions"] = [{"name": "condition_set_1", "match_type": "any", "properties": pair}]
    else:
        made |= {"performer": {"type": rule.performer}, "events": [dict(rule.event)]}
    return made


def action_after(template: Mapping[str, Any], url: str, header: str, secret: Secret) -> dict[str, Any]:
    """A webhook action spelt like `template`, with our address, body and secret, and nobody else's credentials."""
    action = {key: copy.deepcopy(value) for key, value in template.items() if key not in _CREDENTIALS}
    action |= {"url": url, "content": {**action["content"], "content": BODY}}
    spelt = template.get("custom_headers")
    line = f"{header}: {secret.reveal()}"
    action["custom_headers"] = line if isinstance(spelt, str) else {header: secret.reveal()}
    return action


def webhook_action(rule: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return next((action for action in rule["actions"] if action.get("field_name") == WEBHOOK), None)


def snapshot(rule: Mapping[str, Any]) -> dict[str, Any]:
    """What of an adopted rule we may change, as it is now; of its webhook only the body, since the rest holds secrets."""
    content = (webhook_action(rule) or {}).get("content")
    return {"active": rule["active"], "content": content, **{key: rule[key] for key in OCCASION}}


def template_among(rules: Iterable[Mapping[str, Any]], url: str) -> Mapping[str, Any] | None:
    """A webhook action with a body of its own: best one that calls us, else anybody's that posts."""
    found = [action for rule in rules if (action := webhook_action(rule)) is not None and _is_advanced(action)]
    ours = [action for action in found if action.get("url") == url]
    posting = [action for action in found if str(action.get("request_type", "")).upper() == "POST"]
    return next(iter([*ours, *posting]), None)


def _is_advanced(action: Mapping[str, Any]) -> bool:
    content = action.get("content")
    return isinstance(content, dict) and isinstance(content.get("content"), str) and content["content"].strip() != ""


def does_the_same(own: OwnRule, rule: Mapping[str, Any], url: str) -> bool:
    """Whether this rule calls us on the same occasion."""
    action = webhook_action(rule)
    if action is None or action.get("url") != url:
        return False
    return own.event is None or own.event["field_name"] in {event.get("field_name") for event in rule["events"]}


def present_aspects(own: OwnRule, rule: Mapping[str, Any], secrets: Sequence[Secret]) -> dict[str, str]:
    action = webhook_action(rule) or {}
    content = action.get("content") if isinstance(action.get("content"), dict) else {}
    return {
        SWITCHED_ON: YES if rule["active"] else NO,
        "runs when": _when(own, rule),
        "for": _conditions(own, rule["conditions"]),
        "calls": str(action.get("url") or "nothing"),
        "body": _body(content.get("content") if isinstance(content, dict) else None),
        "secret": _secret(action, secrets),
    }


def wanted_aspects(own: OwnRule, url: str) -> dict[str, str]:
    return {
        SWITCHED_ON: YES,
        "runs when": own.when,
        "for": ALL_TICKETS,
        "calls": url,
        "body": _body(BODY),
        "secret": "the current one",
    }


def _when(own: OwnRule, rule: Mapping[str, Any]) -> str:
    if own.event is None:
        return own.when
    performer = rule["performer"].get("type")
    names = {str(event.get("field_name")) for event in rule["events"]}
    # More events than ours make more hooks, which do no harm.
    told = own.event["field_name"] if own.event["field_name"] in names else ", ".join(sorted(names)) or "nothing"
    wide = performer == _AGENT_OR_REQUESTER and own.performer == _REQUESTER
    who = own.performer if wide else performer
    return f"{told} by {_PERFORMERS.get(who, 'somebody') if isinstance(who, int) else 'somebody'}"


def _conditions(own: OwnRule, conditions: Sequence[Mapping[str, Any]]) -> str:
    """Where there are conditions, only a pair of opposites lets every ticket through."""
    rows = [row for one in conditions for row in one.get("properties") or () if isinstance(row, dict)]
    if not rows and own.event is not None:
        return ALL_TICKETS
    opposite = {"in": "not_in", "is": "is_not"}
    for one in conditions:
        pairs = {
            (str(row.get("field_name")), str(row.get("operator")), json.dumps(row.get("value"), sort_keys=True))
            for row in one.get("properties") or ()
            if isinstance(row, dict)
        }
        if len(conditions) == 1 and one.get("match_type") == "any":
            for name, operator, value in pairs:
                if (name, opposite.get(operator), value) in pairs:
                    return ALL_TICKETS
    return "; ".join(sorted(f"{r.get('field_name')} {r.get('operator')} {r.get('value')}" for r in rows)) or "no ticket"


def _body(content: object) -> str:
    """In one form, whatever blanks and line breaks were typed."""
    if not isinstance(content, str):
        return "fields that were ticked" if content else ""
    try:
        return json.dumps(json.loads(content))
    except (ValueError, RecursionError):
        return " ".join(content.split())


def _secret(action: Mapping[str, Any], secrets: Sequence[Secret]) -> str:
    sent = list(_credentials(action))
    for position, secret in enumerate(secrets):
        if any(secret.matches(one) for one in sent):
            return "the current one" if position == 0 else "the one before"
    return "not one of ours" if sent else "none"


def _credentials(action: Mapping[str, Any]) -> Iterator[str]:
    headers, login = action.get("custom_headers"), action.get("auth_header")
    if isinstance(headers, str):
        yield from (line.partition(":")[2].strip() for line in headers.splitlines())
    elif isinstance(headers, dict):
        yield from (str(value).strip() for value in headers.values())
    elif isinstance(headers, list):
        yield from (str(value).strip() for row in headers if isinstance(row, dict) for value in row.values())
    if isinstance(login, dict):
        yield str(login.get("password") or "")
    if action.get("api_key"):
        yield str(action["api_key"])


def clicks(own: OwnRule, url: str, header: str, secret_place: str) -> tuple[str, ...]:
    """The steps of a person who makes this rule, with the exact texts."""
    return (
        f"Admin > Workflows > Automations > {own.tab} > New rule. Name: `{own.name}`",
        *own.clicks,
        f"Action: Trigger webhook; request type `POST`; URL `{url}`",
        f"Custom headers, one line without a blank at its end: `{header}: ` and then {secret_place}",
        f"Encoding `JSON`, content Advanced: {BODY}",
        "Save, and switch the rule on",
    )
