"""Writing rows: what changed is found, checked all at once, and written with few statements."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from itertools import compress, count
from operator import ne
from typing import TYPE_CHECKING, Any

from bocore.collector import uncollected
from bocore.entities import Entity, EntitySpec, spec_of
from bocore.errors import Conflict, DeclarationError, Finding, Refused, UsageError
from bocore.keys.sealing import seal_altered, seal_new
from bocore.record.canonical import encode_rows, row_digests
from bocore.record.changes import parse
from bocore.storage.session import IntegrityProblem
from bocore.uow import rules
from bocore.uow.changes import Change, Changes
from bocore.uow.numbering import number_rows

if TYPE_CHECKING:
    from bocore.entities.generate import Compiled, Row
    from bocore.uow.reading import Reading
    from bocore.uow.unit import UnitOfWork

    Altered = list[tuple[Compiled, list[Any], list[Row], list[Row]]]
    """For each class: the loaded objects whose row differs now, their old rows and their new rows."""


class Writer:
    """Writes what a unit of work holds."""

    def __init__(self, uow: UnitOfWork) -> None:
        self.uow = uow
        self.busy: set[type] = set()
        """Classes whose rows take their numbers at this moment."""
        self.declared: list[str] = []
        """Codes of the tokens that rows of this unit of work declare."""
        self.last = False
        """Whether nothing but the commit follows."""

    # -- adding, removing, moving

    def prepare(self, compiled: Compiled, objects: list[Any], ids: Iterable[int], company: Any) -> None:
        """Give new objects their id and what the unit of work knows of them: version, company, unit."""
        spec = compiled.spec
        compiled.begin(objects, ids, self.uow.unit if spec.one("recorded") else None)
        if spec.company:
            default = None
            for obj in objects:
                if obj.company_id is None:
                    obj.company_id = default = default or getattr(company, "id", company) or self.uow.company_id
        if spec.derived:
            raise UsageError(f"{spec.cls.__name__} is derived from other rows.", fix="Use uow.rebuild.")
        if spec.tokens:
            self._declare(objects)

    def _declare(self, objects: list[Any]) -> None:
        """Amounts of this unit of work may count in the tokens that it declares; after an exception they are unknown again."""
        tokens = self.uow._app.tokens
        for obj in objects:
            if obj.code in tokens:
                continue  # where it differs, the unique code or the checks of the field say so
            with contextlib.suppress(DeclarationError, TypeError):  # the checks of the fields say it better
                tokens.declare(obj.code, obj.exponent, getattr(obj, "name", ""))
                self.declared.append(obj.code)

    def withdraw(self, since: int = 0) -> None:
        """Forget the tokens declared here, from that one on: their rows are undone."""
        for code in self.declared[since:]:
            self.uow._app.tokens.withdraw(code)
        del self.declared[since:]

    def remove(self, obj: Entity, *, with_base: bool = False) -> None:
        uow, cls = self.uow, type(obj)
        spec = uow._app.compiled(cls).spec
        entry = uow._tracker.held(cls).get(obj.id)
        if entry is None or entry[0] is not obj:
            raise UsageError(f"{obj!r} does not belong to this unit of work.", fix="Get it here first: uow.get.")
        if obj in uow._tracker.removed:
            return
        if spec.append_only:
            raise Refused([Finding("bo.append_only", f"Rows of {cls.__name__} are never deleted.", obj, fix="Add a correcting row.")])
        if spec.made_by and not with_base:
            raise rules.made_otherwise(spec, "")
        with uow.core():  # they go with it, whoever may see them
            for other in uow._app.extensions_of(cls):
                extension = uow.extension(obj, other)
                if extension is not None:
                    self.remove(extension, with_base=True)
        if entry[1] is None:
            uow._closing.finishers.pop(obj, None)
            uow._tracker.discard(obj)
        else:
            uow._tracker.removed.append(obj)

    def move(self, obj: Entity, action: str) -> None:
        field = spec_of(type(obj)).one("states")
        if field is None:
            raise UsageError(f"{type(obj).__name__} has no states.", fix="Declare them: state: str = states({…}, default=…).")
        state = getattr(obj, field.name)
        moves = field.options["moves"]
        target = moves.get((state, action))
        if target is None:
            legal = sorted(a for s, a in moves if s == state)
            fix = f"From {state!r} you can: {', '.join(legal)}." if legal else f"{state!r} is final."
            raise Refused([Finding("bo.illegal_move", f"{action!r} is not possible in the state {state!r}.", obj, field.name, fix)])
        setattr(obj, field.name, target)
        self.uow._tracker.origin.setdefault(obj, state)
        self.uow._tracker.moved[obj] = target

    # -- finding what changed

    def altered(self) -> Altered:
        """For each class: the loaded objects whose row differs now, their old rows and their new rows."""
        if not self.uow._tracker.stored:  # everything here is new: there is nothing to compare with
            return []
        found = []
        with uncollected():
            hiding = self.uow._hiding
            for cls, held in self.uow._tracker.maps.items():
                compiled = self.uow._app.compiled(cls)
                entries: Iterable[Any] = held.values()
                if hiding and cls in self.uow._app.concealing:  # what is out of sight has not changed
                    entries = [entry for entry in entries if not hiding.out_of_sight(entry[0])]
                changed = compiled.altered(entries)
                if changed:
                    objects, old = [e[0] for e in changed], [e[1] for e in changed]
                    if compiled.spec.secrets and not self.uow.read_only:
                        seal_altered(self.uow, compiled.spec, objects, old)
                    salts = [row[-1] for row in old] if compiled.spec.salted else ()
                    found.append((compiled, objects, old, _rows_or_none(compiled, objects, salts)))
        return found

    @staticmethod
    def stand(known: Altered) -> bool:
        """Whether these rows still say what their objects do: checks have texts in their one form."""
        return not any(compiled.altered(zip(objects, new, strict=True)) for compiled, objects, _, new in known)

    def refuse_changes(self) -> None:
        """A changed object in a read-only unit would be lost silently: say so."""
        for compiled, objects, _, _ in self.altered():
            raise UsageError(
                f"{objects[0]!r} was changed in a unit of work that only reads.",
                fix=f"Change a {compiled.spec.cls.__name__} in a writing one.",
            )

    def collect(self, changes: Changes) -> Altered:
        """Put pending, altered and removed objects into ``changes``; findings of the compiled checks are raised together."""
        tracker, findings = self.uow._tracker, []
        for cls, objects in tracker.pending.items():
            changes._added.setdefault(cls, []).extend(objects)
            findings += self.check_new(cls, objects)
        altered = self.altered()
        if altered:
            gone = {id(obj) for obj in tracker.removed}
            altered = [_without(part, gone) for part in altered]
        for compiled, objects, old, new in altered:
            findings += rules.check_maker(compiled.spec, objects)
            findings += rules.check_altered(self.uow, compiled.spec, objects, old, new)
            bad = self.check(compiled.spec.cls, objects)
            findings += bad
            if not bad:
                changes._updated.setdefault(compiled.spec.cls, []).append(_changed(compiled, objects, old, new))
        for obj in tracker.removed:
            changes._removed.setdefault(type(obj), []).append(obj)
            findings += rules.check_removed(self.uow, obj)
        if findings:
            raise Refused(findings)
        return altered

    def check(self, cls: type, objects: list[Any]) -> list[Finding]:
        """The compiled checks of these objects, as findings; text is normalised on the way."""
        findings: list[Finding] = []
        compiled = self.uow._app.compiled(cls)

        def refuse(obj: Any, name: str, value: Any) -> None:
            finding = rules.explain(compiled.spec, obj, name, value, self.uow._app.tokens)
            if finding is not None:
                findings.append(finding)

        try:
            compiled.check(objects, refuse)
        except AttributeError:
            findings.clear()
            for obj in objects:
                try:
                    compiled.check([obj], refuse)
                except AttributeError as error:
                    findings.append(Finding("bo.not_set", str(error), obj, fix="Set every field before the end of the unit of work."))
        return findings or rules.check_references(self.uow, compiled.spec, objects)

    def check_new(self, cls: type, objects: list[Any]) -> list[Finding]:
        """What is wrong with new rows: their identity, their values, their references, and what they would be a part of."""
        findings = rules.check_identity(self.uow, spec_of(cls), objects) + self.check(cls, objects)
        if self.uow._app.may_freeze(cls):
            findings += rules.check_frozen_parents(self.uow, spec_of(cls), objects)
        return findings

    # -- writing

    def flush(self, known: Altered | None = None) -> None:
        """Write everything: removals, new rows, changes.

        :param known: the altered rows, where they were just found.
        """
        tracker = self.uow._tracker
        altered = self.altered() if known is None else known
        if not (tracker.pending or altered or tracker.removed):
            return
        session = self.uow._touch()
        if altered:
            gone = {id(obj) for obj in tracker.removed}
            altered = [part for part in (_without(part, gone) for part in altered) if part[1]]
        with uncollected():
            # What altered rows refer to no longer goes last, for a server that looks at each reference at once.
            left = _left(altered) if tracker.removed and not session.serial else set()
            later = [obj for obj in tracker.removed if (type(obj), obj.id) in left]
            if tracker.removed:
                session.delay_references()
                self._delete([obj for obj in tracker.removed if (type(obj), obj.id) not in left])
            completing = bool(self.uow._closing.finishers)
            self.write_pending(None)
            if completing:
                self._refuse_late(altered)
            for part in altered:
                self._update(*part)
            self._delete(later)
        if tracker.removed:
            for obj in tracker.removed:
                tracker.held(type(obj)).pop(obj.id, None)
            rules.refuse_orphans(self.uow, tracker.removed)
            tracker.removed = []

    def _refuse_late(self, known: Altered) -> None:
        """What a function of ``when_numbered`` set in a row that is written already would be lost, or go unchecked."""
        rows = {id(obj): row for _, objects, _, new in known for obj, row in zip(objects, new, strict=True)}
        for _, objects, _, new in self.altered():
            for obj, row in zip(objects, new, strict=True):
                if rows.get(id(obj)) != row:
                    raise UsageError(f"{obj!r} was changed by when_numbered, but is written already.", fix="Set fields of new rows there.")

    def write_pending(self, classes: set[type] | None) -> None:
        """Write the rows that wait, of these classes or all; those that wait for a number take it now."""
        tracker = self.uow._tracker
        if classes is not None:
            classes = classes | self.awaited(classes)
        ready = [cls for cls in tracker.pending if (classes is None or cls in classes) and not (self.busy and self._waits(cls))]
        if not ready:
            return
        if self.uow._phase == "open":
            findings = [finding for cls in ready for finding in self.check_new(cls, tracker.pending[cls])]
            if findings:
                raise Refused(findings)
            for cls in ready:
                self.uow._changes._added.setdefault(cls, []).extend(tracker.pending[cls])
        phase = self.uow._phase
        try:
            if phase == "checking":
                self.uow._phase = "closing"  # a check reads: what it reads is written, and a number may need a new Series
            self._number(ready)
            if classes is None:
                ready = list(tracker.pending)  # numbering may have added a Series
                session = self.uow._session or self.uow._touch()
                if session.batches and phase == "closing" and self.last:
                    session.batch()
            for cls in sorted(ready, key=self.uow._app.rank):
                objects = tracker.pending.pop(cls, None)
                if objects is not None:  # what is read while numbering may have written them
                    self._insert(self.uow._app.compiled(cls), objects)
        except BaseException:
            self.uow._phase = "failed"
            raise
        self.uow._phase = phase

    def _number(self, ready: list[type]) -> None:
        """Take the numbers of these rows; what then completes them may read, but finds none of them in the database yet."""
        tracker, completing = self.uow._tracker, bool(self.uow._closing.finishers)
        numbered = [cls for cls in ready if self.uow._app.numbering(cls)]
        if not numbered and not completing:
            return
        self.busy = self.busy | set(numbered)
        try:
            number_rows(self.uow, {cls: tracker.pending[cls] for cls in numbered})
        finally:
            self.busy = self.busy - set(numbered)
        if completing:
            findings = [finding for cls in ready for finding in self.check_new(cls, tracker.pending.get(cls, []))]
            if findings:
                raise Refused(findings)

    def _waits(self, cls: type) -> bool:
        return not self.busy.isdisjoint(self.uow._app.closure({spec_of(cls).name}))

    def awaited(self, classes: set[type]) -> set[type]:
        """What must be numbered before vouchers are written: their texts name it, and can't be filled afterwards."""
        if not self.uow._closing.finishers:
            return set()
        from bocore.kernel.voucher import VoucherRecord

        if VoucherRecord not in classes:
            return set()
        return self.uow._app.closure({spec_of(type(obj)).name for obj in self.uow._closing.finishers})

    def _insert(self, compiled: Compiled, objects: list[Any]) -> None:
        spec, session, tracker = compiled.spec, self.uow._session or self.uow._touch(), self.uow._tracker
        session.wrote(spec.cls)
        if spec.secrets:
            seal_new(self.uow, spec, objects)
        salts = rules.new_salts(len(objects)) if spec.salted else ()
        rows = compiled.rows(objects, salts)
        try:
            session.insert(compiled, rows)
        except IntegrityProblem as problem:
            raise Refused(rules.explain_integrity(self.uow, spec, objects, problem)) from problem
        ids = [row[0] for row in rows]
        tracker.stored = True
        tracker.held(spec.cls).update(zip(ids, zip(objects, rows, strict=True), strict=True))
        if not spec.derived:
            self.uow._record.add(spec.name, "i", ids, self.digests(compiled, rows))

    def write_altered(self, objects: Sequence[Any], made_by: str) -> None:
        """Check and write what changed of these objects of one class now; new ones wait as ever."""
        cls = type(objects[0])
        compiled, held = self.uow._app.compiled(cls), self.uow._tracker.held(cls)
        if compiled.spec.made_by != made_by:
            raise rules.made_otherwise(compiled.spec, made_by)
        for obj in objects:
            entry = held.get(obj.id)
            if entry is None or entry[0] is not obj:
                raise UsageError(f"{obj!r} does not belong to this unit of work.", fix="Get it here first: uow.get.")
        entries = compiled.altered([held[obj.id] for obj in objects])
        if not entries:
            return
        changed, old = [obj for obj, _ in entries], [row for _, row in entries]
        if compiled.spec.secrets:
            seal_altered(self.uow, compiled.spec, changed, old)
        new = _rows_or_none(compiled, changed, [row[-1] for row in old] if compiled.spec.salted else ())
        findings = rules.check_altered(self.uow, compiled.spec, changed, old, new) + self.check(cls, changed)
        if findings:
            raise Refused(findings)
        self.uow._changes._updated.setdefault(cls, []).append(_changed(compiled, changed, old, new))
        try:
            self._update(compiled, changed, old, new)
        except BaseException:
            self.uow._phase = "failed"
            raise

    def digests(self, compiled: Compiled, rows: Sequence[Row]) -> bytes:
        """The 16-byte digests of driver rows, in order."""
        canonical = self.uow._app.canonical(compiled.spec)(rows, compiled.names)
        return row_digests(compiled.spec.name, self.uow._record.nonce, encode_rows(canonical))

    def _update(self, compiled: Compiled, objects: list[Any], old: list[Row], new: list[Row]) -> None:
        spec, session = compiled.spec, self.uow._touch()
        session.wrote(spec.cls)
        if spec.salted:
            new = rules.renew_salts(compiled, old, new)
        written, versions, held = [], self.uow._tracker.versions, self.uow._tracker.held(spec.cls)
        for obj, before, row in zip(objects, old, new, strict=True):
            row = (row[0], before[1] + 1, *row[2:])
            try:
                session.change(compiled.update, (*row[1:], row[0], before[1]), self._missed(spec.cls, row[0], before[1]))
            except IntegrityProblem as problem:
                raise Refused(rules.explain_integrity(self.uow, spec, [obj], problem)) from problem
            versions.append((obj, before))
            obj.version = row[1]
            held[row[0]] = (obj, row)
            written.append(row)
        canonical = self.uow._app.canonical(spec)
        now = canonical(written, compiled.names)
        pairs = zip(canonical(old, compiled.names), now, strict=True)
        details = [[[i, x[i], y[i]] for i in compress(count(), map(ne, x, y))] for x, y in pairs]
        digests = row_digests(spec.name, self.uow._record.nonce, encode_rows(now))
        self.uow._record.add(spec.name, "u", [row[0] for row in written], digests, details)

    def _missed(self, cls: type, ident: int, version: int) -> Callable[[], Exception]:
        """What is raised where a row is not there in the version that was read."""
        return lambda: Conflict([conflict(self.uow, cls, ident, version)])

    def _delete(self, objects: Iterable[Any]) -> None:
        tracker, session = self.uow._tracker, self.uow._touch()
        by_class: dict[type, list[Any]] = {}
        for obj in objects:
            by_class.setdefault(type(obj), []).append(obj)
        for cls in sorted(by_class, key=self.uow._app.rank, reverse=True):
            compiled = self.uow._app.compiled(cls)
            session.wrote(cls)
            rows = [tracker.held(cls)[obj.id][1] for obj in by_class[cls]]
            for row in rows:
                try:
                    session.change(compiled.delete, row[:2] if compiled.spec.versioned else row[:1], self._missed(cls, row[0], row[1]))
                except IntegrityProblem as problem:
                    raise Refused(rules.explain_removal(self.uow, by_class[cls], problem)) from problem
            canonical = self.uow._app.canonical(compiled.spec)(rows, compiled.names)
            details = [[[i, value] for i, value in enumerate(row) if value is not None] for row in canonical]
            self.uow._record.add(compiled.spec.name, "d", [row[0] for row in rows], details=details)

    def rebuild(self, cls: type, statement: Any) -> int:
        """DELETE and INSERT … SELECT of a derived entity; ids are the row numbers."""
        import sqlalchemy as sa

        from bocore.access.writes import check_entity
        from bocore.entities.tables import plain_table
        from bocore.uow.guard import check_statement, refuse_ciphertext

        spec = self.uow._app.compiled(cls).spec
        if not spec.derived:
            raise UsageError(f"{cls.__name__} is not derived.", fix="Only entities declared with derived=True are rebuilt.")
        if self.uow.read_only:
            raise UsageError(f"This unit of work only reads: {cls.__name__} can't be rebuilt.", fix="Use one that writes.")
        names = [column.name for column in spec.columns if column.name != "id"]
        given = [column.key for column in statement.selected_columns]
        if sorted(given) != sorted(names):
            raise UsageError(f"The select gives {given}, {cls.__name__} has {names}.", fix="Label its columns with these names.")
        if not self.uow._free:
            check_entity(self.uow, self.uow.authority, cls)  # it reads whatever the rows follow from, seen by who asks or not
        self.uow._write_before_reading(check_statement(statement, self.uow._app.tables))
        refuse_ciphertext(statement, self.uow._app.ciphertexts)
        session, table = self.uow._touch(), plain_table(spec)
        source = statement.subquery()
        numbered = sa.select(sa.func.row_number().over().label("id"), *(source.c[name] for name in names))
        place = None if session.engine == "sqlite" else "pg_temp"  # a temporary table has no place in the tenant's schema
        columns = (sa.Column(c.name, c.type) for c in table.c)
        keep = sa.Table(f"bo_rebuild_{spec.name}", sa.MetaData(), *columns, prefixes=["TEMPORARY"], schema=place)
        session.wrote(cls)
        try:
            session.lock(f"bo.rebuild {spec.name}")
            session.select(sa.schema.CreateTable(keep))
            session.select(sa.insert(keep).from_select(["id", *names], numbered))
            session.select(sa.delete(table))
            session.select(sa.insert(table).from_select(["id", *names], sa.select(*(keep.c[n] for n in ["id", *names]))))
            count = session.select(sa.select(sa.func.count()).select_from(keep)).scalar_one()
            session.select(sa.schema.DropTable(keep))
        except BaseException:
            self.uow._phase = "failed"
            raise
        self.uow._tracker.maps.pop(cls, None)
        return int(count)


