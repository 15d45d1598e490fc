"""The catalogue as a table: taken in whole or not at all, and given out so that it can be taken in again."""

import io
from datetime import date
from fractions import Fraction

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bocore import BackOffice, NotAllowed, Refused, UnitPrice
from bocore.testing import as_role
from bocore_catalog import (
    Category,
    Gtin,
    Item,
    ItemKind,
    ItemUnit,
    Price,
    PriceList,
    PriceRequest,
    Tracking,
    add_item,
    add_price_list,
    plugin,
    price,
    set_part,
)
from bocore_catalog.written import read_factor, read_options, write_factor, write_options

HEAD = (
    "code;name;kind;unit;category;tax_class;variant_of;options;tracking;state;pack;factor;gtin;price_list;price;from_quantity;since;through"
)
TABLE = f"""{HEAD}
BEAN;Coffee beans;goods;KGM;COFFEE;reduced;;;lot;active;;;;ALL;18.5;;;
BEAN;;;;;;;;;;;;;ALL;17.90;10;;
BEAN;;;;;;;;;;;;;ALL;16;;2026-03-01;2026-03-31
BEAN;;;;;;;;;;BAG;0.25;4006381333931;ALL;5.1234;;;
BEAN;;;;;;;;;;PAL;1200;14006381333938;;;;;
MUG-R;Red mug;;;;;MUG;colour=red;;;;;012345678905;;;;;
MUG;Mug;;;;;;;;;;;;ALL;4;;;
OLD;Old thing;;;;;;;serial;retired;THIRD;1/3;;;;;;
"""


