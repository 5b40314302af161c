"""What Makeright puts into a Zendesk account: one webhook, two triggers, a field, macros, a view, SLA policies if wished.

Both sides of a comparison are made by the same functions (`_aspects`) from what Zendesk shows and from what we would
send. Platform page: Zendesk, 1.7 (webhooks and triggers), 2.5 (loop guards), 2.7 (macros), 2.8 (SLA).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, fields
from redis import Redis

from adapters.contract import Account, HelpdeskError, Priority, Secret, Transient
from adapters.provisioning import (
    COMPLAINT_FIELD,
    HOOK,
    NEW_TICKET,
    NO,
    OLD_HOOK,
    SIGNING_SECRET,
    SWITCHED_ON,
    VIEW,
    YES,
    Choice,
    Item,
    Kind,
    Made,
    Provisioner,
    Wishes,
    shown_text,
)
from adapters.zendesk.client import PAGE, ZendeskClient
from adapters.zendesk.provision_schemas import (
    FieldRow,
    HookRow,
    MacroRow,
    PolicyRow,
    TriggerRow,
    ViewRow,
    action_words,
    condition_words,
    read,
)
from adapters.zendesk.tokens import PROVISION_SCOPE

CHANGED_TICKET = "rule.changed_ticket"
FIELD_TITLE = "Complaint"
# In a macro's title, "::" makes a folder of what stands before it.
MACRO_FOLDER = "Makeright::"
# Ids and nothing else: Zendesk does not escape what it fills in (platform page: Zendesk, 1.5).
HOOK_BODY = '{"ticket_id":"{{ticket.id}}","current_user_id":"{{current_user.id}}"}'
_BY_TRIGGERS = "conditional_ticket_events"
_NOTIFY = "notification_webhook"
_VIA_API = "5"
_MOST_PAGES = 20
# What stands for the hook's id in a plan in which the hook itself is yet to be made.
_NEW_HOOK = "the new webhook"
# Asks for nothing, whoever reads it: an event about followers (see hooks.py).
_HARMLESS = json.dumps({"type": "zen:event-type:ticket.followers_changed", "detail": {}})


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Where a kind of thing lies in the API. `search` finds what carries our name among thousands of theirs."""

    path: str
    one: str
    many: str
    row: type[Schema]
    description: str = "description"
    search: str = ""
    update: str = "PUT"


