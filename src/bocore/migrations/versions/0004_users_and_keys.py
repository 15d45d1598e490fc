"""Users and keys."""

import sqlalchemy as sa
from alembic import op

from bocore.migrations import types


def upgrade() -> None:
    op.create_table(
        "bo_attempt",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("until", types.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_bo_attempt_at", "bo_attempt", ["at"], unique=False)
    op.create_table(
        "bo_credential",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("password", types.Words(), nullable=True),
        sa.Column("totp", types.Words(), nullable=True),
        sa.Column("totp_new", types.Words(), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("user_id"),
    )
    op.create_table(
        "bo_key",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", types.Words(), nullable=False),
        sa.Column("name", types.Words(), nullable=True),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("keep_until", types.Words(), nullable=True),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("wrapped_by", types.Words(), nullable=True),
        sa.Column("state", types.Words(), nullable=False),
        sa.Column("made_at", types.Instant(), nullable=False),
        sa.Column("destroyed_at", types.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_bo_key_name",
        "bo_key",
        ["name"],
        unique=True,
        sqlite_where=sa.text('"name" IS NOT NULL'),
        postgresql_where=sa.text('"name" IS NOT NULL'),
    )
    op.create_table(
        "bo_recovery_code",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "bo_role",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("title", types.Words(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_bo_role_code", "bo_role", ["code"], unique=True)
    op.create_table(
        "bo_session",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("user_version", sa.BigInteger(), nullable=True),
        sa.Column("actor", types.Words(), nullable=True),
        sa.Column("begun_at", types.Instant(), nullable=False),
        sa.Column("seen_at", types.Instant(), nullable=False),
        sa.Column("ends_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_bo_session_ends_at", "bo_session", ["ends_at"], unique=False)
    op.create_index("ix_bo_session_user_id", "bo_session", ["user_id"], unique=False)
    op.create_table(
        "bo_token_use",
        sa.Column("token_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("token_id"),
    )
    op.create_table(
        "bo_approval",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("service", types.Words(), nullable=False),
        sa.Column("action", types.Words(), nullable=False),
        sa.Column("content", types.Words(), nullable=False),
        sa.Column("content_hash", types.Words(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=True),
        sa.Column("party_id", types.Minor(), nullable=True),
        sa.Column("needed", types.Words(), nullable=False),
        sa.Column("requester", types.Words(), nullable=False),
        sa.Column("on_behalf_of", types.Words(), nullable=True),
        sa.Column("reason", types.Words(), nullable=True),
        sa.Column("asked_at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("state", types.Words(), nullable=False),
        sa.Column("unit_id", types.Minor(), nullable=False),
        sa.Column("_salt", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_bo_approval_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["party_id"],
            ["bo_party.id"],
            name="fk_bo_approval_party_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_bo_approval_company_id",
        "bo_approval",
        ["company_id"],
        unique=False,
    )
    op.create_index(
        "ix_bo_approval_content_hash",
        "bo_approval",
        ["content_hash"],
        unique=False,
    )
    op.create_index(
        "ix_bo_approval_party_id",
        "bo_approval",
        ["party_id"],
        unique=False,
    )
    op.create_index("ix_bo_approval_state", "bo_approval", ["state"], unique=False)
    op.create_index("ix_bo_approval_unit_id", "bo_approval", ["unit_id"], unique=False)
    op.create_table(
        "bo_retained",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("party_id", types.Minor(), nullable=False),
        sa.Column("entity", types.Words(), nullable=False),
        sa.Column("row_id", types.Minor(), nullable=False),
        sa.Column("serial", types.Minor(), nullable=False),
        sa.Column("until", types.Day(), nullable=True),
        sa.Column("code", types.Words(), nullable=False),
        sa.Column("sealed", types.Words(), nullable=False),
        sa.Column("_salt", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["party_id"],
            ["bo_party.id"],
            name="fk_bo_retained_party_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_bo_retained_party_id",
        "bo_retained",
        ["party_id"],
        unique=False,
    )
    op.create_index("ix_bo_retained_until", "bo_retained", ["until"], unique=False)
    op.create_index(
        "uq_bo_retained_entity_row_id_serial",
        "bo_retained",
        ["entity", "row_id", "serial"],
        unique=True,
    )
    op.create_table(
        "bo_role_permission",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("role_id", types.Minor(), nullable=False),
        sa.Column("permission", types.Words(), nullable=False),
        sa.ForeignKeyConstraint(
            ["role_id"],
            ["bo_role.id"],
            name="fk_bo_role_permission_role_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_bo_role_permission_role_id_permission",
        "bo_role_permission",
        ["role_id", "permission"],
        unique=True,
    )
    op.create_table(
        "bo_user",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.Column("party_id", types.Minor(), nullable=True),
        sa.Column("owner", sa.Boolean(), nullable=False),
        sa.Column("state", types.Words(), nullable=False),
        sa.ForeignKeyConstraint(
            ["party_id"],
            ["bo_party.id"],
            name="fk_bo_user_party_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_bo_user_party_id", "bo_user", ["party_id"], unique=False)
    op.create_index("uq_bo_user_name", "bo_user", ["name"], unique=True)
    op.create_table(
        "bo_api_token",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("user_id", types.Minor(), nullable=False),
        sa.Column("title", types.Words(), nullable=False),
        sa.Column("digest", types.Words(), nullable=False),
        sa.Column("scopes", types.Words(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("revoked_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["bo_user.id"],
            name="fk_bo_api_token_user_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_bo_api_token_user_id",
        "bo_api_token",
        ["user_id"],
        unique=False,
    )
    op.create_index("uq_bo_api_token_digest", "bo_api_token", ["digest"], unique=True)
    op.create_table(
        "bo_approval_answer",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("approval_id", types.Minor(), nullable=False),
        sa.Column("person", types.Words(), nullable=False),
        sa.Column("approves", sa.Boolean(), nullable=False),
        sa.Column("answers_for", types.Words(), nullable=False),
        sa.Column("reason", types.Words(), nullable=True),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("unit_id", types.Minor(), nullable=False),
        sa.ForeignKeyConstraint(
            ["approval_id"],
            ["bo_approval.id"],
            name="fk_bo_approval_answer_approval_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_bo_approval_answer_unit_id",
        "bo_approval_answer",
        ["unit_id"],
        unique=False,
    )
    op.create_index(
        "uq_bo_approval_answer_approval_id_person",
        "bo_approval_answer",
        ["approval_id", "person"],
        unique=True,
    )
    op.create_table(
        "bo_grant",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("user_id", types.Minor(), nullable=False),
        sa.Column("role", types.Words(), nullable=False),
        sa.Column("company_id", types.Minor(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["bo_company.id"],
            name="fk_bo_grant_company_id",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["bo_user.id"],
            name="fk_bo_grant_user_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_bo_grant_company_id", "bo_grant", ["company_id"], unique=False)
    op.create_index(
        "uq_bo_grant_user_id_role_company_id",
        "bo_grant",
        ["user_id", "role", "company_id"],
        unique=True,
    )
