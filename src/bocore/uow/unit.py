"""The unit of work: the only way to write. One transaction, one commit record, all or nothing."""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from bocore.access.hiding import Hiding
from bocore.access.writes import check_removed
from bocore.collector import uncollected
from bocore.entities import Entity, spec_of
from bocore.errors import Finding, UsageError
from bocore.keys.store import UnitKeys
from bocore.logs import refused
from bocore.record.changes import ChangesWriter
from bocore.storage.ids import reserve
from bocore.storage.patience import as_told
from bocore.uow import rules
from bocore.uow.changes import Changes
from bocore.uow.closing import Closing
from bocore.uow.context import Context
from bocore.uow.events import event_name
from bocore.uow.first import find_or_add
from bocore.uow.query import Reader
from bocore.uow.tracker import Tracker, get_id, take_back
from bocore.uow.writing import Writer

if TYPE_CHECKING:
    from types import TracebackType

    from bocore.access.actor import Who
    from bocore.access.authority import Authority
    from bocore.access.views import View
    from bocore.access.writes import Watched
    from bocore.app import BackOffice
    from bocore.kernel.company import Company
    from bocore.kernel.voucher import Receipt, Voucher
    from bocore.storage.session import Session

T = TypeVar("T", bound=Entity)
S = TypeVar("S")


CALM = 50_000
"""Objects between two looks for cyclic garbage while a unit of work is open."""


class _Ended:
    """Stands where the parts of a unit of work were, once it is over."""

    def __getattr__(self, name: str) -> Any:
        raise UsageError("This unit of work has ended.", fix="Begin another: with bo.unit_of_work(…) as uow.")


