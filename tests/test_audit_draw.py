"""Drawing a sample: what the methods promise, as arithmetic."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from bocore.audit.draw import Hit, Item, draw_monetary, draw_random, interval_of, start_of

AMOUNTS = st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=60)
SEEDS = st.integers(0, 2**63 - 1)


def population(amounts: list[int]) -> list[Item]:
    return [Item(number, f"GEN/2026/{number:05}|1", amount) for number, amount in enumerate(amounts, 1)]


def total(items: list[Item]) -> int:
    return sum(abs(item.amount) for item in items)


def drawn(hits: list[Hit]) -> list[int]:
    return [hit.item.id for hit in hits]


# ---------------------------------------------------------------- each as likely as every other


def test_a_random_sample_can_be_drawn_again_by_hand() -> None:
    """printf '%s' '7|GEN/2026/00001|1' | sha256sum, for each of them: the smallest come first."""
    by_hand = sorted(range(1, 41), key=lambda number: sha256(f"7|GEN/2026/{number:05}|1".encode()).hexdigest())
    assert drawn(draw_random(7, population([1] * 40), 10)) == by_hand[:10]
    assert by_hand[:5] == [13, 15, 36, 30, 1]


@given(AMOUNTS, SEEDS, st.integers(1, 70), st.randoms(use_true_random=False))
def test_it_depends_on_names_and_seed_alone(amounts: list[int], seed: int, size: int, shuffle: object) -> None:
    items = population(amounts)
    other = [Item(item.id, item.name, 0) for item in items]
    shuffle.shuffle(other)  # type: ignore[attr-defined]
    found = drawn(draw_random(seed, items, size))
    assert found == drawn(draw_random(seed, other, size))
    assert len(set(found)) == len(found) == min(size, len(items))


@given(AMOUNTS, SEEDS, st.integers(1, 60))
def test_a_larger_sample_of_the_same_seed_only_adds_to_a_smaller_one(amounts: list[int], seed: int, size: int) -> None:
    items = population(amounts)
    larger = drawn(draw_random(seed, items, size + 5))
    assert larger[: min(size, len(items))] == drawn(draw_random(seed, items, size))


# ---------------------------------------------------------------- each unit of money as likely as every other


@given(AMOUNTS.filter(any), SEEDS, st.integers(1, 40))
def test_so_many_units_are_drawn_as_were_asked_for_and_what_is_as_large_as_the_interval_for_certain(
    amounts: list[int], seed: int, size: int
) -> None:
    items = population(amounts)
    money = total(items)
    hits = draw_monetary(items, size, money, start_of(seed, money))
    interval = interval_of(money, size)
    assert sum(hit.times for hit in hits) == size
    times = {hit.item.id: hit.times for hit in hits}
    certain = {hit.item.id for hit in hits if hit.certain}
    for item in items:
        expected = abs(item.amount) / interval
        assert abs(times.get(item.id, 0) - expected) < 1
        assert (item.id in certain) == (expected >= 1)
    assert certain <= times.keys()


@given(st.lists(st.integers(-40, 40), min_size=1, max_size=12).filter(any), st.integers(1, 12))
def test_over_all_starts_an_item_is_hit_in_proportion_to_its_amount(amounts: list[int], size: int) -> None:
    items = population(amounts)
    money = total(items)
    times = dict.fromkeys((item.id for item in items), 0)
    for start in range(money):
        for hit in draw_monetary(items, size, money, start):
            times[hit.item.id] += hit.times
    assert {item.id: Fraction(times[item.id], money) for item in items} == {
        item.id: Fraction(abs(item.amount) * size, money) for item in items
    }


@given(AMOUNTS.filter(any), SEEDS, st.integers(1, 40))
def test_the_units_are_those_that_lie_an_interval_apart(amounts: list[int], seed: int, size: int) -> None:
    """The same by the words of the book: walk along the money, and stop at every interval."""
    items = population(amounts)
    money = total(items)
    start = start_of(seed, money)
    stops = [Fraction(start, size) + number * interval_of(money, size) for number in range(size)]
    found, before = [], 0
    for item in items:
        through = before + abs(item.amount)
        if any(before <= stop < through for stop in stops):
            found.append(item.id)
        before = through
    assert found == drawn(draw_monetary(items, size, money, start))


def test_the_start_of_a_seed_is_the_hash_that_the_documentation_names() -> None:
    assert start_of(2026, 10**6) == int(sha256(b"2026|start").hexdigest(), 16) % 10**6
