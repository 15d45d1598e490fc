"""First tables."""

import sqlalchemy as sa
from alembic import op

from bocore.migrations import types


def upgrade() -> None:
    op.create_table(
        "tax_code",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("place", types.Words(), nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.Column("kind", types.Words(), nullable=False),
        sa.Column("compound", sa.Boolean(), nullable=False),
        sa.Column("recoverable", types.DecimalText(), nullable=False),
        sa.Column("boxes", types.Words(), nullable=False),
        sa.Column("note", types.Words(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_tax_code_code", "tax_code", ["code"], unique=True)
    op.create_table(
        "tax_rate",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("percent", types.DecimalText(), nullable=False),
        sa.Column("since", types.Day(), nullable=False),
        sa.Column("until", types.Day(), nullable=True),
        sa.Column("source", types.Words(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_tax_rate_code", "tax_rate", ["code"], unique=False)
    op.create_table(
        "tax_rule",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("place", types.Words(), nullable=False),
        sa.Column("codes", types.Words(), nullable=False),
        sa.Column("tax_class", types.Words(), nullable=False),
        sa.Column("direction", types.Words(), nullable=False),
        sa.Column("party", types.Words(), nullable=False),
        sa.Column("counterpart", types.Words(), nullable=False),
        sa.Column("since", types.Day(), nullable=True),
        sa.Column("until", types.Day(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_tax_rule_place", "tax_rule", ["place"], unique=False)
    op.create_table(
        "tax_registration",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("place", types.Words(), nullable=False),
        sa.Column("number", types.Words(), nullable=False),
        sa.Column("form", types.Words(), nullable=False),
        sa.Column("scheme", types.Words(), nullable=False),
        sa.Column("months", types.Minor(), nullable=False),
        sa.Column("first_month", types.Minor(), nullable=False),
        sa.Column("since", types.Day(), nullable=False),
        sa.Column("until", types.Day(), nullable=True),
        sa.Column("authority_id", types.Minor(), nullable=True),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id"],
            ["bo_party.id"],
            name="fk_tax_registration_authority_id",
        ),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_tax_registration_company_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_tax_registration_authority_id",
        "tax_registration",
        ["authority_id"],
        unique=False,
    )
    op.create_index(
        "uq_tax_registration_company_id_code",
        "tax_registration",
        ["company_id", "code"],
        unique=True,
    )
    op.create_table(
        "tax_return",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("registration", types.Words(), nullable=False),
        sa.Column("form", types.Words(), nullable=False),
        sa.Column("since", types.Day(), nullable=False),
        sa.Column("through", types.Day(), nullable=False),
        sa.Column("sequence", types.Minor(), nullable=False),
        sa.Column("amends_id", types.Minor(), nullable=True),
        sa.Column("prepared_on", types.Day(), nullable=True),
        sa.Column("filed_on", types.Day(), nullable=True),
        sa.Column("reference", types.Words(), nullable=False),
        sa.Column("due", types.Minor(), nullable=True),
        sa.Column("due_currency", types.Words(), nullable=True),
        sa.Column("state", types.Words(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["amends_id"],
            ["tax_return.id"],
            name="fk_tax_return_amends_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_tax_return_company_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_tax_return_amends_id",
        "tax_return",
        ["amends_id"],
        unique=False,
    )
    op.create_index(
        "uq_tax_return_company_id_code",
        "tax_return",
        ["company_id", "code"],
        unique=True,
    )
    op.create_index(
        "uq_tax_return_company_id_registration_since_sequence",
        "tax_return",
        ["company_id", "registration", "since", "sequence"],
        unique=True,
    )
    op.create_table(
        "tax_correction",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("return_id", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("direction", types.Words(), nullable=False),
        sa.Column("base", types.Minor(), nullable=False),
        sa.Column("base_currency", types.Words(), nullable=False),
        sa.Column("tax", types.Minor(), nullable=False),
        sa.Column("tax_currency", types.Words(), nullable=False),
        sa.Column("counter", types.Words(), nullable=False),
        sa.Column("unit_id", types.Minor(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_tax_correction_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["return_id"],
            ["tax_return.id"],
            name="fk_tax_correction_return_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_tax_correction_company_id",
        "tax_correction",
        ["company_id"],
        unique=False,
    )
    op.create_index(
        "ix_tax_correction_return_id",
        "tax_correction",
        ["return_id"],
        unique=False,
    )
    op.create_index(
        "ix_tax_correction_unit_id",
        "tax_correction",
        ["unit_id"],
        unique=False,
    )
    op.create_table(
        "tax_line",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("voucher_id", types.Minor(), nullable=False),
        sa.Column("position", types.Minor(), nullable=False),
        sa.Column("kind", types.Words(), nullable=False),
        sa.Column("part", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("rate", types.DecimalText(), nullable=True),
        sa.Column("direction", types.Words(), nullable=False),
        sa.Column("registration", types.Words(), nullable=False),
        sa.Column("base", types.Minor(), nullable=False),
        sa.Column("base_currency", types.Words(), nullable=False),
        sa.Column("tax", types.Minor(), nullable=False),
        sa.Column("tax_currency", types.Words(), nullable=False),
        sa.Column("booked", types.Minor(), nullable=False),
        sa.Column("booked_currency", types.Words(), nullable=False),
        sa.Column("purpose", types.Words(), nullable=False),
        sa.Column("posting_date", types.Day(), nullable=False),
        sa.Column("tax_date", types.Day(), nullable=False),
        sa.Column("declared", types.Day(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("item", types.Words(), nullable=False),
        sa.Column("whole", types.Minor(), nullable=True),
        sa.Column("whole_currency", types.Words(), nullable=True),
        sa.Column("unit_id", types.Minor(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_tax_line_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["voucher_id"],
            ["bo_voucher.id"],
            name="fk_tax_line_voucher_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_tax_line_company_id_posting_date",
        "tax_line",
        ["company_id", "posting_date"],
        unique=False,
    )
    op.create_index(
        "ix_tax_line_company_id_registration_declared",
        "tax_line",
        ["company_id", "registration", "declared"],
        unique=False,
    )
    op.create_index("ix_tax_line_unit_id", "tax_line", ["unit_id"], unique=False)
    op.create_index(
        "uq_tax_line_voucher_id_position_part",
        "tax_line",
        ["voucher_id", "position", "part"],
        unique=True,
    )
    op.create_table(
        "tax_return_box",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("return_id", types.Minor(), nullable=False),
        sa.Column("box", types.Words(), nullable=False),
        sa.Column("label", types.Words(), nullable=False),
        sa.Column("position", types.Minor(), nullable=False),
        sa.Column("exact", types.Minor(), nullable=False),
        sa.Column("exact_currency", types.Words(), nullable=False),
        sa.Column("amount", types.Minor(), nullable=False),
        sa.Column("amount_currency", types.Words(), nullable=False),
        sa.ForeignKeyConstraint(
            ["return_id"],
            ["tax_return.id"],
            name="fk_tax_return_box_return_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_tax_return_box_return_id_box",
        "tax_return_box",
        ["return_id", "box"],
        unique=True,
    )
    op.create_table(
        "tax_return_line",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("return_id", types.Minor(), nullable=False),
        sa.Column("tax_line_id", types.Minor(), nullable=False),
        sa.Column("box", types.Words(), nullable=False),
        sa.Column("amount", types.Minor(), nullable=False),
        sa.Column("amount_currency", types.Words(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["return_id"],
            ["tax_return.id"],
            name="fk_tax_return_line_return_id",
        ),
        sa.ForeignKeyConstraint(
            ["tax_line_id"],
            ["tax_line.id"],
            name="fk_tax_return_line_tax_line_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_tax_return_line_return_id",
        "tax_return_line",
        ["return_id"],
        unique=False,
    )
    op.create_index(
        "ix_tax_return_line_tax_line_id",
        "tax_return_line",
        ["tax_line_id"],
        unique=False,
    )
