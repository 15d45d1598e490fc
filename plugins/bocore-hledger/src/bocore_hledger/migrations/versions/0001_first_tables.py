"""First tables."""

import sqlalchemy as sa
from alembic import op

from bocore.migrations import types


def upgrade() -> None:
    op.create_table(
        "hledger_journal",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_hledger_journal_company_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_hledger_journal_company_id_name",
        "hledger_journal",
        ["company_id", "name"],
        unique=True,
    )
    op.create_table(
        "hledger_symbol",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("symbol", types.Words(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_hledger_symbol_company_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_hledger_symbol_company_id_symbol",
        "hledger_symbol",
        ["company_id", "symbol"],
        unique=True,
    )
    op.create_table(
        "hledger_account",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("position", types.Minor(), nullable=True),
        sa.Column("type", types.Words(), nullable=False),
        sa.Column("comment", types.Words(), nullable=False),
        sa.ForeignKeyConstraint(
            ["id"],
            ["accounting_account.id"],
            name="fk_hledger_account_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "hledger_entry",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("journal_id", types.Minor(), nullable=False),
        sa.Column("key", types.Words(), nullable=False),
        sa.Column("date2", types.Day(), nullable=True),
        sa.Column("status", types.Words(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("description", types.Words(), nullable=False),
        sa.Column("comment", types.Words(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_hledger_entry_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["id"],
            ["accounting_entry.id"],
            name="fk_hledger_entry_id",
        ),
        sa.ForeignKeyConstraint(
            ["journal_id"],
            ["hledger_journal.id"],
            name="fk_hledger_entry_journal_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_hledger_entry_journal_id",
        "hledger_entry",
        ["journal_id"],
        unique=False,
    )
    op.create_index(
        "uq_hledger_entry_company_id_key",
        "hledger_entry",
        ["company_id", "key"],
        unique=True,
    )
    op.create_table(
        "hledger_line",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("cost", types.DecimalText(), nullable=True),
        sa.Column("cost_currency", types.Words(), nullable=True),
        sa.Column("total", sa.Boolean(), nullable=False),
        sa.Column("status", types.Words(), nullable=False),
        sa.Column("comment", types.Words(), nullable=False),
        sa.Column("assertion", types.Words(), nullable=True),
        sa.ForeignKeyConstraint(
            ["id"],
            ["accounting_line.id"],
            name="fk_hledger_line_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
