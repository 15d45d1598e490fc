"""Kinds of field: what a value must be, how it is stored, and how it is read back.

A kind writes small pieces of Python source which :mod:`bocore.entities.generate` joins into one function an entity; per-value
method calls would cost more than the database does.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Context, Decimal
from enum import Enum
from typing import Any

import attrs
import orjson

from bocore.amounts import Money, OpenMoney, UnitPrice
from bocore.errors import DeclarationError
from bocore.record.canonical import canonical_bytes, canonical_decimal, canonical_instant, normalise_text

BIGGEST = 2**63 - 1
WIDE = Context(prec=60)
"""Scaling must not round, whatever the context of the caller is."""


@attrs.frozen
class Stored:
    """One column of a field: the suffix of its name, its stored kind, and the decimal places of a scaled integer."""

    suffix: str
    kind: str
    places: int | None = None


class Memo(dict[Any, Any]):
    """Remembers what a pure conversion gave, up to a limit: dates are few, and converting one costs more than looking it up."""

    def __init__(self, convert: Callable[[Any], Any], limit: int = 50_000) -> None:
        super().__init__()
        self.convert = convert
        self.limit = limit

    def __missing__(self, key: Any) -> Any:
        if len(self) >= self.limit:
            self.clear()
        value = self[key] = self.convert(key)
        return value


class Kind:
    """What a field holds. ``bad`` is source that is true for a value ``v`` which can't be stored as it is."""

    stored: tuple[Stored, ...] = ()
    doc = "value"

    def bad(self) -> str:
        raise NotImplementedError

    def convert(self, value: Any) -> Any:
        """Return a value that can be stored, or raise ValueError with the reason."""
        raise ValueError(f"is {type(value).__name__} {value!r}, must be {self.doc}")

    def store(self, var: str) -> list[str]:
        """Source of the driver values, one a column, of the value named ``var`` (never None)."""
        return [var]

    def load(self, *columns: str) -> str:
        """Source of the value read from the driver values named ``columns`` (the first is not None)."""
        return columns[0]

    def load_into(self, target: str, *columns: str) -> list[str]:
        """Source lines that put the value read into ``target``."""
        return [f"{target} = {self.load(*columns)}"]

    def helpers(self) -> dict[str, Any]:
        """Names that the source of this kind uses."""
        return {}


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


class Boolean(Kind):
    stored = (Stored("", "boolean"),)
    doc = "True or False"

    def bad(self) -> str:
        return "v is not True and v is not False"

    def store(self, var: str) -> list[str]:
        return [f"(1 if {var} else 0)"]

    def load(self, *columns: str) -> str:
        return f"{columns[0]} == 1"


class TextKind(Kind):
    stored = (Stored("", "text"),)

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.max_length: int = options.get("max_length") or 10_000
        self.required = bool(options.get("not_blank"))
        self.doc = f"text of at most {self.max_length} characters"

    def bad(self) -> str:
        blank = " or not v" if self.required else ""
        return f"type(v) is not str or len(v) > {self.max_length} or not v.isascii() or '\\0' in v{blank}"

    def convert(self, value: Any) -> Any:
        if not isinstance(value, str) or isinstance(value, Enum):
            return super().convert(value)
        text = normalise_text(str(value))
        if len(text) > self.max_length:
            raise ValueError(f"has {len(text)} characters, at most {self.max_length} are allowed")
        if self.required and not text:
            raise ValueError("is empty")
        return text


