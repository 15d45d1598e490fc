"""A ledger goes into the books once, as a whole or not at all; of one that grew, what is new."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from bocore import BackOffice, Company, Money, Refused, lock_period
from bocore_accounting import Account, AccountKind, Commodity, Entry, Line
from bocore_accounting.reports import trial_balance
from bocore_beancount.ledger import Ledger, lots
from bocore_beancount.model import EntryExtra, LedgerFile, Lot
from bocore_beancount.read import read

Taken = Callable[..., tuple[list[str], int]]

OPENING = """
    option "title" "Ann's"
    option "operating_currency" "USD"
    2024-01-01 open Assets:Bank USD
    2024-01-01 open Assets:Bank:Savings
    2024-01-01 open Assets:Broker VTI "FIFO"
    2024-01-01 open Expenses:Food
    2024-01-01 open Equity:Start
    2024-01-01 * "Ann" "Begin" #start
      Assets:Bank  1000.00 USD
      Equity:Start
"""
SHARES = """
    2024-01-05 * "Buy"
      Assets:Broker  10 VTI {70.19 USD, "first"}
      Assets:Bank  -701.90 USD
    2024-01-09 * "Sell"
      Assets:Broker  -4 VTI {70.19 USD} @ 71.00 USD
      Assets:Bank  280.76 USD
"""
LUNCH = """
    2024-02-01 * "Diner" "Lunch"
      Expenses:Food  12.50 USD
      Assets:Bank
