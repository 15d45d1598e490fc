"""Tables: CSV in whatever dialect it comes, or a sheet of a workbook, as typed rows with line numbers, one at a time."""

from __future__ import annotations

import csv
import typing
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any, BinaryIO

import attrs

from bocore.amounts import Money, UnitPrice
from bocore.imports.collected import Collected
from bocore.imports.workbook import Exact, Fault, Unsaved, is_workbook, rows_of
from bocore.spreadsheets import unescape_formulas
from bocore.values import reader_of, without_none

MAX_RECORD = 1_000_000
"""Bytes of one row: a quote that is never closed must not swallow the file."""
MAX_COLUMNS = 1000
DELIMITERS = ",;\t"
IGNORED = "\0"
"""In place of the field that a column names: nobody wants it."""
STEP = 1 << 18
"""Progress is told about every so many bytes."""

Progress = Callable[[int, int], None]
Pick = tuple[str, int, Callable[[str], Any], bool, Any]
"""Field, place, reader, whether an empty cell is None, and what an empty cell means otherwise (NOTHING: it is an error)."""


@attrs.frozen
class Unread:
    """A row that could not be read; its errors are noted already.

    :param values: the fields that could be read nevertheless.
    :param wrong: the fields that could not. Both are empty where the cells of the row can't be told apart, or the file ends here unread.
    """

    values: Mapping[str, Any] = attrs.field(factory=dict)
    wrong: frozenset[str] = frozenset()

    @property
    def blank(self) -> bool:
        """True where nothing is known of the row."""
        return not (self.values or self.wrong)


@attrs.frozen(kw_only=True)
class TableOptions:
    """How a table is written that somebody else made.

    :param decimal_comma: numbers are written ``1.234,50``.
    :param columns: what its header says → the field that is meant; ``""`` for a column that is not read.
    :param sheet: of a workbook; the first one without a name.
    """

    decimal_comma: bool = False
    columns: Mapping[str, str] = attrs.field(factory=dict)
    sheet: str = ""


