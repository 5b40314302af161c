"""Questions to a calendar: open or not, until when, how much time lies between, and why a day is closed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.recovery.calendar_forms import CalendarSchema
from integration.recovery.calendars import ALWAYS, BusinessCalendar, CalendarError, Closure, Span, joined
from integration.recovery.public_holidays import public_holidays
from tests.integration.recovery.business_weeks import MINUTE, Section, sections

NEW_YORK = ZoneInfo("America/New_York")
NINE_TO_FIVE = (Span(540, 1020),)
WEEK = (NINE_TO_FIVE,) * 5 + ((), ())
OFFICE = BusinessCalendar(
    "office",
    NEW_YORK,
    WEEK,
    holidays="US-NY",
    closures=(
        Closure(date(2026, 12, 24), date(2026, 12, 24), Span(720, 1440), "half day"),
        Closure(date(2026, 12, 28), date(2026, 12, 31), name="between the years"),
        Closure(date(2027, 1, 4), date(2027, 1, 4)),
    ),
)
many = settings(max_examples=100, deadline=None)


def at(text: str) -> datetime:
    """A moment by the clock of New York, or with the offset it is given."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23T08:59:59.999999", False),
        ("2026-11-23T09:00", True),
        ("2026-11-23T16:59:59.999999", True),
        ("2026-11-23T17:00", False),
        ("2026-11-21T12:00", False),
        ("2026-11-26T12:00", False),
        ("2026-12-24T11:59", True),
        ("2026-12-24T12:00", False),
        ("2026-11-23T14:00+00:00", True),
        ("2026-11-23T13:59+00:00", False),
    ],
)
def test_open_is_from_the_opening_until_just_before_the_closing(moment: str, is_open: bool) -> None:
    assert OFFICE.is_open(at(moment)) is is_open


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-23T10:30:15", "2026-11-23T10:30:15-05:00"),
        ("2026-11-23T17:00", "2026-11-24T09:00:00-05:00"),
        ("2026-11-25T17:00", "2026-11-27T09:00:00-05:00"),
        ("2026-12-24T12:00", "2027-01-05T09:00:00-05:00"),
        ("2026-03-07T12:00", "2026-03-09T09:00:00-04:00"),
    ],
)
def test_the_next_opening_is_now_or_when_the_door_opens(moment: str, opens: str) -> None:
    assert OFFICE.next_open(at(moment)).isoformat() == opens


def test_a_business_day_has_an_opening_and_a_closing() -> None:
    day = OFFICE.business_day(at("2026-12-23T18:00"))
    assert day == date(2026, 12, 24)
    assert OFFICE.opening(day).isoformat() == "2026-12-24T09:00:00-05:00"
    assert OFFICE.closing(day).isoformat() == "2026-12-24T12:00:00-05:00"
    assert OFFICE.next_business_day(day) == date(2027, 1, 5)
    with pytest.raises(CalendarError, match="2026-12-25 is no business day"):
        OFFICE.closing(date(2026, 12, 25))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-11-23T10:00", "2026-11-23T10:00", timedelta()),
        ("2026-11-23T10:00", "2026-11-23T09:30", timedelta()),
        ("2026-11-23T10:00", "2026-11-23T11:00:00.000001", timedelta(hours=1, microseconds=1)),
        ("2026-11-23T16:00", "2026-11-24T10:00", timedelta(hours=2)),
        ("2026-11-20T16:00", "2026-11-23T10:00", timedelta(hours=2)),
        ("2026-11-23T00:00", "2026-11-30T00:00", timedelta(hours=32)),
        ("2026-11-23T18:00", "2026-11-23T23:00", timedelta()),
        ("2026-12-24T00:00", "2027-01-05T10:00", timedelta(hours=4)),
    ],
)
def test_open_time_counts_only_what_lies_within_the_hours(start: str, end: str, expected: timedelta) -> None:
    assert OFFICE.open_time(at(start), at(end)) == expected


def test_a_year_round_the_clock_has_as_many_hours_as_a_year() -> None:
    calendar = BusinessCalendar("always", NEW_YORK, ALWAYS)
    assert calendar.open_time(at("2026-01-01T00:00"), at("2027-01-01T00:00")) == timedelta(days=365)
    assert calendar.open_time(at("2028-01-01T00:00"), at("2029-01-01T00:00")) == timedelta(days=366)


