"""What an authority sees of an entity: whether its table at all, which rows, which fields; and selects that see no more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import attrs
import sqlalchemy as sa
from sqlalchemy.sql import visitors

from bocore.access.authority import CORE, Authority
from bocore.entities import EntitySpec, spec_of
from bocore.entities.generate import quoted
from bocore.entities.tables import plain_table
from bocore.errors import Finding, NotAllowed, NotFound
from bocore.kernel.company import Company

MOST = 1000
"""Ids in one select."""

if TYPE_CHECKING:
    from bocore.app_entities import Entities
    from bocore.uow import UnitOfWork


class Seen(sa.Subquery):
    """What is seen of a table, as selects name it: one object for as long as the rights stay as they are.

    SQLAlchemy looks up what it has compiled by walking through a statement; here it need go no further than this object.
    """

    inherit_cache = False

    def _gen_cache_key(self, anon_map: Any, bindparams: Any) -> tuple[Any, ...]:
        return (self,)


@attrs.frozen(eq=False)
class View:
    """The rows and fields of one entity that an authority sees.

    :param source: stands in place of the table in selects: hidden columns are NULL, hidden rows are not there.
    :param condition: which rows are seen, for a select of this table alone; None for all of them.
    :param columns: the columns that are hidden.
    :param text: the same as the beginning of a select of all columns, to which conditions are added.
    :param narrowed: whether a plugin narrows rows by an expression, which only ``source`` has and ``text`` has not.
    :param rows: why rows are hidden, in words; empty where none are.
    :param ids: as ``text``, of ids alone.
    :param rests_on: the entities from whose rows it follows which are seen: this one, and what it is a part of.
    """

    cls: type
    source: Seen
    condition: Any
    hidden: frozenset[str]
    columns: frozenset[str]
    text: str
    narrowed: bool
    rows: str = ""
    ids: str = ""
    rests_on: tuple[type, ...] = ()

    def seen(self, uow: UnitOfWork, ids: Iterable[int]) -> set[int]:
        """Those of these rows that are not hidden."""
        found: set[int] = set()
        wanted = sorted(set(ids))
        for at in range(0, len(wanted), MOST):
            some = wanted[at : at + MOST]
            session = uow._touch()
            if self.narrowed:
                rows = session.select(sa.select(self.source.c.id).where(self.source.c.id.in_(some))).fetchall()
            else:
                rows = session.execute(f"{self.ids} AND {session.among('id')}", (session.listed(some),)).fetchall()
            found.update(row[0] for row in rows)
        return found


def may_read(app: Entities, authority: Authority, cls: type) -> bool:
    """Whether rows of the entity are open to it at all."""
    owner = app.owner_of(cls)
    if authority.full or owner in authority.own or owner in authority.wide:
        return True
    return any(map(authority.has, app.permissions_for(cls, "read")))


def may_write(app: Entities, authority: Authority, cls: type) -> bool:
    """Whether it may add, change and delete rows of the entity."""
    owner = app.owner_of(cls)
    if authority.full or owner in authority.own or owner in authority.wide:
        return True
    return any(map(authority.has, app.permissions_for(cls, "write")))


def refuse_entity(app: Entities, authority: Authority, cls: type, what: str) -> NotAllowed:
    """The error for an entity that is not open.

    :param what: ``read`` or ``write``.
    """
    wanted = app.permissions_for(cls, what)
    owner = app.owner_of(cls)
    verb = "read" if what == "read" else "add, change or delete"
    if wanted:
        fix = f"It takes the permission {' or '.join(wanted)}: an administrator gives a role that has it."
    else:
        fix = f"Only the services, reports and hooks of {'the core' if owner == CORE else owner} reach it: call one of those."
    finding = Finding("bo.not_allowed", f"{authority.name} may not {verb} {cls.__name__}.", spec_of(cls).name, fix=fix)
    return NotAllowed(finding)


def hidden_fields(app: Entities, authority: Authority, spec: EntitySpec) -> frozenset[str]:
    """The fields that it may not see."""
    if authority.full or app.owner_of(spec.cls) in authority.wide:
        return frozenset()
    return frozenset(name for name, field in spec.fields.items() if field.options.get("read") and not authority.has(field.options["read"]))


def view_of(uow: UnitOfWork, authority: Authority, cls: type) -> View | None:
    """What the authority sees of an entity; None for all of it. NotAllowed where it may not read it."""
    app = uow._app
    if authority.full:
        return None
    try:
        return authority.views[cls]
    except KeyError:
        pass
    mine = uow._views.get((authority, cls), uow)
    if mine is not uow:
        return mine  # type: ignore[return-value]
    if not may_read(app, authority, cls):
        raise refuse_entity(app, authority, cls, "read")
    view = None if app.owner_of(cls) in authority.wide else _made(uow, authority, cls)
    if app.narrows:  # by what holds in this unit of work
        uow._views[authority, cls] = view
    else:
        authority.views[cls] = view
    return view


def _made(uow: UnitOfWork, authority: Authority, cls: type) -> View | None:
    spec, table = spec_of(cls), plain_table(spec_of(cls))
    hidden, rows, narrowed = hidden_fields(uow._app, authority, spec), _rows(uow, authority, spec), _narrowed(uow, authority, cls)
    if not hidden and rows is None and not narrowed:
        return None
    gone = {column.name for name in hidden for column in spec.fields[name].columns}
    columns = [sa.cast(sa.null(), c.type).label(c.name) if c.name in gone else c for c in table.c]
    conditions = [*([] if rows is None else [rows.condition]), *narrowed]
    make: Any = Seen._construct
    source = make(sa.select(*columns).where(*conditions), name=spec.name)
    shown = ", ".join(f"NULL AS {quoted(c.name)}" if c.name in gone else quoted(c.name) for c in spec.columns)
    rest = f"FROM {quoted(spec.name)} WHERE {(rows and rows.text) or '1 = 1'}"
    text, ids = f"SELECT {shown} {rest}", f"SELECT {quoted('id')} {rest}"
    by_plugin = bool(narrowed) or (rows is not None and rows.text is None)
    reasons = ["" if rows is None else rows.said, "the rules of plugins for its rows" if narrowed else ""]
    condition = sa.and_(*conditions) if conditions else None
    said = " and ".join(filter(None, reasons))
    return View(cls, source, condition, hidden, frozenset(gone), text, by_plugin, said, ids, (cls, *_above(spec)))


@attrs.frozen(eq=False)
class _Rows:
    """The condition for the rows that are seen: for SQLAlchemy, as SQL text where that can be, and in words."""

    condition: Any
    text: str | None
    said: str


def _rows(uow: UnitOfWork, authority: Authority, spec: EntitySpec) -> _Rows | None:
    """What follows from companies, and from what a row is a part of."""
    found = [one for one in (_of_companies(authority, spec), _of_base(uow, authority, spec)) if one is not None]
    if len(found) < 2:
        return found[0] if found else None
    texts = [one.text for one in found]
    text = None if None in texts else " AND ".join(f"({text})" for text in texts)
    return _Rows(sa.and_(*(one.condition for one in found)), text, " and ".join(dict.fromkeys(one.said for one in found)))


def _of_companies(authority: Authority, spec: EntitySpec) -> _Rows | None:
    """The rows of the actor's companies, and where that is left open those of nobody in particular."""
    name = company_column(spec)
    if not name or authority.companies is None:
        return None
    column, ids = plain_table(spec).c[name], sorted(authority.companies)
    if not ids:
        return _Rows(sa.false(), "1 = 0", "the companies of the actor: none")
    text = f"{quoted(name)} IN ({', '.join(map(str, ids))})"
    condition: Any = column == ids[0] if len(ids) == 1 else column.in_(ids)  # a list is unfolded for every select
    if column.nullable:  # what belongs to no company is everybody's
        text, condition = f"({text} OR {quoted(name)} IS NULL)", sa.or_(condition, column.is_(None))
    return _Rows(condition, text, "the companies of the actor")


