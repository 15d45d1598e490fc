"""What holds for users, roles and grants: names that nobody mistakes, rights that exist, and always an owner."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import attrs
import sqlalchemy as sa

from bocore.errors import Finding
from bocore.kernel.users import ApiToken, Grant, Role, RolePermission, User
from bocore.plugins.hooks import concerns, hookimpl

if TYPE_CHECKING:
    from bocore.uow import Changes, UnitOfWork

OWN_NAMES = frozenset({"bocore", "init", "job", "migrate", "migration", "sign-in", "system"})
"""What bocore calls itself on the record."""
CODE = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
"""Alphabets with letters that look alike."""


def plain_name(name: str) -> str:
    """The name of a user as it is compared: one form for what Unicode can write in several, and for capitals."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def wrong_name(name: str) -> str | None:
    """What is wrong with the name of a user, in words; None where it is right."""
    if unicodedata.normalize("NFKC", name) != name:
        return "has characters that look like others, such as full-width letters"
    if any(unicodedata.category(each)[0] in "CZ" for each in name):
        return "has a space or a character that can't be seen"
    if ":" in name:
        return "has a colon, which jobs and migrations have on the record"
    if plain_name(name) in OWN_NAMES:
        return "is what bocore calls itself on the record"
    scripts = {script for each in name if each.isalpha() for script in SCRIPTS if unicodedata.name(each, "").startswith(script)}
    if len(scripts) > 1:
        return f"mixes letters that look alike: {' and '.join(sorted(each.capitalize() for each in scripts))}"
    return None


def nearest(name: str, known: Collection[str], what: str) -> str:
    """The remedy for a name that nobody knows: what may be meant, and what there is."""
    close = get_close_matches(name, known, n=1)
    meant = f"Did you mean {close[0]}? " if close else ""
    return f"{meant}There {what}: {', '.join(sorted(known)) or 'none'}."


@attrs.define
class _Known:
    """A user as he will be once the unit of work is written."""

    name: str
    owner: bool
    state: str


def _users(uow: UnitOfWork, changes: Changes) -> dict[int, _Known]:
    """id → user, as others have committed and as this unit of work leaves it.

    Those who change users wait for each other here: of two owners who disable each other one would be the last.
    """
    uow.hold("bo.users")
    columns = User.c
    found = {row[0]: _Known(*row[1:]) for row in uow.rows(sa.select(columns.id, columns.name, columns.owner, columns.state))}
    for row in changes.added(User):
        found[row.id] = _Known(row.name, row.owner, row.state)
    for change in changes.updated(User):
        for field in change.new.keys() & {"name", "owner", "state"}:
            setattr(found[change.entity.id], field, change.new[field])
    return found


@hookimpl
@concerns(User, Role, RolePermission, Grant, ApiToken)
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterator[Finding]:
    """Refuse names that could be mistaken, rights that do not exist, and a database without an owner."""
    if changes.touch(User):
        known = _users(uow, changes)
        yield from _names(changes, known)
        yield from _owners(changes, known)
    if changes.touch(Role, RolePermission, Grant):
        yield from _roles(uow, changes)
        yield from _grants(uow, changes)
    yield from _tokens(uow, changes)


def _names(changes: Changes, known: Mapping[int, _Known]) -> Iterator[Finding]:
    taken: dict[str, int] = {}
    for ident in sorted(known):
        taken.setdefault(plain_name(known[ident].name), ident)
    for row in changes.added(User):
        wrong = wrong_name(row.name)
        if wrong is None and row.name.startswith("former-"):
            wrong = "begins with former-, as the names of people who were forgotten do"
        if wrong is not None:
            fix = "Use letters, digits, points, hyphens and @, as in ann, a.smith or ann@acme.example."
            yield Finding("bo.user_name", f"The name of this user {wrong}.", row, "name", fix)
        elif taken[plain_name(row.name)] != row.id:
            other = taken[plain_name(row.name)]
            yield Finding("bo.user_exists", "Another user has this name, or one that differs in capitals only.", row, "name",
                          f"Choose another; or enable that user, whose id is {other}, again.")  # fmt: skip
    for change in changes.updated(User):
        row = change.entity
        if "name" in change.new and not (row.name == f"former-{row.id}" and row.state == "disabled"):
            fix = f"Disable this user and add another; to forget a person, the name of a disabled user becomes former-{row.id}."
            yield Finding("bo.user_name", "The name of a user can't change: the record has it.", row, "name", fix)
    for row in changes.removed(User):
        yield Finding(
            "bo.user_kept", "A user is not deleted: the record goes on naming him.", row, fix="Disable the user: bo user disable."
        )


