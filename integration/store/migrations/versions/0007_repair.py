"""Backfills, judgements, and what privacy asks of a decision: whose it is, and its text where an account keeps that."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "backfill",
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shadow", sa.Boolean(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account"),
    )
    op.create_table(
        "backfill_ticket",
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.PrimaryKeyConstraint("account", "ticket_id"),
    )
    op.create_index("backfill_open", "backfill_ticket", ["account", "outcome"])
    op.create_table(
        "judgement",
        sa.Column("decision_id", sa.String(length=20), nullable=False),
        sa.Column("label", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("right", sa.Boolean(), nullable=False),
        sa.Column("judge", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("decision_id", "label"),
    )
    op.create_index("judgement_of_account", "judgement", ["account", "at"])
    with op.batch_alter_table("decision") as batch:
        batch.add_column(sa.Column("requester_id", sa.String(length=64), nullable=True))
        batch.add_column(sa.Column("text", sa.Text(), nullable=True))
        batch.create_index("decision_of_requester", ["account", "requester_id"])


def downgrade() -> None:
    with op.batch_alter_table("decision") as batch:
        batch.drop_index("decision_of_requester")
        batch.drop_column("text")
        batch.drop_column("requester_id")
    op.drop_table("judgement")
    op.drop_table("backfill_ticket")
    op.drop_table("backfill")
