"""Upgrading a database: everything that is pending, in one transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from bocore.errors import BocoreError, Finding, StorageError
from bocore.migrate.history import History, Revision, histories
from bocore.migrate.shapes import Before, seal
from bocore.storage.database import Session
from bocore.storage.recorded import record_plugins

if TYPE_CHECKING:
    from bocore.app import BackOffice

Say = Callable[[str], object]
Columns = dict[str, dict[str, str | None]]
"""Table → column → its default in SQL."""

COLUMNS = "SELECT t.name, c.name, c.dflt_value FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'"


def upgrade(app: BackOffice, *, say: Say | None = None) -> list[str]:
    """Bring every plugin's tables up to the code, seal the shapes of the entities that changed, and remember the plugins.

    All or nothing; another process that upgrades at the same time waits and finds nothing to do.

    :param say: told of each migration as it begins.

    Returns the migrations that were applied, such as ``"vet 0002"``. Raises StorageError for a database that is newer than the code,
    for a migration that fails, and for one that changes recorded values.
    """
    plans = histories(app.host)
    with alone(app) as session:
        columns = columns_of(session)
        before = Before.read(app, session, columns)
        done: list[str] = []
        for history in plans:
            done += bring_up(app, session, history, columns, say)
        columns = columns_of(session)
        _refuse_missing_columns(app, columns)
        if done:
            _refuse_dangling(session)
        seal(app, session, before, columns, done)
        record_plugins(session, app.host)
    app._forget_state()
    return done


def pending(app: BackOffice) -> dict[str, list[str]]:
    """Plugin → numbers of the migrations that this database has still to see; only of plugins that have any."""
    with _reading(app) as session:
        there = columns_of(session)
        waiting = {history.plugin: history.after(version(session, history, there)) for history in histories(app.host)}
    return {plugin: [revision.number for revision in revisions] for plugin, revisions in waiting.items() if revisions}


def current(app: BackOffice) -> dict[str, str | None]:
    """Plugin → the last migration that this database has seen; None where there was none. Includes plugins that are gone."""
    with _reading(app) as session:
        there = columns_of(session)
        found: dict[str, str | None] = {}
        for history in histories(app.host):
            found[history.plugin] = version(session, history, there)
        for table in sorted(there):
            if table.startswith("bo_version_") and table.removeprefix("bo_version_") not in found:
                found[table.removeprefix("bo_version_")] = _only(session, table)
    return found


def check(app: BackOffice, session: Session) -> None:
    """Refuse a database without tables, one that is newer than the code, and one that has migrations to see."""
    there = columns_of(session)
    if "bo_commit" not in there:
        raise StorageError("This database has no tables of bocore yet.", fix="Run bo init.")
    waiting: list[Revision] = []
    for history in histories(app.host):
        waiting += history.after(version(session, history, there))
    if waiting:
        raise StorageError(f"The database is older than the code: {', '.join(map(str, waiting))} to come.", fix="Run bo migrate.")


def bring_up(app: BackOffice, session: Session, history: History, there: Columns, say: Say | None = None) -> list[str]:
    """Apply what is pending of one plugin, inside the transaction of ``session``."""
    tables = tables_of(app, history.plugin)
    if not history.revisions:
        missing = [app.metadata.tables[name] for name in tables if name not in there]
        app.metadata.create_all(session.sa, tables=missing, checkfirst=False)
        return []
    at = version(session, history, there)
    adopted = at is None and any(name in there for name in tables)
    if adopted:  # made from the entities, before the plugin had migrations: the first one describes these tables
        at = history.revisions[0].number
    done = []
    for revision in history.after(at):
        from bocore.migrate.running import run

        if say is not None:
            say(f"Migrating {revision}: {revision.path.stem[5:].replace('_', ' ')}")
        try:
            run(session, revision)
        except BocoreError:
            raise
        except Exception as error:
            cause = getattr(error, "orig", None) or error
            raise StorageError(
                f"The migration {revision} failed: {type(cause).__name__}: {cause}",
                at=revision.path.name,
                fix="Nothing was changed. Tell the author of the plugin, or mend the migration.",
            ) from error
        done.append(str(revision))
    if done or adopted:
        session.execute(f"CREATE TABLE IF NOT EXISTS {history.table} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        session.execute(f"DELETE FROM {history.table}")
        session.execute(f"INSERT INTO {history.table} (version_num) VALUES (?)", (history.head,))
    if adopted:
        _check_adopted(app, session, history)
    return done


def tables_of(app: BackOffice, plugin: str) -> list[str]:
    """The tables that a plugin's entities need; those of the core include its internal ones."""
    internal = "bo" if plugin == "bo" else None
    return [name for name in app.metadata.tables if app._owner.get(name, internal if name not in app._specs else None) == plugin]


