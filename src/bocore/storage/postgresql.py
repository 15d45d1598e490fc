"""PostgreSQL: a session of one tenant, beside which others write."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

import psycopg
import sqlalchemy as sa
from psycopg.pq import TransactionStatus
from sqlalchemy.engine import Connection, CursorResult
from sqlalchemy.sql.base import Executable

from bocore.entities import spec_of
from bocore.errors import BocoreError, StorageError
from bocore.record.positions import PLACE, PLACING
from bocore.storage.driver_rows import Canonical, CanonicalServerSide, copied_types
from bocore.storage.ids import reserve
from bocore.storage.ordering import nulls_least
from bocore.storage.server import MIGRATING, PostgresDatabase
from bocore.storage.server_errors import storage_error
from bocore.storage.session import BATCH, BUSY_SECONDS, Columns, Session, between

if TYPE_CHECKING:
    from bocore.entities.generate import Compiled, Row
    from bocore.entities.spec import Column

COPIED_FROM = 16
"""Rows of one entity from which COPY is quicker than statements (research: core-spike §2)."""
TOGETHER = 200
"""Rows that are sent in one statement at most: it may have 65,535 values."""
WRITING = 0x626F
"""First half of the key of the lock that every writing transaction of a tenant shares; migrations and locks of periods take it alone."""
AGAIN = (
    "UPDATE bo_counter SET last = last + ?, last_on = greatest(coalesce(last_on, ''), ?) WHERE series_id = ? AND period = ? RETURNING last"
)
FIRST = (
    "INSERT INTO bo_counter AS mine (series_id, period, last, last_on) VALUES (?, ?, ?, ?) ON CONFLICT (series_id, period) "
    "DO UPDATE SET last = mine.last + excluded.last, last_on = greatest(coalesce(mine.last_on, ''), excluded.last_on) RETURNING last"
)
# From the catalogue itself: the information schema hides what a role has no rights on, which would look like a table that is missing.
COLUMNS = """
    SELECT c.relname, a.attname, CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = to_regnamespace(quote_ident(?)) AND c.relkind IN ('r', 'p') ORDER BY 1, a.attnum
"""
KEYS = """
    SELECT a.attname, upper(format_type(a.atttypid, NULL)), coalesce(array_position(i.indkey::int2[], a.attnum) + 1, 0)
    FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary
    WHERE n.nspname = ? AND t.relname = ? AND t.relkind IN ('r', 'p') ORDER BY a.attnum
