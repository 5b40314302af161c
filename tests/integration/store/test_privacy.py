"""Forgetting leaves nothing of a customer and everything of the others; pruning leaves what is under way."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from integration.store.backfills import Backfills
from integration.store.deadlines import Deadlines
from integration.store.feedback import Feedback, Kind
from integration.store.goodwill import AskedGesture, Goodwill
from integration.store.judgements import Judgements
from integration.store.models import Base
from integration.store.privacy import _HANGING, Privacy
from integration.store.store import Contact, Decision, Outcome, Store, new_decision_id

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
# Of no customer: how far our work came, what we made, who of the team did what.
_OF_NOBODY = {"backfill", "cursor", "provisioned", "figure", "audit_log", "console_session"}


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    made = Store(database_url)
    made.migrate()
    yield made
    made.close()


def fill(store: Store, requester: str, ticket: str, *, text: str, running: bool = False) -> Decision:
    """Something about this ticket in every table."""
    decision = Decision(
        id=new_decision_id(),
        account="acme",
        ticket_id=ticket,
        fingerprint="f",
        anchor_message="m",
        level="annotate",
        labels=("no_callback",),
        scores={"no_callback": 0.9},
        evidence=({"label": "no_callback", "start": 0, "end": 4, "text": text},),
        silence=None,
        annotation={"note_html": f"<p>{text}</p>", "add_tags": ["t"]},
        outcome=Outcome.PLANNED,
        created_at=NOW,
        requester_id=requester,
        text=text,
    )
    store.add(decision)
    if not running:
        store.finish(decision, Outcome.WRITTEN, version="v", contact=Contact(requester, None, NOW))
    deadlines = Deadlines(store)
    deadlines.start(
        account="acme",
        ticket_id=ticket,
        decision_id=decision.id,
        complaint="no_callback",
        complaints=["no_callback"],
        requester_id=requester,
        company_id=None,
        started_at=NOW,
        due_at=NOW,
        explanation="",
        updates={},
        next_at=NOW if running else None,
    )
    with store.session() as session:
        clock = session.scalar(select(func.max(Base.metadata.tables["deadline"].c.id)))
    deadlines.alert("acme", int(clock or 0), "at_risk", f"ticket {ticket}", NOW)
    store.feedback.add(Feedback("acme", ticket, Kind.THUMBS_UP, NOW, decision_id=decision.id))
    store.keep_failure("acme", "job", "it died", ticket_id=ticket)
    asked = AskedGesture("acme", ticket, requester, "no_callback", "voucher", Decimal(5), "USD", "pending", NOW)
    Goodwill(store).add(asked)
    Judgements(store).judge(decision.id, [], right=True, judge="ops", at=NOW)
    Backfills(store).list_page("acme", [ticket], cursor="c", complete=True)
    return decision


def counts(store: Store) -> dict[str, int]:
    with store.session() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
            if table.name not in _OF_NOBODY
        }


def test_every_table_is_either_covered_or_about_nobody() -> None:
    for table in Base.metadata.sorted_tables:
        covered = {"account", "ticket_id"} <= set(table.c.keys()) or table.name in _HANGING
        assert covered != (table.name in _OF_NOBODY), f"{table.name}: who forgets what stands in it?"


@pytest.mark.parametrize("by", ["requester", "ticket"])
def test_forgetting_leaves_nothing_of_one_and_all_of_the_others(store: Store, by: str) -> None:
    fill(store, "7", "1", text="ROBINS-WORDS")
    fill(store, "8", "2", text="KIMS-WORDS")
    one_of_each = dict.fromkeys(counts(store), 1)
    privacy = Privacy(store)
    stored = json.dumps(privacy.stored_about("acme", "7"))
    assert "ROBINS-WORDS" in stored and "KIMS-WORDS" not in stored
    gone = privacy.forget_requester("acme", "7") if by == "requester" else privacy.forget_ticket("acme", "1")
    assert gone == one_of_each
    assert counts(store) == one_of_each
    assert "KIMS-WORDS" in json.dumps(privacy.stored_about("acme", "8"))
    assert not any(privacy.stored_about("acme", "7")["stored"].values())
    assert not privacy.forget_requester("other", "8")


def test_pruning_leaves_what_is_young_or_under_way(store: Store) -> None:
    fill(store, "7", "1", text="old")
    running = fill(store, "8", "2", text="old, but running", running=True)
    privacy = Privacy(store)
    assert privacy.prune("acme", NOW - timedelta(seconds=1)) == 0
    assert privacy.prune("other", NOW + timedelta(days=999)) == 0
    privacy.prune("acme", datetime.now(UTC) + timedelta(days=999))
    assert [one.id for one in store.decisions("acme")] == [running.id]
    assert counts(store)["deadline"] == 1 and counts(store)["feedback"] == 0


def test_a_written_note_is_not_kept_a_second_time(store: Store) -> None:
    decision = fill(store, "7", "1", text="ROBINS-WORDS")
    (kept,) = store.decisions("acme", "1")
    assert kept.annotation == {"note_html": None, "add_tags": ["t"]}
    assert dataclasses.replace(kept, annotation={}).id == decision.id
