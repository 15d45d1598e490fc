"""What is written in a barcode of GS1: a number of an item, element strings with lot and expiry, or a number with weight or price in it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import attrs
from biip import ParseConfig, ParseError, parse
from biip.gs1_element_strings import GS1ElementString, GS1ElementStrings
from biip.gs1_messages import GS1Message
from biip.rcn import Rcn

from bocore import Finding, Refused
from bocore_catalog import as_gtin

LENGTHS = (8, 12, 13, 14)


@attrs.frozen(kw_only=True)
class Read:
    """What a barcode says. GS1 General Specifications, section 3.

    :param gtin: 14 digits; of what is in a package (02) where it is one; with nothing for weight or price where these are in the number.
    :param lot: (10).
    :param serial: (21).
    :param expires_on: (17) use by, or else (15) best before.
    :param made_on: (11).
    :param count: (37) or (30).
    :param weight: net, in kilograms: (310x).
    :param price: of all of it, without a currency; ``currency`` is that of the region, where it is known.
    """

    gtin: str
    lot: str | None = None
    serial: str | None = None
    expires_on: date | None = None
    made_on: date | None = None
    count: int | None = None
    weight: Decimal | None = None
    price: Decimal | None = None
    currency: str | None = None


def read(text: str, region: str = "") -> Read:
    """What stands in a barcode: a GTIN, element strings with or without FNC1 or with brackets, a digital link, or a restricted number.

    :param region: of numbers of restricted circulation, such as ``"no"``: their weight or price is read by its rules.
    :raises Refused: it can't be read (``inventory.barcode``), or a check digit is wrong (``catalog.check_digit``).
    """
    text = text.strip(" \t\r\n")
    digits = text.replace(" ", "").replace("-", "")
    if digits.isascii() and digits.isdigit() and len(digits) in LENGTHS:
        return _number(digits, region)
    if digits.isascii() and digits.isdigit() and len(digits) < max(LENGTHS):
        as_gtin(digits)  # refused: it has too many digits or too few
    return _elements(text, _strings(text))


def _number(digits: str, region: str) -> Read:
    found = parse(digits, config=ParseConfig(rcn_region=region or None))
    if not isinstance(found.gtin, Rcn):
        gtin = as_gtin(digits)
        if found.gtin_error:  # the number is right, what stands in it is not
            raise _unreadable(digits, found.gtin_error)
        return Read(gtin=gtin)
    number = found.gtin
    measured = number.weight is not None or number.price is not None or number.count is not None
    return Read(
        gtin=as_gtin(number.without_variable_measure().value if measured else digits),
        weight=number.weight,
        price=number.price,
        count=number.count,
        currency=number.region.get_currency_code() if number.region is not None else None,
    )


def _strings(text: str) -> GS1ElementStrings:
    """The element strings of a barcode."""
    try:
        if text.startswith("("):
            return GS1Message.parse_hri(text).element_strings
        found = parse(text)
    except ParseError as error:
        raise _unreadable(text, str(error)) from None
    if found.gs1_digital_link_uri is not None:
        return found.gs1_digital_link_uri.element_strings
    if found.gs1_message is None or not text:
        raise _unreadable(text, found.gs1_message_error or "It is empty.")
    return found.gs1_message.element_strings


def _elements(text: str, strings: Iterable[GS1ElementString]) -> Read:
    by: dict[str, GS1ElementString] = {}
    for each in strings:
        if by.setdefault(each.ai.ai, each).value != each.value:
            raise _unreadable(text, f"It says two things of ({each.ai.ai}).")
    item = by.get("01") or by.get("02")
    if item is None:
        what = "It is the number of a package, not of what is in it." if "00" in by else "It names no item: neither (01) nor (02)."
        raise _unreadable(text, what)
    weight = next((each.decimal for code, each in by.items() if code[:3] == "310"), None)
    price = next((each for code, each in by.items() if code[:3] == "392"), None)
    count = by.get("37") or by.get("30")
    expires = by.get("17") or by.get("15")
    return Read(
        gtin=as_gtin(item.value),
        lot=by["10"].value if "10" in by else None,
        serial=by["21"].value if "21" in by else None,
        expires_on=None if expires is None else expires.date,
        made_on=by["11"].date if "11" in by else None,
        count=None if count is None else int(count.value),
        weight=weight,
        price=None if price is None else price.decimal,
    )


def _unreadable(text: str, why: str) -> Refused:
    shown = text[:60].replace("\x1d", "<FNC1>")
    message = f"The barcode {shown!r} can't be read. {why}"
    return Refused([Finding("inventory.barcode", message, "barcode", "text", "Scan it again; or type the number of the item.")])
