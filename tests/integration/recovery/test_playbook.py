"""The playbook: its layers, its mistakes, what it decides."""

from __future__ import annotations

import copy
import json
import tomllib
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import Priority
from integration.complaints.taxonomy import Complaint
from integration.recovery.clock_rules import BusinessHours, EndOfNextBusinessDay, EveryBusinessHours, SameBusinessDay
from integration.recovery.playbook import (
    Layer,
    Playbook,
    PlaybookError,
    Policy,
    Variant,
    default_layer,
    default_playbook,
    raised,
    read_playbook,
)
from integration.recovery.playbook_diff import differences
from integration.recovery.playbook_layers import Layers
from tests.integration.recovery.situations import FE, NC, NU, OP


def read(text: str, place: str = "acme.toml") -> Playbook:
    return read_playbook(Layer(place, text))


def problems(*layers: Layer) -> list[str]:
    with pytest.raises(PlaybookError) as error:
        read_playbook(*layers)
    return str(error.value).splitlines()


def test_the_packaged_playbook_keeps_the_words_that_others_see() -> None:
    playbook = default_playbook()
    assert [(c, r.label_tag, r.clock_tag) for c, r in playbook.remedies.items()] == [
        (NC, "complaint_no_callback", "sla_callback_same_day"),
        (NU, "complaint_no_order_update", "sla_status_update"),
        (FE, "complaint_false_expertise", "sla_expert_answer"),
        (OP, "complaint_overpromising", "sla_put_right"),
    ]
    tags = playbook.tags
    assert (tags.seen, tags.repeat) == ("makeright_seen", "repeat_complaint")
    assert tags.states == {"recovery_due", "recovery_at_risk", "recovery_breached", "recovery_kept"}


def test_the_packaged_playbook_sets_the_clocks_of_the_domain() -> None:
    steps = {complaint: remedy.first for complaint, remedy in default_playbook().remedies.items()}
    assert isinstance(steps[NC].clock, SameBusinessDay)
    assert steps[NU].clock == BusinessHours(4)
    assert steps[NU].updates == EveryBusinessHours(8)
    assert isinstance(steps[OP].clock, EndOfNextBusinessDay)


def test_the_second_time_is_one_level_higher_for_every_complaint() -> None:
    levels = list(Priority)
    for remedy in default_playbook().remedies.values():
        first, again = remedy.first.priority, remedy.again.priority
        assert first is not None and again is not None
        assert levels.index(again) == levels.index(first) + 1
        assert remedy.again.text != remedy.first.text


@pytest.mark.parametrize(
    ("priority", "higher"),
    [
        (None, Priority.HIGH),
        (Priority.LOW, Priority.NORMAL),
        (Priority.NORMAL, Priority.HIGH),
        (Priority.HIGH, Priority.URGENT),
        (Priority.URGENT, Priority.URGENT),
    ],
)
def test_one_level_higher(priority: Priority | None, higher: Priority) -> None:
    assert raised(priority) is higher


def test_a_layer_says_only_what_differs() -> None:
    playbook = read(
        """
        version = "acme-3"
        [complaints.no_callback]
        priority = "urgent"
        group = "recovery"
        clock = { kind = "business_hours", hours = 3 }
        [complaints.no_callback.macros.call_back_today]
        enabled = false
        [complaints.no_callback.macros.rueckruf]
        title = "Rueckruf heute"
        body = "[wer] ruft Sie heute an."
        language = "de"
        """
    )
    step, default = playbook.remedies[NC].first, default_playbook().remedies[NC].first
    assert (step.priority, step.group, step.clock) == (Priority.URGENT, "recovery", BusinessHours(3))
    assert step.text == default.text
    assert [m.key for m in playbook.remedies[NC].macros] == ["no_callback.tried_to_call", "no_callback.rueckruf"]
    assert playbook.remedies[NU] == default_playbook().remedies[NU]
    assert playbook.version == f"{default_playbook().version}+acme-3"
    assert playbook.digest != default_playbook().digest


def test_the_brands_layer_lies_over_the_accounts() -> None:
    account = Layer("acme.toml", 'version = "1"\nteam = "Acme"\n[apology]\npolicy = "regret_only"')
    brand = Layer("pro.toml", 'version = "2"\nteam = "Acme Pro"\nvoice = "formal"')
    playbook = read_playbook(account, brand)
    assert (playbook.team, playbook.voice.name, playbook.apology.policy) == ("Acme Pro", "formal", Policy.REGRET_ONLY)
    assert playbook.version.endswith("+1+2")


