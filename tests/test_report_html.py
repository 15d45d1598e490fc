"""Reports as pages: well formed, readable by machines that read aloud, in the company's own way to write numbers, and harmless."""

import io
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bocore import Finding, Money
from bocore.reports import Heading, columns_of, render
from bocore.reports.formats import Formats

HEADING = Heading(
    title="Bilanz",
    company="Acme & Söhne",
    since=date(2026, 1, 1),
    through=date(2026, 12, 31),
    narrowed=["Account: 1000"],
    currency="EUR",
    locale="de-DE",
    zone=ZoneInfo("Europe/Vienna"),
    made=datetime(2026, 11, 22, 12, tzinfo=UTC),
)


@attrs.frozen
class Position:
    level: int
    kind: str = attrs.field(metadata={"style": True})
    number: int
    name: str = attrs.field(metadata={"indent": "level"})
    amounts: dict[str, Decimal] = attrs.field(metadata={"spread": True})
    foreign: Money | None = None
    on: date | None = None


POSITIONS = [
    Position(0, "group", 1, "Assets", {}),
    Position(2, "", 2, "Cash", {"2026": Decimal("1234567.50"), "2025": Decimal("-4.00")}, Money("-1250", "JPY"), date(2026, 3, 1)),
    Position(0, "grand_total", 3, "Total", {"2026": Decimal("1234567.50")}, Money("5.00", "EUR")),
]

VOID = {"meta", "br"}


class Page(HTMLParser):
    """A page as a tree of elements; a tag that is not closed, or closed in another's place, fails."""

    def __init__(self, text):
        super().__init__()
        self.all, self.open = [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        assert len(dict(attributes)) == len(attributes), f"an attribute twice in {tag}"
        element = {"tag": tag, "text": "", "inside": [one["tag"] for one in self.open], **dict(attributes)}
        self.all.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag):
        assert self.open.pop()["tag"] == tag

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def of(self, tag, **attributes):
        return [one for one in self.all if one["tag"] == tag and all(one.get(name) == value for name, value in attributes.items())]

    def texts(self, tag, **attributes):
        return [one["text"] for one in self.of(tag, **attributes)]


def text_of(rows, row=Position, heading=HEADING):
    out = io.StringIO()
    render("html", columns_of(row), rows, out, heading)
    return out.getvalue()


def page_of(rows, row=Position, heading=HEADING):
    return Page(text_of(rows, row, heading))


# ---------------------------------------------------------------- structure


def test_a_page_has_one_table_whose_caption_is_its_heading():
    page = page_of(POSITIONS)
    (table,) = page.of("table")
    assert table["inside"] == ["html", "body", "main"]
    assert page.texts("caption") == ["BilanzAcme & Söhne01.01.2026 – 31.12.2026Account: 1000Amounts in EUR"]
    assert page.texts("h1") == ["Bilanz"]
    assert page.texts("title") == ["Bilanz, Acme & Söhne"]


def test_every_column_and_every_row_has_a_head():
    page = page_of(POSITIONS)
    assert page.texts("th", scope="col") == ["Number", "Name", "2026", "2025", "Foreign", "On"]
    assert page.texts("th", scope="row") == ["Assets", "Cash", "Total"]
    assert [len([one for one in page.all if one["tag"] in ("td", "th") and "tbody" in one["inside"]])] == [18]


def test_without_an_indented_column_the_first_column_of_words_heads_the_rows():
    @attrs.frozen
    class Row:
        number: int
        code: str
        name: str

    assert page_of([Row(1, "A", "Apple")], Row).texts("th", scope="row") == ["A"]


def test_indents_and_sums_are_classes_that_the_styles_of_the_page_know():
    page = page_of(POSITIONS)
    assert [row.get("class") for row in page.of("tr")] == [None, "group", None, "grand_total"]
    assert [head.get("style") for head in page.of("th", scope="row")] == [None, "--i:2", None]
    (styles,) = page.texts("style")
    assert {name for row in page.all for name in (row.get("class") or "").split()} <= set(re.findall(r"\.(\w+)", styles))


def test_numbers_are_written_as_the_company_writes_them_and_foreign_amounts_with_their_currency():
    page = page_of(POSITIONS)
    cells = [text for text in page.texts("td", **{"class": "n"}) if text]
    assert cells == ["1", "2", "1.234.567,50", "-4,00", "-1.250\u00a0JPY", "3", "1.234.567,50", "5,00"]
    assert page.texts("td")[-1] == ""
    assert "01.03.2026" in page.texts("td")


