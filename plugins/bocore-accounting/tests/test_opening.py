"""Opening balances: one voucher with open items in detail, from a table or from code, once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bocore import Money, Party, PostingConflict, Rate, Refused, VoucherRecord, lock_period, open_items
from bocore_accounting import Account, AccountKind, Entry, Line, OpeningBalance, open_balances
from bocore_accounting.opening_csv import open_balance

FIRST = date(2026, 1, 1)
TABLE = """account,debit,credit,party,item,due
1010,5000.00,,,,
1100,1190.00,,C1,INV-17,2026-01-20
1100,595.00,,C2,INV-18,2026-02-10
2000,,800.00,S1,BILL-3,2026-01-15
3000,,4000.00,,,
3200,,1985.00,,,
6100,0.00,,,,
"""


@pytest.fixture
def traders(books):
    """Books with two customers and a supplier."""
    with books.work() as uow:
        uow.add_all(Party(code=code, name=name) for code, name in (("C1", "Hill Ltd"), ("C2", "Dale Ltd"), ("S1", "Mill Ltd")))
    return books


def take_in(books, tmp_path, text, **options):
    path = tmp_path / "opening.csv"
    path.write_text(text)
    return books.bo.import_file("opening-balances", path, actor="ann", **{"on": FIRST, **options})


def refused(books, tmp_path, text, **options):
    with pytest.raises(Refused) as refusal:
        take_in(books, tmp_path, text, **options)
    with books.work(read_only=True) as uow:
        assert uow.select(Entry).count() == 0 == uow.select(VoucherRecord).count()
    return [(finding.code, str(finding.at), finding.field) for finding in refusal.value.findings], refusal.value.findings


def row(account, amount, **more):
    return OpeningBalance(account=account, amount=Decimal(amount), **more)


def enter(books, *rows, on=FIRST, **more):
    with books.work() as uow:
        receipt = open_balances(uow, on, rows, **more)
    return receipt


def balances(books):
    return {f"{code} {currency}": str(amount) for (code, currency), amount in books.balances().items()}


def test_books_begin_with_what_a_table_says(traders, tmp_path):
    result = take_in(traders, tmp_path, TABLE)
    assert result.added["accounting_entry"] == 1 and result.added["accounting_line"] == 6
    assert balances(traders) == {
        "1010 EUR": "5000.00", "1100 EUR": "1785.00", "2000 EUR": "-800.00", "3000 EUR": "-4000.00", "3200 EUR": "-1985.00",
    }  # fmt: skip
    with traders.work(read_only=True) as uow:
        entry = uow.select(Entry).one()
        assert (entry.number, entry.nature, entry.posting_date, entry.text) == ("OPEN/2026/00001", "opening", FIRST, "Opening balances")
        lines = sorted(uow.children(entry, Line), key=lambda line: line.position)
        parties = {party.id: party.code for party in uow.select(Party)}
        assert [(line.purpose, parties.get(line.party_id), line.due) for line in lines][:4] == [
            ("bank", None, None),
            ("receivable", "C1", date(2026, 1, 20)),
            ("receivable", "C2", date(2026, 2, 10)),
            ("payable", "S1", date(2026, 1, 15)),
        ]


def test_the_open_items_come_in_one_by_one(traders, tmp_path):
    take_in(traders, tmp_path, TABLE)
    with traders.work(read_only=True) as uow:
        items = [(item.key, str(item.kind), str(item.remaining), item.due) for item in open_items(uow)]
    assert items == [
        ("BILL-3", "invoice", "-800.00 EUR", date(2026, 1, 15)),
        ("INV-17", "invoice", "1190.00 EUR", date(2026, 1, 20)),
        ("INV-18", "invoice", "595.00 EUR", date(2026, 2, 10)),
    ]


def test_an_item_that_is_there_already_is_told_by_its_line(traders, tmp_path):
    text = "account,debit,credit,item\n6100,0.00,,\n1100,10.00,,INV-1\n1100,20.00,,INV-1\n3000,,30.00,\n"
    codes, _ = refused(traders, tmp_path, text)
    assert [(code, at) for code, at, _ in codes] == [("bo.item_exists", "opening.csv:4")]


def test_a_deposit_says_that_it_is_one(traders, tmp_path):
    take_in(traders, tmp_path, "account,amount,party,item,item_kind\n2090,-100.00,C1,DEP-1,deposit\n1010,100.00,,,\n")
    with traders.work(read_only=True) as uow:
        assert [(item.key, str(item.kind)) for item in open_items(uow)] == [("DEP-1", "deposit")]


def test_a_table_is_taken_in_once_however_it_is_written(traders, tmp_path):
    take_in(traders, tmp_path, TABLE)
    before = balances(traders)
    assert take_in(traders, tmp_path, TABLE).repeated
    assert take_in(traders, tmp_path, TABLE.replace(",", ";").replace("5000.00", "5000")).repeated
    assert balances(traders) == before


def test_another_table_for_the_same_day_is_a_conflict_until_the_first_is_reversed(traders, tmp_path):
    take_in(traders, tmp_path, TABLE)
    corrected = TABLE.replace("5000.00", "5100.00").replace("1985.00", "2085.00")
    with pytest.raises(PostingConflict, match=r"line 1: amount was 5000\.00 EUR and is 5100\.00 EUR"):
        take_in(traders, tmp_path, corrected)
    with traders.work() as uow:
        uow.reverse("accounting.opening:1:2026-01-01", "wrong bank balance")
    assert balances(traders) == {}
    assert not take_in(traders, tmp_path, corrected.replace("INV", "RE").replace("BILL", "B")).repeated
    assert balances(traders)["1010 EUR"] == "5100.00"
    with traders.work(read_only=True) as uow:
        assert {record.key for record in uow.select(VoucherRecord)} == {
            "accounting.opening:1:2026-01-01", "accounting.opening:1:2026-01-01:reversal", "accounting.opening:1:2026-01-01#2",
        }  # fmt: skip


def test_parts_are_vouchers_of_their_own(books):
    enter(books, row("1010", "10.00"), row("3000", "-10.00"))
    enter(books, row("1100", "7.00"), row("3000", "-7.00"), part="customers")
    assert enter(books, row("1010", "10.00"), row("3000", "-10.00")).repeated
    assert balances(books) == {"1010 EUR": "10.00", "1100 EUR": "7.00", "3000 EUR": "-17.00"}
    with books.work(read_only=True) as uow:
        assert [entry.text for entry in uow.select(Entry).order_by(Entry.c.id)] == ["Opening balances", "Opening balances: customers"]


def test_what_is_missing_goes_to_the_opening_account_only_where_that_is_asked_for(books):
    (found,) = books.refused(lambda uow: open_balances(uow, FIRST, [row("1010", "10.00"), row("2000", "-4.00")]))
    assert found.code == "accounting.unbalanced"
    assert found.message == "The opening balances do not add up to zero: 6.00 EUR too much on the debit side."
    assert "--balance" in found.fix
    enter(books, row("1010", "10.00"), row("2000", "-4.00"), balance=True)
    assert balances(books) == {"1010 EUR": "10.00", "2000 EUR": "-4.00", "3100 EUR": "-6.00"}


def test_foreign_balances_come_in_at_the_value_that_they_had(books):
    enter(books, row("1100", "10000.00", currency="USD", base=Decimal("9000.00"), item="INV-1"), row("3000", "-9000.00"))
    with books.work(read_only=True) as uow:
        line = uow.select(Line).where(position=1).one()
        assert (str(line.amount), str(line.base)) == ("10000.00 USD", "9000.00 EUR")
    assert balances(books) == {"1100 USD": "10000.00", "3000 EUR": "-9000.00"}


def test_without_a_value_the_rate_of_the_day_counts(books):
    with books.work() as uow:
        uow.add(Rate(currency="USD", to_currency="EUR", on=FIRST, rate=Decimal("0.9")))
    enter(books, row("1010", "33.33", currency="USD"), row("3000", "-30.00"))  # 29.997
    with books.work(read_only=True) as uow:
        assert str(uow.select(Line).where(position=1).one().base) == "30.00 EUR"


def test_a_base_beside_a_credit_needs_no_sign(books, tmp_path):
    take_in(books, tmp_path, "account,debit,credit,currency,base\n2000,,100.00,USD,90.00\n1010,90.00,,,\n")
    with books.work(read_only=True) as uow:
        assert str(uow.select(Line).where(position=1).one().base) == "-90.00 EUR"


def test_new_accounts_are_opened_where_their_kind_is_given(open_books, tmp_path):
    from bocore_accounting import plugin

    books = open_books("fresh", plugin)
    with books.work() as uow:
        uow.add(Account(code="Assets:Bank", name="Bank", kind=AccountKind.ASSET))
    text = "account,amount,account_name,account_kind\nAssets:Bank,5.00,,\nEquity:Start,-5.00,What we began with,equity\n"
    take_in(books, tmp_path, text)
    assert balances(books) == {"Assets:Bank EUR": "5.00", "Equity:Start EUR": "-5.00"}
    with books.work(read_only=True) as uow:
        made = uow.find(Account, company_id=uow.company.id, code="Equity:Start")
        assert (made.name, made.kind) == ("What we began with", AccountKind.EQUITY)
        assert [line.purpose for line in uow.select(Line).order_by(Line.c.position)] == ["asset", "equity"]


def test_dimensions_come_with_their_lines(books):
    from bocore import DimensionSet

    enter(books, row("1300", "10.00", dims="site=NORTH, cost_centre=A"), row("3000", "-10.00"))
    with books.work(read_only=True) as uow:
        line = uow.select(Line).where(position=1).one()
        assert uow.get(DimensionSet, line.dims_id).values == {"site": "NORTH", "cost_centre": "A"}


def test_one_balance_at_the_prompt_stands_against_the_opening_account(books):
    with books.work() as uow:
        open_balance(uow, FIRST, "1010", Decimal("5000.00"))
        open_balance(uow, FIRST, "2000", Decimal("-20.00"), item="BILL-3", due=date(2026, 2, 1))
    with books.work() as uow:
        assert open_balance(uow, FIRST, "1010", Decimal("5000.00")).repeated
    with pytest.raises(PostingConflict), books.work() as uow:
        open_balance(uow, FIRST, "1010", Decimal("5001.00"))
    assert balances(books) == {"1010 EUR": "5000.00", "2000 EUR": "-20.00", "3100 EUR": "-4980.00"}


def test_all_that_is_wrong_with_a_table_comes_at_once_with_its_line(books, tmp_path):
    text = """account,debit,credit,amount,currency,base,party,item,due,item_kind,dims
