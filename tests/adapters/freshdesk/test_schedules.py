"""Freshdesk's business hours, as the contract tells them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from marshmallow import ValidationError

from adapters.contract import Permanent, Schedule, Shift
from adapters.freshdesk.schedules import schedule
from adapters.freshdesk.schemas import BusinessHoursSchema

RECORDED = Path(__file__).parents[4] / "shared" / "specs" / "freshdesk-recorded.jsonl"
DEFAULT: dict[str, Any] = {
    "id": 1,
    "name": "Default",
    "time_zone": "Chennai",
    "business_hours": {day: {"start_time": "8:00 am", "end_time": "5:00 pm"} for day in ("monday", "Friday")},
}


def read(**changes: Any) -> Schedule:
    return schedule(BusinessHoursSchema().load(DEFAULT | changes))


def test_missing_days_are_closed() -> None:
    assert read() == Schedule("1", "Default", "Chennai", (Shift(0, 480, 1020), Shift(4, 480, 1020)))


@pytest.mark.parametrize(
    ("start", "end", "span"),
    [
        ("08:00:00 am", "05:00:00 pm", (480, 1020)),
        ("8:30 AM", "12:00 PM", (510, 720)),
        ("12:00 am", "12:30 am", (0, 30)),
        ("12:15 pm", "1:45 p.m.", (735, 825)),
        ("12:00 am", "12:00 am", (0, 1440)),
        ("12:00 am", "11:59 pm", (0, 1440)),
        ("6:00 pm", "11:59:59 pm", (1080, 1440)),
    ],
)
def test_times_are_written_in_several_ways(start: str, end: str, span: tuple[int, int]) -> None:
    hours = {"tuesday": {"start_time": start, "end_time": end}, "sunday": None}
    assert read(business_hours=hours).shifts == (Shift(1, *span),)


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ({"someday": {"start_time": "8:00 am", "end_time": "5:00 pm"}}, "no day of the week"),
        ({"monday": {"start_time": "10:00 pm", "end_time": "6:00 am"}}, "ends before it starts"),
    ],
)
def test_hours_that_cannot_be_are_refused(hours: Any, said: str) -> None:
    with pytest.raises(Permanent, match=said):
        read(business_hours=hours)


@pytest.mark.parametrize("time", ["25:00 am", "0:10 am", "8:60 am", "8:00", 480])
def test_a_time_that_is_none_is_refused(time: object) -> None:
    with pytest.raises(ValidationError):
        read(business_hours={"monday": {"start_time": time, "end_time": "5:00 pm"}})


@pytest.mark.skipif(not RECORDED.exists(), reason=f"no recorded answers at {RECORDED}")
def test_hours_recorded_from_a_real_freshdesk_are_read() -> None:
    rows = [json.loads(line) for line in RECORDED.read_text("utf-8").splitlines()]
    # The connector that recorded them calls the days otherwise than the API does.
    found = [
        row["data"] | {"business_hours": row["data"].get("working_hours", row["data"].get("business_hours"))}
        for row in rows
        if row["stream"] == "business_hours"
    ]
    assert [schedule(BusinessHoursSchema().load(data)).shifts for data in found] == [
        tuple(Shift(day, 480, 1020) for day in range(5))
    ]