@pytest.mark.parametrize(
    ("locale", "language", "direction", "number"),
    [
        ("en", "en", "ltr", "-1,234,567.50"),
        ("de-CH", "de-CH", "ltr", "-1’234’567.50"),
        ("fr_FR", "fr-FR", "ltr", "-1\u202f234\u202f567,50"),
        ("hi-IN", "hi-IN", "ltr", "-12,34,567.50"),
        ("he-IL", "he-IL", "rtl", "\u200e-1,234,567.50"),
        ("de-XX", "de", "ltr", "-1.234.567,50"),
        ("no such", "en", "ltr", "-1,234,567.50"),
    ],
)
def test_language_direction_and_numbers_come_from_the_companys_locale(locale, language, direction, number):
    row = Position(0, "", 1, "x", {"a": Decimal("-1234567.50")})
    page = page_of([row], heading=attrs.evolve(HEADING, locale=locale))
    (html,) = page.of("html")
    assert (html["lang"], html["dir"]) == (language, direction)
    assert number in page.texts("td")


@given(st.decimals(allow_nan=False, allow_infinity=False), st.sampled_from(["en", "de", "hi", "sv", "ar", "pl"]))
@example(Decimal("-0.00"), "de")
@example(Decimal("1E+3"), "de")
def test_every_digit_of_a_number_is_there(number, locale):
    formats = Formats(locale)
    plain = formats.number(number).replace(formats._comma, "").replace(formats._minus, "-").replace(formats._point, ".")
    assert Decimal(plain) == number
    assert len(plain.lstrip("-").partition(".")[2]) == max(0, -number.as_tuple().exponent)


def test_a_page_says_when_it_was_made_in_the_companys_zone():
    assert page_of([]).texts("time", datetime="2026-11-22T12:00:00+00:00") == ["22.11.2026 13:00 CET"]


def test_warnings_stand_below_the_table():
    warning = Finding("books.suspense", "Suspense <1999> has a balance.", fix="Clear it.")
    page = page_of(POSITIONS, heading=attrs.evolve(HEADING, findings=[warning, warning]))
    assert page.texts("li") == ["Suspense <1999> has a balance. Clear it."]


def test_a_page_without_rows_says_so():
    page = page_of([])
    assert page.texts("td", colspan="4") == ["Nothing."]


def test_many_columns_are_printed_across():
    wide = Position(0, "", 1, "x", {str(year): Decimal(1) for year in range(2020, 2026)})
    assert "size: A4 landscape" in text_of([wide])
    assert "size: A4 portrait" in text_of(POSITIONS)


# ---------------------------------------------------------------- harmless


def test_a_page_stands_alone_and_runs_nothing():
    page = page_of(POSITIONS)
    assert {one["tag"] for one in page.all} <= {
        "html", "head", "meta", "title", "style", "body", "main", "table", "caption", "h1", "p", "thead", "tbody", "tr", "th", "td",
        "footer", "time", "ul", "li",
    }  # fmt: skip
    assert not any(name in one for one in page.all for name in ("src", "href", "onclick", "onload"))
    assert "url(" not in text_of(POSITIONS)
    (policy,) = [one["content"] for one in page.of("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@given(st.text(), st.text(), st.text(min_size=1))
@example("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</th><script>")
@example("a\x00b\x1b[31m", "&amp;", "‮\u202e")
@example("</style>", "-->", "]]>")
@example("\ud800", "مرحبا", "日本")
def test_any_text_anywhere_is_text(name, title, key):
    row = Position(0, name, 1, name, {key: Decimal(1)}, Money.minor(1, "EUR"))
    heading = attrs.evolve(HEADING, title=title, company=name, narrowed=[key], findings=[Finding("x", title, fix=name)])
    text = text_of([row], heading=heading)
    text.encode()
    page = Page(text)
    assert page.texts("th", scope="row") == [UNFIT.sub("�", name)]
    assert page.texts("th", scope="col")[2] == UNFIT.sub("�", f"{key}".strip())
    assert page.texts("h1") == ([UNFIT.sub("�", title)] if title else [])
    assert len(page.all) == len(
        page_of(
            [attrs.evolve(row, kind="", name="x", amounts={"k": Decimal(1)})],
            heading=attrs.evolve(HEADING, title=title and "x", company=name and "x", findings=[Finding("x", "x")]),
        ).all
    )
