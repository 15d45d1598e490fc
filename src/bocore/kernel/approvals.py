"""Four eyes: what was asked for, exactly, who must approve it, who did, and how it ended.

A request keeps the arguments of the call and names every row among them by its version, with its parts; a hash covers it all. Whatever of
that changes before it is done makes the request outdated, and it must be asked for anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import attrs
import sqlalchemy as sa

from bocore.entities import Entity, entity, field, parent, recorded, ref, spec_of, states
from bocore.errors import Finding
from bocore.kernel.company import Company
from bocore.kernel.party import Party
from bocore.kernel.settings import KernelSettings, Setting
from bocore.kernel.user_rules import plain_name
from bocore.kernel.users import Role, User
from bocore.plugins.hooks import concerns, hookimpl
from bocore.record.canonical import canonical_bytes

if TYPE_CHECKING:
    from bocore.uow import Changes, UnitOfWork

MADE_BY = "request_approval"
MOVES = {
    ("waiting", "approve"): "approved",
    ("waiting", "reject"): "rejected",
    ("waiting", "withdraw"): "withdrawn",
    ("waiting", "outdate"): "outdated",
    ("approved", "run"): "done",
    ("approved", "reject"): "rejected",
    ("approved", "withdraw"): "withdrawn",
    ("approved", "outdate"): "outdated",
}


@entity("bo_approval", made_by=MADE_BY, index=["state", "content_hash"])
class Approval(Entity):
    """Somebody asked for what others must approve first: what exactly, who asked and why, who must approve, and how it ended."""

    service: str = field(
        default="", max_length=200, doc="that runs once it is approved; empty where a program asked for an action of its own"
    )
    action: str = field(max_length=200, not_blank=True, doc="the permission that it needs")
    content: dict[str, Any] = field(personal="party_id", doc="the arguments, and the rows that they name in their versions")
    content_hash: str = field(max_length=64, personal="party_id", doc="SHA-256 of the canonical content, in hexadecimal")
    company_id: int | None = ref(Company, default=None, cross_company=True, doc="for which it was asked; empty where none was named")
    party_id: int | None = ref(Party, default=None, doc="whose data the content is, where it is a person's")
    needed: list[str] = field(doc="the roles or users who must approve; a role twice for two people who have it")
    requester: str = field(max_length=300, doc="the actor who asked, and in whose name it is done")
    on_behalf_of: str | None = field(default=None, max_length=300)
    reason: str | None = field(default=None, max_length=2000, doc="no personal data")
    asked_at: datetime
    expires_at: datetime = field(doc="from then on it can't be approved or done")
    state: str = states(MOVES, default="waiting")
    unit_id: int = recorded()


@entity("bo_approval_answer", append_only=True, unique=[("approval_id", "person")], made_by=MADE_BY)
class ApprovalAnswer(Entity):
    """What one person said to a request: nobody answers twice."""

    approval_id: int = parent(Approval)
    person: str = field(max_length=300, doc="the actor")
    approves: bool
    answers_for: list[str] = field(doc="which of the roles and names that were needed the person had then")
    reason: str | None = field(default=None, max_length=2000, doc="no personal data")
    at: datetime
    unit_id: int = recorded()


# ---------------------------------------------------------------- what is asked for


@attrs.frozen
class Asked:
    """What is to be approved: plain content, what it hashes to, and the values that the plugins are asked about."""

    action: str
    service: str
    content: dict[str, Any]
    values: Mapping[str, Any] = attrs.field(repr=False)
    rows: tuple[Entity, ...] = attrs.field(repr=False)

    @property
    def hash(self) -> str:
        """The hash of the content."""
        return hash_of(self.content)

    @property
    def record(self) -> Entity | None:
        """The first row that it names."""
        return self.rows[0] if self.rows else None


def asked_for(uow: UnitOfWork, action: str, service: str, arguments: Mapping[str, Any], values: Mapping[str, Any]) -> Asked:
    """What is asked for.

    :param arguments: plain JSON, rows as their ids.
    :param values: the same as objects.
    """
    rows = tuple(dict.fromkeys(row for value in values.values() for row in _rows_in(value)))
    with uow.core():
        content = {
            "action": action, "service": service, "arguments": dict(arguments), "company": _company(uow),
            "rows": [version_of(uow, type(row), row.id) for row in rows],
        }  # fmt: skip
    return Asked(action, service, content, values, rows)


def _company(uow: UnitOfWork) -> int | None:
    """The company that it is for: the one that was named, or the only one; None where it is for none."""
    if uow._wanted_company is not None:
        return uow.company.id
    only = uow.select(Company).limit(2).all()
    return only[0].id if len(only) == 1 else None


def hash_of(content: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical content, in hexadecimal."""
    return sha256(canonical_bytes(dict(content))).hexdigest()


