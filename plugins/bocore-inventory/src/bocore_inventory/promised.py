"""What becomes of promises of goods: they are lifted, or taken by what is shipped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import attrs
import sqlalchemy as sa

from bocore import Finding, UnitOfWork
from bocore_catalog import Item
from bocore_inventory.model import OnHand
from bocore_inventory.on_hand import BY
from bocore_inventory.reservations import RESERVED_BY, Reservation, Reserved
from bocore_inventory.scales import shown

ZERO = Decimal(0)
CHUNK = 500


def lift(uow: UnitOfWork, rows: Iterable[Reservation], action: str) -> None:
    """Give back what is left of these promises.

    :param action: why: release or expire.
    """
    held = uow.get_all(Reservation, [row.id for row in rows], lock=True)
    still = [row for row in held.values() if row.state == "open"]
    parts = uow.children(still, Reserved)
    places = uow.get_all(OnHand, {part.on_hand_id for each in parts.values() for part in each if part.left}, lock=True)
    for row in still:
        for part in parts[row.id]:
            if part.left:
                places[part.on_hand_id].reserved -= part.left
                part.left = ZERO
        row.left = ZERO
        uow.move(row, action)
    _write(uow, places.values(), [part for each in parts.values() for part in each], still)


def _write(uow: UnitOfWork, places: Iterable[OnHand], parts: Sequence[Reserved], rows: Sequence[Reservation]) -> None:
    for objects, by in ((list(places), BY), (parts, RESERVED_BY), (rows, RESERVED_BY)):
        if objects:
            uow.write(objects, made_by=by)


@attrs.define(eq=False)
class Promised:
    """Promises that are taken by what is shipped: looked up and locked for all of them at once."""

    rows: dict[str, Reservation]
    parts: dict[int, list[Reserved]]
    places: dict[int, OnHand]

    @classmethod
    def of(cls, uow: UnitOfWork, keys: Iterable[str]) -> Promised:
        """Those with these keys; what is not there is found when it is taken."""
        wanted = sorted(set(keys))
        ids = [
            row[0]
            for start in range(0, len(wanted), CHUNK)
            for row in uow.rows(sa.select(Reservation.c.id).where(Reservation.c.key.in_(wanted[start : start + CHUNK])))
        ]
        rows = uow.get_all(Reservation, ids, lock=True)
        parts = uow.children(list(rows.values()), Reserved) if rows else {}
        places = uow.get_all(OnHand, {part.on_hand_id for each in parts.values() for part in each if part.left}, lock=True)
        return cls({row.key: row for row in rows.values()}, {ident: list(each) for ident, each in parts.items()}, places)

    def take(self, uow: UnitOfWork, key: str, item: Item, quantity: Decimal, lots: frozenset[int], at: str) -> list[tuple[OnHand, Decimal]]:
        """What to ship of what lies where: the promise of it is lifted.

        :param lots: only these, where any is named.
        :raises Refused: it was promised to nobody, or less of it.
        """
        row = self.rows.get(key)
        if row is None or row.item_id != item.id or row.state != "open":
            state = "" if row is None or row.item_id != item.id else f": it is {row.state}"
            message = f"Nothing of {item.code} is promised to {key}{state}."
            uow.refuse(Finding("inventory.reservation", message, at, "reservation", "Reserve it first, or ship without a reservation."))
        assert row is not None
        mine = [part for part in self.parts[row.id] if part.left and (not lots or self.places[part.on_hand_id].lot_id in lots)]
        there = sum((part.left for part in mine), ZERO)
        if there < quantity:
            what = f"{shown(there)} of {item.code}{' in these lots' if lots else ''}"
            message = f"{what} are promised to {key}, and {shown(quantity)} are to go out."
            uow.refuse(
                Finding("inventory.reservation", message, at, "quantity", "Ship what is promised, and the rest without a reservation.")
            )
        found = []
        for part in mine:
            take = min(part.left, quantity)
            if take:
                place = self.places[part.on_hand_id]
                part.left -= take
                row.left -= take
                place.reserved -= take
                quantity -= take
                found.append((place, take))
        if not row.left:
            uow.move(row, "ship")
        return found

    def keep(self, uow: UnitOfWork) -> None:
        """Write what was taken."""
        _write(uow, self.places.values(), [part for each in self.parts.values() for part in each], list(self.rows.values()))
