"""Barcodes: GTINs of 8, 12, 13 or 14 digits, kept as 14, and the items that they stand on."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
from stdnum import ean

from bocore import Finding, Refused, UnitOfWork
from bocore_catalog.model import Gtin, Item

LENGTHS = (8, 12, 13, 14)


@attrs.frozen
class Barcode:
    """What a barcode stands on.

    :param code: as it was asked for.
    :param gtin: its 14 digits.
    :param item: id of the item.
    :param unit: code of the unit: the item's own, or that of a package.
    """

    code: str
    gtin: str
    item: int
    unit: str


def as_gtin(code: str) -> str:
    """The 14 digits of a GTIN that is written with 8, 12, 13 or 14, spaces and hyphens apart.

    GS1 General Specifications, section 7.9: the last digit checks the others, counted from the right, so that zeros before them do not
    matter.

    :raises Refused: it is no GTIN (``catalog.barcode``), or its check digit is wrong (``catalog.check_digit``).
    """
    fault = gtin_fault(code, code)
    if fault is not None:
        raise Refused([fault])
    return _digits(code).zfill(14)


def gtin_fault(code: str, at: object) -> Finding | None:
    """What is wrong with a GTIN, or None."""
    digits = _digits(code)
    if not (digits.isascii() and digits.isdigit() and len(digits) in LENGTHS):
        said = f"{code[:40]!r} is no barcode of an item: it has {_counted(digits)}."
        return Finding("catalog.barcode", said, at, "code", "A GTIN has 8, 12, 13 or 14 digits. Scan or type it again.")
    if not digits.strip("0"):
        said = f"{code} is no barcode of an item: it is nothing but zeros."
        return Finding("catalog.barcode", said, at, "code", "Leave it empty where there is none.")
    expected = ean.calc_check_digit(digits[:-1])
    if digits[-1] != expected:
        said = f"The check digit of {code} is wrong: {digits[:-1]} is followed by {expected}, not {digits[-1]}."
        return Finding("catalog.check_digit", said, at, "code", "A digit was misread or mistyped: scan or type it again.")
    return None


def _digits(code: str) -> str:
    return code.strip().replace(" ", "").replace("-", "")


def _counted(digits: str) -> str:
    return f"{len(digits)} digits" if digits.isascii() and digits.isdigit() else "other characters than digits" if digits else "no digits"


def find_by_barcode(uow: UnitOfWork, codes: Iterable[str]) -> dict[str, Barcode]:
    """What each barcode stands on, in two queries however many there are; the same code may be asked for twice.

    :param codes: GTINs of 8, 12, 13 or 14 digits.
    :raises Refused: no GTIN (``catalog.barcode``), a wrong check digit (``catalog.check_digit``), or no item has it
        (``catalog.unknown_barcode``); all of them at once, each by its place.
    """
    asked = dict.fromkeys(codes)
    findings = []
    wanted: dict[str, str] = {}
    for place, code in enumerate(asked, 1):
        fault = gtin_fault(code, f"barcode {place}")
        if fault is not None:
            findings.append(fault)
        else:
            wanted[code] = _digits(code).zfill(14)
    known = uow.find_all(Gtin, code=wanted.values())
    items = uow.get_all(Item, {row.item_id for row in known.values()})
    fix = "Give the barcode to its item: bo catalog add-gtin ITEM CODE."
    findings += [
        Finding("catalog.unknown_barcode", f"No item has the barcode {code}.", f"barcode {place}", "code", fix)
        for place, code in enumerate(asked, 1)
        if code in wanted and wanted[code] not in known
    ]
    uow.refuse(*findings)
    return {code: _barcode(code, known[gtin], items) for code, gtin in wanted.items()}


def _barcode(code: str, row: Gtin, items: dict[int, Item]) -> Barcode:
    return Barcode(code, row.code, row.item_id, row.unit or items[row.item_id].unit)
