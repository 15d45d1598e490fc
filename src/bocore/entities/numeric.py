"""Kinds of field that count or measure: whole numbers, decimals, money and prices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Context, Decimal, Inexact, InvalidOperation
from functools import cache, lru_cache
from typing import Any

from bocore.amounts import Money, OpenMoney, UnitPrice
from bocore.entities.kind import Kind, Stored
from bocore.errors import DeclarationError
from bocore.record.canonical import canonical_decimal

BIGGEST = 2**63 - 1
WIDE = Context(prec=60)
STRICT = Context(prec=60, traps=[Inexact, InvalidOperation])
"""For what must not lose a digit."""
_REMEMBERED = 4096


class Bounds:
    """The range of a number: ``ge``, ``gt``, ``le``, ``lt``."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        signs = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
        self.limits = [(signs[name], options[name]) for name in signs if options.get(name) is not None]

    def outside(self, var: str) -> str:
        return "".join(f" or not {var} {sign} {limit!r}" for sign, limit in self.limits)

    def check(self, value: Any) -> None:
        for sign, limit in self.limits:
            if not {">=": value >= limit, ">": value > limit, "<=": value <= limit, "<": value < limit}[sign]:
                raise ValueError(f"is {value}, must be {sign} {limit}")


class Integer(Kind):
    stored = (Stored("", "integer"),)
    doc = "a whole number (int)"

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.bounds = Bounds(options)

    def bad(self) -> str:
        return f"type(v) is not int or not -{BIGGEST} <= v <= {BIGGEST}" + self.bounds.outside("v")

    def convert(self, value: Any) -> Any:
        if type(value) is not int:
            return super().convert(value)
        if not -BIGGEST <= value <= BIGGEST:
            raise ValueError(f"is {value}, out of the 63-bit range")
        self.bounds.check(value)
        return value


