"""Tables of plugins that were detached: no code says what they are like, so the file describes them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

import attrs
import sqlalchemy as sa

from bocore.entities.spec import Column
from bocore.errors import Finding, Refused
from bocore.record.shapes import read_shapes
from bocore.storage.types import type_of
from bocore.tenants.contents import Contents

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.plugins import RecordedPlugin
    from bocore.record.shapes import Shape
    from bocore.storage.session import Session

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_COLUMN = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_FILLED = re.compile(r"""\(?\s*["`]?(\w+)["`]?\s+IS\s+NOT\s+NULL\s*\)?""", re.IGNORECASE)
_DECLARED: Mapping[str, str] = {
    "INTEGER": "integer",
    "BIGINT": "integer",
    "BOOLEAN": "boolean",
    "BLOB": "bytes",
    "BYTEA": "bytes",
    "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "instant",
    "TIME WITHOUT TIME ZONE": "time",
}
"""Type of a column → stored kind, where no shape tells it; what is TEXT on SQLite could also be a date."""


@attrs.frozen
class Index:
    """One index of a table; ``filled`` is the column that must have a value for a row to be in it."""

    name: str
    columns: tuple[str, ...]
    unique: bool
    filled: str | None


@attrs.frozen
class Making:
    """What a table needs beside its columns to be made without its plugin.

    :param sure: False where kinds were read from types of SQLite, which does not tell text from dates.
    """

    empty: tuple[str, ...]
    references: tuple[tuple[str, str, str, bool], ...]
    """Name, column, the other table, and whether it is only looked at in the end."""
    indexes: tuple[Index, ...]
    sure: bool

    def plain(self) -> dict[str, Any]:
        """As the file has it."""
        return attrs.asdict(self)

    @classmethod
    def read(cls, told: Any, columns: Sequence[Column]) -> Making:
        """From a file. Raises ValueError for what is none."""
        try:
            made = cls(
                tuple(told["empty"]),
                tuple((name, column, table, bool(late)) for name, column, table, late in told["references"]),
                tuple(Index(one["name"], tuple(one["columns"]), bool(one["unique"]), one["filled"]) for one in told["indexes"]),
                bool(told["sure"]),
            )
        except (TypeError, LookupError) as error:
            raise ValueError("it does not say how it is made") from error
        known = {column.name for column in columns}
        used = {*made.empty, *(column for _, column, _, _ in made.references)}
        used |= {column for index in made.indexes for column in (*index.columns, *([index.filled] if index.filled else []))}
        names = [*(name for name, _, _, _ in made.references), *(table for _, _, table, _ in made.references)]
        names += [index.name for index in made.indexes]
        if not used <= known or not all(type(name) is str and NAME.fullmatch(name) for name in names):
            raise ValueError("it says of columns that it has not how they are made")
        if not all(_COLUMN.fullmatch(name) for name in known) or "id" not in known:
            raise ValueError("it has columns that can't be")
        return made


# ---------------------------------------------------------------- reading what is there


def detached_contents(app: BackOffice, session: Session, recorded: Sequence[RecordedPlugin]) -> list[tuple[Contents, Making]]:
    """The tables of plugins that are detached and not loaded, after what they refer to."""
    loaded = {state.name for state in app.host.plugins if state.state == "loaded"}
    prefixes = [f"{one.name}_" for one in recorded if one.name not in loaded]
    names = [name for name in sorted(session.columns()) if name not in app.metadata.tables and name.startswith(tuple(prefixes))]
    if not prefixes or not names:
        return []
    shapes = read_shapes(session)
    found = {name: _described(session, name, shapes.get(name)) for name in names}
    graph = {name: {table for _, _, table, _ in found[name][1].references if table in found and table != name} for name in found}
    try:
        return [found[name] for name in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        raise _refusal(error.args[1][0], "tables refer to each other in a circle") from None


def _described(session: Session, name: str, shape: Shape | None) -> tuple[Contents, Making]:
    inspector = sa.inspect(session.sa)
    schema = session.tenant if session.engine == "postgresql" else None
    kinds = {column.name: column.kind for column in shape.columns if column is not None} if shape is not None else {}
    types = session.table_columns(name) or {}
    if [column for column, (_, place) in types.items() if place] != ["id"]:
        raise _refusal(name, "its key is not id")
    columns, empty = [], []
    for one in inspector.get_columns(name, schema=schema):
        column = one["name"]
        columns.append(Column(column, kinds.get(column) or _DECLARED.get(types[column][0], "text")))
        if one["nullable"]:
            empty.append(column)
    unsure = session.engine == "sqlite" and any(column.name not in kinds and column.kind == "text" for column in columns)
    references = tuple(_reference(name, one) for one in inspector.get_foreign_keys(name, schema=schema))
    indexes = tuple(_index(name, one) for one in inspector.get_indexes(name, schema=schema))
    return Contents(name, tuple(columns), ("id",)), Making(tuple(empty), references, indexes, not unsure)


def _reference(table: str, one: Any) -> tuple[str, str, str, bool]:
    if len(one["constrained_columns"]) != 1 or one["referred_columns"] != ["id"]:
        raise _refusal(table, "a reference is to something else than an id")
    (column,) = one["constrained_columns"]
    return one["name"] or f"fk_{table}_{column}", column, one["referred_table"], bool(one.get("options", {}).get("deferrable"))


def _index(table: str, one: Any) -> Index:
    options = {key.partition("_")[2]: value for key, value in one.get("dialect_options", {}).items()}
    where = options.get("where")
    filled = None if where is None else _FILLED.fullmatch(str(where))
    if (where is not None and filled is None) or None in one["column_names"]:
        raise _refusal(table, f"the index {one['name']} is of a kind that can't be described")
    return Index(one["name"], tuple(one["column_names"]), bool(one["unique"]), filled[1] if filled is not None else None)


def _refusal(table: str, why: str) -> Refused:
    message = f"The table {table} of a plugin that is detached can't be carried over: {why}."
    return Refused([Finding("bo.tenant_plugin", message, table, fix="Install the plugin again, and export then.")])


# ---------------------------------------------------------------- making it elsewhere


def make_table(session: Session, contents: Contents, making: Making) -> None:
    """Make a table as it was described."""
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    operations = Operations(MigrationContext.configure(session.sa))
    columns: list[Any] = []
    for column in contents.columns:
        of = sa.BigInteger().with_variant(sa.Integer(), "sqlite") if column.name == "id" else type_of(column.kind, 0)
        key = column.name == "id"
        columns.append(sa.Column(column.name, of, primary_key=key, autoincrement=False, nullable=not key and column.name in making.empty))
    for name, of_column, table, late in making.references:
        how: dict[str, Any] = {"deferrable": True, "initially": "DEFERRED"} if late else {}
        columns.append(sa.ForeignKeyConstraint([of_column], [f"{table}.id"], name=name, **how))
    operations.create_table(contents.name, *columns)
    for index in making.indexes:
        where = sa.text(f'"{index.filled}" IS NOT NULL') if index.filled else None
        operations.create_index(
            index.name, contents.name, list(index.columns), unique=index.unique, sqlite_where=where, postgresql_where=where
        )
