"""What a session is on every engine: one connection in one transaction, and what is remembered between transactions."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Connection, CursorResult
from sqlalchemy.sql.base import Executable

from bocore.errors import StorageError
from bocore.record.positions import assign_positions
from bocore.storage.ids import reserve

if TYPE_CHECKING:
    from bocore.entities.generate import Compiled, Row
    from bocore.entities.spec import Column

BUSY_SECONDS = 20.0
BATCH = 4096
"""Rows that are read at once where a whole table is."""
FEW = 32
"""Rows that are read at once of a table whose rows may be large, such as parts of files."""
Columns = dict[str, dict[str, str | None]]
"""Table → column → its default in SQL."""


class IntegrityProblem(Exception):
    """The database refused a row; the unit of work says which in its own words.

    :param kind: ``unique``, ``reference`` or ``other``.
    :param constraint: the name of the index or constraint, where the engine tells it.
    :param again: whether it may be that another transaction was quicker, so that the same work would find its row if it were run again.
    """

    def __init__(
        self, text: str, kind: str, table: str = "", columns: Sequence[str] = (), constraint: str = "", *, again: bool = False
    ) -> None:
        super().__init__(text.rstrip("."))
        self.kind = kind
        self.table = table
        self.columns = list(columns)
        self.constraint = constraint
        self.again = again


class Session:
    """A connection in one transaction, with the driver's own cursor beside SQLAlchemy's connection.

    The fast paths (generated statements) use the cursor; selects go through SQLAlchemy's compiled cache. Texts have ``?`` as place
    holder, and name tables without a schema, on every engine; rows of the driver are the same on every engine too.
    """

    __slots__ = ("_asked", "_began", "_keep", "_memory", "_remembered", "_sa", "_version", "_written", "cursor", "joined", "schema")

    engine: str
    """The name of the engine, as SQLAlchemy calls it."""
    unindexed = ""
    """What makes a select read the table itself and no index."""
    locking = ""
    """What makes a select keep others from changing its rows until the end of the transaction."""
    sharing = ""
    """What makes a select keep others from changing its rows, and not from reading them so too, until the end of the transaction."""
    serial = False
    """Whether ids of commit records have no gaps and rise with the commits: there is one writer at a time."""
    passing_over = ""
    """What makes a select lock the rows that it finds, and pass over those that another transaction has locked."""
    batches = False
    """Whether :meth:`batch` does anything."""
    tenant = ""
    """The schema of the tenant; empty on SQLite, where the file is the tenant."""
    cursor: Any

    def __init__(self, connection: Connection, *, joined: bool = False, keep: Callable[[Any], bool] | None = None) -> None:
        self._sa = connection
        self.joined = joined
        self._keep = keep
        self._began = False
        self._asked = True
        self._memory: dict[str, tuple[tuple[type, ...], dict[Any, Any]]] = {}
        self._remembered: set[type] = set()
        self._version: int | None = None
        self.schema: int | None = None
        """The number of the schema when the transaction began: another one means that somebody has migrated."""
        self._written: set[type] = set()

    @property
    def sa(self) -> Connection:
        """SQLAlchemy's connection; whoever uses it may make it begin a transaction of its own."""
        self._asked = True
        return self._sa

    # -- the transaction

    def begin(self, *, write: bool, longest: float | None = None) -> None:
        """Begin the transaction.

        :param longest: seconds that one statement may take, in one that only reads.
        """
        raise NotImplementedError

    def begin_beside(self, snapshot: str) -> None:
        """Begin one that only reads, in the state of the database that another transaction sees, which told its snapshot."""
        raise NotImplementedError

    def read_schema(self) -> None:
        """Note the number of the schema."""
        raise NotImplementedError

    def lock(self, *names: str) -> None:
        """Wait for locks of the tenant's by their names, and hold them until the end of the transaction."""

    def alone(self) -> None:
        """Wait until no other unit of work is writing, and keep all others from it until the end of the transaction."""

    def batch(self) -> None:
        """From here to the commit nobody looks at the new rows: they may be sent together."""

    def commit(self) -> None:
        """Commit; in a host's transaction only keep what was written: the host commits."""
        raise NotImplementedError

    def close(self, *, read_only: bool = False) -> None:
        """End the transaction without keeping anything, and give the connection back."""
        raise NotImplementedError

    def begin_part(self) -> None:
        """Begin a part of the transaction that can be undone alone."""
        self.execute("SAVEPOINT bo_part")

    def keep_part(self) -> None:
        """End the part and keep it."""
        self.execute("RELEASE SAVEPOINT bo_part")

    def undo_part(self) -> None:
        """Undo the part, whatever the database has refused in it."""
        self.execute("ROLLBACK TO SAVEPOINT bo_part")
        self.keep_part()

    @property
    def lost(self) -> bool:
        """Whether the transaction that was begun is gone."""
        raise NotImplementedError

    @property
    def in_transaction(self) -> bool:
        """Whether the driver is in a transaction, whoever began it."""
        raise NotImplementedError

    def is_sound(self) -> bool:
        """Whether the connection may be kept for the next transaction; ends what SQLAlchemy began by itself."""
        if self._asked:
            if self._sa.connection.is_detached:
                return False
            if self._sa.in_transaction():
                self._sa.rollback()
            self._asked = False
        return True

    def _refusal(self) -> StorageError:
        message = "The transaction is gone: the database has rolled it back by itself, as it does when the disk is full."
        return StorageError(message, fix="Leave this unit of work, look for its first error, and run it again; nothing was written.")

    def detach(self) -> None:
        """Make the connection this session's own: nobody gets it afterwards."""
        self._keep = None
        self.sa.detach()

    def end(self) -> None:
        """Give the connection back to the pool."""
        self.cursor.close()
        self.sa.close()

    # -- statements

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """Run one driver statement; returns a cursor, which the next statement reuses."""
        raise NotImplementedError

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> Any:
        """Run one driver statement for many rows."""
        raise NotImplementedError

    def select(self, statement: Executable) -> CursorResult[Any]:
        """Run a statement that SQLAlchemy compiles."""
        raise NotImplementedError

    def insert(self, compiled: Compiled, rows: Sequence[Row]) -> None:
        """Write new rows of an entity."""
        raise NotImplementedError

    def append(self, sql: str, values: Sequence[Any]) -> None:
        """Run an INSERT of one row, whose answer nobody waits for."""
        self.execute(sql, values)

    def take_block(self, entity: str, size: int) -> int:
        """Reserve ids in a short transaction of its own; returns the first id after the block."""
        self.begin(write=True)
        end = reserve(self, entity, size)
        self.commit()
        return end

    def fill(self, table: str, columns: Sequence[Column], rows: Sequence[Row]) -> None:
        """Write rows into any table, as they are, by the stored kinds of its columns."""
        raise NotImplementedError

    def go_on(self, table: str) -> None:
        """Let the ids that the database gives to rows of a table go on after the last that is there."""

    def place_commits(self) -> None:
        """Give all commits their positions, in a transaction of its own."""
        self.begin(write=True)
        assign_positions(self)
        self.commit()

    def change(self, sql: str, values: Sequence[Any], missed: Callable[[], Exception]) -> None:
        """Run a statement that must change one row; ``missed`` makes what is raised, at the commit at the latest, where it did not."""
        if self.execute(sql, values).rowcount != 1:
            raise missed()

    def count_up(self, series: int, period: str, count: int, day: str) -> int:
        """Take ``count`` numbers of a series under the lock of its counter; returns the last of them.

        :param day: of the newest document, as text: the counter notes the latest.
        """
        raise NotImplementedError

    def among(self, column: str) -> str:
        """The condition that a column is one of the values of one place holder, which :meth:`listed` packs."""
        raise NotImplementedError

    def listed(self, values: Iterable[Any]) -> Any:
        """Values for the place holder of :meth:`among`."""
        raise NotImplementedError

    def delay_references(self) -> None:
        """Check references at the commit only: rows that refer to each other are about to be deleted in any order."""

    def check_references(self) -> None:
        """Check now those that are checked at the commit only, where the engine does so; IntegrityProblem for one that leads nowhere."""

    # -- what is there

    def columns(self) -> Columns:
        """Every table with its columns and their defaults."""
        raise NotImplementedError

    def table_columns(self, table: str) -> dict[str, tuple[str, int]] | None:
        """Column → (declared type, place in the primary key), hidden and computed ones too; None where there is no such table."""
        raise NotImplementedError

    def read_table(
        self, table: str, columns: Sequence[str], order: str = "id", batch: int = BATCH, ids: tuple[int | None, int | None] = (None, None)
    ) -> Iterator[list[Row]]:
        """Every row in the order of the table's own key (of no other index, which could say something else), in batches; first is id.

        :param ids: only the rows from the first of these on, and before the second; None for no bound.

        Text that is no UTF-8 is read with surrogates in the place of the bytes, so that the row can be named.
        """
        raise NotImplementedError

    def dangling(self, limit: int) -> list[tuple[str, int, str, str, Any]]:
        """Rows that refer to rows which are not there: table, id, column, the other table, the value."""
        return []

    # -- migrations

    def begin_alone(self, patience: float, *, create: bool = False) -> None:
        """Begin the transaction of migrations: nobody else writes meanwhile.

        :param patience: seconds to wait for those who do.
        :param create: make the place for the tables, where there is none yet, inside this transaction.
        """
        raise NotImplementedError

    def announce(self) -> None:
        """Let every process notice that somebody has migrated."""
        raise NotImplementedError

    def watched(self, watch: Any) -> contextlib.AbstractContextManager[None]:
        """Tell ``watch`` what SQL does in here to tables and rows, and stop what it must not do."""
        raise NotImplementedError

    def temporary(self, name: str) -> str:
        """The full name of a temporary table of this connection."""
        raise NotImplementedError

    def salt(self) -> str:
        """An SQL expression that gives 16 random bytes for each row."""
        raise NotImplementedError

    # -- what is remembered between transactions

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