_SHELVES: Mapping[Kind, _Shelf] = {
    Kind.HOOK: _Shelf("/api/v2/webhooks", "webhook", "webhooks", HookRow, update="PATCH"),
    Kind.RULE: _Shelf("/api/v2/triggers", "trigger", "triggers", TriggerRow, search="/api/v2/triggers/search"),
    Kind.FIELD: _Shelf("/api/v2/ticket_fields", "ticket_field", "ticket_fields", FieldRow, "agent_description"),
    Kind.MACRO: _Shelf("/api/v2/macros", "macro", "macros", MacroRow, search="/api/v2/macros/search"),
    Kind.VIEW: _Shelf("/api/v2/views", "view", "views", ViewRow),
    Kind.POLICY: _Shelf("/api/v2/slas/policies", "sla_policy", "sla_policies", PolicyRow),
}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A thing to be: the body that makes it (without our marker)."""

    key: str
    kind: Kind
    name: str
    body: Mapping[str, Any]


class ZendeskProvisioner(Provisioner):
    platform_chooses_secret: ClassVar[bool] = True
    knows_policies_by_tag: ClassVar[bool] = True

    def __init__(self, account: Account, redis: Redis) -> None:
        self._account = account
        self._client = ZendeskClient(account, redis, PROVISION_SCOPE)

    # --- the plan -----------------------------------------------------------------------------------------------

    def plan(self, wishes: Wishes) -> tuple[Item, ...]:
        hook = _Wanted(HOOK, Kind.HOOK, "Makeright", _hook(wishes))
        shelves = {Kind.HOOK: list(self._rows(Kind.HOOK))}
        there, _ = self._found(hook, wishes, shelves[Kind.HOOK], "")
        hook_id = there["id"] if there else ""
        items: list[Item] = []
        for wanted in _everything(wishes, hook_id or _NEW_HOOK):
            if wanted.kind not in shelves:
                shelves[wanted.kind] = list(self._rows(wanted.kind))
            row, adopted = self._found(wanted, wishes, shelves[wanted.kind], hook_id)
            items.append(self._item(wanted, row, adopted, wishes))
        return tuple(items)

    def _rows(self, kind: Kind) -> Iterator[dict[str, Any]]:
        """What may be ours among the account's things of this kind."""
        shelf = _SHELVES[kind]
        params: dict[str, Any] = {}
        if shelf.search:
            params = {"query": "Makeright"}
        elif kind is not Kind.POLICY:
            params = {"page[size]": PAGE}
        for _ in range(_MOST_PAGES):
            content = self._client.setting("GET", shelf.search or shelf.path, params=params) or {}
            rows = content.get(shelf.many)
            yield from (self._read(kind, row) for row in (rows if isinstance(rows, list) else ()))
            meta = content.get("meta")
            cursor = meta.get("after_cursor") if isinstance(meta, dict) and meta.get("has_more") else None
            if not cursor or shelf.search:
                return
            params["page[after]"] = cursor

    def _found(
        self, wanted: _Wanted, wishes: Wishes, rows: list[dict[str, Any]], hook_id: str
    ) -> tuple[dict[str, Any] | None, bool]:
        """(what is there for a wanted thing, whether it was there before us): as remembered, by our marker, or by what
        it does."""
        made = wishes.made.get(wanted.key)
        if made is not None:
            known = next((row for row in rows if row["id"] == made.id), None) or self._show(wanted.kind, made.id)
            if known is not None:
                return known, not made.created
        if wanted.kind is Kind.FIELD and (configured := self._configured(wishes)):
            return (self._show(Kind.FIELD, configured) if configured.isdigit() else None), True
        marker, where = wishes.marker(wanted.key), _SHELVES[wanted.kind].description
        retired = wishes.made.get(OLD_HOOK)
        for row in rows:
            if marker in row.get(where, "") and (retired is None or row["id"] != retired.id):
                return row, False
        return next((row for row in rows if _does_the_same(wanted, row, hook_id)), None), True

    def _item(self, wanted: _Wanted, row: dict[str, Any] | None, adopted: bool, wishes: Wishes) -> Item:
        aspects = _aspects(wanted.kind, self._read(wanted.kind, dict(wanted.body)))
        if row is None:
            return Item(wanted.key, wanted.kind, wanted.name, aspects, {}, by_hand=self._by_hand(wanted, wishes))
        present = _aspects(wanted.kind, row)
        if wanted.kind is Kind.FIELD:
            present, aspects = _field_aspects(row, wishes)
        if wanted.kind is Kind.HOOK:
            aspects[SIGNING_SECRET] = "known here"
            known = any(self._secret(row["id"]) == one for one in self._account.webhook_secrets)
            present[SIGNING_SECRET] = "known here" if known else "not known here"
        return Item(
            wanted.key,
            wanted.kind,
            row.get("title") or row.get("name") or wanted.name,
            aspects,
            present,
            id=row["id"],
            reference=row["id"] if wanted.kind is Kind.FIELD else "",
            url=self._url(wanted.kind, row["id"]),
            adopted=adopted,
            before=_snapshot(wanted, row) if adopted else None,
        )

    def _by_hand(self, wanted: _Wanted, wishes: Wishes) -> tuple[str, ...]:
        if wanted.kind is Kind.FIELD and (configured := self._configured(wishes)):
            return (
                f"There is no ticket field {configured}: correct or remove `fields.complaint` of this account in "
                "makeright.toml, then run `makeright provision` again",
            )
        return ()

    def _configured(self, wishes: Wishes) -> str | None:
        """The complaint's field as a person named it in the configuration: that one is to be used, or none."""
        named, made = self._account.fields.get("complaint"), wishes.made.get(COMPLAINT_FIELD)
        return None if made is not None and made.created and made.reference == named else named

    # --- making it ----------------------------------------------------------------------------------------------

    def apply(self, item: Item, wishes: Wishes) -> Made:
        hook = wishes.made.get(HOOK)
        wanted = next(one for one in _everything(wishes, hook.id if hook else "") if one.key == item.key)
        shelf = _SHELVES[item.kind]
        if item.id is None:
            marked = {**wanted.body, shelf.description: _description(wanted, wishes)}
            made_id = self._write("POST", shelf.path, item.kind, marked)
            name, created = wanted.name, True
        else:
            made_id, name, created = item.id, item.name, not item.adopted
            if item.kind is Kind.FIELD:
                self._repair_field(item, wishes)
            elif any(d.aspect != SIGNING_SECRET for d in item.differences):
                body = dict(wanted.body)
                if item.kind is not Kind.MACRO:
                    # What a team calls it is the team's affair.
                    body["name" if item.kind is Kind.HOOK else "title"] = item.name
                if item.kind is Kind.POLICY:
                    body.pop("position")
                self._write(shelf.update, f"{shelf.path}/{item.id}", item.kind, body)
        return Made(
            item.key,
            item.kind,
            made_id,
            name,
            reference=made_id if item.kind is Kind.FIELD else "",
            url=self._url(item.kind, made_id),
            created=created,
            before=item.before,
            secret=self._secret(made_id) if item.kind is Kind.HOOK else None,
        )

    def _repair_field(self, item: Item, wishes: Wishes) -> None:
        """Option by option: writing the whole list would drop what the team has added since."""
        shelf = _SHELVES[Kind.FIELD]
        if item.present.get(SWITCHED_ON) == NO:
            self._client.setting("PUT", f"{shelf.path}/{item.id}", json={shelf.one: {"active": True}})
        missing = {difference.aspect for difference in item.differences}
        for choice in wishes.choices:
            tag = _option_tag(choice, wishes)
            if f"option {tag}" in missing:
                option = {"custom_field_option": {"name": choice.label, "value": tag}}
                self._client.setting("POST", f"{shelf.path}/{item.id}/options", json=option)

    def remove(self, made: Made) -> tuple[str, ...]:
        shelf = _SHELVES[made.kind]
        path = f"{shelf.path}/{made.id}"
        if made.created:
            # None: somebody has deleted it already.
            self._client.setting("DELETE", path)
        elif made.kind is Kind.FIELD and made.before is not None:
            row = self._show(Kind.FIELD, made.id) or {"custom_field_options": []}
            for option in row["custom_field_options"]:
                if option["value"] in made.before.get("added", ()):
                    self._client.setting("DELETE", f"{path}/options/{option['id']}")
            if made.before.get("active") is False:
                self._client.setting("PUT", path, json={shelf.one: {"active": False}})
        elif made.before is not None:
            self._client.setting(shelf.update, path, json={shelf.one: dict(made.before)})
        return ()

    # --- a new secret -------------------------------------------------------------------------------------------

    def renewed_hook(self, wishes: Wishes) -> Made:
        """Resetting a webhook's secret voids the old one at once. A second webhook has one of its own from its first
        call on, and the first goes on delivering until the triggers have been moved."""
        old = wishes.made.get(HOOK)
        name = "Makeright (2)" if old is None or old.name != "Makeright (2)" else "Makeright"
        wanted = _Wanted(HOOK, Kind.HOOK, name, {**_hook(wishes), "name": name})
        shelf = _SHELVES[Kind.HOOK]
        body = {**wanted.body, shelf.description: _description(wanted, wishes)}
        made_id = self._write("POST", shelf.path, Kind.HOOK, body)
        return Made(
            HOOK,
            Kind.HOOK,
            made_id,
            name,
            url=self._url(Kind.HOOK, made_id),
            # What takes the place of a hook that was there before us stays when we go.
            created=old is None or old.created,
            secret=self._secret(made_id),
        )

    def try_hook(self, hook: Made, wishes: Wishes) -> str:
        body = {"request": {"endpoint": wishes.hook_url, "http_method": "POST", "payload": _HARMLESS}}
        try:
            content = self._client.setting("POST", "/api/v2/webhooks/test", params={"webhook_id": hook.id}, json=body)
        except HelpdeskError as error:
            return str(error)
        answered = content.get("response") if content else None
        status = answered.get("status") if isinstance(answered, dict) else None
        accepted = isinstance(status, int) and 200 <= status < 300
        return "" if accepted else f"{wishes.hook_url} answered {status or 'nothing'} to Zendesk's test call"

    # --- how ----------------------------------------------------------------------------------------------------

    def _show(self, kind: Kind, thing_id: str) -> dict[str, Any] | None:
        shelf = _SHELVES[kind]
        content = self._client.setting("GET", f"{shelf.path}/{thing_id}")
        return None if content is None else self._read(kind, content.get(shelf.one))

    def _write(self, method: str, path: str, kind: Kind, body: Mapping[str, Any]) -> str:
        shelf = _SHELVES[kind]
        content = self._client.setting(method, path, json={shelf.one: body})
        if method != "POST":
            return ""
        made = self._read(kind, (content or {}).get(shelf.one))
        if "id" not in made:
            raise Transient("the answer names no id", account=self._account.name, call=f"POST {path}")
        return str(made["id"])

    def _read(self, kind: Kind, row: object) -> dict[str, Any]:
        shelf = _SHELVES[kind]
        return read(shelf.row, row, account=self._account.name, call=f"GET {shelf.path}")

    def _secret(self, hook_id: str) -> Secret:
        path = f"/api/v2/webhooks/{hook_id}/signing_secret"
        row = read(_SecretAnswer, self._client.setting("GET", path) or {}, account=self._account.name, call=path)
        return Secret(row["signing_secret"]["secret"])

    def _url(self, kind: Kind, thing_id: str) -> str:
        """Where people find it. Agents' own page for macros; the rest is for administrators."""
        pages = {
            Kind.HOOK: f"/admin/apps-integrations/webhooks/webhooks/{thing_id}/details",
            Kind.RULE: f"/admin/objects-rules/rules/triggers/{thing_id}",
            Kind.FIELD: f"/admin/objects-rules/tickets/ticket-fields/{thing_id}",
            Kind.MACRO: f"/admin/workspaces/agent-workspace/macros/{thing_id}",
            Kind.VIEW: f"/agent/filters/{thing_id}",
            Kind.POLICY: f"/admin/objects-rules/rules/slas/{thing_id}",
        }
        return self._client.base_url + pages[kind]