9999,1.00,,,,,,,,,
1010,,,,,,,,,,
1010,1.00,1.00,,,,,,,,
1010,-1.00,,,,,,,,,
1010,1.00,,,GBP,,,,,,
1010,1.00,,,XQX,,,,,,
1010,1.005,,,,,,,,,
1010,1.00,,,,2.00,,,,,
1010,1.00,,,USD,-2.00,,,,,
1010,1.00,,,,,C9,,,,
1010,1.00,,,,,,,2026-02-01,,
1010,1.00,,,,,,,,,site
1010,many,,,,,,,,,
"""
    codes, findings = refused(books, tmp_path, text)
    assert codes == [
        ("accounting.no_account", "opening.csv:2", "account"),
        ("accounting.amount", "opening.csv:3", "debit"),
        ("accounting.amount", "opening.csv:4", "debit and credit"),
        ("accounting.amount", "opening.csv:5", "debit"),
        ("bo.no_rate", "opening.csv:6", None),
        ("accounting.currency", "opening.csv:7", "currency"),
        ("accounting.decimals", "opening.csv:8", "debit"),
        ("accounting.base", "opening.csv:9", "base"),
        ("accounting.base", "opening.csv:10", "base"),
        ("accounting.no_party", "opening.csv:11", "party"),
        ("accounting.item", "opening.csv:12", "item"),
        ("accounting.dims", "opening.csv:13", "dims"),
        ("bo.import.cell", "opening.csv:14", "debit"),
    ]
    assert all(finding.fix for finding in findings[:-1])


def test_what_posting_refuses_is_told_by_the_line_of_the_file(traders, tmp_path):
    text = "account,debit,credit\n6100,0.00,\n1010,10.00,\n11,20.00,\n3000,,30.00\n"
    codes, _ = refused(traders, tmp_path, text)
    assert [(code, at) for code, at, _ in codes] == [("accounting.not_postable", "opening.csv:4")]


@pytest.mark.parametrize("text", ["account,debit\n", "account,debit\n1010,0.00\n"])
def test_a_table_without_balances_is_refused(books, tmp_path, text):
    codes, _ = refused(books, tmp_path, text)
    assert [code for code, _, _ in codes] == ["accounting.no_lines"]


def test_a_difference_in_a_table_is_refused(books, tmp_path):
    codes, findings = refused(books, tmp_path, "account,debit,credit\n1010,10.00,\n3000,,9.00\n")
    assert codes[0][0] == "accounting.unbalanced" and findings[0].params["difference"] == "1.00"
    take_in(books, tmp_path, "account,debit,credit\n1010,10.00,\n3000,,9.00\n", balance=True)
    assert balances(books)["3100 EUR"] == "-1.00"


@pytest.mark.parametrize("part", ["a" * 101, "{number}", "a#2"])
def test_a_name_that_could_be_mistaken_is_refused(books, part):
    (found,) = books.refused(lambda uow: open_balances(uow, FIRST, [row("1010", "1.00"), row("3000", "-1.00")], part=part))
    assert found.code == "accounting.part"


def test_books_do_not_begin_in_a_locked_period(books, tmp_path):
    with books.work() as uow:
        lock_period(uow, "ledger", date(2026, 1, 31))
    codes, _ = refused(books, tmp_path, "account,debit,credit\n1010,10.00,\n3000,,10.00\n")
    assert [code for code, _, _ in codes] == ["bo.period_locked"]


def test_a_dry_run_leaves_nothing(books, tmp_path):
    result = take_in(books, tmp_path, "account,debit,credit\n1010,10.00,\n3000,,10.00\n", dry_run=True)
    assert result.added["accounting_entry"] == 1
    assert balances(books) == {}


def test_a_ledger_that_is_installed_later_begins_with_the_same_balances(open_books):
    """The voucher is there, with all that it says; the books are opened afterwards."""
    from bocore import Line as VoucherLine
    from bocore import Voucher
    from bocore_accounting import apply_standard_chart, catch_up, plugin

    shop = open_books("later")
    lines = [
        VoucherLine("bank", Money("10.00", "EUR"), account="1010"),
        VoucherLine("equity", Money("-10.00", "EUR"), account="3000"),
    ]
    with shop.work() as uow:
        uow.post(Voucher("accounting.opening:1:2026-01-01", "accounting.opening", lines, posting_date=FIRST, nature="opening"))
    shop.bo.close()
    books = open_books("later", plugin)
    with books.work() as uow:
        apply_standard_chart(uow, uow.company.id)
    with books.work() as uow:
        assert catch_up(uow) == 1
    with books.work(read_only=True) as uow:
        entry = uow.select(Entry).one()
        assert (entry.number, entry.nature) == ("OPEN/2026/00001", "opening")
    assert balances(books) == {"1010 EUR": "10.00", "3000 EUR": "-10.00"}
