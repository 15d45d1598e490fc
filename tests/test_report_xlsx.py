"""Reports as workbooks: read back by another program's reader, they say what the report says."""

import io
import math
import re
import weakref
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from zoneinfo import ZoneInfo

import attrs
import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bocore import Finding, Money, Token, UnitPrice, UsageError
from bocore.reports import Heading, columns_of, render
from bocore.reports.xlsx import CUT_NOTE, DIGITS_NOTE

MADE = datetime(2026, 11, 22, 12, tzinfo=UTC)
HEADING = Heading(
    title="Balance sheet", company="Acme & Söhne", currency="EUR", through=date(2026, 12, 31), zone=ZoneInfo("Europe/Vienna"), made=MADE
)


class Size(Enum):
    SMALL = "small"


@attrs.frozen
class Row:
    text: str
    amount: Money | None = None
    factor: Decimal | None = None
    day: date | None = None
    at: datetime | None = None
    pieces: int | None = None
    price: UnitPrice | None = None
    good: bool | None = None
    size: Size | None = None
    tags: list[str] = attrs.field(factory=list)


@attrs.frozen
class Position:
    level: int
    kind: str = attrs.field(metadata={"style": True})
    name: str = attrs.field(metadata={"indent": "level"})
    amounts: dict[str, Decimal] = attrs.field(metadata={"spread": True})


POSITIONS = [
    Position(0, "group", "Assets", {}),
    Position(1, "", "Cash", {"2026": Decimal("10.00"), "2025": Decimal("-4.00")}),
    Position(0, "total", "Total assets", {"2026": Decimal("10.00"), "2025": Decimal("-4.00")}),
    Position(0, "grand_total", "Net", {"2026": Decimal("10.00")}),
]


def plain(*parts):
    """A date and time as a spreadsheet has it: of no zone."""
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)


def written(rows, row=Row, heading=HEADING):
    out = io.BytesIO()
    render("xlsx", columns_of(row), rows, out, heading)
    return out.getvalue()


def sheet_of(rows, row=Row, heading=HEADING):
    return openpyxl.load_workbook(io.BytesIO(written(rows, row, heading))).active


def first_cells(rows, row=Row):
    """The cells of the first row of data, where there is no heading."""
    return list(sheet_of(rows, row, Heading())[2])


# ---------------------------------------------------------------- cells


def test_values_are_cells_of_their_types():
    at = datetime(2026, 7, 1, 10, 30, tzinfo=UTC)
    row = Row(
        "Zoë", Money("-12.50", "EUR"), Decimal("0.125"), date(2026, 1, 31), at, 7, UnitPrice("0.0001", "EUR"), True, Size.SMALL, ["a", "b"]
    )
    cells = first_cells([row])
    assert [cell.value for cell in cells] == [
        "Zoë", -12.5, 0.125, plain(2026, 1, 31), plain(2026, 7, 1, 10, 30), 7, 0.0001, True, "small", "a, b",
    ]  # fmt: skip
    assert [cell.data_type for cell in cells] == list("snnddnnbss")


def test_an_instant_is_shown_in_the_companys_zone():
    sheet = sheet_of([Row("x", at=datetime(2026, 7, 1, 23, 30, tzinfo=UTC))])
    assert sheet.cell(sheet.max_row, 5).value == plain(2026, 7, 2, 1, 30)


@pytest.mark.parametrize(
    ("amount", "shown_as", "pattern"),
    [
        (Money("1250.00", "EUR"), 1250, "#,##0.00"),
        (Money("1250", "JPY"), 1250, '#,##0 "JPY"'),
        (Money("1.250", "KWD"), 1.25, '#,##0.000 "KWD"'),
        (Money("3", Token('WE"IRD', 0)), 3, '#,##0 "WEIRD"'),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency_and_its_name_where_it_is_not_the_companys(amount, shown_as, pattern):
    sheet = sheet_of([Row("x", amount)])
    cell = sheet.cell(sheet.max_row, 2)
    assert (cell.value, cell.number_format) == (shown_as, pattern)


def test_a_quantity_keeps_its_places():
    cell = first_cells([Row("x", factor=Decimal("2.500"))])[2]
    assert (cell.value, cell.number_format) == (2.5, "#,##0.000")


def test_an_amount_that_a_spreadsheet_would_round_is_text_with_a_note():
    exact = "90071992547409.93"
    rows = [Row("kept", Money(exact, "EUR")), Row("fits", Money("999999999999999", "JPY")), Row("zeros", Money("1000000000000000", "JPY"))]
    sheet = sheet_of(rows)
    cells = {line[0].value: line[1] for line in sheet.iter_rows() if line[0].value in ("kept", "fits", "zeros")}
    assert (cells["kept"].value, cells["kept"].data_type, cells["kept"].alignment.horizontal) == (exact, "s", "right")
    assert cells["fits"].value == 999999999999999
    assert cells["zeros"].value == 10**15
    assert sheet.cell(sheet.max_row, 1).value == DIGITS_NOTE


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4) | st.integers(-(10**18), 10**18).map(Decimal))
@example(Decimal("0.1"))
@example(Decimal("123456789012.345"))
@example(Decimal("-0.00"))
def test_no_digit_of_a_number_is_lost(number):
    cell = first_cells([Row("x", factor=number)])[2]
    if cell.data_type == "n":
        assert Decimal(f"{cell.value:.15G}" if isinstance(cell.value, float) else cell.value) == number
    else:
        assert Decimal(cell.value) == number


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1E-40"])
def test_numbers_that_no_spreadsheet_has_are_text(value):
    number = Decimal(value)
    cell = first_cells([Row("x", factor=number)])[2]
    assert cell.data_type == "s"
    assert Decimal(cell.value) == number or math.isnan(number)


def test_a_day_before_excels_first_is_text():
    assert first_cells([Row("x", day=date(1899, 12, 31))])[3].value == "1899-12-31"


# ---------------------------------------------------------------- text


@pytest.mark.parametrize("text", ["=1+1", "=HYPERLINK(1)", "+1", "-1", "@A1", "{=1}", "https://example.org", "mailto:a@b", "internal:A1"])
def test_text_is_never_a_formula_nor_a_link(text):
    cell = first_cells([Row(text)])[0]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


def test_text_that_looks_like_the_writers_own_markup_stays_text():
    evil = "<r></t></is></c><c r='A9'><f>1+1</f></c><c><is><t></r>"
    sheet = sheet_of([Row(evil)], heading=Heading())
    assert sheet["A2"].value == evil
    assert sheet.max_row == 2


READ_BACK = re.compile("[\ud800-\udfff]")


@given(st.text())
@example("_x0041_")
@example("\x00\x1f\x7f\x85")
@example("  spaces  ")
@example("a\r\nb\tc")
@example("<r>&amp;</r>")
@example("مرحبا \u202e123")
@example("\ufffe\uffff\U0001d54f")
@example("\ud800")
def test_any_text_comes_back(text):
    cell = first_cells([Row(text)])[0]
    assert unescaped(cell.value or "") == READ_BACK.sub("�", text)


def unescaped(value):
    """openpyxl leaves some of Excel's own escapes as they are in inline text, and XML makes one line end of each."""
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), value)


def test_text_that_is_too_long_is_cut_and_said_to_be():
    sheet = sheet_of([Row("\U0001d54f" * 20_000)])
    texts = [line[0].value for line in sheet.iter_rows() if line[0].value]
    assert texts[-2] == "\U0001d54f" * 16_383
    assert texts[-1] == CUT_NOTE


# ---------------------------------------------------------------- the sheet


def test_the_heading_stands_above_and_warnings_below():
    warning = Finding("books.suspense", "Suspense has a balance.", fix="Clear it.")
    sheet = sheet_of([Row("x")], heading=attrs.evolve(HEADING, findings=[warning, warning]))
    texts = [line[0].value for line in sheet.iter_rows()]
    assert texts == [
        "Balance sheet", "Acme & Söhne", "As of Dec 31, 2026", "Amounts in EUR", None, "Text", "x", None,
        "Suspense has a balance. Clear it.",
    ]  # fmt: skip
    assert sheet["A1"].font.b
    assert sheet.title == "Balance sheet"


def test_a_statement_has_its_indents_sums_and_a_column_for_each_period():
    sheet = sheet_of(POSITIONS, Position, Heading())
    header, group, cash, total, net = list(sheet.iter_rows())
    assert [cell.value for cell in header] == ["Name", "2026", "2025"]
    assert (group[0].font.b, cash[0].font.b, total[0].font.b) == (True, False, True)
    assert (group[0].alignment.indent, cash[0].alignment.indent) == (0, 1)
    assert (total[1].border.top.style, total[1].border.bottom.style) == ("thin", None)
    assert (net[2].value, net[2].border.top.style, net[2].border.bottom.style) == (None, "thin", "double")


def test_the_sheet_is_set_up_to_be_read_and_printed():
    sheet = sheet_of([Row("x" * 60)])
    assert sheet.freeze_panes == "A7"
    assert sheet.print_title_rows == "$6:$6"
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
    assert (sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.page_setup.fitToHeight) == (True, 0)  # one page wide, any number long
    assert "&P" in sheet.oddFooter.right.text or "[Page]" in sheet.oddFooter.right.text
    assert sheet.column_dimensions["A"].width >= 60
    assert sheet_of(POSITIONS, Position).page_setup.orientation == "portrait"


def test_a_company_that_writes_from_right_to_left_gets_such_a_sheet():
    assert sheet_of([Row("x")], heading=attrs.evolve(HEADING, locale="he-IL")).sheet_view.rightToLeft
    assert not sheet_of([Row("x")]).sheet_view.rightToLeft


def test_the_workbook_says_what_it_is_and_when_it_was_made():
    properties = openpyxl.load_workbook(io.BytesIO(written([Row("x")]))).properties
    assert (properties.title, properties.created) == ("Balance sheet", plain(2026, 11, 22, 12))


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("a/b: c?", "a b  c"),
        ("'quoted'", "quoted"),
        ("", "Report"),
        ("History", "Report"),
        ("ß" * 40, "ß" * 31),
        ("\U0001d54f" * 20, "\U0001d54f" * 15),
    ],
)
def test_any_title_gives_a_name_that_a_sheet_may_have(title, name):
    assert sheet_of([Row("x")], heading=Heading(title=title)).title == name


@given(st.text(), st.text())
def test_any_title_and_company_can_be_written(title, company):
    assert sheet_of([Row("x")], heading=Heading(title=title, company=company)).max_row >= 2


def test_the_same_report_gives_the_same_bytes():
    assert written(POSITIONS, Position) == written(POSITIONS, Position)
    assert written(POSITIONS, Position, Heading(title="x")) == written(POSITIONS, Position, Heading(title="x"))


def test_a_report_without_rows_has_its_header():
    sheet = sheet_of([], heading=Heading())
    assert [cell.value for cell in sheet[1]][:2] == ["Text", "Amount"]


def test_more_rows_than_a_sheet_has_are_refused_with_what_to_do(monkeypatch):
    monkeypatch.setattr("bocore.reports.xlsx.ROWS", 4)
    with pytest.raises(UsageError, match=r"holds 4 rows.*Write CSV"):
        written([Row("x")] * 10)


def test_an_error_among_the_rows_leaves_nothing_open():
    def broken():
        yield Row("x")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        written(broken())


def test_rows_are_read_one_by_one():
    alive = []

    def rows():
        for n in range(50):
            row = Row(str(n))
            alive.append(weakref.ref(row))
            yield row
            del row
            assert sum(one() is not None for one in alive) <= 1

    written(rows())
    assert len(alive) == 50
