"""The tree in tiles: what is stored of it, so that nothing stored is ever changed and a proof reads a few rows of millions.

Tiles as in C2SP tlog-tiles: 256 consecutive hashes of one level, leaf hashes at level 0, from there up the roots of the full tiles below.
Only full tiles are stored, each beside its own root. The right edge, fewer than 256 hashes a level, is read from short rows: the digests of
records at level 0, the roots of tiles above. Pure functions: whoever has the rows is a :class:`Reader`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import attrs

from bocore.errors import Refused
from bocore.record.tree import HASH, Frontier, grow, hash_pairs, require_hashes

HEIGHT = 8
WIDTH = 1 << HEIGHT
TILE = WIDTH * HASH
"""The bytes of a tile."""


class BadTile(Refused, ValueError):
    """A tile, or a hash of the right edge, that must be there is missing, or is too long or too short."""

    code = "bo.audit.tile"

    def __init__(self, level: int, index: int, what: str) -> None:
        self.level = level
        self.index = index
        super().__init__(
            f"Tile {index} of level {level} {what}.", fix="Restore it from a backup, or from the records: see bo audit verify."
        )


@attrs.frozen
class Tile:
    """A full tile.

    :param index: its place within its level.
    :param hashes: 256 hashes, joined.
    :param root: what stands for it in the level above.
    """

    level: int
    index: int
    hashes: bytes
    root: bytes


class Reader(Protocol):
    """Whoever keeps tiles and the digests of records."""

    def tile(self, level: int, index: int) -> bytes | None:
        """The hashes of a full tile, joined; None where there is none."""

    def edge(self, level: int, first: int, count: int) -> Sequence[bytes]:
        """Hashes of a level in order, without the tile that they may be in by now.

        They are fewer than 256: at level 0 the leaf hashes of the records from position ``first`` on, which
        :func:`~bocore.record.tree.hash_leaves` makes of their digests; from there up the roots of the tiles of the level below, from index
        ``first`` on.
        """


class StoredNodes:
    """The nodes of a tree of a size, from tiles and its right edge: what proofs are made of.

    A proof reads at most one tile a level and the edge; what was read is kept, so that one object serves many proofs of one tree.

    :param size: of the tree that is asked; more may be stored by now.
    :raises BadTile: what must be there is not.
    """

    def __init__(self, reader: Reader, size: int) -> None:
        self.size = size
        self._reader = reader
        self._read: dict[tuple[int, int], list[Sequence[bytes]]] = {}

    def __call__(self, level: int, index: int, /) -> bytes:
        tall, up = divmod(level, HEIGHT)
        tile = index << up >> HEIGHT
        return self._nodes(tall, tile)[up][index - (tile << HEIGHT >> up)]

    def _nodes(self, level: int, index: int) -> list[Sequence[bytes]]:
        """The nodes within a tile by their height in it, its hashes first."""
        if (level, index) not in self._read:
            nodes: list[Sequence[bytes]] = [self._hashes(level, index)]
            while len(nodes) < HEIGHT:
                nodes.append(hash_pairs(nodes[-1]))
            self._read[level, index] = nodes
        return self._read[level, index]

    def _hashes(self, level: int, index: int) -> Sequence[bytes]:
        first = index << HEIGHT
        count = min(WIDTH, (self.size >> HEIGHT * level) - first)
        if count < WIDTH:
            return read_row(self._reader, level, first, count)
        hashes = self._reader.tile(level, index)
        if hashes is None:
            raise BadTile(level, index, "is missing")
        if len(hashes) != TILE:
            raise BadTile(level, index, f"has {len(hashes)} bytes, not {TILE}")
        return split(hashes)


@attrs.frozen
class Edge:
    """The right edge of a tree, to which leaves are appended: what the sealer keeps in memory, or reads again.

    :param rows: by level, the hashes that are in no full tile yet.
    """

    frontier: Frontier = attrs.field(factory=Frontier)
    rows: tuple[tuple[bytes, ...], ...] = ()

    @property
    def size(self) -> int:
        """The leaves of the tree."""
        return self.frontier.size

    def root(self) -> bytes:
        """The root of the tree."""
        return self.frontier.root()

    def extended(self, leaf_hashes: Sequence[bytes]) -> tuple[Edge, list[Tile]]:
        """With more leaves behind it, and the tiles which these complete, the lower levels first.

        :raises ValueError: a hash has not 32 bytes.
        """
        frontier, levels = grow(self.frontier, leaf_hashes)
        tiles: list[Tile] = []
        rows: list[tuple[bytes, ...]] = []
        for level, new in enumerate(levels[::HEIGHT]):
            row = [*self.rows[level], *new] if level < len(self.rows) else new
            roots = levels[HEIGHT * (level + 1)] if len(row) >= WIDTH else []
            first = self.size >> HEIGHT * (level + 1)
            for number, root in enumerate(roots):
                tiles.append(Tile(level, first + number, b"".join(row[number * WIDTH : (number + 1) * WIDTH]), root))
            rows.append(tuple(row[len(roots) * WIDTH :]))
        return Edge(frontier, tuple(rows)), tiles


def read_edge(reader: Reader, size: int) -> Edge:
    """The right edge of a tree of a size, from short rows alone.

    :raises BadTile: a hash that must be there is not.
    """
    rows = []
    nodes: list[bytes] = []
    for level in range((size.bit_length() + HEIGHT - 1) // HEIGHT):
        entries = size >> HEIGHT * level
        row = read_row(reader, level, entries - entries % WIDTH, entries % WIDTH)
        nodes = [*Frontier().extended(row).nodes, *nodes]
        rows.append(tuple(row))
    return Edge(Frontier(size, tuple(nodes)), tuple(rows))


def read_row(reader: Reader, level: int, first: int, count: int) -> Sequence[bytes]:
    """Hashes of the right edge as the reader gives them, as many as there must be."""
    row = reader.edge(level, first, count) if count else ()
    if len(row) != count:
        raise BadTile(level, first >> HEIGHT, f"has {len(row)} hashes, not {count}")
    try:
        require_hashes(row)
    except ValueError as error:
        raise BadTile(level, first >> HEIGHT, f"is damaged: {error}") from None
    return row


def split(hashes: bytes) -> list[bytes]:
    """The hashes of a tile, one by one."""
    return [hashes[at : at + HASH] for at in range(0, len(hashes), HASH)]
