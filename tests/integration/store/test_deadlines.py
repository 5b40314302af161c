"""Which clocks a store starts, and which of them count as a complaint of the customer's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from integration.store.deadlines import Deadlines
from integration.store.figures import Figures
from integration.store.models import RUN_ON, DeadlineRow
from integration.store.store import Store

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store(database_url)
    store.migrate()
    yield store
    store.close()


def start(store: Store, decision_id: str, *, ticket_id: str = "42", after: int = 0, **changes: Any) -> None:
    """A clock of six hours that starts so many hours after NOW."""
    started_at = NOW + timedelta(hours=after)
    wish: dict[str, Any] = {
        "account": "acme",
        "ticket_id": ticket_id,
        "decision_id": decision_id,
        "complaint": "no_callback",
        "complaints": ("no_callback",),
        "requester_id": "7",
        "company_id": None,
        "started_at": started_at,
        "due_at": started_at + timedelta(hours=6),
        "explanation": "the same business day",
        "updates": {},
        "next_at": started_at + timedelta(hours=3),
    }
    Deadlines(store).start(**wish | changes)


def states(store: Store) -> list[str]:
    with store.session() as session:
        return list(session.scalars(select(DeadlineRow.state).order_by(DeadlineRow.id)))


@pytest.mark.parametrize(
    ("state", "next_at", "answered_at", "starts"),
    [
        ("at_risk", NOW, None, False),
        ("breached", None, None, False),
        ("kept", None, NOW, False),
        ("ended", None, NOW, True),
    ],
)
def test_a_clock_that_another_decision_asks_for_again_starts_only_where_it_had_ended_unanswered(
    store: Store, state: str, next_at: datetime | None, answered_at: datetime | None, starts: bool
) -> None:
    start(store, "d1")
    clock = Deadlines(store).newest("acme", "42")
    assert clock is not None
    Deadlines(store).passed(
        clock.id, state=state, mark=75, next_at=next_at, answered_at=answered_at, called_before=False
    )
    start(store, "d2")
    assert states(store) == ([state, "due"] if starts else [state])


def test_a_clock_that_made_way_for_another_may_start_again(store: Store) -> None:
    start(store, "d1")
    start(store, "d2", after=1)
    start(store, "d3")
    assert states(store) == ["replaced", "replaced", "due"]


def test_a_complaint_counts_once_however_many_clocks_came_of_it(store: Store) -> None:
    start(store, "d1")
    start(store, "d2", after=1)
    for hours in (2, 3, 4):
        clock = Deadlines(store).newest("acme", "42")
        assert clock is not None
        Deadlines(store).passed(clock.id, state="kept", mark=0, next_at=None, answered_at=NOW, called_before=False)
        start(store, f"{RUN_ON}{clock.id}", after=hours)
    assert len(states(store)) == 5
    (past,) = Deadlines(store).past("acme", "7", None, since=NOW, but="43")
    assert (past.started_at, past.state) == (NOW + timedelta(hours=1), "kept")
    assert Figures(store).complaints("acme", NOW) == [("7", NOW + timedelta(hours=1))]


def test_a_late_clock_is_over_with_its_ticket_and_stays_late(store: Store) -> None:
    start(store, "d1")
    clock = Deadlines(store).newest("acme", "42")
    assert clock is not None
    Deadlines(store).passed(clock.id, state="breached", mark=100, next_at=None, answered_at=None, called_before=False)
    assert Figures(store).standing("acme", NOW).deadlines == {"breached": 1}
    assert Deadlines(store).close("acme", "42", state="gone", at=NOW) == 1
    assert Figures(store).standing("acme", NOW).deadlines == {}
    assert states(store) == ["breached"]
