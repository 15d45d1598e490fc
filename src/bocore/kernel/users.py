"""Users, roles, and who has which role: what the unit of work asks before anything is read or written."""

from __future__ import annotations

from datetime import datetime

from bocore.entities import Entity, entity, field, parent, ref, states
from bocore.kernel.company import Company
from bocore.kernel.party import Party

USERS = "bo.users"


@entity("bo_user", steady=True, read=USERS, write=USERS)
class User(Entity):
    """Somebody, or a program, who signs in here and is named on the record.

    A user is disabled and not deleted: the record goes on naming him.
    """

    name: str = field(unique=True, max_length=100, not_blank=True, doc="what is signed in with, and stands on the record: no spaces")
    party_id: int | None = ref(Party, default=None, doc="the person, whose own name and addresses are kept there")
    owner: bool = field(default=False, doc="may do everything, and make others owners")
    state: str = states({("active", "disable"): "disabled", ("disabled", "enable"): "active"}, default="active")


@entity("bo_role", steady=True, read=USERS, write=USERS)
class Role(Entity):
    """A role of this firm's own, beside those that plugins declare: a name for some permissions."""

    code: str = field(unique=True, max_length=100, not_blank=True, doc="e.g. cashier; no point, which those of plugins have")
    title: str = field(default="", max_length=200)


@entity("bo_role_permission", unique=[("role_id", "permission")], steady=True)
class RolePermission(Entity):
    """One permission of a role."""

    role_id: int = parent(Role)
    permission: str = field(max_length=100, not_blank=True, doc="e.g. accounting.read")


@entity("bo_grant", unique=[("user_id", "role", "company_id")], steady=True)
class Grant(Entity):
    """A role that a user has, in one company or in all."""

    user_id: int = parent(User)
    role: str = field(max_length=100, not_blank=True, doc="of a plugin (accounting.bookkeeper), or the code of a role of this firm's own")
    company_id: int | None = ref(Company, default=None, cross_company=True, doc="where it holds; empty for every company")


@entity("bo_api_token", unique=["digest"])
class ApiToken(Entity):
    """What a program signs in with in the name of a user: shown once, kept as a digest, good until a day and for some permissions."""

    user_id: int = parent(User)
    title: str = field(max_length=100, not_blank=True, doc="what it is for, in words")
    digest: str = field(max_length=64, not_blank=True, doc="SHA-256 of the secret, as hexadecimal digits")
    scopes: str = field(default="", max_length=4000, doc="permissions with a space between, sorted; * for all that the user has")
    expires_at: datetime = field()
    revoked_at: datetime | None = field(default=None)
