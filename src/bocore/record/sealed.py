"""Whether the records are those that were sealed.

Every tile, every head and its signature is recomputed, and held against heads that were kept elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import attrs

from bocore.errors import Finding, Refused
from bocore.record.checkpoint import Checkpoint, checkpoint_of, open_checkpoint
from bocore.record.note import NotSigned, VerifierKey, read_note, read_verifier_key
from bocore.record.noted import check_named
from bocore.record.sealing import HEADS, Head, beheaded, head_of
from bocore.record.tiles import WIDTH, Edge, Tile, split
from bocore.record.tree import hash_leaves

if TYPE_CHECKING:
    from bocore.record.differences import Differences
    from bocore.record.trail import Trail
    from bocore.storage.session import Session

TABLES = ("bo_head", "bo_tile", "bo_verifier")
_TILE = "SELECT hashes, root FROM bo_tile WHERE level = ? AND number = ?"
SINCE = "0005"
"""The migration of the core that makes them."""
_MADE = f"SELECT 1 FROM bo_commit WHERE actor = 'migrate' AND reason LIKE '%bo {SINCE}%' LIMIT 1"
_FIX = "Compare with a backup and with the heads that were anchored elsewhere; nobody has a reason to write to this table."
_GONE = "Compare with a backup: the database was put back to an older state, or its newest records were taken away."


@attrs.frozen
class Anchored:
    """Heads that were kept elsewhere, and the keys that must have signed them.

    :param notes: as they were kept; all of them must hold.
    :param keys: public keys that were kept elsewhere too: they must have signed these heads and those that are stored. Without one, the
        keys of the database are asked, which a forger could have put there.
    :param at: where they come from, for people.
    """

    notes: Sequence[str] = ()
    keys: Sequence[VerifierKey] = ()
    at: str = "anchor"


@attrs.frozen
class SealState:
    """How far the records are sealed.

    :param size: how many records the newest head has.
    :param signed: whether that head is signed, and the signature holds.
    :param anchored: how many records the largest head has that was kept elsewhere and holds; None where none was given.
    """

    size: int = 0
    signed: bool = False
    anchored: int | None = None


class _Seal:
    """Compares what is stored of the tree with the tree that the records make."""

    def __init__(self, session: Session, trail: Trail, differences: Differences, *, tiled: bool) -> None:
        self.session = session
        self.tiled = tiled
        self.trail = trail
        self.differences = differences
        self.hashes = hash_leaves(split(bytes(trail.leaves)))
        self.named = {trail.ids[index] for index in trail.altered}
        self._other: list[tuple[Tile, bytes | None]] = []
        self.strange = trail.doubtful
        """The first position whose record is known to be another: what is above it in the tree is another too, and need not be said."""

    def say(self, what: str, message: str, at: str, fix: str = _FIX, count: int = 1) -> None:
        self.differences.say(f"bo.audit.{what}", message, at, fix, count)

    def roots(self, sizes: Iterable[int]) -> dict[int, bytes]:
        """Size → root over the first records; tiles that these complete, and are not those that are stored, are kept for :meth:`tiles`."""
        edge, found = Edge(), dict[int, bytes]()
        for size in sorted(size for size in set(sizes) if 0 < size <= len(self.hashes)):
            edge, tiles = edge.extended(self.hashes[edge.size : size])
            for tile in tiles if self.tiled else ():
                row = self.session.execute(_TILE, (tile.level, tile.index)).fetchone()
                if row is None or tuple(map(_plain, row)) != (tile.hashes, tile.root):
                    self._other.append((tile, None if row is None else _plain(row[0])))
            found[size] = edge.root()
        return found

    def tiles(self, size: int) -> None:
        """Name the tiles that are not what the records make, or else the records: those below ``size`` are what a head says."""
        for tile, stored in self._other:
            at, end = f"bo_tile {tile.level} {tile.index}", (tile.index + 1) * WIDTH ** (tile.level + 1)
            if stored is None:
                self.say("seal", "A tile of the tree was removed.", at)
            elif tile.level == 0 and end > size and stored != tile.hashes and len(stored) == len(tile.hashes):
                self._records(tile, split(stored))
            elif self.strange >= end:  # else it follows from the records below
                self.say("seal", "A tile of the tree was altered: it is not what the records make.", at)

    def _records(self, tile: Tile, stored: Sequence[bytes]) -> None:
        """Name the records that are not those which were sealed."""
        first = tile.index * WIDTH
        others = [first + number for number, pair in enumerate(zip(stored, split(tile.hashes), strict=True)) if pair[0] != pair[1]]
        self.strange = min([self.strange, *others])
        run: list[int] = []
        for position in others:
            ident = self.trail.placed[position]
            if not ident or ident in self.named:  # it is known to be gone, or to be another
                continue
            if run and run[-1] != position - 1:
                self._others(run)
                run = []
            run.append(position)
        self._others(run)

    def _others(self, run: Sequence[int]) -> None:
        if not run:
            return
        ids = sorted(self.trail.placed[position] for position in run)
        if len(run) == 1:
            self.say("record", f"The record is not the one that was sealed at position {run[0]}.", f"bo_commit {ids[0]}")
            return
        message = f"{len(run)} records are not those that were sealed at the positions {run[0]}-{run[-1]}."
        self.say("record", message, f"bo_commit {ids[0]}-{ids[-1]}", count=len(run))

    def head(self, head: Head, root: bytes | None, before: int, keys: Sequence[VerifierKey]) -> bool:
        """Compare a head with the records; True where its signature holds."""
        at = f"bo_head {head.size}"
        try:
            note = read_note(head.note, at=at) if head.signed else None
            said = checkpoint_of(note, at=at) if note is not None else None
        except Refused as refused:
            self.say("seal", f"A head was altered: {refused.findings[0].message}", at)
            return False
        written = Checkpoint(head.origin, head.size, head.root)
        if said != written if head.signed else head.note != written.text():
            self.say("seal", "A head was altered: its columns and its note differ.", at)
            return False
        if root is None:
            gone = head.size - len(self.hashes)
            what = "record is" if gone == 1 else "records are"
            message = f"{gone} sealed {what} gone: the head has {head.size}, here are {len(self.hashes)}."
            self.say("record_removed", message, at, _GONE, gone)
        elif root != head.root and self.strange >= head.size:
            self.strange = min(self.strange, head.size - 1)
            last = head.size - 1
            where = f"at position {last}" if last == before else f"at one of the positions {before}-{last}"
            self.say("seal", f"The records are not those that were sealed: {where} there is another, or the head was forged.", at)
        return head.signed and self._holds(head.note, keys, at)

    def _holds(self, note: str, keys: Sequence[VerifierKey], at: str) -> bool:
        try:
            open_checkpoint(note, keys, at=at)
        except Refused as refused:
            self.say("seal", f"The signature of a head does not hold: {refused.findings[0].message}", at)
            return False
        return True


def check_seal(session: Session, trail: Trail, differences: Differences, anchored: Anchored | None = None) -> SealState:
    """Compare the tree that is stored with the records as they were read, and both with heads that were kept elsewhere."""
    missing = [table for table in TABLES if session.table_columns(table) is None]
    if missing and (len(missing) < len(TABLES) or _knows_seals(session)):
        differences.say("bo.audit.shape", f"Tables of the seal are missing: {', '.join(missing)}.", missing[0], _FIX)
        return SealState()
    if missing:  # from before there was a seal
        all_heads, keys = [], []
    else:
        all_heads, keys = _heads(session, differences), _keys(session, differences)
    seal = _Seal(session, trail, differences, tiled=not missing)
    anchored = anchored or Anchored()
    keys = list(anchored.keys) or keys
    origins = {head.origin for head in all_heads}
    kept = _anchors(anchored, keys, origins, differences)
    roots = seal.roots([*(head.size for head in all_heads), *(checkpoint.size for checkpoint in kept)])
    seal.tiles(max((head.size for head in all_heads if head.signed and roots.get(head.size) == head.root), default=0))
    before, signed = 0, False
    for head in all_heads:
        signed = seal.head(head, roots.get(head.size), before, keys)
        before = head.size
    if anchored.keys and not any(head.signed for head in all_heads):
        what = "No head is signed, and a key was given that must have signed them: they were removed, or nobody ever signed."
        seal.say("anchor", what, anchored.at)
    if len(origins) > 1:
        seal.say("seal", f"Heads of several origins are stored: {', '.join(sorted(origins))}.", "bo_head")
    if not missing:
        if why := beheaded(session):
            seal.say("seal", why, "bo_head")
        if session.table_columns("bo_named") is None:
            seal.say("shape", "The table is missing.", "bo_named")
        elif before:
            check_named(session, trail, differences, before, seal.strange)
        _surplus(session, seal, before)
    stored = {head.size for head in all_heads}
    holding: list[int] = []
    for checkpoint in kept:
        if not _held(seal, checkpoint, roots, origins, anchored.at):
            break  # the larger ones differ for the same reason
        holding.append(checkpoint.size)
    _lost(seal, [size for size in holding if size and size not in stored], anchored.at)
    return SealState(before, signed, max(holding, default=0) if anchored.notes else None)


def _knows_seals(session: Session) -> bool:
    """Whether the migration that makes the tables of the seal was run here: the record says so, and the table of versions."""
    if session.execute(_MADE).fetchone() is not None:
        return True
    if session.table_columns("bo_version_bo") is None:
        return False
    return any(str(number) >= SINCE for (number,) in session.execute("SELECT version_num FROM bo_version_bo").fetchall())


def _heads(session: Session, differences: Differences) -> list[Head]:
    """The stored heads that have the form of one, by size; the others are named."""
    found = []
    for row in session.execute(f"{HEADS} ORDER BY size, signed").fetchall():
        try:
            found.append(head_of(row))
        except Refused as refused:
            differences.say("bo.audit.seal", refused.findings[0].message, str(refused.findings[0].at), _FIX)
    return found


def _keys(session: Session, differences: Differences) -> list[VerifierKey]:
    found = []
    for (text,) in session.execute("SELECT key FROM bo_verifier ORDER BY key").fetchall():
        try:
            found.append(read_verifier_key(str(text), at="bo_verifier"))
        except Refused as refused:
            differences.say("bo.audit.seal", f"A public key was altered: {refused.findings[0].message}", "bo_verifier", _FIX)
    return found


def _anchors(anchored: Anchored, keys: Sequence[VerifierKey], origins: Collection[str], differences: Differences) -> list[Checkpoint]:
    """The heads that were kept elsewhere and are signed as they must be."""
    kept, failed = [], dict[str, list[Finding]]()
    for note in anchored.notes:
        try:
            kept.append(open_checkpoint(note, keys, at=anchored.at))
        except NotSigned as refused:
            failed.setdefault(_whose(note, origins) or refused.findings[0].message, []).append(refused.findings[0])
        except Refused as refused:
            failed.setdefault(refused.findings[0].message, []).append(refused.findings[0])
    for why, found in failed.items():
        what = (
            "A head that was kept elsewhere does not hold"
            if len(found) == 1
            else f"{len(found)} heads that were kept elsewhere do not hold"
        )
        differences.say("bo.audit.anchor", f"{what}: {why}", anchored.at, found[0].fix, len(found))
    return sorted(kept, key=lambda checkpoint: checkpoint.size)


def _whose(note: str, origins: Collection[str]) -> str:
    """Says so where a head that no known key has signed is another record's; empty where it is not."""
    with suppress(Refused):
        origin = checkpoint_of(read_note(note)).origin
        if origins and origin not in origins:
            return f"it is a head of {origin}, and these are the records of {', '.join(sorted(origins))}."
    return ""


