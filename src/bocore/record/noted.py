"""Whether the index of rows is the one that the records make: who takes rows out of it hides commits from whoever looks up a row.

It is made anew from what verifying has read of the records anyway, an entity at a time, and compared with what is stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from bocore.record.named import BLOCK, SHAPES, Blocks, noted_until, packed, plain_bytes, spread
from bocore.record.tiles import WIDTH

if TYPE_CHECKING:
    from bocore.record.differences import Differences
    from bocore.record.trail import Trail
    from bocore.storage.session import Session

_STORED = "SELECT tile, block, runs FROM bo_named WHERE entity = ? ORDER BY tile, block"
_FIX = (
    "Put the table back from a backup: what bo audit log --id and prove find through it may lack commits. Find out who could write to it."
)


def check_named(session: Session, trail: Trail, differences: Differences, size: int, strange: int) -> None:
    """Name what the index of rows lacks, what it has that no record makes, and what is another.

    :param size: how many records the newest head has.
    :param strange: the first position whose record is known to be another, or gone: from its tile on nothing is known of the index.
    """
    sound, end = min(size, strange, len(trail.placed)) // WIDTH, max(size, noted_until(session)) // WIDTH
    stored = {entity for (entity,) in session.execute("SELECT DISTINCT entity FROM bo_named").fetchall()}
    for entity in sorted({*stored, *trail.expected, *trail.gone, *trail.shaped}, key=str):
        made, found = _made(trail, entity, sound), dict[str, list[tuple[object, object]]]()
        for tile, block, runs in session.execute(_STORED, (entity,)).fetchall() if entity in stored else ():
            due = made.pop((tile, block), None)
            if due is None and (type(tile) is not int or not sound <= tile < end):
                found.setdefault("added", []).append((tile, block))
            elif due is not None and due != plain_bytes(runs):
                found.setdefault("altered", []).append((tile, block))
        if made:
            found["removed"] = sorted(made)
        for what, keys in found.items():
            _say(differences, entity, what, keys)


def _say(differences: Differences, entity: str, what: str, keys: list[tuple[object, object]]) -> None:
    (tile, block), count = keys[0], len(keys)
    which = f"{_ids(block)} in {_records(tile)}"
    message = f"{count} rows of the index of rows were {what}, the first on {which}."
    if count == 1:
        message = f"A row of the index of rows was {what}, on {which}."
    differences.say("bo.audit.index", message, f"bo_named {entity}", _FIX, count)


def _ids(block: object) -> str:
    if block == SHAPES:
        return "the shape"
    return f"the ids {block * BLOCK}-{(block + 1) * BLOCK - 1}" if type(block) is int else f"the block {block!r}"


def _records(tile: object) -> str:
    return f"the records {tile * WIDTH}-{(tile + 1) * WIDTH - 1}" if type(tile) is int else f"the tile {tile!r}"


def _made(trail: Trail, entity: str, tiles: int) -> dict[tuple[object, object], bytes]:
    """What the records of the first tiles make of an entity: tile and block → runs."""
    made: dict[tuple[object, object], bytes] = {}
    for index in trail.shaped.get(entity, ()):
        if index < tiles * WIDTH:
            made[index // WIDTH, SHAPES] = packed({0: index % WIDTH})
    for tile, blocks in _by_tile(trail, entity, tiles * WIDTH):
        for block, runs in blocks.items():
            made[tile, block] = packed(runs)
    return made


def _by_tile(trail: Trail, entity: str, end: int) -> Iterator[tuple[int, Blocks]]:
    """Tile after tile the runs that its records name; the index of a record is its position, as long as none is strange."""
    here = [trail.expected[entity]] if entity in trail.expected else []
    tile, blocks = 0, Blocks()
    for first, behind, record in chain.from_iterable(expected.named() for expected in (*trail.gone.get(entity, ()), *here)):
        if record >= end:
            break
        if record // WIDTH != tile:
            yield tile, blocks
            tile, blocks = record // WIDTH, {}
        block, start = divmod(first, BLOCK)
        if block in blocks and start + behind - first <= BLOCK:  # as nearly always
            blocks[block][start << 10 | behind - first - 1] = record % WIDTH
        else:
            spread(blocks, first, behind, record % WIDTH)
    yield tile, blocks
