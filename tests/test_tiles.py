"""The tree in tiles: what is stored of it, and proofs that read little of that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bocore.record.proofs import NotProved, check_consistency, check_inclusion, prove_consistency, prove_inclusion
from bocore.record.tiles import TILE, WIDTH, BadTile, Edge, StoredNodes, Tile, read_edge, split
from bocore.record.tree import hash_leaves, nodes_of, root_at, root_of

MANY = 70_000
LEAF_HASHES = hash_leaves(number.to_bytes(32, "big") for number in range(MANY))
NODES = nodes_of(LEAF_HASHES)
EDGE, TILES = Edge().extended(LEAF_HASHES)


class Store:
    """Tiles and leaves in memory; it counts what is read."""

    def __init__(self, tiles: Iterable[Tile] = TILES, leaf_hashes: Sequence[bytes] = LEAF_HASHES) -> None:
        self.tiles = {(tile.level, tile.index): tile for tile in tiles}
        self.leaf_hashes = leaf_hashes
        self.read: Counter[int] = Counter()
        self.short: Counter[int] = Counter()

    def tile(self, level: int, index: int) -> bytes | None:
        self.read[level] += 1
        found = self.tiles.get((level, index))
        return found.hashes if found else None

    def edge(self, level: int, first: int, count: int) -> Sequence[bytes]:
        self.short[level] += count
        if level == 0:
            return self.leaf_hashes[first : first + count]
        return [self.tiles[level - 1, index].root for index in range(first, first + count)]


@pytest.fixture
def store() -> Store:
    return Store()


# ---------------------------------------------------------------- what is stored


def test_a_tree_of_70_000_has_the_tiles_of_the_specification():
    """C2SP tlog-tiles, Partial Tiles: 273 full tiles of level 0 and one of 112, one of level 1 and one of 17, and one of width 1."""
    assert Counter(tile.level for tile in TILES) == {0: 273, 1: 1}
    assert [len(row) for row in EDGE.rows] == [112, 17, 1]
    assert EDGE.size == 70_000


def test_a_tree_of_256_is_one_full_tile_and_one_of_width_1():
    """C2SP tlog-tiles, Partial Tiles."""
    edge, tiles = Edge().extended(LEAF_HASHES[:256])
    assert [(tile.level, tile.index) for tile in tiles] == [(0, 0)]
    assert edge.rows == ((), (root_of(LEAF_HASHES[:256]),))


def test_tiles_hold_what_the_specification_says():
    """C2SP tlog-tiles, Merkle Tree: MTH(D[(n * 256 + i) * 256**l : (n * 256 + i + 1) * 256**l])."""
    for tile in TILES:
        if tile.index % 90 and tile.level == 0:
            continue
        assert len(tile.hashes) == TILE
        leaves = 256**tile.level
        first = tile.index * 256 * leaves
        rows = [LEAF_HASHES[first + i * leaves : first + (i + 1) * leaves] for i in range(256)]
        assert split(tile.hashes) == [root_of(row) for row in rows]
        assert tile.root == root_of(LEAF_HASHES[first : first + 256 * leaves])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([0, 1, 2, 3, 100, 255, 256, 257, 513, 5000]), max_size=12))
@example([255, 1, 256, 65_023, 1, 1])
@example([65_535, 1])
def test_leaves_may_be_sealed_in_any_batches(batches: list[int]):
    edge, tiles = Edge(), []
    for count in batches:
        edge, more = edge.extended(LEAF_HASHES[edge.size : edge.size + count])
        tiles += more
        assert edge == read_edge(Store(tiles), edge.size)
    assert (edge, _by_place(tiles)) == _whole(edge.size)
    assert edge.root() == root_at(edge.size, NODES)


def _by_place(tiles: list[Tile]) -> list[Tile]:
    return sorted(tiles, key=lambda tile: (tile.level, tile.index))


def _whole(size: int) -> tuple[Edge, list[Tile]]:
    edge, tiles = Edge().extended(LEAF_HASHES[:size])
    return edge, _by_place(tiles)


def test_growing_changes_no_tile():
    """Each place is given once: rows of tiles are only inserted."""
    edge, places = Edge(), []
    while edge.size < MANY:
        edge, tiles = edge.extended(LEAF_HASHES[edge.size : edge.size + 999])
        places += [(tile.level, tile.index) for tile in tiles]
    assert len(places) == len(set(places)) == 274
    assert edge == EDGE


def test_the_edge_is_read_without_any_tile(store: Store):
    assert read_edge(store, MANY) == EDGE
    assert not store.read
    assert store.short == {0: 112, 1: 17, 2: 1}


def test_the_edge_of_an_earlier_tree_is_read_too(store: Store):
    for size in (0, 1, 255, 256, 257, 512, 65_535, 65_536, 65_537, 69_999):
        assert read_edge(store, size) == _whole(size)[0]


# ---------------------------------------------------------------- proofs from tiles

SIZES = st.one_of(st.integers(1, MANY), st.sampled_from([1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 65_792, MANY]))


@settings(deadline=None)
@given(SIZES.flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size))))
def test_a_leaf_is_proved_by_few_rows(place: tuple[int, int]):
    """At most one tile a level, and fewer than 256 short rows a level; of a tree that has grown since, too."""
    index, size = place
    store = Store()
    proof = prove_inclusion(index, size, StoredNodes(store, size))
    assert proof == prove_inclusion(index, size, NODES)
    check_inclusion(index, size, LEAF_HASHES[index], proof, root_at(size, NODES))
    assert all(count <= 1 for count in store.read.values())
    assert all(count < WIDTH for count in store.short.values())


@settings(deadline=None)
@given(SIZES.flatmap(lambda size: st.tuples(st.integers(1, size), st.just(size))))
def test_growth_is_proved_by_few_rows(sizes: tuple[int, int]):
    size1, size2 = sizes
    store = Store()
    proof = prove_consistency(size1, size2, StoredNodes(store, size2))
    check_consistency(size1, size2, proof, root_at(size1, NODES), root_at(size2, NODES))
    assert all(count <= 1 for count in store.read.values())
    assert all(count < WIDTH for count in store.short.values())


def test_proofs_of_one_tree_share_what_was_read(store: Store):
    nodes = StoredNodes(store, MANY)
    for index in range(256):
        prove_inclusion(index, MANY, nodes)
    assert store.read == {0: 1, 1: 1}


@settings(deadline=None)
@given(SIZES)
def test_the_root_is_that_of_the_definition(size: int):
    assert root_at(size, StoredNodes(Store(), size)) == root_at(size, NODES)


# ---------------------------------------------------------------- what is not as it was


def test_a_missing_tile_is_named(store: Store):
    del store.tiles[0, 3]
    with pytest.raises(BadTile, match="Tile 3 of level 0 is missing") as caught:
        prove_inclusion(800, MANY, StoredNodes(store, MANY))
    assert (caught.value.level, caught.value.index) == (0, 3)


@pytest.mark.parametrize("wrong", [b"", TILES[3].hashes[:-1], TILES[3].hashes + b"\0"])
def test_a_tile_of_another_length_is_named(store: Store, wrong: bytes):
    store.tiles[0, 3] = Tile(0, 3, wrong, TILES[3].root)
    with pytest.raises(BadTile, match=f"Tile 3 of level 0 has {len(wrong)} bytes, not 8192"):
        prove_inclusion(800, MANY, StoredNodes(store, MANY))


def test_a_missing_record_of_the_edge_is_named():
    with pytest.raises(BadTile, match="Tile 273 of level 0 has 111 hashes, not 112"):
        read_edge(Store(leaf_hashes=LEAF_HASHES[:-1]), MANY)


def test_a_damaged_root_of_a_tile_is_named(store: Store):
    store.tiles[0, 260] = Tile(0, 260, TILES[260].hashes, b"short")
    with pytest.raises(BadTile, match="Tile 1 of level 1 is damaged: a hash has 32 bytes, not 5"):
        read_edge(store, MANY)


def test_an_altered_tile_proves_nothing(store: Store):
    altered = bytes([TILES[3].hashes[0] ^ 1]) + TILES[3].hashes[1:]
    store.tiles[0, 3] = Tile(0, 3, altered, TILES[3].root)
    proof = prove_inclusion(800, MANY, StoredNodes(store, MANY))
    with pytest.raises(NotProved, match="another root"):
        check_inclusion(800, MANY, LEAF_HASHES[800], proof, EDGE.root())
