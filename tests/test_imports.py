"""Files taken in: whole or not at all, once, with findings by line, in bounded memory."""

import tracemalloc
from datetime import date
from decimal import Decimal
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocore import BackOffice, KeyReused, Money, NotFound, Refused, StorageError, UsageError
from bocore.imports import TextTable, Unread, batched
from bocore.imports.collected import Collected
from bocore.values import read_value

INSTALLED = Path(__file__).parent / "installed"


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    monkeypatch.syspath_prepend(str(INSTALLED))


@pytest.fixture
def shop(tmp_path):
    with BackOffice(tmp_path / "shop.db", plugins=["shop"]) as app:
        yield app.init(company="Acme Ltd", currency="EUR")


@pytest.fixture
def write(tmp_path):
    def written(text, name="prices.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return written


def products(app):
    from acme_shop.model import Product

    with app.unit_of_work(actor="ann", read_only=True) as uow:
        return {p.code: (p.name, p.price) for p in uow.select(Product)}


def refusal(app, path, **options):
    with pytest.raises(Refused) as refused:
        app.import_file("shop.price_list", path, actor="ann", **options)
    assert products(app) == {}
    return [(f.where, f.message) for f in refused.value.findings]


# ---------------------------------------------------------------- what a table may look like


@pytest.mark.parametrize(
    "text",
    [
        "code,price,name\nA,1.50,Apple\n",
        "code;price;name\r\nA;1.50;Apple\r\n",
        "Code\tPRICE\tname\nA\t1.50\tApple",
        "\ufeffname,code,price\nApple,A,1.50\n",
        'code,price,name,kind\n"A",1.50,"Apple",food\n\n,,,\n',
    ],
    ids=["commas", "semicolons", "tabs", "byte order mark and another order", "quotes and empty lines"],
)
def test_price_lists_of_many_dialects_say_the_same(shop, write, text):
    result = shop.import_file("price-list", write(text), actor="ann")
    assert result.added == {"shop_product": 1}
    assert products(shop) == {"A": ("Apple", Money("1.50", "EUR"))}


def test_numbers_with_a_decimal_comma_are_read_where_that_is_said(shop, write):
    path = write("code;price\nA;1.234,50\n")
    assert refusal(shop, path) == [("prices.csv:2.price", "price must be a number such as 1234.50, is '1.234,50'.")]
    with pytest.raises(Refused, match="--decimal-comma"):
        shop.import_file("price-list", path, actor="ann")
    shop.import_file("price-list", path, actor="ann", decimal_comma=True)
    assert products(shop)["A"][1] == Money("1234.50", "EUR")


def test_a_line_number_is_that_of_the_line_where_the_row_begins(shop, write):
    path = write('code,price,name\nA,1.00,"two\nlines"\nB,x,Bun\n')
    assert refusal(shop, path) == [("prices.csv:4.price", "price must be a number such as 1234.50, is 'x'.")]


def test_every_wrong_cell_is_named_not_only_the_first(shop, write):
    path = write("code,price,kind,since\nA,,food,2026-01-01\nB,1.00,tool,2026-02-30\nC,1.00\n")
    assert refusal(shop, path) == [
        ("prices.csv:2.price", "price is empty."),
        ("prices.csv:3.kind", "kind must be one of food, other, is 'tool'."),
        ("prices.csv:3.since", "since must be a date such as 2026-12-31, is '2026-02-30'."),
        ("prices.csv:4", "The row has 2 cells, the header 4."),
    ]


def test_every_error_says_what_to_do(shop, write):
    with pytest.raises(Refused) as refused:
        shop.import_file("price-list", write("code,price,since\nA,x,\nB,1.00,today\nC\n,1.00,\n"), actor="ann")
    assert [finding.fix for finding in refused.value.findings if not finding.fix] == []
    assert refused.value.findings[1].fix == "Correct the cell."


def test_what_a_file_says_is_shown_so_that_it_is_short_and_no_terminal_obeys_it(write):
    found = Collected("prices.csv")
    found.error("shop.unknown", "There is no product \x1b[2J\u202egnp\x00.", 2, fix="Add \x07 first.\nOr leave it out.")
    found.error("shop.unknown", f"There is no product {'A' * 20_000}, nor one of that name.", 3)
    first, second = found.errors
    assert first.message == r"There is no product \x1b[2J\u202egnp\x00."
    assert first.fix == "Add \\x07 first.\nOr leave it out."
    assert len(second.message) < 1010
    assert second.message.startswith("There is no product AAA") and second.message.endswith("AAA, nor one of that name.")


def test_what_the_importer_finds_comes_beside_cells_that_can_not_be_read(shop, write):
    path = write("code,price\nA,x\nB,-1.00\nC,-2.00,\nD,-3.00\n")
    places = [where for where, _ in refusal(shop, path)]
    assert places[:4] == ["prices.csv:2.price", "prices.csv:3.price", "prices.csv:4", "prices.csv:5.price"]


def test_an_importer_can_ask_for_the_rows_that_can_not_be_read_too(write):
    found = Collected("prices.csv")
    table = TextTable(write("on,amount\n2026-01-31,1.00 EUR\n2026-02-30,2.00 EUR\n2026-02-28\n"), Booking, found)
    rows = list(table.everything())
    assert rows == [
        (2, Booking(on=date(2026, 1, 31), amount=Money("1.00", "EUR"), pages=None)),
        (3, Unread({"amount": Money("2.00", "EUR")}, frozenset(["on"]))),
        (4, Unread()),
    ]
    assert [row.blank for _, row in rows if isinstance(row, Unread)] == [False, True]
    with pytest.raises(Refused):
        found.refuse()


def test_an_importer_that_stumbles_over_missing_rows_does_not_hide_why_they_are_missing(shop, write, monkeypatch):
    def stumble(**_fields):
        raise ZeroDivisionError

    monkeypatch.setattr("acme_shop.files.Product", stumble)
    path = write("code,price\nA,x\nB,1.00\n")
    with pytest.raises(Refused, match="must be a number"):
        shop.import_file("price-list", path, actor="ann")
    with pytest.raises(ZeroDivisionError):
        shop.import_file("price-list", write("code,price\nB,1.00\n"), actor="ann")


def test_columns_that_are_unknown_missing_or_there_twice_are_named(shop, write):
    path = write("code,code,prise\nA,A,1.00\n")
    with pytest.raises(Refused) as refused:
        shop.import_file("price-list", path, actor="ann")
    assert [(f.code, f.fix) for f in refused.value.findings] == [
        ("bo.import.twice", "Rename one."),
        ("bo.import.unknown_column", "Did you mean 'price'?"),
        ("bo.import.missing_column", "Add it to the header."),
    ]


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        (b"", "prices.csv:1", "no header"),
        ("code,price\nA,1.00\n".encode("utf-16"), "prices.csv", "NUL bytes"),
        (b"PK\x03\x04\x00\x00", "prices.csv:1", "no workbook that can be read"),
        ("code,price,name\nA,1.00,Zoë\n".encode("latin-1"), "prices.csv:2", "not UTF-8"),
        (b'code,price\nA,"1.00\n', "prices.csv:2", "no CSV"),
        (b"code,price,name\nA,1.00," + b"x" * 1_100_000 + b"\n", "prices.csv:2", "more than 1,000,000 bytes"),
        (b"code,price,name\nA,1.00," + b'"x\n",' * 300_000, "prices.csv:2", "more than 1,000,000 bytes"),
        (b"c," * 2000 + b"price\n", "prices.csv:1", "2001 columns"),
    ],
    ids=["empty", "UTF-16", "zip", "Latin-1", "open quote", "long line", "endless row", "columns"],
)
def test_what_is_no_table_of_text_is_refused_and_nothing_is_written(shop, write, text, where, words):
    ((at, message),) = refusal(shop, write(text))
    assert at == where
    assert words in message


