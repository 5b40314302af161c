"""What the sidebar shows of a decision, what agents answer to it, and how a ticket was closed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.Column("decision_id", sa.String(length=20), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("label", sa.String(length=32), nullable=True),
        sa.Column("verdict", sa.String(length=10), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("variant", sa.String(length=16), nullable=True),
        sa.Column("macro_id", sa.String(length=64), nullable=True),
        sa.Column("distance", sa.Double(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.create_index("feedback_by_time", ["account", "at"], unique=False)
        batch_op.create_index("feedback_of_ticket", ["account", "ticket_id"], unique=False)
        batch_op.create_index("feedback_of_decision", ["decision_id"], unique=False)
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.add_column(sa.Column("panel", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.add_column(sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("closed_with", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.drop_column("closed_with")
        batch_op.drop_column("closed_at")
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_column("panel")
    op.drop_table("feedback")
