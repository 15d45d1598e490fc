"""Unmasking: the values of secret fields for whoever may see them, each on the record."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from bocore.entities import spec_of
from bocore.errors import Finding, NotAllowed, Refused, UsageError
from bocore.keys.sealing import opened
from bocore.record.canonical import normalise_text
from bocore.uow.events import event

if TYPE_CHECKING:
    from bocore.entities import EntitySpec, FieldSpec
    from bocore.uow import UnitOfWork

PERMISSION = "bo.unmask"
log = logging.getLogger("bocore.keys")
LONG_ENOUGH, FEW = 6, 1000
"""Characters from which a value is looked for inside of texts, and how many values are; others are compared with whole texts."""


@event("bo.unmasked")
class Unmasked:
    """Secret values were shown to the actor of this unit of work: of which field and rows, and why."""

    entity: str
    field: str
    ids: list[int]
    reason: str


def unmask(uow: UnitOfWork, rows: Sequence[Any], name: str, reason: str) -> dict[int, str | None]:
    """Row id → value of a secret field, for rows of one entity that this unit of work holds."""
    if not rows:
        return {}
    spec = spec_of(type(rows[0]))
    field = spec.fields.get(name)
    if field is None or field not in spec.secrets:
        raise UsageError(f"{spec.cls.__name__}.{name} is no secret field.", fix=f"Read it as it is: row.{name}.")
    _refuse_unfit(uow, spec, rows)
    if type(reason) is not str or not reason.strip():
        raise UsageError("A value is unmasked for a reason.", fix=f'uow.unmask(row, "{name}", reason="Payment run of 30 June")')
    if uow.read_only:
        raise UsageError(
            f"This unit of work only reads: that {spec.cls.__name__}.{name} was unmasked could not be recorded.",
            fix="Unmask in a unit of work that writes: bo.unit_of_work(actor=…, reason=…).",
        )
    _require(uow, spec, field, rows)
    found, shown = opened(uow, spec, field, rows)
    if shown:
        uow._unmasked.append(Unmasked(entity=spec.name, field=name, ids=shown, reason=normalise_text(reason, at="reason")))
    return found


def _refuse_unfit(uow: UnitOfWork, spec: EntitySpec, rows: Sequence[Any]) -> None:
    held = uow._tracker.held(spec.cls)
    for row in rows:
        entry = held.get(getattr(row, "id", 0))
        if entry is None or entry[0] is not row:
            raise UsageError(f"{row!r} does not belong to this unit of work.", fix=f"Get it here first: uow.get({spec.cls.__name__}, id).")


def _require(uow: UnitOfWork, spec: EntitySpec, field: FieldSpec, rows: Sequence[Any]) -> None:
    """The permissions of ``read=`` of the field, one of which is needed; ``bo.unmask`` where it names none."""
    read = field.options.get("read") or PERMISSION
    names = (read,) if isinstance(read, str) else tuple(read)
    if any(name == "*" or uow.may(name) for name in names):
        return
    message = f"Unmasking {spec.cls.__name__}.{field.name} needs the permission {' or '.join(names)}."
    fix = "Ask an administrator for a role with it."
    raise NotAllowed(Finding("bo.not_allowed", message, rows[0], field.name, fix, permission=names[0]))


def refuse_plain(told: set[str], what: str, value: Any) -> None:
    """Raise Refused where something that will be kept in the clear holds a secret that this unit of work has set or shown."""
    for text in _texts(value):
        if text in told or (len(told) <= FEW and any(len(secret) >= LONG_ENOUGH and secret in text for secret in told)):
            message = f"{what} would keep the value of a secret field in the clear."
            fix = "Name the row by its id, and unmask the value where it is needed."
            raise Refused([Finding("bo.secret_in_record", message, what, fix=fix)])


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield str(name)
            yield from _texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner)


def record_alone(uow: UnitOfWork) -> None:
    """Record what was unmasked in a unit of work that failed: the values were seen all the same.

    In a transaction of its own; where a host's transaction was joined, which may hold the lock, nothing can be written here.
    """
    if uow._connection is not None:
        return
    from bocore.record.changes import ChangesWriter
    from bocore.record.commit import append_record
    from bocore.storage.ids import reserve
    from bocore.uow.events import plain_event

    app, events = uow._app, [plain_event(one) for one in uow._unmasked]
    uow._unmasked = []
    try:
        with app.ready(write=True) as session:
            unit = reserve(session, "bo_commit", 1) - 1
            reason = "Unmasked in a unit of work that was not committed"
            append_record(session, ChangesWriter(), unit=unit, at=app.clock(), actor=uow.actor, reason=reason, events=events)
    except Exception as error:  # what the unit of work failed with is raised, and may be the reason of this too
        log.error("%s unmasked secret values, which could not be recorded (%s): %s", uow.actor, type(error).__name__, events)
