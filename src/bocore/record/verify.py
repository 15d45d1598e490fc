"""Verifying: every row and every record recomputed from what is stored, and each difference named.

It needs the database alone: no plugin code, no keys. What a row must be is said by the last commit record that names it; how its digest
is made is said by the shapes that records hold; that the records are those which were sealed, by the tree over them and its signed heads.
Without a seal it can't find a record that somebody recomputed who knows how, together with its rows. Without a head that was kept
elsewhere it can't find that the newest records were taken away with their rows and heads, that the whole file was put back to an older
state, or what was done by who holds the key that signs. So a clean result still says "not sealed" or "not anchored".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

import attrs
from sqlalchemy.engine import Engine

from bocore.collector import uncollected
from bocore.errors import Finding, StorageError, UsageError
from bocore.record.comparing import Part, compare, cut
from bocore.record.crew import ROWS, Crew, Task, crew_of
from bocore.record.differences import Differences
from bocore.record.expected import Expected
from bocore.record.sealed import Anchored, check_seal
from bocore.record.shapes import Shape
from bocore.record.stored import RowReader
from bocore.record.trail import Rebase, SealedShape, Trail, TrailReader
from bocore.storage.database import Database, open_database
from bocore.storage.session import Session

if TYPE_CHECKING:
    from bocore.app import BackOffice

Progress = Callable[[str, int], None]
_FIX = "Compare with a backup from before; find out who could write to the file."


@attrs.frozen
class Verification:
    """What a verification found.

    ``more`` findings beyond the limit were only counted; ``counts`` has code → rows, records or shapes, of all of them.
    """

    findings: list[Finding]
    more: int
    counts: dict[str, int]
    rows: int
    records: int
    entities: int
    unsealed: int
    unplaced: int
    redacted: int
    seconds: float
    sealed: bool = False
    signed: bool = False
    anchored: int | None = None
    """How many records the largest head has that was kept elsewhere and holds; None where none was given."""
    rebases: tuple[Rebase, ...] = ()
    """Digests that migrations stated anew: from there on, rows are compared with those."""

    @property
    def ok(self) -> bool:
        """True where nothing differs."""
        return not self.findings and not self.more

    @property
    def vouched(self) -> str:
        """What is known of the seal, in words that never claim more than was checked."""
        if not self.sealed:
            return "not sealed"
        tail = f", unsealed tail of {self.unsealed}" if self.unsealed else ""
        anchor = f", anchored to {self.anchored}" if self.anchored else ", not anchored"
        return f"sealed{'' if self.signed else ', not signed'}{tail}{anchor}"

    def summary(self) -> str:
        """One sentence for a person: what was read, what differs, and what it can't vouch for."""
        read = f"{self.records} records, {self.rows} rows"
        if self.ok:
            return f"{read} verified; {self.vouched}"
        found = ", ".join(f"{count} {code.removeprefix('bo.audit.').replace('_', ' ')}" for code, count in sorted(self.counts.items()))
        return f"{read} read; NOT as recorded: {found}{f'; {self.more} findings not shown' if self.more else ''}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for ``--format json``."""
        plain = attrs.asdict(self, recurse=False, filter=lambda field, _: field.name not in ("findings", "rebases"))
        findings = [finding.as_dict() for finding in self.findings]
        return {"ok": self.ok, **plain, "rebases": [attrs.asdict(rebase) for rebase in self.rebases], "findings": findings}


