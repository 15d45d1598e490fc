"""``--format`` and ``-o``: every command that lists or reports takes them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

if TYPE_CHECKING:
    from bocore.reports import Column

F = TypeVar("F", bound=Callable[..., Any])
STYLES = ("table", "csv", "json")
STYLE_HELP = "How to write it; the ending of the -o file says it too.  [default: table]"
OUTPUT_HELP = "Write into a file, which takes its new content whole."


def options() -> list[click.Option]:
    """The two options, for commands that are made."""
    return [
        click.Option(["--format", "style"], type=click.Choice(STYLES), help=STYLE_HELP),
        click.Option(["-o", "--output"], type=click.Path(dir_okay=False, path_type=Path), help=OUTPUT_HELP),
    ]


def listing(function: F) -> F:
    """The two options, for commands that are written."""
    style = click.option("--format", "style", type=click.Choice(STYLES), help=STYLE_HELP)
    output = click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help=OUTPUT_HELP)
    return style(output(function))


def put_rows(row: type, rows: Iterable[Any], style: str | None, output: Path | None) -> None:
    """Write rows of an attrs class."""
    from bocore.reports import columns_of

    put_columns(columns_of(row), rows, style, output)


def put_columns(columns: Sequence[Column], rows: Iterable[Any], style: str | None, output: Path | None) -> None:
    """Write rows by these columns."""
    from bocore.reports import render

    with opened(output) as out:
        render(style or _by_ending(output), columns, rows, out)


def put_value(value: Any, style: str | None, output: Path | None) -> None:
    """Write what a service returned: rows as a table, a mapping as one row, anything else as one line; JSON as it is."""
    from bocore.reports import columns_of

    style = style or _by_ending(output)
    if style == "json":
        _put_json(value, output)
        return
    rows = _rows(value)
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
        out.write(orjson.dumps(plain, option=orjson.OPT_INDENT_2).decode() + "\n")


def _rows(value: Any) -> list[Any] | None:
    """The rows that a value is, or None for a plain one."""
    from bocore.uow.events import to_plain

    if _is_attrs(value):
        return [value]
    if isinstance(value, Mapping):
        return [value]
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        found = list(value)
        if all(_is_attrs(one) for one in found) or all(isinstance(one, Mapping) for one in found):
            return found
        plain = [to_plain(one) for one in found]
        return plain if all(isinstance(one, Mapping) for one in plain) else [{"value": one} for one in plain]
    return None


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
def opened(output: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that is replaced when all is written."""
    if output is None or str(output) == "-":
        yield sys.stdout
        sys.stdout.flush()  # what is said next goes to standard error, and belongs after this
        return
    from bocore.imports.exporting import whole_file

    with whole_file(output) as file:
        yield file


def _by_ending(output: Path | None) -> str:
    return {".csv": "csv", ".json": "json"}.get(output.suffix.lower(), "table") if output is not None else "table"