@pytest.fixture
def table(tmp_path):
    def written(text, name="items.csv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return written


def prepare(bo):
    with bo.unit_of_work(actor="ann") as uow:
        add_price_list(uow, "ALL", "For everybody")
    return bo


def take(bo, path, **options):
    return bo.import_file("items-csv", path, actor="ann", **({"new_categories": True} | options))


def given_out(bo):
    out = io.StringIO()
    bo.export("items-csv", out, actor="ann")
    return out.getvalue()


def rows(bo, cls):
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        return uow.select(cls).all()


def test_items_come_with_units_barcodes_and_prices(bo, table):
    result = take(prepare(bo), table(TABLE))
    assert result.added == {
        "catalog_category": 1,
        "catalog_gtin": 3,
        "catalog_item": 4,
        "catalog_item_unit": 3,
        "catalog_price": 5,
    }
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        items = uow.find_all(Item, code=["BEAN", "MUG", "MUG-R", "OLD"])
        bean, mug, red, old = items["BEAN"], items["MUG"], items["MUG-R"], items["OLD"]
        assert (bean.unit, bean.tracking, bean.tax_class, uow.get(Category, bean.category_id).code) == (
            "KGM",
            Tracking.LOT,
            "reduced",
            "COFFEE",
        )
        assert (red.variant_of_id, red.options, red.tax_class) == (mug.id, {"colour": "red"}, "standard")
        assert (old.state, old.tracking) == ("retired", Tracking.SERIAL)
        assert {gtin.code: gtin.unit for gtin in uow.select(Gtin)} == {
            "04006381333931": "BAG",
            "14006381333938": "PAL",
            "00012345678905": "",
        }
        day = date(2026, 2, 1)
        answers = price(
            uow,
            [
                PriceRequest(item=bean.id, on=day),
                PriceRequest(item=bean.id, quantity=10, on=day),
                PriceRequest(item=bean.id, on=date(2026, 3, 31)),
                PriceRequest(item=bean.id, unit="BAG", on=day),
                PriceRequest(item=red.id, on=day),
            ],
        )
    assert [str(answer.price) for answer in answers] == ["18.5 EUR", "17.9 EUR", "16 EUR", "5.1234 EUR", "4 EUR"]


def test_the_same_again_changes_nothing_and_what_differs_is_changed(bo, table):
    take(prepare(bo), table(TABLE))
    assert take(bo, table(TABLE)).repeated
    changed = take(bo, table(TABLE.replace("Coffee beans", "Espresso beans").replace("5.1234", "5.20").replace("PAL;1200", "PAL;960")))
    assert (changed.added, changed.repeated) == ({}, False)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.find(Item, code="BEAN").name == "Espresso beans"
        assert uow.find(ItemUnit, unit="PAL").numerator == 960
        assert UnitPrice("5.20", "EUR") in [row.price for row in uow.select(Price)]


def test_a_dry_run_keeps_nothing(bo, table):
    assert take(prepare(bo), table(TABLE), dry_run=True).added["catalog_item"] == 4
    assert rows(bo, Item) == []


def test_what_is_given_out_is_taken_in_as_the_same(bo, table, tmp_path):
    take(prepare(bo), table(TABLE))
    first = given_out(bo)
    assert take(bo, table(first)).repeated
    other = prepare(BackOffice(tmp_path / "other.db", plugins=[plugin]).init(company="Other", currency="EUR"))
    take(other, table(first))
    assert given_out(other) == first
    other.close()


def test_a_workbook_with_names_of_its_own_is_taken_in(bo, tmp_path):
    book = openpyxl.Workbook()
    for row in (
        ["Art. No.", "Bezeichnung", "EAN", "VK", "Lager"],
        ["A1", "Apfel", 4006381333931, 0.45, "x"],
        ["007", "Birne", None, 1, None],
    ):
        book.active.append(row)
    book.save(tmp_path / "artikel.xlsx")
    columns = {"Art. No.": "code", "Bezeichnung": "name", "EAN": "gtin", "VK": "price", "Lager": ""}
    take(prepare(bo), tmp_path / "artikel.xlsx", columns=columns, price_list="ALL", since="2026-01-01")
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert [(item.code, item.name) for item in uow.select(Item).order_by(Item.c.code)] == [("007", "Birne"), ("A1", "Apfel")]
        assert [(str(row.price), row.since) for row in uow.select(Price).order_by(Price.c.id)] == [
            ("0.45 EUR", date(2026, 1, 1)),
            ("1 EUR", date(2026, 1, 1)),
        ]


WRONG = """code,name,kind,unit,category,variant_of,options,pack,factor,gtin,price_list,price
A,Apple,,,,,,,,4006381333932,,
,Nothing,,,,,,,,,,
B,,,,,,,,,,,
C,Cherry,,,FRUIT,,,,,,,
D,Date,,,,X,size=L,,,,,
E,Elder,,,,,size,,,,,
F,Fig,,,,,,BOX,1/0,,,
G,Grape,,,,,,,12,,,
H,Hop,,,,,,,,,NONE,1
I,Ivy,,,,,,,,,,1
A,Another,,,,,,,,,,
J,Juniper,tree,,,,,,,,,-1
K,Kiwi,,,,,,,,,ALL,-1
L,Lime,,,,,,BOX,12,,,
L,,,,,,,BOX,10,,,
"""


def test_all_that_is_wrong_is_said_at_once_by_line_and_nothing_is_kept(bo, table):
    with pytest.raises(Refused) as refused:
        take(prepare(bo), table(WRONG), new_categories=False)
    assert sorted((int(each.at.rpartition(":")[2]), each.field, each.code) for each in refused.value.findings) == [
        (2, "gtin", "catalog.check_digit"),
        (3, "code", "catalog.no_code"),
        (4, "name", "catalog.no_name"),
        (5, "category", "catalog.no_category"),
        (6, "variant_of", "catalog.no_model"),
        (7, "options", "catalog.cell"),
        (8, "factor", "catalog.cell"),
        (9, "pack", "catalog.cell"),
        (10, "price_list", "catalog.no_list"),
        (11, "price_list", "catalog.no_list"),
        (12, "name", "catalog.contradiction"),
        (13, "kind", "bo.import.cell"),
        (14, "price", "catalog.cell"),
        (16, "factor", "catalog.contradiction"),
    ]
    assert all(each.fix for each in refused.value.findings)
    assert rows(bo, Item) == []


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("code,name,unit\nA,Apple,C62\nB,Bean,KG\n", 3, "catalog.no_unit"),
        ("code,name,pack,gtin\nA,Apple,,\nA,,BOX,4006381333931\n", 3, "catalog.unit"),
        ("code,name,price,since,through\nA,Apple,1,2026-03-01,2026-03-31\nA,,2,2026-03-15,2026-04-15\n", 3, "catalog.ambiguous_price"),
        ("code,name\nA," + "x" * 300 + "\n", 2, "bo.invalid"),
        ("code,name,kind\nA,Apple,\nA,Apple,\nB,Basket,kit\nC,Case,goods\nX,Y,Z\n", 6, "bo.import.cell"),
    ],
    ids=["unit", "pack", "two prices", "too long", "cell"],
)
def test_what_only_the_rules_of_the_database_find_has_its_line_too(bo, table, text, line, code):
    with pytest.raises(Refused) as refused:
        take(prepare(bo), table(text), price_list="ALL")
    assert [(each.at, each.code) for each in refused.value.findings] == [(f"items.csv:{line}", code)]


