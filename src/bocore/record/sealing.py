"""The seal: committed records become leaves of a tree that only grows, and its heads are signed.

It comes after the commit, in batches, in a transaction of its own, and one sealer at a time: chaining records inside of their transactions
would make everybody wait for everybody. Between a commit and its seal a record is in the *unsealed tail*, which verify reports.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import attrs

from bocore.errors import Finding, Refused
from bocore.record.canonical import canonical_instant
from bocore.record.checkpoint import Checkpoint
from bocore.record.named import note_tiles
from bocore.record.positions import LAST, PLACING, assign_positions
from bocore.record.tiles import BadTile, Edge, Tile, read_edge
from bocore.record.tree import HASH, hash_leaves
from bocore.storage.session import IntegrityProblem

if TYPE_CHECKING:
    from bocore.storage.session import Session

_FIX = "bo audit verify names what was altered; compare it with a backup."
BATCH = 10_000
"""Records that are read at a time while they are sealed."""


class Signer(Protocol):
    """Whoever signs heads."""

    def verifier(self, origin: str) -> str:
        """The public key under the name of an origin, as text: whoever has it can check what was signed."""

    def sign(self, checkpoint: Checkpoint) -> str:
        """The signed note of a head."""


@attrs.frozen
class Head:
    """How many records are sealed, and the root over them.

    :param note: as signed: a C2SP checkpoint; without its signature where nobody had a key.
    """

    origin: str
    size: int
    root: bytes
    note: str
    at: str
    signed: bool


class StoredTree:
    """The tree as a database has it: full tiles, and short rows at the right edge."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def tile(self, level: int, index: int) -> bytes | None:
        """The hashes of a full tile, joined; None where there is none."""
        row = self._session.execute("SELECT hashes FROM bo_tile WHERE level = ? AND number = ?", (level, index)).fetchone()
        return None if row is None else bytes(row[0])

    def edge(self, level: int, first: int, count: int) -> Sequence[bytes]:
        """Hashes of the right edge: of records at level 0, else of the tiles below."""
        if level == 0:
            sql = "SELECT digest FROM bo_commit WHERE position >= ? AND position < ? ORDER BY position"
            return hash_leaves(bytes(row[0]) for row in self._session.execute(sql, (first, first + count)).fetchall())
        sql = "SELECT root FROM bo_tile WHERE level = ? AND number >= ? AND number < ? ORDER BY number"
        return [bytes(row[0]) for row in self._session.execute(sql, (level - 1, first, first + count)).fetchall()]


_UNSEALED = (
    "SELECT (SELECT count(*) FROM (SELECT 1 FROM bo_commit WHERE position IS NULL ORDER BY id LIMIT ?) AS waiting)"
    f" + coalesce(({LAST}), -1) + 1 - (SELECT coalesce(max(size), 0) FROM bo_head)"
)
HEADS = "SELECT origin, size, root, note, at, signed FROM bo_head"
_LEFT = (("bo_verifier", "a key has signed"), ("bo_tile", "tiles are stored"), ("bo_named", "sealed records are noted"))
"""What is only ever written beside a head, or after one."""


def last_head(session: Session) -> Head | None:
    """The newest head, if anything is sealed."""
    row = session.execute(f"{HEADS} ORDER BY size DESC, signed DESC LIMIT 1").fetchone()
    return None if row is None else head_of(row)


def beheaded(session: Session) -> str:
    """What shows that there were heads where none is left, in words; empty where that is no wonder."""
    if session.execute("SELECT 1 FROM bo_head LIMIT 1").fetchone() is not None:
        return ""
    here = [(table, what) for table, what in _LEFT if session.table_columns(table) is not None]
    left = [what for table, what in here if session.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None]
    return f"All heads were removed: {' and '.join(left)}, and there is no head." if left else ""


def unsealed(session: Session, most: int) -> int:
    """How many records are committed and not sealed; of those without a position only so many are counted.

    It takes no lock, and reads a few entries of indexes.
    """
    return int(session.execute(_UNSEALED, (most,)).fetchone()[0])


