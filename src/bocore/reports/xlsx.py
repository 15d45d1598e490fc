"""Rows as a workbook for a spreadsheet program: typed cells, ready to be printed, the same bytes for the same report."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

from bocore.amounts import Money, UnitPrice
from bocore.errors import UsageError
from bocore.reports.columns import Column
from bocore.reports.formats import Formats, parts
from bocore.reports.heading import Heading
from bocore.reports.render import indent_of, kind_of, laid_out, shown

DIGITS = 15
"""What a spreadsheet keeps of a number: it holds binary floating-point numbers, and shows so many digits of them."""
ROWS, LONGEST, WIDEST, PORTRAIT = 1_048_576, 32_767, 60, 95
"""Rows of a sheet, UTF-16 units of a text; the widest column and the widest portrait page, in characters."""
EPOCH = datetime(1980, 1, 1)  # noqa: DTZ001  # when a report does not say when it was made; xlsxwriter wants no zone
FIRST_DAY = date(1900, 1, 1)
DATE, INSTANT = 14, 22
"""Excel's numbers of the short date and of date and time, which each reader sees in the form of their own country."""
SET: dict[str, dict[str, Any]] = {
    "group": {"bold": True},
    "total": {"bold": True, "top": 1},
    "grand_total": {"bold": True, "top": 1, "bottom": 6},
}
DIGITS_NOTE = f"Amounts of more than {DIGITS} digits are text here: a spreadsheet would round them."
CUT_NOTE = f"Text of more than {LONGEST:,} characters was cut.".replace(",", " ")

_SURROGATES = re.compile("[\ud800-\udfff]")
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


def write_xlsx(columns: Sequence[Column], rows: Iterable[Any], out: BinaryIO, heading: Heading) -> None:
    """Write a workbook of one sheet, row by row, in constant memory.

    :raises UsageError: there are more rows than a sheet has.
    """
    import xlsxwriter

    columns, rows, style = laid_out(columns, rows)
    with tempfile.TemporaryDirectory(prefix="bocore-") as folder:
        options = {"constant_memory": True, "tmpdir": folder, "strings_to_formulas": False, "strings_to_urls": False}
        book = xlsxwriter.Workbook(out, {**options, "strings_to_numbers": False})
        made = heading.made.astimezone(UTC).replace(tzinfo=None) if heading.made is not None else EPOCH
        book.set_properties({"title": _text(heading.title), "company": _text(heading.company), "created": made})
        sheet = book.add_worksheet(_sheet_name(heading.title))
        try:
            _Sheet(book, sheet, columns, style, heading).write(rows)
        except BaseException:
            sheet._opt_close()  # its file of rows, which would stay open
            raise
        book.close()


def _sheet_name(title: str) -> str:
    name = _NOT_IN_NAMES.sub(" ", _text(title)).strip("' ")
    while len(name.encode("utf-16-le")) > 62:
        name = name[:-1]
    return "Report" if not name or name.lower() == "history" else name.strip("' ")


def _text(value: str) -> str:
    """Text that UTF-8 can hold."""
    return value if value.isascii() else _SURROGATES.sub("�", value)


