"""``counts-csv``: what was counted, as a scanner or a spreadsheet of the warehouse gives it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

import attrs

from bocore import Finding, Refused, Severity, UnitOfWork, importer
from bocore_catalog import Gtin, Item, Tracking, to_base
from bocore_inventory.counts import Count
from bocore_inventory.gs1 import Read, read
from bocore_inventory.model import Location
from bocore_inventory.rights import CATALOG, COUNT, SETTLE, VALUE
from bocore_inventory.scanning import KILOGRAM
from bocore_inventory.settings import InventorySettings
from bocore_inventory.tallies import Checked, Tally, look_at, note


@attrs.frozen(kw_only=True)
class CountRow:
    """One line of the table: so much of an item was found in a place."""

    count: str = ""
    place: str = ""
    item: str = ""
    barcode: str = ""
    lot: str = ""
    serial: str = ""
    quantity: Decimal | None = None
    unit: str = ""


@importer("inventory.counts-csv", permission=COUNT, suffix=(".csv", ".xlsx"), row=CountRow, runs_with=[CATALOG, SETTLE, VALUE])
def load(
    uow: UnitOfWork, rows: Iterable[tuple[int, CountRow]], *, count: str = "", new_lots: bool = False, add_up: bool = False
) -> Iterator[Finding]:
    """Take in what was counted, all of it or nothing: what the books have is noted now, and what agrees is settled.

    :param count: number of the count, for rows that name none.
    :param new_lots: lots and serial numbers need not be known yet.
    :param add_up: rows of the same item, lot and place add up, as where each beep of a scanner is a row; else they are refused.
    """
    reading = _Reading(uow, list(rows), count, new_lots, add_up)
    tallies, findings = reading.tallies(), reading.findings
    checked = [(row, look_at(uow, row, found)) for row, found in tallies]
    yield from findings
    for _, each in checked:
        yield from map(reading.in_its_column, each.findings)
    if not findings and not any(each.findings for _, each in checked):
        yield from _noted(uow, checked)


def _noted(uow: UnitOfWork, checked: Sequence[tuple[Count, Checked]]) -> Iterator[Finding]:
    """Write everything down; says how much differs, and not by how much: who counts need not know."""
    for count, each in checked:
        lines = note(uow, count, each.found, each.lines)
        differ = sum(1 for line in lines if line.state == "differs")
        if differ:
            message = f"{differ} of {len(lines)} counted lines {'differs' if differ == 1 else 'differ'}."
            fix = "Count these again: bo report inventory.count-sheet shows which; or have them accepted."
            yield Finding("inventory.differs", message, f"count {count.number}", fix=fix, severity=Severity.WARNING)


@attrs.frozen
class _Stands:
    """What a row stands for, as far as it can be told."""

    line: int
    row: CountRow
    count: Count
    place: Location | None
    item: Item
    scanned: Read | None
    unit: str

    @property
    def lot(self) -> str | None:
        """The lot or serial number, by what the item is kept by; what a barcode says of these besides is not needed."""
        row, scanned = self.row, self.scanned
        lot, serial = row.lot or (scanned and scanned.lot), row.serial or (scanned and scanned.serial)
        if self.item.tracking is Tracking.NONE:
            return row.lot or row.serial or None
        return (serial or row.lot if self.item.tracking is Tracking.SERIAL else lot or row.serial) or None

    @property
    def measured(self) -> tuple[Decimal | None, str]:
        """Quantity and unit: of the row, or what the barcode counts or weighs, or one that was scanned."""
        row, scanned = self.row, self.scanned
        if row.quantity is not None or scanned is None:
            return row.quantity, row.unit or self.unit
        if scanned.weight is not None and not row.unit:
            return scanned.weight, KILOGRAM
        return Decimal(scanned.count or 1), row.unit or self.unit


class _Reading:
    """The rows of a file, and all that is wrong with them."""

    def __init__(self, uow: UnitOfWork, rows: Sequence[tuple[int, CountRow]], count: str, new_lots: bool, add_up: bool) -> None:
        self.uow, self.rows, self.number, self.new_lots, self.add_up = uow, rows, count, new_lots, add_up
        self.findings: list[Finding] = []
        self.by_barcode = {line for line, row in rows if not row.item}
        self.by_serial = {line for line, row in rows if row.serial}

    def tallies(self) -> list[tuple[Count, list[Tally]]]:
        """Each count, and what was found for it."""
        stands = self._stand_for()
        found: dict[int, tuple[Count, list[Tally]]] = {}
        known: dict[tuple[object, ...], Tally] = {}
        for one, quantity in zip(stands, self._quantities(stands), strict=True):
            if quantity is None:
                continue
            tally = Tally(item=one.item, quantity=quantity, place=one.place, lot=one.lot, new=self.new_lots, at=one.line)
            key = (one.count.id, one.item.id, one.lot, one.count.location_id if one.place is None else one.place.id)
            piece = one.item.tracking is Tracking.SERIAL
            before = known.get(key)
            if before is None:
                known[key] = tally
                found.setdefault(one.count.id, (one.count, []))[1].append(tally)
            elif piece or not self.add_up:
                what = f"{one.lot} of {one.item.code}" if one.lot else one.item.code
                fix = "Read the number again: there is only one of it." if piece else "Leave one of them out; or add them up: --add-up."
                self._wrong("inventory.counted_twice", f"{what} was counted there in line {before.at} already.", one.line, "item", fix)
            else:
                mine = found[one.count.id][1]
                known[key] = mine[mine.index(before)] = attrs.evolve(before, quantity=before.quantity + quantity)
        return list(found.values())

    def in_its_column(self, finding: Finding) -> Finding:
        """A finding about what a row says, in the column in which the row says it."""
        column = finding.field
        if finding.field == "item" and finding.at in self.by_barcode:
            column = "barcode"
        elif finding.field == "lot" and finding.at in self.by_serial:
            column = "serial"
        fix = finding.fix.replace("--new.", "--new-lots.")
        return Finding(finding.code, finding.message, finding.at, column, fix)

    def _wrong(self, code: str, message: str, line: int, column: str, fix: str) -> None:
        self.findings.append(Finding(code, message, line, column, fix))

    # -- what the cells name

    def _stand_for(self) -> list[_Stands]:
        """The rows of which everything that they name is there."""
        uow, rows = self.uow, self.rows
        numbers = {row.count or self.number for _, row in rows} - {""}
        counts = {each.number: each for each in uow.select(Count, company_id=uow.company_id, number=sorted(numbers))} if numbers else {}
        codes = {row.place for _, row in rows} - {""}
        places = {each.code: each for each in uow.select(Location, company_id=uow.company_id, code=sorted(codes))} if codes else {}
        items: Mapping[str, Item] = uow.find_all(Item, code={row.item for _, row in rows} - {""})
        scanned = {line: self._scanned(line, row.barcode) for line, row in rows if row.barcode}
        gtins: Mapping[str, Gtin] = uow.find_all(Gtin, code={each.gtin for each in scanned.values() if each is not None})
        packed = uow.get_all(Item, {each.item_id for each in gtins.values()})
        found = []
        for line, row in rows:
            count, place = self._count(line, row, counts), self._place(line, row, places)
            code = scanned.get(line)
            gtin = None if code is None else gtins.get(code.gtin)
            item = self._item(line, row, items, code, None if gtin is None else packed[gtin.item_id])
            if count is not None and item is not None and (place is not None or not row.place):
                unit = item.unit if gtin is None else gtin.unit or item.unit
                found.append(_Stands(line, row, count, place, item, code, unit))
        return found

    def _scanned(self, line: int, barcode: str) -> Read | None:
        try:
            return read(barcode, self.uow.settings(InventorySettings).rcn_region)
        except Refused as refused:
            for finding in refused.findings:
                self._wrong(finding.code, finding.message, line, "barcode", finding.fix)
        return None

    def _count(self, line: int, row: CountRow, counts: Mapping[str, Count]) -> Count | None:
        number = row.count or self.number
        if number in counts:
            return counts[number]
        message = f"There is no count {number[:40]!r}." if number else "The row names no count."
        fix = "Give the number of one that is open, in the column or by --count: bo inventory start-count begins one."
        self._wrong("inventory.no_count", message, line, "count", fix)
        return None

    def _place(self, line: int, row: CountRow, places: Mapping[str, Location]) -> Location | None:
        if row.place and row.place not in places:
            fix = "Name a place within the one that is counted, or leave the cell empty."
            self._wrong("inventory.no_location", f"There is no location {row.place[:40]!r}.", line, "place", fix)
        return places.get(row.place)

    def _item(self, line: int, row: CountRow, items: Mapping[str, Item], code: Read | None, packed: Item | None) -> Item | None:
        item = items.get(row.item)
        if row.item and item is None:
            self._wrong("catalog.no_item", f"There is no item {row.item[:40]!r}.", line, "item", "Correct the code: bo report items.")
        elif not row.item and not row.barcode:
            self._wrong("catalog.no_item", "The row names no item.", line, "item", "Give its code, or its barcode.")
        if code is not None and packed is None:
            fix = "Give the barcode to its item: bo catalog add-gtin ITEM CODE."
            self._wrong("catalog.unknown_barcode", f"No item has the barcode {row.barcode[:40]!r}.", line, "barcode", fix)
            return None
        if packed is not None and item is not None and packed.id != item.id:
            fix = "Correct one of them, or leave one of them empty."
            self._wrong("inventory.contradiction", f"The barcode stands on {packed.code}, not on {item.code}.", line, "barcode", fix)
            return None
        return item if row.item else packed

    # -- quantities

    def _quantities(self, stands: Sequence[_Stands]) -> list[Decimal | None]:
        """What was found of each, in the item's unit; None where that can't be told."""
        measured = [one.measured for one in stands]
        for one, (quantity, _) in zip(stands, measured, strict=True):
            if quantity is None:
                self._wrong("inventory.quantity", "The row has no quantity.", one.line, "quantity", "Give zero where nothing was found.")
        asked = [(at, quantity, unit) for at, (quantity, unit) in enumerate(measured) if quantity is not None]
        found: list[Decimal | None] = [None] * len(stands)
        for at, quantity in self._in_base(stands, asked):
            found[at] = quantity
        return found

    def _in_base(self, stands: Sequence[_Stands], asked: Sequence[tuple[int, Decimal, str]]) -> Iterator[tuple[int, Decimal]]:
        """All at once; each by itself where one of them does not convert, so that it is known which."""
        try:
            done = to_base(self.uow, [stands[at].item for at, _, _ in asked], [q for _, q, _ in asked], [unit for _, _, unit in asked])
        except Refused as refused:
            if len(asked) > 1:
                for one in asked:
                    yield from self._in_base(stands, [one])
                return
            for finding in refused.findings:
                self._wrong(finding.code, finding.message, stands[asked[0][0]].line, "unit", finding.fix)
            return
        yield from ((at, quantity) for (at, _, _), quantity in zip(asked, done, strict=True))
