"""What is remembered of what we made, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.contract import Secret
from adapters.provisioning import Kind, Made
from integration.store.provisioned import Provisioned
from integration.store.store import Store


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store(database_url)
    yield store
    store.close()


def test_things_are_remembered_as_first_told_of(store: Store) -> None:
    remembered = Provisioned(store)
    assert remembered.references() == {}
    store.migrate()
    hook = Made("hook", Kind.HOOK, "01A", "Makeright", url="https://x.example", secret=Secret("never kept"))
    field = Made("field.complaint", Kind.FIELD, "9", "Complaint", reference="cf_9", created=False, before={"added": []})
    remembered.keep("acme", hook)
    remembered.keep("acme", field)
    remembered.keep("other", hook)
    assert remembered.of("acme") == {"hook": hook, "field.complaint": field}
    assert remembered.of("acme")["hook"].secret is None
    assert remembered.references() == {"acme": {"complaint": "cf_9"}}

    # Repaired: how it was before us does not change. Made anew: that is another thing.
    remembered.keep("acme", Made("field.complaint", Kind.FIELD, "9", "Why", "cf_9", before={"added": ["x"]}))
    kept = remembered.of("acme")["field.complaint"]
    assert (kept.name, kept.created, kept.before) == ("Why", False, {"added": []})
    remembered.keep("acme", Made("field.complaint", Kind.FIELD, "10", "Complaint", "cf_10"))
    kept = remembered.of("acme")["field.complaint"]
    assert (kept.id, kept.created, kept.before) == ("10", True, None)

    remembered.forget("acme", "hook")
    assert set(remembered.of("acme")) == {"field.complaint"} and set(remembered.of("other")) == {"hook"}


def test_a_database_that_cannot_be_asked_knows_of_nothing() -> None:
    store = Store("postgresql+psycopg://nobody@127.0.0.1:9/nothing")
    assert Provisioned(store).references() == {}
