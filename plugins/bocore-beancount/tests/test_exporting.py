"""Books that did not come from beancount are written so that beancount can read them, and says the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from bocore import BackOffice, Money
from bocore_accounting import Account, AccountKind, Commodity, Entry, Line, account_ids, journal, post, reverse_entry
from bocore_beancount.ledger import Ledger, balances

Taken = Callable[..., tuple[list[str], int]]


def chart(bo: BackOffice) -> dict[str, int]:
    """A chart with numbers for codes; returns code → id."""
    with bo.unit_of_work(actor="ann") as uow:
        assets = uow.add(Account(code="1", name="Assets", kind=AccountKind.ASSET, postable=False))
        uow.add_all(
            Account(code=code, name=name, kind=kind, parent_id=parent)
            for code, name, kind, parent in [
                ("1000", "Petty cash (main till)", AccountKind.ASSET, assets.id),
                ("1100", "Euro account", AccountKind.ASSET, assets.id),
                ("1200", "Kryptö", AccountKind.ASSET, assets.id),
                ("3000", "3000", AccountKind.EQUITY, None),
                ("4000", "Sales", AccountKind.INCOME, None),
            ]
        )
        uow.add(Commodity(code="gold oz".replace(" ", "/"), exponent=4, name="Gold"))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        return account_ids(uow, ["1000", "1100", "1200", "3000", "4000"])


def test_books_with_numbers_for_accounts_get_names_that_beancount_can_read(bo: BackOffice, given_out: Callable[[], Ledger]) -> None:
    ids = chart(bo)
    with bo.unit_of_work(actor="ann") as uow:
        general = journal(uow, "GEN")
        entry = Entry(journal_id=general.id, posting_date=date(2026, 1, 5), text='Till sale "A"', reference="T-17")
        post(
            uow,
            [
                (
                    entry,
                    [
                        Line(account_id=ids["1000"], amount=Money("12.00", "USD")),
                        Line(account_id=ids["4000"], amount=Money("-12.00", "USD")),
                    ],
                )
            ],
        )
    ledger = given_out()
    assert balances(ledger) == {("Assets:1000-Petty-cash-main-till", "USD"): Decimal(12), ("Income:4000-Sales", "USD"): Decimal(-12)}
    assert [each.name for each in ledger.accounts] == [
        "Assets:1000-Petty-cash-main-till",
        "Assets:1100-Euro-account",
        "Assets:1200-Kryptö",
        "Equity:3000",
        "Income:4000-Sales",
    ]
    assert dict(ledger.accounts[0].meta) == {"code": "1000", "name": "Petty cash (main till)"}
    (transaction,) = ledger.transactions
    assert (transaction.narration, transaction.date) == ('Till sale "A"', date(2026, 1, 5))
    assert dict(transaction.meta) == {"number": "GEN/2026/00001", "reference": "T-17"}


def test_goods_and_foreign_money_that_were_paid_for_are_written_at_their_total(bo: BackOffice, given_out: Callable[[], Ledger]) -> None:
    ids = chart(bo)
    with bo.unit_of_work(actor="ann") as uow:
        general, gold = journal(uow, "GEN"), uow.tokens["gold/oz"]
        bought = Entry(journal_id=general.id, posting_date=date(2026, 1, 5), text="Gold")
        changed = Entry(journal_id=general.id, posting_date=date(2026, 1, 6), text="Dollars for euros")
        written_up = Entry(journal_id=general.id, posting_date=date(2026, 1, 7), text="Worth more")
        post(
            uow,
            [
                (
                    bought,
                    [
                        Line(account_id=ids["1200"], amount=Money("2500.00", "USD"), quantity=Money("1.25", gold)),
                        Line(account_id=ids["1000"], amount=Money("-2500.00", "USD")),
                    ],
                ),
                (
                    changed,
                    [
                        Line(account_id=ids["1100"], amount=Money("100.00", "EUR"), base=Money("109.50", "USD")),
                        Line(account_id=ids["1000"], amount=Money("-109.50", "USD")),
                    ],
                ),
                (
                    written_up,
                    [
                        Line(account_id=ids["1200"], amount=Money("10.00", "USD"), quantity=Money("0", gold)),
                        Line(account_id=ids["4000"], amount=Money("-10.00", "USD")),
                    ],
                ),
            ],
        )
    assert balances(given_out()) == {
        ("Assets:1000-Petty-cash-main-till", "USD"): Decimal("-2609.50"),
        ("Assets:1100-Euro-account", "EUR"): Decimal(100),
        ("Assets:1200-Kryptö", "GOLD-OZ"): Decimal("1.25"),
        ("Assets:1200-Kryptö", "USD"): Decimal(10),
        ("Income:4000-Sales", "USD"): Decimal(-10),
    }


def test_books_without_entries_are_a_ledger_too(bo: BackOffice, given_out: Callable[[], Ledger]) -> None:
    assert given_out() == Ledger(title="Acme Ltd")
    chart(bo)
    assert {each.opened for each in given_out().accounts} == {date(1970, 1, 1)}


def test_an_assertion_that_does_not_hold_any_more_is_left_out(bo: BackOffice, take_in: Taken, given_out: Callable[[], Ledger]) -> None:
    take_in("""
        2024-01-01 open Assets:Bank
        2024-01-01 open Assets:Bank:Savings
        2024-01-01 open Equity:Start
        2024-01-01 * "Begin"
          Assets:Bank:Savings  10.00 USD
          Equity:Start
        2024-01-02 balance Assets:Bank  10.00 USD
        2024-01-03 balance Assets:Bank  9.00 ~ 1.00 USD
        2024-01-05 * "More"
          Assets:Bank  5.00 USD
          Equity:Start
        2024-01-06 balance Assets:Bank  15.00 USD
    """)
    assert len(given_out().balances) == 3
    with bo.unit_of_work(actor="ann") as uow:
        reverse_entry(uow, uow.select(Entry, text="More").one(), "was not so")
    assert [each.date.day for each in given_out().balances] == [2, 3]
