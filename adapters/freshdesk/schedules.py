"""Business hours as Freshdesk keeps them: one span per weekday, no holidays (platform page: Freshdesk 2.7)."""

from __future__ import annotations

from adapters.contract import Permanent, Schedule, Shift
from adapters.freshdesk.schemas import BusinessHoursRow

DAY = 24 * 60
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def schedule(row: BusinessHoursRow) -> Schedule:
    """An end at 12:00 am or 11:59 pm is read as 24:00: Freshdesk's form offers no later time. Raises Permanent."""
    shifts = []
    for key, workday in row.business_hours.items():
        if key.lower() not in WEEKDAYS:
            raise Permanent(f"business hours {row.id}: {key[:20]!r} is no day of the week")
        if workday is None:
            continue
        end = DAY if workday.end_time in (0, DAY - 1) else workday.end_time
        if workday.start_time >= end:
            raise Permanent(f"business hours {row.id}: {key.lower()} ends before it starts; split it in Freshdesk")
        shifts.append(Shift(WEEKDAYS.index(key.lower()), workday.start_time, end))
    return Schedule(str(row.id), row.name, row.time_zone, tuple(shifts))
