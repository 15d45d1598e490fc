"""What was counted comes from a file: of a scanner, or a spreadsheet of the warehouse; all of it, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from store import item, receive, there
from trade import eur, make, movement

from bocore import BackOffice, NotAllowed, Refused, User, write_setting
from bocore.testing import as_role
from bocore_catalog import Gtin, Item, ItemUnit, Tracking
from bocore_inventory import Lot
from bocore_inventory.counting import cancel_count, start_count
from bocore_inventory.counts import Count, CountLine
from bocore_inventory.locations import add_location
from bocore_inventory.places import locations
from bocore_inventory.settings import InventorySettings

DAY = date(2026, 1, 5)
GTIN, BOX = "4006381333931", "14006381333938"
Take = Callable[..., Any]


@pytest.fixture(autouse=True)
def sunday(clock: Any) -> None:
    clock.set("2026-01-18T09:00Z")


@pytest.fixture
def count(bo: BackOffice, nail: int) -> int:
    """A count of the whole stock: nails in two places and in boxes of 100, milk by lots, pumps by serial numbers, ham by weight."""
    milk, pump = item(bo, "MILK", Tracking.LOT), item(bo, "PUMP", Tracking.SERIAL)
    with bo.unit_of_work(actor="ann") as uow:
        add_location(uow, "SHELF", "Shelf", parent=locations(uow, ["STOCK"])["STOCK"])
        uow.add(ItemUnit(item_id=nail, unit="BOX", numerator=100))
        uow.add_all(
            [Gtin(item_id=nail, code=f"0{GTIN}"), Gtin(item_id=nail, code=BOX, unit="BOX"), Gtin(item_id=pump, code="05901234123457")]
        )
        ham = uow.add(Item(code="HAM", name="Ham", tax_class="food", unit="KGM"))
        uow.add(Gtin(item_id=ham.id, code="02302148200006"))
        write_setting(uow, InventorySettings, "rcn_region", "no")
    receive(bo, nail, 600, "n1", DAY)
    receive(bo, nail, 40, "n2", DAY, location="SHELF")
    receive(bo, milk, 12, "m1", DAY, lot="L1", expires_on=date(2026, 3, 1))
    receive(bo, pump, 2, "p1", DAY, serials=("P1", "P2"))
    make(bo, movement(ham.id, "2.172", DAY, "h1", cost=eur("20.00")))
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(User(name="ann", owner=True))
        return start_count(uow, locations(uow, ["STOCK"])["STOCK"]).id


@pytest.fixture
def take(bo: BackOffice, count: int, tmp_path: Path) -> Take:
    """Take a table of these rows in, by somebody who may count and nothing else."""

    def taken(*rows: str, head: str = "count,place,item,barcode,lot,serial,quantity,unit", **options: Any) -> Any:
        path = tmp_path / "counted.csv"
        path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
        return bo.import_file("counts-csv", path, actor=as_role(bo, "inventory.counter"), **options)

    return taken


def lines(bo: BackOffice) -> dict[str, tuple[Decimal | None, str]]:
    """Item, lot and place → what was counted, and what became of it."""
    rows = bo.report("inventory.count-sheet", actor="ann", count="2026-00001").rows
    return {f"{row.item} {row.lot}".strip() + f" {row.place}": (row.counted, row.state) for row in rows}


def wrong(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str]]:
    """Line and column, and code, of everything that is wrong; each says what to do."""
    assert all(finding.fix for finding in refused.value.findings)
    return [(f"{finding.at}.{finding.field}".removeprefix("counted.csv:"), finding.code) for finding in refused.value.findings]


ALL = (
    "2026-00001,,NAIL,,,,6,BOX",
    f"2026-00001,SHELF,,{GTIN},,,38,",
    "2026-00001,,MILK,,L1,,12,",
    "2026-00001,,PUMP,,,P1,1,",
    "2026-00001,,,(01)05901234123457(21)P2,,,,",
    "2026-00001,,HAM,,,,2172,GRM",
)


def test_a_file_of_what_was_counted(bo: BackOffice, take: Take, nail: int) -> None:
    """All agrees but two nails on the shelf, which somebody looks for again."""
    result = take(*ALL)
    assert [finding.message for finding in result.findings] == ["1 of 6 counted lines differs."]
    assert lines(bo) == {
        "NAIL STOCK": (600, "settled"),
        "NAIL SHELF": (38, "differs"),
        "MILK L1 STOCK": (12, "settled"),
        "PUMP P1 STOCK": (1, "settled"),
        "PUMP P2 STOCK": (1, "settled"),
        "HAM STOCK": (Decimal("2.172"), "settled"),
    }
    take("2026-00001,SHELF,NAIL,,,,38,")
    assert there(bo, nail) == {("STOCK", ""): (600, 0), ("SHELF", ""): (38, 0)}
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.select(Count).one().state == "settled"


def test_the_same_file_again_confirms_nothing(bo: BackOffice, take: Take, nail: int) -> None:
    take(*ALL)
    assert take(*ALL).repeated
    assert lines(bo)["NAIL SHELF"] == (38, "differs")
    assert there(bo, nail)["SHELF", ""] == (40, 0)


def test_a_dry_run_keeps_nothing(bo: BackOffice, take: Take) -> None:
    assert len(take(*ALL, dry_run=True).findings) == 1
    assert {state for _, state in lines(bo).values()} == {"open"}


def test_a_workbook_of_the_warehouse_with_names_of_its_own(bo: BackOffice, count: int, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["Artikel", "Platz", "Ist", "Wer"], ["NAIL", "SHELF", 40, "x"], ["NAIL", None, 600, None]):
        book.active.append(row)
    book.save(tmp_path / "zaehlung.xlsx")
    columns = {"Artikel": "item", "Platz": "place", "Ist": "quantity", "Wer": ""}
    bo.import_file("counts-csv", tmp_path / "zaehlung.xlsx", actor="ann", columns=columns, count="2026-00001")
    assert (lines(bo)["NAIL SHELF"], lines(bo)["NAIL STOCK"]) == ((40, "settled"), (600, "settled"))


def test_each_beep_of_a_scanner_is_a_row(bo: BackOffice, take: Take) -> None:
    """Six boxes, three by their barcode and three in one go; ham in two packages with their weights; a pump."""
    beeps = [BOX, f"(01){BOX}", BOX, f"(02)0{GTIN}(37)300", "2302148210869", "2302148210869", "(01)05901234123457(21)P1"]
    with pytest.raises(Refused, match="was counted there in line 2 already"):
        take(*beeps, head="barcode", count="2026-00001")
    take(*beeps, head="barcode", count="2026-00001", add_up=True)
    assert {name: line for name, line in lines(bo).items() if line[0] is not None} == {
        "NAIL STOCK": (600, "settled"),
        "HAM STOCK": (Decimal("2.172"), "settled"),
        "PUMP P1 STOCK": (1, "settled"),
    }


def test_a_piece_that_is_counted_twice_is_refused(bo: BackOffice, take: Take) -> None:
    rows = (
        "2026-00001,,PUMP,,,P1,1,",
        "2026-00001,SHELF,PUMP,,,P1,1,",
        "2026-00001,,,(01)05901234123457(21)P2,,,,",
        "2026-00001,,PUMP,,P2,,1,",
    )
    with pytest.raises(Refused, match="P1 of PUMP was counted in STOCK already") as refused:
        take(*rows, add_up=True)
    assert wrong(refused) == [("3.serial", "inventory.counted_twice"), ("5.item", "inventory.counted_twice")]
    take(rows[0])
    with pytest.raises(Refused, match="P1 of PUMP was counted in STOCK already"):
        take(rows[1])
    with pytest.raises(Refused, match="P1 was counted there already"):
        take(rows[0], rows[2])


def test_a_second_count_confirms_a_piece_that_nobody_knew(bo: BackOffice, take: Take) -> None:
    with pytest.raises(Refused, match="--new-lots"):
        take("2026-00001,,PUMP,,,P9,1,")
    take("2026-00001,,PUMP,,,P9,1,", new_lots=True)
    assert lines(bo)["PUMP P9 STOCK"] == (1, "differs")
    take("2026-00001,STOCK,PUMP,,,P9,1,")
    assert lines(bo)["PUMP P9 STOCK"] == (1, "settled")
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.select(Lot, code="P9").one().serial


WRONG = (
    ("2026-00001,,NAIL,,,,600,", []),
    ("2026-00009,,NAIL,,,,1,", [("3.count", "inventory.no_count")]),
    (",,NAIL,,,,1,", [("4.count", "inventory.no_count")]),
    ("2026-00001,MARS,NAIL,,,,1,", [("5.place", "inventory.no_location")]),
    ("2026-00001,CUSTOMERS,NAIL,,,,1,", [("6.place", "inventory.place")]),
    ("2026-00001,,SCREW,,,,1,", [("7.item", "catalog.no_item")]),
    ("2026-00001,,,,,,1,", [("8.item", "catalog.no_item")]),
    ("2026-00001,,,4006381333932,,,1,", [("9.barcode", "catalog.check_digit")]),
    ("2026-00001,,,96385074,,,1,", [("10.barcode", "catalog.unknown_barcode")]),
    (f"2026-00001,,MILK,{GTIN},L1,,1,", [("11.barcode", "inventory.contradiction")]),
    ("2026-00001,SHELF,NAIL,,,,,", [("12.quantity", "inventory.quantity")]),
    ("2026-00001,,HAM,,,,-1,", [("13.quantity", "inventory.quantity")]),
    ("2026-00001,SHELF,NAIL,,,,many,", [("14.quantity", "bo.import.cell")]),
    ("2026-00001,SHELF,NAIL,,,,1,LTR", [("15.unit", "catalog.unit")]),
    ("2026-00001,,MILK,,,,1,", [("16.lot", "inventory.lot")]),
    ("2026-00001,,MILK,,L8,,1,", [("17.lot", "inventory.no_lot")]),
    ("2026-00001,,PUMP,,,P1,2,", [("18.quantity", "inventory.serial")]),
    ("2026-00001,SHELF,NAIL,,L1,,1,", [("19.lot", "inventory.lot")]),
    ("2026-00001,SHELF,MILK,,L1,,0.0000001,", [("20.quantity", "inventory.quantity")]),
    ("2026-00001,SHELF,NAIL,,,,3,", []),
    ("2026-00001,,NAIL,,,,1,", [("22.item", "inventory.counted_twice")]),
)


def test_every_row_that_is_wrong_is_named_and_nothing_is_taken_in(bo: BackOffice, take: Take) -> None:
    with pytest.raises(Refused) as refused:
        take(*(row for row, _ in WRONG))
    found = sorted(wrong(refused), key=lambda each: float(each[0].partition(".")[0]))
    assert found == [each for _, expected in WRONG for each in expected]
    assert {state for _, state in lines(bo).values()} == {"open"}


def test_a_count_that_is_over_takes_nothing(bo: BackOffice, take: Take, count: int) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        cancel_count(uow, uow.get(Count, count))
    with pytest.raises(Refused, match="is cancelled"):
        take(*ALL)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert {line.times for line in uow.select(CountLine)} == {0}


def test_it_takes_the_right_to_count(bo: BackOffice, count: int, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("item,quantity\nNAIL,600\n", encoding="utf-8")
    with pytest.raises(NotAllowed, match=r"inventory\.count"):
        bo.import_file("counts-csv", tmp_path / "c.csv", actor=as_role(bo, "inventory.clerk"), count="2026-00001")