def test_the_unit_of_a_known_item_does_not_change_and_its_barcode_stays_where_it_is(bo, table):
    take(prepare(bo), table(TABLE))
    with pytest.raises(Refused) as refused:
        take(bo, table("code,name,unit,gtin\nBEAN,,GRM,\nNEW,New,,4006381333931\n"))
    assert [(each.at, each.code) for each in refused.value.findings] == [
        ("items.csv:2", "catalog.fixed"),
        ("items.csv:3", "catalog.barcode_taken"),
    ]


def test_who_may_not_set_prices_takes_in_items_without(bo, table):
    prepare(bo)
    editor = as_role(bo, "catalog.editor")
    bo.import_file("items-csv", table("code,name\nA,Apple\n"), actor=editor)
    with pytest.raises(NotAllowed, match=r"catalog\.prices"):
        bo.import_file("items-csv", table("code,price\nA,1\n"), actor=editor, price_list="ALL")


def test_categories_come_as_a_tree_and_go_as_they_came(bo, table):
    text = "code,name,under\nFOOD,Food,\nFRUIT,Fruit,FOOD\n"
    bo.import_file("categories-csv", table("code,under,name\nFRUIT,FOOD,Fruit\nFOOD,,Food\n", "c.csv"), actor="ann")
    out = io.StringIO()
    bo.export("categories-csv", out, actor="ann")
    assert out.getvalue().replace("\r", "") == text
    assert bo.import_file("categories-csv", table(text, "d.csv"), actor="ann").repeated
    for wrong, code in (("X,X,NONE\n,Y,\n", ["catalog.no_code", "catalog.no_category"]), ("FOOD,Food,FRUIT\n", ["catalog.circle"])):
        with pytest.raises(Refused) as refused:
            bo.import_file("categories-csv", table("code,name,under\n" + wrong, "e.csv"), actor="ann")
        assert sorted(each.code for each in refused.value.findings) == sorted(code)


names = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=8)


@given(st.dictionaries(names, names, min_size=1, max_size=4))
def test_options_are_read_as_they_were_written(options):
    assert read_options(write_options(options)) == options


@given(st.fractions(Fraction(1, 10**9), 10**9, max_denominator=10**9).filter(bool))
def test_factors_are_read_as_they_were_written(factor):
    assert read_factor(write_factor(factor)) == factor


@pytest.mark.parametrize("text", ["", "0", "1/0", "-1", "1e3", "1.2/3", "many", "\u0661", "9" * 40])
def test_what_is_no_factor_is_refused(text):
    with pytest.raises(ValueError, match="must be"):
        read_factor(text)


@pytest.mark.parametrize("text", ["size", "size=", "=L", "size=L,size=M", "{", '{"a": 1}', "{" * 5])
def test_what_are_no_options_is_refused(text):
    with pytest.raises(ValueError, match=r"must|begins|twice"):
        read_options(text)


quantities = st.decimals(0, 1000, places=3)
spans = st.sampled_from([("", ""), ("2026-01-01", ""), ("2026-02-01", "2026-02-28"), ("", "2025-12-31")])
made_up = st.lists(
    st.tuples(
        st.text("ABC=+-'é漢", min_size=1, max_size=6).filter(lambda text: text.strip("'= ")),
        st.dictionaries(st.sampled_from(["BOX", "PAL", "IN2"]), st.fractions(Fraction(1, 99), 99, max_denominator=99), max_size=2),
        st.dictionaries(st.tuples(quantities, spans), st.decimals(0, 10**6, places=4), max_size=3),
    ),
    min_size=3,
    max_size=9,
    unique_by=lambda item: item[0],
)


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(made_up)
def test_whatever_is_in_the_catalogue_comes_out_goes_in_elsewhere_and_comes_out_the_same(tmp_path, made):
    tries = len(list(tmp_path.iterdir()))
    one, other = (
        prepare(BackOffice(tmp_path / f"{tries}{name}.db", plugins=[plugin]).init(company="Shop", currency="EUR")) for name in "ab"
    )
    with one.unit_of_work(actor="ann") as uow:
        prices = uow.select(PriceList).one()
        for code, units, priced in made:
            item = add_item(uow, code, f"Item {code}")
            for unit, factor in units.items():
                uow.add(ItemUnit(item_id=item.id, unit=unit, numerator=factor.numerator, denominator=factor.denominator))
            for (quantity, (since, through)), amount in priced.items():
                days = {name: date.fromisoformat(day) for name, day in (("since", since), ("through", through)) if day}
                cost = UnitPrice(amount, "EUR")
                uow.add(Price(list_id=prices.id, item_id=item.id, unit="C62", from_quantity=quantity, price=cost, **days))
    (tmp_path / "out.csv").write_text(given_out(one), encoding="utf-8", newline="")
    take(other, tmp_path / "out.csv")
    assert given_out(other) == given_out(one)
    one.close(), other.close()