def test_a_file_that_is_not_there_is_refused(shop, tmp_path):
    ((_, message),) = refusal(shop, tmp_path / "nothing.csv")
    assert "There is no file" in message
    ((_, message),) = refusal(shop, tmp_path)
    assert "folder" in message


def test_of_thousands_of_errors_a_hundred_are_shown_and_the_others_counted(shop, write):
    found = refusal(shop, write("code,price\n" + "A,x\n" * 1234))
    assert len(found) == 101
    assert found[-1] == ("prices.csv", "There are 1134 more errors in this file.")


# ---------------------------------------------------------------- once, whole, rehearsed


def test_the_same_file_twice_adds_nothing_and_says_so(shop, write):
    path = write("code,price\nA,1.00\n")
    first = shop.import_file("price-list", path, actor="ann")
    again = shop.import_file("price-list", write("code,price\nA,1.00\n", "copy.csv"), actor="bob")
    assert (first.repeated, again.repeated, again.added, again.unit) == (False, True, {}, first.unit)
    assert len(products(shop)) == 1


def test_the_same_file_with_other_options_is_a_conflict(shop, write):
    path = write("code,price\nA,1.00\n")
    shop.import_file("price-list", path, actor="ann")
    with pytest.raises(KeyReused, match="into ACME before, with other options"):
        shop.import_file("price-list", path, actor="ann", prefix="X-")


