"""Calendars as they are written: in the configuration and in the answers of two helpdesks."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from adapters.contract import DaysOff, Schedule, Shift
from integration.recovery.calendar_forms import CalendarSchema
from integration.recovery.calendar_imports import calendar_section, from_schedule
from integration.recovery.calendars import ALWAYS, BusinessCalendar, CalendarError, Closure, Span
from integration.recovery.clock_rules import (
    BusinessHours,
    ClockRule,
    ClockRuleSchema,
    EndOfNextBusinessDay,
    EveryBusinessHours,
    SameBusinessDay,
)
from integration.recovery.time_zones import RAILS_ZONES, place_name, zone_named
from tests.integration.recovery.business_weeks import DAYS, sections, weeks

NINE_TO_FIVE = (Span(540, 1020),)
OFFICE = {"time_zone": "America/New_York", "hours": {"mon-fri": ["09:00-17:00"]}}
many = settings(max_examples=150, deadline=None)


def load(text: str) -> BusinessCalendar:
    calendar = CalendarSchema().load(tomllib.loads(text))
    assert isinstance(calendar, BusinessCalendar)
    return calendar


# -- the configuration


def test_a_section_becomes_a_calendar() -> None:
    calendar = load("""
        name = "head office"
        time_zone = "America/New_York"
        hours = { mon-thu = ["09:00-12:00", "13:00-17:00"], "fri,SUN" = ["9:30-15:00"], Saturday = [] }
        holidays = "US-NY"
        closures = [2026-12-24, "2026-12-28..2026-12-30", "2026-12-31 12:00-24:00: half day", "2027-01-02: stock-taking"]
    """)
    split, short = (Span(540, 720), Span(780, 1020)), (Span(570, 900),)
    assert calendar == BusinessCalendar(
        name="head office",
        zone=ZoneInfo("America/New_York"),
        week=(split, split, split, split, short, (), short),
        holidays="US-NY",
        closures=(
            Closure(date(2026, 12, 24), date(2026, 12, 24)),
            Closure(date(2026, 12, 28), date(2026, 12, 30)),
            Closure(date(2026, 12, 31), date(2026, 12, 31), Span(720, 1440), "half day"),
            Closure(date(2027, 1, 2), date(2027, 1, 2), name="stock-taking"),
        ),
    )


def test_always_is_round_the_clock() -> None:
    assert load('time_zone = "Etc/UTC"\nalways = true').week == ALWAYS


def test_days_may_be_named_over_the_end_of_the_week_and_spans_that_touch_are_one() -> None:
    calendar = load('time_zone = "Asia/Dubai"\nhours = { sat-mon = ["12:00-16:00", "08:00-12:00"] }')
    day = (Span(480, 960),)
    assert calendar.week == (day, (), (), (), (), day, day)


@pytest.mark.parametrize("none", ["", "none", None])
def test_no_holidays_may_be_said_in_several_ways(none: str | None) -> None:
    assert CalendarSchema().load(OFFICE | {"holidays": none}).holidays == ""


BROKEN: list[tuple[str, dict[str, Any], tuple[str | int, ...], str]] = [
    ("no zone", {"hours": {"mon": ["09:00-17:00"]}}, ("time_zone",), 'write time_zone = "America/New_York"'),
    ("unknown zone", OFFICE | {"time_zone": "America/New York"}, ("time_zone",), "did you mean America/New_York"),
    ("zone of a wrong kind", OFFICE | {"time_zone": -5}, ("time_zone",), "no time zone has this name"),
    ("a path for a zone", OFFICE | {"time_zone": "../../etc/localtime"}, ("time_zone",), "no time zone has this name"),
    ("no hours", {"time_zone": "Etc/UTC"}, ("hours",), "or always = true"),
    ("hours and always", OFFICE | {"always": True}, ("always",), "keep one of the two"),
    ("always of a wrong kind", {"time_zone": "Etc/UTC", "always": "yes"}, ("always",), "Not a valid boolean"),
    ("hours of a wrong kind", OFFICE | {"hours": ["09:00-17:00"]}, ("hours",), "write hours = { mon-fri"),
    ("unknown day", OFFICE | {"hours": {"montag": ["09:00-17:00"]}}, ("hours", "montag"), "is no day of the week"),
    ("unknown day in a range", OFFICE | {"hours": {"mon-fry": []}}, ("hours", "mon-fry"), "'fry' is no day"),
    (
        "day named twice",
        OFFICE | {"hours": {"mon-fri": ["09:00-17:00"], "wed": ["09:00-12:00"]}},
        ("hours", "wed"),
        "already named by 'mon-fri'",
    ),
    ("no list", OFFICE | {"hours": {"mon": "09:00-17:00"}}, ("hours", "mon"), "write a list of spans"),
    ("no span", OFFICE | {"hours": {"mon": ["9-17"]}}, ("hours", "mon", 0), 'write a span like "09:00-17:00"'),
    ("second span", OFFICE | {"hours": {"mon": ["08:00-09:00", 7]}}, ("hours", "mon", 1), "write a span like"),
    ("61 minutes", OFFICE | {"hours": {"mon": ["09:61-17:00"]}}, ("hours", "mon", 0), "an hour has 60 minutes"),
    ("backwards", OFFICE | {"hours": {"mon": ["17:00-09:00"]}}, ("hours", "mon", 0), "ends after it starts"),
    ("over midnight", OFFICE | {"hours": {"mon": ["22:00-06:00"]}}, ("hours", "mon", 0), "on the same day"),
    ("beyond midnight", OFFICE | {"hours": {"mon": ["22:00-24:30"]}}, ("hours", "mon", 0), "at 24:00 at the latest"),
    ("empty span", OFFICE | {"hours": {"mon": ["09:00-09:00"]}}, ("hours", "mon", 0), "ends after it starts"),
    ("overlap", OFFICE | {"hours": {"mon": ["09:00-12:00", "11:00-13:00"]}}, ("hours", "mon"), "overlap"),
    ("never open", OFFICE | {"hours": {"mon-fri": []}}, ("_schema",), "is never open"),
    ("unknown country", OFFICE | {"holidays": "usa"}, ("holidays",), "did you mean US"),
    ("not the ISO code", OFFICE | {"holidays": "UK"}, ("holidays",), "did you mean GB?"),
    ("unknown part", OFFICE | {"holidays": "GB-LON"}, ("holidays",), "its parts: ENG, NIR, SCT, WLS"),
    ("closures of a wrong kind", OFFICE | {"closures": "2026-12-24"}, ("closures",), "write a list"),
    ("no date", OFFICE | {"closures": ["Christmas"]}, ("closures", 0), 'write "2026-12-24"'),
    ("no such date", OFFICE | {"closures": ["2026-02-29"]}, ("closures", 0), "there is no such date"),
    ("a time for a date", OFFICE | {"closures": [datetime(2026, 12, 24)]}, ("closures", 0), 'write "2026-12-24"'),
    ("closure backwards", OFFICE | {"closures": ["2026-12-26..2026-12-24"]}, ("closures", 0), "on or after its first"),
    ("closure part", OFFICE | {"closures": ["2026-12-24 12:00-11:00"]}, ("closures", 0), "ends after it starts"),
    ("a year out of reach", OFFICE | {"closures": ["0001-01-01"]}, ("closures", 0), "from 1970 to 2999"),
    ("shut for too long", OFFICE | {"closures": ["2026-01-01..2027-12-31"]}, ("_schema",), "within 400 days"),
    (
        "shut for too long in pieces",
        OFFICE | {"closures": ["2026-01-01..2026-12-31", "2027-01-01..2027-06-30"]},
        ("_schema",),
        "not open within 400 days of 2025-12-31",
    ),
    ("unknown key", OFFICE | {"timezone": "Etc/UTC"}, ("timezone",), "Unknown field"),
    ("nameless", OFFICE | {"name": ""}, ("name",), "1 to 100 characters"),
]


@pytest.mark.parametrize(("section", "place", "fix"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_a_broken_section_is_refused_with_its_place_and_the_fix(
    section: dict[str, Any], place: tuple[str | int, ...], fix: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        CalendarSchema().load(section)
    messages: Any = caught.value.messages
    assert len(messages) == 1
    for key in place:
        messages = messages[key]
    assert fix in " ".join(messages)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        CalendarSchema().load(
            {
                "time_zone": "Mars",
                "hours": {"mon": ["9"], "tues": ["09:00-10:00"]},
                "closures": ["x"],
                "holidays": "XX",
            }
        )
    messages: Any = caught.value.messages
    assert set(messages) == {"time_zone", "hours", "closures", "holidays"}
    assert set(messages["hours"]) == {"mon", "tues"}


def test_a_calendar_is_written_as_a_person_would_write_it() -> None:
    form = {**OFFICE, "name": "office", "closures": ["2026-12-24 12:00-24:00: half day", "2026-12-28..2026-12-31"]}
    assert CalendarSchema().dump(CalendarSchema().load(form)) == form
    always = {"name": "office", "time_zone": "Etc/UTC", "always": True}
    assert CalendarSchema().dump(CalendarSchema().load(always)) == always


_line = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=30)


@st.composite
def calendars(draw: st.DrawFn) -> BusinessCalendar:
    section, _ = draw(sections())
    drawn = section.calendar()
    closures = tuple(
        Closure(closure.first, closure.last, closure.span, draw(_line)) for closure in drawn.closures
    )  # any name, whatever stands in it
    name = draw(_line.filter(bool))
    return BusinessCalendar(name, drawn.zone, draw(weeks().map(_as_spans)), drawn.holidays, closures)


def _as_spans(week: tuple[tuple[tuple[int, int], ...], ...]) -> tuple[tuple[Span, ...], ...]:
    return tuple(tuple(Span(*span) for span in spans) for spans in week)


@many
@given(calendar=calendars())
def test_a_calendar_comes_back_from_its_configuration(calendar: BusinessCalendar) -> None:
    form: Any = CalendarSchema().dump(calendar)
    assert CalendarSchema().load(form) == calendar
    assert load(as_toml(form)) == calendar


def as_toml(form: dict[str, Any]) -> str:
    """TOML basic strings are escaped as JSON's are."""

    def value(item: Any) -> str:
        if isinstance(item, dict):
            return "{ " + ", ".join(f"{key} = {value(part)}" for key, part in item.items()) + " }"
        return json.dumps(item, ensure_ascii=False)

    return "\n".join(f"{key} = {value(item)}" for key, item in form.items())