class UnitOfWork(Context):
    """One piece of business: read, add, change, post; everything is written together at the end, or nothing is.

    Made by ``bo.unit_of_work(…)`` and used in a ``with`` statement, by one thread.
    """

    def __init__(
        self,
        app: BackOffice,
        *,
        actor: Who,
        reason: str | None,
        company: Any = None,
        read_only: bool = False,
        connection: Any = None,
        on_behalf_of: str | None = None,
        correlation: str | None = None,
        authority: Authority | None = None,
    ) -> None:
        self._app = app
        self._actor: Who | Authority = actor
        self.actor = actor if isinstance(actor, str) else actor.recorded
        """Who does it, as it is recorded."""
        self.reason = reason
        self.on_behalf_of = on_behalf_of
        self.correlation = correlation
        """Ties this commit to the others of one business; may be set until the end of the unit of work."""
        self.read_only = read_only
        self.findings: list[Finding] = []
        """Warnings of this unit of work, from checks and hooks."""
        self._connection = connection
        self._session: Session | None = None
        self._wanted_company = company
        self._company: Company | None = None
        self._unit: int | None = None
        self._tracker = Tracker()
        self._record = ChangesWriter()
        self._private: dict[str, list[range]] = {}
        self._changes = Changes()
        self._authority = authority
        """What the code that runs may do; found out from the actor at the first touch of the database."""
        self._base = authority
        self._free = authority is not None and authority.full
        self._served = False
        """Whether nothing is checked: the owner, the core, or a database without users."""
        self._silent = False
        """Whether a hook or the core runs, whose changes need no leave."""
        self._asking: Authority | None = None
        """On whose behalf the core runs, where it was not a hook that called it."""
        self._hiding = Hiding(self)
        self._views: dict[tuple[Authority, type], View | None] = {}
        self._seen: dict[tuple[Any, type], set[int]] = {}
        self._mine: dict[type, set[int]] = {}
        self._made: list[tuple[Authority | None, type, Sequence[Any]]] = []
        self._placed: list[tuple[Authority, type, Sequence[Any]]] = []
        self._checked: dict[int, tuple[Any, Any]] = {}
        self._watched: dict[type, list[Watched]] | None = {}
        self._finishing_by: list[Authority] = []
        """Those whose functions wait for a number, but for hooks and the core."""
        self._reader = Reader(self)
        self._writer = Writer(self)
        self._closing = Closing(self)
        self._keys: UnitKeys | None = None
        self._unmasked: list[Any] = []
        """What was unmasked: it stands on the record whatever becomes of the rest."""
        self._phase = "new"
        self._writes_in: int | None = None
        """The thread in which this unit of work holds the write lock."""
        self._usual_threshold: tuple[int, int, int] | None = None

    # -- life

    def __enter__(self) -> UnitOfWork:
        if self._phase != "new":
            raise self._over()
        self._phase = "open"
        usual = gc.get_threshold()
        if 0 < usual[0] < CALM:
            # Thousands of rows and answers are no garbage; looking for cycles among them every 700 objects costs a third of posting.
            self._usual_threshold = usual
            gc.set_threshold(CALM, *usual[1:])
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                with uncollected():  # until it has let go of its rows, which are no garbage before, and are freed at once then
                    self._finish()
            else:
                self._abandon()
                if error is not None:
                    refused(error, self._unit)
                if (told := as_told(error)) is not None:
                    raise told from error
        finally:
            if self._usual_threshold is not None:
                gc.set_threshold(*self._usual_threshold)
                self._usual_threshold = None

    def _finish(self) -> None:
        try:
            if self._phase == "failed":
                raise self._over()
            if self.read_only:
                self._writer.refuse_changes()
            else:
                self._closing.commit()
        except BaseException as error:
            self._abandon()
            refused(error, self._unit)
            raise
        self._phase = "done"
        self._release()
        if self._connection is None:  # else the host may still roll it back
            self._let_go()
            self._app.keeper.turn()

    def _abandon(self) -> None:
        self._phase = "abandoned"
        try:
            self._release()
        finally:
            self._undo()
        if self._unmasked:
            from bocore.keys.unmasking import record_alone

            record_alone(self)

    def _let_go(self) -> None:
        """Cut the circles of references and let go of every row, so that they are freed at once and not walked over by the collector."""
        ended: Any = _Ended()
        self._tracker, self._changes = Tracker(), Changes()
        self._closing.vouchers, self._closing.posted = [], {}
        self._reader = self._writer = self._closing.uow = ended

    def _undo(self) -> None:
        """Take back in memory what the database no longer has."""
        self._tracker.undo()
        self._writer.withdraw()
        self._app._companies.clear()

    def _release(self) -> None:
        session, self._session = self._session, None
        if self._writes_in is not None:
            self._app._writers.discard(self._writes_in)
            self._writes_in = None
        if session is not None:
            session.close(read_only=self.read_only)

    def _refuse_second_writer(self) -> None:
        """A thread that waits for the lock that it holds itself would wait in vain."""
        if not self.read_only and self._connection is None and threading.get_ident() in self._app._writers:
            raise UsageError("Another unit of work that writes is open in this thread.", fix="End that one first, or do all of it in one.")

    def _over(self) -> UsageError:
        if self._phase == "failed":
            return UsageError(
                "This unit of work was refused and can't go on.", fix="Leave it; wrap a part that may fail in uow.savepoint()."
            )
        if self._phase == "new":
            return UsageError("This unit of work has not begun.", fix="Use it in a with statement: with bo.unit_of_work(…) as uow.")
        if self._phase == "open":
            return UsageError("This unit of work has begun already.", fix="Use its name inside the with statement.")
        return UsageError("This unit of work has ended.", fix="Begin another: with bo.unit_of_work(…) as uow.")

    def _touch(self) -> Session:
        """The session, begun: the first touch of a writing unit takes the write lock."""
        if self._phase == "failed":
            raise self._over()
        if self._session is None:
            if self._phase not in ("open", "checking", "closing"):
                raise self._over()
            self._refuse_second_writer()
            longest = self._app.report_timeout if self.read_only else None
            session = self._app._open_session(self._connection, write=not self.read_only, longest=longest)
            try:
                self._app._check_ready(session, write=not self.read_only)
            except BaseException:
                session.close(read_only=self.read_only)
                raise
            self._session = session
            if not self.read_only:
                self._writes_in = threading.get_ident()
                self._app._writers.add(self._writes_in)
            if self._base is None:
                self._resolve()
        return self._session

    # -- adding and changing

    @property
    def unit(self) -> int:
        """The id of this unit of work: its commit record's ``unit``, known from the start."""
        if self._unit is None:
            self._unit = self._ids("bo_commit", 1)[0]
        return self._unit

    def add(self, obj: T, *, extends: Entity | None = None, company: Company | int | None = None, made_by: str = "") -> T:
        """Put a new object under this unit of work; its id is known at once, its row is written with the rest.

        :param extends: the row that an extension belongs to.
        :param company: for rows of another company than the unit's.
        :param made_by: the name of the function that makes such rows, where their entity declares one.
        """
        self._add(type(obj), [obj], None if extends is None else [extends], company, made_by)
        return obj

    def add_all(self, objects: Iterable[T], *, extends: Iterable[Entity] | None = None, made_by: str = "") -> list[T]:
        """Add many objects, of one class or several; the same pipeline as :meth:`add`, far cheaper for many.

        :param extends: the rows that extensions belong to, one an object, in their order.
        :param made_by: the name of the function that makes such rows, where their entities declare one.
        """
        every = list(objects)
        kinds = set(map(type, every))
        if extends is None and len(kinds) == 1:
            self._add(kinds.pop(), every, None, None, made_by)
            return every
        groups: dict[type, list[Any]] = {}
        for obj in every:
            groups.setdefault(type(obj), []).append(obj)
        bases: dict[type, list[Entity]] = {}
        if extends is not None:
            rows = list(extends)
            if len(rows) != len(every):
                raise UsageError(f"{len(every)} objects can't extend {len(rows)} rows.", fix="Give one row an object, in the same order.")
            for obj, base in zip(every, rows, strict=True):
                bases.setdefault(type(obj), []).append(base)
        for cls, group in groups.items():
            self._add(cls, group, bases.get(cls), None, made_by)
        return every

    def _add(self, cls: type, objects: list[Any], extends: list[Entity] | None, company: Company | int | None, made_by: str) -> None:
        if self._phase not in ("open", "checking", "closing"):
            raise self._over()
        if self.read_only or self._phase == "checking":
            what = "only reads" if self.read_only else "only checks now"
            raise UsageError(f"This unit of work {what}: {cls.__name__} can't be added.", fix="Add in a unit of work of its own.")
        if self._closing.finishing:
            raise UsageError(
                f"{cls.__name__} can't be added in when_numbered.", fix="Add it before; there, set fields of rows not yet written."
            )
        compiled = self._app.compiled(cls)
        spec = compiled.spec
        if spec.made_by != made_by:
            raise rules.made_otherwise(spec, made_by)
        if len(objects) != len({*map(id, objects)}):
            raise UsageError(f"The same {cls.__name__} is added twice.", fix="Make one object for each row.")
        for obj in objects:
            try:
                known = get_id(obj)
            except AttributeError:
                continue
            raise UsageError(
                f"{obj!r} has the id {known} already.", fix="Add an object once; to change a row, get it in this unit of work."
            )
        ids: Iterable[int]
        if spec.extends is not None:
            if extends is None or any(type(base) is not spec.extends for base in extends):
                raise UsageError(f"{cls.__name__} extends {spec.extends.__name__}.", fix=f"uow.add({cls.__name__}(…), extends=…)")
            ids = [base.id for base in extends]
        elif extends is not None:
            raise UsageError(f"{cls.__name__} extends nothing.", fix='Leave extends= out, or declare it with @entity("…", extends=…).')
        else:
            ids = self._ids(spec.name, len(objects))
        try:
            self._writer.prepare(compiled, objects, ids, company)
            if not self._free:
                self._admit(cls, objects)
        except BaseException:
            take_back(objects)
            raise
        self._tracker.track(cls, objects)

    def _ids(self, entity: str, count: int) -> Sequence[int]:
        mine = self._private.get(entity)
        if mine and len(mine[-1]) > count:
            taken = mine[-1][:count]
            mine[-1] = mine[-1][count:]
            return taken
        if self._session is None and self._connection is None:
            self._refuse_second_writer()
            parts = self._app._ids.take(entity, count)
        elif self._app.lends is not None and self._app.lends(self._connection):
            parts = self._app._ids.take(entity, count)
        else:
            parts = self._app._ids.take_shared(entity, count)
            missing = count - sum(map(len, parts))
            while missing:
                mine = self._private.setdefault(entity, [])
                if not mine:
                    size = max(missing, self._app._ids.block_size(entity))
                    end = reserve(self._touch(), entity, size)
                    mine.append(range(end - size, end))
                block = mine.pop()
                parts.append(block[:missing])
                if len(block) > missing:
                    mine.append(block[missing:])
                missing -= len(parts[-1])
        return parts[0] if len(parts) == 1 else [ident for part in parts for ident in part]

    def remove(self, obj: Entity) -> None:
        """Delete a row, with its extensions; refused while others refer to it, where it is append-only, and where it is frozen."""
        if self._phase not in ("open", "checking", "closing"):
            raise self._over()
        if self.read_only or self._phase != "open":
            raise UsageError("Nothing can be removed here: this unit of work only reads, or only checks now.", fix="Remove before.")
        if not self._free:
            check_removed(self, self.authority, obj)
        self._writer.remove(obj)

    def write(self, objects: Sequence[Entity], *, made_by: str = "") -> None:
        """Check and write now what changed of these rows, which are of one entity: selects of this unit of work then see it.

        :param made_by: the name of the function that keeps such rows, where their entity declares one.
        """
        if self._phase not in ("open", "closing") or self.read_only:
            raise UsageError("Nothing can be written here: this unit of work only reads, checks or closes.", fix="Write before.")
        if objects:
            self._touch()
            self._vet()
            with self.core(), self._hiding.uncovered():
                self._writer.write_altered(objects, made_by)

    def move(self, obj: Entity, action: str) -> None:
        """Take an action of the state machine; an illegal one is refused and the legal ones are named."""
        self._writer.move(obj, action)

    def flush(self, *, release: bool = False) -> None:
        """Validate and write what waits now.

        :param release: also let go of the objects, which must not be used any more: for imports larger than memory.
        """
        if self._phase not in ("open", "closing"):
            raise self._over()
        self._closing.settle()
        try:
            self._phase = "closing"  # what is written now has just been checked
            self._closing.write()
        except BaseException:
            self._phase = "failed"
            raise
        self._phase = "open"
        if release:
            self._tracker.forget()

    # -- what happened

    def emit(self, event: Any) -> None:
        """Say that something happened: handed to ``bo_event`` in this transaction, kept on the commit record, read from the feed."""
        if self._phase not in ("open", "checking", "closing"):
            raise self._over()
        if self.read_only or self._phase == "checking":
            raise UsageError("Nothing can be emitted here: this unit of work only reads, or only checks now.", fix="Emit before.")
        event_name(event)
        self._closing.events.append(event)

    def enqueue(
        self,
        job: Callable[..., Any] | str,
        /,
        *,
        at: datetime | None = None,
        key: str | None = None,
        options: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> int:
        """Have a job done by a worker, if and only if this unit of work commits; returns its id.

        The other keywords are the job's arguments: checked now against its annotations, and kept as JSON. It runs for the company that
        this unit of work was begun for, and under its correlation.

        :param job: the function that has ``@job``, or its name: full, or short while that is unique.
        :param at: not before this instant.
        :param key: a job with the same key is not enqueued again; its id is returned. KeyReused where that is another job.
        :param options: for arguments whose names are taken here (``at``, ``key``, ``options``).
        """
        if self._phase not in ("open", "closing"):
            if self._phase != "checking":
                raise self._over()
            raise UsageError("Nothing can be enqueued in bo_validate: it only checks.", fix="Enqueue before, or in bo_event.")
        if self.read_only:
            raise UsageError("Nothing can be enqueued here: this unit of work only reads.", fix="Enqueue in one that writes.")
        from bocore.jobs.enqueueing import enqueue

        return enqueue(self, job, {**(options or {}), **more}, at=at, key=key)

    def post(self, *vouchers: Voucher) -> list[Receipt]:
        """Record that something of value happened; every ledger answers. The same key and body gives the first receipt again."""
        from bocore.kernel.posting import post

        return post(self, vouchers)

    def reverse(self, key: str, reason: str, date: date | None = None) -> Receipt:
        """Reverse a voucher: its mirror, once; on the original date if that is open, else on the first open day."""
        from bocore.kernel.posting import reverse

        return reverse(self, key, reason, date)

    def when_numbered(self, obj: Entity, finish: Callable[[], None]) -> None:
        """Run ``finish`` once the number of ``obj`` is known, in number order; it reads, and sets fields of rows not yet written."""
        field = spec_of(type(obj)).one("numbered")
        if field is None:
            raise UsageError(f"{type(obj).__name__} has no number.", fix='Declare one: number: str = numbered("…", "…").')
        if hasattr(obj, field.name):
            finish()
        else:
            self._closing.finishers.setdefault(obj, []).append(finish if self._free else self._by(self.authority, finish))

    def unmask(self, row: Entity, field: str, *, reason: str) -> str | None:
        """The value of a secret field; None where it is empty, or its person was erased.

        It takes one of the permissions of the field's ``read=``, or ``bo.unmask`` where it names none, and stands on the commit record:
        entity, id, field and reason, never the value; also where this unit of work then fails. What this unit has set itself is given
        back without either.

        :param reason: why, for the record; no personal data.
        """
        return self.unmask_all([row], field, reason=reason)[row.id]

    def unmask_all(self, rows: Iterable[Entity], field: str, *, reason: str) -> dict[int, str | None]:
        """Row id → value of a secret field, for many rows of one entity; one event names them all."""
        from bocore.keys.unmasking import unmask

        if self._phase not in ("open", "checking", "closing"):
            raise self._over()
        return unmask(self, list(rows), field, reason)

    def warn(self, finding: Finding) -> None:
        """Add a warning, which comes back with the unit of work."""
        self.findings.append(finding)

    def rebuild(self, cls: type[Entity], statement: sa.Select[Any] | sa.CompoundSelect[Any]) -> int:
        """Replace every row of a derived entity by what a select gives (all its columns but id); returns the number of rows."""
        return self._writer.rebuild(cls, statement)

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part that can fail alone: after an exception in it, rows and objects are as they were before it."""
        self._touch()
        self._write_waiting()
        session = self._touch()
        if not self.read_only:
            _ = self.unit
        marks = self._tracker.mark(), self._record.mark(), self._closing.mark(), len(self._writer.declared)
        rights = self._hiding.mark(), dict(self._checked), list(self._placed), {cls: set(ids) for cls, ids in self._mine.items()}
        # Blocks of ids that are reserved in the part go back to the database with it; so does the unit's own id, hence taken before.
        private = {entity: list(blocks) for entity, blocks in self._private.items()}
        changes, phase = self._changes.copy(), self._phase
        session.begin_part()
        try:
            yield
            self._write_waiting()
        except BaseException:
            self._phase = "failed"  # until all is undone
            if session.lost:
                raise  # the database has undone more than the part
            session.undo_part()
            self._tracker.reset(marks[0])
            self._record.reset(marks[1])
            self._closing.reset(marks[2])
            self._hiding.reset(rights[0])
            self._checked, self._placed, self._mine = rights[1:]
            self._made, self._watched, self._seen = [], {}, {}
            self._writer.withdraw(marks[3])
            self._app._companies.clear()
            self._private, self._changes, self._phase = private, changes, phase
            if self._keys is not None:
                self._keys.forget()
            raise
        session.keep_part()

    def find_or_add(
        self, cls: type[T], make: Callable[[Any], T], *, lock: bool = False, made_by: str = "", **equal: Iterable[Any]
    ) -> dict[Any, T]:
        """value → row for one unique field and many values, made where they are missing: ``uow.find_or_add(Slot, new_slot, code=codes)``.

        Of several units of work that miss the same row at once the first makes it; the others wait until that one has ended, and find
        the row. What is new is under this unit of work like anything that was added.

        :param make: gives the new row for a value.
        :param lock: keep others from changing the rows until the end of the unit, as :meth:`get_all`; what is new nobody else sees.
        :param made_by: the name of the function that makes such rows, where their entity declares one.
        """
        return find_or_add(self, cls, make, equal, lock=lock, made_by=made_by)

    def hold(self, *names: str) -> None:
        """Wait for locks by their names, and hold them until the end of the unit of work, in whatever process the others are.

        For what everybody shares and the first one makes: hold, look, make; rows with a unique field are easier made by
        :meth:`find_or_add`. On SQLite one unit of work writes at a time anyway.

        :param names: with the plugin's prefix: ``"vet.rooms"``. Several at once are taken in an order that is everybody's.
        """
        if not self.read_only:
            self._touch().lock(*names)
