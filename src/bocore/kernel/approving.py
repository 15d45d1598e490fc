"""Asking for approval, and answering: in a unit of work of whoever does it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bocore.access.actor import Actor, Scoped
from bocore.entities import Entity
from bocore.errors import ApprovalNeeded, Finding, NotFound, Refused, UsageError
from bocore.kernel.approvals import (
    MADE_BY,
    Approval,
    ApprovalAnswer,
    Asked,
    as_it_is,
    asked_for,
    covered,
    hash_of,
    is_known,
    is_role,
    person_in,
    same_person,
    who_must,
)
from bocore.kernel.company import Company
from bocore.kernel.settings import KernelSettings
from bocore.kernel.users import Grant, User
from bocore.uow.events import event, to_plain

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork


@event("bo.approval_used")
class ApprovalUsed:
    """What was approved was done in this commit: which request it was, and who approved it."""

    approval_id: int
    approved_by: list[str]


class Outdated(Refused):
    """What was approved is not any more what it was."""

    code = "bo.approval_outdated"


# ---------------------------------------------------------------- asking


def request_approval(
    uow: UnitOfWork, action: str, record: Entity | None = None, content: Mapping[str, Any] | None = None
) -> Approval | None:
    """Ask for approval of an action of your own; None where nobody must approve it. The same again gives the request that waits already.

    For what is no service of a plugin: a service with ``approval=True`` asks by itself. Commit, and once it is approved call
    :func:`use_approval` with the same action, row and content, in the unit of work that does it.

    :param action: the permission that it needs.
    :param record: what it is done to; approved as it is now, with its parts.
    :param content: everything else that decides what is done: amounts, dates, ids.
    :raises Refused: who must approve is neither a role nor a user (``bo.approvers``).
    """
    asked = _own(uow, action, record, content)
    needed = who_must(uow, asked)
    with uow.core():
        return keep_request(uow, asked, needed)


def use_approval(uow: UnitOfWork, action: str, record: Entity | None = None, content: Mapping[str, Any] | None = None) -> None:
    """Make use of an approval, once, in the unit of work that does what was approved; nothing happens where nobody must approve it.

    :raises ApprovalNeeded: it was not asked for, is not approved yet, or the row or content is another one by now.
    """
    asked = _own(uow, action, record, content)
    needed = who_must(uow, asked)
    if not needed:
        return
    with uow.core():
        found = pending(uow, asked)
        if found is None:
            fix = "Ask for it: request_approval, in a unit of work of its own."
            raise ApprovalNeeded(f"{action} must be approved by {' and '.join(needed)}.", fix=fix)
        if found.state != "approved":
            raise needed_of(found)
        finish(uow, found, needed)


def _own(uow: UnitOfWork, action: str, record: Entity | None, content: Mapping[str, Any] | None) -> Asked:
    uow.flush()  # what this unit of work has changed of the row counts
    values = {**({} if record is None else {"record": record}), **(content or {})}
    plain = {name: value.id if isinstance(value, Entity) else to_plain(value) for name, value in values.items()}
    return asked_for(uow, action, "", plain, values)


def keep_request(uow: UnitOfWork, asked: Asked, needed: list[str]) -> Approval | None:
    """Write the request, or find the one that waits already."""
    if not needed:
        return None
    found = pending(uow, asked)
    if found is not None:
        return found
    unknown = sorted({name for name in needed if not is_known(uow, name)})
    if unknown:
        message = f"{asked.service or asked.action} must be approved by {', '.join(unknown)}, which is neither a role nor a user."
        raise Refused(
            [Finding("bo.approvers", message, fix="Make the user or the role, or correct the setting `approvals` or the plugin.")]
        )
    mine = sorted({name for name in needed if same_person(uow, uow.actor, name) and not is_role(uow, name)})
    if mine:
        message = f"{', '.join(mine)} must approve {asked.service or asked.action}, and is who asks."
        raise Refused([Finding("bo.approvers", message, fix="Somebody else asks; or an administrator names a role that several have.")])
    now = uow.now()
    made = Approval(
        service=asked.service, action=asked.action, content=asked.content, content_hash=asked.hash, company_id=asked.content["company"],
        party_id=person_in(uow, asked.rows), needed=needed, requester=uow.actor, on_behalf_of=uow.on_behalf_of, reason=uow.reason,
        asked_at=now, expires_at=now + timedelta(days=uow.settings(KernelSettings).approval_days),
    )  # fmt: skip
    return uow.add(made, made_by=MADE_BY)


def pending(uow: UnitOfWork, asked: Asked) -> Approval | None:
    """The request of this actor for exactly this that waits, or is approved and not done yet; the approved first."""
    query = uow.select(Approval, content_hash=asked.hash, requester=uow.actor, on_behalf_of=uow.on_behalf_of)
    alive = [one for one in query.where(Approval.c.state.in_(["waiting", "approved"])) if uow.now() < one.expires_at]
    return min(alive, key=lambda one: (one.state != "approved", one.id), default=None)


def needed_of(approval: Approval) -> ApprovalNeeded:
    """The error that says what is waited for."""
    message = f"Nothing is done yet: approval {approval.id} is needed, by {' and '.join(approval.needed)}."
    fix = f"Somebody else who may approves it: bo approval approve {approval.id}."
    if approval.state == "approved":
        message, fix = f"Approval {approval.id} is given, and it is not done yet.", f"Do it: bo approval run {approval.id}."
    return ApprovalNeeded(message, at=f"approval {approval.id}", fix=fix, approval=approval.id)


# ---------------------------------------------------------------- answering


def approve(uow: UnitOfWork, ident: int) -> Approval:
    """Approve a request: by somebody else than who asked, who is a user that it names or has a role that it names.

    With the last approval that is needed its state is ``approved``.

    :raises Refused: by who asked (``bo.own_approval``); by who is not named, or whose part is filled (``bo.not_approver``); what was asked
        for has changed (``bo.approval_outdated``); it has ended or expired (``bo.approval_ended``).
    """
    found, answers = _open(uow, ident)
    with uow.core():
        roles = _part_of(uow, found, answers)
        if hash_of(as_it_is(uow, found.content)) != found.content_hash:
            raise outdated(found)
        given = [one.answers_for for one in answers if one.approves]
        if covered(found.needed, [*given, roles]) == len(given):
            message = "Those whose part you could take have approved it already."
            raise Refused([Finding("bo.not_approver", message, at_of(found), fix="Somebody with one of the other roles approves it.")])
        _answer(uow, found, roles, True)
        if covered(found.needed, [*given, roles]) == len(found.needed):
            uow.move(found, "approve")
            uow.write([found], made_by=MADE_BY)
    return found


def reject(uow: UnitOfWork, ident: int) -> Approval:
    """Reject a request, with a reason: by somebody who could approve it. It can't be approved or done any more."""
    found, answers = _open(uow, ident, "waiting", "approved")
    with uow.core():
        roles = _part_of(uow, found, answers)
        if not (uow.reason or "").strip():
            fix = 'Say why: bo.approvals.reject(17, actor="bob", reason="…"), or --reason at the command line.'
            raise Refused([Finding("bo.approval_reason", "A rejection needs a reason.", at_of(found), "reason", fix)])
        _answer(uow, found, roles, False)
        uow.move(found, "reject")
        uow.write([found], made_by=MADE_BY)
    return found


