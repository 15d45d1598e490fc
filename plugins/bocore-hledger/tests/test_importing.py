"""A journal goes into the books once, as a whole or not at all; of one that grew, what is new."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bocore import BackOffice, Company, Money, Rate, Refused, lock_period
from bocore_accounting import Account, AccountKind, Commodity, Entry, Line
from bocore_hledger.model import AccountExtra, EntryExtra, JournalFile, LineExtra, Symbol

Taken = Callable[..., tuple[list[str], int]]
Balances = Callable[[], dict[str, Decimal]]

OPENING = """
    account assets:broker  ; type: A, at the bank
    2024-01-01 * (INV 1) Ann | begin  ; first:
      assets:bank  1000.00 USD
      equity:start
"""
SHARES = """
    2024-01-05 buy
      assets:broker  10 VTI @ 70.19 USD
      ! assets:bank  = 298.10 USD  ; paid
    2024-01-09 sell
      assets:broker  -4 VTI @@ 280.76 USD
      assets:bank
"""
LUNCH = """
    2024-02-01 lunch
      expenses:food  12.50 USD
      assets:bank
"""
DINNER = LUNCH.replace("lunch", "dinner").replace("12.50", "19.00")


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    """What kinds of findings refused it."""
    return [finding.code for finding in refused.value.findings]


def test_a_journal_becomes_accounts_and_entries(bo: BackOffice, take_in: Taken) -> None:
    assert take_in(OPENING + SHARES) == ([], 3)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        accounts = {account.code: account for account in uow.select(Account)}
        assert [code for code, account in accounts.items() if not account.postable] == ["assets", "equity"]
        bank = accounts["assets:bank"]
        assert (bank.name, bank.kind, bank.cash, bank.parent_id) == ("bank", AccountKind.ASSET, True, accounts["assets"].id)
        broker = uow.get(AccountExtra, accounts["assets:broker"].id)
        assert (broker.type, broker.comment, accounts["assets:broker"].cash) == ("A", "type: A, at the bank", False)

        begin, bought, sold = uow.select(Entry).order_by(Entry.c.posting_date).all()
        assert (begin.number, begin.text, begin.reference) == ("HL/2024/00001", "Ann | begin", "INV 1")
        extra = uow.get(EntryExtra, begin.id)
        assert (extra.status, extra.code, extra.description, extra.comment) == ("*", "INV 1", "Ann | begin", "first:")
        shares, cash = uow.children(bought, Line)
        assert [str(shares.amount), str(shares.quantity), str(cash.amount)] == ["701.90 USD", "10 VTI", "-701.90 USD"]
        assert [shares.base, cash.quantity] == [Money("701.90", "USD"), None]
        cost, paid = (uow.get(LineExtra, line.id) for line in (shares, cash))
        assert (cost.cost, cost.cost_currency, cost.total) == (Decimal("70.19"), "USD", False)
        assert (paid.status, paid.comment, paid.assertion) == ("!", "paid", {"sign": "=", "number": "298.10", "code": "USD"})
        assert uow.get(LineExtra, uow.children(sold, Line)[0].id).total is True


def test_the_same_file_twice_adds_nothing_and_says_so(bo: BackOffice, take_in: Taken, balances: Balances, tmp_path: Path) -> None:
    take_in(OPENING + SHARES)
    before = balances()
    result = bo.import_file("hledger", tmp_path / "books.journal", actor="ann")
    assert (result.repeated, result.added) == (True, {})
    assert [str(finding) for finding in result.findings] == [
        "books.journal: All 3 transactions are in the books already; none was posted again. Nothing to do."
    ]
    assert balances() == before


def test_a_dry_run_leaves_nothing(bo: BackOffice, tmp_path: Path) -> None:
    path = tmp_path / "books.journal"
    path.write_text("2024-01-01 x\n  assets:cash  5.00 USD\n  income:gifts\n")
    result = bo.import_file("hledger", path, actor="ann", dry_run=True)
    assert result.added["accounting_entry"] == 1
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert [uow.select(kind).count() for kind in (Entry, Account, JournalFile)] == [0, 0, 0]


def test_of_a_journal_that_grew_only_what_is_new_is_posted(take_in: Taken, balances: Balances) -> None:
    take_in(OPENING + LUNCH)
    found = take_in("\n    ; one more of the same day, and one of an earlier day\n" + OPENING + SHARES + LUNCH + LUNCH)
    assert found == (["accounting.known"], 3)
    assert balances()["expenses:food USD"] == Decimal("25.00")


def test_a_renamed_journal_is_known_by_what_it_says(take_in: Taken) -> None:
    take_in(OPENING + LUNCH)
    assert take_in(OPENING + LUNCH + DINNER, name="other.journal") == (["accounting.known"], 1)


def test_clearing_a_payment_or_noting_something_is_no_change_of_the_books(bo: BackOffice, take_in: Taken) -> None:
    take_in(OPENING + LUNCH)
    marked = LUNCH.replace("lunch", "! lunch  ; with Bob").replace("12.50 USD", "12.50 USD = 12.50 USD  ; tasty")
    assert take_in(OPENING + marked) == (["accounting.known"], 0)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        entry = uow.select(Entry).order_by(Entry.c.posting_date.desc()).first()
        assert entry is not None
        extra = uow.get(EntryExtra, entry.id)
        assert (extra.status, extra.comment) == ("!", "with Bob")
        food = uow.get(LineExtra, uow.children(entry, Line)[0].id)
        assert (food.comment, food.assertion) == ("tasty", {"sign": "=", "number": "12.50", "code": "USD"})
    assert take_in(OPENING + LUNCH) == (["accounting.known"], 0)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert (uow.get(EntryExtra, entry.id).status, uow.get(LineExtra, food.id).assertion) == ("", None)


def test_a_changed_transaction_is_refused_or_replaced(take_in: Taken, balances: Balances) -> None:
    take_in(OPENING + SHARES + LUNCH)
    changed = OPENING + SHARES + LUNCH.replace("12.50", "13.50")
    with pytest.raises(Refused, match=r"HL/2024/00004 of 2024-02-01, 'lunch', is not in the journal any more") as refused:
        take_in(changed)
    assert codes(refused) == ["accounting.file_changed"]
    assert balances()["expenses:food USD"] == Decimal("12.50")

    assert take_in(changed, replace=True) == (["accounting.known", "accounting.replaced"], 2)
    assert balances()["expenses:food USD"] == Decimal("13.50")
    assert take_in(changed) == (["accounting.known"], 0)

    assert take_in(OPENING + SHARES + LUNCH, replace=True)[1] == 2, "back to what it said at first"
    assert balances()["expenses:food USD"] == Decimal("12.50")
    assert take_in(OPENING + SHARES + LUNCH) == (["accounting.known"], 0)


def test_many_changes_are_not_all_named(take_in: Taken) -> None:
    many = "".join(LUNCH.replace("lunch", f"lunch {number}") for number in range(23))
    take_in(OPENING + many)
    with pytest.raises(Refused, match="Nor are 3 more entries") as refused:
        take_in(OPENING)
    assert len(refused.value.findings) == 21


def test_what_was_reversed_in_the_books_is_said(bo: BackOffice, take_in: Taken, balances: Balances) -> None:
    from bocore_accounting import reverse_entry

    take_in(OPENING + LUNCH)
    with bo.unit_of_work(actor="ann") as uow:
        entry = uow.select(Entry).order_by(Entry.c.posting_date.desc()).first()
        assert entry is not None
        reverse_entry(uow, entry, "not mine")
    assert take_in(OPENING + LUNCH) == (["accounting.known", "accounting.taken_back"], 0)
    assert take_in(OPENING + LUNCH, replace=True) == (["accounting.known"], 1)
    assert balances()["expenses:food USD"] == Decimal("12.50")


def test_another_journal_of_the_same_name_gets_a_name_of_its_own(bo: BackOffice, take_in: Taken) -> None:
    take_in(OPENING + LUNCH)
    assert take_in(OPENING + DINNER, journal="2025") == (["accounting.known"], 1)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert [file.name for file in uow.select(JournalFile).order_by(JournalFile.c.id)] == ["books.journal", "2025"]


def test_a_file_with_errors_imports_nothing_and_names_every_line(bo: BackOffice, take_in: Taken) -> None:
    wrong = OPENING + LUNCH.replace("assets:bank", "assets:bank  -12.00 USD") + LUNCH.replace("12.50 USD", "a lot")
    with pytest.raises(Refused) as refused:
        take_in(wrong)
    assert [(finding.code, str(finding.at).rpartition("/")[2]) for finding in refused.value.findings] == [
        ("hledger.unbalanced", "books.journal:6"),
        ("hledger.amount", "books.journal:11"),
    ]
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert [uow.select(kind).count() for kind in (Entry, Account, JournalFile, Commodity, Symbol)] == [0, 0, 0, 0, 0]


def test_what_the_books_refuse_is_said_by_the_lines_of_the_file(bo: BackOffice, take_in: Taken) -> None:
    take_in(OPENING)
    with bo.unit_of_work(actor="ann") as uow:
        lock_period(uow, "ledger", date(2024, 1, 31))
    with pytest.raises(Refused) as refused:
        take_in(OPENING + SHARES + LUNCH)
    assert [(finding.code, str(finding.at).rpartition("/")[2]) for finding in refused.value.findings] == [
        ("accounting.locked", "books.journal:6"),
        ("accounting.locked", "books.journal:9"),
    ]


# ---------------------------------------------------------------- commodities


def test_a_sign_is_a_commodity_of_its_own_until_it_is_named(take_in: Taken, balances: Balances) -> None:
    text = "2024-01-01 x\n  assets:cash  $5\n  income:gifts\n"
    take_in(text)
    assert balances() == {"assets:cash $": Decimal("5.00"), "income:gifts $": Decimal("-5.00")}
    with pytest.raises(Refused) as refused:
        take_in(text, commodity="$=USD")
    assert codes(refused) == ["accounting.file_changed"]
    take_in(text, commodity="$=USD", replace=True)
    assert balances() == {"assets:cash USD": Decimal("5.00"), "income:gifts USD": Decimal("-5.00")}


def test_what_a_sign_stands_for_is_remembered(take_in: Taken, balances: Balances) -> None:
    text = "2024-01-01 x\n  assets:cash  $5\n  assets:gold  1.25 oz\n  income:gifts\n"
    take_in(text, commodity='"$"=USD, oz = GOLD')
    assert take_in(text) == (["accounting.known"], 0)
    assert take_in(text, name="another.journal") == (["accounting.known"], 0)
    assert balances()["assets:gold GOLD"] == Decimal("1.25")
    with pytest.raises(Refused, match=r"\$ is USD in these books already, and can't be CAD as well") as refused:
        take_in(text, commodity="$=CAD")
    assert codes(refused) == ["hledger.symbol"]


def test_bare_numbers_count_what_they_are_said_to(take_in: Taken, balances: Balances) -> None:
    text = "1/2 x\n  assets:cash  5\n  income:gifts  -5 = -5\n"
    take_in(text, commodity="=USD", year=2024)
    assert balances()["assets:cash USD"] == Decimal("5.00")


@pytest.mark.parametrize("year", [24, -2024, 20240])
def test_a_year_that_is_none_is_refused(take_in: Taken, year: int) -> None:
    with pytest.raises(Refused, match="Write it with four digits") as refused:
        take_in("1/2 x\n  assets:cash  $5\n  income:gifts\n", year=year)
    assert codes(refused) == ["hledger.option"]


def test_nothing_of_no_commodity_is_nothing_in_the_companys_currency(bo: BackOffice, take_in: Taken) -> None:
    assert take_in("2024-01-01 checked\n  assets:cash  0 = 0\n  income:gifts\n") == ([], 1)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert [str(line.amount) for line in uow.select(Line)] == ["0.00 USD", "0.00 USD"]


@pytest.mark.parametrize("commodity", ["USD", "$=", "$=two words", "$=" + "x" * 25])
def test_symbols_that_say_nothing_are_refused(take_in: Taken, commodity: str) -> None:
    with pytest.raises(Refused, match="Write symbol and code"):
        take_in(OPENING, commodity=commodity)


def test_a_commodity_keeps_its_decimals_so_room_to_grow_is_asked_for_at_first(take_in: Taken, balances: Balances) -> None:
    more = "    2024-03-01 more\n      assets:broker  0.125 VTI @ 72.00 USD\n      assets:bank\n"
    take_in(OPENING + SHARES)
    with pytest.raises(Refused, match=r"VTI with 3 decimals; in the books it has 0 for ever.*--decimals VTI:3") as refused:
        take_in(OPENING + SHARES + more)
    assert codes(refused) == ["hledger.commodity_decimals"]


def test_room_for_more_decimals(take_in: Taken, balances: Balances) -> None:
    more = "    2024-03-01 more\n      assets:broker  0.125 VTI @ 72.00 USD\n      assets:bank\n"
    take_in(OPENING + SHARES, decimals="VTI:4, GOLD:6")
    take_in(OPENING + SHARES + more)
    assert balances()["assets:broker VTI"] == Decimal("6.1250")


@pytest.mark.parametrize("decimals", ["VTI", "VTI:x", "VTI:19", ":3"])
def test_decimals_that_say_nothing_are_refused(take_in: Taken, decimals: str) -> None:
    with pytest.raises(Refused, match="CODE:NUMBER"):
        take_in(OPENING, decimals=decimals)


def test_what_rounding_leaves_goes_into_the_line_that_nobody_wrote(bo: BackOffice, take_in: Taken, balances: Balances) -> None:
    take_in("2024-01-01 x\n  assets:a  1 A @ 0.3333 USD\n  assets:b  1 B @ 0.3333 USD\n  assets:c  1 C @ 0.3333 USD\n  assets:cash\n")
    assert balances()["assets:cash USD"] == Decimal("-0.99")
    take_in("2024-01-02 y\n  assets:a  3 A @ 0.3333 USD\n  assets:z  -1.00 USD\n", name="other.journal")
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        entry = uow.select(Entry).order_by(Entry.c.posting_date.desc()).first()
        assert entry is not None
        assert [str(line.amount) for line in uow.children(entry, Line)] == ["1.00 USD", "-1.00 USD"]


# ---------------------------------------------------------------- prices


def test_prices_become_rates_that_follow_the_journal(bo: BackOffice, take_in: Taken) -> None:
    take_in(OPENING + SHARES + "    P 2024-01-05 VTI 70.10 USD\n    P 2024-01-05 VTI 70.19 USD\n    P 2024-01-05 XAU 2000 USD\n")
    take_in(OPENING + SHARES + "    P 2024-01-05 VTI 71.00 USD\n    P 2024-02-01 VTI 72.00 USD\n")
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        rates = [(row.currency, row.to_currency, row.on, row.rate, row.source) for row in uow.select(Rate).order_by(Rate.c.on)]
    assert rates == [
        ("VTI", "USD", date(2024, 1, 5), Decimal("71"), "hledger"),
        ("VTI", "USD", date(2024, 2, 1), Decimal("72"), "hledger"),
    ], "the last of a day counts, and nothing that the books do not have"


# ---------------------------------------------------------------- accounts


def test_an_account_without_a_type_is_said_until_it_has_one(bo: BackOffice, take_in: Taken) -> None:
    text = "2024-01-01 x\n  vermögen:giro  5.00 USD\n  income:gifts\n"
    assert take_in(text) == (["hledger.no_type"], 1)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        kinds = {account.code: account.kind for account in uow.select(Account)}
    assert kinds["vermögen"] is kinds["vermögen:giro"] is AccountKind.UNKNOWN
    assert take_in("account vermögen  ; type: C\n" + text) == (["accounting.known"], 0)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        giro = uow.find(Account, code="vermögen:giro")
        assert giro is not None
        assert (giro.kind, giro.cash) == (AccountKind.ASSET, True)


def test_an_account_of_the_books_keeps_its_kind_and_settings(bo: BackOffice, take_in: Taken) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Account(code="assets:bank", name="Our bank", kind=AccountKind.LIABILITY))
    with pytest.raises(Refused, match="assets:bank as an account of kind liability; the journal has it as asset") as refused:
        take_in(OPENING)
    assert codes(refused) == ["hledger.account_kind"]


def test_what_somebody_said_of_an_account_since_stays(bo: BackOffice, take_in: Taken) -> None:
    take_in(OPENING + SHARES)
    with bo.unit_of_work(actor="ann") as uow:
        broker = uow.find(Account, code="assets:broker")
        assert broker is not None
        broker.cash = True
    take_in(OPENING + SHARES + LUNCH)
    take_in(OPENING.replace("equity:start", "equity:start  ; c") + SHARES + LUNCH)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        broker = uow.find(Account, code="assets:broker")
        assert broker is not None and broker.cash


def test_an_account_of_the_books_keeps_its_name(bo: BackOffice, take_in: Taken) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Account(code="assets:bank", name="Our bank", kind=AccountKind.ASSET))
    take_in(OPENING)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        bank = uow.find(Account, code="assets:bank")
        assert bank is not None
        assert (bank.name, bank.cash) == ("Our bank", False)


def test_each_company_has_its_own_journals(bo: BackOffice, tmp_path: Path) -> None:
    path = tmp_path / "books.journal"
    path.write_text("2024-01-01 x\n  assets:cash  $5\n  income:gifts\n")
    with bo.unit_of_work(actor="ann") as uow:
        ours, other = uow.company.id, uow.add(Company(code="OTHER", name="Other Ltd", currency="EUR")).id
    for company, options in ((ours, {"commodity": "$=USD"}), (other, {})):
        result = bo.import_file("hledger", path, actor="ann", company=company, options=options)
        assert result.added["accounting_entry"] == 1
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert sorted(str(line.amount) for line in uow.select(Line)) == ["-5.00 $", "-5.00 USD", "5.00 $", "5.00 USD"]
