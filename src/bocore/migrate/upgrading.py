"""Upgrading a database: everything that is pending, in one transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from bocore.errors import Finding, StorageError
from bocore.logs import tell
from bocore.migrate.copying import back_up
from bocore.migrate.history import History, Revision, histories
from bocore.migrate.rebasing import Rebasing
from bocore.migrate.sealing import seal
from bocore.migrate.shapes import Before
from bocore.migrate.steps import run_steps
from bocore.migrate.watching import Watch, watching
from bocore.storage.database import driver_error
from bocore.storage.grants import grant_again, owner_elsewhere
from bocore.storage.recorded import record_plugins, recorded_plugins
from bocore.storage.session import Columns, Session

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.app_entities import Entities
    from bocore.migrate.running import DataStep

Say = Callable[[str], object]

VERSION = "bo_version_"
PATIENCE = 600
"""Seconds to wait for another process that migrates, or writes."""


def upgrade(
    app: BackOffice, *, say: Say | None = None, dry_run: bool = False, backup: str | Path | None = None, create: bool = False
) -> list[str]:
    """Bring every plugin's tables up to the code, seal the shapes of the entities that changed, and remember the plugins.

    All or nothing; another process that upgrades at the same time waits and finds nothing to do. First what migrations will state anew
    is verified, then every ``upgrade()`` runs, then digests are stated, then every ``data(uow)`` runs, with today's entities and tables.

    :param say: told of each migration as it begins, and of digests that were stated anew.
    :param dry_run: do all of it, and undo it.
    :param backup: a file that does not exist; the database as it was is copied into it first, where anything is to be done.
    :param create: make the schema of the tenant, where there is none.

    Returns the migrations that were applied, such as ``"vet 0002"``. Raises StorageError for a database that is newer than the code,
    for a migration that fails, and for one that changes recorded values without stating their digests anew.
    """
    plans = histories(app.host)
    say = say or _quiet
    if _is_anothers(app, plans):
        return []
    try:
        with alone(app, keep=not dry_run, create=create) as session:
            done = _upgrade(app, session, plans, say, backup)
    finally:
        app._forget_state()
    return done


def _upgrade(app: BackOffice, session: Session, plans: list[History], say: Say, backup: str | Path | None) -> list[str]:
    columns = columns_of(session)
    waiting = [revision for history in plans for revision in due(app, session, history, columns)]
    if backup is not None:
        back_up(app, Path(backup), bool(waiting), say)
    before, watch = Before.read(session, columns), watch_for(app)
    wanted = _entities_to_rebase(waiting) & before.filled.keys()
    if wanted:
        say(f"Verifying {', '.join(sorted(wanted))}.")
    rebasing = Rebasing.begin(session, before, wanted)
    done: list[str] = []
    steps: list[tuple[Revision, DataStep]] = []
    for history in plans:
        done += bring_up(app, session, history, columns, watch, say, steps)
    columns = columns_of(session)
    _refuse_missing_columns(app, columns)
    if done:
        _refuse_dangling(session)
    seal(app, session, before, columns, watch, rebasing, done, say)
    record_plugins(session, app.host)
    if steps:
        run_steps(app, session, steps, say)
        _refuse_dangling(session)
    grant_again(session, app)
    return done


def _is_anothers(app: BackOffice, plans: list[History]) -> bool:
    """Whether somebody else owns the tables, and there is nothing to do; StorageError where there is, since only the owner may."""
    with app.looking() as session:
        elsewhere = owner_elsewhere(session)
        if elsewhere is None:
            return False
        there = columns_of(session)
        waiting = [str(revision) for history in plans for revision in due(app, session, history, there)]
        waiting += [f"the table {name}" for name in app.metadata.tables if name not in there and not waiting]
        if not waiting:
            known = {one.name for one in recorded_plugins(session) if one.state == "attached"}
            waiting = [f"the plugin {state.prefix}" for state in app.host.plugins if state.state == "loaded" and state.prefix not in known]
        waiting = [one for one in waiting if one != "the plugin bo"]
    if waiting:
        role, owner = elsewhere
        raise StorageError(
            f"{role} may not migrate: the tables belong to {owner}. To come: {', '.join(waiting)}.",
            fix=f"Run bo migrate as {owner}, who logs in for that alone: bo --db postgresql+psycopg://{owner}@… migrate.",
        )
    return True


def _quiet(text: str) -> None:
    """Nobody listens."""


def _entities_to_rebase(waiting: list[Revision]) -> set[str]:
    if not waiting:
        return set()
    from bocore.migrate.running import entities_to_rebase

    return {name for revision in waiting for name in entities_to_rebase(revision)}


def watch_for(app: BackOffice) -> Watch:
    """A watch over the migrations of this application's plugins."""
    owners = {name: app._owner.get(name, "bo") for name in app.metadata.tables}
    return watching(owners, (state.prefix for state in app.host.plugins if state.state == "loaded"))