"""
_SERIAL = count(1)


class PostgresSession(Session):
    """A connection to the server."""

    __slots__ = ("_batching", "_database", "_driver", "_steady", "_waiting")

    engine = "postgresql"
    passing_over = " FOR UPDATE SKIP LOCKED"
    locking = " FOR NO KEY UPDATE"
    sharing = " FOR SHARE"
    batches = True
    _driver: psycopg.Connection[Any]

    def __init__(self, database: PostgresDatabase, connection: Connection, **how: Any) -> None:
        super().__init__(connection, **how)
        driver: Any = connection.connection.dbapi_connection
        self._driver = driver
        self._database = database
        self._batching = False
        self._waiting: list[tuple[str, Sequence[Any]]] = []
        """INSERT and values of the rows that wait to be sent together."""
        self._steady = False
        """Whether this transaction has said that it changes rows which others remember."""
        self.cursor = Canonical(driver)

    @property
    def tenant(self) -> str:  # type: ignore[override]
        return self._database.schema

    # -- the transaction

    def is_sound(self) -> bool:
        if self._driver.closed or self._sa.invalidated or not super().is_sound():
            return False
        return self._driver.info.transaction_status is TransactionStatus.IDLE

    def begin_alone(self, patience: float, *, create: bool = False) -> None:
        database = self._database
        wait = f'SET LOCAL lock_timeout = {int(patience * 1000)}; SET LOCAL search_path TO "{database.schema}"'
        self._run(f"BEGIN; {wait}; SELECT pg_advisory_xact_lock({WRITING}, {database.key})")
        self._began = True
        self.sa.info[MIGRATING] = True
        if self.execute("SELECT to_regnamespace(?)", (f'"{database.schema}"',)).fetchone()[0] is None:
            if not create:
                fix = f"Make it: bo --tenant {database.schema} init, or bo tenant create."
                raise StorageError(f"There is no tenant {database.schema}.", fix=fix)
            self._run(f'CREATE SCHEMA "{database.schema}"')  # asked for only here: "IF NOT EXISTS" wants the right even where it is there
        database.ready = False
        self.read_schema()

    def announce(self) -> None:
        if self.table_columns("bo_state") is None:  # a tenant taken in from an older file: nobody can use it before it is migrated
            return
        self.execute(
            "INSERT INTO bo_state AS mine (name, number) VALUES ('schema', 1), ('steady', 1) "
            "ON CONFLICT (name) DO UPDATE SET number = mine.number + 1"
        )

    def watched(self, watch: Any) -> contextlib.AbstractContextManager[None]:
        from bocore.migrate.counting import counted

        return counted(watch, self, self._database.schema)

    def temporary(self, name: str) -> str:
        return f'pg_temp."{name}"'

    def salt(self) -> str:
        return "decode(replace(gen_random_uuid()::text, '-', ''), 'hex')"

    def begin(self, *, write: bool, longest: float | None = None) -> None:
        """Begin the transaction and read what tells whether anything that is remembered has changed, in one trip.

        A writing one is READ COMMITTED and shares the tenant's lock; one that only reads sees one moment.
        """
        if self._began:
            return
        if self.joined:
            begin = "SAVEPOINT bo_unit"
        elif write:
            begin = "BEGIN ISOLATION LEVEL READ COMMITTED"
        else:
            begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
            if longest is not None:
                begin += f"; SET LOCAL statement_timeout = {max(1, int(longest * 1000))}"
        database = self._database
        lock = ""
        if write:
            wait = "" if self.joined else f"SET LOCAL lock_timeout = {int(BUSY_SECONDS * 1000)};"
            lock = f"{wait} SELECT pg_advisory_xact_lock_shared({WRITING}, {database.key});"
        if not database.ready:
            self._run(f"{begin}; {lock} SELECT to_regclass('\"{database.schema}\".bo_state')")
            self._began = True
            database.ready = self._last()[0][0] is not None
            if database.ready:
                self.read_schema()
            return
        self._run(f'{begin}; {lock} SELECT number FROM "{database.schema}".bo_state ORDER BY name')
        self._began = True
        self._note(self._last())

    def begin_beside(self, snapshot: str) -> None:
        self._run(f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '{snapshot}'")
        self._began = True
        self.read_schema()

    def _run(self, text: str) -> None:
        """Several statements in one trip; they have no values."""
        try:
            self.cursor.execute(text)
        except psycopg.Error as error:
            raise storage_error(error) from error

    def _last(self) -> Any:
        while self.cursor.nextset():
            pass
        return self.cursor.fetchall()

    def read_schema(self) -> None:
        if self._database.ready or self.execute(f"SELECT to_regclass('\"{self._database.schema}\".bo_state')").fetchone()[0] is not None:
            self._note(self.execute("SELECT number FROM bo_state ORDER BY name").fetchall())

    def _note(self, rows: Any) -> None:
        """Rows of bo_state: the number of the schema, and that of what is remembered."""
        if len(rows) == 2:
            self.schema = rows[0][0]
            self._remember(rows)
        self._written.clear()
        self._steady = False

    def _remember(self, rows: Any) -> None:
        """Forget what is remembered where somebody has changed what it follows from."""
        version = rows[1][0]
        if version != self._version:
            self._memory.clear()
            self._version = version

    def memory(self, name: str, entities: tuple[type, ...]) -> dict[Any, Any]:
        """Kept only for entities that say of their changes: those declared steady."""
        if all(spec_of(entity).steady for entity in entities):
            return super().memory(name, entities)
        return {}

    def wrote(self, entity: type) -> None:
        if entity not in self._written:
            super().wrote(entity)
            spec = spec_of(entity)
            if spec.guards:
                self.alone()
            if spec.steady and not self._steady:
                self._steady = True
                self.execute("UPDATE bo_state SET number = number + 1 WHERE name = 'steady'")

    def alone(self) -> None:
        self.execute(f"SELECT pg_advisory_xact_lock({WRITING}, {self._database.key})")

    def lock(self, *names: str) -> None:
        """In one order, so that nobody waits for each other in a circle. What others have changed meanwhile is no longer remembered."""
        if not names:
            return
        if self._waiting:
            self._send()
        numbers = ",".join(map(str, sorted({_number(name) for name in names})))
        taken = f"pg_advisory_xact_lock(number, {self._database.key}) FROM unnest('{{{numbers}}}'::integer[]) AS number"
        self._run(f'SELECT {taken}; SELECT number FROM "{self.tenant}".bo_state ORDER BY name')
        self._remember(self._last())

    def _lock_of(self, name: str) -> str:
        return f"{_number(name)}, {self._database.key}"

    def batch(self) -> None:
        """From here to the commit new rows wait, and go in one statement."""
        self._batching = True

    def _send(self) -> None:
        """Write the rows that wait: one statement with a part for each table, which checks references at its end."""
        waiting = self._waiting
        if waiting:
            text, values = self._database.together([sql for sql, _ in waiting]), [value for _, row in waiting for value in row]
            waiting.clear()
            try:
                self.cursor.execute(text, values)
            except psycopg.Error as error:
                raise storage_error(error) from error

    @property
    def lost(self) -> bool:
        return self._began and self._driver.info.transaction_status not in (TransactionStatus.INTRANS, TransactionStatus.INERROR)

    def undo_part(self) -> None:
        self._waiting.clear()
        self._written.clear()
        self._steady = False  # what said that rows have changed is undone too
        self._run("ROLLBACK TO SAVEPOINT bo_part; RELEASE SAVEPOINT bo_part")

    @property
    def in_transaction(self) -> bool:
        return self._driver.info.transaction_status is not TransactionStatus.IDLE

    def commit(self) -> None:
        if not self._began:
            return
        if self.joined:
            self.execute("RELEASE SAVEPOINT bo_unit")
        elif self._waiting:
            try:
                with self._driver.pipeline():  # one trip for both: the COMMIT does nothing where the rows were refused
                    self._send()
                    Canonical(self._driver).execute("COMMIT")
            except psycopg.Error as error:
                raise storage_error(error) from error
        else:
            self.execute("COMMIT")
        self._began = self._batching = False

    def close(self, *, read_only: bool = False) -> None:
        self._waiting.clear()
        self._batching = False
        sound = not self._driver.closed
        if self.joined:
            if self._began and sound:
                with contextlib.suppress(psycopg.Error):
                    self.cursor.execute("ROLLBACK TO SAVEPOINT bo_unit; RELEASE SAVEPOINT bo_unit")
            self._began = False
            return
        if sound and self._driver.info.transaction_status is not TransactionStatus.IDLE:
            try:
                self.cursor.execute("ROLLBACK")
            except psycopg.Error:
                sound = False
                self._sa.invalidate()
        self._began = False
        if not (sound and self._keep is not None and self._keep(self)):
            self.end()

    def end(self) -> None:
        if self._driver.closed:
            self._sa.invalidate()
        else:
            self.cursor.close()
        self._sa.close()

    # -- statements

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Any:
        if self._waiting:
            self._send()
        if self._began and self._driver.info.transaction_status is not TransactionStatus.INTRANS:
            raise self._refusal()
        try:
            return self.cursor.execute(self._database.texts.get(sql) or self._database.text(sql), values)
        except psycopg.Error as error:
            raise storage_error(error) from error

    def _refusal(self) -> StorageError:
        if self._driver.closed:
            return StorageError("The connection to the server is gone.", fix="Run it again; nothing was written.")
        message = "The transaction is gone: the database has refused a statement in it."
        return StorageError(message, fix="Leave this unit of work, look for its first error, and run it again; nothing was written.")

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> Any:
        self._send()
        if self.lost:
            raise self._refusal()
        try:
            self.cursor.executemany(self._database.text(sql), rows)
        except psycopg.Error as error:
            raise storage_error(error) from error
        return self.cursor

    def select(self, statement: Executable) -> CursorResult[Any]:
        self._send()
        if self.lost:
            raise self._refusal()
        usual, self._driver.cursor_factory = self._driver.cursor_factory, Canonical
        try:
            return self.sa.execute(nulls_least(statement), execution_options={"schema_translate_map": {None: self._database.schema}})
        except sa.exc.StatementError as error:
            if isinstance(error.orig, psycopg.Error):
                raise storage_error(error.orig) from error.orig
            if isinstance(error.orig, BocoreError):
                raise error.orig from None
            raise
        finally:
            self._driver.cursor_factory = usual

    def insert(self, compiled: Compiled, rows: Sequence[Row]) -> None:
        if len(rows) >= COPIED_FROM:
            self._send()
            self.fill(compiled.spec.name, compiled.spec.columns, rows)
        elif self._batching:
            self._waiting += [(compiled.insert, row) for row in rows]
            if len(self._waiting) > TOGETHER:
                self._send()
        elif len(rows) == 1:
            self.execute(compiled.insert, rows[0])
        else:
            self.many(compiled.insert, rows)

    def append(self, sql: str, values: Sequence[Any]) -> None:
        if self._batching:
            self._waiting.append((sql, values))
        else:
            self.execute(sql, values)

    def fill(self, table: str, columns: Sequence[Column], rows: Sequence[Row]) -> None:
        if self.lost:
            raise self._refusal()
        names = ", ".join(f'"{column.name}"' for column in columns)
        types = copied_types([column.kind for column in columns])
        try:
            with self.cursor.copy(f'COPY "{self._database.schema}"."{table}" ({names}) FROM STDIN (FORMAT BINARY)') as copy:
                copy.set_types(types)
                write = copy.write_row
                for row in rows:
                    write(row)
        except psycopg.Error as error:
            raise storage_error(error) from error

    def place_commits(self) -> None:
        # Without the lock that writers share, as take_block; several statements in one text are one transaction.
        self._run(f"SELECT pg_advisory_xact_lock({self._lock_of(PLACING)}); {self._database.text(PLACE)}")

    def take_block(self, entity: str, size: int) -> int:
        # One statement, without the lock that writers share: who waits for it to be free may wait for the unit that asks here.
        return reserve(self, entity, size)

    def go_on(self, table: str) -> None:
        serial = f"pg_get_serial_sequence('\"{self._database.schema}\".\"{table}\"', 'id')"
        self.execute(f"SELECT setval({serial}, last.id) FROM (SELECT max(id) AS id FROM {table}) AS last WHERE last.id IS NOT NULL")

    def count_up(self, series: int, period: str, count: int, day: str) -> int:
        row = self.execute(AGAIN, (count, day, series, period)).fetchone()
        return int((row or self.execute(FIRST, (series, period, count, day)).fetchone())[0])

    def among(self, column: str) -> str:
        return f"{column} = ANY(?)"

    def listed(self, values: Iterable[Any]) -> Any:
        return list(values)

    def check_references(self) -> None:
        self._run("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")

    # -- what is there

    def columns(self) -> Columns:
        found: Columns = {}
        for table, column, default in self.execute(COLUMNS, (self._database.schema,)).fetchall():
            found.setdefault(table, {})[column] = default
        return found

    def table_columns(self, table: str) -> dict[str, tuple[str, int]] | None:
        rows = self.execute(KEYS, (self._database.schema, table)).fetchall()
        return {name: (kind, place) for name, kind, place in rows} or None

    def read_table(
        self, table: str, columns: Sequence[str], order: str = "id", batch: int = BATCH, ids: tuple[int | None, int | None] = (None, None)
    ) -> Iterator[list[Row]]:
        names = ", ".join('"' + name.replace('"', '""') + '"' for name in columns)
        with CanonicalServerSide(self._driver, f"bo_{next(_SERIAL)}") as cursor:
            cursor.itersize = batch
            try:
                cursor.execute(f'SELECT {names} FROM "{self._database.schema}"."{table}"{between(ids)} ORDER BY {order}')
                while rows := cursor.fetchmany(batch):
                    yield rows
            except psycopg.Error as error:
                raise storage_error(error) from error


def _number(name: str) -> int:
    """The first half of the key of a lock by its name."""
    return zlib.crc32(name.encode()) - 2**31