# -- what a helpdesk keeps

OFFICE_HOURS = Schedule(
    "1", "Office hours", "Eastern Time (US & Canada)", tuple(Shift(day, 540, 1020) for day in range(5))
)


def test_a_schedule_becomes_a_calendar_and_its_days_off_become_closures() -> None:
    days_off = (
        DaysOff(date(2026, 7, 3), date(2026, 7, 3), "Summer party"),
        DaysOff(date(2026, 12, 28), date(2026, 12, 31)),
    )
    schedule = replace(OFFICE_HOURS, days_off=days_off)
    assert from_schedule(schedule, holidays="US-NY", closures=["2026-12-24"]) == BusinessCalendar(
        name="Office hours",
        zone=ZoneInfo("America/New_York"),
        week=(NINE_TO_FIVE,) * 5 + ((), ()),
        holidays="US-NY",
        closures=(
            Closure(date(2026, 7, 3), date(2026, 7, 3), name="Summer party"),
            Closure(date(2026, 12, 28), date(2026, 12, 31)),
            Closure(date(2026, 12, 24), date(2026, 12, 24)),
        ),
    )


@many
@given(drawn=sections(), zone=st.sampled_from(sorted(RAILS_ZONES)))
def test_a_schedule_written_into_the_configuration_is_read_from_there(drawn: tuple[Any, datetime], zone: str) -> None:
    section, _ = drawn
    shifts = tuple(Shift(day, start, end) for day, spans in enumerate(section.week) for start, end in spans)
    written = calendar_section(Schedule("1", "drawn", zone, shifts))
    calendar = load(as_toml(written))
    assert (calendar.zone.key, calendar.week) == (RAILS_ZONES[zone], _as_spans(section.week))