"""
DINNER = LUNCH.replace("Lunch", "Dinner").replace("12.50", "19.00")


def balances(bo: BackOffice) -> dict[str, Decimal]:
    """Account and commodity → balance."""
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        return {f"{row.account} {row.currency}": row.balance for row in trial_balance(uow)}


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    """What kinds of findings refused it."""
    return [finding.code for finding in refused.value.findings]


def test_a_ledger_becomes_accounts_entries_and_lots(bo: BackOffice, take_in: Taken) -> None:
    assert take_in(OPENING + SHARES) == ([], 3)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        accounts = {account.code: account for account in uow.select(Account)}
        assert [code for code, account in accounts.items() if not account.postable] == ["Assets", "Expenses", "Equity"]
        savings = accounts["Assets:Bank:Savings"]
        assert (savings.name, savings.kind, savings.parent_id) == ("Savings", AccountKind.ASSET, accounts["Assets:Bank"].id)
        entry, bought, sold = uow.select(Entry).order_by(Entry.c.posting_date).all()
        assert (entry.number, entry.text) == ("BC/2024/00001", "Ann | Begin")
        shares, cash = uow.children(bought, Line)
        assert [str(shares.amount), str(shares.quantity), str(cash.amount)] == ["701.90 USD", "10 VTI", "-701.90 USD"]
        assert [shares.base, cash.quantity] == [Money("701.90", "USD"), None]
        lot = uow.get(Lot, uow.children(sold, Line)[0].id)
        assert (lot.cost, lot.cost_currency, lot.label, lot.price) == (Decimal("70.19"), "USD", "first", Decimal("71"))
        assert uow.find(Commodity, code="VTI") is not None


def test_the_same_file_twice_adds_nothing_and_says_so(bo: BackOffice, take_in: Taken, tmp_path: Path) -> None:
    take_in(OPENING + SHARES)
    before = balances(bo)
    result = bo.import_file("beancount", tmp_path / "books.beancount", actor="ann")
    assert (result.repeated, result.added) == (True, {})
    assert [str(finding) for finding in result.findings] == [
        "books.beancount: All 3 transactions are in the books already; none was posted again. Nothing to do."
    ]
    assert balances(bo) == before


def test_of_a_ledger_that_grew_only_what_is_new_is_posted(bo: BackOffice, take_in: Taken, given_out: Callable[[], Ledger]) -> None:
    take_in(OPENING + LUNCH)
    found = take_in("\n    ; one more of the same day, one of an earlier day, and an account" + OPENING + SHARES + LUNCH + LUNCH)
    assert found == (["accounting.known"], 3)
    assert balances(bo)["Expenses:Food USD"] == Decimal("25.00")
    assert [each.narration for each in given_out().transactions] == ["Begin", "Buy", "Sell", "Lunch", "Lunch"]


def test_a_renamed_ledger_is_known_by_what_it_says(take_in: Taken) -> None:
    take_in(OPENING + LUNCH)
    assert take_in(OPENING + LUNCH + DINNER, name="other.beancount") == (["accounting.known"], 1)


def test_an_included_file_that_grew_is_noticed(bo: BackOffice, take_in: Taken, tmp_path: Path) -> None:
    (tmp_path / "food.beancount").write_text(LUNCH.replace("\n    ", "\n"))
    assert take_in(OPENING + '    include "food.beancount"\n') == ([], 2)
    (tmp_path / "food.beancount").write_text((LUNCH + DINNER).replace("\n    ", "\n"))
    assert take_in(OPENING + '    include "food.beancount"\n') == (["accounting.known"], 1)


def test_a_changed_transaction_is_refused_or_replaced(bo: BackOffice, take_in: Taken, given_out: Callable[[], Ledger]) -> None:
    take_in(OPENING + SHARES + LUNCH)
    changed = OPENING + SHARES + LUNCH.replace("12.50", "13.50")
    with pytest.raises(Refused, match=r"BC/2024/00004 of 2024-02-01, 'Diner | Lunch', is not in the ledger any more") as refused:
        take_in(changed)
    assert codes(refused) == ["accounting.file_changed"]
    assert balances(bo)["Expenses:Food USD"] == Decimal("12.50")

    assert take_in(changed, replace=True) == (["accounting.known", "accounting.replaced"], 2)
    assert balances(bo)["Expenses:Food USD"] == Decimal("13.50")
    assert take_in(changed) == (["accounting.known"], 0)

    assert take_in(OPENING + SHARES + LUNCH, replace=True)[1] == 2, "back to what it said at first"
    assert balances(bo)["Expenses:Food USD"] == Decimal("12.50")
    assert take_in(OPENING + SHARES + LUNCH) == (["accounting.known"], 0)
    assert len(given_out().transactions) == 4 + 4


def test_a_purchase_that_was_taken_back_leaves_no_lot(take_in: Taken, given_out: Callable[[], Ledger]) -> None:
    take_in(OPENING + SHARES)
    take_in(OPENING, replace=True)
    ledger = given_out()
    assert len(ledger.transactions) == 5
    assert [key[:2] for key in lots(ledger)] == [("Assets:Bank", "USD"), ("Equity:Start", "USD")]


def test_a_purchase_at_another_price_takes_its_sale_along(bo: BackOffice, take_in: Taken, given_out: Callable[[], Ledger]) -> None:
    take_in(OPENING + SHARES)
    assert take_in(OPENING + SHARES.replace("70.19", "70.20").replace("701.90", "702.00").replace("280.76", "280.80"), replace=True)[1] == 4
    ledger = given_out()
    assert len(ledger.transactions) == 7
    held = {(code, cost.number): units for (_, code, cost), units in lots(ledger).items() if cost}
    assert held == {("VTI", Decimal("70.20")): Decimal(6)}


def test_an_account_that_opens_later_lets_go_of_what_was_before(take_in: Taken) -> None:
    take_in(OPENING + LUNCH)
    later = OPENING.replace("2024-01-01 open Expenses:Food", "2024-03-01 open Expenses:Food") + LUNCH.replace("2024-02", "2024-03")
    assert take_in(later, replace=True) == (["accounting.known", "accounting.replaced"], 2)


def test_another_ledger_of_the_same_name_gets_a_name_of_its_own(bo: BackOffice, take_in: Taken) -> None:
    take_in(OPENING + LUNCH)
    assert take_in(OPENING + DINNER, ledger="2025") == (["accounting.known"], 1)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert [file.name for file in uow.select(LedgerFile).order_by(LedgerFile.c.id)] == ["books.beancount", "2025"]


def test_a_file_with_errors_imports_nothing_and_names_every_line(bo: BackOffice, take_in: Taken) -> None:
    wrong = OPENING + LUNCH.replace("Assets:Bank", "Assets:Bank  -12.00 USD") + LUNCH.replace("Expenses:Food", "Expenses:Fod")
    with pytest.raises(Refused) as refused:
        take_in(wrong)
    assert [(finding.code, str(finding.at).rpartition("/")[2]) for finding in refused.value.findings] == [
        ("beancount.unbalanced", "books.beancount:12"),
        ("beancount.unknown_account", "books.beancount:16"),
    ]
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert [uow.select(kind).count() for kind in (Entry, Account, LedgerFile, Commodity)] == [0, 0, 0, 0]


def test_what_the_books_refuse_is_said_by_the_lines_of_the_file(bo: BackOffice, take_in: Taken) -> None:
    take_in(OPENING)
    with bo.unit_of_work(actor="ann") as uow:
        bank = uow.find(Account, code="Assets:Bank")
        assert bank is not None
        lock_period(uow, "ledger", uow.today().replace(year=2024, month=1, day=31))
    with pytest.raises(Refused) as refused:
        take_in(OPENING + SHARES + LUNCH)
    assert [(finding.code, str(finding.at).rpartition("/")[2]) for finding in refused.value.findings] == [
        ("accounting.locked", "books.beancount:12"),
        ("accounting.locked", "books.beancount:15"),
    ]


def test_a_commodity_keeps_its_decimals_so_room_to_grow_is_asked_for_at_first(bo: BackOffice, take_in: Taken) -> None:
    half = SHARES.replace("-4 VTI", "-4.125 VTI").replace("280.76", "289.53")
    take_in(OPENING + SHARES)
    with pytest.raises(Refused, match=r"VTI with 3 decimals; in the books it has 0 for ever.*--decimals VTI:3") as refused:
        take_in(OPENING + half)
    assert codes(refused) == ["beancount.commodity_decimals"]


def test_room_for_more_decimals(bo: BackOffice, take_in: Taken) -> None:
    take_in(OPENING + SHARES, decimals="VTI:4, GOLD:6")
    assert balances(bo)["Assets:Broker VTI"] == Decimal("6.0000")
    more = """
    2024-03-01 * "Sell more"
      Assets:Broker  -0.1250 VTI {70.19 USD} @ 72.00 USD
      Assets:Bank  8.77 USD
    """
    take_in(OPENING + SHARES + more)
    assert balances(bo)["Assets:Broker VTI"] == Decimal("5.8750")


@pytest.mark.parametrize("decimals", ["VTI", "VTI:x", "VTI:19", ":3"])
def test_decimals_that_say_nothing_are_refused(take_in: Taken, decimals: str) -> None:
    with pytest.raises(Refused, match="CODE:NUMBER"):
        take_in(OPENING, decimals=decimals)


def test_an_account_of_the_books_keeps_its_kind(bo: BackOffice, take_in: Taken) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Account(code="Assets:Bank", name="Bank", kind=AccountKind.LIABILITY))
    with pytest.raises(Refused, match="Assets:Bank as an account of kind liability; the ledger has it under asset") as refused:
        take_in(OPENING)
    assert codes(refused) == ["beancount.account_kind"]


def test_an_account_that_closes_takes_lines_on_its_last_day(bo: BackOffice, take_in: Taken, given_out: Callable[[], Ledger]) -> None:
    take_in(OPENING + LUNCH)
    assert take_in(OPENING + LUNCH + DINNER + "    2024-02-01 close Expenses:Food\n") == (["accounting.known"], 1)
    assert {str(each.closed) for each in given_out().accounts if each.name == "Expenses:Food"} == {"2024-02-01"}


def test_prices_and_assertions_follow_the_file(take_in: Taken, given_out: Callable[[], Ledger]) -> None:
    price, check = "    2024-01-02 price VTI 70.00 USD\n", "    2024-01-03 balance Assets:Bank 1000.00 USD\n"
    take_in(OPENING + price + check)
    take_in(OPENING + price.replace("70.00", "70.55") + check)
    ledger = given_out()
    assert [each.number for each in ledger.prices] == [Decimal("70.55")]
    assert [each.amount.number for each in ledger.balances] == [Decimal(1000)]


def test_everything_that_beancount_can_say_comes_back(
    take_in: Taken, everything: str, ledger: Callable[[str], Ledger], given_out: Callable[[], Ledger]
) -> None:
    take_in(everything)
    said, copy = ledger(everything), given_out()
    with_lines = tuple(each for each in said.transactions if each.lines)
    assert tuple(each for each in copy.transactions if each.lines) == with_lines
    assert len(copy.transactions) == len(said.transactions)
    assert (copy.accounts, copy.prices, copy.others, copy.roots) == (said.accounts, said.prices, said.others, said.roots)
    assert lots(copy) == lots(said)


def test_keys_are_kept_once_a_company(bo: BackOffice, take_in: Taken) -> None:
    take_in(OPENING + LUNCH)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        kept = uow.rows(sa.select(EntryExtra.c.key))
        assert len({row[0] for row in kept}) == 2


def test_each_company_has_the_ledger_for_itself(bo: BackOffice, take_in: Taken, tmp_path: Path) -> None:
    take_in(OPENING + SHARES)
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Company(code="SUB", name="Subsidiary", currency="EUR"))
    path = tmp_path / "books.beancount"
    assert bo.import_file("beancount", path, actor="ann", company="SUB").added["accounting_entry"] == 3
    assert bo.import_file("beancount", path, actor="ann", company="SUB").repeated
    with bo.unit_of_work(actor="ann", company="SUB", read_only=True) as uow:
        found = {f"{row.account} {row.currency}": row.balance for row in trial_balance(uow)}
        lines = [line for entry in uow.select(Entry, company_id=uow.company.id) for line in uow.children(entry, Line)]
        assert {line.base for line in lines} == {None}, "no rate, no base"
    assert found["Assets:Broker VTI"] == Decimal(6)
    copy = tmp_path / "sub.beancount"
    bo.export("beancount", copy, actor="ann", company="SUB")
    assert read(copy) == read(path)


def test_a_ledger_without_transactions_opens_accounts(bo: BackOffice, take_in: Taken) -> None:
    assert take_in("2024-01-01 open Assets:Bank\n") == ([], 0)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert [account.code for account in uow.select(Account)] == ["Assets", "Assets:Bank"]


def test_a_dry_run_keeps_nothing(bo: BackOffice, tmp_path: Path) -> None:
    path = tmp_path / "books.beancount"
    path.write_text((OPENING + SHARES).replace("\n    ", "\n"), encoding="utf-8")
    result = bo.import_file("beancount", path, actor="ann", dry_run=True)
    assert result.added["accounting_entry"] == 3
    assert balances(bo) == {}
    assert "VTI" not in bo.tokens
