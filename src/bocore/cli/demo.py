"""``bo demo``: every installed plugin plays its part of a company's quarter, and the figures are shown."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bocore.cli import output as out
from bocore.cli.invocation import invocation

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.plugins import Report

Say = Callable[[str], None]
COMPANY, CURRENCY, ZONE = "Demo Trading Ltd", "EUR", "Europe/Vienna"
STATEMENTS: Mapping[str, Mapping[str, str]] = {
    "accounting.trial-balance": {},
    "accounting.balance-sheet": {"currency": "base"},
    "accounting.income-statement": {"currency": "base"},
    "accounting.cash-flow": {"currency": "base"},
}
"""What a demo ends with, where there is a ledger."""
MAGIC = b"SQLite format 3\0"


@click.command()
@click.option("--force", is_flag=True, help="Replace the demo database that is there.")
def demo(force: bool) -> None:
    """Play a company's quarter through every installed plugin.

    Writes ./bocore-demo.db, or the file or new tenant that `bo --db … demo` names; what is there is kept, a file unless --force. Ends
    with the statements, the key figures and a verified audit trail. A plugin's part is the function that Plugin(demo=…) names, called
    as fn(bo, say) with the application and a function that tells progress.
    """
    this = invocation()
    path = this.file if this.db_was_given else Path("bocore-demo.db")
    if path is not None:
        _make_room(path, force)
    began = time.perf_counter()
    app = this.open(str(path) if path is not None else this.db)
    if path is None:
        _refuse_tables(app)
    app.init(company=COMPANY, currency=CURRENCY, code="DEMO", zone=ZONE, actor="demo")
    click.echo(f"{COMPANY} keeps its books in {path or this.where}.")
    _give_key(app, Path(f"{path or 'bocore-demo'}.key"))
    _play(app)
    _figures(app)
    good = _verified(app)
    click.echo(f"\n{time.perf_counter() - began:.1f} seconds.")
    again = f"bo --db {path}" if path is not None else this.again
    click.echo(f"Now try: {again} report --help, {again} audit log, {again} plugin list.")
    if not good:
        click.get_current_context().exit(1)


def _make_room(path: Path, force: bool) -> None:
    """Refuse to overwrite; with --force remove a SQLite file, and nothing else."""
    if not path.exists():
        return
    if not force:
        raise click.UsageError(f"{path} is there already. Name another file (bo --db FILE demo), or replace it with --force.")
    if not _is_sqlite(path):
        raise click.UsageError(f"{path} is no SQLite database; it is not replaced.")
    for name in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        name.unlink(missing_ok=True)


def _refuse_tables(app: BackOffice) -> None:
    """On a server nothing is replaced: a demo gets a tenant of its own."""
    from bocore.migrate import current

    if any(current(app).values()):
        raise click.UsageError("This tenant has tables already. Name a new one: bo --db … --tenant demo demo.")


def _give_key(app: BackOffice, file: Path) -> None:
    """Where plugins have secret fields and no key is set, the demo has one of its own."""
    if not app.ciphertexts:
        return
    from bocore.errors import KeyUnavailable
    from bocore.keys.provider import from_file, new_key_file

    try:
        _ = app.keys.provider
    except KeyUnavailable as error:
        if error.findings[0].code != "bo.key_missing":
            raise
        app.keys.replace(from_file(file) if file.exists() else new_key_file(file))
        click.echo(f"What is secret in them opens with the key in {file}.")


def _is_sqlite(path: Path) -> bool:
    """True for a SQLite file, and for an empty one, which is what an interrupted demo may leave."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(MAGIC)) in (MAGIC, b"")


def _play(app: BackOffice) -> None:
    """Run each plugin's demo, in plugin order."""
    for state in app.host.plugins:
        if state.state != "loaded" or state.plugin is None or not state.plugin.demo:
            continue
        click.echo(f"\n{state.name}")
        _function(state.plugin.demo)(app, lambda text: click.echo(f"  {text}"))


def _function(place: str) -> Callable[[BackOffice, Say], None]:
    from bocore.errors import PluginError

    module, _, name = place.partition(":")
    try:
        found: Callable[[BackOffice, Say], None] = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise PluginError(f"The demo {place!r} can't be found: {error}.", fix='Write Plugin(demo="package.module:function").') from error
    return found


def _figures(app: BackOffice) -> None:
    """The statements, and every report that is a key figure."""
    chosen = [(app.host.reports[name], options) for name, options in STATEMENTS.items() if name in app.host.reports]
    chosen += [(report, {}) for report in app.host.reports.values() if report.kpi]
    for report, more in chosen:
        options = _options(app, report)
        if options is None:
            continue
        result = app.report(report.name, actor="demo", company="DEMO", options={**options, **more})
        click.echo(f"\n{report.title}")
        out.put_columns(result.columns, result.rows, "table", None)


def _options(app: BackOffice, report: Report) -> dict[str, Any] | None:
    """Days that a report asks for are the company's today; None where it asks for something else."""
    from datetime import date

    asked = [option for option in report.options if option.required]
    if any(option.type is not date for option in asked):
        return None
    with app.unit_of_work(actor="demo", company="DEMO", read_only=True) as uow:
        today = uow.today()
    return {option.name: today.replace(month=1, day=1) if option.name in ("start", "since") else today for option in asked}


def _verified(app: BackOffice) -> bool:
    from bocore.cli.audit import said
    from bocore.record.verify import verify

    app.keeper.tend()
    found = verify(app)
    click.echo(f"\nAudit: {said(found)}")
    with contextlib.suppress(IndexError):
        for finding in found.findings:
            click.echo(f"  {finding}")
    return found.ok
