"""Importing a tenant: its tables made by migrations, its rows as they were, all of it or nothing."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from bocore.errors import BocoreError, Finding, Refused, StorageError
from bocore.migrate.history import History, histories
from bocore.migrate.upgrading import VERSION, alone, bring_up, columns_of, watch_for
from bocore.record.verify import verify
from bocore.storage.session import IntegrityProblem
from bocore.tenants.contents import NOT_CARRIED, Contents
from bocore.tenants.detached import NAME, Making, make_table
from bocore.tenants.exporting import TenantFile
from bocore.tenants.file import Part, Reader, TableSum

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.record.verify import Verification
    from bocore.storage.session import Columns, Session

Progress = Callable[[str, int], None]
Row = tuple[Any, ...]
_NUMBERS, _WORDS = frozenset({"integer", "decimal"}), frozenset({"text", "uuid", "json", "number", "secret"})
_KINDS: Mapping[str, frozenset[str]] = {
    "INTEGER": _NUMBERS,
    "BIGINT": _NUMBERS,
    "BOOLEAN": frozenset({"boolean"}),
    "BLOB": frozenset({"bytes"}),
    "BYTEA": frozenset({"bytes"}),
    "DATE": frozenset({"date"}),
    "TIMESTAMP WITH TIME ZONE": frozenset({"instant"}),
    "TIME WITHOUT TIME ZONE": frozenset({"time"}),
}
"""Type of a column → the kinds that it can hold; any other type is that of text."""
_ON_SQLITE = _WORDS | {"date", "instant", "time"}


def import_tenant(app: BackOffice, path: Path, *, verifying: bool = True, progress: Progress | None = None) -> TenantFile:
    """Take a tenant in from a file: see :meth:`bocore.BackOffice.import_tenant`."""
    try:
        with path.open("rb") as file, _left_as_it_was(app), alone(app, create=True) as session:
            reader = Reader(file, path.name)
            _refuse_present(app, session)
            made = _make_tables(app, session, reader)
            filling = _Filling(session, reader, made, progress or _quiet)
            filling.run()
            found = _verified(session, reader, progress) if verifying else None
    finally:
        app._forget_state()
    return TenantFile(path, reader.digest, tuple(reader.sums), found)


def _quiet(table: str, rows: int) -> None:
    """Nobody wants to know how far it is."""


@contextmanager
def _left_as_it_was(app: BackOffice) -> Iterator[None]:
    """A SQLite file that was not there before is not there after a failure."""
    file = Path(app.engine.url.database or "") if app.database.name == "sqlite" else None
    fresh = file is not None and (not file.exists() or not file.stat().st_size)
    try:
        yield
    except BaseException:
        if fresh:
            app._drop_connections()
            for name in (str(file), f"{file}-wal", f"{file}-shm"):
                Path(name).unlink(missing_ok=True)
        raise


def _refuse_present(app: BackOffice, session: Session) -> None:
    if "bo_commit" not in columns_of(session):
        return
    if session.engine == "sqlite":
        which, fix = f"A tenant in {app.engine.url.database}", "Name a new file with --db."
    else:
        which, fix = f"The tenant {app.tenant or 'public'}", "Name a new one with --tenant, or drop this one first."
    raise Refused([Finding("bo.tenant_exists", f"{which} is there already; a tenant is taken in whole, into a place of its own.", fix=fix)])


# ---------------------------------------------------------------- tables


def _make_tables(app: BackOffice, session: Session, reader: Reader) -> Columns:
    """Run the migrations of the file's plugins up to where the file is, and no further; returns the tables that are to be filled."""
    plans = _plans(app, reader)
    columns = columns_of(session)
    before, watch = set(columns), watch_for(app)
    for history, through in plans:
        bring_up(app, session, history, columns, watch, _say, [], through=through)
        columns = columns_of(session)
    for one in _plugins(reader):
        if one.migration is not None and one.name not in {history.plugin for history, _ in plans}:
            _note(session, one)
    made = {name: columns[name] for name in columns if name not in before and name not in NOT_CARRIED and not name.startswith(VERSION)}
    for name in reversed(made):  # what migrations put into their tables is in the file, as it has become since
        session.execute(f"DELETE FROM {name}")
    return made