REFUSED: list[tuple[str, Schedule, str]] = [
    ("zone", replace(OFFICE_HOURS, time_zone="Eastern"), "schedule 'Office hours': time_zone: 'Eastern': no time zone"),
    ("no hours", replace(OFFICE_HOURS, shifts=()), "Office hours: is never open"),
    (
        "overlap",
        replace(OFFICE_HOURS, shifts=(Shift(6, 0, 60), Shift(6, 30, 90))),
        "hours.sun: 00:00-01:00 and 00:30-01:30 overlap",
    ),
    (
        "a day off backwards",
        replace(OFFICE_HOURS, days_off=(DaysOff(date(2026, 7, 4), date(2026, 7, 3)),)),
        "Office hours: 2026-07-04..2026-07-03: a closure ends on or after its first day",
    ),
]


@pytest.mark.parametrize(("schedule", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_broken_schedule_is_refused_with_place_and_value(schedule: Schedule, said: str) -> None:
    with pytest.raises(CalendarError) as caught:
        from_schedule(schedule)
    assert said in str(caught.value)


# -- time zones


def test_every_rails_name_stands_for_a_zone_there_is() -> None:
    assert set(RAILS_ZONES.values()) <= available_timezones()
    assert len(RAILS_ZONES) >= 150
    for name, key in RAILS_ZONES.items():
        assert zone_named(name).key == key


@pytest.mark.parametrize(
    ("name", "winter", "summer"),
    [
        ("International Date Line West", -12, -12),
        ("Hawaii", -10, -10),
        ("Arizona", -7, -7),
        ("Eastern Time (US & Canada)", -5, -4),
        ("Newfoundland", -3.5, -2.5),
        ("Greenland", -2, -1),
        ("Edinburgh", 0, 1),
        ("Kyev", 2, 3),
        ("Tehran", 3.5, 3.5),
        ("Chennai", 5.5, 5.5),
        ("Kathmandu", 5.75, 5.75),
        ("Astana", 5, 5),
        ("Rangoon", 6.5, 6.5),
        ("Adelaide", 10.5, 9.5),
        ("Chatham Is.", 13.75, 12.75),
        ("Samoa", 13, 13),
    ],
)
def test_a_rails_name_has_the_right_offset(name: str, winter: float, summer: float) -> None:
    """January and July, as the IANA database has had them since 2024."""
    zone = zone_named(name)
    for month, hours in ((1, winter), (7, summer)):
        assert datetime(2026, month, 15, 12, tzinfo=UTC).astimezone(zone).utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("America/Argentina/Buenos_Aires", "Buenos Aires"),
        ("Etc/UTC", "UTC"),
        ("UTC", "UTC"),
        ("Etc/GMT+12", "UTC-12"),
        ("Etc/GMT-5", "UTC+5"),
        ("Etc/GMT+0", "UTC"),
    ],
)
def test_a_zone_is_said_by_its_place(key: str, said: str) -> None:
    assert place_name(ZoneInfo(key)) == said


