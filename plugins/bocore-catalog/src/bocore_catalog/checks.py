"""What must be true of items, categories, units, barcodes and kits, however they were written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from bocore import Changes, Finding, Refused, UnitOfWork, Units, concerns, hookimpl, known_units
from bocore_catalog.conversion import no_conversion, unit_tables
from bocore_catalog.gtins import gtin_fault
from bocore_catalog.model import Category, Gtin, Item, ItemKind, ItemUnit, KitPart, Price, Tracking


@hookimpl
@concerns(Category, Item, ItemUnit, Gtin, KitPart)
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterator[Finding]:
    """Refuse circles, variants that differ in more than their options, and units and barcodes that can't be."""
    items = [*changes.added(Item), *(change.entity for change in changes.updated(Item))]
    if items:
        yield from _fixed(changes)
        yield from _units_known(uow, changes.added(Item))
        yield from _tracked(items)
        yield from _variants(uow, items)
        yield from still_needed(uow, [change.entity for change in changes.updated(Item) if change.new.get("state") == "retired"])
    categories = [*changes.added(Category), *(change.entity for change in changes.updated(Category))]
    if any(each.parent_id for each in categories):
        yield from _circles_of_categories(uow, categories)
    yield from _item_units(uow, [*changes.added(ItemUnit), *(change.entity for change in changes.updated(ItemUnit))])
    yield from _dropped(uow, changes.removed(ItemUnit))
    yield from _gtins(uow, [*changes.added(Gtin), *(change.entity for change in changes.updated(Gtin))])
    yield from _parts(uow, [*changes.added(KitPart), *(change.entity for change in changes.updated(KitPart))])


# ---------------------------------------------------------------- items


def _fixed(changes: Changes) -> Iterator[Finding]:
    for change in changes.updated(Item):
        for name in sorted(change.new.keys() & {"unit", "kind"}):
            item = change.entity
            said = (
                f"The {name} of {item.code} can't change from {change.old[name]} to {change.new[name]}: prices and quantities rest on it."
            )
            yield Finding("catalog.fixed", said, item, name, "Retire the item, and add another one.")


def _units_known(uow: UnitOfWork, items: Iterable[Item]) -> Iterator[Finding]:
    units = known_units(uow)
    for item in items:
        if item.unit not in units:
            try:
                units[item.unit]
            except Refused as refused:  # it knows what else may be meant
                said = f"{item.code} is kept in {item.unit!r}, and there is no such unit."
                fix = f"Name a unit that is known. {refused.findings[0].fix}"
                yield Finding("catalog.no_unit", said, item, "unit", fix)


def _tracked(items: Iterable[Item]) -> Iterator[Finding]:
    for item in items:
        if item.tracking is not Tracking.NONE and item.kind in (ItemKind.SERVICE, ItemKind.KIT):
            said = f"{item.code} is a {item.kind}, of which there are no lots or serial numbers."
            yield Finding("catalog.tracking", said, item, "tracking", "Leave the tracking at none; the parts of a kit have their own.")


def _variants(uow: UnitOfWork, items: list[Item]) -> Iterator[Finding]:
    """What is wrong with the variants among these items."""
    mine = [item for item in items if item.variant_of_id is not None]
    if not mine:
        return
    models = uow.get_all(Item, {item.variant_of_id for item in mine if item.variant_of_id})
    siblings: dict[int | None, list[Item]] = {}
    for each in uow.select(Item, variant_of_id=sorted({*models, *(item.id for item in mine)})):
        siblings.setdefault(each.variant_of_id, []).append(each)
    for item in mine:
        yield from _variant(item, models[item.variant_of_id or 0], siblings.get(item.variant_of_id, []), item.id in siblings)


