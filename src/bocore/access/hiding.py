"""Objects of which some fields are hidden: their slots stay empty, and what is written is whole all the same."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import attrs

from bocore.access.views import hidden_fields
from bocore.entities import spec_of
from bocore.errors import Conflict

if TYPE_CHECKING:
    from bocore.access.authority import Authority
    from bocore.uow import UnitOfWork

NONE: frozenset[str] = frozenset()


@attrs.define(eq=False)
class _Covered:
    """An object with hidden fields, and their values as far as somebody who may see them has read or set them."""

    obj: Any
    names: frozenset[str]
    values: dict[str, Any] = attrs.field(factory=dict)


_NOTHING: contextlib.AbstractContextManager[None] = contextlib.nullcontext()


class Hiding:
    """What a unit of work keeps out of sight of the code that runs, object by object."""

    def __init__(self, uow: UnitOfWork) -> None:
        self.uow = uow
        self._covered: dict[int, _Covered] = {}
        self._open = 0
        """How many of those that need rows whole are at it: what hooks hide meanwhile comes back after each of them."""

    def loaded(self, cls: type, objects: Iterable[Any], hidden: frozenset[str]) -> None:
        """Show of these objects, which were just read, what the authority that runs may see, and nothing else.

        :param hidden: the fields that it may not see; they were not read.
        """
        dark: list[_Covered] = []
        for obj in objects:
            known = self._covered.get(id(obj))
            if known is None:
                if hidden:
                    known = self._covered[id(obj)] = _Covered(obj, NONE)
                    self._cover(known, hidden)
            elif known.names != hidden:
                if known.names - hidden - known.values.keys():
                    dark.append(known)
                else:
                    self._cover(known, hidden)
        if dark:
            self._read(cls, dark)
            for known in dark:
                self._cover(known, hidden)

    def settle(self, authority: Authority) -> None:
        """Hide again what the code that goes on may not see, after some had run that may; show what it may, where the value is known."""
        concealing = self.uow._app.concealing
        if not concealing:
            return
        if self._open:
            for known in self._covered.values():
                self._take(known)
                if known.names <= known.values.keys():
                    self._cover(known, NONE)
            return
        for cls, held in self.uow._tracker.maps.items():
            if cls in concealing:
                hidden = hidden_fields(self.uow._app, authority, spec_of(cls))
                if hidden or self._covered:
                    for obj, _ in held.values():
                        covered = self._covered.get(id(obj))
                        if covered is None and hidden:
                            covered = self._covered[id(obj)] = _Covered(obj, NONE)
                        if covered is not None:
                            self._cover(covered, hidden | (covered.names - covered.values.keys()))

    def out_of_sight(self, obj: Any) -> bool:
        """Whether fields of an object are hidden now."""
        known = self._covered.get(id(obj))
        return known is not None and bool(known.names)

    def mark(self) -> list[tuple[_Covered, frozenset[str], dict[str, Any], list[str]]]:
        """The state for a savepoint."""
        return [(k, k.names, dict(k.values), [n for n in k.names if not _is_set(k.obj, n)]) for k in self._covered.values()]

    def reset(self, mark: list[tuple[_Covered, frozenset[str], dict[str, Any], list[str]]]) -> None:
        """Return to a savepoint, once the tracker has put back what was shown then: hidden values that were read or set since are gone."""
        self._covered = {}
        for known, names, values, empty in mark:
            for name in empty:
                with contextlib.suppress(AttributeError):
                    object.__delattr__(known.obj, name)
            known.names, known.values = names, values
            self._covered[id(known.obj)] = known

    def __bool__(self) -> bool:
        return bool(self._covered)

    def uncovered(self) -> contextlib.AbstractContextManager[None]:
        """What may have to be written is whole for a while: known values are back, those of altered rows are read."""
        return self._uncovering() if self.uow._app.concealing else _NOTHING

    @contextlib.contextmanager
    def _uncovering(self) -> Iterator[None]:
        before = [(known, known.names) for known in self._covered.values() if known.names]
        dark: dict[type, list[_Covered]] = {}
        for known, names in before:
            cls = type(known.obj)
            entry = self.uow._tracker.held(cls).get(known.obj.id)
            was_set = self._take(known)
            if names <= known.values.keys():
                self._cover(known, NONE)
            elif entry is not None and (was_set or self.uow._app.masked(cls, names).altered([entry])):
                dark.setdefault(cls, []).append(known)
        for cls, several in dark.items():
            self._read(cls, several)
            for known in several:
                self._cover(known, NONE)
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1
            for known, names in before:
                self._cover(known, names)
            if not (self._open or self.uow._free):
                self.settle(self.uow.authority)

    def _take(self, known: _Covered) -> bool:
        """Whether code has set hidden fields of an object; what it set is their value from now on."""
        found = False
        for name in known.names:
            with contextlib.suppress(AttributeError):
                known.values[name] = object.__getattribute__(known.obj, name)
                object.__delattr__(known.obj, name)
                found = True
        return found

    def _cover(self, known: _Covered, hidden: frozenset[str]) -> None:
        """Take the values of these fields out of the object, and put those of the others back."""
        obj = known.obj
        for name in hidden - known.names:
            with contextlib.suppress(AttributeError):
                known.values[name] = object.__getattribute__(obj, name)
                object.__delattr__(obj, name)
        for name in known.names - hidden:
            if name in known.values:
                setattr(obj, name, known.values[name])
        known.names = hidden

    def _read(self, cls: type, several: list[_Covered]) -> None:
        """Read the hidden values of these rows, with the core's own authority; Conflict where a row has changed since."""
        from bocore.uow.writing import conflict

        uow, compiled = self.uow, self.uow._app.compiled(cls)
        session, held = uow._touch(), uow._tracker.held(cls)
        sql = f"{compiled.select} WHERE {session.among('id')}"
        rows = {row[0]: row for row in session.execute(sql, (session.listed([known.obj.id for known in several]),)).fetchall()}
        for known in several:
            ident = known.obj.id
            row, before = rows.get(ident), held[ident][1]
            if row is None or (compiled.spec.versioned and row[1] != before[1]):
                raise Conflict([conflict(uow, cls, ident, before[1])])
            whole: list[Any] = []
            compiled.load([row], {}, whole)
            for name in known.names:
                known.values.setdefault(name, getattr(whole[0], name))
            held[ident] = (known.obj, row)


def _is_set(obj: Any, name: str) -> bool:
    try:
        object.__getattribute__(obj, name)
    except AttributeError:
        return False
    return True
