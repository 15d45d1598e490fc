"""``bo.run``: run a function in a unit of work, once, whatever happens: retried, and idempotent by its key."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import attrs
import orjson

from bocore.amounts import Money, UnitPrice
from bocore.entities import Entity, spec_of
from bocore.errors import Conflict, Finding, KeyReused, Refused, UsageError
from bocore.keys.masked import Masked
from bocore.logs import tell
from bocore.record.canonical import canonical_bytes, canonical_text
from bocore.storage.session import IntegrityProblem, is_busy
from bocore.uow.events import to_plain

if TYPE_CHECKING:
    from bocore.access.actor import Who
    from bocore.app import BackOffice
    from bocore.kernel.approvals import Approval
    from bocore.plugins.declare import Guarded
    from bocore.uow.unit import UnitOfWork

LONGEST = 6
"""After so many doublings the pause between two tries stays as it is, three seconds at most."""
ONCE_MORE = 2
"""Tries after a unique value was taken: it may be for good, which one more try tells."""
APPROVED = "bo.approval:"
"""Begins the keys of what was approved; no other key begins so."""
WAITS = "bo.waits_for_approval"
"""In a result that is kept: the id of the request for approval that the call became."""
FOUND = "SELECT request, result, unit, actor FROM bo_commit WHERE key = ?"


@attrs.frozen
class Outcome:
    """What a run gave: its plain result, whether an earlier run had given it already, its commit and its warnings."""

    result: Any
    repeated: bool = False
    unit: int | None = None
    """The unit of work that wrote it; None where nothing was kept."""
    findings: tuple[Finding, ...] = ()


@attrs.frozen
class _Waits:
    """Stands for the result of a call that became a request for approval."""

    ident: int
    error: Exception


class _Rehearsed(Exception):
    """Ends the unit of work of a dry run: everything was written and checked, and is rolled back."""


def run(
    app: BackOffice,
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    keywords: Mapping[str, Any],
    *,
    actor: Who,
    reason: str | None = None,
    key: str | None = None,
    retries: int = 5,
    company: Any = None,
    correlation: str | None = None,
    request: object = None,
    dry_run: bool = False,
) -> Outcome:
    """See :meth:`bocore.BackOffice.run`.

    :param request: what tells two requests of one key apart, where that is not the function and its arguments.
    :param dry_run: do everything but commit; nothing is kept, and the key stays free.
    """
    asked = request_of(fn, args, keywords) if request is None else sha256(canonical_bytes(to_plain(request))).hexdigest()
    key = canonical_text(key, at="key") if key else f"bo.run:{uuid.uuid4()}"
    for attempt in range(retries + 1):
        try:
            with app.unit_of_work(actor=actor, reason=reason, company=company, correlation=correlation) as uow:
                found = uow._touch().execute(FOUND, (key,)).fetchone()
                if found is not None:
                    _check_repeated(uow, fn, key, found[3])
                    return _replay(uow, key, asked, found[:3])
                given = call(uow, fn, args, keywords, None if dry_run else _must_wait)
                if dry_run:  # the whole pipeline, numbers and hooks included, but the COMMIT
                    uow.flush()
                    kept = to_plain(given() if callable(given) else given)
                    raise _Rehearsed
                waits = given if isinstance(given, _Waits) else None
                uow._closing.key, uow._closing.request = key, asked
                if waits is not None:
                    given = {WAITS: waits.ident}
                uow._closing.result = lambda given=given: to_plain(given() if callable(given) else given)
            if waits is not None:  # the request is kept, and nothing of what it asks for is done
                raise waits.error
            return Outcome(uow._closing.kept, unit=uow.unit, findings=tuple(uow.findings))
        except _Rehearsed:
            return Outcome(kept, findings=tuple(uow.findings))
        except Exception as error:
            again = is_busy(error) or (app.database.name != "sqlite" and (_overtaken(error, attempt) or _done_by_another(app, key, error)))
            if attempt == retries or not again:
                raise
            tell("unit", "unit.retried", attempt=attempt + 1, error=error)
            time.sleep(random.uniform(0.01, 0.05) * 2 ** min(attempt, LONGEST))  # noqa: S311 - spreads retries, hides nothing
    raise AssertionError("unreachable")


def _overtaken(error: Exception, attempt: int) -> bool:
    """Whether another transaction may have been quicker, so that what this one missed is there when it runs again.

    A row that was changed since it was read is read anew; a unique value that is taken is found, where the function looks for it.
    """
    if isinstance(error, Conflict):
        return True
    return isinstance(error.__cause__, IntegrityProblem) and error.__cause__.again and attempt < ONCE_MORE


def _done_by_another(app: BackOffice, key: str, error: Exception) -> bool:
    """Whether what was refused here has just been done under the same key by somebody else, who was quicker."""
    if not isinstance(error, Refused):
        return False
    with app.ready(write=False) as session:
        return session.execute(FOUND, (key,)).fetchone() is not None


def call(
    uow: UnitOfWork,
    fn: Callable[..., Any],
    args: Sequence[Any],
    keywords: Mapping[str, Any],
    ask: Callable[..., Approval | None] | None = None,
) -> Any:
    """Call a function in a unit of work; a service of a plugin as its actor may.

    Where a service wants an entity, it may be given by id, number or code, or as an object of an earlier unit of work.

    :param ask: is told of the service, its arguments and the call, and returns the request for approval that the call waits for, if any.
    """
    from bocore.access.writes import authorize_call
    from bocore.plugins.declare import Service

    known = _declared(uow, fn)
    if known is None:
        return fn(uow, *args, **keywords)
    from bocore.values import fill_entities

    with uow.serving(known):
        filled, named = fill_entities(uow, known.options, args, keywords)
        authorize_call(uow, known.permission, [*filled, *named.values()])
        request = None
        if ask is not None and isinstance(known, Service):
            request = ask(uow, known, filled, named, lambda: uow._serve(known.function, filled, named))
        if request is None:
            return uow._serve(known.function, filled, named)
    from bocore.kernel.approving import needed_of

    return _Waits(request.id, needed_of(request))


def _must_wait(*asked: Any) -> Approval | None:
    from bocore.kernel.approved import must_wait

    return must_wait(*asked)


def run_approved(app: BackOffice, ident: int, actor: Any) -> Any:
    """Do what was approved, once, in the name of who asked; returns what the service returned."""
    from bocore.kernel.approvals import Approval as Kept
    from bocore.kernel.approved import call_again

    with app.unit_of_work(actor=actor, read_only=True) as uow:
        with uow.core():
            found = uow.get(Kept, ident)
        reason, company, content = found.reason, found.company_id, found.content_hash

    def again(uow: UnitOfWork) -> Any:
        return call_again(uow, ident, call)

    def once() -> Any:
        return run(app, again, (), {}, actor=actor, reason=reason, key=f"{APPROVED}{ident}", company=company, request=content).result

    try:
        return once()
    except Refused as error:
        if error.findings[0].params.get("state") != "done":
            raise
        with app.unit_of_work(actor=actor, read_only=True) as uow:
            if uow._touch().execute(FOUND, (f"{APPROVED}{ident}",)).fetchone() is None:
                raise  # done by a call of who asked, under a key of his own
        return once()  # somebody else was quicker by a moment: what he was given


def _check_repeated(uow: UnitOfWork, fn: Callable[..., Any], key: str, actor: str | None) -> None:
    """What a run gave is for the one who ran it, while he may still: others would learn what they may not read, without being asked."""
    if uow._free:
        return
    if actor != uow.actor:
        raise KeyReused(f"The key {key!r} was used before, by somebody else.", fix="Use a new key for a new request.")
    known = _declared(uow, fn)
    if known is not None:
        uow.require(known.permission, f"call {known.name}")


def _declared(uow: UnitOfWork, fn: Callable[..., Any]) -> Guarded | None:
    """The service or report that a function is, as its plugin was loaded; None for any other."""
    from bocore.plugins import declaration_of
    from bocore.plugins.declare import Guarded

    declared = declaration_of(fn)
    known = None if declared is None else uow._app.host.taken_up(declared)
    return known if isinstance(known, Guarded) else None


def _replay(uow: UnitOfWork, key: str, request: str, found: tuple[str, str | None, int]) -> Outcome:
    if found[0] != request:
        raise KeyReused(f"The key {key!r} was used before with other arguments.", fix="Use a new key for a new request.")
    result = orjson.loads(found[1]) if found[1] is not None else None
    if isinstance(result, dict) and result.keys() == {WAITS}:  # it was a request for approval then
        done = uow._touch().execute(FOUND, (f"{APPROVED}{result[WAITS]}",)).fetchone()
        if done is None:
            from bocore.kernel.approved import waiting

            raise waiting(uow, result[WAITS])
        return Outcome(orjson.loads(done[1]) if done[1] is not None else None, repeated=True, unit=done[2])
    return Outcome(result, repeated=True, unit=found[2])


def request_of(fn: Callable[..., Any], args: tuple[Any, ...], keywords: Mapping[str, Any]) -> str:
    """A hash of what was asked for."""
    for value in (*args, *keywords.values()):
        if isinstance(value, Entity) and not hasattr(value, "id"):
            raise UsageError(f"{value!r} was not added to any unit of work.", fix="Make it inside the function.")
    name = f"{getattr(fn, '__module__', '')}.{getattr(fn, '__qualname__', repr(type(fn)))}"
    plain = [name, [plain_argument(a) for a in args], {k: plain_argument(v) for k, v in keywords.items()}]
    return sha256(canonical_bytes(plain)).hexdigest()


def plain_argument(value: Any) -> Any:
    """An argument as it is told apart: an entity by its id, a path by its text, a value by its class and its fields."""
    if isinstance(value, Entity):
        return [spec_of(type(value)).name, value.id]
    if isinstance(value, (list, tuple)):
        return [plain_argument(each) for each in value]
    if isinstance(value, Mapping):
        return {str(name): plain_argument(each) for name, each in value.items()}
    if isinstance(value, Masked):
        raise UsageError("A masked value is an argument of bo.run: masks look all the same.", fix="Pass the id of its row.")
    if attrs.has(type(value)) and not isinstance(value, (Money, UnitPrice)):
        return [type(value).__qualname__, {field.name: plain_argument(getattr(value, field.name)) for field in attrs.fields(type(value))}]
    try:
        return to_plain(value)
    except UsageError:
        if isinstance(value, bytes):
            return sha256(value).hexdigest()
        if hasattr(value, "__fspath__"):
            return str(value)
        raise UsageError(
            f"An argument of type {type(value).__name__} can't be told apart in a retry.",
            fix="Pass numbers, text, dates, Money, attrs classes, lists and dicts to bo.run.",
        ) from None
