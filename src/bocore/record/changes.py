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

Where the details of ``u`` and ``d`` would make the head longer than 4096 bytes it is ``{"v":2, …}``: they stand behind the digests, each
1024 rows of a segment as an array of their own, and in the head ``[[length, SHA-256 in hexadecimal], …]`` of these.
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
LONG = 4096
"""Bytes of a head from which on the details of its rows are kept apart from it."""
_JOINED = ("i", "r")
_DETAILED = ("u", "d")
_DIGESTED = ("i", "u", "r")
_BLOCK = DIGEST * BLOCK
_APART = b',"v":2}'
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
        head, apart = orjson.dumps({"e": [[e, o, runs, details] for e, o, runs, details in self._segments], "v": 1}), list[bytes]()
        if len(head) > LONG and any(o in _DETAILED and details for _, o, _, details in self._segments):
            head = orjson.dumps({"e": [[e, o, runs, _kept_apart(o, details, apart)] for e, o, runs, details in self._segments], "v": 2})
        whole = bytearray().join((self.nonce, len(head).to_bytes(4, "big"), head))
        for i, digests in enumerate(self._digests):
            whole += digests
            self._digests[i] = bytearray()
        for details in apart:
            whole += details
        return whole


def _kept_apart(operation: str, details: list[Any] | None, apart: list[bytes]) -> list[Any] | None:
    """What of the details stands in the head, once they are put behind the digests."""
    if operation not in _DETAILED or details is None:
        return details
    blocks = [orjson.dumps(details[start : start + BLOCK]) for start in range(0, len(details), BLOCK)]
    apart += blocks
    return [[len(block), sha256(block).hexdigest()] for block in blocks]


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
    segments = [Segment(*part) for part in parse_whole(changes)]
    if _is_apart(changes):
        at = digests_end(changes)
        for segment in segments:
            if segment.operation in _DETAILED and segment.details is not None:
                blocks, segment.details = segment.details, []
                for length, _ in blocks:
                    segment.details += orjson.loads(changes[at : at + length])
                    at += length
    return segments


def parse_whole(changes: bytes | bytearray) -> list[Part]:
    """The same with plain tuples, and of details that are kept apart what the head says: who goes through all records needs no more."""
    parts, end, version = _parse_parts(changes)
    if version > 1:
        end += sum([length for _, _, length in _blocks_apart(parts, end)])
    if end != len(changes):
        raise ValueError("the changes of a commit record have more or fewer digests than rows")
    return parts


def parse_head(changes: bytes | bytearray) -> tuple[list[Segment], int]:
    """Read changes, of which the digests need not be there: the segments, and where the last digest ends."""
    parts, end, _ = _parse_parts(changes)
    return [Segment(*part) for part in parts], end


def _parse_parts(changes: bytes | bytearray) -> tuple[list[Part], int, int]:
    """The segments, where the last digest ends, and the version of the head."""
    at = NONCE + 4 + int.from_bytes(changes[NONCE : NONCE + 4], "big")
    if len(changes) < at:
        raise ValueError("the changes of a commit record are cut short")
    head = orjson.loads(changes[NONCE + 4 : at])
    version = head.get("v")
    if version not in (1, 2):
        raise ValueError(f"changes of version {version!r} are not known to this version of bocore")
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
    return parts, at, version


def head_end(changes: bytes | bytearray) -> int:
    """Where the head ends and the first digest begins."""
    return NONCE + 4 + int.from_bytes(changes[NONCE : NONCE + 4], "big")


def digests_end(changes: bytes | bytearray) -> int:
    """Where the last digest ends, and the details begin that are kept apart."""
    return _parse_parts(changes)[1] if _is_apart(changes) else len(changes)


def _is_apart(changes: bytes | bytearray) -> bool:
    """Whether details of rows stand behind the digests: so its head ends, in canonical JSON."""
    at = head_end(changes)
    return changes[at - len(_APART) : at] == _APART


def _blocks_apart(parts: Sequence[Part], at: int) -> Iterator[tuple[str, int, int]]:
    """Of each block of details its hash, where it begins, and how long it is.

    :param at: where the first begins.
    """
    for _, operation, _, details, _ in parts:
        for length, told in details or () if operation in _DETAILED else ():
            if type(length) is not int or type(told) is not str or length < 0:
                raise ValueError("the head of a commit record does not say where the details are")
            yield told, at, length
            at += length


def hash_changes(changes: bytes | bytearray) -> bytes:
    """SHA-256 over nonce, head and the hashes of the blocks of digests.

    :raises ValueError: details that are kept apart are not those of which the head has the hash.
    """
    at, end = head_end(changes), len(changes)
    if changes[at - len(_APART) : at] == _APART:
        parts, end, _ = _parse_parts(changes)
        for told, start, length in _blocks_apart(parts, end):
            if sha256(changes[start : start + length]).hexdigest() != told:
                raise ValueError("the details of rows that were updated or deleted are not those of which the head has the hash")
    whole = sha256(changes[:at])
    for start in range(at, end, _BLOCK):
        whole.update(sha256(changes[start : min(start + _BLOCK, end)]).digest())
    return whole.digest()


def hashes_of_blocks(changes: bytes | bytearray, at: int) -> Iterator[bytes]:
    """SHA-256 of each block of digests.

    :param at: where the first begins.
    """
    end = digests_end(changes)
    for start in range(at, end, _BLOCK):
        yield sha256(changes[start : min(start + _BLOCK, end)]).digest()
