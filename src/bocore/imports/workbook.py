"""Workbooks (XLSX) as rows of text, one at a time: what a cell shows goes through the same readers as that of a text table."""

from __future__ import annotations

import contextlib
import re
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.parsers import expat

from bocore.imports.collected import Collected

MAGIC = b"PK\x03\x04"
MAX_UNPACKED = 1 << 28
"""Bytes of all parts of a workbook: a small file must not become a large memory."""
MAX_PARTS = 2000
CHUNK = 1 << 16
FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")


class Exact(str):
    """The text of a cell that holds a number: with a decimal point, whatever the language of the program that wrote it."""


class Fault(str):
    """The text of a cell that holds an error, such as #N/A."""


class Unsaved(str):
    """The formula of a cell whose value was not saved with it, as where a program wrote the file."""


def is_workbook(path: Path) -> bool:
    """Whether the file is a ZIP archive, as all XLSX files are."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def rows_of(path: Path, found: Collected, sheet: str = "") -> Iterator[tuple[int, list[str]]]:
    """(number, cells) of the rows of a sheet that are not empty, without empty cells at their end; what is wrong is noted.

    Numbers are exact decimal text: the shortest that stands for what the file holds. Of formulas it is the value that was saved; where
    none was, the cell is not taken for an empty one.

    :param sheet: its name; the first one without it.
    """
    try:
        _refuse_unsafe(path)
        yield from _rows(path, found, sheet)
    except _Unsafe as unsafe:
        found.error("bo.import.workbook", f"This workbook is not read: {unsafe}.", 1, fix="Save it anew from a spreadsheet, or as CSV.")
    except Exception as error:  # whatever the library stumbles over in a damaged file
        kind = type(error).__name__
        found.error(
            "bo.import.workbook", f"This is no workbook that can be read ({kind}).", 1, fix="Save it anew as XLSX, or as CSV in UTF-8."
        )


def _rows(path: Path, found: Collected, sheet: str) -> Iterator[tuple[int, list[str]]]:
    from openpyxl import load_workbook

    warnings.filterwarnings("ignore", module="openpyxl")  # parts that nobody wants to read
    book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    try:
        names = [each.title for each in book.worksheets]
        if sheet and sheet not in names:
            found.error("bo.import.sheet", f"The workbook has no sheet {sheet!r}.", 1, fix=f"It has {', '.join(names)}.")
            return
        chosen: Any = book[sheet] if sheet else book.worksheets[0]
        chosen.reset_dimensions()  # what the file says of its size is not always so
        unsaved = _unsaved(path, chosen.title) if _has_formulas(path) else {}
        for number, row in enumerate(chosen.iter_rows(), 1):
            cells = [unsaved.get((number, at)) or _text(cell) for at, cell in enumerate(row)]
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                yield number, cells
    finally:
        book.close()


def _has_formulas(path: Path) -> bool:
    """Whether any sheet has one: only then is the file read once more."""
    with zipfile.ZipFile(path) as archive:
        for part in archive.infolist():
            if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
                with archive.open(part) as file:
                    before = b""
                    while chunk := file.read(CHUNK):
                        if FORMULA.search(before + chunk):
                            return True
                        before = chunk[-40:]
    return False


def _unsaved(path: Path, sheet: str) -> dict[tuple[int, int], Unsaved]:
    """(row, column from 0) → the formula, where there is no value beside it."""
    from openpyxl import load_workbook

    found = {}
    values, formulas = (load_workbook(path, read_only=True, data_only=each, keep_links=False) for each in (True, False))
    try:
        for one in (values, formulas):
            one[sheet].reset_dimensions()
        for number, (shown, written) in enumerate(zip(values[sheet].iter_rows(), formulas[sheet].iter_rows(), strict=False), 1):
            for at, (value, formula) in enumerate(zip(shown, written, strict=False)):
                if value.value is None and value.data_type == "n" and formula.value is not None:  # an empty text was saved as one
                    found[number, at] = Unsaved(formula.value)
    finally:
        values.close()
        formulas.close()
    return found


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "e":
        return Fault(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return Exact(value)
    if isinstance(value, float):
        shown = f"{Decimal(repr(value)):f}"
        return Exact(shown.rstrip("0").rstrip(".") if "." in shown else shown)
    if isinstance(value, datetime):
        return (value.date() if value.time() == time() else value).isoformat()
    return value.isoformat() if isinstance(value, (date, time)) else str(value)


class _Unsafe(Exception):
    """The archive is none that a spreadsheet writes."""


def _refuse_unsafe(path: Path) -> None:
    """Look at the archive before a library does: its size once unpacked, and that no part declares entities."""
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise _Unsafe(f"unpacked it has more than {MAX_UNPACKED >> 20} MB, or more than {MAX_PARTS} parts")
        for part in parts:
            with archive.open(part) as file, contextlib.suppress(expat.ExpatError):  # a picture, or no XML for the library either
                _refuse_doctype(file)


def _refuse_doctype(file: Any) -> None:
    """A document type, where entities are declared, can only stand before the first element."""
    parser, begun = expat.ParserCreate(), []

    def doctype(*_: object) -> None:
        raise _Unsafe("it declares a document type")

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = lambda *_: begun.append(True)
    while not begun and (chunk := file.read(CHUNK)):
        parser.Parse(chunk, False)
