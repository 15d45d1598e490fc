"""Reading the record as a log: which commits were somebody's, on a row, in a time, or of one business; the newest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import attrs
import orjson

from bocore.record.named import names, noted_until, segments_of, tiles_of
from bocore.record.positions import SHOWN
from bocore.record.tiles import WIDTH

if TYPE_CHECKING:
    from bocore.record.changes import Segment
    from bocore.storage.session import Session

VERBS = {"i": "added", "u": "changed", "d": "deleted", "s": "shaped", "r": "restated", "x": "dropped"}

_SELECT = f"SELECT {SHOWN}, at, actor, reason, changes, events, unit FROM bo_commit"


class Logged(NamedTuple):
    """A commit of the log; what was redacted is None."""

    position: int
    at: str
    actor: str | None
    reason: str | None
    changes: bytes
    events: str | None
    unit: int


@attrs.frozen
class Wanted:
    """Which commits are asked for; None for whatever.

    :param actor: who did it, or on whose behalf.
    :param entity: they wrote a row of it.
    :param id: and that with this id.
    :param since: their instant is not before this one, as text; a date will do.
    :param until: nor after this one.
    :param before: their position is less.
    """

    actor: str | None = None
    entity: str | None = None
    id: int | None = None
    since: str | None = None
    until: str | None = None
    key: str | None = None
    correlation: str | None = None
    before: int | None = None

    def condition(self) -> tuple[str, list[object]]:
        """What can be asked in SQL, with its values."""
        asked: list[tuple[str, object]] = [
            ("at >= ?", self.since),
            ("at <= ?", self.until),
            ('"key" = ?', self.key),
            ("correlation = ?", self.correlation),
            (f"({SHOWN}) < ?", self.before),
        ]
        sql = [text for text, value in asked if value is not None]
        values = [value for _, value in asked if value is not None]
        if self.actor is not None:
            sql.append("(actor = ? OR on_behalf_of = ?)")
            values += [self.actor, self.actor]
        return " AND ".join(sql) or "1 = 1", values


def read_log(session: Session, wanted: Wanted, limit: int, *, scan: bool = False) -> list[Logged]:
    """The newest commits that are asked for.

    Those on a row are found through the index that grows with the tree (:mod:`bocore.record.named`), so that no others are read. Who writes
    to the database can take some out of it, which verifying names.

    :param scan: read all records instead, some seconds a million.
    """
    condition, values = wanted.condition()
    if wanted.entity is None:
        rows = session.execute(f"{_SELECT} WHERE {condition} ORDER BY id DESC LIMIT ?", (*values, limit)).fetchall()
        return [_logged(row) for row in rows]
    found: list[Logged] = []
    for logged in _of_entity(session, wanted, condition, values, scan):
        if len(found) == limit:
            break
        if names(segments_of(logged.changes), wanted.entity, wanted.id):
            found.append(logged)
    return found


def _of_entity(session: Session, wanted: Wanted, condition: str, values: list[object], scan: bool) -> Iterator[Logged]:
    """Commits of which some write the row: those that the index does not know yet, then those that it names."""
    until = noted_until(session)
    recent = f"{_SELECT} WHERE (position IS NULL OR position >= ?) AND {condition} ORDER BY id DESC"
    yield from map(_logged, session.execute(recent, (until, *values)).fetchall())
    in_tile = f"{_SELECT} WHERE position >= ? AND position < ? AND {condition} ORDER BY position DESC"
    tiles = range(until // WIDTH - 1, -1, -1) if scan else tiles_of(session, str(wanted.entity), wanted.id)
    for tile in tiles:
        yield from map(_logged, session.execute(in_tile, (tile * WIDTH, (tile + 1) * WIDTH, *values)).fetchall())


def _logged(row: tuple[int, str, str | None, str | None, bytes, str | None, int]) -> Logged:
    position, at, actor, reason, changes, events, unit = row
    return Logged(position, at, actor, reason, bytes(changes), events, unit)


def what_was_done(segments: Iterable[Segment], events: str | None) -> str:
    """The changes and events of a commit in a few words: ``added 3 vet_visit; vet.visit_finished/1``."""
    counts: dict[tuple[str, str], int] = {}
    for segment in segments:
        key = VERBS.get(segment.operation, segment.operation), segment.entity
        counts[key] = counts.get(key, 0) + len(segment)
    shaped = sum(verb == "shaped" for verb, _ in counts)
    done = [f"{verb} {f'{count} ' if count else ''}{entity}" for (verb, entity), count in counts.items() if verb != "shaped" or shaped < 4]
    done += [f"shaped {shaped} entities"] * (shaped > 3)
    names = dict.fromkeys(name for name, _ in orjson.loads(events or "[]"))
    return "; ".join(part for part in (", ".join(done), ", ".join(names)) if part)
