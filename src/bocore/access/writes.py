"""What an authority may write: which rows, which fields, and to which rows they may refer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import attrs

from bocore.access.delegation import RIGHTS, check_rights
from bocore.access.views import View, base_view, company_column, may_write, refuse_entity
from bocore.entities import Entity, EntitySpec, FieldSpec, spec_of
from bocore.errors import Finding, NotAllowed, with_article

if TYPE_CHECKING:
    from bocore.access.authority import Authority
    from bocore.uow import UnitOfWork

Watched = tuple[list[Any], tuple[str, ...], list[tuple[Any, ...]]]
"""Rows that wait to be written, the names of fields of theirs, and what these held when they were last looked at."""
MOST_SEEN = 100_000
"""Ids of an entity that are remembered to be in sight."""


def check_entity(uow: UnitOfWork, authority: Authority, cls: type) -> None:
    """NotAllowed where rows of an entity may not be added, changed or deleted."""
    known: Plan | None = authority.known.get(("writes", cls))
    if not (may_write(uow._app, authority, cls) if known is None else known.writable):
        raise refuse_entity(uow._app, authority, cls, "write")


@attrs.frozen(eq=False)
class Plan:
    """What is looked at when an authority writes rows of an entity.

    :param writable: whether it may at all.
    :param closed: the fields that it may not set, with the permission that each takes.
    :param links: the references to entities of which it does not see all rows.
    :param base: what it sees of the rows that these extend, if not all.
    :param sight: what it sees of the rows themselves, if not all.
    :param places: whether rows belong to companies, of which it does not work for all.
    :param watched: the fields that it may not change at will as long as a row waits to be written.
    :param wanting: whether there is anything to look at in a new row.
    """

    writable: bool
    closed: dict[str, str]
    links: list[tuple[FieldSpec, View]]
    base: View | None
    sight: View | None
    places: bool
    watched: tuple[str, ...]
    wanting: bool


def plan_of(uow: UnitOfWork, authority: Authority, cls: type) -> Plan:
    """What is looked at when rows of an entity are written; remembered, unless it follows from what holds in this unit of work."""
    found: Plan | None = authority.known.get(("writes", cls))
    if found is None:
        app, spec, writable = uow._app, spec_of(cls), may_write(uow._app, authority, cls)
        asked = {} if app.owner_of(cls) in authority.wide else {name: field.options.get("write") for name, field in spec.fields.items()}
        closed = {name: permission for name, permission in asked.items() if permission and not authority.has(permission)}
        targets = [field for field in spec.all("ref", "parent") if field.target is not None and field.name != "company_id"]
        views = [(field, base_view(uow, authority, field.target)) for field in targets if field.target is not None]
        links = [(field, view) for field, view in views if view is not None and view.rows]
        base = None if spec.extends is None else base_view(uow, authority, spec.extends)
        sight = base_view(uow, authority, cls)
        places = authority.companies is not None and company_column(spec) == "company_id"
        looked = {*closed, *(field.name for field, _ in links), *(["company_id"] if authority.companies is not None else ())}
        everything = cls in RIGHTS or not writable
        watched = tuple(name for name in spec.fields if everything or name in looked)
        wanting = bool(everything or closed or links or places or (base is not None and base.rows) or app.narrows or app.authorizes)
        base, sight = (None if view is None or not view.rows else view for view in (base, sight))
        found = Plan(writable, closed, links, base, sight, places, watched, wanting)
        if not app.narrows:
            authority.known["writes", cls] = found
    return found


def check_added(uow: UnitOfWork, authority: Authority, cls: type, objects: Sequence[Any]) -> None:
    """New rows: their entity, the fields that were set, the company, what they refer to, and whether the actor would see them."""
    check_entity(uow, authority, cls)
    spec, plan = spec_of(cls), plan_of(uow, authority, cls)
    findings = [
        _field(authority, obj, spec, name, permission)
        for name, permission in plan.closed.items()
        for obj in objects
        if getattr(obj, name, None) != spec.fields[name].default
    ]
    findings += _references(uow, authority, plan, objects) + _bases(uow, authority, spec, plan, objects)
    findings += _companies(authority, plan, objects)
    refuse([*findings, *check_rights(uow, authority, objects)])
    authorize(uow, "add", cls, objects)


def check_changed(uow: UnitOfWork, authority: Authority, cls: type, objects: Sequence[Any], old: Sequence[Any], new: Sequence[Any]) -> None:
    """Changed rows: their entity, the fields that differ, and what they refer to now."""
    check_entity(uow, authority, cls)
    spec, plan = spec_of(cls), plan_of(uow, authority, cls)
    findings: list[Finding] = []
    names = [column.name for column in spec.columns]
    for name, permission in plan.closed.items():
        places = [names.index(column.name) for column in spec.fields[name].columns]
        for obj, before, after in zip(objects, old, new, strict=True):
            if after is not None and any(before[i] != after[i] for i in places):
                findings.append(_field(authority, obj, spec, name, permission))
    findings += _out_of_sight(uow, authority, plan, objects)
    findings += _references(uow, authority, plan, objects) + _companies(authority, plan, objects)
    befores = [dict(zip(names, row, strict=True)) for row in old] if cls in RIGHTS else []
    refuse([*findings, *check_rights(uow, authority, objects, befores)])
    authorize(uow, "update", cls, objects)


def values_of(objects: Sequence[Any], names: Sequence[str]) -> list[tuple[Any, ...]]:
    """The values of some fields of each object; None where one is hidden."""
    try:
        return list(zip(*(map(attrgetter(name), objects) for name in names), strict=True))
    except AttributeError:
        return [tuple(getattr(obj, name, None) for name in names) for obj in objects]


def check_touched(
    uow: UnitOfWork, authority: Authority, cls: type, touched: Sequence[tuple[Any, tuple[str, ...], tuple[Any, ...]]]
) -> None:
    """Rows that wait to be written, and were changed after they had been checked."""
    check_entity(uow, authority, cls)
    spec, objects, plan = spec_of(cls), [entry[0] for entry in touched], plan_of(uow, authority, cls)
    findings = [
        _field(authority, obj, spec, name, plan.closed[name])
        for obj, names, values in touched
        for name, value in zip(names, values, strict=True)
        if name in plan.closed and getattr(obj, name, None) != value
    ]
    findings += _references(uow, authority, plan, objects) + _companies(authority, plan, objects)
    refuse([*findings, *check_rights(uow, authority, objects)])


def check_removed(uow: UnitOfWork, authority: Authority, obj: Any) -> None:
    """A row that is to be deleted."""
    check_entity(uow, authority, type(obj))
    with uow.core():
        refuse(_out_of_sight(uow, authority, plan_of(uow, authority, type(obj)), [obj]))
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


def _field(authority: Authority, obj: Any, spec: EntitySpec, name: str, permission: str) -> Finding:
    label = spec.fields[name].options.get("label") or name
    fix = f"It takes the permission {permission}: an administrator gives a role that has it."
    return Finding("bo.not_allowed", f"{authority.name} may not set {label} of {with_article(spec.cls.__name__)}.", obj, name, fix)


def _companies(authority: Authority, plan: Plan, objects: Sequence[Any]) -> list[Finding]:
    """Rows of companies that the actor does not work for."""
    if not plan.places or _named(objects, "company_id") <= (authority.companies or frozenset()):
        return []
    return [
        Finding(
            "bo.not_found", f"There is no Company with the id {obj.company_id}.", obj, "company_id", "Name a company that you work for."
        )
        for obj in objects
        if obj.company_id is not None and obj.company_id not in (authority.companies or ())
    ]


def _out_of_sight(uow: UnitOfWork, authority: Authority, plan: Plan, objects: Sequence[Any]) -> list[Finding]:
    """Rows that the actor does not see, and that others of this unit of work have loaded."""
    view = plan.sight
    if view is None:
        return []
    mine, ids = uow._in_sight(authority, view.cls), {obj.id for obj in objects}
    if not ids <= mine:
        mine |= view.seen(uow, ids - mine)
    message, fix = "There is no {} with the id {}.", "Look it up by another field."
    return [Finding("bo.not_found", message.format(view.cls.__name__, o.id), o, fix=fix) for o in objects if o.id not in mine]


def _bases(uow: UnitOfWork, authority: Authority, spec: EntitySpec, plan: Plan, objects: Sequence[Any]) -> list[Finding]:
    """Extensions of rows that the actor does not see."""
    if spec.extends is None or plan.base is None:
        return []
    mine = uow._in_sight(authority, spec.extends)
    mine |= plan.base.seen(uow, {obj.id for obj in objects} - mine)
    name, fix = spec.extends.__name__, "Look it up by another field."
    return [Finding("bo.not_found", f"There is no {name} with the id {o.id}.", o, "id", fix) for o in objects if o.id not in mine]


def _references(uow: UnitOfWork, authority: Authority, plan: Plan, objects: Sequence[Any]) -> list[Finding]:
    """References to rows that the actor does not see: for him they are not there."""
    findings: list[Finding] = []
    for field, view in plan.links:
        wanted = _named(objects, field.name)
        if not wanted:
            continue
        mine = uow._in_sight(authority, view.cls)
        if wanted <= mine:
            continue
        mine |= _known_to_be_seen(uow, authority, view, {ident for ident in wanted - mine if type(ident) is int})
        for obj in objects if not wanted <= mine else ():
            ident = getattr(obj, field.name, None)
            if ident is not None and ident not in mine:
                message = f"There is no {view.cls.__name__} with the id {ident}."
                findings.append(Finding("bo.not_found", message, obj, field.name, "Look it up by another field."))
    return findings


def _named(objects: Sequence[Any], name: str) -> set[Any]:
    """The ids that a field of these objects holds."""
    try:
        found = set(map(attrgetter(name), objects))
    except AttributeError:
        found = {getattr(obj, name, None) for obj in objects}
    found.discard(None)
    return found


def _known_to_be_seen(uow: UnitOfWork, authority: Authority, view: View, ids: set[int]) -> set[int]:
    """Those of these rows that are seen; remembered until a row of their table, or of what they are parts of, changes."""
    if uow._app.narrows or any(uow._tracker.maps.get(cls) for cls in view.rests_on):
        return view.seen(uow, ids)
    name = f"bo.seen {view.cls.__name__} {sorted(authority.companies or ())} {sorted(authority.wide)}"
    memory = uow._touch().memory(name, view.rests_on)
    known: set[int] = memory.setdefault("ids", set())
    if not ids <= known:
        if len(known) > MOST_SEEN:
            known.clear()
        known |= view.seen(uow, ids - known)
    return known & ids
