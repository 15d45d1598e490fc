"""Rows as one HTML page that stands alone: to be read, sent, or printed on A4. No scripts, and nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any, TextIO

from bocore.amounts import Money, UnitPrice
from bocore.reports.columns import Column
from bocore.reports.formats import Formats
from bocore.reports.heading import Heading
from bocore.reports.render import indent_of, kind_of, laid_out, shown

if TYPE_CHECKING:
    from bocore.reports.details import Details

PORTRAIT = 7
"""Columns that fit on an upright page."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
STYLE = """
@page { size: A4 PAGE; margin: 15mm 12mm 18mm; @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif } }
body { font: 10pt/1.35 "Liberation Sans", Arial, Helvetica, sans-serif; color: #000; background: #fff }
body { margin: 2em auto; max-width: 80em; padding: 0 1em }
table { border-collapse: collapse; width: 100% }
caption { text-align: start; padding-bottom: .8em }
caption h1, caption h2 { font-size: 1.5em; margin: 0 0 .2em }
caption h2 { font-size: 1.15em }
caption p { margin: 0 }
thead { display: table-header-group }
tr { break-inside: avoid }
th, td { padding: .15em .6em; text-align: SIDE; vertical-align: top; font-weight: normal; unicode-bidi: plaintext }
thead th { font-weight: bold; border-bottom: 1px solid; vertical-align: bottom }
.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums lining-nums; direction: ltr; unicode-bidi: isolate }
.d { white-space: nowrap }
.i { padding-inline-start: calc(.6em + 1.4em * var(--i)) }
.group > * { font-weight: bold; padding-top: .6em }
.total > *, .grand_total > * { font-weight: bold }
.total > .n, .grand_total > .n { border-top: 1px solid }
.grand_total > .n { border-bottom: 3px double }
a { color: inherit; text-decoration-color: #999 }
section { margin-top: 2.5em }
main + section { break-before: page }
.notes, footer { font-size: .85em; color: #333; margin-top: 1.2em }
@media screen and (max-width: 60em) { main, section { overflow-x: auto } }
@media print { body { margin: 0; max-width: none; padding: 0; font-size: 9pt } a { text-decoration: none } .back { display: none } }
"""

_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
Link = Callable[[Column, Any], str | None]


def write_html(columns: Sequence[Column], rows: Iterable[Any], out: TextIO, heading: Heading, details: Details | None = None) -> None:
    """Write a page with the table and, where there are details, one table more for each figure that leads somewhere."""
    columns, rows, style = laid_out(columns, rows)
    page = _Page(out, heading)
    page.begin(landscape=len(columns) > PORTRAIT)
    out.write("<main>\n")
    page.table(columns, rows, style, "h1", heading, (lambda column, row: details.anchor(column, row)) if details is not None else None)
    page.notes(heading.notes())
    out.write("</main>\n")
    for detail in details.tables if details is not None else ():
        out.write(f'<section id="{detail.anchor}">\n')
        columns, rows, style = laid_out(detail.result.columns, detail.rows)
        page.table(columns, rows, style, "h2", detail.result.heading, detail.link)
        page.notes(detail.notes())
        out.write('<p class="back"><a href="#top">Back to the top</a></p>\n</section>\n')
    page.end()


class _Page:
    """A page that is being written."""

    def __init__(self, out: TextIO, heading: Heading) -> None:
        self.out, self.heading = out, heading
        self.formats = Formats(heading.locale, heading.zone)

    def begin(self, *, landscape: bool) -> None:
        side = "right" if self.formats.direction == "rtl" else "left"  # the page's, whichever way the words in a cell run
        style = STYLE.replace("PAGE", "landscape" if landscape else "portrait").replace("SIDE", side)
        title = ", ".join(part for part in (self.heading.title, self.heading.company) if part) or "Report"
        self.out.write(
            f'<!DOCTYPE html>\n<html lang="{_text(self.formats.language)}" dir="{self.formats.direction}" id="top">\n'
            '<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{_text(title)}</title>\n'
            f"<style>{style}</style>\n</head>\n<body>\n"
        )

    def end(self) -> None:
        if self.heading.made is not None:
            made = _text(self.formats.instant(self.heading.made))
            self.out.write(f'<footer><p>Made <time datetime="{self.heading.made.isoformat()}">{made}</time></p></footer>\n')
        self.out.write("</body>\n</html>\n")

    def notes(self, notes: Sequence[str]) -> None:
        if notes:
            self.out.write('<ul class="notes">\n' + "".join(f"<li>{_text(note)}</li>\n" for note in notes) + "</ul>\n")

    def table(
        self, columns: Sequence[Column], rows: Iterable[Any], style: str, level: str, heading: Heading, link: Link | None = None
    ) -> None:
        """A table with its heading as the caption; the first column of words, or the one that is indented, heads its rows."""
        out = self.out
        lines = "".join(f"<p>{_text(line)}</p>" for line in heading.lines())
        title = f"<{level}>{_text(heading.title)}</{level}>" if heading.title else ""
        out.write(f"<table>\n<caption>{title}{lines}</caption>\n" if title or lines else "<table>\n")
        heads = "".join(f'<th scope="col"{_aligned(column)}>{_text(column.title)}</th>' for column in columns)
        out.write(f"<thead>\n<tr>{heads}</tr>\n</thead>\n<tbody>\n")
        head = next((at for at, column in enumerate(columns) if column.indent), None)
        head = head if head is not None else next((at for at, column in enumerate(columns) if not column.numeric), None)
        empty = True
        for row in rows:
            empty = False
            kind = kind_of(style, row)
            cells = "".join(self._cell(column, row, at == head, link) for at, column in enumerate(columns))
            out.write(f'<tr class="{kind}">{cells}</tr>\n' if kind else f"<tr>{cells}</tr>\n")
        if empty:
            out.write(f'<tr><td colspan="{max(1, len(columns))}">Nothing.</td></tr>\n')
        out.write("</tbody>\n</table>\n")

    def _cell(self, column: Column, row: Any, head: bool, link: Link | None) -> str:
        value = column.value(row)
        text = "" if value is None else self._shown(value)
        if link is not None and column.drill is not None and value is not None:
            anchor = link(column, row)
            text = f'<a href="#{anchor}">{text}</a>' if anchor else text
        how = _aligned(column)
        indent = indent_of(column, row)
        if indent:
            how = f' class="i" style="--i:{indent}"'
        return f'<th scope="row"{how}>{text}</th>' if head else f"<td{how}>{text}</td>"

    def _shown(self, value: Any) -> str:
        if isinstance(value, (Money, UnitPrice)):
            currency = "" if value.currency == self.heading.currency else f"\u00a0{value.currency}"
            return _text(self.formats.number(value.amount) + currency)
        if isinstance(value, Decimal) and value.is_finite():
            return _text(self.formats.number(value))
        if isinstance(value, datetime):
            return _text(self.formats.instant(value if self.formats.zone is not None else value.astimezone(UTC)))
        if isinstance(value, date):
            return _text(self.formats.date(value))
        return _text(value if type(value) is str else shown(value))


def _aligned(column: Column) -> str:
    return ' class="n"' if column.numeric else ' class="d"' if column.type is date else ""


def _text(value: str) -> str:
    """Text as HTML carries it: what is markup escaped, what it can't carry replaced."""
    return escape(_UNFIT.sub("�", value))