def test_a_dry_run_says_what_would_be_added_and_keeps_nothing(shop, write):
    path = write("code,price\nA,1.00\nB,0\n")
    rehearsed = shop.import_file("price-list", path, actor="ann", dry_run=True)
    assert (rehearsed.added, rehearsed.unit, products(shop)) == ({"shop_product": 2}, None, {})
    assert [str(f) for f in rehearsed.findings] == ["prices.csv:3: B costs nothing."]
    assert shop.import_file("price-list", path, actor="ann").added == {"shop_product": 2}
    assert shop.import_file("price-list", path, actor="ann", dry_run=True).repeated


def test_a_dry_run_runs_the_checks_of_the_database_too(shop, write):
    ((_, message),) = refusal(shop, write("code,price\nA,1.00\nA,2.00\n"), dry_run=True)
    assert "code" in message


def test_findings_of_the_importer_refuse_the_whole_file(shop, write):
    path = write("code,price\nA,1.00\nB,-1.00\nC,-2.00\n")
    assert refusal(shop, path)[:2] == [("prices.csv:3.price", "B costs -1.00."), ("prices.csv:4.price", "C costs -2.00.")]


def test_a_file_that_somebody_writes_to_meanwhile_is_refused(shop, write):
    path = write("code,price,name\n" + "".join(f"A{i},1.00,{'x' * 80}\n" for i in range(9000)))

    def write_to_it(read, total):
        if read < total:
            with path.open("a") as file:
                file.write(f"B{read},1.00,late\n")

    ((_, message),) = refusal(shop, path, progress=write_to_it)
    assert message == "The file was changed while it was read."


def test_an_importer_without_rows_gets_the_path(shop, write):
    result = shop.import_file("notes", write("Apple\nBun\n", "notes.txt"), actor="ann")
    assert result.added == {"shop_product": 2}
    assert products(shop)["N2"][0] == "Bun"


def test_the_commit_record_says_which_file_it_was(shop, write):
    shop.import_file("price-list", write("code,price\nA,1.00\n"), actor="ann")
    commit = list(shop.feed("test"))[-1]
    assert (commit.actor, commit.reason) == ("ann", "Import prices.csv")


def test_progress_is_told_in_bytes(shop, write):
    told = []
    path = write("code,price,name\n" + "".join(f"A{i},1.00,{'x' * 80}\n" for i in range(9000)))
    shop.import_file("price-list", path, actor="ann", dry_run=True, progress=lambda read, total: told.append((read, total)))
    size = path.stat().st_size
    assert len(told) > 2
    assert told == sorted(told)
    assert told[-1] == (size, size)


def test_unknown_options_and_importers_are_usage_errors(shop, write):
    path = write("code,price\nA,1.00\n")
    with pytest.raises(UsageError, match="no option 'prefx'"):
        shop.import_file("price-list", path, actor="ann", prefx="X")
    with pytest.raises(NotFound, match="price-lost"):
        shop.import_file("price-lost", path, actor="ann")


