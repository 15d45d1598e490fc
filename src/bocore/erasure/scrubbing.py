"""After an erasure: what was overwritten leaves the file, too, as far as a program can see to that."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection
from typing import TYPE_CHECKING

from bocore.errors import StorageError

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.storage.session import Session

OWNED = """
    SELECT relname, pg_has_role(relowner, 'USAGE') FROM pg_class
    WHERE relnamespace = to_regnamespace(quote_ident(?)) AND relkind = 'r'
"""
OLDER = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND (age(backend_xmin) > age(?::xid) OR age(backend_xid) > age(?::xid))
"""
"""Whose transactions may still see rows that were overwritten before a transaction: these are kept when a table is rewritten."""
PATIENCE = 10
"""Seconds to wait for those who work with a table that is to be rewritten, or began before."""


def scrub(app: BackOffice, tables: Collection[str] = ()) -> list[str]:
    """Rewrite what still holds the bytes of overwritten rows; returns what is left to do, in sentences.

    SQLite: the whole file is rewritten, and the write-ahead log emptied. PostgreSQL: the tables are rewritten, for an ordinary VACUUM
    leaves the bytes in their pages, and their statistics made anew; the owner of the tables may do that. Backups, replicas and archived
    logs are yours to see to.

    :param tables: on PostgreSQL: :attr:`ErasureResult.tables`; all of them unless told. Nobody can use one while it is rewritten.
    """
    session = app._connect()
    try:
        session.detach()
        return _sqlite(session) if session.engine == "sqlite" else _postgresql(session, tables)
    finally:
        session.end()


def _sqlite(session: Session) -> list[str]:
    try:
        session.execute("VACUUM")
    except (StorageError, sqlite3.Error) as error:
        said = str(error).partition("\n")[0].rstrip(".")
        return [f"The file could not be rewritten ({said}): run bo person scrub when nobody else is working."]
    session.execute("PRAGMA busy_timeout=1000")  # who reads may go on for long
    busy = session.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    return ["Somebody is reading, so the write-ahead log keeps old pages: run bo person scrub again."] if busy else []


def _postgresql(session: Session, tables: Collection[str]) -> list[str]:
    owned = dict(session.execute(OWNED, (session.tenant,)).fetchall())
    left = []
    seen = not _outwaited(session)
    session.execute(f"SET lock_timeout = '{PATIENCE}s'")
    for name in sorted(owned.keys() & set(tables) if tables else owned):
        try:
            if owned[name]:
                session.execute(f'VACUUM (FULL, ANALYZE) "{session.tenant}"."{name}"')
            else:
                left.append(name)
        except StorageError:
            left.append(name)
    told = ["Somebody's transaction is older than the erasure, so old rows are kept: run bo person scrub again."] if seen else []
    if not left:
        return told
    return [*told, f"VACUUM (FULL, ANALYZE) has still to be run by the owner of the tables, in {session.tenant}: {', '.join(left)}."]


def _outwaited(session: Session) -> bool:
    """Wait for transactions that began before now; whether they are over."""
    now = session.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint % 4294967296").fetchone()[0]
    until = time.monotonic() + PATIENCE
    while session.execute(OLDER, (str(now), str(now))).fetchone()[0]:
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
