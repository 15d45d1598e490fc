"""What a migration means for the digests: new shapes of the entities that changed, and which changes need digests stated anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from bocore.entities.generate import converter, quoted
from bocore.errors import Finding, StorageError
from bocore.migrate.watching import ADDED, Watch
from bocore.record.shapes import Shape, next_shape, read_shapes

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.entities.spec import Column, EntitySpec
    from bocore.storage.session import Session

Columns = Mapping[str, Mapping[str, str | None]]


@attrs.frozen
class Before:
    """What was there before the migrations: the latest shapes, and which of their tables had rows."""

    shapes: Mapping[str, Shape]
    filled: Mapping[str, bool]

    @classmethod
    def read(cls, session: Session, columns: Columns) -> Before:
        """Read it, inside the transaction that the migrations will run in."""
        if "bo_shape" not in columns:
            return cls({}, {})
        shapes = read_shapes(session)
        filled = {name: bool(session.execute(f"SELECT EXISTS (SELECT 1 FROM {name})").fetchone()[0]) for name in shapes if name in columns}
        return cls(shapes, filled)


@attrs.define
class Plan:
    """The shapes to append, and the entities that are gone."""

    shapes: list[Shape] = attrs.field(factory=list)
    dropped: list[str] = attrs.field(factory=list)


def planned(app: BackOffice, session: Session, before: Before, columns: Columns, watch: Watch) -> Plan:
    """Compare what was there with what the entities need now.

    Raises StorageError, with all findings, where rows would no longer agree with the digests that records hold, and no migration says
    ``rebase`` for them.
    """
    plan, findings = Plan(), []
    for name, spec in app._specs.items():
        if spec.derived:
            continue
        known = _renamed(before.shapes.get(name), watch)
        sealed = before.shapes.get(name)
        rebased = name in watch.rebased
        defaults: dict[str, Any] = {}
        if known is not None and not rebased:
            found: list[Finding] = []
            defaults = _defaults(session, spec, known, columns[name], found)
            findings += found if before.filled.get(name) else []
        moved = None if known is not None else _moved(name, before, watch)
        shape = next_shape(spec, known or moved, defaults) or known or moved
        assert shape is not None
        if moved is not None:
            shape = attrs.evolve(shape, revision=1)
        if known is not None and rebased:
            shape = _bare(known, shape)
        if known is not None and before.filled.get(name) and not rebased:
            findings += _altered(known, shape)
        if not rebased:
            there = before.filled.get(name) or session.execute(f"SELECT EXISTS (SELECT 1 FROM {quoted(name)})").fetchone()[0]
            findings += _rewritten(name, known, bool(before.filled.get(name)), watch) if there else []
        returned = sealed is not None and name not in before.filled  # dropped by an earlier migration, and here again
        if sealed is None or returned or shape.definition() != sealed.definition():
            plan.shapes.append(shape if sealed is None else attrs.evolve(shape, revision=sealed.revision + 1))
    plan.dropped = [name for name in before.filled if name not in columns]
    findings += [refusal(name, "its table was dropped") for name in plan.dropped if before.filled[name] and name not in watch.rebased]
    if findings:
        raise StorageError(findings)
    return plan


def doubtful(before: Before, shape: Shape, watch: Watch) -> set[str]:
    """The columns of an entity that migrations wrote to: what stands there now need not be what the column's kind allows."""
    now, known = watch.columns_now(shape.entity), _renamed(before.shapes.get(shape.entity), watch)
    changes = watch.changes([shape.entity])
    columns = {column.name: (column.kind, column.places) for column in shape.columns if column is not None}
    if known is None or not all(change.column for change in changes):
        return set(columns)
    same = {column.name for column in known.columns if column is not None and columns.get(column.name) == (column.kind, column.places)}
    return (columns.keys() - same) | {now(change.column) for change in changes}


