"""Rows of PostgreSQL's driver, made the same as those of SQLite's: dates and instants are canonical text, sums are whole numbers.

So one set of generated functions, digests and files serves both engines; PostgreSQL still has columns of its own types.
"""

from __future__ import annotations

import struct
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import postgres
from psycopg.adapt import AdaptersMap, Dumper, Loader, Transformer
from psycopg.pq import Format
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper
from psycopg.types.string import TextLoader

from bocore.entities.kind import Memo
from bocore.record.canonical import canonical_instant

_OIDS = {name: postgres.types[name].oid for name in ("date", "time", "timestamptz", "numeric", "bool", "int8", "text", "bytea")}
_EPOCH = date(2000, 1, 1).toordinal()
_INSTANT = datetime(2000, 1, 1, tzinfo=UTC)
COPIED = {
    "integer": "int8", "boolean": "bool", "decimal": "int8", "date": "date", "instant": "timestamptz", "time": "time", "bytes": "bytea",
}  # fmt: skip
"""Stored kind → type of its column; the others are text."""


class _InstantLoader(Loader):
    def load(self, data: Any) -> str:
        text = bytes(data).decode()
        if text.endswith("+00"):  # the usual case, cut short: no zone to compute
            day, clock, fraction = text[:10], text[11:19], text[20:-3]
            return f"{day}T{clock}.{fraction:0<6}Z"
        try:
            return canonical_instant(datetime.fromisoformat(text))
        except ValueError:
            return text  # infinity, or before Christ: nothing of bocore's writes that, and verify names the row


class _TimeLoader(Loader):
    def load(self, data: Any) -> str:
        text = bytes(data).decode()
        return f"{text[:8]}.{text[9:]:0<6}"


class _NumericLoader(Loader):
    def load(self, data: Any) -> int | Decimal:
        """A sum of whole numbers is one; PostgreSQL makes it numeric, so that it can't overflow."""
        text = bytes(data).decode()
        return Decimal(text) if "." in text or "N" in text or "I" in text else int(text)


class _BinaryText(Dumper):
    """Text for a binary column of another type."""

    format = Format.BINARY


class _DateDumper(_BinaryText):
    oid = _OIDS["date"]

    def dump(self, obj: Any) -> bytes:
        found: bytes = _DATES[obj]
        return found


class _InstantDumper(_BinaryText):
    oid = _OIDS["timestamptz"]

    def dump(self, obj: Any) -> bytes:
        return _instant(obj)


class _TimeDumper(_BinaryText):
    oid = _OIDS["time"]

    def dump(self, obj: Any) -> bytes:
        at = time.fromisoformat(obj)
        return struct.pack("!q", ((at.hour * 60 + at.minute) * 60 + at.second) * 1_000_000 + at.microsecond)


_DATES = Memo(lambda text: struct.pack("!i", date.fromisoformat(text).toordinal() - _EPOCH))


@lru_cache(maxsize=4096)
def _instant(text: str) -> bytes:
    gap = datetime.fromisoformat(text.replace("Z", "+00:00")) - _INSTANT
    return struct.pack("!q", (gap.days * 86_400 + gap.seconds) * 1_000_000 + gap.microseconds)


def _adapters() -> AdaptersMap:
    made = AdaptersMap(psycopg.adapters)
    made.register_loader("date", TextLoader)
    made.register_loader("timestamptz", _InstantLoader)
    made.register_loader("time", _TimeLoader)
    made.register_loader("numeric", _NumericLoader)
    # One type for every whole number, whatever its size: else each size of each column makes a statement of its own to prepare.
    made.register_dumper(int, Int8BinaryDumper)
    made.register_dumper(int, Int8Dumper)
    for dumper in (_DateDumper, _InstantDumper, _TimeDumper):
        made.register_dumper(None, dumper)  # chosen by the type of a column that is copied into
    return made


ADAPTERS = _adapters()


class Canonical(psycopg.Cursor[Any]):
    """A cursor whose rows are as those of SQLite; the rest of a host's connection stays as it is."""

    def __init__(self, connection: Any, **more: Any) -> None:
        super().__init__(connection, **more)
        self._adapters = ADAPTERS
        self._tx = Transformer(self)


class CanonicalServerSide(psycopg.ServerCursor[Any]):
    """The same for a cursor that the server holds."""

    def __init__(self, connection: Any, name: str, **more: Any) -> None:
        super().__init__(connection, name, **more)
        self._adapters = ADAPTERS
        self._tx = Transformer(self)


def copied_types(kinds: list[str]) -> list[int]:
    """The types of the columns that rows are copied into, by their stored kinds."""
    return [_OIDS[COPIED.get(kind, "text")] for kind in kinds]