def withdraw(uow: UnitOfWork, ident: int) -> Approval:
    """Take a request back, as long as it is not done: by who asked."""
    found, _ = _open(uow, ident, "waiting", "approved")
    with uow.core():
        if (uow.actor, uow.on_behalf_of) != (found.requester, found.on_behalf_of):
            message = "It is withdrawn by who asked, and by nobody else."
            raise Refused([Finding("bo.approval_withdrawn", message, at_of(found), fix="Reject it: bo approval reject.")])
        uow.move(found, "withdraw")
        uow.write([found], made_by=MADE_BY)
    return found


def _answer(uow: UnitOfWork, found: Approval, roles: list[str], approves: bool) -> None:
    row = ApprovalAnswer(
        approval_id=found.id, person=uow.actor, approves=approves, answers_for=roles, reason=uow.reason, at=uow.now()
    )  # fmt: skip
    uow.add(row, made_by=MADE_BY)


def _open(uow: UnitOfWork, ident: int, *states: str) -> tuple[Approval, list[ApprovalAnswer]]:
    """A request that can still be answered, with the answers so far; nobody else answers meanwhile."""
    with uow.core():
        found = locked(uow, ident)
        if not Standing(uow).sees(found):
            raise not_found(ident)
        _refuse_ended(uow, found, *(states or ("waiting",)))
        return found, uow.children(found, ApprovalAnswer)


def locked(uow: UnitOfWork, ident: int) -> Approval:
    """A request, which nobody else changes until the end of the unit of work."""
    if type(ident) is not int:
        raise UsageError(f"{ident!r} is no id of a request for approval.", fix="bo approval list shows them.")
    found = uow.get_all(Approval, [ident], lock=True).get(ident)
    if found is None:
        raise not_found(ident)
    return found


def not_found(ident: int) -> NotFound:
    """The error for a request that is not there, or does not concern the actor: nobody is told which."""
    return NotFound(f"There is no request {ident} for approval that concerns you.", fix="bo approval list shows those that do.")


def _refuse_ended(uow: UnitOfWork, found: Approval, *states: str) -> None:
    state = state_of(uow, found)
    if state not in states:
        message = f"It can't be answered any more: it is {state}." if state != "approved" else "All who must have approved it."
        fix = (
            f"Do it: bo approval run {found.id}." if state == "approved" else "Ask anew, if it is still wanted." if state != "done" else ""
        )
        raise Refused([Finding("bo.approval_ended", message, at_of(found), fix=fix or "Nothing to do.", state=state)])


