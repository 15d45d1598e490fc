"""Statements."""

import sqlalchemy as sa
from alembic import op

from bocore.migrations import types


def upgrade() -> None:
    op.add_column(
        "accounting_account",
        sa.Column(
            "cash",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
        ),
    )
    op.add_column(
        "accounting_account",
        sa.Column("monetary", sa.Boolean(), nullable=True),
    )
    op.add_column(
        "accounting_balance",
        sa.Column("nature", types.Words(), server_default="", nullable=False),
    )
    op.add_column(
        "accounting_balance",
        sa.Column(
            "valued",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
        ),
    )
    op.add_column(
        "accounting_roll_up",
        sa.Column("layout", types.Minor(), server_default=sa.text("1"), nullable=False),
    )
