"""The published cases of Merkle proofs, made anew from their eight leaves and from what was done to each proof.

The facts: transparency-dev/merkle at 417fb0c, ``testdata/{inclusion,consistency,subtreeconsistency}`` and ``testonly/constants.go``
(Apache-2.0). There every case is a file; here it has the name of that. :mod:`test_tree` holds the two against each other where the
published files are at hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bocore.record.proofs import prove_inclusion, prove_subtree
from bocore.record.tree import EMPTY_ROOT, hash_leaf, nodes_of

LEAVES = [
    bytes.fromhex(each) for each in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    bytes.fromhex(each)
    for each in (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
"""The roots of the first leaf, the first two, and so on."""
HASHES = [hash_leaf(leaf) for leaf in LEAVES]
RANDOM = bytes.fromhex("abacaba000000000000000000000000000000000000000000060061e00123456")
CARELESS1, CARELESS2 = b"don't care 1", b"don't care 2"
PLACES = [(0, 1), (0, 8), (5, 8), (2, 3), (1, 5)]
"""Index and size of the proofs of inclusion."""
GROWTHS = [(1, 1), (1, 8), (6, 8), (2, 5), (6, 7)]
"""The two sizes of the proofs of consistency."""


class Inclusion(NamedTuple):
    """A proof of inclusion, and whether it holds."""

    name: str
    index: int
    size: int
    leaf_hash: bytes
    proof: tuple[bytes, ...]
    root: bytes
    holds: bool = False


class Consistency(NamedTuple):
    """A proof that a subtree belongs to a tree, and whether it holds; of consistency where ``start`` is 0."""

    name: str
    start: int
    end: int
    size: int
    proof: tuple[bytes, ...]
    root1: bytes
    root2: bytes
    holds: bool = False


def flipped(proof: tuple[bytes, ...], at: int, bit: int) -> tuple[bytes, ...]:
    """A proof with one bit of the first byte of a hash changed."""
    return (*proof[:at], bytes([proof[at][0] ^ 1 << bit]) + proof[at][1:], *proof[at + 1 :])


# ---------------------------------------------------------------- inclusion


def inclusion_cases() -> Iterator[Inclusion]:
    """98 cases."""
    for number, (index, size) in enumerate(PLACES):
        right = Inclusion("", index, size, HASHES[index], tuple(prove_inclusion(index, size, nodes_of(HASHES))), ROOTS[size - 1], True)
        yield from (case._replace(name=f"inclusion/{number}/{case.name}") for case in _mutations_of_inclusion(right))
    for number, (index, size) in enumerate([(0, 0), (0, 1), (1, 0), (2, 1)]):
        empty = Inclusion(f"inclusion/additional/{number}/", index, size, RANDOM, (), EMPTY_ROOT)
        yield empty._replace(name=empty.name + "random-leaf", root=b"")
        yield empty._replace(name=empty.name + "empty-root", leaf_hash=b"")
        yield empty._replace(name=empty.name + "empty-root-and-random-leaf")
    one = hash_leaf(b"data")
    yield Inclusion("inclusion/single-entry/matching-root-and-leaf", 0, 1, one, (), one, True)
    yield Inclusion("inclusion/single-entry/empty-leaf", 0, 1, b"", (), one)
    yield Inclusion("inclusion/single-entry/empty-root", 0, 1, one, (), b"")
    yield Inclusion("inclusion/single-entry/empty-root-and-leaf", 0, 1, b"", (), b"")


def _mutations_of_inclusion(right: Inclusion) -> Iterator[Inclusion]:
    yield right._replace(name="happy-path")
    wrong, proof = right._replace(holds=False), right.proof
    yield wrong._replace(name="leafIdx-sub-@1", index=(right.index - 1) % 2**64)
    yield wrong._replace(name="leafIdx-plus-@1", index=right.index + 1)
    yield wrong._replace(name="leafIdx-XOR-@2", index=right.index ^ 2)
    yield wrong._replace(name="treeSize-mul-@2", size=right.size * 2)
    yield wrong._replace(name="treeSize-div-@2", size=right.size // 2)
    yield wrong._replace(name="wrong-leaf", leaf_hash=b"WrongLeaf")
    yield wrong._replace(name="empty-root", root=EMPTY_ROOT)
    yield wrong._replace(name="random-root", root=RANDOM)
    yield wrong._replace(name="trailing-garbage", proof=(*proof, b""))
    yield wrong._replace(name="trailing-root", proof=(*proof, right.root))
    yield wrong._replace(name="preceding-garbage", proof=(b"", *proof))
    yield wrong._replace(name="preceding-root", proof=(right.root, *proof))
    for at in range(len(proof)):
        yield wrong._replace(name=f"modified-proof[{at}]-bit-@3", proof=flipped(proof, at, 3))
    if proof:
        yield wrong._replace(name="removed-component", proof=proof[:-1])
    if len(proof) > 1:
        yield wrong._replace(name="inserted-component", proof=(proof[0], RANDOM, *proof[1:]))


# ---------------------------------------------------------------- consistency


def consistency_cases() -> Iterator[Consistency]:
    """98 cases."""
    for number, (size1, size2) in enumerate(GROWTHS):
        for case in _mutations_of_growth(size1, size2):
            yield case._replace(name=f"consistency/{number}/{case.name}")
    yield from _named("consistency/additional/", FOR_BOTH)
    yield from _named("consistency/additional/", {"roots-do-not-match-and-sizes-are-zero": (0, 0, 0, (), EMPTY_ROOT, CARELESS2, False)})
    yield from _named("consistency/additional/", {"size1-is-zero-and-size2-is-not-zero": (0, 0, 1, (), EMPTY_ROOT, CARELESS2, False)})


def subtree_cases() -> Iterator[Consistency]:
    """118 cases."""
    for number, (size1, size2) in enumerate(GROWTHS):
        for case in _mutations_of_growth(size1, size2):
            yield case._replace(name=f"subtreeconsistency/{number}/{case.name}")
            if case.holds and case.proof:
                yield case._replace(name=f"subtreeconsistency/{number}/invalid-subtree", start=1, end=15, size=15, holds=False)
    yield from _named("subtreeconsistency/additional/", FOR_BOTH | OF_SUBTREES)


def _mutations_of_growth(size1: int, size2: int) -> Iterator[Consistency]:
    root1, root2 = ROOTS[size1 - 1], ROOTS[size2 - 1]
    proof = tuple(prove_subtree(0, size1, size2, nodes_of(HASHES)))
    right = Consistency("happy-path", 0, size1, size2, proof, root1, root2, True)
    yield right
    if not proof:
        return
    wrong = right._replace(holds=False)
    yield wrong._replace(name="size1-sub-@1", end=size1 - 1)
    yield wrong._replace(name="size1-plus-@1", end=size1 + 1)
    yield wrong._replace(name="size1-XOR-@2", end=size1 ^ 2)
    yield wrong._replace(name="size2-mul-@2", size=size2 * 2)
    yield wrong._replace(name="size2-div-@2", size=size2 // 2)
    yield wrong._replace(name="wrong-root1", root1=b"WrongRoot")
    yield wrong._replace(name="wrong-root2", root2=b"WrongRoot")
    yield wrong._replace(name="swapped-roots", root1=root2, root2=root1)
    yield wrong._replace(name="empty-proof", proof=())
    yield wrong._replace(name="truncated-proof", proof=proof[:-1])
    for name, more in (("garbage", b""), ("root1", root1), ("root2", root2)):
        yield wrong._replace(name=f"trailing-{name}", proof=(*proof, more))
        yield wrong._replace(name=f"preceding-{name}", proof=(more, *proof))
    yield wrong._replace(name="preceding-proof-@0", proof=(proof[0], *proof))
    for at in range(len(proof)):
        yield wrong._replace(name=f"modified-proof@{at}-bit-@4", proof=flipped(proof, at, 4))


def _named(folder: str, cases: dict[str, tuple[int, int, int, tuple[bytes, ...], bytes, bytes, bool]]) -> Iterator[Consistency]:
    for name, case in cases.items():
        yield Consistency(folder + name, *case)


_ONE = (EMPTY_ROOT,)
FOR_BOTH = {
    # name: start, end, size, proof, the first root, the second, whether it holds
    "consistency-check-on-empty-tree-size1-is-zero-is-useless": (0, 0, 1, _ONE, EMPTY_ROOT, EMPTY_ROOT, False),
    "roots-do-not-not-match-and-sizes-are-one": (0, 1, 1, (), EMPTY_ROOT, CARELESS2, False),
    "size1-is-greater-than-size2": (0, 1, 0, (), CARELESS1, CARELESS2, False),
    "size1-is-greater-than-size2-again": (0, 2, 1, (), CARELESS1, CARELESS2, False),
    "size1-is-zero-and-does-not-equal-size2": (0, 0, 1, (), CARELESS1, CARELESS2, False),
    "sizes-are-equal-one-and-proof-is-empty": (0, 1, 1, (), CARELESS2, CARELESS2, True),
    "sizes-are-equal-one-but-roots-are-not": (0, 1, 1, (), CARELESS1, CARELESS2, False),
    "sizes-are-equal-zero-and-proof-is-empty": (0, 0, 0, (), CARELESS1, CARELESS1, False),
    "sizes-are-equal-zero-but-roots-are-not": (0, 0, 0, (), CARELESS1, CARELESS2, False),
    "sizes-do-not-watch-and-proof-is-empty": (0, 1, 2, (), CARELESS1, CARELESS2, False),
    "sizes-match-but-proof-is-not-empty-and-sizes-are-one": (0, 1, 1, _ONE, EMPTY_ROOT, EMPTY_ROOT, False),
    "sizes-match-but-proof-is-not-empty-and-sizes-are-zero": (0, 0, 0, _ONE, EMPTY_ROOT, EMPTY_ROOT, False),
}
_VALID = "subtree-root-valid"
OF_SUBTREES = {
    "invalid-subtree-start-1-end-15-size-15": (1, 15, 15, (), CARELESS1, CARELESS2, False),
    "invalid-subtree-start-1-end-3-size-8": (1, 3, 8, (), CARELESS1, CARELESS2, False),
    "invalid-subtree-start-2-end-5-size-8": (2, 5, 8, (), CARELESS1, CARELESS2, False),
    "invalid-subtree-start-2-end-6-size-8": (2, 6, 8, (), CARELESS1, CARELESS2, False),
    "roots-do-not-match-and-sizes-are-one": (0, 1, 1, (), EMPTY_ROOT, CARELESS2, False),
    "sizes-do-not-match-and-proof-is-empty": (0, 1, 2, (), CARELESS1, CARELESS2, False),
    "subtree-is-empty-roots-match-but-not-valid": (1, 1, 2, (), CARELESS1, CARELESS1, False),
    "subtree-is-empty-roots-valid-but-proof-is-not-empty": (1, 1, 2, _ONE, EMPTY_ROOT, EMPTY_ROOT, False),
    f"subtree-is-empty-{_VALID}-proof-is-empty": (1, 1, 2, (), EMPTY_ROOT, EMPTY_ROOT, True),
    f"subtree-is-empty-{_VALID}-tree-root-random-proof-is-empty": (1, 1, 2, (), EMPTY_ROOT, EMPTY_ROOT, True),  # not random as published
    "subtree-is-empty-sizes-are-equal-one-roots-match-but-not-valid": (1, 1, 1, (), CARELESS1, CARELESS1, False),
    "subtree-is-empty-sizes-are-equal-one-roots-valid-but-proof-is-not-empty": (1, 1, 1, _ONE, EMPTY_ROOT, EMPTY_ROOT, False),
    f"subtree-is-empty-sizes-are-equal-one-{_VALID}-proof-is-empty": (1, 1, 1, (), EMPTY_ROOT, EMPTY_ROOT, True),
    f"subtree-is-empty-sizes-are-equal-one-{_VALID}-tree-root-random-proof-is-empty": (1, 1, 1, (), EMPTY_ROOT, CARELESS1, True),
    "subtree-is-empty-sizes-are-equal-zero-roots-match-but-not-valid": (0, 0, 0, (), CARELESS1, CARELESS1, False),
    "subtree-is-empty-sizes-are-equal-zero-roots-valid-but-proof-is-not-empty": (0, 0, 0, _ONE, EMPTY_ROOT, EMPTY_ROOT, False),
    f"subtree-is-empty-sizes-are-equal-zero-{_VALID}-proof-is-empty": (0, 0, 0, (), EMPTY_ROOT, EMPTY_ROOT, True),
    f"subtree-is-empty-sizes-are-equal-zero-{_VALID}-tree-root-random-proof-is-empty": (0, 0, 0, (), EMPTY_ROOT, CARELESS1, True),
}
