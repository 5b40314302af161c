"""Calendars for property tests, as plain configuration sections, and a slow reference that reads those sections itself.

The reference asks the wall clock minute by minute and shares no code with the calendars: hours are looked up in the
section as drawn, holidays and closures as plain sets of dates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from integration.recovery.calendar_forms import CalendarSchema
from integration.recovery.calendars import BusinessCalendar

MINUTE = timedelta(minutes=1)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# Zones, and a day near which something odd happens there to the clock.
ODD_TIMES = {
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1), date(2026, 12, 31)),
    "Europe/London": (date(2026, 3, 29), date(2026, 10, 25), date(2026, 12, 26), date(2028, 2, 29)),
    "America/St_Johns": (date(2026, 3, 8), date(2026, 11, 1), date(2006, 10, 29)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),
    "Pacific/Chatham": (date(2026, 4, 5), date(2026, 9, 27)),
    "Pacific/Apia": (date(2011, 12, 30), date(2021, 4, 4)),
    "America/Havana": (date(2026, 3, 8), date(2026, 11, 1)),
    "America/Santiago": (date(2026, 4, 5), date(2026, 9, 6)),
    "Africa/Cairo": (date(2026, 4, 24), date(2026, 10, 30)),
    "Africa/Casablanca": (date(2026, 2, 15), date(2026, 3, 22)),
    "Asia/Beirut": (date(2026, 3, 29), date(2026, 10, 25)),
    "Asia/Kathmandu": (date(2026, 1, 1),),
    "Asia/Kolkata": (date(2028, 2, 29),),
    "Etc/UTC": (date(2024, 2, 29),),
}

# Bank holidays of England and Wales as gov.uk lists them, with the Saturday that 28 December stands in for.
ENGLAND = frozenset(
    date.fromisoformat(day)
    for day in [
        "2026-01-01",
        "2026-04-03",
        "2026-04-06",
        "2026-05-04",
        "2026-05-25",
        "2026-08-31",
        "2026-12-25",
        "2026-12-26",
        "2026-12-28",
        "2027-01-01",
        "2027-03-26",
        "2027-03-29",
        "2027-05-03",
        "2027-05-31",
    ]
)


@dataclass(frozen=True)
class Section:
    """Spans in minutes per weekday, and closures as (first, last, start minute, end minute)."""

    zone: str
    week: tuple[tuple[tuple[int, int], ...], ...]
    closures: tuple[tuple[date, date, int, int], ...] = ()
    holidays: frozenset[date] = frozenset()
    code: str = ""

    def config(self) -> dict[str, Any]:
        return {
            "name": "drawn",
            "time_zone": self.zone,
            "hours": {day: [_span(*span) for span in spans] for day, spans in zip(DAYS, self.week, strict=True)},
            "holidays": self.code,
            "closures": [f"{first}..{last} {_span(start, end)}" for first, last, start, end in self.closures],
        }

    def calendar(self) -> BusinessCalendar:
        calendar = CalendarSchema().load(self.config())
        assert isinstance(calendar, BusinessCalendar)
        return calendar

    def shows_open(self, moment: datetime) -> date | None:
        """The local date if the wall clock stands within the hours at `moment`."""
        local = moment.astimezone(ZoneInfo(self.zone))
        day, minute = local.date(), local.hour * 60 + local.minute
        if day in self.holidays or any(f <= day <= to and s <= minute < e for f, to, s, e in self.closures):
            return None
        return day if any(start <= minute < end for start, end in self.week[day.weekday()]) else None

    def minutes(self, start: datetime) -> Iterator[tuple[datetime, date]]:
        """Every open minute from `start` (a whole minute), with its local date."""
        moment = start.astimezone(UTC)
        while True:
            day = self.shows_open(moment)
            if day is not None:
                yield moment, day
            moment += MINUTE


def _span(start: int, end: int) -> str:
    return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


@st.composite
def _spans(draw: st.DrawFn, most: int = 3) -> tuple[tuple[int, int], ...]:
    quarter = st.integers(0, 96).map(lambda number: number * 15)
    edges = sorted(draw(st.sets(quarter | st.integers(0, 1440), min_size=2, max_size=2 * most)))
    return tuple((edges[i], edges[i + 1]) for i in range(0, len(edges) - 1, 2))


def weeks() -> st.SearchStrategy[tuple[tuple[tuple[int, int], ...], ...]]:
    usual = st.just(((540, 1020),))
    around = st.just(((0, 1440),))
    day = st.just(()) | usual | around | _spans()
    # With less than six hours a week, twenty business hours would be months away and the reference slow.
    return st.tuples(*[day] * 7).filter(lambda week: sum(end - start for spans in week for start, end in spans) >= 360)


@st.composite
def sections(draw: st.DrawFn) -> tuple[Section, datetime]:
    """A calendar and a whole minute (UTC) near something odd."""
    zone = draw(st.sampled_from(sorted(ODD_TIMES)))
    around = draw(st.sampled_from(ODD_TIMES[zone]))
    start = datetime(around.year, around.month, around.day, tzinfo=UTC) + MINUTE * draw(
        st.integers(-3 * 1440, 2 * 1440)
    )
    closures = []
    for _ in range(draw(st.integers(0, 2))):
        first = around + timedelta(days=draw(st.integers(-3, 5)))
        last = first + timedelta(days=draw(st.integers(0, 2)))
        closures.append((first, last, *draw(st.just((0, 1440)) | _spans(most=1).map(lambda spans: spans[0]))))
    english = zone == "Europe/London" and around.year == 2026
    holidays, code = (ENGLAND, "GB-ENG") if english else (frozenset[date](), "")
    return Section(zone, draw(weeks()), tuple(closures), holidays, code), start
