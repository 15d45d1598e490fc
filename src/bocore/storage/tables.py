"""The internal tables of the core: the commit record, jobs, and what keeps ids, counters, shapes, cursors and plugins."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bocore.storage.types import Instant, Words

_serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def where(column: str, is_so: str = "IS NOT NULL") -> dict[str, Any]:
    """The arguments of a partial index over the rows that have a value there, or of which else is said what is so, on either engine."""
    condition = sa.text(f'"{column}" {is_so}')
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
        sa.Column("actor", Words),
        sa.Column("on_behalf_of", Words),
        sa.Column("plugins", Words, nullable=False),
        sa.Column("reason", Words),
        sa.Column("key", Words),
        sa.Column("request", Words),
        sa.Column("result", Words),
        sa.Column("correlation", Words),
        sa.Column("changes", sa.LargeBinary, nullable=False),
        sa.Column("events", Words),
        sa.Column("salts", sa.LargeBinary, nullable=False),
        sa.Column("redacted", Words),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("position", sa.BigInteger),
        # Partial: a commit without key, position or correlation touches no page of these.
        sa.Index("uq_bo_commit_key", "key", unique=True, **where("key")),
        sa.Index("uq_bo_commit_position", "position", unique=True, **where("position")),
        sa.Index("ix_bo_commit_correlation", "correlation", **where("correlation")),
        # What has no position yet: so few that finding them takes no look at the others.
        sa.Index("ix_bo_commit_unplaced", "id", **where("position", "IS NULL")),
    )
    sa.Table(
        "bo_shape",
        metadata,
        sa.Column("entity", Words, primary_key=True),
        sa.Column("revision", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("definition", Words, nullable=False),
        sa.Column("unit", sa.BigInteger, nullable=False),
    )
    sa.Table(
        "bo_id",
        metadata,
        sa.Column("entity", Words, primary_key=True),
        sa.Column("next", sa.BigInteger, nullable=False),
    )
    sa.Table(
        "bo_counter",
        metadata,
        sa.Column("series_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("period", Words, primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("last_on", Words),
    )
    # What processes notice of each other where a database does not tell it by itself: that somebody has migrated, and that rows which
    # are remembered have changed. SQLite does, and has no rows here.
    sa.Table(
        "bo_state",
        metadata,
        sa.Column("name", Words, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
    )
    sa.Table(
        "bo_feed",
        metadata,
        sa.Column("consumer", Words, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    # A queue and its clock. What happens to a row here is no business: no digest, no record; what its job does has both.
    sa.Table(
        "bo_job",
        metadata,
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("name", Words, nullable=False),
        sa.Column("arguments", Words, nullable=False),
        sa.Column("state", Words, nullable=False),
        # When it was to run, which stays; when it may be claimed: once that time has come, after a failure later, while it runs when
        # the lease of its worker is over. Nothing once it is finished.
        sa.Column("run_at", Instant, nullable=False),
        sa.Column("due_at", Instant),
        sa.Column("attempt", sa.BigInteger, nullable=False),
        sa.Column("key", Words),
        sa.Column("company_id", sa.BigInteger),
        sa.Column("correlation", Words),
        # The unit of work that enqueued it, whose record says who that was; nothing where the clock did.
        sa.Column("unit", sa.BigInteger),
        sa.Column("enqueued_at", Instant, nullable=False),
        sa.Column("started_at", Instant),
        sa.Column("finished_at", Instant),
        sa.Column("worker", Words),
        sa.Column("done", sa.BigInteger),
        sa.Column("total", sa.BigInteger),
        sa.Column("cancel_asked_at", Instant),
        sa.Column("error", Words),
        sa.Column("result", Words),
        sa.Index("uq_bo_job_key", "key", unique=True, **where("key")),
        sa.Index("ix_bo_job_due_at", "due_at", **where("due_at")),
        sa.Index("ix_bo_job_finished_at", "finished_at", **where("finished_at")),
    )
    sa.Table(
        "bo_schedule",
        metadata,
        sa.Column("name", Words, primary_key=True),
        # 0 for a job of the whole database.
        sa.Column("company_id", sa.BigInteger, primary_key=True, autoincrement=False),
        # The latest instant of the schedule that was enqueued, or that it was first seen at.
        sa.Column("at", Instant, nullable=False),
    )
    sa.Table(
        "bo_plugin",
        metadata,
        sa.Column("prefix", Words, primary_key=True),
        sa.Column("distribution", Words, nullable=False),
        sa.Column("version", Words, nullable=False),
        sa.Column("state", Words, nullable=False),
    )
    # What users prove with who they are. A change is an event on the record, which carries no secret, so that these rows have no digest.
    sa.Table(
        "bo_credential",
        metadata,
        sa.Column("user_id", sa.BigInteger, primary_key=True, autoincrement=False),
        # As argon2 writes it, parameters and salt included.
        sa.Column("password", Words),
        # The secret of the one-time codes, encrypted; one that no code has confirmed yet; and the time step of the last code taken.
        sa.Column("totp", Words),
        sa.Column("totp_new", Words),
        sa.Column("totp_step", sa.BigInteger),
    )
    sa.Table(
        "bo_recovery_code",
        metadata,
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("user_id", sa.BigInteger, nullable=False),
    )
    # Who is signed in. A session ends with any change of its user's row, whose version it notes.
    sa.Table(
        "bo_session",
        metadata,
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("user_id", sa.BigInteger),
        sa.Column("user_version", sa.BigInteger),
        # An Actor that a plugin vouches for, as JSON, where it is nobody of this database.
        sa.Column("actor", Words),
        sa.Column("begun_at", Instant, nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.Column("ends_at", Instant, nullable=False),
        sa.Index("ix_bo_session_user_id", "user_id"),
        sa.Index("ix_bo_session_ends_at", "ends_at"),
    )
    # Attempts to sign in that failed, by a hash of who and from where; the number of rows that are no user's is bounded.
    sa.Table(
        "bo_attempt",
        metadata,
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("user_id", sa.BigInteger),
        # -1 for a place from which the user has signed in.
        sa.Column("failures", sa.BigInteger, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("until", Instant),
        sa.Index("ix_bo_attempt_at", "at"),
    )
    # When a token was last used, to the hour or so.
    sa.Table(
        "bo_token_use",
        metadata,
        sa.Column("token_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", Instant, nullable=False),
    )
    # Data keys, wrapped. Neither digest nor record: one that is altered does not open, and destroying one leaves an event.
    sa.Table(
        "bo_key",
        metadata,
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", Words, nullable=False),
        # What it is for, while it is active: no two keys are for the same.
        sa.Column("name", Words),
        sa.Column("party_id", sa.BigInteger),
        # The last day of what has to be kept under it, as text.
        sa.Column("keep_until", Words),
        sa.Column("wrapped", sa.LargeBinary),
        sa.Column("wrapped_by", Words),
        sa.Column("state", Words, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("destroyed_at", Instant),
        sa.Index("uq_bo_key_name", "name", unique=True, **where("name")),
    )
    # The tree over the commit records: full tiles only, and heads. Rows are added, and never changed; anybody can make them again from
    # the records, so that they have no digest themselves. What protects them is the head that was put elsewhere.
    sa.Table(
        "bo_tile",
        metadata,
        sa.Column("level", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        # 256 hashes, and the root over them.
        sa.Column("hashes", sa.LargeBinary, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
    )
    # In which records rows of 1024 ids were written, for each full tile: only to find records, which are then read.
    sa.Table(
        "bo_named",
        metadata,
        sa.Column("entity", Words, primary_key=True),
        # The id divided by 1024; -1 for the shapes of the entity.
        sa.Column("block", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("tile", sa.BigInteger, primary_key=True, autoincrement=False),
        # Four bytes for each run of ids: where it starts, how many they are, and in which record of the tile.
        sa.Column("runs", sa.LargeBinary, nullable=False),
    )
    sa.Table(
        "bo_head",
        metadata,
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        # 0 for one that nobody had a key to sign.
        sa.Column("signed", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("origin", Words, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        # A C2SP checkpoint, as text.
        sa.Column("note", Words, nullable=False),
        sa.Column("at", Instant, nullable=False),
    )
    # The public keys that have signed heads, as text.
    sa.Table(
        "bo_verifier",
        metadata,
        sa.Column("key", Words, primary_key=True),
        sa.Column("at", Instant, nullable=False),
    )
    # What vouchers say stays readable when the plugin that declared the purpose is gone.
    sa.Table(
        "bo_purpose",
        metadata,
        sa.Column("purpose", Words, primary_key=True),
        sa.Column("fallback", Words, nullable=False),
        sa.Column("plugin", Words, nullable=False),
    )
