"""What a tenant consists of: its tables, their columns, and its rows in one form for both engines."""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import orjson
import sqlalchemy as sa

from bocore.entities.spec import Column
from bocore.storage.session import BATCH, batch_of
from bocore.storage.types import Instant

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.storage.session import Session

Row = tuple[Any, ...]
NOT_CARRIED = frozenset({"bo_state", "bo_session", "bo_attempt"})
"""Tables of the core that say something of this database and nothing of the tenant: who is signed in here, and who tried."""
KINDS = ("integer", "boolean", "decimal", "text", "uuid", "json", "number", "date", "instant", "time", "bytes", "secret")
_FORMS: dict[str, type] = {"integer": int, "boolean": int, "decimal": int}
"""Stored kind → what JSON has in its place; the others are text."""
_LEAST, _MOST = -(2**63), 2**63 - 1
_NAMES = {int: "a whole number", str: "text", float: "a fraction", bool: "true or false", list: "a list", dict: "an object", bytes: "bytes"}


@attrs.frozen
class Contents:
    """One table: its columns, and how its rows become lines of JSON and come back."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    """The columns of its primary key, by which its rows are put in order."""

    def read(self, session: Session) -> Iterator[list[Row]]:
        """Every row in order, with a bounded number of bytes in memory."""
        names = [column.name for column in self.columns]
        if self.key == ("id",):
            yield from session.read_table(self.name, names, order=self._order(session), batch=batch_of(self.columns))
            return
        rows = session.execute(f"SELECT {', '.join(map(_quoted, names))} FROM {self.name}").fetchall()
        places = [names.index(name) for name in self.key]
        rows.sort(key=lambda row: [row[place] for place in places])  # an engine's own order of text is a matter of its settings
        for start in range(0, len(rows), BATCH):
            yield rows[start : start + BATCH]

    def _order(self, session: Session) -> str:
        """Records stand in the order of sealing: on PostgreSQL the later of two may have been given the lower id."""
        return "id" if session.serial or self.name != "bo_commit" else "position NULLS LAST, id"

    def lines(self, rows: Sequence[Row]) -> bytes:
        """Rows as lines of JSON, one a row: booleans as 0 or 1, bytes as base64, everything else as it is stored.

        Raises ValueError for a value that does not belong into its column; the message says which.
        """
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        for at, column in enumerate(self.columns):
            if column.kind == "boolean":
                columns[at] = [int(value) if type(value) is bool else value for value in columns[at]]
            elif column.kind == "bytes":
                columns[at] = [None if value is None else _base64(value, column.name) for value in columns[at]]
        self._check(columns)
        try:
            return b"".join([orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in zip(*columns, strict=True)])
        except TypeError as error:  # what is no Unicode text
            raise ValueError(str(error)) from None

    def rows(self, lines: Sequence[bytes]) -> list[Row]:
        """The rows that lines of JSON stand for, as a driver takes them. Raises ValueError for what stands for none."""
        plain = orjson.loads(b"[" + b",".join(lines) + b"]")
        if len(plain) != len(lines) or not all(type(row) is list and len(row) == len(self.columns) for row in plain):
            raise ValueError(f"a row is a list of {len(self.columns)} values")
        columns: list[Sequence[Any]] = list(zip(*plain, strict=True))
        self._check(columns)
        for at, column in enumerate(self.columns):
            if column.kind == "boolean":
                columns[at] = [None if value is None else value == 1 for value in columns[at]]
            elif column.kind == "bytes":
                columns[at] = [None if value is None else _bytes(value) for value in columns[at]]
        return list(zip(*columns, strict=True))

    def _check(self, columns: Sequence[Sequence[Any]]) -> None:
        for column, values in zip(self.columns, columns, strict=True):
            form = _FORMS.get(column.kind, str)
            if not {form, type(None)}.issuperset(map(type, values)):
                wrong = next(value for value in values if value is not None and type(value) is not form)
                raise ValueError(f"{column.name} holds {_NAMES.get(type(wrong), 'something')}, not {_NAMES[form]}")
            if form is int:
                least, most = (0, 1) if column.kind == "boolean" else (_LEAST, _MOST)
                if not all(value is None or least <= value <= most for value in values):
                    raise ValueError(f"{column.name} holds a number that is not between {least} and {most}")


def _base64(value: Any, column: str) -> str:
    if type(value) is not bytes:
        raise ValueError(f"{column} holds {_NAMES.get(type(value), 'something')}, not bytes")
    return b2a_base64(value, newline=False).decode()


def _bytes(text: str) -> bytes:
    try:
        return a2b_base64(text, strict_mode=True)
    except Base64Error as error:
        raise ValueError(f"what should be base64 is not: {error}") from None


def _quoted(name: str) -> str:
    return f'"{name}"'


def contents_of(app: BackOffice) -> list[Contents]:
    """Every table of the application that belongs to a tenant: those of the core first, then entities after what they refer to."""
    internal = [_internal(table) for name, table in app.metadata.tables.items() if name not in app._specs and name not in NOT_CARRIED]
    entities = sorted(app._specs.values(), key=lambda spec: app.rank(spec.cls))
    return [*internal, *(Contents(spec.name, tuple(_bare(column) for column in spec.columns), ("id",)) for spec in entities)]


def _bare(column: Column) -> Column:
    return Column(column.name, column.kind)


def _internal(table: sa.Table) -> Contents:
    columns = tuple(Column(column.name, _kind(column.type)) for column in table.columns)
    return Contents(table.name, columns, tuple(column.name for column in table.primary_key))


def _kind(of: Any) -> str:
    if isinstance(of, sa.LargeBinary):
        return "bytes"
    return "integer" if isinstance(of, sa.Integer) else "instant" if isinstance(of, Instant) else "text"
