"""``items-csv``: items with their units, barcodes and prices as a table.

A row is an item, and further rows of its code are what it has more of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

import attrs

from bocore import Finding, Refused, UnitOfWork, UnitPrice, batched, importer
from bocore_catalog.gtins import gtin_fault
from bocore_catalog.model import Category, Gtin, Item, ItemKind, ItemUnit, Price, PriceList, Tracking
from bocore_catalog.rights import EDIT, PRICES, READ
from bocore_catalog.settings import CatalogSettings
from bocore_catalog.written import read_factor, read_options


@attrs.frozen(kw_only=True)
class ItemRow:
    """One line of the table. What is empty is not said: of an item that is known it stays as it is."""

    code: str
    name: str = ""
    kind: ItemKind | None = None
    unit: str = ""
    category: str = ""
    tax_class: str = ""
    variant_of: str = ""
    options: str = ""
    tracking: Tracking | None = None
    state: Literal["active", "retired"] | None = None
    pack: str = ""
    factor: str = ""
    gtin: str = ""
    price_list: str = ""
    price: Decimal | None = None
    from_quantity: Decimal = Decimal(0)
    since: date | None = None
    through: date | None = None


Rows = list[tuple[int, ItemRow]]
OF_THE_ITEM = ("name", "kind", "unit", "category", "tax_class", "variant_of", "options", "tracking", "state")


@importer("catalog.items-csv", permission=EDIT, suffix=(".csv", ".xlsx"), row=ItemRow, once=False, runs_with=[READ])
def load(
    uow: UnitOfWork, rows: Iterable[tuple[int, ItemRow]], *, price_list: str = "", since: date | None = None, new_categories: bool = False
) -> Iterator[Finding]:
    """Take in items with their units, barcodes and prices: what is new is added, what differs is changed, the same again changes nothing.

    :param price_list: code of the list of prices that name none.
    :param since: the first day of prices that name none; always without it.
    :param new_categories: add categories that are not there, named by their codes.
    """
    taking = _Taking(uow, price_list or uow.settings(CatalogSettings).price_list, since, new_categories)
    whole = True
    for part in batched(rows):
        if whole:
            try:
                yield from taking.take(part)
                uow.flush(release=True)
            except Refused as refused:
                whole = False  # the unit can't go on; the cells of the other rows are read all the same
                yield from (taking.placed(finding) for finding in refused.findings)
        taking.lines.clear()


class _Taking:
    """Rows being taken in, a batch at a time."""

    def __init__(self, uow: UnitOfWork, price_list: str, since: date | None, new_categories: bool) -> None:
        self.uow, self.price_list, self.since, self.new_categories = uow, price_list, since, new_categories
        self.categories = {each.code: each.id for each in uow.select(Category)}
        rows = uow.select(PriceList, company_id=uow.company.id)
        self.lists = {each.code: (each.id, each.currency) for each in rows}
        self.lines: dict[int, tuple[object, int]] = {}
        """Rows of the database that this batch has made or changed, by identity, and the lines that they come from."""
        self.first: dict[str, tuple[int, ItemRow]] = {}
        """Code → the row that says most of an item, which further rows must not contradict."""
        self.told: dict[tuple[object, ...], int] = {}
        """What units, barcodes and prices the file has spoken of, and in which line."""

    def take(self, part: Rows) -> Iterator[Finding]:
        """Items first, those that variants are made of before these; then what hangs on them."""
        variants = {row.code for _, row in part if row.variant_of}
        codes = {row.code for _, row in part} | {row.variant_of for _, row in part if row.variant_of}
        known = self.uow.find_all(Item, code=codes)
        for later in (False, True):
            for line, row in part:
                if (row.code in variants) is later:
                    yield from self._item(line, row, known)
        there = [(line, row, known[row.code]) for line, row in part if row.code in known]
        yield from self._units(there)
        yield from self._gtins(there)
        yield from self._prices(there)

    def placed(self, finding: Finding) -> Finding:
        """A finding about a row of the database, at the line that it comes from."""
        line = self._line_of(finding.at)
        return finding if line is None else Finding(finding.code, finding.message, line, finding.field, finding.fix)

    def _line_of(self, row: object) -> int | None:
        return self.lines[id(row)][1] if id(row) in self.lines else None

    def _from(self, line: int, row: Any) -> Any:
        self.lines[id(row)] = row, line
        return row

    def _change(self, line: int, row: Any, key: tuple[object, ...], field: str, **values: Any) -> Iterator[Finding]:
        """Change a row of the database, unless a line before has said something else of it, however far above it stands."""
        earlier = self.told.setdefault((field, *key), line)
        if all(getattr(row, name) == value for name, value in values.items()):
            return
        if earlier != line:
            said = f"Line {earlier} says something else of the same."
            yield Finding("catalog.contradiction", said, line, field, "Leave one of the two out.")
            return
        for name, value in values.items():
            setattr(row, name, value)
        self._from(line, row)

    # -- items

    def _item(self, line: int, row: ItemRow, known: dict[Any, Item]) -> Iterator[Finding]:
        if row.code in self.first:
            yield from self._same(line, row)
            return
        findings = list(self._values(line, row, known))
        yield from findings
        self.first[row.code] = line, row
        if any(finding.severity == "error" for finding in findings):
            return
        values = self._said(row, known)
        item = known.get(row.code)
        if item is None:
            for name in ("kind", "unit", "category_id", "tax_class") if row.variant_of else ():
                values.setdefault(name, getattr(known[row.variant_of], name))  # as where it is added by hand
            values.setdefault("tax_class", self.uow.settings(CatalogSettings).tax_class)
            item = known[row.code] = self.uow.add(Item(code=row.code, **values))
        for name, value in values.items():
            if getattr(item, name) != value:
                setattr(item, name, value)
        if row.state is not None and row.state != item.state:
            self.uow.move(item, "retire" if row.state == "retired" else "reactivate")
        self._from(line, item)

    def _same(self, line: int, row: ItemRow) -> Iterator[Finding]:
        earlier, first = self.first[row.code]
        for name in OF_THE_ITEM:
            if getattr(row, name) and getattr(row, name) != getattr(first, name):
                said = f"The {name} of {row.code} is {str(getattr(first, name))[:50]!r} in line {earlier}, and another one here."
                yield Finding("catalog.contradiction", said, line, name, "Say it once, in the first row of the item.")

    def _values(self, line: int, row: ItemRow, known: Mapping[Any, Item]) -> Iterator[Finding]:
        """What is wrong with what a row says of its item."""
        item = known.get(row.code)
        if not row.code:
            yield Finding("catalog.no_code", "The row names no item.", line, "code", "Give the code of the item in each row.")
        elif item is None and not row.name:
            yield Finding("catalog.no_name", f"{row.code} is new, and has no name.", line, "name", "Give it one, or correct the code.")
        if item is not None:
            for name in ("unit", "kind"):
                if getattr(row, name) and getattr(row, name) != getattr(item, name):
                    said = f"The {name} of {row.code} is {getattr(item, name)}, and can't change."
                    yield Finding(
                        "catalog.fixed", said, line, name, "Leave the cell empty; for another one retire the item and add a new one."
                    )
        if row.category and row.category not in self.categories and not self.new_categories:
            said = f"There is no category {row.category[:50]!r}."
            fix = "Add it: bo import categories-csv, bo catalog add-category, or --new-categories."
            yield Finding("catalog.no_category", said, line, "category", fix)
        if row.variant_of and (row.variant_of not in known or row.variant_of == row.code):
            said = f"{row.code} can't be a variant of {row.variant_of[:50]!r}, which is no other item."
            yield Finding("catalog.no_model", said, line, "variant_of", "Put the item that it is a variant of before it.")
        try:
            read_options(row.options) if row.options else {}
        except ValueError as error:
            yield Finding("catalog.cell", f"options {error}.", line, "options", "Correct the cell.")

    def _said(self, row: ItemRow, known: Mapping[Any, Item]) -> dict[str, Any]:
        said: dict[str, Any] = {name: getattr(row, name) for name in ("name", "kind", "unit", "tax_class", "tracking")}
        if row.category:
            if row.category not in self.categories:
                self.categories[row.category] = self.uow.add(Category(code=row.category, name=row.category)).id
            said["category_id"] = self.categories[row.category]
        if row.variant_of:
            said["variant_of_id"] = known[row.variant_of].id
        if row.options:
            said["options"] = read_options(row.options)
        return {name: value for name, value in said.items() if value not in (None, "")}

    # -- what hangs on them

    def _units(self, rows: list[tuple[int, ItemRow, Item]]) -> Iterator[Finding]:
        own = self.uow.children({id(item): item for _, _, item in rows}.values(), ItemUnit)
        found = {(unit.item_id, unit.unit): unit for units in own.values() for unit in units}
        for line, row, item in rows:
            if not row.factor:
                continue
            try:
                factor = read_factor(row.factor)
            except ValueError as error:
                yield Finding("catalog.cell", f"factor {error}.", line, "factor", "Correct the cell.")
                continue
            if not row.pack:
                yield Finding("catalog.cell", "The factor is of no pack.", line, "pack", "Say which unit has so much, such as BOX.")
                continue
            unit = found.get((item.id, row.pack))
            if unit is None:
                made = ItemUnit(item_id=item.id, unit=row.pack, numerator=factor.numerator, denominator=factor.denominator)
                found[item.id, row.pack] = self._from(line, self.uow.add(made))
                self.told["factor", item.id, row.pack] = line
            else:
                same = Fraction(unit.numerator, unit.denominator) == factor
                numerator, denominator = (unit.numerator, unit.denominator) if same else factor.as_integer_ratio()
                key = (item.id, row.pack)
                yield from self._change(line, unit, key, "factor", numerator=numerator, denominator=denominator)

    def _gtins(self, rows: list[tuple[int, ItemRow, Item]]) -> Iterator[Finding]:
        right: list[tuple[int, str, str, Item]] = []
        for line, row, item in rows:
            fault = gtin_fault(row.gtin, line) if row.gtin else None
            if fault is not None:
                yield Finding(fault.code, fault.message, line, "gtin", fault.fix)
            elif row.gtin:
                digits = row.gtin.replace(" ", "").replace("-", "").zfill(14)
                right.append((line, digits, "" if row.pack == item.unit else row.pack, item))
        known = self.uow.find_all(Gtin, code=[code for _, code, _, _ in right])
        for line, code, unit, item in right:
            gtin = known.get(code)
            if gtin is None:
                known[code] = self._from(line, self.uow.add(Gtin(item_id=item.id, code=code, unit=unit)))
                self.told["gtin", code] = line
            elif gtin.item_id != item.id:
                said = f"The barcode {code} stands on another item already."
                yield Finding("catalog.barcode_taken", said, line, "gtin", f"Take it from there first: bo catalog drop-gtin {code}.")
            else:
                yield from self._change(line, gtin, (code,), "gtin", unit=unit)

    def _prices(self, rows: list[tuple[int, ItemRow, Item]]) -> Iterator[Finding]:
        priced = [(line, row, item) for line, row, item in rows if row.price is not None]
        if priced:
            self.uow.require(PRICES, "set the prices of the table")
        right = []
        for line, row, item in priced:
            findings = list(self._price(line, row))
            yield from findings
            if not findings:
                right.append((line, row, item))
        lists = [ident for ident, _ in self.lists.values()]
        every = self.uow.select(Price, list_id=lists, item_id=sorted({item.id for _, _, item in right})) if right else ()
        found = {_key(each): each for each in every}
        for line, row, item in right:
            ident, currency = self.lists[row.price_list or self.price_list]
            made = Price(
                list_id=ident,
                item_id=item.id,
                unit=row.pack or item.unit,
                from_quantity=row.from_quantity,
                price=UnitPrice(row.price or Decimal(0), self.uow.tokens[currency]),
                since=row.since or self.since,
                through=row.through,
            )
            known = found.get(_key(made))
            if known is None:
                found[_key(made)] = self._from(line, self.uow.add(made))
                self.told["price", *_key(made)] = line
            else:
                yield from self._change(line, known, _key(made), "price", price=made.price)

    def _price(self, line: int, row: ItemRow) -> Iterator[Finding]:
        code = row.price_list or self.price_list
        if code not in self.lists:
            said = f"There is no price list {code[:50]!r}." if code else "The price is on no list."
            fix = "Name one in the column price_list or by --price-list; bo catalog add-price-list makes one."
            yield Finding("catalog.no_list", said, line, "price_list", fix)
        if row.price is not None and (row.price < 0 or -int(row.price.as_tuple().exponent) > 18 or row.price >= 10**18):
            said = f"{row.price} can't be a price."
            yield Finding("catalog.cell", said, line, "price", "Give one of zero or more, with at most 18 decimal places.")
        if row.from_quantity < 0:
            yield Finding("catalog.cell", f"No price holds from {row.from_quantity} on.", line, "from_quantity", "Give zero or more.")


def _key(row: Price) -> tuple[object, ...]:
    return row.list_id, row.item_id, row.unit, row.from_quantity, row.since, row.through
