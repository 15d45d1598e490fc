"""``bo report``, ``bo import`` and ``bo export``: a command for each that a plugin declares."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from bocore.cli import output as out
from bocore.cli.invocation import invocation
from bocore.cli.parameters import given, parameters_of, with_own
from bocore.cli.problems import warn


class Declared(click.Group):
    """The reports, importers or exporters of all plugins, by short name while that is unique.

    :param kind: what is listed: ``report``, ``importer``, ``exporter``.
    :param make: makes the command of one.
    """

    def __init__(self, *, kind: str, make: Callable[[str, Any], click.Command], **settings: Any) -> None:
        super().__init__(**settings)
        self.kind = kind
        self.make = make

    def list_commands(self, ctx: click.Context) -> list[str]:
        known = getattr(invocation(ctx).host, f"{self.kind}s")
        shorts = [full.split(".", 1)[1] for full in known]
        names = (full.split(".", 1)[1] if shorts.count(full.split(".", 1)[1]) == 1 else full for full in known)
        return sorted(name.replace("_", "-") for name in names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        from bocore.errors import NotFound, UsageError

        host = invocation(ctx).host
        try:
            found = host.resolve(self.kind, cmd_name)
        except (NotFound, UsageError) as error:
            only = [one for one in getattr(host, f"{self.kind}s").values() if one.plugin == cmd_name]
            if len(only) != 1:
                if ctx.resilient_parsing:
                    return None
                raise click.UsageError(str(error), ctx) from error
            found = only[0]
        return self.make(cmd_name, found)


DRILL = "With what is behind each figure, and behind that in turn: tables of the same HTML page, linked."


def _report(name: str, report: Any) -> click.Command:
    def run(style: str | None, output: Path | None, drill: bool = False, **values: Any) -> None:
        from bocore.reports import run_report, running

        this = invocation()
        style = style or out.by_ending(output)
        if drill and style != "html":
            raise click.UsageError("--drill is for HTML. Write it with -o FILE.html or --format html.")
        _, options = given(report.options, values)
        of_report: dict[str, Any] = {"actor": this.actor, "company": this.company, "options": options}
        if drill or out.to_screen(output):  # half a report on the screen would be taken for a whole one
            result = run_report(this.app, report.name, details=drill, **of_report)
            out.put(result.columns, result.rows, style, output, result.heading, result.details)
        else:
            with running(this.app, report.name, **of_report) as begun:
                result = begun.result
                out.put(result.columns, begun.rows, style, output, result.heading)
        for finding in result.findings:
            warn(finding)

    return _command(name, report, run, [*out.options(), click.Option(["--drill"], is_flag=True, help=DRILL)])


def _importer(name: str, importer: Any) -> click.Command:
    def run(file: Path, dry_run: bool, style: str | None, output: Path | None, **values: Any) -> None:
        this = invocation()
        table = {name: values.pop(name) for name in ("decimal_comma", "columns", "sheet") if name in values and name not in taken}
        _, options = given(importer.options, values)
        options |= {name: value for name, value in table.items() if value}
        with _Progress(file, shown=importer.row is not None and sys.stderr.isatty()) as progress:
            result = this.app.import_file(
                importer.name, file, actor=this.actor, company=this.company, dry_run=dry_run, progress=progress, options=options
            )
        for finding in result.findings:
            warn(finding)
        _put_import(file, result, style, output)

    taken = {option.name for option in importer.options}
    own: list[click.Parameter] = [
        click.Argument(["file"], type=click.Path(exists=True, dir_okay=False, path_type=Path)),
        click.Option(["--dry-run"], is_flag=True, help="Do everything, checks included, and keep nothing."),
        *out.options(),
    ]
    if importer.row is not None:
        own += [option for option in _table_options() if option.name not in taken]
    return _command(name, importer, run, own)


def _table_options() -> list[click.Parameter]:
    """What can be said of any table."""
    columns = "A column of the file and the field that it is; nothing after the = where it is not to be read. Once for each."
    return [
        click.Option(["--decimal-comma"], is_flag=True, help="Numbers are written 1.234,50."),
        click.Option(["columns", "--column"], multiple=True, metavar="THEIRS=OURS", callback=_columns, help=columns),
        click.Option(["--sheet"], default="", metavar="NAME", help="The sheet of a workbook; the first one without it."),
    ]


def _columns(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs = [value.rpartition("=") for value in values]
    for value, (theirs, equals, _) in zip(values, pairs, strict=True):
        if not (equals and theirs.strip()):
            raise click.BadParameter(f'{value!r} is not written THEIRS=OURS, such as "Art. No.=code".', context, parameter)
    return {theirs: ours.strip() for theirs, _, ours in pairs}


def _put_import(file: Path, result: Any, style: str | None, output: Path | None) -> None:
    """What was added, as rows; on standard error, in words."""
    if result.added or style not in (None, "table"):
        out.put_value([{"entity": entity, "added": count} for entity, count in sorted(result.added.items())], style, output)
    if result.repeated:
        said = f"{file.name} was imported before: nothing {'would be' if result.dry_run else 'was'} added."
    else:
        said = f"{file.name}: {'nothing was kept; this is what would be added' if result.dry_run else 'imported'}."
    click.echo(said, err=True)


class _Progress:
    """A bar on standard error while a person looks at it; an importer that reads the file itself can't say how far it is."""

    def __init__(self, file: Path, *, shown: bool) -> None:
        self.bar: Any = click.progressbar(length=file.stat().st_size, label=file.name, file=sys.stderr) if shown else None
        self.at = 0

    def __enter__(self) -> Callable[[int, int], None] | None:
        if self.bar is None:
            return None
        self.bar.__enter__()
        return self._move

    def _move(self, read: int, total: int) -> None:
        self.bar.update(max(0, read - self.at))
        self.at = max(self.at, read)

    def __exit__(self, *exception: Any) -> None:
        if self.bar is not None:
            self.bar.__exit__(*exception)


