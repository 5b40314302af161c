"""What the console needs to answer at once: sign-ins, reports worked out beforehand, labels beside their decisions, indexes."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Row

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_BATCH = 500
_OPEN = {"deadline_open": ["due_at", "id"], "deadline_open_of_account": ["account", "due_at", "id", "state"]}
_decision = sa.table(
    "decision",
    sa.column("id"),
    sa.column("account"),
    sa.column("ticket_id"),
    sa.column("level"),
    sa.column("labels", sa.JSON()),
    sa.column("panel", sa.JSON()),
    sa.column("kind"),
    sa.column("created_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    op.create_table(
        "console_session",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "figure",
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("account", "name"),
    )
    label = op.create_table(
        "decision_label",
        sa.Column("decision_id", sa.String(length=20), nullable=False),
        sa.Column("label", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("decision_id", "label"),
    )
    _fill(label)
    op.create_index("decision_label_feed", "decision_label", ["label", "created_at", "decision_id", "level"])
    op.create_index(
        "decision_label_by_time", "decision_label", ["account", "label", "created_at", "decision_id", "level"]
    )
    op.drop_index("decision_by_time", "decision")
    op.create_index("decision_by_time", "decision", ["account", "created_at", "id", "level", "outcome"])
    op.create_index("decision_feed", "decision", ["created_at", "id", "level"])
    op.create_index("decision_finished", "decision", ["account", "outcome", "finished_at"])
    still = sa.text("answered_at IS NULL AND state <> 'replaced'")
    for name, columns in _OPEN.items():
        op.create_index(name, "deadline", columns, sqlite_where=still, postgresql_where=still)


def _fill(label: sa.Table) -> None:
    """The labels of decisions taken before there was a table for them."""
    connection, last = op.get_bind(), ""
    while True:
        query = sa.select(_decision).where(_decision.c.kind == "reading", _decision.c.id > last)
        rows = connection.execute(query.order_by(_decision.c.id).limit(_BATCH)).all()
        if not rows:
            return
        connection.execute(sa.insert(label), [line for row in rows for line in _lines(row)])
        last = rows[-1].id


def _lines(row: Row[Any]) -> Iterator[dict[str, Any]]:
    for one in (row.panel or {}).get("labels") or row.labels or ["none"]:
        yield {
            "decision_id": row.id,
            "label": one,
            "account": row.account,
            "ticket_id": row.ticket_id,
            "level": row.level,
            "created_at": row.created_at,
        }


def downgrade() -> None:
    for name in _OPEN:
        op.drop_index(name, "deadline")
    op.drop_index("decision_finished", "decision")
    op.drop_index("decision_feed", "decision")
    op.drop_index("decision_by_time", "decision")
    op.create_index("decision_by_time", "decision", ["account", "created_at"])
    op.drop_table("decision_label")
    op.drop_table("figure")
    op.drop_table("console_session")
