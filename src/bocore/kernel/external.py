"""External ids: what a row is called in another system, so that what comes from there a second time is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bocore.access.views import check_row, seen_rows
from bocore.entities import Entity, EntitySpec, entity, field, spec_of
from bocore.errors import Finding
from bocore.imports.batches import batched
from bocore.plugins.hooks import concerns, hookimpl

if TYPE_CHECKING:
    from bocore.uow import Changes, UnitOfWork

AT_ONCE = 10_000
"""Values that are looked up in one query."""


@entity(
    "bo_external_id",
    unique=[("system", "entity", "external_id"), ("system", "entity", "row_id")],
    index=[("entity", "row_id")],
)
class ExternalId(Entity):
    """What a row is called in another system: one name a row and system. It outlives the plugin whose row it names."""

    system: str = field(max_length=50, not_blank=True, doc="where the name comes from: shopify, datev, till-7")
    entity: str = field(max_length=50, not_blank=True, doc="the table of the row")
    row_id: int
    external_id: str = field(max_length=200, not_blank=True, doc="its name there")


def set_external_id(uow: UnitOfWork, row: Entity, system: str, external_id: str) -> ExternalId:
    """Keep what a row is called in another system; another name there replaces the one that it had.

    :raises Refused: at commit, where another row has that name there already (``bo.unique``).
    """
    table, ident = row_key(row)
    check_row(uow, type(row), ident, write=True)
    with uow.core():
        found = uow.find(ExternalId, system=system, entity=table, row_id=ident)
        if found is None:
            return uow.add(ExternalId(system=system, entity=table, row_id=ident, external_id=external_id))
        if found.external_id != external_id:
            found.external_id = external_id
            uow.write([found])
    return found


def external_ids(uow: UnitOfWork, system: str, entity: type[Entity] | str, rows: Iterable[Entity | int]) -> dict[int, str]:
    """Row id → its name in another system, for those rows of an entity that have one.

    :param entity: the class, or the name of its table where its plugin is not installed any more.
    """
    ids = [row if isinstance(row, int) else row.id for row in rows]
    e = ExternalId.c
    return dict(_pairs(uow, system, entity, e.row_id, ids, (e.row_id, e.external_id)))


def find_external(uow: UnitOfWork, system: str, entity: type[Entity] | str, names: Iterable[str]) -> dict[str, int]:
    """Name in another system → row id, for those names that rows of an entity have there: one query for many."""
    e = ExternalId.c
    return dict(_pairs(uow, system, entity, e.external_id, names, (e.external_id, e.row_id)))


def _pairs(uow: UnitOfWork, system: str, entity: type[Entity] | str, by: Any, values: Iterable[Any], wanted: Any) -> Iterator[Any]:
    table = entity if isinstance(entity, str) else spec_of(entity).name
    for part in batched(dict.fromkeys(values), AT_ONCE):
        conditions = (ExternalId.c.system == system, ExternalId.c.entity == table, by.in_(part))
        with uow.core():
            rows = [tuple(row) for row in uow.rows(sa.select(ExternalId.c.row_id, *wanted).where(*conditions))]
        seen = None if uow._free else _seen(uow, table, [row[0] for row in rows])
        for ident, *told in rows:
            if seen is None or ident in seen:
                yield tuple(told)


def _seen(uow: UnitOfWork, table: str, ids: Sequence[int]) -> set[int]:
    """Those of these rows that are seen; none of an entity whose plugin is gone."""
    spec = uow._app._specs.get(table)
    return set() if spec is None else seen_rows(uow, spec.cls, ids)


# ---------------------------------------------------------------- rows named by table and id


def row_key(row: Entity) -> tuple[str, int]:
    """How rows of any entity are named: table and id."""
    return spec_of(type(row)).name, row.id


def check_named(uow: UnitOfWork, naming: Sequence[Any], code: str) -> Iterator[Finding]:
    """Refuse rows with ``entity`` and ``row_id`` that name a row that is not there."""
    by_table: dict[str, list[Any]] = {}
    for one in naming:
        by_table.setdefault(one.entity, []).append(one)
    for table, ones in by_table.items():
        spec = uow._app._specs.get(table)
        if spec is None:
            for one in ones:
                yield Finding(code, f"There is no entity {table!r}.", one, "entity", "Name the table of an installed plugin's entity.")
            continue
        there: dict[int, Any] = uow.get_all(spec.cls, {one.row_id for one in ones})
        for one in ones:
            if one.row_id not in there:
                message = f"There is no {spec.cls.__name__} with the id {one.row_id}."
                yield Finding(code, message, one, "row_id", "Add the row first, and name it by its id.")


def can_be_removed(spec: EntitySpec) -> bool:
    """Whether rows of an entity can be deleted, so that something may be left that names them."""
    return not spec.append_only


def naming_removed(uow: UnitOfWork, changes: Changes, cls: type[Any]) -> Iterator[tuple[Any, Any]]:
    """(row to be deleted, a row of ``cls`` that still names it)."""
    if not changes._removed:
        return
    removed: list[type[Any]] = [one for one in changes.classes() if one is not cls and changes.removed(one)]
    for gone in removed:
        rows: dict[int, Any] = {row.id: row for row in changes.removed(gone)}
        for part in batched(rows, AT_ONCE):
            for naming in uow.select(cls, entity=spec_of(gone).name, row_id=part):
                yield rows[naming.row_id], naming


@hookimpl
@concerns(can_be_removed)
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterator[Finding]:
    """Refuse names of rows that are not there, and the deletion of rows that another system knows."""
    if changes.touch(ExternalId):
        yield from check_named(
            uow, [*changes.added(ExternalId), *(change.entity for change in changes.updated(ExternalId))], "bo.external_id"
        )
    for row, naming in naming_removed(uow, changes, ExternalId):
        message = f"{naming.system} knows it as {naming.external_id!r}."
        yield Finding("bo.external_id", message, row, fix="Remove its ExternalId too: uow.remove(…).")
