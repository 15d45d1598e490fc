"""What every row of an entity must be, according to the latest record that names it, kept in runs and not row by row."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from operator import le

import attrs

from bocore.record.changes import DIGEST

Contradiction = Callable[[int, int, int, str], None]
"""Told of first id, last id, index of the record, operation."""
_INSERTED = ord("i")


def _numbers() -> array[int]:
    return array("q")


@attrs.frozen
class Pieces:
    """Runs of rows that must be there, in id order, without overlap, and what record says so: a column for each number.

    :param end: the id after the last.
    :param offset: of the first digest.
    :param record: the index of the record.
    """

    first: array[int] = attrs.field(factory=_numbers)
    end: array[int] = attrs.field(factory=_numbers)
    offset: array[int] = attrs.field(factory=_numbers)
    record: array[int] = attrs.field(factory=_numbers)

    def __len__(self) -> int:
        return len(self.first)

    def add(self, first: int, end: int, offset: int, record: int) -> None:
        """Append a run; one that goes on from the last in every way becomes a part of that."""
        follows = self.end and self.end[-1] == first and self.record[-1] == record
        if follows and self.offset[-1] + DIGEST * (first - self.first[-1]) == offset:
            self.end[-1] = end
        else:
            self.append(first, end, offset, record)

    def append(self, first: int, end: int, offset: int, record: int) -> None:
        """Append a run, whatever the last is."""
        self.first.append(first)
        self.end.append(end)
        self.offset.append(offset)
        self.record.append(record)


class Expected:
    """The runs of ids that records name, in the order of the records; ``pieces`` gives what holds in the end.

    A run takes 33 bytes and each row in it 16, so that a million rows written by one commit, or by a hundred thousand, fit easily.
    """

    def __init__(self) -> None:
        self.digests = bytearray()
        self._first = array("q")
        self._end = array("q")
        self._offset = array("q")
        self._record = array("q")
        self._operation = bytearray()

    def __len__(self) -> int:
        return len(self._first)

    def add(self, operation: str, record: int, runs: Sequence[Sequence[int]], changes: bytes | bytearray, offset: int) -> None:
        """Note what one segment of a record says.

        :param offset: where its digests start in the changes; -1 where it has none.
        """
        start = at = len(self.digests)
        for first, count in runs:
            self._first.append(first)
            self._end.append(first + count)
            self._offset.append(at)
            self._record.append(record)
            self._operation.append(ord(operation))
            if offset >= 0:
                at += DIGEST * count
        if offset >= 0:
            self.digests += changes[offset : offset + at - start]

    def named(self) -> Iterator[tuple[int, int, int]]:
        """Every run that a record names, in the order of the records: first id, the id after the last, index of the record."""
        return zip(self._first, self._end, self._record, strict=True)

    def pieces(self, contradiction: Contradiction) -> Pieces:
        """The rows that must be there: a later record overrides an earlier one.

        :param contradiction: called where a record inserts a row that is there, or updates or deletes one that is not.
        """
        inserted = self._operation.count(_INSERTED) == len(self)
        if inserted and all(map(le, self._end, islice(self._first, 1, None))):  # rows that were only ever added, in the order of ids
            return Pieces(self._first, self._end, self._offset, self._record)
        found = Pieces()
        for first, end, run in self._sweep(contradiction):
            found.add(first, end, self._offset[run] + DIGEST * (first - self._first[run]), self._record[run])
        return found

    def _sweep(self, contradiction: Contradiction) -> Iterator[tuple[int, int, int]]:
        """Go through the runs by id: ``active`` are those that cover the place, and the latest of them holds."""
        firsts, ends = self._first, self._end
        order = sorted(range(len(firsts)), key=firsts.__getitem__)
        active: list[int] = []
        at, place, total = 0, 0, len(order)
        while at < total or active:
            if not active:
                place = firsts[order[at]]
            while at < total and firsts[order[at]] == place:
                active.append(order[at])
                at += 1
            stop = min([ends[run] for run in active]) if len(active) > 1 else ends[active[0]]
            if at < total and firsts[order[at]] < stop:
                stop = firsts[order[at]]
            if len(active) > 1:
                active.sort()
            if self._there(active, place, stop, contradiction):
                yield place, stop, active[-1]
            place = stop
            active = [run for run in active if ends[run] > stop]

    def _there(self, active: list[int], first: int, end: int, contradiction: Contradiction) -> bool:
        """Follow the life of these rows through the records; True where they must exist in the end."""
        there = False
        for run in active:
            operation = chr(self._operation[run])
            if there is (operation == "i"):
                contradiction(first, end - 1, self._record[run], operation)
            there = operation != "d"
        return there
