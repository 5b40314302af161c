"""Business hours that a team keeps in its helpdesk, brought into the form of the configuration and read from there.

How a platform writes them is its adapter's business; here they come as a `Schedule`. Both platforms name zones as Rails does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import ValidationError

from adapters.contract import Schedule
from integration.recovery.calendar_forms import WEEKDAYS, CalendarSchema, closure_text
from integration.recovery.calendars import BusinessCalendar, CalendarError, Closure, Span
from integration.recovery.toml_mistakes import Problem, mistakes, shown


def calendar_section(schedule: Schedule, *, holidays: str = "", closures: Iterable[str] = ()) -> dict[str, Any]:
    """The section [accounts.NAME.calendar] that a schedule makes; its days off become closures.

    A code of public holidays and more closures may be given, for platforms that tell of none. Raises CalendarError.
    """
    form: dict[str, Any] = CalendarSchema().dump(from_schedule(schedule, holidays=holidays, closures=closures))
    return form


def from_schedule(schedule: Schedule, *, holidays: str = "", closures: Iterable[str] = ()) -> BusinessCalendar:
    """Raises CalendarError, its text saying what of the schedule cannot be used."""
    hours: dict[str, list[str]] = {}
    for shift in schedule.shifts:
        hours.setdefault(WEEKDAYS[shift.weekday], []).append(str(Span(shift.start, shift.end)))
    name = " ".join(schedule.name.split())[:100] or "business hours"
    try:
        days_off = [closure_text(Closure(day.first, day.last, name=day.name)) for day in schedule.days_off]
    except CalendarError as error:
        raise CalendarError(f"{name}: {error}") from None
    form = {
        "name": name,
        "time_zone": schedule.time_zone,
        "hours": hours,
        "holidays": holidays,
        "closures": [*days_off, *closures],
    }
    return _read(form, name)


def _read(form: Mapping[str, Any], name: str) -> BusinessCalendar:
    schema = CalendarSchema()
    try:
        calendar = schema.load(form)
    except ValidationError as error:
        found = mistakes(error.messages, form, schema)
        lines = (Problem(f"schedule {name!r}", ".".join(path), shown(value), fix) for path, value, fix in found)
        raise CalendarError("\n".join(map(str, lines))) from None
    assert isinstance(calendar, BusinessCalendar)
    return calendar
