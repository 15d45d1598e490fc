"""In which record a row was written last: an index that grows with the tree, so that a proof need not read a million records.

When 256 records complete a tile, the rows that they name are noted once more: for each entity and block of 1024 ids one row with a number
of four bytes for each run of ids, which also says what record of the tile was the last to name them. Records behind the last full tile,
fewer than 256, are read themselves. Rows are added and never changed.

It says nothing that the records don't, and nobody relies on it: verify never reads it, and what is found through it is read in the record
itself (:mod:`bocore.record.proving`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from bocore.record.changes import Segment, head_end, parse_head
from bocore.record.tiles import WIDTH

if TYPE_CHECKING:
    from bocore.storage.session import Session

BLOCK = 1024
"""Ids of one entity that are noted together."""
SHAPES = -1
"""The block under which the records are noted that hold a shape of the entity."""
INSERT = "INSERT INTO bo_named (entity, block, tile, runs) VALUES (?, ?, ?, ?)"
Numbered = tuple[int, bytes]
"""The position of a record, and its changes as far as the end of their head."""

WRITES = ("i", "u", "d", "r")
_START = 4096
"""Bytes of the changes that are read at first: few heads are longer, and the digests of many rows are."""
LONGEST = 2**30
"""Bytes that a head is taken to have: a longer one is an altered number."""
_MOST = 2**26
"""Rows that one run is taken to name: more of them are an altered number."""
_TILES = 2**40
"""More of them nobody has: a greater number was altered."""
_HEADS = "SELECT position, substr(changes, 1, CAST(? AS INTEGER)) FROM bo_commit WHERE position >= ? AND position < ? ORDER BY position"
_LONGER = "SELECT substr(changes, 1, CAST(? AS INTEGER)) FROM bo_commit WHERE position = ?"
_NOTED = "SELECT tile, runs FROM bo_named WHERE entity = ? AND block = ? AND tile < ? ORDER BY tile DESC LIMIT ?"


# ---------------------------------------------------------------- writing


def note_tiles(session: Session, first: int, end: int) -> None:
    """Note what the records of full tiles name.

    :param end: the number behind that of the last.
    """
    for tile in range(first, end):
        session.many(INSERT, [(*key, tile, runs) for key, runs in runs_of(tile, heads(session, tile * WIDTH, (tile + 1) * WIDTH)).items()])


def heads(session: Session, start: int, end: int) -> list[Numbered]:
    """The changes of the records from a position up to another, as far as the end of their heads."""
    found = []
    for position, stored in session.execute(_HEADS, (_START, start, end)).fetchall():
        changes = plain_bytes(stored)
        length = min(head_end(changes), LONGEST)
        if length > len(changes) == _START:
            changes = plain_bytes(session.execute(_LONGER, (length, position)).fetchone()[0])
        found.append((position, changes[:length]))
    return found


def plain_bytes(stored: object) -> bytes:
    """Bytes; none where somebody has put something else in their place, which verify names."""
    return bytes(stored) if isinstance(stored, (bytes, memoryview)) else b""


def runs_of(tile: int, records: Iterable[Numbered]) -> dict[tuple[str, int], bytes]:
    """Entity and block → the runs of ids which the records of a tile name, each with the last of them that does; in the order of the ids.

    A run is ``first << 18 | (count - 1) << 8 | offset``, big endian: the first id within its block, how many, and the place of the record
    in its tile.
    """
    noted: dict[tuple[str, int], dict[tuple[int, int], int]] = {}
    for position, changes in records:
        at = position - tile * WIDTH
        for segment in segments_of(changes):
            if segment.operation == "s":
                noted.setdefault((segment.entity, SHAPES), {})[0, 1] = at
            elif segment.operation in WRITES:
                for first, count in segment.runs:
                    _note(noted, segment.entity, first, count, at)
    return {key: _packed(runs) for key, runs in noted.items()}


def _note(noted: dict[tuple[str, int], dict[tuple[int, int], int]], entity: str, first: int, count: int, at: int) -> None:
    while count > 0:
        block, start = divmod(first, BLOCK)
        here = min(count, BLOCK - start)
        noted.setdefault((entity, block), {})[start, here] = at
        first, count = first + here, count - here


def _packed(runs: dict[tuple[int, int], int]) -> bytes:
    ordered, end = sorted(runs), 0
    for start, count in ordered:
        if start < end:
            ordered, runs = _apart(runs)
            break
        end = start + count
    return b"".join([(run[0] << 18 | run[1] - 1 << 8 | runs[run]).to_bytes(4, "big") for run in ordered])


def _apart(runs: dict[tuple[int, int], int]) -> tuple[list[tuple[int, int]], dict[tuple[int, int], int]]:
    """Runs that do not overlap: of each id only the last record is kept."""
    latest: dict[int, int] = {}
    for (start, count), at in sorted(runs.items(), key=lambda run: run[1]):
        latest.update(dict.fromkeys(range(start, start + count), at))
    apart: list[list[int]] = []
    for ident in sorted(latest):
        if apart and apart[-1][0] + apart[-1][1] == ident and apart[-1][2] == latest[ident]:
            apart[-1][1] += 1
        else:
            apart.append([ident, 1, latest[ident]])
    return [(start, count) for start, count, _ in apart], {(start, count): at for start, count, at in apart}


def segments_of(changes: bytes) -> list[Segment]:
    """The segments of a head; none where somebody has damaged it, which verify names."""
    try:
        found, _ = parse_head(changes)
        return found if all(type(each.entity) is str and all(map(_is_run, each.runs)) for each in found) else []
    except (ValueError, TypeError, LookupError, AttributeError):
        return []


def _is_run(run: Sequence[object]) -> bool:
    first, count = run
    return type(first) is int and type(count) is int and 0 <= first < 2**63 and 0 < count <= _MOST


# ---------------------------------------------------------------- reading


def noted_until(session: Session) -> int:
    """The position behind the last record that is noted."""
    row = session.execute("SELECT max(number) FROM bo_tile WHERE level = 0").fetchone()
    return 0 if row[0] is None else (int(row[0]) + 1) * WIDTH


def positions_of(session: Session, entity: str, ident: int) -> Iterator[int]:
    """The positions of noted records that name a row, the newest first: of each tile the last."""
    block, start = divmod(ident, BLOCK)
    for tile, runs in _noted(session, entity, block):
        if (at := place_in(runs, start)) is not None:
            yield tile * WIDTH + at


def shape_positions(session: Session, entity: str) -> Iterator[int]:
    """The positions of noted records that hold a shape of an entity, the newest first: of each tile the last."""
    return (tile * WIDTH + runs[3] for tile, runs in _noted(session, entity, SHAPES) if len(runs) > 3)


def tiles_of(session: Session, entity: str, ident: int | None) -> list[int]:
    """The tiles whose records name a row, or any row of an entity; the newest first."""
    if ident is not None:
        return [position // WIDTH for position in positions_of(session, entity, ident)]
    sql = "SELECT DISTINCT tile FROM bo_named WHERE entity = ? AND block >= 0 AND tile < ? ORDER BY tile DESC"
    return [int(tile) for (tile,) in session.execute(sql, (entity, _TILES)).fetchall()]


def _noted(session: Session, entity: str, block: int) -> Iterator[tuple[int, bytes]]:
    """The tiles in which a block is noted, the newest first, with its runs: few at first, since the newest serves most often."""
    before, limit = _TILES, 16
    while True:
        rows = session.execute(_NOTED, (entity, block, before, limit)).fetchall()
        for tile, runs in rows:
            yield int(tile), bytes(runs)
        if len(rows) < limit:
            return
        before, limit = rows[-1][0], 1024


def place_in(runs: bytes, start: int) -> int | None:
    """The place in a tile of the last record that names an id of the block; None where none does."""
    low, high = 0, len(runs) // 4
    while low < high:
        middle = (low + high) // 2
        run = int.from_bytes(runs[4 * middle : 4 * middle + 4], "big")
        if start < run >> 18:
            high = middle
        elif start > (run >> 18) + (run >> 8 & 1023):
            low = middle + 1
        else:
            return run & 255
    return None


def names(segments: Iterable[Segment], entity: str, ident: int | None) -> bool:
    """Whether a record writes a row; or, without an id, any row of the entity."""
    written = [segment.runs for segment in segments if segment.entity == entity and segment.operation in WRITES]
    return bool(written) if ident is None else any(first <= ident < first + count for runs in written for first, count in runs)
