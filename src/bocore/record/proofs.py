"""Proofs on the tree of records: that a record is in it, and that it has only grown; made from its nodes, checked without it.

RFC 9162, section 2.1. Subtrees are those of draft-ietf-plants-merkle-tree-certs, section 4, and the others special cases of them: a leaf is
a subtree, and so is the tree as it was. Pure functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bocore.errors import Refused
from bocore.record.tree import EMPTY_ROOT, HASH, Nodes, hash_children, root_between

LARGEST = 2**63 - 1
"""The most leaves that are counted."""


class NotProved(Refused, ValueError):
    """A proof that does not show what it is said to: a hash is missing, too many or altered, or the place is not in the tree."""

    code = "bo.audit.not_proved"


# ---------------------------------------------------------------- proving


def prove_inclusion(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """The hashes which show that a leaf is in the tree of a size, from the leaf up.

    :raises NotProved: there is no such leaf.
    """
    _require_leaf(index, size)
    return prove_subtree(index, index + 1, size, nodes)


def prove_consistency(size1: int, size2: int, nodes: Nodes) -> list[bytes]:
    """The hashes which show that the tree of one size begins as that of another, earlier one did.

    :raises NotProved: the first is empty, which says nothing, or the larger.
    """
    _require_first(size1)
    return prove_subtree(0, size1, size2, nodes)


def prove_subtree(start: int, end: int, size: int, nodes: Nodes) -> list[bytes]:
    """The hashes which show that a subtree over the leaves ``[start, end)`` is part of the tree of a size.

    :raises NotProved: a tree has no such subtree: ``start`` is a multiple of the least power of two that ``end - start`` fits in.
    """
    _require_subtree(start, end, size)
    if start == end:
        return []
    way = _way(start, end, size)
    own = [] if way.whole else [root_between(*way.last, nodes)]
    return own + [root_between(step.start, step.end, nodes) for step in reversed(way.steps)]


# ---------------------------------------------------------------- checking


def check_inclusion(index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Check that a leaf is in the tree of a size and a root.

    :param proof: as of :func:`prove_inclusion`.
    :raises NotProved: it does not show that.
    """
    _require_leaf(index, size)
    _require_proof([leaf_hash], "The leaf's hash")
    _require_proof([root], "The root")
    check_subtree(index, index + 1, size, proof, leaf_hash, root)


def check_consistency(size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    """Check that the tree of one size and root begins as that of an earlier size and root.

    Of an empty tree nothing is shown: a first size of 0 is refused.

    :param proof: as of :func:`prove_consistency`.
    :raises NotProved: it does not show that.
    """
    _require_first(size1)
    check_subtree(0, size1, size2, proof, root1, root2)


def check_subtree(start: int, end: int, size: int, proof: Sequence[bytes], subtree_root: bytes, root: bytes) -> None:
    """Check that the subtree over the leaves ``[start, end)`` with its root is part of the tree of a size and a root.

    An empty subtree is part of every tree, whatever the root of that is. Where the subtree is the whole tree, the two roots are compared as
    they are given. Every hash that is hashed further has 32 bytes.

    :param proof: as of :func:`prove_subtree`.
    :raises NotProved: it does not show that.
    """
    _require_subtree(start, end, size)
    if start == end:
        _require_length(proof, 0)
        _require_same(subtree_root, EMPTY_ROOT, "The root of an empty subtree is another.")
        return
    way = _way(start, end, size)
    _require_length(proof, len(way.steps) + (not way.whole))
    if proof:
        _require_proof(proof, "A hash of the proof")
        _require_proof([subtree_root, root], "A root")
    own = large = subtree_root if way.whole else proof[0]
    for step, other in zip(reversed(way.steps), proof[0 if way.whole else 1 :], strict=True):
        large = hash_children(large, other) if step.right else hash_children(other, large)
        own = hash_children(other, own) if step.inside else own
    _require_same(own, subtree_root, "The proof leads to another root of the part than the one given.")
    _require_same(large, root, "The proof leads to another root of the tree than the one given.")


# ---------------------------------------------------------------- the way through a tree


class _Step(NamedTuple):
    """A node beside the way from the root to a subtree, by its leaves.

    :param right: it stands to the right of the way.
    :param inside: it is part of the subtree itself, which ends in the middle of a node.
    """

    start: int
    end: int
    right: bool
    inside: bool


class _Way(NamedTuple):
    """From the root of a tree down to a subtree, or, where that is no node of the tree, to the last node within it.

    :param whole: the subtree is a node of the tree.
    :param last: the leaves of the node at the end of the way.
    """

    steps: list[_Step]
    whole: bool
    last: tuple[int, int]


def _way(start: int, end: int, size: int) -> _Way:
    low, high, whole = 0, size, True
    steps = []
    while (low, high) != (start, end):
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        if end <= middle:
            steps.append(_Step(middle, high, right=True, inside=False))
            high = middle
        elif start >= middle:
            steps.append(_Step(low, middle, right=False, inside=not whole))
            low = middle
        else:  # the subtree begins at the node's first leaf and ends within its right half
            steps.append(_Step(low, middle, right=False, inside=True))
            low = start = middle
            whole = False
    return _Way(steps, whole, (low, high))


# ---------------------------------------------------------------- what is refused

_FIX = "Don't rely on it; ask who keeps the record for it anew."


def _require_proof(hashes: Sequence[bytes], what: str) -> None:
    for given in hashes:
        if type(given) is not bytes or len(given) != HASH:
            size = f"{len(given)} bytes" if type(given) is bytes else f"no bytes but {type(given).__name__}"
            raise NotProved(f"{what} has {size}, not {HASH} bytes.", fix=_FIX)


def _require_length(proof: Sequence[bytes], wanted: int) -> None:
    if len(proof) != wanted:
        raise NotProved(f"The proof has {len(proof)} hashes; for that place in a tree of that size it has {wanted}.", fix=_FIX)


def _require_same(found: bytes, given: bytes, message: str) -> None:
    if found != given:
        raise NotProved(message, fix=_FIX)


def _require_first(size: int) -> None:
    if _count(size, "The first size") == 0:
        raise NotProved("Every tree begins as an empty one: that shows nothing.", fix="Compare with a head of at least one record.")


def _require_leaf(index: int, size: int) -> None:
    if _count(index, "The index") >= _count(size, "The size"):
        raise NotProved(f"There is no leaf {index} in a tree of {size}.", fix=_FIX)


def _require_subtree(start: int, end: int, size: int) -> None:
    if not _count(start, "The start") <= _count(end, "The end") <= _count(size, "The size"):
        raise NotProved(f"A tree of {size} has no part from {start} to {end}.", fix=_FIX)
    if start < end and start % (1 << (end - start - 1).bit_length()):
        raise NotProved(f"The leaves from {start} to {end} are no subtree.", fix=_FIX)


def _count(number: int, what: str) -> int:
    if type(number) is not int or not 0 <= number <= LARGEST:
        raise NotProved(f"{what} is no whole number from 0 to {LARGEST}.", fix=_FIX)
    return number