# -- clock rules

RULES: list[tuple[str, ClockRule]] = [
    ('{ kind = "same_business_day", cutoff_hours = 3, morning_hours = 1.5 }', SameBusinessDay(3, 1.5)),
    ('{ kind = "same_business_day" }', SameBusinessDay(2, 2)),
    ('{ kind = "same_business_day", cutoff_hours = 0 }', SameBusinessDay(0, 2)),
    ('{ kind = "business_hours", hours = 4 }', BusinessHours(4)),
    ('{ kind = "end_of_next_business_day" }', EndOfNextBusinessDay()),
    ('{ kind = "every_business_hours", hours = 0.5 }', EveryBusinessHours(0.5)),
]


@pytest.mark.parametrize(("text", "rule"), RULES, ids=[text for text, _ in RULES])
def test_a_clock_rule_is_read_and_comes_back(text: str, rule: ClockRule) -> None:
    found: Any = ClockRuleSchema().load(tomllib.loads(f"clock = {text}")["clock"])
    assert found == rule
    assert ClockRuleSchema().load(ClockRuleSchema().dump(found)) == rule


@pytest.mark.parametrize(
    ("table", "place", "fix"),
    [
        ({}, "kind", "choose one of same_business_day, business_hours"),
        ({"kind": "someday"}, "kind", "no such clock; choose one of"),
        ({"kind": "business_hours"}, "hours", "write how many"),
        ({"kind": "every_business_hours"}, "hours", "write how many"),
        ({"kind": "business_hours", "hours": 0}, "hours", "from a minute (0.017) to 500"),
        ({"kind": "business_hours", "hours": -1}, "hours", "write hours as a number"),
        ({"kind": "business_hours", "hours": 501}, "hours", "write hours as a number"),
        ({"kind": "business_hours", "hours": True}, "hours", "write hours as a number"),
        ({"kind": "business_hours", "hours": "4"}, "hours", "write hours as a number"),
        ({"kind": "business_hours", "hours": float("nan")}, "hours", "write hours as a number"),
        ({"kind": "business_hours", "hours": 4, "cutoff_hours": 2}, "cutoff_hours", "takes hours: remove this"),
        ({"kind": "same_business_day", "hours": 4}, "hours", "takes cutoff_hours and morning_hours: remove this"),
        ({"kind": "same_business_day", "morning_hours": 0}, "morning_hours", "from a minute"),
        ({"kind": "same_business_day", "cutoff_hours": -1}, "cutoff_hours", "from 0 to 500"),
        ({"kind": "end_of_next_business_day", "hours": 4}, "hours", "takes nothing else: remove this"),
        ({"kind": "business_hours", "hours": 4, "minutes": 5}, "minutes", "no such key"),
    ],
    ids=str,
)
def test_a_broken_clock_rule_is_refused_with_its_place_and_the_fix(table: dict[str, Any], place: str, fix: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ClockRuleSchema().load(table)
    messages: Any = caught.value.messages
    assert list(messages) == [place]
    assert fix in " ".join(messages[place])


def test_days_are_named_alike_in_both_places() -> None:
    calendar = CalendarSchema().load({"time_zone": "UTC", "hours": {day: ["09:00-17:00"] for day in DAYS}})
    assert calendar.week == (NINE_TO_FIVE,) * 7