class _SecretPart(Schema):
    class Meta:
        unknown = EXCLUDE

    secret = fields.String(required=True)


class _SecretAnswer(Schema):
    class Meta:
        unknown = EXCLUDE

    signing_secret = fields.Nested(_SecretPart, required=True)


# --- what is wanted ---------------------------------------------------------------------------------------------


def _everything(wishes: Wishes, hook_id: str) -> Iterator[_Wanted]:
    """In the order in which it is made."""
    yield _Wanted(HOOK, Kind.HOOK, "Makeright", _hook(wishes))
    yield _Wanted(NEW_TICKET, Kind.RULE, "Makeright: new ticket", _on_creation(wishes, hook_id))
    yield _Wanted(CHANGED_TICKET, Kind.RULE, "Makeright: changed ticket", _on_change(hook_id))
    yield _Wanted(COMPLAINT_FIELD, Kind.FIELD, FIELD_TITLE, _field(wishes))
    for reply in wishes.replies:
        title = MACRO_FOLDER + reply.title
        yield _Wanted(f"macro.{reply.key}", Kind.MACRO, title, _macro(title, reply.html))
    yield _Wanted(VIEW, Kind.VIEW, "Makeright: recovery", _view(wishes))
    for position, clock in enumerate(wishes.clocks, 1):
        title = f"Makeright: {clock.title}"
        yield _Wanted(f"policy.{clock.key}", Kind.POLICY, title, _policy(title, clock.tag, clock.minutes, position))


