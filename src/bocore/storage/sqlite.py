"""SQLite: a file a tenant, one writer at a time."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, CursorResult, Engine
from sqlalchemy.sql.base import Executable

from bocore.errors import BocoreError, StorageError
from bocore.storage.patience import STEPS, Patience, timed_out
from bocore.storage.session import BATCH, BUSY_SECONDS, Columns, IntegrityProblem, Session, between
from bocore.storage.shelved import connected

if TYPE_CHECKING:
    from bocore.entities.generate import Compiled, Row
    from bocore.entities.spec import Column

# The row is ours once it is updated; asking for it afterwards takes SQLite less time than RETURNING does.
AGAIN = "UPDATE bo_counter SET last = last + ?, last_on = max(coalesce(last_on, ''), ?) WHERE series_id = ? AND period = ?"
TAKEN = "SELECT last FROM bo_counter WHERE series_id = ? AND period = ?"
FIRST = "INSERT INTO bo_counter (series_id, period, last, last_on) VALUES (?, ?, ?, ?)"
COLUMNS = "SELECT t.name, c.name, c.dflt_value FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'"
CHECKED_LATER = "bocore.foreign_keys_checked_later"
"""In the info of a connection: whoever began its transaction checks all foreign keys before it commits."""


def open_file(url: URL) -> Engine:
    """The engine of a file, whose folder must be there."""
    if not url.database or url.database == ":memory:":
        raise StorageError(
            "A SQLite database in memory can't be shared by connections.", fix="Use a file, in a temporary folder if need be."
        )
    folder = Path(url.database).resolve().parent
    if not folder.is_dir():
        raise StorageError(f"The folder {folder} does not exist.", fix="Create it, or name another file with --db.")
    how: dict[str, Any] = {"timeout": BUSY_SECONDS, "isolation_level": None, "check_same_thread": False}
    if url.query:
        return sa.create_engine(url, connect_args=how)
    return sa.create_engine(url, creator=partial(connected, url.database, **how))


def prepare(engine: Engine) -> None:
    """Prepare every connection once, also those that the pool of a host's engine holds already, and let transactions begin for real.

    The driver's own way begins none before a SELECT or DDL; a unit of work that joins would then write outside of the host's.
    """

    @sa.event.listens_for(engine, "checkout")
    def on_checkout(connection: Any, record: Any, proxy: Any) -> None:
        if record.info.get("bocore"):
            return
        connection.isolation_level = None
        cursor = connection.cursor()
        try:
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                "foreign_keys=ON",
                "secure_delete=ON",
                "case_sensitive_like=ON",  # as on PostgreSQL; ilike is for the other
                f"busy_timeout={int(BUSY_SECONDS * 1000)}",
            ):
                cursor.execute(f"PRAGMA {pragma}")
        finally:
            cursor.close()
        record.info["bocore"] = True

    @sa.event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        driver: Any = connection.connection.dbapi_connection  # there too where it is detached from the pool
        if not driver.in_transaction:
            connection.exec_driver_sql("BEGIN")


class SqliteSession(Session):
    """A connection to the file."""

    __slots__ = ("_driver", "_patience", "_reads")

    engine = "sqlite"
    unindexed = "NOT INDEXED"
    serial = True
    _driver: sqlite3.Connection

    def __init__(self, connection: Connection, **how: Any) -> None:
        super().__init__(connection, **how)
        driver: Any = connection.connection.dbapi_connection  # there too where it is detached from the pool
        self._driver = driver
        self._reads = False
        self._patience: Patience | None = None
        self.cursor = self._driver.cursor()

    # -- the transaction

    def begin(self, *, write: bool, longest: float | None = None) -> None:
        """Begin the transaction; for writing, take the write lock at once: a later upgrade could never succeed."""
        if self._began:
            return
        if not self.joined and self._driver.in_transaction:
            self.sa.rollback()  # one that SQLAlchemy began by itself, and in which nothing was written
        if self.joined:
            self.execute("SAVEPOINT bo_unit")
        elif write:
            self.execute("BEGIN IMMEDIATE")
        else:
            self._reads = True
            self.execute("BEGIN")
            self.execute("PRAGMA query_only=1")
            if longest is not None:
                self._patience = Patience(longest)
                self._driver.set_progress_handler(self._patience, STEPS)
        self._began = True
        if not self.joined:
            self._check_memory()

    def _check_memory(self) -> None:
        """Forget everything if another connection has committed since this one looked last; its own commits are noted by ``wrote``."""
        version = self.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version:
            self._memory.clear()
            self._version = version
            self.read_schema()
        self._written.clear()

    def read_schema(self) -> None:
        self.schema = self.execute("PRAGMA schema_version").fetchone()[0]

    @property
    def lost(self) -> bool:
        """Whether the transaction that was begun is gone: what is written now would be kept at once, row by row."""
        return self._began and not self._driver.in_transaction

    @property
    def in_transaction(self) -> bool:
        return self._driver.in_transaction

    def commit(self) -> None:
        if self._began:
            self.execute("RELEASE bo_unit" if self.joined else "COMMIT")
            self._began = False

    def close(self, *, read_only: bool = False) -> None:
        if self.joined:
            if self._began:
                with contextlib.suppress(sqlite3.Error):
                    self.cursor.execute("ROLLBACK TO bo_unit")
                    self.cursor.execute("RELEASE bo_unit")
            self.cursor.close()
            return
        sound = True
        if self._patience is not None:
            self._patience = None
            self._driver.set_progress_handler(None, 0)
        try:
            if self._driver.in_transaction:  # an interruption may come before what we note of it
                self.cursor.execute("ROLLBACK")
            if self._reads:
                self.cursor.execute("PRAGMA query_only=0")
        except sqlite3.Error:
            sound = False  # SQLite has rolled back by itself (disk full, I/O error): that is what was wanted.
        self._began = self._reads = False
        if not (sound and self._keep is not None and self._keep(self)):
            self.end()

    # -- statements

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        if self._began and not self._driver.in_transaction:
            raise self._refusal()
        if self._patience is not None:
            self._patience.spent = 0.0
        try:
            return self.cursor.execute(sql, values)  # type: ignore[no-any-return]
        except sqlite3.Error as error:
            raise storage_error(error) from error
        except OverflowError as error:
            raise too_large(error) from error

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> sqlite3.Cursor:
        if self._began and not self._driver.in_transaction:
            raise self._refusal()
        try:
            return self.cursor.executemany(sql, rows)  # type: ignore[no-any-return]
        except sqlite3.Error as error:
            raise storage_error(error) from error

    def select(self, statement: Executable) -> CursorResult[Any]:
        if self.lost:
            raise self._refusal()
        if self._patience is not None:
            self._patience.spent = 0.0
        try:
            return self.sa.execute(statement)
        except sa.exc.StatementError as error:
            if isinstance(error.orig, sqlite3.Error):
                raise storage_error(error.orig) from error.orig
            if isinstance(error.orig, BocoreError):
                raise error.orig from None
            raise
        except OverflowError as error:
            raise too_large(error) from error

    def insert(self, compiled: Compiled, rows: Sequence[Row]) -> None:
        # Rows are wide: one VALUES of many rows is slower here than the driver's loop over one (benchmarks/ledger.py).
        if len(rows) == 1:
            self.execute(compiled.insert, rows[0])
        else:
            self.many(compiled.insert, rows)

    def fill(self, table: str, columns: Sequence[Column], rows: Sequence[Row]) -> None:
        names = ", ".join(_quoted(column.name) for column in columns)
        self.many(f"INSERT INTO main.{_quoted(table)} ({names}) VALUES ({', '.join('?' * len(columns))})", rows)

    def count_up(self, series: int, period: str, count: int, day: str) -> int:
        if self.execute(AGAIN, (count, day, series, period)).rowcount:
            return int(self.execute(TAKEN, (series, period)).fetchone()[0])
        self.execute(FIRST, (series, period, count, day))
        return count

    def among(self, column: str) -> str:
        return f"{column} IN (SELECT value FROM json_each(?))"

    def listed(self, values: Iterable[Any]) -> Any:
        return orjson.dumps(list(values)).decode()

    def delay_references(self) -> None:
        self.execute("PRAGMA defer_foreign_keys=ON")

    # -- what is there

    def columns(self) -> Columns:
        found: Columns = {}
        for table, column, default in self.execute(COLUMNS).fetchall():
            found.setdefault(table, {})[column] = default
        return found

    def table_columns(self, table: str) -> dict[str, tuple[str, int]] | None:
        kind = self.execute("SELECT type FROM main.sqlite_master WHERE name = ? AND type IN ('table', 'view')", (table,)).fetchone()
        if kind is None or kind[0] != "table":
            return None
        return {row[1]: (str(row[2]).upper(), row[5]) for row in self.execute(f"PRAGMA main.table_xinfo({_quoted(table)})").fetchall()}

    def read_table(
        self, table: str, columns: Sequence[str], order: str = "id", batch: int = BATCH, ids: tuple[int | None, int | None] = (None, None)
    ) -> Iterator[list[Row]]:
        select = f"SELECT {', '.join(map(_quoted, columns))} FROM main.{_quoted(table)} NOT INDEXED"
        found = self.execute(f"{select}{between(ids)} ORDER BY id")
        usual = self._driver.text_factory
        try:
            while True:
                try:
                    rows = found.fetchmany(batch)
                except sqlite3.OperationalError:
                    if self._driver.text_factory is not usual:
                        raise
                    self._driver.text_factory = _lenient
                    found = self.execute(f"{select}{between(ids)} ORDER BY id")
                    continue
                if not rows:
                    return
                ids = rows[-1][0] + 1, ids[1]
                yield rows
        finally:
            self._driver.text_factory = usual

    # -- migrations

    def begin_alone(self, patience: float, *, create: bool = False) -> None:
        # A table that is rebuilt is dropped and renamed: SQLite wants foreign keys off for that, and has them checked at the end.
        self.execute("PRAGMA foreign_keys=OFF")
        self.execute(f"PRAGMA busy_timeout={int(patience * 1000)}")
        self.begin(write=True)
        self.sa.info[CHECKED_LATER] = True

    def announce(self) -> None:
        # By the number of SQLite's schema, which a change of rows alone would leave as it was.
        self.execute("CREATE TABLE bo_migrated (id INTEGER)")
        self.execute("DROP TABLE bo_migrated")

    @contextlib.contextmanager
    def watched(self, watch: Any) -> Iterator[None]:
        from bocore.migrate.authorizing import authorizer

        self._driver.set_authorizer(authorizer(watch, self._driver))
        try:
            yield
        finally:
            self._driver.set_authorizer(None)

    def temporary(self, name: str) -> str:
        return f"temp.{_quoted(name)}"

    def salt(self) -> str:
        self._driver.create_function("bo_salt", 0, lambda: os.urandom(16))
        return "bo_salt()"

    def dangling(self, limit: int) -> list[tuple[str, int, str, str, Any]]:
        found = []
        for table, ident, target, key in self.execute("PRAGMA foreign_key_check").fetchmany(limit):
            column = next(row[3] for row in self.execute(f"PRAGMA foreign_key_list({_quoted(table)})").fetchall() if row[0] == key)
            value = self.execute(f"SELECT {_quoted(column)} FROM {_quoted(table)} WHERE id = ?", (ident,)).fetchone()[0]
            found.append((table, ident, column, target, value))
        return found


def join(connection: Connection, *, write: bool) -> SqliteSession:
    """A session on the host's connection, with the write lock taken; a stale or unprepared connection is refused."""
    if not connection.in_transaction():
        connection.begin()
    session = SqliteSession(connection, joined=True)
    if not connection.info.get(CHECKED_LATER) and not session.execute("PRAGMA foreign_keys").fetchone()[0]:
        raise StorageError(
            "The connection of the host is not prepared: foreign keys are off.",
            fix="Give BackOffice the engine itself: it prepares each connection that is taken from it afterwards.",
        )
    if write:
        try:
            session.execute("UPDATE bo_id SET next = next WHERE 0")  # takes the write lock, changes nothing
        except StorageError as error:
            if getattr(error.__cause__, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY_SNAPSHOT:
                raise
            raise StorageError(
                "The transaction of the host can't be upgraded to writing: it has read what others have changed since.",
                fix="Begin the unit of work before the first read of the transaction, or run all of it again.",
            ) from error
    session.begin(write=write)
    session.read_schema()
    return session


def too_large(error: OverflowError) -> StorageError:
    """What the driver says of a whole number that has no place in a column."""
    return StorageError(f"A number is too large for the database: {error}.", fix="Look for a digit too many.")


def storage_error(error: sqlite3.Error) -> Exception:
    """Translate what the driver raises into a sentence with a remedy; integrity errors keep the database's words."""
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code == sqlite3.SQLITE_BUSY:
        return StorageError("The database is busy: another program has been writing for too long.", fix="Try again; nothing was written.")
    if code == sqlite3.SQLITE_INTERRUPT:
        return timed_out()
    if code == sqlite3.SQLITE_FULL:
        return StorageError("The disk is full.", fix="Free some space and run it again; nothing was written.")
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        return StorageError(
            f"The database file can't be read or written: {error}.", fix="Check the disk and its free space; nothing was written."
        )
    if code == sqlite3.SQLITE_READONLY:
        return StorageError("The database is read-only here.", fix="Use a unit of work that may write, and check the rights of the file.")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StorageError(
            f"The file is not a sound SQLite database: {error}.", fix="Restore a backup; run PRAGMA integrity_check on the file."
        )
    if code == sqlite3.SQLITE_CONSTRAINT:
        return _integrity(str(error))
    if "no such table" in str(error):
        return StorageError(f"The database is not ready: {error}.", fix="Run bo init for a new one, or bo migrate.")
    if "integer overflow" in str(error):
        fix = "Ask for less at once, such as a shorter period or a part of the accounts; count it in a token with fewer decimal places."
        return StorageError(f"A sum has more than {2**63 - 1:,} minor units.", fix=fix)
    return StorageError(f"The database refused a statement: {error}.")


def _integrity(text: str) -> IntegrityProblem:
    if text.startswith("UNIQUE constraint failed: "):
        table, columns = "", []
        for part in text.removeprefix("UNIQUE constraint failed: ").split(","):
            table, _, column = part.strip().partition(".")
            columns.append(column)
        return IntegrityProblem(text, "unique", table, columns)
    return IntegrityProblem(text, "reference" if text.startswith("FOREIGN KEY") else "other")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _lenient(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")
