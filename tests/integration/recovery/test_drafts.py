"""Drafts: five things in one order, from facts alone, with what is missing left open."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import Ticket
from integration.complaints.reading import Evidence, Reading
from integration.complaints.taxonomy import Complaint
from integration.demo import packaged_tickets
from integration.recovery.calendar_words import MONTHS, WEEKDAYS
from integration.recovery.calendars import ALWAYS, BusinessCalendar
from integration.recovery.deadlines import Deadline, due
from integration.recovery.drafts import (
    HOLD,
    Draft,
    Occasion,
    as_html,
    draft,
    drafts,
    first_name,
    inert,
    missing,
    promise_time,
)
from integration.recovery.goodwill import Grant, State
from integration.recovery.playbook import Layer, Policy, Variant, default_playbook, read_playbook
from tests.integration.recovery.situations import AT, CALM, FE, NC, NU, OFFICE, OP, reading, ticket

PLAYBOOK = default_playbook()
NOW = AT + timedelta(minutes=2)
DATA = Path(__file__).parents[4] / "shared" / "data" / "complaints"


def occasion(complaint: Complaint, *messages: str, quote: str = "", **more: Any) -> Occasion:
    given = {key: more.pop(key) for key in ("given", "grants", "repeat", "now") if key in more}
    found = ticket(*messages, **more)
    rule = PLAYBOOK.remedies[complaint].step(repeat=given.get("repeat", False)).clock
    return Occasion(
        ticket=found,
        complaint=complaint,
        deadline=due(rule, AT, OFFICE),
        calendar=OFFICE,
        now=given.pop("now", NOW),
        reading=reading(found, {complaint: quote}),
        **given,
    )


LATE = "You promised delivery by Friday. My order 48213 is not here, call me on 07700 900123."


def test_a_full_draft_does_the_five_things_in_order() -> None:
    made = draft(PLAYBOOK, occasion(OP, LATE, quote="You promised delivery by Friday"), Variant.FULL)
    places = [
        made.text.index(words)
        for words in ("Hello Maureen,", "“delivery by Friday”", "We are sorry", "is our job", "confirms it to you", "help you more", "Kind regards")
    ]  # fmt: skip
    assert places == sorted(places)
    assert made.gaps["restores"] == "what puts them where they should have been?"
    assert "[what puts them where they should have been?]" in made.text
    assert (made.playbook_entry, made.version) == ("overpromising.full", PLAYBOOK.version)


@pytest.mark.parametrize("complaint", list(Complaint))
@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize("variant", list(Variant))
def test_every_draft_apologises_once_and_admits_fault_only_where_it_may(
    complaint: Complaint, policy: Policy, variant: Variant
) -> None:
    playbook = read_playbook(Layer("acme.toml", f'version = "1"\n[apology]\npolicy = "{policy}"'))
    made = draft(playbook, occasion(complaint, LATE), variant)
    parts = playbook.voice.drafts[complaint, variant]
    assert made.policy is policy
    assert len(re.findall(r"\bsorry\b", made.text, re.IGNORECASE)) == 1
    assert (parts.apologise in made.text) == (policy is Policy.FULL)
    assert (parts.regret in made.text) == (policy is not Policy.FULL)
    assert (made.hold is None) == (policy is not Policy.HOLD_FOR_REVIEW)
    assert made.text.startswith(f"[{HOLD}]") == (policy is Policy.HOLD_FOR_REVIEW)
    assert not re.search(r"\bif you feel\b|\binconvenience\b|\bbut\b|\bsoon\b|\bshortly\b|\bASAP\b", made.text)


def test_a_policy_may_hang_on_the_tickets_category() -> None:
    playbook = read_playbook(Layer("a", 'version = "1"\n[apology]\ncategories = { claims = "regret_only" }'))
    for more in ({"tags": frozenset({"claims"})}, {"group": "Claims"}, {"fields": {"type": "claims"}}):
        assert draft(playbook, occasion(NC, LATE, **more), Variant.FULL).policy is Policy.REGRET_ONLY
    assert draft(playbook, occasion(NC, LATE), Variant.FULL).policy is Policy.FULL


def test_a_call_script_opens_with_its_question() -> None:
    made = draft(PLAYBOOK, occasion(NC, LATE), Variant.CALL)
    labels = [line.split(":")[0] for line in made.text.splitlines()]
    assert labels == ["Ask first", "Acknowledge", "Apologise", "Own it", "Act", "Make it right"]
    assert made.text.splitlines()[0].endswith("?")


def test_a_short_draft_fits_a_chat_and_tells_nothing_private() -> None:
    for row in packaged_tickets():
        for complaint in Complaint:
            made = draft(PLAYBOOK, occasion(complaint, row.text, name=row.name), Variant.SHORT)
            assert len(made.text) <= 300 and "\n" not in made.text
    made = draft(PLAYBOOK, occasion(NU, LATE), Variant.SHORT)
    assert "48213" not in made.text and "07700" not in made.text


def test_facts_of_the_ticket_fill_the_draft() -> None:
    text = draft(PLAYBOOK, occasion(NC, LATE), Variant.FULL).text
    assert "call you on 07700 900123 today before 16:30 New York." in text
    text = draft(PLAYBOOK, occasion(NU, LATE), Variant.FULL).text
    assert "news of order 48213" in text


def test_what_the_agent_fills_in_closes_the_gap() -> None:
    base = occasion(NU, LATE, given={"owner": "Sam Okafor", "status": "in [the] {{hub}}", "nonsense": "x"})
    made = draft(PLAYBOOK, base, Variant.FULL)
    assert made.gaps == {"next_step": "what happens next?"}
    assert "stands today: in (the) ((hub))." in made.text and "Kind regards\nSam Okafor" in made.text
    full = occasion(
        NU, LATE, given={"owner": "S", "status": "here", "next_step": "it goes out", "changed": "we write daily"}
    )
    made = draft(PLAYBOOK, full, Variant.FULL)
    assert made.gaps == {} and "[" not in made.text
    assert "So that it does not happen again: we write daily." in made.text


def test_a_time_that_the_agent_gives_is_the_agents() -> None:
    made = draft(PLAYBOOK, occasion(NC, LATE, given={"by": "on Thursday at 3"}), Variant.FULL)
    assert "07700 900123 on Thursday at 3." in made.text and made.promised_for is None


def test_missing_facts_are_listed_even_where_a_variant_does_not_show_them() -> None:
    short = draft(PLAYBOOK, occasion(NU, "Where is it?"), Variant.SHORT)
    assert "order" in short.gaps and "[which order?]" not in short.text
    assert list(missing(PLAYBOOK, occasion(NU, "Where is it?"))) == ["owner", "order", "status", "next_step"]


@pytest.mark.parametrize(
    ("text", "quote", "shown"),
    [
        ("Nobody answers. I left three voicemails!", "I left three voicemails", "“I left three voicemails”"),
        ("I waited and nobody has called me back.", "and nobody has called me back.", "“nobody has called me back”"),
        ("Where is my reply?", "Where is my reply?", "“Where is my reply?”"),
        ("Lisa never called me", "Lisa never called me", "You tried to reach us"),
        ("Your technician did not phone", "Your technician did not phone", "You tried to reach us"),
        ("You useless people never call", "You useless people never call", "You tried to reach us"),
        ("no " * 100, "no " * 100, "You tried to reach us"),
        ('He said "x", {{y}} [z]', '"x", {{y}} [z]', "“'x', ((y)) (z)”"),
    ],
)
def test_the_customers_words_are_repeated_only_if_they_accuse_nobody(text: str, quote: str, shown: str) -> None:
    assert shown in draft(PLAYBOOK, occasion(NC, text.strip(), quote=quote.strip()), Variant.FULL).text


def test_a_promise_is_quoted_only_where_it_is_sure() -> None:
    sure = occasion(OP, "I was told it would arrive today. It did not.", quote="told it would arrive today")
    assert "“it would arrive today”" in draft(PLAYBOOK, sure, Variant.FULL).text
    other = occasion(OP, "I was told it would rain today. The table is not oak.", quote="The table is not oak")
    assert "rain" not in draft(PLAYBOOK, other, Variant.FULL).text


def grant(state: State, complaint: Complaint = NU) -> Grant:
    return Grant(AT, complaint, "credit", Decimal("12.50"), state)


def test_only_an_approved_gesture_is_mentioned() -> None:
    for state in (State.PENDING, State.DECLINED):
        assert "12.50" not in draft(PLAYBOOK, occasion(NU, LATE, grants=(grant(state),)), Variant.FULL).text
    assert "12.50" not in draft(PLAYBOOK, occasion(NU, LATE, grants=(grant(State.APPROVED, OP),)), Variant.FULL).text
    for variant in Variant:
        made = draft(PLAYBOOK, occasion(NU, LATE, grants=(grant(State.APPROVED),)), variant)
        assert "We credit your account with USD 12.50." in made.text


NY = ZoneInfo("America/New_York")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=NY)


@pytest.mark.parametrize(
    ("due_at", "now", "named"),
    [
        (at(24, 17), at(24, 10), at(24, 16, 30)),
        (at(24, 14, 7), at(24, 10), at(24, 13, 35)),
        # The margin would leave too little time: the deadline itself.
        (at(24, 17), at(24, 16, 20), at(24, 17)),
        # The margin would fall before opening.
        (at(25, 9, 20), at(24, 16), at(25, 9, 20)),
        # Too near, or past: nobody should promise a time.
        (at(24, 17), at(24, 16, 31), None),
        (at(24, 17), at(24, 17), None),
        (at(24, 17), at(25, 9), None),
    ],
)
def test_a_draft_names_a_time_that_the_clock_can_hold(due_at: datetime, now: datetime, named: datetime | None) -> None:
    one = occasion(NC, LATE)
    one = Occasion(one.ticket, NC, Deadline(due_at, ""), OFFICE, now, one.reading)
    assert promise_time(PLAYBOOK, one) == named
    made = draft(PLAYBOOK, one, Variant.FULL)
    assert made.promised_for == named
    assert ("[when, so that it can be kept?]" in made.text) == (named is None)
    if named:
        assert f"{named:%H:%M} New York" in made.text


moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


@given(
    moments,
    st.integers(-3000, 20000),
    st.sampled_from(list(Complaint)),
    st.sampled_from([OFFICE, BusinessCalendar("always", ZoneInfo("Asia/Kathmandu"), ALWAYS)]),
)
def test_no_draft_names_a_time_past_the_deadline_nearer_than_the_least_or_outside_business_time(
    start: datetime, later: int, complaint: Complaint, calendar: BusinessCalendar
) -> None:
    now = start + timedelta(minutes=later)
    deadline = due(PLAYBOOK.remedies[complaint].first.clock, start, calendar)
    one = Occasion(ticket("x"), complaint, deadline, calendar, now)
    named = promise_time(PLAYBOOK, one)
    if named is not None:
        assert now + PLAYBOOK.promise.earliest <= named.astimezone(UTC) <= deadline.due_at.astimezone(UTC)
        assert calendar.is_open(named - timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Maureen Tully", "Maureen"),
        ("Jean-Luc O'Neill Picard", "Jean-Luc"),
        ("Ngọc Ánh", "Ngọc"),
        ("Sanjay", "Sanjay"),
        ("", None),
        ("  ", None),
        ("jsmith84", None),
        ("m.tully@example.com", None),
        ("Mr Tully", None),
        ("Support Team", None),
        ("ACME", None),
        ("A", None),
        ("The Very Long Company Name", None),
        ("{{x}} Y", None),
        ("<b>Bob</b>", None),
        ("maureen", None),
    ],
)
def test_a_customer_is_greeted_by_name_only_if_it_is_one(name: str, first: str | None) -> None:
    assert first_name(name) == first
    text = draft(PLAYBOOK, occasion(NC, "Nobody calls", name=name), Variant.FULL).text
    assert text.startswith(f"Hello {first}," if first else "Hello,")


def test_the_brand_speaks_in_its_own_voice() -> None:
    formal = read_playbook(Layer("acme.toml", 'version = "1"\nvoice = "formal"\nteam = "Acme Care"'))
    text = draft(formal, occasion(NC, LATE, given={"owner": "Sam"}), Variant.FULL).text
    assert text.startswith("Dear Maureen Tully,") and text.endswith("Yours sincerely\nSam\nAcme Care")


@given(st.text(max_size=200), st.text(max_size=60), st.sampled_from(list(Complaint)), st.booleans())
def test_whatever_a_customer_writes_a_draft_holds_no_markup_and_no_placeholder(
    text: str, name: str, complaint: Complaint, quoted: bool
) -> None:
    quote = text.strip() if quoted else ""
    one = occasion(
        complaint, text, quote=quote if quote in text else "", name=name, given={"status": text, "owner": name}
    )
    for made in drafts(PLAYBOOK, one):
        assert not re.search(r"\{\{|\}\}|\{%|%\}|\{#", made.text)
        assert made.html == as_html(made.text)
        bare = re.sub(r"</?p>|<br>", "", made.html)
        assert "<" not in bare and ">" not in bare
        unescaped = html.unescape(
            re.sub(r"</p><p>", "\n\n", made.html).replace("<br>", "\n").replace("<p>", "").replace("</p>", "")
        )
        assert unescaped == made.text


@given(st.text(max_size=100))
def test_foreign_words_are_made_inert(text: str) -> None:
    assert not set(inert(text)) & set('{}[]"\n“”')


# ---- nothing is invented --------------------------------------------------------------------------------------------
_TOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")


def tokens(text: str) -> set[str]:
    return {token.lower() for token in _TOKEN.findall(text)}


def strings(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for below in node.values():
            yield from strings(below)
    elif isinstance(node, list):
        for below in node:
            yield from strings(below)
    else:
        yield str(node)


# What a draft may say of its own: the templates, the questions, the gestures' words. No rule, limit or date.
PLAYBOOKS_WORDS = tokens(
    " ".join(
        [
            "Ask first Acknowledge Apologise Own it Act Make it right",
            *strings(dict(PLAYBOOK.source["voices"])),
            *strings(dict(PLAYBOOK.source["facts"])),
            *(gesture["words"] for gesture in PLAYBOOK.source["goodwill"]["gestures"].values()),
        ]
    )
)
CALENDARS_WORDS = {"today", "tomorrow", "before", "midnight", "on", "new", "york"}
MONTH_OR_DAY = {word.lower() for word in (*MONTHS, *WEEKDAYS)}


def calendars_words(one: Occasion) -> set[str]:
    """The days and times that rules and calendar allow a draft to name, worked out here again."""
    assert one.deadline is not None
    allowed = {one.deadline.due_at, one.deadline.due_at - PLAYBOOK.promise.margin}
    updates = PLAYBOOK.remedies[one.complaint].first.updates
    if updates is not None:
        allowed.add(due(updates, one.now, OFFICE).due_at)
    said = set(CALENDARS_WORDS)
    for moment in allowed:
        rounded = moment - timedelta(minutes=moment.minute % 5)
        for shown in (moment, rounded):
            said |= tokens(
                f"{shown:%H:%M} {shown.day} {shown.year} {MONTHS[shown.month - 1]} {WEEKDAYS[shown.weekday()]}"
            )
    return said


def invented(one: Occasion, made: Draft) -> set[str]:
    """The words, numbers, dates and names of a draft that neither ticket, playbook nor calendar know."""
    own = tokens(" ".join([one.ticket.subject, one.ticket.requester.name, *(m.text for m in one.ticket.messages)]))
    said = tokens(made.text)
    # The playbook names days of no calendar: a day must come from the ticket or the clock.
    return {
        t for t in said - own - calendars_words(one) if t not in PLAYBOOKS_WORDS or t in MONTH_OR_DAY or t.isdigit()
    }


def whole_reading(found: Ticket, sentences: Iterable[tuple[int, int]]) -> Reading:
    """A reading that takes every complaint as made, each in another sentence: more than any real message says."""
    text = found.messages[0].text
    spans = list(sentences)
    evidence = tuple(
        Evidence(complaint, *spans[n % len(spans)], text[slice(*spans[n % len(spans)])], "m1")
        for n, complaint in enumerate(Complaint)
        if spans
    )
    return Reading(dict.fromkeys(Complaint, 0.9), dict.fromkeys(Complaint, CALM), evidence, language="en", anchor="m1")


def all_drafts(text: str, subject: str = "", name: str = "Maureen Tully") -> Iterator[tuple[Occasion, Draft]]:
    found = ticket(text, subject=subject, name=name)
    sentences = [match.span() for match in re.finditer(r"[^.!?\n]{8,}[.!?]?", text)]
    read = whole_reading(found, sentences)
    for complaint in Complaint:
        deadline = due(PLAYBOOK.remedies[complaint].first.clock, AT, OFFICE)
        one = Occasion(found, complaint, deadline, OFFICE, NOW, read)
        for made in drafts(PLAYBOOK, one):
            yield one, made


def check(one: Occasion, made: Draft) -> None:
    assert not re.search(r"\{\{|\}\}|\{%|%\}|\{#", made.text), made.playbook_entry
    assert invented(one, made) == set(), made.playbook_entry
    for question in re.findall(r"\[([^\]]*)\]", made.text):
        assert question in made.gaps.values()


def test_nothing_in_the_drafts_of_the_packaged_tickets_is_invented() -> None:
    seen = 0
    for row in packaged_tickets():
        for one, made in all_drafts(row.text, row.subject, row.name):
            check(one, made)
            seen += 1
    assert seen == len(packaged_tickets()) * 12


def test_nothing_in_the_drafts_of_real_messages_is_invented() -> None:
    files = [DATA / "validation.jsonl", DATA / "train.jsonl"]
    if not all(file.exists() for file in files):
        pytest.skip(f"the real messages are not beside this checkout ({DATA})")
    rows = [json.loads(line)["text"] for file in files for line in file.read_text("utf-8").splitlines()]
    quoted = 0
    for text in rows[::2][:500]:
        for one, made in all_drafts(text):
            check(one, made)
            quoted += "“" in made.text
    assert quoted > 1000, "the check must really see the customers' words"


def test_the_check_would_notice_an_invention() -> None:
    one, made = next(all_drafts("Nobody called me back."))
    for lie in ("on Friday", "at 18:45", "order 4711", "with Lisa", "USD 30"):
        changed = Draft(f"{made.text} {lie}", "", made.gaps, made.variant, "", "", made.policy)
        assert invented(one, changed), lie


def test_the_second_time_has_its_own_clock_of_updates() -> None:
    first, again = (draft(PLAYBOOK, occasion(NU, LATE, repeat=repeat), Variant.FULL).text for repeat in (False, True))
    assert "tomorrow (Wednesday) before 10:09" in first
    assert "today before 14:09" in again


def test_an_expert_is_named_only_by_the_agent() -> None:
    made = draft(PLAYBOOK, occasion(FE, "Lisa told me it fits. It does not."), Variant.FULL)
    assert "Lisa" not in made.text and "[who knows this subject?]" in made.text
