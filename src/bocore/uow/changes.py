"""What a unit of work changed, as ``bo_validate`` and ``bo_event`` see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import attrs

T = TypeVar("T")


@attrs.frozen
class Change:
    """One row that was loaded and altered: its object, and the old and new value of each field that differs."""

    entity: Any
    old: Mapping[str, Any]
    new: Mapping[str, Any]


class Changes:
    """Rows added, updated and removed since the last validation, by entity class."""

    def __init__(self) -> None:
        self._added: dict[type, list[Any]] = {}
        self._updated: dict[type, list[Callable[[], list[Change]]]] = {}
        """What finds out, when somebody asks, which fields of altered objects differ."""
        self._removed: dict[type, list[Any]] = {}

    def copy(self) -> Changes:
        """The changes so far, for a savepoint."""
        made = Changes()
        made._added = {cls: list(rows) for cls, rows in self._added.items()}
        made._updated = {cls: list(rows) for cls, rows in self._updated.items()}
        made._removed = {cls: list(rows) for cls, rows in self._removed.items()}
        return made

    def __bool__(self) -> bool:
        return bool(self._added or self._updated or self._removed)

    def added(self, cls: type[T]) -> list[T]:
        """The new objects of that class, in the order in which they were added."""
        return self._added.get(cls, [])

    def updated(self, cls: type[Any]) -> list[Change]:
        """The altered objects of that class."""
        found = [change for made in self._updated.get(cls, ()) for change in made()]
        if found:
            self._updated[cls] = [lambda: found]
        return found

    def removed(self, cls: type[T]) -> list[T]:
        """The objects of that class that will be gone."""
        return self._removed.get(cls, [])

    def entities(self) -> frozenset[type]:
        """Every class that has changes."""
        if not (self._updated or self._removed):
            return frozenset(self._added)
        return frozenset((*self._added, *self._updated, *self._removed))

    def touch(self, *classes: type) -> bool:
        """Whether rows of any of these classes changed."""
        return not self.entities().isdisjoint(classes)

    def classes(self) -> Iterator[type]:
        """Every class that has changes."""
        yield from dict.fromkeys((*self._added, *self._updated, *self._removed))
