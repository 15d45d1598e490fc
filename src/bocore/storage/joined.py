"""Joining a host's transaction: the host commits, bocore writes inside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bocore.errors import StorageError
from bocore.storage.database import Session

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork


def join(connection: Connection, *, write: bool) -> Session:
    """A session on the host's connection, with the write lock taken; a stale or unprepared connection is refused."""
    session = Session(connection, joined=True)
    if not session.execute("PRAGMA foreign_keys").fetchone()[0]:
        raise StorageError(
            "The connection of the host is not prepared: foreign keys are off.",
            fix="Give BackOffice the engine itself: it prepares each new connection of it.",
        )
    driver = connection.connection.driver_connection
    assert driver is not None
    if not driver.in_transaction:
        session.execute("BEGIN IMMEDIATE" if write else "BEGIN")
    elif write:
        try:
            session.execute("UPDATE bo_id SET next = next WHERE 0")  # takes the write lock, changes nothing
        except StorageError as error:
            raise StorageError(
                "The transaction of the host can't be upgraded to writing: it has read what others have changed since.",
                fix='Begin it with BEGIN IMMEDIATE: connection.exec_driver_sql("BEGIN IMMEDIATE") before the first read.',
            ) from error
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
            uow._tracker.undo()
            uow._app._companies.clear()

    sa.event.listen(connection, "commit", on_commit)
    sa.event.listen(connection, "rollback", on_rollback)
    sa.event.listen(connection, "rollback_savepoint", on_rollback)
