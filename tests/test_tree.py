"""The tree over records and its proofs: published cases, the definitions, and proofs of trees of any size."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from merkle_cases import (
    HASHES,
    LEAVES,
    ROOTS,
    Consistency,
    Inclusion,
    consistency_cases,
    inclusion_cases,
    subtree_cases,
)

from bocore.record.proofs import (
    LARGEST,
    NotProved,
    check_consistency,
    check_inclusion,
    check_subtree,
    prove_consistency,
    prove_inclusion,
    prove_subtree,
)
from bocore.record.tree import EMPTY_ROOT, Frontier, grow, hash_children, hash_leaf, hash_leaves, nodes_of, root_at, root_of

PUBLISHED = Path(__file__).resolve().parents[2] / "shared" / "data" / "trust" / "merkle_vectors.json"
MANY = 300
LEAF_HASHES = hash_leaves(number.to_bytes(32, "big") for number in range(1000))
NODES = nodes_of(LEAF_HASHES)
INCLUSIONS, CONSISTENCIES, SUBTREES = list(inclusion_cases()), list(consistency_cases()), list(subtree_cases())


def tree_head(hashes: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.1, word by word."""
    if not hashes:
        return EMPTY_ROOT
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while 2 * k < len(hashes):
        k *= 2
    return hash_children(tree_head(hashes[:k]), tree_head(hashes[k:]))


ROOT_AT = [tree_head(LEAF_HASHES[:size]) for size in range(MANY + 1)]


def holds(check: Callable[..., None], *args: Any) -> bool:
    try:
        check(*args)
    except NotProved:
        return False
    return True


# ---------------------------------------------------------------- as published


def test_roots_are_those_published():
    assert [root_of(HASHES[:size]) for size in range(1, 9)] == ROOTS


