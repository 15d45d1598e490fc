"""Schemas of tests that are over, to be filled anew: that takes a tenth of the time of making one with its tables and indexes."""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from bocore.testing.cloning import clone

if TYPE_CHECKING:
    import psycopg

MADE = "BOCORE_TEST_SCHEMAS"
"""A folder in which each schema that stands in for a file has an entry, whichever process made it."""
Kind = tuple[str, Any]
"""The schema that the tables of others were copied from at first, and how it looked then."""
MOST = 12
"""Schemas that wait for the next test."""
LARGEST = 10
"""Pages that a table may have had: of one with fewer PostgreSQL plans as if it had so many, whether it is new or not."""

# All three begin with what depends on the schema, for which there is an index: tests leave a hundred schemas in the catalogues.
# Whatever changes a table, an index, a default or a right writes rows of these anew; adding and removing rows of tables does not.
_LOOKS = """
    WITH space AS (SELECT oid, nspowner, nspacl FROM pg_namespace WHERE nspname = '{schema}'),
    inside AS (
        SELECT d.classid, d.objid FROM space JOIN pg_depend d ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = space.oid
    ),
    relations AS (SELECT c.oid, c.xmin, c.reltuples FROM inside JOIN pg_class c ON c.oid = objid WHERE classid = 'pg_class'::regclass),
    parts AS (
        SELECT xmin FROM relations
        UNION ALL SELECT p.xmin FROM relations r, LATERAL (SELECT xmin FROM pg_attribute WHERE attrelid = r.oid OFFSET 0) p
        UNION ALL SELECT p.xmin FROM relations r, LATERAL (SELECT xmin FROM pg_attrdef WHERE adrelid = r.oid OFFSET 0) p
        UNION ALL SELECT p.xmin FROM relations r, LATERAL (SELECT xmin FROM pg_trigger WHERE tgrelid = r.oid OFFSET 0) p
        UNION ALL SELECT p.xmin FROM relations r, LATERAL (SELECT xmin FROM pg_constraint WHERE conrelid = r.oid OFFSET 0) p
        UNION ALL SELECT p.xmin FROM relations r, LATERAL (
            SELECT c.xmin FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = r.oid OFFSET 0) p
        UNION ALL SELECT p.xmin FROM inside JOIN pg_proc p ON p.oid = objid WHERE classid = 'pg_proc'::regclass
        UNION ALL SELECT p.xmin FROM inside JOIN pg_type p ON p.oid = objid WHERE classid = 'pg_type'::regclass
    )
    SELECT count(*), max(xmin::text::bigint), (SELECT count(*) FROM inside), (SELECT sum(reltuples) FROM relations),
        (SELECT (nspowner, nspacl)::text FROM space)
    FROM parts
"""
_PAGES = """
    SELECT c.relname, pg_relation_size(c.oid) / current_setting('block_size')::int FROM pg_namespace n
    JOIN pg_depend d ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid AND d.classid = 'pg_class'::regclass
    JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'r' AND pg_relation_size(c.oid) > 0 WHERE n.nspname = '{schema}'
"""
_SEQUENCES = """
    SELECT format('SELECT setval(%L, %s, %s)', quote_ident(c.relname), coalesce(reached, s.seqstart), (reached IS NOT NULL)::text)
    FROM pg_namespace n
    JOIN pg_depend d ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid AND d.classid = 'pg_class'::regclass
    JOIN pg_class c ON c.oid = d.objid JOIN pg_sequence s ON s.seqrelid = c.oid, pg_sequence_last_value(c.oid) reached
    WHERE n.nspname = '{schema}'
"""


class Table(NamedTuple):
    """A table of which no row was added, changed or removed as long as there are as many, and none of a later transaction."""

    rows: int = 0
    newest: int = 0
    pages: int = 0


Tables = dict[str, Table]


class Filled(NamedTuple):
    """What a schema was filled from, and the tables of both at that moment."""

    source: str
    rows: Tables
    made: Tables