def _of_base(uow: UnitOfWork, authority: Authority, spec: EntitySpec) -> _Rows | None:
    """The rows that are parts of others, or extend them, which are seen."""
    table, parent = plain_table(spec), spec.one("parent")
    base, column = (spec.extends, "id") if spec.extends is not None else (parent.target, parent.name) if parent is not None else (None, "")
    above = None if base is None or base is spec.cls else base_view(uow, authority, base)
    if base is None or above is None or not above.rows:
        return None
    # A look-up for each row: a list of all ids that are seen would be made anew for every select.
    alias = quoted(spec_of(base).name)
    link = f"{alias}.{quoted('id')} = {quoted(spec.name)}.{quoted(column)}"
    written = f"EXISTS (SELECT 1 FROM ({above.text}) AS {alias} WHERE {link})" if not above.narrowed else None
    looked = sa.select(above.source.c.id).where(above.source.c.id == table.c[column]).correlate(table).exists()
    return _Rows(looked, written, above.rows)


def _above(spec: EntitySpec) -> list[type]:
    """What rows of an entity extend or are parts of, up to the top."""
    found: list[type] = []
    while True:
        parent = spec.one("parent")
        base = spec.extends or (parent.target if parent is not None else None)
        if base is None or base is spec.cls or base in found:
            return found
        found.append(base)
        spec = spec_of(base)


