"""The commits of a trail: who, for whom, by which plugins, why, what else was written with it, and under which head it is sealed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import attrs
import orjson

from bocore.record.changes import Segment, head_end
from bocore.record.log import what_was_done
from bocore.record.named import LONGEST, WRITES, plain_bytes, segments_of

if TYPE_CHECKING:
    from bocore.storage.session import Session

_START = 4096
_COLUMNS = "unit, at, actor, on_behalf_of, plugins, reason, correlation, events, position, substr(changes, 1, CAST(? AS INTEGER))"
_LONGER = "SELECT substr(changes, 1, CAST(? AS INTEGER)) FROM bo_commit WHERE unit = ?"
_HEAD = "SELECT size, at, signed FROM bo_head WHERE size > ? ORDER BY size, signed DESC LIMIT 1"


@attrs.frozen
class TracedCommit:
    """A commit on a trail; what was redacted is None.

    :param at: the instant, UTC, in ISO form.
    :param plugins: those whose code wrote: services, hooks and jobs write by the authority of their plugin.
    :param what: all that it did, in a few words.
    :param position: its place in the record, from 0; None until it is sealed, or read in the feed.
    :param sealed_by: the size of the first head that covers it; None while it is not sealed.
    :param signed: whether that head is.
    :param segments: what it wrote, entity by entity.
    """

    unit: int
    at: str
    actor: str | None
    on_behalf_of: str | None
    plugins: tuple[str, ...]
    reason: str | None
    correlation: str | None
    what: str
    position: int | None
    sealed_by: int | None
    sealed_at: str | None
    signed: bool
    segments: tuple[Segment, ...] = attrs.field(repr=False)

    @property
    def who(self) -> str:
        """Who did it, and for whom."""
        return (self.actor or "redacted") + (f" for {self.on_behalf_of}" if self.on_behalf_of else "")

    @property
    def when(self) -> datetime | None:
        """The instant; None where somebody has put something else in its place."""
        try:
            return datetime.fromisoformat(self.at)
        except (ValueError, TypeError):
            return None

    @property
    def seal(self) -> str:
        """How it is sealed, in words."""
        if self.sealed_by is None:
            return "not sealed yet"
        return f"sealed under the head of {self.sealed_by}, {'signed' if self.signed else 'NOT SIGNED'}"

    def said(self) -> str:
        """Why, by whose code, how much and how sealed, in one line."""
        written = len({segment.entity for segment in self.segments if segment.operation in WRITES})
        parts = [
            self.reason or "",
            f"correlation {self.correlation}" if self.correlation else "",
            f"by {', '.join(self.plugins)}" if self.plugins else "",
            f"wrote rows of {written} tables",
            self.seal,
        ]
        return "; ".join(filter(None, parts))

    def ids(self, entity: str, operation: str) -> list[int]:
        """The rows of an entity with which it did something: ``i`` added, ``u`` changed, ``d`` deleted."""
        return [ident for one in self.segments if (one.entity, one.operation) == (entity, operation) for ident in one.ids()]

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        found = attrs.asdict(self, filter=lambda field, _: field.name != "segments")
        return found | {"plugins": list(self.plugins)}


def commits_on(session: Session, units: Iterable[int]) -> dict[int, TracedCommit]:
    """Unit of work → its commit. Of the changes only the head is read, however many rows there were."""
    wanted = sorted(set(units))
    sql = f"SELECT {_COLUMNS} FROM bo_commit WHERE {session.among('unit')}"
    rows = session.execute(sql, (_START, session.listed(wanted))).fetchall()
    return {row[0]: _made(session, row) for row in rows}


def _made(session: Session, row: Any) -> TracedCommit:
    unit, at, actor, on_behalf_of, plugins, reason, correlation, events, position, stored = row
    changes = plain_bytes(stored)
    if _START == len(changes) < (length := min(head_end(changes), LONGEST)):
        changes = plain_bytes(session.execute(_LONGER, (length, unit)).fetchone()[0])
    segments = segments_of(changes)
    head = None if position is None else session.execute(_HEAD, (position,)).fetchone()
    return TracedCommit(
        unit=unit, at=at, actor=actor, on_behalf_of=on_behalf_of, plugins=_names(plugins), reason=reason, correlation=correlation,
        what=_what(segments, events), position=position,
        sealed_by=None if head is None else head[0], sealed_at=None if head is None else head[1],
        signed=head is not None and bool(head[2]), segments=tuple(segments),
    )  # fmt: skip


def _names(plugins: Any) -> tuple[str, ...]:
    """The plugins; none where somebody has put something else in their place, which verify names."""
    try:
        return tuple(str(name) for name in orjson.loads(plugins))
    except (ValueError, TypeError):
        return ()


def _what(segments: list[Segment], events: Any) -> str:
    try:
        return what_was_done(segments, events)
    except (ValueError, TypeError):
        return "what can't be read: bo audit verify names it"
