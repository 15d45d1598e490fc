"""Services that others must approve: the call that becomes a request, and the request that becomes a call again."""

from __future__ import annotations

import contextlib
import inspect
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import attrs

from bocore.access.authority import Authority
from bocore.errors import ApprovalNeeded, BocoreError, Finding, NotAllowed, Refused, UsageError
from bocore.jobs.arguments import packed, unpacked
from bocore.kernel import approving
from bocore.kernel.approvals import MADE_BY, VIA, Approval, ApprovalAnswer, Asked, as_it_is, asked_for, hash_of, listed, who_must
from bocore.kernel.approving import Standing, at_of, finish, keep_request, needed_of, outdated, pending, state_of
from bocore.plugins.declare import Service
from bocore.uow.events import event
from bocore.values import holds_entity, is_entity

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.plugins import Option
    from bocore.uow import UnitOfWork


@event("bo.approval_refused")
class ApprovalRefused:
    """Somebody tried to answer a request, or to do what it asks for, and was refused."""

    approval_id: int
    code: str


class _Rehearsed(Exception):
    """Ends the part in which a call was tried: everything was written and checked, and is undone."""


# ---------------------------------------------------------------- a call becomes a request


def must_wait(
    uow: UnitOfWork, service: Service, args: Sequence[Any], keywords: Mapping[str, Any], call: Callable[[], Any]
) -> Approval | None:
    """The request that a call waits for; None where it may go on: nobody must approve it, or those who must have.

    What can't work is refused now: the call is tried, with all checks, and undone.
    """
    if not _may_need(uow, service):
        return None
    asked, problem = _asked(uow, service, args, keywords)
    needed = who_must(uow, asked)
    if not needed:
        return None
    if problem is not None:
        raise problem
    with uow.core():
        found = pending(uow, asked)
        if found is not None and found.state == "approved":
            finish(uow, found, needed)
            return None
    if found is not None:
        return found
    _try(uow, call)
    with uow.core():
        return keep_request(uow, asked, needed)


def refuse_unapproved(uow: UnitOfWork, service: Service, args: Sequence[Any], keywords: Mapping[str, Any]) -> None:
    """Refuse a service that a program calls by itself, where others must approve it and have not.

    No request is made for it: that is for ``bo.run``, which can try the call and undo it.
    """
    if uow.read_only or not _may_need(uow, service):
        return
    needed = who_must(uow, _asked(uow, service, args, keywords)[0])
    if not needed:
        return
    uow.flush()  # what this unit of work has changed of the rows counts: it is not what was approved
    asked, problem = _asked(uow, service, args, keywords)
    if problem is not None:
        raise problem
    with uow.core():
        found = pending(uow, asked)
        if found is None:
            message = f"{service.name} must be approved by {' and '.join(needed)}."
            raise ApprovalNeeded(message, at=service.name, fix=f'Ask for it: bo.run("{service.name}", …) makes the request.')
        finish(uow, found, needed)


def _may_need(uow: UnitOfWork, service: Service) -> bool:
    """Whether the plugins are asked at all. A job acts as itself, and there is nobody behind it who could wait."""
    return (service.approval or service.name in listed(uow)) and not isinstance(uow._actor, Authority)


def _try(uow: UnitOfWork, call: Callable[[], Any]) -> None:
    correlation, warnings = uow.correlation, list(uow.findings)
    try:
        with uow.savepoint():
            call()
            uow.flush()
            warnings = list(uow.findings)
            raise _Rehearsed
    except _Rehearsed:
        uow.correlation, uow.findings = correlation, warnings


def _asked(uow: UnitOfWork, service: Service, args: Sequence[Any], keywords: Mapping[str, Any]) -> tuple[Asked, UsageError | None]:
    """What a call asks for, and why it can't be kept, where it can't."""
    signature = inspect.signature(service.function)
    bound = signature.bind(uow, *args, **keywords)
    given = set(bound.arguments)
    bound.apply_defaults()
    plain: dict[str, Any] = {}
    values: dict[str, Any] = {}
    findings = []
    for option in service.options:
        value = values[option.name] = bound.arguments[option.name]
        try:
            plain[option.name] = _kept(value, option, uow.tokens)
        except ValueError as error:
            if option.name in given:
                findings.append(Finding(UsageError.code, f"{service.name} waits for approval: {option.name} {error}.", field=option.name))
    asked = asked_for(uow, service.permission, service.name, plain, values)
    return asked, UsageError(findings) if findings else None


def _kept(value: Any, option: Option, tokens: Any) -> Any:
    """An argument as JSON: rows as ids, everything else as jobs keep it."""
    if value is None:
        return None
    if is_entity(option.type):
        return [one.id for one in value] if option.many else value.id
    if holds_entity(option.type):
        return [one.id for one in value]
    if option.many:
        return [packed(one, option.type, tokens) for one in value]
    if isinstance(value, tuple) and typing.get_origin(option.type) is not tuple:
        value = list(value)
    return packed(value, option.type, tokens)