def _rows_or_none(compiled: Compiled, objects: list[Any], salts: Sequence[Any]) -> list[Any]:
    """The rows of loaded objects; None for one that has a value which can't be stored (its check will say so)."""
    try:
        return list(compiled.rows(objects, salts))
    except Exception:
        rows: list[Any] = []
        for i, obj in enumerate(objects):
            try:
                rows += compiled.rows([obj], salts[i : i + 1])
            except Exception:
                rows.append(None)
        return rows


def _left(altered: list[Any]) -> set[tuple[type, int]]:
    """What altered rows referred to before."""
    found: set[tuple[type, int]] = set()
    for compiled, _, old, _ in altered:
        for field in compiled.spec.fields.values():
            if field.target is not None:
                at = compiled.names.index(field.name)
                found.update((field.target, row[at]) for row in old if row[at] is not None)
    return found


def _without(part: Any, gone: set[int]) -> Any:
    compiled, objects, old, new = part
    if not gone:
        return part
    keep = [i for i, obj in enumerate(objects) if id(obj) not in gone]
    return compiled, [objects[i] for i in keep], [old[i] for i in keep], [new[i] for i in keep]


def _changed(compiled: Compiled, objects: list[Any], old: list[Row], new: list[Row]) -> Callable[[], list[Change]]:
    """What tells which fields differ, by the rows as they are now: few ask, and the objects may change again."""

    def tell() -> list[Change]:
        was: list[Any] = []
        now: list[Any] = []
        compiled.load(old, {}, was)
        compiled.load(new, {}, now)
        return [_change(compiled, *each) for each in zip(objects, was, now, strict=True)]

    return tell


