"""The hooks of the core: what a plugin may answer while bocore runs.

An implementation is a function of the same name with ``@hookimpl`` in the plugin's entry-point module, or in a module named by
``Plugin(hooks=[…])``. It takes whichever of the parameters it needs, by name. Hooks get batches, never single rows.

Plugins are registered in the order of their requirements and asked in the opposite one: dependants answer before the plugins that
they depend on, and the core last. ``None`` means "nothing to say". A hook marked *port* takes the first answer, and only one plugin may
give it, besides the default of whoever published the hook. ``@hookimpl(optionalhook=True)`` answers a hook of a plugin that may be absent.

Plugins publish hooks of their own, named ``bo_<prefix>_…``, through ``bo_addhooks``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import pluggy

from bocore.errors import Finding

if TYPE_CHECKING:
    from sqlalchemy.sql.expression import ColumnElement

    from bocore.amounts import Money
    from bocore.audit.population import Population, PopulationQuery
    from bocore.audit.steps import TraceStep
    from bocore.entities import Entity, EntitySpec
    from bocore.kernel.voucher import BalanceQuery, Posted
    from bocore.keys.provider import KeyProvider
    from bocore.record.sealing import Head
    from bocore.uow import Changes, UnitOfWork

PROJECT = "bocore"
F = TypeVar("F", bound="Callable[..., Any]")

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


def concerns(*entities: type[Entity] | Callable[[EntitySpec], bool]) -> Callable[[F], F]:
    """Say which entities an implementation of ``bo_validate`` is about: it is called only where rows of them changed.

    ::

        @hookimpl
        @concerns(Rate)
        def bo_validate(uow, changes): ...

    Most units of work touch few entities, and who has nothing to say need not be asked.

    :param entities: classes; or a function that is given the spec of each entity of the application and says whether it is meant.
    """

    def mark(function: F) -> F:
        function.bo_concerns = entities  # type: ignore[attr-defined]
        return function

    return mark


@hookspec(historic=True)
def bo_addhooks(pm: pluggy.PluginManager) -> None:
    """Publish hooks of your own: call ``pm.add_hookspecs(module)``; their names begin with ``bo_<prefix>_``.

    Called once for each plugin, when it is registered and before the plugins that require it are.

    :param pm: takes the module or class whose functions are marked with ``@hookspec``.

    .. versionadded:: 0.1
    """


@hookspec
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterable[Finding] | None:
    """Say what is wrong with what the unit of work is about to write.

    Called at commit where something changed, after vouchers and events have brought no more changes and before anything is numbered. The
    findings of all plugins are reported at once; one of severity error refuses the unit. An implementation only reads. With
    ``@concerns(Entity, …)`` below ``@hookimpl`` it is called only where rows of these entities changed.

    :param uow: the unit of work that is committing.
    :param changes: what was added, updated and removed, by entity.

    .. versionadded:: 0.1
    """


@hookspec
def bo_event(uow: UnitOfWork, events: Sequence[Any]) -> None:
    """React, in the same transaction, to what has happened.

    Called at commit with the events emitted since the last round, in the order emitted; repeated while reactions emit more, ten rounds
    at most. What concerns the outside world or may wait is a job, not a reaction. An implementation writes its own plugin's tables with
    its own plugin's authority.

    :param uow: the unit of work that is committing.
    :param events: objects of the event classes that the plugins declare.

    .. versionadded:: 0.1
    """


@hookspec
def bo_posted(uow: UnitOfWork, vouchers: Sequence[Posted]) -> None:
    """Enter vouchers into a ledger, in the same transaction.

    Called at commit with the batch of vouchers recorded since the last round. Every ledger answers: the books, stock values, a second book.

    :param uow: the unit of work that is committing.
    :param vouchers: plain data as recorded: dates resolved, bases filled; a text may wait for a number, see ``fill_text``.

    .. versionadded:: 0.1
    """


@hookspec
def bo_close_check(uow: UnitOfWork, company: Entity, area: str, through: date) -> Iterable[Finding] | None:
    """Say what still stands in the way of closing a period.

    Called at commit where a period lock is set, moved on or made hard. A finding of severity error keeps the period open, a warning comes
    back with the unit of work. An implementation only reads.

    :param uow: the unit of work that locks.
    :param company: the company that closes.
    :param area: ``ledger``, ``stock``, ``payroll``, ``tax:<registration>``, or ``tax`` for what names no registration.
    :param through: the last day of the period.

    .. versionadded:: 0.1
    """


@hookspec
def bo_retention(uow: UnitOfWork, party: Entity) -> Iterable[Finding] | None:
    """Say what the law keeps of a person's data, and until when.

    Called when a person is erased, or is to be by a dry run; and each night for what is kept without a date. Each finding is about one
    row: ``Finding("vet.records", "Medical records are kept.", visit, until=date(2036, 12, 31))``. Its personal fields, and those of all
    that is a part of it (children, extensions), are kept encrypted through that day, out of sight of daily work, and then destroyed.
    ``fields=["born"]`` keeps these fields of that very row alone. ``until=None`` keeps it for as long as it is answered: an open claim.
    Everything that nobody names is erased. Code and message go on the record and on the receipt: no personal data in them.

    :param uow: a unit of work that only reads.
    :param party: the person; a row of ``bo_party``, by which yours are found.

    .. versionadded:: 0.1
    """


@hookspec
def bo_authorize(uow: UnitOfWork, action: str, entity: type[Entity], records: Sequence[Entity]) -> Iterable[Finding] | None:
    """Deny an action that the actor's permissions would allow.

    Called for each batch of records that an actor with limited rights reads as objects, adds, updates or removes, and for each call of a
    service on the rows that it is called for. Any finding denies; nobody can allow what permissions don't. A select of ``uow.rows`` asks
    once an entity, without records: what single rows are hidden by belongs into ``bo_record_rule``, which every select obeys. Owners,
    the core, and hooks at their own plugin's tables are not asked about. Where no plugin answers, nothing is spent on it.

    :param uow: the unit of work; ``uow.actor`` is who asks, and ``uow.may(permission)`` says what he has.
    :param action: ``read``, ``add``, ``update``, ``remove``, or the permission that a service takes.
    :param entity: the class of the records.
    :param records: the records concerned; none for a select.

    .. versionadded:: 0.1
    """


@hookspec
def bo_record_rule(uow: UnitOfWork, entity: type[Entity]) -> ColumnElement[bool] | None:
    """Narrow which rows of an entity the actor sees.

    Called once an entity and unit of work, for an actor with limited rights. The conditions of all plugins hold together, in every read:
    objects by id or value, selects with joins, aliases, EXISTS, CTEs and unions, exports and reports. Parts of a row that is hidden, and
    its extensions, are hidden with it. A row that its writer would not see can't be written, and none can be referred to that is hidden.

    ::

        @hookimpl
        def bo_record_rule(uow, entity):
            if entity is Visit and not uow.may("vet.all"):
                return Visit.c.vet == uow.actor

    :param uow: the unit of work; ``uow.actor`` is who asks, and ``uow.may(permission)`` says what he has.
    :param entity: the class whose table is read; build the condition from ``entity.c``. It may hold selects of other entities, which are
        read with the plugin's own authority.

    .. versionadded:: 0.1
    """


@hookspec
def bo_approvers(uow: UnitOfWork, action: str, record: Entity | None, service: str, arguments: Mapping[str, Any]) -> Iterable[str] | None:
    """Name the roles or users who must approve an action before it takes effect.

    Called where a service is run that declares ``approval=True`` or that the setting ``approvals`` names, once its arguments are
    known, and once more when what was approved is done; and by ``request_approval``. The answers of all plugins are needed together. A
    role named twice in one answer needs two people who have it. No answers, no approval: so it can depend on an amount. An
    implementation only reads.

    :param uow: the unit of work that asks; ``uow.actor`` is who wants it done.
    :param action: the permission that the action needs.
    :param record: the first row among the arguments, or None.
    :param service: the full name of the service; empty where a program asks for an action of its own.
    :param arguments: name → value of everything that the service was given, defaults included; rows as objects.

    .. versionadded:: 0.1
    """


@hookspec
def bo_audit_anchor(head: Head) -> None:
    """Keep a head of the sealed record elsewhere, where whoever can write to the database can't: it shows what was rolled back or forged.

    Called after each new head is stored, outside of every transaction, by whatever sealed: an application on SQLite, or a worker. It may
    be called again with a head that it has. What it raises is logged, and business goes on: the next head covers these records too.

    :param head: ``origin``, ``size`` (how many records), ``root`` and ``note``: a signed C2SP checkpoint, as text.

    .. versionadded:: 0.1
    """


@hookspec
def bo_audit_trace(uow: UnitOfWork, rows: Sequence[Entity]) -> Iterable[TraceStep] | None:
    """Say what belongs to rows on an auditor's trail: the entries of a voucher, the movements behind it, the box of a return.

    Called by ``bo audit trace`` with a voucher, with its source, or with a row that was asked for and has no voucher. Each answer is a
    ``TraceStep``, whose ``of`` is the one of ``rows`` that it belongs to, and whose ``parts`` are further steps; a step that shows one of
    ``rows`` itself stands in its place. What the actor may not read is left out, or said without its row: ``uow.may(permission)``. An
    implementation only reads.

    :param uow: a unit of work that only reads.
    :param rows: objects of any entity: ``bo_voucher`` and others.

    .. versionadded:: 0.1
    """


@hookspec
def bo_audit_population(uow: UnitOfWork, query: PopulationQuery) -> Population | None:
    """Name what an auditor can draw samples from, and what it must add up to.

    Called by ``bo audit sample``. A ``Population`` is a select of items, each with an amount, and a function that adds up by a way of its
    own what they must come to. The core counts, compares and draws, and reads all that by the rights of the actor. Nothing is read here.

    :param uow: a unit of work that only reads.
    :param query: the company, the first and the last day, an adjustment book, and the groups (accounts) that are asked for.

    .. versionadded:: 0.1
    """


@hookspec(firstresult=True)
def bo_authenticate(credentials: Mapping[str, str]) -> Any | None:
    """Port: say who it is that shows these credentials: so that a directory or an identity provider knows the users.

    Called at each sign-in, before passwords of this database are compared, and for each token that is none of ours. Gives an ``Actor`` that
    the plugin vouches for, with the roles that he has here; the name of a user of this database, whose one-time codes are asked for all the
    same; or None for "not one of mine", and for what is wrong. Attempts are counted, and bounded, by the core. No unit of work is open: a
    server that answers slowly holds up nobody else. What it raises is not shown to who signs in.

    :param credentials: what was shown, as text: ``user`` and ``password``, and where they were given ``code`` and ``source``; or ``token``
        alone. Never kept or logged.

    .. versionadded:: 0.1
    """


@hookspec(firstresult=True)
def bo_balance(uow: UnitOfWork, query: BalanceQuery) -> Money | None:
    """Port: answer a BalanceQuery from the books.

    Called by plugins, whenever one needs the balance of a purpose or account: ``uow.hook.bo_balance(uow=uow, query=…)``. Whoever keeps
    the books answers, in the company's currency: debit less credit, so what is owed is below zero, of the lines of the purpose and of those
    that fall back to it. None says that nobody keeps any.

    :param uow: the unit of work that asks; it counts what it has posted itself.
    :param query: company, purpose or account, last day, dimensions, party, book.

    .. versionadded:: 0.1
    """


@hookspec(firstresult=True)
def bo_item_details(uow: UnitOfWork, key: str) -> Any | None:
    """Port: describe the item behind a key that another plugin has stored.

    Called by plugins, where one shows or settles an item whose plugin it does not require: ``uow.hook.bo_item_details(uow=uow, key=…)``.

    :param uow: the unit of work that asks.
    :param key: what was stored.

    .. versionadded:: 0.1
    """


@hookspec(firstresult=True)
def bo_key_provider() -> KeyProvider | None:
    """Port: give the keeper of the key that wraps data keys, such as an HSM or the key service of a cloud.

    Called once an application, before the first secret field is read or written, where it was given no ``key=``. Returns a
    :class:`~bocore.KeyProvider`: an object with ``key_id`` (which key wraps now: kept beside what it wrapped), ``wrap(data_key, context)``
    and ``unwrap(key_id, wrapped, context)``, where the context must be authenticated with it and ``unwrap`` raises KeyUnavailable for a key
    that is not there. Without an answer the key is that of $BOCORE_KEY_FILE or $BOCORE_KEY.

    .. versionadded:: 0.1
    """


@hookspec(firstresult=True)
def bo_executor() -> Executor | None:
    """Port: give the executor on which big batches are computed.

    Called once an application, when ``bo.executor()`` is first asked for; without an answer it is a pool of processes.
    Who gives one ends it.

    .. versionadded:: 0.1
    """