class _Sheet:
    """One sheet that is being written, from top to bottom."""

    def __init__(self, book: Any, sheet: Any, columns: Sequence[Column], style: str, heading: Heading) -> None:
        self.book, self.sheet, self.columns, self.style, self.heading = book, sheet, columns, style, heading
        self.row = 0
        self.widths = [len(column.title) for column in columns]
        self.notes: dict[str, None] = {}
        self._formats: dict[Any, Any] = {}

    def write(self, rows: Iterable[Any]) -> None:
        """Heading, rows, notes, and how it is printed."""
        self._write_heading()
        style, columns = self.style, list(enumerate(self.columns))
        for row in rows:
            if self.row >= ROWS:
                raise UsageError(f"A sheet holds {ROWS:,} rows.".replace(",", " "), fix="Write CSV, or ask for a shorter period.")
            kind = kind_of(style, row)
            for at, column in columns:
                self._put(at, column, column.value(row), kind, indent_of(column, row) if column.indent else 0)
            self.row += 1
        for note in [*self.heading.notes(), *self.notes]:
            if self.row + 1 < ROWS:
                self.row += 1
                self._put_text(0, note, self._format())
        self._set_up()

    def _write_heading(self) -> None:
        if self.heading.title:
            self._put_text(0, self.heading.title, self._format(bold=True, font_size=14))
            self.row += 1
        for line in self.heading.lines():
            self._put_text(0, line, self._format())
            self.row += 1
        self.row += 1 if self.row else 0
        self.head = self.row
        for at, column in enumerate(self.columns):
            side = "right" if column.numeric else "left"
            self._put_text(at, column.title, self._format(bold=True, bottom=1, align=side, valign="top", text_wrap=True))
        self.row += 1

    def _set_up(self) -> None:
        """Widths, the header that stays in view and on every page, A4, page numbers."""
        sheet = self.sheet
        widths = [min(width, WIDEST) + 2 for width in self.widths]
        for at, width in enumerate(widths):
            sheet.set_column(at, at, width)
        sheet.freeze_panes(self.head + 1, 0)
        sheet.repeat_rows(self.head)
        sheet.set_paper(9)
        if sum(widths) > PORTRAIT:
            sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&L{_text(self.heading.title)[:100].replace('&', '&&')}&R&P / &N")
        if Formats(self.heading.locale).direction == "rtl":
            sheet.right_to_left()

    # -- cells

    def _put(self, at: int, column: Column, value: Any, kind: str, indent: int) -> None:
        sheet, width = self.sheet, 0
        if value is None:
            if kind:
                sheet.write_blank(self.row, at, None, self._format(kind))
            return
        if type(value) is str:
            self._put_text(at, value, self._format(kind, indent=min(indent, 15)) if indent else self._plain(kind))
            width = len(value) + 2 * indent
        elif type(value) is Decimal:
            width = self._put_number(at, value, kind, "")
        elif isinstance(value, (Money, UnitPrice)):
            width = self._put_number(at, value.amount, kind, "" if value.currency == self.heading.currency else value.currency)
        elif isinstance(value, bool):
            sheet.write_boolean(self.row, at, value, self._plain(kind))
        elif isinstance(value, (Decimal, int)):
            width = self._put_number(at, value, kind, "")
        elif isinstance(value, datetime):
            there = value.astimezone(self.heading.zone) if self.heading.zone is not None else value.astimezone(UTC)
            sheet.write_datetime(self.row, at, there.replace(tzinfo=None), self._day(kind, INSTANT))
            width = 16
        elif isinstance(value, date) and value >= FIRST_DAY:
            sheet.write_datetime(self.row, at, value, self._day(kind, DATE))
            width = 10
        else:
            text = shown(value)
            self._put_text(at, text, self._plain(kind))
            width = len(text)
        if width > self.widths[at]:
            self.widths[at] = width

    def _put_number(self, at: int, value: Decimal | int, kind: str, currency: str) -> int:
        """A number with all its places, or text where a spreadsheet would not keep its digits; returns its width."""
        _, whole, places = parts(value) if isinstance(value, int) or value.is_finite() else (False, "", "")
        length = len(whole) + len(places)
        if not whole or (length > DIGITS and (len((whole + places).strip("0")) > DIGITS or len(places) > 30)):
            text = f"{value:f} {currency}".rstrip()
            self._put_text(at, text, self._format(kind, align="right"))
            self.notes[DIGITS_NOTE] = None
            return len(text)
        self.sheet.write_number(self.row, at, value, self._number_format(kind, len(places), currency, isinstance(value, int)))
        return len(whole) * 4 // 3 + len(places) + len(currency) + 3

    def _number_format(self, kind: str, places: int, currency: str, whole: bool) -> Any:
        key = (kind, places, currency, whole)
        found = self._formats.get(key)
        if found is None:
            pattern = "0" if whole else "#,##0" + ("." + "0" * places if places else "")
            after = ' "' + currency.replace('"', "") + '"' if currency else ""
            found = self._formats[key] = self._format(kind, num_format=pattern + after)
        return found

    def _put_text(self, at: int, text: str, how: Any) -> None:
        text = _text(text)
        if text.startswith("<r>") and text.endswith("</r>"):
            # xlsxwriter would take it for markup of its own and write it unescaped.
            status = self.sheet.write_rich_string(self.row, at, "<", "r", text[2:], how)
        else:
            status = self.sheet.write_string(self.row, at, text, how)
        if status == -2:
            self.notes[CUT_NOTE] = None

    def _plain(self, kind: str) -> Any:
        found = self._formats.get(kind)
        if found is None:
            found = self._formats[kind] = self._format(kind)
        return found

    def _day(self, kind: str, number: int) -> Any:
        found = self._formats.get((kind, number))
        if found is None:
            found = self._formats[kind, number] = self._format(kind, num_format=number, align="left")
        return found

    def _format(self, kind: str = "", **settings: Any) -> Any:
        key = (kind, *sorted(settings.items()))
        found = self._formats.get(key)
        if found is None:
            found = self._formats[key] = self.book.add_format({**SET.get(kind, {}), **settings})
        return found
