"""What is made in a Freshdesk account, what is left to a person there, and how it is taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from adapters.contract import Health, Permanent, Secret, Unauthorised
from adapters.freshdesk.client import FreshdeskClient
from adapters.freshdesk.provision import FreshdeskProvisioner
from adapters.provisioning import Choice, Item, Kind, Made, State, WantedReply, Wishes, findings
from tests.adapters.freshdesk.platform import HOOK_SECRETS, account_at
from tests.adapters.sandbox.running import RunningSandbox

URL = "http://127.0.0.1:9/hooks/acme"
KEYS = ("no_callback", "no_order_update", "overpromising", "false_expertise")
RULES = ["rule.new_ticket", "rule.customer_replied", "rule.status_changed"]
WISHES = Wishes(
    account="acme",
    hook_url=URL,
    seen_tag="makeright_seen",
    recovery_tags=("recovery_due",),
    choices=tuple(Choice(key, key) for key in KEYS),
    replies=(
        WantedReply("no_callback.call_back_today", "Call back today", "<p>We call you<br>&amp; keep to it.</p>"),
        WantedReply("overpromising.put_right", "Put right", "<p>We put it right.</p>"),
    ),
)


class Helpdesk:
    """Provisions as the command does, remembering in a dictionary; `admin` plays the person at the screen."""

    def __init__(self, sandbox: RunningSandbox, redis: Redis, **options: Any) -> None:
        self.sandbox, self.redis = sandbox, redis
        self.account = replace(account_at(sandbox.freshdesk_url, **options), fields={})
        self.made: dict[str, Made] = {}

    @property
    def provisioner(self) -> FreshdeskProvisioner:
        client = FreshdeskClient(self.account, self.account.options, self.redis)
        return FreshdeskProvisioner(self.account, self.account.options, client)

    @property
    def wishes(self) -> Wishes:
        return replace(WISHES, made=self.made)

    def plan(self) -> tuple[Item, ...]:
        return self.provisioner.plan(self.wishes)

    def item(self, key: str) -> Item:
        return next(item for item in self.plan() if item.key == key)

    def provision(self) -> list[str]:
        changed = []
        for item in self.plan():
            if item.state is State.IN_PLACE and item.kind is not Kind.SETTING:
                assert item.id
                kept = Made(item.key, item.kind, item.id, item.name, item.reference, created=not item.adopted)
                self.made.setdefault(item.key, kept)
            elif item.state is not State.IN_PLACE and not item.by_hand:
                changed.append(item.key)
                self.made[item.key] = self.provisioner.apply(item, self.wishes)
        return changed

    def undo(self) -> list[tuple[str, ...]]:
        steps = []
        for made in reversed(list(self.made.values())):
            if left := self.provisioner.remove(made):
                steps.append(left)
            else:
                self.made.pop(made.key)
        return steps

    def admin(self, method: str, path: str, body: object = None) -> Any:
        answer = self.sandbox.freshdesk(method, path, admin=True, json=body)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def rules(self, kind: int) -> list[dict[str, Any]]:
        return list(self.admin("GET", f"automations/{kind}/rules")["rules"])

    def follow_the_clicks(self) -> None:
        """The rule for new tickets, as its steps tell a person to make it; and the switch."""
        steps = " ".join(self.item("rule.new_ticket").by_hand)
        body = steps.partition("content Advanced: ")[2].partition('}}"}')[0] + '}}"}'
        action = {
            "field_name": "trigger_webhook",
            "request_type": "POST",
            "url": steps.partition("URL `")[2].partition("`")[0],
            "custom_headers": {"X-Makeright-Secret": HOOK_SECRETS[0]},
            "content": {"content_layout": "advanced", "content_type": "JSON", "content": body},
        }
        mail = {"resource_type": "ticket", "field_name": "source", "value": [1]}
        conditions = {
            "name": "condition_set_1",
            "match_type": "any",
            "properties": [{**mail, "operator": "in"}, {**mail, "operator": "not_in"}],
        }
        name = steps.partition("Name: `")[2].partition("`")[0]
        self.admin("POST", "automations/1/rules", {"name": name, "conditions": [conditions], "actions": [action]})
        self.sandbox.control("plan", {"cascading_rules": True})

    def ready(self) -> None:
        self.follow_the_clicks()
        self.provision()


@pytest.fixture
def helpdesk(sandbox: RunningSandbox, redis: Redis) -> Helpdesk:
    return Helpdesk(sandbox, redis)


def test_the_first_rule_is_made_by_hand_and_the_others_after_it(helpdesk: Helpdesk) -> None:
    plan = {item.key: item for item in helpdesk.plan()}
    assert all(plan[key].by_hand for key in [*RULES, "setting.all_matching_rules"])
    told = " ".join(line for item in plan.values() for line in item.by_hand)
    assert URL in told and "{{ticket.id}}" in told and not any(secret in told for secret in HOOK_SECRETS)
    assert helpdesk.provision() == [
        "field.complaint", "folder.replies", "macro.no_callback.call_back_today", "macro.overpromising.put_right",
    ]  # fmt: skip

    helpdesk.follow_the_clicks()
    assert helpdesk.provision() == ["rule.customer_replied", "rule.status_changed"]
    assert {item.state for item in helpdesk.plan()} == {State.IN_PLACE}
    assert helpdesk.provision() == []
    replied, status = helpdesk.rules(4)
    assert replied["performer"] == {"type": 2} and status["performer"] == {"type": 3}
    for rule in (replied, status):
        (action,) = rule["actions"]
        assert action["url"] == URL and action["custom_headers"] == {"X-Makeright-Secret": HOOK_SECRETS[0]}


def test_nobody_elses_credentials_get_into_our_rules(helpdesk: Helpdesk) -> None:
    theirs = {
        "field_name": "trigger_webhook", "request_type": "POST", "url": "https://theirs.example/x",
        "custom_headers": {"X-Their-Key": "their-own-secret"}, "auth_header": {"username": "u", "password": "their-own"},
        "content": {"content_layout": "advanced", "content_type": "JSON", "content": "{}"},
    }  # fmt: skip
    event = {"field_name": "priority", "from": "--", "to": "--"}
    rule = {"name": "Theirs", "performer": {"type": 1}, "events": [event], "actions": [theirs]}
    helpdesk.admin("POST", "automations/4/rules", rule)
    assert set(RULES) <= set(helpdesk.provision())
    ours = [rule for kind in (1, 4) for rule in helpdesk.rules(kind) if rule["name"].startswith("Makeright")]
    assert len(ours) == 3 and "their-own" not in str(ours)
    assert next(rule for rule in helpdesk.rules(4) if rule["name"] == "Theirs")["actions"] == [theirs]


def test_taking_it_back_leaves_what_the_api_cannot_delete_to_a_person(helpdesk: Helpdesk) -> None:
    def contents() -> dict[str, Any]:
        paths = ("admin/ticket_fields", "canned_response_folders", "automations/1/rules", "automations/4/rules")
        return {path: helpdesk.admin("GET", path) for path in paths}

    helpdesk.sandbox.control("plan", {"cascading_rules": True})
    before = contents()
    helpdesk.ready()
    made = dict(helpdesk.made)
    steps = helpdesk.undo()
    assert len(steps) == 3 and all("Canned Responses" in step for lines in steps for step in lines)

    assert {key for key in helpdesk.made} == {key for key in made if key.startswith(("macro.", "folder."))}
    after = contents()
    assert [folder["name"] for folder in after["canned_response_folders"]] == [
        *[folder["name"] for folder in before["canned_response_folders"]],
        "Makeright",
    ]
    after["canned_response_folders"] = before["canned_response_folders"]
    assert after == before


def rule_id(helpdesk: Helpdesk, key: str) -> str:
    kind = 1 if key == "rule.new_ticket" else 4
    return f"automations/{kind}/rules/{helpdesk.made[key].id}"


def change_action(helpdesk: Helpdesk, key: str, **change: Any) -> None:
    path = rule_id(helpdesk, key)
    (action,) = helpdesk.admin("GET", path)["actions"]
    helpdesk.admin("PUT", path, {"actions": [{**action, **change}]})


def drop_choice(helpdesk: Helpdesk) -> None:
    path = f"admin/ticket_fields/{helpdesk.made['field.complaint'].id}"
    choice = next(one for one in helpdesk.admin("GET", path)["choices"] if one["value"] == "No callback")
    helpdesk.admin("PUT", path, {"choices": [{"id": choice["id"], "value": "No callback", "deleted": True}]})


DAMAGES = {
    "rule switched off": (
        lambda h: h.admin("PUT", rule_id(h, "rule.customer_replied"), {"active": False}),
        "rule.customer_replied",
        "switched off",
    ),
    "rule repointed": (
        lambda h: change_action(h, "rule.status_changed", url="https://else.example/x"),
        "rule.status_changed",
        "calls is https://else.example/x, not",
    ),
    "secret changed": (
        lambda h: change_action(h, "rule.new_ticket", custom_headers={"X-Makeright-Secret": "other"}),
        "rule.new_ticket",
        "secret is not one of ours",
    ),
    "rule deleted": (
        lambda h: h.admin("DELETE", rule_id(h, "rule.customer_replied")),
        "rule.customer_replied",
        "somebody deleted it",
    ),
    "choice removed": (drop_choice, "field.complaint", "choice No callback is missing"),
    "reply reworded": (
        lambda h: h.admin(
            "PUT", f"canned_responses/{h.made['macro.overpromising.put_right'].id}", {"content_html": "<p>Hm.</p>"}
        ),
        "macro.overpromising.put_right",
        "reply is Hm., not We put it right.",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_named_and_repaired(helpdesk: Helpdesk, name: str) -> None:
    harm, key, words = DAMAGES[name]
    helpdesk.ready()
    harm(helpdesk)
    found = [one for one in findings("acme", helpdesk.plan(), helpdesk.made) if one.health is not Health.OK]
    assert len(found) == 1 and words in found[0].detail and found[0].fix, found
    assert helpdesk.provision() == [key]
    assert all(one.health is Health.OK for one in findings("acme", helpdesk.plan(), helpdesk.made))


def test_the_first_match_trap_is_named_with_its_clicks(helpdesk: Helpdesk) -> None:
    helpdesk.ready()
    helpdesk.sandbox.control("plan", {"cascading_rules": False})
    (found,) = [one for one in findings("acme", helpdesk.plan(), helpdesk.made) if one.health is not Health.OK]
    assert "every matching creation rule runs: no" in found.detail and "gear" in found.fix


def test_a_new_secret_moves_into_the_rules(helpdesk: Helpdesk) -> None:
    helpdesk.ready()
    new = Secret("third-hook-secret_42")
    helpdesk.account = replace(helpdesk.account, webhook_secrets=(new, Secret(HOOK_SECRETS[0])))
    assert "the one before" in {one.present for one in helpdesk.item("rule.new_ticket").differences}
    assert helpdesk.provision() == RULES
    (action,) = helpdesk.rules(1)[0]["actions"]
    assert action["custom_headers"] == {"X-Makeright-Secret": new.reveal()}


def test_what_a_team_lets_our_rule_do_besides_stays(helpdesk: Helpdesk) -> None:
    helpdesk.ready()
    path = rule_id(helpdesk, "rule.customer_replied")
    actions = helpdesk.admin("GET", path)["actions"]
    tag = {"field_name": "add_tag", "value": ["theirs"]}
    helpdesk.admin("PUT", path, {"actions": [*actions, tag], "active": False})
    assert helpdesk.provision() == ["rule.customer_replied"]
    assert tag in helpdesk.admin("GET", path)["actions"]


def test_configured_field_gets_the_choices_it_lacks_and_loses_only_those(helpdesk: Helpdesk) -> None:
    wish = {"label": "Why", "label_for_customers": "Why", "type": "custom_dropdown"}
    own = helpdesk.admin(
        "POST", "admin/ticket_fields", {**wish, "choices": [{"value": "No callback"}, {"value": "Rude"}]}
    )
    helpdesk.account = replace(helpdesk.account, fields={"complaint": own["name"]})
    helpdesk.provision()

    def choices() -> list[str]:
        return [one["value"] for one in helpdesk.admin("GET", f"admin/ticket_fields/{own['id']}")["choices"]]

    assert choices() == ["No callback", "Rude", "No order update", "Overpromising", "False expertise"]
    assert helpdesk.made["field.complaint"].reference == own["name"]
    helpdesk.undo()
    assert choices() == ["No callback", "Rude"]


def test_a_rule_made_by_hand_for_two_occasions_stands_for_one_and_is_given_back(helpdesk: Helpdesk) -> None:
    helpdesk.follow_the_clicks()
    events = [{"field_name": "reply_sent", "value": "--"}, {"field_name": "status", "from": "--", "to": "--"}]
    theirs = {"name": "Tell it", "performer": {"type": 3}, "events": events, "actions": helpdesk.rules(1)[0]["actions"]}
    helpdesk.admin("POST", "automations/4/rules", theirs)
    assert "rule.status_changed" in helpdesk.provision()
    assert helpdesk.made["rule.customer_replied"].id != helpdesk.made["rule.status_changed"].id
    helpdesk.account = replace(helpdesk.account, webhook_secrets=(Secret("third-hook-secret_42"),))
    assert helpdesk.provision() == RULES
    assert helpdesk.provision() == [] and len(helpdesk.rules(4)) == 2
    helpdesk.undo()
    (left,) = helpdesk.rules(4)
    assert (left["name"], left["events"], left["performer"]) == ("Tell it", events, {"type": 3})


def test_agents_key_is_told_to_be_too_little(sandbox: RunningSandbox, redis: Redis) -> None:
    with pytest.raises(Unauthorised, match="admin_api_key"):
        Helpdesk(sandbox, redis, admin_api_key=None).plan()


def test_a_setting_is_never_made_by_the_api(helpdesk: Helpdesk) -> None:
    with pytest.raises(Permanent):
        helpdesk.provisioner.apply(helpdesk.item("setting.all_matching_rules"), helpdesk.wishes)
