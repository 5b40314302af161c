"""What a clock has to remember: a call's tag that was on the ticket before it, and a state the ticket would not take."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("deadline", schema=None) as batch:
        batch.add_column(sa.Column("called_before", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("untold", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("deadline", schema=None) as batch:
        batch.drop_column("untold")
        batch.drop_column("called_before")