def between(ids: tuple[int | None, int | None]) -> str:
    """The condition in SQL, with WHERE, that ids are between two of them."""
    first, end = ids
    conditions = [*([f"id >= {first:d}"] if first is not None else ()), *([f"id < {end:d}"] if end is not None else ())]
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def batch_of(columns: Iterable[Column]) -> int:
    """How many rows to read at once of a table with these columns, so that they fit into memory whatever they hold."""
    small = ("_salt", "salts", "digest", "wrapped")
    return FEW if any(column.kind == "bytes" and column.name not in small for column in columns) else BATCH


# ---------------------------------------------------------------- trying again

_AGAIN = re.compile(r"40001|40P01|55P03|08...|57P0.|25006|XX000")
"""SQLSTATE of PostgreSQL (and Citus) after which the same work may succeed: serialization, deadlock, lock not available, connection."""
_SQLITE_BUSY, _SQLITE_LOCKED = 5, 6


def is_busy(error: BaseException) -> bool:
    """True where the same unit of work may succeed if it is run again."""
    cause: BaseException | None = error
    while cause is not None:
        code = getattr(cause, "sqlite_errorcode", None)
        if code is not None:
            return code & 0xFF in (_SQLITE_BUSY, _SQLITE_LOCKED)
        if is_lost(cause) or _AGAIN.fullmatch(getattr(cause, "sqlstate", None) or ""):
            return True
        cause = cause.__cause__ or getattr(cause, "orig", None)
    return False


def is_lost(error: BaseException) -> bool:
    """True where the connection to the server is gone: nobody knows whether a COMMIT that was sent has arrived."""
    if not type(error).__module__.startswith("psycopg"):
        return False
    state = getattr(error, "sqlstate", None)
    return type(error).__name__ == "OperationalError" if state is None else state.startswith(("08", "57P"))
