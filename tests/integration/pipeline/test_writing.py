"""Seeing a decision through when the ticket has moved on."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from redis import Redis

from adapters.contract import Account, Annotation, Conflict, Receipt, Ticket
from integration.pipeline.writing import plain, settle, write
from integration.store.store import Decision, Outcome, Store, new_decision_id
from tests.integration.pipeline.hostile_worker import HostileHelpdesk


class OvertakenHelpdesk(HostileHelpdesk):
    """The customer writes between our reading and our writing."""

    def annotate(self, ticket: Ticket, annotation: Annotation, *, look_first: bool) -> Receipt:
        raise Conflict("answered 409", account="acme", status=409)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store(database_url)
    store.migrate()
    yield store
    store.close()


def test_a_decision_that_a_new_message_kept_off_the_ticket_is_dropped_for_the_next(store: Store, redis: Redis) -> None:
    helpdesk = OvertakenHelpdesk(Account("acme", {}), redis)
    ticket = helpdesk.fetch("42")
    decision = Decision(
        id=new_decision_id(),
        account="acme",
        ticket_id="42",
        fingerprint="f1",
        anchor_message="m1",
        level="annotate",
        labels=("no_callback",),
        scores={"no_callback": 0.97},
        evidence=(),
        silence=None,
        annotation=plain(Annotation("d-1", frozenset({"makeright_seen"}))),
        outcome=Outcome.PLANNED,
        created_at=datetime.now(UTC),
    )
    store.add(decision)
    with pytest.raises(Conflict):
        write(store, helpdesk, ticket, decision, frozenset())
    unfinished = store.unfinished("acme", "42")
    assert unfinished == dataclasses.replace(decision, attempts=0)
    settle(store, helpdesk, ticket, unfinished)
    assert store.outcomes("acme") == {"dropped": 1}
