"""Comparing the rows of a table with what the records say of them, from one id to another."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from hashlib import blake2b
from itertools import chain
from typing import TYPE_CHECKING

import attrs

from bocore.record.canonical import row_digests
from bocore.record.changes import DIGEST, NONCE
from bocore.record.expected import Pieces
from bocore.record.stored import NO_FORM, Row, RowReader
from bocore.storage.session import batch_of

if TYPE_CHECKING:
    from bocore.storage.session import Session

Say = Callable[[str, str, int, int, str], object]
"""Told of code, entity, first id, last id, and what is odd about the rows."""
_LAST = 2**63
"""Every id is less."""
_FEW = 4
"""So few rows of one commit are quicker digested one by one."""


@attrs.frozen
class Part:
    """What the records say of the rows of an entity, or of a range of them.

    :param nonces: of all records that the pieces name by their index, joined.
    :param altered: the indexes of records whose own digest does not hold.
    """

    entity: str
    pieces: Pieces
    digests: bytes | bytearray
    nonces: bytes | bytearray
    altered: Collection[int]
    ids: tuple[int | None, int | None] = (None, None)
    """The first id of the part, and the one behind its last; None for no bound."""

    def nonce(self, record: int) -> bytes:
        return bytes(self.nonces[NONCE * record : NONCE * (record + 1)])


def cut(whole: Part, rows: int) -> Iterator[Part]:
    """A part in parts of some rows each, which hold what they need and nothing else; between them they have every id."""
    begin, pieces, digests, nonces, altered = None, Pieces(), bytearray(), bytearray(), set[int]()
    columns = whole.pieces.first, whole.pieces.end, whole.pieces.offset, whole.pieces.record
    for at, end, offset, record in zip(*columns, strict=True):
        while at < end:
            stop = min(end, at + rows - len(digests) // DIGEST)
            if record in whole.altered:
                altered.add(len(pieces))
            pieces.append(at, stop, len(digests), len(pieces))
            nonces += whole.nonce(record)
            digests += whole.digests[offset : offset + DIGEST * (stop - at)]
            at, offset = stop, offset + DIGEST * (stop - at)
            if len(digests) >= DIGEST * rows:
                yield Part(whole.entity, pieces, digests, nonces, altered, (begin, stop))
                begin, pieces, digests, nonces, altered = stop, Pieces(), bytearray(), bytearray(), set()
    yield Part(whole.entity, pieces, digests, nonces, altered, (begin, None))


def compare(session: Session, part: Part, reader: RowReader, say: Say, progress: Callable[[int], None]) -> int:
    """Read the rows of a part, and say which are not as they must be; returns how many were read."""
    comparison, count = Comparison(part, reader, say), 0
    for rows in session.read_table(part.entity, reader.names, batch=batch_of(reader.columns), ids=part.ids):
        count += len(rows)
        comparison.take(rows, reader.encode(rows))
        progress(len(rows))
    comparison.finish()
    return count


def _one_by_one(begun: list[bytes | bytearray], encoded: list[bytes]) -> list[bytes]:
    """The digests of rows, of each what comes before it: nonce and name."""
    return [blake2b(start + row, digest_size=DIGEST).digest() for start, row in zip(begun, encoded, strict=True)]


class Comparison:
    """Walks through the rows of a table and the pieces that must be there, both in id order."""

    def __init__(self, part: Part, reader: RowReader, say: Say) -> None:
        self.name = part.entity
        self.part = part
        self.reader = reader
        self.say = say
        self._pieces = part.pieces
        self._number = -1
        self._next()

    def _next(self) -> None:
        """Go to the next piece, or to the end of all ids."""
        self._number += 1
        if self._number < len(self._pieces):
            self._at, self._end = self._pieces.first[self._number], self._pieces.end[self._number]
            self._offset, self._record = self._pieces.offset[self._number], self._pieces.record[self._number]
        else:
            self._at, self._end, self._offset, self._record = _LAST, _LAST, 0, 0

    def take(self, rows: list[Row], encoded: list[bytes]) -> None:
        """Compare the next rows."""
        ids = [row[0] for row in rows]
        if NO_FORM in encoded or not self._all_as_recorded(ids, encoded):
            self._walk(ids, rows, encoded)

    def _all_as_recorded(self, ids: list[int], encoded: list[bytes]) -> bool:
        """Go past rows that are those which must be there, each as recorded; False, and nothing is noted, where one is not."""
        name, nonces, count = self.name.encode(), self.part.nonces, len(ids)
        expected, got = bytearray(), list[bytes]()
        begun: list[bytes | bytearray] = []
        here = stop = passed = 0
        for at, end, offset, record in self._ahead(count):
            here, stop = stop, min(count, stop + end - at)
            if ids[here] != at or ids[stop - 1] - at != stop - 1 - here:  # ids rise: between these two are all others
                return False
            expected += self.part.digests[offset : offset + DIGEST * (stop - here)]
            nonce = nonces[NONCE * record : NONCE * (record + 1)]
            if stop - here < _FEW:
                begun += [nonce + name] * (stop - here)
            else:
                got += _one_by_one(begun, encoded[here - len(begun) : here])
                got.append(row_digests(self.name, bytes(nonce), encoded[here:stop]))
                begun.clear()
            passed += 1
            if stop == count:
                break
        got += _one_by_one(begun, encoded[stop - len(begun) : stop])
        if stop < count or b"".join(got) != expected:
            return False
        self._number += passed - 1
        self._at, self._offset, self._end, self._record = at + stop - here, offset + DIGEST * (stop - here), end, record
        if self._at == end:
            self._next()
        return True

    def _ahead(self, count: int) -> Iterable[tuple[int, int, int, int]]:
        """What is left of this piece, and the next ones."""
        pieces, first, last = self._pieces, self._number + 1, self._number + count
        columns = (column[first:last] for column in (pieces.first, pieces.end, pieces.offset, pieces.record))
        left = [(self._at, self._end, self._offset, self._record)] if self._at < _LAST else []
        return chain(left, zip(*columns, strict=True))

    def _walk(self, ids: list[int], rows: list[Row], encoded: list[bytes]) -> None:
        """Compare the next rows, and note what differs."""
        at, count = 0, len(ids)
        while at < count:
            ident = ids[at]
            while self._end <= ident:
                self._removed(self._end)
                self._next()
            if ident < self._at:
                stop = bisect_left(ids, self._at, at)
                self._added(rows[at:stop])
                at = stop
                continue
            self._removed(ident)
            stop = min(count, at + self._end - ident)
            if ids[stop - 1] - ident != stop - 1 - at:
                # Ids rise, so the distance to their place in the list never falls: find where it first grows.
                stop = at + bisect_right(range(at, stop), ident - at, key=lambda i: ids[i] - i)
            self._compare(rows, encoded, at, stop)
            self._at += stop - at
            self._offset += DIGEST * (stop - at)
            at = stop

    def finish(self) -> None:
        """What is left was expected and is not there."""
        while self._at < _LAST:
            self._removed(self._end)
            self._next()

    def _compare(self, rows: list[Row], encoded: list[bytes], start: int, stop: int) -> None:
        count = stop - start
        nonce = self.part.nonce(self._record)
        expected = self.part.digests[self._offset : self._offset + DIGEST * count]
        got = row_digests(self.name, nonce, encoded[start:stop])
        if got == expected and NO_FORM not in encoded[start:stop]:
            return
        code = "bo.audit.unproven" if self._record in self.part.altered else "bo.audit.altered"
        for i in range(count):
            if got[DIGEST * i : DIGEST * (i + 1)] != expected[DIGEST * i : DIGEST * (i + 1)] or encoded[start + i] == NO_FORM:
                row = rows[start + i]
                self.say(code, self.name, row[0], row[0], self.reader.why(row))

    def _removed(self, until: int) -> None:
        """Expected rows before ``until`` are not there."""
        if self._at < until:
            code = "bo.audit.unproven" if self._record in self.part.altered else "bo.audit.removed"
            self.say(code, self.name, self._at, until - 1, "")
            self._offset += DIGEST * (until - self._at)
            self._at = until

    def _added(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self.say("bo.audit.added", self.name, row[0], row[0], self.reader.why(row))