def as_it_is(uow: UnitOfWork, content: Mapping[str, Any]) -> dict[str, Any]:
    """The content with the rows that it names as they are now. Of a person who was forgotten nothing is left."""
    classes = {spec_of(cls).name: cls for _, cls in uow._app.host.entity_classes()}
    named = [(name, ident) for name, ident, *_ in content.get("rows", ())]
    rows = [version_of(uow, classes[name], ident) if name in classes else [name, ident, None, ""] for name, ident in named]
    return {**content, "rows": rows}


def version_of(uow: UnitOfWork, cls: Any, ident: int) -> list[Any]:
    """``[entity, id, version, parts]``: the version of a row, and a hash over the ids and versions of all its parts and extensions.

    Every change counts a version up, so this tells one content from another without repeating what may be secret or a person's.
    """
    found = _versions(uow, cls, cls.c.id == ident)
    parts: list[Any] = []
    waiting: list[tuple[Any, Any]] = [(cls, sa.select(cls.c.id).where(cls.c.id == ident))]
    while waiting:
        owner, ids = waiting.pop()
        extensions: list[tuple[Any, Any]] = [(other, other.c.id) for other in uow._app.extensions_of(owner)]
        children: list[tuple[Any, str]] = [(spec.cls, link.name) for spec, link in uow._app.referrers(owner) if link.role == "parent"]
        for part, column in [*extensions, *((part, part.c[name]) for part, name in children)]:
            if spec_of(part).derived:
                continue
            inside = _versions(uow, part, column.in_(ids))
            if inside:
                parts.append([spec_of(part).name, inside])
                waiting.append((part, sa.select(part.c.id).where(column.in_(ids))))
    digest = sha256(canonical_bytes(sorted(parts, key=canonical_bytes))).hexdigest() if parts else ""
    return [spec_of(cls).name, ident, found[0][1] if found else None, digest]


def _versions(uow: UnitOfWork, cls: Any, condition: Any) -> list[list[int]]:
    """``[id, version]`` of rows; those that are written once have no other version than 0."""
    version = sa.literal(0) if spec_of(cls).append_only else cls.c.version
    return [[ident, number] for ident, number in uow.rows(sa.select(cls.c.id, version).where(condition).order_by(cls.c.id))]


def _rows_in(value: Any) -> list[Entity]:
    if isinstance(value, Entity):
        return [value]
    return [row for one in value for row in _rows_in(one)] if isinstance(value, (list, tuple)) else []


def person_in(uow: UnitOfWork, rows: Iterable[Entity]) -> int | None:
    """The first party whose data rows are, by the paths of their personal fields; None where they are nobody's."""
    for row in rows:
        for path in dict.fromkeys(one.options["personal"] for one in spec_of(type(row)).fields.values() if one.options.get("personal")):
            at: Any = row
            for name in path.split("."):
                spec = spec_of(type(at))
                target = spec.extends if name == "id" else spec.fields[name].target
                ident = getattr(at, name)
                at = at if target is None else None if ident is None else uow.get(target, ident)
                if at is None:
                    break
            if isinstance(at, Party):
                return at.id
    return None


# ---------------------------------------------------------------- who must approve


def who_must(uow: UnitOfWork, asked: Asked) -> list[str]:
    """The roles and users whom the plugins name for this call, of all plugins together; a name as often as one of them gives it."""
    needed: Counter[str] = Counter()
    given = {"action": asked.action, "record": asked.record, "service": asked.service, "arguments": asked.values}
    for answer in uow.hook.bo_approvers(uow=uow, **given):
        needed |= Counter([answer] if isinstance(answer, str) else answer)
    return sorted(needed.elements())


