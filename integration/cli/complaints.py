"""The command that reads complaints, and the list of all commands about them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TextIO

import click
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from adapters.contract import AuthorRole, Message, Requester, Status, Ticket
from integration.cli.training import evaluate, train
from integration.complaints.classifier import Classifier
from integration.complaints.markup import plain
from integration.complaints.reading import Evidence, Reading

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
# One line is one message or ticket; what is longer is not one.
_LONGEST_LINE = 5_000_000


class _Turn(Schema):
    class Meta:
        unknown = EXCLUDE

    id = fields.Raw(load_default=None, allow_none=True)
    role = fields.String(required=True, validate=validate.OneOf([str(role) for role in AuthorRole]))
    text = fields.String(load_default="", allow_none=True)
    html = fields.Boolean(load_default=False)
    public = fields.Boolean(load_default=True)
    at = fields.AwareDateTime(load_default=None, allow_none=True, default_timezone=UTC)


class _Line(Schema):
    class Meta:
        unknown = EXCLUDE

    id = fields.Raw(load_default=None, allow_none=True)
    text = fields.String(load_default=None, allow_none=True)
    subject = fields.String(load_default=None, allow_none=True)
    html = fields.Boolean(load_default=False)
    messages = fields.List(fields.Nested(_Turn), load_default=None, allow_none=True)


@click.command("classify")
@click.argument("file", type=click.File("r", encoding="utf-8", errors="replace"), default="-")
@click.option("--jsonl", "as_lines", is_flag=True, help='Read {"id", "text"} per line, write a result per line.')
@click.option("--json", "as_json", is_flag=True, help="Without --jsonl: print the result as JSON.")
def classify(file: TextIO, as_lines: bool, as_json: bool) -> None:
    """Say which of the four complaints a message reports, how surely, and where.

    FILE holds one plain-text message, or with --jsonl one JSON object per line: {"id", "text"}, optionally "subject",
    "html" (true if the text is HTML) and "messages" ([{"role": "customer" | "agent" | "system", "text", "id", "html",
    "public", "at"}], oldest first) for a whole ticket. Without FILE, standard input is read.

    Exit status: 0 all read, 1 some lines could not be read (named on standard error; the others are answered).

    Example: echo '{"id": 1, "text": "Where is my order?"}' | makeright classify --jsonl
    """
    classifier = Classifier.load()
    if not as_lines:
        (reading,) = classifier.classify([file.read()])
        click.echo(json.dumps(_result(None, reading), ensure_ascii=False) if as_json else _in_words(reading))
        return
    failed = False
    for number, line in _lines(file):
        try:
            row = _Line().load(json.loads(line))
            result = _result(row["id"], _read(classifier, row))
        except (json.JSONDecodeError, ValidationError, RecursionError) as error:
            failed = True
            click.echo(f"line {number}: {_explained(error)}", err=True)
            continue
        click.echo(json.dumps(result, ensure_ascii=False).encode("utf-8", "replace"))
    if failed:
        sys.exit(1)


def _lines(file: TextIO) -> Iterator[tuple[int, str]]:
    """The non-empty lines with their numbers from 1, as they arrive."""
    for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), ""), 1):
        if line.strip():
            yield number, line


def _read(classifier: Classifier, row: dict[str, Any]) -> Reading:
    if row["messages"] is None and not row["subject"] and not row["html"]:
        return classifier.classify([row["text"] or ""])[0]
    turns = row["messages"]
    if turns is None:
        turns = [{"id": None, "role": "customer", "text": row["text"], "html": row["html"], "public": True, "at": None}]
    return classifier.read_ticket(_ticket(row["subject"] or "", turns))


def _ticket(subject: str, turns: list[dict[str, Any]]) -> Ticket:
    messages = tuple(
        Message(
            id=str(turn["id"] if turn["id"] is not None else position),
            author_role=AuthorRole(turn["role"]),
            public=turn["public"],
            at=turn["at"] or _EPOCH + timedelta(minutes=position),
            raw=turn["text"] or "",
            is_html=turn["html"],
            # Plain text is kept as given, so that offsets point into what the caller has.
            text="" if turn["html"] else turn["text"] or "",
        )
        for position, turn in enumerate(turns)
    )
    return Ticket(
        id="",
        subject=plain(subject, is_html=False),
        requester=Requester(id=""),
        messages=messages,
        status=Status.OPEN,
        priority=None,
        tags=frozenset(),
        fields={},
        created_at=_EPOCH,
        updated_at=_EPOCH,
        version="",
    )


def _result(id: Any, reading: Reading) -> dict[str, Any]:
    result: dict[str, Any] = {
        "id": id,
        "labels": [str(label) for label in reading.labels()],
        "scores": {str(complaint): score for complaint, score in reading.scores.items()},
        "evidence": [_evidence(item) for item in reading.evidence],
        "language": reading.language,
        "silence": reading.reason,
    }
    if reading.history:
        result["history"] = [
            {"label": str(e.complaint), "score": e.probability, "message": e.message_id} for e in reading.history
        ]
    return result


def _evidence(item: Evidence) -> dict[str, Any]:
    shown: dict[str, Any] = {"label": str(item.complaint), "start": item.start, "end": item.end, "text": item.text}
    return shown if item.message_id is None else {**shown, "message": item.message_id}


def _in_words(reading: Reading) -> str:
    if reading.silence is not None:
        return f"none ({reading.reason})"
    return "\n".join(
        f"{label.words}  {reading.scores[label]:.2f}  "
        + " / ".join(repr(item.text) for item in reading.evidence_for(label))
        for label in reading.labels()
    )


def _explained(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(_faults(error.messages)) + ' (expected {"id": ..., "text": ...}, see --help)'
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON at column {error.colno}: {error.msg}"
    return "nested too deeply"


def _faults(messages: Any, path: str = "") -> Iterator[str]:
    if isinstance(messages, dict):
        for key, value in messages.items():
            yield from _faults(value, f"{path}.{key}" if path else str(key))
    else:
        for message in messages:
            yield f"{path}: {message}"


complaint_commands: list[click.Command] = [classify, train, evaluate]
