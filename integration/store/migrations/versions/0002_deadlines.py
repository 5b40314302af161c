"""The clocks: deadlines, alerts, what kind a decision is, and who wrote on a ticket."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deadline",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.Column("decision_id", sa.String(length=20), nullable=False),
        sa.Column("complaint", sa.String(length=20), nullable=False),
        sa.Column("complaints", sa.JSON(), nullable=False),
        sa.Column("requester_id", sa.String(length=64), nullable=True),
        sa.Column("company_id", sa.String(length=64), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("updates", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("mark", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("deadline_next", "deadline", ["next_at"])
    op.create_index("deadline_of_ticket", "deadline", ["account", "ticket_id"])
    op.create_index("deadline_of_requester", "deadline", ["account", "requester_id", "started_at"])
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("deadline_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("alert_once", "alert", ["deadline_id", "kind"], unique=True)
    op.create_index("alert_waiting", "alert", ["sent_at"])
    with op.batch_alter_table("decision") as batch:
        batch.add_column(sa.Column("kind", sa.String(length=10), nullable=False, server_default="reading"))
    with op.batch_alter_table("ticket") as batch:
        batch.add_column(sa.Column("requester_id", sa.String(length=64), nullable=True))
        batch.add_column(sa.Column("company_id", sa.String(length=64), nullable=True))
        batch.add_column(sa.Column("contacted_at", sa.DateTime(timezone=True), nullable=True))
        batch.create_index("ticket_of_requester", ["account", "requester_id"])


def downgrade() -> None:
    with op.batch_alter_table("ticket") as batch:
        batch.drop_index("ticket_of_requester")
        for column in ("contacted_at", "company_id", "requester_id"):
            batch.drop_column(column)
    with op.batch_alter_table("decision") as batch:
        batch.drop_column("kind")
    op.drop_table("alert")
    op.drop_table("deadline")
