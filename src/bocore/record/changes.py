"""The ``changes`` of a commit record: bytes, hashed as stored.

Layout: a nonce of 16 bytes; the length of the head in 4 bytes, big endian; the head, canonical JSON; then one digest of 16 bytes for
each row written, in the order of the head. The head is ``{"v":1,"e":[[entity, operation, runs, details], …]}``:

========= ============================ ======= ==================================================================================
operation what                         digests details
========= ============================ ======= ==================================================================================
``i``     inserted                     yes     null
``u``     updated                      yes     for each row ``[[position, old, new], …]`` of its open fields
``d``     deleted                      no      for each row ``[[position, old], …]`` of its open fields; null for a migration's
``s``     a shape was appended         no      the shape's definition
``r``     digests stated anew          yes     the migrations that asked for it
``x``     the entity was dropped       no      the number of its rows, and the migrations that dropped them; null where it had none
========= ============================ ======= ==================================================================================

Runs are ``[[first id, count], …]``. The hash over changes covers nonce, head and the SHA-256 of each block of 1024 digests, so that a
proof of one row needs the head and one block only.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

import attrs
import orjson

NONCE, DIGEST, BLOCK = 16, 16, 1024
SALTS = 64
_JOINED = ("i", "r")
_DIGESTED = ("i", "u", "r")
_BLOCK = DIGEST * BLOCK
_END = 2**63 - 1
"""No id is greater."""


Part = tuple[str, str, list[list[int]], Any, int]
"""The values of a :class:`Segment`."""
_drawn: list[bytes] = []
os.register_at_fork(after_in_child=_drawn.clear)


def _draw() -> bytes:
    """Random bytes of the operating system for one record, drawn for many at once: a call of the system costs more than a digest."""
    try:
        return _drawn.pop()
    except IndexError:
        size = NONCE + SALTS
        many = os.urandom(size * 64)
        _drawn.extend(many[at : at + size] for at in range(size, len(many), size))
        return many[:size]


class ChangesWriter:
    """Collects what a unit of work writes, in the order of writing."""

    def __init__(self) -> None:
        drawn = _draw()
        self.nonce, self.salts = drawn[:NONCE], drawn[NONCE:]
        """The nonce of the rows' digests, and the salts of the record's sections."""
        self._segments: list[tuple[str, str, list[list[int]], list[Any] | None]] = []
        self._open: dict[str, int] = {}
        self._digests: list[bytearray] = []

    def __bool__(self) -> bool:
        return bool(self._segments)

    def add(self, entity: str, operation: str, ids: Sequence[int], digests: bytes = b"", details: list[Any] | None = None) -> None:
        """Note rows that were written; rows inserted into one entity after another, or stated anew, join one segment."""
        at = self._open.get(entity)
        if at is not None and operation == self._segments[at][1]:
            _extend(self._segments[at][2], ids)
            self._digests[at] += digests
            return
        if operation in _JOINED:
            self._open[entity] = len(self._segments)
        else:
            self._open.pop(entity, None)
        runs: list[list[int]] = []
        _extend(runs, ids)
        self._segments.append((entity, operation, runs, details))
        self._digests.append(bytearray(digests))

    def mark(self) -> Any:
        """The state for a savepoint."""
        kept = [(e, o, [list(r) for r in runs], None if d is None else list(d)) for e, o, runs, d in self._segments]
        return kept, dict(self._open), [bytearray(d) for d in self._digests]

    def reset(self, mark: Any) -> None:
        """Return to the state of a savepoint."""
        self._segments, self._open, self._digests = mark

    def entities(self) -> frozenset[str]:
        """The entities that were written."""
        return frozenset([segment[0] for segment in self._segments])

    def summary(self) -> list[tuple[str, str, int]]:
        """``(entity, operation, rows)`` of each segment."""
        return [(entity, operation, sum(run[1] for run in runs)) for entity, operation, runs, _ in self._segments]

    def encode(self) -> bytearray:
        """The bytes to store; the digests go over into them, so that a large import does not hold them twice."""
        # Everything in it is canonical already: names, ids and values of canonical rows.
        head = orjson.dumps({"e": [[e, o, runs, details] for e, o, runs, details in self._segments], "v": 1})
        whole = bytearray().join((self.nonce, len(head).to_bytes(4, "big"), head))
        for i, digests in enumerate(self._digests):
            whole += digests
            self._digests[i] = bytearray()
        return whole


def _extend(runs: list[list[int]], ids: Sequence[int]) -> None:
    if isinstance(ids, range) and ids.step == 1 and len(ids):
        if runs and runs[-1][0] + runs[-1][1] == ids.start:
            runs[-1][1] += len(ids)
        else:
            runs.append([ids.start, len(ids)])
        return
    for ident in ids:
        if runs and runs[-1][0] + runs[-1][1] == ident:
            runs[-1][1] += 1
        else:
            runs.append([ident, 1])


@attrs.define
class Segment:
    """One part of a head: what was done to which rows of one entity."""

    entity: str
    operation: str
    runs: list[list[int]]
    details: Any
    offset: int
    """Where its digests start in the bytes; -1 where it has none."""

    def __len__(self) -> int:
        return sum([run[1] for run in self.runs])

    def ids(self) -> Iterator[int]:
        for first, count in self.runs:
            yield from range(first, first + count)


def parse(changes: bytes | bytearray) -> list[Segment]:
    """Read stored changes; ValueError where the bytes are not what the layout says."""
    return [Segment(*part) for part in parse_whole(changes)]


def parse_whole(changes: bytes | bytearray) -> list[Part]:
    """The same with plain tuples: what goes through all records has no time for more."""
    parts, end = _parse_parts(changes)
    if end != len(changes):
        raise ValueError("the changes of a commit record have more or fewer digests than rows")
    return parts


def parse_head(changes: bytes | bytearray) -> tuple[list[Segment], int]:
    """Read changes, of which the digests need not be there: the segments, and where the last digest ends."""
    parts, end = _parse_parts(changes)
    return [Segment(*part) for part in parts], end


def _parse_parts(changes: bytes | bytearray) -> tuple[list[Part], int]:
    at = NONCE + 4 + int.from_bytes(changes[NONCE : NONCE + 4], "big")
    if len(changes) < at:
        raise ValueError("the changes of a commit record are cut short")
    head = orjson.loads(changes[NONCE + 4 : at])
    if head.get("v") != 1:
        raise ValueError(f"changes of version {head.get('v')!r} are not known to this version of bocore")
    parts = []
    for entity, operation, runs, details in head["e"]:
        rows = 0
        for first, count in runs:
            if type(first) is not int or type(count) is not int or not 0 <= first < first + count <= _END:
                raise ValueError(f"the run {first!r}, {count!r} in the changes of a commit record names no rows")
            rows += count
        if operation in _DIGESTED:
            parts.append((entity, operation, runs, details, at))
            at += DIGEST * rows
        else:
            parts.append((entity, operation, runs, details, -1))
    return parts, at


def head_end(changes: bytes | bytearray) -> int:
    """Where the head ends and the first digest begins."""
    return NONCE + 4 + int.from_bytes(changes[NONCE : NONCE + 4], "big")


def hash_changes(changes: bytes | bytearray) -> bytes:
    """SHA-256 over nonce, head and the hashes of the blocks of digests."""
    at = head_end(changes)
    whole = sha256(changes[:at])
    for start in range(at, len(changes), _BLOCK):
        whole.update(sha256(changes[start : start + _BLOCK]).digest())
    return whole.digest()


def hashes_of_blocks(changes: bytes | bytearray, at: int) -> Iterator[bytes]:
    """SHA-256 of each block of digests.

    :param at: where the first begins.
    """
    for start in range(at, len(changes), _BLOCK):
        yield sha256(changes[start : start + _BLOCK]).digest()
