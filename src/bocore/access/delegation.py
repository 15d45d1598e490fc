"""Nobody gives more than he has: what somebody who makes users may hand on, and whose credentials he may touch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bocore.access.authority import CORE, permissions_of
from bocore.errors import Finding
from bocore.kernel.users import ApiToken, Grant, Role, RolePermission, User

if TYPE_CHECKING:
    from bocore.access.authority import Authority
    from bocore.uow import UnitOfWork

RIGHTS = (User, Role, RolePermission, Grant, ApiToken)
CODE = "bo.not_allowed"
OWNERS = "An owner does this."
MORE = "Somebody does this who has these permissions himself: an owner has all."


def lacking(authority: Authority, permissions: Iterable[str]) -> list[str]:
    """Those of these permissions that an authority does not have."""
    return sorted(permission for permission in set(permissions) if not authority.has(permission))


def check_rights(
    uow: UnitOfWork, authority: Authority, objects: Sequence[Any], old: Sequence[Mapping[str, Any]] = (), *, removed: bool = False
) -> Iterator[Finding]:
    """What rows of users, roles and grants give away that the code which wrote them may not give.

    :param authority: by which they were written; the owner's and that of ``uow.system`` gives everything.
    :param old: the columns of altered rows before.
    :param removed: whether the rows are to be deleted.
    """
    cls = type(objects[0]) if objects else None
    if cls not in RIGHTS or authority.full or CORE in authority.wide:
        return
    who = authority.name
    if authority.companies is not None and cls in (User, Role, RolePermission):
        for row in objects:
            message = f"{who} makes users in some companies only, and this holds in all."
            yield Finding(CODE, message, row, fix="Somebody does this who has bo.users in every company.")
    for row, before in zip(objects, old or [{}] * len(objects), strict=True):
        if cls is User and (row.owner or before.get("owner")):
            what, field = ("make", "owner") if not before or not before.get("owner") else ("change", None)
            yield Finding(CODE, f"{who} is no owner, and can't {what} one.", row, field, OWNERS)
        elif cls is RolePermission and not removed and lacking(authority, [row.permission]):
            yield Finding(CODE, f"{who} can't give {row.permission}, which he does not have.", row, "permission", MORE)
        elif cls is Grant and not removed:
            yield from _grant(uow, authority, row)
        elif cls is ApiToken and not removed and before.get("user_id") != row.user_id:
            yield from _token(uow, authority, row)


def _grant(uow: UnitOfWork, authority: Authority, grant: Grant) -> Iterator[Finding]:
    who, more = authority.name, lacking(authority, permissions_of(uow, [grant.role]))
    if more:
        yield Finding(CODE, f"{who} can't give {grant.role}: he does not have {', '.join(more)}.", grant, "role", MORE)
    if authority.companies is not None and grant.company_id not in authority.companies:
        message = f"{who} can't give a role in companies that he does not work for."
        yield Finding(CODE, message, grant, "company_id", "Name the company in which it shall hold.")


def _token(uow: UnitOfWork, authority: Authority, token: ApiToken) -> Iterator[Finding]:
    """Whoever makes a token can act as its user."""
    user = uow.get_all(User, [token.user_id]).get(token.user_id)
    if user is None or user.name == authority.name:
        return
    if user.owner:
        yield Finding(CODE, f"{authority.name} is no owner, and can't make a token of one.", token, "user_id", OWNERS)
    for grant in uow.children(user, Grant, written=True):
        yield from _grant(uow, authority, grant)


def beyond(uow: UnitOfWork, user_id: int) -> list[str]:
    """The permissions that a user has anywhere and the actor has not: who could sign in as that user would gain them."""
    rows = uow._touch().execute("SELECT DISTINCT role FROM bo_grant WHERE user_id = ?", (user_id,)).fetchall()
    with uow.core():
        permissions = permissions_of(uow, [row[0] for row in rows])
    return lacking(uow.authority, permissions)
