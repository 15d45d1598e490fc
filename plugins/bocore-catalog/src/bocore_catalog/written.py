"""How the cells of a table of items are written: factors of units, and options of variants. Pure functions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

_FACTOR = re.compile(r"[0-9]{1,18}(\.[0-9]{1,18})?|[0-9]{1,18}/[0-9]{1,18}", re.ASCII)
_SPECIAL = re.compile(r"[,={}]|^\s|\s$|^$")


def read_factor(text: str) -> Fraction:
    """``"12"``, ``"0.35"`` or ``"1/3"``; ValueError for anything else, and for nothing."""
    if not _FACTOR.fullmatch(text) or text.endswith("/0"):
        raise ValueError(f"must be a number such as 12, 0.35 or 1/3, is {text[:40]!r}")
    factor = Fraction(text)
    if factor <= 0:
        raise ValueError("must be more than zero")
    return factor


def write_factor(factor: Fraction) -> str:
    """The shortest way to write it that :func:`read_factor` reads."""
    return str(factor)


def read_options(text: str) -> dict[str, str]:
    """``"size=L, colour=red"``, or JSON where a name or a value has a comma, a brace or an equals sign in it.

    :raises ValueError: it is neither.
    """
    if text.lstrip().startswith("{"):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError("begins like JSON, and is none") from None
        if not all(isinstance(value, str) for value in found.values()):
            raise ValueError("must have texts as values")
        return {str(name): str(value) for name, value in found.items()}
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(equals and name.strip() and value.strip() for name, equals, value in pairs):
        raise ValueError(f"must be written size=L, colour=red, is {text[:40]!r}")
    made = {name.strip(): value.strip() for name, _, value in pairs}
    if len(made) < len(pairs):
        raise ValueError("says something twice")
    return made


def write_options(options: Mapping[str, str]) -> str:
    """The options as :func:`read_options` reads them."""
    if any(_SPECIAL.search(text) for pair in options.items() for text in pair):
        return json.dumps(dict(options), ensure_ascii=False)
    return ", ".join(f"{name}={value}" for name, value in options.items())


def plain(value: Decimal) -> str:
    """A number without zeros that say nothing; nothing for zero."""
    return f"{value.normalize():f}" if value else ""


def shown(value: Decimal) -> Decimal:
    """The same number with no more places than it needs."""
    return Decimal(f"{value.normalize():f}")