def _held(seal: _Seal, checkpoint: Checkpoint, roots: dict[int, bytes], origins: set[str], at: str) -> bool:
    """Whether the records go on from a head that was kept elsewhere."""
    if origins and checkpoint.origin not in origins:
        seal.say("anchor", f"It is a head of {checkpoint.origin}, and these are the records of {', '.join(sorted(origins))}.", at)
        return False
    if checkpoint.size == 0:
        return True
    root = roots.get(checkpoint.size)
    if root is None:
        message = f"The record was rolled back: a head that was kept elsewhere has {checkpoint.size} records, here are {len(seal.hashes)}."
        seal.say("anchor", message, at, _GONE, checkpoint.size - len(seal.hashes))
    elif root != checkpoint.root:
        message = f"The record is another than the one that was anchored: not the same first {checkpoint.size} records were signed."
        seal.say("anchor", message, at)
    return root == checkpoint.root


def _lost(seal: _Seal, sizes: Sequence[int], at: str) -> None:
    """Heads that hold and are stored no more."""
    if len(sizes) == 1:
        seal.say("anchor", f"The head of {sizes[0]} records was kept elsewhere, and is stored no more: it was removed.", at)
    elif sizes:
        message = f"{len(sizes)} heads were kept elsewhere, the smallest of {sizes[0]} records, and are stored no more: they were removed."
        seal.say("anchor", message, at, count=len(sizes))


def _surplus(session: Session, seal: _Seal, size: int) -> None:
    """Tiles of records that no head knows."""
    for level, number in session.execute("SELECT level, number FROM bo_tile ORDER BY level, number").fetchall():
        if type(level) is not int or type(number) is not int or (number + 1) * WIDTH ** (level + 1) > size:
            seal.say("seal", "A tile of the tree was added: no head has as many records.", f"bo_tile {level} {number}")


def _plain(value: object) -> bytes:
    return bytes(value) if isinstance(value, (bytes, memoryview)) else b""
