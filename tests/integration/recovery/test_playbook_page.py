"""The examples of docs/playbook.md are read as they stand there, and do what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from integration.recovery.clock_rules import ClockRuleSchema
from integration.recovery.playbook import Layer, PlaybookError, Policy, Variant, default_playbook, read_playbook
from tests.integration.recovery.situations import FE, NC, NU, OP

PAGE = (Path(__file__).parents[3] / "docs" / "playbook.md").read_text("utf-8")
EXAMPLES = [
    re.sub(r"(?m)^   ", "", block) if block.startswith("   ") else block
    for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.splitlines()[0])
def test_an_example_is_a_playbook_that_changes_something(example: str) -> None:
    playbook = read_playbook(Layer("acme.toml", example))
    assert playbook.digest != default_playbook().digest


def test_the_examples_may_be_laid_over_each_other_and_do_what_they_say() -> None:
    assert len(EXAMPLES) == 9
    playbook = read_playbook(*(Layer(f"{n}.toml", text) for n, text in enumerate(EXAMPLES)))
    assert playbook.version.endswith("+acme-1+acme-2+acme-3+acme-4+acme-5+acme-6+acme-7+acme-8+acme-9")
    assert list(playbook.remedies) == [OP, NC, NU, FE]
    assert playbook.remedies[NC].first.group == "Recovery"
    assert playbook.remedies[OP].again.group == "Head of sales"
    assert [m.key for m in playbook.remedies[NC].macros] == ["no_callback.call_back_today", "no_callback.rueckruf"]
    assert playbook.voice.drafts[NC, Variant.FULL].act.startswith("{{ owner }} from our team")
    assert playbook.apology.policy_for(frozenset({"injury"})) is Policy.HOLD_FOR_REVIEW
    assert playbook.goodwill.currency == "GBP" and "flowers" in playbook.remedies[NC].gestures


def test_the_mistake_that_the_page_shows_is_told_like_that() -> None:
    with pytest.raises(PlaybookError) as error:
        read_playbook(Layer("acme.toml", EXAMPLES[0].replace('"urgent"', '"urgnet"')))
    assert str(error.value) in PAGE


def test_the_page_names_every_clock_and_every_fact() -> None:
    for kind in ("same_business_day", "business_hours", "end_of_next_business_day", "every_business_hours"):
        assert f'kind = "{kind}"' in PAGE
        ClockRuleSchema().load({"kind": kind} | ({"hours": 4} if kind.endswith("hours") else {}))
    rows = re.findall(r"(?m)^\| (`[^|]*`) \|", PAGE.split("| fact |")[1].split("\n\n")[0])
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    agents = {name for remedy in default_playbook().remedies.values() for name in remedy.facts} - told
    assert agents == {"owner", "status", "next_step", "restores", "expert", "said", "correction"}
    assert told <= set(default_playbook().gaps)