def test_a_changed_word_changes_the_digest_although_the_version_was_forgotten() -> None:
    one, two = (read(f'version = "1"\nteam = "{team}"') for team in ("Acme", "Ácme"))
    assert one.version == two.version and one.digest != two.digest


def test_a_voice_that_is_like_another_says_only_what_differs() -> None:
    playbook = read(
        """
        version = "1"
        voice = "brisk"
        [voices.brisk]
        like = "formal"
        closing = ""
        [voices.brisk.no_callback.short]
        act = "{{ owner }} calls {{ by }}."
        """
    )
    plain, voice = default_playbook().voice, playbook.voice
    assert voice.greeting.startswith("{% if requester %}Dear")
    assert voice.closing == ""
    assert voice.drafts[NC, Variant.SHORT].act == "{{ owner }} calls {{ by }}."
    assert voice.drafts[NC, Variant.SHORT].apologise == plain.drafts[NC, Variant.SHORT].apologise
    assert voice.drafts[NU, Variant.FULL] == plain.drafts[NU, Variant.FULL]


@pytest.mark.parametrize(
    ("categories", "policy"),
    [
        (set(), Policy.FULL),
        ({"claims"}, Policy.REGRET_ONLY),
        ({"CLAIMS"}, Policy.REGRET_ONLY),
        ({"medical", "claims"}, Policy.HOLD_FOR_REVIEW),
        ({"other"}, Policy.FULL),
    ],
)
def test_the_strictest_apology_policy_of_a_tickets_categories_holds(categories: set[str], policy: Policy) -> None:
    apology = read(
        'version = "1"\n[apology]\ncategories = { Claims = "regret_only", medical = "hold_for_review", other = "full" }'
    ).apology
    assert apology.policy_for(frozenset(categories)) is policy


def test_rules_are_read_in_their_units() -> None:
    playbook = default_playbook()
    assert playbook.relationship.repeat_within == timedelta(days=90)
    assert playbook.relationship.repeat_contact_within == timedelta(days=7)
    assert playbook.promise.margin == timedelta(minutes=30)
    assert playbook.goodwill.limits == {"agent": Decimal(20), "lead": Decimal(75), "manager": Decimal(300)}


