"""Joining a host's transaction: the host commits, bocore writes inside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork


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
