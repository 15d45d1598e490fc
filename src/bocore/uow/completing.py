"""What functions of ``when_numbered`` set: held against the rights of the code that left them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bocore.access.writes import Watched, check_touched, plan_of, values_of
from bocore.errors import NotAllowed

if TYPE_CHECKING:
    from bocore.access.authority import Authority
    from bocore.uow.unit import UnitOfWork


@contextlib.contextmanager
def completing(uow: UnitOfWork) -> Iterator[None]:
    """Around functions that complete rows which wait; NotAllowed where nobody who left one of them may set what they set.

    Rows that one function alone makes are completed by whoever keeps them: hooks and the core leave functions too, and need no leave.
    """
    if not uow._finishing_by:
        yield
        _as_they_are(uow)
        return
    watched: list[tuple[Authority, type, Watched]] = []
    with uow.core(), uow._hiding.uncovered():
        for authority in uow._finishing_by:
            for cls, objects in uow._tracker.pending.items():
                spec, names = uow._app.compiled(cls).spec, plan_of(uow, authority, cls).watched
                if names and not (spec.made_by or spec.append_only):
                    watched.append((authority, cls, (list(objects), names, values_of(objects, names))))
    yield
    refusals: dict[type, list[NotAllowed]] = {}
    with uow.core(), uow._hiding.uncovered():
        for authority, cls, (rows, names, before) in watched:
            pairs = zip(rows, before, values_of(rows, names), strict=True)
            differ = [(obj, names, old) for obj, old, new in pairs if old != new]
            if differ:
                try:
                    check_touched(uow, authority, cls, differ)
                except NotAllowed as error:
                    refusals.setdefault(cls, []).append(error)
    for refused in refusals.values():
        if len(refused) == len(uow._finishing_by):  # else one of them may
            raise refused[0]
    _as_they_are(uow)


def _as_they_are(uow: UnitOfWork) -> None:
    """What these functions have set is not held against whoever goes on."""
    for batches in (uow._watched or {}).values():
        batches[:] = [(objects, names, values_of(objects, names)) for objects, names, _ in batches]
