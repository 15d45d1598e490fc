"""Stock on hand and its value as of any day, by item, place, category or lot, in sums that are those of the books."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Literal

import attrs
import sqlalchemy as sa

from bocore import Drill, Finding, Money, NotFound, UnitOfWork, report
from bocore_catalog import Category, Item
from bocore_inventory.as_of import Basis, Held, below, held
from bocore_inventory.model import Location, Lot
from bocore_inventory.rights import READ, VALUE
from bocore_inventory.scales import quantities

By = Literal["item", "slot", "lot", "place", "category"]
_MOVES = {"drill": Drill("inventory.moves", item="item", place="_within", lot="_piece", through="as_of", basis="basis")}


@attrs.frozen(field_transformer=quantities)
class StockRow:
    """What there is of something. ``value`` is there for who may see it."""

    level: int
    kind: str = attrs.field(metadata={"style": True})
    place: str
    category: str
    item: str = attrs.field(metadata={"drill": Item})
    name: str = attrs.field(metadata={"indent": "level"})
    lot: str
    quantity: Decimal | None = attrs.field(metadata=_MOVES)
    unit: str
    value: Money | None
    _within: str | None = None
    _piece: str | None = None


@report("inventory.stock", permission=READ, runs_with=["catalog.read"], title="Stock")
def stock_on_hand(
    uow: UnitOfWork,
    *,
    as_of: date | None = None,
    basis: Basis = "posting",
    by: By = "item",
    place: str = "",
    category: str = "",
    item: str = "",
    lot: str = "",
) -> Iterable[StockRow]:
    """Show what is on hand and what it is worth.

    By posting date the values of all places add up to the stock account of that day. By effective date it is what is known now of that day.

    :param as_of: the evening of a day; all that is known without one.
    :param basis: posting, the day on which it counts in the books; effective, the day on which it took place.
    :param by: item; slot, item by item in each place; lot; place or category, as a tree.
    :param place: code of a place: it and all within it.
    :param category: code of a category: it and all below it.
    :param item: code of an item.
    :param lot: number of a lot or a piece.
    """
    names = Names.of(uow)
    chosen = None if not item else {names.item(item)}
    rows = held(uow, as_of, basis, chosen)
    within = names.within(place, category)
    rows = [row for row in rows if within(row) and (not lot or names.lots.get(row.lot_id or 0) == lot)]
    values = uow.may(VALUE)
    shown = _by_place if by == "place" else _by_category if by == "category" else _by_item
    for row in shown(rows, names, by):
        yield row if values else attrs.evolve(row, value=None)


@attrs.frozen
class Names:
    """What rows are called, read once."""

    currency: str
    items: Mapping[int, tuple[str, str, str, int | None]]
    lots: Mapping[int, str]
    places: Mapping[int, Location]
    categories: Mapping[int, Category]

    @classmethod
    def of(cls, uow: UnitOfWork) -> Names:
        """Those of the unit's company."""
        item, lot = Item.c, Lot.c
        return cls(
            uow.company.currency,
            {row[0]: tuple(row[1:]) for row in uow.rows(sa.select(item.id, item.code, item.name, item.unit, item.category_id))},
            {ident: code for ident, code in uow.rows(sa.select(lot.id, lot.code).where(lot.company_id == uow.company_id))},
            {row.id: row for row in uow.select(Location, company_id=uow.company_id)},
            {row.id: row for row in uow.select(Category)},
        )

    def item(self, code: str) -> int:
        """The id of an item.

        :raises NotFound: there is none.
        """
        return _of(code, {row[0]: ident for ident, row in self.items.items()}, "item", "inventory.no_item")

    def place(self, code: str) -> set[int]:
        """The ids of a place and all within it."""
        chosen = _of(code, {row.code: ident for ident, row in self.places.items()}, "location", "inventory.no_location")
        return below([chosen], {ident: row.parent_id for ident, row in self.places.items()})

    def category(self, code: str) -> set[int]:
        """The ids of the items of a category and all below it."""
        chosen = _of(code, {row.code: ident for ident, row in self.categories.items()}, "category", "inventory.no_category")
        there = below([chosen], {ident: row.parent_id for ident, row in self.categories.items()})
        return {ident for ident, row in self.items.items() if row[3] in there}

    def within(self, place: str, category: str) -> Within:
        """Whether something lies in a place, and is of a category, where they are named."""
        return Within(self.place(place) if place else None, self.category(category) if category else None)

    def category_of(self, item: int) -> str:
        """The code of an item's category."""
        found = self.items[item][3]
        return "" if found is None else self.categories[found].code

    def money(self, value: int) -> Money:
        """Minor units as money."""
        return Money.minor(value, self.currency)


