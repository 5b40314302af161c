"""Deadlines worked out by hand: every row says by when, and why then."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from integration.recovery.calendar_forms import CalendarSchema
from integration.recovery.calendars import BusinessCalendar, CalendarError
from integration.recovery.clock_rules import (
    BusinessHours,
    ClockRule,
    EndOfNextBusinessDay,
    EveryBusinessHours,
    SameBusinessDay,
)
from integration.recovery.deadlines import Deadline, due, words

OFFICE = {"mon-fri": ["09:00-17:00"]}
SECTIONS: dict[str, dict[str, Any]] = {
    "new york": {"time_zone": "America/New_York", "hours": OFFICE, "holidays": "US-NY"},
    "london": {"time_zone": "Europe/London", "hours": OFFICE, "holidays": "GB-ENG"},
    "lunch": {"time_zone": "Europe/London", "hours": {"mon-fri": ["09:00-12:00", "13:00-17:00"]}, "holidays": "GB-ENG"},
    "short saturday": {"time_zone": "Europe/London", "hours": OFFICE | {"sat": ["10:00-11:00"]}},
    "christmas": {
        "time_zone": "Europe/London",
        "hours": OFFICE,
        "holidays": "GB-ENG",
        "closures": [
            "2026-12-24 12:00-24:00: half day",
            "2026-12-29..2026-12-31: between the years",
            "2026-11-23 17:00-19:00",
        ],
    },
    "round the clock": {"time_zone": "America/New_York", "always": True},
    "london round the clock": {"time_zone": "Europe/London", "always": True},
    "night": {"time_zone": "America/New_York", "hours": {"mon-sun": ["00:00-05:00", "22:00-24:00"]}},
    "in the gap": {"time_zone": "America/New_York", "hours": {"sun": ["02:15-02:45"]}},
    "in the repeated hour": {"time_zone": "America/New_York", "hours": {"sun": ["01:15-01:45"]}},
    "havana": {"time_zone": "America/Havana", "hours": {"mon-sun": ["00:00-02:00"]}},
    "india": {"time_zone": "Asia/Kolkata", "hours": {"mon-sat": ["10:00-19:00"]}, "holidays": "IN"},
    "nepal": {"time_zone": "Asia/Kathmandu", "hours": {"sun-fri": ["10:00-17:00"]}},
    "newfoundland": {"time_zone": "America/St_Johns", "hours": {"mon-fri": ["08:30-16:30"]}},
    "chatham": {"time_zone": "Pacific/Chatham", "hours": {"mon-fri": ["08:30-17:00"]}},
    "lord howe": {"time_zone": "Australia/Lord_Howe", "hours": {"mon-sun": ["01:00-03:00"]}},
    "sydney": {"time_zone": "Australia/Sydney", "hours": OFFICE},
    "dubai": {"time_zone": "Asia/Dubai", "hours": {"mon-thu": ["08:00-18:00"], "fri": ["08:00-12:00"]}},
    "apia": {"time_zone": "Pacific/Apia", "hours": OFFICE},
    "apia round the clock": {"time_zone": "Pacific/Apia", "always": True},
    "apia fridays": {"time_zone": "Pacific/Apia", "hours": {"fri": ["09:00-17:00"]}},
}
CALENDARS: dict[str, BusinessCalendar] = {
    name: CalendarSchema().load({"name": name, **section}) for name, section in SECTIONS.items()
}

SAME_DAY = SameBusinessDay(cutoff_hours=2, morning_hours=2)
NEXT_DAY = EndOfNextBusinessDay()


def hours(number: float) -> BusinessHours:
    return BusinessHours(number)


CASES: list[tuple[str, ClockRule, str, str, str]] = [
    # the same business day (Monday is 23 November 2026, the 26th is Thanksgiving)
    ("new york", SAME_DAY, "2026-11-23T10:00-05:00", "2026-11-23T17:00-05:00", "seven hours left"),
    ("new york", SAME_DAY, "2026-11-23T09:00-05:00", "2026-11-23T17:00-05:00", "the opening second is open"),
    ("new york", SAME_DAY, "2026-11-23T08:59:59-05:00", "2026-11-23T17:00-05:00", "before opening: the day to come"),
    ("new york", SAME_DAY, "2026-11-23T00:00-05:00", "2026-11-23T17:00-05:00", "midnight belongs to the new day"),
    ("new york", SAME_DAY, "2026-11-23T15:00-05:00", "2026-11-23T17:00-05:00", "two hours are not fewer than two"),
    ("new york", SAME_DAY, "2026-11-23T15:00:01-05:00", "2026-11-24T11:00-05:00", "a second too late for today"),
    ("new york", SAME_DAY, "2026-11-23T15:00:00.000001-05:00", "2026-11-24T11:00-05:00", "a microsecond too late"),
    ("new york", SAME_DAY, "2026-11-23T16:59:59.999999-05:00", "2026-11-24T11:00-05:00", "the last microsecond"),
    ("new york", SAME_DAY, "2026-11-23T17:00-05:00", "2026-11-24T17:00-05:00", "the closing second is closed"),
    ("new york", SAME_DAY, "2026-11-23T23:30-05:00", "2026-11-24T17:00-05:00", "after hours: all of tomorrow"),
    ("new york", SAME_DAY, "2026-11-20T16:00-05:00", "2026-11-23T11:00-05:00", "Friday afternoon, over a weekend"),
    ("new york", SAME_DAY, "2026-11-21T12:00-05:00", "2026-11-23T17:00-05:00", "Saturday counts as Monday"),
    ("new york", SAME_DAY, "2026-11-25T16:00-05:00", "2026-11-27T11:00-05:00", "over Thanksgiving"),
    ("new york", SAME_DAY, "2026-11-26T10:00-05:00", "2026-11-27T17:00-05:00", "on Thanksgiving"),
    ("new york", SAME_DAY, "2026-11-23T21:00+00:00", "2026-11-24T11:00-05:00", "told in UTC: 16:00 in New York"),
    ("new york", SAME_DAY, "2026-11-24T03:00+00:00", "2026-11-24T17:00-05:00", "told in UTC: 22:00 on Monday"),
    ("new york", SAME_DAY, "2026-12-31T16:00-05:00", "2027-01-04T11:00-05:00", "over New Year and a weekend"),
    ("new york", SAME_DAY, "2028-02-28T16:00-05:00", "2028-02-29T11:00-05:00", "into a leap day"),
    ("new york", SAME_DAY, "2028-02-29T16:30-05:00", "2028-03-01T11:00-05:00", "out of a leap day"),
    ("new york", SAME_DAY, "2026-02-27T17:00-05:00", "2026-03-02T17:00-05:00", "a February without one"),
    ("new york", SAME_DAY, "2026-03-06T16:00-05:00", "2026-03-09T11:00-04:00", "the clock goes forward on Sunday"),
    ("new york", SAME_DAY, "2026-10-30T16:00-04:00", "2026-11-02T11:00-05:00", "the clock goes back on Sunday"),
    ("new york", SameBusinessDay(0, 2), "2026-11-23T16:59:59-05:00", "2026-11-23T17:00-05:00", "no cut-off at all"),
    ("new york", SameBusinessDay(9, 2), "2026-11-23T08:00-05:00", "2026-11-24T11:00-05:00", "no day is that long"),
    ("lunch", SAME_DAY, "2026-11-23T12:30+00:00", "2026-11-23T17:00+00:00", "at lunch: four hours of today left"),
    ("lunch", SameBusinessDay(5, 2), "2026-11-23T11:30+00:00", "2026-11-24T11:00+00:00", "lunch is not business time"),
    (
        "lunch",
        SameBusinessDay(2, 4),
        "2026-11-23T16:00+00:00",
        "2026-11-24T14:00+00:00",
        "a morning longer than morning",
    ),
    (
        "lunch",
        SameBusinessDay(2, 3),
        "2026-11-23T16:00+00:00",
        "2026-11-24T12:00+00:00",
        "the end of the morning counts",
    ),
    ("short saturday", SAME_DAY, "2026-11-27T16:30+00:00", "2026-11-28T11:00+00:00", "Saturday closes after an hour"),
    ("short saturday", SAME_DAY, "2026-11-27T18:00+00:00", "2026-11-30T11:00+00:00", "Saturday alone is too short"),
    ("short saturday", SAME_DAY, "2026-11-28T10:30+00:00", "2026-11-30T11:00+00:00", "half an hour left on Saturday"),
    ("christmas", SAME_DAY, "2026-12-24T10:00+00:00", "2026-12-24T12:00+00:00", "the half day ends at noon"),
    ("christmas", SAME_DAY, "2026-12-24T10:30+00:00", "2027-01-04T11:00+00:00", "holidays and closures in a row"),
    ("christmas", SAME_DAY, "2026-12-24T12:00+00:00", "2027-01-04T17:00+00:00", "closed from noon: after the break"),
    ("round the clock", SAME_DAY, "2026-11-23T21:00-05:00", "2026-11-24T00:00-05:00", "the day ends at midnight"),
    ("round the clock", SAME_DAY, "2026-11-23T22:30-05:00", "2026-11-24T02:00-05:00", "two hours into the night"),
    ("round the clock", SAME_DAY, "2026-03-08T00:30-05:00", "2026-03-09T00:00-04:00", "the clock changes on the way"),
    (
        "round the clock",
        SameBusinessDay(23.5, 2),
        "2026-03-08T00:00-05:00",
        "2026-03-09T02:00-04:00",
        "this day has only 23 hours",
    ),
    (
        "round the clock",
        SameBusinessDay(24.5, 2),
        "2026-11-01T00:00-04:00",
        "2026-11-02T00:00-05:00",
        "this day has 25 hours",
    ),
    ("india", SAME_DAY, "2026-11-21T18:00+05:30", "2026-11-23T12:00+05:30", "half-hour zone, Saturday is worked"),
    ("india", SAME_DAY, "2026-11-23T18:00+05:30", "2026-11-25T12:00+05:30", "over Guru Nanak's birthday"),
    ("nepal", SAME_DAY, "2026-11-20T16:00+05:45", "2026-11-22T12:00+05:45", "Saturday is the day off, Sunday is not"),
    ("chatham", SAME_DAY, "2026-04-03T16:00+13:45", "2026-04-06T10:30+12:45", "three-quarter zone, clock goes back"),
    ("newfoundland", SAME_DAY, "2026-11-23T14:30-03:30", "2026-11-23T16:30-03:30", "half-hour zone, two hours left"),
    ("newfoundland", SAME_DAY, "2026-11-23T14:31-03:30", "2026-11-24T10:30-03:30", "half-hour zone, a minute late"),
    ("apia", SAME_DAY, "2011-12-29T16:00-10:00", "2012-01-02T11:00+14:00", "Friday the 30th did not exist"),
    # so many business hours
    ("new york", hours(4), "2026-11-23T10:00-05:00", "2026-11-23T14:00-05:00", "within one day"),
    ("new york", hours(4), "2026-11-23T06:00-05:00", "2026-11-23T13:00-05:00", "counted from the opening"),
    ("new york", hours(4), "2026-11-23T13:00-05:00", "2026-11-23T17:00-05:00", "the end of the day counts"),
    ("new york", hours(4), "2026-11-23T13:00:01-05:00", "2026-11-24T09:00:01-05:00", "one second is left for Tuesday"),
    (
        "new york",
        hours(4),
        "2026-11-23T13:00:00.000001-05:00",
        "2026-11-24T09:00:00.000001-05:00",
        "one microsecond is left for Tuesday",
    ),
    ("new york", hours(4), "2026-11-23T17:00-05:00", "2026-11-24T13:00-05:00", "from the closing second"),
    ("new york", hours(8), "2026-11-20T09:00-05:00", "2026-11-20T17:00-05:00", "exactly one day"),
    ("new york", hours(8), "2026-11-20T09:30-05:00", "2026-11-23T09:30-05:00", "one day, over a weekend"),
    ("new york", hours(40), "2026-11-16T09:00-05:00", "2026-11-20T17:00-05:00", "exactly one week"),
    ("new york", hours(4), "2026-11-21T10:00-05:00", "2026-11-23T13:00-05:00", "Saturday: from Monday's opening"),
    ("new york", hours(4), "2026-11-25T15:30-05:00", "2026-11-27T11:30-05:00", "over Thanksgiving"),
    ("new york", hours(4), "2026-12-31T15:00-05:00", "2027-01-04T11:00-05:00", "over New Year"),
    ("new york", hours(0.25), "2026-11-23T16:50-05:00", "2026-11-24T09:05-05:00", "a quarter of an hour"),
    ("lunch", hours(4), "2026-11-23T10:30+00:00", "2026-11-23T15:30+00:00", "lunch does not count"),
    ("lunch", hours(1.5), "2026-11-23T10:30+00:00", "2026-11-23T12:00+00:00", "noon, not one o'clock"),
    ("lunch", hours(1), "2026-11-23T12:00+00:00", "2026-11-23T14:00+00:00", "noon is lunch already"),
    ("lunch", hours(0.5), "2026-11-23T12:59:59+00:00", "2026-11-23T13:30+00:00", "the last second of lunch"),
    ("london", hours(4), "2026-03-27T16:00+00:00", "2026-03-30T12:00+01:00", "the clock goes forward on Sunday"),
    ("london", hours(4), "2026-10-23T16:00+01:00", "2026-10-26T12:00+00:00", "the clock goes back on Sunday"),
    ("london", hours(10), "2026-04-02T10:00+01:00", "2026-04-07T12:00+01:00", "over Easter"),
    ("round the clock", hours(4), "2026-03-08T00:00-05:00", "2026-03-08T05:00-04:00", "no clock shows two to three"),
    ("round the clock", hours(4), "2026-11-01T00:00-04:00", "2026-11-01T03:00-05:00", "one to two comes twice"),
    ("round the clock", hours(1), "2026-11-01T01:30-04:00", "2026-11-01T01:30-05:00", "from half past one to the same"),
    ("round the clock", hours(24), "2026-03-07T12:00-05:00", "2026-03-08T13:00-04:00", "24 hours are not a date"),
    ("london round the clock", hours(24), "2028-02-28T12:00+00:00", "2028-02-29T12:00+00:00", "a leap day"),
    ("night", hours(4), "2026-03-07T22:00-05:00", "2026-03-08T03:00-04:00", "two o'clock is three o'clock"),
    ("night", hours(5), "2026-03-07T22:00-05:00", "2026-03-08T04:00-04:00", "a night shift loses an hour"),
    ("night", hours(5), "2026-10-31T22:00-04:00", "2026-11-01T02:00-05:00", "a night shift gains an hour"),
    ("in the gap", hours(0.5), "2026-03-08T00:00-05:00", "2026-03-15T02:45-04:00", "the hours fell into the gap"),
    ("in the repeated hour", hours(1), "2026-11-01T00:00-04:00", "2026-11-01T01:45-05:00", "open on both passes"),
    ("havana", hours(2), "2026-03-07T12:00-05:00", "2026-03-09T01:00-04:00", "midnight itself was skipped"),
    ("lord howe", hours(2), "2026-10-04T00:00+10:30", "2026-10-05T01:30+11:00", "a change of half an hour, forward"),
    ("lord howe", hours(2.5), "2026-04-05T00:00+11:00", "2026-04-05T03:00+10:30", "a change of half an hour, back"),
    ("dubai", hours(4), "2026-11-20T11:00+04:00", "2026-11-23T11:00+04:00", "Friday ends at noon"),
    ("sydney", hours(4), "2026-11-22T22:00+00:00", "2026-11-23T13:00+11:00", "Sunday in UTC is Monday at nine"),
    (
        "apia round the clock",
        hours(4),
        "2011-12-29T22:00-10:00",
        "2011-12-31T02:00+14:00",
        "Thursday midnight was Saturday",
    ),
    ("apia fridays", hours(1), "2011-12-28T10:00-10:00", "2012-01-06T10:00+14:00", "that Friday did not exist"),
    # the end of the next business day
    ("new york", NEXT_DAY, "2026-11-23T10:00-05:00", "2026-11-24T17:00-05:00", "tomorrow"),
    ("new york", NEXT_DAY, "2026-11-23T07:00-05:00", "2026-11-24T17:00-05:00", "before opening is today all the same"),
    ("new york", NEXT_DAY, "2026-11-23T18:00-05:00", "2026-11-24T17:00-05:00", "after closing is today all the same"),
    ("new york", NEXT_DAY, "2026-11-24T03:00+00:00", "2026-11-24T17:00-05:00", "Tuesday in UTC is Monday here"),
    ("new york", NEXT_DAY, "2026-11-20T10:00-05:00", "2026-11-23T17:00-05:00", "Friday: Monday"),
    ("new york", NEXT_DAY, "2026-11-22T10:00-05:00", "2026-11-23T17:00-05:00", "Sunday: Monday"),
    ("new york", NEXT_DAY, "2026-11-25T10:00-05:00", "2026-11-27T17:00-05:00", "over Thanksgiving"),
    ("new york", NEXT_DAY, "2028-02-28T10:00-05:00", "2028-02-29T17:00-05:00", "a leap day"),
    ("london", NEXT_DAY, "2026-10-23T10:00+01:00", "2026-10-26T17:00+00:00", "the clock goes back between"),
    ("christmas", NEXT_DAY, "2026-12-23T09:00+00:00", "2026-12-24T12:00+00:00", "the next day ends at noon"),
    ("christmas", NEXT_DAY, "2026-12-24T09:00+00:00", "2027-01-04T17:00+00:00", "over the year's end"),
    ("round the clock", NEXT_DAY, "2026-11-23T12:00-05:00", "2026-11-25T00:00-05:00", "midnight after tomorrow"),
    ("india", NEXT_DAY, "2026-11-22T19:00+00:00", "2026-11-25T19:00+05:30", "Monday here; Tuesday is a holiday"),
    ("apia round the clock", NEXT_DAY, "2011-12-29T10:00-10:00", "2012-01-01T00:00+14:00", "there was no Friday"),
    # again and again
    ("new york", EveryBusinessHours(8), "2026-11-23T10:00-05:00", "2026-11-24T10:00-05:00", "a day later"),
    (
        "new york",
        EveryBusinessHours(8),
        "2026-11-24T17:00-05:00",
        "2026-11-25T17:00-05:00",
        "from a due time at closing",
    ),
    (
        "new york",
        EveryBusinessHours(8),
        "2026-11-20T17:00-05:00",
        "2026-11-23T17:00-05:00",
        "Friday's end, Monday's end",
    ),
    ("lunch", EveryBusinessHours(4), "2026-11-23T12:00+00:00", "2026-11-23T17:00+00:00", "from the end of the morning"),
]


@pytest.mark.parametrize(
    ("calendar", "rule", "start", "expected", "reason"),
    CASES,
    ids=[f"{calendar}: {rule.kind} from {start}, {reason}" for calendar, rule, start, _, reason in CASES],
)
def test_a_deadline_falls_where_a_person_would_put_it(
    calendar: str, rule: ClockRule, start: str, expected: str, reason: str
) -> None:
    found = due(rule, datetime.fromisoformat(start), CALENDARS[calendar])
    assert found.due_at.isoformat() == datetime.fromisoformat(expected).isoformat(), reason
    assert found.due_at.tzinfo is CALENDARS[calendar].zone


def test_the_table_is_as_long_as_promised_and_says_nothing_twice() -> None:
    assert len(CASES) >= 60
    assert len({(calendar, rule, start) for calendar, rule, start, _, _ in CASES}) == len(CASES)


@pytest.mark.parametrize(
    ("calendar", "rule", "start", "explanation"),
    [
        (
            "new york",
            SAME_DAY,
            "2026-11-23T10:00-05:00",
            "end of Monday 23 November (17:00 New York)."
            " Rule: same business day, cut-off 2 business hours. Calendar: new york.",
        ),
        (
            "new york",
            SAME_DAY,
            "2026-11-20T16:00-05:00",
            "Monday 23 November 11:00 New York, 2 business hours after opening:"
            " Friday 20 November had less than 2 business hours left, Saturday and Sunday are closed."
            " Rule: same business day, cut-off 2 business hours. Calendar: new york.",
        ),
        (
            "short saturday",
            SAME_DAY,
            "2026-11-27T16:30+00:00",
            "end of Saturday 28 November (11:00 London):"
            " Friday 27 November had less than 2 business hours left,"
            " Saturday 28 November is open for less than 2 business hours."
            " Rule: same business day, cut-off 2 business hours. Calendar: short saturday.",
        ),
        (
            "short saturday",
            SameBusinessDay(2, 1),
            "2026-11-27T16:30+00:00",
            "end of Saturday 28 November (11:00 London), 1 business hour after opening:"
            " Friday 27 November had less than 2 business hours left."
            " Rule: same business day, cut-off 2 business hours. Calendar: short saturday.",
        ),
        (
            "christmas",
            hours(1),
            "2026-11-23T10:00+00:00",
            "Monday 23 November 11:00 London, 1 business hour after Monday 23 November 10:00."
            " Rule: within 1 business hour. Calendar: christmas.",
        ),
        (
            "new york",
            hours(1),
            "2026-11-25T18:00-05:00",
            "Friday 27 November 10:00 New York, 1 business hour after Wednesday 25 November 18:00:"
            " Wednesday 25 November 18:00 is outside business hours,"
            " Thursday 26 November is a holiday (Thanksgiving Day)."
            " Rule: within 1 business hour. Calendar: new york.",
        ),
        (
            "christmas",
            NEXT_DAY,
            "2026-12-24T09:00+00:00",
            "end of Monday 4 January 2027 (17:00 London), the next business day after Thursday 24 December:"
            " Saturdays and Sundays are closed,"
            " Friday 25 December is a holiday (Christmas Day), Monday 28 December is a holiday (Boxing Day (observed)),"
            " Tuesday 29 December to Thursday 31 December are closed (between the years),"
            " Friday 1 January 2027 is a holiday (New Year's Day),"
            " Thursday 24 December is closed 12:00-24:00 (half day)."
            " Rule: end of the next business day. Calendar: christmas.",
        ),
        (
            "round the clock",
            EveryBusinessHours(0.5),
            "2026-11-01T01:45-04:00",
            "Sunday 1 November 01:15 (UTC-05:00) New York, 30 business minutes after Sunday 1 November 01:45:"
            " the clock goes back an hour on Sunday 1 November."
            " Rule: every 30 business minutes. Calendar: round the clock.",
        ),
        (
            "apia round the clock",
            NEXT_DAY,
            "2011-12-29T10:00-10:00",
            "end of Saturday 31 December (midnight Apia), the next business day after Thursday 29 December:"
            " Friday 30 December is left out by the clock, the clock goes forward 24 hours on Saturday 31 December."
            " Rule: end of the next business day. Calendar: apia round the clock.",
        ),
    ],
)
def test_the_explanation_names_the_day_what_moved_it_the_rule_and_the_calendar(
    calendar: str, rule: ClockRule, start: str, explanation: str
) -> None:
    assert due(rule, datetime.fromisoformat(start), CALENDARS[calendar]).explanation == explanation


@pytest.mark.parametrize(
    ("calendar", "due_at", "now", "said"),
    [
        ("new york", "2026-11-23T17:00-05:00", "2026-11-23T10:00-05:00", "today before 17:00 New York"),
        ("london", "2026-11-24T11:00+00:00", "2026-11-23T23:59+00:00", "tomorrow (Tuesday) before 11:00 London"),
        ("new york", "2026-11-24T11:00-05:00", "2026-11-24T04:00+00:00", "tomorrow (Tuesday) before 11:00 New York"),
        ("new york", "2026-11-24T11:00-05:00", "2026-11-24T05:00+00:00", "today before 11:00 New York"),
        ("india", "2026-11-26T12:00+05:30", "2026-11-23T12:00+05:30", "on Thursday 26 November before 12:00 Kolkata"),
        (
            "new york",
            "2027-01-04T11:00-05:00",
            "2026-12-31T16:00-05:00",
            "on Monday 4 January 2027 before 11:00 New York",
        ),
        ("round the clock", "2026-11-24T00:00-05:00", "2026-11-23T21:00-05:00", "today before midnight New York"),
        (
            "round the clock",
            "2026-11-25T00:00-05:00",
            "2026-11-23T21:00-05:00",
            "tomorrow (Tuesday) before midnight New York",
        ),
        ("new york", "2026-11-23T16:23:59-05:00", "2026-11-23T10:00-05:00", "today before 16:23 New York"),
        ("new york", "2026-11-23T17:00-05:00", "2026-11-23T17:00-05:00", "overdue since today 17:00 New York"),
        (
            "new york",
            "2026-11-23T17:00-05:00",
            "2026-11-24T09:00-05:00",
            "overdue since yesterday (Monday) 17:00 New York",
        ),
        (
            "new york",
            "2026-11-23T17:00-05:00",
            "2026-11-30T09:00-05:00",
            "overdue since Monday 23 November 17:00 New York",
        ),
        (
            "round the clock",
            "2026-11-01T01:30-05:00",
            "2026-11-01T01:45-04:00",
            "today before 01:30 (UTC-05:00) New York",
        ),
    ],
)
def test_a_deadline_is_said_as_an_agent_would_say_it(calendar: str, due_at: str, now: str, said: str) -> None:
    moment = datetime.fromisoformat(due_at).astimezone(CALENDARS[calendar].zone)
    for told in (datetime.fromisoformat(now), datetime.fromisoformat(now).astimezone(moment.tzinfo)):
        assert words(Deadline(moment, ""), told) == said


def test_hours_that_nobody_could_wait_for_are_refused() -> None:
    with pytest.raises(CalendarError, match="not over within 400 days"):
        due(hours(100), datetime(2026, 11, 23, tzinfo=UTC), CALENDARS["in the gap"])


@pytest.mark.parametrize("rule", [SAME_DAY, hours(1), NEXT_DAY, EveryBusinessHours(1)], ids=lambda rule: rule.kind)
def test_a_moment_without_a_zone_is_refused(rule: ClockRule) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        due(rule, datetime(2026, 11, 23, 10), CALENDARS["new york"])
