"""One database: its engine, its connections, and what is particular to SQLite."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, CursorResult, Engine, make_url
from sqlalchemy.sql.base import Executable

from bocore.errors import BocoreError, StorageError

BUSY_SECONDS = 20.0


def open_engine(where: str | Path | URL | Engine) -> Engine:
    """Make an engine from a URL, a path of a SQLite file, or take one that is given; StorageError says what can't be opened."""
    if isinstance(where, Engine):
        engine = where
        if engine.dialect.name == "sqlite":
            _prepare_sqlite(engine)
    else:
        text = str(where) if isinstance(where, Path) else where
        url = make_url(text) if isinstance(text, URL) or "://" in text else URL.create("sqlite", database=text)
        if url.get_backend_name() == "sqlite":
            engine = _sqlite(url)
        else:
            raise StorageError(
                f"{url.get_backend_name()} is not supported by this version.", fix="Use a SQLite file: books.db or sqlite:///books.db."
            )
    if engine.dialect.name != "sqlite":
        raise StorageError(f"{engine.dialect.name} is not supported by this version.", fix="Use a SQLite engine.")
    return engine


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise StorageError(
            "A SQLite database in memory can't be shared by connections.", fix="Use a file, in a temporary folder if need be."
        )
    folder = Path(url.database).resolve().parent
    if not folder.is_dir():
        raise StorageError(f"The folder {folder} does not exist.", fix="Create it, or name another file with --db.")
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS, "isolation_level": None, "check_same_thread": False})
    _prepare_sqlite(engine)
    return engine


def _prepare_sqlite(engine: Engine) -> None:
    """Prepare every connection once, also those that the pool of a host's engine holds already, and let transactions begin for real.

    The driver's own way begins none before a SELECT or DDL; a unit of work that joins would then write outside of the host's.
    """

    @sa.event.listens_for(engine, "checkout")
    def prepare(connection: Any, record: Any, proxy: Any) -> None:
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
                f"busy_timeout={int(BUSY_SECONDS * 1000)}",
            ):
                cursor.execute(f"PRAGMA {pragma}")
        finally:
            cursor.close()
        record.info["bocore"] = True

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if not in_transaction(connection):
            connection.exec_driver_sql("BEGIN")


def in_transaction(connection: Connection) -> bool:
    """Whether the driver's connection is in a transaction, whoever began it."""
    driver: Any = connection.connection.dbapi_connection  # there too where it is detached from the pool
    return bool(driver.in_transaction)


