"""Barcodes of items."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean

from bocore import Refused
from bocore_catalog import Gtin, add_gtin, add_item, as_gtin, find_by_barcode, set_unit
from bocore_catalog.packaging import drop_gtin

# GS1's own examples: General Specifications 7.9.1 (a GTIN-13), and the GTIN-8, -12 and -14 forms of one number.
GS1 = "6291041500213"


def test_the_check_digit_of_gs1s_worked_example_is_right_and_no_other_is():
    assert as_gtin(GS1) == "06291041500213"
    for digit in set("0123456789") - {GS1[-1]}:
        with pytest.raises(Refused, match="check digit") as refused:
            as_gtin(GS1[:-1] + digit)
        assert refused.value.findings[0].code == "catalog.check_digit"


@given(
    st.sampled_from([8, 12, 13, 14])
    .flatmap(lambda size: st.text("0123456789", min_size=size - 1, max_size=size - 1))
    .filter(lambda digits: digits.strip("0")),
    st.data(),
)
def test_one_wrong_digit_is_always_found_and_zeros_before_it_never_matter(digits, data):
    code = digits + ean.calc_check_digit(digits)
    assert as_gtin(code) == code.zfill(14) == as_gtin(f" {code[:4]}-{code[4:]} ")
    place = data.draw(st.integers(0, len(code) - 1))
    wrong = data.draw(st.sampled_from(sorted(set("0123456789") - {code[place]})))
    with pytest.raises(Refused, match="check digit"):
        as_gtin(code[:place] + wrong + code[place + 1 :])


@pytest.mark.parametrize("code", ["", "12345", "629104150021", "ABCDEFGH", "٦٢٩١٠٤١٥٠٠٢١٣", "123456789012345", "00000000", "0000000000000"])
def test_what_is_no_gtin_is_refused(code):
    with pytest.raises(Refused) as refused:
        as_gtin(code)
    (finding,) = refused.value.findings
    assert finding.code in ("catalog.barcode", "catalog.check_digit")
    assert finding.fix


def test_the_piece_and_the_box_have_barcodes_of_their_own(bo):
    with bo.unit_of_work(actor="ann") as uow:
        apple = add_item(uow, "A", "Apple")
        set_unit(uow, apple, "BOX", 12)
        add_gtin(uow, apple, GS1)
        add_gtin(uow, apple, "012345678905")  # a UPC-A
        add_gtin(uow, apple, "16291041500210", unit="BOX")
        found = find_by_barcode(uow, [GS1, "16291041500210", "0012345678905", GS1])
        assert {code: (each.item, each.unit) for code, each in found.items()} == {
            GS1: (apple.id, "C62"),
            "16291041500210": (apple.id, "BOX"),
            "0012345678905": (apple.id, "C62"),
        }
        drop_gtin(uow, GS1)
        with pytest.raises(Refused, match="No item has"):
            find_by_barcode(uow, [GS1])


def test_all_that_is_wrong_with_a_batch_of_scans_is_said_at_once_by_place(bo):
    with bo.unit_of_work(actor="ann") as uow:
        add_gtin(uow, add_item(uow, "A", "Apple"), GS1)
        with pytest.raises(Refused) as refused:
            find_by_barcode(uow, [GS1, "6291041500214", "96385074", "scan"])
    assert [(each.code, each.at) for each in refused.value.findings] == [
        ("catalog.check_digit", "barcode 2"),
        ("catalog.barcode", "barcode 4"),
        ("catalog.unknown_barcode", "barcode 3"),
    ]
    assert all(each.fix for each in refused.value.findings)


def test_a_barcode_stands_on_one_item(refused):
    def twice(uow):
        add_gtin(uow, add_item(uow, "A", "Apple"), GS1)
        add_gtin(uow, add_item(uow, "B", "Pear"), GS1)

    (finding,) = refused(twice)
    assert finding.code == "catalog.barcode_taken"
    assert "A (Apple)" in finding.message


@pytest.mark.parametrize(
    ("code", "unit", "expected"),
    [("6291041500214", "", "catalog.check_digit"), (GS1, "", "catalog.gtin"), (f"0{GS1}", "PAL", "catalog.unit")],
)
def test_a_row_that_was_written_past_the_service_is_checked_all_the_same(refused, code, unit, expected):
    (finding,) = refused(lambda uow: uow.add(Gtin(item_id=add_item(uow, "A", "Apple").id, code=code, unit=unit)))
    assert finding.code == expected
