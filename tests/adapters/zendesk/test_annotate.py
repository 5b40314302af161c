"""The difference between a ticket and an annotation, as the body of one PUT."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import Annotation, AuthorRole, Message, Priority, Requester, Status, Ticket
from adapters.placeholders import inert
from adapters.zendesk.annotate import BODY_LIMIT_BYTES, carries_note, matching_option, update
from adapters.zendesk.schemas import Option, TicketField

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TAGGER = TicketField("801", "tagger", True, [Option("reason_no_callback"), Option("reason_overpromising")])
MULTI = TicketField("802", "multiselect", True, [Option("no_callback"), Option("overpromising")])
TEXT = TicketField("803", "text")
NOTE = "<p>Nobody called <b>back</b>. Call &amp; write before 17:00.</p>"


def message(minute: int, raw: str, *, role: AuthorRole = AuthorRole.CUSTOMER, public: bool = True) -> Message:
    return Message(str(minute), role, public, NOON + timedelta(minutes=minute), raw, is_html=True)


def ticket(**changes: Any) -> Ticket:
    plain = Ticket(
        id="5158",
        subject="Where is my order?",
        requester=Requester("1"),
        messages=(message(0, "<p>Where is it?</p>"),),
        status=Status.OPEN,
        priority=Priority.NORMAL,
        tags=frozenset({"vip"}),
        fields={},
        created_at=NOON,
        updated_at=NOON,
        version="2026-11-20T12:00:00Z",
        group="31",
    )
    return replace(plain, **changes)


def body(of: Ticket, annotation: Annotation, **defined: TicketField | str) -> dict[str, Any]:
    return dict(update(of, annotation, defined).ticket)


def test_everything_goes_into_one_body() -> None:
    annotation = Annotation(
        "d-1",
        add_tags=frozenset({"complaint_no_callback"}),
        note_html=NOTE,
        fields={"complaint": "no_callback"},
        priority=Priority.HIGH,
        group="32",
        macros=("25",),
    )
    assert body(ticket(), annotation, complaint=TAGGER) == {
        "tags": ["complaint_no_callback", "reason_no_callback", "vip"],
        "custom_fields": [{"id": 801, "value": "reason_no_callback"}],
        "priority": "high",
        "group_id": 32,
        "comment": {"html_body": NOTE, "public": False},
        "metadata": {"makeright": {"decision_id": "d-1", "suggested_macros": ["25"]}},
        "safe_update": True,
        "updated_stamp": "2026-11-20T12:00:00Z",
    }


@pytest.mark.parametrize(
    "annotation",
    [
        Annotation("d"),
        Annotation("d", add_tags=frozenset({"vip"})),
        Annotation("d", remove_tags=frozenset({"absent"})),
        Annotation("d", priority=Priority.NORMAL),
        Annotation("d", priority=Priority.LOW),
        Annotation("d", group="31"),
        Annotation("d", macros=("25",)),
        Annotation("d", due_at=NOON),
    ],
)
def test_what_the_ticket_carries_already_is_not_written(annotation: Annotation) -> None:
    assert body(ticket(), annotation) == {}


@pytest.mark.parametrize(
    ("present", "wanted", "written"),
    [
        (None, Priority.LOW, "low"),
        (Priority.LOW, Priority.NORMAL, "normal"),
        (Priority.HIGH, Priority.URGENT, "urgent"),
        (Priority.HIGH, Priority.NORMAL, None),
        (Priority.URGENT, Priority.URGENT, None),
        (Priority.HIGH, None, None),
    ],
)
def test_priority_is_only_ever_raised(present: Priority | None, wanted: Priority | None, written: str | None) -> None:
    assert body(ticket(priority=present), Annotation("d", priority=wanted)).get("priority") == written


tag_sets = st.frozensets(st.text("abc_", min_size=1, max_size=4), max_size=6)


@given(present=tag_sets, add=tag_sets, remove=tag_sets)
def test_tags_of_others_are_never_touched(present: frozenset[str], add: frozenset[str], remove: frozenset[str]) -> None:
    result = body(ticket(tags=present), Annotation("d", add, remove))
    after = frozenset(result.get("tags", present))
    assert after == (present - remove) | add
    assert ("tags" in result) == (after != present)


@pytest.mark.parametrize(
    ("field", "value", "tags"),
    [
        (TAGGER, "reason_no_callback", ["reason_no_callback", "vip"]),
        (MULTI, ["no_callback"], ["no_callback", "vip"]),
        (TEXT, "no_callback", None),
        (TicketField("804", "textarea"), "no_callback", None),
    ],
)
def test_field_of_each_kind(field: TicketField, value: object, tags: list[str] | None) -> None:
    result = body(ticket(), Annotation("d", fields={"complaint": "no_callback"}), complaint=field)
    assert result["custom_fields"] == [{"id": int(field.id), "value": value}]
    assert result.get("tags") == tags


def test_field_that_holds_the_value_is_left_alone() -> None:
    carried = ticket(fields={"complaint": "reason_no_callback"}, tags=frozenset({"vip", "reason_no_callback"}))
    assert body(carried, Annotation("d", fields={"complaint": "no_callback"}), complaint=TAGGER) == {}


def test_tag_of_the_former_option_goes_with_it() -> None:
    before = ticket(fields={"complaint": "reason_overpromising"}, tags=frozenset({"vip", "reason_overpromising"}))
    result = body(before, Annotation("d", fields={"complaint": "no_callback"}), complaint=TAGGER)
    assert result["tags"] == ["reason_no_callback", "vip"]


@pytest.mark.parametrize(
    ("removed", "values"),
    [(set(), ["overpromising", "no_callback"]), ({"overpromising"}, ["no_callback"])],
)
def test_a_multi_select_keeps_what_agents_chose_unless_it_is_a_tag_of_ours_to_remove(
    removed: set[str], values: list[str]
) -> None:
    before = ticket(fields={"complaint": "overpromising"}, tags=frozenset({"vip", "overpromising"}))
    annotation = Annotation("d", remove_tags=frozenset(removed), fields={"complaint": "no_callback"})
    result = body(before, annotation, complaint=MULTI)
    assert result["custom_fields"] == [{"id": int(MULTI.id), "value": values}]
    assert result["tags"] == sorted([*values, "vip"])
    after = ticket(fields={"complaint": " ".join(values)}, tags=frozenset(result["tags"]))
    assert body(after, annotation, complaint=MULTI) == {}


def test_options_that_share_our_tags_settle_with_a_warning() -> None:
    """Zendesk would drop the tag of an option that is not chosen, and each pass would add it again."""
    annotation = Annotation("d", frozenset({"no_callback", "overpromising"}), fields={"complaint": "no_callback"})
    first = update(ticket(), annotation, {"complaint": MULTI})
    assert first.ticket["tags"] == ["no_callback", "vip"]
    assert "overpromising" in first.warnings[0]
    after = ticket(tags=frozenset(first.ticket["tags"]), fields={"complaint": "no_callback"})
    assert body(after, annotation, complaint=MULTI) == {}


@pytest.mark.parametrize(
    ("defined", "says"),
    [
        ({"complaint": "the account has no ticket field 9"}, "no ticket field 9"),
        ({"complaint": TicketField("9", "checkbox")}, "type checkbox"),
        ({"complaint": TicketField("9", "tagger", False, [Option("no_callback")])}, "switched off"),
        ({"complaint": TicketField("9", "tagger", True, [Option("no_callback_yet")])}, "no option no_callback"),
        ({"complaint": TicketField("9", "tagger")}, "no option no_callback"),
    ],
)
def test_field_that_cannot_be_written_is_a_warning_and_the_rest_is_written(
    defined: dict[str, TicketField | str], says: str
) -> None:
    result = update(ticket(), Annotation("d", frozenset({"x"}), fields={"complaint": "no_callback"}), defined)
    assert result.ticket["tags"] == ["vip", "x"]
    assert "custom_fields" not in result.ticket
    assert len(result.warnings) == 1 and result.warnings[0].startswith("complaint: ") and says in result.warnings[0]


def test_a_name_the_account_has_no_field_for_is_left_out_in_silence() -> None:
    result = update(ticket(), Annotation("d", frozenset({"x"}), fields={"complaint": "no_callback"}), {})
    assert "custom_fields" not in result.ticket
    assert result.warnings == ()


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["no_callback"], "no_callback"),
        (["reason_no_callback"], "reason_no_callback"),
        (["a_b_no_callback", "a_no_callback"], "a_no_callback"),
        (["a_no_callback", "no_callback"], "no_callback"),
        (["xno_callback", "no_callback_x"], None),
        ([], None),
    ],
)
def test_option_is_matched_whole_or_behind_a_prefix(options: list[str], found: str | None) -> None:
    field = TicketField("1", "tagger", True, [Option(value) for value in options])
    assert matching_option(field, "no_callback") == found


def test_group_that_is_no_number_is_a_warning() -> None:
    result = update(ticket(), Annotation("d", group="Recovery"), {})
    assert result.ticket == {} and "group" in result.warnings[0]


def test_note_too_long_for_zendesk_is_left_out_with_a_warning() -> None:
    note = "<p>" + "ü" * (BODY_LIMIT_BYTES // 2) + "</p>"
    result = update(ticket(), Annotation("d", frozenset({"x"}), note_html=note), {})
    assert "comment" not in result.ticket and result.ticket["tags"]
    assert "note" in result.warnings[0]


@pytest.mark.parametrize(
    ("messages", "carried"),
    [
        ([message(1, NOTE, role=AuthorRole.SYSTEM, public=False)], True),
        # As Zendesk gives it back: wrapped, other entities, other blanks, the word joiners of an inert brace.
        (
            [message(1, '<div dir="auto"><p>Nobody\u2060 called&nbsp;<strong>back</strong>.<br>Call &#38; write before 17:00.</p></div>', public=False)],
            True,
        ),
        ([message(1, NOTE, public=True, role=AuthorRole.AGENT)], False),
        ([message(1, "<p>Nobody called back.</p>", public=False)], False),
        # A customer has written since: the note stands above what it should be read after.
        ([message(1, NOTE, public=False), message(2, "<p>Hello?</p>")], False),
        ([message(1, NOTE, public=False), message(2, "<p>ok</p>", role=AuthorRole.AGENT)], True),
        ([], False),
    ],
)  # fmt: skip
def test_note_that_stands_below_the_latest_customer_message_is_not_repeated(
    messages: list[Message], carried: bool
) -> None:
    on = ticket(messages=(message(0, "<p>Where is it?</p>"), *messages))
    assert carries_note(on, NOTE) is carried
    assert ("comment" in body(on, Annotation("d", note_html=NOTE))) is not carried


@pytest.mark.parametrize(
    "hostile",
    [
        "{{ticket.requester.email}}",
        "{{{{ticket.id}}}}",
        "{ {ticket.id}}",
        "{% if ticket.id %}x{% endif %}",
        "&#123;&#123;ticket.id}}",
        "&#x7b;&#X7B;ticket.id}}",
        "&#0123&#00123;ticket.id}}",
        "&lbrace;&lcub;ticket.id}}",
        "{<b></b>{ticket.id}}",
        "{<!-- -->{ticket.id}}",
    ],
)
def test_placeholders_in_a_note_are_inert(hostile: str) -> None:
    assert_inert(inert(f"<p>{hostile}</p>"))


@given(st.text("{}%&#x7bB123;lbracecub <>/", max_size=40))
def test_no_text_whatever_leaves_a_placeholder(text: str) -> None:
    assert_inert(inert(text))


@given(st.text(st.characters(exclude_characters="\u2060", codec="utf-8"), max_size=60))
def test_inert_text_reads_the_same(text: str) -> None:
    shown = html.unescape(inert(html.escape(text)))
    assert shown.replace("\u2060", "") == html.unescape(html.escape(text))


def assert_inert(result: str) -> None:
    for form in (
        result,
        html.unescape(result),
        re.sub("<[^>]*>", "", result),
        html.unescape(re.sub("<[^>]*>", "", result)),
    ):
        assert "{{" not in form and "{%" not in form
