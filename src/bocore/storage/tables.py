"""The internal tables of the core: the commit record, jobs, and what keeps ids, counters, shapes, cursors and plugins."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bocore.storage.types import Instant

_serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def where(column: str) -> dict[str, Any]:
    """The arguments of a partial index over the rows that have a value there, on either engine."""
    condition = sa.text(f'"{column}" IS NOT NULL')
    return {"sqlite_where": condition, "postgresql_where": condition}


def internal_tables(metadata: sa.MetaData) -> None:
    """Add the internal tables to the metadata of one application."""
    sa.Table(
        "bo_commit",
        metadata,
        # From the database, in the last statement: the order of sealing. Not in the digest.
        sa.Column("id", _serial, sa.Identity(), primary_key=True),
        sa.Column("unit", sa.BigInteger, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("actor", sa.Text),
        sa.Column("on_behalf_of", sa.Text),
        sa.Column("plugins", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("key", sa.Text),
        sa.Column("request", sa.Text),
        sa.Column("result", sa.Text),
        sa.Column("correlation", sa.Text),
        sa.Column("changes", sa.LargeBinary, nullable=False),
        sa.Column("events", sa.Text),
        sa.Column("salts", sa.LargeBinary, nullable=False),
        sa.Column("redacted", sa.Text),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("position", sa.BigInteger),
        # Partial: a commit without key, position or correlation touches no page of these.
        sa.Index("uq_bo_commit_key", "key", unique=True, **where("key")),
        sa.Index("uq_bo_commit_position", "position", unique=True, **where("position")),
        sa.Index("ix_bo_commit_correlation", "correlation", **where("correlation")),
    )
    sa.Table(
        "bo_shape",
        metadata,
        sa.Column("entity", sa.Text, primary_key=True),
        sa.Column("revision", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("unit", sa.BigInteger, nullable=False),
    )
    sa.Table(
        "bo_id",
        metadata,
        sa.Column("entity", sa.Text, primary_key=True),
        sa.Column("next", sa.BigInteger, nullable=False),
    )
    sa.Table(
        "bo_counter",
        metadata,
        sa.Column("series_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("period", sa.Text, primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("last_on", sa.Text),
    )
    # What processes notice of each other where a database does not tell it by itself: that somebody has migrated, and that rows which
    # are remembered have changed. SQLite does, and has no rows here.
    sa.Table(
        "bo_state",
        metadata,
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
    )
    sa.Table(
        "bo_feed",
        metadata,
        sa.Column("consumer", sa.Text, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    # A queue and its clock. What happens to a row here is no business: no digest, no record; what its job does has both.
    sa.Table(
        "bo_job",
        metadata,
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("arguments", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        # When it was to run, which stays; when it may be claimed: once that time has come, after a failure later, while it runs when
        # the lease of its worker is over. Nothing once it is finished.
        sa.Column("run_at", Instant, nullable=False),
        sa.Column("due_at", Instant),
        sa.Column("attempt", sa.BigInteger, nullable=False),
        sa.Column("key", sa.Text),
        sa.Column("company_id", sa.BigInteger),
        sa.Column("correlation", sa.Text),
        # The unit of work that enqueued it, whose record says who that was; nothing where the clock did.
        sa.Column("unit", sa.BigInteger),
        sa.Column("enqueued_at", Instant, nullable=False),
        sa.Column("started_at", Instant),
        sa.Column("finished_at", Instant),
        sa.Column("worker", sa.Text),
        sa.Column("done", sa.BigInteger),
        sa.Column("total", sa.BigInteger),
        sa.Column("cancel_asked_at", Instant),
        sa.Column("error", sa.Text),
        sa.Column("result", sa.Text),
        sa.Index("uq_bo_job_key", "key", unique=True, **where("key")),
        sa.Index("ix_bo_job_due_at", "due_at", **where("due_at")),
        sa.Index("ix_bo_job_finished_at", "finished_at", **where("finished_at")),
    )
    sa.Table(
        "bo_schedule",
        metadata,
        sa.Column("name", sa.Text, primary_key=True),
        # 0 for a job of the whole database.
        sa.Column("company_id", sa.BigInteger, primary_key=True, autoincrement=False),
        # The latest instant of the schedule that was enqueued, or that it was first seen at.
        sa.Column("at", Instant, nullable=False),
    )
    sa.Table(
        "bo_plugin",
        metadata,
        sa.Column("prefix", sa.Text, primary_key=True),
        sa.Column("distribution", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )
    # What vouchers say stays readable when the plugin that declared the purpose is gone.
    sa.Table(
        "bo_purpose",
        metadata,
        sa.Column("purpose", sa.Text, primary_key=True),
        sa.Column("fallback", sa.Text, nullable=False),
        sa.Column("plugin", sa.Text, nullable=False),
    )
