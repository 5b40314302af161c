"""From a reading to an annotation: tags, clock, priority, group, note; and what a second decision changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import AuthorRole, Macro, Priority, Ticket
from integration.complaints.reading import Earlier, Evidence, Reading
from integration.complaints.taxonomy import Complaint
from integration.recovery.clock_rules import BusinessHours, EveryBusinessHours
from integration.recovery.macros import MacroRanker
from integration.recovery.plan import Plan, Standing, Surroundings, plan
from integration.recovery.playbook import Layer, Playbook, default_playbook, read_playbook
from integration.recovery.relationship import Outcome, PastComplaint
from tests.integration.recovery.situations import AT, FE, NC, NU, OFFICE, OP, message, reading, ticket

PLAYBOOK = default_playbook()
AROUND = Surroundings(OFFICE)
CALLS = "I left three voicemails. Nobody has called me back."
ORDER = "Where is my order 48213?"


def planned(
    one: Ticket, read: Reading, *labels: Complaint, playbook: Playbook = PLAYBOOK, around: Surroundings = AROUND
) -> Plan:
    made = plan("d1", one, read, labels or tuple(c for c in Complaint if read.scores[c] > 0.5), playbook, around)
    assert made is not None
    return made


def calls(**more: Any) -> tuple[Ticket, Reading]:
    one = ticket(CALLS, **more)
    return one, reading(one, {NC: "Nobody has called me back"})


def due_at(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in New York's winter, in UTC."""
    return datetime(2026, 11, day, hour + 5, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("complaint", "label", "clock", "due", "priority"),
    [
        (NC, "complaint_no_callback", "sla_callback_same_day", due_at(24, 17), Priority.HIGH),
        (NU, "complaint_no_order_update", "sla_status_update", due_at(24, 14, 7), None),
        (OP, "complaint_overpromising", "sla_put_right", due_at(25, 17), Priority.HIGH),
        (FE, "complaint_false_expertise", "sla_expert_answer", due_at(25, 17), None),
    ],
)
def test_each_complaint_is_annotated_as_the_playbook_says(
    complaint: Complaint, label: str, clock: str, due: datetime, priority: Priority | None
) -> None:
    one = ticket(CALLS)
    made = planned(one, reading(one, {complaint: "Nobody"}))
    annotation = made.annotation
    assert annotation.add_tags == {label, clock, "makeright_seen", "recovery_due"}
    assert annotation.remove_tags == frozenset()
    assert (annotation.due_at, annotation.priority, annotation.group) == (due, priority, None)
    assert annotation.fields == {"complaint": complaint.value}
    assert (made.lead, made.clock_of, made.started_at, made.is_new_clock) == (complaint, complaint, AT, True)
    assert annotation.note_html is not None and annotation.replaces_note is None


def test_no_label_no_annotation() -> None:
    one, read = calls()
    assert plan("d1", one, read, [], PLAYBOOK, AROUND) is None


def test_the_first_in_precedence_leads_and_the_tightest_clock_counts() -> None:
    one = ticket(f"{CALLS} {ORDER}")
    made = planned(one, reading(one, {NU: "Where is my order", NC: "Nobody has called me back"}))
    assert (made.lead, made.clock_of) == (NC, NU)
    assert made.annotation.due_at == due_at(24, 14, 7)
    assert made.updates == EveryBusinessHours(8)
    assert {"sla_status_update", "complaint_no_callback", "complaint_no_order_update"} <= made.annotation.add_tags
    assert "sla_callback_same_day" not in made.annotation.add_tags
    assert made.annotation.note_html is not None
    assert "The clock of no order update: " in made.annotation.note_html


def test_tags_carry_the_accounts_prefix() -> None:
    one, read = calls()
    made = planned(one, read, around=replace(AROUND, tag_prefix="mr_"))
    assert all(tag.startswith("mr_") for tag in made.annotation.add_tags)


def test_the_clock_starts_with_the_message_that_complains_and_not_with_the_next_one() -> None:
    one = ticket(message(CALLS), message("Hello? Still nothing.", 2, after=timedelta(hours=3)))
    made = planned(one, reading(one, {NC: "Nobody has called me back"}))
    assert made.started_at == AT
    one = ticket(message("Hi there", 1), message(CALLS, 2, after=timedelta(hours=3)))
    assert planned(one, reading(one, {NC: "Nobody"})).started_at == AT + timedelta(hours=3)


def test_a_complaint_in_the_subject_was_made_when_the_ticket_was_opened() -> None:
    one = ticket(message("Hi there", 1), message("Hello?", 2, after=timedelta(hours=3)), subject=CALLS)
    read = reading(one, {NC: ""})
    assert planned(one, read).started_at == AT + timedelta(hours=3)
    in_subject = replace(read, evidence=(Evidence(NC, 0, len(CALLS), CALLS),))
    assert planned(one, in_subject).started_at == AT


