"""When a business is open: weekly hours in its time zone, less public holidays and its own closures. No clock is read.

One rule covers every change of the clocks: a business is open while the clock on its wall stands within its hours.
So an hour that the clock skips holds no business time, an hour that it shows twice counts twice, and a date that a
zone leaves out is no business day. The opening moment belongs to a span, the closing moment does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from integration.recovery.public_holidays import check_holiday_code, public_holidays

MINUTES_PER_DAY = 24 * 60
LONGEST_WAIT = timedelta(days=400)
"""A calendar that does not open within this time is a mistake, and so is a deadline further away."""

_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)
# Any date does: it only tells whether weekly hours and yearly holidays leave anything open at all.
_ANY_DAY = date(2024, 1, 1)
_EARLIEST, _LATEST = date(1970, 1, 1), date(2999, 12, 31)
# Weekends and holidays may adjoin a closure: what passed the check at construction is not refused later.
_PATIENCE = LONGEST_WAIT + timedelta(days=60)


class CalendarError(ValueError):
    """A calendar that cannot be used, or a question that it cannot answer; the text says why and what to do."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A part of a day by the wall clock, in minutes since 00:00: from `start` until just before `end` (1440 is 24:00)."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= MINUTES_PER_DAY:
            raise CalendarError(f"{self}: a span ends after it starts, on the same day, at 24:00 at the latest")

    def __str__(self) -> str:
        return f"{self.start // 60:02}:{self.start % 60:02}-{self.end // 60:02}:{self.end % 60:02}"

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end

    def without(self, other: Span) -> Iterator[Span]:
        if other.start > self.start:
            yield Span(self.start, min(self.end, other.start))
        if other.end < self.end:
            yield Span(max(self.start, other.end), self.end)


FULL_DAY = Span(0, MINUTES_PER_DAY)
ALWAYS = ((FULL_DAY,),) * 7


@dataclass(frozen=True, slots=True, order=True)
class Closure:
    """Days, first to last, on which the business is shut, or shut during `span`."""

    first: date
    last: date
    span: Span = FULL_DAY
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", " ".join(self.name.split()))
        if not _EARLIEST <= self.first <= self.last <= _LATEST:
            raise CalendarError(
                f"{self.first}..{self.last}: a closure ends on or after its first day, from 1970 to 2999"
            )


class _Piece(NamedTuple):
    """Open time between two moments (UTC), counted as part of the business day `day`."""

    start: datetime
    end: datetime
    day: date


