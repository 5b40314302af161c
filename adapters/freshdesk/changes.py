"""Walking `GET /tickets?updated_since=...` without losing a ticket, and the cursor that remembers the way.

Pages of a list that changes while it is read shift, and rows fall through between them. So the walk does not turn
pages: it starts anew from the last row's time, which never comes near the wall at page 300 either. Only where more than
a page of tickets carries one and the same second does it turn pages, and then it turns them back as well: a ticket that
changes leaves that second, the others move up, and on the way back they move towards the reader.

When the walk has caught up, the next one begins a few minutes earlier, for changes that the listing was late to show;
what was seen already is left out by id and time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from adapters.contract import Change
from adapters.freshdesk.schemas import Moment, TicketRow, stamp

OVERLAP = timedelta(minutes=3)
# Freshdesk refuses page 301 (platform page: Freshdesk, pagination).
LAST_PAGE = 300
# Above this, the oldest are forgotten; a ticket reported twice does no harm.
_MOST_SEEN = 2_000
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Position:
    """Where the walk stands. `seen` maps ticket ids to the second of the change that was reported last; `back` says that
    pages are being turned back."""

    since: datetime
    page: int = 1
    newest: datetime | None = None
    seen: dict[int, int] = field(default_factory=dict)
    back: bool = False

    def __str__(self) -> str:
        return json.dumps(
            {
                "since": stamp(self.since),
                "page": self.page,
                "newest": stamp(self.newest) if self.newest else None,
                "seen": self.seen,
                "back": self.back,
            },
            separators=(",", ":"),
        )


class PositionSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    since = Moment(required=True)
    page = fields.Integer(required=True, validate=validate.Range(1, LAST_PAGE))
    newest = Moment(load_default=None)
    seen = fields.Dict(keys=fields.Integer(), values=fields.Integer(), load_default=dict)
    back = fields.Boolean(load_default=False)

    @post_load
    def _make(self, data: dict[str, object], **kwargs: object) -> Position:
        return Position(**data)  # type: ignore[arg-type]


def position(cursor: str | None, start: datetime) -> Position:
    """Read a cursor, or begin at `start`. Raises ValueError if it is none of ours."""
    if cursor is None:
        return Position(start.astimezone(UTC))
    try:
        loaded: Position = PositionSchema().load(json.loads(cursor))
    except (ValueError, ValidationError):
        raise ValueError("the cursor of the sweep cannot be read; forget it, and the sweep starts over") from None
    return loaded


def step(at: Position, page: Iterable[TicketRow], *, more: bool) -> tuple[tuple[Change, ...], Position, bool]:
    """What one page of tickets adds, where to go on, and whether that was all. `more`: the page was not the last."""
    rows = sorted(page, key=lambda row: row.updated_at)
    new = [row for row in rows if at.seen.get(row.id) != _second(row.updated_at)]
    changes = tuple(Change(str(row.id), stamp(row.updated_at)) for row in new)
    last = rows[-1].updated_at if rows else at.since
    newest = max(filter(None, (at.newest, last if rows else None)), default=None)
    seen = {**at.seen, **{row.id: _second(row.updated_at) for row in rows}}

    overlap = newest - OVERLAP if newest else at.since

    def onward(since: datetime, page: int = 1, *, back: bool = False) -> Position:
        return Position(since, page, newest, _remembered(seen, min(since, overlap)), back)

    # One second back: whether `updated_since` includes its own second is not documented.
    restart = (last - _SECOND).replace(microsecond=0)
    if not at.back and more and restart <= at.since and at.page < LAST_PAGE:
        return changes, onward(at.since, at.page + 1), False
    if at.page > 1:
        return changes, onward(at.since, at.page - 1, back=True), False
    if at.back:
        return changes, onward(at.since + _SECOND), False
    if more:
        return changes, onward(restart), False
    return changes, onward(overlap), True


def _second(moment: datetime) -> int:
    return int(moment.timestamp())


def _remembered(seen: dict[int, int], since: datetime) -> dict[int, int]:
    """What may be listed again when the walk goes on from `since`."""
    kept = sorted(((at, ticket_id) for ticket_id, at in seen.items() if at >= _second(since) - 1), reverse=True)
    return {ticket_id: at for at, ticket_id in kept[:_MOST_SEEN]}
