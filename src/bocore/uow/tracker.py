"""What a unit of work holds in memory: one object an id, what waits to be written, and how to undo it."""

from __future__ import annotations

from typing import Any

from bocore.entities import Entity, spec_of

get_id = Entity.id.__get__  # type: ignore[attr-defined]
Held = dict[int, list[Any]]
"""id → [object, driver row as loaded or written, or None while it waits]."""


class Tracker:
    """Identity map, pending rows and the undo journal of one unit of work."""

    def __init__(self) -> None:
        self.maps: dict[type, Held] = {}
        self.pending: dict[type, list[Any]] = {}
        self.removed: list[Any] = []
        self.added: list[Any] = []
        """Every object that got an id here, in order: the undo journal."""
        self.versions: list[tuple[Any, int]] = []
        self.moved: dict[Any, str] = {}
        """Objects that ``uow.move`` moved → the state that it gave them."""

    def held(self, cls: type) -> Held:
        found = self.maps.get(cls)
        if found is None:
            found = self.maps[cls] = {}
        return found

    def track(self, cls: type, objects: list[Any]) -> None:
        """Hold new objects, which have their ids, until they are written."""
        held = self.held(cls)
        for obj in objects:
            held[obj.id] = [obj, None]
        self.pending.setdefault(cls, []).extend(objects)
        self.added.extend(objects)

    def forget(self) -> None:
        """Let go of everything that is written: for imports larger than memory. The objects must not be used any more."""
        self.maps.clear()
        self.added.clear()
        self.versions.clear()
        self.moved.clear()

    def undo(self, since: int = 0, versions_since: int = 0) -> None:
        """Take back ids, versions, numbers and references to them; other values stay."""
        undone: dict[type, set[int]] = {}
        for obj in self.added[since:]:
            undone.setdefault(type(obj), set()).add(get_id(obj))
        for obj in self.added[since:]:
            cls = type(obj)
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
        for obj, version in reversed(self.versions[versions_since:]):
            if _value(obj, "id") is not None:
                obj.version = version
        del self.added[since:], self.versions[versions_since:]

    def mark(self) -> Any:
        """The state for a savepoint; everything pending is written before."""
        maps = {cls: {ident: list(entry) for ident, entry in held.items()} for cls, held in self.maps.items()}
        return maps, len(self.added), len(self.versions), list(self.removed), dict(self.moved)

    def reset(self, mark: Any) -> None:
        """Return to a savepoint: values of objects known then are restored, newer objects lose their ids."""
        maps, added, versions, removed, moved = mark
        self.undo(added, versions)
        self.maps, self.removed, self.moved = maps, removed, moved
        self.pending = {}


def _value(obj: Any, name: str) -> Any:
    try:
        return object.__getattribute__(obj, name)
    except AttributeError:
        return None


def _unset(obj: Any, name: str) -> None:
    try:
        object.__delattr__(obj, name)
    except AttributeError:
        pass


def _clear(obj: Any, name: str, optional: bool) -> None:
    if optional or name == "company_id":
        setattr(obj, name, None)
    else:
        _unset(obj, name)
