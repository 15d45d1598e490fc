"""A database with rows of every entity of every installed plugin, and what somebody with an SQL tool may do to a table of it.

Whoever can write to a database can take its constraints away first, so that is done before anything: then every attack is possible on
every table, and none is found because the engine refuses it. Each attack is a function of a session and a table, which changes rows and
says which rows verify must name, and as what.
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs

from bocore import BackOffice, Refused
from bocore.entities import spec_of
from bocore.entities.generate import canonical_rows
from bocore.entities.spec import Column
from bocore.keys.signing import HeadSigner
from bocore.record.canonical import row_digests
from bocore.record.changes import ChangesWriter
from bocore.record.commit import append_record
from bocore.record.sealing import seal
from bocore.record.shapes import Shape, read_shapes
from bocore.record.stored import RowReader
from bocore.record.verify import Verification, verify
from bocore.storage.database import Database, open_database
from bocore.storage.ids import reserve
from bocore.storage.session import Session
from bocore.testing import FrozenClock
from bocore.testing.instances import Instances

Row = tuple[Any, ...]
Named = set[tuple[str, int]]
"""What verify says of a row (``altered``, ``added``, ``removed``), and its id."""
Attack = Callable[[Session, "Table"], Named]
SEED = b"s" * 32
NOW = datetime(2026, 4, 1, tzinfo=UTC)
SPARE = 3
"""Rows that are made up beside one a column."""


@attrs.define
class Table:
    """An entity's table: real rows of the demo first, then those that were made up.

    :param made: id → the row, for those that were made up; each column of them holds something, and no two rows the same.
    :param older: the id of one of them that was changed since, and what it was before.
    :param gone: one that was deleted.
    """

    name: str
    columns: list[Column]
    ids: list[int]
    made: dict[int, Row]
    older: Row
    gone: Row

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    def values(self) -> list[tuple[int, int, Column]]:
        """For each column but the id: its place, a row of its own that was made up, and the column."""
        return [(at, ident, column) for (at, column), ident in zip(list(enumerate(self.columns))[1:], self.made, strict=False)]


class House:
    """The database, in one transaction that is never committed: whatever is done in it is undone."""

    def __init__(self, database: Database, session: Session, tables: list[Table]) -> None:
        self.database = database
        self.session = session
        self.tables = tables

    @contextlib.contextmanager
    def undone(self) -> Iterator[Session]:
        """A part of the transaction that leaves nothing behind."""
        self.session.begin_part()
        try:
            yield self.session
        finally:
            self.session.undo_part()

    def verified(self) -> Verification:
        """The whole database as it is now."""
        return verify(self.session, limit=1_000_000)


def named(found: Verification) -> set[tuple[str, str, int]]:
    """Table, what is said, and id of every row that was named; whatever else is said stands beside."""
    rows = set()
    for finding in found.findings:
        what = finding.code.removeprefix("bo.audit.")
        if "first" in finding.params:
            rows |= {(str(finding.params["entity"]), what, ident) for ident in range(finding.params["first"], finding.params["last"] + 1)}
        else:
            rows.add((str(finding), what, 0))
    return rows


# -- the database


def build(folder: Path) -> House:
    """Play the demo of every plugin, fill every table, take the constraints away, and seal."""
    path = folder / "house.db"
    with BackOffice(path, clock=FrozenClock(), key=bytes(32)) as app:
        app.init(company="Acme Ltd", currency="EUR")
        _play(app)
        entities = {name: list(spec.columns) for name, spec in app._specs.items() if not spec.derived}
        names = app.table_names
    database = open_database(path)
    database.tables = names
    session = database.connect(lambda session: False)
    if session.engine == "sqlite":
        session.execute("PRAGMA foreign_keys=OFF")
    session.begin(write=True)
    if session.engine != "sqlite":
        session.execute(f'SET LOCAL search_path = "{session.tenant}"')
    for name, columns in entities.items():
        (_free_on_sqlite if session.engine == "sqlite" else _free_on_postgresql)(session, name, columns)
    tables = list(_fill(session, entities))
    seal(session, NOW, HeadSigner(SEED))
    return House(database, session, tables)


def _play(app: BackOffice) -> None:
    for state in app.host.plugins:
        if state.state == "loaded" and state.plugin is not None and state.plugin.demo:
            module, _, name = state.plugin.demo.partition(":")
            getattr(importlib.import_module(module), name)(app, lambda text: None)
    counter = itertools.count(1)
    for _, cls in app.host.entity_classes():
        if not spec_of(cls).derived:
            with contextlib.suppress(Refused, TypeError), app.unit_of_work(actor="ann") as uow:
                Instances(uow, {}, counter).add(cls)


def _free_on_sqlite(session: Session, name: str, columns: list[Column]) -> None:
    """Make a table anew with its key and nothing else."""
    declared = session.table_columns(name) or {}
    parts = ", ".join(f'"{column}" {kind}{" PRIMARY KEY" if key else ""}' for column, (kind, key) in declared.items())
    session.execute("PRAGMA defer_foreign_keys=ON")
    session.execute(f'CREATE TEMP TABLE kept AS SELECT * FROM main."{name}"')
    session.execute(f'DROP TABLE main."{name}"')
    session.execute(f'CREATE TABLE main."{name}" ({parts})')
    session.execute(f'INSERT INTO main."{name}" SELECT * FROM kept')
    session.execute("DROP TABLE temp.kept")


_CONSTRAINTS = """
    SELECT c.conname FROM pg_constraint c WHERE c.conrelid = to_regclass(quote_ident(?)) AND c.contype IN ('f', 'c', 'u')
