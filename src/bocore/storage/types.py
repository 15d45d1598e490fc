"""Column types of our own: SQLAlchemy's Numeric and DateTime lose digits and zones on SQLite.

On SQLite dates, times and instants are canonical text; decimals with declared places are scaled integers on every engine. Text has the
order of its code points on both: SQLite compares bytes, and PostgreSQL's columns are collated "C", whatever the locale of its database.
"""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Context, Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from bocore.amounts import Money
from bocore.errors import UsageError
from bocore.record.canonical import canonical_decimal, canonical_instant, normalise_text

_WIDE = Context(prec=60)
"""Scaling must not round, whatever the context of the caller is."""


class _Portable(TypeDecorator[Any]):
    """Text on SQLite, the native type elsewhere."""

    impl = sa.Text
    cache_ok = True
    native: type[TypeEngine[Any]] | TypeEngine[Any] = sa.Text()

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.Text() if dialect.name == "sqlite" else self.native)  # type: ignore[arg-type]

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        written = self.write(value)  # refuses the same values on every engine
        return written if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return self.read(value) if isinstance(value, str) else value

    def write(self, value: Any) -> str:
        raise NotImplementedError

    def read(self, value: str) -> Any:
        raise NotImplementedError


class Day(_Portable):
    """A date: ``YYYY-MM-DD``."""

    cache_ok = True
    native = sa.Date()

    def write(self, value: Any) -> str:
        if type(value) is not date:
            raise UsageError(f"{value!r} is compared with a date column.", fix="Use a datetime.date.")
        return value.isoformat()

    def read(self, value: str) -> Any:
        return date.fromisoformat(value)


class Instant(_Portable):
    """An instant in UTC: ``YYYY-MM-DDTHH:MM:SS.ffffffZ``."""

    cache_ok = True
    native = sa.DateTime(timezone=True)

    def write(self, value: Any) -> str:
        return canonical_instant(value)

    def read(self, value: str) -> Any:
        return datetime.fromisoformat(value.replace("Z", "+00:00"))


class TimeOfDay(_Portable):
    """A time of day: ``HH:MM:SS.ffffff``."""

    cache_ok = True
    native = sa.Time()

    def write(self, value: Any) -> str:
        return str(value.isoformat("microseconds"))

    def read(self, value: str) -> Any:
        return time.fromisoformat(value)


class Scaled(TypeDecorator[Any]):
    """A Decimal with declared places, stored as an integer."""

    impl = sa.BigInteger
    cache_ok = True

    def __init__(self, places: int) -> None:
        super().__init__()
        self.places = places

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        scaled = Decimal(value).scaleb(self.places, _WIDE)
        if scaled != int(scaled):
            raise UsageError(f"{value} has more than {self.places} decimal places.")
        return int(scaled)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else Decimal(int(value)).scaleb(-self.places, _WIDE)


class _ByCodePoint(TypeDecorator[Any]):
    """Text in the order of its code points; the same in UTF-8 as that of its bytes."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return sa.Text(collation="C") if dialect.name == "postgresql" else sa.Text()


class DecimalText(_ByCodePoint):
    """A Decimal of any precision as canonical text."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else canonical_decimal(Decimal(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else Decimal(value)


class Minor(TypeDecorator[Any]):
    """A whole number, or the minor units of a Money that it is compared with."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return value.minor_units if isinstance(value, Money) else value


class Words(_ByCodePoint):
    """Text; an Enum or UUID that it is compared with is taken by its stored value."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if isinstance(value, Enum):
            return value.value
        return normalise_text(value) if type(value) is str else str(value) if isinstance(value, UUID) else value


class JsonText(FunctionElement[str | None]):
    """The text under a key of a JSON object that is stored as text: ``JsonText(column, "key")``; NULL where there is none."""

    name = "json_text"
    type = Words()
    inherit_cache = True


@compiles(JsonText)
def _extract(element: JsonText, compiler: Any, **more: Any) -> str:
    column, key = (compiler.process(part, **more) for part in element.clauses)
    return f"json_extract({column}, '$.\"' || {key} || '\"')"


@compiles(JsonText, "postgresql")
def _extract_on_postgresql(element: JsonText, compiler: Any, **more: Any) -> str:
    column, key = (compiler.process(part, **more) for part in element.clauses)
    return f'(CAST({column} AS json) ->> {key}) COLLATE "C"'


def type_of(kind: str, places: int | None) -> TypeEngine[Any]:
    """The column type of a stored kind."""
    if kind == "decimal":
        assert places is not None
        return Scaled(places)
    plain: dict[str, TypeEngine[Any]] = {
        "integer": Minor(),
        "boolean": sa.Boolean(),
        "text": Words(),
        "uuid": Words(),
        "json": Words(),
        "secret": Words(),
        "number": DecimalText(),
        "date": Day(),
        "instant": Instant(),
        "time": TimeOfDay(),
        "bytes": sa.LargeBinary(),
    }
    return plain[kind]
