"""``Authority``: what the code that runs at this moment may do, and how it follows from the actor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import attrs

from bocore.access.actor import Actor, Scoped, Who
from bocore.errors import NotFound, UnknownActor, UsageError
from bocore.kernel.company import Company
from bocore.kernel.users import Grant, Role, RolePermission, User

if TYPE_CHECKING:
    from bocore.access.views import View
    from bocore.uow import UnitOfWork

CORE = "bo"
"""The prefix of the core: of its tables and permissions."""


@attrs.frozen(eq=False)
class Authority:
    """What may be done: by an actor, by a service on his behalf, by a hook of a plugin, or by the core itself.

    :param permissions: those in force; None for all of them.
    :param companies: the ids of the companies whose rows are seen; None for all.
    :param own: prefixes of plugins whose tables are open whatever the permissions: a service's own. Rules of rows and fields hold.
    :param wide: prefixes of plugins all of whose rows and fields are open: a hook's own plugin, what it requires, and the core.
    """

    name: str
    permissions: frozenset[str] | None = frozenset()
    companies: frozenset[int] | None = None
    own: frozenset[str] = frozenset()
    wide: frozenset[str] = frozenset()
    why: str = ""
    """Where the permissions come from, in words, for ``bo access explain``."""
    views: dict[type, View | None] = attrs.field(factory=dict, repr=False)
    """What it sees of entities whose rows no plugin narrows."""
    known: dict[Any, Any] = attrs.field(factory=dict, repr=False)
    """What follows from it and was worked out before: the authorities of what it calls, the fields that it may not set."""
    full: bool = attrs.field(init=False, repr=False)
    """Whether nothing at all is checked: asked for all the time."""

    @full.default
    def _full(self) -> bool:
        return self.permissions is None and self.companies is None

    def has(self, permission: str) -> bool:
        """Whether the permission is in force."""
        return self.permissions is None or permission in self.permissions or permission == "*"

    def serving(self, plugin: str, lent: Iterable[str] = ()) -> Authority:
        """That of a service, report or importer of a plugin, called by this one."""
        key = ("serving", plugin, *lent)
        found: Authority | None = self.known.get(key)
        if found is None:
            permissions = None if self.permissions is None else self.permissions | frozenset(lent)
            found = attrs.evolve(self, permissions=permissions, own=self.own | {plugin}, views={}, known={})
            self.known[key] = found
        return found

    def widened(self, plugins: frozenset[str]) -> Authority:
        """That of a hook implementation: everything of its own plugin, of those that it requires, and of the core."""
        found: Authority | None = self.known.get(plugins)
        if found is None:
            found = self.known[plugins] = attrs.evolve(self, wide=self.wide | plugins, own=self.own | plugins, views={}, known={})
        return found


FULL = Authority("bocore", None, None)
"""The core's own, for its internals: numbers, checks, migrations."""
NOBODY = Authority("nobody", frozenset(), frozenset())


def authority_of_job(name: str, plugin: str, permissions: Iterable[str]) -> Authority:
    """A job acts as itself: with the permissions that it declares, in every company."""
    return Authority(f"job:{name}", frozenset(permissions), None, own=frozenset((plugin,)), why=f"the job {name} declares them")


def authority_of(uow: UnitOfWork, actor: Who | Authority, company: Any) -> Authority:
    """What an actor may do in a unit of work for a company; UnknownActor for who is no user here.

    Remembered between units of work until a user, role, grant or company changes.
    """
    memory = uow.memory("bo.access", User, Role, RolePermission, Grant, Company)
    asked = (actor, getattr(company, "id", company))
    found: Authority | None = memory.get(asked)
    if found is None:
        if len(memory) > 10_000:
            memory.clear()
        if isinstance(actor, Authority):  # a job's
            found = FULL if _nobody(uow) else actor
        else:
            found = _vouched(uow, actor, company) if isinstance(actor, Actor) else _user(uow, actor, company)
        memory[asked] = found
    return found


def _nobody(uow: UnitOfWork) -> bool:
    """Whether nobody has been made a user yet: then there is nobody whose rights could be held against others."""
    return uow._touch().execute("SELECT 1 FROM bo_user LIMIT 1").fetchone() is None