def test_a_row_of_an_import_costs_less_than_64_bytes_of_memory(shop, tmp_path):
    """What grows with the file is the digest of each row on the commit record; the rows themselves come and go in batches."""

    def peak(rows):
        path = tmp_path / f"{rows}.csv"
        path.write_text("code,price\n" + "".join(f"{rows}-{i},{i}.00\n" for i in range(rows)))
        tracemalloc.start()
        try:
            shop.import_file("price-list", path, actor="ann", dry_run=True)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1_000)  # what is made once
    assert (peak(21_000) - peak(6_000)) / 15_000 < 64


# ---------------------------------------------------------------- exports


def test_an_export_replaces_a_file_whole_or_leaves_the_old_one(shop, write, tmp_path):
    shop.import_file("price-list", write("code,price,name,kind\nA,1.50,Apple,food\nB,2.00,Brush,other\n"), actor="ann")
    out = tmp_path / "list.txt"
    shop.export("price-list", out, actor="ann", kind="food")
    assert out.read_text() == "A 1.50\n"
    shop.import_file("price-list", write("code,price,name\n0,9.00,FIRE\n"), actor="ann")
    with pytest.raises(Refused, match="on fire"):
        shop.export("price-list", out, actor="ann")
    assert out.read_text() == "A 1.50\n"
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_an_export_into_a_folder_that_is_not_there_is_an_error_of_the_environment(shop, tmp_path):
    with pytest.raises(StorageError, match="can't be written"):
        shop.export("price-list", tmp_path / "no" / "list.txt", actor="ann")


# ---------------------------------------------------------------- pieces


def test_batches_are_full_but_the_last():
    assert [len(part) for part in batched(range(12), 5)] == [5, 5, 2]
    assert list(batched([], 5)) == []


@attrs.frozen
class Booking:
    on: date
    amount: Money
    text: str = attrs.field(default="", metadata={"label": "Booking text"})
    paid: bool = False
    pages: int | None = attrs.field(default=None)

    @pages.validator
    def _check_pages(self, _attribute, value):
        if value is not None and value < 0:
            raise ValueError("pages can't be negative")


def test_a_header_may_use_labels_and_cells_have_the_types_of_the_fields(tmp_path):
    path = tmp_path / "bookings.csv"
    path.write_text("On,Booking Text,AMOUNT,paid,pages\n2026-01-31, Rent ,-500.00 EUR,yes,\n2026-02-01,x,1.005 EUR,maybe,-1\n")
    found = Collected(path.name)
    rows = []
    rows.extend(row for row in TextTable(path, Booking, found))
    assert [line for line, _ in rows] == [2]
    assert [f.where for f in found.errors] == ["bookings.csv:3.amount", "bookings.csv:3.paid"]
    path.write_text("On,Booking Text,AMOUNT,paid,pages\n2026-01-31, Rent ,-500.00 EUR,yes,\n")
    assert list(TextTable(path, Booking, Collected(path.name))) == [
        (2, Booking(on=date(2026, 1, 31), amount=Money("-500.00", "EUR"), text="Rent", paid=True, pages=None))
    ]


def test_a_row_that_its_own_class_refuses_is_a_finding_of_its_line(tmp_path):
    path = tmp_path / "bookings.csv"
    path.write_text("on,amount,pages\n2026-01-31,1.00 EUR,-1\n")
    found = Collected(path.name)
    assert list(TextTable(path, Booking, found)) == []
    assert "pages can't be negative" in found.errors[0].message
    assert found.errors[0].where == "bookings.csv:2"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_a_decimal_reads_back_in_both_notations(amount):
    assert read_value(f"{amount:f}", Decimal) == amount
    assert read_value(f"{amount:,.4f}".translate(str.maketrans(",.", ".,")), Decimal, decimal_comma=True) == amount


@pytest.mark.parametrize("text", ["1,000.00", "1e3", "NaN", "١٢", "1 000", "", "--1", "0x10", "Infinity"])
def test_what_is_no_plain_number_is_refused(text):
    with pytest.raises(ValueError, match="must be a number"):
        read_value(text, Decimal)
