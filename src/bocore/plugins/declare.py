"""The decorators ``@service``, ``@report``, ``@importer``, ``@exporter`` and ``@job``, and what each attaches to its function.

A decorated function can be called as before, a service only by who may; its declaration is found by ``declaration_of``.
"""

from __future__ import annotations

import functools
import inspect
import re
import typing
from collections.abc import Callable, Iterable
from types import FunctionType, ModuleType
from typing import Any, ClassVar, TypeVar

import attrs

from bocore.errors import DeclarationError
from bocore.plugins.options import Option, options_of, parameters_of, place_of, result_type, untyped

F = TypeVar("F", bound=Callable[..., Any])
D = TypeVar("D", bound="Declaration")

_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9][a-z0-9_-]*)+")
_LOCAL = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_-]+)*")
MOST_RETRIES = 20


@attrs.frozen(kw_only=True)
class Declaration:
    """What all five kinds have in common. ``name`` is full (``vet.finish``) and ``plugin`` is set once a host has taken it up."""

    kind: ClassVar[str] = ""
    first: ClassVar[str] = "uow"  # the name of the first parameter
    given: ClassVar[int] = 1  # how many parameters bocore itself fills

    name: str
    function: Callable[..., Any] = attrs.field(repr=place_of)
    module: str
    doc: str = attrs.field(repr=False)
    plugin: str = ""

    @property
    def prefix(self) -> str:
        """The prefix of its plugin, which its full name begins with."""
        return self.name.partition(".")[0]

    @property
    def options(self) -> list[Option]:
        """The parameters that a person fills."""
        return options_of(self.function, skip=self.given)

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return self.doc.split("\n", 1)[0]

    @property
    def needs(self) -> tuple[str, ...]:
        """Every permission that it names."""
        return ()


@attrs.frozen(kw_only=True)
class Guarded(Declaration):
    """A declaration that one permission guards, and that may be lent others while it runs."""

    permission: str
    runs_with: tuple[str, ...] = ()

    @property
    def needs(self) -> tuple[str, ...]:
        """Every permission that it names: its own and those that it is lent."""
        return (self.permission, *self.runs_with)


@attrs.frozen(kw_only=True)
class Service(Guarded):
    """Something that the plugin does for a person or another plugin; a command is made from it."""

    kind: ClassVar[str] = "service"
    read_only: bool = False
    approval: bool = False


@attrs.frozen(kw_only=True)
class Report(Guarded):
    """Rows of an attrs class; columns and titles come from the class ``row``. A KPI is a report of one row."""

    kind: ClassVar[str] = "report"
    row: type
    title: str
    kpi: bool = False


@attrs.frozen(kw_only=True)
class Importer(Guarded):
    """Takes a file in: as typed rows with their line numbers where ``row`` is set, else as a path."""

    kind: ClassVar[str] = "importer"
    given: ClassVar[int] = 2
    suffix: tuple[str, ...] = ()
    row: type | None = None
    once: bool = True


@attrs.frozen(kw_only=True)
class Exporter(Guarded):
    """Writes a file in a format of somebody else's."""

    kind: ClassVar[str] = "exporter"
    given: ClassVar[int] = 2
    suffix: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Job(Declaration):
    """Work for later or by the clock; it opens its own units of work and acts with the permissions that it names."""

    kind: ClassVar[str] = "job"
    first: ClassVar[str] = "bo"
    cron: str | None = None
    per_company: bool = False
    retries: int = 5
    permissions: tuple[str, ...] = ()

    @property
    def needs(self) -> tuple[str, ...]:
        """Every permission that it names."""
        return self.permissions


def service(
    permission: str, *, name: str | None = None, read_only: bool = False, runs_with: Iterable[str] = (), approval: bool = False
) -> Callable[[F], F]:
    """Declare ``def finish(uow, visit: Visit, *, note: str = "")`` as the service ``vet.finish``.

    :param permission: what the actor must be allowed.
    :param name: another name than the function's.
    :param read_only: it only reads, so a read-only unit of work will do.
    :param runs_with: permissions lent to the function while it runs, beyond what the actor has; those of a plugin that is not loaded
        are left out.
    :param approval: before it runs the plugins are asked who else must approve the call: ``bo_approvers``.
    """

    _refuse_bare(permission, "service", '@service("vet.record")')

    def decorate(function: F) -> F:
        _check_function(function, Service)
        _check_name(function, "service", name or function.__name__, _LOCAL, 'Write name="finish".')
        _refuse_variable_keywords(function)
        if approval and read_only:
            raise DeclarationError(
                f"{place_of(function)} only reads: there is nothing to approve.", fix="Leave approval= or read_only= out."
            )
        return _served(
            function,
            Service(
                name=name or function.__name__,
                permission=_permission(function, "service", permission),
                read_only=read_only,
                runs_with=_lent(function, "service", runs_with),
                approval=approval,
                **_common(function),
            ),
        )

    return decorate


