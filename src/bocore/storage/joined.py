"""Joining a host's transaction: the host commits, bocore writes inside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bocore.errors import StorageError
from bocore.storage.database import Session

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork


CHECKED_LATER = "bocore.foreign_keys_checked_later"
"""In the info of a connection: whoever began its transaction checks all foreign keys before it commits."""


def join(connection: Connection, *, write: bool) -> Session:
    """A session on the host's connection, with the write lock taken; a stale or unprepared connection is refused."""
    if not connection.in_transaction():
        connection.begin()
    session = Session(connection, joined=True)
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


def follow(uow: UnitOfWork, committed: Callable[[], None]) -> None:
    """Undo the unit's objects if the host rolls back; share what was private once it commits."""
    connection = uow._connection
    state = {"open": True}

    def on_commit(_: Connection) -> None:
        if state["open"]:
            state["open"] = False
            committed()

    def on_rollback(*_: object) -> None:
        if state["open"]:
            state["open"] = False
            uow._undo()

    sa.event.listen(connection, "commit", on_commit)
    sa.event.listen(connection, "rollback", on_rollback)
    if connection.in_nested_transaction():
        sa.event.listen(connection, "rollback_savepoint", on_rollback)
