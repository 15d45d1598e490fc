"""Commands about a whole database, which work even where its tables are older or a plugin is missing: may this user give them?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from bocore.errors import Finding, NotAllowed, UnknownActor

if TYPE_CHECKING:
    from bocore.storage.session import Session


def check_standing_in(session: Session, user: str, actor: str) -> None:
    """Raise NotAllowed where somebody at the command line names another as who acts, and is no owner; without users anybody may.

    :param user: who he is, as the operating system says.
    """
    if user == actor or session.table_columns("bo_user") is None or session.execute("SELECT 1 FROM bo_user LIMIT 1").fetchone() is None:
        return
    found = session.execute("SELECT owner FROM bo_user WHERE name = ? AND state = 'active'", (user,)).fetchone()
    if found is None or not found[0]:
        message = f"{user} is not an owner of this database, and may not act as {actor}."
        raise NotAllowed(Finding("bo.not_allowed", message, fix="Leave --as out; an owner gives you the roles that you need."))


def check_door(session: Session, roles: Callable[[], Mapping[str, Sequence[str]]], actor: str, permission: str, what: str) -> None:
    """Raise NotAllowed unless the user has the permission for all companies; a database without users is open.

    :param roles: gives role → permissions, of the plugins that are there; asked only where that matters.
    :param what: the end of "ann may not …".
    """
    if session.table_columns("bo_user") is None or session.execute("SELECT 1 FROM bo_user LIMIT 1").fetchone() is None:
        return
    found = session.execute("SELECT id, owner, state FROM bo_user WHERE name = ?", (actor,)).fetchone()
    if found is None or found[2] != "active":
        said = "is no user of this database" if found is None else "is a user who is disabled"
        raise UnknownActor(f"{actor!r} {said}.", fix="An administrator makes and enables users: bo user add, bo user enable.")
    if found[1]:
        return
    held = [row[0] for row in session.execute("SELECT role FROM bo_grant WHERE user_id = ? AND company_id IS NULL", (found[0],)).fetchall()]
    sql = "SELECT r.code FROM bo_role_permission p JOIN bo_role r ON r.id = p.role_id WHERE p.permission = ?"
    giving = {row[0] for row in session.execute(sql, (permission,)).fetchall()}
    if not any(role in giving or permission in roles().get(role, ()) for role in held):
        fix = f"It takes the permission {permission}, in all companies: an administrator gives a role that has it."
        raise NotAllowed(Finding("bo.not_allowed", f"{actor} may not {what}.", fix=fix, permission=permission))