class TextTable:
    """A CSV file, or a sheet of a workbook, whose header names the fields of an attrs class, in any order; the delimiter is found out.

    :param row: the class of its rows.
    :param decimal_comma: numbers are written ``1.234,50``.
    :param columns, sheet: as of :class:`TableOptions`.
    :param tokens: code → currency or token, for amounts.
    """

    def __init__(
        self,
        path: Path,
        row: type,
        found: Collected,
        *,
        decimal_comma: bool = False,
        columns: Mapping[str, str] | None = None,
        sheet: str = "",
        tokens: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.path = path
        self.row = row
        self.found = found
        self.decimal_comma = decimal_comma
        self.columns = {_folded(theirs): ours or IGNORED for theirs, ours in (columns or {}).items()}
        self.sheet = sheet
        self.tokens = tokens
        self.progress = progress

    def __iter__(self) -> Iterator[tuple[int, Any]]:
        """(line, row) of every row that could be read; the errors of the others are noted, and refuse the import when all is read."""
        return ((line, row) for line, row in self.everything() if not isinstance(row, Unread))

    def everything(self) -> Iterator[tuple[int, Any]]:
        """The same with an :class:`Unread` in the place of each row that could not be read.

        For an importer whose rows belong together: it knows where one is missing, and goes on to find what else is wrong.
        """
        if is_workbook(self.path):
            yield from self._sheet()
            return
        with self.path.open("rb") as file:
            lines = _Lines(file, self)
            try:
                yield from self._rows(lines)
                return
            except UnicodeDecodeError:
                at = lines.at
                self.found.error("bo.import.encoding", "This line is not UTF-8 text.", at, fix="Save the file as UTF-8.")
            except csv.Error as error:
                at = lines.start
                self.found.error("bo.import.csv", f"This row is no CSV: {error}.", at, fix="Look for a quote that is not closed.")
            except _TooLong:
                at = lines.start
                message = f"The row that begins here has more than {MAX_RECORD:,} bytes."
                self.found.error("bo.import.too_long", message, at, fix="Look for a quote that is not closed.")
            yield at, Unread()

    def _rows(self, lines: _Lines) -> Iterator[tuple[int, Any]]:
        first = next(lines, "")
        delimiter, header = self._header(first)
        picks = self._picks(header)
        self.found.refuse()
        for cells in csv.reader(lines, delimiter=delimiter, strict=True):
            start, lines.start = lines.start, lines.at + 1
            lines.size = 0
            if not any(cells):
                continue
            yield start, self._made(start, cells, picks, len(header))

    def _sheet(self) -> Iterator[tuple[int, Any]]:
        """The rows of a sheet."""
        rows = rows_of(self.path, self.found, self.sheet)
        _, first = next(rows, (1, []))
        self.found.refuse()
        header = self._named(first)
        picks = self._picks(header)
        self.found.refuse()
        for line, cells in rows:
            yield line, self._made(line, cells + [""] * (len(header) - len(cells)), picks, len(header))
        if self.progress is not None:
            size = self.path.stat().st_size
            self.progress(size, size)

    # -- the header

    def _header(self, first: str) -> tuple[str, list[str]]:
        """The delimiter that makes most of the first line known, and the fields that its cells name."""
        wanted = {IGNORED, *self._fields().values()}
        best: tuple[tuple[int, int], str, list[str]] = ((-1, -1), ",", [])
        for delimiter in DELIMITERS:
            names = self._named(next(csv.reader([first], delimiter=delimiter), []))
            known = sum(name in wanted for name in names)
            if ((known, len(names)), delimiter) > (best[0], "") and (known, len(names)) > best[0]:
                best = ((known, len(names)), delimiter, names)
        return best[1], best[2]

    def _named(self, cells: list[str]) -> list[str]:
        """What the cells of the header name: a field, what was said of it, or what stands there."""
        meant = {**self._fields(), **self.columns}
        return [meant.get(_folded(cell), cell.strip()) for cell in cells]

    def _refuse_columns(self, header: list[str], own: list[str]) -> None:
        """What was said of columns must be of this file, and of fields that there are."""
        for theirs, ours in self.columns.items():
            if ours not in (IGNORED, *own):
                message = f"The column {theirs!r} can't be {ours!r}: there is no such field."
                self.found.error("bo.import.columns", message, 1, fix=f"Known are: {', '.join(own)}.")
            elif ours in own and ours not in header:
                message = f"There is no column {theirs!r}, which was to be {ours!r}."
                self.found.error("bo.import.columns", message, 1, fix="Write it as the first row of the file has it.")

    def _fields(self) -> dict[str, str]:
        """What a header may say → the name of the field: its name or its label, in any case, with spaces, - or _."""
        known: dict[str, str] = {}
        for a in attrs.fields(self.row):
            metadata = a.metadata.get("bocore") or a.metadata
            known.setdefault(_folded(str(metadata.get("label") or a.name)), a.name)
        return known | {_folded(a.name): a.name for a in attrs.fields(self.row)}

    def _picks(self, header: list[str]) -> list[Pick]:
        """Which cells make which fields; errors for columns that are unknown, missing or there twice."""
        own = {a.name: a for a in attrs.fields(self.row)}
        expected = ", ".join(own)
        if not any(header):
            self.found.error("bo.import.empty", "The file has no header.", 1, fix=f"The first line names the columns: {expected}.")
            return []
        if len(header) > MAX_COLUMNS:
            self.found.error("bo.import.columns", f"The header has {len(header)} columns.", 1, fix=f"At most {MAX_COLUMNS} are read.")
            return []
        self._refuse_columns(header, list(own))
        for name in dict.fromkeys(header):
            if name == IGNORED:
                continue
            if name not in own:
                close = get_close_matches(name, list(own), n=1)
                fix = f"Did you mean {close[0]!r}?" if close else f"Known are: {expected}."
                self.found.error("bo.import.unknown_column", f"There is no column {name[:60]!r}.", 1, fix=fix)
            elif header.count(name) > 1:
                self.found.error("bo.import.twice", f"The column {name!r} is there {header.count(name)} times.", 1, fix="Rename one.")
        missing = [name for name, a in own.items() if a.default is attrs.NOTHING and a.init and name not in header]
        if missing:
            self.found.error("bo.import.missing_column", f"The column {', '.join(missing)} is missing.", 1, fix="Add it to the header.")
        return [self._pick(own[name], place) for place, name in enumerate(header) if name in own]

    def _pick(self, field: attrs.Attribute[Any], place: int) -> Pick:
        hint, optional = without_none(typing.get_type_hints(self.row)[field.name])
        reader = reader_of(hint, decimal_comma=self.decimal_comma, tokens=self.tokens)
        empty = "" if hint is str and field.default is attrs.NOTHING else field.default
        if isinstance(empty, attrs.Factory):  # type: ignore[arg-type]
            empty = empty.factory()  # type: ignore[union-attr]
        return field.alias or field.name, place, reader, optional and field.default is attrs.NOTHING, empty

    # -- the rows

    def _made(self, line: int, cells: list[str], picks: list[Pick], expected: int) -> Any:
        """One row, or Unread where its cells have errors."""
        if len(cells) != expected:
            message = f"The row has {len(cells)} cells, the header {expected}."
            self.found.error(
                "bo.import.cells", message, line, fix="Put a cell that contains the delimiter in quotes; write 1000, not 1,000."
            )
            return Unread()
        values: dict[str, Any] = {}
        wrong: set[str] = set()
        for name, place, reader, none, empty in picks:
            text = (unescape_formulas(cells[place]) if reader is str else cells[place]).strip()  # whatever bocore wrote comes back
            if isinstance(cells[place], Exact) and self.decimal_comma and reader is not str:
                text = text.replace(".", ",")
            if isinstance(cells[place], Fault):
                wrong.add(name)
                self.found.error("bo.import.cell", f"{name} shows the error {text}.", line, name, "Correct the formula, or write a value.")
            elif isinstance(cells[place], Unsaved):
                wrong.add(name)
                message = f"The value of the formula {text[:40]} of {name} was not saved."
                fix = "Open the file in a spreadsheet and save it, or write a value."
                self.found.error("bo.import.cell", message, line, name, fix)
            elif text:
                try:
                    values[name] = reader(text)
                except ValueError as error:
                    wrong.add(name)
                    self.found.error("bo.import.cell", f"{name} {error}.", line, name, self._remedy(name, text))
            elif none:
                values[name] = None
            elif empty is attrs.NOTHING:
                wrong.add(name)
                self.found.error("bo.import.cell", f"{name} is empty.", line, name, "Fill it in.")
            else:
                values[name] = empty
        if wrong:
            return Unread(values, frozenset(wrong))
        try:
            return self.row(**values)
        except (ValueError, TypeError) as error:
            self.found.error("bo.import.row", f"The row can't be taken: {error}.", line, fix="Correct the cells that it names.")
            return Unread(values)

    def _remedy(self, name: str, text: str) -> str:
        """What to do about a cell that can't be read; for a number with commas, how to write it."""
        hint, _ = without_none(typing.get_type_hints(self.row).get(name))
        if self.decimal_comma or "," not in text or hint not in (Decimal, Money, UnitPrice):
            return "Correct the cell."
        return (
            "Write it with a decimal point and nothing between thousands; where all numbers of the file are like 1.234,50: --decimal-comma."
        )


class _TooLong(Exception):
    """A row is longer than any row should be."""


class _Lines:
    """The lines of a file as text, for csv: decoded strictly, counted, and bounded."""

    def __init__(self, file: BinaryIO, table: TextTable) -> None:
        self.file = file
        self.progress = table.progress
        self.total = table.path.stat().st_size
        self.at = 0
        """The line that was read last."""
        self.start = 1
        """The line where the present row begins."""
        self.size = 0
        self.told = self.read = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self.file.readline(min(MAX_RECORD + 1, self.total - self.read))  # what is written meanwhile is not read
        self.at += 1
        self.size += len(line)
        self.read += len(line)
        if self.size > MAX_RECORD:
            raise _TooLong
        if self.progress is not None and (self.read - self.told >= STEP or not line):
            self.told = self.read
            self.progress(self.read, self.total)
        if not line:
            raise StopIteration
        if self.at == 1:
            self.start, self.size = 2, 0
            return line.decode("utf-8-sig")
        return line.decode("utf-8")


def _folded(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")
