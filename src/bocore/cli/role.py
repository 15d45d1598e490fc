"""``bo role``: which roles there are, what they allow, and who has them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from bocore.cli import output as out
from bocore.cli.invocation import invocation
from bocore.cli.user import REASON, _user

if TYPE_CHECKING:
    from bocore.kernel.users import Role
    from bocore.uow import UnitOfWork

IN = click.option("--in", "place", metavar="CODE", help="In this company only. [default: in every company]")


@attrs.frozen
class RoleLine:
    """One role as the list shows it."""

    role: str
    title: str
    of: str
    permissions: int
    users: int


@attrs.frozen
class PermissionLine:
    """One permission: what it allows, and in which roles it is."""

    permission: str
    allows: str
    roles: str


@click.group()
def role() -> None:
    """Make roles of permissions, and give them to users."""


def _all(uow: UnitOfWork) -> dict[str, tuple[str, str, list[str]]]:
    """Role → its title, whose it is, and its permissions: those of plugins first."""
    from bocore.kernel.users import Role, RolePermission

    found = {name: ("", name.split(".")[0], sorted(permissions)) for name, permissions in sorted(uow._app.host.roles.items())}
    own = uow.select(Role).order_by(Role.c.code).all()
    parts = uow.children(own, RolePermission)
    return found | {row.code: (row.title, "this firm", sorted(part.permission for part in parts[row.id])) for row in own}


@role.command("list")
@out.listing
def list_(style: str | None, output: Path | None) -> None:
    """List the roles of plugins and of this firm."""
    from bocore.kernel.users import Grant

    this = invocation()
    with this.app.unit_of_work(actor=this.actor, company=this.company, read_only=True) as uow:
        grants = uow.select(Grant).all()
        lines = [
            RoleLine(name, title, whose, len(permissions), len({grant.user_id for grant in grants if grant.role == name}))
            for name, (title, whose, permissions) in _all(uow).items()
        ]
    out.put_rows(RoleLine, lines, style, output)


@role.command()
@out.listing
def permissions(style: str | None, output: Path | None) -> None:
    """List every permission that the core and the plugins declare."""
    this = invocation()
    with this.app.unit_of_work(actor=this.actor, company=this.company, read_only=True) as uow:
        roles = _all(uow)
    lines = [
        PermissionLine(name, allows, ", ".join(role for role, (_, _, names) in roles.items() if name in names))
        for name, allows in sorted(this.app.host.permissions.items())
    ]
    out.put_rows(PermissionLine, lines, style, output)


@role.command()
@click.argument("role")
@out.listing
def show(role: str, style: str | None, output: Path | None) -> None:
    """Show one: its permissions, and who has it."""
    from bocore.errors import NotFound
    from bocore.kernel.company import Company
    from bocore.kernel.user_rules import nearest
    from bocore.kernel.users import Grant, User

    this = invocation()
    with this.app.unit_of_work(actor=this.actor, company=this.company, read_only=True) as uow:
        roles = _all(uow)
        if role not in roles:
            raise NotFound(f"There is no role {role!r}.", at="bo_role", fix=nearest(role, roles, "are the roles"))
        title, whose, allowed = roles[role]
        grants = uow.select(Grant, role=role).all()
        users = uow.get_all(User, {grant.user_id for grant in grants})
        places = uow.get_all(Company, {grant.company_id for grant in grants if grant.company_id is not None})
        names = sorted(
            users[grant.user_id].name + ("" if grant.company_id is None else f" in {places[grant.company_id].code}") for grant in grants
        )
    whole: dict[str, Any] = {"role": role, "title": title, "of": whose, "permissions": allowed, "users": names}
    if style in ("json", "csv") or (output is not None and output.suffix.lower() in (".json", ".csv")):
        out.put_value(whole, style, output)
        return
    rows = [{"field": key, "value": ", ".join(value) if isinstance(value, list) else value} for key, value in whole.items() if value]
    out.put_value(rows, style, output)


@role.command()
@click.argument("code")
@click.argument("permissions", nargs=-1)
@click.option("--title", default="", metavar="TEXT", help="What it is called.")
@REASON
def add(code: str, permissions: tuple[str, ...], title: str, reason: str | None) -> None:
    """Make a role of this firm's own, of these PERMISSIONS."""
    from bocore.kernel.users import Role, RolePermission

    this = invocation()
    with this.app.unit_of_work(actor=this.actor, company=this.company, reason=reason) as uow:
        made = uow.add(Role(code=code, title=title))
        uow.add_all([RolePermission(role_id=made.id, permission=each) for each in dict.fromkeys(permissions)])
    many = "1 permission" if len(permissions) == 1 else f"{len(permissions) or 'no'} permissions"
    click.echo(f"{code} is a role of {many}.")


