"""Nobody gives more than he has: what somebody who makes users may hand on, and whose credentials he may touch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from bocore.access.authority import permissions_of
from bocore.errors import Finding
from bocore.kernel.users import Grant, Role, RolePermission, User

if TYPE_CHECKING:
    from bocore.access.authority import Authority
    from bocore.uow import Changes, UnitOfWork

CODE = "bo.not_allowed"
OWNERS = "An owner does this."
MORE = "Somebody does this who has these permissions himself: an owner has all."


def lacking(authority: Authority, permissions: Iterable[str]) -> list[str]:
    """Those of these permissions that an authority does not have."""
    return sorted(permission for permission in set(permissions) if not authority.has(permission))


def check_delegation(uow: UnitOfWork, changes: Changes) -> Iterator[Finding]:
    """What a unit of work gives away that its actor does not have; nothing where an owner acts, or ``uow.system``."""
    from bocore.uow.acting import SystemUsed

    authority, closing = uow._base, uow._closing  # the actor's own: this is asked by the core
    if authority is None or authority.full or any(isinstance(each, SystemUsed) for each in (*closing.events, *closing.emitted)):
        return
    who = authority.name
    updated = {cls: [change.entity for change in changes.updated(cls)] for cls in (User, Role, RolePermission, Grant)}
    if authority.companies is not None:
        for cls in (User, Role, RolePermission):
            for row in (*changes.added(cls), *updated[cls], *changes.removed(cls)):
                message = f"{who} makes users in some companies only, and this holds in all."
                yield Finding(CODE, message, row, fix="Somebody does this who has bo.users in every company.")
    for row in changes.added(User):
        if row.owner:
            yield Finding(CODE, f"{who} is no owner, and can't make one.", row, "owner", OWNERS)
    for change in changes.updated(User):
        if change.new.keys() & {"owner"} or (change.entity.owner and change.new):
            yield Finding(CODE, f"{who} is no owner, and can't change one.", change.entity, next(iter(change.new)), OWNERS)
    for part in (*changes.added(RolePermission), *updated[RolePermission]):
        if lacking(authority, [part.permission]):
            yield Finding(CODE, f"{who} can't give {part.permission}, which he does not have.", part, "permission", MORE)
    for grant in (*changes.added(Grant), *updated[Grant]):
        more = lacking(authority, permissions_of(uow, [grant.role]))
        if more:
            yield Finding(CODE, f"{who} can't give {grant.role}: he does not have {', '.join(more)}.", grant, "role", MORE)
        if authority.companies is not None and grant.company_id not in authority.companies:
            message = f"{who} can't give a role in companies that he does not work for."
            yield Finding(CODE, message, grant, "company_id", "Name the company in which it shall hold.")


def beyond(uow: UnitOfWork, user_id: int) -> list[str]:
    """The permissions that a user has anywhere and the actor has not: who could sign in as that user would gain them."""
    rows = uow._touch().execute("SELECT DISTINCT role FROM bo_grant WHERE user_id = ?", (user_id,)).fetchall()
    with uow.core():
        permissions = permissions_of(uow, [row[0] for row in rows])
    return lacking(uow.authority, permissions)
