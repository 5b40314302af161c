"""What holds for every deadline, whatever the zone, the hours and the moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import dropwhile, takewhile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from integration.recovery.clock_rules import (
    BusinessHours,
    ClockRule,
    EndOfNextBusinessDay,
    EveryBusinessHours,
    SameBusinessDay,
)
from integration.recovery.deadlines import due, words
from tests.integration.recovery.business_weeks import DAYS, MINUTE, Section, sections

TICK = timedelta(microseconds=1)

# Hours in whole minutes, so that the reference, which counts minutes, can be exact.
_hours = st.integers(1, 20 * 60).map(lambda minutes: minutes / 60)
rules: st.SearchStrategy[ClockRule] = st.one_of(
    st.builds(SameBusinessDay, st.integers(0, 12 * 60).map(lambda minutes: minutes / 60), _hours),
    st.builds(BusinessHours, _hours),
    st.just(EndOfNextBusinessDay()),
    st.builds(EveryBusinessHours, _hours),
)
few = settings(max_examples=60, deadline=None)
many = settings(max_examples=200, deadline=None)

ST_JOHNS_2006 = Section("America/St_Johns", (((0, 1440),),) * 7)
"""Until 2011 the clock went back there a minute after midnight, so that a date ended, began and ended again."""


def reference(rule: ClockRule, start: datetime, section: Section) -> datetime:
    """The deadline, by looking at the wall clock every minute."""
    if isinstance(rule, BusinessHours | EveryBusinessHours):
        minutes = section.minutes(start)
        for _ in range(round(rule.hours * 60) - 1):
            next(minutes)
        return next(minutes)[0] + MINUTE
    if isinstance(rule, EndOfNextBusinessDay):
        today = start.astimezone(section.calendar().zone).date()
        return _one_day(section, start, after=today)[-1] + MINUTE
    today = next(section.minutes(start))[1]
    left = _one_day(section, start, after=today - timedelta(days=1))
    if len(left) >= round(rule.cutoff_hours * 60):
        return left[-1] + MINUTE
    following = _one_day(section, start, after=today)
    return following[: round(rule.morning_hours * 60)][-1] + MINUTE


def _one_day(section: Section, start: datetime, after: date) -> list[datetime]:
    """The open minutes from `start` of the first business day later than `after`."""
    later = dropwhile(lambda item: item[1] <= after, section.minutes(start))
    first, day = next(later)
    # A date lasts 25 hours at most; further minutes need not be looked at.
    end = first + timedelta(hours=26)
    return [first] + [at for at, found in takewhile(lambda item: item[0] < end, later) if found == day]


@few
@given(drawn=sections(), rule=rules)
def test_a_deadline_is_what_the_wall_clock_says_minute_by_minute(
    drawn: tuple[Section, datetime], rule: ClockRule
) -> None:
    section, start = drawn
    if section.zone == "America/St_Johns" and start.year == 2006:
        return  # dates overlap there: what a day is, the reference cannot tell
    assert due(rule, start, section.calendar()).due_at.astimezone(UTC) == reference(rule, start, section)


@many
@given(drawn=sections(), rule=rules, fraction=st.timedeltas(timedelta(), MINUTE - TICK))
def test_a_deadline_is_later_than_its_start_and_within_business_time(
    drawn: tuple[Section, datetime], rule: ClockRule, fraction: timedelta
) -> None:
    section, start = drawn
    start += fraction
    at = due(rule, start, section.calendar()).due_at.astimezone(UTC)
    assert at > start
    assert section.shows_open(at) or section.shows_open(at - TICK)


@many
@given(drawn=sections(), rule=rules, later=st.timedeltas(timedelta(), timedelta(days=4)))
@example((ST_JOHNS_2006, datetime(2006, 10, 29, 2, 30, 30, tzinfo=UTC)), SameBusinessDay(), timedelta(minutes=20))
@example((ST_JOHNS_2006, datetime(2006, 10, 29, 2, 30, 30, tzinfo=UTC)), EndOfNextBusinessDay(), timedelta(minutes=20))
def test_who_complains_later_is_not_answered_earlier(
    drawn: tuple[Section, datetime], rule: ClockRule, later: timedelta
) -> None:
    section, start = drawn
    calendar = section.calendar()
    first, second = (due(rule, moment, calendar).due_at.astimezone(UTC) for moment in (start, start + later))
    assert first <= second


@many
@given(drawn=sections(), hours=_hours, fraction=st.timedeltas(timedelta(), MINUTE - TICK))
def test_so_many_hours_are_exactly_so_many_hours(
    drawn: tuple[Section, datetime], hours: float, fraction: timedelta
) -> None:
    section, start = drawn
    calendar = section.calendar()
    at = due(BusinessHours(hours), start + fraction, calendar).due_at
    assert calendar.open_time(start + fraction, at) == timedelta(hours=hours)


@many
@given(drawn=sections(), rule=rules, elsewhere=st.sampled_from(("Asia/Tokyo", "America/Havana", "Pacific/Chatham")))
def test_it_does_not_matter_in_which_zone_the_start_is_told(
    drawn: tuple[Section, datetime], rule: ClockRule, elsewhere: str
) -> None:
    section, start = drawn
    calendar = section.calendar()
    other = Section(elsewhere, section.week).calendar().zone
    assert due(rule, start.astimezone(other), calendar) == due(rule, start, calendar)


@many
@given(drawn=sections(), rule=rules, later=st.timedeltas(timedelta(days=-9), timedelta(days=9)))
def test_there_are_words_for_every_deadline(drawn: tuple[Section, datetime], rule: ClockRule, later: timedelta) -> None:
    section, start = drawn
    found = due(rule, start, section.calendar())
    assert found.explanation.endswith(f"Rule: {rule.words}. Calendar: drawn.")
    said = words(found, start + later)
    assert said.startswith("overdue since ") == (found.due_at.astimezone(UTC) <= start + later)


@pytest.mark.parametrize("day", range(7))
def test_the_reference_itself_knows_a_plain_week(day: int) -> None:
    week = tuple(((540, 1020),) if number == day else () for number in range(7))
    section = Section("Etc/UTC", week)
    start = datetime(2026, 11, 23, tzinfo=UTC)
    opening = start + timedelta(days=day, hours=9)
    assert opening.strftime("%a").lower() == DAYS[day]
    assert reference(BusinessHours(1), start, section) == opening + timedelta(hours=1)
    assert reference(SameBusinessDay(), start, section) == opening + timedelta(hours=8)
