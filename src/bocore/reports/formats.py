"""Numbers and dates as a reader of some country writes them: by the company's locale, from the Unicode Common Locale Data Repository."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale


class Formats:
    """Exact numbers and dates as text for people. Babel knows the signs; digits are grouped here, where all places of a value stay.

    :param locale: such as ``de-AT``; one that nobody knows is read as its language, or as English.
    """

    def __init__(self, locale: str, zone: tzinfo | None = None) -> None:
        self.locale = _known(locale)
        self.zone = zone
        pattern, symbols = self.locale.decimal_formats[None], self.locale.number_symbols
        latin = symbols.get("latn", symbols)
        self._point, self._comma, self._minus = str(latin["decimal"]), str(latin["group"]), str(latin["minusSign"])
        self._last, self._others = pattern.grouping

    @cached_property
    def language(self) -> str:
        """For HTML's ``lang``: ``de-AT``."""
        return str(self.locale).replace("_", "-")

    @cached_property
    def direction(self) -> str:
        """``ltr`` or ``rtl``."""
        return str(self.locale.text_direction)

    def number(self, value: Decimal | int) -> str:
        """All places that the value has, in groups of thousands: ``-1.234,50``."""
        sign, whole, places = parts(value)
        tail, head = whole[-self._last :], whole[: -self._last]
        while head:
            head, tail = head[: -self._others], f"{head[-self._others :]}{self._comma}{tail}"
        return f"{self._minus if sign else ''}{tail}{self._point if places else ''}{places}"

    def date(self, value: date) -> str:
        """``31.12.2026``, ``Dec 31, 2026``: as it is short and says its year in full."""
        from babel.dates import format_date

        return str(format_date(value, "medium", self.locale))

    def instant(self, value: datetime) -> str:
        """Date and time in the company's zone, which is named."""
        there = value.astimezone(self.zone) if self.zone is not None else value
        return f"{self.date(there.date())} {there:%H:%M} {there.tzname() or ''}".rstrip()


def parts(value: Decimal | int) -> tuple[bool, str, str]:
    """Whether it is negative, the digits before the point, and those after it."""
    text = format(value, "f")
    negative = text.startswith("-")
    whole, _, places = text.lstrip("-").partition(".")
    return negative and bool((whole + places).strip("0")), whole, places


def _known(name: str) -> Locale:
    from babel import Locale, UnknownLocaleError

    tag = name.replace("-", "_")
    while tag:
        try:
            return Locale.parse(tag)
        except (UnknownLocaleError, ValueError, TypeError):
            tag = tag.rpartition("_")[0]
    return Locale("en")