def _variant(item: Item, model: Item, siblings: Iterable[Item], has_variants: bool) -> Iterator[Finding]:
    if model.id == item.id or model.variant_of_id is not None or has_variants:
        said = f"{item.code} can't be a variant of {model.code}: a variant has no variants of its own."
        yield Finding("catalog.variant", said, item, "variant_of_id", "Name the item that all of them are variants of.")
    if (item.unit, item.kind) != (model.unit, model.kind):
        said = f"{item.code} is a {item.kind} in {item.unit}, and {model.code}, of which it is a variant, a {model.kind} in {model.unit}."
        yield Finding("catalog.variant", said, item, "variant_of_id", "Give it the unit and the kind of the other.")
    if not item.options:
        said = f"Nothing says how {item.code} differs from the other variants of {model.code}."
        yield Finding("catalog.options", said, item, "options", "Give it options, such as size=L.")
    for other in siblings:
        if other.id != item.id and other.options == item.options and other.options:
            said = f"{item.code} has the same options as {other.code}, another variant of {model.code}."
            yield Finding("catalog.options", said, item, "options", "Give each variant options of its own.")


def still_needed(uow: UnitOfWork, items: list[Item]) -> Iterator[Finding]:
    """Why these items can't be retired: an active kit has one of them in it, or an active item is a variant of it."""
    if not items:
        return
    ids = sorted(item.id for item in items)
    parts = uow.select(KitPart, item_id=ids).all()
    kits = uow.get_all(Item, {part.kit_id for part in parts})
    variants = uow.select(Item, variant_of_id=ids, state="active").order_by(Item.c.code).all()
    for item in items:
        for part in parts:
            kit = kits[part.kit_id]
            if part.item_id == item.id and kit.state == "active":
                fix = f"Take it out first: bo catalog drop-part {kit.code} {item.code}."
                yield Finding("catalog.in_kit", f"{item.code} is in the kit {kit.code}.", item, "state", fix)
        for each in variants:
            if each.variant_of_id == item.id:
                fix = f"Retire it first: bo catalog retire-item {each.code}."
                yield Finding("catalog.has_variants", f"{each.code} is a variant of {item.code}.", item, "state", fix)


# ---------------------------------------------------------------- categories


def _circles_of_categories(uow: UnitOfWork, rows: Iterable[Category]) -> Iterator[Finding]:
    every = {each.id: each for each in uow.select(Category)}
    above = {each.id: each.parent_id for each in every.values()}
    for row in rows:
        circle = _circle(row.id, {ident: [parent] if parent else [] for ident, parent in above.items()})
        if circle:
            path = " > ".join(every[ident].code for ident in reversed(circle))
            yield Finding(
                "catalog.circle", f"{row.code} would stand under itself: {path}.", row, "parent_id", "Choose another category above it."
            )


def _circle(start: int, next_of: Mapping[int, list[int]]) -> list[int]:
    """A way from here back to here, both ends named; empty where there is none."""
    ways, seen = [[start]], set[int]()
    while ways:
        way = ways.pop()
        for following in next_of.get(way[-1], ()):
            if following == start:
                return [*way, start]
            if following not in seen:
                seen.add(following)
                ways.append([*way, following])
    return []


# ---------------------------------------------------------------- units and barcodes


def _item_units(uow: UnitOfWork, rows: list[ItemUnit]) -> Iterator[Finding]:
    if not rows:
        return
    units, items = known_units(uow), uow.get_all(Item, {row.item_id for row in rows})
    for row in rows:
        item, factor = items[row.item_id], Fraction(row.numerator, row.denominator)
        always = _by_nature(units, row.unit, item.unit)
        if row.unit == item.unit:
            said = f"{row.unit} is the unit of {item.code} itself."
            yield Finding("catalog.item_unit", said, row, "unit", "Declare only units that it comes in besides.")
        elif not row.unit.isprintable() or " " in row.unit:
            said = f"{row.unit!r} can't be the code of a unit."
            yield Finding("catalog.item_unit", said, row, "unit", "Use letters and digits: BOX, CT, PAL1.")
        elif always not in (None, factor):
            said = f"One {row.unit} is {always} {item.unit} of anything, so it can't be {factor} of {item.code}."
            yield Finding("catalog.item_unit", said, row, "unit", "Use a code of your own for the package, such as BOX.")


