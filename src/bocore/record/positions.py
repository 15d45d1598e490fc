"""Positions: the dense order of commits, from 0, in which the feed is read and the seal is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from bocore.storage.session import Session

LAST = "SELECT (SELECT position FROM bo_commit WHERE position IS NOT NULL ORDER BY position DESC LIMIT 1)"
"""The position of the last record that has one.

In these words the index of positions answers, and in the next the index of records without one, whatever a server takes the table to be
like: it may have counted before very many records were placed at once.
"""
UNPLACED = "SELECT 1 FROM bo_commit WHERE position IS NULL ORDER BY id LIMIT 1"
PLACING = "bo.positions"
"""The lock under which positions are given."""
PLACE = (
    "UPDATE bo_commit SET position = placed.n FROM (SELECT id AS placed_id, "
    f"coalesce(({LAST}), -1) + row_number() OVER (ORDER BY id) AS n "
    "FROM bo_commit WHERE position IS NULL) AS placed WHERE bo_commit.id = placed.placed_id"
)
SHOWN = (
    f"coalesce(position, coalesce(({LAST}), -1) "
    "+ (SELECT count(*) FROM bo_commit AS earlier WHERE earlier.position IS NULL AND earlier.id <= bo_commit.id))"
)
"""The position of a commit for people, in SQL: one without gets the next when somebody reads the feed; until then it is counted."""

_PLACED = sa.Table("bo_commit", sa.MetaData(), sa.Column("unit", sa.BigInteger), sa.Column("position", sa.BigInteger))


def units_through(position: int) -> sa.Select[Any]:
    """The units of work that committed up to a position."""
    return sa.select(_PLACED.c.unit).where(_PLACED.c.position <= position)


def is_placed(table: sa.Table) -> bool:
    """Whether a table of a statement is that of :func:`units_through`."""
    return table is _PLACED


def assign_positions(session: Session) -> int:
    """Give every commit that has none the next position, in the order of ``id``; returns how many were placed.

    Nobody else places meanwhile. ``id`` comes from the database in the last statement of a commit: what could see another commit comes
    after it. On PostgreSQL one that is committed later may have a lower id; then it did not see the others, and follows them.
    """
    session.lock(PLACING)
    if session.execute(UNPLACED).fetchone() is None:
        return 0
    return int(session.execute(PLACE).rowcount)
