"""The tree over the records of commits: how it grows, and its root at any size.

RFC 6962, section 2.1, on SHA-256: a leaf is hashed behind 0x00, two nodes behind 0x01. A leaf's content is the digest of a record, its
index the position of that. Pure functions: where nodes are kept is the business of who gives them (:class:`Nodes`; from tiles:
:mod:`bocore.record.tiles`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import islice
from typing import Protocol

import attrs

HASH = 32
EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves."""


class Nodes(Protocol):
    """Gives the complete nodes of a tree: the root over the leaves ``[index << level, (index + 1) << level)``, a leaf hash at level 0."""

    def __call__(self, level: int, index: int, /) -> bytes: ...


# ---------------------------------------------------------------- hashing


def hash_leaf(content: bytes) -> bytes:
    """The hash of a leaf by its content, the digest of a record."""
    return sha256(b"\x00" + content).digest()


def hash_leaves(contents: Iterable[bytes]) -> list[bytes]:
    """:func:`hash_leaf` of many."""
    new = sha256
    return [new(b"\x00" + content).digest() for content in contents]


def hash_children(left: bytes, right: bytes) -> bytes:
    """The hash of a node by the two below it."""
    return sha256(b"\x01" + left + right).digest()


def hash_pairs(nodes: Iterable[bytes]) -> list[bytes]:
    """:func:`hash_children` of the first and second, third and fourth, and so on; an odd last one is left out."""
    new, each = sha256, iter(nodes)
    return [new(b"\x01" + left + right).digest() for left, right in zip(each, each, strict=False)]


# ---------------------------------------------------------------- growing


@attrs.frozen
class Frontier:
    """What it takes to append leaves to a tree and to know its root: one hash for each bit of its size that is set.

    :param nodes: the roots of the complete subtrees from left to right, each smaller than the one before.
    """

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def extended(self, leaf_hashes: Sequence[bytes]) -> Frontier:
        """With more leaves behind it."""
        return grow(self, leaf_hashes)[0]

    def root(self) -> bytes:
        """The root of the tree of this size."""
        return _fold(self.nodes) if self.nodes else EMPTY_ROOT


def grow(frontier: Frontier, leaf_hashes: Sequence[bytes]) -> tuple[Frontier, list[list[bytes]]]:
    """Append leaves: the frontier behind them, and by level, from the leaves up, the nodes that became complete.

    :raises ValueError: a hash has not 32 bytes.
    """
    require_hashes(leaf_hashes)
    waiting, kept = list(frontier.nodes), []
    run = list(leaf_hashes)
    levels: list[list[bytes]] = []
    while run or frontier.size >> len(levels):
        bit = frontier.size >> len(levels) & 1
        levels.append(run)
        if bit:
            run = [waiting.pop(), *run]
        if len(run) & 1:
            kept.append(run[-1])
        run = hash_pairs(run)
    return Frontier(frontier.size + len(leaf_hashes), tuple(reversed(kept))), levels


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root of the tree over leaves."""
    return Frontier().extended(leaf_hashes).root()


def nodes_of(leaf_hashes: Sequence[bytes]) -> Nodes:
    """The nodes of a tree that is small enough to be held in memory."""
    levels = grow(Frontier(), leaf_hashes)[1]
    return lambda level, index: levels[level][index]


def root_at(size: int, nodes: Nodes) -> bytes:
    """The root of a tree of that size, from its nodes."""
    return root_between(0, size, nodes) if size else EMPTY_ROOT


def root_between(start: int, end: int, nodes: Nodes) -> bytes:
    """The root over the leaves ``[start, end)``, which begin where a node of their number would."""
    return _fold([nodes(level, index) for level, index in _complete(start, end)])


def _complete(start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def _fold(nodes: Sequence[bytes]) -> bytes:
    whole = nodes[-1]
    for node in islice(reversed(nodes), 1, None):
        whole = hash_children(node, whole)
    return whole


def require_hashes(hashes: Sequence[bytes]) -> None:
    """Raise ValueError unless every hash has 32 bytes."""
    if lengths := set(map(len, hashes)) - {HASH}:
        raise ValueError(f"a hash has {HASH} bytes, not {min(lengths)}")