@many
@given(drawn=sections(), minutes=st.integers(0, 3 * 1440), fraction=st.timedeltas(timedelta(), MINUTE / 2))
def test_open_time_is_what_the_wall_clock_shows(
    drawn: tuple[Section, datetime], minutes: int, fraction: timedelta
) -> None:
    section, start = drawn
    calendar = section.calendar()
    counted = sum(section.shows_open(start + MINUTE * number) is not None for number in range(minutes))
    assert calendar.open_time(start, start + MINUTE * minutes) == MINUTE * counted
    part = calendar.open_time(start + fraction, start + MINUTE * minutes) if minutes else timedelta()
    first = fraction if minutes and section.shows_open(start) else timedelta()
    assert part == MINUTE * counted - first


@many
@given(drawn=sections(), fraction=st.timedeltas(timedelta(), MINUTE - timedelta(microseconds=1)))
def test_open_is_what_the_wall_clock_shows(drawn: tuple[Section, datetime], fraction: timedelta) -> None:
    section, start = drawn
    calendar, moment = section.calendar(), start + fraction
    assert calendar.is_open(moment) is (section.shows_open(moment) is not None)
    opens = calendar.next_open(moment).astimezone(UTC)
    first = next(section.minutes(start))[0]
    assert opens == max(first, moment)


@many
@given(drawn=sections(), amount=st.timedeltas(timedelta(microseconds=1), timedelta(hours=30)))
def test_adding_business_time_and_measuring_it_agree(drawn: tuple[Section, datetime], amount: timedelta) -> None:
    section, start = drawn
    calendar = section.calendar()
    assert calendar.open_time(start, calendar.add(start, amount)) == amount


def test_adding_nothing_leads_to_the_next_open_moment_and_adding_less_is_refused() -> None:
    assert OFFICE.add(at("2026-11-21T12:00"), timedelta()) == OFFICE.next_open(at("2026-11-21T12:00"))
    with pytest.raises(ValueError, match="cannot be added backwards"):
        OFFICE.add(at("2026-11-21T12:00"), timedelta(hours=-1))


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 11, 23), None),
        (date(2026, 11, 21), "closed"),
        (date(2026, 11, 26), "a holiday (Thanksgiving Day)"),
        (date(2026, 12, 24), None),
        (date(2026, 12, 29), "closed (between the years)"),
        (date(2027, 1, 4), "closed by the calendar"),
    ],
)
def test_a_closed_day_has_its_reason(day: date, why: str | None) -> None:
    assert OFFICE.why_closed(day) == why


def test_a_date_that_a_zone_left_out_is_no_business_day() -> None:
    apia = BusinessCalendar("apia", ZoneInfo("Pacific/Apia"), ALWAYS)
    assert apia.why_closed(date(2011, 12, 30)) == "left out by the clock"
    assert apia.next_business_day(date(2011, 12, 29)) == date(2011, 12, 31)


def test_a_date_does_not_come_back_where_the_clock_goes_back_over_midnight() -> None:
    """St John's set its clocks back a minute after midnight until 2011: what is left of Saturday is Sunday's."""
    calendar = BusinessCalendar("newfoundland", ZoneInfo("America/St_Johns"), ALWAYS)
    before, after = at("2006-10-29T02:30:59+00:00"), at("2006-10-29T02:31:00+00:00")
    assert before.astimezone(calendar.zone).date() == date(2006, 10, 29)
    assert after.astimezone(calendar.zone).date() == date(2006, 10, 28)
    assert calendar.date_of(before) == calendar.date_of(after) == calendar.business_day(after) == date(2006, 10, 29)
    assert calendar.closing(date(2006, 10, 28)).astimezone(UTC) == at("2006-10-29T02:30+00:00")
    assert calendar.opening(date(2006, 10, 29)).astimezone(UTC) == at("2006-10-29T02:30+00:00")


