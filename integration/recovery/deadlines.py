"""By when a complaint is to be answered: a clock rule on a business calendar, with its explanation in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import assert_never

from integration.recovery.calendar_words import change_words, closed_words, day_words, last_day, limit_words
from integration.recovery.calendars import BusinessCalendar
from integration.recovery.clock_rules import (
    BusinessHours,
    ClockRule,
    EndOfNextBusinessDay,
    EveryBusinessHours,
    SameBusinessDay,
    hours_words,
)


@dataclass(frozen=True, slots=True)
class Deadline:
    """`due_at` is aware, in the calendar's zone, and within business time (a closing counts). Moments of one zone are
    compared by Python as the clock shows them: turn them to UTC first where an hour may occur twice."""

    due_at: datetime
    explanation: str


def due(rule: ClockRule, start: datetime, calendar: BusinessCalendar) -> Deadline:
    """When the clock of `rule` that starts at `start` (aware) runs out.

    For an EveryBusinessHours clock pass the last due time as `start` to get the next. Raises ValueError for a naive
    moment, CalendarError for more than 400 days ahead.
    """
    match rule:
        case SameBusinessDay():
            return _same_business_day(rule, start, calendar)
        case BusinessHours(hours) | EveryBusinessHours(hours):
            due_at = calendar.add(start, timedelta(hours=hours))
            what = f"{_when(due_at, start, calendar)}, {hours_words(hours)} after {_moment(start, calendar)}"
            return _deadline(rule, start, calendar, due_at, what, ())
        case EndOfNextBusinessDay():
            today = calendar.date_of(start)
            due_at = calendar.closing(calendar.next_business_day(today))
            what = f"{_when(due_at, start, calendar)}, the next business day after {day_words(today)}"
            return _deadline(rule, start, calendar, due_at, what, ())
        case _:
            assert_never(rule)


def words(deadline: Deadline, now: datetime) -> str:
    """The deadline as an agent reads it: "today before 17:00 New York", "tomorrow (Tuesday) before 11:00 London",
    "overdue since yesterday (Monday) 17:00 New York"."""
    at = deadline.due_at
    today, day = now.astimezone(at.tzinfo).date(), last_day(at)
    match (day - today).days:
        case 0:
            when = "today"
        case 1:
            when = f"tomorrow ({day_words(day).split()[0]})"
        case -1:
            when = f"yesterday ({day_words(day).split()[0]})"
        case _:
            when = day_words(day, today)
    if now.astimezone(UTC) >= at.astimezone(UTC):
        return f"overdue since {when} {limit_words(at)}"
    return f"{when if when[0].islower() else f'on {when}'} before {limit_words(at)}"


def _same_business_day(rule: SameBusinessDay, start: datetime, calendar: BusinessCalendar) -> Deadline:
    day = calendar.business_day(start)
    closing = calendar.closing(day)
    if calendar.open_time(start, closing) >= timedelta(hours=rule.cutoff_hours):
        return _deadline(rule, start, calendar, closing, _when(closing, start, calendar), ())
    following = calendar.next_business_day(day)
    opening, closing = calendar.opening(following), calendar.closing(following)
    morning = timedelta(hours=rule.morning_hours)
    moved = [f"{day_words(day)} had less than {hours_words(rule.cutoff_hours)} left"]
    if calendar.open_time(opening, closing) < morning:
        moved.append(f"{day_words(following)} is open for less than {hours_words(rule.morning_hours)}")
        return _deadline(rule, start, calendar, closing, _when(closing, start, calendar), moved)
    due_at = calendar.add(opening, morning)
    what = f"{_when(due_at, start, calendar)}, {hours_words(rule.morning_hours)} after opening"
    return _deadline(rule, start, calendar, due_at, what, moved)


def _deadline(
    rule: ClockRule, start: datetime, calendar: BusinessCalendar, due_at: datetime, what: str, moved: Sequence[str]
) -> Deadline:
    reasons = [*moved, *_circumstances(start, due_at, calendar)]
    because = f": {', '.join(reasons)}" if reasons else ""
    return Deadline(due_at, f"{what}{because}. Rule: {rule.words}. Calendar: {calendar.name}.")


def _circumstances(start: datetime, due_at: datetime, calendar: BusinessCalendar) -> Iterator[str]:
    """What the calendar did to the time between: closed hours at the start, closed days, changes of the clock."""
    if not calendar.is_open(start) and calendar.why_closed(calendar.date_of(start)) is None:
        yield f"{_moment(start, calendar)} is outside business hours"
    yield from closed_words(calendar, calendar.date_of(start), last_day(due_at))
    for at, forward in calendar.clock_changes(start, due_at):
        yield change_words(at, forward)


def _when(due_at: datetime, start: datetime, calendar: BusinessCalendar) -> str:
    """ "end of Monday 30 November (17:00 New York)" at a closing, "Monday 30 November 11:00 New York" at other times."""
    day = day_words(last_day(due_at), start.astimezone(calendar.zone).date())
    business_day = calendar.business_day(due_at - timedelta(microseconds=1))
    if calendar.closing(business_day).astimezone(UTC) == due_at.astimezone(UTC):
        return f"end of {day} ({limit_words(due_at)})"
    return f"{day} {limit_words(due_at)}"


def _moment(moment: datetime, calendar: BusinessCalendar) -> str:
    local = moment.astimezone(calendar.zone)
    return f"{day_words(local.date())} {local:%H:%M}"
