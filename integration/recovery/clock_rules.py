"""How long we have: the clock rules of a playbook, as tables like `clock = { kind = "business_hours", hours = 4 }`.

The rules come from the remedies: a callback on the same business day, a status update within business hours and then
again and again until the matter is closed, an answer by the end of the next business day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields as parts_of
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, ValidationError, fields, post_load

_MOST_HOURS = 500
_MINUTE = 1 / 60


@dataclass(frozen=True, slots=True)
class SameBusinessDay:
    """By the close of the business day. With fewer than `cutoff_hours` of it left, on the next business day:
    `morning_hours` of business time after its opening, or at its close if that comes first."""

    kind: ClassVar[str] = "same_business_day"
    cutoff_hours: float = 2
    morning_hours: float = 2

    @property
    def words(self) -> str:
        return f"same business day, cut-off {hours_words(self.cutoff_hours)}"


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """Within `hours` of business time."""

    kind: ClassVar[str] = "business_hours"
    hours: float

    @property
    def words(self) -> str:
        return f"within {hours_words(self.hours)}"


@dataclass(frozen=True, slots=True)
class EndOfNextBusinessDay:
    """By the close of the first business day after the date of the complaint."""

    kind: ClassVar[str] = "end_of_next_business_day"

    @property
    def words(self) -> str:
        return "end of the next business day"


@dataclass(frozen=True, slots=True)
class EveryBusinessHours:
    """Again and again: the next update is due `hours` of business time after the start, or after the last due time."""

    kind: ClassVar[str] = "every_business_hours"
    hours: float

    @property
    def words(self) -> str:
        return f"every {hours_words(self.hours)}"


ClockRule = SameBusinessDay | BusinessHours | EndOfNextBusinessDay | EveryBusinessHours

_KINDS: Mapping[str, type[ClockRule]] = {
    rule.kind: rule for rule in (SameBusinessDay, BusinessHours, EndOfNextBusinessDay, EveryBusinessHours)
}


def hours_words(hours: float) -> str:
    """ "2 business hours", "1 business hour", "30 business minutes"."""
    number, unit = (hours, "hour") if hours >= 1 or not hours else (hours * 60, "minute")
    return f"{number:.4g} business {unit}{'' if number == 1 else 's'}"


class _HoursField(fields.Float):
    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> float:
        least = 0.0 if attr == "cutoff_hours" else _MINUTE
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= _MOST_HOURS:
            raise ValidationError(
                f"write hours as a number from {'a minute (0.017)' if least else '0'} to {_MOST_HOURS}"
            )
        return float(value)


class ClockRuleSchema(Schema):
    """Loads to a ClockRule and dumps one. Keys that do not go with the kind are refused."""

    error_messages = {"unknown": "no such key; a clock has kind and hours, or cutoff_hours and morning_hours"}  # noqa: RUF012

    class Meta:
        unknown = RAISE

    kind = fields.String(required=True, error_messages={"required": f"missing; choose one of {', '.join(_KINDS)}"})
    cutoff_hours = _HoursField()
    morning_hours = _HoursField()
    hours = _HoursField()

    @post_load
    def built(self, data: dict[str, Any], **_: Any) -> ClockRule:
        rule = _KINDS.get(data.pop("kind"))
        if rule is None:
            raise ValidationError(f"no such clock; choose one of {', '.join(_KINDS)}", "kind")
        wanted = [part.name for part in parts_of(rule)]
        for key in data:
            if key not in wanted:
                raise ValidationError(f"{rule.kind} takes {' and '.join(wanted) or 'nothing else'}: remove this", key)
        if wanted == ["hours"] and not data:
            raise ValidationError(f"missing; write how many, like {{ kind = {rule.kind!r}, hours = 4 }}", "hours")
        return rule(**data)
