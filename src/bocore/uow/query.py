"""Reading entities: ``get``, ``find``, ``select``, ``children``; each is one query, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import UUID

import sqlalchemy as sa

from bocore.access.hiding import NONE
from bocore.access.writes import authorize
from bocore.amounts import Money
from bocore.collector import uncollected
from bocore.entities import Entity, EntitySpec, spec_of
from bocore.entities.tables import plain_table
from bocore.errors import Conflict, NotFound, UsageError
from bocore.keys.sealing import indexed
from bocore.record.canonical import canonical_instant, normalise_text
from bocore.uow.guard import check_statement, refuse_bool, refuse_ciphertext
from bocore.uow.writing import conflict

if TYPE_CHECKING:
    from bocore.access.views import View
    from bocore.uow.reading import Reading

T = TypeVar("T", bound=Entity)


class Query(Generic[T]):
    """A select of one entity: narrowed step by step, run when it is iterated. Each step returns a new query."""

    __slots__ = ("_cls", "_conditions", "_equal", "_limit", "_offset", "_order", "_uow")

    def __init__(self, uow: Reading, cls: type[T], equal: dict[str, Any]) -> None:
        self._uow = uow
        self._cls = cls
        self._equal = equal
        self._conditions: tuple[Any, ...] = ()
        self._order: tuple[Any, ...] = ()
        self._limit: int | None = None
        self._offset = 0

    def _copy(self) -> Query[T]:
        made: Query[T] = Query(self._uow, self._cls, self._equal)
        made._conditions, made._order, made._limit, made._offset = self._conditions, self._order, self._limit, self._offset
        return made

    def where(self, *conditions: Any, **equal: Any) -> Query[T]:
        """Keep rows for which all conditions hold: expressions over ``Entity.c``, or ``field=value`` (a list means any of them)."""
        refuse_bool(conditions)
        spec = spec_of(self._cls)
        for condition in conditions if self._uow._app.ciphertexts else ():
            refuse_ciphertext(condition, self._uow._app.ciphertexts)
        if spec.secrets:
            equal = indexed(self._uow, spec, equal)
        made = self._copy()
        made._conditions += (*conditions, *equals(spec, equal))
        return made

    def order_by(self, *columns: Any) -> Query[T]:
        """Sort by columns: ``Entity.c.name``, ``Entity.c.at.desc()``."""
        for column in columns if self._uow._app.ciphertexts else ():
            refuse_ciphertext(column, self._uow._app.ciphertexts)
        made = self._copy()
        made._order += columns
        return made

    def limit(self, count: int, offset: int = 0) -> Query[T]:
        """Take at most ``count`` rows."""
        made = self._copy()
        made._limit, made._offset = count, offset
        return made

    @property
    def _statement(self) -> sa.Select[Any]:
        spec = spec_of(self._cls)
        statement = sa.select(plain_table(spec)).where(*equals(spec, self._equal), *self._conditions).order_by(*self._order)
        if self._limit is not None:
            statement = statement.limit(self._limit).offset(self._offset)
        return statement

    def __iter__(self) -> Iterator[T]:
        return iter(self.all())

    def all(self) -> list[T]:
        """Every row, as a list of objects."""
        if not (self._conditions or self._order or self._offset):
            simple = self._uow._reader.by_equality(self._cls, self._equal, self._limit)
            if simple is not None:
                return simple
        return self._uow._reader.run(self._cls, self._statement)

    def first(self) -> T | None:
        """The first row, or None."""
        return next(iter(self.limit(1).all()), None)

    def one(self) -> T:
        """The only row; NotFound for none, UsageError for several."""
        found = self.limit(2).all()
        if not found:
            raise NotFound(f"No {self._cls.__name__} fits.", fix="Look at the conditions, or use first().")
        if len(found) > 1:
            raise UsageError(f"More than one {self._cls.__name__} fits.", fix="Narrow the query, or use first() or all().")
        return found[0]

    def count(self) -> int:
        """How many rows there are, without loading them."""
        ids = self._statement.with_only_columns(plain_table(spec_of(self._cls)).c.id).order_by(None)
        counted = sa.select(sa.func.count(ids.subquery().c.id))  # count() alone is count(*), a literal
        return int(next(iter(self._uow.rows(counted)))[0])


def equals(spec: EntitySpec, equal: dict[str, Any]) -> list[Any]:
    """Conditions for ``field=value``; a list, set or tuple means any of its values."""
    table = plain_table(spec)
    conditions: list[Any] = []
    for name, value in equal.items():
        if name not in table.c:
            raise UsageError(f"{spec.cls.__name__} has no field {name!r}.", fix=f"It has: {', '.join(c.name for c in spec.columns)}.")
        column = table.c[name]
        if isinstance(value, Money):
            conditions += [column == value.minor_units, table.c[name + "_currency"] == value.currency]
        elif isinstance(value, (list, tuple, set, frozenset)):
            conditions.append(column.in_([plain(v) for v in value]))
        else:
            conditions.append(column == plain(value))
    return conditions


def plain(value: Any) -> Any:
    """What a column is compared with: the id of an entity, the value of an enum."""
    if isinstance(value, Entity):
        return value.id
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, UUID) else value


_WRITERS: dict[str, tuple[type, Callable[[Any], Any]]] = {
    "integer": (int, int),
    "boolean": (bool, bool),
    "text": (str, normalise_text),
    "uuid": (str, str),
    "date": (date, date.isoformat),
    "instant": (datetime, canonical_instant),
}


class Reader:
    """Loads objects for a unit of work."""

    def __init__(self, uow: Reading) -> None:
        self.uow = uow

    def get(self, cls: type[T], ident: int) -> T | None:
        held, view = self.uow._tracker.held(cls), None if self.uow._free else self.uow._view(cls)
        entry = held.get(ident)
        if view is not None and (entry is None or view.hidden or ident not in self.uow._in_sight(self.uow.authority, cls)):
            return next(iter(self.by_values(cls, "id", [ident])), None)
        if entry is not None:
            self.keep([entry], cls)
            return None if entry[0] in self.uow._tracker.removed else self._shown(cls, entry[0])
        compiled = self.uow._app.compiled(cls)
        rows = self.uow._touch().execute(compiled.select + " WHERE id = ?", (ident,)).fetchall()
        found: list[T] = []
        self.uow._tracker.stored = True
        compiled.load(rows, held, found)
        if not self.uow._free:
            self._read(cls, found, None)
        return found[0] if found else None

    def keep(self, entries: Iterable[tuple[Any, Any]], cls: type) -> None:
        """Write rows that another function made before limited code gets hold of them: they are as that function left them."""
        uow = self.uow
        if not (uow._free or uow._silent) and spec_of(cls).made_by and any(row is None for _, row in entries):
            uow._write_before_reading({spec_of(cls).name})

    def _shown(self, cls: type[T], obj: T) -> T:
        """An object that is held already, with the fields that the code which runs now may see."""
        if self.uow._hiding and cls in self.uow._app.concealing:
            self.uow._hiding.loaded(cls, [obj], NONE)
        return obj

    def _read(self, cls: type[T], found: list[T], view: View | None) -> None:
        """What was loaded for somebody whose rights are limited."""
        if view is not None and view.rows:
            self.uow._in_sight(self.uow.authority, cls).update(obj.id for obj in found)
        if cls in self.uow._app.concealing:
            self.uow._hiding.loaded(cls, found, NONE if view is None else view.hidden)
        if found and self.uow._app.authorizes:
            authorize(self.uow, "read", cls, found)  # type: ignore[arg-type]

    def by_values(self, cls: type[T], column: str, values: Iterable[Any], *, lock: bool = False) -> list[T]:
        """Rows whose column has one of the values, whatever their number: one constant SQL text.

        :param lock: in the order of their ids; Conflict where one has been changed since this unit of work read it.
        """
        compiled = self.uow._app.compiled(cls)
        if column == "id":
            wanted = list(values)
        else:
            write = _writer(compiled.spec, column, self.uow._app.engine.dialect)
            wanted = [write(v if type(v) is str else plain(v)) for v in values]
        session = self.uow._touch()
        view = None if self.uow._free else self.uow._view(cls)
        if view is not None and column in view.columns:
            return []  # nobody looks up by what he does not see
        condition = session.among(f'"{column}"')
        head = f"{compiled.select} WHERE" if view is None else f"{view.text} AND"
        if view is not None and view.narrowed:
            found = session.execute(f"SELECT id FROM {compiled.spec.name} WHERE {condition}", (session.listed(wanted),)).fetchall()
            wanted, condition = sorted(view.seen(self.uow, (row[0] for row in found))), session.among("id")  # type: ignore[arg-type]
        sql = f"{head} {condition} ORDER BY id{session.locking if lock else ''}"
        return self._built(cls, session.execute(sql, (session.listed(wanted),)), locked=lock, view=view)

    def by_equality(self, cls: type[T], equal: dict[str, Any], limit: int | None) -> list[T] | None:
        """The common look-up by plain values, with a constant SQL text; None where SQLAlchemy has to build the statement."""
        app = self.uow._app
        shape = (cls, limit, *((name, type(value)) for name, value in equal.items()))
        known = app.texts.get(shape)
        if known is None:
            known = app.texts[shape] = self._text(cls, equal, limit)
        tests, writers = known
        if tests is None:
            return None
        view = None if self.uow._free else self.uow._view(cls)
        if view is not None and (view.narrowed or not view.columns.isdisjoint(equal)):
            return None
        if self.uow._tracker.pending:
            self.uow._write_before_reading({spec_of(cls).name})
        given = [write(plain(value)) for write, value in zip(writers, equal.values(), strict=True) if write is not None]
        if view is None:
            sql = f"{app.compiled(cls).select}{' WHERE ' if equal else ''}{tests}"
        else:
            sql = f"{view.text}{' AND ' if equal else ''}{tests}"
        return self._built(cls, self.uow._touch().execute(sql, given), view=view)

    def _text(self, cls: type, equal: dict[str, Any], limit: int | None) -> tuple[str | None, list[Callable[[Any], Any] | None]]:
        """The conditions of a look-up as SQL text and how each value is written; no writer for one that is null."""
        kinds = self.uow._app.kinds(cls)
        tests: list[str] = []
        writers: list[Callable[[Any], Any] | None] = []
        for name, value in equal.items():
            type_, write = _WRITERS.get(kinds.get(name, ""), (None, None))
            if value is None and name in kinds:
                tests.append(f'"{name}" IS NULL')
                writers.append(None)
            elif write is not None and type(plain(value)) is type_:
                tests.append(f'"{name}" = ?')
                writers.append(write)
            else:
                return None, []
        sql = " AND ".join(tests)
        return sql if limit is None else f"{sql} LIMIT {int(limit)}", writers

    def run(self, cls: type[T], statement: sa.Select[Any]) -> list[T]:
        tables = check_statement(statement, self.uow._app.tables)
        self.uow._write_before_reading(tables)
        statement, views = self.uow._seen_of(statement, tables)
        result = self.uow._touch().select(statement)
        return self._built(cls, result.cursor, view=views.get(spec_of(cls).name))

    def _built(self, cls: type[T], cursor: Any, *, locked: bool = False, view: View | None = None) -> list[T]:
        """The objects of all rows. The collector of cycles is paused meanwhile: it would walk over the growing list again and again."""
        found: list[T] = []
        self.uow._tracker.stored = True
        with uncollected():
            rows, held, compiled = cursor.fetchall(), self.uow._tracker.held(cls), self.uow._app.compiled(cls)
            if locked and compiled.spec.versioned:
                self._refuse_overtaken(cls, rows, held)
            if view is None or not view.hidden:
                compiled.load(rows, held, found)
            else:
                self.uow._app.masked(cls, view.hidden).load(rows, held, found)
        if not self.uow._free:
            self._read(cls, found, view)
        elif self.uow._hiding and cls in self.uow._app.concealing:
            self.uow._hiding.loaded(cls, found, NONE)
        if self.uow._tracker.removed:
            gone = {id(obj) for obj in self.uow._tracker.removed}
            found = [obj for obj in found if id(obj) not in gone]
        return found

    def _refuse_overtaken(self, cls: type, rows: Sequence[Any], held: Mapping[int, Any]) -> None:
        """What was read before the lock may be older than what is locked now: nothing may be decided on it."""
        findings = []
        for row in rows:
            before = held[row[0]][1] if row[0] in held else None
            if before is not None and before[1] != row[1]:
                findings.append(conflict(self.uow, cls, row[0], before[1]))
        if findings:
            raise Conflict(findings)


def _writer(spec: EntitySpec, column: str, dialect: sa.Dialect) -> Callable[[Any], Any]:
    """How a value that a column is compared with becomes what the driver stores."""
    kind = plain_table(spec).c[column].type
    if isinstance(kind, sa.LargeBinary):
        raise UsageError(f"{spec.cls.__name__}.{column} is bytes: rows can't be looked up by many of them.", fix="Use uow.select for one.")
    if not isinstance(kind, sa.types.TypeDecorator):
        return lambda value: value
    bind = kind.process_bind_param
    return lambda value: bind(value, dialect)
