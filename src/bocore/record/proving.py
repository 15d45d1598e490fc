"""Proving one row: what of the record, of the tree and of its signed head shows that it was recorded so, without the rest of the books."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy.engine import Engine

from bocore.errors import BocoreError, Finding, Refused, UsageError
from bocore.record.canonical import row_digests
from bocore.record.changes import BLOCK, DIGEST, NONCE, Segment, digests_end, hashes_of_blocks, head_end
from bocore.record.checking import check_proof
from bocore.record.commit import COLUMNS, SALT, SECTIONS, CommitRow, section_hashes
from bocore.record.named import Numbered, heads, names, noted_until, positions_of, segments_of, shape_positions
from bocore.record.positions import LAST, UNPLACED
from bocore.record.proof_file import Proof, SealedRecord
from bocore.record.proofs import prove_inclusion
from bocore.record.sealing import Head, StoredTree, last_head
from bocore.record.shapes import Shape
from bocore.record.stored import RowReader
from bocore.record.tiles import BadTile, StoredNodes
from bocore.record.tree import Nodes
from bocore.storage.database import Database, open_database
from bocore.storage.session import Session

if TYPE_CHECKING:
    from bocore.app import BackOffice

TELLABLE = ("actor", "reason")
_END = 2**63 - 1
_RECORD = f"SELECT {COLUMNS} FROM bo_commit WHERE position = ?"
_PART = "substr(changes, CAST(? AS INTEGER), CAST(? AS INTEGER))"
_DIGEST = f"SELECT {_PART}, {_PART} FROM bo_commit WHERE position = ?"
_WAITING = "SELECT changes FROM bo_commit WHERE position IS NULL"
_VERIFY = "Run bo audit verify: it names what differs."


def prove(
    where: BackOffice | Database | Engine | Session, entity: str, ident: int, *, tell: Collection[str] = (), scan: bool = False
) -> Proof:
    """Prove how a row was recorded last, or that it was deleted; an application first seals what is not sealed.

    Personal fields leave only as their commitment, secret ones as they are encrypted. What else the record changed is in it: the ids of the
    rows, and the old and new values of open fields that it updated.

    :param where: the application, its database or engine, or a session whose transaction has begun.
    :param entity: its name, such as ``bo_party``.
    :param tell: ``actor`` and ``reason``, where the proof is to say who did it, and why.
    :param scan: read all later records as well, some seconds a million. Without that the latest is the one that the index of rows knows,
        which whoever writes to the database can alter, together with the row; verifying names both.
    :raises UsageError: no record knows the entity, or there is nothing of that name to tell.
    :raises Refused: there is no such row, its record is not sealed, or it is not as recorded.
    """
    if unknown := sorted(set(tell) - set(TELLABLE)):
        raise UsageError(f"A proof can't tell {', '.join(map(repr, unknown))}.", fix=f"It can tell {' and '.join(TELLABLE)}.")
    if isinstance(where, (Session, Engine, Database)):
        with _reading(where) as session:
            return _Prover(session, entity, ident, scan=scan).run(sorted(tell))
    with where.ready(write=False) as session:
        if _is_sealed(session):
            return _Prover(session, entity, ident, scan=scan, waiting=False).run(sorted(tell))
    seal_if_need_be(where)
    with where.ready(write=False) as session:
        return _Prover(session, entity, ident, scan=scan).run(sorted(tell))


@contextmanager
def _reading(where: Database | Engine | Session) -> Iterator[Session]:
    if isinstance(where, Session):
        yield where
        return
    if isinstance(where, Engine):
        where = open_database(where)
    session = where.connect(lambda session: False)
    try:
        session.begin(write=False)
        yield session
    finally:
        session.close(read_only=True)


def seal_if_need_be(app: BackOffice) -> None:
    """Seal what is not sealed yet, where that can be done here: a copy that is only read, or lacks a plugin, is read as it is."""
    with suppress(BocoreError):
        with app.ready(write=False) as session:
            sealed = _is_sealed(session)
        if not sealed:
            app.seal()


def _is_sealed(session: Session) -> bool:
    """Whether there is nothing to seal or to sign."""
    head = last_head(session)
    last = session.execute(LAST).fetchone()[0]
    waits = session.execute(UNPLACED).fetchone() is not None
    return not waits and head is not None and head.signed and last is not None and last < head.size


class _Prover:
    def __init__(self, session: Session, entity: str, ident: int, *, scan: bool, waiting: bool = True) -> None:
        self.scan = scan
        self.waiting = waiting
        """Whether records may wait for their position."""
        self.session = session
        self.entity = entity
        self.ident = ident
        self.at = f"{entity} {ident}"

    def run(self, tell: Collection[str]) -> Proof:
        if type(self.ident) is not int or not 0 <= self.ident <= _END:
            raise UsageError(f"{self.ident!r} is no id of a row.", fix="Give a whole number.")
        session, entity = self.session, self.entity
        known = session.execute("SELECT 1 FROM bo_shape WHERE entity = ?", (entity,)).fetchone()
        if known is None:
            raise UsageError(f"No record knows the entity {entity!r}.", fix="Give the name of a table, such as bo_party.")
        self.head = self._sealed()
        self.tail = heads(session, noted_until(session), _END)[::-1]
        shape_record = self._shape_record()
        self.shape = _shape_of(shape_record, entity)
        row = self._stored()
        record, segment = self._record(row)
        return self._proof(record, segment, row, shape_record, tell)

    def _sealed(self) -> Head:
        head = last_head(self.session)
        if head is None:
            raise self._refused("sealed", "No record is sealed yet, so that nothing can be proved.", "Run bo audit seal.")
        return head

    # -- finding

    def _shape_record(self) -> Numbered:
        """The record that holds the latest shape of the entity."""
        for numbered in self.tail:
            if _shape_of(numbered, self.entity) is not None:
                return self._if_sealed(numbered)
        for position in shape_positions(self.session, self.entity):
            for numbered in heads(self.session, position, position + 1):
                if _shape_of(numbered, self.entity) is not None:
                    return numbered
        for numbered in self._scanned():
            if _shape_of(numbered, self.entity) is not None:
                return numbered
        raise self._refused("shape", f"No sealed record holds the shape of {self.entity}.", _VERIFY)

    def _stored(self) -> bytes | None:
        """The canonical array of the row; None where it is not there."""
        reader = RowReader(self.shape)  # type: ignore[arg-type]
        columns = ", ".join('"' + name.replace('"', '""') + '"' for name in reader.names)
        here = self.session.table_columns(self.entity)
        if here is None or not set(reader.names) <= here.keys():
            raise self._refused("shape", "The table is not there, or lacks columns of its shape.", _VERIFY)
        rows = self.session.execute(f'SELECT {columns} FROM "{self.entity}" WHERE id = ?', (self.ident,)).fetchall()
        return reader.encode(rows)[0] if rows else None

    def _record(self, row: bytes | None) -> tuple[int, Segment]:
        """The position of the latest record that names the row, and what it says of it: by the index, else by reading all of them."""
        found = self._newest()
        if self.scan and found is not None:
            self._refuse_hidden(found[0])
        if found is not None and self._holds(found, row):
            return found
        if found is None and row is None:
            fix = "Give the id, and not a number or code; rows that are derived from others are not recorded."
            raise self._refused("unknown", "There is no such row, and no record names one.", fix)
        for numbered in self._scanned():
            segment = self._segment(numbered)
            if segment is not None:
                if self._holds((numbered[0], segment), row):
                    return numbered[0], segment
                break
        what = "is not there" if row is None else "is not as it was recorded"
        raise self._refused("altered", f"The row {what}: it was {'removed' if row is None else 'changed'} behind bocore's back.", _VERIFY)

    def _refuse_hidden(self, latest: int) -> None:
        """Refuse where a record wrote the row after the one that the index of rows knows as the latest."""
        for numbered in self._scanned():
            if numbered[0] <= latest:
                return
            if self._segment(numbered) is not None:
                message = f"The record {numbered[0]} wrote it after {latest}, and was taken out of the index of rows."
                raise self._refused("index", message, _VERIFY)

    def _newest(self) -> tuple[int, Segment] | None:
        waits = self.waiting and self.session.execute(UNPLACED).fetchone() is not None
        for (changes,) in self.session.execute(_WAITING).fetchall() if waits else ():
            if names(segments_of(bytes(changes)), self.entity, self.ident):
                raise self._unsealed()
        for numbered in self.tail:
            if (segment := self._segment(numbered)) is not None:
                return self._if_sealed(numbered)[0], segment
        for position in positions_of(self.session, self.entity, self.ident):
            for numbered in heads(self.session, position, position + 1):
                if (segment := self._segment(numbered)) is not None:
                    return position, segment
        return None

    def _segment(self, numbered: Numbered) -> Segment | None:
        """What a record says of the row."""
        found = segments_of(numbered[1]) if self.entity.encode() in numbered[1] else []
        return next((each for each in reversed(found) if names([each], self.entity, self.ident)), None)

    def _holds(self, found: tuple[int, Segment], row: bytes | None) -> bool:
        """Whether the row is as a record says."""
        position, segment = found
        if row is None or segment.operation == "d":
            return row is None and segment.operation == "d"
        start = segment.offset + DIGEST * _index(segment, self.ident)
        nonce, digest = self.session.execute(_DIGEST, (1, NONCE, start + 1, DIGEST, position)).fetchone()
        return row_digests(self.entity, bytes(nonce), [row]) == bytes(digest)

    def _scanned(self) -> Iterator[Numbered]:
        """All sealed records, the newest first."""
        for end in range(self.head.size, 0, -BLOCK):
            yield from reversed(heads(self.session, max(0, end - BLOCK), end))

    def _if_sealed(self, numbered: Numbered) -> Numbered:
        if numbered[0] >= self.head.size:
            raise self._unsealed()
        return numbered

    # -- putting it together

    def _proof(self, record: int, segment: Segment, row: bytes | None, shape: Numbered, tell: Collection[str]) -> Proof:
        nodes = StoredNodes(StoredTree(self.session), self.head.size)
        commit, sealed = self._commit(record, nodes)
        gone = segment.operation == "d"
        block = None if gone else _block(commit.changes, segment, self.ident)
        proof = Proof(
            entity=self.entity,
            id=self.ident,
            row=None if row is None else orjson.loads(row),
            record=sealed,
            block=block,
            shape=None if gone else self._commit(shape[0], nodes)[1],
            head=self.head.note,
            key=self._key(),
            told=_told(commit, tell),
        )
        try:
            check_proof(proof, at=self.at)
        except Refused as refused:
            message = f"What is stored of the record or of its tree was altered: {refused.findings[0].message}"
            raise self._refused("altered", message, _VERIFY) from None
        return proof

    def _commit(self, position: int, nodes: Nodes) -> tuple[CommitRow, SealedRecord]:
        stored = self.session.execute(_RECORD, (position,)).fetchone()
        row = CommitRow(*stored[1:-2])
        changes, at = bytes(row.changes), head_end(row.changes)
        try:
            path = prove_inclusion(position, self.head.size, nodes)
        except BadTile as error:
            raise self._refused("altered", str(error), _VERIFY) from None
        sections = tuple(bytes.fromhex(each) for each in section_hashes(row))
        begun, blocks = changes[NONCE + 4 : at], tuple(hashes_of_blocks(changes, at))
        return row, SealedRecord(position, tuple(path), row.unit, row.at, row.plugins, sections, changes[:NONCE], begun, blocks)

    def _key(self) -> str | None:
        """The public key that signed the head."""
        if not self.head.signed:
            return None
        from bocore.record.checkpoint import open_checkpoint
        from bocore.record.note import read_verifier_key

        for (text,) in self.session.execute("SELECT key FROM bo_verifier ORDER BY at DESC").fetchall():
            with suppress(Refused):
                open_checkpoint(self.head.note, [read_verifier_key(str(text))])
                return str(text)
        raise self._refused("altered", "No public key of the database has signed the newest head.", _VERIFY)

    def _unsealed(self) -> Refused:
        return self._refused("sealed", "The record that wrote it last is not sealed yet.", "Run bo audit seal.")

    def _refused(self, what: str, message: str, fix: str) -> Refused:
        return Refused([Finding(f"bo.audit.{what}", message, self.at, fix=fix)])


def _shape_of(numbered: Numbered, entity: str) -> Shape | None:
    """The shape of an entity that a record holds."""
    for segment in reversed(segments_of(numbered[1]) if entity.encode() in numbered[1] else []):
        if segment.operation == "s" and segment.entity == entity:
            with suppress(ValueError, TypeError, LookupError, AttributeError):
                return Shape.read(orjson.dumps(segment.details).decode(), 0)
    return None


def _index(segment: Segment, ident: int) -> int:
    before = 0
    for first, count in segment.runs:
        if first <= ident < first + count:
            break
        before += count
    return before + ident - int(first)


def _block(changes: bytes | bytearray, segment: Segment, ident: int) -> tuple[int, bytes]:
    start = head_end(changes)
    number = (segment.offset - start + DIGEST * _index(segment, ident)) // (DIGEST * BLOCK)
    first = start + DIGEST * BLOCK * number
    return number, bytes(changes[first : min(first + DIGEST * BLOCK, digests_end(changes))])


def _told(row: CommitRow, tell: Collection[str]) -> dict[str, tuple[bytes, Any]]:
    """Sections with their salts, where they were not redacted."""
    redacted = orjson.loads(row.redacted) if row.redacted else {}
    places = {
        name: (bytes(row.salts[i * SALT : (i + 1) * SALT]), value)
        for i, (name, value) in enumerate(zip(SECTIONS, row.sections(), strict=True))
    }
    return {name: places[name] for name in tell if name not in redacted}
