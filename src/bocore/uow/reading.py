"""What a unit of work reads: rows as objects, one an id, and selects of SQLAlchemy Core for reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

import sqlalchemy as sa

from bocore.access.views import allowed, rewritten
from bocore.access.writes import authorize
from bocore.entities import Entity, FieldSpec, spec_of
from bocore.entities.tables import plain_table
from bocore.errors import Conflict, NotFound, UsageError
from bocore.keys.masked import index_of
from bocore.keys.sealing import index_values, indexed
from bocore.keys.store import UnitKeys
from bocore.uow.acting import Acting
from bocore.uow.guard import Read, check_statement, refuse_ciphertext
from bocore.uow.query import Query, Reader, equals
from bocore.uow.writing import Writer, conflict

if TYPE_CHECKING:
    from bocore.access.views import View
    from bocore.app import BackOffice
    from bocore.storage.session import Session
    from bocore.uow.tracker import Tracker

T = TypeVar("T", bound=Entity)
MOST = 2**63
"""No database has an id beyond it, and none can be asked for one."""


class Reading(Acting):
    """The reading half of :class:`~bocore.UnitOfWork`."""

    if TYPE_CHECKING:
        read_only: bool
        _app: BackOffice
        _tracker: Tracker
        _reader: Reader
        _writer: Writer

        _keys: UnitKeys | None

        def _touch(self) -> Session: ...

    @property
    def keys(self) -> UnitKeys:
        """The data keys that this unit of work uses."""
        if self._keys is None:
            self._keys = UnitKeys(self)
        return self._keys

    def get(self, cls: type[T], ident: int, *, version: int | None = None) -> T:
        """The row with that id; NotFound names entity and id.

        :param version: the version that the caller saw before (an edited form); Conflict says who changed what since.
        """
        found = self._reader.get(cls, ident) if -MOST <= ident < MOST else None
        if found is None:
            raise NotFound(
                f"There is no {cls.__name__} with the id {ident}.", at=f"{spec_of(cls).name} {ident}", fix="Look it up by another field."
            )
        if version is not None and found.version != version:
            raise Conflict([conflict(self, cls, ident, version)])
        return found

    def get_all(self, cls: type[T], ids: Iterable[int], *, lock: bool = False) -> dict[int, T]:
        """id → row for the ids that exist, in one query.

        :param lock: keep others from changing them until the end of the unit, in id order (SQLite locks the whole file anyway). What
            was read before and has been changed by somebody else since is a Conflict.
        """
        wanted = sorted(set(ids))
        held = self._tracker.held(cls)
        if not self._free:
            return self._get_seen(cls, wanted, lock)
        missing = [i for i in wanted if i not in held]
        if missing or lock:
            self._reader.by_values(cls, "id", wanted if lock else missing, lock=lock and not (self.read_only or spec_of(cls).append_only))
        gone = {id(obj) for obj in self._tracker.removed}
        return {i: held[i][0] for i in wanted if i in held and id(held[i][0]) not in gone}

    def _get_seen(self, cls: type[T], wanted: list[int], lock: bool) -> dict[int, T]:
        """The same for somebody who may not see all: what others of this unit have loaded is not there for him by that."""
        view, held = self._view(cls), self._tracker.held(cls)
        self._reader.keep([held[i] for i in wanted if i in held], cls)
        known = held.keys() if view is None or not view.rows else held.keys() & self._in_sight(self.authority, cls)
        found = {i: self._reader._shown(cls, held[i][0]) for i in wanted if i in known and (view is None or not view.hidden)}
        missing = wanted if lock else [i for i in wanted if i not in found]
        if missing:
            lock = lock and not (self.read_only or spec_of(cls).append_only)
            found.update((obj.id, obj) for obj in self._reader.by_values(cls, "id", missing, lock=lock))
            waiting = {i: held[i][0] for i in missing if i in known and held[i][1] is None}
            found.update(waiting)
        gone = {id(obj) for obj in self._tracker.removed}
        return {i: found[i] for i in wanted if i in found and id(found[i]) not in gone}

    def find(self, cls: type[T], **equal: Any) -> T | None:
        """The only row with these values, or None; UsageError where there are several."""
        if spec_of(cls).secrets:
            equal = indexed(self, spec_of(cls), equal)
        found = self._reader.by_equality(cls, equal, 2)
        if found is None:
            found = self.select(cls, **equal).limit(2).all()
        if len(found) > 1:
            which = " and ".join(str(row.id) for row in found)
            said = ", ".join(f"{name} {getattr(value, 'id', value)!r}" for name, value in equal.items()) or "no condition to fulfil"
            raise UsageError(f"More than one {cls.__name__} has {said}: {which}, at least.", fix="Give more values, or use uow.select.")
        return found[0] if found else None

    def find_all(self, cls: type[T], **equal: Iterable[Any]) -> dict[Any, T]:
        """value → row for one field and many values, in one query: ``uow.find_all(Item, code=codes)``."""
        if len(equal) != 1:
            raise UsageError("find_all looks up by one field.", fix="uow.find_all(Item, code=codes)")
        ((name, values),) = equal.items()
        secret = next((field for field in spec_of(cls).secrets if field.name == name), None)
        if secret is not None:
            return self._find_secrets(cls, secret, values)
        if name not in plain_table(spec_of(cls)).c:
            equals(spec_of(cls), {name: None})
        self._write_before_reading({spec_of(cls).name})
        return {getattr(obj, name): obj for obj in self._reader.by_values(cls, name, dict.fromkeys(values))}

    def _find_secrets(self, cls: type[T], field: FieldSpec, values: Iterable[Any]) -> dict[Any, T]:
        asked = index_values(self, spec_of(cls), field, values)
        self._write_before_reading({spec_of(cls).name})
        found = self._reader.by_values(cls, f"{field.name}_index", asked)
        return {asked[index_of(getattr(obj, field.name)) or ""]: obj for obj in found}

    def find_written(self, cls: type[T], **equal: Iterable[Any]) -> dict[Any, T]:
        """As :meth:`find_all`, among the rows in the database: nothing is written for it, so texts and numbers may go on waiting."""
        ((name, values),) = equal.items()
        return {getattr(obj, name): obj for obj in self._reader.by_values(cls, name, dict.fromkeys(values))}

    def select(self, cls: type[T], **equal: Any) -> Query[T]:
        """Rows of an entity: ``uow.select(Party, kind="person").where(Party.c.name.like("A%")).order_by(Party.c.name)``."""
        self._app.compiled(cls)
        return Query(self, cls, indexed(self, spec_of(cls), equal) if spec_of(cls).secrets else equal)

    @overload
    def children(self, parents: Entity, cls: type[T], *, written: bool = False) -> list[T]: ...
    @overload
    def children(self, parents: Iterable[Entity], cls: type[T], *, written: bool = False) -> dict[int, list[T]]: ...
    def children(self, parents: Any, cls: type[T], *, written: bool = False) -> Any:
        """The child rows of one row as a list, or of many as ``{parent id: [...]}``, in one query.

        :param written: those in the database only: nothing is written for it, as by :meth:`find_written`.
        """
        link = spec_of(cls).one("parent")
        if link is None:
            raise UsageError(f"{cls.__name__} has no parent field.", fix="Declare one: visit_id: int = parent(Visit).")
        several = [parents] if isinstance(parents, Entity) else list(parents)
        ids: dict[int, list[T]] = {obj.id: [] for obj in several}
        if not written:
            self._write_before_reading({spec_of(cls).name})
        for child in self._reader.by_values(cls, link.name, ids):
            ids[getattr(child, link.name)].append(child)
        return ids[parents.id] if isinstance(parents, Entity) else ids

    def extension(self, base: Entity, cls: type[T]) -> T | None:
        """What another entity adds to a row, or None."""
        return self.extensions([base], cls).get(base.id)

    def extensions(self, bases: Iterable[Entity], cls: type[T]) -> dict[int, T]:
        """id → extension for many rows, in one query."""
        return self.get_all(cls, [base.id for base in bases])

    def rows(self, statement: sa.Select[Any] | sa.CompoundSelect[Any]) -> Sequence[Any]:
        """Run a select of SQLAlchemy Core, read-only: for reports. Built from columns; text() and unknown functions are refused."""
        return self._result_of(statement)[0].fetchall()

    def tuples(self, statement: sa.Select[Any] | sa.CompoundSelect[Any]) -> list[tuple[Any, ...]]:
        """As :meth:`rows`, without the names of the columns: a fifth faster, for very many rows."""
        result, statement = self._result_of(statement)
        cursor: Any = result.cursor
        found: list[tuple[Any, ...]] = cursor.fetchall()
        kinds = zip(statement.selected_columns, cursor.description, strict=True)
        converters = [column.type.dialect_impl(result.dialect).result_processor(result.dialect, stored[1]) for column, stored in kinds]
        result.close()
        if not found or not any(converters):
            return found
        columns = zip(converters, zip(*found, strict=True), strict=True)
        return list(zip(*(values if convert is None else map(convert, values) for convert, values in columns), strict=True))

    def stream_rows(self, statement: sa.Select[Any], size: int = 5000) -> Iterator[Any]:
        """As :meth:`rows`, so many at a time, for a long read. Take them all before anything else is read."""
        for part in self._result_of(statement)[0].partitions(size):
            yield from part

    def _result_of(self, statement: Any) -> tuple[sa.CursorResult[Any], Any]:
        """What a select gives, with what waits written before, and the select over what may be seen."""
        tables = check_statement(statement, self._app.tables)
        if self._app.ciphertexts:
            refuse_ciphertext(statement, self._app.ciphertexts)
        self._write_before_reading(tables)
        seen = self._seen_of(statement, tables)[0]
        return self._touch().select(seen), seen

    def _seen_of(self, statement: Any, tables: Read) -> tuple[Any, Mapping[str, View]]:
        """The statement over what the code that runs may see of these tables; NotAllowed where it may not read one."""
        if self._base is None:
            self._touch()
        if self._free:
            return statement, {}
        uow: Any = self
        views = allowed(uow, tables)
        if self._app.authorizes:
            for name in sorted(tables):
                authorize(uow, "read", self._app.class_of(name), [])
        return (rewritten(statement, views, flat=tables.flat) if views else statement), views

    def stream(self, query: Query[T], size: int = 5000) -> Iterator[T]:
        """The objects of a long read, not held by this unit: changes of them are not seen. Take them all, or close the iterator."""
        statement, cls = query._statement, query._cls
        tables = check_statement(statement, self._app.tables)
        self._write_before_reading(tables)
        statement, views = self._seen_of(statement, tables)
        view = views.get(spec_of(cls).name)
        load = self._app.masked(cls, view.hidden).load if view is not None and view.hidden else self._app.compiled(cls).load
        result = self._touch().select(statement)
        cursor: Any = result.cursor
        while rows := cursor.fetchmany(size):
            found: list[T] = []
            load(rows, {}, found)
            yield from found

    def _write_before_reading(self, tables: set[str]) -> None:
        if self._tracker.pending:
            if self._authority is None:
                self._touch()
            self._write_waiting(self._app.closure(tables))

    def _write_waiting(self, classes: set[type] | None = None) -> None:
        """Write the rows that wait, of these classes or all, once it is sure that they may be."""
        if classes is not None:
            classes = classes | self._writer.awaited(classes)
        self._vet()
        self._recheck(None if self._closing.finishers else classes)  # functions that complete rows may set others than these
        with self.core(), self._hiding.uncovered():
            self._writer.write_pending(classes)
        for cls in [cls for cls in self._watched or () if cls not in self._tracker.pending]:
            del self._watched[cls]  # type: ignore[union-attr]
