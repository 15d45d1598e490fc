"""The first user of a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bocore.kernel.users import User

if TYPE_CHECKING:
    from bocore.app import BackOffice


def first_owner(app: BackOffice, name: str) -> bool:
    """Make the first user, who may do everything; False where there are users already."""
    if has_users(app):
        return False
    with app.unit_of_work(actor=name, reason="First owner") as uow:
        uow.add(User(name=name, owner=True))
    return True


def has_users(app: BackOffice) -> bool:
    """Whether anybody is a user here: if not, everybody may do everything."""
    with app.looking() as session:
        return session.execute("SELECT 1 FROM bo_user LIMIT 1").fetchone() is not None
