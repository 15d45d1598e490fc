"""Rows as a table for people, CSV for spreadsheets, or JSON for programs."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, TextIO

from bocore.amounts import Money, UnitPrice
from bocore.reports.columns import Column, as_objects
from bocore.values import plain_value

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a text begins that a spreadsheet would take for a formula."""

_CONTROLS = {code: "�" for code in (*range(32), *range(127, 160))}


def render(style: str, columns: Sequence[Column], rows: Iterable[Any], out: TextIO) -> None:
    """Write rows in one of :data:`FORMATS`."""
    FORMATS[style](columns, list(rows), out)


def write_json(columns: Sequence[Column], rows: Sequence[Any], out: TextIO) -> None:
    """A list of flat objects: keys are field names, amounts decimal text with a ``…_currency`` key beside them, dates ISO."""
    import orjson

    objects = as_objects(columns, rows)
    out.write("[" + ",".join(f"\n  {orjson.dumps(one).decode()}" for one in objects) + ("\n]\n" if objects else "]\n"))


def write_csv(columns: Sequence[Column], rows: Sequence[Any], out: TextIO) -> None:
    """Field names, then rows, with commas. Text that a spreadsheet would run as a formula gets a ``'`` before it; numbers never do.
    A list of plain values is one cell, with commas and spaces between them.
    """
    writer = csv.writer(_Lines(out))
    writer.writerow([name for column in columns for name in ([column.name, f"{column.name}_currency"] if column.money else [column.name])])
    for row in rows:
        writer.writerow(_cells(columns, row))


class _Lines:
    """Ends rows with a line feed. The csv module must think otherwise: it puts a bare CR in quotes only where rows end with one."""

    def __init__(self, out: TextIO) -> None:
        self.out = out

    def write(self, row: str) -> None:
        self.out.write(row.removesuffix("\r\n") + "\n")


def _cells(columns: Sequence[Column], row: Any) -> list[str]:
    cells: list[str] = []
    for column in columns:
        value = getattr(row, column.name)
        cells.append("" if value is None else _csv_cell(value))
        if column.money:
            cells.append("" if value is None else _harmless(value.currency))
    return cells


def _csv_cell(value: Any) -> str:
    plain = plain_value(value)
    if isinstance(plain, bool):
        return "yes" if plain else "no"
    if isinstance(value, str) and not isinstance(value, Enum):
        return _harmless(value)
    if isinstance(plain, list) and not any(isinstance(one, (list, dict)) for one in plain):
        return _harmless(", ".join(shown(one) for one in plain))
    if isinstance(plain, (list, dict)):
        import orjson

        return orjson.dumps(plain).decode()
    text = str(plain)
    return text if not isinstance(plain, str) or _is_number(value) else _harmless(text)


def _is_number(value: Any) -> bool:
    from decimal import Decimal

    return isinstance(value, (int, Decimal, Money, UnitPrice))


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def write_table(columns: Sequence[Column], rows: Sequence[Any], out: TextIO) -> None:
    """A table for people: drawn by rich on a terminal, else plain text of full width; numbers are set flush right."""
    cells = [[shown(getattr(row, column.name)) for column in columns] for row in rows]
    if out.isatty():
        _draw(columns, cells, out)
        return
    if not rows:
        out.write("Nothing.\n")
        return
    titles = [column.title for column in columns]
    widths = [max(map(width, line)) for line in zip(titles, *cells, strict=True)]
    for line in (titles, ["-" * n for n in widths], *cells):
        out.write("  ".join(_set(text, n, column.numeric) for text, n, column in zip(line, widths, columns, strict=True)).rstrip() + "\n")


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
        table.add_column(Text(column.title), justify="right" if column.numeric else "left", no_wrap=column.numeric)
    for line in cells:
        table.add_row(*map(Text, line))
    Console(file=out, highlight=False).print(table)


def shown(value: Any) -> str:
    """A value as one line for a person; characters that steer a terminal are replaced."""
    if value is None:
        return ""
    if isinstance(value, (Money, UnitPrice)):
        return f"{value.amount} {value.currency}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(shown, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {shown(one)}" for key, one in value.items() if one not in (None, ""))
    return str(plain_value(value)).translate(_CONTROLS)


def width(text: str) -> int:
    """The cells that a text takes on a terminal: letters of East Asia take two, accents of their own none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _set(text: str, room: int, right: bool) -> str:
    gap = " " * (room - width(text))
    return gap + text if right else text + gap


FORMATS: Mapping[str, Callable[[Sequence[Column], Sequence[Any], TextIO], None]] = {
    "table": write_table,
    "csv": write_csv,
    "json": write_json,
}
