"""Shapes: the permanent numbered positions of an entity's columns, which let old digests be recomputed without plugin code.

A shape is ``{"table": …, "positions": [[column, kind, places, personal, absent] or null, …]}``. Positions are only appended; one whose
column is gone becomes null. A value equal to ``absent`` (null, or the default with which a later column was added) encodes null.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs
import orjson

from bocore.entities.spec import Column, EntitySpec
from bocore.record.canonical import canonical_bytes

if TYPE_CHECKING:
    from bocore.record.changes import ChangesWriter
    from bocore.storage.session import Session


@attrs.frozen
class Shape:
    """The latest shape of one entity.

    :param first: what the entity was called at first, where its table was renamed since: with it and its position a secret value
        is encrypted, and neither ever changes.
    """

    entity: str
    revision: int
    positions: tuple[tuple[Column, Any] | None, ...]
    first: str = attrs.field(default=attrs.Factory(lambda self: self.entity, takes_self=True))

    @property
    def columns(self) -> list[Column | None]:
        return [None if position is None else position[0] for position in self.positions]

    def position(self, column: str) -> int:
        """The number of a column's position."""
        return next(i for i, p in enumerate(self.positions) if p is not None and p[0].name == column)

    def definition(self) -> str:
        """The canonical text that is stored and sealed."""
        positions = [None if p is None else [p[0].name, p[0].kind, p[0].places, int(p[0].personal), p[1]] for p in self.positions]
        renamed = {} if self.first == self.entity else {"first": self.first}
        return canonical_bytes({"entity": self.entity, "positions": positions, **renamed}).decode()

    @classmethod
    def read(cls, definition: str, revision: int) -> Shape:
        plain = orjson.loads(definition)
        return cls(
            plain["entity"],
            revision,
            tuple(None if p is None else (Column(p[0], p[1], p[2], personal=bool(p[3])), p[4]) for p in plain["positions"]),
            plain.get("first", plain["entity"]),
        )


def read_shapes(session: Session) -> dict[str, Shape]:
    """The latest shape of every entity that this database knows."""
    rows = session.execute("SELECT entity, revision, definition FROM bo_shape ORDER BY entity, revision").fetchall()
    return {entity: Shape.read(definition, revision) for entity, revision, definition in rows}


def seal_shape(session: Session, record: ChangesWriter, shape: Shape, unit: int) -> None:
    """Append a shape, and put it into the commit record of that unit."""
    definition = shape.definition()
    session.execute(
        "INSERT INTO bo_shape (entity, revision, definition, unit) VALUES (?, ?, ?, ?)", (shape.entity, shape.revision, definition, unit)
    )
    record.add(shape.entity, "s", [], details=orjson.loads(definition))


def next_shape(spec: EntitySpec, known: Shape | None, defaults: Mapping[str, Any]) -> Shape | None:
    """The shape that an entity needs now; None where the known one serves.

    :param defaults: column → canonical default with which a later column was added; null for one that is not named.
    """
    if known is None:
        return Shape(spec.name, 1, tuple((_bare(column), None) for column in spec.columns))
    now = {column.name: column for column in spec.columns}
    renamed = {column.was: column for column in spec.columns if column.was}
    positions: list[tuple[Column, Any] | None] = []
    for position in known.positions:
        if position is None:
            positions.append(None)
            continue
        column = now.pop(position[0].name, None) or renamed.get(position[0].name)
        if column is not None:
            now.pop(column.name, None)
        positions.append(None if column is None else (_bare(column), position[1]))
    positions.extend((_bare(column), defaults.get(column.name)) for column in spec.columns if column.name in now)
    shape = Shape(spec.name, known.revision + 1, tuple(positions), known.first)
    return None if shape.definition() == known.definition() else shape


def _bare(column: Column) -> Column:
    return Column(column.name, column.kind, column.places, personal=column.personal)