def head_of(row: Sequence[object]) -> Head:
    """A row of :data:`HEADS`.

    :raises Refused: it holds what no head does.
    """
    origin, size, root, note, at, signed = row
    whole = type(size) is int and size > 0 and type(signed) is int and signed in (0, 1)
    if not whole or type(root) is not bytes or len(root) != HASH or not all(type(text) is str for text in (origin, note, at)):
        raise Refused([Finding("bo.audit.seal", "A head was altered: it holds what no head does.", f"bo_head {size}", None, _FIX)])
    return Head(str(origin), int(size), root, str(note), str(at), bool(signed))  # type: ignore[call-overload]


def seal(session: Session, at: datetime, signer: Signer | None = None) -> Head | None:
    """Seal every record that is committed and is not sealed yet; the newest head, or None where there is no record at all.

    :param session: whose transaction has begun and writes nothing else.
    :param signer: who signs the new head; without one it is kept unsigned, until somebody seals who can.
    :raises Refused: what is stored of the seal was altered, so that nothing can be put behind it.
    """
    try:
        return _seal(session, at, signer)
    except (TypeError, ValueError, IntegrityProblem) as error:
        if isinstance(error, Refused):
            raise
        raise Refused([Finding("bo.audit.seal", f"What is stored can't be sealed: {error}", "bo_head", None, _FIX)]) from error


def _seal(session: Session, at: datetime, signer: Signer | None) -> Head | None:
    session.lock(PLACING)
    assign_positions(session)
    before = last_head(session)
    if before is None and (why := beheaded(session)):  # what was forged since would be signed as if it were the first
        raise Refused([Finding("bo.audit.seal", why, "bo_head", None, _FIX)])
    edge = read_edge(StoredTree(session), before.size if before else 0)
    edge = _append(session, edge)
    if before is not None and edge.size == before.size and (before.signed or signer is None):
        return before
    if edge.size == 0:
        return None
    origin = before.origin if before else f"bocore/{secrets.token_hex(16)}"
    checkpoint = Checkpoint(origin, edge.size, edge.root())
    note = checkpoint.text() if signer is None else signer.sign(checkpoint)
    head = Head(origin, edge.size, edge.root(), note, canonical_instant(at), signer is not None)
    return _keep(session, head, signer)


def _append(session: Session, edge: Edge) -> Edge:
    """Put the records behind an edge into the tree, some thousand at a time; what they complete is stored."""
    sql = "SELECT digest FROM bo_commit WHERE position >= ? AND position < ? ORDER BY position"
    while digests := [bytes(row[0]) for row in session.execute(sql, (edge.size, edge.size + BATCH)).fetchall()]:
        edge, tiles = edge.extended(hash_leaves(digests))
        new = _new(session, tiles)
        session.many("INSERT INTO bo_tile (level, number, hashes, root) VALUES (?, ?, ?, ?)", map(_values, new))
        for tile in new:
            if tile.level == 0:
                note_tiles(session, tile.index, tile.index + 1)
    return edge


def _new(session: Session, tiles: Sequence[Tile]) -> list[Tile]:
    """Those that are not stored: of heads that were removed, their tiles may have stayed.

    :raises BadTile: one is stored, and is another.
    """
    tree, new = StoredTree(session), []
    for tile in tiles:
        stored = tree.tile(tile.level, tile.index)
        if stored is None:
            new.append(tile)
        elif stored != tile.hashes:
            raise BadTile(tile.level, tile.index, "is stored, and is not what the records make")
    return new


def _values(tile: Tile) -> tuple[int, int, bytes, bytes]:
    return tile.level, tile.index, tile.hashes, tile.root


def _keep(session: Session, head: Head, signer: Signer | None) -> Head:
    if signer is not None:
        key = signer.verifier(head.origin)
        if session.execute("SELECT 1 FROM bo_verifier WHERE key = ?", (key,)).fetchone() is None:
            session.execute("INSERT INTO bo_verifier (key, at) VALUES (?, ?)", (key, head.at))
    values = head.origin, head.size, head.root, head.note, head.at, int(head.signed)
    session.execute("INSERT INTO bo_head (origin, size, root, note, at, signed) VALUES (?, ?, ?, ?, ?, ?)", values)
    return head