class Session:
    """A connection in one transaction, with the driver's own cursor beside SQLAlchemy's connection.

    The fast paths (generated statements) use the cursor; selects go through SQLAlchemy's compiled cache.
    """

    __slots__ = (
        "_asked",
        "_began",
        "_driver",
        "_keep",
        "_memory",
        "_reads",
        "_remembered",
        "_sa",
        "_version",
        "_written",
        "cursor",
        "joined",
        "schema",
    )

    def __init__(self, connection: Connection, *, joined: bool = False, keep: Callable[[Session], bool] | None = None) -> None:
        self._sa = connection
        self.joined = joined
        self._keep = keep
        self._began = False
        self._reads = False
        self._asked = True
        self._memory: dict[str, tuple[tuple[type, ...], dict[Any, Any]]] = {}
        self._remembered: set[type] = set()
        self._version: int | None = None
        self.schema: int | None = None
        """SQLite's number of the schema when the transaction began: another one means that somebody has migrated."""
        self._written: set[type] = set()
        driver: Any = connection.connection.dbapi_connection  # there too where it is detached from the pool
        self._driver: sqlite3.Connection = driver
        self.cursor = self._driver.cursor()

    @property
    def sa(self) -> Connection:
        """SQLAlchemy's connection; whoever uses it may make it begin a transaction of its own."""
        self._asked = True
        return self._sa

    def is_sound(self) -> bool:
        """End what SQLAlchemy began by itself; False where the connection was taken from its pool."""
        if self._asked:
            if self._sa.connection.is_detached:
                return False
            if self._sa.in_transaction():
                self._sa.rollback()
            self._asked = False
        return True

    def begin(self, *, write: bool) -> None:
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
        """Note the number of the schema."""
        self.schema = self.execute("PRAGMA schema_version").fetchone()[0]

    def memory(self, name: str, entities: tuple[type, ...]) -> dict[Any, Any]:
        """A dict that is kept until a row of these entities changes; one of its own, for this call, where that has begun."""
        found = self._memory.get(name)
        if found is not None:  # what these entities change was forgotten, or has not begun to change
            return found[1]
        if self.joined or not self._written.isdisjoint(entities):
            return {}
        made: dict[Any, Any] = {}
        self._memory[name] = entities, made
        self._remembered.update(entities)
        return made

    def wrote(self, entity: type) -> None:
        """Rows of this entity are being changed: what was remembered of them is not kept."""
        if entity not in self._written:
            self._written.add(entity)
            if entity not in self._remembered:
                return
            for name in [name for name, (entities, _) in self._memory.items() if entity in entities]:
                del self._memory[name]

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one driver statement."""
        if self._began and not self._driver.in_transaction:
            raise self._refusal()
        try:
            return self.cursor.execute(sql, values)  # type: ignore[no-any-return]
        except sqlite3.Error as error:
            raise storage_error(error) from error

    def select(self, statement: Executable) -> CursorResult[Any]:
        """Run a statement that SQLAlchemy compiles."""
        if self.lost:
            raise self._refusal()
        try:
            return self.sa.execute(statement)
        except sa.exc.StatementError as error:
            if isinstance(error.orig, sqlite3.Error):
                raise storage_error(error.orig) from error.orig
            if isinstance(error.orig, BocoreError):
                raise error.orig from None
            raise

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> sqlite3.Cursor:
        """Run one driver statement for many rows."""
        if self._began and not self._driver.in_transaction:
            raise self._refusal()
        try:
            return self.cursor.executemany(sql, rows)  # type: ignore[no-any-return]
        except sqlite3.Error as error:
            raise storage_error(error) from error

    @property
    def lost(self) -> bool:
        """Whether the transaction that was begun is gone: what is written now would be kept at once, row by row."""
        return self._began and not self._driver.in_transaction

    def _refusal(self) -> StorageError:
        message = "The transaction is gone: the database has rolled it back by itself, as it does when the disk is full."
        return StorageError(message, fix="Leave this unit of work, look for its first error, and run it again; nothing was written.")

    @property
    def in_transaction(self) -> bool:
        """Whether the driver is in a transaction, whoever began it."""
        return self._driver.in_transaction

    def commit(self) -> None:
        """Commit; in a host's transaction only keep what was written: the host commits."""
        if self._began:
            self.execute("RELEASE bo_unit" if self.joined else "COMMIT")
            self._began = False

    def close(self, *, read_only: bool = False) -> None:
        """End the transaction without keeping anything, and give the connection back."""
        if self.joined:
            if self._began:
                with contextlib.suppress(sqlite3.Error):
                    self.cursor.execute("ROLLBACK TO bo_unit")
                    self.cursor.execute("RELEASE bo_unit")
            self.cursor.close()
            return
        sound = True
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

    def detach(self) -> None:
        """Make the connection this session's own: nobody gets it afterwards."""
        self._keep = None
        self.sa.detach()

    def end(self) -> None:
        """Give the connection back to the pool."""
        self.cursor.close()
        self.sa.close()


def is_busy(error: BaseException) -> bool:
    """True where the same unit of work may succeed if it is run again."""
    cause: BaseException | None = error
    while cause is not None:
        code = getattr(cause, "sqlite_errorcode", None)
        if code is not None:
            return code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        cause = cause.__cause__ or getattr(cause, "orig", None)
    return False


def storage_error(error: sqlite3.Error) -> Exception:
    """Translate what the driver raises into a sentence with a remedy; integrity errors keep the database's words."""
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code == sqlite3.SQLITE_BUSY:
        return StorageError("The database is busy: another program has been writing for too long.", fix="Try again; nothing was written.")
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
        return IntegrityProblem(str(error))
    if "no such table" in str(error):
        return StorageError(f"The database is not ready: {error}.", fix="Run bo init for a new one, or bo migrate.")
    if "integer overflow" in str(error):
        fix = "Ask for less at once, such as a shorter period or a part of the accounts; count it in a token with fewer decimal places."
        return StorageError(f"A sum has more than {2**63 - 1:,} minor units.", fix=fix)
    return StorageError(f"The database refused a statement: {error}.")


class IntegrityProblem(Exception):
    """The database refused a row (unique, foreign key, not null); the unit of work says which in its own words."""
