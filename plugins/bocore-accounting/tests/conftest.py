"""Books to test with: an application with accounting, a standard chart, and short ways to write entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bocore import BackOffice, Finding, Money, Refused, UnitOfWork
from bocore_accounting import Entry, Line, account_ids, apply_standard_chart, journal, plugin, post, totals

TODAY = datetime(2026, 11, 22, 9, tzinfo=UTC)


class Books:
    """An application, and what these tests do with it all the time."""

    def __init__(self, path: Path, *plugins: Any) -> None:
        self.bo = BackOffice(path, plugins=list(plugins), clock=lambda: TODAY).init(company="Acme Ltd", currency="EUR")

    def work(self, **more: Any) -> UnitOfWork:
        """A unit of work of Ann's."""
        return self.bo.unit_of_work(actor="ann", **more)

    def post(self, *entries: Sequence[tuple[str, str]], on: date = date(2026, 3, 2), **entry: Any) -> list[int]:
        """Post entries written as ``[("1010", "12.50"), ("4000", "-12.50 USD")]`` in one unit of work; returns their ids."""
        with self.work() as uow:
            ids = account_ids(uow, {code for lines in entries for code, _ in lines})
            book = journal(uow, "GEN").id
            batch = [
                (
                    Entry(journal_id=book, posting_date=on, **entry),
                    [Line(account_id=ids[code], amount=eur(amount)) for code, amount in lines],
                )
                for lines in entries
            ]
            made = post(uow, batch)
        return [one.id for one in made]

    def balances(self, **query: Any) -> dict[tuple[str, str], Decimal]:
        """(account, currency) → balance, without those that are zero."""
        with self.work(read_only=True) as uow:
            from bocore_accounting import Account

            codes = {account.id: account.code for account in uow.select(Account)}
            found = {}
            for row in totals(uow, company=uow.company, **query):
                if row.debit != row.credit:
                    found[codes[row.account_id], row.currency] = Money.minor(int(row.debit - row.credit), uow.tokens[row.currency]).amount
        return found

    def refused(self, act: Callable[[UnitOfWork], Any]) -> list[Finding]:
        """What a unit of work is refused for; it must be."""
        with pytest.raises(Refused) as refusal, self.work() as uow:
            act(uow)
        return refusal.value.findings


def eur(text: str) -> Money:
    """``"12.50"`` is in euros, ``"12.50 USD"`` as it says."""
    amount, _, currency = text.partition(" ")
    return Money(amount, currency or "EUR")


@pytest.fixture
def open_books(tmp_path: Path) -> Iterator[Callable[..., Books]]:
    """Opens books by the name of their file, with the plugins that are given."""
    opened: list[Books] = []

    def open_(name: str, *plugins: Any) -> Books:
        opened.append(Books(tmp_path / f"{name}.db", *plugins))
        return opened[-1]

    yield open_
    for books in opened:
        books.bo.close()


@pytest.fixture
def books(open_books: Callable[..., Books]) -> Books:
    """Books with the standard chart."""
    made = open_books("books", plugin)
    with made.work() as uow:
        apply_standard_chart(uow, uow.company.id)
    return made
