"""Answers of Freshdesk, as recorded and as they might become."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from marshmallow import ValidationError

from adapters.freshdesk import schemas

RECORDED = Path(__file__).parents[4] / "shared" / "specs" / "freshdesk-recorded.jsonl"
SCHEMAS: dict[str, type[schemas.AnswerSchema]] = {
    "tickets": schemas.TicketSchema,
    "conversations": schemas.ConversationSchema,
    "canned_response_folders": schemas.FolderSchema,
    "canned_responses": schemas.CannedResponseSchema,
    "business_hours": schemas.BusinessHoursSchema,
}


def fixture(name: str) -> Any:
    return json.loads(files("adapters.freshdesk").joinpath(f"fixtures/{name}.json").read_text("utf-8"))


def test_every_recorded_answer_loads() -> None:
    if not RECORDED.exists():
        pytest.skip("the recorded answers (../shared/specs/freshdesk-recorded.jsonl) are not here")
    answers = [json.loads(line) for line in RECORDED.read_text("utf-8").splitlines()]
    assert {answer["stream"] for answer in answers} <= set(SCHEMAS)
    for answer in answers:
        row = SCHEMAS[answer["stream"]]().load(answer["data"])
        assert row.id == answer["data"]["id"]


@pytest.mark.parametrize(
    ("name", "schema"), [("ticket", schemas.TicketSchema), ("conversations", schemas.ConversationSchema)]
)
def test_nulls_and_unknown_keys_are_tolerated(name: str, schema: type[schemas.AnswerSchema]) -> None:
    answer = fixture(name)
    whole = answer[0] if isinstance(answer, list) else answer
    for key in set(whole) - {"id", "created_at", "updated_at"}:
        schema().load({**whole, key: None, f"{key}_of_tomorrow": [key]})


def test_what_identifies_a_row_is_required() -> None:
    with pytest.raises(ValidationError):
        schemas.TicketSchema().load({**fixture("ticket"), "id": None})


def test_times_are_in_utc() -> None:
    row = schemas.TicketSchema().load({**fixture("ticket"), "updated_at": "2026-11-20T14:44:03+05:30"})
    assert row.updated_at.isoformat() == "2026-11-20T09:14:03+00:00"


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "yesterday", "", 17, [], "9999-12-31T23:59:59-12:00"])
def test_impossible_times_are_invalid_not_a_crash(moment: Any) -> None:
    with pytest.raises(ValidationError):
        schemas.TicketSchema().load({**fixture("ticket"), "updated_at": moment})


def test_personal_data_stays_out_of_reprs() -> None:
    row = schemas.TicketSchema().load(fixture("ticket"))
    said = schemas.ConversationSchema(many=True).load(fixture("conversations"))
    shown = repr(row) + repr(said)
    for private in ("Kim", "customer.example", "waiting for my call", "nobody", "A-77"):
        assert private not in shown