def _change(compiled: Compiled, obj: Any, was: Any, now: Any) -> Change:
    before = {name: getattr(was, name, None) for name in compiled.spec.fields}
    after = {name: getattr(now, name, None) for name in compiled.spec.fields}
    differing = [name for name in before if before[name] != after[name]]
    return Change(obj, {name: before[name] for name in differing}, {name: after[name] for name in differing})


def conflict(uow: Reading, cls: type, ident: int, version: int) -> Finding:
    """Say who changed a row since a version, what and when: read from the commit records."""
    spec = spec_of(cls)
    who = "Nobody that the commit records name"
    with uow._app.aside(uow._touch()) as session:
        for at, actor, changes in session.execute("SELECT at, actor, changes FROM bo_commit ORDER BY id DESC LIMIT 10000"):
            change = _change_of(uow, spec, ident, changes)
            if change:
                who = f"{actor or 'Somebody'} {change} at {at}"
                break
    return Finding(
        "bo.conflict",
        f"The row was changed by someone else since version {version} was read. {who}.",
        f"{spec.name} {ident}",
        fix="Read it again and repeat the change.",
    )


def _change_of(uow: Reading, spec: EntitySpec, ident: int, changes: bytes) -> str:
    """What a commit did to a row, in words; nothing if it did not touch it."""
    for segment in parse(changes):
        if segment.entity != spec.name or segment.operation not in ("u", "d") or ident not in segment.ids():
            continue
        if segment.operation == "d":
            return "deleted it"
        columns = uow._app.shape(spec.name).columns
        places = [d[0] for d in segment.details[list(segment.ids()).index(ident)]]
        names = [c.name for c in (columns[i] for i in places) if c is not None and c.name != "version"]
        return f"changed {', '.join('personal data' if n == '_salt' else n for n in names)}"
    return ""
