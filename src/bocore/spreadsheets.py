"""CSV that a spreadsheet opens without running it: an apostrophe makes text of a formula, and who reads it back takes it away.

A spreadsheet that takes semicolons for the delimiter, as many do in Europe, cuts cells elsewhere than the file does: so what stands
after a semicolon, a tab or a line end is a beginning too.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, TextIO

_SIGNS = "=+\\-@＝＋－＠"  # noqa: RUF001 - spreadsheets of East Asia run the full-width forms too
_BEGINS = rf"(?:[^\S\t\r\n]|['\"\u200b\ufeff])*[{_SIGNS}]"
# What is escaped already counts as text to be escaped: so every text has one form in a file, and comes back as it was.
_RISKY = re.compile(rf"\A(?={_BEGINS}|'*[\t\r\n])|(?<=[;\t\r\n])(?={_BEGINS})")
_ESCAPED = re.compile(rf"\A'(?={_BEGINS}|'*[\t\r\n])|(?<=[;\t\r\n])'(?={_BEGINS})")
_NEEDED = re.compile(rf"[{_SIGNS}]|\A'*[\t\r\n]")


class CsvWriter:
    """Writes rows of CSV: text is never a formula, and comes back through ``TextTable`` as it was; numbers stay numbers.

    :param out: a text file that translates no line ends, as every exporter gets it.
    """

    def __init__(self, out: TextIO) -> None:
        self._writer = csv.writer(LineFeeds(out))

    def writerow(self, cells: Iterable[Any]) -> None:
        """Write one row: None is an empty cell, what is no text is written as ``str`` says it."""
        self._writer.writerow([_written(cell) for cell in cells])


def _written(cell: Any) -> Any:
    return escape_formulas(cell) if isinstance(cell, str) else f"{cell:f}" if isinstance(cell, Decimal) else cell


class LineFeeds:
    """Ends rows with a line feed. The csv module must think otherwise: it puts a bare CR in quotes only where rows end with one."""

    def __init__(self, out: TextIO) -> None:
        self.out = out

    def write(self, row: str) -> None:
        self.out.write(row.removesuffix("\r\n") + "\n")


def escape_formulas(text: str) -> str:
    """Text for a cell of CSV: with a ``'`` wherever a spreadsheet would take what follows for a formula."""
    return _RISKY.sub("'", text) if _NEEDED.search(text) else text


def unescape_formulas(text: str) -> str:
    """The text that :func:`escape_formulas` was given; of any other, without a ``'`` that only protects a formula."""
    return _ESCAPED.sub("", text) if "'" in text else text