def verify(
    where: BackOffice | Database | Engine | Session,
    *,
    entity: str | Collection[str] | None = None,
    limit: int = 100,
    progress: Progress | None = None,
    against: Anchored | None = None,
    jobs: int = 1,
) -> Verification:
    """Recompute every record and every row in one snapshot, and name what was altered, added or removed behind bocore's back.

    :param where: the application, its database or engine, or a session whose transaction has begun.
    :param entity: only the rows of this entity, or of these; the records are all read.
    :param limit: how many findings are kept; the others are counted.
    :param progress: called with a table and the number of rows just read.
    :param against: heads that were kept elsewhere: only these show a rolled-back tail, or a forger who has the key that signs.
    :param jobs: how many processes compare rows beside each other, in the same snapshot; the records are read by this one. What is found
        is the same. They open the database anew by its URL or path.
    :raises UsageError: no record knows the entity; or several jobs can't open the database, as one in memory or a session's transaction.
    :raises StorageError: the database is not one of bocore's, or one of several processes can't go on.
    """
    chosen = [entity] if isinstance(entity, str) else None if entity is None else sorted(entity)
    if type(jobs) is not int or jobs < 1:
        raise UsageError(f"jobs is {jobs!r}.", fix="Give the number of processes: 1, or more.")
    if isinstance(where, Session):
        if jobs > 1:
            raise UsageError("Other processes can't see the transaction of a session.", fix="Give the database, or verify with one job.")
        return _verified(where, chosen, limit, progress, against, None)
    if isinstance(where, Engine):
        where = open_database(where)
    database = where if isinstance(where, Database) else where.database
    if jobs > 1:
        with crew_of(database, jobs) as crew:
            return _verified(crew.session, chosen, limit, progress, against, crew)
    session = database.connect(lambda session: False)
    try:
        session.begin(write=False)
        return _verified(session, chosen, limit, progress, against, None)
    finally:
        session.close(read_only=True)


def _verified(
    session: Session, chosen: list[str] | None, limit: int, progress: Progress | None, against: Anchored | None, crew: Crew | None
) -> Verification:
    with uncollected():  # it makes no garbage in circles, and what it holds would be walked over again and again
        return _Verifier(session, chosen, limit, progress or _quiet, against, crew).run()


def _quiet(table: str, rows: int) -> None:
    """Nobody wants to know how far it is."""


@attrs.frozen
class _Table:
    """What is compared of a table."""

    shape: Shape
    reader: RowReader
    part: Part