def report(name: str, *, permission: str, title: str = "", kpi: bool = False, runs_with: Iterable[str] = ()) -> Callable[[F], F]:
    """Declare ``def turnover(uow, *, start: date, end: date) -> Iterable[TurnoverRow]`` as the report ``vet.turnover``.

    :param name: with the plugin's prefix.
    :param permission: what the actor must be allowed.
    :param title: what stands above it; without one its name, ``Turnover``.
    :param kpi: it has one row, and belongs among the figures that are looked at daily.
    :param runs_with: permissions lent to it while it runs, as to a service.
    """

    def decorate(function: F) -> F:
        _check_function(function, Report)
        _check_options(function, 1, "report")
        _check_name(function, "report", name)
        allowed = _permission(function, "report", permission)
        shown = title or name.rpartition(".")[2].replace("-", " ").replace("_", " ").capitalize()
        lent = _lent(function, "report", runs_with)
        made = Report(name=name, permission=allowed, runs_with=lent, row=_row_of(function), title=shown, kpi=kpi, **_common(function))
        return _attach(function, made)

    return decorate


def importer(
    name: str,
    *,
    permission: str,
    suffix: Iterable[str] | str = (),
    row: type | None = None,
    once: bool = True,
    runs_with: Iterable[str] = (),
) -> Callable[[F], F]:
    """Declare a function that takes a file in and returns findings.

    With ``row`` it is ``load(uow, rows: Iterable[tuple[int, Row]], *, …)``: the text table is opened, decoded and converted by the core.
    Without it is ``load(uow, path: Path, *, …)``.

    :param name: with the plugin's prefix.
    :param permission: what the actor must be allowed.
    :param suffix: endings of the files that it reads, ``".csv"``.
    :param row: an attrs class, one object a line.
    :param once: a file of the same content is not taken in again. False where the function itself finds out what is new in a file that
        grows, changes back, or includes others.
    :param runs_with: permissions lent to it while it runs, as to a service.
    """

    def decorate(function: F) -> F:
        _check_function(function, Importer)
        _check_options(function, 2, "importer", "path" if row is None else "rows", "" if row is None else " where row=… is given")
        _check_name(function, "importer", name)
        if row is not None and not _is_attrs_class(row):
            raise DeclarationError(f"{place_of(function)}: row={row!r} is not an attrs class.", fix="Write @attrs.frozen above it.")
        allowed = _permission(function, "importer", permission)
        endings = _suffixes(function, suffix)
        lent = _lent(function, "importer", runs_with)
        made = Importer(name=name, permission=allowed, runs_with=lent, suffix=endings, row=row, once=once, **_common(function))
        return _attach(function, made)

    return decorate


def exporter(name: str, *, permission: str, suffix: Iterable[str] | str = (), runs_with: Iterable[str] = ()) -> Callable[[F], F]:
    """Declare ``def dump(uow, out: TextIO, *, …) -> None``, which writes a file in a format of somebody else's.

    :param name: with the plugin's prefix.
    :param permission: what the actor must be allowed.
    :param suffix: endings of the files that it writes, ``".beancount"``.
    :param runs_with: permissions lent to it while it runs, as to a service.
    """

    def decorate(function: F) -> F:
        _check_function(function, Exporter)
        _check_options(function, 2, "exporter", "out")
        _check_name(function, "exporter", name)
        allowed = _permission(function, "exporter", permission)
        endings, lent = _suffixes(function, suffix), _lent(function, "exporter", runs_with)
        return _attach(function, Exporter(name=name, permission=allowed, runs_with=lent, suffix=endings, **_common(function)))

    return decorate


