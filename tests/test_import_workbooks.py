"""Workbooks taken in as tables are, and columns that are called something else."""

import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import attrs
import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from bocore import BackOffice, KeyReused, Money, Refused, TextTable, UsageError
from bocore.cli.invocation import Invocation
from bocore.cli.root import bo
from bocore.imports import workbook
from bocore.imports.collected import Collected

MIDNIGHT = datetime(2026, 2, 1)  # noqa: DTZ001 - a spreadsheet knows no zones
INSTALLED = Path(__file__).parent / "installed"


@attrs.frozen
class Row:
    code: str
    on: date | None = None
    amount: Decimal = Decimal(0)
    price: Money | None = None
    paid: bool = False
    text: str = ""


@pytest.fixture
def book(tmp_path):
    """A workbook with these rows on its first sheet, and others on more."""

    def written(*rows, **sheets):
        made = openpyxl.Workbook()
        for sheet, content in ((made.active, rows), *((made.create_sheet(name), content) for name, content in sheets.items())):
            for row in content:
                sheet.append(row)
        made.save(tmp_path / "table.xlsx")
        return tmp_path / "table.xlsx"

    return written


def read(path, **options):
    found = Collected(path.name)
    try:
        rows = list(TextTable(path, Row, found, **options))
    except Refused:
        rows = []
    return rows, [(error.code, error.where) for error in found.errors]


def test_cells_of_a_workbook_have_the_types_of_the_fields(book):
    path = book(
        ["Code", "on", "AMOUNT", "price", "paid", "text"],
        [4006381333931, date(2026, 1, 31), 0.1, "12.50 EUR", True, "Zoë"],
        [],
        ["007", MIDNIGHT, 1e15, None, "no"],
        ["x", "2026-02-28", -12.25, None, None, 12.5],
    )
    assert read(path) == (
        [
            (2, Row("4006381333931", date(2026, 1, 31), Decimal("0.1"), Money("12.50", "EUR"), True, "Zoë")),
            (4, Row("007", date(2026, 2, 1), Decimal(10**15))),
            (5, Row("x", date(2026, 2, 28), Decimal("-12.25"), text="12.5")),
        ],
        [],
    )


def test_numbers_are_numbers_also_where_those_in_text_have_a_comma(book):
    rows, errors = read(book(["code", "amount"], ["a", 1.5], ["b", "1.234,50"]), decimal_comma=True)
    assert ([row.amount for _, row in rows], errors) == ([Decimal("1.5"), Decimal("1234.50")], [])


@given(st.decimals(-(10**9), 10**9, places=4))
def test_a_decimal_that_was_saved_as_a_number_comes_back_as_it_was(amount):
    class Cell:
        value, data_type = float(amount), "n"

    assert Decimal(workbook._text(Cell())) == amount


def test_every_wrong_cell_is_named_by_its_row(book):
    path = book(
        ["code", "on", "amount"], ["a", "soon", "much"], [], ["x", None, "one"], ["b", MIDNIGHT.replace(hour=12), 1, "beyond"], ["#N/A"]
    )
    assert read(path)[1] == [
        ("bo.import.cell", "table.xlsx:2.on"),
        ("bo.import.cell", "table.xlsx:2.amount"),
        ("bo.import.cell", "table.xlsx:4.amount"),
        ("bo.import.cells", "table.xlsx:5"),
        ("bo.import.cell", "table.xlsx:6.code"),
    ]


def test_a_formula_whose_value_was_not_saved_is_not_taken_for_an_empty_cell(book):
    """A program wrote the file, and no spreadsheet has computed it: prices were left out without a word."""
    path = book(["code", "amount", "text"], ["a", "=1+1", "x"], ["b", 2, None])
    assert read(path)[1] == [("bo.import.cell", "table.xlsx:2.amount")]


def test_a_formula_whose_value_was_saved_is_that_value(book):
    path = book(["code", "amount", "text"], ["a", "=1+1", '=IF(1,"","x")'])
    with zipfile.ZipFile(path) as archive:
        parts = {part.filename: archive.read(part) for part in archive.infolist()}
    sheet = parts["xl/worksheets/sheet1.xml"].replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>").replace(b'r="C2"', b'r="C2" t="str"')
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**parts, "xl/worksheets/sheet1.xml": sheet}.items():
            archive.writestr(name, content)
    assert read(path) == ([(2, Row("a", amount=Decimal(2)))], [])