def company_column(spec: EntitySpec) -> str:
    """The column that says to which company a row belongs; empty for rows that belong to none, or to that of what they are a part of."""
    return "id" if spec.cls is Company else "company_id" if any(column.name == "company_id" for column in spec.columns) else ""


def base_view(uow: UnitOfWork, authority: Authority, cls: type) -> View | None:
    """What is seen of the rows that others are a part of, whether or not the table itself may be read."""
    app = uow._app
    if app.owner_of(cls) in authority.wide:
        return None
    return view_of(uow, authority, cls) if may_read(app, authority, cls) else _made(uow, authority, cls)


def _narrowed(uow: UnitOfWork, authority: Authority, cls: type) -> list[Any]:
    """The conditions of plugins for the rows of an entity: asked for this authority, whoever runs now."""
    if not uow._app.narrows:
        return []
    with uow._answering(authority):
        return [condition for condition in uow._app.host.hook.bo_record_rule(uow=uow, entity=cls) if condition is not None]


def rewritten(statement: Any, views: dict[str, View], *, flat: bool = False) -> Any:
    """The statement with each of these tables replaced by what is seen of it.

    :param flat: it is a plain select of tables that are joined from inside, so that a condition more does the same for less.
    """
    if flat and not any(view.hidden for view in views.values()):
        return statement.where(*(view.condition for view in views.values()))

    def replace(node: Any, **_: Any) -> Any:
        if isinstance(node, sa.Table):
            found = views.get(node.name)
            return None if found is None else found.source
        if isinstance(node, sa.Column) and isinstance(node.table, sa.Table):
            found = views.get(node.table.name)
            return None if found is None else found.source.c[node.name]
        return None

    traverse: Any = visitors.replacement_traverse
    return traverse(statement, {}, replace)


def allowed(uow: UnitOfWork, tables: Iterable[str]) -> dict[str, View]:
    """What is seen of these tables, for those of which not all is; NotAllowed where one may not be read."""
    authority = uow.authority
    found = {name: view_of(uow, authority, uow._app.class_of(name)) for name in tables}
    return {name: view for name, view in found.items() if view is not None}


def sees_all(uow: UnitOfWork, cls: type) -> bool:
    """Whether the actor sees every row of an entity: then a message may name one that he did not ask for."""
    by = uow._base
    if by is None or by.full:
        return True
    view = _made(uow, by, cls) if may_read(uow._app, by, cls) else None
    return may_read(uow._app, by, cls) and (view is None or not view.rows)


def may_name(uow: UnitOfWork, company: int, cls: type | None = None) -> bool:
    """Whether a message may tell of rows of a company: the actor works for it.

    :param cls: their entity, where the message quotes from them: then he must be one who may read it.
    """
    by = uow._base
    if by is None or by.full:
        return True
    return (by.companies is None or company in by.companies) and (cls is None or may_read(uow._app, by, cls))


def check_row(uow: UnitOfWork, cls: type, ident: int, *, write: bool = False) -> None:
    """For functions that keep something with rows of any entity: NotAllowed or NotFound unless the row is seen, or may be changed."""
    if uow._free:
        return
    app, authority = uow._app, uow.authority
    if not (may_write if write else may_read)(app, authority, cls):
        raise refuse_entity(app, authority, cls, "write" if write else "read")
    view, mine = base_view(uow, authority, cls), uow._in_sight(authority, cls)
    if view is not None and view.rows and ident not in mine and ident not in view.seen(uow, [ident]):
        raise NotFound(
            f"There is no {cls.__name__} with the id {ident}.", at=f"{spec_of(cls).name} {ident}", fix="Look it up by another field."
        )


def seen_rows(uow: UnitOfWork, cls: type, ids: Iterable[int]) -> set[int]:
    """Those of these rows that are seen, for functions that tell what is kept with rows of any entity; NotAllowed where none may be."""
    authority = uow.authority
    if not may_read(uow._app, authority, cls):
        raise refuse_entity(uow._app, authority, cls, "read")
    wanted, view = set(ids), base_view(uow, authority, cls)
    return wanted if view is None or not view.rows else view.seen(uow, wanted)
