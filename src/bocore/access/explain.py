"""``bo access explain``: what decides whether somebody may do something, step by step, and which rule or plugin it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import attrs
import sqlalchemy as sa

from bocore.access.authority import FULL, Authority, authority_of, permissions_of
from bocore.access.views import base_view, hidden_fields
from bocore.entities import spec_of
from bocore.entities.tables import plain_table
from bocore.errors import NotFound, UnknownActor, UsageError
from bocore.kernel.users import Grant, User

if TYPE_CHECKING:
    from bocore.access.views import View
    from bocore.plugins import PluginHost
    from bocore.uow import UnitOfWork

ACTIONS = ("read", "add", "update", "remove")


@attrs.frozen
class Step:
    """One thing that was looked at.

    :param decides: ``yes``, ``no``, or empty where it decides nothing.
    """

    rule: str
    says: str
    decides: str = ""


@attrs.frozen
class Explanation:
    """Whether somebody may do something, and every step to that answer; the last that decides is the reason."""

    allowed: bool
    steps: tuple[Step, ...]

    @property
    def reason(self) -> Step:
        """What decided: the first no, or else the last yes."""
        refusing = [step for step in self.steps if step.decides == "no"]
        return refusing[0] if refusing else [step for step in self.steps if step.decides][-1]


def explain(uow: UnitOfWork, user: str, action: str, cls: type | None = None, ident: int | None = None) -> Explanation:
    """Say whether a user may do something; whoever asks needs the permission ``bo.users``.

    :param action: ``read``, ``add``, ``update`` or ``remove`` with an entity; or a permission, service, report, importer or exporter.
    :param cls: the entity.
    :param ident: the id of one row.
    """
    uow.require("bo.users", "see what others may do")
    with uow.core():
        steps = tuple(_steps(uow, user, action, cls, ident))
    return Explanation(all(step.decides != "no" for step in steps) and any(step.decides == "yes" for step in steps), steps)


def _steps(uow: UnitOfWork, user: str, action: str, cls: type | None, ident: int | None) -> Iterator[Step]:
    try:
        authority = authority_of(uow, user, uow._wanted_company)
    except UnknownActor as error:
        yield Step("user", error.findings[0].message, "no")
        return
    if authority is FULL:
        known = uow.find(User, name=user)
        yield Step("user", f"{user} is an owner." if known is not None else "There are no users yet: everything is open.", "yes")
        return
    yield Step("user", f"{user} is an active user; roles: {authority.why}.")
    if action in ACTIONS:
        if cls is None:
            raise UsageError(f"{action} of what?", fix="Name an entity: bo access explain ann read bo_party.")
        yield from _entity(uow, authority, user, action, cls)
        yield from _rows(uow, authority, cls, ident)
        yield from _fields(uow, authority, action, cls)
        yield from _plugins(uow, authority, action, cls, ident)
    else:
        yield from _permission(uow, authority, user, permission_of(uow._app.host, action))
        if cls is not None:
            yield from _rows(uow, authority, cls, ident)
            yield from _plugins(uow, authority, permission_of(uow._app.host, action), cls, ident)


def permission_of(host: PluginHost, action: str) -> str:
    """The permission that an action takes: itself, or that of the service, report, importer or exporter of this name."""
    if action in host.permissions:
        return action
    for kind in ("service", "report", "importer", "exporter"):
        try:
            found: str = host.resolve(kind, action).permission
        except NotFound:
            continue
        return found
    fix = f"Name one of {', '.join(ACTIONS)} with an entity, a permission, or a service or report by its full name."
    raise NotFound(f"There is no action {action!r}.", fix=fix)


def _permission(uow: UnitOfWork, authority: Authority, user: str, permission: str) -> Iterator[Step]:
    roles = sorted(authority.why.split(", "))
    giving = [role for role in roles if permission in permissions_of(uow, [role])]
    if authority.has(permission):
        yield Step("permission", f"{permission} is given by {', '.join(giving) or 'the scopes'}.", "yes")
    elif giving:
        yield Step("permission", f"{permission} is given by {', '.join(giving)}, but not in this company, or not to this token.", "no")
    else:
        yield Step("permission", f"No role of {user} has {permission}.", "no")


def _entity(uow: UnitOfWork, authority: Authority, user: str, action: str, cls: type) -> Iterator[Step]:
    wanted = uow._app.permissions_for(cls, "read" if action == "read" else "write")
    name, owner = spec_of(cls).name, uow._app.owner_of(cls)
    if not wanted:
        yield Step("entity", f"{name} names no permission: only the services, reports and hooks of {owner} reach it.", "no")
        return
    held = [permission for permission in wanted if authority.has(permission)]
    if held == ["*"]:
        yield Step("entity", f"{name} is open to every user.", "yes")
    elif held:
        yield from _permission(uow, authority, user, held[0])
    else:
        yield Step("entity", f"{name} takes {' or '.join(wanted)}, which no role of {user} has here.", "no")


def _rows(uow: UnitOfWork, authority: Authority, cls: type, ident: int | None) -> Iterator[Step]:
    """Companies first, then the rules of the plugins one by one, each with what it says of the row."""
    plain = attrs.evolve(authority, views={})
    with uow._answering(plain):
        rules = uow._app.host.trace("bo_record_rule", uow=uow, entity=cls) if uow._app.narrows else []
    view = base_view(uow, plain, cls)
    if view is None or not view.rows:
        gone = ident is not None and not _is_there(uow, cls, ident)
        yield Step("rows", f"{cls.__name__} {ident} is not there at all.", "no") if gone else Step("rows", "No rule hides rows.")
        return
    if ident is None:
        yield Step("rows", f"Only some rows are seen, by {view.rows}: name one to know of it.")
        return
    for plugin, condition in rules:
        table = plain_table(spec_of(cls))
        fits = bool(uow._touch().select(sa.select(table.c.id).where(table.c.id == ident, condition)).fetchall())
        yield Step(f"bo_record_rule of {plugin}", f"It {'leaves the row in sight' if fits else 'hides the row'}.", "" if fits else "no")
    yield _seen(uow, view, cls, ident)


def _seen(uow: UnitOfWork, view: View, cls: type, ident: int) -> Step:
    if ident in view.seen(uow, [ident]):
        return Step("rows", f"{cls.__name__} {ident} is among the rows that are seen.", "yes")
    return Step(
        "rows", f"{cls.__name__} {ident} is {'hidden by ' + view.rows if _is_there(uow, cls, ident) else 'not there at all'}.", "no"
    )


def _is_there(uow: UnitOfWork, cls: type, ident: int) -> bool:
    return uow._touch().execute(f"SELECT 1 FROM {spec_of(cls).name} WHERE id = ?", (ident,)).fetchone() is not None


def _fields(uow: UnitOfWork, authority: Authority, action: str, cls: type) -> Iterator[Step]:
    spec = spec_of(cls)
    hidden = sorted(hidden_fields(uow._app, authority, spec))
    if hidden:
        said = ", ".join(f"{name} (takes {spec.fields[name].options['read']})" for name in hidden)
        yield Step("fields", f"Hidden: {said}.")
    options = {name: field.options.get("write") for name, field in spec.fields.items()}
    closed = [f"{name} (takes {permission})" for name, permission in options.items() if permission and not authority.has(permission)]
    if closed and action in ("add", "update"):
        yield Step("fields", f"Can't be set: {', '.join(closed)}.")


def _plugins(uow: UnitOfWork, authority: Authority, action: str, cls: type, ident: int | None) -> Iterator[Step]:
    if not uow._app.authorizes:
        return
    records: list[Any] = [] if ident is None else list(uow.get_all(cls, [ident]).values())
    with uow._answering(authority):
        answers = uow._app.host.trace("bo_authorize", uow=uow, action=action, entity=cls, records=records)
    for plugin, findings in answers:
        for finding in findings or ():
            yield Step(f"bo_authorize of {plugin}", finding.message, "no")


def rights(uow: UnitOfWork, user: str) -> list[tuple[str, str, str]]:
    """(permission, role, company or empty for all) of everything that a user is given, sorted."""
    uow.require("bo.users", "see what others may do")
    with uow.core():
        known = uow.find(User, name=user)
        if known is None:
            raise NotFound(f"There is no user {user!r}.", fix="bo user list")
        found = []
        for grant in uow.children(known, Grant):
            company = "" if grant.company_id is None else uow._touch().execute(CODE, (grant.company_id,)).fetchone()[0]
            found += [(permission, grant.role, company) for permission in permissions_of(uow, [grant.role])]
    return sorted(found)


CODE = "SELECT code FROM bo_company WHERE id = ?"
