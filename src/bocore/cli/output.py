"""``--format`` and ``-o``: every command that lists or reports takes them."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from bocore.reports import Column, Heading
    from bocore.reports.details import Details

F = TypeVar("F", bound=Callable[..., Any])
STYLES = ("table", "csv", "json", "xlsx", "html")
STYLE_HELP = "How to write it; the ending of the -o file says it too.  [default: table]"
OUTPUT_HELP = "Write into a file, which takes its new content whole."
OTHERS = (".pdf", ".xls", ".xlsm", ".ods", ".doc", ".docx")
"""Endings of formats that somebody may expect here."""


def options() -> list[click.Option]:
    """The two options, for commands that are made."""
    return [
        click.Option(["--format", "style"], type=click.Choice(STYLES), help=STYLE_HELP, callback=_refuse_early),
        click.Option(["-o", "--output"], type=click.Path(dir_okay=False, path_type=Path), help=OUTPUT_HELP, is_eager=True),
    ]


def listing(function: F) -> F:
    """The two options, for commands that are written."""
    style = click.option("--format", "style", type=click.Choice(STYLES), help=STYLE_HELP, callback=_refuse_early)
    output = click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help=OUTPUT_HELP, is_eager=True)
    return style(output(function))


def _refuse_early(ctx: click.Context, param: click.Parameter, style: str | None) -> str | None:
    """Refuse what can't be written before anything is done: the output option is eager, so that it is known here."""
    output = ctx.params.get("output")
    output = output if isinstance(output, Path) else None
    said = _ending(output)
    if style is not None and said is not None and style != said:
        fix = f"Leave --format out, or name a file that ends in .{'txt' if style == 'table' else style}."
        raise click.BadParameter(f"{output} would be taken for {said}, and have {style} in it. {fix}", ctx, param)
    if style is None and output is not None and output.suffix.lower() in OTHERS:
        fix = "Write .xlsx, or .html, which a browser prints as PDF."
        raise click.BadParameter(f"{output.name} ends like a format that is not written here. {fix}", ctx, param)
    if (style or by_ending(output)) == "xlsx" and to_screen(output) and at_terminal():
        raise click.BadParameter("A workbook is nothing for a terminal. Name a file: -o FILE.xlsx", ctx, param)
    if output is not None and not to_screen(output) and not os.access(output.parent, os.W_OK):
        from bocore.errors import StorageError

        raise StorageError(f"{output} can't be written.", fix="Name a file in a folder that is there and that you may write.")
    return style


def put_rows(row: type, rows: Iterable[Any], style: str | None, output: Path | None) -> None:
    """Write rows of an attrs class."""
    from bocore.reports import columns_of

    put_columns(columns_of(row), rows, style, output)


def put_columns(columns: Sequence[Column], rows: Iterable[Any], style: str | None, output: Path | None) -> None:
    """Write rows by these columns; what stands above them where that is shown is the command."""
    from bocore.cli.invocation import invocation
    from bocore.reports import Heading

    ctx = click.get_current_context()
    title = " ".join(ctx.command_path.split()[1:]).capitalize()
    put(columns, rows, style, output, Heading(title=title, made=invocation(ctx).now()))


def put(
    columns: Sequence[Column],
    rows: Iterable[Any],
    style: str | None,
    output: Path | None,
    heading: Heading,
    details: Details | None = None,
) -> None:
    """Write rows by these columns, under a heading."""
    from bocore.reports import render
    from bocore.reports.render import BINARY

    style = style or by_ending(output)
    with opened(output, binary=style in BINARY) as out:
        render(style, columns, rows, out, heading, details)


def put_value(value: Any, style: str | None, output: Path | None) -> None:
    """Write what a service returned: rows as a table, a mapping as one row, anything else as one line; JSON as it is."""
    from bocore.reports import columns_of

    style = style or by_ending(output)
    if style == "json":
        _put_json(value, output)
        return
    rows = _rows(value)
    if rows is None and style in ("xlsx", "html"):
        rows = [{"result": "Done." if value is None else value}]
    if rows is None:
        from bocore.reports.render import shown

        with opened(output) as out:
            out.write(f"{'Done.' if value is None else shown(value)}\n")
    elif rows and _is_attrs(rows[0]):
        put_columns(columns_of(type(rows[0])), rows, style, output)
    else:
        put_columns(*_of_mappings(rows), style, output)


