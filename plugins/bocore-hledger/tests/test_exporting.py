"""The books come out as a journal that says the same, whether they came from one or not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bocore import BackOffice, Line, Money, Rate, UnitOfWork, Voucher
from bocore_accounting import Account, AccountKind, Entry, journal, post, reverse_entry
from bocore_accounting import Line as EntryLine
from bocore_hledger.journal import Journal
from bocore_hledger.keys import keys
from bocore_hledger.read import read
from bocore_hledger.write import dump

Taken = Callable[..., tuple[list[str], int]]
Balances = Callable[[], dict[str, Decimal]]

EVERYTHING = """
    account vermögen:giro  ; type: C, my account
      ; since 2001
    account equity:start
    P 2024-01-01 € $1.10
    2024-01-01=2024-01-02 * (7) Ann | begin  ; tag: x
      ; more
      vermögen:giro  1000.00 €  ; all
        ; of it
      equity:start
    2024-01-05 buy
      * assets:broker  3 "VTI 2" @ 33.333 € = 3 "VTI 2"
      vermögen:giro
    2024-01-06 exchange
      assets:cash  $110.00
      vermögen:giro  -100.00 €
    2024-01-06 pay
      expenses:food  $10.00
      assets:cash  = $100.00
    2024-01-06
      assets:cash  0 == $100.00