def _dropped(uow: UnitOfWork, rows: list[ItemUnit]) -> Iterator[Finding]:
    """A unit goes only where no barcode, price or kit rests on it: a scanned box would be of nothing, and its price gone without a word."""
    if not rows:
        return
    known = uow.get_all(Item, {row.item_id for row in rows})  # without items that are removed themselves
    dropped = [row for row in rows if row.item_id in known]
    variants = uow.select(Item, variant_of_id=sorted(known)).all() if known else []
    items = {**known, **{item.id: item for item in variants}}
    tables = unit_tables(uow, items.values())
    uses: list[tuple[int | None, str, str]] = []
    for code in uow.select(Gtin, item_id=sorted(items)).order_by(Gtin.c.code):
        uses.append((code.item_id, code.unit, f"the barcode {code.code}"))
    for price in uow.select(Price, item_id=sorted(items)).order_by(Price.c.id):
        uses.append((price.item_id, price.unit, f"the price {price.price}"))
    for part in uow.select(KitPart, item_id=sorted(items)).order_by(KitPart.c.id):
        uses.append((part.item_id, part.unit, "a part of a kit"))
    for row in dropped:
        for ident, unit, what in uses:
            item = items[ident or 0]
            if unit == row.unit and row.item_id in (item.id, item.variant_of_id) and tables[item.id].factor(unit) is None:
                said = f"{known[row.item_id].code} comes in {unit} by {what} of {item.code}."
                yield Finding("catalog.unit_in_use", said, known[row.item_id], "unit", "Take that away first, or leave the unit.")


def _by_nature(units: Units, unit: str, to: str) -> Fraction | None:
    """What one of a unit is in another one whatever is measured, such as a dozen in pieces; None where that depends on the item."""
    if unit not in units or to not in units or units[unit].dimension != units[to].dimension:
        return None
    return units[unit].factor / units[to].factor


def _gtins(uow: UnitOfWork, rows: list[Gtin]) -> Iterator[Finding]:
    if not rows:
        return
    items = uow.get_all(Item, {row.item_id for row in rows})
    tables = unit_tables(uow, items.values())
    for row in rows:
        fault = gtin_fault(row.code, row)
        if fault is not None:
            yield fault
        elif len(row.code) != 14:
            said = f"{row.code} is kept as 14 digits."
            yield Finding("catalog.gtin", said, row, "code", f"Write {row.code:0>14}; as_gtin does.")
        item = items[row.item_id]
        if row.unit and tables[item.id].factor(row.unit) is None:
            yield no_conversion(tables[item.id], item, row.unit, row)


# ---------------------------------------------------------------- kits


def _parts(uow: UnitOfWork, rows: list[KitPart]) -> Iterator[Finding]:
    if not rows:
        return
    items = uow.get_all(Item, {ident for row in rows for ident in (row.kit_id, row.item_id)})
    tables = unit_tables(uow, items.values())
    below = _all_below(uow, {row.item_id for row in rows})
    for row in rows:
        kit, part = items[row.kit_id], items[row.item_id]
        if kit.kind is not ItemKind.KIT:
            said = f"{kit.code} is a {kit.kind}, and only a kit has parts."
            yield Finding("catalog.no_kit", said, row, "kit_id", "Add an item of the kind kit for the set.")
        if row.unit and tables[part.id].factor(row.unit) is None:
            yield no_conversion(tables[part.id], part, row.unit, row)
        circle = _circle(kit.id, {**below, kit.id: [*below.get(kit.id, []), part.id]})
        if circle:
            named = uow.get_all(Item, circle)
            path = " > ".join(named[ident].code for ident in circle)
            yield Finding("catalog.circle", f"The kit {kit.code} would contain itself: {path}.", row, "item_id", "Leave this part out.")


def _all_below(uow: UnitOfWork, start: Iterable[int]) -> dict[int, list[int]]:
    """Kit → its parts, for these items and all that is in them: a query a level."""
    found: dict[int, list[int]] = {}
    level = set(start)
    while level:
        for ident in level:
            found[ident] = []
        for part in uow.select(KitPart, kit_id=sorted(level)):
            found[part.kit_id].append(part.item_id)
        level = {part for ident in level for part in found[ident]} - found.keys()
    return found
