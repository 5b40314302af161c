"""Failures to practise on: those that come along, and a team's own, anonymised (masking.py) and read by a person first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from integration.complaints.taxonomy import Complaint

LONGEST_TEXT = 4_000


@dataclass(frozen=True, slots=True)
class Exercise:
    """A customer's message to answer. `facts` are what the agent may take as known; `trade` and `tone` vary the practice."""

    id: str
    complaints: tuple[Complaint, ...]
    text: str = field(repr=False)
    facts: tuple[str, ...] = field(default=(), repr=False)
    trade: str = ""
    tone: str = ""


class ExerciseSchema(Schema):
    class Meta:
        unknown = RAISE

    id = fields.String(
        required=True, validate=validate.Regexp(r"^[a-z0-9-]{1,64}$", error="up to 64 of a-z, 0-9 and -")
    )
    complaints = fields.List(
        fields.Enum(Complaint, by_value=True), required=True, validate=validate.Length(1, len(Complaint))
    )
    text = fields.String(required=True, validate=validate.Length(20, LONGEST_TEXT))
    facts = fields.List(
        fields.String(validate=validate.Length(1, 300)), load_default=list, validate=validate.Length(max=8)
    )
    trade = fields.String(load_default="", validate=validate.Length(max=40))
    tone = fields.String(load_default="", validate=validate.Length(max=40))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Exercise:
        return Exercise(**{**data, "complaints": tuple(data["complaints"]), "facts": tuple(data["facts"])})


def read_exercises(lines: Iterable[str]) -> Iterator[Exercise]:
    """Exercises from JSON lines. Raises ValueError naming the line and what is wrong with it, ids used twice included."""
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            one: Exercise = ExerciseSchema().load(json.loads(line))
        except json.JSONDecodeError as error:
            raise ValueError(f"line {number}: not JSON ({error.msg})") from None
        except ValidationError as error:
            places = "; ".join(
                f"{key}: {_first(said)}" if key != "_schema" else _first(said) for key, said in _places(error)
            )
            raise ValueError(f"line {number}: {places}") from None
        if one.id in seen:
            raise ValueError(f"line {number}: id {one.id!r} stands in line {seen[one.id]} already; give it another")
        seen[one.id] = number
        yield one


@cache
def packaged_exercises() -> tuple[Exercise, ...]:
    """Written for practice; nobody's real words."""
    found = (files("integration.recovery.rehearsal") / "exercises.jsonl").read_text("utf-8")
    return tuple(read_exercises(found.splitlines()))


def after(exercises: tuple[Exercise, ...], last: str) -> Exercise:
    """The one behind `last`, from the end back to the beginning; the first where `last` is none of them."""
    ids = [one.id for one in exercises]
    return exercises[(ids.index(last) + 1) % len(ids) if last in ids else 0]


def _places(error: ValidationError) -> Iterator[tuple[str, Any]]:
    messages: Any = error.messages
    yield from messages.items() if isinstance(messages, dict) else [("_schema", messages)]


def _first(said: Any) -> str:
    while isinstance(said, (dict, list)):
        said = next(iter(said.values() if isinstance(said, dict) else said), "")
    return str(said)
