"""A business calendar as the configuration writes it, in both directions.

time_zone = "America/New_York"                       # IANA or Rails name
hours = { mon-fri = ["09:00-12:00", "13:00-17:00"], sat = ["10:00-24:00"] }   # or: always = true
holidays = "US-NY"
closures = ["2026-12-24 12:00-24:00: half day", "2026-12-28..2026-12-31: between the years"]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import RAISE, Schema, ValidationError, fields, post_dump, post_load, pre_load, validate

from integration.recovery.calendars import ALWAYS, FULL_DAY, BusinessCalendar, CalendarError, Closure, Span, joined
from integration.recovery.public_holidays import check_holiday_code
from integration.recovery.time_zones import zone_named

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN = re.compile(r"(\d{1,2}):(\d\d)\s*[-–]\s*(\d{1,2}):(\d\d)", re.ASCII)  # noqa: RUF001
_CLOSURE = re.compile(
    r"(?P<first>\d{4}-\d\d-\d\d)(?:\s*\.\.\s*(?P<last>\d{4}-\d\d-\d\d))?(?:\s+(?P<span>[^:\s]+:[^:]+:\d\d))?(?:\s*:(?P<name>.*))?",
    re.ASCII | re.DOTALL,
)
_SPAN_FIX = 'write a span like "09:00-17:00", at most to 24:00'
_CLOSURE_FIX = (
    'write "2026-12-24", "2026-12-24..2026-12-26" or "2026-12-24 12:00-24:00", with ": name" behind it if you like'
)
_DAYS_FIX = 'name days like mon, "mon-fri" or "mon,wed"'
_HOURS_FIX = 'write hours = { mon-fri = ["09:00-17:00"] }'


def read_span(text: object) -> Span:
    """Raises ValueError with the fix."""
    found = _SPAN.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise ValueError(_SPAN_FIX)
    hour, minute, last_hour, last_minute = (int(part) for part in found.groups())
    if minute > 59 or last_minute > 59:
        raise ValueError(f"an hour has 60 minutes; {_SPAN_FIX}")
    return Span(hour * 60 + minute, last_hour * 60 + last_minute)


def read_closure(value: object) -> Closure:
    """Raises ValueError with the fix."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return Closure(value, value)
    found = _CLOSURE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(_CLOSURE_FIX)
    try:
        first = date.fromisoformat(found["first"])
        last = date.fromisoformat(found["last"] or found["first"])
    except ValueError:
        raise ValueError(f"there is no such date; {_CLOSURE_FIX}") from None
    return Closure(first, last, read_span(found["span"]) if found["span"] else FULL_DAY, found["name"] or "")


def closure_text(closure: Closure) -> str:
    days = f"{closure.first}" if closure.first == closure.last else f"{closure.first}..{closure.last}"
    part = "" if closure.span == FULL_DAY else f" {closure.span}"
    return f"{days}{part}: {closure.name}" if closure.name else f"{days}{part}"