def listed(uow: UnitOfWork) -> Mapping[str, tuple[str, ...]]:
    """Service or action → who must approve it, by the setting ``approvals``."""
    with uow.core():
        memory = uow.memory("bo.approvals", Setting)
        if "listed" not in memory:
            memory["listed"] = {name: _names(text) for name, text in uow.settings(KernelSettings).approvals.items()}
    found: Mapping[str, tuple[str, ...]] = memory["listed"]
    return found


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, text.split(","))))


@hookimpl
def bo_approvers(uow: UnitOfWork, action: str, service: str) -> Iterable[str] | None:
    """Answer for what an administrator has listed."""
    return listed(uow).get(service or action)


@hookimpl
@concerns(Setting)
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterable[Finding]:
    """Refuse a setting that names a service or a person that there is not: it would protect nothing, or let nothing through."""
    for row in [*changes.added(Setting), *(change.entity for change in changes.updated(Setting))]:
        if (row.plugin, row.name) == ("bo", "approvals"):
            for name, text in row.value["value"].items():
                yield from _wrong(uow, row, name, _names(text))


def _wrong(uow: UnitOfWork, row: Setting, name: str, people: Sequence[str]) -> Iterable[Finding]:
    host = uow._app.host
    service = host.services.get(name)
    if (service is None and name not in host.permissions) or (service is not None and service.read_only):
        message = f"There is no service {name!r}." if service is None else f"{name} only reads: there is nothing to approve."
        close = get_close_matches(name, [one for one, declared in host.services.items() if not declared.read_only], 1)
        fix = f"Did you mean {close[0]}?" if close else "Give the full name of a service that writes, such as bo.unlock_period."
        yield Finding("bo.approvals", message, row, "approvals", fix)
    if not people:
        yield Finding(
            "bo.approvals", f"Nobody is named who must approve {name}.", row, "approvals", "Name a role, or take the service out."
        )
    unknown = [one for one in people if not is_known(uow, one)]
    if unknown:
        message = f"{', '.join(unknown)} is neither a role nor a user, and must approve {name}."
        yield Finding("bo.approvals", message, row, "approvals", f"Roles of plugins: {', '.join(sorted(host.roles)) or 'none'}.")


def is_role(uow: UnitOfWork, name: str) -> bool:
    """Whether a name is that of a role; else it is a user's."""
    return name in uow._app.host.roles or uow.find(Role, code=name) is not None


def is_known(uow: UnitOfWork, name: str) -> bool:
    """Whether there is such a role or active user. Where nobody is a user yet, and of those whom a host knows, any name will do."""
    if is_role(uow, name) or VIA in name:
        return True
    return uow.find(User, name=name, state="active") is not None or uow.select(User).first() is None


# ---------------------------------------------------------------- who is who

VIA = " via "


def same_person(uow: UnitOfWork, one: str, other: str) -> bool:
    """Whether two actors are, or may be, one human being: by name, whoever vouches for it, or as users of one party.

    :param one, other: as ``uow.actor`` has them. For rules of your own by which two people are to do something; it needs no permission.
    """
    if _bare(one) == _bare(other):
        return True
    with uow.core():
        parties = [user.party_id for name in (one, other) if (user := uow.find(User, name=name)) is not None]
    return len(parties) == 2 and parties[0] is not None and parties[0] == parties[1]


def _bare(actor: str) -> str:
    return plain_name(actor.split(VIA)[0]).strip()


def covered(needed: Sequence[str], answers: Sequence[Iterable[str]]) -> int:
    """How many of those needed are there, each by somebody else: the largest matching of needed names and answers.

    Who has several of the roles stands for whichever leaves the others to the rest.
    """
    taken: dict[int, int] = {}  # position in needed → answer

    def place(answer: int, tried: set[int]) -> bool:
        for position, name in enumerate(needed):
            if name in answers[answer] and position not in tried:
                tried.add(position)
                if position not in taken or place(taken[position], tried):
                    taken[position] = answer
                    return True
        return False

    return sum(place(answer, set()) for answer in range(len(answers)))
