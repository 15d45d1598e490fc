"""The schemas of a PostgreSQL database that are tenants: which there are, how large they are, and dropping one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bocore.errors import Finding, Refused, StorageError
from bocore.storage.postgresql import WRITING
from bocore.storage.server import PostgresDatabase
from bocore.storage.session import BUSY_SECONDS

if TYPE_CHECKING:
    from bocore.storage.session import Session

TENANTS = """
    SELECT n.nspname, has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = 'bo_commit' AND c.relkind IN ('r', 'p') ORDER BY n.nspname COLLATE "C"
"""
SIZE = """
    SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ? AND c.relkind IN ('r', 'p', 'm')
"""


def tenant_schemas(database: PostgresDatabase) -> list[tuple[str, bool]]:
    """The schemas that hold a tenant, and whether this role may read it."""
    with _session(database) as session:
        session.begin(write=False)
        return [(name, bool(readable)) for name, readable in session.execute(TENANTS).fetchall()]


def size_of(database: PostgresDatabase, session: Session) -> int:
    """Bytes that the tables and indexes of a tenant take."""
    return int(session.execute(SIZE, (database.schema,)).fetchone()[0])


def drop_schema(database: PostgresDatabase) -> None:
    """Drop a tenant with everything in its schema, at once.

    :raises Refused: somebody is writing to it.
    :raises StorageError: there is no such tenant, or somebody reads from it all the time.
    """
    with _session(database) as session:
        session.execute("BEGIN")
        session.execute(f"SET LOCAL lock_timeout = {int(BUSY_SECONDS * 1000)}")  # for those who read
        if session.table_columns("bo_commit") is None:
            raise StorageError(f"There is no tenant {database.schema}.", fix="bo tenant list shows which there are.")
        if not session.execute(f"SELECT pg_try_advisory_xact_lock({WRITING}, {database.key})").fetchone()[0]:
            fix = "Stop the programs and workers that use it, and drop it then."
            raise Refused([Finding("bo.tenant_busy", f"Somebody is writing to the tenant {database.schema}.", fix=fix)])
        session.execute(f'DROP SCHEMA "{database.schema}" CASCADE')
        session.execute("COMMIT")


@contextmanager
def _session(database: PostgresDatabase) -> Iterator[Session]:
    session = database.connect(lambda session: False)
    try:
        yield session
    finally:
        session.close()
