"""The catalogue as tables: items as the importer reads them, and categories."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import zip_longest
from typing import TextIO

import attrs

from bocore import CsvWriter, Finding, UnitOfWork, batched, exporter, importer
from bocore_catalog.items_csv import ItemRow
from bocore_catalog.model import Category, Gtin, Item, ItemUnit, Price, PriceList
from bocore_catalog.rights import EDIT, READ
from bocore_catalog.written import plain, write_factor, write_options

COLUMNS = [column.name for column in attrs.fields(ItemRow)]


@exporter("catalog.items-csv", permission=READ, suffix=".csv")
def dump(uow: UnitOfWork, out: TextIO, *, price_list: PriceList | None = None) -> None:
    """Write all items with their units, barcodes and prices as the table that the importer reads.

    :param price_list: only the prices of this list; of all lists of the company without one.
    """
    writer = CsvWriter(out)
    writer.writerow(COLUMNS)
    lists = {each.id: each.code for each in uow.select(PriceList, company_id=uow.company.id) if price_list in (None, each)}
    categories = {each.id: each.code for each in uow.select(Category)}
    for variants in (False, True):  # what has variants comes before them
        condition = Item.c.variant_of_id.is_not(None) if variants else Item.c.variant_of_id.is_(None)
        for part in batched(uow.stream(uow.select(Item).where(condition).order_by(Item.c.code)), 1000):
            for row in _rows(uow, part, lists, categories):
                writer.writerow([row.get(name, "") for name in COLUMNS])


def _rows(uow: UnitOfWork, items: list[Item], lists: Mapping[int, str], categories: Mapping[int, str]) -> Iterator[dict[str, object]]:
    """The rows of some items, in a few queries for all of them."""
    units, gtins = uow.children(items, ItemUnit), uow.children(items, Gtin)
    models = uow.get_all(Item, {item.variant_of_id for item in items if item.variant_of_id})
    prices: dict[int | None, list[Price]] = {}
    for price in uow.select(Price, list_id=list(lists), item_id=[item.id for item in items]) if lists else ():
        prices.setdefault(price.item_id, []).append(price)
    for item in items:
        head = _head(item, categories, models)
        for row in _packs(item, units[item.id], gtins[item.id], prices.get(item.id, []), lists):
            yield {"code": item.code, **row, **head}
            head = {}


def _head(item: Item, categories: Mapping[int, str], models: Mapping[int, Item]) -> dict[str, object]:
    return {
        "name": item.name,
        "kind": item.kind,
        "unit": item.unit,
        "category": categories.get(item.category_id or 0, ""),
        "tax_class": item.tax_class,
        "variant_of": models[item.variant_of_id].code if item.variant_of_id else "",
        "options": write_options(item.options) if item.options else "",
        "tracking": item.tracking,
        "state": item.state,
    }


def _packs(
    item: Item, units: list[ItemUnit], gtins: list[Gtin], prices: list[Price], lists: Mapping[int, str]
) -> Iterator[dict[str, object]]:
    """A row for each barcode and each price, side by side, unit by unit: its own first."""
    factors = {unit.unit: write_factor(Fraction(unit.numerator, unit.denominator)) for unit in units}
    packs = {*factors, *(gtin.unit for gtin in gtins), *(price.unit for price in prices)} - {item.unit, ""}
    for pack in ("", *sorted(packs)):
        codes = sorted(gtin.code for gtin in gtins if gtin.unit == pack)
        mine = sorted((price for price in prices if price.unit == (pack or item.unit)), key=lambda each: _order(each, lists))
        for place, (code, price) in enumerate(zip_longest(codes, mine)):
            yield _pack(pack, "" if place else factors.get(pack, "")) | _barcode(code) | _price(price, lists)
        if not (codes or mine):
            yield _pack(pack, factors.get(pack, ""))


def _pack(pack: str, factor: str) -> dict[str, object]:
    return {"pack": pack, "factor": factor}


def _barcode(code: str | None) -> dict[str, object]:
    return {"gtin": code} if code else {}


def _price(price: Price | None, lists: Mapping[int, str]) -> dict[str, object]:
    if price is None:
        return {}
    days = {"since": price.since or "", "through": price.through or ""}
    return {"price_list": lists[price.list_id], "price": price.price.text, "from_quantity": plain(price.from_quantity), **days}


def _order(price: Price, lists: Mapping[int, str]) -> tuple[object, ...]:
    return lists[price.list_id], price.from_quantity, str(price.since or ""), str(price.through or "")


# ---------------------------------------------------------------- categories


@attrs.frozen(kw_only=True)
class CategoryRow:
    """One line of the table."""

    code: str
    name: str = ""
    under: str = ""


@importer("catalog.categories-csv", permission=EDIT, suffix=(".csv", ".xlsx"), row=CategoryRow, once=False)
def load_categories(uow: UnitOfWork, rows: Iterable[tuple[int, CategoryRow]]) -> Iterator[Finding]:
    """Take in the tree of categories: each with the category that it is under, in any order; what differs is changed."""
    table = list(rows)
    known = {each.code: each for each in uow.select(Category)}
    for line, row in table:
        if not row.code:
            yield Finding("catalog.no_code", "The row names no category.", line, "code", "Give the code of the category.")
        elif row.code not in known:
            known[row.code] = uow.add(Category(code=row.code, name=row.name or row.code))
        elif row.name and known[row.code].name != row.name:
            known[row.code].name = row.name
    for line, row in table:
        if row.under and row.under not in known:
            said = f"There is no category {row.under[:50]!r}."
            yield Finding("catalog.no_category", said, line, "under", "Give it a row of its own.")
        elif row.under and row.code in known and known[row.code].parent_id != known[row.under].id:
            known[row.code].parent_id = known[row.under].id


@exporter("catalog.categories-csv", permission=READ, suffix=".csv")
def dump_categories(uow: UnitOfWork, out: TextIO) -> None:
    """Write the tree of categories as the table that the importer reads."""
    writer = CsvWriter(out)
    writer.writerow(["code", "name", "under"])
    every = {each.id: each for each in uow.select(Category)}
    for each in sorted(every.values(), key=lambda row: row.code):
        writer.writerow([each.code, each.name, every[each.parent_id].code if each.parent_id else ""])
