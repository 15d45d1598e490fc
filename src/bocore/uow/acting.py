"""By whose authority the code of a unit of work runs: the actor's, a service's, a hook's, or the core's own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from types import GeneratorType
from typing import TYPE_CHECKING, Any, TypeVar

from bocore.entities import spec_of
from bocore.errors import Finding, NotAllowed, UsageError
from bocore.record.canonical import normalise_text
from bocore.uow.events import event
from bocore.uow.tracker import get_id

if TYPE_CHECKING:
    from bocore.access.actor import Who
    from bocore.access.authority import Authority
    from bocore.access.hiding import Hiding
    from bocore.access.views import View
    from bocore.access.writes import Watched
    from bocore.app import BackOffice
    from bocore.plugins.declare import Guarded
    from bocore.storage.session import Session
    from bocore.uow.closing import Closing
    from bocore.uow.tracker import Tracker
    from bocore.uow.writing import Writer


S = TypeVar("S")


@event("bo.system")
class SystemUsed:
    """Code went past what the actor may do: ``uow.system(reason)``."""

    reason: str


class Acting:
    """The part of :class:`~bocore.UnitOfWork` that knows who may do what."""

    if TYPE_CHECKING:
        read_only: bool
        _app: BackOffice
        _asking: Authority | None
        _actor: Who | Authority
        _authority: Authority | None
        _base: Authority | None
        _closing: Closing
        _free: bool
        _hiding: Hiding
        _phase: str
        _made: list[tuple[Authority | None, type, Sequence[Any]]]
        _mine: dict[type, set[int]]
        _placed: list[tuple[Authority, type, Sequence[Any]]]
        _seen: dict[tuple[Any, type], set[int]]
        _finishing_by: list[Authority]
        _served: bool
        _silent: bool
        _session: Session | None
        _checked: dict[int, tuple[Any, Any]]
        _watched: dict[type, list[Watched]] | None
        _tracker: Tracker
        _views: dict[tuple[Authority, type], View | None]
        _wanted_company: Any
        _writer: Writer

        def _touch(self) -> Session: ...

    def may(self, permission: str) -> bool:
        """Whether the actor has a permission here, or the service that runs was lent it."""
        return self._free or self.authority.has(permission)

    def require(self, permission: str, what: str = "do this") -> None:
        """Raise NotAllowed unless the actor has the permission.

        :param what: the end of "ann may not …".
        """
        if not self.may(permission):
            fix = f"It takes the permission {permission}: an administrator gives a role that has it."
            raise NotAllowed(Finding("bo.not_allowed", f"{self.authority.name} may not {what}.", fix=fix, permission=permission))

    @contextlib.contextmanager
    def system(self, reason: str) -> Iterator[None]:
        """Everything is allowed inside; that it was, and why, stands on the commit record. The only way past the actor's rights.

        :param reason: why; no personal data.
        """
        if self.read_only:
            raise UsageError("A unit of work that only reads leaves no record of uow.system.", fix="Use one that writes.")
        text = normalise_text(reason, at="reason").strip()
        if not text:
            raise UsageError("uow.system needs a reason.", fix='uow.system("Numbers of all companies for the group")')
        made: Any = SystemUsed
        self._closing.events.append(made(reason=text))
        from bocore.access.authority import FULL

        with self._acting(FULL):
            yield

    @property
    def authority(self) -> Authority:
        """What may be done now."""
        if self._authority is None:
            self._touch()
        assert self._authority is not None
        return self._authority

    def _resolve(self) -> None:
        """Find out what the actor may do: at the first touch of the database, before anything is read."""
        from bocore.access.authority import FULL, NOBODY, authority_of

        uow: Any = self
        if self._base is None:
            self._authority, self._free = FULL, True
            try:
                found = authority_of(uow, self._actor, self._wanted_company)
            except BaseException:
                self._authority, self._base, self._free = NOBODY, NOBODY, False
                raise
            self._base = found
        self._authority, self._free = self._base, self._base.full

    def _acting(self, authority: Authority) -> _Frame:
        """Run the code of a with statement by another authority."""
        return _Frame(self, authority)

    def core(self) -> _Frame | contextlib.nullcontext[None]:
        """For the core's own internals, which no actor asks for by name: numbers, checks, what a voucher brings with it."""
        if self._free:
            return _NOTHING
        from bocore.access.authority import FULL

        return _Frame(self, FULL, silent=True)

    def _answering(self, authority: Authority) -> _Frame:
        """For hooks that are asked about an authority, which need not be the one that runs."""
        return _Frame(self, authority, silent=True)

    def _by(self, authority: Authority, finish: Callable[[], None]) -> Callable[[], None]:
        """A function to be called later, by the authority of now."""

        def run() -> None:
            with _Frame(self, authority, silent=True):
                finish()

        if not self._silent and authority not in self._finishing_by:
            self._finishing_by.append(authority)
        return run

    def _as_plugin(self, plugin: str) -> _Frame:
        """For an implementation of a hook: everything of its own plugin is open to it."""
        return _Frame(self, self.authority.widened(self._app.within(plugin)), silent=True, hook=True)

    def serving(self, declared: Guarded) -> _Frame | contextlib.nullcontext[None]:
        """For a service, report, importer or exporter, once the actor may call it: its own plugin's tables are open, and what it lends."""
        self.authority  # noqa: B018 - found out now
        if self._free:
            return contextlib.nullcontext()
        self.require(declared.permission, f"call {declared.name}")
        return _Frame(self, self.authority.serving(declared.prefix, declared.runs_with))

    def _serve(self, function: Callable[..., S], args: Iterable[Any], named: Mapping[str, Any]) -> S:
        """Call the function of a service: those that it calls are part of it, and nobody is asked again whether they are approved."""
        before, self._served = self._served, True
        try:
            given: Any = function(self, *args, **named)
            return list(given) if isinstance(given, GeneratorType) else given  # type: ignore[return-value]  # its rows are asked for by it
        finally:
            self._served = before

    def _iterating(self, declared: Guarded, rows: Iterable[S]) -> Iterator[S]:
        """The rows that a report gives one by one, each asked for by the report's authority."""
        if self._free:
            yield from rows
            return
        mine, source = self.authority.serving(declared.prefix, declared.runs_with), iter(rows)
        while True:
            before, self._authority = self._authority, mine
            try:
                row = next(source, _END)
            finally:
                self._authority = before
            if row is _END:
                return
            yield row

    def _view(self, cls: type) -> View | None:
        """What is seen of an entity; None for all of it."""
        from bocore.access.views import view_of

        uow: Any = self
        return view_of(uow, self.authority, cls)

    def _in_sight(self, authority: Authority, cls: type) -> set[int]:
        """The rows of an entity that an authority is known to see, or that were added here."""
        key = (authority if self._app.narrows else (authority.companies, authority.wide), cls)
        found = self._seen.get(key)
        if found is None:
            found = self._seen[key] = set()
        found |= self._mine.get(cls, _NONE)
        return found

    # -- who wrote what

    def _admit(self, cls: type, objects: Sequence[Any]) -> None:
        """Note new rows, to be held against what may be written once they are complete."""
        if self._authority is not None:
            from bocore.access.writes import check_entity, plan_of

            uow: Any = self
            check_entity(uow, self._authority, cls)
            if plan_of(uow, self._authority, cls).wanting:
                self._made.append((self._authority, cls, objects))
        else:
            self._made.append((None, cls, objects))
        self._mine.setdefault(cls, set()).update(map(get_id, objects))

    def _vet(self) -> None:
        """Hold what was added and changed so far against what the code that runs may write. Whoever comes next answers for the rest."""
        if self._base is None or self._authority is None or (self._free and not self._made):
            return  # while it is found out who asks, nothing is held against anybody: that comes once it is known
        from bocore.access import writes

        uow: Any = self
        made, self._made = self._made, []
        current = self._authority
        if made:
            with _OrFail(self), self.core(), self._hiding.uncovered():
                for authority, cls, objects in made:
                    by = authority or self._base
                    if not by.full:
                        there = [obj for obj in objects if hasattr(obj, "id")]
                        writes.check_added(uow, by, cls, there)
                        if self._app.narrows:
                            self._placed.append((by, cls, there))
                        self._watch(by, cls, there)
        if not (self._free or self._silent) and self._tracker.stored:
            with _OrFail(self), self.core(), self._hiding.uncovered():
                for compiled, objects, old, new in self._writer.altered():
                    known = [self._checked.get(id(obj), _NEVER)[1] for obj in objects]
                    fresh = [i for i, row in enumerate(new) if not self._same(known[i], row, compiled.spec.salted)]
                    if fresh:
                        some = [objects[i] for i in fresh]
                        before = [old[i] if known[i] is None else known[i] for i in fresh]
                        writes.check_changed(uow, current, compiled.spec.cls, some, before, [new[i] for i in fresh])
                        if self._app.narrows:
                            self._placed.append((current, compiled.spec.cls, some))
                        self._checked.update((id(objects[i]), (objects[i], new[i])) for i in fresh)

    def _watch(self, authority: Authority, cls: type, objects: Sequence[Any]) -> None:
        """Remember of rows that are not written yet what this authority may not change, or only within limits."""
        from bocore.access.writes import plan_of, values_of

        uow: Any = self
        if self._watched is None:
            return
        names = plan_of(uow, authority, cls).watched
        if names and objects:
            batches = self._watched.setdefault(cls, [])
            known = next((batch for batch in batches if batch[1] == names), None)
            if known is None:
                batches.append((list(objects), names, values_of(objects, names)))
            else:  # one list of many rows is compared far sooner than many lists of one
                known[0].extend(objects)
                known[2].extend(values_of(objects, names))

    def _recheck(self, classes: Collection[type] | None = None) -> None:
        """Hold what was changed since in rows that are not written yet against what the code that runs may write."""
        if not self._watched:
            return
        from bocore.access.writes import check_touched, values_of

        uow: Any = self
        current = self._asking if self._silent else None if self._free else self.authority
        with _OrFail(self), self.core(), self._hiding.uncovered():
            for cls, batches in self._watched.items():
                if classes is not None and cls not in classes:
                    continue
                held = self._tracker.held(cls)
                for place, (objects, names, before) in enumerate(batches):
                    now = values_of(objects, names)
                    if now == before:
                        continue
                    batches[place] = objects, names, now
                    if current is not None:
                        pairs = zip(objects, before, now, strict=True)
                        differ = [(obj, names, old) for obj, old, new in pairs if old != new]
                        waiting = [one for one in differ if held.get(getattr(one[0], "id", 0)) == (one[0], None)]
                        if waiting:
                            check_touched(uow, current, cls, waiting)

    def _judged(self) -> None:
        """What the code that was asked for has done is known now: only hooks follow, until the rows are written."""
        self._vet()
        self._recheck()
        self._watched = None

    def _left_by_others(self) -> None:
        """What others have changed is not held against whoever goes on, who answers for what follows."""
        if self._tracker.stored:
            with self.core(), self._hiding.uncovered():
                for _, objects, _, new in self._writer.altered():
                    self._checked.update((id(obj), (obj, row)) for obj, row in zip(objects, new, strict=True))

    def _watch_new(self, authority: Authority, since: int, *, core: bool = False) -> None:
        """Watch the rows that others have added for whoever goes on.

        :param core: only those that are not made by one function alone, which nobody gets hold of before they are written.
        """
        new: dict[type, list[Any]] = {}
        for obj in self._tracker.added[since:] if self._watched is not None else ():
            if not (core and spec_of(type(obj)).made_by):
                new.setdefault(type(obj), []).append(obj)
        if new:
            with self.core(), self._hiding.uncovered():
                for cls, objects in new.items():
                    self._watch(authority, cls, objects)

    @staticmethod
    def _same(known: Any, row: Any, salted: bool) -> bool:
        """Whether a row was looked at as it is; its salt does not count."""
        return known is not None and row is not None and (known[:-1] == row[:-1] if salted else known == row)

    def _prove_placed(self) -> None:
        """Rows that are written now must be among those that who wrote them sees."""
        placed, self._placed = self._placed, []
        if placed:
            from bocore.access.writes import check_seen

            uow: Any = self
            for authority, cls, objects in placed:
                held = self._tracker.held(cls)
                check_seen(uow, authority, cls, [obj for obj in objects if held.get(getattr(obj, "id", 0), _NEVER)[0] is obj])


