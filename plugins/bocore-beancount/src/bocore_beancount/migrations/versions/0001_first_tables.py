"""First tables."""

import sqlalchemy as sa
from alembic import op

from bocore.migrations import types


def upgrade() -> None:
    op.create_table(
        "beancount_ledger",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.Column("title", types.Words(), nullable=False),
        sa.Column("operating_currencies", types.Words(), nullable=False),
        sa.Column("roots", types.Words(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_beancount_ledger_company_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_beancount_ledger_company_id_name",
        "beancount_ledger",
        ["company_id", "name"],
        unique=True,
    )
    op.create_table(
        "beancount_account",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("position", types.Minor(), nullable=False),
        sa.Column("booking", types.Words(), nullable=True),
        sa.Column("meta", types.Words(), nullable=False),
        sa.ForeignKeyConstraint(
            ["id"],
            ["accounting_account.id"],
            name="fk_beancount_account_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "beancount_directive",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("ledger_id", types.Minor(), nullable=False),
        sa.Column("kind", types.Words(), nullable=False),
        sa.Column("on", types.Day(), nullable=False),
        sa.Column("position", types.Minor(), nullable=False),
        sa.Column("body", types.Words(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ledger_id"],
            ["beancount_ledger.id"],
            name="fk_beancount_directive_ledger_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_beancount_directive_ledger_id_kind",
        "beancount_directive",
        ["ledger_id", "kind"],
        unique=False,
    )
    op.create_table(
        "beancount_entry",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("ledger_id", types.Minor(), nullable=False),
        sa.Column("key", types.Words(), nullable=False),
        sa.Column("flag", types.Words(), nullable=False),
        sa.Column("payee", types.Words(), nullable=True),
        sa.Column("narration", types.Words(), nullable=False),
        sa.Column("tags", types.Words(), nullable=False),
        sa.Column("links", types.Words(), nullable=False),
        sa.Column("meta", types.Words(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_beancount_entry_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["id"],
            ["accounting_entry.id"],
            name="fk_beancount_entry_id",
        ),
        sa.ForeignKeyConstraint(
            ["ledger_id"],
            ["beancount_ledger.id"],
            name="fk_beancount_entry_ledger_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_beancount_entry_ledger_id",
        "beancount_entry",
        ["ledger_id"],
        unique=False,
    )
    op.create_index(
        "uq_beancount_entry_company_id_key",
        "beancount_entry",
        ["company_id", "key"],
        unique=True,
    )
    op.create_table(
        "beancount_lot",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("cost", types.DecimalText(), nullable=True),
        sa.Column("cost_currency", types.Words(), nullable=True),
        sa.Column("acquired", types.Day(), nullable=True),
        sa.Column("label", types.Words(), nullable=True),
        sa.Column("price", types.DecimalText(), nullable=True),
        sa.Column("price_currency", types.Words(), nullable=True),
        sa.Column("flag", types.Words(), nullable=True),
        sa.Column("meta", types.Words(), nullable=False),
        sa.ForeignKeyConstraint(
            ["id"],
            ["accounting_line.id"],
            name="fk_beancount_lot_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