class Exact(Kind):
    """A Decimal with declared places, stored as a scaled integer: sums in SQL stay exact on every engine."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.places: int = options["places"]
        self.stored = (Stored("", "decimal", self.places),)
        self.fits = _fitting(self.places)
        self.bounds = Bounds({k: None if options.get(k) is None else Decimal(options[k]) for k in ("ge", "gt", "le", "lt")})
        self.doc = f"a Decimal with at most {self.places} places"

    def bad(self) -> str:
        limits = Bounds.__new__(Bounds)
        limits.limits = [(sign, limit) for sign, limit in self.bounds.limits]
        return f"type(v) is not Decimal or not v.is_finite() or not fits{self.places}(v)" + limits.outside("v")

    def convert(self, value: Any) -> Any:
        if type(value) is int:
            value = Decimal(value)
        if not isinstance(value, Decimal) or not value.is_finite():
            return super().convert(value)
        if not self.fits(value):
            stripped = Decimal(canonical_decimal(value))
            if not self.fits(stripped):
                raise ValueError(f"is {value}, which has more than {self.places} decimal places or is too large")
            value = stripped
        self.bounds.check(value)
        return value

    def store(self, var: str) -> list[str]:
        return [f"scale{self.places}({var})"]

    def differs(self, var: str, *columns: str) -> str:
        return f"{var}.scaleb({self.places}, wide) != {columns[0]}"

    def load(self, *columns: str) -> str:
        return f"unscale{self.places}({columns[0]})"

    def helpers(self) -> dict[str, Any]:
        n = self.places
        scale, unscale = _scaling(n)
        return {"Decimal": Decimal, "wide": WIDE, f"fits{n}": _fitting(n), f"scale{n}": scale, f"unscale{n}": unscale}


@cache
def _fitting(places: int) -> Callable[[Decimal], bool]:
    """Whether a finite Decimal has no more places and is not too large. Quantities are much the same again and again."""
    last, largest = Decimal(1).scaleb(-places, WIDE), Decimal(BIGGEST).scaleb(-places, WIDE)

    @lru_cache(maxsize=_REMEMBERED)
    def fits(value: Decimal) -> bool:
        try:
            return value.quantize(last, None, STRICT).copy_abs() <= largest
        except ArithmeticError:
            return False

    return fits


@cache
def _scaling(places: int) -> tuple[Callable[[Decimal], int], Callable[[int], Decimal]]:
    """From a Decimal to the stored integer, and back."""

    @lru_cache(maxsize=_REMEMBERED)
    def scale(value: Decimal) -> int:
        scaled = value.scaleb(places, WIDE)
        whole = int(scaled)
        if whole != scaled:  # of a loaded object that was changed, and is not checked yet
            raise ValueError(f"{value} has more than {places} decimal places")
        return whole

    @lru_cache(maxsize=_REMEMBERED)
    def unscale(value: int) -> Decimal:
        return Decimal(value).scaleb(-places, WIDE)

    return scale, unscale


class MoneyKind(Kind):
    """Integer minor units and the code of a currency or token, in two columns."""

    stored = (Stored("", "integer"), Stored("_currency", "text"))
    doc = "Money"

    def __init__(self, options: Mapping[str, Any]) -> None:
        signs = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
        self.limits = [(signs[n], options[n]) for n in signs if options.get(n) is not None]
        if any(limit != 0 for _, limit in self.limits):
            raise DeclarationError("A money field can only be compared with 0 (gt=0, ge=0, lt=0, le=0).")

    def bad(self) -> str:
        limits = "".join(f" or not v._minor {sign} 0" for sign, _ in self.limits)
        return f"type(v) is not Money or (v._token is not seen and not known(v._token)){limits} or (seen := v._token) is None"

    def convert(self, value: Any) -> Any:
        if not isinstance(value, Money):
            return super().convert(value)
        for sign, _ in self.limits:
            units = value.minor_units
            if not {">=": units >= 0, ">": units > 0, "<=": units <= 0, "<": units < 0}[sign]:
                raise ValueError(f"is {value}, must be {sign} 0")
        return value

    def store(self, var: str) -> list[str]:
        return [f"{var}._minor", f"{var}._token.code"]

    def load_into(self, target: str, *columns: str) -> list[str]:
        """What ``amounts.load_money`` does, in place: the call would cost more than the work."""
        return ["m = OpenMoney()", f"m._minor = {columns[0]}", f"m._token = tokens[{columns[1]}]", "m.__class__ = Money", f"{target} = m"]

    def helpers(self) -> dict[str, Any]:
        return {"Money": Money, "OpenMoney": OpenMoney}


class UnitPriceKind(Kind):
    """An exact price per unit: decimal text and the code of its currency, in two columns."""

    stored = (Stored("", "number"), Stored("_currency", "text"))
    doc = "a UnitPrice"

    def bad(self) -> str:
        return "type(v) is not UnitPrice or not known(v.token)"

    def convert(self, value: Any) -> Any:
        return value if isinstance(value, UnitPrice) else super().convert(value)

    def store(self, var: str) -> list[str]:
        return [f"decimal_text({var}.amount)", f"{var}.currency"]

    def load(self, *columns: str) -> str:
        return f"UnitPrice({columns[0]}, tokens[{columns[1]}])"

    def helpers(self) -> dict[str, Any]:
        return {"UnitPrice": UnitPrice, "decimal_text": canonical_decimal}


class Number(Kind):
    """A Decimal of any number of places (a rate, a factor), stored as its canonical text."""

    stored = (Stored("", "number"),)
    doc = "a finite Decimal"

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.bounds = Bounds({k: None if options.get(k) is None else Decimal(options[k]) for k in ("ge", "gt", "le", "lt")})

    def bad(self) -> str:
        return "type(v) is not Decimal or not v.is_finite() or not -1000 < v.adjusted() < 1000" + self.bounds.outside("v")

    def convert(self, value: Any) -> Any:
        if type(value) is int:
            value = Decimal(value)
        if not isinstance(value, Decimal) or not value.is_finite():
            return super().convert(value)
        canonical_decimal(value)  # raises for an absurd magnitude
        self.bounds.check(value)
        return value

    def store(self, var: str) -> list[str]:
        return [f"decimal_text({var})"]

    def load(self, *columns: str) -> str:
        return f"Decimal({columns[0]})"

    def helpers(self) -> dict[str, Any]:
        return {"Decimal": Decimal, "decimal_text": canonical_decimal}