class _Stretch(NamedTuple):
    """Part of a UTC day with one offset from UTC. `reached`: the latest local date that had begun before it."""

    start: datetime
    end: datetime
    offset: timedelta
    reached: date


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Weekly hours (`week`: seven tuples of spans, Monday first), a holiday code or "", and own closures.

    Raises CalendarError where these are not in order, and where they leave the business shut for 400 days on end.
    Every moment given must be aware; every moment returned is in `zone`.
    """

    name: str
    zone: ZoneInfo
    week: tuple[tuple[Span, ...], ...]
    holidays: str = ""
    closures: tuple[Closure, ...] = ()

    def __post_init__(self) -> None:
        if len(self.week) != 7 or any(spans != joined(spans) for spans in self.week):
            raise CalendarError(f"{self.name}: give the hours of seven days, each in order and joined where they touch")
        if not any(self.week):
            raise CalendarError(f'{self.name}: is never open; write hours like {{ mon-fri = ["09:00-17:00"] }}')
        if self.holidays:
            try:
                check_holiday_code(self.holidays)
            except ValueError as error:
                raise CalendarError(f"{self.name}: {self.holidays!r}: {error}") from None
        for day in (_ANY_DAY, *(closure.first for closure in self.closures)):
            if self.next_business_day(day - _DAY) - day > LONGEST_WAIT:
                raise self._shut_since(day)

    # -- moments

    def is_open(self, moment: datetime) -> bool:
        return next(self._pieces_from(_utc(moment))).start <= moment.astimezone(UTC)

    def next_open(self, moment: datetime) -> datetime:
        """`moment` itself where the business is open, or else the next opening."""
        start = _utc(moment)
        return max(start, next(self._pieces_from(start)).start).astimezone(self.zone)

    def open_time(self, start: datetime, end: datetime) -> timedelta:
        """Business time between two moments, exact to the microsecond; nothing where `end` is not after `start`."""
        start, end, total = _utc(start), _utc(end), timedelta()
        if start >= end:
            return total
        for piece in self._pieces_from(start):
            if piece.start >= end:
                break
            total += min(piece.end, end) - max(piece.start, start)
        return total

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """The first moment by which `amount` of business time has passed since `start`: a closing rather than the
        opening after it. Raises CalendarError where that is more than 400 days away."""
        if amount < timedelta():
            raise ValueError(f"business time cannot be added backwards: {amount}")
        begin, left = _utc(start), amount
        for piece in self._pieces_from(begin):
            opened = max(piece.start, begin)
            if opened - begin > LONGEST_WAIT:
                break
            if piece.end - opened >= left:
                return (opened + left).astimezone(self.zone)
            left -= piece.end - opened
        raise CalendarError(
            f"{self.name}: {amount} of business time is not over within {LONGEST_WAIT.days} days; shorten it, or widen the hours"
        )

    # -- days

    def date_of(self, moment: datetime) -> date:
        """The local date; it does not go back where the clock is set back over a midnight."""
        at = _utc(moment)
        stretch = next(part for part in _stretches(self.zone, at.date()) if at < part.end)
        return max((at + stretch.offset).date(), stretch.reached)

    def business_day(self, moment: datetime) -> date:
        """The business day that still has hours left at `moment`: today, or the next one."""
        return next(self._pieces_from(_utc(moment))).day

    def next_business_day(self, after: date) -> date:
        midnight = datetime.combine(after, time(), UTC)
        return next(piece.day for piece in self._pieces_from(midnight) if piece.day > after)

    def opening(self, day: date) -> datetime:
        """When this business day opens. Raises CalendarError where it is none."""
        return self._pieces_of(day)[0].start.astimezone(self.zone)

    def closing(self, day: date) -> datetime:
        """When this business day closes for good. Raises CalendarError where it is none."""
        return self._pieces_of(day)[-1].end.astimezone(self.zone)

    def hours_on(self, day: date) -> tuple[Span, ...]:
        """The hours of this date by the wall clock."""
        spans = self.week[day.weekday()]
        if spans and self._holiday(day):
            return ()
        for closure in self.closures_on(day):
            spans = tuple(rest for span in spans for rest in span.without(closure.span))
        return spans

    def closures_on(self, day: date) -> tuple[Closure, ...]:
        return tuple(closure for closure in self.closures if closure.first <= day <= closure.last)

    def why_closed(self, day: date) -> str | None:
        """What follows "is" or "are" for a date without business time; None for a business day."""
        if not self.week[day.weekday()]:
            return "closed"
        if holiday := self._holiday(day):
            return f"a holiday ({holiday})"
        if not self.hours_on(day):
            names = ", ".join(closure.name for closure in self.closures_on(day) if closure.name)
            return f"closed ({names})" if names else "closed by the calendar"
        return None if self._found_of(day) else "left out by the clock"

    def clock_changes(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, timedelta]]:
        """Changes of the clock within business time after `start` and before `end`, and by how much it goes forward."""
        start, end = _utc(start), _utc(end)
        days = [start.date() + _DAY * number for number in range((end.date() - start.date()).days + 1)]
        parts = [part for day in days for part in _stretches(self.zone, day)]
        for before, after in pairwise(parts):
            at = after.start
            if before.offset != after.offset and start < at < end and (self.is_open(at) or self.is_open(at - _TICK)):
                yield at.astimezone(self.zone), after.offset - before.offset

    # -- the time line

    def _holiday(self, day: date) -> str | None:
        return public_holidays(self.holidays, day.year).get(day) if self.holidays else None

    def _pieces_of(self, day: date) -> list[_Piece]:
        found = self._found_of(day)
        if not found:
            raise CalendarError(f"{self.name}: {day} is no business day: ask for the next one")
        return found

    def _found_of(self, day: date) -> list[_Piece]:
        return [piece for near in (day - _DAY, day, day + _DAY) for piece in self._pieces(near) if piece.day == day]

    def _pieces_from(self, moment: datetime) -> Iterator[_Piece]:
        """Open time that ends after `moment` (UTC), in order, for ever. Raises CalendarError rather than search on."""
        day, last_open = moment.date(), moment.date()
        while day - last_open <= _PATIENCE:
            for piece in self._pieces(day):
                if piece.end > moment:
                    last_open = day
                    yield piece
            day += _DAY
        raise self._shut_since(last_open)

    def _shut_since(self, day: date) -> CalendarError:
        return CalendarError(
            f"{self.name}: is not open within {LONGEST_WAIT.days} days of {day}: look at its hours, holidays and closures"
        )

    def _pieces(self, utc_day: date) -> Iterator[_Piece]:
        """Open time of one UTC day, in order."""
        for stretch in _stretches(self.zone, utc_day):
            day = (stretch.start + stretch.offset).date()
            last = (stretch.end - _TICK + stretch.offset).date()
            while day <= last:
                midnight = datetime.combine(day, time(), UTC) - stretch.offset
                for span in self.hours_on(day):
                    start = max(stretch.start, midnight + timedelta(minutes=span.start))
                    end = min(stretch.end, midnight + timedelta(minutes=span.end))
                    if start < end:
                        yield _Piece(start, end, max(day, stretch.reached))
                day += _DAY


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans of one day in order, those that touch as one. Raises CalendarError where two overlap."""
    result: list[Span] = []
    for span in sorted(spans):
        if result and span.overlaps(result[-1]):
            raise CalendarError(f"{result[-1]} and {span} overlap: write each hour once")
        if result and span.start == result[-1].end:
            result[-1] = Span(result[-1].start, span.end)
        else:
            result.append(span)
    return tuple(result)


@lru_cache(maxsize=4096)
def _stretches(zone: ZoneInfo, day: date) -> tuple[_Stretch, ...]:
    """A UTC day, cut where the zone's clocks change. zoneinfo does not tell when, so each hour is looked at."""
    begin = datetime.combine(day, time(), UTC)
    hours = [begin + timedelta(hours=number) for number in range(25)]
    changes = [
        _change(zone, left, right) for left, right in pairwise(hours) if _offset(zone, left) != _offset(zone, right)
    ]
    found, reached = [], date.min
    for start, end in pairwise([hours[0], *changes, hours[-1]]):
        offset = _offset(zone, start)
        if start < end:
            found.append(_Stretch(start, end, offset, reached))
        # No zone since 1970 sets its clock back over a midnight and comes to it again on another UTC day.
        reached = max(reached, (end - _TICK + offset).date())
    return tuple(found)


def _change(zone: ZoneInfo, left: datetime, right: datetime) -> datetime:
    """The first second with another offset than `left`, known to lie within the hour up to `right`."""
    before, low, high = _offset(zone, left), 0, int((right - left).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(zone, left + timedelta(seconds=middle)) == before else (low, middle)
    return left + timedelta(seconds=high)


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _utc(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError(f"{moment} has no time zone: only aware moments have a place on a calendar")
    return moment.astimezone(UTC)
