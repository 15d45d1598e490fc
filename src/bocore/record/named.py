"""In which record a row was written last: an index that grows with the tree, so that a proof need not read a million records.

When 256 records complete a tile, the rows that they name are noted once more: for each entity and block of 1024 ids one row with a number
of four bytes for each run of ids, which also says what record of the tile was the last to name them. Records behind the last full tile,
fewer than 256, are read themselves. Rows are added and never changed.

It says nothing that the records don't: what is found through it is read in the record itself (:mod:`bocore.record.proving`), and verify
compares it with what they make (:mod:`bocore.record.noted`). Who only looks something up can't know what was taken out of it.
"""

from __future__ import annotations

import struct
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
Blocks = dict[int, dict[int, int]]
"""Block → its runs, ``start << 10 | count - 1``, with the place in the tile of the record that names them last."""

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
    noted: dict[str, Blocks] = {}
    for position, changes in records:
        at = position - tile * WIDTH
        for segment in segments_of(changes):
            if segment.operation == "s":
                noted.setdefault(segment.entity, {})[SHAPES] = {0: at}
            elif segment.operation in WRITES:
                for first, count in segment.runs:
                    spread(noted.setdefault(segment.entity, {}), first, first + count, at)
    return {(entity, block): packed(runs) for entity, blocks in noted.items() for block, runs in blocks.items()}


def spread(blocks: Blocks, first: int, end: int, at: int) -> None:
    """Note a run of ids in each of the blocks that it lies in.

    :param end: the id after the last.
    :param at: the place of the record in its tile; those of earlier records were noted before.
    """
    while first < end:
        block, start = divmod(first, BLOCK)
        here = min(end - first, BLOCK - start)
        if block not in blocks:
            blocks[block] = {}
        blocks[block][start << 10 | here - 1] = at
        first += here


def packed(runs: dict[int, int]) -> bytes:
    """The runs of a block, as they are stored."""
    ordered, end = sorted(runs), 0
    for run in ordered:
        if run >> 10 < end:
            runs = _apart(runs)
            ordered = sorted(runs)
            break
        end = (run >> 10) + (run & 1023) + 1
    return struct.pack(f">{len(ordered)}I", *[run << 8 | runs[run] for run in ordered])


def _apart(runs: dict[int, int]) -> dict[int, int]:
    """Runs that do not overlap: of each id only the last record is kept."""
    latest: dict[int, int] = {}
    for run, at in sorted(runs.items(), key=lambda run: run[1]):
        latest.update(dict.fromkeys(range(run >> 10, (run >> 10) + (run & 1023) + 1), at))
    apart: list[list[int]] = []
    for ident in sorted(latest):
        if apart and apart[-1][0] + apart[-1][1] == ident and apart[-1][2] == latest[ident]:
            apart[-1][1] += 1
        else:
            apart.append([ident, 1, latest[ident]])
    return {start << 10 | count - 1: at for start, count, at in apart}


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
