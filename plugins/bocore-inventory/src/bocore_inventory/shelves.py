"""What of an item is free to be taken, in the order in which it is to go: what expires first, or what came first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum

import attrs
import sqlalchemy as sa

from bocore import UnitOfWork
from bocore_inventory.model import OWN, Location, Lot, OnHand

ZERO = Decimal(0)
CHUNK = 500


class Removal(StrEnum):
    """What of an item goes first: the lot that expires first, or the one that came first."""

    FEFO = "fefo"
    FIFO = "fifo"


@attrs.define(eq=False)
class Shelves:
    """What lies of some items in some places, locked in the order of their ids, with what of it was given away since.

    :param rows: item → what lies somewhere.
    :param given: row → what was given away of it and does not stand in it yet.
    """

    rows: Mapping[int, Sequence[OnHand]]
    lots: Mapping[int, Lot]
    codes: Mapping[int, str]
    given: dict[int, Decimal] = attrs.field(factory=dict)

    @classmethod
    def of(
        cls, uow: UnitOfWork, items: Iterable[int], places: Mapping[int, Location], new: Mapping[str, Callable[[], OnHand]] | None = None
    ) -> Shelves:
        """All that there is of these items in these places.

        :param new: slot → its row, of what is taken though nothing lies there yet: made where nothing ever did.
        """
        filled = dict(_filled(uow, sorted(set(items)), sorted(places)))
        if new:  # all at once: locked in one order with the others
            slots = [*new, *filled.values()]
            found = uow.find_or_add(OnHand, lambda slot: new[slot](), slot=slots, lock=True, made_by="inventory.move").values()
        else:
            found = uow.get_all(OnHand, filled, lock=True).values()
        rows: dict[int, list[OnHand]] = {}
        for row in found:
            if row.location_id in places:
                rows.setdefault(row.item_id, []).append(row)
        lots = uow.get_all(Lot, {row.lot_id for several in rows.values() for row in several if row.lot_id is not None})
        return cls(rows, lots, {ident: place.code for ident, place in places.items()})

    def free(self, row: OnHand) -> Decimal:
        """What is neither promised nor given away."""
        return row.quantity - row.reserved - self.given.get(row.id, ZERO)

    def give(self, slot: str, quantity: Decimal) -> None:
        """Count out what is taken by something else; what comes in is less than nothing."""
        for row in self.rows.get(int(slot.split(".")[1]), ()):
            if row.slot == slot:
                self.given[row.id] = self.given.get(row.id, ZERO) + quantity

    def expired(self, row: OnHand, on: date) -> bool:
        """Whether it is too old to be taken on a day."""
        expires = None if row.lot_id is None else self.lots[row.lot_id].expires_on
        return expires is not None and expires < on

    def pick(
        self,
        item: int,
        places: Iterable[int],
        quantity: Decimal,
        *,
        on: date,
        lot: int | None = None,
        expired: bool = False,
        removal: Removal = Removal.FEFO,
    ) -> list[tuple[OnHand, Decimal]]:
        """Rows, and how much to take of each; less than is wanted where no more is free.

        :param on: the day on which it goes out: what has expired before stays.
        :param lot: the only one that will do.
        :param expired: take also what has expired.
        """
        found: list[tuple[OnHand, Decimal]] = []
        within = frozenset(places)
        there = [
            row
            for row in self.rows.get(item, ())
            if row.location_id in within and (lot is None or row.lot_id == lot) and (expired or not self.expired(row, on))
        ]
        for row in sorted(there, key=lambda row: self._order(row, removal)) if len(there) > 1 else there:
            take = min(self.free(row), quantity)
            if take > 0:
                found.append((row, take))
                self.given[row.id] = self.given.get(row.id, ZERO) + take
                quantity -= take
        return found

    def _order(self, row: OnHand, removal: Removal) -> tuple[date, date, str, int]:
        lot = None if row.lot_id is None else self.lots[row.lot_id]
        came = (lot and lot.came_on) or date.min
        expires = (lot and lot.expires_on) or date.max
        return (expires if removal is Removal.FEFO else came, came, self.codes[row.location_id], row.id)


def _filled(uow: UnitOfWork, items: Sequence[int], places: Sequence[int]) -> Iterator[tuple[int, str]]:
    for start in range(0, len(items), CHUNK):
        statement = sa.select(OnHand.c.id, OnHand.c.slot).where(OnHand.c.item_id.in_(items[start : start + CHUNK]), OnHand.c.quantity > 0)
        if len(places) <= CHUNK:
            statement = statement.where(OnHand.c.location_id.in_(places))
        yield from uow.rows(statement)


def within(uow: UnitOfWork, tops: Iterable[Location]) -> dict[int, dict[int, Location]]:
    """Place → itself and all places within it in which goods of the company's own can lie."""
    below: dict[int | None, list[Location]] = {}
    for row in uow.select(Location, company_id=uow.company_id):
        below.setdefault(row.parent_id, []).append(row)
    found: dict[int, dict[int, Location]] = {}
    for top in tops:
        if top.id in found:
            continue
        waiting, seen = [top], {top.id: top}
        while waiting:
            inner = [each for each in below.get(waiting.pop().id, ()) if each.id not in seen]
            seen |= {each.id: each for each in inner}
            waiting += inner
        found[top.id] = {ident: each for ident, each in seen.items() if each.kind in OWN}
    return found