def _hook(wishes: Wishes) -> dict[str, Any]:
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


def _option_tag(choice: Choice, wishes: Wishes) -> str:
    """A tag of its own: neither one of ours for tickets, nor another field's (README.md, Fields)."""
    return f"{wishes.tag_prefix}makeright_{choice.key}"


def _field(wishes: Wishes) -> dict[str, Any]:
    options = [{"name": choice.label, "value": _option_tag(choice, wishes)} for choice in wishes.choices]
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


def _description(wanted: _Wanted, wishes: Wishes) -> str:
    return f"Made by Makeright, kept as it is by `makeright provision`. {wishes.marker(wanted.key)}"


# --- telling it -------------------------------------------------------------------------------------------------


def _aspects(kind: Kind, row: Mapping[str, Any]) -> dict[str, str]:
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


def _field_aspects(row: Mapping[str, Any], wishes: Wishes) -> tuple[dict[str, str], dict[str, str]]:
    """(present, wanted) of a field that is there. A text field takes any key; an option counts by its tag, which is the
    key or ends in it, whatever the team calls it."""
    present = {SWITCHED_ON: YES if row["active"] else NO}
    wanted = {SWITCHED_ON: YES}
    if row["type"] not in ("tagger", "multiselect"):
        return present, wanted
    for choice in wishes.choices:
        tags = (_option_tag(choice, wishes), choice.key)
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


def _does_the_same(wanted: _Wanted, row: Mapping[str, Any], hook_id: str) -> bool:
    """Whether this was made by hand for the same purpose (README.md, Connect)."""
    if wanted.kind is Kind.HOOK:
        return bool(row["endpoint"] == wanted.body["endpoint"] and row["subscriptions"] == [_BY_TRIGGERS])
    if wanted.kind is Kind.RULE:
        calls = action_words(row["actions"], _NOTIFY)[:1]
        when = {one["value"] for one in row["conditions"]["all"] if one["field"] == "update_type"}
        ours = {one["value"] for one in wanted.body["conditions"]["all"] if one["field"] == "update_type"}
        return bool(hook_id) and calls == [hook_id] and when == ours
    return False


def _snapshot(wanted: _Wanted, row: Mapping[str, Any]) -> dict[str, Any]:
    """What of an adopted thing we may change, as it is now."""
    if wanted.kind is Kind.FIELD:
        there = {option["value"] for option in row["custom_field_options"]}
        ours = [option["value"] for option in wanted.body["custom_field_options"]]
        return {"active": row["active"], "added": [tag for tag in ours if tag not in there]}
    name = "name" if wanted.kind is Kind.HOOK else "title"
    return {key: row[key] for key in (name, *wanted.body) if key in row}