def _owners(changes: Changes, known: Mapping[int, _Known]) -> Iterator[Finding]:
    if any(user.owner and user.state == "active" for user in known.values()):
        return
    added = changes.added(User)
    if added and len(added) == len(known):
        fix = "Make the first one an owner: bo user add NAME --owner, or User(name=…, owner=True)."
        yield Finding("bo.no_owner", "The first user must be an owner: nobody could make another.", added[0], "owner", fix)
        return
    for change in changes.updated(User):
        if change.new.keys() & {"owner", "state"}:
            fix = "Make somebody else an owner first: bo user add NAME --owner, or bo user owner NAME."
            field = "state" if "state" in change.new else "owner"
            yield Finding("bo.no_owner", "This is the last owner who is active; nobody could undo it.", change.entity, field, fix)


def _roles(uow: UnitOfWork, changes: Changes) -> Iterator[Finding]:
    for row in changes.added(Role):
        if not CODE.fullmatch(row.code):
            fix = "Use small letters, digits and hyphens, beginning with a letter: cashier. A point is for the roles of plugins."
            yield Finding("bo.role_code", f"{row.code!r} can't be the code of a role.", row, "code", fix)
    for change in changes.updated(Role):
        if "code" in change.new:
            yield Finding("bo.role_code", "The code of a role can't change: grants name it.", change.entity, "code",
                          "Change its title; or add another role, grant that one, and drop this.")  # fmt: skip
    gone = {row.code: row for row in changes.removed(Role)}
    if gone:
        held = [grant for grant in uow.select(Grant).where(Grant.c.role.in_(sorted(gone))) if grant not in changes.removed(Grant)]
        for code in sorted({grant.role for grant in held}):
            fix = f"Take it from them first: bo role revoke {code} USER; bo role show {code} lists them."
            yield Finding("bo.role_granted", f"The role {code} is still granted.", gone[code], "code", fix)
    permissions = uow._app.host.permissions
    for part in (*changes.added(RolePermission), *(change.entity for change in changes.updated(RolePermission))):
        if part.permission not in permissions:
            fix = nearest(part.permission, permissions, "are the permissions")
            message = f"{part.permission!r} is no permission that the core or a loaded plugin declares."
            yield Finding("bo.unknown_permission", message, part, "permission", fix)


def _grants(uow: UnitOfWork, changes: Changes) -> Iterator[Finding]:
    rows = [*changes.added(Grant), *(change.entity for change in changes.updated(Grant))]
    if not rows:
        return
    known = {*uow._app.host.roles, *(row[0] for row in uow.rows(sa.select(Role.c.code)))}
    wide = {row.user_id for row in rows if row.company_id is None}
    there = [grant for grant in uow.select(Grant).where(Grant.c.user_id.in_(sorted(wide))) if grant.company_id is None] if wide else []
    gone = changes.removed(Grant)
    for row in rows:
        if row.role not in known:
            fix = nearest(row.role, known, "are the roles")
            yield Finding("bo.unknown_role", f"There is no role {row.role!r}.", row, "role", fix)
        if row.company_id is None and any(
            (other.user_id, other.role) == (row.user_id, row.role) and other.id < row.id and other not in gone for other in there
        ):
            yield Finding("bo.granted", "This user has this role in every company already.", row, "role", "Leave it as it is.")


def _tokens(uow: UnitOfWork, changes: Changes) -> Iterator[Finding]:
    permissions: Any = uow._app.host.permissions
    for row in changes.added(ApiToken):
        for scope in row.scopes.split():
            if scope != "*" and scope not in permissions:
                message = f"{scope!r} is no permission that the core or a loaded plugin declares."
                yield Finding("bo.unknown_permission", message, row, "scopes", nearest(scope, permissions, "are the permissions"))
    for change in changes.updated(ApiToken):
        if change.new.keys() - {"revoked_at"} or change.old["revoked_at"] is not None:
            yield Finding("bo.token_kept", "A token only changes by being revoked, once.", change.entity, fix="Make another token.")
