"""What a unit of work holds in memory: one object an id, what waits to be written, and how to undo it."""

from __future__ import annotations

import contextlib
from itertools import repeat
from typing import Any

from bocore.entities import Entity, spec_of

get_id: Any = vars(Entity)["id"].__get__
Held = dict[int, tuple[Any, Any]]
"""id → (object, driver row as loaded or written, or None while it waits)."""


class Tracker:
    """Identity map, pending rows and the undo journal of one unit of work."""

    def __init__(self) -> None:
        self.maps: dict[type, Held] = {}
        self.pending: dict[type, list[Any]] = {}
        self.removed: list[Any] = []
        self.added: list[Any] = []
        """Every object that got an id here, in order: the undo journal."""
        self.stored = False
        """Whether any object that is held has a row in the database, and so may differ from it."""
        self._new: set[int] = set()
        self._counted = 0
        self.versions: list[tuple[Any, Any]] = []
        """Objects that were updated here, in order → their row before."""
        self.moved: dict[Any, str] = {}
        """Objects that ``uow.move`` moved → the state that it gave them."""
        self.origin: dict[Any, str] = {}
        """The same objects → the state that they had before this unit of work."""

    def held(self, cls: type) -> Held:
        found = self.maps.get(cls)
        if found is None:
            found = self.maps[cls] = {}
        return found

    def track(self, cls: type, objects: list[Any]) -> None:
        """Hold new objects, which have their ids, until they are written."""
        self.held(cls).update(zip(map(get_id, objects), zip(objects, repeat(None), strict=False), strict=True))
        self.pending.setdefault(cls, []).extend(objects)
        self.added.extend(objects)

    def is_new(self, obj: Any) -> bool:
        """True for an object that was added in this unit of work."""
        if self._counted != len(self.added):
            self._new, self._counted = set(map(id, self.added)), len(self.added)
        return id(obj) in self._new

    def discard(self, obj: Any) -> None:
        """Let go of an object that waits, as if it had never been added."""
        waiting = self.pending[type(obj)]
        waiting[:] = [other for other in waiting if other is not obj]
        if not waiting:
            del self.pending[type(obj)]
        del self.maps[type(obj)][obj.id]
        del obj.id
        if spec_of(type(obj)).versioned:
            del obj.version

    def forget(self) -> None:
        """Let go of everything that is written: for imports larger than memory. The objects must not be used any more."""
        self.maps.clear()
        self.added.clear()
        self._counted = -1
        self.versions.clear()
        self.moved.clear()
        self.origin.clear()

    def undo(self, since: int = 0, versions_since: int = 0) -> None:
        """Take back ids, versions, numbers and references to them; other values stay."""
        undone: dict[type, set[int]] = {}
        for obj in self.added[since:]:
            if _value(obj, "id") is not None:
                undone.setdefault(type(obj), set()).add(get_id(obj))
        for obj in self.added[since:]:
            cls = type(obj)
            if _value(obj, "id") is None:
                continue
            self.maps.get(cls, {}).pop(get_id(obj), None)
            spec = spec_of(cls)
            del obj.id
            if spec.versioned:
                del obj.version
            for field in spec.fields.values():
                if field.role in ("numbered", "recorded"):
                    _unset(obj, field.name)
                elif field.target is not None and _value(obj, field.name) in undone.get(field.target, ()):
                    _clear(obj, field.name, field.optional)
        for cls, held in self.maps.items():
            refs = [f for f in spec_of(cls).fields.values() if f.target in undone]
            for obj, row in held.values() if refs else ():
                for field in refs:
                    if row is not None and _value(obj, field.name) in undone[field.target]:  # type: ignore[index]
                        setattr(obj, field.name, row[[c.name for c in spec_of(cls).columns].index(field.name)])
        for obj, before in reversed(self.versions[versions_since:]):
            if _value(obj, "id") is None:
                continue
            obj.version = before[1]
            for field in spec_of(type(obj)).fields.values():
                if field.target in undone and _value(obj, field.name) in undone[field.target]:
                    setattr(obj, field.name, before[[c.name for c in spec_of(type(obj)).columns].index(field.name)])
        self._counted = -1
        del self.added[since:], self.versions[versions_since:]

    def mark(self) -> Any:
        """The state for a savepoint; everything pending is written before. Values of the objects are kept: they may change."""
        maps = {cls: dict(held) for cls, held in self.maps.items()}
        values = [(entry[0], _values(cls, entry[0])) for cls, held in maps.items() for entry in held.values()]
        return maps, values, len(self.added), len(self.versions), list(self.removed), dict(self.moved)

    def reset(self, mark: Any) -> None:
        """Return to a savepoint: values of objects known then are restored, newer objects lose their ids."""
        maps, values, added, versions, removed, moved = mark
        self.undo(added, versions)
        self.maps, self.removed, self.moved = maps, removed, moved
        self.pending = {}
        for obj, kept in values:
            for name, value in kept.items():
                setattr(obj, name, value)


def take_back(objects: list[Any]) -> None:
    """Take id and version from objects that could not be added."""
    for obj in objects:
        _unset(obj, "id")
        _unset(obj, "version")


def _values(cls: type, obj: Any) -> dict[str, Any]:
    return {name: value for name in spec_of(cls).fields if (value := _value(obj, name, _NOTHING)) is not _NOTHING}


_NOTHING = object()


def _value(obj: Any, name: str, otherwise: Any = None) -> Any:
    try:
        return object.__getattribute__(obj, name)
    except AttributeError:
        return otherwise


def _unset(obj: Any, name: str) -> None:
    with contextlib.suppress(AttributeError):
        object.__delattr__(obj, name)


def _clear(obj: Any, name: str, optional: bool) -> None:
    if optional or name == "company_id":
        setattr(obj, name, None)
    else:
        _unset(obj, name)
