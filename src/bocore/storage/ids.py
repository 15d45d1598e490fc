"""Ids from blocks (hi-lo): an id is known as soon as a row is added, without asking the database each time.

A block is reserved in a short transaction of its own, before the unit of work takes the write lock. If the unit holds the lock
already, the block stays private to it: after a rollback the database would hand it out again. Ids have gaps and no order.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bocore.storage.session import Session

FIRST, LARGEST = 8, 4096
RESERVE = "INSERT INTO bo_id (entity, next) VALUES (?, 1 + ?) ON CONFLICT (entity) DO UPDATE SET next = bo_id.next + ? RETURNING next"


class IdPool:
    """The blocks of one application, shared by its threads."""

    def __init__(self, connect: Callable[[], Session]) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._blocks: dict[str, tuple[int, int]] = {}
        self._size: dict[str, int] = {}

    def take(self, entity: str, count: int) -> list[range]:
        """Take ``count`` ids; reserves a block in a transaction of its own when the shared one is used up."""
        with self._lock:
            start, end = self._blocks.get(entity, (0, 0))
            if end - start >= count:
                self._blocks[entity] = (start + count, end)
                return [range(start, start + count)]
            taken = self._from_shared(entity, count)
            missing = count - sum(len(part) for part in taken)
            size = max(missing, self.block_size(entity))
            session = self._connect()
            try:
                end = session.take_block(entity, size)
            finally:
                session.close()
            first = end - size
            taken.append(range(first, first + missing))
            self._blocks[entity] = (first + missing, end)
            return taken

    def take_shared(self, entity: str, count: int) -> list[range]:
        """Take what the shared block has, up to ``count``, without touching the database or waiting.

        Who asks may hold the write lock of the database, which another thread waits for inside :meth:`take`: waiting here for that
        thread would stop both.
        """
        if not self._lock.acquire(blocking=False):
            return []
        try:
            return self._from_shared(entity, count)
        finally:
            self._lock.release()

    def block_size(self, entity: str) -> int:
        """How many to reserve: few at first, so that small firms see small ids, more as a program goes on."""
        size = self._size.get(entity, FIRST)
        self._size[entity] = min(size * 4, LARGEST)
        return size

    def give(self, entity: str, rest: range) -> None:
        """Give the unused part of a private block, now committed, to all."""
        with self._lock:
            start, end = self._blocks.get(entity, (0, 0))
            if end - start < len(rest):
                self._blocks[entity] = (rest.start, rest.stop)

    def _from_shared(self, entity: str, count: int) -> list[range]:
        start, end = self._blocks.get(entity, (0, 0))
        here = min(count, end - start)
        if here <= 0:
            return []
        self._blocks[entity] = (start + here, end)
        return [range(start, start + here)]


def reserve(session: Session, entity: str, size: int) -> int:
    """Reserve ``size`` ids inside the transaction of ``session``; returns the first id after the block."""
    row = session.execute(RESERVE, (entity, size, size)).fetchone()
    return int(row[0])