_NONE: frozenset[int] = frozenset()
_NOTHING: contextlib.nullcontext[None] = contextlib.nullcontext()
_NEVER: tuple[Any, Any] = (None, None)
_END: Any = object()


class _OrFail:
    """After a refusal of rows that wait nothing is written any more, even if the caller goes on: only a savepoint takes them back."""

    __slots__ = ("uow",)

    def __init__(self, uow: Acting) -> None:
        self.uow = uow

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is not None:
            self.uow._phase = "failed"


class _Frame:
    """Another authority for a while. Changes made before are held against the one before; those inside against the one inside.

    :param silent: of a hook or the core, whose changes need no leave. The core writes at once what it changes.
    """

    __slots__ = ("added", "asking", "authority", "before", "hook", "silent", "uow", "was")

    def __init__(self, uow: Acting, authority: Authority, *, silent: bool = False, hook: bool = False) -> None:
        self.hook = hook
        self.uow = uow
        self.authority = authority
        self.silent = silent
        self.before: Authority | None = None
        self.was = False
        self.added = 0
        self.asking: Authority | None = None

    def __enter__(self) -> None:
        uow = self.uow
        before = uow.authority
        if not before.full and (self.hook or not (self.silent or self.authority is before)):
            uow._recheck()
        self.added = len(uow._tracker.added)
        if not self.silent or (self.hook and not (before.full or uow._silent)):
            uow._vet()
        self.before, self.was, self.asking = before, uow._silent, uow._asking
        uow._asking = before if self.silent and not (self.hook or self.was or before.full) else None
        uow._silent = self.silent or uow._silent
        uow._authority, uow._free = self.authority, self.authority.full

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        uow, before = self.uow, self.before
        assert before is not None
        try:
            if kind is None and not self.silent:
                uow._vet()
            if kind is None and not before.full and (self.hook or not (self.silent or self.authority is before)):
                uow._recheck()
        finally:
            uow._authority, uow._free, uow._silent, uow._asking = before, before.full, self.was, self.asking
            if not before.full:
                uow._hiding.settle(before)
        if kind is None and not (before.full or self.was or self.authority is before):
            if self.hook or (self.authority.full and not self.silent):
                uow._left_by_others()
            if len(uow._tracker.added) > self.added:
                uow._watch_new(before, self.added, core=self.silent and not self.hook)