class ZoneField(fields.Field[ZoneInfo]):
    def _serialize(self, value: ZoneInfo | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return value.key if value else None

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> ZoneInfo:
        try:
            return zone_named(value if isinstance(value, str) else str(value))
        except ValueError as error:
            raise ValidationError(str(error)) from None


class WeekField(fields.Field[tuple[tuple[Span, ...], ...]]):
    """`{ mon-fri = ["09:00-17:00"], sat = [] }`; a day that is not named is closed."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> dict[str, list[str]] | None:
        if value is None:
            return None
        result = {}
        for spans, run in groupby(range(7), key=lambda day: value[day]):
            days = list(run)
            if spans:
                key = WEEKDAYS[days[0]] if len(days) == 1 else f"{WEEKDAYS[days[0]]}-{WEEKDAYS[days[-1]]}"
                result[key] = [str(span) for span in spans]
        return result

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> tuple[tuple[Span, ...], ...]:
        if not isinstance(value, Mapping):
            raise ValidationError(_HOURS_FIX)
        week: dict[int, tuple[Span, ...]] = {}
        named: dict[int, str] = {}
        problems: dict[str, Any] = {}
        for key, texts in value.items():
            try:
                days = _days(key)
                for day in days:
                    if day in named:
                        raise ValueError(f"{WEEKDAYS[day]} is already named by {named[day]!r}: name each day once")
                    named[day] = key
                week |= dict.fromkeys(days, _spans(texts))
            except ValidationError as error:
                problems[key] = error.messages
            except ValueError as error:
                problems[key] = [str(error)]
        if problems:
            raise ValidationError(problems)
        return tuple(week.get(day, ()) for day in range(7))


class HolidaysField(fields.String):
    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        code = str(super()._deserialize(value, attr, data, **kwargs)).strip()
        if code in ("", "none"):
            return ""
        try:
            check_holiday_code(code)
        except ValueError as error:
            raise ValidationError(str(error)) from None
        return code


class ClosureField(fields.Field[Closure]):
    def _serialize(self, value: Closure | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return closure_text(value) if value else None

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Closure:
        try:
            return read_closure(value)
        except ValueError as error:
            raise ValidationError(str(error)) from None


class CalendarSchema(Schema):
    """The section [accounts.NAME.calendar]; loads to a BusinessCalendar and dumps one."""

    class Meta:
        unknown = RAISE

    name = fields.String(load_default="business hours", validate=validate.Length(1, 100, error="1 to 100 characters"))
    time_zone = ZoneField(
        attribute="zone",
        required=True,
        error_messages={"required": 'missing; write time_zone = "America/New_York"'},
    )
    hours = WeekField(attribute="week", load_default=None)
    always = fields.Boolean(load_only=True, load_default=False, truthy={True}, falsy={False})
    holidays = HolidaysField(load_default="")
    closures = fields.List(
        ClosureField(), load_default=list, error_messages={"invalid": 'write a list like ["2026-12-24"]'}
    )

    @pre_load
    def without_nulls(self, data: Any, **_: Any) -> Any:
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, Mapping) else data

    @post_load
    def built(self, data: dict[str, Any], **_: Any) -> BusinessCalendar:
        week = data["week"]
        if data["always"] and week is not None:
            raise ValidationError("always = true needs no hours: keep one of the two", "always")
        if not data["always"] and week is None:
            raise ValidationError(f"missing; {_HOURS_FIX}, or always = true", "hours")
        try:
            return BusinessCalendar(
                name=data["name"],
                zone=data["zone"],
                week=ALWAYS if data["always"] else week,
                holidays=data["holidays"],
                closures=tuple(data["closures"]),
            )
        except CalendarError as error:
            raise ValidationError(str(error)) from None

    @post_dump(pass_original=True)
    def shortened(self, data: dict[str, Any], calendar: BusinessCalendar, **_: Any) -> dict[str, Any]:
        if calendar.week == ALWAYS:
            data = {("always" if key == "hours" else key): value for key, value in data.items()} | {"always": True}
        return {key: value for key, value in data.items() if value not in ("", [])}


def _days(key: str) -> list[int]:
    """Weekdays named by "mon", "mon-fri", "sat-mon" or "mon,wed"; Monday is 0."""
    days: list[int] = []
    for part in key.lower().split(","):
        first, dash, last = (text.strip() for text in part.partition("-"))
        start = _weekday(first)
        days += [(start + number) % 7 for number in range((_weekday(last) - start) % 7 + 1)] if dash else [start]
    return days


def _weekday(text: str) -> int:
    for names in (WEEKDAYS, _LONG_NAMES):
        if text in names:
            return names.index(text)
    raise ValueError(f"{text!r} is no day of the week: {_DAYS_FIX}")


def _spans(texts: Any) -> tuple[Span, ...]:
    if not isinstance(texts, Iterable) or isinstance(texts, (str, Mapping)):
        raise ValueError('write a list of spans like ["09:00-12:00", "13:00-17:00"], or [] for closed')
    spans, problems = [], {}
    for number, text in enumerate(texts):
        try:
            spans.append(read_span(text))
        except ValueError as error:
            problems[number] = [str(error)]
    if problems:
        raise ValidationError(problems)
    return joined(spans)
