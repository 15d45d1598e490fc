"""Moving average, last in first out and first in first out, played through move by move."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from bocore import round_ratio


class Layer(NamedTuple):
    """What came in: how much, and what all of it has cost."""

    quantity: int
    value: int


class Issue(NamedTuple):
    """What went out."""

    quantity: int


class Replayed(NamedTuple):
    """What a replay has found.

    :param costs: of each issue, in their order.
    :param quantity: left; below zero where more was issued than received.
    :param value: of what is left.
    :param short: how much of what was issued has only an estimated cost yet.
    """

    costs: list[int]
    quantity: int
    value: int
    short: int


def replay(method: str, moves: Iterable[Layer | Issue], *, estimate: tuple[int, int] = (0, 1), start: tuple[int, int] = (0, 0)) -> Replayed:
    """Cost of every issue, in the order in which moves count.

    An issue of which all was taken back takes nothing.
    What is issued below zero has no cost yet: the next receipts give it theirs, the oldest shortage first; until then it is estimated.

    :param method: ``average`` (after every receipt), ``lifo`` or ``fifo``.
    :param estimate: value and quantity whose ratio is what a unit is taken to cost that never came in.
    :param start: quantity and value of what was there before the first move.
    """
    stock: _Average | _Queue = _Average() if method == "average" else _Queue(last=method == "lifo")
    stock.take_in(*start)
    costs: list[int] = []
    last = -1  # number of the last issue of something
    shorts: list[list[int]] = []  # number of the issue, how much of it has no cost yet
    for move in moves:
        if isinstance(move, Layer):
            quantity, value = move
            while shorts and quantity:
                number, missing = shorts[0]
                part = min(missing, quantity)
                cost = round_ratio(value * part, quantity)
                costs[number] += cost
                quantity, value = quantity - part, value - cost
                if part == missing:
                    del shorts[0]
                else:
                    shorts[0][1] = missing - part
            stock.take_in(quantity, value)
        else:
            there = min(stock.quantity, move.quantity)
            costs.append(stock.take_out(there) if move.quantity and (there or stock.value) else 0)
            last = len(costs) - 1 if move.quantity else last
            if there < move.quantity:
                shorts.append([len(costs) - 1, move.quantity - there])
    left = stock.value
    if left and not stock.quantity and last >= 0 and not shorts:  # a cost that came when all was gone
        costs[last], left = costs[last] + left, 0
    numerator, denominator = estimate if estimate[1] > 0 else (0, 1)
    for number, missing in shorts:
        guess = round_ratio(missing * numerator, denominator)
        costs[number] += guess
        left -= guess
    short = sum(missing for _, missing in shorts)
    return Replayed(costs, stock.quantity - short, left, short)


class _Average:
    """One heap: everything in it costs the same."""

    def __init__(self) -> None:
        self.quantity = self.value = 0

    def take_in(self, quantity: int, value: int) -> None:
        self.quantity += quantity
        self.value += value

    def take_out(self, quantity: int) -> int:
        cost = self.value if quantity == self.quantity else round_ratio(self.value * quantity, self.quantity)
        self.quantity -= quantity
        self.value -= cost
        return cost


class _Queue:
    """Layers, of which the first or the last goes out first."""

    def __init__(self, *, last: bool) -> None:
        self.quantity = self.value = 0
        self._layers: list[list[int]] = []
        self._first = 0
        self._last = last

    def take_in(self, quantity: int, value: int) -> None:
        self.quantity += quantity
        self.value += value
        if quantity or value:
            self._layers.append([quantity, value])

    def take_out(self, quantity: int) -> int:
        cost, wanted = 0, quantity
        while self._first < len(self._layers):
            layer = self._layers[-1 if self._last else self._first]
            there, value = layer
            if there > wanted:
                part = round_ratio(value * wanted, there)
                layer[0], layer[1] = there - wanted, value - part
                cost += part
                break
            cost, wanted = cost + value, wanted - there
            if self._last:
                self._layers.pop()
            else:
                self._first += 1
        self.quantity -= quantity
        self.value -= cost
        return cost
