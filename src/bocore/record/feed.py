"""The feed: committed units of work, in order, at least once, from the consumer's own cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import attrs
import orjson

from bocore.record.changes import Segment, parse
from bocore.record.positions import assign_positions

if TYPE_CHECKING:
    from bocore.storage.session import Session

BATCH = 200


@attrs.frozen
class Event:
    """What a plugin said had happened: a versioned name and small plain values."""

    name: str
    values: dict[str, Any]


@attrs.frozen
class Commit:
    """One commit as the feed gives it."""

    position: int
    unit: int
    at: str
    actor: str | None
    reason: str | None
    correlation: str | None
    events: tuple[Event, ...]
    segments: tuple[Segment, ...]

    def changed(self, entity: str) -> list[int]:
        """The ids of that entity which the commit inserted, updated or deleted."""
        return [ident for segment in self.segments if segment.entity == entity for ident in segment.ids()]


def read_feed(connect: Callable[[], Session], consumer: str) -> Iterator[Commit]:
    """Yield commits after the consumer's cursor. The cursor moves when the next one is asked for: a crash repeats one, loses none."""
    session = connect()
    try:
        session.begin(write=True)
        assign_positions(session)
        found = session.execute("SELECT position FROM bo_feed WHERE consumer = ?", (consumer,)).fetchone()
        at = -1 if found is None else int(found[0])
        session.commit()
    finally:
        session.close()
    while True:
        commits = _batch(connect, at)
        if not commits:
            return
        for commit in commits:
            yield commit
            at = commit.position
            _move(connect, consumer, at)


def _batch(connect: Callable[[], Session], after: int) -> list[Commit]:
    session = connect()
    try:
        session.begin(write=True)
        assign_positions(session)
        rows = session.execute(
            "SELECT position, unit, at, actor, reason, correlation, events, changes FROM bo_commit "
            "WHERE position > ? ORDER BY position LIMIT ?",
            (after, BATCH),
        ).fetchall()
        session.commit()
    finally:
        session.close()
    return [
        Commit(
            position,
            unit,
            at,
            actor,
            reason,
            correlation,
            tuple(Event(name, values) for name, values in orjson.loads(events or "[]")),
            tuple(parse(changes)),
        )
        for position, unit, at, actor, reason, correlation, events, changes in rows
    ]


def _move(connect: Callable[[], Session], consumer: str, position: int) -> None:
    session = connect()
    try:
        session.begin(write=True)
        session.execute(
            "INSERT INTO bo_feed (consumer, position) VALUES (?, ?) ON CONFLICT (consumer) DO UPDATE SET position = excluded.position",
            (consumer, position),
        )
        session.commit()
    finally:
        session.close()
