"""Rows as a table for people, CSV for spreadsheets, JSON for programs; XLSX and HTML stand in modules of their own."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

from bocore.amounts import Money, UnitPrice
from bocore.errors import UsageError
from bocore.printable import printable
from bocore.reports.columns import KINDS, Column, as_object, spread_out
from bocore.reports.heading import Heading
from bocore.spreadsheets import LineFeeds, escape_formulas
from bocore.values import plain_value

if TYPE_CHECKING:
    from bocore.reports.details import Details


def render(
    style: str, columns: Sequence[Column], rows: Iterable[Any], out: Any, heading: Heading | None = None, details: Details | None = None
) -> None:
    """Write rows in one of :data:`FORMATS`: text to a text file, XLSX to a binary one. Details are for HTML."""
    if details is not None and style != "html":
        raise UsageError("The details behind the figures are written in HTML only.", fix="Write HTML.")
    if style == "html":
        from bocore.reports.html import write_html

        write_html(columns, rows, out, heading or Heading(), details)
        return
    _FORMATS[style](columns, rows, out, heading or Heading())


def render_to(
    style: str, columns: Sequence[Column], rows: Iterable[Any], out: Any, heading: Heading | None = None, details: Details | None = None
) -> None:
    """The same into a file that is named, or a text or binary file that is open."""
    if style not in FORMATS:
        raise UsageError(f"{style!r} is no format.", fix=f"There are: {', '.join(FORMATS)}.")
    if isinstance(out, (str, Path)):
        from bocore.imports.exporting import whole_file

        with whole_file(Path(out), binary=style in BINARY) as file:
            render(style, columns, rows, file, heading, details)
    elif style in BINARY or isinstance(out, io.TextIOBase):
        render(style, columns, rows, out, heading, details)
    else:
        text = io.TextIOWrapper(out, encoding="utf-8", newline="")
        try:
            render(style, columns, rows, text, heading, details)
        finally:
            text.detach()


def write_json(columns: Sequence[Column], rows: Iterable[Any], out: TextIO, heading: Heading | None = None) -> None:
    """A list of objects: keys are field names, amounts decimal text with a ``…_currency`` key beside them, dates ISO."""
    import orjson

    out.write("[")
    before = "\n  "
    for row in rows:
        out.write(before + orjson.dumps(as_object(columns, row)).decode())
        before = ",\n  "
    out.write("]\n" if before == "\n  " else "\n]\n")


def write_csv(columns: Sequence[Column], rows: Iterable[Any], out: TextIO, heading: Heading | None = None) -> None:
    """Field names, then rows, with commas. Text that a spreadsheet would run as a formula gets a ``'`` before it; numbers never do.
    A list of plain values is one cell, with commas and spaces between them.
    """
    columns, rows = spread(columns, rows)
    writer = csv.writer(LineFeeds(out))
    writer.writerow([escape_formulas(name) for column in columns for name in column.heads])
    for row in rows:
        writer.writerow(_cells(columns, row))


def spread(columns: Sequence[Column], rows: Iterable[Any]) -> tuple[Sequence[Column], Iterable[Any]]:
    """Columns with those that are spread laid out, for which all rows must be there."""
    if not any(column.spread for column in columns):
        return columns, rows
    known = list(rows)
    return spread_out(columns, known), known


def _cells(columns: Sequence[Column], row: Any) -> list[str]:
    cells: list[str] = []
    for column in columns:
        value = column.value(row)
        cells.append("" if value is None else _csv_cell(value))
        if column.money:
            cells.append("" if value is None else escape_formulas(value.currency))
    return cells


def _csv_cell(value: Any) -> str:
    plain = plain_value(value)
    if isinstance(plain, bool):
        return "yes" if plain else "no"
    if isinstance(value, str) and not isinstance(value, Enum):
        return escape_formulas(value)
    if isinstance(plain, list) and not any(isinstance(one, (list, dict)) for one in plain):
        return escape_formulas(", ".join(shown(one) for one in plain))
    if isinstance(plain, (list, dict)):
        import orjson

        return escape_formulas(orjson.dumps(plain).decode())
    text = str(plain)
    return text if not isinstance(plain, str) or _is_number(value) else escape_formulas(text)


def _is_number(value: Any) -> bool:
    from decimal import Decimal

    return isinstance(value, (int, Decimal, Money, UnitPrice))


def laid_out(columns: Sequence[Column], rows: Iterable[Any]) -> tuple[list[Column], Iterable[Any], str]:
    """The columns that people see, the rows, and the field that says how a row is set, or "" for none."""
    style = next((column.name for column in columns if column.layout == "style"), "")
    columns, rows = spread(columns, rows)
    return [column for column in columns if not column.layout], rows, style


def write_table(columns: Sequence[Column], rows: Iterable[Any], out: TextIO, heading: Heading | None = None) -> None:
    """A table for people: drawn by rich on a terminal, with its heading; else plain text of full width. Numbers are set flush right."""
    rows = list(rows)
    columns, rows, _ = laid_out(columns, rows)
    cells = [[_indented(column, row) for column in columns] for row in rows]
    if out.isatty():
        if heading is not None and heading.company:
            out.write("\n".join(shown(line) for line in (heading.title, *heading.lines())) + "\n")
        _draw(columns, cells, out)
        return
    if not rows:
        out.write("Nothing.\n")
        return
    titles = [shown(column.title) for column in columns]
    widths = [max(map(width, line)) for line in zip(titles, *cells, strict=True)]
    for line in (titles, ["-" * n for n in widths], *cells):
        out.write("  ".join(_set(text, n, column.numeric) for text, n, column in zip(line, widths, columns, strict=True)).rstrip() + "\n")


def _indented(column: Column, row: Any) -> str:
    return "  " * indent_of(column, row) + shown(column.value(row))


def indent_of(column: Column, row: Any) -> int:
    """How far in a value stands."""
    return max(0, getattr(row, column.indent) or 0) if column.indent else 0


def kind_of(style: str, row: Any) -> str:
    """How a row is set: one of :data:`KINDS`, or "" for a plain one."""
    kind = getattr(row, style) if style else ""
    kind = kind.value if isinstance(kind, Enum) else kind
    return kind if isinstance(kind, str) and kind in KINDS else ""


def _draw(columns: Sequence[Column], cells: Sequence[Sequence[str]], out: TextIO) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not cells:
        out.write("Nothing.\n")
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(Text(shown(column.title)), justify="right" if column.numeric else "left", no_wrap=column.numeric)
    for line in cells:
        table.add_row(*map(Text, line))
    Console(file=out, highlight=False).print(table)


def shown(value: Any) -> str:
    """A value as one line for a person; characters that steer a terminal are replaced."""
    if value is None:
        return ""
    if isinstance(value, (Money, UnitPrice)):
        return printable(f"{value.amount} {value.currency}")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(shown, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{shown(key)}: {shown(one)}" for key, one in value.items() if one not in (None, ""))
    return printable(str(plain_value(value)))


def width(text: str) -> int:
    """The cells that a text takes on a terminal: letters of East Asia take two, accents of their own none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _set(text: str, room: int, right: bool) -> str:
    gap = " " * (room - width(text))
    return gap + text if right else text + gap


def _write_xlsx(columns: Sequence[Column], rows: Iterable[Any], out: BinaryIO, heading: Heading) -> None:
    from bocore.reports.xlsx import write_xlsx

    write_xlsx(columns, rows, out, heading)


_FORMATS: Mapping[str, Callable[[Sequence[Column], Iterable[Any], Any, Heading], None]] = {
    "table": write_table,
    "csv": write_csv,
    "json": write_json,
    "xlsx": _write_xlsx,
}
FORMATS = (*_FORMATS, "html")
BINARY = frozenset({"xlsx"})
"""Formats that are no text."""
