"""Books to test with: an application with accounting, a standard chart, and short ways to write entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bocore import BackOffice, Finding, Grant, Money, Refused, UnitOfWork, User, dimension_sets
from bocore_accounting import Commodity, Entry, Line, account_ids, apply_standard_chart, journal, plugin, post, roll_up, services, totals

TODAY = datetime(2026, 11, 22, 9, tzinfo=UTC)


class Books:
    """An application, and what these tests do with it all the time."""

    def __init__(self, path: Path, *plugins: Any, users: bool = True) -> None:
        self.bo = BackOffice(path, plugins=list(plugins), clock=lambda: TODAY).init(company="Acme Ltd", currency="EUR")
        if users and "accounting.accountant" in self.bo.host.roles:  # Ann is an accountant; the firm is Olga's
            with self.bo.unit_of_work(actor="olga") as uow:
                if not uow.select(User).first():
                    uow.add(User(name="olga", owner=True))
                    for name in ("ann", "bob", "demo"):
                        uow.add(Grant(user_id=uow.add(User(name=name)).id, role="accounting.accountant"))

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


class Firm(Books):
    """Books with the standard chart, and two years of a small firm in them."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        with self.work() as uow:
            services.setup_chart(uow)
            uow.add(Commodity(code="FUND", exponent=3))

    def two_years(self) -> None:
        """10,000.00 put in; 2025 earns 3,000.00 and costs 1,000.00; 2026 earns 500.00 and 200.00 USD (of 180.00) and costs 100.00."""
        self.enter("2025-01-01", ("1010", "10000.00"), ("3000", "-10000.00"), nature="opening")
        self.enter("2025-03-31", ("1100", "3000.00"), ("4000", "-3000.00"))
        self.enter("2025-06-30", ("6100", "1000.00"), ("1010", "-1000.00"))
        self.enter("2025-07-15", ("1010", "3000.00"), ("1100", "-3000.00"))
        self.enter("2026-01-31", ("6100", "100.00"), ("2000", "-100.00"))
        self.enter("2026-02-10", ("1000", "200.00 USD", "180.00"), ("4000", "-200.00 USD", "-180.00"))
        self.enter("2026-03-31", ("1100", "500.00"), ("4000", "-500.00"))

    def close(self, year: int, profit: str) -> None:
        """Close a year that had sales of 3,000.00 and rent of 1,000.00, as the year's end does."""
        lines = [("4000", "3000.00"), ("6100", "-1000.00"), ("3200", f"-{profit}")]
        self.enter(f"{year}-12-31", *lines, nature="closing")

    def enter(self, day: str, *lines: tuple[str, ...], dims: dict[str, str] | None = None, **entry: Any) -> None:
        """Lines are (account, amount, amount in euros or nothing, units of FUND or nothing)."""
        with self.work() as uow:
            ids = account_ids(uow, [line[0] for line in lines])
            (chosen,) = dimension_sets(uow, [dims or {}])
            book = journal(uow, "GEN").id
            made = [self.line(uow, ids[account], amount, *more) for account, amount, *more in lines]
            for line in made:
                line.dims_id = chosen
            post(uow, [(Entry(journal_id=book, posting_date=date.fromisoformat(day), **entry), made)])

    def line(self, uow: UnitOfWork, account: int, amount: str, base: str = "", fund: str = "") -> Line:
        """One line."""
        worth, units = (eur(base) if base else None), Money(fund, uow.tokens["FUND"]) if fund else None
        return Line(account_id=account, amount=eur(amount), base=worth, quantity=units)

    def report(self, name: str, **options: Any) -> list[dict[str, Any]]:
        """The rows as JSON has them."""
        return self.bo.report(name, actor="ann", options=options).as_objects()

    def warnings(self, name: str, **options: Any) -> list[str]:
        """What the report warns of."""
        return [str(finding) for finding in self.bo.report(name, actor="ann", options=options).findings]


def eur(text: str) -> Money:
    """``"12.50"`` is in euros, ``"12.50 USD"`` as it says."""
    amount, _, currency = text.partition(" ")
    return Money(amount, currency or "EUR")


@pytest.fixture
def users() -> bool:
    """Whether Ann is held to what an accountant may do; a module overrides it where any name acts."""
    return True


@pytest.fixture
def open_books(tmp_path: Path, users: bool) -> Iterator[Callable[..., Books]]:
    """Opens books by the name of their file, with the plugins that are given."""
    opened: list[Books] = []

    def open_(name: str, *plugins: Any) -> Books:
        opened.append(Books(tmp_path / f"{name}.db", *plugins, users=users))
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


@pytest.fixture(params=["as posted", "rolled up"])
def firm(tmp_path: Any, request: pytest.FixtureRequest) -> Any:
    made = Firm(tmp_path / "firm.db", plugin)
    made.two_years()
    if request.param == "rolled up":
        with made.work() as uow:
            roll_up(uow)
    yield made
    made.bo.close()
