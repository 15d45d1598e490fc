"""Reports: options as values or text, columns from the row class, and every way of showing rows."""

import csv
import io
import json
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocore import BackOffice, DeclarationError, Money, NotFound, UnitPrice, UsageError
from bocore.reports import columns_of, render

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
    assert row[0] == f"'{first}{rest}"


def test_numbers_in_csv_stay_numbers():
    @attrs.frozen
    class Figures:
        whole: int
        exact: Decimal
        price: UnitPrice

    figures = Figures(-5, Decimal("-1E+3"), UnitPrice("-0.0001", "EUR"))
    assert shown("csv", [figures], Figures).splitlines()[1] == "-5,-1000,-0.0001,EUR"
