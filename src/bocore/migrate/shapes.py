"""What a migration means for the digests: new shapes of the entities that changed, sealed by one commit record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs
import orjson

from bocore.entities.generate import converter, quoted
from bocore.errors import Finding, StorageError
from bocore.record.canonical import canonical_bytes
from bocore.record.changes import ChangesWriter
from bocore.record.commit import INSERT, make_row
from bocore.record.shapes import Shape, next_shape
from bocore.storage.ids import reserve

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.entities.spec import Column, EntitySpec
    from bocore.storage.database import Session

Columns = Mapping[str, Mapping[str, str | None]]


@attrs.frozen
class Before:
    """What was there before the migrations: the latest shapes, and which tables of loaded entities had rows."""

    shapes: Mapping[str, Shape]
    filled: Mapping[str, bool]

    @classmethod
    def read(cls, app: BackOffice, session: Session, columns: Columns) -> Before:
        """Read it, inside the transaction that the migrations will run in."""
        if "bo_shape" not in columns:
            return cls({}, {})
        rows = session.execute("SELECT entity, revision, definition FROM bo_shape ORDER BY entity, revision").fetchall()
        shapes = {entity: Shape.read(definition, revision) for entity, revision, definition in rows}
        filled = {name: bool(session.execute(f"SELECT EXISTS (SELECT 1 FROM {name})").fetchone()[0]) for name in shapes if name in columns}
        return cls(shapes, filled)


def seal(app: BackOffice, session: Session, before: Before, columns: Columns, done: list[str]) -> None:
    """Append the shapes that the entities need now, and write the commit record of the whole migration.

    :param done: the migrations that were applied, for the record's reason.

    Raises StorageError where rows would no longer agree with the digests that commit records hold of them.
    """
    shapes, dropped = _changed(app, session, before, columns)
    if not (shapes or dropped or done):
        return
    record = ChangesWriter()
    unit = reserve(session, "bo_commit", 1) - 1
    for shape in shapes:
        session.execute(
            "INSERT INTO bo_shape (entity, revision, definition, unit) VALUES (?, ?, ?, ?)",
            (shape.entity, shape.revision, shape.definition(), unit),
        )
        record.add(shape.entity, "s", [], details=orjson.loads(shape.definition()))
    for name in dropped:
        record.add(name, "x", [])
    owners = {app._owner[shape.entity] for shape in shapes} | {applied.split()[0] for applied in done}
    row = make_row(
        unit=unit,
        at=app.clock(),
        actor="migrate",
        on_behalf_of=None,
        plugins=canonical_bytes(sorted(owners)).decode(),
        reason=f"Migrations: {', '.join(done)}" if done else f"Tables of {', '.join(sorted(owners))}",
        key=None,
        request=None,
        result=None,
        has_result=False,
        correlation=None,
        changes=record.encode(),
        events=[],
        salts=record.salts,
    )
    session.execute(INSERT, row.values())


def _changed(app: BackOffice, session: Session, before: Before, columns: Columns) -> tuple[list[Shape], list[str]]:
    """The shapes to append and the entities that are gone; all findings are raised together."""
    shapes: list[Shape] = []
    findings: list[Finding] = []
    for name, spec in app._specs.items():
        known = before.shapes.get(name)
        returned = known is not None and name not in before.filled  # dropped by an earlier migration, and here again
        if spec.derived or (next_shape(spec, known, {}) is None and not returned):
            continue
        defaults: dict[str, Any] = {}
        if known is not None:
            defaults = _defaults(session, spec, known, columns[name], findings)
        shape = next_shape(spec, known, defaults) or (known and attrs.evolve(known, revision=known.revision + 1))
        assert shape is not None
        if known is not None and before.filled.get(name):
            findings += _altered(known, shape)
        shapes.append(shape)
    dropped = [name for name in before.filled if name not in columns]
    findings += [_refusal(name, "its table was dropped") for name in dropped if before.filled[name]]
    if findings:
        raise StorageError(findings)
    return shapes, dropped


def _defaults(session: Session, spec: EntitySpec, known: Shape, there: Mapping[str, str | None], findings: list[Finding]) -> dict[str, Any]:
    """Column → the canonical value that every older row has in it, for the columns that were added.

    The rows say it themselves: whether a default or an UPDATE of the migration filled them, they must all have the same.
    """
    old = {position[0].name for position in known.positions if position is not None}
    defaults: dict[str, Any] = {}
    for column in spec.columns:
        if column.name in old or column.was in old:
            continue
        values = session.execute(f"SELECT DISTINCT {quoted(column.name)} FROM {quoted(spec.name)} LIMIT 2").fetchall()
        if not values and there[column.name] is not None:
            values = session.execute(f"SELECT {there[column.name]}").fetchall()
        if len(values) > 1:
            findings.append(_refusal(spec.name, f"older rows were given different values in the new column {column.name}"))
        elif values and values[0][0] is not None:
            if column.nullable:
                # Both nothing and the default would be canonical null, and a swap of the two would go unseen.
                findings.append(_refusal(spec.name, f"older rows were given a value in the new column {column.name}, which may be empty"))
            defaults[column.name] = _canonical(column, values[0][0])
    return defaults


def _canonical(column: Column, value: Any) -> Any:
    how = converter(column)
    return value if how is None else how(value)


def _altered(known: Shape, shape: Shape) -> list[Finding]:
    """What would make the digests of older rows wrong: a column that is gone or means something else."""
    findings = []
    for was, now in zip(known.columns, shape.columns, strict=False):
        if was is None:
            continue
        if now is None:
            findings.append(_refusal(known.entity, f"the column {was.name} was dropped"))
        elif (was.kind, was.places) != (now.kind, now.places):
            findings.append(_refusal(known.entity, f"the column {now.name} changed from {_kind(was)} to {_kind(now)}"))
        elif was.personal != now.personal:
            findings.append(_refusal(known.entity, f"the column {now.name} became {'personal' if now.personal else 'open'}"))
    return findings


def _kind(column: Column) -> str:
    return column.kind if column.places is None else f"{column.kind} with {column.places} places"


def _refusal(entity: str, what: str) -> Finding:
    return Finding(
        "bo.needs_rebase",
        f"{entity} has rows, and {what}: the digests in the commit records would no longer fit them.",
        at=entity,
        fix="Nothing was changed. Leave what is recorded as it is and add to it; this version can't state digests anew.",
    )