def job(
    name: str, *, cron: str | None = None, per_company: bool = False, retries: int = 5, permissions: Iterable[str] = ()
) -> Callable[[F], F]:
    """Declare ``def due_soon(bo, *, days: int = 14) -> None``, which runs later or by the clock and opens its own units of work.

    :param name: with the plugin's prefix.
    :param cron: minute, hour, day of month, month, day of week, in the company's time zone; without it the job runs when enqueued.
    :param per_company: by the clock it is one job for each company, in the zone of that; else one for the whole database.
    :param retries: how often it is tried again after a failure, later and later: after 15 seconds, a minute, four …
    :param permissions: what the job may do, since no person stands behind it.
    """

    _refuse_bare(name, "job", '@job("vet.reminders")')

    def decorate(function: F) -> F:
        _check_function(function, Job)
        _check_options(function, 1, "job")
        _check_name(function, "job", name)
        _refuse_variable_keywords(function)
        if type(retries) is not int or not 0 <= retries <= MOST_RETRIES:
            raise DeclarationError(
                f"{place_of(function)}: @job(retries={retries!r}) is no number of tries.", fix=f"Give one from 0 to {MOST_RETRIES}."
            )
        if cron is not None:
            _check_schedule(function, cron)
        elif per_company:
            raise DeclarationError(f"{place_of(function)}: @job(per_company=True) is for jobs by the clock.", fix='Give cron="…" too.')
        allowed = tuple(_permission(function, "job", permission) for permission in _names(permissions))
        made = Job(name=name, cron=cron, per_company=per_company, retries=retries, permissions=allowed, **_common(function))
        return _attach(function, made)

    return decorate


def _check_schedule(function: Callable[..., Any], cron: str) -> None:
    """A schedule that can be read, of a job that needs to be told nothing."""
    from bocore.jobs.cron import check_cron

    check_cron(cron, place_of(function))
    bare = [p.name for p in parameters_of(function)[1:] if p.default is inspect.Parameter.empty]
    if bare:
        message = f"{place_of(function)}: a job by the clock is told nothing, and {', '.join(bare)} has no default."
        raise DeclarationError(message, fix=f"Give {bare[0]} a default, or leave cron= out.")


def declaration_of(function: object) -> Declaration | None:
    """What a decorator attached to a function, or None."""
    found = getattr(function, "__bocore__", None) if isinstance(function, FunctionType) else None
    return found if isinstance(found, Declaration) else None


def declared_in(module: ModuleType, kind: type[D]) -> list[D]:
    """The declarations of one kind whose functions were defined in that module (or inside that package), in the order written."""
    found = (declaration_of(value) for value in vars(module).values())
    return list(dict.fromkeys(one for one in found if isinstance(one, kind) and is_from(one.module, module)))


def is_from(defined: str, module: ModuleType) -> bool:
    """True where something defined in the module of that name counts as this module's own: it is the same, or inside this package."""
    return defined == module.__name__ or (hasattr(module, "__path__") and defined.startswith(module.__name__ + "."))


def undecorated(module: ModuleType) -> list[str]:
    """Public functions of a module that take ``uow`` first and are not declared: anybody could call them without a permission."""
    return [
        place_of(value)
        for name, value in vars(module).items()
        if isinstance(value, FunctionType)
        and not name.startswith("_")
        and value.__module__ == module.__name__
        and declaration_of(value) is None
        and not hasattr(value, "bocore_impl")
        and next(iter(inspect.signature(value).parameters), "") == "uow"
    ]


def _refuse_bare(first: object, kind: str, fix: str) -> None:
    """``@service`` without parentheses would quietly put the decorator in the function's place."""
    if isinstance(first, FunctionType):
        raise DeclarationError(f"{place_of(first)}: @{kind} stands there without its arguments.", fix=f"Write {fix}.")


def _attach(function: F, declaration: Declaration) -> F:
    before = declaration_of(function)
    if before is not None:
        raise DeclarationError(f"{place_of(function)} is a {before.kind} already, not a {declaration.kind} too.", fix="Make two functions.")
    function.__bocore__ = declaration  # type: ignore[attr-defined]
    return function


def _served(function: F, declaration: Service) -> F:
    """The service as other code calls it: held to its permission, and run with what it lends."""
    _attach(function, declaration)

    @functools.wraps(function)
    def service(uow: Any, /, *given: Any, **named: Any) -> Any:
        alone = not (uow._served or uow._silent or declaration.read_only)  # not inside another service, nor a hook
        if uow._free and not alone:
            return function(uow, *given, **named)
        known = uow._app.host.taken_up(declaration)
        with uow.serving(known):
            if alone:
                from bocore.kernel.approved import refuse_unapproved

                refuse_unapproved(uow, known, given, named)
            return uow._serve(function, given, named)

    return typing.cast("F", service)