def test_changes_of_the_clock_are_told_where_they_fall_into_business_time() -> None:
    start, end = at("2026-03-01T00:00"), at("2026-11-30T00:00")
    assert list(OFFICE.clock_changes(start, end)) == []
    changes = list(BusinessCalendar("always", NEW_YORK, ALWAYS).clock_changes(start, end))
    assert [(moment.isoformat(), forward) for moment, forward in changes] == [
        ("2026-03-08T03:00:00-04:00", timedelta(hours=1)),
        ("2026-11-01T01:00:00-05:00", timedelta(hours=-1)),
    ]


@pytest.mark.parametrize(
    ("code", "day", "name"),
    [
        ("US-NY", date(2026, 11, 26), "Thanksgiving Day"),
        ("US-NY", date(2026, 2, 12), "Lincoln's Birthday"),
        ("US", date(2026, 2, 12), None),
        ("GB-ENG", date(2026, 12, 28), "Boxing Day (observed)"),
        ("GB-SCT", date(2026, 11, 30), "Saint Andrew's Day"),
        ("IN", date(2026, 8, 15), "Independence Day"),
        ("DE-BY", date(2026, 1, 6), "Epiphany"),
        ("SE", date(2026, 6, 6), "National Day"),
    ],
)
def test_public_holidays_have_english_names(code: str, day: date, name: str | None) -> None:
    assert public_holidays(code, day.year).get(day) == name


def build(**changes: Any) -> BusinessCalendar:
    return BusinessCalendar(**{"name": "broken", "zone": NEW_YORK, "week": WEEK, **changes})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"week": ((),) * 7}, "broken: is never open"),
        ({"week": (NINE_TO_FIVE,) * 6}, "hours of seven days"),
        ({"week": ((Span(60, 120), Span(0, 30)),) + ((),) * 6}, "each in order"),
        ({"week": ((Span(0, 30), Span(30, 60)),) + ((),) * 6}, "joined where they touch"),
        ({"week": ((Span(0, 30), Span(20, 60)),) + ((),) * 6}, "00:00-00:30 and 00:20-01:00 overlap"),
        ({"holidays": "ATLANTIS"}, "broken: 'ATLANTIS': no public holidays are known"),
        (
            {"closures": (Closure(date(2026, 1, 1), date(2027, 3, 1)),)},
            "broken: is not open within 400 days of 2026-01-01",
        ),
        (
            {"closures": (Closure(date(2027, 1, 1), date(2990, 1, 1)), Closure(date(2026, 5, 1), date(2026, 12, 31)))},
            "look at its hours, holidays and closures",
        ),
    ],
    ids=str,
)
def test_a_calendar_that_is_never_or_hardly_open_is_refused_at_once(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(CalendarError) as caught:
        build(**changes)
    assert said in str(caught.value)


def test_400_days_of_closure_are_a_long_holiday_and_401_a_mistake() -> None:
    first = date(2026, 11, 23)
    calendar = build(closures=(Closure(first, first + timedelta(days=399)),))
    assert calendar.next_open(at("2026-11-20T17:00")).isoformat() == "2027-12-28T09:00:00-05:00"
    with pytest.raises(CalendarError, match="not open within 400 days of 2026-11-23"):
        build(closures=(Closure(first, first + timedelta(days=400)),))


def test_spans_are_put_in_order_and_joined() -> None:
    assert joined([Span(60, 90), Span(0, 30), Span(30, 60), Span(100, 110)]) == (Span(0, 90), Span(100, 110))


@pytest.mark.parametrize("edges", [(-1, 60), (60, 60), (90, 60), (0, 1441)])
def test_a_span_lies_within_a_day(edges: tuple[int, int]) -> None:
    with pytest.raises(CalendarError, match="on the same day"):
        Span(*edges)


@pytest.mark.parametrize("ask", ["is_open", "next_open", "business_day", "date_of"])
def test_a_moment_without_a_zone_is_refused(ask: str) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        getattr(OFFICE, ask)(datetime(2026, 11, 23, 10))


def test_a_calendar_made_from_its_section_is_the_same_calendar() -> None:
    assert CalendarSchema().load(CalendarSchema().dump(OFFICE)) == OFFICE
    assert hash(OFFICE) == hash(CalendarSchema().load(CalendarSchema().dump(OFFICE)))