def _renamed(shape: Shape | None, watch: Watch) -> Shape | None:
    """The known shape with the names that its columns have now."""
    if shape is None:
        return None
    now = watch.columns_now(shape.entity)
    return attrs.evolve(
        shape, positions=tuple(None if p is None else (attrs.evolve(p[0], name=now(p[0].name)), p[1]) for p in shape.positions)
    )


def _moved(name: str, before: Before, watch: Watch) -> Shape | None:
    """The shape of a table under the name that it had before: what is secret in it is bound to its positions and its first name."""
    old = next((was for was, column, now in reversed(watch.renamed) if not column and now == name), None)
    if old is None:
        return None
    shape = before.shapes.get(old) or _moved(old, before, watch)
    if shape is None:
        return None
    now = watch.columns_now(name)
    positions = tuple(None if p is None else (attrs.evolve(p[0], name=now(p[0].name)), None) for p in shape.positions)
    return attrs.evolve(shape, entity=name, positions=positions)


def _bare(known: Shape, shape: Shape) -> Shape:
    """A shape for digests that are stated anew: what stood for "older than the column" says nothing where the column is another now."""
    positions = list(shape.positions)
    for at, (was, now) in enumerate(zip(known.columns, shape.columns, strict=False)):
        if was is not None and now is not None and (was.kind, was.places, was.personal) != (now.kind, now.places, now.personal):
            positions[at] = (now, None)
    return attrs.evolve(shape, positions=tuple(positions))


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
            findings.append(refusal(spec.name, f"older rows were given different values in the new column {column.name}"))
        elif values and values[0][0] is not None:
            if column.nullable:
                # Both nothing and the default would be canonical null, and a swap of the two would go unseen.
                findings.append(refusal(spec.name, f"older rows were given a value in the new column {column.name}, which may be empty"))
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
            findings.append(refusal(known.entity, f"the column {was.name} was dropped"))
        elif "secret" in (was.kind, now.kind) and was.kind != now.kind:
            findings.append(_encrypting(known.entity, now))
        elif (was.kind, was.places) != (now.kind, now.places):
            findings.append(refusal(known.entity, f"the column {now.name} changed from {_kind(was)} to {_kind(now)}"))
        elif was.personal != now.personal:
            findings.append(refusal(known.entity, f"the column {now.name} became {'personal' if now.personal else 'open'}"))
    return findings


def _rewritten(name: str, known: Shape | None, filled: bool, watch: Watch) -> list[Finding]:
    """What SQL of the migrations did to rows that records know, or should know."""
    old = set() if known is None else {column.name for column in known.columns if column is not None}
    told: dict[str, str] = {}
    for one in watch.changes([name]):
        if (not filled and one.what != ADDED) or (one.column and watch.columns_now(name)(one.column) not in old):
            continue
        what = f"{one.what} in the column {one.column}" if one.column else one.what
        told[f"{what} by {one.revision}"] = ""
    return [refusal(name, what) for what in told]


def _encrypting(entity: str, column: Column) -> Finding:
    """SQL can neither encrypt nor decrypt; a unit of work does both, from one field to another."""
    became = "secret" if column.kind == "secret" else "open"
    return Finding(
        "bo.becomes_secret",
        f"{entity} has rows, and the column {column.name} became {became}: what stands in it can't stay there.",
        at=entity,
        fix=f"Nothing was changed. Add a field that is {became} beside it, copy the values in the data(uow) of a migration, and drop the "
        "old field in the next one: docs/howto/keep-secrets.md.",
    )


def _kind(column: Column) -> str:
    return column.kind if column.places is None else f"{column.kind} with {column.places} places"


def refusal(entity: str, what: str) -> Finding:
    """Why a migration can't be: it needs new digests and does not say so."""
    return Finding(
        "bo.needs_rebase",
        f"{entity} has rows, and {what}: the digests in the commit records would no longer fit them.",
        at=entity,
        fix=f'Nothing was changed. End the migration with rebase("{entity}") (from bocore.migrations import rebase): it verifies first '
        "and states the digests anew.",
    )
