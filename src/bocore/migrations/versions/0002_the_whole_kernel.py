"""The whole kernel."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from bocore.migrations import types


def upgrade() -> None:
    op.create_table(
        "bo_dimension_axis",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("plugin", types.Words(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_bo_dimension_axis_code",
        "bo_dimension_axis",
        ["code"],
        unique=True,
    )
    op.create_table(
        "bo_external_id",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("system", types.Words(), nullable=False),
        sa.Column("entity", types.Words(), nullable=False),
        sa.Column("row_id", types.Minor(), nullable=False),
        sa.Column("external_id", types.Words(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_bo_external_id_entity_row_id",
        "bo_external_id",
        ["entity", "row_id"],
        unique=False,
    )
    op.create_index(
        "uq_bo_external_id_system_entity_external_id",
        "bo_external_id",
        ["system", "entity", "external_id"],
        unique=True,
    )
    op.create_index(
        "uq_bo_external_id_system_entity_row_id",
        "bo_external_id",
        ["system", "entity", "row_id"],
        unique=True,
    )
    op.create_table(
        "bo_purpose",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("fallback", sa.Text(), nullable=False),
        sa.Column("plugin", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("purpose"),
    )
    op.create_table(
        "bo_unit",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.Column("symbol", types.Words(), nullable=False),
        sa.Column("dimension", types.Words(), nullable=False),
        sa.Column("numerator", types.Minor(), nullable=False),
        sa.Column("denominator", types.Minor(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_bo_unit_code", "bo_unit", ["code"], unique=True)
    op.create_table(
        "bo_attachment",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("entity", types.Words(), nullable=False),
        sa.Column("row_id", types.Minor(), nullable=False),
        sa.Column("party_id", types.Minor(), nullable=True),
        sa.Column("file_name", types.Words(), nullable=False),
        sa.Column("media_type", types.Words(), nullable=False),
        sa.Column("size", types.Minor(), nullable=False),
        sa.Column("sha256", types.Words(), nullable=False),
        sa.Column("note", types.Words(), nullable=False),
        sa.Column("added_at", types.Instant(), nullable=False),
        sa.Column("removed_at", types.Instant(), nullable=True),
        sa.Column("unit_id", types.Minor(), nullable=False),
        sa.Column("_salt", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["party_id"],
            ["bo_party.id"],
            name="fk_bo_attachment_party_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_bo_attachment_entity_row_id",
        "bo_attachment",
        ["entity", "row_id"],
        unique=False,
    )
    op.create_index(
        "ix_bo_attachment_party_id",
        "bo_attachment",
        ["party_id"],
        unique=False,
    )
    op.create_index(
        "ix_bo_attachment_unit_id",
        "bo_attachment",
        ["unit_id"],
        unique=False,
    )
    op.create_table(
        "bo_bank_account",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("party_id", types.Minor(), nullable=True),
        sa.Column("company_id", types.Minor(), nullable=True),
        sa.Column("currency", types.Words(), nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.Column("preferred", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_bo_bank_account_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["party_id"],
            ["bo_party.id"],
            name="fk_bo_bank_account_party_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_bo_bank_account_company_id",
        "bo_bank_account",
        ["company_id"],
        unique=False,
    )
    op.create_index(
        "ix_bo_bank_account_party_id",
        "bo_bank_account",
        ["party_id"],
        unique=False,
    )
    op.create_table(
        "bo_book",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_bo_book_company_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_bo_book_company_id_code",
        "bo_book",
        ["company_id", "code"],
        unique=True,
    )
    op.create_table(
        "bo_calendar",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=True),
        sa.Column("standard", sa.Boolean(), nullable=False),
        sa.Column("monday", types.Scaled(2), nullable=False),
        sa.Column("tuesday", types.Scaled(2), nullable=False),
        sa.Column("wednesday", types.Scaled(2), nullable=False),
        sa.Column("thursday", types.Scaled(2), nullable=False),
        sa.Column("friday", types.Scaled(2), nullable=False),
        sa.Column("saturday", types.Scaled(2), nullable=False),
        sa.Column("sunday", types.Scaled(2), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_bo_calendar_company_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_bo_calendar_company_id",
        "bo_calendar",
        ["company_id"],
        unique=False,
    )
    op.create_index("uq_bo_calendar_code", "bo_calendar", ["code"], unique=True)
    op.create_table(
        "bo_dimension_value",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("axis_id", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.Column("under_id", types.Minor(), nullable=True),
        sa.Column("valid_from", types.Day(), nullable=True),
        sa.Column("valid_through", types.Day(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["axis_id"],
            ["bo_dimension_axis.id"],
            name="fk_bo_dimension_value_axis_id",
        ),
        sa.ForeignKeyConstraint(
            ["under_id"],
            ["bo_dimension_value.id"],
            name="fk_bo_dimension_value_under_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_bo_dimension_value_under_id",
        "bo_dimension_value",
        ["under_id"],
        unique=False,
    )
    op.create_index(
        "uq_bo_dimension_value_axis_id_code",
        "bo_dimension_value",
        ["axis_id", "code"],
        unique=True,
    )
    op.create_table(
        "bo_lock_exception",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("area", types.Words(), nullable=False),
        sa.Column("person", types.Words(), nullable=False),
        sa.Column("since", types.Day(), nullable=False),
        sa.Column("through", types.Day(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("reason", types.Words(), nullable=False),
        sa.Column("granted_by", types.Words(), nullable=False),
        sa.Column("withdrawn_at", types.Instant(), nullable=True),
        sa.Column("unit_id", types.Minor(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_bo_lock_exception_company_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_bo_lock_exception_company_id_area",
        "bo_lock_exception",
        ["company_id", "area"],
        unique=False,
    )
    op.create_index(
        "ix_bo_lock_exception_unit_id",
        "bo_lock_exception",
        ["unit_id"],
        unique=False,
    )
    op.create_table(
        "bo_site",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.Column("zone", types.Words(), nullable=False),
        sa.Column("lines", types.Words(), nullable=False),
        sa.Column("postcode", types.Words(), nullable=False),
        sa.Column("city", types.Words(), nullable=False),
        sa.Column("region", types.Words(), nullable=False),
        sa.Column("country", types.Words(), nullable=False),
        sa.Column("dims", types.Words(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_bo_site_company_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_bo_site_company_id_code",
        "bo_site",
        ["company_id", "code"],
        unique=True,
    )
    op.create_table(
        "bo_attachment_content",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("attachment_id", types.Minor(), nullable=False),
        sa.Column("position", types.Minor(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("_salt", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["attachment_id"],
            ["bo_attachment.id"],
            name="fk_bo_attachment_content_attachment_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_bo_attachment_content_attachment_id_position",
        "bo_attachment_content",
        ["attachment_id", "position"],
        unique=True,
    )
    op.create_table(
        "bo_bank_details",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("account_id", types.Minor(), nullable=False),
        sa.Column("serial", types.Minor(), nullable=False),
        sa.Column("holder", types.Words(), nullable=False),
        sa.Column("iban", types.Words(), nullable=False),
        sa.Column("bic", types.Words(), nullable=False),
        sa.Column("number", types.Words(), nullable=False),
        sa.Column("bank_code", types.Words(), nullable=False),
        sa.Column("country", types.Words(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("unit_id", types.Minor(), nullable=False),
        sa.Column("_salt", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["bo_bank_account.id"],
            name="fk_bo_bank_details_account_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_bo_bank_details_iban",
        "bo_bank_details",
        ["iban"],
        unique=False,
    )
    op.create_index(
        "ix_bo_bank_details_unit_id",
        "bo_bank_details",
        ["unit_id"],
        unique=False,
    )
    op.create_index(
        "uq_bo_bank_details_account_id_serial",
        "bo_bank_details",
        ["account_id", "serial"],
        unique=True,
    )
    op.create_table(
        "bo_calendar_exception",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("calendar_id", types.Minor(), nullable=False),
        sa.Column("on", types.Day(), nullable=False),
        sa.Column("hours", types.Scaled(2), nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar_id"],
            ["bo_calendar.id"],
            name="fk_bo_calendar_exception_calendar_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_bo_calendar_exception_calendar_id_on",
        "bo_calendar_exception",
        ["calendar_id", "on"],
        unique=True,
    )
    op.create_table(
        "bo_late_posting",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("area", types.Words(), nullable=False),
        sa.Column("asked", types.Day(), nullable=False),
        sa.Column("day", types.Day(), nullable=False),
        sa.Column("exception_id", types.Minor(), nullable=True),
        sa.Column("entity", types.Words(), nullable=False),
        sa.Column("row_id", types.Minor(), nullable=False),
        sa.Column("label", types.Words(), nullable=False),
        sa.Column("unit_id", types.Minor(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_bo_late_posting_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["exception_id"],
            ["bo_lock_exception.id"],
            name="fk_bo_late_posting_exception_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_bo_late_posting_company_id",
        "bo_late_posting",
        ["company_id"],
        unique=False,
    )
    op.create_index(
        "ix_bo_late_posting_entity_row_id",
        "bo_late_posting",
        ["entity", "row_id"],
        unique=False,
    )
    op.create_index(
        "ix_bo_late_posting_exception_id",
        "bo_late_posting",
        ["exception_id"],
        unique=False,
    )
    op.create_index(
        "ix_bo_late_posting_unit_id",
        "bo_late_posting",
        ["unit_id"],
        unique=False,
    )
    op.create_table(
        "bo_open_item",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("key", types.Words(), nullable=False),
        sa.Column("kind", types.Words(), nullable=False),
        sa.Column("purpose", types.Words(), nullable=False),
        sa.Column("party_id", types.Minor(), nullable=True),
        sa.Column("partner_id", types.Minor(), nullable=True),
        sa.Column("amount", types.Minor(), nullable=False),
        sa.Column("amount_currency", types.Words(), nullable=False),
        sa.Column("base", types.Minor(), nullable=False),
        sa.Column("base_currency", types.Words(), nullable=False),
        sa.Column("due", types.Day(), nullable=True),
        sa.Column("document_date", types.Day(), nullable=False),
        sa.Column("posting_date", types.Day(), nullable=False),
        sa.Column("book", types.Words(), nullable=True),
        sa.Column("account", types.Words(), nullable=True),
        sa.Column("by", types.Words(), nullable=False),
        sa.Column("dimension_set_id", types.Minor(), nullable=True),
        sa.Column("voucher_id", types.Minor(), nullable=False),
        sa.Column("line", types.Minor(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_bo_open_item_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["dimension_set_id"],
            ["bo_dimension_set.id"],
            name="fk_bo_open_item_dimension_set_id",
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"],
            ["bo_company.id"],
            name="fk_bo_open_item_partner_id",
        ),
        sa.ForeignKeyConstraint(
            ["party_id"],
            ["bo_party.id"],
            name="fk_bo_open_item_party_id",
        ),
        sa.ForeignKeyConstraint(
            ["voucher_id"],
            ["bo_voucher.id"],
            name="fk_bo_open_item_voucher_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_bo_open_item_company_id_posting_date",
        "bo_open_item",
        ["company_id", "posting_date"],
        unique=False,
    )
    op.create_index(
        "ix_bo_open_item_partner_id",
        "bo_open_item",
        ["partner_id"],
        unique=False,
    )
    op.create_index(
        "ix_bo_open_item_party_id",
        "bo_open_item",
        ["party_id"],
        unique=False,
    )
    op.create_index(
        "ix_bo_open_item_voucher_id",
        "bo_open_item",
        ["voucher_id"],
        unique=False,
    )
    op.create_index(
        "uq_bo_open_item_key_company_id",
        "bo_open_item",
        ["key", "company_id"],
        unique=True,
    )
    op.create_table(
        "bo_item_balance",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("remaining", types.Minor(), nullable=False),
        sa.Column("base", types.Minor(), nullable=False),
        sa.Column("revaluation", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["id"],
            ["bo_open_item.id"],
            name="fk_bo_item_balance_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_bo_item_balance_open",
        "bo_item_balance",
        ["open"],
        unique=False,
    )
    op.create_table(
        "bo_settlement",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("item_id", types.Minor(), nullable=False),
        sa.Column("kind", types.Words(), nullable=False),
        sa.Column("posting_date", types.Day(), nullable=False),
        sa.Column("amount", types.Minor(), nullable=False),
        sa.Column("amount_currency", types.Words(), nullable=False),
        sa.Column("base", types.Minor(), nullable=False),
        sa.Column("base_currency", types.Words(), nullable=False),
        sa.Column("voucher_id", types.Minor(), nullable=False),
        sa.Column("line", types.Minor(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_bo_settlement_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["bo_open_item.id"],
            name="fk_bo_settlement_item_id",
        ),
        sa.ForeignKeyConstraint(
            ["voucher_id"],
            ["bo_voucher.id"],
            name="fk_bo_settlement_voucher_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_bo_settlement_company_id_posting_date",
        "bo_settlement",
        ["company_id", "posting_date"],
        unique=False,
    )
    op.create_index(
        "ix_bo_settlement_item_id",
        "bo_settlement",
        ["item_id"],
        unique=False,
    )
    op.create_index(
        "ix_bo_settlement_voucher_id",
        "bo_settlement",
        ["voucher_id"],
        unique=False,
    )
    op.create_index(
        "ix_bo_commit_correlation",
        "bo_commit",
        ["correlation"],
        unique=False,
        sqlite_where=sa.text('"correlation" IS NOT NULL'),
        postgresql_where=sa.text('"correlation" IS NOT NULL'),
    )
    op.add_column(
        "bo_period_lock",
        sa.Column("hard_through", types.Day(), nullable=True),
    )
    with op.batch_alter_table("bo_series", schema=None) as batch_op:
        batch_op.add_column(sa.Column("site_id", types.Minor(), nullable=True))
        batch_op.create_index("ix_bo_series_site_id", ["site_id"], unique=False)
        batch_op.create_foreign_key(
            "fk_bo_series_site_id",
            "bo_site",
            ["site_id"],
            ["id"],
        )


def data(uow: Any) -> None:
    """Make the open items of vouchers that were posted before the core kept them."""
    from bocore.kernel.backfill import itemise_posted

    itemise_posted(uow)