def _own(uow: UnitOfWork, code: str) -> Role:
    """The role of this firm; refused for a plugin's, which is as the plugin declares it."""
    from bocore.errors import Finding, NotFound, Refused
    from bocore.kernel.user_rules import nearest
    from bocore.kernel.users import Role

    found = uow.find(Role, code=code)
    if found is None and code in uow._app.host.roles:
        fix = f"Make one of your own: bo role add CODE, with the permissions that bo role show {code} lists."
        raise Refused([Finding("bo.role_of_plugin", f"{code} is a plugin's role, and stays as the plugin declares it.", code, fix=fix)])
    if found is None:
        known = [row.code for row in uow.select(Role)]
        raise NotFound(f"There is no role {code!r}.", at="bo_role", fix=nearest(code, known, "are the roles of this firm"))
    return found


@role.command()
@click.argument("code")
@click.argument("permissions", nargs=-1, required=True)
@REASON
def allow(code: str, permissions: tuple[str, ...], reason: str | None) -> None:
    """Add PERMISSIONS to a role: everybody who has it has them at once."""
    from bocore.kernel.users import RolePermission

    this = invocation()
    with this.app.unit_of_work(actor=this.actor, company=this.company, reason=reason) as uow:
        row = _own(uow, code)
        has = {part.permission for part in uow.children(row, RolePermission)}
        uow.add_all([RolePermission(role_id=row.id, permission=each) for each in dict.fromkeys(permissions) if each not in has])
    click.echo(f"{code} allows {', '.join(permissions)}.")


@role.command()
@click.argument("code")
@click.argument("permissions", nargs=-1, required=True)
@REASON
def deny(code: str, permissions: tuple[str, ...], reason: str | None) -> None:
    """Take PERMISSIONS out of a role."""
    from bocore.errors import Finding, Refused
    from bocore.kernel.user_rules import nearest
    from bocore.kernel.users import RolePermission

    this = invocation()
    with this.app.unit_of_work(actor=this.actor, company=this.company, reason=reason) as uow:
        has = {part.permission: part for part in uow.children(_own(uow, code), RolePermission)}
        absent = [each for each in permissions if each not in has]
        if absent:
            raise Refused(
                [
                    Finding("bo.unknown_permission", f"{code} does not allow {each!r}.", code, "permission", nearest(each, has, "are"))
                    for each in absent
                ]
            )
        for each in dict.fromkeys(permissions):
            uow.remove(has[each])
    click.echo(f"{code} does not allow {', '.join(permissions)} any more.")


@role.command()
@click.argument("role")
@click.argument("users", nargs=-1, required=True)
@IN
@REASON
def grant(role: str, users: tuple[str, ...], place: str | None, reason: str | None) -> None:
    """Give a role to USERS, in every company or in one."""
    from bocore.kernel.users import Grant

    this = invocation()
    with this.app.unit_of_work(actor=this.actor, company=this.company, reason=reason) as uow:
        company_id = _company(uow, place)
        uow.add_all([Grant(user_id=_user(uow, name).id, role=role, company_id=company_id) for name in dict.fromkeys(users)])
    click.echo(f"{', '.join(users)} {'has' if len(users) == 1 else 'have'} the role {role}{f' in {place}' if place else ''}.")


@role.command()
@click.argument("role")
@click.argument("users", nargs=-1, required=True)
@IN
@REASON
def revoke(role: str, users: tuple[str, ...], place: str | None, reason: str | None) -> None:
    """Take a role from USERS: that in every company, or that in one."""
    from bocore.errors import NotFound
    from bocore.kernel.users import Grant

    this = invocation()
    with this.app.unit_of_work(actor=this.actor, company=this.company, reason=reason) as uow:
        company_id = _company(uow, place)
        for name in dict.fromkeys(users):
            had = [each for each in uow.children(_user(uow, name), Grant) if (each.role, each.company_id) == (role, company_id)]
            if not had:
                where = f"in {place}" if place else "in every company"
                raise NotFound(f"{name} does not have the role {role} {where}.", at="bo_grant", fix=f"bo user show {name} lists the roles.")
            uow.remove(had[0])
    click.echo(f"{', '.join(users)} {'has' if len(users) == 1 else 'have'} the role {role} no more{f' in {place}' if place else ''}.")


def _company(uow: UnitOfWork, code: str | None) -> int | None:
    if code is None:
        return None
    from bocore.kernel.company import Company
    from bocore.values import find_entity

    found: int = find_entity(uow, Company, code).id
    return found


@role.command()
@click.argument("code")
@REASON
def drop(code: str, reason: str | None) -> None:
    """Delete a role of this firm that nobody has."""
    from bocore.kernel.users import RolePermission

    this = invocation()
    with this.app.unit_of_work(actor=this.actor, company=this.company, reason=reason) as uow:
        row = _own(uow, code)
        for part in uow.children(row, RolePermission):
            uow.remove(part)
        uow.remove(row)
    click.echo(f"{code} is no role any more.")
