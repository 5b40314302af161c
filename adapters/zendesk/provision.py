"""What Makeright puts into a Zendesk account: one webhook, two triggers, a field, macros, a view, SLA policies if wished.

Both sides of a comparison are told by the same words (provision_wanted.py), made from what Zendesk shows and from what we
would send.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, fields
from redis import Redis

from adapters.contract import Account, HelpdeskError, Secret, Transient
from adapters.provisioning import (
    COMPLAINT_FIELD,
    HOOK,
    NO,
    OLD_HOOK,
    SIGNING_SECRET,
    SWITCHED_ON,
    Item,
    Kind,
    Made,
    Provisioner,
    Wishes,
)
from adapters.zendesk.client import PAGE, ZendeskClient
from adapters.zendesk.provision_schemas import (
    FieldRow,
    HookRow,
    MacroRow,
    PolicyRow,
    TriggerRow,
    ViewRow,
    read,
)
from adapters.zendesk.provision_wanted import (
    Wanted,
    aspects_of,
    beside_theirs,
    description,
    does_the_same,
    everything,
    field_aspects,
    hook_body,
    option_tag,
    snapshot,
)
from adapters.zendesk.tokens import PROVISION_SCOPE

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


class ZendeskProvisioner(Provisioner):
    platform_chooses_secret: ClassVar[bool] = True
    knows_policies_by_tag: ClassVar[bool] = True

    def __init__(self, account: Account, redis: Redis) -> None:
        self._account = account
        self._client = ZendeskClient(account, redis, PROVISION_SCOPE)

    # --- the plan -----------------------------------------------------------------------------------------------

    def plan(self, wishes: Wishes) -> tuple[Item, ...]:
        hook = Wanted(HOOK, Kind.HOOK, "Makeright", hook_body(wishes))
        shelves = {Kind.HOOK: list(self._rows(Kind.HOOK))}
        there, _ = self._found(hook, wishes, shelves[Kind.HOOK], "")
        hook_id = there["id"] if there else ""
        items: list[Item] = []
        for wanted in everything(wishes, hook_id or _NEW_HOOK):
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
        self, wanted: Wanted, wishes: Wishes, rows: list[dict[str, Any]], hook_id: str
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
        return next((row for row in rows if does_the_same(wanted, row, hook_id)), None), True

    def _item(self, wanted: Wanted, row: dict[str, Any] | None, adopted: bool, wishes: Wishes) -> Item:
        aspects = aspects_of(wanted.kind, self._read(wanted.kind, dict(wanted.body)))
        if row is None:
            return Item(wanted.key, wanted.kind, wanted.name, aspects, {}, by_hand=self._by_hand(wanted, wishes))
        present = aspects_of(wanted.kind, row)
        if wanted.kind is Kind.FIELD:
            present, aspects = field_aspects(row, wishes)
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
            before=snapshot(wanted, row) if adopted else None,
        )

    def _by_hand(self, wanted: Wanted, wishes: Wishes) -> tuple[str, ...]:
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
        wanted = next(one for one in everything(wishes, hook.id if hook else "") if one.key == item.key)
        shelf = _SHELVES[item.kind]
        if item.id is None:
            marked = {**wanted.body, shelf.description: description(wanted, wishes)}
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
                self._write(shelf.update, f"{shelf.path}/{item.id}", item.kind, self._kept(item.kind, item.id, body))
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
            tag = option_tag(choice, wishes)
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
            self._client.setting(shelf.update, path, json={shelf.one: self._kept(made.kind, made.id, made.before)})
        return ()

    # --- a new secret -------------------------------------------------------------------------------------------

    def renewed_hook(self, wishes: Wishes) -> Made:
        """Resetting a webhook's secret voids the old one at once. A second webhook has one of its own from its first
        call on, and the first goes on delivering until the triggers have been moved."""
        old = wishes.made.get(HOOK)
        name = "Makeright (2)" if old is None or old.name != "Makeright (2)" else "Makeright"
        wanted = Wanted(HOOK, Kind.HOOK, name, {**hook_body(wishes), "name": name})
        shelf = _SHELVES[Kind.HOOK]
        body = {**wanted.body, shelf.description: description(wanted, wishes)}
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

    def _kept(self, kind: Kind, thing_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """`body`, for a trigger with the actions of the team's own: writing its actions replaces them all."""
        row = self._show(kind, thing_id) if kind is Kind.RULE else None
        return dict(body) if row is None else {**body, "actions": beside_theirs(body["actions"], row["actions"])}

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