def _put_json(value: Any, output: Path | None) -> None:
    """Rows as a list of objects, one row as an object, anything else as plain JSON."""
    import orjson

    from bocore.reports.columns import as_object, columns_of
    from bocore.reports.render import write_json
    from bocore.uow.events import to_plain

    rows = list(value) if isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping)) else None
    with opened(output) as out:
        if rows and _is_attrs(rows[0]):
            write_json(columns_of(type(rows[0])), rows, out)
            return
        plain = as_object(columns_of(type(value)), value) if _is_attrs(value) else to_plain(value if rows is None else rows)
        if isinstance(plain, list):
            plain = [_flat(row) if isinstance(row, dict) else row for row in plain]
        out.write(orjson.dumps(plain, option=orjson.OPT_INDENT_2).decode() + "\n")


def _rows(value: Any) -> list[Any] | None:
    """The rows that a value is, or None for a plain one."""
    from bocore.uow.events import to_plain

    if _is_attrs(value):
        return [value]
    if isinstance(value, Mapping):
        return [_flat(value, Decimal)]
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        found = list(value)
        if all(_is_attrs(one) for one in found):
            return found
        plain = found if all(isinstance(one, Mapping) for one in found) else [to_plain(one) for one in found]
        return (
            [_flat(one, Decimal) for one in plain] if all(isinstance(one, Mapping) for one in plain) else [{"value": one} for one in plain]
        )
    return None


def _flat(row: Mapping[str, Any], amount: Callable[[str], Any] = str) -> dict[str, Any]:
    """A row of what ``bo.run`` keeps, with an amount and its currency side by side, as reports have them."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping) and value.keys() == {"amount", "currency"}:
            flat |= {name: amount(value["amount"]), f"{name}_currency": value["currency"]}
        else:
            flat[name] = value
    return flat


def _is_attrs(value: Any) -> bool:
    """True for rows of attrs classes; entities are shown by their id and number."""
    import attrs

    from bocore.amounts import Money
    from bocore.entities import Entity

    return attrs.has(type(value)) and not isinstance(value, (Entity, Money))


def _of_mappings(rows: Sequence[Any]) -> tuple[list[Column], list[Any]]:
    from bocore.reports import Column

    names = list(dict.fromkeys(str(name) for row in rows for name in row))
    kinds = [type(next((row[name] for row in rows if row.get(name) is not None), "")) for name in names]
    columns = [Column(name, name.replace("_", " ").capitalize(), kind) for name, kind in zip(names, kinds, strict=True)]
    return columns, [SimpleNamespace(**{name: row.get(name) for name in names}) for row in rows]


@contextlib.contextmanager
def opened(output: Path | None, *, binary: bool = False) -> Iterator[Any]:
    """Standard output, or a file that is replaced when all is written."""
    if output is None or to_screen(output):
        yield sys.stdout.buffer if binary else sys.stdout
        sys.stdout.flush()  # what is said next goes to standard error, and belongs after this
        return
    from bocore.imports.exporting import whole_file

    with whole_file(output, binary=binary) as file:
        yield file


def to_screen(output: Path | None) -> bool:
    """True where no file is named, but standard output."""
    return output is None or str(output) == "-"


def at_terminal() -> bool:
    """True where a person looks at standard output."""
    return sys.stdout.isatty()


def by_ending(output: Path | None) -> str:
    """The format that the name of a file says, or a table."""
    return _ending(output) or "table"


def _ending(output: Path | None) -> str | None:
    """The format that the name of a file says; None where it says nothing."""
    ending = output.suffix.lower().lstrip(".") if output is not None else ""
    return {"htm": "html", **dict(zip(STYLES, STYLES, strict=True))}.get(ending)
