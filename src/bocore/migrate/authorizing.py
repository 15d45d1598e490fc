"""Watching migrations on SQLite, which asks about each thing that a statement does while it is prepared."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from bocore.migrate.watching import ADDED, CHANGED, DELETED, Watch

_DROPS = (sqlite3.SQLITE_DROP_TABLE, sqlite3.SQLITE_DROP_TEMP_TABLE)
_WRITES = {sqlite3.SQLITE_INSERT: ADDED, sqlite3.SQLITE_UPDATE: CHANGED, sqlite3.SQLITE_DELETE: DELETED}
_REBUILT = "_alembic_tmp_"
"""How alembic's batch calls the table that takes the place of another."""


def authorizer(watch: Watch, connection: sqlite3.Connection) -> Callable[..., int]:
    """The function that SQLite asks."""
    asking = _Asking(watch, connection)

    def asked(action: int, first: str | None, second: str | None, database: str | None, trigger: str | None) -> int:
        watch.wrong = watch.wrong or asking.wrong(action, first or "", second or "", database or "")
        return sqlite3.SQLITE_DENY if watch.wrong else sqlite3.SQLITE_OK

    return asked


class _Asking:
    def __init__(self, watch: Watch, connection: sqlite3.Connection) -> None:
        self.watch = watch
        self.connection = connection
        self.dropping = ""
        self.filled: set[str] = set()

    def wrong(self, action: int, first: str, second: str, database: str) -> str:
        """Why a statement is not allowed; nothing for one that is."""
        watch = self.watch
        if not self.connection.in_transaction:
            return "the transaction is gone: the database has rolled it back by itself"
        if action == sqlite3.SQLITE_TRANSACTION:
            return f"it tries to {first}: all migrations are one transaction, which it neither begins nor ends"
        if action == sqlite3.SQLITE_ATTACH:
            return "it attaches another database: what happens there could not be undone"
        if action == sqlite3.SQLITE_ALTER_TABLE:
            return watch.strange(second, shape=True)
        if database != "main" or first.startswith("sqlite_"):
            return ""
        if action in _DROPS:
            self.dropping = first
            if f"{_REBUILT}{first}" not in self.filled:
                watch.replace(first)
            return watch.strange(first, shape=True)
        if action not in _WRITES:
            return ""
        if action == sqlite3.SQLITE_DELETE and self.dropping == first:
            self.dropping = ""  # part of the DROP TABLE that was just asked about
            return ""
        if action == sqlite3.SQLITE_INSERT:
            self.filled.add(first)
        watch.write(first, _WRITES[action], second if action == sqlite3.SQLITE_UPDATE else "")
        return watch.strange(first)
