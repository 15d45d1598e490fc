"""First tables."""

import sqlalchemy as sa
from alembic import op

from bocore.migrations import types


def upgrade() -> None:
    op.create_table(
        "rental_customer",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("credit_limit", types.Minor(), nullable=True),
        sa.Column("credit_limit_currency", types.Words(), nullable=True),
        sa.Column("first_contract", types.Day(), nullable=True),
        sa.ForeignKeyConstraint(["id"], ["bo_party.id"], name="fk_rental_customer_id"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "rental_machine",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.Column("purchased", types.Day(), nullable=True),
        sa.Column("price", types.Minor(), nullable=True),
        sa.Column("price_currency", types.Words(), nullable=True),
        sa.Column("daily_rate", types.Minor(), nullable=False),
        sa.Column("daily_rate_currency", types.Words(), nullable=False),
        sa.Column("state", types.Words(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_rental_machine_company_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_rental_machine_company_id_code",
        "rental_machine",
        ["company_id", "code"],
        unique=True,
    )
    op.create_table(
        "rental_contract",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("number", types.Words(), nullable=True),
        sa.Column("drawn_up", types.Day(), nullable=False),
        sa.Column("customer_id", types.Minor(), nullable=False),
        sa.Column("machine_id", types.Minor(), nullable=False),
        sa.Column("starts", types.Day(), nullable=False),
        sa.Column("ends", types.Day(), nullable=False),
        sa.Column("daily_rate", types.Minor(), nullable=False),
        sa.Column("daily_rate_currency", types.Words(), nullable=False),
        sa.Column("deposit", types.Minor(), nullable=False),
        sa.Column("deposit_currency", types.Words(), nullable=False),
        sa.Column("handed_over", types.Day(), nullable=True),
        sa.Column("returned", types.Day(), nullable=True),
        sa.Column("state", types.Words(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_rental_contract_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["bo_party.id"],
            name="fk_rental_contract_customer_id",
        ),
        sa.ForeignKeyConstraint(
            ["machine_id"],
            ["rental_machine.id"],
            name="fk_rental_contract_machine_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_rental_contract_customer_id",
        "rental_contract",
        ["customer_id"],
        unique=False,
    )
    op.create_index(
        "ix_rental_contract_machine_id",
        "rental_contract",
        ["machine_id"],
        unique=False,
    )
    op.create_index(
        "ix_rental_contract_starts",
        "rental_contract",
        ["starts"],
        unique=False,
    )
    op.create_index(
        "uq_rental_contract_company_id_number",
        "rental_contract",
        ["company_id", "number"],
        unique=True,
    )
    op.create_table(
        "rental_accrual",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("contract_id", types.Minor(), nullable=False),
        sa.Column("since", types.Day(), nullable=False),
        sa.Column("through", types.Day(), nullable=False),
        sa.Column("attempt", types.Minor(), nullable=False),
        sa.Column("amount", types.Minor(), nullable=False),
        sa.Column("amount_currency", types.Words(), nullable=False),
        sa.Column("state", types.Words(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["rental_contract.id"],
            name="fk_rental_accrual_contract_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_rental_accrual_contract_id_since_attempt",
        "rental_accrual",
        ["contract_id", "since", "attempt"],
        unique=True,
    )
    op.create_table(
        "rental_deposit",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("contract_id", types.Minor(), nullable=False),
        sa.Column("amount", types.Minor(), nullable=False),
        sa.Column("amount_currency", types.Words(), nullable=False),
        sa.Column("taken", types.Day(), nullable=False),
        sa.Column("state", types.Words(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["rental_contract.id"],
            name="fk_rental_deposit_contract_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_rental_deposit_contract_id",
        "rental_deposit",
        ["contract_id"],
        unique=True,
    )
    op.create_table(
        "rental_invoice",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("number", types.Words(), nullable=True),
        sa.Column("contract_id", types.Minor(), nullable=False),
        sa.Column("on", types.Day(), nullable=False),
        sa.Column("due", types.Day(), nullable=False),
        sa.Column("through", types.Day(), nullable=True),
        sa.Column("amount", types.Minor(), nullable=False),
        sa.Column("amount_currency", types.Words(), nullable=False),
        sa.Column("state", types.Words(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_rental_invoice_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["rental_contract.id"],
            name="fk_rental_invoice_contract_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_rental_invoice_contract_id",
        "rental_invoice",
        ["contract_id"],
        unique=False,
    )
    op.create_index(
        "uq_rental_invoice_company_id_number",
        "rental_invoice",
        ["company_id", "number"],
        unique=True,
    )
