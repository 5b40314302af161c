"""Zendesk's business hours and brands, as the contract tells them."""

from __future__ import annotations

from datetime import date

import pytest

from adapters.contract import DaysOff, Permanent, Schedule, Shift, Transient
from adapters.zendesk.helpdesk import ZendeskDesk
from adapters.zendesk.schedules import schedule
from adapters.zendesk.schemas import ApiSchedule, Interval, SchedulesAnswer, loaded
from tests.adapters.zendesk.platform import ZendeskPlatform

_WEEK = tuple(Shift(day, 540, 1020) for day in range(5))


def of(*intervals: tuple[int, int]) -> tuple[Shift, ...]:
    row = ApiSchedule("1", "Eastern Time (US & Canada)", "x", [Interval(*interval) for interval in intervals])
    return schedule(row, []).shifts


def test_minutes_count_from_sunday_and_holidays_are_days_off(desk: ZendeskDesk, platform: ZendeskPlatform) -> None:
    (known,) = platform.api("GET", "/api/v2/business_hours/schedules")["schedules"]
    for first, last, name in (
        ("2026-07-03", "2026-07-03", "Summer party"),
        ("2026-12-28", "2026-12-31", "Turn of the year"),
    ):
        holiday = {"name": name, "start_date": first, "end_date": last}
        platform.api("POST", f"/api/v2/business_hours/schedules/{known['id']}/holidays", {"holiday": holiday})
    assert list(desk.schedules()) == [
        Schedule(
            str(known["id"]),
            "Office hours",
            "Eastern Time (US & Canada)",
            _WEEK,
            (
                DaysOff(date(2026, 7, 3), date(2026, 7, 3), "Summer party"),
                DaysOff(date(2026, 12, 28), date(2026, 12, 31), "Turn of the year"),
            ),
        )
    ]


@pytest.mark.parametrize("end", [0, 10080])
def test_the_week_may_end_at_zero(end: int) -> None:
    assert of((9360, end)) == (Shift(5, 720, 1440),)


def test_an_interval_over_midnight_is_cut_there() -> None:
    assert of((1440 + 1320, 2880 + 360)) == (Shift(0, 1320, 1440), Shift(1, 0, 360))
    assert of((0, 10080)) == tuple(Shift(day, 0, 1440) for day in (6, 0, 1, 2, 3, 4, 5))


@pytest.mark.parametrize("interval", [(100, 90), (540, 10081), (-1, 5), (7, 7)])
def test_an_interval_that_is_none_is_refused(interval: tuple[int, int]) -> None:
    with pytest.raises(Permanent, match="interval 0"):
        of(interval)


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        ({"schedules": [{"id": 1, "intervals": []}]}, "time_zone"),
        (
            {"schedules": [{"id": 1, "time_zone": "UTC", "intervals": [{"start_time": 1.5, "end_time": 2}]}]},
            "start_time",
        ),
        ({}, "schedules"),
    ],
)
def test_an_answer_that_is_none_is_refused(answer: object, place: str) -> None:
    with pytest.raises(Transient, match=place):
        loaded(SchedulesAnswer, answer, account="acme", call="GET schedules")


def test_brands_are_told_by_the_id_that_tickets_carry(desk: ZendeskDesk, platform: ZendeskPlatform) -> None:
    brands = list(desk.brands())
    assert desk.fetch(platform.new_ticket("Where is it?")).brand in {brand.id for brand in brands}
    assert all(brand.name for brand in brands)