# ---------------------------------------------------------------- a request becomes a call


def call_again(uow: UnitOfWork, ident: int, call: Callable[..., Any]) -> Any:
    """Do what was approved, in a unit of work of who asked: exactly that, once, if he still may."""
    with uow.core():
        found = approving.locked(uow, ident)
        if (uow.actor, uow.on_behalf_of) != (found.requester, found.on_behalf_of):
            message = "It is done in the name of who asked, by nobody else."
            raise Refused([Finding("bo.approval_run", message, at_of(found), fix="Whom a host vouches for makes the call again himself.")])
        approving.refuse_unless_approved(uow, found)
        if hash_of(as_it_is(uow, found.content)) != found.content_hash:
            raise outdated(found)
    service = uow._app.host.services.get(found.service)
    if service is None or service.permission != found.action:
        raise outdated(found, f"The service {found.service} is not any more what it was.")
    args, keywords = _read(uow, service, found)

    def use(uow: UnitOfWork, service: Service, filled: Sequence[Any], named: Mapping[str, Any], call: Callable[[], Any]) -> None:
        asked, _ = _asked(uow, service, filled, named)
        if asked.content["arguments"] != found.content["arguments"]:
            raise outdated(found, f"{found.service} has other defaults than when it was asked for.")
        needed = who_must(uow, asked)
        with uow.core():
            finish(uow, found, needed)

    return call(uow, service.function, args, keywords, use)


def _read(uow: UnitOfWork, service: Service, found: Approval) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of the request, for the function as it is now."""
    plain = dict(found.content["arguments"])
    args: list[Any] = []
    keywords: dict[str, Any] = {}
    for option in service.options:
        if option.name not in plain:
            continue
        value = plain.pop(option.name)
        try:
            if not holds_entity(option.type):
                value = (
                    [unpacked(one, option.type, uow.tokens) for one in value] if option.many else unpacked(value, option.type, uow.tokens)
                )
        except ValueError as error:
            raise outdated(found, f"{found.service} takes other arguments by now: {option.name} {error}.") from None
        if option.many:
            args.extend(value)
        elif option.positional:
            args.append(value)
        else:
            keywords[option.name] = value
    if plain:
        raise outdated(found, f"{found.service} takes no {', '.join(plain)} any more.")
    return args, keywords


# ---------------------------------------------------------------- the desk


@attrs.frozen
class ApprovalNote:
    """A request as those see it whom it concerns."""

    id: int
    state: str
    """``waiting``, ``approved``, ``done``, ``rejected``, ``withdrawn``, ``outdated`` or ``expired``."""
    service: str
    action: str
    requester: str
    on_behalf_of: str | None
    reason: str | None
    company: int | None
    needed: tuple[str, ...]
    approved_by: tuple[str, ...]
    rejected_by: str | None
    rejected_because: str | None
    arguments: dict[str, Any]
    content_hash: str
    asked_at: datetime
    expires_at: datetime
    result: Any = None
    """What the service returned, of the call that has just done it."""


class Approvals:
    """``bo.approvals``: requests that wait for a second person, and the answers to them."""

    def __init__(self, app: BackOffice) -> None:
        self._app = app

    def all(self, *, actor: Any, ended: bool = False, limit: int = 500) -> list[ApprovalNote]:
        """The requests that concern the actor, the newest first: his own, and those that he could approve.

        :param ended: also those that were done, rejected, withdrawn, or have expired.
        :param limit: so many, at most.
        """
        with self._app.unit_of_work(actor=actor, read_only=True) as uow, uow.core():
            query = uow.select(Approval).order_by(Approval.c.id.desc())
            if not ended:
                query = query.where(Approval.c.state.in_(["waiting", "approved"]), Approval.c.expires_at > uow.now())
            standing = Standing(uow)
            every: Any = uow.stream(query)
            with contextlib.closing(every):
                found = list(islice(filter(standing.sees, every), limit))
            answers = uow.children(found, ApprovalAnswer)
            return [_note(uow, one, answers[one.id]) for one in found]

    def get(self, ident: int, *, actor: Any) -> ApprovalNote:
        """One request; NotFound where it does not concern the actor."""
        with self._app.unit_of_work(actor=actor, read_only=True) as uow, uow.core():
            found = approving.locked(uow, ident)
            if not Standing(uow).sees(found):
                raise approving.not_found(ident)
            return _note(uow, found, uow.children(found, ApprovalAnswer))

    def approve(self, ident: int, *, actor: Any, reason: str | None = None) -> ApprovalNote:
        """Approve a request as somebody else than who asked. With the last approval that is needed, the service runs at once.

        It runs in a unit of work of its own, in the name and with the rights of who asked, and its commit record names who approved. Where
        it is refused then, the approval stays: :meth:`run` does it later. For somebody whom a host vouches for, only the host knows his
        rights: there he makes the same call again, and it is done.

        :raises Refused: see :func:`bocore.request_approval` and its page: by who asked, by who is not named, outdated, ended.
        """
        with self._on_record(ident, actor):
            self._app.run(approving.approve, ident, actor=actor, reason=reason)
        note = self.get(ident, actor=actor)
        if note.state != "approved" or not note.service or VIA in note.requester:
            return note
        try:
            result = self._run(ident, note.requester, actor)
        except approving.Outdated:
            raise
        except BocoreError as error:
            if self.get(ident, actor=actor).state == "done":  # who asked has made the call again meanwhile
                return self.get(ident, actor=actor)
            first = Finding(
                "bo.approval_not_done",
                "It is approved, and could not be done.",
                f"approval {ident}",
                fix=f"Later: bo approval run {ident}.",
            )
            raise Refused([first, *error.findings]) from error
        return attrs.evolve(self.get(ident, actor=actor), result=result)

    def reject(self, ident: int, *, actor: Any, reason: str) -> ApprovalNote:
        """Reject a request, and say why."""
        with self._on_record(ident, actor):
            self._app.run(approving.reject, ident, actor=actor, reason=reason)
        return self.get(ident, actor=actor)

    def withdraw(self, ident: int, *, actor: Any, reason: str | None = None) -> ApprovalNote:
        """Take one's own request back."""
        with self._on_record(ident, actor):
            self._app.run(approving.withdraw, ident, actor=actor, reason=reason)
        return self.get(ident, actor=actor)

    def run(self, ident: int, *, actor: Any) -> ApprovalNote:
        """Do what was approved and could not be done then, in the name of who asked: by whom the request concerns.

        Once: where it is done already, the result of then comes back.
        """
        note = self.get(ident, actor=actor)
        if not note.service:
            raise UsageError(
                f"Approval {ident} is for no service: the program that asked does it.", fix="use_approval, in its unit of work."
            )
        result = self._run(ident, actor if VIA in note.requester else note.requester, actor)
        return attrs.evolve(self.get(ident, actor=actor), result=result)

    def _run(self, ident: int, requester: Any, actor: Any) -> Any:
        from bocore.uow.running import run_approved

        with self._on_record(ident, actor):
            return run_approved(self._app, ident, requester)

    @contextlib.contextmanager
    def _on_record(self, ident: int, actor: Any) -> Iterator[None]:
        """Whom a request concerns, and who tries what he may not, is on the record too; others could fill it with numbers made up."""
        try:
            yield
        except approving.Outdated:
            self._app.run(_outdate, ident, actor=actor, reason="Outdated")
            raise
        except (Refused, NotAllowed) as error:
            with self._app.unit_of_work(actor=actor, reason="Refused") as uow:
                uow.emit(ApprovalRefused(approval_id=ident, code=error.findings[0].code))
            raise


