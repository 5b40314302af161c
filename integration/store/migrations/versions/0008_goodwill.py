"""Gestures of goodwill: asked for, approved or declined, by whom and when."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "goodwill",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.Column("requester_id", sa.String(length=64), nullable=True),
        sa.Column("brand", sa.String(length=64), nullable=True),
        sa.Column("complaint", sa.String(length=20), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("gesture", sa.String(length=64), nullable=False),
        sa.Column("hundredths", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("approver", sa.String(length=40), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=120), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=120), nullable=True),
        sa.Column("via", sa.String(length=10), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("goodwill", schema=None) as batch_op:
        batch_op.create_index("goodwill_of_ticket", ["account", "ticket_id"], unique=False)
        batch_op.create_index("goodwill_of_requester", ["account", "requester_id"], unique=False)
        batch_op.create_index("goodwill_by_state", ["account", "state", "answered_at"], unique=False)


def downgrade() -> None:
    op.drop_table("goodwill")
