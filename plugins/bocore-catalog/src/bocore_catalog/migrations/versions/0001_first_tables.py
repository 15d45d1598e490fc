"""First tables."""

import sqlalchemy as sa
from alembic import op

from bocore.migrations import types


def upgrade() -> None:
    op.create_table(
        "catalog_category",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.Column("parent_id", types.Minor(), nullable=True),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["catalog_category.id"],
            name="fk_catalog_category_parent_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_catalog_category_parent_id",
        "catalog_category",
        ["parent_id"],
        unique=False,
    )
    op.create_index(
        "uq_catalog_category_code",
        "catalog_category",
        ["code"],
        unique=True,
    )
    op.create_table(
        "catalog_customer_group",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_catalog_customer_group_code",
        "catalog_customer_group",
        ["code"],
        unique=True,
    )
    op.create_table(
        "catalog_customer",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("group_id", types.Minor(), nullable=True),
        sa.Column("_salt", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["catalog_customer_group.id"],
            name="fk_catalog_customer_group_id",
        ),
        sa.ForeignKeyConstraint(["id"], ["bo_party.id"], name="fk_catalog_customer_id"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_catalog_customer_group_id",
        "catalog_customer",
        ["group_id"],
        unique=False,
    )
    op.create_table(
        "catalog_item",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.Column("kind", types.Words(), nullable=False),
        sa.Column("unit", types.Words(), nullable=False),
        sa.Column("category_id", types.Minor(), nullable=True),
        sa.Column("tax_class", types.Words(), nullable=False),
        sa.Column("variant_of_id", types.Minor(), nullable=True),
        sa.Column("options", types.Words(), nullable=False),
        sa.Column("tracking", types.Words(), nullable=False),
        sa.Column("state", types.Words(), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["catalog_category.id"],
            name="fk_catalog_item_category_id",
        ),
        sa.ForeignKeyConstraint(
            ["variant_of_id"],
            ["catalog_item.id"],
            name="fk_catalog_item_variant_of_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_catalog_item_category_id",
        "catalog_item",
        ["category_id"],
        unique=False,
    )
    op.create_index(
        "ix_catalog_item_variant_of_id",
        "catalog_item",
        ["variant_of_id"],
        unique=False,
    )
    op.create_index("uq_catalog_item_code", "catalog_item", ["code"], unique=True)
    op.create_table(
        "catalog_gtin",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("item_id", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("unit", types.Words(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["catalog_item.id"],
            name="fk_catalog_gtin_item_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_catalog_gtin_item_id",
        "catalog_gtin",
        ["item_id"],
        unique=False,
    )
    op.create_index("uq_catalog_gtin_code", "catalog_gtin", ["code"], unique=True)
    op.create_table(
        "catalog_item_unit",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("item_id", types.Minor(), nullable=False),
        sa.Column("unit", types.Words(), nullable=False),
        sa.Column("numerator", types.Minor(), nullable=False),
        sa.Column("denominator", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["catalog_item.id"],
            name="fk_catalog_item_unit_item_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_catalog_item_unit_item_id_unit",
        "catalog_item_unit",
        ["item_id", "unit"],
        unique=True,
    )
    op.create_table(
        "catalog_kit_part",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("kit_id", types.Minor(), nullable=False),
        sa.Column("item_id", types.Minor(), nullable=False),
        sa.Column("quantity", types.Scaled(6), nullable=False),
        sa.Column("unit", types.Words(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["catalog_item.id"],
            name="fk_catalog_kit_part_item_id",
        ),
        sa.ForeignKeyConstraint(
            ["kit_id"],
            ["catalog_item.id"],
            name="fk_catalog_kit_part_kit_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_catalog_kit_part_item_id",
        "catalog_kit_part",
        ["item_id"],
        unique=False,
    )
    op.create_index(
        "uq_catalog_kit_part_kit_id_item_id",
        "catalog_kit_part",
        ["kit_id", "item_id"],
        unique=True,
    )
    op.create_table(
        "catalog_price_list",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.Column("currency", types.Words(), nullable=False),
        sa.Column("tax_included", sa.Boolean(), nullable=False),
        sa.Column("group_id", types.Minor(), nullable=True),
        sa.Column("site_id", types.Minor(), nullable=True),
        sa.Column("since", types.Day(), nullable=True),
        sa.Column("through", types.Day(), nullable=True),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_catalog_price_list_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["catalog_customer_group.id"],
            name="fk_catalog_price_list_group_id",
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["bo_site.id"],
            name="fk_catalog_price_list_site_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_catalog_price_list_group_id",
        "catalog_price_list",
        ["group_id"],
        unique=False,
    )
    op.create_index(
        "ix_catalog_price_list_site_id",
        "catalog_price_list",
        ["site_id"],
        unique=False,
    )
    op.create_index(
        "uq_catalog_price_list_company_id_code",
        "catalog_price_list",
        ["company_id", "code"],
        unique=True,
    )
    op.create_table(
        "catalog_price",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("list_id", types.Minor(), nullable=False),
        sa.Column("item_id", types.Minor(), nullable=True),
        sa.Column("category_id", types.Minor(), nullable=True),
        sa.Column("unit", types.Words(), nullable=False),
        sa.Column("from_quantity", types.Scaled(6), nullable=False),
        sa.Column("price", types.DecimalText(), nullable=False),
        sa.Column("price_currency", types.Words(), nullable=False),
        sa.Column("since", types.Day(), nullable=True),
        sa.Column("through", types.Day(), nullable=True),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["catalog_category.id"],
            name="fk_catalog_price_category_id",
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["catalog_item.id"],
            name="fk_catalog_price_item_id",
        ),
        sa.ForeignKeyConstraint(
            ["list_id"],
            ["catalog_price_list.id"],
            name="fk_catalog_price_list_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_catalog_price_category_id_list_id",
        "catalog_price",
        ["category_id", "list_id"],
        unique=False,
    )
    op.create_index(
        "ix_catalog_price_item_id_list_id",
        "catalog_price",
        ["item_id", "list_id"],
        unique=False,
    )
    op.create_index(
        "ix_catalog_price_list_id",
        "catalog_price",
        ["list_id"],
        unique=False,
    )