def version(session: Session, history: History, there: Columns) -> str | None:
    """The last migration of a plugin that this database has seen."""
    return _only(session, history.table) if history.table in there else None


def columns_of(session: Session) -> Columns:
    """Every table of the database with its columns and their defaults, in one query."""
    found: Columns = {}
    for table, column, default in session.execute(COLUMNS).fetchall():
        found.setdefault(table, {})[column] = default
    return found


def _only(session: Session, table: str) -> str | None:
    row = session.execute(f"SELECT version_num FROM {table}").fetchone()
    return None if row is None else str(row[0])


def _check_adopted(app: BackOffice, session: Session, history: History) -> None:
    from bocore.migrate.compare import described

    different = described(app, session.sa, history.plugin)
    if different:
        raise StorageError(
            f"The tables of {history.plugin!r} were made before it had migrations, and differ from what they say: {'; '.join(different)}.",
            fix="Make a new database and bring the data over; nothing was changed in this one.",
        )


def _refuse_missing_columns(app: BackOffice, columns: Columns) -> None:
    """An entity that changed without a migration would fail at the first query: say which, and how to write one."""
    findings = []
    for name, table in app.metadata.tables.items():
        there = columns.get(name)
        missing = [column.name for column in table.columns if there is None or column.name not in there]
        if missing:
            owner = app._owner.get(name, "bo")
            what = f"The table {name} is missing" if there is None else f"The table {name} has no column {', '.join(missing)}"
            findings.append(
                Finding(
                    StorageError.code,
                    f"{what}: the entities of {owner!r} changed and no migration says so.",
                    fix=f'bo migrate new {owner} -m "what changed" (its developer does that once; Plugin(migrations=…) names the package).',
                )
            )
    if findings:
        raise StorageError(findings)


def _refuse_dangling(session: Session) -> None:
    dangling = session.execute("PRAGMA foreign_key_check").fetchmany(5)
    if dangling:
        rows = ", ".join(f"{table} {rowid} → {target}" for table, rowid, target, _ in dangling)
        raise StorageError(
            f"After the migrations rows refer to rows that are not there: {rows}.", fix="Nothing was changed. Mend the migration."
        )


@contextlib.contextmanager
def alone(app: BackOffice) -> Iterator[Session]:
    """A connection of one's own that holds the write lock, and commits at the end."""
    session = app._connect()
    session.detach()  # its foreign keys are off, so nobody may get it afterwards
    try:
        # A table that is rebuilt is dropped and renamed: SQLite wants foreign keys off for that, and has them checked at the end.
        session.execute("PRAGMA foreign_keys=OFF")
        session.begin(write=True)
        session.sa.begin()  # SQLAlchemy learns of it, or alembic begins transactions of its own and commits them
        yield session
        session.commit()
    finally:
        session.close()


@contextlib.contextmanager
def _reading(app: BackOffice) -> Iterator[Session]:
    session = app._connect()
    try:
        session.begin(write=False)
        yield session
    finally:
        session.close(read_only=True)
