"""A database as an earlier revision of a plugin would have left it, with rows, so that upgrading from there can be tried.

The rows are today's, made up by :class:`~bocore.testing.instances.Instances`, in the columns that were there then: what has been renamed
since goes under its old name, and what is gone since gets a value of its type. One commit record has them all inserted.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from bocore.entities.generate import quoted
from bocore.entities.spec import Column
from bocore.errors import StorageError
from bocore.migrate.history import History, Revision, histories
from bocore.migrate.shapes import Before, planned
from bocore.migrate.upgrading import alone, bring_up, columns_of, watch_for
from bocore.record.canonical import row_digests
from bocore.record.changes import ChangesWriter
from bocore.record.commit import append_record
from bocore.record.shapes import Shape, seal_shape
from bocore.record.stored import RowReader
from bocore.storage.database import open_database
from bocore.storage.ids import reserve
from bocore.storage.recorded import record_plugins

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.errors import Finding
    from bocore.migrate.watching import Watch
    from bocore.storage.session import Session

OWN = ("bo_commit", "bo_shape", "bo_plugin", "bo_feed", "bo_tile", "bo_head", "bo_verifier", "bo_named")
_BY_TYPE: dict[str, tuple[str, Any]] = {
    "TEXT": ("text", ""),
    "BOOLEAN": ("boolean", False),
    "BLOB": ("bytes", b""),
    "BYTEA": ("bytes", b""),
    "DATE": ("date", "2026-01-01"),
    "TIMESTAMP WITH TIME ZONE": ("instant", "2026-01-01T00:00:00.000000Z"),
    "TIME WITHOUT TIME ZONE": ("time", "00:00:00.000000"),
}
_REQUIRED = "SELECT column_name FROM information_schema.columns WHERE table_schema = ? AND table_name = ? AND is_nullable = 'NO'"


def earlier(app: BackOffice, plugin: str) -> tuple[Revision, ...]:
    """The revisions of a plugin before its last."""
    return next((one.revisions[:-1] for one in histories(app.host) if one.plugin == plugin), ())


def make_earlier(app: BackOffice, revision: Revision, today: Path) -> None:
    """Fill a new database with the tables of that revision, and the rows of today's database that fit.

    :param app: over a file that has no tables yet.
    :param today: a database of the same plugins at their last revisions, with rows. On PostgreSQL it takes a superuser: references wait.
    """
    renames = _renames(app)
    database = open_database(today)
    database.tables = app.table_names
    source = database.connect(lambda session: False)
    source.begin(write=False)
    try:
        with alone(app) as session:
            for history in histories(app.host):
                through = revision.number if history.plugin == revision.plugin else None
                _bring(app, session, history, through)
            _fill(app, session, source, renames)
            record_plugins(session, app.host)
    finally:
        source.close(read_only=True)
        database.engine.dispose()


def unstated(app: BackOffice) -> list[Finding]:
    """What the pending migrations do to recorded rows without saying ``rebase``; every entity is taken to have rows, and nothing is kept.

    :param app: over a database of an earlier revision. On PostgreSQL a statement that changes values is seen where it finds rows to change.
    """
    with alone(app, keep=False) as session:
        there, watch = columns_of(session), watch_for(app)
        before = Before.read(session, there)
        before = attrs.evolve(before, filled=dict.fromkeys(before.filled, True))
        for history in histories(app.host):
            bring_up(app, session, history, there, watch, lambda text: None, [])
        try:
            planned(app, session, before, columns_of(session), watch)
        except StorageError as refused:
            return refused.findings
    return []


def _bring(app: BackOffice, session: Session, history: History, through: str | None) -> None:
    bring_up(app, session, history, columns_of(session), watch_for(app), lambda text: None, [], through=through)


def _renames(app: BackOffice) -> Watch:
    """A watch that has seen all migrations, and with them every rename; what they make is undone."""
    watch = watch_for(app)
    with alone(app, keep=False) as session:
        for history in histories(app.host):
            bring_up(app, session, history, columns_of(session), watch, lambda text: None, [])
    return watch


@attrs.frozen
class _Part:
    """A column of then: what it holds, and where that comes from today, if it does."""

    column: Column
    source: str | None
    made_up: Any = None


def _fill(app: BackOffice, session: Session, source: Session, renames: Watch) -> None:
    if session.engine != "sqlite":
        session.execute("SET LOCAL session_replication_role = replica")
    record, unit = ChangesWriter(), reserve(session, "bo_commit", 1) - 1
    tables = [name for name in columns_of(session) if name not in OWN and not name.startswith(("bo_version_", "sqlite_"))]
    for table in tables:
        parts = list(_parts(app, session, source, renames, table))
        names = [part.column.name for part in parts]
        rows = _rows(source, table, parts)
        session.execute(f"DELETE FROM {quoted(table)}")
        into = f"INSERT INTO {quoted(table)} ({', '.join(map(quoted, names))}) VALUES ({', '.join('?' * len(names))})"
        session.many(into, rows)
        spec = app._specs.get(table)
        if table in app.metadata.tables and (spec is None or spec.derived):
            continue  # internal tables and what is rebuilt have no digests
        shape = Shape(table, 1, tuple((part.column, None) for part in parts))
        seal_shape(session, record, shape, unit)
        if rows:
            digests = row_digests(table, record.nonce, RowReader(shape).encode(rows))
            record.add(table, "i", [row[0] for row in rows], digests)
    append_record(session, record, unit=unit, at=app.clock(), actor="conformance", reason="As it was")


def _parts(app: BackOffice, session: Session, source: Session, renames: Watch, table: str) -> Iterator[_Part]:
    """The columns of a table as it is in this database, with ``id`` first."""
    today = {name: declared for name, (declared, _) in (source.table_columns(table) or {}).items()}
    spec, now = app._specs.get(table), renames.columns_now(table)
    known = {} if spec is None else {column.name: column for column in spec.columns}
    required = _required(app, session, table)
    for name, (declared, _) in (session.table_columns(table) or {}).items():
        kind, empty = _BY_TYPE.get(declared, ("integer", 0))
        if today.get(now(name)) == declared:
            column = known.get(now(name)) or Column(name, kind)
            yield _Part(Column(name, column.kind, column.places, personal=column.personal), now(name))
        else:
            yield _Part(Column(name, kind), None, empty if name in required else None)


def _required(app: BackOffice, session: Session, table: str) -> set[str]:
    """The columns of a table that can't be empty."""
    if session.engine == "sqlite":
        return {row[1] for row in session.execute(f"PRAGMA table_info({quoted(table)})").fetchall() if row[3]}
    return {name for (name,) in session.execute(_REQUIRED, (getattr(app.database, "schema", ""), table)).fetchall()}


def _rows(source: Session, table: str, parts: list[_Part]) -> list[tuple[Any, ...]]:
    """Today's rows in the columns of then."""
    if source.table_columns(table) is None:
        return []
    there = [part.source for part in parts if part.source is not None]
    order = " ORDER BY id" if "id" in there else ""
    found = source.execute(f"SELECT {', '.join(map(quoted, there))} FROM {quoted(table)}{order}").fetchall() if there else []
    at = {name: i for i, name in enumerate(there)}
    return [tuple(part.made_up if part.source is None else row[at[part.source]] for part in parts) for row in found]
