"""Several users."""

import sqlalchemy as sa
from alembic import op

from bocore.migrations import types


def upgrade() -> None:
    op.create_table(
        "bo_job",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", types.Words(), nullable=False),
        sa.Column("arguments", types.Words(), nullable=False),
        sa.Column("state", types.Words(), nullable=False),
        sa.Column("run_at", types.Instant(), nullable=False),
        sa.Column("due_at", types.Instant(), nullable=True),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("key", types.Words(), nullable=True),
        sa.Column("company_id", sa.BigInteger(), nullable=True),
        sa.Column("correlation", types.Words(), nullable=True),
        sa.Column("unit", sa.BigInteger(), nullable=True),
        sa.Column("enqueued_at", types.Instant(), nullable=False),
        sa.Column("started_at", types.Instant(), nullable=True),
        sa.Column("finished_at", types.Instant(), nullable=True),
        sa.Column("worker", types.Words(), nullable=True),
        sa.Column("done", sa.BigInteger(), nullable=True),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("cancel_asked_at", types.Instant(), nullable=True),
        sa.Column("error", types.Words(), nullable=True),
        sa.Column("result", types.Words(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_bo_job_due_at",
        "bo_job",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text('"due_at" IS NOT NULL'),
        postgresql_where=sa.text('"due_at" IS NOT NULL'),
    )
    op.create_index(
        "ix_bo_job_finished_at",
        "bo_job",
        ["finished_at"],
        unique=False,
        sqlite_where=sa.text('"finished_at" IS NOT NULL'),
        postgresql_where=sa.text('"finished_at" IS NOT NULL'),
    )
    op.create_index(
        "uq_bo_job_key",
        "bo_job",
        ["key"],
        unique=True,
        sqlite_where=sa.text('"key" IS NOT NULL'),
        postgresql_where=sa.text('"key" IS NOT NULL'),
    )
    op.create_table(
        "bo_schedule",
        sa.Column("name", types.Words(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", "company_id"),
    )
    op.create_table(
        "bo_state",
        sa.Column("name", types.Words(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
