"""What moves come to with what corrects them, and how much of them was taken back."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import sqlalchemy as sa

from bocore import UnitOfWork
from bocore_inventory.model import Move

MANY = 500


def nets(uow: UnitOfWork, moves: Iterable[Move], *, before: int | None = None) -> dict[int, Decimal]:
    """Move → its quantity, more or less what corrects it.

    :param before: only by corrections that were made before this one.
    """
    rows = {row.id: row for row in moves}
    found = {ident: row.quantity for ident, row in rows.items()}
    move, ids = Move.c, list(rows)
    for start in range(0, len(ids), MANY):
        statement = sa.select(move.corrects_id, move.from_id, move.quantity).where(move.corrects_id.in_(ids[start : start + MANY]))
        for ident, from_id, quantity in uow.rows(statement if before is None else statement.where(move.id < before)):
            found[ident] += quantity if from_id == rows[ident].from_id else -quantity
    return found


def taken_back(uow: UnitOfWork, moves: Iterable[int]) -> dict[int, Decimal]:
    """Move → how much of it was taken back, with what corrects that; of those of which something was."""
    found: dict[int, Decimal] = {}
    ids = sorted(set(moves))
    for start in range(0, len(ids), MANY):
        backs = uow.select(Move).where(Move.c.returns_id.in_(ids[start : start + MANY])).all()
        quantities = nets(uow, backs)
        for row in backs:
            assert row.returns_id is not None
            found[row.returns_id] = found.get(row.returns_id, Decimal(0)) + quantities[row.id]
    return found
