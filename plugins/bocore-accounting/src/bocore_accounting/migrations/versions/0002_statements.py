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
    with op.batch_alter_table("accounting_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("partner_id", types.Minor(), nullable=True))
        batch_op.create_foreign_key(
            "fk_accounting_line_partner_id",
            "bo_company",
            ["partner_id"],
            ["id"],
        )
    op.add_column(
        "accounting_roll_up",
        sa.Column("layout", types.Minor(), server_default=sa.text("1"), nullable=False),
    )
