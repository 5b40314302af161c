"""What is made in a Zendesk account, kept as it is, and taken back again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from adapters.contract import Health
from adapters.hook_secrets import HookSecrets
from adapters.provisioning import Choice, Item, Made, State, WantedClock, WantedReply, Wishes, findings
from adapters.zendesk.provision import ZendeskProvisioner
from tests.adapters.gate import Gate
from tests.adapters.zendesk.platform import OPTIONS, ZendeskPlatform, zendesk_account

URL = "http://127.0.0.1:9/hooks/acme"
WISHES = Wishes(
    account="acme",
    hook_url=URL,
    seen_tag="makeright_seen",
    recovery_tags=("recovery_due", "recovery_at_risk", "recovery_breached"),
    choices=tuple(Choice(key, key.replace("_", " ").capitalize()) for key in OPTIONS),
    replies=(
        WantedReply("no_callback.call_back_today", "Call back today", "<p>We call you <br>&amp; keep to it.</p>"),
        WantedReply("overpromising.put_right", "Put right", "<p>We put it right.</p>"),
    ),
    clocks=(WantedClock("no_callback", "no callback", "sla_callback_same_day", 480),),
)


class Helpdesk:
    """Provisions as the command does, remembering in a dictionary."""

    def __init__(self, gate: Gate, redis: Redis, **account: Any) -> None:
        self.account = zendesk_account(gate.url, account.pop("fields", {}), **account)
        self.redis = redis
        self.made: dict[str, Made] = {}

    @property
    def provisioner(self) -> ZendeskProvisioner:
        return ZendeskProvisioner(self.account, self.redis)

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
            if item.state is State.IN_PLACE:
                continue
            changed.append(item.key)
            made = self.provisioner.apply(item, self.wishes)
            if made.secret is not None:
                secrets = HookSecrets(*self.account.webhook_secrets, made.secret)
                self.account = replace(self.account, webhook_secrets=secrets)
            self.made[item.key] = made
        return changed

    def undo(self) -> None:
        for made in reversed(list(self.made.values())):
            assert self.provisioner.remove(made) == ()
        self.made = {}


@pytest.fixture
def helpdesk(gate: Gate, redis: Redis, platform: ZendeskPlatform) -> Helpdesk:
    return Helpdesk(gate, redis)


def contents(platform: ZendeskPlatform) -> dict[str, Any]:
    """Everything in the account that a provisioning could change."""
    house = platform.world.zendesk
    shelves = ("webhooks", "triggers", "ticket_fields", "macros", "views", "sla_policies", "trigger_categories")
    return {name: [dict(row) for row in getattr(house, name)] for name in shelves}


def test_everything_is_made_once_and_taken_back_without_a_trace(helpdesk: Helpdesk, platform: ZendeskPlatform) -> None:
    before = contents(platform)
    assert all(item.state is State.MISSING for item in helpdesk.plan())
    assert helpdesk.provision() == [
        "hook", "rule.new_ticket", "rule.changed_ticket", "field.complaint", "macro.no_callback.call_back_today",
        "macro.overpromising.put_right", "view.recovery", "policy.no_callback",
    ]  # fmt: skip
    after = contents(platform)
    assert helpdesk.provision() == []
    assert contents(platform) == after
    helpdesk.undo()
    assert contents(platform) == before


def test_hook_and_triggers_are_guarded_against_our_own_writes(helpdesk: Helpdesk, platform: ZendeskPlatform) -> None:
    helpdesk.provision()
    house = platform.world.zendesk
    (hook,) = house.webhooks
    assert (hook["endpoint"], hook["subscriptions"]) == (URL, ["conditional_ticket_events"])
    created, changed = house.triggers
    assert {(c["field"], c["operator"], c["value"]) for c in created["conditions"]["all"]} == {
        ("update_type", "is", "Create"),
        ("current_tags", "not_includes", "makeright_seen"),
    }
    assert ("current_via_id", "is_not", "5") in {
        (c["field"], c["operator"], c["value"]) for c in changed["conditions"]["all"]
    }
    assert {action["value"][0] for trigger in (created, changed) for action in trigger["actions"]} == {hook["id"]}
    assert helpdesk.made["hook"].secret is not None
    assert helpdesk.made["hook"].secret.reveal() == hook["signing_secret"]
    assert hook["signing_secret"] not in repr(helpdesk.made)


def test_policy_on_our_clock_stands_before_those_for_everybody(helpdesk: Helpdesk, platform: ZendeskPlatform) -> None:
    helpdesk.provision()
    assert [row["title"] for row in platform.world.zendesk.sla_policies.by_position()] == [
        "Makeright: no callback",
        "Standard",
    ]


def damage_trigger(platform: ZendeskPlatform, **change: Any) -> None:
    row = platform.world.zendesk.triggers.find(title="Makeright: new ticket")
    platform.api("PUT", f"/api/v2/triggers/{row['id']}", {"trigger": {**row, **change}})


def other_hook(platform: ZendeskPlatform) -> str:
    wish = {"name": "Other", "endpoint": "http://127.0.0.1:9/else", "http_method": "POST", "request_format": "json"}
    made = platform.api("POST", "/api/v2/webhooks", {"webhook": {**wish, "status": "active"}})
    return str(made["webhook"]["id"])


def drop_option(platform: ZendeskPlatform) -> None:
    row = platform.world.zendesk.ticket_fields.find(title="Complaint")
    option = next(o for o in row["custom_field_options"] if o["value"] == "makeright_no_callback")
    platform.api("DELETE", f"/api/v2/ticket_fields/{row['id']}/options/{option['id']}")


DAMAGES = {
    "trigger switched off": (lambda p: damage_trigger(p, active=False), "rule.new_ticket", "switched off"),
    "trigger repointed": (
        lambda p: damage_trigger(p, actions=[{"field": "notification_webhook", "value": [other_hook(p), "{}"]}]),
        "rule.new_ticket",
        "calls webhook is",
    ),
    "guard taken out": (
        lambda p: damage_trigger(p, conditions={"all": [{"field": "update_type", "value": "Create"}], "any": []}),
        "rule.new_ticket",
        "conditions is",
    ),
    "hook sent elsewhere": (
        lambda p: p.api(
            "PATCH",
            f"/api/v2/webhooks/{p.world.zendesk.webhooks.find(name='Makeright')['id']}",
            {"webhook": {"endpoint": "http://127.0.0.1:9/gone"}},
        ),
        "hook",
        "/gone, not",
    ),
    "option removed": (drop_option, "field.complaint", "option makeright_no_callback is missing"),
    "macro reworded": (
        lambda p: p.api(
            "PUT",
            f"/api/v2/macros/{p.world.zendesk.macros.find(title='Makeright::Put right')['id']}",
            {"macro": {"actions": [{"field": "comment_value", "value": "We will see."}]}},
        ),
        "macro.overpromising.put_right",
        "reply is We will see., not We put it right.",
    ),
    "view deleted": (
        lambda p: p.api("DELETE", f"/api/v2/views/{p.world.zendesk.views.find(title='Makeright: recovery')['id']}"),
        "view.recovery",
        "somebody deleted it",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_named_and_repaired(helpdesk: Helpdesk, platform: ZendeskPlatform, name: str) -> None:
    harm, key, words = DAMAGES[name]
    helpdesk.provision()
    harm(platform)
    found = [one for one in findings("acme", helpdesk.plan(), helpdesk.made) if one.health is not Health.OK]
    assert len(found) == 1 and words in found[0].detail and found[0].fix, found
    assert helpdesk.provision() == [key]
    assert all(one.health is Health.OK for one in findings("acme", helpdesk.plan(), helpdesk.made))


def test_what_a_team_added_or_renamed_stays(helpdesk: Helpdesk, platform: ZendeskPlatform) -> None:
    helpdesk.provision()
    field = helpdesk.made["field.complaint"].id
    own = {"custom_field_option": {"name": "Rudeness", "value": "reason_rude"}}
    platform.api("POST", f"/api/v2/ticket_fields/{field}/options", own)
    damage_trigger(platform, title="To Makeright", active=False)
    drop_option(platform)
    assert helpdesk.provision() == ["rule.new_ticket", "field.complaint"]
    assert platform.world.zendesk.triggers.find(title="To Makeright")["active"]
    options = platform.world.zendesk.ticket_fields.get(int(field))["custom_field_options"]
    assert {"reason_rude", "makeright_no_callback"} <= {option["value"] for option in options}


@pytest.mark.parametrize("by_hand", [False, True], ids=["ours", "made by hand"])
def test_what_a_team_lets_our_trigger_do_besides_stays(
    helpdesk: Helpdesk, platform: ZendeskPlatform, by_hand: bool
) -> None:
    if by_hand:
        platform.control("POST", "/connect", {"helpdesk": "zendesk", "url": URL, "mode": "trigger"})
    helpdesk.provision()
    made = helpdesk.made["rule.new_ticket"]
    path = f"/api/v2/triggers/{made.id}"

    def actions() -> list[dict[str, Any]]:
        return list(platform.api("GET", path)["trigger"]["actions"])

    tag = {"field": "current_tags", "value": "theirs"}
    platform.api("PUT", path, {"trigger": {"actions": [tag, *actions()], "active": False}})
    assert helpdesk.provision() == ["rule.new_ticket"]
    assert tag in actions() and len(actions()) == 2
    if by_hand:
        assert helpdesk.provisioner.remove(made) == ()
        assert tag in actions()


def test_what_was_made_is_found_again_without_our_memory(helpdesk: Helpdesk, platform: ZendeskPlatform) -> None:
    helpdesk.provision()
    helpdesk.made = {}
    assert {item.state for item in helpdesk.plan()} == {State.IN_PLACE}
    assert not any(item.adopted for item in helpdesk.plan())


def test_what_was_connected_by_hand_is_taken_over_and_given_back(helpdesk: Helpdesk, platform: ZendeskPlatform) -> None:
    platform.control("POST", "/connect", {"helpdesk": "zendesk", "url": URL, "mode": "trigger"})
    before = contents(platform)["triggers"]
    plan = {item.key: item for item in helpdesk.plan()}
    assert plan["hook"].adopted and plan["rule.new_ticket"].adopted and plan["rule.changed_ticket"].adopted
    helpdesk.provision()
    assert len(platform.world.zendesk.webhooks) == 1 and len(platform.world.zendesk.triggers) == 2
    assert helpdesk.provision() == []
    helpdesk.undo()
    assert [{**row, "updated_at": ""} for row in contents(platform)["triggers"]] == [
        {**row, "updated_at": ""} for row in before
    ]


def test_configured_field_gets_the_options_it_lacks_and_loses_only_those(
    gate: Gate, redis: Redis, platform: ZendeskPlatform
) -> None:
    own = platform.new_field("tagger", ["reason_no_callback", "reason_rude"])
    helpdesk = Helpdesk(gate, redis, fields={"complaint": own})
    helpdesk.provision()
    made = helpdesk.made["field.complaint"]
    assert (made.id, made.created) == (own, False)

    def options() -> list[str]:
        return [o["value"] for o in platform.world.zendesk.ticket_fields.get(int(own))["custom_field_options"]]

    assert options() == [
        "reason_no_callback", "reason_rude", "makeright_no_order_update", "makeright_overpromising",
        "makeright_false_expertise",
    ]  # fmt: skip
    helpdesk.undo()
    assert options() == ["reason_no_callback", "reason_rude"]


def test_configured_field_that_is_not_there_is_for_a_person(gate: Gate, redis: Redis) -> None:
    helpdesk = Helpdesk(gate, redis, fields={"complaint": "404404"})
    item = helpdesk.item("field.complaint")
    assert item.state is State.MISSING and "404404" in item.by_hand[0]


def test_a_second_hook_has_a_secret_of_its_own(helpdesk: Helpdesk, platform: ZendeskPlatform) -> None:
    helpdesk.provision()
    old = helpdesk.made["hook"]
    new = helpdesk.provisioner.renewed_hook(helpdesk.wishes)
    assert new.id != old.id and new.secret is not None and new.secret != old.secret
    assert "answered" in helpdesk.provisioner.try_hook(new, helpdesk.wishes)
    assert helpdesk.provisioner.remove(new) == ()
    assert [row["id"] for row in platform.world.zendesk.webhooks] == [old.id]