def pending(app: BackOffice) -> dict[str, list[str]]:
    """Plugin → numbers of the migrations that this database has still to see; only of plugins that have any."""
    with app.looking() as session:
        there = columns_of(session)
        waiting = {history.plugin: due(app, session, history, there) for history in histories(app.host)}
    return {plugin: [revision.number for revision in revisions] for plugin, revisions in waiting.items() if revisions}


def current(app: BackOffice) -> dict[str, str | None]:
    """Plugin → the last migration that this database has seen; None where there was none. Includes plugins that are gone."""
    with app.looking() as session:
        return {**dict.fromkeys(history.plugin for history in histories(app.host)), **versions(session)}


def versions(session: Session) -> dict[str, str | None]:
    """Plugin → the last migration that its version table tells; of every plugin that has one."""
    return {name.removeprefix(VERSION): _only(session, name) for name in sorted(columns_of(session)) if name.startswith(VERSION)}


def check(app: Entities, session: Session) -> None:
    """Refuse a database without tables, one that is newer than the code, and one that has migrations to see."""
    there = columns_of(session)
    if "bo_commit" not in there:
        raise StorageError("This database has no tables of bocore yet.", fix="Run bo init.")
    waiting: list[Revision] = []
    for history in histories(app.host):
        waiting += history.after(version(session, history, there))
    if waiting:
        raise StorageError(f"The database is older than the code: {', '.join(map(str, waiting))} to come.", fix="Run bo migrate.")


def due(app: BackOffice, session: Session, history: History, there: Columns) -> tuple[Revision, ...]:
    """The migrations of one plugin that this database has still to see; StorageError where it is newer than the code."""
    at = version(session, history, there)
    if at is None and history.revisions and any(name in there for name in tables_of(app, history.plugin)):
        at = history.revisions[0].number  # made from the entities, before the plugin had migrations: the first one describes these tables
    return history.after(at)


def refuse_newer(app: BackOffice, session: Session) -> None:
    """Refuse a database without tables, and one that is newer than the code; an older one will do."""
    there = columns_of(session)
    if "bo_commit" not in there:
        raise StorageError("This database has no tables of bocore yet.", fix="Run bo init.")
    for history in histories(app.host):
        due(app, session, history, there)


def bring_up(
    app: BackOffice,
    session: Session,
    history: History,
    there: Columns,
    watch: Watch,
    say: Say,
    steps: list[tuple[Revision, DataStep]],
    *,
    through: str | None = None,
) -> list[str]:
    """Apply what is pending of one plugin, inside the transaction of ``session``.

    :param steps: takes the data steps, which are run when all plugins are through.
    :param through: the last migration to apply; all of them unless told.
    """
    tables = tables_of(app, history.plugin)
    if not history.revisions:
        missing = [app.metadata.tables[name] for name in tables if name not in there]
        app.metadata.create_all(session.sa, tables=missing, checkfirst=False)
        return []
    adopted = version(session, history, there) is None and any(name in there for name in tables)
    done, last = [], history.head if through is None else through
    for revision in due(app, session, history, there):
        if last is not None and revision.number > last:
            break
        from bocore.migrate.running import run

        say(f"Migrating {revision}: {revision.title}")
        tell("migrate", "migration.begun", plugin=revision.plugin, migration=f"m{revision.number}")
        step = run(session, revision, watch)
        if step is not None:
            steps.append((revision, step))
        done.append(str(revision))
    if done or adopted:
        session.execute(f"CREATE TABLE IF NOT EXISTS {history.table} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        session.execute(f"DELETE FROM {history.table}")
        session.execute(f"INSERT INTO {history.table} (version_num) VALUES (?)", (last,))
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
    return session.columns()


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
    dangling = session.dangling(5)
    if dangling:
        rows = ", ".join(f"{table} {ident} → {target}" for table, ident, _, target, _ in dangling)
        raise StorageError(
            f"After the migrations rows refer to rows that are not there: {rows}.", fix="Nothing was changed. Mend the migration."
        )


@contextlib.contextmanager
def alone(app: BackOffice, *, keep: bool = True, create: bool = False) -> Iterator[Session]:
    """A connection of one's own that holds the write lock, and commits at the end.

    :param keep: False undoes everything at the end.
    :param create: make the schema of the tenant in it, where there is none.
    """
    session = app._connect()
    session.detach()  # its foreign keys are off, so nobody may get it afterwards
    try:
        session.begin_alone(PATIENCE, create=create)
        # SQLAlchemy learns of it, or alembic begins transactions of its own and commits them; units of work in it follow its end.
        whole = session.sa.begin()
        try:
            yield session
            if keep:
                session.announce()
        except BaseException:
            _end(whole.rollback)
            raise
        _end(whole.commit if keep else whole.rollback)
    finally:
        session.close()


def _end(how: Callable[[], None]) -> None:
    try:
        how()
    except DBAPIError as error:
        raise driver_error(error.orig) or error from error.orig
