"""Who may change what somebody signs in with: he himself, and an administrator; what is an owner's only an owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from bocore.errors import Finding, NotAllowed, NotFound, UsageError
from bocore.kernel.users import USERS, User

if TYPE_CHECKING:
    from bocore.storage.session import Session
    from bocore.uow import UnitOfWork


@attrs.frozen
class Account:
    """What signing in needs of a user's row."""

    id: int
    version: int
    name: str
    owner: bool
    active: bool

    def __repr__(self) -> str:
        return f"<User {self.id} {self.name}>"


def read_account(session: Session, condition: str, value: Any) -> Account | None:
    """The user for whom a condition on one column holds."""
    sql = f"SELECT id, version, name, owner, state FROM bo_user WHERE {condition} = ?"
    row = session.execute(sql, (value,)).fetchone()
    return None if row is None else Account(row[0], row[1], row[2], bool(row[3]), row[4] == "active")


def account_of(uow: UnitOfWork, user: User | str) -> Account:
    """The user who is meant, whether or not the actor may read users."""
    if isinstance(user, User):
        if uow._tracker.is_new(user):
            uow.flush()
        found = read_account(uow._touch(), "id", user.id)
    elif isinstance(user, str):
        found = read_account(uow._touch(), "name", user)
    else:
        raise UsageError(f"{user!r} is no user.", fix="Give a User, or a name.")
    if found is None:
        raise NotFound("There is no such user.", at="bo_user", fix="bo user list shows who is one.")
    return found


def refuse_others(uow: UnitOfWork, account: Account, what: str, *, himself: bool = True, opens: bool = True) -> None:
    """Raise NotAllowed unless the actor may do this to what the user signs in with.

    :param himself: whether it is a user's own business, too. A program with a token of his is not himself.
    :param opens: whether somebody who does it could sign in as that user: it takes every permission that the user has.
    """
    if uow.authority.full or (himself and uow._actor == account.name and account.active):
        return
    require_users(uow, what)
    if not opens:
        return
    from bocore.access.delegation import MORE, OWNERS, beyond

    said = f"{uow.authority.name} may not {what} of"
    if account.owner:
        raise NotAllowed(Finding("bo.not_allowed", f"{said} an owner.", account, fix=OWNERS))
    more = beyond(uow, account.id)
    if more:
        raise NotAllowed(Finding("bo.not_allowed", f"{said} somebody who has {', '.join(more)}.", account, fix=MORE))


def require_users(uow: UnitOfWork, what: str) -> None:
    """Raise NotAllowed unless the actor may make users."""
    uow.require(USERS, what)