def _user(uow: UnitOfWork, actor: str | Scoped, company: Any) -> Authority:
    name, scopes = (actor, None) if isinstance(actor, str) else (actor.user, actor.permissions)
    user = uow.find_written(User, name=[name]).get(name)
    if user is None:
        if scopes is None and _nobody(uow):
            return FULL
        fix = "Make the user: bo user add. A host that knows its users itself gives Actor(name, roles=[…], via=…)."
        raise UnknownActor(f"{name!r} is no user of this database.", fix=fix)
    if user.state != "active":
        raise UnknownActor(f"The user {name!r} is disabled.", fix="An administrator enables users: bo user enable.")
    if user.owner:
        return FULL if scopes is None else Authority(name, scopes, None, why="the scopes of the token")
    grants = [(grant.role, grant.company_id) for grant in uow.children(user, Grant, written=True)]
    return _limited(uow, name, grants, company, scopes)


def _vouched(uow: UnitOfWork, actor: Actor, company: Any) -> Authority:
    known = {*uow._app.host.roles, *uow.find_written(Role, code=actor.roles)}
    unknown = [role for role in actor.roles if role not in known]
    if unknown:
        message = f"{actor.via} gives {actor.name} the role {', '.join(unknown)}, which nobody declares."
        raise UsageError(message, fix=f"Plugins declare: {', '.join(sorted(uow._app.host.roles)) or 'none'}.")
    if actor.companies is None:
        return _limited(uow, actor.recorded, [(role, None) for role in actor.roles], company, None)
    places = [_company(uow, one) for one in actor.companies]
    found = _limited(uow, actor.recorded, [(role, place) for role in actor.roles for place in places], company, None)
    return found if found.companies is not None else attrs.evolve(found, companies=frozenset(places), views={})


def _company(uow: UnitOfWork, given: str | int) -> int:
    found = uow.find(Company, code=given) if isinstance(given, str) else uow.get(Company, given)
    if found is None:
        raise NotFound(f"There is no company with the code {given!r}.", fix="Name a company of this database in Actor(companies=…).")
    return found.id


def _limited(uow: UnitOfWork, name: str, grants: list[tuple[str, int | None]], company: Any, scopes: frozenset[str] | None) -> Authority:
    """The permissions of the roles that hold in this unit of work, and the companies in which all of them do.

    What somebody may in one company only must not reach into another: a unit of work for that company sees no other.
    """
    everywhere = permissions_of(uow, [role for role, place in grants if place is None])
    there = {
        each: permissions_of(uow, [role for role, place in grants if place == each])
        for each in sorted({place for _, place in grants if place is not None})
    }
    companies: frozenset[int] | None = None
    permissions, chosen = everywhere, _chosen(uow, company) if there else 0
    if chosen in there:
        permissions = everywhere | there[chosen]
        companies = None if permissions == everywhere else frozenset((chosen,))
    elif there and not everywhere:
        companies = frozenset(there)
        permissions = frozenset.intersection(*there.values()) if not chosen else frozenset()
    why = ", ".join(sorted({role for role, _ in grants})) or "no role"
    return Authority(name, permissions if scopes is None else permissions & scopes, companies, why=why)


def _chosen(uow: UnitOfWork, company: Any) -> int:
    """The company of the unit of work; 0 where none was named."""
    if company is None:
        return 0
    from bocore.kernel.company import which_company

    return which_company(uow, company).id


def permissions_of(uow: UnitOfWork, roles: Iterable[str]) -> frozenset[str]:
    """The permissions of roles: of plugins that are loaded, and of this firm's own."""
    wanted, declared = set(roles), uow._app.host.roles
    found: set[str] = set()
    for role in wanted & declared.keys():
        found.update(declared[role])
    own = list(uow.find_written(Role, code=wanted - declared.keys()).values()) if wanted - declared.keys() else []
    for parts in uow.children(own, RolePermission, written=True).values() if own else ():
        found.update(part.permission for part in parts)
    return frozenset(found)
