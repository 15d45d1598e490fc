"""People with roles, for tests of who may do what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from bocore.access.actor import Actor
from bocore.access.authority import FULL
from bocore.access.setup import first_owner
from bocore.errors import UsageError

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.uow import UnitOfWork


def seeing_all(bo: BackOffice, company: Any = None) -> UnitOfWork:
    """A unit of work that reads everything, whoever is a user: for what a test looks up by itself."""
    uow = bo.unit_of_work(actor="test", company=company, read_only=True)
    uow._actor = FULL
    return uow


def as_role(bo: BackOffice, *roles: str, companies: Iterable[str | int] | None = None, name: str = "") -> Actor:
    """Somebody who has these roles and no other right: ``bo.unit_of_work(actor=as_role(bo, "vet.assistant"))``.

    A database without users is open to everybody, who would prove nothing; so an owner called ``owner`` is made where there is no user
    yet. Without roles it is somebody who may do nothing.

    :param roles: of plugins, or of the firm's own, such as ``"vet.assistant"``.
    :param companies: codes or ids of the only companies in which he has them.
    :param name: what stands on the record; the roles, where left out.
    """
    for role in roles:
        if "." in role and role not in bo.host.roles:
            there = ", ".join(sorted(bo.host.roles)) or "none"
            raise UsageError(f"No plugin declares the role {role!r}.", fix=f"Plugins declare: {there}.")
    first_owner(bo, "owner")
    return Actor(name or "+".join(roles) or "nobody", roles, via="tests", companies=None if companies is None else tuple(companies))
