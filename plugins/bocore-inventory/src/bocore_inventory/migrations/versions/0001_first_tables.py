"""First tables."""

import sqlalchemy as sa
from alembic import op

from bocore.migrations import types


def upgrade() -> None:
    op.create_table(
        "inventory_counter",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("purpose", types.Words(), nullable=False),
        sa.Column("by", types.Words(), nullable=False),
        sa.Column("dims", types.Words(), nullable=False),
        sa.Column("party_id", types.Minor(), nullable=True),
        sa.ForeignKeyConstraint(
            ["party_id"],
            ["bo_party.id"],
            name="fk_inventory_counter_party_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_inventory_counter_party_id",
        "inventory_counter",
        ["party_id"],
        unique=False,
    )
    op.create_index(
        "uq_inventory_counter_code",
        "inventory_counter",
        ["code"],
        unique=True,
    )
    op.create_table(
        "inventory_costing",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("item_id", types.Minor(), nullable=False),
        sa.Column("method", types.Words(), nullable=False),
        sa.Column("standard", types.DecimalText(), nullable=True),
        sa.Column("standard_currency", types.Words(), nullable=True),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_inventory_costing_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["catalog_item.id"],
            name="fk_inventory_costing_item_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_inventory_costing_item_id",
        "inventory_costing",
        ["item_id"],
        unique=False,
    )
    op.create_index(
        "uq_inventory_costing_company_id_item_id",
        "inventory_costing",
        ["company_id", "item_id"],
        unique=True,
    )
    op.create_table(
        "inventory_location",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.Column("kind", types.Words(), nullable=False),
        sa.Column("parent_id", types.Minor(), nullable=True),
        sa.Column("site_id", types.Minor(), nullable=True),
        sa.Column("below_zero", types.Words(), nullable=False),
        sa.Column("valued_apart", types.Words(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_inventory_location_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["inventory_location.id"],
            name="fk_inventory_location_parent_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["bo_site.id"],
            name="fk_inventory_location_site_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_inventory_location_parent_id",
        "inventory_location",
        ["parent_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_location_site_id",
        "inventory_location",
        ["site_id"],
        unique=False,
    )
    op.create_index(
        "uq_inventory_location_company_id_code",
        "inventory_location",
        ["company_id", "code"],
        unique=True,
    )
    op.create_table(
        "inventory_lot",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("item_id", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("serial", sa.Boolean(), nullable=False),
        sa.Column("expires_on", types.Day(), nullable=True),
        sa.Column("made_on", types.Day(), nullable=True),
        sa.Column("came_on", types.Day(), nullable=True),
        sa.Column("supplier_lot", types.Words(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_inventory_lot_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["catalog_item.id"],
            name="fk_inventory_lot_item_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_inventory_lot_item_id",
        "inventory_lot",
        ["item_id"],
        unique=False,
    )
    op.create_index(
        "uq_inventory_lot_company_id_item_id_code",
        "inventory_lot",
        ["company_id", "item_id", "code"],
        unique=True,
    )
    op.create_table(
        "inventory_count",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("location_id", types.Minor(), nullable=False),
        sa.Column("on", types.Day(), nullable=False),
        sa.Column("abc", types.Words(), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("text", types.Words(), nullable=False),
        sa.Column("number", types.Words(), nullable=True),
        sa.Column("state", types.Words(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_inventory_count_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["inventory_location.id"],
            name="fk_inventory_count_location_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_inventory_count_company_id",
        "inventory_count",
        ["company_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_count_location_id",
        "inventory_count",
        ["location_id"],
        unique=False,
    )
    op.create_table(
        "inventory_move",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("key", types.Words(), nullable=False),
        sa.Column("item_id", types.Minor(), nullable=False),
        sa.Column("lot_id", types.Minor(), nullable=True),
        sa.Column("quantity", types.Scaled(6), nullable=False),
        sa.Column("from_id", types.Minor(), nullable=False),
        sa.Column("to_id", types.Minor(), nullable=False),
        sa.Column("on", types.Day(), nullable=False),
        sa.Column("posting_date", types.Day(), nullable=False),
        sa.Column("corrects_id", types.Minor(), nullable=True),
        sa.Column("returns_id", types.Minor(), nullable=True),
        sa.Column("source_entity", types.Words(), nullable=False),
        sa.Column("source_id", types.Minor(), nullable=True),
        sa.Column("text", types.Words(), nullable=False),
        sa.Column("request", types.Words(), nullable=False),
        sa.Column("unit_id", types.Minor(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_inventory_move_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["corrects_id"],
            ["inventory_move.id"],
            name="fk_inventory_move_corrects_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["from_id"],
            ["inventory_location.id"],
            name="fk_inventory_move_from_id",
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["catalog_item.id"],
            name="fk_inventory_move_item_id",
        ),
        sa.ForeignKeyConstraint(
            ["lot_id"],
            ["inventory_lot.id"],
            name="fk_inventory_move_lot_id",
        ),
        sa.ForeignKeyConstraint(
            ["returns_id"],
            ["inventory_move.id"],
            name="fk_inventory_move_returns_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["to_id"],
            ["inventory_location.id"],
            name="fk_inventory_move_to_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_inventory_move_company_id_from_id_to_id_item_id_lot_ea409d6f",
        "inventory_move",
        [
            "company_id",
            "from_id",
            "to_id",
            "item_id",
            "lot_id",
            "posting_date",
            "on",
            "quantity",
        ],
        unique=False,
    )
    op.create_index(
        "ix_inventory_move_corrects_id",
        "inventory_move",
        ["corrects_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_move_from_id",
        "inventory_move",
        ["from_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_move_item_id_on",
        "inventory_move",
        ["item_id", "on"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_move_lot_id",
        "inventory_move",
        ["lot_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_move_returns_id",
        "inventory_move",
        ["returns_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_move_source_entity_source_id",
        "inventory_move",
        ["source_entity", "source_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_move_to_id",
        "inventory_move",
        ["to_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_move_unit_id",
        "inventory_move",
        ["unit_id"],
        unique=False,
    )
    op.create_index("uq_inventory_move_key", "inventory_move", ["key"], unique=True)
    op.create_table(
        "inventory_on_hand",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("slot", types.Words(), nullable=False),
        sa.Column("item_id", types.Minor(), nullable=False),
        sa.Column("location_id", types.Minor(), nullable=False),
        sa.Column("lot_id", types.Minor(), nullable=True),
        sa.Column("quantity", types.Scaled(6), nullable=False),
        sa.Column("reserved", types.Scaled(6), nullable=False),
        sa.Column("last_on", types.Day(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_inventory_on_hand_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["catalog_item.id"],
            name="fk_inventory_on_hand_item_id",
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["inventory_location.id"],
            name="fk_inventory_on_hand_location_id",
        ),
        sa.ForeignKeyConstraint(
            ["lot_id"],
            ["inventory_lot.id"],
            name="fk_inventory_on_hand_lot_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_inventory_on_hand_company_id",
        "inventory_on_hand",
        ["company_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_on_hand_item_id",
        "inventory_on_hand",
        ["item_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_on_hand_location_id",
        "inventory_on_hand",
        ["location_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_on_hand_lot_id",
        "inventory_on_hand",
        ["lot_id"],
        unique=False,
    )
    op.create_index(
        "uq_inventory_on_hand_slot",
        "inventory_on_hand",
        ["slot"],
        unique=True,
    )
    op.create_table(
        "inventory_pool",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("item_id", types.Minor(), nullable=False),
        sa.Column("lot_id", types.Minor(), nullable=True),
        sa.Column("location_id", types.Minor(), nullable=True),
        sa.Column("purpose", types.Words(), nullable=False),
        sa.Column("method", types.Words(), nullable=False),
        sa.Column("currency", types.Words(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("quantity", types.Scaled(6), nullable=False),
        sa.Column("value", types.Minor(), nullable=False),
        sa.Column("received", types.Scaled(6), nullable=False),
        sa.Column("issued", types.Scaled(6), nullable=False),
        sa.Column("unit_value", types.Minor(), nullable=False),
        sa.Column("unit_quantity", types.Scaled(6), nullable=False),
        sa.Column("head_on", types.Day(), nullable=False),
        sa.Column("head_to", types.Day(), nullable=False),
        sa.Column("head_received", types.Scaled(6), nullable=False),
        sa.Column("head_value", types.Minor(), nullable=False),
        sa.Column("followed", sa.Boolean(), nullable=False),
        sa.Column("last_on", types.Day(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_inventory_pool_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["catalog_item.id"],
            name="fk_inventory_pool_item_id",
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["inventory_location.id"],
            name="fk_inventory_pool_location_id",
        ),
        sa.ForeignKeyConstraint(
            ["lot_id"],
            ["inventory_lot.id"],
            name="fk_inventory_pool_lot_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_inventory_pool_company_id",
        "inventory_pool",
        ["company_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_pool_item_id",
        "inventory_pool",
        ["item_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_pool_location_id",
        "inventory_pool",
        ["location_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_pool_lot_id",
        "inventory_pool",
        ["lot_id"],
        unique=False,
    )
    op.create_index("uq_inventory_pool_code", "inventory_pool", ["code"], unique=True)
    op.create_table(
        "inventory_reorder_rule",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("item_id", types.Minor(), nullable=False),
        sa.Column("location_id", types.Minor(), nullable=False),
        sa.Column("by", types.Words(), nullable=False),
        sa.Column("minimum", types.Scaled(6), nullable=False),
        sa.Column("maximum", types.Scaled(6), nullable=False),
        sa.Column("cover_days", types.Minor(), nullable=False),
        sa.Column("lead_days", types.Minor(), nullable=False),
        sa.Column("demand_days", types.Minor(), nullable=False),
        sa.Column("multiple", types.Scaled(6), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_inventory_reorder_rule_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["catalog_item.id"],
            name="fk_inventory_reorder_rule_item_id",
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["inventory_location.id"],
            name="fk_inventory_reorder_rule_location_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_inventory_reorder_rule_item_id",
        "inventory_reorder_rule",
        ["item_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_reorder_rule_location_id",
        "inventory_reorder_rule",
        ["location_id"],
        unique=False,
    )
    op.create_index(
        "uq_inventory_reorder_rule_company_id_item_id_location_id",
        "inventory_reorder_rule",
        ["company_id", "item_id", "location_id"],
        unique=True,
    )
    op.create_table(
        "inventory_reservation",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("key", types.Words(), nullable=False),
        sa.Column("item_id", types.Minor(), nullable=False),
        sa.Column("location_id", types.Minor(), nullable=False),
        sa.Column("lot_id", types.Minor(), nullable=True),
        sa.Column("asked", types.Scaled(6), nullable=False),
        sa.Column("promised", types.Scaled(6), nullable=False),
        sa.Column("left", types.Scaled(6), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=True),
        sa.Column("text", types.Words(), nullable=False),
        sa.Column("request", types.Words(), nullable=False),
        sa.Column("unit_id", types.Minor(), nullable=False),
        sa.Column("state", types.Words(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_inventory_reservation_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["catalog_item.id"],
            name="fk_inventory_reservation_item_id",
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["inventory_location.id"],
            name="fk_inventory_reservation_location_id",
        ),
        sa.ForeignKeyConstraint(
            ["lot_id"],
            ["inventory_lot.id"],
            name="fk_inventory_reservation_lot_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_inventory_reservation_company_id",
        "inventory_reservation",
        ["company_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_reservation_item_id",
        "inventory_reservation",
        ["item_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_reservation_location_id",
        "inventory_reservation",
        ["location_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_reservation_lot_id",
        "inventory_reservation",
        ["lot_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_reservation_state_expires_at",
        "inventory_reservation",
        ["state", "expires_at"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_reservation_unit_id",
        "inventory_reservation",
        ["unit_id"],
        unique=False,
    )
    op.create_index(
        "uq_inventory_reservation_key",
        "inventory_reservation",
        ["key"],
        unique=True,
    )
    op.create_table(
        "inventory_transfer",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("number", types.Words(), nullable=True),
        sa.Column("drawn_up", types.Day(), nullable=False),
        sa.Column("from_id", types.Minor(), nullable=False),
        sa.Column("to_id", types.Minor(), nullable=False),
        sa.Column("via_id", types.Minor(), nullable=False),
        sa.Column("shipped_on", types.Day(), nullable=True),
        sa.Column("received_on", types.Day(), nullable=True),
        sa.Column("text", types.Words(), nullable=False),
        sa.Column("state", types.Words(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_inventory_transfer_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["from_id"],
            ["inventory_location.id"],
            name="fk_inventory_transfer_from_id",
        ),
        sa.ForeignKeyConstraint(
            ["to_id"],
            ["inventory_location.id"],
            name="fk_inventory_transfer_to_id",
        ),
        sa.ForeignKeyConstraint(
            ["via_id"],
            ["inventory_location.id"],
            name="fk_inventory_transfer_via_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_inventory_transfer_from_id",
        "inventory_transfer",
        ["from_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_transfer_to_id",
        "inventory_transfer",
        ["to_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_transfer_via_id",
        "inventory_transfer",
        ["via_id"],
        unique=False,
    )
    op.create_index(
        "uq_inventory_transfer_company_id_number",
        "inventory_transfer",
        ["company_id", "number"],
        unique=True,
    )
    op.create_table(
        "inventory_count_line",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("count_id", types.Minor(), nullable=False),
        sa.Column("slot", types.Words(), nullable=False),
        sa.Column("item_id", types.Minor(), nullable=False),
        sa.Column("location_id", types.Minor(), nullable=False),
        sa.Column("lot_id", types.Minor(), nullable=True),
        sa.Column("counted", types.Scaled(6), nullable=True),
        sa.Column("counted_on", types.Day(), nullable=True),
        sa.Column("times", types.Minor(), nullable=False),
        sa.Column("counted_by", types.Words(), nullable=False),
        sa.Column("book", types.Scaled(6), nullable=True),
        sa.Column("before", types.Scaled(6), nullable=True),
        sa.Column("move_id", types.Minor(), nullable=True),
        sa.Column("state", types.Words(), nullable=False),
        sa.ForeignKeyConstraint(
            ["count_id"],
            ["inventory_count.id"],
            name="fk_inventory_count_line_count_id",
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["catalog_item.id"],
            name="fk_inventory_count_line_item_id",
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["inventory_location.id"],
            name="fk_inventory_count_line_location_id",
        ),
        sa.ForeignKeyConstraint(
            ["lot_id"],
            ["inventory_lot.id"],
            name="fk_inventory_count_line_lot_id",
        ),
        sa.ForeignKeyConstraint(
            ["move_id"],
            ["inventory_move.id"],
            name="fk_inventory_count_line_move_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_inventory_count_line_item_id_location_id_counted_on",
        "inventory_count_line",
        ["item_id", "location_id", "counted_on"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_count_line_location_id",
        "inventory_count_line",
        ["location_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_count_line_lot_id",
        "inventory_count_line",
        ["lot_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_count_line_move_id",
        "inventory_count_line",
        ["move_id"],
        unique=False,
    )
    op.create_index(
        "uq_inventory_count_line_count_id_slot",
        "inventory_count_line",
        ["count_id", "slot"],
        unique=True,
    )
    op.create_table(
        "inventory_entry",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("pool_id", types.Minor(), nullable=False),
        sa.Column("kind", types.Words(), nullable=False),
        sa.Column("move_id", types.Minor(), nullable=True),
        sa.Column("place_on", types.Day(), nullable=False),
        sa.Column("place", types.Minor(), nullable=False),
        sa.Column("quantity", types.Scaled(6), nullable=False),
        sa.Column("value", types.Minor(), nullable=False),
        sa.Column("price", types.Minor(), nullable=False),
        sa.Column("amount", types.Minor(), nullable=False),
        sa.Column("amount_currency", types.Words(), nullable=False),
        sa.Column("counter_id", types.Minor(), nullable=True),
        sa.Column("month", types.Day(), nullable=True),
        sa.Column("posting_date", types.Day(), nullable=False),
        sa.Column("voucher", types.Words(), nullable=False),
        sa.Column("unit_id", types.Minor(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_inventory_entry_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["counter_id"],
            ["inventory_counter.id"],
            name="fk_inventory_entry_counter_id",
        ),
        sa.ForeignKeyConstraint(
            ["move_id"],
            ["inventory_move.id"],
            name="fk_inventory_entry_move_id",
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"],
            ["inventory_pool.id"],
            name="fk_inventory_entry_pool_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_inventory_entry_company_id_pool_id_posting_date_pla_9a84ca55",
        "inventory_entry",
        [
            "company_id",
            "pool_id",
            "posting_date",
            "place_on",
            "amount",
            "value",
            "month",
        ],
        unique=False,
    )
    op.create_index(
        "ix_inventory_entry_counter_id",
        "inventory_entry",
        ["counter_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_entry_move_id",
        "inventory_entry",
        ["move_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_entry_pool_id_place_on_place",
        "inventory_entry",
        ["pool_id", "place_on", "place"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_entry_unit_id",
        "inventory_entry",
        ["unit_id"],
        unique=False,
    )
    op.create_table(
        "inventory_packed_month",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("slot", types.Words(), nullable=False),
        sa.Column("pool_id", types.Minor(), nullable=False),
        sa.Column("month", types.Day(), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("moves", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pool_id"],
            ["inventory_pool.id"],
            name="fk_inventory_packed_month_pool_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_inventory_packed_month_pool_id_month",
        "inventory_packed_month",
        ["pool_id", "month"],
        unique=False,
    )
    op.create_index(
        "uq_inventory_packed_month_slot",
        "inventory_packed_month",
        ["slot"],
        unique=True,
    )
    op.create_table(
        "inventory_pool_day",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("slot", types.Words(), nullable=False),
        sa.Column("pool_id", types.Minor(), nullable=False),
        sa.Column("on", types.Day(), nullable=False),
        sa.Column("received", types.Scaled(6), nullable=False),
        sa.Column("received_value", types.Minor(), nullable=False),
        sa.Column("issued", types.Scaled(6), nullable=False),
        sa.ForeignKeyConstraint(
            ["pool_id"],
            ["inventory_pool.id"],
            name="fk_inventory_pool_day_pool_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_inventory_pool_day_pool_id_on",
        "inventory_pool_day",
        ["pool_id", "on"],
        unique=False,
    )
    op.create_index(
        "uq_inventory_pool_day_slot",
        "inventory_pool_day",
        ["slot"],
        unique=True,
    )
    op.create_table(
        "inventory_pool_month",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("slot", types.Words(), nullable=False),
        sa.Column("pool_id", types.Minor(), nullable=False),
        sa.Column("month", types.Day(), nullable=False),
        sa.Column("counter_id", types.Minor(), nullable=False),
        sa.Column("quantity", types.Scaled(6), nullable=False),
        sa.Column("cost", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["counter_id"],
            ["inventory_counter.id"],
            name="fk_inventory_pool_month_counter_id",
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"],
            ["inventory_pool.id"],
            name="fk_inventory_pool_month_pool_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_inventory_pool_month_counter_id",
        "inventory_pool_month",
        ["counter_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_pool_month_pool_id_month",
        "inventory_pool_month",
        ["pool_id", "month"],
        unique=False,
    )
    op.create_index(
        "uq_inventory_pool_month_slot",
        "inventory_pool_month",
        ["slot"],
        unique=True,
    )
    op.create_table(
        "inventory_reserved",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("reservation_id", types.Minor(), nullable=False),
        sa.Column("on_hand_id", types.Minor(), nullable=False),
        sa.Column("promised", types.Scaled(6), nullable=False),
        sa.Column("left", types.Scaled(6), nullable=False),
        sa.ForeignKeyConstraint(
            ["on_hand_id"],
            ["inventory_on_hand.id"],
            name="fk_inventory_reserved_on_hand_id",
        ),
        sa.ForeignKeyConstraint(
            ["reservation_id"],
            ["inventory_reservation.id"],
            name="fk_inventory_reserved_reservation_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_inventory_reserved_on_hand_id",
        "inventory_reserved",
        ["on_hand_id"],
        unique=False,
    )
    op.create_index(
        "uq_inventory_reserved_reservation_id_on_hand_id",
        "inventory_reserved",
        ["reservation_id", "on_hand_id"],
        unique=True,
    )
    op.create_table(
        "inventory_supply",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("key", types.Words(), nullable=False),
        sa.Column("rule_id", types.Minor(), nullable=False),
        sa.Column("on", types.Day(), nullable=False),
        sa.Column("wanted", types.Scaled(6), nullable=False),
        sa.Column("promised", types.Scaled(6), nullable=False),
        sa.Column("due", types.Day(), nullable=True),
        sa.Column("by", types.Words(), nullable=False),
        sa.Column("reference", types.Words(), nullable=False),
        sa.Column("unit_id", types.Minor(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_inventory_supply_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"],
            ["inventory_reorder_rule.id"],
            name="fk_inventory_supply_rule_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_inventory_supply_company_id",
        "inventory_supply",
        ["company_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_supply_rule_id",
        "inventory_supply",
        ["rule_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_supply_unit_id",
        "inventory_supply",
        ["unit_id"],
        unique=False,
    )
    op.create_index("uq_inventory_supply_key", "inventory_supply", ["key"], unique=True)
    op.create_table(
        "inventory_transfer_line",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("transfer_id", types.Minor(), nullable=False),
        sa.Column("item_id", types.Minor(), nullable=False),
        sa.Column("lot_id", types.Minor(), nullable=True),
        sa.Column("quantity", types.Scaled(6), nullable=False),
        sa.Column("received", types.Scaled(6), nullable=True),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["catalog_item.id"],
            name="fk_inventory_transfer_line_item_id",
        ),
        sa.ForeignKeyConstraint(
            ["lot_id"],
            ["inventory_lot.id"],
            name="fk_inventory_transfer_line_lot_id",
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"],
            ["inventory_transfer.id"],
            name="fk_inventory_transfer_line_transfer_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_inventory_transfer_line_item_id",
        "inventory_transfer_line",
        ["item_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_transfer_line_lot_id",
        "inventory_transfer_line",
        ["lot_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_transfer_line_transfer_id",
        "inventory_transfer_line",
        ["transfer_id"],
        unique=False,
    )
    op.create_table(
        "inventory_follow",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("pool_id", types.Minor(), nullable=False),
        sa.Column("on", types.Day(), nullable=False),
        sa.Column("issue_id", types.Minor(), nullable=False),
        sa.Column("entry_id", types.Minor(), nullable=False),
        sa.Column("counter_id", types.Minor(), nullable=False),
        sa.Column("value", types.Minor(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["counter_id"],
            ["inventory_counter.id"],
            name="fk_inventory_follow_counter_id",
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["inventory_entry.id"],
            name="fk_inventory_follow_entry_id",
        ),
        sa.ForeignKeyConstraint(
            ["issue_id"],
            ["inventory_entry.id"],
            name="fk_inventory_follow_issue_id",
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"],
            ["inventory_pool.id"],
            name="fk_inventory_follow_pool_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_inventory_follow_counter_id",
        "inventory_follow",
        ["counter_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_follow_entry_id",
        "inventory_follow",
        ["entry_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_follow_issue_id",
        "inventory_follow",
        ["issue_id"],
        unique=False,
    )
    op.create_index(
        "ix_inventory_follow_pool_id_on",
        "inventory_follow",
        ["pool_id", "on"],
        unique=False,
    )