def test_priority_goes_only_up_and_not_again_once_an_agent_lowered_it() -> None:
    for present, wanted in ((None, Priority.HIGH), (Priority.HIGH, None), (Priority.URGENT, None)):
        one, read = calls(priority=present)
        assert planned(one, read).annotation.priority is wanted
    one, read = calls(priority=Priority.LOW)
    standing = Standing(labels=frozenset({NC}), due_at=due_at(24, 17), priority=Priority.HIGH)
    assert planned(one, read, around=replace(AROUND, standing=standing)).annotation.priority is None


def test_the_group_is_set_once_per_clock() -> None:
    playbook = read_playbook(Layer("a", 'version = "1"\n[complaints.no_callback]\ngroup = "Recovery"'))
    one, read = calls(group="Support")
    assert planned(one, read, playbook=playbook).annotation.group == "Recovery"
    one, read = calls(group="Recovery")
    assert planned(one, read, playbook=playbook).annotation.group is None
    one, read = calls(group="Billing")
    standing = Standing(labels=frozenset({NC}), due_at=due_at(24, 17), group="Recovery")
    assert planned(one, read, playbook=playbook, around=replace(AROUND, standing=standing)).annotation.group is None
    later = replace(standing, due_at=due_at(20, 17))
    assert planned(one, read, playbook=playbook, around=replace(AROUND, standing=later)).annotation.group == "Recovery"


def test_the_second_time_is_treated_one_level_higher() -> None:
    one, read = calls()
    past = (PastComplaint(AT - timedelta(days=30), NC, Outcome.BROKEN),)
    made = planned(one, read, around=replace(AROUND, past=past))
    annotation = made.annotation
    assert "repeat_complaint" in annotation.add_tags
    assert annotation.priority is Priority.URGENT
    assert annotation.due_at == due_at(24, 12, 7)
    assert PLAYBOOK.remedies[NC].again.clock == BusinessHours(2)
    assert annotation.note_html is not None
    assert (
        "No callback for the 2nd time in 90 days (last 30 days ago); 0 of our deadlines kept, 1 broken"
        in annotation.note_html
    )
    assert "A team lead contacts them back" in annotation.note_html


def test_a_complaint_that_was_answered_on_this_ticket_before_counts_too() -> None:
    one = ticket(
        message(CALLS, 1),
        message("We will call you.", 2, AuthorRole.AGENT, timedelta(days=1)),
        message("And again nobody calls.", 3, after=timedelta(days=3)),
    )
    read = reading(one, {NC: "again nobody calls"}, history=[Earlier(NC, 0.9, "m1", AT)])
    made = planned(one, read)
    assert made.relationship.repeats == {NC}
    assert made.relationship.line == "No callback for the 2nd time in 90 days (last 3 days ago); 2nd contact in 7 days"


# ---- a second decision ----------------------------------------------------------------------------------------------
STANDING = Standing(
    tags=frozenset({"complaint_no_callback", "sla_callback_same_day", "makeright_seen", "recovery_due"}),
    note_id="n1",
    labels=frozenset({NC}),
    due_at=due_at(24, 17),
    priority=Priority.HIGH,
)


def test_nothing_new_means_no_second_note() -> None:
    one, read = calls(tags=STANDING.tags, priority=Priority.HIGH)
    made = planned(one, read, around=replace(AROUND, standing=STANDING))
    assert made.annotation.note_html is None
    assert not made.is_new_clock
    assert made.annotation.add_tags <= STANDING.tags and not made.annotation.remove_tags


def test_where_notes_can_be_edited_the_note_is_replaced_and_says_the_same() -> None:
    one, read = calls()
    first = planned(one, read)
    one, read = calls(tags=STANDING.tags, priority=Priority.HIGH)
    made = planned(one, read, around=replace(AROUND, standing=STANDING, notes_can_be_edited=True))
    assert made.annotation.replaces_note == "n1"
    assert made.annotation.note_html == first.annotation.note_html


def test_another_complaint_makes_another_note_and_moves_the_clock() -> None:
    one = ticket(message(CALLS), message(ORDER, 2, after=timedelta(minutes=10)), tags=STANDING.tags)
    read = reading(one, {NC: "Nobody has called me back", NU: "Where is my order"})
    made = planned(one, read, around=replace(AROUND, standing=STANDING))
    assert made.annotation.note_html is not None and made.annotation.replaces_note is None
    assert made.annotation.remove_tags == {"sla_callback_same_day"}
    assert made.annotation.due_at == due_at(24, 14, 17)
    assert made.is_new_clock


@pytest.mark.parametrize("state", ["recovery_at_risk", "recovery_breached", "recovery_kept"])
def test_the_state_is_the_clocks_until_a_new_clock_starts(state: str) -> None:
    tags = STANDING.tags - {"recovery_due"} | {state, "vip"}
    one, read = calls(tags=tags, priority=Priority.HIGH)
    made = planned(one, read, around=replace(AROUND, standing=STANDING))
    assert "recovery_due" not in made.annotation.add_tags and state not in made.annotation.remove_tags
    fresh = replace(STANDING, due_at=due_at(10, 17))
    made = planned(one, read, around=replace(AROUND, standing=fresh))
    assert "recovery_due" in made.annotation.add_tags and made.annotation.remove_tags == {state}