"""
_INDEXES = """
    SELECT i.indexrelid::regclass::text FROM pg_index i
    WHERE i.indrelid = to_regclass(quote_ident(?)) AND i.indisunique AND NOT i.indisprimary
"""


def _free_on_postgresql(session: Session, name: str, columns: list[Column]) -> None:
    for (constraint,) in session.execute(_CONSTRAINTS, (name,)).fetchall():
        session.execute(f'ALTER TABLE "{name}" DROP CONSTRAINT "{constraint}" CASCADE')
    for (index,) in session.execute(_INDEXES, (name,)).fetchall():
        session.execute(f"DROP INDEX {index} CASCADE")
    session.execute(f'ALTER TABLE "{name}" ' + ", ".join(f'ALTER "{column.name}" DROP NOT NULL' for column in columns[1:]))


def _fill(session: Session, entities: dict[str, list[Column]]) -> Iterator[Table]:
    """Make rows up: one record inserts them, another changes one and deletes one, as units of work would."""
    shapes, first, then, tables = read_shapes(session), ChangesWriter(), ChangesWriter(), []
    for name, columns in entities.items():
        start = int(session.execute(f'SELECT coalesce(max(id), 0) FROM "{name}"').fetchone()[0]) + 5
        rows = [tuple([start + n, *(value(column, n) for column in columns[1:])]) for n in range(len(columns) + SPARE)]
        shape = shapes[name]
        session.fill(name, columns, rows)
        first.add(name, "i", [row[0] for row in rows], _digests(first, shape, columns, rows))
        *_, changed, gone, last = rows
        newer = tuple([changed[0], *(value(column, 1000) for column in columns[1:])])
        _write(session, name, columns, newer)
        then.add(name, "u", [newer[0]], _digests(then, shape, columns, [newer]), _details(shape, columns, changed, newer))
        session.execute(f'DELETE FROM "{name}" WHERE id = ?', (gone[0],))
        then.add(name, "d", [gone[0]])
        ids = [row[0] for row in session.execute(f'SELECT id FROM "{name}" ORDER BY id').fetchall()]
        tables.append(Table(name, columns, ids, {row[0]: row for row in [*rows[:-3], newer, last]}, changed, gone))
    for record in (first, then):
        append_record(session, record, unit=reserve(session, "bo_commit", 1) - 1, at=NOW, actor="ann", reason="made up")
    return iter(tables)


def _stored(shape: Shape, columns: list[Column], rows: Sequence[Row]) -> tuple[RowReader, list[Row]]:
    reader = RowReader(shape)
    places = [[column.name for column in columns].index(name) for name in reader.names]
    return reader, [tuple(row[place] for place in places) for row in rows]


def _digests(record: ChangesWriter, shape: Shape, columns: list[Column], rows: Sequence[Row]) -> bytes:
    reader, stored = _stored(shape, columns, rows)
    encoded = reader.encode(stored)
    assert all(encoded), (shape.entity, rows[0])
    return row_digests(shape.entity, record.nonce, encoded)


def _details(shape: Shape, columns: list[Column], before: Row, after: Row) -> list[Any]:
    reader, stored = _stored(shape, columns, [before, after])
    old, new = canonical_rows(shape.positions)(stored, reader.names)
    hidden = {at for at, part in enumerate(shape.positions) if part is not None and (part[0].personal or part[0].kind == "secret")}
    return [[[at, a, b] for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b and at not in hidden]]


def _write(session: Session, name: str, columns: list[Column], row: Row) -> None:
    """Put a row in the place of the one that has its id."""
    session.execute(f'DELETE FROM "{name}" WHERE id = ?', (row[0],))
    session.fill(name, columns, [row])


def value(column: Column, n: int) -> Any:
    """The n-th stored value of a column, canonical and never empty; that of another n is another."""
    plain: dict[str, Any] = {
        "integer": 1000 + n,
        "boolean": bool(n % 2),
        "decimal": 1000 + n,
        "text": f"text {n}",
        "uuid": f"00000000-00ab-cdef-0000-{n:012x}",
        "json": f'{{"n":{n}}}',
        "number": f"{n + 1}.5",
        "date": f"20{20 + n % 60}-01-05",
        "instant": f"20{20 + n % 60}-01-05T10:00:00.500000Z",
        "time": f"{n % 24:02}:05:00.500000",
        "bytes": bytes([n % 256]) * 16,
        "secret": f"bo1:{n:016x}:{'A' * 40}",
    }
    return plain[column.kind]


# -- what is done to rows


def _set(session: Session, table: Table, ident: int, column: Column, new: Any) -> None:
    """On PostgreSQL a value goes into its column as that takes it."""
    session.execute(f'UPDATE "{table.name}" SET "{column.name}" = ? WHERE id = ?', (new, ident))


def alter(session: Session, table: Table) -> Named:
    """In each column a value is another one of its kind."""
    for _, ident, column in table.values():
        before = table.made[ident][table.columns.index(column)]
        _set(session, table, ident, column, not before if column.kind == "boolean" else value(column, 500 + ident % 7))
    return {("altered", ident) for _, ident, _ in table.values()}


def empty(session: Session, table: Table) -> Named:
    """In each column a value is taken away."""
    for _, ident, column in table.values():
        _set(session, table, ident, column, None)
    return {("altered", ident) for _, ident, _ in table.values()}


def _swap(session: Session, table: Table, odd: int) -> Named:
    found: Named = set()
    ids = list(table.made)
    for at, column in list(enumerate(table.columns))[1 + odd :: 2]:
        one, two = ids[at - 1], ids[at]
        _set(session, table, one, column, table.made[two][at])
        _set(session, table, two, column, table.made[one][at])
        if table.made[one][at] != table.made[two][at]:
            found |= {("altered", one), ("altered", two)}
    return found


def swap_odd(session: Session, table: Table) -> Named:
    """In every second column two rows exchange their values."""
    return _swap(session, table, 0)


def swap_even(session: Session, table: Table) -> Named:
    """In the other columns two rows exchange their values."""
    return _swap(session, table, 1)


def swap_rows(session: Session, table: Table) -> Named:
    """Two rows exchange their ids."""
    one, two = list(table.made)[:2]
    for old, new in ((one, -7), (two, one), (-7, two)):
        session.execute(f'UPDATE "{table.name}" SET id = ? WHERE id = ?', (new, old))
    return {("altered", one), ("altered", two)}


def put_back(session: Session, table: Table) -> Named:
    """A row is what it truly was before its last change."""
    _write(session, table.name, table.columns, table.older)
    return {("altered", table.older[0])}


def _delete(session: Session, table: Table, ident: int) -> Named:
    session.execute(f'DELETE FROM "{table.name}" WHERE id = ?', (ident,))
    return {("removed", ident)}


def delete_first(session: Session, table: Table) -> Named:
    """The first row is gone."""
    return _delete(session, table, table.ids[0])


def delete_middle(session: Session, table: Table) -> Named:
    """One between others is gone."""
    return _delete(session, table, table.ids[len(table.ids) // 2])


def delete_last(session: Session, table: Table) -> Named:
    """The last row is gone."""
    return _delete(session, table, table.ids[-1])


def delete_all(session: Session, table: Table) -> Named:
    """No row is left."""
    session.execute(f'DELETE FROM "{table.name}"')
    return {("removed", ident) for ident in table.ids}


def _add(session: Session, table: Table, ident: int) -> Named:
    some = next(iter(table.made.values()))
    session.fill(table.name, table.columns, [(ident, *some[1:])])
    return {("added", ident)}


def add_before(session: Session, table: Table) -> Named:
    """A row comes before all others."""
    return _add(session, table, min(table.ids[0], 0) - 3)


def add_between(session: Session, table: Table) -> Named:
    """A row comes between others, where no unit of work has put one."""
    return _add(session, table, next(iter(table.made)) - 1)


def add_after(session: Session, table: Table) -> Named:
    """A row comes behind all others."""
    return _add(session, table, table.ids[-1] + 1)


def undelete(session: Session, table: Table) -> Named:
    """A row that was deleted is there again, as it truly was."""
    _write(session, table.name, table.columns, table.gone)
    return {("added", table.gone[0])}


def move(session: Session, table: Table) -> Named:
    """A row has another id."""
    ident = list(table.made)[1]
    session.execute(f'UPDATE "{table.name}" SET id = ? WHERE id = ?', (table.ids[-1] + 9, ident))
    return {("removed", ident), ("added", table.ids[-1] + 9)}


ANYWHERE = [
    alter, empty, swap_odd, swap_even, swap_rows, put_back, delete_first, delete_middle, delete_last, delete_all, add_before, add_between,
    add_after, undelete, move,
]  # fmt: skip


# -- what is done to the stored form of values


def _typed(new: Any, but: Sequence[str]) -> Callable[[Session, Table], Named]:
    def attack(session: Session, table: Table) -> Named:
        found = set()
        for _, ident, column in table.values():
            if column.kind not in but:
                _set(session, table, ident, column, new)
                found.add(("altered", ident))
        return found

    attack.__name__ = f"stored as {new!r}"
    return attack


REFORMATTED: dict[str, list[Callable[[Any], Any]]] = {
    "boolean": [lambda bit: 2, lambda bit: "true" if bit else "false"],
    "date": [lambda text: text.replace("-0", "-"), lambda text: f"{text} "],
    "instant": [lambda text: text.replace(".500000Z", ".5Z"), lambda text: text.replace("Z", "+00:00")],
    "time": [lambda text: text.replace(".500000", ".5"), lambda text: text[1:] if text.startswith("0") else f"T{text}"],
    "number": [lambda text: f" {text}", lambda text: f"{text}0"],
    "uuid": [str.upper, lambda text: text.replace("-", "")],
    "json": [lambda text: text.replace(":", ": "), lambda text: f"{text}\n"],
    "text": [lambda text: f"{text}\u0301".replace("t\u0301", "té"), lambda text: text.replace("e", "e\u0301")],
    "secret": [lambda text: f"{text} ", lambda text: text.replace("bo1", "bo2")],
}
"""Kind → the same value, or nearly so, written otherwise."""
ALWAYS_TEXT = ("number", "uuid", "json", "text", "secret")


def _rewritten(way: int) -> Callable[[Session, Table], Named]:
    def attack(session: Session, table: Table) -> Named:
        found = set()
        for at, ident, column in table.values():
            if column.kind in REFORMATTED and (session.engine == "sqlite" or column.kind in ALWAYS_TEXT):
                _set(session, table, ident, column, REFORMATTED[column.kind][way](table.made[ident][at]))
                found.add(("altered", ident))
        return found

    attack.__name__ = f"written otherwise, way {way}"
    return attack


def _retyped(to: str, using: str, kinds: Sequence[str]) -> Callable[[Session, Table], Named]:
    """The columns of some kinds get another type, as PostgreSQL lets them."""

    def attack(session: Session, table: Table) -> Named:
        columns = [column for column in table.columns[1:] if column.kind in kinds]
        if not columns:
            return set()
        parts = ", ".join(f'ALTER "{c.name}" TYPE {to} USING {using.format(chr(34) + c.name + chr(34))}' for c in columns)
        places = ", ".join(f'"{c.name}"' for c in columns)
        filled = session.execute(f'SELECT id FROM "{table.name}" WHERE num_nonnulls({places}) > 0').fetchall()
        session.execute(f'ALTER TABLE "{table.name}" {parts}')
        return {("altered", ident) for (ident,) in filled}

    attack.__name__ = f"retyped to {to}: {using}"
    return attack


def _odd(kind: str, text: str) -> Callable[[Session, Table], Named]:
    """A value that PostgreSQL's type has and no calendar."""

    def attack(session: Session, table: Table) -> Named:
        found = set()
        for _, ident, column in table.values():
            if column.kind == kind:
                session.execute(f'UPDATE "{table.name}" SET "{column.name}" = \'{text}\' WHERE id = ?', (ident,))
                found.add(("altered", ident))
        return found

    attack.__name__ = f"{kind} {text}"
    return attack


WHOLE = ("integer", "decimal", "boolean")
ON_SQLITE = [
    _typed("heavy", ("text", "json", "secret")),
    _typed(b"\xff\x00", ("bytes",)),
    _typed(12.5, ()),
    _typed(9e999, ()),
    _typed(-9e999, ()),
    _typed(7, ("integer", "decimal")),
    _rewritten(0),
    _rewritten(1),
]
ON_POSTGRESQL = [
    _rewritten(0),
    _rewritten(1),
    *(_odd(kind, text) for kind in ("date", "instant") for text in ("infinity", "-infinity", "0044-03-15 BC", "20260-01-01")),
    _retyped("text", "{}::text", WHOLE),
    _retyped("double precision", "{}::double precision", ("integer", "decimal")),
    _retyped("double precision", "'Infinity'::double precision", ("integer", "decimal")),
    _retyped("numeric", "{} + 0.5", ("integer", "decimal")),
    _retyped("timestamp", "{}::timestamp", ("instant",)),
    _retyped("timestamp", "{}::timestamp", ("date",)),
    _retyped("bytea", "convert_to({}, 'UTF8')", ("text", "number")),
    _retyped("text", "encode({}, 'hex')", ("bytes",)),
]
