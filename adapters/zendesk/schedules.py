"""Business hours as Zendesk keeps them: minutes since Sunday 00:00, and dated holidays (platform page: Zendesk 2.9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from adapters.contract import DaysOff, Permanent, Schedule, Shift
from adapters.zendesk.schemas import ApiHoliday, ApiSchedule

DAY = 24 * 60
WEEK = 7 * DAY


def schedule(row: ApiSchedule, holidays: Iterable[ApiHoliday]) -> Schedule:
    """Raises Permanent if an interval cannot be one."""
    shifts: list[Shift] = []
    for number, interval in enumerate(row.intervals):
        # The end of the week may be written as 0.
        start, end = interval.start_time, interval.end_time or WEEK
        if not 0 <= start < end <= WEEK:
            raise Permanent(f"schedule {row.id}: interval {number}: {start} to {end} is no interval of a week")
        shifts += _by_day(start, end)
    days_off = tuple(DaysOff(row.start_date, row.end_date or row.start_date, row.name) for row in holidays)
    return Schedule(row.id, row.name, row.time_zone, tuple(shifts), days_off)


def _by_day(start: int, end: int) -> Iterator[Shift]:
    """An interval in minutes since Sunday 00:00 as shifts of single days."""
    while start < end:
        day = start // DAY
        until = min(end, (day + 1) * DAY)
        yield Shift((day - 1) % 7, start - day * DAY, until - day * DAY)
        start = until
