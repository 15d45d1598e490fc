"""Raw stored values: read as the file holds them, and looked at before anything is computed from them.

A digest says that a value differs, but only of what has a canonical form at all: infinity would be written as null, 2 read as true.
So the stored type of each column comes first.
"""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from bocore.entities.generate import canonical_rows
from bocore.keys.kernel import FORM as SECRET
from bocore.record.canonical import (
    canonical_bytes,
    canonical_decimal,
    canonical_instant,
    encode_row,
    encode_rows,
    normalise_text,
    read_instant,
)

if TYPE_CHECKING:
    from bocore.entities.spec import Column
    from bocore.record.shapes import Shape

Row = tuple[Any, ...]
NO_FORM = b""
"""Stands for a row that has no canonical form: no row's array is empty text."""

_TYPES: dict[str, type] = {"integer": int, "boolean": int, "decimal": int, "bytes": bytes}
_ALSO: dict[str, tuple[type, ...]] = {"boolean": (bool,)}
"""PostgreSQL has a type for what SQLite stores as 0 and 1."""
_NAMES = {int: "integer", float: "real", str: "text", bytes: "blob", type(None): "null"}
_BITS = {0, 1, None}


class RowReader:
    """Makes stored rows of one shape canonical, and says what is odd about one that has no canonical form or a wrong one."""

    def __init__(self, shape: Shape) -> None:
        self.columns = [column for column in shape.columns if column is not None]
        self.names = [column.name for column in self.columns]
        self._canonical = canonical_rows(shape.positions)
        self._allowed = [frozenset((_TYPES.get(column.kind, str), type(None), *_ALSO.get(column.kind, ()))) for column in self.columns]
        self._booleans = [i for i, column in enumerate(self.columns) if column.kind == "boolean"]

    def encode(self, rows: list[Row]) -> list[bytes]:
        """The canonical array of each row; :data:`NO_FORM` for one whose stored values don't belong into their columns."""
        if self._sound(rows):
            try:
                return encode_rows(self._canonical(rows, self.names))
            except (TypeError, ValueError):
                pass
        return [self._encode_one(row) for row in rows]

    def _sound(self, rows: list[Row]) -> bool:
        columns = list(zip(*rows, strict=True))
        for column, allowed in zip(columns, self._allowed, strict=True):
            if not allowed.issuperset(map(type, column)):
                return False
        return all(_BITS.issuperset(columns[i]) for i in self._booleans)

    def _encode_one(self, row: Row) -> bytes:
        if not self._sound([row]):
            return NO_FORM
        try:
            return encode_row(self._canonical([row], self.names)[0])
        except (TypeError, ValueError):
            return NO_FORM

    def why(self, row: Row) -> str:
        """What is odd about the stored form of a row, in words; nothing where each value could be meant."""
        return ", ".join(filter(None, map(oddity, self.columns, row)))


def oddity(column: Column, value: Any) -> str:
    """What is odd about a stored value of a column; personal and secret ones are not shown."""
    if value is None:
        return ""
    wanted = _TYPES.get(column.kind, str)
    shown = "" if column.personal or column.kind == "secret" or column.name == "_salt" else f" {_short(value)}"
    if type(value) is not wanted and type(value) not in _ALSO.get(column.kind, ()):
        return f"{column.name} is stored as {_NAMES.get(type(value), type(value).__name__)}{shown}, not as {_NAMES[wanted]}"
    if column.kind == "boolean":
        return "" if value in (0, 1) else f"{column.name} is{shown}, not 0 or 1"
    if type(value) is not str or _is_canonical(column.kind, value):
        return ""
    return f"{column.name} is{shown}{',' if shown else ''} not written as a canonical {column.kind}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "…"


def _is_canonical(kind: str, text: str) -> bool:
    try:
        return _written(kind, text) == text
    except (ValueError, ArithmeticError):
        return False


def _written(kind: str, text: str) -> str:
    """The text as the kind would write what it means."""
    if kind == "date":
        return date.fromisoformat(text).isoformat()
    if kind == "instant":
        return canonical_instant(read_instant(text))
    if kind == "time":
        return time.fromisoformat(text).isoformat("microseconds")
    if kind == "number":
        return canonical_decimal(Decimal(text))
    if kind == "uuid":
        return str(UUID(text))
    if kind == "json":
        return canonical_bytes(orjson.loads(text)).decode()
    if kind == "secret":
        return text if not text or SECRET.fullmatch(text) else ""
    return normalise_text(text)
