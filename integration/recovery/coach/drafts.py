"""Drafts with their findings marked: the coach's own training set, a validation set, or anybody's file like them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from integration.recovery.coach.findings import LEARNT, Rule


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding as a person marked it: `[start, end)` in characters."""

    rule: Rule
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Draft:
    id: str
    text: str
    marks: tuple[Mark, ...]


class _MarkSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    rule = fields.String(required=True, validate=validate.OneOf([str(rule) for rule in LEARNT]))
    text = fields.String(required=True, validate=validate.Length(min=1))


class _DraftSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    id = fields.Raw(load_default="", allow_none=True)
    text = fields.String(required=True)
    findings = fields.List(fields.Nested(_MarkSchema), load_default=list, allow_none=True)


def read(lines: Iterable[str]) -> Iterator[Draft]:
    """Drafts from JSON lines `{"id", "text", "findings": [{"rule", "text"}]}`.

    The marked words are looked up in the text, each behind the one before where they occur twice. Raises ValueError
    naming the line and what is wrong with it.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row: dict[str, Any] = _DraftSchema().load(json.loads(line))
            yield Draft(str(row["id"]), row["text"], tuple(_marks(row)))
        except (json.JSONDecodeError, ValidationError, ValueError) as error:
            raise ValueError(f'line {number}: {error}; expected {{"id", "text", "findings"}}') from None


def _marks(row: dict[str, Any]) -> Iterator[Mark]:
    behind: dict[tuple[str, str], int] = {}
    for found in row["findings"] or []:
        rule, words = found["rule"], found["text"]
        start = row["text"].find(words, behind.get((rule, words), 0))
        if start < 0:
            raise ValueError(f"the words marked as {rule} do not stand in the text")
        behind[rule, words] = start + len(words)
        yield Mark(Rule(rule), start, start + len(words))


def packaged() -> list[Draft]:
    """The drafts that the packaged model was taught with."""
    folder = files("integration.recovery.coach").joinpath("drafts")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".jsonl"))
    return [draft for name in names for draft in read(folder.joinpath(name).read_text(encoding="utf-8").splitlines())]
