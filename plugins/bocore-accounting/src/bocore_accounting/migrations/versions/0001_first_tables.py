"""First tables."""

import sqlalchemy as sa
from alembic import op

from bocore.migrations import types


def upgrade() -> None:
    op.create_table(
        "accounting_balance",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.Column("account_id", types.Minor(), nullable=False),
        sa.Column("book", types.Words(), nullable=False),
        sa.Column("period", types.Minor(), nullable=False),
        sa.Column("currency", types.Words(), nullable=False),
        sa.Column("commodity", types.Words(), nullable=False),
        sa.Column("debit", types.Minor(), nullable=False),
        sa.Column("credit", types.Minor(), nullable=False),
        sa.Column("base_debit", types.Minor(), nullable=False),
        sa.Column("base_credit", types.Minor(), nullable=False),
        sa.Column("quantity_debit", types.Minor(), nullable=False),
        sa.Column("quantity_credit", types.Minor(), nullable=False),
        sa.Column("lines", types.Minor(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_accounting_balance_company_id_account_id",
        "accounting_balance",
        ["company_id", "account_id"],
        unique=False,
    )
    op.create_table(
        "accounting_commodity",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("exponent", types.Minor(), nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_accounting_commodity_code",
        "accounting_commodity",
        ["code"],
        unique=True,
    )
    op.create_table(
        "accounting_roll_up",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("through", types.Minor(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "accounting_account",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.Column("kind", types.Words(), nullable=False),
        sa.Column("parent_id", types.Minor(), nullable=True),
        sa.Column("postable", sa.Boolean(), nullable=False),
        sa.Column("currencies", types.Words(), nullable=False),
        sa.Column("opened", types.Day(), nullable=True),
        sa.Column("closed", types.Day(), nullable=True),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_accounting_account_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["accounting_account.id"],
            name="fk_accounting_account_parent_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_accounting_account_parent_id",
        "accounting_account",
        ["parent_id"],
        unique=False,
    )
    op.create_index(
        "uq_accounting_account_company_id_code",
        "accounting_account",
        ["company_id", "code"],
        unique=True,
    )
    op.create_table(
        "accounting_fiscal_year",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Minor(), nullable=False),
        sa.Column("start", types.Day(), nullable=False),
        sa.Column("end", types.Day(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_accounting_fiscal_year_company_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_accounting_fiscal_year_company_id_code",
        "accounting_fiscal_year",
        ["company_id", "code"],
        unique=True,
    )
    op.create_table(
        "accounting_journal",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_accounting_journal_company_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_accounting_journal_company_id_code",
        "accounting_journal",
        ["company_id", "code"],
        unique=True,
    )
    op.create_table(
        "accounting_entry",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("journal_id", types.Minor(), nullable=False),
        sa.Column("posting_date", types.Day(), nullable=False),
        sa.Column("document_date", types.Day(), nullable=True),
        sa.Column("fiscal_year", types.Minor(), nullable=False),
        sa.Column("number", types.Words(), nullable=True),
        sa.Column("text", types.Words(), nullable=False),
        sa.Column("reference", types.Words(), nullable=False),
        sa.Column("nature", types.Words(), nullable=False),
        sa.Column("book", types.Words(), nullable=False),
        sa.Column("reverses_id", types.Minor(), nullable=True),
        sa.Column("voucher_id", types.Minor(), nullable=True),
        sa.Column("unit_id", types.Minor(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_accounting_entry_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["journal_id"],
            ["accounting_journal.id"],
            name="fk_accounting_entry_journal_id",
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"],
            ["accounting_entry.id"],
            name="fk_accounting_entry_reverses_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["voucher_id"],
            ["bo_voucher.id"],
            name="fk_accounting_entry_voucher_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_accounting_entry_company_id_posting_date",
        "accounting_entry",
        ["company_id", "posting_date"],
        unique=False,
    )
    op.create_index(
        "ix_accounting_entry_journal_id",
        "accounting_entry",
        ["journal_id"],
        unique=False,
    )
    op.create_index(
        "ix_accounting_entry_unit_id",
        "accounting_entry",
        ["unit_id"],
        unique=False,
    )
    op.create_index(
        "uq_accounting_entry_company_id_number",
        "accounting_entry",
        ["company_id", "number"],
        unique=True,
    )
    op.create_index(
        "uq_accounting_entry_reverses_id",
        "accounting_entry",
        ["reverses_id"],
        unique=True,
        sqlite_where=sa.text('"reverses_id" IS NOT NULL'),
        postgresql_where=sa.text('"reverses_id" IS NOT NULL'),
    )
    op.create_index(
        "uq_accounting_entry_voucher_id",
        "accounting_entry",
        ["voucher_id"],
        unique=True,
        sqlite_where=sa.text('"voucher_id" IS NOT NULL'),
        postgresql_where=sa.text('"voucher_id" IS NOT NULL'),
    )
    op.create_table(
        "accounting_purpose_rule",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("purpose", types.Words(), nullable=False),
        sa.Column("account_id", types.Minor(), nullable=False),
        sa.Column("book", types.Words(), nullable=False),
        sa.Column("keys", types.Words(), nullable=False),
        sa.Column("since", types.Day(), nullable=True),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounting_account.id"],
            name="fk_accounting_purpose_rule_account_id",
        ),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_accounting_purpose_rule_company_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_accounting_purpose_rule_account_id",
        "accounting_purpose_rule",
        ["account_id"],
        unique=False,
    )
    op.create_index(
        "ix_accounting_purpose_rule_company_id_purpose",
        "accounting_purpose_rule",
        ["company_id", "purpose"],
        unique=False,
    )
    op.create_table(
        "accounting_line",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("entry_id", types.Minor(), nullable=False),
        sa.Column("account_id", types.Minor(), nullable=False),
        sa.Column("amount", types.Minor(), nullable=False),
        sa.Column("amount_currency", types.Words(), nullable=False),
        sa.Column("base", types.Minor(), nullable=True),
        sa.Column("base_currency", types.Words(), nullable=True),
        sa.Column("quantity", types.Minor(), nullable=True),
        sa.Column("quantity_currency", types.Words(), nullable=True),
        sa.Column("purpose", types.Words(), nullable=False),
        sa.Column("party_id", types.Minor(), nullable=True),
        sa.Column("dims_id", types.Minor(), nullable=True),
        sa.Column("due", types.Day(), nullable=True),
        sa.Column("tax", types.Words(), nullable=True),
        sa.Column("service_from", types.Day(), nullable=True),
        sa.Column("service_to", types.Day(), nullable=True),
        sa.Column("position", types.Minor(), nullable=False),
        sa.Column("posting_date", types.Day(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounting_account.id"],
            name="fk_accounting_line_account_id",
        ),
        sa.ForeignKeyConstraint(
            ["dims_id"],
            ["bo_dimension_set.id"],
            name="fk_accounting_line_dims_id",
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["accounting_entry.id"],
            name="fk_accounting_line_entry_id",
        ),
        sa.ForeignKeyConstraint(
            ["party_id"],
            ["bo_party.id"],
            name="fk_accounting_line_party_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_accounting_line_account_id_posting_date",
        "accounting_line",
        ["account_id", "posting_date"],
        unique=False,
    )
    op.create_index(
        "ix_accounting_line_entry_id",
        "accounting_line",
        ["entry_id"],
        unique=False,
    )
