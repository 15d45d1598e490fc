"""The end of a unit of work: rounds of hooks, checks, numbers, rows, one commit record, COMMIT."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain
from typing import TYPE_CHECKING, Any

from bocore.collector import uncollected
from bocore.entities import spec_of
from bocore.errors import BocoreError, Finding, Refused, Severity, UsageError
from bocore.record.canonical import canonical_instant, normalise_text
from bocore.record.commit import INSERT, CommitRow, kept_events, kept_result
from bocore.storage.session import IntegrityProblem
from bocore.uow import rules
from bocore.uow.acting import SystemUsed
from bocore.uow.changes import Changes
from bocore.uow.events import plain_event

if TYPE_CHECKING:
    from bocore.jobs.enqueueing import NewJob
    from bocore.storage.session import Session
    from bocore.uow.unit import UnitOfWork
    from bocore.uow.writing import Altered

ROUNDS = 10


class Closing:
    """Everything that happens between the last line of business and the COMMIT."""

    def __init__(self, uow: UnitOfWork) -> None:
        self.uow = uow
        self.vouchers: list[Any] = []
        """Vouchers recorded and not yet answered by the ledgers."""
        self.posted: dict[str, Any] = {}
        """Key → record of the vouchers that are not written yet."""
        self.items: dict[tuple[int, str], Any] = {}
        """Company and key → the open items that are not written yet."""
        self.events: list[Any] = []
        self.emitted: list[Any] = []
        self.jobs: list[NewJob] = []
        """Jobs enqueued and not written yet."""
        self.hold: Callable[[Session], None] | None = None
        """Of a unit of work inside a job: refuses the commit where another worker has the job by now."""
        self.finishers: dict[Any, list[Callable[[], None]]] = {}
        self.finishing = False
        self.key: str | None = None
        self.request: str | None = None
        self.result: Callable[[], Any] | None = None
        self.kept: Any = None
        """The plain result of ``bo.run``, as recorded."""

    def settle(self) -> Altered | None:
        """Hand vouchers and events to the plugins until neither brings news; then check everything that changed.

        Returns the altered rows, where no hook was asked since they were found: none of them can be another by now.
        """
        uow = self.uow
        try:
            if uow._authority is None and (uow._made or uow._tracker.stored or self.events):
                uow._touch()
            uow._judged()
            with uow._hiding.uncovered():
                known = self._settle()
        except BaseException:  # what fails half way can't be committed any more, even if the caller goes on
            uow._phase = "failed"
            raise
        uow._phase = "open"
        return known

    def _settle(self) -> Altered | None:
        """Hooks answer with their plugins' authority, whatever the actor's is; what they change nobody else answers for."""
        uow = self.uow
        before, uow._silent = uow._silent, True
        try:
            if self.vouchers or self.events:
                self._rounds()
            changes, uow._changes = uow._changes, Changes()
            uow._phase = "checking"
            with uow.core(), uow._hiding.uncovered():
                known = uow._writer.collect(changes)
            session = uow._session
            if session is not None and not session.serial and any(spec_of(cls).guards for cls in changes.entities()):
                session.alone()
            asked = self._validate(changes) if changes else False
            return None if asked or not uow._writer.stand(known) else known
        finally:
            uow._silent = before

    def _rounds(self) -> None:
        hook = self.uow._app.host.hook
        for _ in range(ROUNDS):
            if not (self.vouchers or self.events):
                return
            vouchers, self.vouchers = self.vouchers, []
            events, self.events = self.events, []
            if vouchers:
                hook.bo_posted(uow=self.uow, vouchers=vouchers)
            if events:
                self.emitted += events
                hook.bo_event(uow=self.uow, events=events)
        trace = self.uow._app.host.implementers
        names = sorted({*trace("bo_posted"), *trace("bo_event")})
        raise BocoreError(
            f"After {ROUNDS} rounds plugins still post vouchers or emit events: {', '.join(names)}.",
            fix="A hook must not answer its own event for ever; emit only where something new happened.",
        )

    def _validate(self, changes: Changes) -> bool:
        """Ask what there is to say against the changes; False where there was nobody to ask."""
        asked, given = self.uow._app.host.validators(changes.entities()), {"uow": self.uow, "changes": changes}
        answers: Iterable[Iterable[Finding] | None]
        if asked is None:
            answers = self.uow._app.host.hook.bo_validate(**given)
        else:
            answers = [function(*map(given.__getitem__, names)) for function, names in asked]
        findings = list(chain.from_iterable(filter(None, answers)))
        if not findings:
            return asked is None or bool(asked)
        errors = [f for f in findings if f.severity is Severity.ERROR]
        self.uow.findings += [f for f in findings if f.severity is not Severity.ERROR]
        if errors:
            raise Refused(errors)
        return True

    def commit(self) -> None:
        """Run the whole pipeline; on return the database has it all. The collector of cycles would only walk over rows in vain."""
        with uncollected():
            try:
                self._commit()
            except IntegrityProblem as problem:  # also of what was sent without waiting, and is answered with something else
                raise Refused(rules.explain_at_commit(self.uow, problem)) from problem

    def _commit(self) -> None:
        uow = self.uow
        if uow._connection is not None:
            uow._touch()
        known = self.settle()
        uow._phase = "closing"
        uow._writer.last = True
        self.write(known)
        for obj in self.finishers:
            raise UsageError(f"{obj!r} waits for its number, but was not added.", fix="uow.add it before uow.when_numbered.")
        if self.result is not None:
            self.kept = self.result()
            if uow._tracker.pending or self.vouchers or self.events:
                raise UsageError(
                    "The result of bo.run is read after everything is written: it can't add, post or emit.", fix="Do it before."
                )
        if self.hold is not None and uow._session is not None:
            self.hold(uow._session)
        self.emitted += uow._unmasked
        if uow._record or self.emitted or self.jobs or self.key is not None:
            self._write_record()
        session = uow._session
        if session is None:
            return
        session.commit()
        if session.joined:
            uow._app._follow_host(uow)
        else:
            uow._app._committed(uow)

    def write(self, known: Altered | None = None) -> None:
        """Write all rows, and see that who wrote them sees them.

        :param known: the altered ones, where they were just found.
        """
        uow = self.uow
        if uow._free:
            uow._writer.flush(known)
            return
        with uow.core(), uow._hiding.uncovered():
            uow._writer.flush(known)
            uow._prove_placed()
        uow._checked.clear()
        uow._watched = {}

    def _write_record(self) -> None:
        uow = self.uow
        unit, session = uow.unit, uow._touch()
        events = [plain_event(event) for event in self.emitted]
        if uow._keys is not None and uow._keys.plain:
            self._refuse_plain(uow._keys.plain, events)
        if uow.correlation is not None:
            uow.correlation = normalise_text(uow.correlation, at="correlation")  # it may have been set since the unit began
        if self.jobs:
            from bocore.jobs.enqueueing import write_jobs

            write_jobs(uow, self.jobs)
        row = CommitRow(
            unit=unit,
            at=canonical_instant(uow.now()),
            actor=uow.actor,
            on_behalf_of=uow.on_behalf_of,
            plugins=uow._app.owners(uow._record.entities()),
            reason=uow.reason,
            key=self.key,
            request=self.request,
            result=None if self.key is None else kept_result(self.kept),
            correlation=uow.correlation,
            changes=uow._record.encode(),
            events=kept_events(events) if events else None,
            salts=uow._record.salts,
        )
        session.append(INSERT, row.values())

    def _refuse_plain(self, told: set[str], events: list[Any]) -> None:
        """What is kept in the clear must not hold what is encrypted elsewhere."""
        from bocore.keys.unmasking import refuse_plain

        uow = self.uow
        said = [value for _, values in events for value in values.values()]
        kept = {"The result of bo.run": self.kept, "An event": said, "The reason": uow.reason, "The correlation": uow.correlation}
        for what, value in {**kept, "The arguments of a job": [job.arguments for job in self.jobs]}.items():
            refuse_plain(told, what, value)

    def mark(self) -> Any:
        """The state for a savepoint."""
        finishers = {obj: list(waiting) for obj, waiting in self.finishers.items()}
        return list(self.vouchers), list(self.events), finishers, len(self.emitted), len(self.jobs), len(self.uow.findings)

    def reset(self, mark: Any) -> None:
        """Return to a savepoint. What a flush since then had handed to the plugins is handed to them again: their answers are undone."""
        used = [event for event in (*self.emitted, *self.events) if isinstance(event, SystemUsed)]
        self.vouchers, self.events, self.finishers, emitted, jobs, findings = mark
        del self.emitted[emitted:], self.jobs[jobs:], self.uow.findings[findings:]
        known = {id(event) for event in (*self.emitted, *self.events)}
        self.events = [*self.events, *(event for event in used if id(event) not in known)]  # what was seen was seen
