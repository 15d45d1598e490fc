"""What an authority may write: which rows, which fields, and to which rows they may refer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from bocore.access.delegation import RIGHTS, check_rights
from bocore.access.views import base_view, company_column, may_write, refuse_entity
from bocore.entities import Entity, EntitySpec, FieldSpec, spec_of
from bocore.errors import Finding, NotAllowed, with_article

if TYPE_CHECKING:
    from bocore.access.authority import Authority
    from bocore.access.views import View
    from bocore.entities.spec import FieldSpec
    from bocore.uow import UnitOfWork


def check_entity(uow: UnitOfWork, authority: Authority, cls: type) -> None:
    """NotAllowed where rows of an entity may not be added, changed or deleted."""
    if not may_write(uow._app, authority, cls):
        raise refuse_entity(uow._app, authority, cls, "write")


def check_added(uow: UnitOfWork, authority: Authority, cls: type, objects: Sequence[Any]) -> None:
    """New rows: their entity, the fields that were set, the company, what they refer to, and whether the actor would see them."""
    check_entity(uow, authority, cls)
    spec = spec_of(cls)
    closed = _closed(uow, authority, spec)
    findings = [
        _field(authority, obj, spec, name, closed[name])
        for name in closed
        for obj in objects
        if getattr(obj, name, None) != spec.fields[name].default
    ]
    findings += _references(uow, authority, spec, objects) + _bases(uow, authority, spec, objects) + _companies(authority, spec, objects)
    refuse([*findings, *check_rights(uow, authority, objects)])
    authorize(uow, "add", cls, objects)


def check_changed(uow: UnitOfWork, authority: Authority, cls: type, objects: Sequence[Any], old: Sequence[Any], new: Sequence[Any]) -> None:
    """Changed rows: their entity, the fields that differ, and what they refer to now."""
    check_entity(uow, authority, cls)
    spec = spec_of(cls)
    closed = _closed(uow, authority, spec)
    findings: list[Finding] = []
    names = [column.name for column in spec.columns]
    for name, permission in closed.items():
        places = [names.index(column.name) for column in spec.fields[name].columns]
        for obj, before, after in zip(objects, old, new, strict=True):
            if after is not None and any(before[i] != after[i] for i in places):
                findings.append(_field(authority, obj, spec, name, permission))
    findings += _references(uow, authority, spec, objects) + _companies(authority, spec, objects)
    befores = [dict(zip(names, row, strict=True)) for row in old] if cls in RIGHTS else []
    refuse([*findings, *check_rights(uow, authority, objects, befores)])
    authorize(uow, "update", cls, objects)


def watched(uow: UnitOfWork, authority: Authority, cls: type) -> tuple[str, ...]:
    """The fields of a row that waits to be written which somebody may not change at will: closed ones, and references that are checked."""
    spec = spec_of(cls)
    if cls in RIGHTS or not may_write(uow._app, authority, cls):
        return tuple(spec.fields)
    closed = _closed(uow, authority, spec)
    places = {"company_id"} if authority.companies is not None else set()
    narrow = {field.name for field, _ in _narrow_links(uow, authority, spec)}
    return tuple(name for name in spec.fields if name in closed or name in places or name in narrow)


def check_touched(
    uow: UnitOfWork, authority: Authority, cls: type, touched: Sequence[tuple[Any, tuple[str, ...], tuple[Any, ...]]]
) -> None:
    """Rows that wait to be written, and were changed after they had been checked."""
    check_entity(uow, authority, cls)
    spec, objects = spec_of(cls), [entry[0] for entry in touched]
    closed = _closed(uow, authority, spec)
    findings = [
        _field(authority, obj, spec, name, closed[name])
        for obj, names, values in touched
        for name, value in zip(names, values, strict=True)
        if name in closed and getattr(obj, name, None) != value
    ]
    findings += _references(uow, authority, spec, objects) + _companies(authority, spec, objects)
    refuse([*findings, *check_rights(uow, authority, objects)])


def check_removed(uow: UnitOfWork, authority: Authority, obj: Any) -> None:
    """A row that is to be deleted."""
    check_entity(uow, authority, type(obj))
    with uow.core():
        refuse(check_rights(uow, authority, [obj], removed=True))
    authorize(uow, "remove", type(obj), [obj])


def authorize(uow: UnitOfWork, action: str, cls: type, records: Sequence[Any]) -> None:
    """Ask the plugins that look at single actions; any finding denies."""
    if not uow._app.authorizes:
        return
    answers = uow._app.host.hook.bo_authorize(uow=uow, action=action, entity=cls, records=records)
    refuse([finding for answer in answers for finding in answer or ()])


def authorize_call(uow: UnitOfWork, permission: str, values: Iterable[Any]) -> None:
    """Ask them about a call of a service: the permission that it takes is the action, and the rows that it is called for the records."""
    if uow._app.authorizes and not uow._free:
        records = [
            each for value in values for each in (value if isinstance(value, (list, tuple)) else [value]) if isinstance(each, Entity)
        ]
        for cls in dict.fromkeys(map(type, records)):
            authorize(uow, permission, cls, [one for one in records if type(one) is cls])


def refuse(findings: Iterable[Finding]) -> None:
    """Raise NotAllowed with these findings, if there are any."""
    found = list(findings)
    if found:
        raise NotAllowed(found)


def check_seen(uow: UnitOfWork, authority: Authority, cls: type, objects: Sequence[Any]) -> None:
    """Rows that are written must be among those that the actor sees: nobody puts a row where he could not look for it."""
    view = base_view(uow, authority, cls)
    if view is None or not view.narrowed:
        return
    seen = view.seen(uow, [obj.id for obj in objects])
    message, fix = f"{authority.name} would not see this {cls.__name__}.", f"Write what {view.rows} leave in sight."
    refuse(Finding("bo.not_allowed", message, obj, fix=fix) for obj in objects if obj.id not in seen)


def _closed(uow: UnitOfWork, authority: Authority, spec: EntitySpec) -> dict[str, str]:
    """The fields that may not be set, with the permission that each takes."""
    found: dict[str, str] | None = authority.known.get(("closed", spec.cls))
    if found is None:
        wide = uow._app.owner_of(spec.cls) in authority.wide
        wanted = {} if wide else {name: field.options.get("write") for name, field in spec.fields.items()}
        found = {name: permission for name, permission in wanted.items() if permission and not authority.has(permission)}
        authority.known["closed", spec.cls] = found
    return found


def _field(authority: Authority, obj: Any, spec: EntitySpec, name: str, permission: str) -> Finding:
    label = spec.fields[name].options.get("label") or name
    fix = f"It takes the permission {permission}: an administrator gives a role that has it."
    return Finding("bo.not_allowed", f"{authority.name} may not set {label} of {with_article(spec.cls.__name__)}.", obj, name, fix)


def _companies(authority: Authority, spec: EntitySpec, objects: Sequence[Any]) -> list[Finding]:
    """Rows of companies that the actor does not work for."""
    if authority.companies is None or company_column(spec) != "company_id":
        return []
    return [
        Finding(
            "bo.not_found", f"There is no Company with the id {obj.company_id}.", obj, "company_id", "Name a company that you work for."
        )
        for obj in objects
        if obj.company_id is not None and obj.company_id not in authority.companies
    ]


def _bases(uow: UnitOfWork, authority: Authority, spec: EntitySpec, objects: Sequence[Any]) -> list[Finding]:
    """Extensions of rows that the actor does not see."""
    view = None if spec.extends is None else base_view(uow, authority, spec.extends)
    if spec.extends is None or view is None or not view.rows:
        return []
    mine = uow._in_sight(authority, spec.extends)
    mine |= view.seen(uow, {obj.id for obj in objects} - mine)
    name, fix = spec.extends.__name__, "Look it up by another field."
    return [Finding("bo.not_found", f"There is no {name} with the id {o.id}.", o, "id", fix) for o in objects if o.id not in mine]


def _references(uow: UnitOfWork, authority: Authority, spec: EntitySpec, objects: Sequence[Any]) -> list[Finding]:
    """References to rows that the actor does not see: for him they are not there."""
    findings: list[Finding] = []
    for field, view in _narrow_links(uow, authority, spec):
        mine = uow._in_sight(authority, view.cls)
        wanted = {getattr(obj, field.name, None) for obj in objects} - {None} - mine
        mine |= view.seen(uow, (ident for ident in wanted if type(ident) is int))
        for obj in objects:
            ident = getattr(obj, field.name, None)
            if ident is not None and ident not in mine:
                message = f"There is no {view.cls.__name__} with the id {ident}."
                findings.append(Finding("bo.not_found", message, obj, field.name, "Look it up by another field."))
    return findings


def _narrow_links(uow: UnitOfWork, authority: Authority, spec: EntitySpec) -> list[tuple[FieldSpec, View]]:
    """The references to entities of which not all rows are seen."""
    found: list[tuple[FieldSpec, View]] | None = authority.known.get(("links", spec.cls))
    if found is None:
        links = [field for field in spec.all("ref", "parent") if field.target is not None and field.name != "company_id"]
        views = [(field, base_view(uow, authority, field.target)) for field in links if field.target is not None]
        found = [(field, view) for field, view in views if view is not None and view.rows]
        if not uow._app.narrows:  # else it follows from what holds in this unit of work
            authority.known["links", spec.cls] = found
    return found