class _Verifier:
    def __init__(
        self, session: Session, chosen: list[str] | None, limit: int, progress: Progress, against: Anchored | None, crew: Crew | None
    ) -> None:
        self.session = session
        self.crew = crew
        self.against = against
        self.chosen = chosen
        self.differences = Differences(limit)
        self.progress = progress

    def run(self) -> Verification:
        began = time.perf_counter()
        if not any(self.session.table_columns(table) for table in ("bo_commit", "bo_shape")):
            raise StorageError("This database has no tables of bocore.", fix="Name the right file with --db; for a new one run bo init.")
        trail = TrailReader(self.session, self.differences, self.progress).read()
        seal = check_seal(self.session, trail, self.differences, self.against)
        known = sorted({*trail.shapes, *trail.expected} - trail.dropped)
        chosen = known if self.chosen is None else self.chosen
        unknown = [name for name in chosen if name not in known]
        if unknown:
            fix = f"Known are: {', '.join(known) or 'none'}."
            raise UsageError(f"No record knows the entity {', '.join(map(repr, unknown))}.", fix=fix)
        shapes = self._shapes(trail, set(chosen))
        tables = [table for name in chosen if name in shapes and (table := self._table(trail, shapes[name])) is not None]
        rows = self._alone(tables) if self.crew is None else self._shared_out(tables, self.crew)
        found = self.differences
        return Verification(
            findings=found.findings,
            more=found.more,
            counts=dict(found.counts),
            rows=rows,
            records=len(trail.ids),
            entities=sum(name in shapes for name in chosen),
            sealed=seal.size > 0,
            unsealed=max(len(trail.ids) - seal.size, 0),
            signed=seal.signed,
            anchored=seal.anchored,
            unplaced=trail.unplaced,
            redacted=trail.redacted,
            seconds=time.perf_counter() - began,
            rebases=tuple(rebase for rebase in trail.rebases if self.chosen is None or rebase.entity in self.chosen),
        )

    # -- shapes

    def _shapes(self, trail: Trail, chosen: set[str]) -> dict[str, Shape]:
        """The latest shape of each entity, from the records; ``bo_shape`` must say the same."""
        stored: dict[str, list[SealedShape]] = {}
        if self.session.table_columns("bo_shape") is None:
            self._say("The table bo_shape is missing.", "bo_shape")
        else:
            found = self.session.execute(
                f"SELECT entity, definition, unit FROM bo_shape {self.session.unindexed} ORDER BY entity, revision"
            )
            for name, definition, unit in found.fetchall():
                stored.setdefault(name, []).append(SealedShape(definition, unit))
        shapes = {}
        for name in sorted({*trail.shapes, *stored, *trail.expected} - (trail.dropped - stored.keys())):
            if self.chosen is not None and name not in chosen:
                continue
            sealed = trail.shapes.get(name, [])
            if stored.get(name, []) != sealed:
                self._say(f"The stored shapes of {name} and those that the records hold differ.", f"bo_shape {name}")
            shape = _latest(sealed or stored.get(name, []), name)
            if shape is not None:
                shapes[name] = shape
            else:
                self._say(f"The shape of {name} can't be read: its rows can't be verified.", f"bo_shape {name}")
        return shapes

    # -- rows

    def _table(self, trail: Trail, shape: Shape) -> _Table | None:
        """What is compared of a table; None, and it is said why, where its rows can't be verified."""
        name, reader = shape.entity, RowReader(shape)
        here = self.session.table_columns(name)
        missing = [column for column in reader.names if column not in (here or {})]
        extra = [column for column in here or {} if column not in reader.names]
        if extra:
            self._say(f"The table has columns that its shape does not know: {', '.join(extra)}.", name)
        key = [column for column, (_, part) in (here or {}).items() if part]
        if here is None:
            self._say("The table is missing, with all its rows.", name)
        elif missing:
            self._say(f"The table lacks columns of its shape: {', '.join(missing)}; its rows can't be verified.", name)
        elif reader.names[:1] != ["id"] or key != ["id"] or here["id"][0] not in ("INTEGER", "BIGINT"):
            self._say("The table was made anew: id is not its key any more; its rows can't be verified.", name)
        else:
            return _Table(shape, reader, self._part(trail, name))
        return None

    def _alone(self, tables: list[_Table]) -> int:
        """Compare the tables; returns how many rows were read."""
        rows = 0
        for table in tables:
            name = table.shape.entity
            rows += compare(self.session, table.part, table.reader, self.differences.rows, partial(self.progress, name))
            self.differences.close()
        return rows

    def _shared_out(self, tables: list[_Table], crew: Crew) -> int:
        """The same by several processes; what they find is said in the order of one."""
        tasks = (Task(table.shape, part) for table in tables for part in cut(table.part, ROWS))
        found = crew.run(tasks, lambda outcome: self.progress(outcome.entity, outcome.rows))
        for entity, outcomes in groupby(found, key=lambda outcome: outcome.entity):
            for outcome in outcomes:
                for code, first, last, why in outcome.runs:
                    self.differences.rows(code, entity, first, last, why)
            self.differences.close()
        return sum(outcome.rows for outcome in found)

    def _part(self, trail: Trail, name: str) -> Part:
        """What the records say of all rows of an entity."""
        expected = trail.expected.get(name) or Expected()

        def contradicted(first: int, last: int, record: int, operation: str) -> None:
            if self.differences.gap or record in trail.altered:
                return
            what = "inserts rows that were there already" if operation == "i" else "changes or deletes rows that were not there"
            place = f"{name} {first}" if first == last else f"{name} {first}-{last}"
            message = f"The record {what} ({place}): records were put in another order, or added."
            self.differences.say("bo.audit.record", message, f"bo_commit {trail.ids[record]}", _FIX)

        return Part(name, expected.pieces(contradicted), expected.digests, trail.nonces, trail.altered)

    def _say(self, message: str, at: str) -> None:
        self.differences.say("bo.audit.shape", message, at, _FIX)


def _latest(shapes: list[SealedShape], name: str) -> Shape | None:
    try:
        shape = Shape.read(shapes[-1].definition, len(shapes))
    except (LookupError, TypeError, ValueError, AttributeError):
        return None
    return shape if shape.entity == name else None
