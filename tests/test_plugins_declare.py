"""Declaring services, reports, importers, exporters and jobs, and what the errors say when it is done wrong."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from bocore.errors import DeclarationError, Finding
from bocore.plugins import (
    Plugin,
    declaration_of,
    declared_in,
    exporter,
    importer,
    job,
    options_of,
    report,
    service,
    undecorated,
)
from bocore.plugins.declare import Exporter, Importer, Job, Report, Service

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TextIO

    from bocore.uow import UnitOfWork


@attrs.frozen
class Visit:
    id: int


@attrs.frozen
class TurnoverRow:
    month: date
    total: Decimal


@attrs.frozen
class LegacyRow:
    animal: str


@service("vet.record", runs_with=["vet.prices"])
def finish(uow: UnitOfWork, visit: Visit, *, on: date | None = None, note: str = "") -> str:
    """Close the visit and take what was used out of stock.

    :param visit: the visit, by its
        number.
    :param on, note: of the closing.
    """
    return f"finished {visit.id}{note}"


@report("vet.turnover", permission="vet.read")
def turnover(uow: UnitOfWork, *, start: date, end: date, paid: bool = True) -> Iterable[TurnoverRow]:
    """Turnover by month."""
    yield TurnoverRow(start, Decimal("12.50"))


@importer("vet.legacy", permission="vet.record", suffix=".CSV", row=LegacyRow)
def load(uow: UnitOfWork, rows: Iterable[tuple[int, LegacyRow]], *, since: date | None = None) -> Iterable[Finding]:
    """Animals of the old program."""
    return []


@exporter("vet.passport", permission="vet.read", suffix=(".txt", ".md"))
def dump(uow: UnitOfWork, out: TextIO, *, animal: int) -> None:
    """The passport of an animal."""


@job("vet.reminders", cron="0 6 * * *", permissions=["vet.read"])
def due_soon(bo: Any, *, days: int = 14) -> None:
    """Remind owners of what is due."""


def needs_days(bo: Any, *, days: int) -> None:
    """Remind owners of what is due in so many days."""


def test_a_service_stays_a_function_and_carries_its_declaration() -> None:
    declared = declaration_of(finish)
    assert declared is not None and declared.function(None, Visit(7), note="!") == "finished 7!"
    assert isinstance(declared, Service)
    assert (declared.name, declared.permission, declared.runs_with, declared.read_only) == ("finish", "vet.record", ("vet.prices",), False)
    assert declared.summary == "Close the visit and take what was used out of stock."
    assert declared.needs == ("vet.record", "vet.prices")
    assert declared.module == __name__


def test_the_parameters_of_a_service_are_arguments_and_options_with_their_help() -> None:
    visit, on, note = declaration_of(finish).options  # type: ignore[union-attr]
    assert (visit.name, visit.type, visit.required, visit.positional, visit.help) == (
        "visit",
        Visit,
        True,
        True,
        "the visit, by its number.",
    )
    assert (on.type, on.required, on.default, on.positional, on.help) == (date, False, None, False, "of the closing.")
    assert (note.type, note.default, note.help) == (str, "", "of the closing.")


def test_a_report_says_what_its_rows_are() -> None:
    declared = declaration_of(turnover)
    assert isinstance(declared, Report)
    assert (declared.name, declared.row, declared.kpi) == ("vet.turnover", TurnoverRow, False)
    assert [(option.name, option.required) for option in declared.options] == [("start", True), ("end", True), ("paid", False)]


def test_importers_exporters_and_jobs_have_their_own_first_parameters() -> None:
    took, gave, runs = declaration_of(load), declaration_of(dump), declaration_of(due_soon)
    assert isinstance(took, Importer) and (took.suffix, took.row) == ((".csv",), LegacyRow)
    assert [option.name for option in took.options] == ["since"]
    assert isinstance(gave, Exporter) and gave.suffix == (".txt", ".md")
    assert [(option.name, option.type) for option in gave.options] == [("animal", int)]
    assert isinstance(runs, Job) and (runs.cron, runs.needs) == ("0 6 * * *", ("vet.read",))
    assert [(option.name, option.default) for option in runs.options] == [("days", 14)]


def test_any_number_of_values_is_one_option() -> None:
    @service("vet.record")
    def weigh(uow: UnitOfWork, *grams: int) -> None: ...

    (grams,) = options_of(weigh)
    assert (grams.name, grams.type, grams.many, grams.required, grams.positional) == ("grams", int, True, False, True)


def test_a_row_class_may_come_in_any_iterable() -> None:
    @report("vet.one", permission="vet.read")
    def one(uow: UnitOfWork) -> list[TurnoverRow]:
        return []

    @report("vet.two", permission="vet.read")
    def two(uow: UnitOfWork) -> Iterator[TurnoverRow]:
        yield from ()

    assert [declaration_of(each).row for each in (one, two)] == [TurnoverRow, TurnoverRow]  # type: ignore[union-attr]


def without_uow(visit: Visit) -> None: ...


def without_type(uow: UnitOfWork, visit) -> None: ...  # type: ignore[no-untyped-def]


def without_names(uow: UnitOfWork, **options: str) -> None: ...


def without_rows(uow: UnitOfWork, *, start: date) -> None: ...


def rows_of_text(uow: UnitOfWork) -> Iterable[str]: ...  # type: ignore[empty-body]


def rows_by_name(uow: UnitOfWork) -> dict[TurnoverRow, int]: ...  # type: ignore[empty-body]


def rows_by_position(uow: UnitOfWork, start: date) -> Iterable[TurnoverRow]: ...  # type: ignore[empty-body]


def rows_of_later(uow: UnitOfWork) -> Iterable[Later]: ...  # type: ignore[empty-body,name-defined]  # noqa: F821


def reads_path(uow: UnitOfWork, path: Path) -> Iterable[Finding]: ...  # type: ignore[empty-body]


async def is_async(uow: UnitOfWork) -> None: ...


@pytest.mark.parametrize(
    ("decorate", "function", "said", "fix"),
    [
        (service("vet.record"), without_uow, "without_uow: the first parameter of a service is 'uow'", "def without_uow(uow, …)"),
        (service("vet.record"), without_type, "without_type: the parameter 'visit' has no type", "Write visit:"),
        (service("vet.record"), without_names, "without_names: **options tells nobody", "Name the options"),
        (service("vet.record"), is_async, "is_async: a service can't be async", "Write def"),
        (service(""), reads_path, "reads_path: a service needs the name of a permission, not ''", "permissions="),
        (service(None), reads_path, "reads_path: a service needs the name of a permission, not None", "permissions="),  # type: ignore[arg-type]
        (service("vet.record"), Visit, "@service is for functions", "above def"),
        (report("vet.x", permission="vet.read"), without_rows, "without_rows: a report says what its rows are", "-> Iterable[Row]"),
        (report("vet.x", permission="vet.read"), rows_of_text, "rows_of_text: a report says what its rows are", "-> Iterable[Row]"),
        (report("vet.x", permission="vet.read"), rows_by_name, "rows_by_name: a report says what its rows are", "-> Iterable[Row]"),
        (report("vet.x", permission="vet.read"), rows_by_position, "options of a report are keyword-only; start is not", "before start"),
        (report("vet.x", permission="vet.read"), rows_of_later, "name 'Later' is not defined", "at run time"),
        (report("turnover", permission="vet.read"), turnover, "'turnover' is no name for a report", 'Write @report("prefix.name"'),
        (report("vet.x", permission="vet.read"), turnover, "turnover is a report already", "two functions"),
        (importer("vet.x", permission="vet.read", row=LegacyRow), reads_path, "is 'rows'", "(uow, rows: …"),
        (importer("vet.x", permission="vet.read"), load, "the second parameter of an importer is 'path'", "(uow, path: …"),
        (importer("vet.x", permission="vet.read", row=str), load, "is not an attrs class", "@attrs.frozen"),
        (importer("vet.x", permission="vet.read", suffix="csv"), reads_path, "'csv' is no ending of a file", 'suffix=".csv"'),
        (exporter("vet.x", permission="vet.read"), reads_path, "the second parameter of an exporter is 'out'", "(uow, out: …"),
        (job("vet.x"), reads_path, "the first parameter of a job is 'bo'", "(bo, …)"),
        (job("vet.x", cron="daily"), due_soon, "cron='daily') is no schedule. It needs five fields.", "every day at six"),
        (job("vet.x", cron="0 25 * * *"), due_soon, "is no schedule. Bad hour.", "every day at six"),
        (job("vet.x", cron="0 0 30 2 *"), due_soon, "is no schedule. Bad day-of-month.", "every day at six"),
        (job("vet.x", per_company=True), due_soon, "per_company=True) is for jobs by the clock", "cron="),
        (job("vet.x", retries=-1), due_soon, "retries=-1) is no number of tries", "from 0 to 20"),
        (job("vet.x", cron="0 6 * * *"), needs_days, "told nothing, and days has no default", "Give days a default"),
    ],
)
def test_what_is_declared_wrongly_is_refused_with_its_place_and_the_remedy(decorate: Any, function: Any, said: str, fix: str) -> None:
    with pytest.raises(DeclarationError) as refused:
        decorate(function)
    (finding,) = refused.value.findings
    assert said in finding.message
    assert fix in finding.fix


def test_a_decorator_without_its_arguments_does_not_swallow_the_function() -> None:
    with pytest.raises(DeclarationError, match=r"reads_path: @service stands there without its arguments"):
        service(reads_path)  # type: ignore[arg-type]
    with pytest.raises(DeclarationError, match=r"without_uow: @job stands there without its arguments"):
        job(without_uow)  # type: ignore[arg-type]


def test_a_type_that_is_only_there_for_the_type_checker_is_named_when_options_are_asked_for() -> None:
    @service("vet.record")
    def close(uow: UnitOfWork, other: Nowhere) -> None: ...  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(DeclarationError, match=r"close: the type 'Nowhere' of 'other' can't be found"):
        options_of(close)


def test_a_module_declares_what_was_defined_in_it_and_not_what_it_imported() -> None:
    claims = types.ModuleType("acme_vet.claims")
    exec(
        "from bocore.plugins import service\n"
        "@service('vet.claim')\n"
        "def send(uow): pass\n"
        "def forgotten(uow, visit): pass\n"
        "def helper(visit): pass\n"
        "def _private(uow): pass\n",
        vars(claims),
    )
    vars(claims)["finish"] = finish
    assert [one.name for one in declared_in(claims, Service)] == ["send"]
    assert undecorated(claims) == ["acme_vet.claims.forgotten"]


def test_a_plugin_is_one_value_and_a_misspelt_argument_a_type_error() -> None:
    plugin = Plugin(prefix="vet", services=finish, roles={"assistant": ["vet.read"]}, data={"tax.rates": [1]})
    assert plugin.services == (finish,)
    assert plugin.roles == {"assistant": ("vet.read",)}
    with pytest.raises(TypeError):
        Plugin(prefix="vet", service=[finish])  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        plugin.roles["assistant"] = ()  # type: ignore[index]


@pytest.mark.parametrize("prefix", ["", "Vet", "vet-care", "vet__x", "_vet", "1vet", "v" * 31])
def test_a_prefix_is_fit_for_a_table_and_a_command(prefix: str) -> None:
    with pytest.raises(DeclarationError, match="prefix"):
        Plugin(prefix=prefix)


def test_a_text_is_not_a_module() -> None:
    with pytest.raises(DeclarationError, match=r"'acme_vet.services' is a text where a module"):
        Plugin(prefix="vet", services="acme_vet.services")