"""


@pytest.fixture
def given_out(bo: BackOffice, tmp_path: Path) -> Callable[[], Journal]:
    """Export the books and read the journal back."""

    def run() -> Journal:
        path = tmp_path / "out.journal"
        bo.export("hledger", path, actor="ann")
        return read(path)

    return run


def keys_of(whole: Journal) -> list[str]:
    """By what its transactions are known, by day."""
    return keys(sorted(whole.transactions, key=lambda each: each.date), {**whole.exponents, "": 2})


def in_the_books(whole: Journal) -> dict[str, Decimal]:
    """What a journal sums to, as the trial balance would say it."""
    sums: dict[str, Decimal] = {}
    for each in whole.transactions:
        for line in each.postings:
            assert line.units is not None
            key = f"{line.account} {line.units.code}"
            sums[key] = sums.get(key, Decimal(0)) + line.units.number
    return {key: total for key, total in sums.items() if total}


def test_what_was_imported_comes_out_as_it_was(
    bo: BackOffice, take_in: Taken, given_out: Callable[[], Journal], balances: Balances, tmp_path: Path
) -> None:
    take_in(EVERYTHING, commodity="VTI 2=VTI2")
    imported, again = read(tmp_path / "books.journal", symbols={"VTI 2": "VTI2"}), given_out()
    assert keys_of(again) == keys_of(imported)
    assert [(each.name, each.type, each.comment) for each in again.accounts] == [
        ("vermögen:giro", "C", "type: C, my account\nsince 2001"),
        ("equity:start", "", ""),
    ]
    assert again.prices == imported.prices
    for ours, theirs in zip(again.transactions, imported.transactions, strict=True):
        assert (ours.date2, ours.status, ours.comment) == (theirs.date2, theirs.status, theirs.comment)
        for line, written in zip(ours.postings, theirs.postings, strict=True):
            assert (line.status, line.comment, line.cost, line.assertion) == (
                written.status,
                written.comment,
                written.cost,
                written.assertion,
            )
    assert in_the_books(again) == balances()


def test_an_export_adds_nothing_to_the_books_that_it_came_from(bo: BackOffice, take_in: Taken, tmp_path: Path) -> None:
    take_in(EVERYTHING, commodity="VTI 2=VTI2")
    bo.export("hledger", tmp_path / "out.journal", actor="ann")
    result = bo.import_file("hledger", tmp_path / "out.journal", actor="ann")
    assert "accounting_entry" not in result.added


@pytest.mark.parametrize("name", ["sample", "bcexample", "1ktxns-100accts"])
def test_hledgers_examples_come_out_as_they_went_in(bo: BackOffice, samples: Path, given_out: Callable[[], Journal], name: str) -> None:
    bo.import_file("hledger", samples / f"{name}.journal", actor="ann")
    imported, again = read(samples / f"{name}.journal"), given_out()
    assert keys_of(again) == keys_of(imported)
    assert sorted(again.prices, key=str) == sorted(imported.prices, key=str)


def test_books_that_never_saw_a_journal_are_said_in_hledgers_words(
    bo: BackOffice, given_out: Callable[[], Journal], balances: Balances
) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        day = uow.today()
        uow.add(Rate(currency="EUR", to_currency="USD", on=day, rate=Decimal("1.1")))
        uow.post(
            Voucher("k1", "rent", [Line("expense", Money("9.00", "USD")), Line("bank", Money("-9.00", "USD"))], text="Rent; in advance"),
            Voucher("k2", "sale", [Line("bank", Money("10.00", "EUR")), Line("sales", Money("-11.00", "USD"))], text="(Sale)"),
        )
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        names = {each.code: each for each in uow.select(Account, postable=True)}
        numbers = [each.number for each in uow.select(Entry).order_by(Entry.c.id)]
    again = given_out()
    assert [(each.name, each.type) for each in again.accounts] == [("assets:1000 Cash", "C"), ("assets:1010 Bank", "C")]
    assert sorted(each.comment for each in again.transactions) == sorted(f"number: {number}" for number in numbers)
    assert {each.description for each in again.transactions} == {"Rent, in advance", "(Sale)"}
    roots = {AccountKind.ASSET: "assets", AccountKind.INCOME: "revenues", AccountKind.EXPENSE: "expenses"}
    expected = {}
    for key, balance in balances().items():
        account = names[key.split(" ")[0]]
        expected[f"{roots[account.kind]}:{account.code} {account.name} {key.split(' ')[1]}"] = balance
    assert in_the_books(again) == expected


def _posted(uow: UnitOfWork, *lines: tuple[str, Money, Money | None]) -> Entry:
    codes = {code: uow.find(Account, code=code) or uow.add(Account(code=code, name=code, kind=AccountKind.ASSET)) for code, _, _ in lines}
    entry = Entry(journal_id=journal(uow, "GEN").id, posting_date=date(2024, 1, 1), text="x")
    rows = [EntryLine(account_id=codes[code].id, amount=amount, quantity=quantity) for code, amount, quantity in lines]
    return post(uow, [(entry, rows)])[0]


def test_a_reversal_balances_like_what_it_reverses(
    bo: BackOffice, take_in: Taken, given_out: Callable[[], Journal], balances: Balances
) -> None:
    take_in(EVERYTHING, commodity="VTI 2=VTI2")
    with bo.unit_of_work(actor="ann") as uow:
        for entry in uow.select(Entry).all():
            reverse_entry(uow, entry, "all wrong")
    assert in_the_books(given_out()) == balances() == {}


def test_an_assertion_that_holds_no_more_is_left_out(bo: BackOffice, take_in: Taken, given_out: Callable[[], Journal]) -> None:
    take_in(EVERYTHING, commodity="VTI 2=VTI2")
    with bo.unit_of_work(actor="ann") as uow:
        _posted(uow, ("assets:cash", Money("1.00", uow.tokens["$"]), None), ("assets:other", Money("-1.00", uow.tokens["$"]), None))
    kept = [line.assertion for each in given_out().transactions for line in each.postings if line.assertion]
    assert len(kept) == 1


def test_units_that_are_worth_the_opposite_are_said_by_their_amount(bo: BackOffice, given_out: Callable[[], Journal]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        _posted(uow, ("a", Money("5.00", "USD"), Money("-2.00", "EUR")), ("b", Money("-5.00", "USD"), Money("-3.00", "EUR")))
    (found,) = given_out().transactions
    assert [str(line.units) for line in found.postings] == ["5.00 USD", "-3.00 EUR"]


def test_the_written_file_is_one_that_a_person_can_read(take_in: Taken, bo: BackOffice, tmp_path: Path) -> None:
    take_in("2024-01-31 * (7) rent\n  expenses:rent  1,200.00 USD\n  assets:bank\n")
    bo.export("hledger", tmp_path / "out.journal", actor="ann")
    assert (tmp_path / "out.journal").read_text(encoding="utf-8") == (
        "decimal-mark .\n\ncommodity 1000.00 USD\n\n2024-01-31 * (7) rent\n  expenses:rent  1200.00 USD\n  assets:bank    -1200.00 USD\n"
    )
    with (tmp_path / "again.journal").open("w", encoding="utf-8") as out:
        dump(read(tmp_path / "out.journal"), out)
    assert (tmp_path / "again.journal").read_text() == (tmp_path / "out.journal").read_text()
