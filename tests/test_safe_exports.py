"""What goes out carries nothing: no formula for a spreadsheet, no markup for a browser, no command for a terminal."""

import csv
import io
import zipfile
from decimal import Decimal

import attrs
import click
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bocore import CsvWriter, Finding, Money, Refused, TextTable, escape_formulas, unescape_formulas
from bocore.cli import problems
from bocore.imports.collected import Collected
from bocore.reports import Heading, columns_of, render

FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    "\u00a0=1+1",
    "'=1+1",
    '"=1+1',
    "' \"=1+1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(A1)",
    "\ufeff=1+1",
    "=cmd|' /C calc'!A0",
]
"""How people have made spreadsheets run what they typed into a name."""
STARTS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")


@attrs.frozen
class Row:
    text: str = attrs.field(default="")
    amount: Decimal | None = attrs.field(default=None)
    worth: Money | None = attrs.field(default=None)
    tags: tuple[str, ...] = attrs.field(default=())


def written(style, *rows):
    out = io.BytesIO() if style == "xlsx" else io.StringIO(newline="")
    render(style, columns_of(Row), rows, out, Heading())
    return out.getvalue()


def cells_of(text, delimiter=","):
    return [cell for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) for cell in line]


# ---------------------------------------------------------------- spreadsheets


@pytest.mark.parametrize("text", FORMULAS)
def test_a_name_is_no_formula_in_csv(text):
    (cell, *_) = cells_of(written("csv", Row(text)))[5:]
    assert cell.startswith("'")
    assert unescape_formulas(cell) == text


@pytest.mark.parametrize("text", FORMULAS)
def test_nor_in_a_list_of_names(text):
    assert cells_of(written("csv", Row("x", tags=(text, "b"))))[-1].startswith(("'", "�"))


@given(st.sampled_from(FORMULAS), st.sampled_from([";", "x;", "\t", "a\n", "a\r"]), st.sampled_from(["", ";", ";x"]))
def test_nor_where_a_spreadsheet_cuts_cells_at_semicolons_or_tabs(text, before, after):
    whole = written("csv", Row(before + text + after))
    for delimiter in ";\t":
        assert not [
            cell for cell in cells_of(whole, delimiter) if cell.strip(" '\"\t\r\n\u00a0\ufeff").startswith(STARTS) and "'" not in cell
        ]


def test_numbers_stay_numbers():
    assert cells_of(written("csv", Row("x", Decimal("-12.5"), Money("-3.00", "EUR"))))[5:] == ["x", "-12.5", "-3.00", "EUR", ""]


@given(st.text(st.sampled_from("=+-@\uff1d '\";\t\r\na\u00a0\ufeff")))
@example("'")
@example("''=")
def test_every_text_has_one_form_in_a_file_and_comes_back(text):
    assert unescape_formulas(escape_formulas(text)) == text


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1, max_size=5))
@example(["'=1", "=1;=2", "a\n- b", "\r"])
def test_what_the_writer_writes_the_reader_reads(tmp_path_factory, texts):
    file = tmp_path_factory.mktemp("back") / "x.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = CsvWriter(out)
        writer.writerow(["text", "amount"])
        for text in texts:
            writer.writerow([text, Decimal("-1E+2")])
    found = Collected("x.csv")
    read = [(row.text, row.amount) for _, row in TextTable(file, Row, found)]
    assert found.errors == []
    assert [(text.strip(), amount) for text, amount in read] == [(text.strip(), Decimal(-100)) for text in texts]


def test_a_workbook_has_no_formula_no_link_and_no_macro():
    book = zipfile.ZipFile(io.BytesIO(written("xlsx", *[Row(text) for text in [*FORMULAS, "https://example.org", "file:///etc/passwd"]])))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert not [name for name in book.namelist() if "vba" in name.lower() or "external" in name.lower() or "sheet1.xml.rels" in name]


# ---------------------------------------------------------------- browsers


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "</td><base href=//x>"]
)
def test_a_page_runs_nothing_and_sends_nothing(text):
    page = written("html", Row(text, tags=(text,)))
    assert "base-uri 'none'; form-action 'none'" in page
    assert "<script" not in page
    assert "<img" not in page
    assert "<base" not in page
    assert 'href="javascript' not in page


# ---------------------------------------------------------------- terminals

STEERING = ["\x1b[2J", "\x1b]0;title\x07", "\x9b2J", "\r", "\x08\x08", "a\u202egpj.exe", "\u2066x\u2069", "\u2028", "\x7f"]


@pytest.mark.parametrize("text", STEERING)
def test_a_name_steers_no_terminal(text, capsys):
    table = written("table", Row(f"Ann{text}", tags=(text,)))
    problems.show(Refused([Finding("x.y", f"{text} is not there.", f"a{text}", fix=f"Look at {text}.")]))
    problems.warn(Finding("x.y", text))
    problems.show(click.UsageError(f"No such command {text}"))
    said = capsys.readouterr().err
    for char in text:
        if not char.isprintable():
            assert char not in table
            assert char not in said
    assert table.count("\n") == 3


def test_half_a_character_in_a_name_can_be_shown():
    written("table", Row("\ud800")).encode()