def _exporter(name: str, exporter: Any) -> click.Command:
    def run(output: Path | None, **values: Any) -> None:
        this = invocation()
        _, options = given(exporter.options, values)
        to = sys.stdout if output is None or str(output) == "-" else output
        this.app.export(exporter.name, to, actor=this.actor, company=this.company, options=options)

    return _command(name, exporter, run, [out.options()[1]])


def _command(name: str, declared: Any, run: Callable[..., None], own: list[Any]) -> click.Command:
    """A command of a declaration: its parameters, and the docstring without its list of them."""
    parameters = with_own(own, parameters_of(declared.options))
    return click.Command(name, params=parameters, callback=_without(run, parameters), help=help_of(declared), short_help=declared.summary)


def _without(run: Callable[..., None], parameters: list[click.Parameter]) -> Callable[..., None]:
    """The callback with None for those own parameters whose names the declaration uses itself."""
    taken = {parameter.name for parameter in parameters}
    free: Mapping[str, Any] = {name: None for name in ("style", "output") if name not in taken}

    def call(**values: Any) -> None:
        run(**{**free, **values})

    return call


def help_of(declared: Any) -> str:
    """The docstring for a person at the command line: without ``:param …:`` lines, which are at the options."""
    lines: list[str] = []
    for line in (declared.doc or f"The {declared.kind} {declared.name}.").splitlines():
        if line.lstrip().startswith((":param", ":raises", ":return", ".. ")):
            break
        lines.append(line.replace("``", "`"))
    return "\n".join(lines).strip()


imports = Declared(
    kind="importer",
    make=_importer,
    name="import",
    help="""Take a file in, whole or not at all, and once.

The same file a second time adds nothing and says so. --dry-run shows what would be added. Errors name file and line.""",
)
exports = Declared(
    kind="exporter",
    make=_exporter,
    name="export",
    help="""Write a file in a format of somebody else's.

Without -o it goes to standard output.""",
)
reports = Declared(
    kind="report",
    make=_report,
    name="report",
    help="""Show a report as a table, CSV, JSON, XLSX or HTML.

XLSX and HTML are ready to be printed and handed on.

JSON is a list of objects with field names as keys; amounts are decimal text with a …_currency key beside them, dates ISO 8601.""",
)
