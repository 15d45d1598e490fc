"""Amounts and dates as journals write them.

A number may have its digits in groups, and a point or a comma before its decimals. ``1,000`` alone does not say which of the two its
comma is: without a directive that does, hledger takes it for a decimal mark, and so do we.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from bocore_hledger.journal import EXACT, Amount

_SYMBOL = r'"[^"\n]+"|[^\s\d\-+.,;:@*"{}=()\[\]?!|]+'
_NUMBER = r"(?:\d+(?:[ \u00a0.,]\d+)*[.,]?|[.,]\d+)(?:[eE][-+]?\d+)?"
_AMOUNT = re.compile(
    rf"(?P<sign>[-+])?\s*(?:(?P<left>{_SYMBOL})\s*(?P<inner>[-+])?\s*)?(?P<number>{_NUMBER})(?:[ \u00a0\t]*(?P<right>{_SYMBOL}))?"
)
_DATE = re.compile(r"(?:(\d{4})([-/.]))?(\d{1,2})([-/.])(\d{1,2})(?![\d])")
_LEADING_SYMBOL = re.compile(_SYMBOL)

LONGEST = 60
"""So many digits a number may have."""


class Written(NamedTuple):
    """An amount as it stands in a text: what it says, how many decimals it shows, where it ends.

    ``unclear`` is the mark of a number like ``1,000``, which might separate thousands or decimals; ``mark`` the decimal mark, if any.
    """

    amount: Amount
    decimals: int
    end: int
    mark: str = ""
    unclear: str = ""


class Unreadable(ValueError):
    """A text that is no amount or no date; it says why."""


def scan_amount(text: str, start: int = 0, marks: object = None) -> Written | None:
    """The amount that begins at a place of a text; None where none does.

    :param marks: a function from code to the decimal mark that a directive has given, or None.
    :raises Unreadable: something begins like an amount and can't be one.
    """
    found = _AMOUNT.match(text, start)
    if found is None:
        return None
    left, right = found["left"], found["right"]
    if left and right:
        raise Unreadable(f"{found[0]!r} has a commodity on both sides of the number")
    if found["sign"] and found["inner"]:
        raise Unreadable(f"{found[0]!r} has two signs")
    code = symbol(left or right or "")
    known = marks(code) if callable(marks) else None
    number, decimals, mark, unclear = read_number(found["number"], known)
    if "-" in (found["sign"], found["inner"]):
        number = number.copy_negate()
    return Written(Amount(number, code), decimals, found.end(), mark, unclear)


def symbol(text: str) -> str:
    """A commodity's symbol without its quotation marks."""
    return text[1:-1] if text.startswith('"') else text


def scan_symbol(text: str) -> tuple[str, str] | None:
    """The commodity that a text begins with, and the rest after it."""
    found = _LEADING_SYMBOL.match(text)
    return None if found is None else (symbol(found[0]), text[found.end() :].lstrip())


def read_number(text: str, known: str | None = None) -> tuple[Decimal, int, str, str]:
    """A number's value, how many decimals it shows, its decimal mark, and the mark that may be meant either way (or nothing).

    :param known: the decimal mark that a directive has given.
    :raises Unreadable: its marks contradict each other.
    """
    digits, _, power = text.lower().partition("e")
    digits = digits.replace("\u00a0", " ")
    mark, unclear = _decimal_mark(digits, known)
    whole, _, decimals = digits.partition(mark) if mark else (digits, "", "")
    groups = re.split(r"[ .,]", whole)
    if len(digits) > LONGEST:
        raise Unreadable(f"{text[:LONGEST]}… has too many digits")
    if (groups[1:] and (len(groups[-1]) != 3 or any(len(each) not in (2, 3) for each in groups[1:]))) or (
        decimals and not decimals.isdigit()
    ):
        raise Unreadable(f"{text!r} can't be a number: its digits are not in groups of thousands")
    number = Decimal(f"{''.join(groups) or '0'}.{decimals}" if decimals else "".join(groups))
    shown = len(decimals)
    if power:
        if len(power.lstrip("+-")) > 3:
            raise Unreadable(f"{text!r} is too large or too small")
        number = number.scaleb(int(power), EXACT)
        shown = max(0, shown - int(power))
        if number and abs(number.adjusted()) > LONGEST:
            raise Unreadable(f"{text!r} is too large or too small")
    return number, shown, mark, unclear


def _decimal_mark(digits: str, known: str | None) -> tuple[str, str]:
    """Which character of a number is its decimal mark; and which might as well separate thousands."""
    points, commas = digits.count("."), digits.count(",")
    if points and commas:
        mark = max(".,", key=digits.rfind)
        if digits.count(mark) > 1 or (known and known != mark):
            raise Unreadable(f"{digits!r} can't be a number: its decimal mark is not clear")
        return mark, ""
    mark = "." if points else "," if commas else ""
    if not mark:
        return "", ""
    if points + commas > 1:
        if known == mark:
            raise Unreadable(f"{digits!r} can't be a number: it has more than one decimal mark")
        return "", ""
    if known:
        return (mark if mark == known else ""), ""
    whole, _, decimals = digits.partition(mark)
    return mark, mark if len(decimals) == 3 and 0 < len(whole) <= 3 and whole != "0" else ""


def scan_date(text: str, year: int | None) -> tuple[date, int] | None:
    """The date that a text begins with, and where it ends; None where none does.

    :param year: that of dates which have none.
    :raises Unreadable: there is no such day, or no year.
    """
    found = _DATE.match(text)
    if found is None:
        return None
    written, between, month, mark, day = found.groups()
    if between is not None and between != mark:
        raise Unreadable(f"{found[0]!r} mixes {between!r} and {mark!r}")
    if written is None and year is None:
        raise Unreadable(f"{found[0]!r} has no year")
    try:
        return date(int(written or year or 0), int(month), int(day)), found.end()
    except ValueError:
        raise Unreadable(f"there is no day {found[0]}") from None