def test_a_sheet_is_named_or_it_is_the_first(book):
    path = book(["code"], ["first"], second=[["code"], ["second"]])
    assert [row.code for _, row in read(path)[0]] == ["first"]
    assert [row.code for _, row in read(path, sheet="second")[0]] == ["second"]
    assert read(path, sheet="third") == ([], [("bo.import.sheet", "table.xlsx:1")])
    assert read(book()) == ([], [("bo.import.empty", "table.xlsx:1")])


def part_of(path, name, content):
    """The workbook with one part that is another."""
    with zipfile.ZipFile(path) as old:
        parts = {each: old.read(each) for each in old.namelist()} | {name: content}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for each, text in parts.items():
            new.writestr(each, text)
    return path


BOMB = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><sst><si><t>&b;</t></si></sst>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_workbook_that_declares_entities_is_not_read(book, encoding):
    text = BOMB.replace('version="1.0"', f'version="1.0" encoding="{encoding}"').encode(encoding)
    found = Collected("table.xlsx")
    assert list(workbook.rows_of(part_of(book(["code"], ["a"]), "xl/sharedStrings.xml", text), found)) == []
    assert ["it declares a document type" in each.message for each in found.errors] == [True]


def test_a_workbook_that_unpacks_to_more_than_it_should_is_not_read(book, monkeypatch):
    path = part_of(book(["code"], ["a"]), "xl/media/large.bin", b"\0" * 300_000)
    assert read(path)[1] == []
    monkeypatch.setattr(workbook, "MAX_UNPACKED", 200_000)
    assert read(path)[1] == [("bo.import.workbook", "table.xlsx:1")]


@pytest.mark.parametrize("cut", [10, 500, -40])
def test_a_damaged_workbook_is_refused(book, cut):
    path = book(["code"], ["a"])
    path.write_bytes(path.read_bytes()[:cut])
    assert read(path) == ([], [("bo.import.workbook", "table.xlsx:1")])


# ---------------------------------------------------------------- columns by other names


def test_columns_may_be_called_what_they_are_called_elsewhere(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("Art. No.;Betrag;Remarks\nA;1,50;not read\n", encoding="utf-8")
    options = {"columns": {"art. no.": "code", "BETRAG": "amount", "Remarks": ""}, "decimal_comma": True}
    assert read(path, **options) == ([(2, Row("A", amount=Decimal("1.50")))], [])


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"Art. No.": "number"}, "bo.import.columns"),
        ({"Art.": "code"}, "bo.import.columns"),
        ({"Art. No.": "code", "Amount": "code"}, "bo.import.twice"),
        ({"Art. No.": ""}, "bo.import.missing_column"),
    ],
    ids=["no field", "no column", "two for one", "not to be read, but needed"],
)
def test_what_is_said_of_columns_must_fit(tmp_path, columns, code):
    path = tmp_path / "table.csv"
    path.write_text("Art. No.,Amount\nA,1.50\n", encoding="utf-8")
    assert code in [each for each, _ in read(path, columns=columns)[1]]


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(INSTALLED))
    with BackOffice(tmp_path / "shop.db", plugins=["shop"]) as app:
        yield app.init(company="Acme Ltd", currency="EUR")


def test_an_importer_of_rows_takes_workbooks_and_other_names(shop, book):
    path = book(["Artikel", "price", "name", "Notiz"], ["A", 1.5, "Apple", "x"])
    options = {"columns": {"Artikel": "code", "Notiz": ""}}
    assert shop.import_file("price-list", path, actor="ann", **options).added == {"shop_product": 1}
    assert shop.import_file("price-list", path, actor="ann", **options).repeated
    with pytest.raises(KeyReused):
        shop.import_file("price-list", path, actor="ann", columns={"Artikel": "code", "Notiz": "kind"})
    with pytest.raises(UsageError, match="which column is which field"):
        shop.import_file("price-list", path, actor="ann", columns="Artikel=code")


def test_the_command_line_takes_one_option_a_column(shop, book, tmp_path, monkeypatch):
    path = book(["x"], more=[["Art = No.", "price", "name", "Notiz"], ["A", 1.5, "Apple", "x"]])

    def run(*more):
        command = ["--db", str(tmp_path / "shop.db"), "--as", "ann", "import", "price-list", str(path), "--sheet", "more"]
        return CliRunner().invoke(bo, [*command, *more], obj=Invocation(plugins=["shop"]))

    done = run("--column", "Art = No.=code", "--column", "Notiz=")
    assert (done.exit_code, "imported" in done.output) == (0, True), done.output
    wrong = run("--column", "Notiz")
    assert wrong.exit_code == 2
    assert "THEIRS=OURS" in wrong.output
