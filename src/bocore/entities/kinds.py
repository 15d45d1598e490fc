"""Kinds of field: what a value must be, how it is stored, and how it is read back."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any

import orjson

from bocore.amounts import Money, UnitPrice
from bocore.entities.kind import Kind, Memo, Stored
from bocore.entities.numeric import Exact, Integer, MoneyKind, Number, UnitPriceKind
from bocore.errors import DeclarationError, StorageError
from bocore.record.canonical import NotCanonical, canonical_instant, check_canonical, normalise_text


class Boolean(Kind):
    stored = (Stored("", "boolean"),)
    doc = "True or False"

    def bad(self) -> str:
        return "v is not True and v is not False"

    def load(self, *columns: str) -> str:
        return f"{columns[0]} == 1"


class TextKind(Kind):
    stored = (Stored("", "text"),)

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.max_length: int = options.get("max_length") or 10_000
        self.required = bool(options.get("not_blank"))
        self.doc = f"text of at most {self.max_length} characters"

    def bad(self) -> str:
        blank = " or not v or v.isspace()" if self.required else ""
        return f"type(v) is not str or len(v) > {self.max_length} or not v.isascii() or '\\0' in v{blank}"

    def convert(self, value: Any) -> Any:
        if not isinstance(value, str) or isinstance(value, Enum):
            return super().convert(value)
        text = normalise_text(str(value))
        if len(text) > self.max_length:
            raise ValueError(f"has {len(text)} characters, at most {self.max_length} are allowed")
        if self.required and not text.strip():
            raise ValueError("has nothing but white space" if text else "is empty")
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
            raise ValueError(f"is {value!r}")
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
            raise ValueError(f"is {value.isoformat()} without a time zone")
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
        return f"{self.name}_of[{columns[0]}]"

    def helpers(self) -> dict[str, Any]:
        return {self.name: self.enum, f"{self.name}_of": _Members(self.enum)}


class _Members(dict[str, Any]):
    """The members of an enum by their stored value."""

    def __init__(self, enum: type[Enum]) -> None:
        super().__init__({member.value: member for member in enum})
        self._enum = enum

    def __missing__(self, value: object) -> Any:
        name = self._enum.__name__
        message = f"A row holds {value!r}, which is no value of {name} ({', '.join(self)})."
        raise StorageError(
            message, fix=f"Keep what was stored a member of {name}; or change the rows first, by a migration that ends with a rebase."
        )


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
            check_canonical(value)
        except NotCanonical:
            raise
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
            check_canonical(value)
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
