"""What is written, and what is not because it is so already."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import Annotation, AuthorRole, Message, Priority
from adapters.freshdesk.annotate import difference, lost_tags, merged_tags, note_body, note_of
from tests.adapters.freshdesk.test_form import FORM
from tests.adapters.freshdesk.test_reading import OWN_ID, ROW

NAMES = {
    "complaint": "cf_complaint_297457",
    "order": "cf_order_no",
    "flag": "cf_recovery",
    "count": "cf_failures",
    "type": "ticket_type",
    "lost": "cf_no_such_field",
}
DUE = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def changed(annotation: Annotation, *, write_due_dates: bool = False, **row: Any) -> dict[str, Any]:
    result = difference(replace(ROW, **row), annotation, form=FORM, names=NAMES, write_due_dates=write_due_dates)
    return {**result.changes, **({"warnings": result.warnings} if result.warnings else {})}


@pytest.mark.parametrize(
    ("annotation", "row", "written"),
    [
        (Annotation("d"), {}, {}),
        (Annotation("d", add_tags=frozenset({"b", "a"})), {}, {"tags": ["vip", "spring", "a", "b"]}),
        (Annotation("d", add_tags=frozenset({"vip"}), remove_tags=frozenset({"absent"})), {}, {}),
        (Annotation("d", remove_tags=frozenset({"spring"})), {}, {"tags": ["vip"]}),
        (Annotation("d", priority=Priority.URGENT), {}, {"priority": 4}),
        (Annotation("d", priority=Priority.NORMAL), {}, {}),
        (Annotation("d", priority=Priority.LOW), {}, {}),
        (Annotation("d", priority=Priority.LOW), {"priority": None}, {"priority": 1}),
        (Annotation("d", group="recovery team"), {}, {"group_id": 67000259996}),
        (Annotation("d", group="Front desk"), {}, {}),
        (
            Annotation("d", fields={"complaint": "no_callback"}),
            {},
            {"custom_fields": {"cf_complaint_297457": "No callback"}},
        ),
        (
            Annotation("d", fields={"complaint": "no_callback"}),
            {"custom_fields": {"cf_complaint_297457": "No callback"}},
            {},
        ),
        (Annotation("d", fields={"count": "3"}), {"custom_fields": {"cf_failures": "3"}}, {}),
        (Annotation("d", fields={"flag": "true"}), {}, {}),
        (Annotation("d", fields={"flag": "false"}), {}, {"custom_fields": {"cf_recovery": False}}),
        (Annotation("d", fields={"type": "complaint"}), {}, {"type": "Complaint"}),
        (Annotation("d", fields={"type": "complaint"}), {"type": "Complaint"}, {}),
        (Annotation("d", fields={"not_mapped": "x"}), {}, {}),
        (Annotation("d", due_at=DUE), {}, {}),
    ],
)
def test_only_the_difference_is_written(annotation: Annotation, row: dict[str, Any], written: dict[str, Any]) -> None:
    assert changed(annotation, **row) == written


def test_due_dates_are_written_only_where_that_is_switched_on() -> None:
    asked = Annotation("d", due_at=DUE.replace(microsecond=5))
    assert changed(asked, write_due_dates=True) == {"due_by": "2026-11-23T12:00:00Z"}
    assert changed(asked, write_due_dates=True, due_by=DUE) == {}
    refused = changed(asked, write_due_dates=True, fr_due_by=DUE)
    assert set(refused) == {"warnings"}


@pytest.mark.parametrize(
    ("annotation", "told"),
    [
        (Annotation("d", group="Night watch"), "Night watch"),
        (Annotation("d", fields={"lost": "x"}), "cf_no_such_field"),
        (Annotation("d", fields={"complaint": "rudeness"}), "rudeness"),
        (Annotation("d", fields={"count": "many"}), "cf_failures"),
    ],
)
def test_what_cannot_be_written_is_told_and_the_rest_is_written(annotation: Annotation, told: str) -> None:
    result = changed(replace(annotation, add_tags=frozenset({"a"})))
    assert result.pop("tags") == ["vip", "spring", "a"]
    (warning,) = result.pop("warnings")
    assert told in warning
    assert result == {}


tags = st.lists(st.sampled_from("abcdefg"), unique=True)


@given(present=tags, add=tags, remove=tags)
def test_merging_touches_only_what_is_named(present: list[str], add: list[str], remove: list[str]) -> None:
    merged = merged_tags(present, add, remove)
    assert set(merged) == (set(present) | set(add)) - set(remove)
    assert len(merged) == len(set(merged))
    assert [tag for tag in merged if tag in present] == [tag for tag in present if tag not in remove]
    assert merged_tags(merged, add, remove) == merged


@given(ours=tags, found=tags)
def test_lost_tags_come_back_and_new_ones_stay(ours: list[str], found: list[str]) -> None:
    again = lost_tags(ours, found)
    if set(ours) <= set(found):
        assert again == []
    else:
        assert set(again) == set(ours) | set(found)


@pytest.mark.parametrize(
    "text",
    [
        "{{ticket.id}}",
        "{{{ticket.id}}}",
        "{% if x %}",
        "&#123;&#123;ticket.id}}",
        "{&#x7b;x}}",
        "&lbrace;&lcub;x",
        "&#123{x}}",
        "&#0123;&#37; x",
    ],
)
def test_placeholders_in_a_note_are_inert(text: str) -> None:
    body = note_body(f"<p>{text}</p>", "d-1")
    seen = html.unescape(body)
    assert "{{" not in seen and "{%" not in seen
    assert seen.replace("\u2060", "").startswith(html.unescape(f"<p>{text}</p>"))


def message(message_id: str, raw: str, *, author: int = OWN_ID, public: bool = False) -> Message:
    return Message(message_id, AuthorRole.SYSTEM, public, DUE, raw, author_id=str(author))


def test_the_note_of_a_decision_is_found_by_its_marker_in_visible_text() -> None:
    body = note_body("<p>Nobody called back.</p>", "d-1")
    stripped = re.sub(r"\s*style=\"[^\"]*\"", "", body)
    plain = re.sub(r"<[^>]+>", " ", body)
    for raw in (body, stripped, plain):
        assert note_of(Annotation("d-1"), OWN_ID, [message("6", "<p>Other</p>"), message("7", raw)]) == "7"


def test_a_note_that_would_be_replaced_by_the_same_words_stays() -> None:
    old = message("7", note_body("<p>Nobody called &amp; wrote back: {{x}}</p>", "d-1").replace("<p>", "<div>"))
    same = Annotation("d-2", note_html="<p>Nobody called &amp; wrote back: {{x}}</p>", replaces_note="7")
    assert note_of(same, OWN_ID, [old]) == "7"
    assert note_of(replace(same, replaces_note="8"), OWN_ID, [old]) is None
    assert note_of(replace(same, replaces_note=None), OWN_ID, [old]) is None
    assert note_of(replace(same, note_html="<p>Nobody called back.</p>"), OWN_ID, [old]) is None


@pytest.mark.parametrize(
    "other",
    [
        message("7", note_body("x", "d-12")),
        message("7", note_body("x", "d-1-2")),
        message("7", note_body("x", "d-1"), author=1),
        message("7", note_body("x", "d-1"), public=True),
        message("7", "<p>d-1</p>"),
    ],
)
def test_another_note_is_not_taken_for_it(other: Message) -> None:
    assert note_of(Annotation("d-1"), OWN_ID, [other]) is None