def test_a_tree_without_leaves_has_the_hash_of_nothing_as_its_root():
    # RFC 6962, section 2.1: "The hash of an empty list is the hash of an empty string".
    assert root_of([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("case", INCLUSIONS, ids=lambda case: case.name)
def test_published_inclusion(case: Inclusion):
    assert holds(check_inclusion, case.index, case.size, case.leaf_hash, case.proof, case.root) is case.holds


@pytest.mark.parametrize("case", CONSISTENCIES, ids=lambda case: case.name)
def test_published_consistency(case: Consistency):
    assert holds(check_consistency, case.end, case.size, case.proof, case.root1, case.root2) is case.holds


@pytest.mark.parametrize("case", SUBTREES, ids=lambda case: case.name)
def test_published_subtree(case: Consistency):
    assert holds(check_subtree, case.start, case.end, case.size, case.proof, case.root1, case.root2) is case.holds


def test_the_cases_are_as_many_as_published():
    assert (len(INCLUSIONS), len(CONSISTENCIES), len(SUBTREES)) == (98, 98, 118)
    assert len({case.name for case in [*INCLUSIONS, *CONSISTENCIES, *SUBTREES]}) == 314
    assert sum(case.holds for case in [*INCLUSIONS, *CONSISTENCIES, *SUBTREES]) == 24


def test_the_cases_are_those_published():
    """Every published file, byte for byte: what is made here from eight leaves is what was published."""
    if not PUBLISHED.is_file():
        pytest.skip("the published files are not at hand")
    published = json.loads(PUBLISHED.read_text())
    assert [bytes.fromhex(each) for each in published["LeafInputs"]] == LEAVES
    assert [bytes.fromhex(each) for each in published["RootHashes"]] == ROOTS
    assert {case.name: case for case in INCLUSIONS} == {case.name: case for case in map(_inclusion, published["inclusion"])}
    assert {case.name: case for case in CONSISTENCIES} == {case.name: case for case in map(_consistency, published["consistency"])}
    assert {case.name: case for case in SUBTREES} == {case.name: case for case in map(_consistency, published["subtreeconsistency"])}


def _inclusion(case: dict[str, Any]) -> Inclusion:
    proof = tuple(map(b64decode, case["proof"] or ()))
    leaf_hash, root = b64decode(case["leafHash"]), b64decode(case["root"])
    return Inclusion(_name(case), case["leafIdx"], case["treeSize"], leaf_hash, proof, root, not case["wantErr"])


def _consistency(case: dict[str, Any]) -> Consistency:
    size1, size2 = (case["end"], case["size"]) if "end" in case else (case["size1"], case["size2"])
    proof = tuple(map(b64decode, case["proof"] or ()))
    roots = b64decode(case["root1"]), b64decode(case["root2"])
    return Consistency(_name(case), case.get("start", 0), size1, size2, proof, *roots, not case["wantErr"])


def _name(case: dict[str, Any]) -> str:
    return str(case["_file"]).removeprefix("testdata/").removesuffix(".json")


# ---------------------------------------------------------------- growing


def test_the_root_is_that_of_the_definition_at_every_size():
    frontier = Frontier()
    for size in range(MANY):
        assert frontier.root() == root_at(size, NODES) == ROOT_AT[size]
        assert len(frontier.nodes) == size.bit_count()
        frontier = frontier.extended(LEAF_HASHES[size : size + 1])


@given(st.lists(st.integers(0, 300), max_size=5))
@example([0, 256, 0, 1, 255])
def test_leaves_may_come_in_any_batches(batches: list[int]):
    frontier = Frontier()
    for count in batches:
        frontier = frontier.extended(LEAF_HASHES[frontier.size : frontier.size + count])
    assert frontier == Frontier().extended(LEAF_HASHES[: frontier.size])


@given(st.integers(0, 600), st.integers(0, 400))
def test_growing_tells_the_nodes_that_became_complete(size: int, more: int):
    levels = grow(Frontier().extended(LEAF_HASHES[:size]), LEAF_HASHES[size : size + more])[1]
    for level in range(10):
        complete = range(size >> level, size + more >> level)
        assert (levels[level] if level < len(levels) else []) == [NODES(level, index) for index in complete]


@pytest.mark.parametrize("wrong", [b"", b"x" * 31, b"x" * 33])
def test_a_leaf_of_another_length_is_refused(wrong: bytes):
    with pytest.raises(ValueError, match=f"32 bytes, not {len(wrong)}"):
        Frontier().extended([LEAF_HASHES[0], wrong])


# ---------------------------------------------------------------- proofs of our own


def test_every_leaf_is_proved_in_every_small_tree():
    for size in range(1, 70):
        for index in range(size):
            check_inclusion(index, size, LEAF_HASHES[index], prove_inclusion(index, size, NODES), ROOT_AT[size])


def test_leaves_are_proved_in_trees_of_every_size():
    for size in range(70, MANY + 1):
        for index in {0, 1, 63, size // 2, size - 2, size - 1}:
            check_inclusion(index, size, LEAF_HASHES[index], prove_inclusion(index, size, NODES), ROOT_AT[size])


def test_every_small_tree_is_the_beginning_of_every_later_one():
    for size2 in range(1, 70):
        for size1 in range(1, size2 + 1):
            check_consistency(size1, size2, prove_consistency(size1, size2, NODES), ROOT_AT[size1], ROOT_AT[size2])


def test_trees_of_every_size_are_consistent():
    for size2 in range(70, MANY + 1):
        for size1 in {1, 2, 64, size2 // 2, size2 - 1, size2}:
            check_consistency(size1, size2, prove_consistency(size1, size2, NODES), ROOT_AT[size1], ROOT_AT[size2])


def test_every_subtree_of_a_small_tree_is_proved():
    subtrees = 0
    for size in range(1, 34):
        for start in range(size + 1):
            for end in range(start, size + 1):
                if start < end and start % (1 << (end - start - 1).bit_length()):
                    with pytest.raises(NotProved, match="no subtree"):
                        prove_subtree(start, end, size, NODES)
                    continue
                proof = prove_subtree(start, end, size, NODES)
                check_subtree(start, end, size, proof, tree_head(LEAF_HASHES[start:end]), ROOT_AT[size])
                subtrees += 1
    assert subtrees == 2308


PLACES = st.integers(1, MANY).flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size)))


def _flip(hashes: list[bytes], at: int, bit: int) -> list[bytes]:
    changed = bytearray(hashes[at])
    changed[bit // 8] ^= 1 << bit % 8
    return [*hashes[:at], bytes(changed), *hashes[at + 1 :]]


@given(PLACES, st.integers(0, 255), st.data())
def test_no_bit_of_an_inclusion_may_differ(place: tuple[int, int], bit: int, data: st.DataObject):
    index, size = place
    given_ = [LEAF_HASHES[index], ROOT_AT[size], *prove_inclusion(index, size, NODES)]
    leaf_hash, root, *proof = _flip(given_, data.draw(st.integers(0, len(given_) - 1)), bit)
    assert not holds(check_inclusion, index, size, leaf_hash, proof, root)


@given(PLACES, st.integers(0, 255), st.data())
def test_no_bit_of_a_consistency_may_differ(place: tuple[int, int], bit: int, data: st.DataObject):
    size1, size2 = place[0] + 1, place[1]
    given_ = [ROOT_AT[size1], ROOT_AT[size2], *prove_consistency(size1, size2, NODES)]
    root1, root2, *proof = _flip(given_, data.draw(st.integers(0, len(given_) - 1)), bit)
    assert not holds(check_consistency, size1, size2, proof, root1, root2)


@given(PLACES, st.integers(0, MANY - 1))
def test_a_leaf_is_at_no_other_place(place: tuple[int, int], other: int):
    index, size = place
    proof = prove_inclusion(index, size, NODES)
    assert holds(check_inclusion, other, size, LEAF_HASHES[index], proof, ROOT_AT[size]) is (other == index)


@given(st.integers(2, MANY), st.data())
def test_a_tree_with_another_past_is_not_consistent(size: int, data: st.DataObject):
    """A record is exchanged and everything computed anew: the earlier root remains what it was."""
    exchanged = data.draw(st.integers(0, size - 2))
    forged = [*LEAF_HASHES[:exchanged], hash_leaf(b"another record"), *LEAF_HASHES[exchanged + 1 : size]]
    size1 = data.draw(st.integers(exchanged + 1, size - 1))
    proof = prove_consistency(size1, size, nodes_of(forged))
    assert not holds(check_consistency, size1, size, proof, ROOT_AT[size1], root_of(forged))
    assert holds(check_consistency, size1, size, proof, root_of(forged[:size1]), root_of(forged))


# ---------------------------------------------------------------- what is refused


def test_a_hash_of_another_length_is_an_error_that_says_so():
    proof = prove_inclusion(3, 7, NODES)
    for wrong in (b"", proof[0][:31], proof[0] + b"\0", proof[0].hex()):
        with pytest.raises(NotProved, match=r"A hash of the proof has (\d+ bytes|no bytes but str), not 32 bytes"):
            check_inclusion(3, 7, LEAF_HASHES[3], [wrong, *proof[1:]], ROOT_AT[7])  # type: ignore[list-item]
        with pytest.raises(NotProved, match=r"The leaf's hash has .* not 32 bytes"):
            check_inclusion(3, 7, wrong, proof, ROOT_AT[7])  # type: ignore[arg-type]
        with pytest.raises(NotProved, match=r"The root has .* not 32 bytes"):
            check_inclusion(3, 7, LEAF_HASHES[3], proof, wrong)  # type: ignore[arg-type]
        with pytest.raises(NotProved, match=r"A root has .* not 32 bytes"):
            check_consistency(3, 7, prove_consistency(3, 7, NODES), wrong, ROOT_AT[7])  # type: ignore[arg-type]


def test_the_first_of_two_sizes_may_not_be_zero():
    with pytest.raises(NotProved, match="shows nothing"):
        prove_consistency(0, 5, NODES)
    with pytest.raises(NotProved, match="shows nothing"):
        check_consistency(0, 5, [], EMPTY_ROOT, ROOT_AT[5])


@pytest.mark.parametrize("wrong", [-1, LARGEST + 1, pytest.param(10**5000, id="enormous"), True, "1", 1.0, None])
def test_what_is_no_number_of_leaves_is_refused(wrong: Any):
    with pytest.raises(NotProved, match="The index is no whole number"):
        check_inclusion(wrong, 2, LEAF_HASHES[0], [LEAF_HASHES[1]], ROOT_AT[2])
    with pytest.raises(NotProved, match="The size is no whole number"):
        check_inclusion(0, wrong, LEAF_HASHES[0], [LEAF_HASHES[1]], ROOT_AT[2])
    with pytest.raises(NotProved, match="size is no whole number"):
        check_consistency(wrong, 2, [LEAF_HASHES[1]], LEAF_HASHES[0], ROOT_AT[2])


def test_a_leaf_that_is_not_there_is_not_proved():
    with pytest.raises(NotProved, match="There is no leaf 9 in a tree of 9"):
        prove_inclusion(9, 9, NODES)
    with pytest.raises(NotProved, match="no part from 0 to 10"):
        prove_consistency(10, 9, NODES)


def test_a_refusal_says_what_is_wrong_and_what_to_do():
    with pytest.raises(NotProved) as caught:
        check_inclusion(9, 9, LEAF_HASHES[0], [], ROOT_AT[9])
    finding = caught.value.findings[0]
    assert (finding.code, finding.message) == ("bo.audit.not_proved", "There is no leaf 9 in a tree of 9.")
    assert finding.fix
