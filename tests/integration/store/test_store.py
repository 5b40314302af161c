"""The database, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import dataclasses
import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError, StatementError

from integration.store.failures import Failures
from integration.store.models import Base, FailureRow
from integration.store.store import Decision, Outcome, Store, new_decision_id

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store(database_url)
    store.migrate()
    yield store
    store.close()


def decision(**changes: object) -> Decision:
    return dataclasses.replace(
        Decision(
            id=new_decision_id(),
            account="acme",
            ticket_id="42",
            fingerprint="f1",
            anchor_message="m1",
            level="annotate",
            labels=("no_callback",),
            scores={"no_callback": 0.97},
            evidence=({"label": "no_callback", "start": 0, "end": 4, "text": "héé{{x}}"},),
            silence=None,
            annotation={"decision_id": "d", "note_html": "<p>“quoted” 😀</p>"},
            outcome=Outcome.PLANNED,
            created_at=NOW,
        ),
        **changes,
    )


def test_a_decision_comes_back_as_it_was_stored(store: Store) -> None:
    stored = decision()
    store.add(stored)
    assert store.decisions("acme", "42") == [stored]
    assert store.unfinished("acme", "42") == stored


def test_the_migrations_make_exactly_the_tables_of_the_models(store: Store) -> None:
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    assert store.migrated()


def test_a_new_database_is_not_migrated(database_url: str) -> None:
    store = Store(database_url)
    assert not store.migrated()
    store.close()


def test_several_processes_may_migrate_at_once(database_url: str) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite is migrated by one process: the supervisor, before it starts the others")
    stores = [Store(database_url) for _ in range(4)]
    errors: list[BaseException] = []

    def migrate(store: Store) -> None:
        try:
            store.migrate()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=migrate, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert stores[0].migrated()
    for store in stores:
        store.close()


def test_an_attempt_is_on_record_before_the_end_is(store: Store) -> None:
    stored = decision()
    store.add(stored)
    store.begin_attempt(stored.id)
    store.begin_attempt(stored.id)
    found = store.unfinished("acme", "42")
    assert found is not None
    assert found.attempts == 2


def test_finishing_remembers_what_is_on_the_ticket(store: Store) -> None:
    first, second = decision(), decision(fingerprint="f2", created_at=NOW + timedelta(seconds=1))
    store.add(first)
    store.finish(first, Outcome.WRITTEN, version="v1", note_id="n1", tags=frozenset({"b", "a"}), warnings=("w",))
    store.add(second)
    store.finish(second, Outcome.SILENT, version="v2")
    state = store.ticket_state("acme", "42")
    assert state is not None
    assert (state.fingerprint, state.version, state.decision_id) == ("f2", "v2", second.id)
    assert state.note_id == "n1"
    assert state.tags == {"a", "b"}
    assert store.decisions("acme", "42")[1].warnings == ("w",)
    assert store.unfinished("acme", "42") is None


def test_a_failed_decision_leaves_the_ticket_unread(store: Store) -> None:
    failed = decision()
    store.add(failed)
    store.finish(failed, Outcome.FAILED, version="v1", error="PUT answered 400")
    assert store.ticket_state("acme", "42") is None
    assert store.decisions("acme")[0].error == "PUT answered 400"


def test_a_dropped_decision_is_not_taken_up_again(store: Store) -> None:
    stored = decision()
    store.add(stored)
    store.drop(stored.id)
    assert store.unfinished("acme", "42") is None
    assert store.outcomes("acme") == {"dropped": 1}


def test_seen_versions_are_per_account_and_follow_what_was_seen_again(store: Store) -> None:
    for account, ticket_id in (("acme", "1"), ("acme", "2"), ("other", "1")):
        stored = decision(account=account, ticket_id=ticket_id)
        store.add(stored)
        store.finish(stored, Outcome.SILENT, version=f"{account}-{ticket_id}")
    store.saw_again("acme", "2", "newer")
    assert store.seen_versions("acme", ["1", "2", "3"]) == {"1": "acme-1", "2": "newer"}


def test_the_cursor_is_kept_per_account(store: Store) -> None:
    assert store.cursor("acme") is None
    store.keep_cursor("acme", "c1")
    store.keep_cursor("acme", "c2")
    kept = store.cursor("acme")
    assert kept is not None
    assert kept[0] == "c2"
    assert kept[1].tzinfo is not None
    assert store.cursor("other") is None


def test_a_failure_is_open_until_its_ticket_goes_through(store: Store) -> None:
    store.keep_failure("acme", "ticket", "answered 400", ticket_id="42")
    store.keep_failure("acme", "hook", "not JSON", shape={"bytes": 12})
    assert [failure.kind for failure in store.open_failures("acme")] == ["hook", "ticket"]
    store.resolve_failures("acme", "42")
    assert [failure.kind for failure in store.open_failures()] == ["hook"]


def test_tags_that_were_never_written_stay_a_failure_when_their_ticket_goes_through(store: Store) -> None:
    for kind in ("feedback", "job"):
        wanted = {"add": ["makeright_accepted"], "remove": []}
        store.keep_failure("acme", kind, "answered 403", ticket_id="42", shape=wanted)
    store.keep_failure("acme", "ticket", "answered 403", ticket_id="42")
    store.resolve_failures("acme", "42")
    assert {failure.kind for failure in store.open_failures()} == {"feedback", "job"}


def test_a_ticket_that_fails_again_in_the_same_way_is_one_failure_with_its_newest_time(store: Store) -> None:
    store.keep_failure("acme", "ticket", "answered 403", ticket_id="42")
    (first,) = store.open_failures("acme")
    store.keep_failure("acme", "ticket", "answered 403", ticket_id="42")
    (again,) = store.open_failures("acme")
    assert (again.id, again.at > first.at) == (first.id, True)
    store.keep_failure("acme", "ticket", "answered 400", ticket_id="42")
    store.keep_failure("acme", "ticket", "answered 403", ticket_id="43")
    assert len(store.open_failures("acme")) == 3
    store.resolve_failures("acme", "42")
    store.keep_failure("acme", "ticket", "answered 403", ticket_id="42")
    assert len(store.open_failures("acme")) == 2


def test_a_ticket_whose_job_dies_again_is_one_failure(store: Store) -> None:
    for _ in range(2):
        store.keep_failure("acme", "job", "the job died", ticket_id="42", shape={})
    store.keep_failure(
        "acme", "job", "the job died", ticket_id="42", shape={"add": ["makeright_accepted"], "remove": []}
    )
    assert len(store.open_failures("acme")) == 2


@pytest.mark.parametrize("fault", [{"id": "taken"}, {"level": None}])
def test_a_failing_statement_quotes_no_word_of_its_row(store: Store, fault: dict[str, Any]) -> None:
    said = "I left three voicemails"
    store.add(decision(id="taken"))
    with pytest.raises(IntegrityError) as failed:
        store.add(decision(kind="clock", text=said, **fault))
    shown = "".join(traceback.format_exception(failed.value))
    assert "INSERT INTO decision" in shown and said not in shown


def test_times_keep_their_moment_and_must_have_a_zone(store: Store) -> None:
    elsewhere = datetime(2026, 3, 8, 2, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    store.add(decision(created_at=elsewhere))
    assert store.decisions("acme")[0].created_at == elsewhere
    with pytest.raises(StatementError, match="time zone"):
        store.add(decision(created_at=datetime(2026, 1, 1)))


def test_every_open_failure_is_told_however_many_there_are(store: Store) -> None:
    row = {"account": "acme", "kind": "job", "reason": "it failed", "shape": {}, "at": NOW}
    with store.session.begin() as session:
        session.execute(insert(FailureRow), [row] * 1001)
    told = [failure.id for failure in Failures(store).open(since=NOW)]
    assert len(told) == 1001 and told == sorted(told, reverse=True)
