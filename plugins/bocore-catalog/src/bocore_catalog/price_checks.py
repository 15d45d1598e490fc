"""What must be true of price lists and prices, so that there is never a doubt which of them decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bocore import Changes, Finding, Severity, UnitOfWork, batched, concerns, hookimpl, known_units
from bocore_catalog.conversion import no_conversion, unit_tables
from bocore_catalog.days import clashes, said
from bocore_catalog.model import Category, Item, ItemUnit, Price, PriceList

Key = tuple[object, ...]


@hookimpl
@concerns(PriceList, Price)
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterator[Finding]:
    """Refuse lists and prices of which two would decide with the same right, and prices that can't be."""
    lists = [*changes.added(PriceList), *(change.entity for change in changes.updated(PriceList))]
    if lists:
        yield from _fixed(changes)
        for each in lists:
            yield from _terms(uow, each)
        yield from _overlapping_lists(uow, lists)
    rows = [*changes.added(Price), *(change.entity for change in changes.updated(Price))]
    if rows:
        good = []
        for row, findings in _prices(uow, rows):
            yield from findings
            if not findings:
                good.append(row)
        yield from _overlapping_prices(uow, good)
        yield from _of_no_item(uow, [row for row in good if row.category_id is not None])


# ---------------------------------------------------------------- lists


def _fixed(changes: Changes) -> Iterator[Finding]:
    for change in changes.updated(PriceList):
        for name in sorted(change.new.keys() & {"currency", "tax_included"}):
            said = f"The {name} of the price list {change.entity.code} can't change: its prices are what it says."
            yield Finding("catalog.fixed", said, change.entity, name, "Close the list, and add another one.")


def _terms(uow: UnitOfWork, row: PriceList) -> Iterator[Finding]:
    if row.currency not in uow.tokens:
        said = f"{row.code} is in {row.currency!r}, which is no currency."
        yield Finding("catalog.currency", said, row, "currency", "Use a code of ISO 4217, such as EUR.")
    if row.since is not None and row.through is not None and row.through < row.since:
        said = f"{row.code} ends on {row.through}, before it begins on {row.since}."
        yield Finding("catalog.days", said, row, "through", "Give a later day.")


def _overlapping_lists(uow: UnitOfWork, changed: list[PriceList]) -> Iterator[Finding]:
    concerned = {_scope(row) for row in changed}
    every: dict[Key, list[PriceList]] = {}
    for row in uow.select(PriceList, company_id=sorted({row.company_id for row in changed})):
        if _scope(row) in concerned:
            every.setdefault(_scope(row), []).append(row)
    for rows in every.values():
        for one, other in clashes(((row.since, row.through), row) for row in rows):
            mine, theirs = (other, one) if other in changed else (one, other)
            words = f"{mine.code} ({said((mine.since, mine.through))}) and {theirs.code} ({said((theirs.since, theirs.through))})"
            message = f"The price lists {words} are for the same customers, shops and currency: it would not be clear which decides."
            fix = "Let the days of one lie apart from or within those of the other, give one a group or a site, or put all on one list."
            yield Finding("catalog.ambiguous_list", message, mine, "since", fix)


def _scope(row: PriceList) -> Key:
    return row.company_id, row.currency, row.group_id, row.site_id


# ---------------------------------------------------------------- prices


def _prices(uow: UnitOfWork, rows: list[Price]) -> Iterator[tuple[Price, list[Finding]]]:
    lists = uow.get_all(PriceList, {row.list_id for row in rows})
    items = uow.get_all(Item, {row.item_id for row in rows if row.item_id is not None})
    tables = unit_tables(uow, items.values())
    for row in rows:
        found = list(_price(row, lists[row.list_id]))
        item = items.get(row.item_id or 0)
        if item is not None and tables[item.id].factor(row.unit) is None:
            found.append(no_conversion(tables[item.id], item, row.unit, row))
        yield row, found


def _of_no_item(uow: UnitOfWork, rows: list[Price]) -> Iterator[Finding]:
    """Warn of prices of categories for a unit that is misspelt, or that no item comes in yet: they apply to nothing."""
    known = known_units(uow) if rows else {}
    rows = [row for row in rows if row.unit not in known]
    there = {each.unit for each in uow.select(ItemUnit, unit=sorted({row.unit for row in rows}))} if rows else set()
    for row in rows:
        if row.unit not in there:
            said = f"There is no unit {row.unit!r}, and no item comes in it: the price applies to nothing."
            fix = f"Correct the unit, or say of which items it is a package: bo catalog set-unit ITEM {row.unit} FACTOR."
            yield Finding("catalog.unit", said, row, "unit", fix, Severity.WARNING)


def _price(row: Price, of: PriceList) -> Iterator[Finding]:
    if (row.item_id is None) == (row.category_id is None):
        said = "A price is either of an item or of a category."
        yield Finding("catalog.target", said, row, "item_id", "Give one of the two.")
    if row.price.currency != of.currency:
        said = f"{row.price} can't be on {of.code}, whose prices are in {of.currency}."
        yield Finding("catalog.currency", said, row, "price", f"Give it in {of.currency}, or put it on another list.")
    if row.since is not None and row.through is not None and row.through < row.since:
        said = f"The price ends on {row.through}, before it begins on {row.since}."
        yield Finding("catalog.days", said, row, "through", "Give a later day.")


def _overlapping_prices(uow: UnitOfWork, changed: list[Price]) -> Iterator[Finding]:
    concerned = {_key(row): row for row in changed}
    marked = {id(row) for row in changed}
    every: dict[Key, list[Price]] = {}
    for row in _on_lists(uow, changed):
        if _key(row) in concerned:
            every.setdefault(_key(row), []).append(row)
    found = [pair for rows in every.values() for pair in clashes(((row.since, row.through), row) for row in rows)]
    names = _names(uow, (row for pair in found for row in pair))
    for one, other in found:
        mine, theirs = (other, one) if id(other) in marked else (one, other)
        words = f"{mine.price} ({said((mine.since, mine.through))}) and {theirs.price} ({said((theirs.since, theirs.through))})"
        of = f"{names[mine.item_id, mine.category_id]} from {mine.from_quantity.normalize():f} {mine.unit} on"
        message = f"The prices {words} are both of {of}: it would not be clear which decides."
        fix = "Let the days of one lie apart from or within those of the other; an offer across them is a price list of its own."
        yield Finding("catalog.ambiguous_price", message, mine, "since", fix)


def _key(row: Price) -> Key:
    return row.list_id, row.item_id, row.category_id, row.unit, row.from_quantity


def _on_lists(uow: UnitOfWork, rows: list[Price]) -> Iterator[Price]:
    lists = sorted({row.list_id for row in rows})
    for part in batched(sorted({row.item_id for row in rows if row.item_id is not None})):
        yield from uow.select(Price, list_id=lists, item_id=part)
    for part in batched(sorted({row.category_id for row in rows if row.category_id is not None})):
        yield from uow.select(Price, list_id=lists, category_id=part)


def _names(uow: UnitOfWork, rows: Iterable[Price]) -> dict[tuple[int | None, int | None], str]:
    targets = {(row.item_id, row.category_id) for row in rows}
    items = uow.get_all(Item, {item for item, _ in targets if item is not None})
    categories = uow.get_all(Category, {category for _, category in targets if category is not None})
    return {(i, c): items[i].code if i is not None else categories[c or 0].code for i, c in targets}