@attrs.frozen
class Within:
    """What is asked for."""

    places: Collection[int] | None
    items: Collection[int] | None

    def __call__(self, row: Held) -> bool:
        """Whether it is."""
        return (self.places is None or row.location_id in self.places) and (self.items is None or row.item_id in self.items)


def _of(code: str, known: Mapping[str, int], what: str, finding: str) -> int:
    if code not in known:
        raise NotFound(
            [Finding(finding, f"There is no {what} {code!r}.", field=what, fix=f"Look at those that there are, or add it ({what}).")]
        )
    return known[code]


def _by_item(rows: Iterable[Held], names: Names, by: By) -> Iterator[StockRow]:
    """Sums by item, item and lot, or place, item and lot."""
    sums: dict[tuple[str, str, str], list[Decimal | int]] = {}
    for row in rows:
        place = ("" if row.location_id is None else names.places[row.location_id].code) if by == "slot" else ""
        lot = "" if by == "item" or row.lot_id is None else names.lots[row.lot_id]
        one = sums.setdefault((place, names.items[row.item_id][0], lot), [Decimal(0), 0, row.item_id])
        one[0] += row.quantity
        one[1] += row.value
    total = 0
    for (place, code, lot), (quantity, value, item) in sorted(sums.items()):
        _, name, unit, _ = names.items[int(item)]
        total += int(value)
        if quantity or value:
            category = names.category_of(int(item))
            yield StockRow(
                1, "", place, category, code, name, lot, Decimal(quantity), unit, names.money(int(value)), place or None, lot or None
            )
    yield _total(names, total)


def _total(names: Names, value: int) -> StockRow:
    return StockRow(0, "grand_total", "", "", "", "All stock", "", None, "", names.money(value))


def _by_place(rows: Iterable[Held], names: Names, by: By) -> Iterator[StockRow]:
    """The tree of places with what lies in each and within it."""
    own: dict[int | None, int] = {}
    for row in rows:
        own[row.location_id] = own.get(row.location_id, 0) + row.value
    used = {row.location_id for row in rows}
    parents = {ident: place.parent_id for ident, place in names.places.items()}
    titles = {ident: (place.code, place.name) for ident, place in names.places.items()}
    for level, ident, value in _tree(parents, own, {ident for ident in used if ident is not None}, {i: t[0] for i, t in titles.items()}):
        code, name = titles[ident]
        yield StockRow(level, "", code, "", "", name, "", None, "", names.money(value))
    if own.get(None):
        yield StockRow(1, "", "", "", "", "Of what lies nowhere", "", None, "", names.money(own[None]))
    yield _total(names, sum(own.values()))


def _by_category(rows: Iterable[Held], names: Names, by: By) -> Iterator[StockRow]:
    """The tree of categories with what there is of each and below it."""
    own: dict[int | None, int] = {}
    for row in rows:
        category = names.items[row.item_id][3]
        own[category] = own.get(category, 0) + row.value
    parents = {ident: one.parent_id for ident, one in names.categories.items()}
    codes = {ident: one.code for ident, one in names.categories.items()}
    for level, ident, value in _tree(parents, own, {ident for ident in own if ident is not None}, codes):
        yield StockRow(level, "", "", codes[ident], "", names.categories[ident].name, "", None, "", names.money(value))
    if None in own:
        yield StockRow(1, "", "", "", "", "Without a category", "", None, "", names.money(own[None]))
    yield _total(names, sum(own.values()))


def _tree(
    parents: Mapping[int, int | None], own: Mapping[int | None, int], used: Collection[int], codes: Mapping[int, str]
) -> Iterator[tuple[int, int, int]]:
    """Level, id and sum of everything below, of those branches in which something is."""
    children: dict[int | None, list[int]] = {}
    for ident, parent in parents.items():
        children.setdefault(parent if parent in parents else None, []).append(ident)

    def walk(ident: int, level: int) -> tuple[int, bool, list[tuple[int, int, int]]]:
        value, seen = own.get(ident, 0), ident in used
        rows: list[tuple[int, int, int]] = []
        for child in sorted(children.get(ident, ()), key=lambda one: codes[one]):
            more, there, found = walk(child, level + 1)
            value, seen, rows = value + more, seen or there, [*rows, *found]
        return value, seen, [(level, ident, value), *rows] if seen else []

    for root in sorted(children.get(None, ()), key=lambda one: codes[one]):
        yield from walk(root, 1)[2]
