"""The playbook's small template language: what it may say, and what it refuses."""

from __future__ import annotations

import pytest

from integration.recovery.templates import Slot, TemplateError, check, render

NAMES = ["owner", "order"]


@pytest.mark.parametrize(
    "source",
    [
        "Hello",
        "{{ owner }}",
        "{% if order %}Order {{ order }}{% elif owner %}x{% else %}y{% endif %}",
        "{% if order and not owner %}x{% endif %}",
        "{{ owner | capitalize }} and {{ order or 'it' }}",
        "{{ owner if order else 'we' }}",
        "{# a comment #}",
    ],
)
def test_what_a_reply_needs_is_allowed(source: str) -> None:
    check(source, NAMES)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{{ owner", "is not a template"),
        ("{% if owner %}x", "is not a template"),
        ("{% endif %}", "is not a template"),
        ("{{ }}", "is not a template"),
        ("{{ ownr }}", "did you mean 'owner'"),
        ("{{ zzz }}", "the names are"),
        ("{{ owner.name }}", "getattr"),
        ("{{ owner['x'] }}", "getitem"),
        ("{{ owner() }}", "call"),
        ("{{ ''.__class__ }}", "getattr"),
        ("{{ 'x' * 999999999 }}", "mul"),
        ("{{ 2 ** 99999 }}", "pow"),
        ("{% for c in owner %}{{ c }}{% endfor %}", "for"),
        ("{% set owner = 'x' %}", "assign"),
        ("{% include 'x' %}", "include"),
        ("{% import 'x' as y %}", "import"),
        ("{% extends 'x' %}", "extends"),
        ("{% macro x() %}{% endmacro %}", "macro"),
        ("{{ owner | upper | pprint }}", "pprint"),
        ("{{ owner | attr('x') }}", "attr"),
        ("{{ range(10) }}", "call"),
        ("{% raw %}{{ owner }}{% endraw %}{{ lipsum }}", "lipsum"),
        ("{{ [owner] }}", "list"),
        ("{{ owner is defined }}", "test"),
    ],
)
def test_everything_else_is_refused_with_a_reason(source: str, reason: str) -> None:
    with pytest.raises(TemplateError) as error:
        check(source, NAMES)
    assert reason in str(error.value).lower() or reason in str(error.value)


def test_a_value_is_never_read_as_a_template() -> None:
    assert render("{{ owner }}", {"owner": "{{ 7 * 7 }}{% if x %}"}) == "{{ 7 * 7 }}{% if x %}"


def test_a_gap_is_shown_and_noted_only_where_it_is_used() -> None:
    gaps: dict[str, str] = {}
    slots = {
        "owner": Slot(None, "who?", gaps, "owner"),
        "order": Slot("", "which order?", gaps, "order"),
    }
    assert render("{% if order %}no{% endif %}{{ owner }} and {{ owner }}", slots) == "[who?] and [who?]"
    assert gaps == {"owner": "who?"}
