"""Overwriting personal fields, with a record, past every rule that a business change obeys: what erasure alone may do.

An append-only row, a frozen one, a row that only its maker may touch: personal values of each can be taken away, and nothing else of
it. The record gets an update with the new digest, as for any change; the salt goes, so that the commitments in older records open no
more. A row of which all personal fields are cleared has no salt: its commitment is over values that say nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bocore.errors import Conflict, Finding
from bocore.uow import rules

if TYPE_CHECKING:
    from bocore.entities import EntitySpec
    from bocore.entities.generate import Row
    from bocore.uow.unit import UnitOfWork


def salted_anew(spec: EntitySpec, row: Row, *, all_cleared: bool) -> Row:
    """The row with another salt, or with none where nothing personal is left in it; its version is the next."""
    row = (*row[:-1], None if all_cleared else rules.new_salts(1)[0])
    return (row[0], row[1] + 1, *row[2:]) if spec.versioned else row


def overwrite(uow: UnitOfWork, spec: EntitySpec, old: Sequence[Row], new: Sequence[Row]) -> None:
    """Write these rows, of which only personal columns, salt and version differ; objects that hold them have the new values then."""
    session = uow._touch()
    session.wrote(spec.cls)
    at = [i for i, column in enumerate(spec.columns) if column.personal or column.name in ("_salt", "version")]
    body = ", ".join(f'"{spec.columns[i].name}" = ?' for i in at)
    known = " AND version = ?" if spec.versioned else ""
    done = session.many(
        f"UPDATE {spec.name} SET {body} WHERE id = ?{known}",
        [(*(row[i] for i in at), row[0], *(before[1:2] if known else ())) for before, row in zip(old, new, strict=True)],
    )
    if done.rowcount != len(new):
        message = f"Rows of {spec.cls.__name__} were changed by someone else meanwhile."
        raise Conflict([Finding("bo.conflict", message, spec.name, fix="Run it again.")])
    _record(uow, spec, old, new)
    held = uow._tracker.held(spec.cls)
    for before, row in zip(old, new, strict=True):
        if row[0] in held:
            obj = held[row[0]][0]
            if spec.versioned:
                uow._tracker.versions.append((obj, before))
            _refresh(uow, spec, obj, row)
            held[row[0]] = (obj, row)


def _refresh(uow: UnitOfWork, spec: EntitySpec, obj: object, row: Row) -> None:
    """Give an object the values of its row."""
    made: list[object] = []
    uow._app.compiled(spec.cls).load([row], {}, made)
    for name in spec.fields:
        setattr(obj, name, getattr(made[0], name))
    if spec.versioned:
        obj.version = row[1]  # type: ignore[attr-defined]


def _record(uow: UnitOfWork, spec: EntitySpec, old: Sequence[Row], new: Sequence[Row]) -> None:
    compiled, canonical = uow._app.compiled(spec.cls), uow._app.canonical(spec)
    pairs = zip(canonical(old, compiled.names), canonical(new, compiled.names), strict=True)
    details = [[[i, a, b] for i, (a, b) in enumerate(zip(x, y, strict=True)) if a != b] for x, y in pairs]
    uow._record.add(spec.name, "u", [row[0] for row in new], uow._writer.digests(compiled, new), details)
