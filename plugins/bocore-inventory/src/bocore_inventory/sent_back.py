"""What goes back to whoever it was bought from: he gives back its price, whatever the goods have cost that leave stock for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from bocore import UnitOfWork, VoucherRecord, posted_from, round_ratio
from bocore_inventory.apart import is_stock
from bocore_inventory.flows import Flow
from bocore_inventory.model import OWN, Entry, EntryKind, Location, Move
from bocore_inventory.nets import taken_back
from bocore_inventory.pools import LAYERS
from bocore_inventory.scales import micro, minor
from bocore_inventory.wanted import Counterpart, Wanted

DIFFERENCE = "inventory.price_difference"


def price_sent_back(uow: UnitOfWork, made: Iterable[Wanted], flows: Mapping[str, Sequence[Flow]]) -> None:
    """Credit these returns, and what corrects them, with their share of the price of what came in; the rest is a difference of prices.

    Several returns of one receipt together have the rounded share of all that went back, so that all of it clears what is owed.
    """
    back = [(one, flow) for one in made for flow in flows.get(one.key, ()) if flow.kind is EntryKind.ISSUE and _receipt_of(one) is not None]
    receipts = {ident for one, _ in back if (ident := _receipt_of(one)) is not None}
    prices = prices_of(uow, receipts)
    done = {ident: micro(quantity) for ident, quantity in taken_back(uow, prices).items()}
    for one, flow in back:
        done[_receipt_of(one) or 0] = done.get(_receipt_of(one) or 0, 0) - flow.quantity  # what is made now is among it
    for one, flow in back:
        ident = _receipt_of(one) or 0
        if ident not in prices:
            continue
        price, quantity = prices[ident]
        before = done[ident]
        done[ident] += flow.quantity
        flow.credit = flow.counter, share(price, done[ident], quantity) - share(price, before, quantity)
        flow.counter = Counterpart(purpose=DIFFERENCE, dims=flow.counter.dims)


def _receipt_of(one: Wanted) -> int | None:
    """The movement that a return takes back, or one that corrects a return."""
    if one.returns is not None:
        return one.returns.id
    return None if one.corrects is None else one.corrects.returns_id


def share(price: int, part: int, quantity: int) -> int:
    """What part of a price goes with part of a quantity, in minor units."""
    return minor(round_ratio(price * part, quantity))


def prices_of(uow: UnitOfWork, moves: Collection[int]) -> dict[int, tuple[int, int]]:
    """Receipt → its price by what is known now, freight apart, and its quantity; of those that were bought, and have come in."""
    if not moves:
        return {}
    rows = uow.get_all(Move, moves)
    places = uow.get_all(Location, {row.from_id for row in rows.values()})
    bought = [row.id for row in rows.values() if row.returns_id is None and places[row.from_id].kind not in OWN]
    entry = Entry.c
    mine = sa.select(entry.move_id, entry.pool_id, entry.place_on, entry.place).where(
        entry.move_id.in_(bought), entry.kind == EntryKind.RECEIPT
    )
    where: dict[tuple[int, date, int], int] = {(pool, on, place): ident for ident, pool, on, place in uow.rows(mine)}
    statement = (
        sa.select(entry.pool_id, entry.place_on, entry.place, sa.func.sum(entry.quantity), sa.func.sum(entry.price))
        .where(entry.pool_id.in_({key[0] for key in where}), entry.place_on.in_({key[1] for key in where}))
        .where(entry.place.in_({key[2] for key in where}), entry.kind.in_(LAYERS))
        .group_by(entry.pool_id, entry.place_on, entry.place)
    )
    found = {}
    for pool, on, place, quantity, price in uow.rows(statement) if where else ():
        if (pool, on, place) in where and quantity > 0:
            found[where[pool, on, place]] = int(price), micro(quantity)
    return found


def owed_more(uow: UnitOfWork, receipt: Move, price: int, quantity: int, change: int) -> int | None:
    """What is owed more when the price of a receipt changes, in minor units: not for what went back; None where nothing did.

    :param price, quantity: of all that came in, before.
    """
    if receipt.id not in prices_of(uow, [receipt.id]):
        return None
    back = micro(taken_back(uow, [receipt.id]).get(receipt.id, Decimal(0)))
    return minor(change) - (share(price + change, back, quantity) - share(price, back, quantity)) if back else None


def counterpart_of_credit(uow: UnitOfWork, entry: Entry) -> Counterpart | None:
    """Who gave back the price of a return: told by the voucher, where that names one besides stock and the difference."""
    record = uow.find(VoucherRecord, key=entry.voucher)
    if record is None:
        return None
    lines = [
        Counterpart(purpose=line.purpose, by=dict(line.by), dims=dict(line.dims), party=line.party if isinstance(line.party, int) else None)
        for line in posted_from(record).voucher.lines
        if line.purpose != DIFFERENCE and not is_stock(uow.purposes, line.purpose)
    ]
    return lines[0] if len({line.code for line in lines}) == 1 else None
