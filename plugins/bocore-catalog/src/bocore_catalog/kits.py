"""Kits: sets of items that are sold as one, and what is in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

import attrs

from bocore import Finding, UnitOfWork
from bocore_catalog.conversion import decimal_of, exactly, in_base, items_of, unit_tables
from bocore_catalog.model import Item, ItemKind, KitPart


@attrs.frozen
class Part:
    """How much of an item is in what was asked for.

    :param item: id of the item, which is no kit.
    :param quantity: in the item's unit.
    """

    item: int
    quantity: Decimal


def explode(uow: UnitOfWork, items: Sequence[Item | int], quantities: Sequence[Decimal | int]) -> list[list[Part]]:
    """What is in each kit, kits within kits included, each item once; an item that is no kit is its own only part.

    Three queries a level of kits, however many are asked for.

    :param items: ids, or the items.
    :param quantities: in the items' units.
    :raises Refused: a kit has no parts (``catalog.empty_kit``), or a quantity has no end as a decimal number (``catalog.inexact``).
    """
    asked = items_of(uow, items)
    contents = _contents(uow, asked)
    known = uow.get_all(Item, {ident for parts in contents.values() for ident, _ in parts} | {item.id for item in asked})
    return [
        [
            Part(ident, decimal_of(amount, known[ident], known[ident].unit, amount))
            for ident, amount in _summed(item.id, exactly(quantity), contents).items()
        ]
        for item, quantity in zip(asked, quantities, strict=True)
    ]


def _contents(uow: UnitOfWork, items: Iterable[Item]) -> dict[int, list[tuple[int, Fraction]]]:
    """Kit → its parts, each with how much of its own unit is in one kit."""
    found: dict[int, list[tuple[int, Fraction]]] = {}
    level = {item.id: item for item in items if item.kind is ItemKind.KIT}
    while level:
        rows = uow.children(level.values(), KitPart)
        uow.refuse(*(_empty(kit) for kit in level.values() if not rows[kit.id]))
        parts = uow.get_all(Item, {row.item_id for each in rows.values() for row in each})
        tables = unit_tables(uow, parts.values())
        for ident, each in rows.items():
            found[ident] = [(r.item_id, in_base(tables[r.item_id], parts[r.item_id], r.quantity, r.unit or None)) for r in each]
        level = {ident: part for ident, part in parts.items() if part.kind is ItemKind.KIT and ident not in found}
    return found


def _summed(item: int, quantity: Fraction, contents: dict[int, list[tuple[int, Fraction]]]) -> dict[int, Fraction]:
    made: dict[int, Fraction] = {}
    for ident, amount in _leaves(item, quantity, contents):
        made[ident] = made.get(ident, Fraction(0)) + amount
    return made


def _leaves(item: int, quantity: Fraction, contents: dict[int, list[tuple[int, Fraction]]]) -> Iterator[tuple[int, Fraction]]:
    if item not in contents:
        yield item, quantity
        return
    for ident, amount in contents[item]:
        yield from _leaves(ident, quantity * amount, contents)


def _empty(kit: Item) -> Finding:
    fix = f"Say what is in it: bo catalog set-part {kit.code} ITEM QUANTITY."
    return Finding("catalog.empty_kit", f"The kit {kit.code} has no parts.", kit, fix=fix)