def test_a_clock_tag_that_somebody_else_put_there_stays() -> None:
    one, read = calls(tags=frozenset({"sla_put_right"}))
    assert planned(one, read).annotation.remove_tags == frozenset()


# ---- suggestions and the note ---------------------------------------------------------------------------------------
TEAMS = [
    Macro("7", "Call-back arranged", "You asked us to call you back. I will phone you today.", url="https://acme.example/m/7"),
    Macro("8", "Voicemail", "I heard your voicemail and will ring you."),
    Macro("9", "Refund", "Your refund is on its way."),
]  # fmt: skip


def test_the_teams_own_macros_are_suggested_with_link_and_reason() -> None:
    one, read = calls()
    made = planned(one, read, around=replace(AROUND, macros=MacroRanker(PLAYBOOK, TEAMS)))
    assert made.annotation.macros == ("7", "8")
    note = made.annotation.note_html
    assert note is not None
    assert '<a href="https://acme.example/m/7">Call-back arranged</a> (speaks of ' in note
    assert "<li>Voicemail (" in note
    assert "Suggested reply: Call back today" in note


def test_the_playbooks_own_macro_comes_first_once_it_is_in_the_helpdesk() -> None:
    ours = Macro("100", "Call back today", "You tried to reach us", url="https://acme.example/m/100")
    around = replace(
        AROUND,
        macros=MacroRanker(PLAYBOOK, [*TEAMS, ours]),
        provisioned={"no_callback.call_back_today": ours},
    )
    one, read = calls()
    made = planned(one, read, around=around)
    assert made.annotation.macros == ("100", "7", "8")
    assert made.annotation.note_html is not None and "Suggested reply" not in made.annotation.note_html


def note(one: Ticket, read: Reading, **more: Any) -> str:
    made = planned(one, read, around=replace(AROUND, **more)).annotation.note_html
    assert made is not None
    return made


def test_the_note_says_what_an_agent_needs_in_this_order() -> None:
    one, read = calls()
    text = note(one, read, past=(PastComplaint(AT - timedelta(days=2), OP),))
    pieces = [
        "No callback", "(0.93)", "“Nobody has called me back”", "By Tuesday 24 November, 17:00 New York:", "Contact them back",
        "end of Tuesday 24 November (17:00 New York)", "1 earlier complaint in 90 days", "Who takes this on?", "On which number?",
        "tags complaint_no_callback, makeright_seen, recovery_due, sla_callback_same_day, priority high",
    ]  # fmt: skip
    places = [text.index(piece) for piece in pieces]
    assert sorted(places[:8]) == places[:8]


def test_the_note_says_that_somebody_else_reads_the_reply_first() -> None:
    playbook = read_playbook(Layer("a", 'version = "1"\n[apology]\npolicy = "hold_for_review"'))
    one, read = calls()
    made = planned(one, read, playbook=playbook)
    assert made.annotation.note_html is not None and "a second person reads this" in made.annotation.note_html


def test_the_note_names_days_and_never_today() -> None:
    one, read = calls()
    body = note(one, read).split("Suggested reply")[0].replace("same business day", "")
    assert "today" not in body and "tomorrow" not in body


hostile = st.text(max_size=60) | st.sampled_from(
    ["<script>alert(1)</script>", "{{ticket.id}}", "a & b", "'\"><img src=x>"]
)


@given(hostile, hostile, hostile, st.integers(0, 3000))
def test_foreign_text_is_escaped_and_the_limit_is_kept(words: str, title: str, url: str, limit: int) -> None:
    words = f"voicemail {words}".strip()
    one = ticket(words)
    macro = Macro("7", title, f"voicemail {words}", url=url)
    read = reading(one, {NC: words})
    text = planned(
        one, read, around=replace(AROUND, macros=MacroRanker(PLAYBOOK, [macro]), note_limit=limit)
    ).annotation.note_html
    if text is None:
        assert limit < 400
        return
    assert len(text.encode()) <= limit
    bare = text
    for tag in ("p", "strong", "em", "ul", "li", "blockquote"):
        bare = bare.replace(f"<{tag}>", "").replace(f"</{tag}>", "")
    bare = bare.replace("<br>", "").replace("</a>", "")
    assert bare.count("<") == bare.count('<a href="http')
    shown = " ".join(words.split())
    if limit > 2500 and len(shown) <= 240:
        assert shown in unescape(text)


@pytest.mark.parametrize(
    ("limit", "there", "gone"),
    [
        (60_000, ["Suggested reply", "Changed:", "voicemails"], []),
        (900, ["Changed:", "Nobody has called"], ["Suggested reply"]),
        (500, ["By Tuesday", "Nobody has called"], ["Suggested reply", "Changed:"]),
        (320, ["By Tuesday", "No callback"], ["Nobody has called", "Changed:"]),
    ],
)
def test_what_can_be_spared_goes_first(limit: int, there: list[str], gone: list[str]) -> None:
    one, read = calls()
    read = replace(read, evidence=(*read.evidence, replace(read.evidence[0], text="I left three voicemails")))
    text = note(one, read, note_limit=limit)
    assert len(text) <= limit
    assert all(words in text for words in there), text
    assert not any(words in text for words in gone), text