def _outdate(uow: UnitOfWork, ident: int) -> None:
    """Mark a request whose content is another one by now."""
    with uow.core():
        found = approving.locked(uow, ident)
        if found.state in ("waiting", "approved"):
            uow.move(found, "outdate")
            uow.write([found], made_by=MADE_BY)


def _note(uow: UnitOfWork, found: Approval, answers: list[ApprovalAnswer]) -> ApprovalNote:
    rejected = next((one for one in answers if not one.approves), None)
    return ApprovalNote(
        id=found.id,
        state=state_of(uow, found),
        service=found.service,
        action=found.action,
        requester=found.requester,
        on_behalf_of=found.on_behalf_of,
        reason=found.reason,
        company=found.company_id,
        needed=tuple(found.needed),
        approved_by=tuple(one.person for one in answers if one.approves),
        rejected_by=rejected.person if rejected else None,
        rejected_because=rejected.reason if rejected else None,
        arguments=found.content.get("arguments", {}),
        content_hash=found.content_hash,
        asked_at=found.asked_at,
        expires_at=found.expires_at,
    )


def waiting(uow: UnitOfWork, ident: int) -> BocoreError:
    """What is said to who makes a call again that waits for approval."""
    with uow.core():
        found = approving.locked(uow, ident)
    state = state_of(uow, found)
    if state in ("waiting", "approved"):
        return needed_of(found)
    message, fix = f"It was not done: approval {ident} is {state}.", "Ask anew, with a new key, if it is still wanted."
    if state == "done":
        message, fix = "It is done, by another call for the same that was made once it was approved.", "Nothing to do."
    return Refused([Finding("bo.approval_ended", message, at_of(found), fix=fix, state=state)])