def _common(function: Callable[..., Any]) -> dict[str, Any]:
    return {"function": function, "module": function.__module__, "doc": inspect.getdoc(function) or ""}


def _check_function(function: Callable[..., Any], kind: type[Declaration]) -> None:
    if not isinstance(function, FunctionType):  # a class or a method would be taken for a function later
        raise DeclarationError(f"@{kind.kind} is for functions; {function!r} is none.", fix=f"Put @{kind.kind}(…) above def.")
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise DeclarationError(f"{place_of(function)}: a {kind.kind} can't be async; units of work belong to one thread.", fix="Write def.")
    parameters = parameters_of(function)
    if not parameters or parameters[0].name != kind.first or parameters[0].kind is inspect.Parameter.KEYWORD_ONLY:
        raise DeclarationError(
            f"{place_of(function)}: the first parameter of a {kind.kind} is {kind.first!r}.",
            fix=f"Write def {function.__name__}({kind.first}, …).",
        )
    for parameter in parameters[1:]:
        if parameter.annotation is inspect.Parameter.empty:
            raise untyped(function, parameter.name)


def _check_options(function: Callable[..., Any], given: int, kind: str, second: str = "", when: str = "") -> None:
    """All but a service take what bocore gives them by position and everything else by keyword."""
    parameters = parameters_of(function)
    if second and (len(parameters) < 2 or parameters[1].name != second):
        raise DeclarationError(
            f"{place_of(function)}: the second parameter of an {kind}{when} is {second!r}.",
            fix=f"Write def {function.__name__}(uow, {second}: …, *, …).",
        )
    wrong = [parameter.name for parameter in parameters[given:] if parameter.kind is not inspect.Parameter.KEYWORD_ONLY]
    if wrong:
        raise DeclarationError(
            f"{place_of(function)}: options of a {kind} are keyword-only; {', '.join(wrong)} is not.", fix=f"Put *, before {wrong[0]}."
        )


def _refuse_variable_keywords(function: Callable[..., Any]) -> None:
    for parameter in parameters_of(function):
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            raise DeclarationError(f"{place_of(function)}: **{parameter.name} tells nobody what it takes.", fix="Name the options.")


def _check_name(function: Callable[..., Any], kind: str, name: object, pattern: re.Pattern[str] = _NAME, fix: str = "") -> None:
    if not isinstance(name, str) or not pattern.fullmatch(name):
        raise DeclarationError(
            f"{place_of(function)}: {name!r} is no name for a {kind}.", fix=fix or f'Write @{kind}("prefix.name", …), in lower case.'
        )


def _permission(function: Callable[..., Any], kind: str, permission: object) -> str:
    if not isinstance(permission, str) or not _LOCAL.fullmatch(permission):
        raise DeclarationError(
            f"{place_of(function)}: a {kind} needs the name of a permission, not {permission!r}.",
            fix='Write "vet.record", and say what it allows in Plugin(permissions={"vet.record": "…"}).',
        )
    return permission


def _lent(function: Callable[..., Any], kind: str, permissions: Iterable[str]) -> tuple[str, ...]:
    return tuple(_permission(function, kind, permission) for permission in _names(permissions))


def _names(value: Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _suffixes(function: Callable[..., Any], value: Iterable[str]) -> tuple[str, ...]:
    suffixes = _names(value)
    for suffix in suffixes:
        if not suffix.startswith("."):
            raise DeclarationError(f"{place_of(function)}: {suffix!r} is no ending of a file.", fix='Write suffix=".csv".')
    return tuple(suffix.lower() for suffix in suffixes)


def _is_attrs_class(value: object) -> bool:
    return isinstance(value, type) and attrs.has(value)


def _row_of(function: Callable[..., Any]) -> type:
    """The attrs class in ``-> Iterable[Row]``."""
    hint = result_type(function)
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(origin, type) and issubclass(origin, Iterable) and len(inside) >= 1 and _is_attrs_class(inside[0]) and origin is not dict:
        return typing.cast(type, inside[0])
    written = "nothing" if hint is None else repr(hint)
    raise DeclarationError(
        f"{place_of(function)}: a report says what its rows are, and {written} is not rows of an attrs class.",
        fix="Write -> Iterable[Row], where Row is an attrs class defined above.",
    )