class Pool:
    """The schemas that this process has copied, those among them that no test uses any more, and the connection that makes them.

    :param connect: gives a superuser's connection to the server.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]]) -> None:
        self._connect = connect
        self._lock = threading.RLock()
        self._inherited: psycopg.Connection[Any] | None = None
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._connection: psycopg.Connection[Any] | None = None
        self._looks: dict[str, Any] = {}
        """Schema → how its tables looked when it was made."""
        self._kinds: dict[str, Kind] = {}
        self._filled: dict[str, Filled] = {}
        self._free: dict[str, Kind] = {}
        """Those that no test uses, the one that has waited longest first."""
        self._numbers = itertools.count()

    @contextlib.contextmanager
    def working(self) -> Iterator[psycopg.Connection[Any]]:
        """The connection, for one thread at a time."""
        with self._lock:
            if self._process != os.getpid():  # what the process before the fork has is its own, to be closed by itself alone
                self._inherited = self._connection
                self._begin()
            if self._connection is None or self._connection.closed:
                self._connection = self._connect()
            yield self._connection

    def close(self) -> None:
        """Close the connection; the schemas stay."""
        if self._connection is not None and self._process == os.getpid():
            self._connection.close()

    def clone(self, source: str, target: str) -> None:
        """Make the schema ``target`` with the tables, rows, sequences and rights of ``source``, in the transaction of the connection."""
        with self.working() as connection:
            kind = self._kind(connection, source)
            kept = next((name for name, of in self._free.items() if of == kind), None)
            rows = _rows(connection, source)
            if kept is None:
                clone(connection, source, target)
                self._looks[target] = _looks(connection, target)
            else:
                del self._free[kept]
                _fill(connection, source, rows, kept, target, self._filled.pop(kept))
                self._looks[target] = self._looks.pop(kept)
                forget(kept)
            self._filled[target] = Filled(source, rows, _rows(connection, target))
            self._kinds[target] = kind

    def let_go(self, schema: str) -> None:
        """Keep a schema for the next test, or drop it: where another process has made it, its tables have changed, or are large."""
        with self.working() as connection:
            # Whoever has not closed its application would hold the schema for ever.
            connection.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = '{schema}'".encode())
            kind, looks, filled = self._kinds.pop(schema, None), self._looks.pop(schema, None), self._filled.pop(schema, None)
            if kind is None or filled is None or looks != _looks(connection, schema) or _has_grown(_rows(connection, schema), filled):
                self.drop(schema)
                return
            kept = f"kept_{os.getpid()}_{next(self._numbers)}"
            connection.execute(f'ALTER SCHEMA "{schema}" RENAME TO "{kept}"'.encode())
            self._looks[kept], self._free[kept], self._filled[kept] = looks, kind, filled
            note(kept)
            forget(schema)
            if len(self._free) > MOST:
                oldest = next(iter(self._free))
                del self._free[oldest], self._looks[oldest], self._filled[oldest]
                self.drop(oldest)

    def drop(self, schema: str) -> None:
        """Drop a schema; whoever looks at all schemas at that moment, as `bo tenant list` does, may be in the way."""
        from psycopg.errors import DeadlockDetected

        with self.working() as connection:
            for attempt in range(10):
                try:
                    connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'.encode())
                except DeadlockDetected:
                    if attempt == 9:
                        raise
                else:
                    break
        forget(schema)

    def _kind(self, connection: psycopg.Connection[Any], source: str) -> Kind:
        """What the tables of a schema are a copy of: itself, as it looks now, where they have changed since."""
        looks = _looks(connection, source)
        return self._kinds[source] if source in self._kinds and self._looks[source] == looks else (source, looks)


def note(schema: str, path: Path | None = None) -> None:
    """Have a schema let go with the test whose file it stands in for, or dropped at the end."""
    (Path(os.environ[MADE]) / schema).write_text(str(path or "/"), encoding="utf-8")


def forget(schema: str) -> None:
    """It is gone."""
    (Path(os.environ[MADE]) / schema).unlink(missing_ok=True)


def noted() -> list[tuple[str, Path]]:
    """The schemas that there are, and the files that they stand in for."""
    entries = sorted(Path(os.environ[MADE]).iterdir()) if MADE in os.environ else []
    return [(entry.name, Path(entry.read_text(encoding="utf-8"))) for entry in entries]


def _fill(connection: psycopg.Connection[Any], source: str, rows: Tables, kept: str, target: str, before: Filled) -> None:
    there = _rows(connection, kept)
    same = {name for name in rows if before.source == source and before.rows.get(name) == rows[name]}
    same = {name for name in same if there.get(name, Table())[:2] == before.made.get(name, Table())[:2]}
    statements = [f'ALTER SCHEMA "{kept}" RENAME TO "{target}"', f'SET LOCAL search_path = "{target}"']
    statements += ["SET LOCAL session_replication_role = replica"]  # references are checked where the source was written
    statements += [f'DELETE FROM "{name}"' for name, table in there.items() if table.rows and name not in same]
    for name in rows.keys() - same:
        statements.append(f'INSERT INTO "{name}" OVERRIDING SYSTEM VALUE SELECT * FROM "{source}"."{name}"')
    statements += [row[0] for row in _ask(connection, _SEQUENCES, source)]
    connection.execute("; ".join([*statements, "SET LOCAL session_replication_role = origin"]).encode())


def _has_grown(tables: Tables, filled: Filled) -> bool:
    return any(table.pages > max(LARGEST, filled.made.get(name, Table()).pages) for name, table in tables.items())


def _looks(connection: psycopg.Connection[Any], schema: str) -> Any:
    """How its tables look; None where there is no such schema."""
    (found,) = _ask(connection, _LOOKS, schema)
    return found


def _rows(connection: psycopg.Connection[Any], schema: str) -> Tables:
    """The tables of a schema that have, or had, rows."""
    pages = dict(_ask(connection, _PAGES, schema))
    each = [f'SELECT \'{name}\', count(*), coalesce(max(xmin::text::bigint), 0) FROM "{schema}"."{name}"' for name in pages]
    found = _ask(connection, " UNION ALL ".join(each), schema) if each else []
    return {name: Table(count, newest, pages[name]) for name, count, newest in found}


def _ask(connection: psycopg.Connection[Any], question: str, schema: str) -> list[Any]:
    return connection.execute(question.replace("{schema}", schema).encode()).fetchall()
