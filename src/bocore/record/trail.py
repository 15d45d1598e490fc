"""The commit records, read once and recomputed: what they say of every row, and whether one of them was altered or taken away."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from typing import TYPE_CHECKING, Any

import attrs
import orjson

from bocore.record.canonical import canonical_bytes
from bocore.record.changes import NONCE, Segment, parse_whole
from bocore.record.commit import COLUMNS, SALT, SECTIONS, CommitRow, record_digest
from bocore.record.expected import Expected
from bocore.record.stored import Row
from bocore.record.tree import HASH

if TYPE_CHECKING:
    from collections.abc import Callable

    from bocore.record.differences import Differences
    from bocore.storage.session import Session

_NAMES = COLUMNS.split(", ")
_PLAIN = ("i", "u", "d")
ERASED = '"bo.person_erased'
"""Events that begin so tell what was taken out of other records."""
_SALTS = SALT * len(SECTIONS)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
_MOST_MISSING = 1_000_000
"""Positions that are taken to be missing records; more of them are an altered position."""
_FIX = "Compare with a backup from before; nobody has a reason to write to bo_commit."


@attrs.frozen
class SealedShape:
    """One shape of an entity, as a record holds it."""

    definition: str
    unit: int


@attrs.frozen
class Rebase:
    """A migration stated the digests of an entity anew, or took it away.

    ``record`` is the id of the commit record; ``dropped`` says that the entity went, with all its rows.
    """

    entity: str
    rows: int
    migrations: str
    at: str
    record: int
    dropped: bool = False

    def __str__(self) -> str:
        place, one = f"by {self.migrations}, {self.at} (record {self.record})", self.rows == 1
        if self.dropped:
            return f"{self.entity} was dropped with {self.rows} {'row' if one else 'rows'} {place}"
        return f"{self.rows} {'digest' if one else 'digests'} of {self.entity} {'was' if one else 'were'} stated anew {place}"


class Trail:
    """What all records say together."""

    def __init__(self) -> None:
        self.expected: dict[str, Expected] = {}
        self.gone: dict[str, list[Expected]] = {}
        """What records said of an entity before it was dropped."""
        self.shapes: dict[str, list[SealedShape]] = {}
        self.shaped: dict[str, list[int]] = {}
        """Indexes of the records that hold them."""
        self.dropped: set[str] = set()
        self.nonces = bytearray()
        self.ids = array("q")
        self.altered: set[int] = set()
        """Indexes of records whose own digest does not hold."""
        self.rebases: list[Rebase] = []
        self.unplaced = 0
        self.redacted = 0
        self.leaves = bytearray()
        """The digest of each record by its position, as recomputed; zeros where a position is not taken."""
        self.placed = array("q")
        """Position → id of the record, or 0."""
        self.doubtful = 2**63
        """The first position whose record is named for being another than it was, or gone: from there on the tree is another too."""

    def doubt(self, position: int) -> None:
        """A record at this position is named."""
        self.doubtful = min(self.doubtful, position)

    def leaf(self, position: int, ident: int, digest: bytes) -> None:
        """Note what a record is in the tree; the positions of records come in order."""
        missing = position - len(self.placed)
        if missing > _MOST_MISSING:
            return  # it is named for that
        if missing < 0:
            if not self.placed[position]:  # records changed places
                self.leaves[HASH * position : HASH * (position + 1)] = digest
                self.placed[position] = ident
            return
        self.leaves += bytes(HASH * missing) + digest
        self.placed.extend([0] * missing)
        self.placed.append(ident)

    def nonce(self, record: int) -> bytes:
        return bytes(self.nonces[NONCE * record : NONCE * (record + 1)])


class TrailReader:
    """Reads ``bo_commit`` in the order of its ids."""

    def __init__(self, session: Session, differences: Differences, progress: Callable[[str, int], None]) -> None:
        self.session = session
        self.differences = differences
        self.progress = progress
        self.trail = Trail()
        self._units: Counter[int] = Counter()
        self._position = -1
        self._due = -1
        """The position that the record before should have; ``_position`` is what it has."""
        self._last = -1
        self._absent_here = 0
        self._unplaced: int | None = None
        self._redacted: dict[tuple[int, str], int] = {}
        """Position and section of what was taken out of records, with their ids."""
        self._told: set[tuple[int, str]] = set()
        """The same, as records of erasures tell it."""

    def read(self) -> Trail:
        """Recompute every record and gather what they say of rows and shapes."""
        here = self.session.table_columns("bo_commit")
        absent = [name for name in _NAMES if name not in (here or {})]
        if absent:
            what = "is missing" if here is None else f"lacks {', '.join(absent)}"
            self._say("shape", f"The table of the commit records {what}: nothing can be verified.", "bo_commit")
            self.differences.gap = True
            return self.trail
        before = 0
        serial = self.session.serial
        for rows in self.session.read_table("bo_commit", _NAMES, order="id" if serial else "position NULLS LAST, id"):
            for row in rows:
                if serial:
                    if row[0] != before + 1:
                        self._absent(before + 1, row[0] - 1)
                    before = row[0]
                self._record(row)
            self.progress("bo_commit", len(rows))
        self._cursors()
        for (position, section), ident in self._redacted.items():
            if (position, section) not in self._told:
                self._say("record", f"Its section {section} was taken out, and no record of an erasure tells of it.", f"bo_commit {ident}")
        for unit, count in self._units.items():
            if count > 1:
                self._say("record", f"{count} records are of the same unit of work.", f"bo_commit unit {unit}")
        return self.trail

    # -- the row of sealing: ids and positions

    def _absent(self, first: int, last: int) -> None:
        """Ids of records are dense: SQLite gives each the highest and one more, and a roll-back takes its id back."""
        if first > last:
            return
        self.differences.gap = True
        self.trail.doubt(self._position + 1)
        count = last - first + 1
        self._absent_here += count
        at = f"bo_commit {first}" if count == 1 else f"bo_commit {first}-{last}"
        what = "A record was removed" if count == 1 else f"{count} records were removed"
        self._say("record_removed", f"{what}: the database gave {'that id' if count == 1 else 'those ids'} to commits.", at, count)

    def _cursors(self) -> None:
        """Whoever reads the feed has seen the records up to its cursor: none of them can have been the last and be gone."""
        if self.session.table_columns("bo_feed") is None:
            self._say("shape", "The table bo_feed is missing.", "bo_feed")
            return
        for consumer, position in self.session.execute("SELECT consumer, position FROM bo_feed ORDER BY consumer").fetchall():
            if type(position) is not int or position > self._last:
                self.differences.gap = True
                message = f"It has read up to position {position}, the last is {self._last}: the newest records were removed."
                self._say("record_removed", message, f"bo_feed {consumer}")

    def _place(self, ident: int, position: Any) -> None:
        if position == self._due + 1 == self._position + 1 and self._unplaced is None and type(position) is int:  # as nearly always
            self._due = self._position = position
            self._last, self._absent_here = max(self._last, position), 0
            return
        if position is None:
            self.trail.unplaced += 1
            self._unplaced = ident if self._unplaced is None else self._unplaced
            return
        at, said = f"bo_commit {ident}", self.differences.counts["bo.audit.position"]
        if type(position) is not int or position < 0:
            self.trail.doubt(self._position + 1)
            self._say("position", f"Its position is {position!r}, which is no position.", at)
            return
        if self._unplaced is not None:
            self._say("position", f"It has the position {position}, but the earlier record {self._unplaced} has none.", at)
        elif not self.session.serial:
            if position <= self._position:
                self._say("position", f"Its position {position} is that of the record before.", at)
            elif position > self._position + 1:
                self._missing(self._position + 1, position - 1)
        elif not self._follows(position):
            self._say("position", f"Its position is {position}; {self._due + 1} would follow the records before.", at)
        odd = self.differences.counts["bo.audit.position"] > said
        if odd:
            self.trail.doubt(min(position, self._due + 1))
        self._due = self._due + 1 + self._absent_here if odd else position
        self._position, self._last, self._absent_here = position, max(self._last, position), 0

    def _follows(self, position: int) -> bool:
        """Whether a position is the next: behind the one before it, or behind the one that this should have."""
        return any(before < position <= before + 1 + self._absent_here for before in (self._due, self._position))

    def _missing(self, first: int, last: int) -> None:
        """Positions are dense: where one is not there, a record is gone."""
        self.differences.gap = True
        self.trail.doubt(first)
        count = last - first + 1
        what = "A record was removed" if count == 1 else f"{count} records were removed"
        at = f"position {first}" if count == 1 else f"position {first}-{last}"
        self._say(
            "record_removed", f"{what}: commits had {'that position' if count == 1 else 'those positions'}.", f"bo_commit {at}", count
        )

    # -- one record

    def _record(self, row: Row) -> None:
        trail, ident, digest, position = self.trail, row[0], row[-2], row[-1]
        self._place(ident, position)
        record = CommitRow(*row[1:-2])
        index, changes, known = len(trail.ids), record.changes, trail.expected
        trail.ids.append(ident)
        made = bytes(HASH)
        try:
            odd = self._odd(record)
            made = record_digest(record)
            if record.redacted is not None and not odd:
                self._redacted |= {(position, name): ident for name in orjson.loads(record.redacted)}
            if record.events is not None and ERASED in record.events:
                self._told |= redactions_in(record.events)
            if not odd and made != digest:
                odd = "what it holds and its digest differ"
            segments = parse_whole(changes)
        except (ValueError, TypeError, LookupError, AttributeError):
            odd, segments = "it can't be read", []
        if odd:
            trail.altered.add(index)
            trail.doubt(position if type(position) is int and position >= 0 else self._position + 1)
            self.differences.gap = True
            self._say("record", f"The record was altered behind bocore's back: {odd}.", f"bo_commit {ident}")
        if type(position) is int and position >= 0:
            trail.leaf(position, ident, made)
        trail.nonces += _nonce(changes)
        self._units[record.unit] += 1
        for name, operation, runs, details, offset in segments:
            expected = known.get(name) if type(name) is str else None
            if expected is not None and operation in _PLAIN:
                expected.add(operation, index, runs, changes, offset)
            else:
                self._segment(index, record, Segment(name, operation, runs, details, offset))

    def _odd(self, record: CommitRow) -> str:
        """What the digest does not see: more salts than sections, and values beside the hash of a redacted section."""
        if len(record.salts) != _SALTS:
            return "its salts have the wrong length"
        if record.redacted is None:
            return ""
        hidden = orjson.loads(record.redacted)
        self.trail.redacted += 1
        sections = dict(zip(SECTIONS, record.sections(), strict=True))
        for name, kept in hidden.items():
            value = sections.get(name, "")
            if any(part is not None for part in (value if isinstance(value, list) else [value])) or not isinstance(kept, str):
                return f"its section {name} is redacted and yet holds something"
        return ""

    def _segment(self, index: int, record: CommitRow, segment: Segment) -> None:
        trail, name = self.trail, segment.entity
        if type(name) is not str or (name not in trail.expected and not _NAME.fullmatch(name)):
            self._say("record", f"It names {name!r}, which can be no entity.", f"bo_commit {trail.ids[index]}")
            return
        if segment.operation == "s":
            definition = canonical_bytes(segment.details).decode()
            trail.shapes.setdefault(name, []).append(SealedShape(definition, record.unit))
            trail.shaped.setdefault(name, []).append(index)
            trail.dropped.discard(name)
        elif segment.operation == "x":
            trail.dropped.add(name)
            self._rebased(index, record, segment)
            if name in trail.expected:
                gone = trail.expected.pop(name)
                gone.digests.clear()
                trail.gone.setdefault(name, []).append(gone)
        elif segment.operation in ("i", "u", "d", "r"):
            expected = trail.expected.get(name)
            if expected is None:
                expected = trail.expected[name] = Expected()
            expected.add(segment.operation, index, segment.runs, record.changes, segment.offset)
            if segment.operation == "r":
                self._rebased(index, record, segment)
        else:
            self._say("record", f"Its operation {segment.operation!r} is not known to this version.", f"bo_commit {trail.ids[index]}")

    def _rebased(self, index: int, record: CommitRow, segment: Segment) -> None:
        """Note what is no plain continuation of the record: whoever reads the result should know of it."""
        told = segment.details if isinstance(segment.details, list) else []
        dropped = segment.operation == "x"
        if told or not dropped:
            rows = len(segment) if not dropped else told[0] if type(told[0]) is int else 0
            by = ", ".join(map(str, told[dropped:])) or "nobody who is named"
            self.trail.rebases.append(Rebase(segment.entity, rows, by, record.at, self.trail.ids[index], dropped))

    def _say(self, what: str, message: str, at: str, count: int = 1) -> None:
        self.differences.say(f"bo.audit.{what}", message, at, _FIX, count)


def redactions_in(events: str) -> set[tuple[int, str]]:
    """Position and section of what was taken out of other records, as the events of a record tell it."""
    erased = [values for name, values in orjson.loads(events) if f'"{name}'.startswith(ERASED)]
    return {(position, section) for values in erased for position, section in values["redacted"]}


def _nonce(changes: object) -> bytes:
    """The nonce of stored changes; zeros where they were altered into something else."""
    return changes[:NONCE].ljust(NONCE, b"\0") if isinstance(changes, bytes) else bytes(NONCE)
