"""Who did it: the commits of units of work, as a report shows them beside the rows that they wrote."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork

_SELECT = "SELECT unit, at, actor, on_behalf_of, reason, correlation, position FROM bo_commit WHERE "


@attrs.frozen
class CommitNote:
    """When a unit of work committed, who did it and why; what was redacted is None.

    :param at: the instant, UTC, in ISO form.
    :param position: its place in the feed, from 0; None until somebody reads that.
    """

    unit: int
    at: str
    actor: str | None
    on_behalf_of: str | None
    reason: str | None
    correlation: str | None
    position: int | None


def commits_of(uow: UnitOfWork, units: Iterable[int]) -> dict[int, CommitNote]:
    """Unit of work → its commit, for the ids that rows keep in a ``recorded()`` field; without this unit's own, which has none yet."""
    session = uow._touch()
    rows = session.execute(_SELECT + session.among("unit"), (session.listed(sorted(set(units))),)).fetchall()
    return {row[0]: CommitNote(*row) for row in rows}