class StateKind(TextKind):
    """Text that is one of the states of a machine."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self.known: frozenset[str] = options["known"]
        self.doc = f"one of {', '.join(sorted(self.known))}"

    def bad(self) -> str:
        return f"type(v) is not str or v not in {set(self.known)!r}"

    def convert(self, value: Any) -> Any:
        if type(value) is not str or value not in self.known:
            raise ValueError(f"is {value!r}, must be {self.doc}")
        return value


class DateKind(Kind):
    stored = (Stored("", "date"),)
    doc = "a date (datetime.date)"

    def bad(self) -> str:
        return "type(v) is not date"

    def store(self, var: str) -> list[str]:
        return [f"date_text[{var}]"]

    def load(self, *columns: str) -> str:
        return f"text_date[{columns[0]}]"

    def helpers(self) -> dict[str, Any]:
        return {"date": date, "date_text": Memo(date.isoformat), "text_date": Memo(date.fromisoformat)}


class InstantKind(Kind):
    stored = (Stored("", "instant"),)
    doc = "an instant: a datetime with a time zone"

    def bad(self) -> str:
        return "type(v) is not datetime or v.tzinfo is None or not 1 < v.year < 9999"

    def convert(self, value: Any) -> Any:
        if type(value) is not datetime:
            return super().convert(value)
        if value.utcoffset() is None:
            raise ValueError(f"is {value.isoformat()} without a time zone; use uow.now() or give one")
        canonical_instant(value)  # raises where the instant is outside the calendar in UTC
        return value

    def store(self, var: str) -> list[str]:
        return [f"instant_text({var})"]

    def load(self, *columns: str) -> str:
        return f"text_instant({columns[0]})"

    def helpers(self) -> dict[str, Any]:
        return {"datetime": datetime, "instant_text": canonical_instant, "text_instant": read_instant}


def read_instant(text: str) -> datetime:
    """Read ``YYYY-MM-DDTHH:MM:SS.ffffffZ`` as stored."""
    return datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)


class TimeKind(Kind):
    stored = (Stored("", "time"),)
    doc = "a time of day (datetime.time) without zone"

    def bad(self) -> str:
        return "type(v) is not time or v.tzinfo is not None"

    def store(self, var: str) -> list[str]:
        return [f"{var}.isoformat('microseconds')"]

    def load(self, *columns: str) -> str:
        return f"time.fromisoformat({columns[0]})"

    def helpers(self) -> dict[str, Any]:
        return {"time": time}


class Exact(Kind):
    """A Decimal with declared places, stored as a scaled integer: sums in SQL stay exact on every engine."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.places: int = options["places"]
        self.stored = (Stored("", "decimal", self.places),)
        self.largest = Decimal(BIGGEST).scaleb(-self.places, WIDE)
        self.bounds = Bounds({k: None if options.get(k) is None else Decimal(options[k]) for k in ("ge", "gt", "le", "lt")})
        self.doc = f"a Decimal with at most {self.places} places"

    def bad(self) -> str:
        limits = Bounds.__new__(Bounds)
        limits.limits = [(sign, limit) for sign, limit in self.bounds.limits]
        return f"type(v) is not Decimal or not fits{self.places}(v)" + limits.outside("v")

    def fits(self, value: Decimal) -> bool:
        exponent = value.as_tuple().exponent
        return isinstance(exponent, int) and -exponent <= self.places and value.copy_abs() <= self.largest

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

    def scale(self, value: Decimal) -> int:
        scaled = value.scaleb(self.places, WIDE)
        whole = int(scaled)
        if whole != scaled:  # of a loaded object that was changed, compared before it is checked
            raise ValueError(f"{value} has more than {self.places} decimal places")
        return whole

    def unscale(self, value: int) -> Decimal:
        return Decimal(value).scaleb(-self.places, WIDE)

    def store(self, var: str) -> list[str]:
        return [f"scale{self.places}({var})"]

    def load(self, *columns: str) -> str:
        return f"unscale{self.places}({columns[0]})"

    def helpers(self) -> dict[str, Any]:
        n = self.places
        return {"Decimal": Decimal, f"fits{n}": self.fits, f"scale{n}": self.scale, f"unscale{n}": self.unscale}


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


