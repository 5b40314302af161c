"""Business hours that a team keeps in its helpdesk, brought into the form of the configuration and read from there.

Zendesk: minutes since Sunday 00:00 and dated holidays (platform page: Zendesk 2.9). Freshdesk: one span per weekday,
"8:00 am" or "08:00:00 am", no holidays (platform page: Freshdesk 2.7). Both name zones as Rails does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from integration.recovery.calendar_forms import WEEKDAYS, CalendarSchema, closure_text
from integration.recovery.calendars import MINUTES_PER_DAY, BusinessCalendar, CalendarError, Closure, Span

_MINUTES_PER_WEEK = 7 * MINUTES_PER_DAY
_MINUTE_OF_WEEK = validate.Range(0, _MINUTES_PER_WEEK, error="minutes since Sunday 00:00, from 0 to 10080")
_LONG_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?\s*([ap])\.?m\.?", re.ASCII | re.IGNORECASE)
_LAST_MINUTE = MINUTES_PER_DAY - 1


class _IntervalSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    start_time = fields.Integer(required=True, strict=True, validate=_MINUTE_OF_WEEK)
    end_time = fields.Integer(required=True, strict=True, validate=_MINUTE_OF_WEEK)


class _ZendeskScheduleSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    name = fields.String(load_default=None, allow_none=True)
    time_zone = fields.String(required=True)
    intervals = fields.List(fields.Nested(_IntervalSchema), load_default=None, allow_none=True)


class _ZendeskHolidaySchema(Schema):
    class Meta:
        unknown = EXCLUDE

    name = fields.String(load_default=None, allow_none=True)
    start_date = fields.Date(required=True, format="iso")
    end_date = fields.Date(load_default=None, allow_none=True, format="iso")


class _MinuteField(fields.Field[int]):
    """A time of day as Freshdesk writes it, in minutes since 00:00; seconds are dropped."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        found = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
        if found is None or not 1 <= int(found[1]) <= 12 or int(found[2]) > 59:
            raise ValidationError('not a time of day like "8:00 am" or "08:00:00 am"')
        return (int(found[1]) % 12 + (12 if found[4].lower() == "p" else 0)) * 60 + int(found[2])


class _WorkdaySchema(Schema):
    class Meta:
        unknown = EXCLUDE

    start_time = _MinuteField(required=True)
    end_time = _MinuteField(required=True)


class _FreshdeskHoursSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    name = fields.String(load_default=None, allow_none=True)
    time_zone = fields.String(required=True)
    business_hours = fields.Dict(
        fields.String(),
        fields.Nested(_WorkdaySchema, allow_none=True),
        required=True,
    )


def from_zendesk(schedule: Mapping[str, Any], holidays: Iterable[Mapping[str, Any]] = ()) -> BusinessCalendar:
    """A schedule of Zendesk with its holidays (both days included), which become closures. Raises CalendarError."""
    found = _read(_ZendeskScheduleSchema(), schedule, "Zendesk schedule")
    hours: dict[str, list[str]] = {}
    for number, interval in enumerate(found["intervals"] or []):
        start, end = interval["start_time"], interval["end_time"] or _MINUTES_PER_WEEK
        if start >= end:
            raise CalendarError(
                f"Zendesk schedule: intervals.{number}: {start} to {end}: an interval ends after it starts"
            )
        for day, span in _by_day(start, end):
            hours.setdefault(day, []).append(str(span))
    closures = []
    for number, row in enumerate(holidays):
        holiday = _read(_ZendeskHolidaySchema(), row, f"Zendesk holiday {number}")
        first: date = holiday["start_date"]
        closures.append(closure_text(Closure(first, holiday["end_date"] or first, name=holiday["name"] or "")))
    return _calendar(found, "Zendesk schedule", hours=hours, closures=closures)


def from_freshdesk(hours: Mapping[str, Any], *, holidays: str = "", closures: Iterable[str] = ()) -> BusinessCalendar:
    """Business hours of Freshdesk. Its API tells no holidays: a code and closures may be given. Raises CalendarError.

    An end at 12:00 am or 11:59 pm is read as 24:00: the form of Freshdesk offers no later time.
    """
    # Real answers carry the days as `business_hours`; a connector whose recordings we test with calls them otherwise.
    data = {**hours, "business_hours": hours.get("business_hours", hours.get("working_hours"))}
    found = _read(_FreshdeskHoursSchema(), data, "Freshdesk business hours")
    week: dict[str, list[str]] = {}
    for key, workday in found["business_hours"].items():
        if key.lower() not in _LONG_NAMES:
            raise CalendarError(f"Freshdesk business hours: business_hours.{key}: is no day of the week")
        if workday is None:
            continue
        start, end = workday["start_time"], workday["end_time"]
        if end in (0, _LAST_MINUTE):
            end = MINUTES_PER_DAY
        if start >= end:
            raise CalendarError(
                f"Freshdesk business hours: business_hours.{key}: ends before it starts; split it there"
            )
        week[WEEKDAYS[_LONG_NAMES.index(key.lower())]] = [str(Span(start, end))]
    return _calendar(found, "Freshdesk business hours", hours=week, holidays=holidays, closures=list(closures))


def _by_day(start: int, end: int) -> Iterator[tuple[str, Span]]:
    """An interval in minutes since Sunday 00:00 as spans of single days."""
    while start < end:
        day = start // MINUTES_PER_DAY
        until = min(end, (day + 1) * MINUTES_PER_DAY)
        yield WEEKDAYS[(day - 1) % 7], Span(start - day * MINUTES_PER_DAY, until - day * MINUTES_PER_DAY)
        start = until


def _calendar(found: Mapping[str, Any], kind: str, **parts: Any) -> BusinessCalendar:
    name = " ".join((found["name"] or "").split())[:100] or kind
    form = {"name": name, "time_zone": found["time_zone"], **parts}
    calendar = _read(CalendarSchema(), form, kind)
    assert isinstance(calendar, BusinessCalendar)
    return calendar


def _read(schema: Schema, data: Any, place: str) -> Any:
    try:
        return schema.load(data)
    except ValidationError as error:
        raise CalendarError("\n".join(_lines(error.messages, place, data))) from None


def _lines(messages: Any, place: str, value: Any) -> Iterator[str]:
    """marshmallow's nested messages as lines of "place: value: what is wrong"."""
    if isinstance(messages, Mapping):
        for key, below in messages.items():
            if key in ("_schema", "value", "key"):
                yield from _lines(below, place, value)
            else:
                inner = value.get(key) if isinstance(value, Mapping) else value[key] if isinstance(key, int) else None
                yield from _lines(below, f"{place}: {key}" if ":" not in place else f"{place}.{key}", inner)
    else:
        for message in messages if isinstance(messages, list) else [messages]:
            shown = f" {value!r}:" if isinstance(value, (str, int, float)) else ""
            yield f"{place}:{shown} {message}"