def refuse_unless_approved(uow: UnitOfWork, found: Approval) -> None:
    """Refuse to do what is not approved yet, is done already, or has ended otherwise."""
    _refuse_ended(uow, found, "waiting", "approved")
    if found.state != "approved":
        raise needed_of(found)


def _part_of(uow: UnitOfWork, found: Approval, answers: list[ApprovalAnswer]) -> list[str]:
    """Which of the roles and names that are needed the actor has; refused where he asked himself, has answered, or has none of them."""
    at = at_of(found)
    if uow.on_behalf_of is not None:
        raise Refused([Finding("bo.not_approver", "Nobody approves on behalf of somebody else.", at, fix="Approve in your own name.")])
    if isinstance(uow._actor, Scoped):
        raise Refused([Finding("bo.not_approver", "A program with a token does not approve: a person does.", at, fix="Sign in yourself.")])
    if any(same_person(uow, uow.actor, one) for one in (found.requester, found.on_behalf_of) if one is not None):
        message = "Who asked can't approve it, under whatever name."
        raise Refused([Finding("bo.own_approval", message, at, fix=f"Somebody else approves it: {' and '.join(found.needed)}.")])
    if any(same_person(uow, uow.actor, one.person) for one in answers):
        raise Refused([Finding("bo.not_approver", "You have answered already.", at, fix="Somebody else answers for the other part.")])
    standing = Standing(uow)
    roles = sorted({name for name in found.needed if standing.has(name, found.company_id)})
    if not roles:
        message = f"It is approved by {' and '.join(found.needed)}."
        raise Refused([Finding("bo.not_approver", message, at, fix="Ask one of them, or an administrator for the role.")])
    return roles


# ---------------------------------------------------------------- looking


def at_of(found: Approval) -> str:
    """Where a finding about a request is."""
    return f"approval {found.id}"


def state_of(uow: UnitOfWork, found: Approval) -> str:
    """The state for people: one that still waits after its time has expired."""
    return "expired" if found.state in ("waiting", "approved") and found.expires_at <= uow.now() else found.state


def outdated(found: Approval, message: str = "What was asked for has changed since.") -> Outdated:
    """The error for a request whose content is another one by now."""
    return Outdated(message, at=at_of(found), fix="Ask anew: what is approved is exactly what is done.", approval=found.id)


class Standing:
    """Which users and roles the actor of a unit of work stands for. Owners have every role; without any user so has everybody."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._roles: dict[int | None, frozenset[str] | None] = {}
        self._known: dict[str, bool] = {}

    def sees(self, found: Approval) -> bool:
        """Whether a request concerns the actor: who asked, and who could approve it."""
        if self._uow.actor in (found.requester, found.on_behalf_of):
            return True
        return any(self.has(name, found.company_id) for name in found.needed)

    def has(self, name: str, company: int | None) -> bool:
        """Whether the actor is that user, or has that role in the company."""
        if name not in self._known:
            self._known[name] = is_role(self._uow, name)
        if not self._known[name]:
            return name == self._uow.actor
        if company not in self._roles:
            self._roles[company] = _roles_of(self._uow, company)
        roles = self._roles[company]
        return roles is None or name in roles


def _roles_of(uow: UnitOfWork, company: int | None) -> frozenset[str] | None:
    """The roles of the actor in a company; None for all of them."""
    who: Any = uow._actor
    if isinstance(who, Actor):
        places = None if who.companies is None else {getattr(_company(uow, one), "id", None) for one in who.companies}
        return frozenset(who.roles) if places is None or (company is not None and company in places) else frozenset()
    name = who.user if isinstance(who, Scoped) else who
    user = uow.find(User, name=name) if isinstance(name, str) else None  # a job has none
    if user is None:
        return None if uow.select(User).first() is None else frozenset()
    if user.owner:
        return None
    return frozenset(one.role for one in uow.children(user, Grant) if one.company_id is None or one.company_id == company)


def _company(uow: UnitOfWork, given: str | int) -> Company | None:
    return uow.find(Company, code=given) if isinstance(given, str) else uow.get(Company, given)


def finish(uow: UnitOfWork, found: Approval, needed: list[str]) -> None:
    """Mark an approved request as done, in the unit of work that does it.

    :param needed: who must approve it by now: more may be asked of it than when it was approved.
    """
    found = locked(uow, found.id)
    refuse_unless_approved(uow, found)
    answers = [one for one in uow.children(found, ApprovalAnswer) if one.approves]
    if covered(needed, [one.answers_for for one in answers]) < len(needed):
        raise outdated(found, f"By now it must be approved by {' and '.join(needed)}.")
    uow.move(found, "run")
    uow.write([found], made_by=MADE_BY)
    uow.emit(ApprovalUsed(approval_id=found.id, approved_by=sorted(one.person for one in answers)))
