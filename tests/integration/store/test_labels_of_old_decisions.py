"""A store from before the console: its decisions get their labels beside them when it is migrated."""

from __future__ import annotations

import json

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text

from integration.store.feed import Feed, Filter
from integration.store.store import MIGRATIONS, Store


def test_decisions_taken_before_are_found_by_their_labels(database_url: str) -> None:
    store = Store(database_url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    before = ScriptDirectory.from_config(config).get_revision("0006").down_revision
    with store.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, str(before))
        for id_, labels, panel, kind in (
            ("a", ["no_callback"], {}, "reading"),
            ("b", [], {"labels": ["no_callback", "overpromising"]}, "reading"),
            ("c", [], {}, "reading"),
            ("d", [], {}, "clock"),
        ):
            connection.execute(
                text(
                    "INSERT INTO decision (id, account, ticket_id, fingerprint, level, labels, scores, evidence, "
                    "annotation, panel, outcome, attempts, warnings, kind, created_at) VALUES (:id, 'acme', '1', 'f', "
                    "'shadow', :labels, '{}', '[]', '{}', :panel, 'silent', 0, '[]', :kind, '2026-11-22 12:00:00+00:00')"
                ),
                {"id": id_, "labels": json.dumps(labels), "panel": json.dumps(panel), "kind": kind},
            )
        connection.commit()
    store.migrate()
    assert store.migrated()
    found = {
        label: [line.id for line in Feed(store).page(Filter(account="acme", label=label))]
        for label in ("no_callback", "overpromising", "none", "")
    }
    assert found == {"no_callback": ["b", "a"], "overpromising": ["b"], "none": ["c"], "": ["d", "c", "b", "a"]}
    store.close()
