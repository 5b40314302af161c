"""What Makeright puts into a Freshdesk account: three rules, a field, a folder of canned responses.

What the API does not offer comes back as numbered clicks: the first webhook rule (its spelling is not documented, so
ours are built after it), the switch for all matching rules, and removing canned responses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from adapters.contract import Account, Permanent, Unauthorised
from adapters.freshdesk import provision_rules as rules
from adapters.freshdesk.client import FreshdeskClient
from adapters.freshdesk.form import plain
from adapters.freshdesk.options import FreshdeskOptions
from adapters.freshdesk.provision_rules import CREATION, RULES, UPDATES, OwnRule
from adapters.freshdesk.provision_schemas import FieldRow, FolderRow, ResponseRow, RuleRow, RulesAnswer, read
from adapters.hook_secrets import HookSecrets
from adapters.provisioning import (
    COMPLAINT_FIELD,
    NO,
    YES,
    Choice,
    Item,
    Kind,
    Made,
    Provisioner,
    WantedReply,
    Wishes,
    shown_text,
)

ALL_MATCHING = "setting.all_matching_rules"
FOLDER = "folder.replies"
FOLDER_NAME = "Makeright"
FIELD_LABEL, OTHER_FIELD_LABEL = "Complaint", "Makeright complaint"
_FOLDERS, _RESPONSES = "/api/v2/canned_response_folders", "/api/v2/canned_responses"
_FIELDS = "/api/v2/admin/ticket_fields"
_EVERYBODY = 0


class FreshdeskProvisioner(Provisioner):
    """Everything here needs an administrator's key."""

    platform_chooses_secret: ClassVar[bool] = False

    def __init__(self, account: Account, options: FreshdeskOptions, client: FreshdeskClient) -> None:
        self._account = account
        self._options = options
        self._client = client

    # --- the plan -----------------------------------------------------------------------------------------------

    def plan(self, wishes: Wishes) -> tuple[Item, ...]:
        return (*self._plan_rules(wishes), self._plan_field(wishes), *self._plan_replies(wishes))

    def _plan_rules(self, wishes: Wishes) -> Iterator[Item]:
        there = {kind: self._rules(kind) for kind in (CREATION, UPDATES)}
        template = rules.template_among(self._all_rules(there), wishes.hook_url)
        taken: set[int] = set()
        for own in RULES:
            # One rule may have the events of two of ours. It stands for one of them: each writes its own event into it.
            free = [rule for rule in there[own.kind]["rules"] if rule["id"] not in taken]
            rule = self._found_rule(own, wishes, free)
            wanted = rules.wanted_aspects(own, wishes.hook_url)
            if rule is None:
                by_hand = () if template else self._clicks(own, wishes) if own is RULES[0] else _after_the_first(wishes)
                yield Item(own.key, Kind.RULE, own.name, wanted, by_hand=by_hand)
                continue
            taken.add(rule["id"])
            present = rules.present_aspects(own, rule, self._account.webhook_secrets)
            made = wishes.made.get(own.key)
            # One that bears our name was made at our request.
            ours = made.created if made and made.id == str(rule["id"]) else _is_ours(own, rule, wishes)
            yield Item(
                own.key,
                Kind.RULE,
                rule["name"],
                wanted,
                present,
                id=str(rule["id"]),
                adopted=not ours,
                before=None if ours else rules.snapshot(rule),
                by_hand=() if template or present == wanted else self._clicks(own, wishes),
            )
        runs_all = there[CREATION]["meta"]["cascading_rules"]
        if runs_all is not None:
            yield Item(
                ALL_MATCHING,
                Kind.SETTING,
                "Execute all matching rules",
                {"every matching creation rule runs": YES},
                {"every matching creation rule runs": YES if runs_all else NO},
                id="1",
                by_hand=(
                    "Admin > Workflows > Automations > Ticket Creation, the gear on the right: "
                    "`Execute all matching rules` (by default only the first that matches runs: ours, or theirs)",
                ),
            )

    def _plan_field(self, wishes: Wishes) -> Item:
        rows: list[dict[str, Any]] = self._read(FieldRow(many=True), self._client.setting("GET", _FIELDS), _FIELDS)
        made = wishes.made.get(COMPLAINT_FIELD)
        named = self._account.fields.get("complaint")
        if made is not None and made.created and made.reference == named:
            named = None
        row = next((row for row in rows if made is not None and str(row["id"]) == made.id), None)
        if row is None and named:
            row = next((row for row in rows if row["name"] == named), None)
        elif row is None:
            # Without our memory, the one that offers all our choices under our label is ours.
            alike = (row for row in rows if row["label"] in (FIELD_LABEL, OTHER_FIELD_LABEL))
            row = next((row for row in alike if not _lacking(row, wishes)), None)
        if row is None:
            label = OTHER_FIELD_LABEL if any(row["label"] == FIELD_LABEL for row in rows) else FIELD_LABEL
            steps = (
                (
                    f"There is no field {named!r}: correct or remove `fields.complaint` of this account in "
                    "makeright.toml, then run `makeright provision` again",
                )
                if named
                else ()
            )
            wanted = {f"choice {_label(choice)}": "offered" for choice in wishes.choices}
            return Item(COMPLAINT_FIELD, Kind.FIELD, label, wanted, by_hand=steps)
        lacking = {_label(choice) for choice in _lacking(row, wishes)}
        aspects = {f"choice {_label(choice)}": "offered" for choice in wishes.choices}
        if row["type"] != "custom_dropdown":
            aspects = {"kind": row["type"]}
        adopted = not made.created if made is not None and str(row["id"]) == made.id else bool(named)
        return Item(
            COMPLAINT_FIELD,
            Kind.FIELD,
            row["label"],
            aspects,
            {aspect: told for aspect, told in aspects.items() if aspect.removeprefix("choice ") not in lacking},
            id=str(row["id"]),
            reference=row["name"],
            adopted=adopted,
            before={"added": sorted(lacking)} if adopted else None,
        )

    def _plan_replies(self, wishes: Wishes) -> Iterator[Item]:
        try:
            folders = self._read(FolderRow(many=True), self._client.setting("GET", _FOLDERS) or [], _FOLDERS)
        except Unauthorised as error:
            if error.status != 403:
                raise
            # Not in the account's plan: the playbook's replies come with the note instead.
            return
        made = wishes.made.get(FOLDER)
        shared = [folder for folder in folders if not folder["personal"]]
        known = [folder for folder in shared if made is not None and str(folder["id"]) == made.id]
        folder = next(iter([*known, *(one for one in shared if one["name"] == FOLDER_NAME)]), None)
        wanted = {"shared with": "everybody"}
        if folder is None:
            yield Item(FOLDER, Kind.FOLDER, FOLDER_NAME, wanted)
        else:
            yield Item(FOLDER, Kind.FOLDER, folder["name"], wanted, wanted, id=str(folder["id"]))
        there = list(self._responses(folder["id"])) if folder else []
        for reply in wishes.replies:
            yield self._plan_reply(reply, there, wishes)

    def _plan_reply(self, reply: WantedReply, there: list[dict[str, Any]], wishes: Wishes) -> Item:
        key = f"macro.{reply.key}"
        made = wishes.made.get(key)
        wanted = {"title": reply.title, "reply": shown_text(reply.html), "for": "everybody"}
        known = [row for row in there if made is not None and str(row["id"]) == made.id]
        row = next(iter([*known, *(row for row in there if row["title"] == reply.title)]), None)
        if row is None and made is not None:
            # Moved to another folder, perhaps.
            answer = self._client.setting("GET", f"{_RESPONSES}/{made.id}")
            row = self._read(ResponseRow(), answer, _RESPONSES) if answer is not None else None
        if row is None:
            return Item(key, Kind.MACRO, reply.title, wanted)
        present = {
            "title": row["title"],
            "reply": shown_text(row["content_html"] or row["content"]),
            "for": "everybody" if row["visibility"] == _EVERYBODY else "some",
        }
        return Item(key, Kind.MACRO, row["title"], wanted, present, id=str(row["id"]))

    # --- making it ----------------------------------------------------------------------------------------------

    def apply(self, item: Item, wishes: Wishes) -> Made:
        match item.kind:
            case Kind.RULE:
                made_id, name, reference = self._apply_rule(item, wishes), item.name, ""
            case Kind.FIELD:
                made_id, name, reference = self._apply_field(item, wishes)
            case Kind.FOLDER:
                answer = self._client.setting("POST", _FOLDERS, {"name": FOLDER_NAME})
                made_id, name, reference = self._id(FolderRow(), answer, _FOLDERS), FOLDER_NAME, ""
            case Kind.MACRO:
                made_id, name, reference = self._apply_reply(item, wishes), item.wanted["title"], ""
            case _:
                raise Permanent(f"{item.name} is not made by the API", account=self._account.name)
        created = not item.adopted
        return Made(item.key, item.kind, made_id, name, reference, created=created, before=item.before)

    def _apply_rule(self, item: Item, wishes: Wishes) -> str:
        own = next(rule for rule in RULES if rule.key == item.key)
        path = f"/api/v2/automations/{own.kind}/rules"
        there = {kind: self._rules(kind) for kind in (CREATION, UPDATES)}
        template = rules.template_among(self._all_rules(there), wishes.hook_url)
        if template is None:
            raise Permanent("the rule that ours were to be built after is gone", account=self._account.name)
        secret = next(iter(self._account.webhook_secrets))
        action = rules.action_after(template, wishes.hook_url, self._options.secret_header, secret)
        body = rules.body_of(own, action, _description(own.key, wishes))
        if item.id is None:
            return self._id(RuleRow(), self._client.setting("POST", path, body), path)
        rule = next((one for one in there[own.kind]["rules"] if str(one["id"]) == item.id), None)
        # Whatever else the team lets the rule do stays.
        others = [one for one in (rule["actions"] if rule else ()) if one.get("field_name") != rules.WEBHOOK]
        body |= {"name": item.name, "actions": [action, *others]}
        if item.adopted:
            body.pop("description")
        self._client.setting("PUT", f"{path}/{item.id}", body)
        return item.id

    def _apply_field(self, item: Item, wishes: Wishes) -> tuple[str, str, str]:
        missing = [d.aspect.removeprefix("choice ") for d in item.differences]
        if item.id is not None:
            self._client.setting("PUT", f"{_FIELDS}/{item.id}", {"choices": [{"value": label} for label in missing]})
            self._client.form(anew=True)
            return item.id, item.name, item.reference
        choices = [{"value": _label(choice), "position": at} for at, choice in enumerate(wishes.choices, 1)]
        body = {
            "label": item.name,
            "label_for_customers": item.name,
            "type": "custom_dropdown",
            "choices": choices,
            # A required field that is empty makes Freshdesk refuse every update.
            "required_for_agents": False,
            "displayed_to_customers": False,
        }
        row = self._read(FieldRow(), self._client.setting("POST", _FIELDS, body), _FIELDS)
        self._client.form(anew=True)
        return str(row["id"]), row["label"], row["name"]

    def _apply_reply(self, item: Item, wishes: Wishes) -> str:
        reply = next(one for one in wishes.replies if f"macro.{one.key}" == item.key)
        folder = wishes.made.get(FOLDER)
        if folder is None:
            raise Permanent("the folder for canned responses is not there", account=self._account.name)
        body = {
            "title": reply.title,
            "content_html": reply.html,
            "folder_id": int(folder.id),
            "visibility": _EVERYBODY,
        }
        if item.id is None:
            return self._id(ResponseRow(), self._client.setting("POST", _RESPONSES, body), _RESPONSES)
        self._client.setting("PUT", f"{_RESPONSES}/{item.id}", body)
        return item.id

    # --- taking it back -----------------------------------------------------------------------------------------

    def remove(self, made: Made) -> tuple[str, ...]:
        match made.kind:
            case Kind.RULE:
                self._remove_rule(made)
            case Kind.FIELD:
                self._remove_field(made)
            case Kind.MACRO:
                if self._client.setting("GET", f"{_RESPONSES}/{made.id}") is not None:
                    return (
                        f"Admin > Agent Productivity > Canned Responses > {FOLDER_NAME}: "
                        f"tick `{made.name}`, then Delete",
                    )
            case Kind.FOLDER:
                if made.created and self._client.setting("GET", f"{_FOLDERS}/{made.id}") is not None:
                    return (
                        f"Admin > Agent Productivity > Canned Responses: the folder `{made.name}`, once it is empty, "
                        "its menu > Delete",
                    )
        return ()

    def _remove_rule(self, made: Made) -> None:
        kind = next((rule.kind for rule in RULES if rule.key == made.key), UPDATES)
        path = f"/api/v2/automations/{kind}/rules/{made.id}"
        if made.created:
            self._client.setting("DELETE", path)
        elif made.before is not None and (answer := self._client.setting("GET", path)) is not None:
            rule = self._read(RuleRow(), answer, path)
            actions = [
                {**one, "content": made.before["content"]} if one.get("field_name") == rules.WEBHOOK else one
                for one in rule["actions"]
            ]
            when = {key: made.before[key] for key in rules.OCCASION if made.before.get(key)}
            self._client.setting("PUT", path, {"active": made.before["active"], "actions": actions, **when})

    def _remove_field(self, made: Made) -> None:
        path = f"{_FIELDS}/{made.id}"
        if made.created:
            self._client.setting("DELETE", path)
        elif made.before and (answer := self._client.setting("GET", path)) is not None:
            row = self._read(FieldRow(), answer, path)
            gone = [one for one in row["choices"] if one["value"] in made.before.get("added", ())]
            if gone:
                choices = [{"id": one["id"], "value": one["value"], "deleted": True} for one in gone]
                self._client.setting("PUT", path, {"choices": choices})

    # --- how ----------------------------------------------------------------------------------------------------

    def _rules(self, kind: int) -> dict[str, Any]:
        path = f"/api/v2/automations/{kind}/rules"
        try:
            answer = self._client.setting("GET", path)
        except Unauthorised as error:
            raise Unauthorised(
                f'answered {error.status}: rules are shown to administrators only: set admin_api_key = "file:PATH" to '
                "an administrator's key",
                account=self._account.name,
                call=f"GET {path}",
                status=error.status,
            ) from None
        found: dict[str, Any] = self._read(RulesAnswer(), answer or {}, path)
        return found

    def _all_rules(self, there: Mapping[int, Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [rule for kind in there.values() for rule in kind["rules"]]

    def _found_rule(self, own: OwnRule, wishes: Wishes, there: list[dict[str, Any]]) -> dict[str, Any] | None:
        made = wishes.made.get(own.key)
        by_id = (rule for rule in there if made is not None and str(rule["id"]) == made.id)
        by_mark = (rule for rule in there if wishes.marker(own.key) in rule["description"])
        others = {one.id for key, one in wishes.made.items() if one.kind is Kind.RULE and key != own.key}
        unclaimed = (rule for rule in there if str(rule["id"]) not in others)
        alike = (rule for rule in unclaimed if rules.does_the_same(own, rule, wishes.hook_url))
        return next((rule for group in (by_id, by_mark, alike) for rule in group), None)

    def _responses(self, folder_id: int) -> Iterator[dict[str, Any]]:
        for row in self._client.canned_responses(folder_id):
            yield {
                "id": row.id,
                "title": row.title,
                "content": row.content,
                "content_html": row.content_html,
                "visibility": row.visibility,
            }

    def _clicks(self, own: OwnRule, wishes: Wishes) -> tuple[str, ...]:
        kept = self._account.webhook_secrets
        file = kept.file if isinstance(kept, HookSecrets) else None
        place = f"the first line of the file {file}" if file else "the account's webhook secret"
        return rules.clicks(own, wishes.hook_url, self._options.secret_header, place)

    def _id(self, schema: Any, answer: object, path: str) -> str:
        return str(self._read(schema, answer, path)["id"])

    def _read(self, schema: Any, answer: object, path: str) -> Any:
        return read(schema, answer, account=self._account.name, call=path)


def _after_the_first(wishes: Wishes) -> tuple[str, ...]:
    """One rule by hand is enough."""
    return (
        f"Nothing to click: `makeright provision {wishes.account}` makes this rule once `{RULES[0].name}` is there",
    )


def _label(choice: Choice) -> str:
    """How the choice is stored: from it the key is found again (form.value_for)."""
    return choice.key.replace("_", " ").capitalize()


def _lacking(row: Mapping[str, Any], wishes: Wishes) -> list[Choice]:
    """The choices that a drop-down does not offer, whatever its spelling; a text field takes any."""
    if row["type"] != "custom_dropdown":
        return []
    offered = {plain(one["value"]).removeprefix("complaint_") for one in row["choices"]}
    return [choice for choice in wishes.choices if plain(choice.key) not in offered]


def _is_ours(own: OwnRule, rule: Mapping[str, Any], wishes: Wishes) -> bool:
    return rule["name"] == own.name or wishes.marker(own.key) in rule["description"]


def _description(key: str, wishes: Wishes) -> str:
    return f"Made by Makeright, kept as it is by `makeright provision`. {wishes.marker(key)}"
