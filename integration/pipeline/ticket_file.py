"""Tickets from a file that somebody exported, CSV or JSON lines, for a look at what would be written about them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load, validate

from adapters.contract import AuthorRole, Message, Requester, Status, Ticket
from integration.complaints import zones

# One field of a table is one message at most; what is longer is none.
LONGEST_FIELD = 5_000_000


class TicketFileError(Exception):
    """The file, or a line of it, cannot be read. The text names the line and the field, never what stands there."""


class _Row(Schema):
    class Meta:
        unknown = EXCLUDE

    @pre_load
    def drop_empty(self, data: Any, **_: Any) -> Any:
        return {k: v for k, v in data.items() if v not in (None, "")} if isinstance(data, dict) else data


class _MessageRow(_Row):
    role = fields.String(load_default="customer", validate=validate.OneOf([str(role) for role in AuthorRole]))
    text = fields.String(load_default="")
    html = fields.Boolean(load_default=False)
    public = fields.Boolean(load_default=True)
    at = fields.AwareDateTime(load_default=None, default_timezone=UTC)


class _TicketRow(_Row):
    id = fields.Raw(required=True)
    created_at = fields.AwareDateTime(required=True, default_timezone=UTC)
    subject = fields.String(load_default="")
    text = fields.String(load_default="")
    html = fields.Boolean(load_default=False)
    requester_id = fields.Raw(load_default="")
    status = fields.Enum(Status, by_value=True, load_default=Status.OPEN)
    brand = fields.String(load_default=None)
    messages = fields.List(fields.Nested(_MessageRow), load_default=list)


def read_ticket_file(path: Path) -> Iterator[Ticket]:
    """The tickets of a `.csv` (with a header) or `.jsonl` file, in order, with their text cut out.

    Columns or keys: `id` and `created_at` (ISO 8601), `subject`, `text` (the customer's first message), `html`,
    `requester_id`, `status`, `brand`; in JSON also `messages` of `role`, `text`, `html`, `public`, `at`, oldest first,
    instead of `text`. Others are passed over. Raises TicketFileError, OSError.
    """
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        for number, row in _rows(path, file):
            try:
                yield zones.read(_ticket(_TicketRow().load(row)))
            except ValidationError as error:
                raise TicketFileError(f"{path}: line {number}: {', '.join(_places(error.messages))}") from None


def _rows(path: Path, file: Any) -> Iterator[tuple[int, Any]]:
    if path.suffix.lower() == ".csv":
        csv.field_size_limit(LONGEST_FIELD)
        table = csv.DictReader(file)
        if missing := {"id", "created_at"} - set(table.fieldnames or ()):
            raise TicketFileError(f"{path}: no column {', '.join(sorted(missing))} in its first line")
        try:
            yield from ((table.line_num, row) for row in table)
        except csv.Error as error:
            raise TicketFileError(f"{path}: line {table.line_num}: not CSV ({error})") from None
        return
    for number, line in enumerate(file, 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError):
                raise TicketFileError(f"{path}: line {number}: not a JSON object") from None


def _places(messages: Any, place: str = "") -> Iterator[str]:
    for key, below in messages.items() if isinstance(messages, Mapping) else ():
        yield from _places(below, f"{place}.{key}" if place else str(key))
    if isinstance(messages, list):
        yield f"{place}: {' '.join(map(str, messages))}"


def _ticket(row: dict[str, Any]) -> Ticket:
    created_at: datetime = row["created_at"]
    turns = row["messages"] or [
        {"role": "customer", "text": row["text"], "html": row["html"], "public": True, "at": None}
    ]
    messages = tuple(
        Message(
            id=str(number),
            author_role=AuthorRole(turn["role"]),
            public=turn["public"],
            at=turn["at"] or created_at,
            raw=turn["text"],
            is_html=turn["html"],
        )
        for number, turn in enumerate(turns, 1)
    )
    return Ticket(
        id=str(row["id"]),
        subject=row["subject"],
        requester=Requester(str(row["requester_id"])),
        messages=messages,
        status=row["status"],
        priority=None,
        tags=frozenset(),
        fields={},
        created_at=created_at,
        updated_at=max([created_at, *(message.at for message in messages)]),
        version="",
        brand=row["brand"],
    )
