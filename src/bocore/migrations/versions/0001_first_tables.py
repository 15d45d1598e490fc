"""First tables."""

import sqlalchemy as sa
from alembic import op

from bocore.migrations import types


def upgrade() -> None:
    op.create_table(
        "bo_commit",
        sa.Column("id", types.Id(), sa.Identity(always=False), nullable=False),
        sa.Column("unit", sa.BigInteger(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("on_behalf_of", sa.Text(), nullable=True),
        sa.Column("plugins", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("request", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("correlation", sa.Text(), nullable=True),
        sa.Column("changes", sa.LargeBinary(), nullable=False),
        sa.Column("events", sa.Text(), nullable=True),
        sa.Column("salts", sa.LargeBinary(), nullable=False),
        sa.Column("redacted", sa.Text(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_bo_commit_key",
        "bo_commit",
        ["key"],
        unique=True,
        sqlite_where=sa.text('"key" IS NOT NULL'),
        postgresql_where=sa.text('"key" IS NOT NULL'),
    )
    op.create_index(
        "uq_bo_commit_position",
        "bo_commit",
        ["position"],
        unique=True,
        sqlite_where=sa.text('"position" IS NOT NULL'),
        postgresql_where=sa.text('"position" IS NOT NULL'),
    )
    op.create_table(
        "bo_company",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.Column("currency", types.Words(), nullable=False),
        sa.Column("zone", types.Words(), nullable=False),
        sa.Column("country", types.Words(), nullable=False),
        sa.Column("locale", types.Words(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_bo_company_code", "bo_company", ["code"], unique=True)
    op.create_table(
        "bo_counter",
        sa.Column("series_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("last_on", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("series_id", "period"),
    )
    op.create_table(
        "bo_currency",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("exponent", types.Minor(), nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_bo_currency_code", "bo_currency", ["code"], unique=True)
    op.create_table(
        "bo_dimension_set",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("digest", types.Words(), nullable=False),
        sa.Column("values", types.Words(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_bo_dimension_set_digest",
        "bo_dimension_set",
        ["digest"],
        unique=True,
    )
    op.create_table(
        "bo_feed",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("consumer"),
    )
    op.create_table(
        "bo_id",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("next", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entity"),
    )
    op.create_table(
        "bo_party",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=True),
        sa.Column("name", types.Words(), nullable=False),
        sa.Column("kind", types.Words(), nullable=False),
        sa.Column("language", types.Words(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("_salt", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_bo_party_name", "bo_party", ["name"], unique=False)
    op.create_index(
        "uq_bo_party_code",
        "bo_party",
        ["code"],
        unique=True,
        sqlite_where=sa.text('"code" IS NOT NULL'),
        postgresql_where=sa.text('"code" IS NOT NULL'),
    )
    op.create_table(
        "bo_plugin",
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("distribution", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("prefix"),
    )
    op.create_table(
        "bo_rate",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("currency", types.Words(), nullable=False),
        sa.Column("to_currency", types.Words(), nullable=False),
        sa.Column("on", types.Day(), nullable=False),
        sa.Column("kind", types.Words(), nullable=False),
        sa.Column("source", types.Words(), nullable=False),
        sa.Column("rate", types.DecimalText(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_bo_rate_currency_to_currency_on_kind_source",
        "bo_rate",
        ["currency", "to_currency", "on", "kind", "source"],
        unique=True,
    )
    op.create_table(
        "bo_setting",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("plugin", types.Words(), nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.Column("value", types.Words(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_bo_setting_plugin_name",
        "bo_setting",
        ["plugin", "name"],
        unique=True,
    )
    op.create_table(
        "bo_shape",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("unit", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "revision"),
    )
    op.create_table(
        "bo_party_address",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("party_id", types.Minor(), nullable=False),
        sa.Column("kind", types.Words(), nullable=False),
        sa.Column("lines", types.Words(), nullable=False),
        sa.Column("postcode", types.Words(), nullable=False),
        sa.Column("city", types.Words(), nullable=False),
        sa.Column("region", types.Words(), nullable=False),
        sa.Column("country", types.Words(), nullable=False),
        sa.Column("_salt", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["party_id"],
            ["bo_party.id"],
            name="fk_bo_party_address_party_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_bo_party_address_party_id",
        "bo_party_address",
        ["party_id"],
        unique=False,
    )
    op.create_table(
        "bo_party_identifier",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("party_id", types.Minor(), nullable=False),
        sa.Column("scheme", types.Words(), nullable=False),
        sa.Column("value", types.Words(), nullable=False),
        sa.Column("_salt", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["party_id"],
            ["bo_party.id"],
            name="fk_bo_party_identifier_party_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_bo_party_identifier_party_id",
        "bo_party_identifier",
        ["party_id"],
        unique=False,
    )
    op.create_index(
        "ix_bo_party_identifier_scheme_value",
        "bo_party_identifier",
        ["scheme", "value"],
        unique=False,
    )
    op.create_index(
        "uq_bo_party_identifier_scheme_value_party_id",
        "bo_party_identifier",
        ["scheme", "value", "party_id"],
        unique=True,
    )
    op.create_table(
        "bo_period_lock",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.Column("area", types.Words(), nullable=False),
        sa.Column("through", types.Day(), nullable=False),
        sa.Column("hard", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_bo_period_lock_company_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_bo_period_lock_company_id_area",
        "bo_period_lock",
        ["company_id", "area"],
        unique=True,
    )
    op.create_table(
        "bo_series",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=True),
        sa.Column("scope", types.Words(), nullable=False),
        sa.Column("reset", types.Words(), nullable=False),
        sa.Column("template", types.Words(), nullable=False),
        sa.Column("gapless", sa.Boolean(), nullable=False),
        sa.Column("chronological", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_bo_series_company_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_bo_series_company_id",
        "bo_series",
        ["company_id"],
        unique=False,
    )
    op.create_index(
        "uq_bo_series_code_company_id_scope",
        "bo_series",
        ["code", "company_id", "scope"],
        unique=True,
    )
    op.create_table(
        "bo_voucher",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("key", types.Words(), nullable=False),
        sa.Column("kind", types.Words(), nullable=False),
        sa.Column("nature", types.Words(), nullable=False),
        sa.Column("document_date", types.Day(), nullable=False),
        sa.Column("posting_date", types.Day(), nullable=False),
        sa.Column("tax_date", types.Day(), nullable=True),
        sa.Column("moved", sa.Boolean(), nullable=False),
        sa.Column("book", types.Words(), nullable=True),
        sa.Column("reverses", types.Words(), nullable=True),
        sa.Column("source_entity", types.Words(), nullable=False),
        sa.Column("source_id", types.Minor(), nullable=True),
        sa.Column("source_event", types.Words(), nullable=False),
        sa.Column("source_label", types.Words(), nullable=False),
        sa.Column("text", types.Words(), nullable=False),
        sa.Column("body", types.Words(), nullable=False),
        sa.Column("request", types.Words(), nullable=False),
        sa.Column("unit_id", types.Minor(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_bo_voucher_company_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_bo_voucher_company_id_posting_date",
        "bo_voucher",
        ["company_id", "posting_date"],
        unique=False,
    )
    op.create_index(
        "ix_bo_voucher_source_entity_source_id",
        "bo_voucher",
        ["source_entity", "source_id"],
        unique=False,
    )
    op.create_index("ix_bo_voucher_unit_id", "bo_voucher", ["unit_id"], unique=False)
    op.create_index("uq_bo_voucher_key", "bo_voucher", ["key"], unique=True)
    op.create_index(
        "uq_bo_voucher_reverses",
        "bo_voucher",
        ["reverses"],
        unique=True,
        sqlite_where=sa.text('"reverses" IS NOT NULL'),
        postgresql_where=sa.text('"reverses" IS NOT NULL'),
    )
