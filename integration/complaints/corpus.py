"""Labelled messages: our own corpus beside this file, and the same format from elsewhere."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load

from integration.complaints.taxonomy import Complaint

# Every so many-th message of the corpus is never trained on: there the evidence is measured.
_HELD_OUT = 13


@dataclass(frozen=True, slots=True)
class Mark:
    """Words `text[start:end]` of a message that carry a label."""

    label: Complaint
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Example:
    """A message and the complaints it reports. `marks` is None where nobody has marked the words that say so."""

    id: str
    text: str
    labels: frozenset[Complaint]
    marks: tuple[Mark, ...] | None = None
    source: str = ""
    picked_by: str = ""

    @property
    def held_out(self) -> bool:
        """Whether this message is kept from training. Decided by the id alone, so that it never changes."""
        return int(hashlib.sha256(self.id.encode()).hexdigest()[:8], 16) % _HELD_OUT == 0


class Malformed(ValueError):
    """A line that is no labelled message; the text names the line and the fault."""


def packaged() -> tuple[Example, ...]:
    """Our own corpus, all files in the order of their names."""
    folder = files("integration.complaints").joinpath("corpus")
    found: list[Example] = []
    for file in sorted((f for f in folder.iterdir() if f.name.endswith(".jsonl")), key=lambda f: f.name):
        if file.name == SECOND_READING:
            continue
        found.extend(read(file.read_text(encoding="utf-8").splitlines(), source=file.name.removesuffix(".jsonl")))
    return tuple(found)


def read(lines: Iterable[str], *, source: str = "") -> Iterator[Example]:
    """One labelled message per JSON line: `id`, `text`, `labels`, optionally `evidence`, `source`, `picked_by`.

    Raises Malformed.
    """
    schema = _ExampleSchema()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield schema.load({"source": source, **json.loads(line)})
        except (json.JSONDecodeError, ValidationError, TypeError) as error:
            fault = error.messages if isinstance(error, ValidationError) else error
            raise Malformed(f"{source or 'input'} line {number}: {fault}") from None


# A sample of the corpus that a second reader labelled without seeing the first labels: `id` and `labels`.
SECOND_READING = "second_reading.jsonl"


def second_reading() -> dict[str, frozenset[Complaint]]:
    """The second reader's labels by message id; empty if there has been none."""
    file = files("integration.complaints").joinpath("corpus", SECOND_READING)
    if not file.is_file():
        return {}
    rows = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip())
    return {str(row["id"]): frozenset(Complaint(label) for label in row["labels"]) for row in rows}


def with_known_marks(examples: Iterable[Example]) -> Iterator[Example]:
    """The examples; public narratives whose words we have marked, but whose texts are not ours to keep, with their marks.

    They are known by the beginning of their text's SHA-256; a narrative labelled otherwise than ours stays as it is.
    """
    kept = json.loads(files("integration.complaints").joinpath("corpus", "narratives.json").read_text(encoding="utf-8"))
    for example in examples:
        known = kept.get(hashlib.sha256(example.text.encode()).hexdigest()[:16])
        marks = tuple(Mark(Complaint(label), start, end) for label, start, end in known or ())
        is_ours = known is not None and {mark.label for mark in marks} == example.labels
        yield replace(example, marks=marks) if is_ours and example.marks is None else example


class _MarkSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    label = fields.Enum(Complaint, by_value=True, required=True)
    start = fields.Integer(required=True)
    end = fields.Integer(required=True)

    @post_load
    def _made(self, data: dict[str, Any], **_: object) -> Mark:
        return Mark(**data)


class _ExampleSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    id = fields.Raw(required=True)
    text = fields.String(required=True)
    labels = fields.List(fields.Enum(Complaint, by_value=True), required=True)
    evidence = fields.List(fields.Nested(_MarkSchema), load_default=None, allow_none=True)
    source = fields.String(load_default="", allow_none=True)
    picked_by = fields.String(load_default="", allow_none=True)

    @post_load
    def _made(self, data: dict[str, Any], **_: object) -> Example:
        marks = data["evidence"]
        return Example(
            id=str(data["id"]),
            text=data["text"],
            labels=frozenset(data["labels"]),
            marks=None if marks is None else tuple(marks),
            source=data["source"] or "",
            picked_by=data["picked_by"] or "",
        )
