"""What every row of an entity must be, according to the latest record that names it, kept in runs and not row by row."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence

from bocore.record.changes import DIGEST

Piece = tuple[int, int, int, int]
"""First id, id after the last, offset of the first digest, index of the record."""
Contradiction = Callable[[int, int, int, str], None]
"""Told of first id, last id, index of the record, operation."""


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

    def add(self, operation: str, record: int, runs: Sequence[Sequence[int]], digests: bytes | memoryview) -> None:
        """Note what one segment of a record says; ``digests`` is empty for a deletion."""
        offset = len(self.digests)
        self.digests += digests
        for first, count in runs:
            self._first.append(first)
            self._end.append(first + count)
            self._offset.append(offset)
            self._record.append(record)
            self._operation.append(ord(operation))
            if operation != "d":
                offset += DIGEST * count

    def clear(self) -> None:
        """Forget everything: the entity was dropped."""
        self.__init__()  # type: ignore[misc]

    def pieces(self, contradiction: Contradiction) -> Iterator[Piece]:
        """The rows that must be there, in id order, without overlap: a later record overrides an earlier one.

        :param contradiction: called where a record inserts a row that is there, or updates or deletes one that is not.
        """
        held: Piece | None = None
        for first, end, run in self._sweep(contradiction):
            offset = self._offset[run] + DIGEST * (first - self._first[run])
            record = self._record[run]
            if held is not None and held[1] == first and held[3] == record and held[2] + DIGEST * (first - held[0]) == offset:
                held = (held[0], end, held[2], record)
                continue
            if held is not None:
                yield held
            held = (first, end, offset, record)
        if held is not None:
            yield held

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
