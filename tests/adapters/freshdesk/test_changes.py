"""Walking a list of tickets that changes while it is walked."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.freshdesk import changes
from adapters.freshdesk.changes import LAST_PAGE, OVERLAP, Position
from adapters.freshdesk.schemas import TicketRow, stamp

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PER_PAGE = 3


def row(ticket_id: int, seconds: int) -> TicketRow:
    moment = START + timedelta(seconds=seconds)
    return TicketRow(id=ticket_id, created_at=START, updated_at=moment)


class Listing:
    """Freshdesk's side: tickets with the second of their last change."""

    def __init__(self, *, inclusive: bool) -> None:
        self.changed: dict[int, int] = {}
        self.inclusive = inclusive
        self.pages: list[int] = []

    def page(self, at: Position) -> tuple[list[TicketRow], bool]:
        assert at.page <= LAST_PAGE
        self.pages.append(at.page)
        rows = [row(ticket_id, second) for ticket_id, second in self.changed.items()]
        since = (at.since, self.inclusive)
        due = [one for one in rows if one.updated_at > since[0] or (self.inclusive and one.updated_at == since[0])]
        due.sort(key=lambda one: (one.updated_at, one.id))
        first = (at.page - 1) * PER_PAGE
        return due[first : first + PER_PAGE], len(due) > first + PER_PAGE


def read_on(listing: Listing, cursor: str | None) -> tuple[list[tuple[int, str]], str, bool]:
    at = changes.position(cursor, START)
    rows, more = listing.page(at)
    found, onward, complete = changes.step(at, rows, more=more)
    return [(int(change.ticket_id), change.version) for change in found], str(onward), complete


def read_all(listing: Listing, cursor: str | None) -> tuple[list[tuple[int, str]], str]:
    found: list[tuple[int, str]] = []
    for _ in range(2_000):
        page, cursor, complete = read_on(listing, cursor)
        found += page
        if complete:
            return found, cursor
    raise AssertionError("the walk does not end")


def current(listing: Listing) -> set[tuple[int, str]]:
    return {(one, stamp(START + timedelta(seconds=second))) for one, second in listing.changed.items()}


@given(
    seconds=st.lists(st.integers(1, 12), max_size=25),
    later=st.lists(st.tuples(st.integers(1, 30), st.integers(12, 400)), max_size=8),
    inclusive=st.booleans(),
)
@settings(deadline=None)
def test_every_change_is_reported_once(seconds: list[int], later: list[tuple[int, int]], inclusive: bool) -> None:
    listing = Listing(inclusive=inclusive)
    listing.changed = dict(enumerate(seconds, start=1))
    found, cursor = read_all(listing, None)
    assert len(found) == len(set(found))
    assert set(found) == current(listing)

    before = current(listing)
    listing.changed.update(later)
    again, cursor = read_all(listing, cursor)
    assert set(again) == current(listing) - before
    assert read_all(listing, cursor)[0] == []


@given(
    seconds=st.lists(st.integers(1, 60), min_size=4, max_size=30),
    moved=st.lists(st.integers(1, 30), max_size=6),
    inclusive=st.booleans(),
)
@settings(deadline=None)
def test_tickets_that_change_during_the_walk_push_no_other_out(
    seconds: list[int], moved: list[int], inclusive: bool
) -> None:
    listing = Listing(inclusive=inclusive)
    listing.changed = dict(enumerate(seconds, start=1))
    found, cursor, complete = read_on(listing, None)
    clock = 61
    while not complete:
        if moved:
            clock += 1
            listing.changed[moved.pop()] = clock
        page, cursor, complete = read_on(listing, cursor)
        found += page
    assert current(listing) <= set(found)


def test_one_second_with_more_tickets_than_a_page_is_read_page_by_page() -> None:
    listing = Listing(inclusive=True)
    listing.changed = dict.fromkeys(range(1, 12), 5)
    found, _ = read_all(listing, None)
    assert len(found) == 11
    assert max(listing.pages) == 4


def test_behind_the_wall_the_walk_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "LAST_PAGE", 4)
    listing = Listing(inclusive=True)
    listing.changed = {**dict.fromkeys(range(1, 30), 5), 30: 6, 31: 7}
    found, _ = read_all(listing, None)
    assert {30, 31} <= {ticket_id for ticket_id, _ in found}
    assert max(listing.pages) == 4


def test_a_change_that_the_listing_was_late_to_show_is_still_found() -> None:
    listing = Listing(inclusive=True)
    listing.changed = {1: 1000}
    _, cursor = read_all(listing, None)
    listing.changed[2] = 1000 - int(OVERLAP.total_seconds()) + 1
    assert [ticket_id for ticket_id, _ in read_all(listing, cursor)[0]] == [2]


def test_an_account_without_changes_stays_where_it_is() -> None:
    listing = Listing(inclusive=True)
    cursor = None
    for _ in range(3):
        found, cursor = read_all(listing, cursor)
        assert found == []
        assert changes.position(cursor, START + timedelta(days=9)).since == START
    listing.changed = {1: 1}
    assert len(read_all(listing, cursor)[0]) == 1


def test_the_cursor_survives_a_restart_and_stays_small() -> None:
    at = Position(START)
    for second in range(0, 6_000, 100):
        rows = [row(second + number, second // 100) for number in range(100)]
        _, at, _ = changes.step(at, rows, more=True)
        at = changes.position(str(at), START)
    assert len(at.seen) <= 2_000
    assert len(str(at)) < 60_000


@pytest.mark.parametrize(
    "cursor", ["", "x", "[]", "{}", '{"since": "now", "page": 1}', '{"since": "2026-11-20T09:00:00Z", "page": 301}']
)
def test_a_cursor_that_is_none_is_reported_with_the_fix(cursor: str) -> None:
    with pytest.raises(ValueError, match="cursor of the sweep cannot be read"):
        changes.position(cursor, START)


def test_the_start_may_be_in_any_zone() -> None:
    local = START.astimezone(tz=None).replace(microsecond=7)
    assert changes.position(None, local).since == START.replace(microsecond=7)
    assert json.loads(str(replace(Position(local), page=2)))["since"].endswith("Z")
