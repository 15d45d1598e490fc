"""Watching migrations: what they write and rename is noted; what would break "all or nothing", or touch others' tables, is refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from bocore.migrate.history import Revision

_DROPS = (sqlite3.SQLITE_DROP_TABLE, sqlite3.SQLITE_DROP_TEMP_TABLE)
ADDED = "rows were added"
_WRITES = {sqlite3.SQLITE_INSERT: ADDED, sqlite3.SQLITE_UPDATE: "values were changed", sqlite3.SQLITE_DELETE: "rows were deleted"}
_REBUILT = "_alembic_tmp_"
"""How alembic's batch calls the table that takes the place of another."""
_RECORDS = ("bo_commit", "bo_shape")


@attrs.frozen
class Written:
    """One thing that SQL of a migration did to recorded rows."""

    table: str
    what: str
    column: str
    revision: str


@attrs.define
class Watch:
    """What all migrations of one run did, in order.

    :param owners: table → the plugin whose it is.
    :param prefixes: of all loaded plugins; the longest that fits says whose a table is that no entity has (any more).
    """

    owners: Mapping[str, str]
    prefixes: tuple[str, ...]
    written: list[Written] = attrs.field(factory=list)
    renamed: list[tuple[str, str, str]] = attrs.field(factory=list)
    """``(table, old column, new column)``; ``(old table, "", new table)``."""
    rebased: dict[str, list[str]] = attrs.field(factory=dict)
    """Entity → the migrations that asked for new digests."""
    wrong: str = ""
    """Why the last statement was not allowed."""
    _revision: Revision | None = None
    _dropping: str = ""
    _filled: set[str] = attrs.field(factory=set)
    _replaced: list[tuple[str, str]] = attrs.field(factory=list)

    def begin(self, revision: Revision) -> None:
        """The next migration."""
        self._revision, self.wrong, self._dropping = revision, "", ""
        self._filled.clear()

    def rebase(self, entities: Iterable[str]) -> None:
        """A migration wants new digests of these entities."""
        for entity in entities:
            asked = self.rebased.setdefault(entity, [])
            if str(self._revision) not in asked:
                asked.append(str(self._revision))

    def rename_column(self, table: str, old: str, new: str) -> None:
        self.renamed.append((table, old, new))

    def rename_table(self, old: str, new: str) -> None:
        self.renamed.append((old, "", new))
        self.written.append(Written(new, ADDED, "", str(self._revision)))

    def columns_now(self, table: str) -> Callable[[str], str]:
        """A function from a column's name at the beginning to its name now."""

        def now(name: str) -> str:
            for place, old, new in self.renamed:
                if place == table and old == name:
                    name = new
            return name

        return now

    def changes(self, tables: Iterable[str]) -> list[Written]:
        """What was done to rows of these tables, as they are called now, that digests would not agree with."""
        wanted = set(tables)
        replaced = [Written(table, "its table was replaced by another", "", revision) for table, revision in self._replaced]
        return [one for one in (*self.written, *replaced) if one.table in wanted]

    # -- what SQLite asks before it runs a statement

    def authorize(self, connection: sqlite3.Connection) -> Callable[..., int]:
        """The function that SQLite asks about each thing that a statement does, while it is prepared."""

        def asked(action: int, first: str | None, second: str | None, database: str | None, trigger: str | None) -> int:
            self.wrong = self.wrong or self._wrong(connection, action, first or "", second or "", database or "")
            return sqlite3.SQLITE_DENY if self.wrong else sqlite3.SQLITE_OK

        return asked

    def _wrong(self, connection: sqlite3.Connection, action: int, first: str, second: str, database: str) -> str:
        if not connection.in_transaction:
            return "the transaction is gone: the database has rolled it back by itself"
        if action == sqlite3.SQLITE_TRANSACTION:
            return f"it tries to {first}: all migrations are one transaction, which it neither begins nor ends"
        if action == sqlite3.SQLITE_ATTACH:
            return "it attaches another database: what happens there could not be undone"
        if action == sqlite3.SQLITE_ALTER_TABLE:
            return self._strange(second, shape=True)
        if database != "main" or first.startswith("sqlite_"):
            return ""
        if action in _DROPS:
            self._dropping = first
            if f"{_REBUILT}{first}" not in self._filled:
                self._replaced.append((first, str(self._revision)))
            return self._strange(first, shape=True)
        if action not in _WRITES:
            return ""
        if action == sqlite3.SQLITE_DELETE and self._dropping == first:
            self._dropping = ""  # part of the DROP TABLE that was just asked about
            return ""
        if action == sqlite3.SQLITE_INSERT:
            self._filled.add(first)
        column = second if action == sqlite3.SQLITE_UPDATE else ""
        self.written.append(Written(first, _WRITES[action], column, str(self._revision)))
        return self._strange(first)

    def _strange(self, table: str, *, shape: bool = False) -> str:
        """Why this plugin's migrations may not touch a table.

        :param shape: the table itself, and not its rows.
        """
        assert self._revision is not None
        mine, owner = self._revision.plugin, self._owner(table)
        if table in _RECORDS and not (shape and mine == "bo"):
            return f"it writes to {table}: commit records are never changed"
        return "" if owner in (mine, "") else f"it writes to {table}, which belongs to {owner!r}"

    def _owner(self, table: str) -> str:
        found = self.owners.get(table)
        return found or next((prefix for prefix in self.prefixes if table.startswith(f"{prefix}_")), "")


def watching(owners: Mapping[str, str], prefixes: Iterable[str]) -> Watch:
    """A watch for one run of migrations."""
    return Watch(owners, tuple(sorted(prefixes, key=len, reverse=True)))


def as_driver(connection: Any) -> sqlite3.Connection:
    """The driver's connection below SQLAlchemy's, whether it belongs to a pool or not."""
    driver: sqlite3.Connection = connection.connection.dbapi_connection
    return driver