def _note(session: Session, one: _Plugin) -> None:
    """A plugin that is not here will find its tables where it left them."""
    table = f"{VERSION}{one.name}"
    session.execute(f"CREATE TABLE {table} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    session.execute(f"INSERT INTO {table} (version_num) VALUES (?)", (one.migration,))


def _say(text: str) -> None:
    """Nobody needs to know: the tables are new."""


def _plans(app: BackOffice, reader: Reader) -> list[tuple[History, str | None]]:
    """The plugins of the file and the migration that each is at; refused, with all reasons, where one is missing here or older."""
    here = {history.plugin: history for history in histories(app.host)}
    findings: list[Finding] = []
    wanted: dict[str, str | None] = {}
    for one in _plugins(reader):
        history = here.get(one.name)
        if history is None:
            if one.state != "detached":
                findings.append(_missing(app, one))
        elif one.migration is None:
            wanted[one.name] = history.revisions[0].number if history.revisions else None
        elif one.migration in {revision.number for revision in history.revisions}:
            wanted[one.name] = one.migration
        else:
            findings.append(_newer(one, history))
    if findings:
        raise Refused(findings)
    return [(history, wanted[name]) for name, history in here.items() if name in wanted]


@attrs.frozen
class _Plugin:
    """A plugin as the header of a file knows it."""

    name: str
    distribution: str
    version: str
    state: str
    migration: str | None


def _plugins(reader: Reader) -> list[_Plugin]:
    told = reader.header.get("plugins")
    try:
        found = [_Plugin(**{field.name: one[field.name] for field in attrs.fields(_Plugin)}) for one in told]  # type: ignore[union-attr]
        sound = all(type(value) is str for one in found for value in (one.name, one.distribution, one.version, one.state))
        sound = sound and all(NAME.fullmatch(one.name) and (one.migration is None or type(one.migration) is str) for one in found)
    except (TypeError, LookupError):
        sound = False
    if not sound or not any(one.name == "bo" for one in found):
        raise reader.damaged("its header does not say which plugins the tenant has")
    return found


def _missing(app: BackOffice, one: _Plugin) -> Finding:
    state = next((state for state in app.host.plugins if state.name == one.name), None)
    reason = f"is {state.state} here: {state.reason}".rstrip(".") if state is not None and state.state != "loaded" else "is not here"
    fix = f"pip install {one.distribution}=={one.version}" if one.distribution and one.version else f"Install {one.name}"
    return Finding(
        "bo.tenant_plugin",
        f"The plugin {one.name!r} ({one.version}) owns data in the file, and {reason}.",
        fix=f"{fix}; or detach it where the file was written (bo plugin detach {one.name} --reason TEXT), and export again.",
        plugin=one.name,
    )


def _newer(one: _Plugin, history: History) -> Finding:
    package = one.distribution or one.name
    return Finding(
        "bo.tenant_newer",
        f"The tables of {one.name!r} are at {one.migration} in the file, and {package} here knows {history.head or 'no migration'} as its "
        "last.",
        fix=f'Install the version that wrote the file, or a newer one: pip install "{package}>={one.version}".',
        plugin=one.name,
    )


# ---------------------------------------------------------------- rows


class _Filling:
    """Writes the rows of a file, reads them again, and compares."""

    def __init__(self, session: Session, reader: Reader, made: Columns, progress: Progress) -> None:
        self.session = session
        self.reader = reader
        self.made = made
        self.progress = progress
        self.renumbered = session.serial and reader.header.get("engine") != "sqlite"
        """Whether ids of records are given anew: SQLite's have no gaps, and those of another engine do."""
        self.ids = array("q")
        self.detached = [one.name for one in _plugins(reader) if one.state == "detached"]

    def run(self) -> None:
        """Everything in the file, and nothing else, is in the tables afterwards."""
        tables: list[Contents] = []
        for part in self.reader.tables():
            if part.making is not None:
                self._make(part.contents, part.making)
            tables.append(self._known(part.contents, {table.name for table in tables}))
            self._fill(part)
        missing = [name for name in self.made if name not in {table.name for table in tables}]
        if missing:
            raise self.reader.damaged(f"it lacks the table {', '.join(missing)}")
        self._check_references()
        self.session.go_on("bo_commit")
        for table, told in zip(tables, self.reader.sums, strict=True):
            self._compare(table, told)

    def _make(self, contents: Contents, making: Making) -> None:
        """Make a table of a plugin that was detached."""
        name = contents.name
        if name in self.made:
            return  # the plugin is here, and has made it
        owner = next((one for one in self.detached if name.startswith(f"{one}_") and NAME.fullmatch(name)), None)
        if owner is None:
            raise self.reader.damaged(f"there is no table {name} here")
        if not making.sure and self.session.engine != "sqlite":
            raise self.reader.wrong(
                f"of {name}, a table of the plugin {owner!r} that is detached, SQLite does not tell what is text and what dates",
                f"Install {owner} here or where the file was written, and export again.",
            )
        make_table(self.session, contents, making)
        self.made[name] = {column.name: None for column in contents.columns}

    def _known(self, contents: Contents, before: set[str]) -> Contents:
        """The table with its key, as it was made here; refused where it is another than in the file."""
        name = contents.name
        here = self.session.table_columns(name) if name in self.made else None
        if here is None or name in before:
            raise self.reader.damaged(f"there is no table {name} here" if here is None else f"the table {name} is in it twice")
        told = [column.name for column in contents.columns]
        if sorted(told) != sorted(here):
            differ = ", ".join(sorted(set(told) ^ set(here))) or "one twice"
            raise self.reader.wrong(
                f"the columns of {name} are not those that its migrations make here: {differ}",
                "Install the versions of the plugins that wrote the file; its header names them.",
            )
        for column in contents.columns:
            if column.kind not in _KINDS.get(here[column.name][0], _ON_SQLITE if self.session.engine == "sqlite" else _WORDS):
                raise self.reader.damaged(f"{column.kind} is no kind of the column {column.name} of {name}")
        key = sorted((place, column) for column, (_, place) in here.items() if place)
        return attrs.evolve(contents, key=tuple(column for _, column in key))

    def _fill(self, part: Part) -> None:
        table = part.contents
        for rows in part.batches():
            try:
                self.session.fill(table.name, table.columns, self._numbered(table, rows))
            except StorageError as error:
                if not (getattr(error.__cause__, "sqlstate", None) or "").startswith("22"):  # a value that a column can't hold
                    raise
                raise self._unfit(table.name, rows, error.__cause__) from error
            except (IntegrityProblem, ValueError, OverflowError) as error:
                raise self._unfit(table.name, rows, error) from error
            self.progress(table.name, len(rows))

    def _numbered(self, table: Contents, rows: Sequence[Row]) -> Sequence[Row]:
        if not self.renumbered or table.name != "bo_commit":
            return rows
        at = [column.name for column in table.columns].index("id")
        first = len(self.ids) + 1
        self.ids.extend(row[at] for row in rows)
        return [(*row[:at], number, *row[at + 1 :]) for number, row in enumerate(rows, first)]

    def _as_told(self, table: Contents, rows: list[Row], before: int) -> list[Row]:
        """Rows as the file has them."""
        if not self.renumbered or table.name != "bo_commit":
            return rows
        at = [column.name for column in table.columns].index("id")
        return [(*row[:at], self.ids[before + n], *row[at + 1 :]) for n, row in enumerate(rows)]

    def _unfit(self, table: str, rows: Sequence[Row], error: BaseException | None) -> BocoreError:
        place = f"{table} {rows[0][0]}" if len(rows) == 1 else f"{table}, from {rows[0][0]} to {rows[-1][0]}"
        said = str(error).strip().partition("\n")[0]
        return self.reader.wrong(f"a row does not fit ({place}): {said}", "bo audit verify where it was written names what is wrong there.")

    def _check_references(self) -> None:
        try:
            self.session.check_references()
            dangling = self.session.dangling(5)
        except IntegrityProblem as problem:
            raise self.reader.wrong(f"rows refer to rows that are not in it: {problem}", "Export again.") from problem
        if dangling:
            rows = ", ".join(f"{table} {ident} → {target}" for table, ident, _, target, _ in dangling)
            raise self.reader.wrong(f"rows refer to rows that are not in it: {rows}", "Export again.")

    def _compare(self, table: Contents, told: TableSum) -> None:
        """Read what was written, and see that it is what the file says."""
        total, found = 0, sha256()
        for rows in table.read(self.session):
            found.update(table.lines(self._as_told(table, rows, total)))
            total += len(rows)
        if (total, found.hexdigest()) != (told.rows, told.sha256):
            raise StorageError(
                f"What the database gives back of {table.name} is not what was written into it: {total} rows, {told.rows} in the file.",
                fix="Nothing was changed. Tell the authors of bocore, with both versions and engines.",
            )


def _verified(session: Session, reader: Reader, progress: Progress | None) -> Verification:
    """Recompute every row and record, inside the transaction."""
    found = verify(session, progress=progress)
    if not found.ok:
        unverified: Mapping[str, Any] | None = reader.header.get("verified")
        why = "it was written without verifying" if unverified is None else "it was altered after it was written"
        raise Refused(
            [
                Finding(
                    "bo.tenant_differs",
                    f"What is in the file is not as it was recorded: {why}. Nothing was changed.",
                    reader.name,
                    fix="Look into it where it comes from: bo audit verify. To carry it over, differences and all: --no-verify.",
                ),
                *found.findings,
            ]
        )
    return found