def test_after_a_refusal_of_the_database_the_cells_of_all_other_rows_are_read_too(bo, table):
    lines = ["code,name,unit,kind", "A,Apple,KG,", *(f"I{n},Item {n},," for n in range(5000)), "Z,Zucchini,,tree"]
    with pytest.raises(Refused) as refused:
        take(bo, table("\n".join(lines)))
    assert [(each.at, each.code) for each in refused.value.findings] == [
        ("items.csv:2", "catalog.no_unit"),
        ("items.csv:5003", "bo.import.cell"),
    ]
    assert rows(bo, Item) == []


def test_rows_of_one_item_may_lie_far_apart(bo, table):
    lines = ["code,name,gtin", "A,Apple,4006381333931", *(f"I{n},Item {n}," for n in range(5000)), "A,,96385074"]
    assert take(bo, table("\n".join(lines))).added == {"catalog_item": 5001, "catalog_gtin": 2}
    with pytest.raises(Refused, match="line 2") as refused:
        take(bo, table("\n".join([*lines, "A,Another,"])))
    assert [(each.at, each.code) for each in refused.value.findings] == [("items.csv:5004", "catalog.contradiction")]


# ---------------------------------------------------------------- variants, and what is said twice


VARIANTS = f"""{HEAD}
TEE;Tee shirt;;;;zero;;;;;;;;ALL;9;;;
TEE-S;Small;;;;;TEE;size=S;;;;;5901234123457;ALL;8;;;
TEE-S;;;;;;;;;;;;96385074;ALL;7;10;;
"""


def test_a_variant_may_have_several_rows_and_takes_what_it_is_not_given_from_its_model(bo, table, tmp_path):
    """What has two barcodes could not be taken in, and shirts that are free of tax had variants at the standard rate."""
    take(prepare(bo), table(VARIANTS))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        small = uow.find(Item, code="TEE-S")
        assert small.tax_class == "zero"
        assert uow.select(Gtin, item_id=small.id).count() == 2
    assert take(bo, table(VARIANTS, "again.csv")).repeated
    text = given_out(bo)
    with BackOffice(tmp_path / "other.db", plugins=[plugin]) as other:
        prepare(other.init(company="Acme Ltd", currency="EUR"))
        take(other, table(text, "out.csv"))
        assert given_out(other) == text


@pytest.mark.parametrize("apart", [0, 6000])
def test_a_price_that_the_file_says_twice_is_refused_however_far_apart(bo, table, apart):
    """Batches have 5,000 rows: beyond that the later one won, and taking the file in again changed the price to and fro."""
    between = "".join(f"Z{n};Z;;;;;;;;;;;;;;;;\n" for n in range(apart))
    text = f"{HEAD}\nQ;Q;;;;;;;;;;;;ALL;1;;;\n{between}Q;;;;;;;;;;;;;ALL;2;;;\n"
    with pytest.raises(Refused) as refused:
        take(prepare(bo), table(text))
    (found,) = refused.value.findings
    assert (found.code, found.field, found.message) == ("catalog.contradiction", "price", "Line 2 says something else of the same.")
    assert rows(bo, Item) == []


def test_a_price_that_is_known_and_contradicted_is_refused_too(bo, table):
    head = f"{HEAD}\nQ;Q;;;;;;;;;;;;ALL;1;;;\n"
    take(prepare(bo), table(head))
    with pytest.raises(Refused) as refused:
        take(bo, table(f"{head}Q;;;;;;;;;;;;;ALL;2;;;\n", "more.csv"))
    assert [finding.code for finding in refused.value.findings] == ["catalog.contradiction"]


def test_what_a_kit_needs_is_not_retired_by_a_table_either(bo, table):
    with prepare(bo).unit_of_work(actor="ann") as uow:
        set_part(uow, add_item(uow, "SET", "Set", kind=ItemKind.KIT), add_item(uow, "MUG", "Mug"), 2)
    with pytest.raises(Refused) as refused:
        take(bo, table("code;state\nMUG;retired\n"))
    assert [finding.code for finding in refused.value.findings] == ["catalog.in_kit"]
    take(bo, table("code;state\nMUG;retired\nSET;retired\n", "both.csv"))
    assert {item.state for item in rows(bo, Item)} == {"retired"}
