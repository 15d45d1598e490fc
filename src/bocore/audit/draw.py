"""Drawing a sample so that anybody can draw it again by hand: from hashes of the seed and the items' names, and nothing else.

**Random**, without replacement: every item has the SHA-256 of ``seed|name``; those with the smallest are drawn.

**Monetary unit** (MUS), systematic with a random start: each minor unit of money is as likely as every other, so an item is drawn in
proportion to its amount, whichever its sign. The amounts are laid end to end in the order given, in ``size`` intervals of equal length
(``total / size``), and from each the unit as far in as the start says. The start is the SHA-256 of ``seed|start`` as a number, modulo the
total, over ``size``. What is as large as an interval or larger is hit for certain, perhaps more than once, so that fewer items than
``size`` can be drawn; what is zero is never drawn. AICPA Audit Guide *Audit Sampling*, on monetary unit sampling; ISA 530, Appendix 1
(value-weighted selection) and Appendix 4 (b) and (c) (systematic selection from a random start, monetary unit sampling).

Pure functions: the same on every engine and version of Python.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from fractions import Fraction
from hashlib import sha256

import attrs


@attrs.frozen
class Item:
    """Something that can be drawn.

    :param name: what tells it from all others of the population, for ever.
    :param amount: in minor units, signed.
    """

    id: int
    name: str
    amount: int


@attrs.frozen
class Hit:
    """An item that was drawn.

    :param times: how many intervals ended up in it; 1 where it was not drawn by money.
    :param certain: it is as large as the interval, or all items were taken.
    """

    item: Item
    times: int = 1
    certain: bool = False


def draw_random(seed: int, items: Iterable[Item], size: int) -> list[Hit]:
    """So many items, each as likely as every other, by the order of their hashes; all of them where there are no more."""
    keyed = ((sha256(f"{seed}|{item.name}".encode()).digest(), item.id, item) for item in items)
    return [Hit(item) for _, _, item in heapq.nsmallest(size, keyed)]


def interval_of(total: int, size: int) -> Fraction:
    """How much money lies between two units that are drawn, in minor units."""
    return Fraction(total, size)


def start_of(seed: int, total: int) -> int:
    """Where systematic selection begins: a number from 0 to below the total; over the size of the sample it is the first unit drawn."""
    return int.from_bytes(sha256(f"{seed}|start".encode()).digest(), "big") % total


def draw_monetary(items: Iterable[Item], size: int, total: int, start: int) -> list[Hit]:
    """The items in which a drawn unit lies, in the order given.

    :param total: of the amounts without their signs, above zero.
    :param start: :func:`start_of`.
    """
    found, before = [], 0
    for item in items:
        through = before + abs(item.amount)
        # Unit k lies at (start + k * total) / size: of those, how many lie at or after `before` and ahead of `through`?
        times = _ceiling(size * through - start, total) - _ceiling(size * before - start, total)
        if times:
            found.append(Hit(item, times, certain=abs(item.amount) * size >= total))
        before = through
    return found


def _ceiling(over: int, under: int) -> int:
    """The quotient rounded up, and never below 0: no unit comes before the first."""
    return max(0, -(-over // under))
