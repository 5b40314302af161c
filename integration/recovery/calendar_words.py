"""How days, times and closed days are said. Names of days and months are our own: strftime follows the machine's locale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from integration.recovery.calendars import FULL_DAY, BusinessCalendar
from integration.recovery.time_zones import place_name

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAY = timedelta(days=1)
_MOST_REASONS = 4


def day_words(day: date, near: date | None = None) -> str:
    """ "Monday 30 November", with the year where it is not that of `near`."""
    year = f" {day.year}" if near and near.year != day.year else ""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}{year}"


def last_day(moment: datetime) -> date:
    """The day that a time limit falls on: 00:00 is the end of the day before."""
    local = moment.replace(tzinfo=None)
    return (local - timedelta(microseconds=1)).date()


def limit_words(moment: datetime) -> str:
    """A time limit with its place: "17:00 New York", "midnight London". Rounded down: a limit is never said too late.
    Where the clock shows the hour twice, the offset tells which is meant."""
    zone = moment.tzinfo
    place = place_name(zone) if isinstance(zone, ZoneInfo) else f"{moment.tzname()}"
    shown = "midnight" if moment.time() == time() else f"{moment:%H:%M}"
    first, second = moment.replace(fold=0).utcoffset(), moment.replace(fold=1).utcoffset()
    if first is not None and second is not None and first > second:
        offset = f"{moment:%z}"
        shown += f" (UTC{offset[:3]}:{offset[3:5]})"
    return f"{shown} {place}"


def listed(words: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def closed_words(calendar: BusinessCalendar, first: date, last: date) -> Iterator[str]:
    """Why business time did not run, or not in full, on days from first to last: "Saturday and Sunday are closed"."""
    days = [first + _DAY * number for number in range((last - first).days + 1)]
    why = {day: reason for day in days if (reason := calendar.why_closed(day))}
    weekly = [day for day, reason in why.items() if reason == "closed"]
    if weekly:
        names = list(dict.fromkeys(WEEKDAYS[day.weekday()] for day in weekly))
        often = "s" if len(names) < len(weekly) else ""
        plural = often or len(names) > 1
        yield f"{listed([name + often for name in names])} {'are' if plural else 'is'} closed"
    special = [day for day in days if why.get(day, "closed") != "closed"]
    for start, end in _runs(special, why)[:_MOST_REASONS]:
        if start == end:
            yield f"{day_words(start, first)} is {why[start]}"
        else:
            yield f"{day_words(start, first)} to {day_words(end, first)} are {why[start]}"
    for day in days:
        for closure in () if day in why else calendar.closures_on(day):
            if closure.span != FULL_DAY and any(closure.span.overlaps(span) for span in calendar.week[day.weekday()]):
                name = f" ({closure.name})" if closure.name else ""
                yield f"{day_words(day, first)} is closed {closure.span}{name}"


def change_words(at: datetime, forward: timedelta) -> str:
    """ "the clock goes back an hour on Sunday 1 November"."""
    minutes = round(abs(forward).total_seconds() / 60)
    amount = "an hour" if minutes == 60 else f"{minutes // 60} hours" if minutes % 60 == 0 else f"{minutes} minutes"
    return f"the clock goes {'forward' if forward > timedelta() else 'back'} {amount} on {day_words(at.date())}"


def _runs(days: Sequence[date], why: dict[date, str]) -> list[tuple[date, date]]:
    """Days that follow each other for the same reason, first and last of each run."""
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and runs[-1][1] + _DAY == day and why[day] == why[runs[-1][1]]:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs
