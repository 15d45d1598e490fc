"""Reports: options as values or text, columns from the row class, and every way of showing rows."""

import csv
import io
import json
import re
import weakref
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocore import BackOffice, DeclarationError, Drill, Finding, Headed, Money, NotFound, UnitOfWork, UnitPrice, UsageError, report
from bocore.reports import FORMATS, columns_of, render
from bocore.reports.details import gather
from bocore.spreadsheets import unescape_formulas

INSTALLED = Path(__file__).parent / "installed"


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    monkeypatch.syspath_prepend(str(INSTALLED))


@pytest.fixture
def shop(tmp_path):
    from acme_shop.services import add_product, sell

    with BackOffice(tmp_path / "shop.db", plugins=["shop"]) as app:
        app.init(company="Acme Ltd", currency="EUR")
        for code, price in (("APPLE", "0.50"), ("BUN", "1.20")):
            app.run(add_product, code, code.title(), actor="ann", price=Money(price, "EUR"), stock=Decimal(10))
        app.run(sell, "APPLE", Decimal(4), actor="ann", on=date(2026, 1, 10))
        app.run(sell, "BUN", Decimal(2), actor="ann", on=date(2026, 2, 10), note="=HYPERLINK(1)")
        yield app


# ---------------------------------------------------------------- running


def test_a_report_takes_its_options_as_values_or_as_text(shop):
    typed = shop.report("shop.sales", actor="ann", start=date(2026, 1, 1), end=date(2026, 1, 31))
    text = shop.report("sales", actor="ann", start="2026-01-01", end="2026-01-31")
    assert [row.number for row in typed.rows] == [row.number for row in text.rows] == ["2026-0001"]


@pytest.mark.parametrize("product", ["BUN", "Bun", "2"])
def test_an_entity_is_named_by_its_code_name_or_id(shop, product):
    result = shop.report("sales", actor="ann", start="2026-01-01", product=product)
    assert [row.product for row in result.rows] == ["BUN"]


def test_rows_as_objects_have_exact_text_and_iso_dates(shop):
    assert shop.report("sales", actor="ann", start="2026-02-01").as_objects() == [
        {
            "number": "2026-0002",
            "on": "2026-02-10",
            "product": "BUN",
            "quantity": "2.000",
            "total": "2.40",
            "total_currency": "EUR",
            "note": "=HYPERLINK(1)",
        }
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "needs start"),
        ({"start": "1 Jan"}, "start must be a date such as 2026-12-31, is '1 Jan'"),
        ({"start": "2026-01-01", "colour": "red"}, "no option 'colour'"),
    ],
)
def test_options_that_do_not_fit_are_usage_errors(shop, options, words):
    with pytest.raises(UsageError, match=words):
        shop.report("sales", actor="ann", options=options)


def test_what_there_is_not_is_named_with_what_there_is(shop):
    with pytest.raises(NotFound, match="Did you mean 'sales'"):
        shop.report("sale", actor="ann")
    with pytest.raises(NotFound, match="no Product 'PEAR'"):
        shop.report("sales", actor="ann", start="2026-01-01", product="PEAR")


def test_rows_of_another_class_are_the_plugins_mistake(shop):
    with pytest.raises(DeclarationError, match="wrong_rows returns SaleRow, and is annotated to return Turnover"):
        shop.report("wrong-rows", actor="ann")


def test_a_report_can_not_write(shop, monkeypatch):
    from acme_shop.model import Product

    def writing(uow):
        uow.find(Product, code="BUN").name = "Cake"
        return []

    turnover = shop.host.reports["shop.turnover"]
    monkeypatch.setitem(shop.host.reports, "shop.turnover", attrs.evolve(turnover, function=writing))
    with pytest.raises(UsageError, match="only reads"):
        shop.report("turnover", actor="ann")


def test_columns_lead_to_the_entities_that_they_name(shop):
    from acme_shop.model import Product

    columns = shop.report("sales", actor="ann", start="2026-01-01").columns
    assert [(c.title, c.drill) for c in columns if c.drill] == [("Product", Product)]


# ---------------------------------------------------------------- showing


class Size(Enum):
    SMALL = "small"


@attrs.frozen
class Line:
    text: str
    amount: Money | None = attrs.field(metadata={"label": "Amount"})
    factor: Decimal = attrs.field(default=Decimal(0), metadata={"unit": "%"})
    day: date | None = None
    size: Size | None = None
    good: bool = True
    tags: list[str] = attrs.field(factory=list)
    _secret: str = "hidden"


def shown(style, rows, row=Line):
    out = io.StringIO()
    render(style, columns_of(row), rows, out)
    return out.getvalue()


ROWS = [
    Line("Zoë", Money("-12.50", "EUR"), Decimal("-1.5"), date(2026, 1, 31), Size.SMALL, tags=["a", "b"]),
    Line("日本", Money("1000", "JPY"), good=False),
    Line("\x1b[31mred", None),
]


def test_a_plain_table_sets_numbers_flush_right_and_keeps_the_full_width():
    assert shown("table", ROWS).splitlines() == [
        "Text          Amount  Factor (%)  Day         Size   Good  Tags",
        "--------  ----------  ----------  ----------  -----  ----  ----",
        "Zoë       -12.50 EUR        -1.5  2026-01-31  small  yes   a, b",
        "日本        1000 JPY           0                     no",
        "\ufffd[31mred                       0                     yes",
    ]


def test_an_empty_table_says_so():
    assert shown("table", []) == "Nothing.\n"
    assert json.loads(shown("json", [])) == []


def test_a_terminal_gets_a_drawn_table_with_the_text_as_it_is():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    out = Terminal()
    render("table", columns_of(Line), [Line("[bold]not markup[/bold]", Money("1.00", "EUR"))], out)
    assert "[bold]not markup[/bold]" in out.getvalue()
    assert "1.00 EUR" in out.getvalue()


def test_json_is_a_list_of_flat_objects():
    assert json.loads(shown("json", ROWS))[0] == {
        "text": "Zoë",
        "amount": "-12.50",
        "amount_currency": "EUR",
        "factor": "-1.5",
        "day": "2026-01-31",
        "size": "small",
        "good": True,
        "tags": ["a", "b"],
    }


def test_csv_has_amount_and_currency_in_two_columns():
    header, first, _, last = csv.reader(io.StringIO(shown("csv", ROWS)))
    assert header == ["text", "amount", "amount_currency", "factor", "day", "size", "good", "tags"]
    assert first == ["Zoë", "-12.50", "EUR", "-1.5", "2026-01-31", "small", "yes", "a, b"]
    assert last[1:3] == ["", ""]


@given(st.sampled_from("=+-@\t\r\n"), st.text())
def test_no_text_in_csv_begins_like_a_formula(first, rest):
    *_, row = csv.reader(io.StringIO(shown("csv", [Line(first + rest, None)]), newline=""))
    assert row[0].startswith(f"'{first}")
    assert unescape_formulas(row[0]) == first + rest


def test_numbers_in_csv_stay_numbers():
    @attrs.frozen
    class Figures:
        whole: int
        exact: Decimal
        price: UnitPrice

    figures = Figures(-5, Decimal("-1E+3"), UnitPrice("-0.0001", "EUR"))
    assert shown("csv", [figures], Figures).splitlines()[1] == "-5,-1000,-0.0001,EUR"


# ---------------------------------------------------------------- statements: periods side by side, indents, sums


@attrs.frozen
class Position:
    level: int
    kind: str = attrs.field(metadata={"style": True})
    name: str = attrs.field(metadata={"indent": "level"})
    amounts: dict[str, Decimal] = attrs.field(metadata={"spread": True})
    value: dict[str, Money] = attrs.field(factory=dict, metadata={"spread": True, "label": "Value"})


POSITIONS = [
    Position(0, "group", "Assets", {}),
    Position(1, "", "Cash", {"2026": Decimal("10.00"), "2025": Decimal("-4.00")}, {"2026": Money("10.00", "EUR")}),
    Position(1, "", "Machines", {"2024": Decimal("7.50")}),
    Position(0, "total", "Total assets", {"2026": Decimal("10.00"), "2025": Decimal("3.50")}),
]


def test_a_spread_field_is_a_column_for_each_key_in_the_order_of_their_first_appearance():
    assert shown("table", POSITIONS, Position).splitlines() == [
        "Name           2026   2025  2024  Value 2026",
        "------------  -----  -----  ----  ----------",
        "Assets",
        "  Cash        10.00  -4.00         10.00 EUR",
        "  Machines                  7.50",
        "Total assets  10.00   3.50",
    ]


def test_csv_names_spread_columns_by_field_and_key_and_keeps_what_is_layout():
    header, _, cash, *_ = csv.reader(io.StringIO(shown("csv", POSITIONS, Position)))
    amounts = ["amounts:2026", "amounts:2025", "amounts:2024"]
    assert header == ["level", "kind", "name", *amounts, "value:2026", "value:2026_currency"]
    assert cash == ["1", "", "Cash", "10.00", "-4.00", "", "10.00", "EUR"]


def test_json_keeps_a_spread_field_as_an_object():
    assert json.loads(shown("json", POSITIONS, Position))[1] == {
        "level": 1,
        "kind": "",
        "name": "Cash",
        "amounts": {"2026": "10.00", "2025": "-4.00"},
        "value": {"2026": "10.00"},
        "value_currency": {"2026": "EUR"},
    }


def test_a_spread_report_without_rows_has_the_columns_that_are_known():
    assert shown("csv", [], Position) == "level,kind,name\n"
    assert shown("table", [], Position) == "Nothing.\n"


def test_a_key_that_begins_like_a_formula_is_no_formula_in_csv():
    @attrs.frozen
    class Row:
        a: dict[str, Money] = attrs.field(metadata={"spread": True})

    header, _ = csv.reader(io.StringIO(shown("csv", [Row({"=1": Money("1.00", "EUR")})], Row)))
    assert header == ["a:=1", "a:=1_currency"]


@pytest.mark.parametrize(
    ("metadata", "kind", "words"),
    [
        ({"spread": True}, str, "Row.it is spread, and is str"),
        ({"spread": True}, dict[str, str], "is spread, and is dict"),
        ({"spread": True}, dict[int, Decimal], "is spread, and is dict"),
        ({"indent": "level"}, str, "Row indents by 'level', which it does not have"),
        ({"drill": Drill("")}, str, "Row.it: Drill\\(''\\) names ''"),
    ],
)
def test_metadata_that_does_not_fit_the_class_is_the_plugins_mistake(metadata, kind, words):
    row = attrs.make_class("Row", {"it": attrs.field(type=kind, metadata=metadata)})
    with pytest.raises(DeclarationError, match=words):
        columns_of(row)


# ---------------------------------------------------------------- from a figure to what it is made of


@attrs.frozen
class Sum:
    name: str
    product: str
    total: Decimal | None = attrs.field(metadata={"drill": Drill("shop.sales", product="product", end="as_of")})
    parts: dict[str, Decimal] = attrs.field(
        factory=dict, metadata={"spread": True, "drill": Drill("shop.sales", product="product", start="_since")}
    )
    _since: dict[str, date] = attrs.field(factory=dict)


@report("shop.sums", permission="shop.read")
def sums(uow: UnitOfWork, *, start: date, as_of: date | None = None) -> list[Sum]:
    """Show sums."""
    uow.warn(Finding("shop.estimate", "One price is an estimate.", fix="Ask the baker."))
    parts = {"January": Decimal("2.00"), "February": Decimal("2.40")}
    since = {"January": date(2026, 1, 1), "February": date(2026, 2, 1)}
    return [Sum("Buns", "BUN", Decimal("2.40"), parts, since), Sum("All", "", Decimal("4.40")), Sum("Apples", "APPLE", None)]


@pytest.fixture
def sums_of(shop, monkeypatch):
    declared = sums.__bocore__
    monkeypatch.setitem(shop.host.reports, "shop.sums", attrs.evolve(declared, plugin="shop"))
    return shop.report("sums", actor="ann", start=date(2026, 1, 1), as_of=date(2026, 12, 31))


def test_a_figure_leads_to_the_rows_that_it_is_made_of(sums_of):
    behind = sums_of.drill(sums_of.rows[0], "total")
    assert [row.number for row in behind.rows] == ["2026-0002"]
    assert behind.options["start"] == date(2026, 1, 1)
    assert behind.options["end"] == date(2026, 12, 31)


def test_a_figure_of_a_spread_column_takes_the_options_of_its_key(sums_of):
    link = sums_of.link(sums_of.rows[0], "parts", "February")
    assert link.command == "bo report shop.sales --start 2026-02-01 --product BUN"
    assert [row.number for row in sums_of.drill(sums_of.rows[0], "parts", "February").rows] == ["2026-0002"]


@pytest.mark.parametrize(("row", "column"), [(1, "total"), (2, "total"), (0, "name")])
def test_an_empty_option_an_absent_figure_and_a_plain_column_lead_nowhere(sums_of, row, column):
    assert sums_of.link(sums_of.rows[row], column) is None
    with pytest.raises(NotFound, match=f"No report is behind {column}"):
        sums_of.drill(sums_of.rows[row], column)


def test_a_column_that_there_is_not_is_named_with_those_that_there_are(sums_of):
    with pytest.raises(UsageError, match=r"no column 'sum'.*name, product, total, parts"):
        sums_of.link(sums_of.rows[0], "sum")


def test_a_report_of_a_plugin_that_is_not_there_is_no_mistake(sums_of, monkeypatch, shop):
    monkeypatch.delitem(shop.host.reports, "shop.sales")
    assert sums_of.link(sums_of.rows[0], "total") is None


@pytest.mark.parametrize(
    ("drill", "words"),
    [
        (Drill("shop.sales", colour="product"), "names colour, and shop.sales has no such option"),
        (Drill("shop.sales", product="fruit"), "'fruit', which is neither a field of Sum nor an option of shop.sums"),
    ],
)
def test_a_drill_that_names_what_there_is_not_is_the_plugins_mistake(sums_of, drill, words):
    column = next(i for i, one in enumerate(sums_of.columns) if one.name == "total")
    sums_of.columns[column] = attrs.evolve(sums_of.columns[column], drill=drill)
    with pytest.raises(DeclarationError, match=words):
        sums_of.link(sums_of.rows[0], "total")


# ---------------------------------------------------------------- the same on one page


def pages_of(result):
    out = io.BytesIO()
    result.render("html", out)
    return out.getvalue().decode()


def with_details(shop, monkeypatch, **options):
    monkeypatch.setitem(shop.host.reports, "shop.sums", attrs.evolve(sums.__bocore__, plugin="shop"))
    return shop.report("sums", actor="ann", start=date(2026, 1, 1), details=True, **options)


def test_what_is_behind_figures_is_gathered_once_for_figures_of_the_same_rows(shop, monkeypatch):
    result = with_details(shop, monkeypatch)
    assert [(one.anchor, one.command) for one in result.details.tables] == [
        ("d1", "bo report shop.sales --start 2026-01-01 --product BUN"),
        ("d2", "bo report shop.sales --start 2026-02-01 --product BUN"),
    ]
    text = pages_of(result)
    assert text.count('<a href="#d1">') == 2  # the total, and its part that begins on the same day
    assert text.count('<a href="#d2">') == 1
    assert text.index('<section id="d1">') < text.index('<section id="d2">')
    assert "<h2>Sales</h2><p>Acme Ltd</p><p>From Feb 1, 2026</p><p>Product: BUN</p>" in text
    targets, anchors = set(re.findall('href="#([^"]+)"', text)), set(re.findall('id="([^"]+)"', text))
    assert targets == anchors


def test_without_details_no_figure_is_a_link(sums_of):
    assert "<a " not in pages_of(sums_of)


def test_details_are_bounded_and_say_where_they_are_cut(shop, monkeypatch):
    from bocore.reports.running import running

    shop.run(sell_one, actor="ann")
    monkeypatch.setitem(shop.host.reports, "shop.sums", attrs.evolve(sums.__bocore__, plugin="shop"))
    with running(shop, "sums", actor="ann", options={"start": "2026-01-01"}) as begun:
        whole = begun.whole()
        details = gather(begun, whole, limit=1)
    (only,) = details.tables
    assert (len(only.rows), only.notes()) == (1, [f"Only the first 1 rows are shown. All of them: {only.command}"])
    text = pages_of(attrs.evolve(whole, details=details))
    assert "All of them: bo report shop.sales --start 2026-01-01 --product BUN" in text
    assert '<a href="#d2">' not in text


def sell_one(uow):
    from acme_shop.model import Product
    from acme_shop.services import sell

    sell(uow, uow.find(Product, code="BUN"), Decimal(1), on=date(2026, 2, 11))


def test_a_figure_that_leads_to_the_report_itself_leads_to_the_top(shop, monkeypatch):
    @attrs.frozen
    class Own:
        total: Decimal = attrs.field(metadata={"drill": Drill("shop.own")})

    @report("shop.own", permission="shop.read")
    def own(uow: UnitOfWork) -> list[Own]:
        """Show itself."""
        return [Own(Decimal(1))]

    monkeypatch.setitem(shop.host.reports, "shop.own", attrs.evolve(own.__bocore__, plugin="shop"))
    result = shop.report("own", actor="ann", details=True)
    assert result.details.tables == []
    assert '<a href="#top">1</a>' in pages_of(result)


def test_details_are_for_html(shop, monkeypatch):
    with pytest.raises(UsageError, match="in HTML only"):
        with_details(shop, monkeypatch).render("csv", io.StringIO())


# ---------------------------------------------------------------- where it is written


def test_a_result_is_written_to_a_path_a_text_file_or_a_binary_one(sums_of, tmp_path):
    sums_of.render("csv", tmp_path / "sums.csv")
    text, binary = io.StringIO(), io.BytesIO()
    sums_of.render("csv", text)
    sums_of.render("csv", binary)
    assert text.getvalue().encode() == binary.getvalue() == (tmp_path / "sums.csv").read_bytes()
    sums_of.render("xlsx", str(tmp_path / "sums.xlsx"))
    assert (tmp_path / "sums.xlsx").read_bytes().startswith(b"PK")
    assert not binary.closed


def test_a_format_that_there_is_not_is_named_with_those_that_there_are(sums_of):
    with pytest.raises(UsageError, match=r"'pdf' is no format.*table, csv, json, xlsx, html"):
        sums_of.render("pdf", io.BytesIO())


def test_the_command_line_knows_every_format():
    from bocore.cli.output import STYLES

    assert STYLES == FORMATS


def test_rows_in_csv_and_json_are_written_one_by_one():
    @attrs.frozen
    class Row:
        n: int

    for style in ("csv", "json"):
        alive = []

        def rows(alive=alive):
            for n in range(20):
                row = Row(n)
                alive.append(weakref.ref(row))
                yield row
                del row
                assert sum(one() is not None for one in alive) <= 1

        shown(style, rows(), Row)
        assert len(alive) == 20


# ---------------------------------------------------------------- headings


def test_a_result_says_what_stands_above_and_below_it(sums_of):
    heading = sums_of.heading
    assert (heading.title, heading.lines()) == ("Sums", ["Acme Ltd", "Jan 1, 2026 – Dec 31, 2026"])
    assert heading.notes() == ["One price is an estimate. Ask the baker."]
    assert [finding.code for finding in sums_of.findings] == ["shop.estimate"]


def test_a_report_says_itself_of_which_days_its_rows_are(shop, monkeypatch):
    @report("shop.latest", permission="shop.read", title="What there is")
    def latest(uow: UnitOfWork, *, as_of: date | None = None, colour: str = "", product: str = "BUN") -> Iterable[Line]:
        """Show what there is."""
        return Headed([Line("x", Money("1.00", "EUR"))], through=as_of or uow.today(), titles={"amount": "This year"})

    monkeypatch.setitem(shop.host.reports, "shop.latest", attrs.evolve(latest.__bocore__, plugin="shop"))
    monkeypatch.setattr(shop, "clock", lambda: datetime(2026, 3, 1, 12, tzinfo=UTC))
    result = shop.report("latest", actor="ann", colour="red")
    assert result.heading.lines() == ["Acme Ltd", "As of Mar 1, 2026", "Colour: red", "Amounts in EUR"]
    assert result.heading.title == "What there is"
    assert [column.title for column in result.columns][:2] == ["Text", "This year"]
    assert shop.report("latest", actor="ann", as_of=date(2025, 12, 31)).heading.through == date(2025, 12, 31)
