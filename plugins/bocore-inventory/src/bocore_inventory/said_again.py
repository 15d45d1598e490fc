"""Costs that are said again with the key that they had: answered as the first time, and booked once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import attrs
import sqlalchemy as sa

from bocore import Finding, Money, UnitOfWork, VoucherRecord, posted_from
from bocore_inventory.flows import Flow
from bocore_inventory.model import Entry, EntryKind, Move


@attrs.frozen
class Earlier:
    """What was booked under a key.

    :param moves: the receipts to which it was added.
    :param paid: what was taken from each purpose, in minor units.
    :param last: the last of its entries.
    :param left: what of it was still on stock, in minor units.
    """

    moves: frozenset[int]
    paid: dict[str, int]
    last: int
    left: int


def earlier(uow: UnitOfWork, key: str | None, receipts: Sequence[Move]) -> Earlier | None:
    """What was booked under the key of a cost before, if anything was."""
    if key is None:
        return None
    names = [f"inventory:{key}", *(f"inventory:{key}:{number}" for number in range(max(len(receipts), 2)))]
    records = uow.find_all(VoucherRecord, key=names)
    if not records:
        return None
    paid: dict[str, int] = {}
    for record in records.values():
        for line in posted_from(record).voucher.lines:
            if line.amount is not None:
                paid[line.purpose] = paid.get(line.purpose, 0) - line.amount.minor_units
    uow.flush()
    entry, unit = Entry.c, next(iter(records.values())).unit_id
    mine = sa.select(entry.id, entry.move_id).where(
        entry.move_id.in_([row.id for row in receipts]),
        entry.kind == EntryKind.COST,
        entry.unit_id == unit,
        entry.voucher.in_([*names, ""]),
    )
    rows = uow.rows(mine)
    begin = [f"inventory.{what}:{key}" for what in ("delta", "follow")]
    left = sa.select(sa.func.sum(entry.amount)).where(
        entry.company_id == uow.company_id,
        entry.unit_id == unit,
        sa.or_(entry.voucher.in_(names), *(entry.voucher.startswith(f"{text}{end}", autoescape=True) for text in begin for end in ":/")),
    )
    ((amount,),) = uow.rows(left)
    return Earlier(
        frozenset(move for _, move in rows),
        paid,
        max((ident for ident, _ in rows), default=0),
        amount.minor_units if isinstance(amount, Money) else int(amount or 0),
    )


def price_then(uow: UnitOfWork, flow: Flow, last: int) -> int:
    """The price of a receipt as it stood once this entry was made."""
    entry, (on, place) = Entry.c, flow.place or (date.min, 0)
    statement = sa.select(sa.func.sum(entry.price)).where(
        entry.pool_id == flow.pool.row.id, entry.place_on == on, entry.place == place, entry.id <= last
    )
    return int(uow.rows(statement)[0][0] or 0)


def another(key: str | None) -> Finding:
    """The key is that of something else."""
    fix = "Give it a key of its own, or ask for what was asked for then."
    return Finding("inventory.key", f"The cost {key} was booked before, and was another.", key, "key", fix)
