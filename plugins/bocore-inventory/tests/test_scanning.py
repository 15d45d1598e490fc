"""What is scanned.

The facts: GS1 General Specifications; the README of biip 5.2.0 (Apache-2.0); python-stdnum 2.2, stdnum.gs1_128.encode.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store import item, receive

from bocore import BackOffice, Money, Refused, write_setting
from bocore_catalog import Gtin, Item, ItemUnit, Tracking
from bocore_inventory import Scanned, scan
from bocore_inventory.gs1 import Read, read
from bocore_inventory.settings import REGIONS, InventorySettings

pytestmark = pytest.mark.acceptance
GTIN = "07032069804988"


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [finding.code for finding in refused.value.findings]


# -- what stands in a barcode


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("010703206980498815210526100329", Read(gtin=GTIN, expires_on=date(2021, 5, 26), lot="0329")),  # README of biip
        ("7032069804988", Read(gtin=GTIN)),  # README of biip
        ("013842587609507417181119", Read(gtin="38425876095074", expires_on=date(2018, 11, 19))),  # stdnum.gs1_128.encode
        ("(01)38425876095074(17)181119", Read(gtin="38425876095074", expires_on=date(2018, 11, 19))),
        ("]C1010703206980498810AB\x1d21S1", Read(gtin=GTIN, lot="AB", serial="S1")),
        ("01070320698049881727020010L-7\x1d3102001234", Read(gtin=GTIN, expires_on=date(2027, 2, 28), lot="L-7", weight=Decimal("12.34"))),
        ("0207032069804988112601153712", Read(gtin=GTIN, made_on=date(2026, 1, 15), count=12)),
        ("https://id.gs1.org/01/07032069804988/10/ABC?17=270101", Read(gtin=GTIN, lot="ABC", expires_on=date(2027, 1, 1))),
        ("96385074", Read(gtin="00000096385074")),
    ],
)
def test_what_stands_in_a_barcode(text: str, expected: Read) -> None:
    assert read(text) == expected


def test_a_day_that_is_left_out_is_the_last_of_its_month() -> None:
    """GS1 General Specifications, section 3.4: DD is 00 where only year and month are given."""
    assert read("010703206980498817270200").expires_on == date(2027, 2, 28)


def test_weight_and_price_are_read_by_the_rules_of_the_country() -> None:
    assert read("2302148210869", "no") == Read(gtin="02302148200006", weight=Decimal("1.086"), currency="NOK")  # biip 5.2.0
    assert read("2302148210869") == Read(gtin="02302148210869")
    assert read("2012345002999", "se") == Read(gtin="02012345000001", price=Decimal("2.99"), currency="SEK")


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("7032069804987", "catalog.check_digit", "followed by 8, not 7"),
        ("0107032069804989", "catalog.check_digit", "followed by 8, not 9"),
        ("2302148210868", "catalog.check_digit", "followed by 9, not 8"),
        ("703206980498812", "inventory.barcode", "can't be read"),
        ("12345", "catalog.barcode", "it has 5 digits"),
        ("", "inventory.barcode", "It is empty"),
        ("garbage", "inventory.barcode", "can't be read"),
        ("(01)0703206980498", "inventory.barcode", "can't be read"),
        ("(17)181119", "inventory.barcode", "names no item"),
        ("(00)370320698000000008", "inventory.barcode", "number of a package"),
        ("01070320698049881799139910X", "inventory.barcode", "can't be read"),
        ("(01)07032069804988(10)A(10)B", "inventory.barcode", "two things of"),
    ],
)
def test_what_can_t_be_read_is_refused(text: str, code: str, said: str) -> None:
    with pytest.raises(Refused, match=said) as refused:
        read(text)
    assert codes(refused) == [code]


@given(st.text(max_size=40) | st.from_regex(r"\A[0-9\x1d()]{0,40}\Z"), st.sampled_from(["", *REGIONS]))
def test_whatever_a_scanner_gives_is_read_or_refused(text: str, region: str) -> None:
    try:
        found = read(text, region)
    except Refused as error:
        assert error.findings[0].code in {"inventory.barcode", "catalog.barcode", "catalog.check_digit"}
    else:
        assert len(found.gtin) == 14


# -- what it stands for


@pytest.fixture
def salmon(bo: BackOffice) -> int:
    """Salmon by the kilogram, whose packages have weights in their numbers; milk in boxes of 12."""
    with bo.unit_of_work(actor="ann") as uow:
        salmon = uow.add(Item(code="SALMON", name="Salmon", tax_class="food", unit="KGM"))
        uow.add(Gtin(item_id=salmon.id, code="02302148200006"))
        return salmon.id


@pytest.fixture
def milk(bo: BackOffice) -> int:
    """Milk by lots, in cartons and in boxes of 12 with a number of their own."""
    milk = item(bo, "MILK", Tracking.LOT)
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(ItemUnit(item_id=milk, unit="BOX", numerator=12))
        uow.add(Gtin(item_id=milk, code=GTIN))
        uow.add(Gtin(item_id=milk, code="38425876095074", unit="BOX"))
    return milk


def scanned(bo: BackOffice, text: str) -> Scanned:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        return scan(uow, text)


def test_a_scanned_carton_is_an_item_with_its_lot(bo: BackOffice, milk: int) -> None:
    text = "(01)07032069804988(17)270101(10)L7"
    found = scanned(bo, text)
    assert (found.code, found.lot, found.known_lot, found.expires_on) == ("MILK", "L7", False, date(2027, 1, 1))
    receive(bo, milk, found.quantity, "r", lot=found.lot, expires_on=found.expires_on, unit=found.unit)
    assert scanned(bo, text).known_lot


def test_a_package_counts_in_its_unit(bo: BackOffice, milk: int) -> None:
    found = scanned(bo, "(01)38425876095074")
    assert (found.item, found.quantity, found.unit) == (milk, 1, "BOX")
    assert scanned(bo, "(02)07032069804988(37)48").quantity == 48


def test_what_is_weighed_counts_by_its_weight(bo: BackOffice, salmon: int) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        write_setting(uow, InventorySettings, "rcn_region", "no")
    found = scanned(bo, "2302148210869")
    assert (found.item, found.quantity, found.unit, found.weight) == (salmon, Decimal("1.086"), "KGM", Decimal("1.086"))


def test_a_price_in_a_barcode_is_money(bo: BackOffice, nail: int) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        write_setting(uow, InventorySettings, "rcn_region", "se")
        uow.add(Gtin(item_id=nail, code="02012345000001"))
    found = scanned(bo, "2012345002999")
    assert (found.quantity, found.price) == (1, Money("2.99", "SEK"))


def test_what_is_weighed_and_kept_in_pieces_is_one_piece(bo: BackOffice, milk: int) -> None:
    found = scanned(bo, "01070320698049883102001234")
    assert (found.quantity, found.unit, found.weight) == (1, "C62", Decimal("12.34"))


def test_a_barcode_that_nobody_has_and_a_region_that_there_is_not(bo: BackOffice) -> None:
    with pytest.raises(Refused, match="No item has the barcode") as refused:
        scanned(bo, "7032069804988")
    assert codes(refused) == ["catalog.unknown_barcode"]
    with pytest.raises(Refused), bo.unit_of_work(actor="ann") as uow:
        write_setting(uow, InventorySettings, "rcn_region", "mars")