V = 'version = "1"\n'
BROKEN: list[tuple[str, str, str, str]] = [
    # (text, where, what stands there, the fix); the version is line 1.
    ("a = ", "acme.toml:1", "is not TOML", "correct this line"),
    (f"{V}x = 1\nx = 2", "acme.toml:3", "stands there twice", "keep one of the two"),
    ("[tags]\nseen = 'x'", "acme.toml", "version", "write version"),
    ("version = 3", "acme.toml:1", "version: 3", "write text in quotes"),
    (f"{V}voise = 'plain'", "acme.toml:2", "voise", "did you mean 'voice'"),
    (f"{V}voice = 'plane'", "acme.toml:2", "'plane'", "did you mean 'plain'"),
    (f"{V}zzzz = 1", "acme.toml:2", "zzzz", "there are apology"),
    (f"{V}precedence = ['no_callback']", "acme.toml:2", "precedence", "no_order_update is missing: name each complaint once"),
    (f"{V}precedence = ['no_callback', 'no_callback', 'no_order_update', 'overpromising', 'false_expertise']", "acme.toml:2", "precedence", "no_callback stands there 2 times"),
    (f"{V}precedence = ['rudeness']", "acme.toml:2", "'rudeness'", "use one of no_callback"),
    (f"{V}[tags]\nseen = 'Seen It'", "acme.toml:3", "'Seen It'", "a-z, 0-9 and _"),
    (f"{V}[tags]\nkept = 'recovery_due'", "acme.toml:3", "tags.kept: 'recovery_due'", "give each its own"),
    (f"{V}[complaints.no_calback]\npriority = 'high'", "acme.toml:2", "'no_calback'", "did you mean 'no_callback'"),
    (f"{V}[complaints.no_callback]\npriority = 'hihg'", "acme.toml:3", "'hihg'", "did you mean 'high'"),
    (f"{V}[complaints.no_callback]\nclock = {{ kind = 'same_day' }}", "acme.toml:3", "'same_day'", "choose one of same_business_day"),
    (f"{V}[complaints.no_callback]\nclock = {{ kind = 'business_hours' }}", "acme.toml:3", "clock.hours", "write how many"),
    (f"{V}[complaints.no_callback]\nclock = {{ kind = 'business_hours', hours = -1 }}", "acme.toml:3", "-1", "write hours"),
    (f"{V}[complaints.no_callback]\nclock = 'soon'", "acme.toml:3", "'soon'", "write a table"),
    (f"{V}[complaints.no_callback]\nfacts = ['ownr']", "acme.toml:3", "'ownr'", "did you mean 'owner'"),
    (f"{V}[complaints.no_callback]\nfacts = 'owner'", "acme.toml:3", "'owner'", "write a list"),
    (f"{V}[complaints.no_callback.goodwill]\ngestures = ['cake']", "acme.toml:3", "'cake'", "is not on the menu"),
    (f"{V}[complaints.no_callback.goodwill]\nlimits = {{ intern = 5 }}", "acme.toml:3", "limits.intern: 5.0", "is no role"),
    (f"{V}[complaints.no_callback.repeat]\npriority = 'low'", "acme.toml:3", "'low'", "lower than the first time (high)"),
    (f"{V}[complaints.no_callback.repeat]\nlimits = {{ agent = 500 }}", "acme.toml:3", "500.0", "keep them in order"),
    (f"{V}[complaints.no_callback.macros.x]\ntitle = 'T'\nbody = 'Hi {{{{ticket.id}}}}'", "acme.toml:4", "macros.x.body", "[square brackets]"),
    (f"{V}[complaints.no_callback.macros.x]\ntitle = 'T'", "acme.toml:2", "macros.x.body", "is missing: add it"),
    (f"{V}[complaints.overpromising.macros.put_right]\nenabled = false", "acme.toml:2", "overpromising.macros", "keep at least one"),
    (f"{V}[goodwill]\nlimits = {{ agent = '20' }}", "acme.toml:3", "'20'", "write a number without quotes"),
    (f"{V}[goodwill]\nlimits = {{ agent = 20.001 }}", "acme.toml:3", "20.001", "two decimals"),
    (f"{V}[goodwill]\ncurrency = 'dollars'", "acme.toml:3", "'dollars'", "currency code"),
    (f"{V}[goodwill.gestures.cake]\nwords = 'A cake for {{{{ amount }}}}.'\nup_to = 0", "acme.toml:4", "up_to", "the most that it may cost"),
    (f"{V}[goodwill.gestures.cake]\nwords = 'A cake, {{{{ owner }}}}.'\nup_to = 1", "acme.toml:3", "'A cake, {{ owner }}.'", "'owner', which is no fact"),
    (f"{V}[apology]\npolicy = 'never'", "acme.toml:3", "'never'", "use one of full, regret_only"),
    (f"{V}[apology]\ncategories = {{ claims = 'regret' }}", "acme.toml:3", "'regret'", "did you mean 'regret_only'"),
    (f"{V}[relationship]\nrepeat_within_days = 0", "acme.toml:3", "0", "from 1 to 3650"),
    (f"{V}[relationship]\ncompany_counts = 'yes'", "acme.toml:3", "'yes'", "write true or false"),
    (f"{V}[promise]\nmargin_minutes = 7.5", "acme.toml:3", "7.5", "whole number"),
    (f"{V}[facts]\nOwner = 'who?'", "acme.toml:3", "'Owner'", "a letter first"),
    (f"{V}[voices.plain.no_callback.full]\nact = '{{{{ ownr }}}}'", "acme.toml:3", "'{{ ownr }}'", "did you mean 'owner'"),
    (f"{V}[voices.plain.no_callback.full]\nact = '{{{{ owner'", "acme.toml:3", "'{{ owner'", "is not a template"),
    (f"{V}[voices.plain.no_callback.full]\nact = '{{% for x in owner %}}{{% endfor %}}'", "acme.toml:3", "act", "may only name facts"),
    (f"{V}[voices.plain.no_callback.full]\nact = '{{% raw %}}{{{{ owner }}}}{{% endraw %}}'", "acme.toml:3", "act", "shows template syntax"),
    (f"{V}[voices.plain.no_callback.full]\nact = ''", "acme.toml:3", "no_callback.full.act", "is missing: write it here"),
    (f"{V}[voices.plain.no_callback.full]\nregret = 'That was our mistake.'", "acme.toml:3", "'our mistake'", "admits fault"),
    (f"{V}[voices.plain]\nclosing = 'We let you down.'", "acme.toml:3", "'We let you down'", "admits fault"),
    (f"{V}[voices.plain.no_callback.mail]\nact = 'x'", "acme.toml:2", "mail", "there are call, full, short"),
    (f"{V}[voices.odd]\nlike = 'plan'", "acme.toml:3", "'plan'", "did you mean 'plain'"),
    (f"{V}[voices.a]\nlike = 'b'\n[voices.b]\nlike = 'a'", "acme.toml:3", "'b'", "leads back to itself"),
    (f"{V}[voices.bare]\ngreeting = 'Hi'", "acme.toml:2", "voices.bare.no_callback.full.acknowledge", "is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "where", "found", "fix"), BROKEN)
def test_a_mistake_is_told_with_its_place_and_its_fix(text: str, where: str, found: str, fix: str) -> None:
    told = problems(Layer("acme.toml", text))
    assert any(line.startswith(f"{where}: ") and found in line and fix in line for line in told), "\n".join(told)


def test_all_mistakes_are_told_at_once_each_in_the_layer_that_made_it() -> None:
    told = problems(
        Layer("acme.toml", f"{V}[complaints.no_callback]\npriority = 'hihg'\n"),
        Layer("pro.toml", f"{V}\n[complaints.no_callback]\ngroup = 7\n"),
    )
    assert [line.split(": ")[0] for line in told] == ["acme.toml:3", "pro.toml:4"]


def test_a_layer_that_mends_the_layer_below_is_accepted() -> None:
    read_playbook(
        Layer("acme.toml", f"{V}voice = 'nowhere'"),
        Layer("pro.toml", f"{V}voice = 'formal'"),
    )


def keys(node: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(node, dict):
        return [path]
    return [path, *(found for key, below in node.items() for found in keys(below, (*path, key)))]


PATHS = [path for path in keys(tomllib.loads(default_layer().text)) if path]


@given(st.sampled_from(PATHS), st.sampled_from([None, 1, -1, True, "", "{{ x", [], [1], {}, {"x": 1}, "x" * 5000]))
def test_whatever_stands_in_a_playbook_it_is_read_or_refused_with_a_place(path: tuple[str, ...], value: Any) -> None:
    changed = copy.deepcopy(tomllib.loads(default_layer().text))
    node = changed
    for key in path[:-1]:
        node = node[key]
    if value is None:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    # JSON's strings, numbers, lists and inline tables with = are TOML.
    text = "\n".join(f"{key} = {_inline(below)}" for key, below in changed.items())
    if "version" not in changed:
        return
    try:
        read_playbook(Layer("acme.toml", text))
    except PlaybookError as error:
        assert error.problems
        assert all(problem.fix and problem.where for problem in error.problems)


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_inline(below)}" for key, below in value.items()) + "}"
    return json.dumps(value, ensure_ascii=True)


leaves = st.one_of(st.integers(-9, 9), st.text("xyz é", max_size=3), st.booleans(), st.lists(st.integers(), max_size=2))
tables = st.recursive(
    st.dictionaries(st.sampled_from("abc"), leaves, max_size=3),
    lambda below: st.dictionaries(st.sampled_from("abc"), st.one_of(leaves, below), max_size=3),
    max_leaves=8,
)


def toml(table: dict[str, Any]) -> str:
    return "\n".join(f"{key} = {_inline(value)}" for key, value in table.items())


@given(tables, tables, tables)
def test_layers_merge_as_if_laid_one_by_one(one: dict[str, Any], two: dict[str, Any], three: dict[str, Any]) -> None:
    def merged(*parts: dict[str, Any]) -> dict[str, Any]:
        return Layers([Layer(str(n), toml(part)) for n, part in enumerate(parts)]).merged

    assert merged(one) == one
    assert merged(one, one) == one
    assert merged(merged(one, two), three) == merged(one, two, three)
    assert merged(one, {}) == one


def test_a_difference_is_told_in_words() -> None:
    changed = read(
        """
        version = "2"
        [complaints.no_callback]
        priority = "urgent"
        facts = ["owner", "phone", "order"]
        [complaints.no_callback.repeat]
        clock = { kind = "business_hours", hours = 1 }
        [complaints.overpromising.macros.sorry]
        title = "Sorry"
        body = "x"
        [relationship]
        company_counts = false
        """
    )
    assert differences(default_playbook(), changed) == [
        f"version: was {default_playbook().version}, is 2",
        "relationship company counts: was yes, is no",
        "no callback, the priority: was high, is urgent",
        "no callback, the facts a draft needs: now also order, no longer by",
        "no callback, the second time, the clock: was kind business_hours, hours 2, is kind business_hours, hours 1",
        "over-promising, macros sorry: new, title Sorry, body x",
    ]
    assert differences(changed, changed) == []
    assert "over-promising, macros sorry: gone, was title Sorry, body x" in differences(changed, default_playbook())


def test_remedies_come_in_the_order_of_precedence() -> None:
    playbook = read(f"{V}precedence = ['false_expertise', 'overpromising', 'no_order_update', 'no_callback']")
    assert [r.complaint for r in playbook.remedies_for(frozenset(Complaint))] == [FE, OP, NU, NC]
    assert [r.complaint for r in playbook.remedies_for(frozenset({NC, OP}))] == [OP, NC]