class EnumKind(Kind):
    stored = (Stored("", "text"),)

    def __init__(self, enum: type[Enum]) -> None:
        self.enum = enum
        self.name = f"{enum.__name__}_{id(enum)}"  # two enums of one entity may have the same name
        self.doc = f"one of {', '.join(f'{enum.__name__}.{m.name}' for m in enum)}"
        if not all(isinstance(member.value, str) for member in enum):
            raise DeclarationError(f"The values of {enum.__name__} must be text: they are stored and published.")

    def bad(self) -> str:
        return f"type(v) is not {self.name}"

    def convert(self, value: Any) -> Any:
        if type(value) is str and value in {member.value for member in self.enum}:
            return self.enum(value)
        if type(value) is self.enum:
            return value
        return super().convert(value)

    def store(self, var: str) -> list[str]:
        return [f"{var}._value_"]

    def load(self, *columns: str) -> str:
        return f"{self.name}({columns[0]})"

    def helpers(self) -> dict[str, Any]:
        return {self.name: self.enum}


class UuidKind(Kind):
    stored = (Stored("", "uuid"),)
    doc = "a uuid.UUID"

    def bad(self) -> str:
        return "type(v) is not UUID"

    def store(self, var: str) -> list[str]:
        return [f"str({var})"]

    def load(self, *columns: str) -> str:
        return f"UUID({columns[0]})"

    def helpers(self) -> dict[str, Any]:
        return {"UUID": uuid.UUID}


class BytesKind(Kind):
    stored = (Stored("", "bytes"),)

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.max_length: int = options.get("max_length") or 1_000_000
        self.doc = f"bytes, at most {self.max_length}"

    def bad(self) -> str:
        return f"type(v) is not bytes or len(v) > {self.max_length}"


def _json_text(value: Any) -> str:
    """The canonical text of a value whose parts have been checked: a second walk over them would cost more than the writing."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


class JsonKind(Kind):
    """A JSON value (dict or list, no floats), stored as canonical text.

    :param outer: dict or list where the annotation says so, else None.
    """

    stored = (Stored("", "json"),)

    def __init__(self, outer: type | None = None) -> None:
        self.outer = outer
        what = "JSON" if outer is None else f"a {outer.__name__}"
        self.doc = f"{what} of text, whole numbers, booleans, null, lists and dicts, no floats"

    def bad(self) -> str:
        return "not is_json(v)" if self.outer is None else f"type(v) is not {self.outer.__name__} or not is_json(v)"

    def convert(self, value: Any) -> Any:
        if self.outer is not None and type(value) is not self.outer:
            return super().convert(value)
        try:
            canonical_bytes(value)
        except Exception as error:
            raise ValueError(f"is not {self.doc}: {error}") from error
        return value

    def store(self, var: str) -> list[str]:
        return [f"json_text({var})"]

    def load(self, *columns: str) -> str:
        return f"read_json({columns[0]})"

    def helpers(self) -> dict[str, Any]:
        return {"json_text": _json_text, "read_json": orjson.loads, "is_json": self.is_json}

    def is_json(self, value: Any) -> bool:
        try:
            canonical_bytes(value)
        except Exception:
            return False
        return True


def kind_of(annotation: Any, options: Mapping[str, Any]) -> Kind:
    """Choose the kind for a type annotation (without ``| None``) and the options of the field."""
    if annotation is Decimal:
        if "places" in options:
            return Exact(options) if options["places"] is not None else Number(options)
        raise DeclarationError("is Decimal: write exact(places=3), or number() for a rate or factor of any precision")
    if annotation is float:
        raise DeclarationError("is float: floats are refused; use Money, exact(places=…) or number()")
    if annotation is str and "known" in options:
        return StateKind(options)
    simple: dict[Any, Callable[[], Kind]] = {
        int: lambda: Integer(options),
        bool: Boolean,
        str: lambda: TextKind(options),
        date: DateKind,
        datetime: InstantKind,
        time: TimeKind,
        uuid.UUID: UuidKind,
        bytes: lambda: BytesKind(options),
        Money: lambda: MoneyKind(options),
        UnitPrice: UnitPriceKind,
    }
    if annotation in simple:
        return simple[annotation]()
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return EnumKind(annotation)
    outer = getattr(annotation, "__origin__", annotation)
    if outer in (dict, list, Mapping) or annotation is Any:
        return JsonKind(list if outer is list else None if annotation is Any else dict)
    raise DeclarationError(f"has the type {annotation!r}, which no kind of field stores")
