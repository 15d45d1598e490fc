"""An office to play business in: an application with books, and the questions that are asked of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bocore import (
    BackOffice,
    BalanceQuery,
    Company,
    Finding,
    Line,
    Money,
    Paid,
    Receipt,
    Refused,
    UnitOfWork,
    Voucher,
    check_items,
    lock_period,
    open_items,
    settle_lines,
)
from bocore.record.verify import verify
from bocore.testing import FrozenClock
from bocore_accounting import check, plugin

BOOKS = plugin


def money(text: str) -> Money:
    """``"12.50"`` is in euros, ``"12.50 USD"`` as it says."""
    amount, _, currency = text.partition(" ")
    return Money(amount, currency or "EUR")


def line(purpose: str, amount: str, base: str | None = None, **more: Any) -> Line:
    """A line of a voucher, its amount written as text: debit positive, credit negative."""
    return Line(purpose, money(amount), base=None if base is None else money(base), **more)


def voucher(key: str, on: date | str, *lines: Line, **more: Any) -> Voucher:
    """A voucher whose kind is what its key begins with: ``"retail.sale:17"`` is a retail.sale."""
    return Voucher(key, key.partition(":")[0], lines, posting_date=day(on), **more)


def day(text: date | str) -> date:
    """``"2026-01-31"`` as a date."""
    return date.fromisoformat(text) if isinstance(text, str) else text


class Office:
    """An application over a database of its own.

    :param plugins: what is installed: the books, unless told otherwise, and those of the test.
    :param begin: make the tables that are not there yet, and the company.
    """

    def __init__(self, path: Path, *plugins: Any, clock: FrozenClock, begin: bool = True) -> None:
        self.path, self.clock = path, clock
        self.bo = BackOffice(path, plugins=list(plugins), clock=clock)
        if begin:
            self.bo.init(company="Acme Ltd", currency="EUR")
        self.warned: list[Finding] = []
        """The warnings of the last unit of work that posted."""

    # ---------------------------------------------------------------- what people do

    def work(self, actor: str = "ann", **more: Any) -> UnitOfWork:
        """A unit of work, Ann's unless told otherwise."""
        return self.bo.unit_of_work(actor=actor, **more)

    def post(self, *vouchers: Voucher, **work: Any) -> list[Receipt]:
        """Post vouchers in one unit of work."""
        with self.work(**work) as uow:
            receipts = uow.post(*vouchers)
        self.warned = uow.findings
        return receipts

    def book(self, key: str, on: date | str, *lines: Line, **more: Any) -> Receipt:
        """Post one voucher of these lines."""
        (receipt,) = self.post(voucher(key, on, *lines, **more))
        return receipt

    def pay(self, key: str, on: date | str, *paid: Paid, purpose: str = "bank", **more: Any) -> Receipt:
        """Pay open items, or be paid, from the bank in the company's currency."""
        with self.work(**more) as uow:
            lines = settle_lines(uow, paid, on=day(on))
            sums = sum((entry.base for entry in lines if entry.base is not None), Money.zero(uow.company.currency))
            (receipt,) = uow.post(voucher(key, on, Line(purpose, -sums), *lines))
        return receipt

    def do(self, service: str, *given: Any, actor: str = "carla", **more: Any) -> Any:
        """Run a service by its name, as a program does that embeds bocore."""
        return self.bo.run(service, *given, actor=actor, **more)

    def reverse(self, key: str, reason: str, on: date | str | None = None, **work: Any) -> Receipt:
        """Take a voucher back."""
        with self.work(**work) as uow:
            return uow.reverse(key, reason, None if on is None else day(on))

    def lock(self, area: str, through: date | str, **work: Any) -> list[Finding]:
        """Close a period; returns what was warned of."""
        with self.work(**{"actor": "carla", **work}) as uow:
            lock_period(uow, area, day(through))
        return uow.findings

    def refused(self, act: Any, *args: Any, **more: Any) -> list[str]:
        """The codes of what an act is refused for; it must be."""
        with pytest.raises(Refused) as refusal:
            act(*args, **more)
        return [finding.code for finding in refusal.value.findings]

    # ---------------------------------------------------------------- what the books say

    def report(self, name: str, **options: Any) -> list[Any]:
        """The rows of a report."""
        company = options.pop("company", None)
        return list(self.bo.report(name, actor="auditor", company=company, options=options).rows)

    def balances(self, **options: Any) -> dict[str, str]:
        """Account → balance, debit less credit, of the trial balance: ``"12.50"``, or ``"12.50 + 3.00 USD"``."""
        found: dict[str, list[str]] = {}
        for row in self.report("trial-balance", **options):
            found.setdefault(row.account, []).append(_said(row.balance, row.currency))
        return {account: " + ".join(amounts) for account, amounts in found.items()}

    def statement(self, name: str, **options: Any) -> dict[str, str]:
        """The rows of a statement: account, or the name of a sum → amount; all in the company's currency."""
        rows = self.report(name, **{"currency": "base", **options})
        return {row.account or row.name: str(row.amount) for row in rows}

    def items(self, **asked: Any) -> dict[str, str]:
        """Key → what is open of it; what is not in euros says its currency."""
        company, as_of = asked.pop("company", None), asked.pop("as_of", None)
        with self.work("auditor", read_only=True, company=company) as uow:
            rows = open_items(uow, as_of=None if as_of is None else day(as_of), **asked)
            return {row.key: _said(row.remaining.amount, row.remaining.currency) for row in rows}

    def balance(self, purpose: str, *, company: str | None = None, **asked: Any) -> str:
        """The balance of a purpose, as any plugin may ask for it without knowing who keeps the books."""
        if isinstance(asked.get("through"), str):
            asked["through"] = day(asked["through"])
        with self.work("auditor", read_only=True, company=company) as uow:
            answer = uow.hook.bo_balance(uow=uow, query=BalanceQuery(company=uow.company.id, purpose=purpose, **asked))
            return str(answer.amount)

    # ---------------------------------------------------------------- what must hold whatever was done

    def sound(self) -> None:
        """Everything is as recorded, balances are what their lines add up to, items what was settled, and each balance sheet balances."""
        verification = verify(self.bo)
        assert verification.ok, verification.findings
        with self.work("auditor", read_only=True) as uow:
            assert list(check_items(uow)) == []
            companies = [company.code for company in uow.select(Company)]
            books = "accounting" in {state.prefix for state in self.bo.host.plugins}
        for code in companies if books else ():
            with self.work("auditor", read_only=True, company=code) as uow:
                assert list(check(uow)) == []
            self._balances(code)

    def _balances(self, company: str) -> None:
        """Debits are credits, and what there is equals whose it is."""
        assert not sum(row.balance for row in self.report("trial-balance", company=company, currency="base"))
        sums = self.statement("balance-sheet", company=company)
        assert sums.get("Total assets", "0.00") == sums.get("Total liabilities and equity", "0.00"), sums


def _said(amount: Any, currency: str) -> str:
    return str(amount) if currency == "EUR" else f"{amount} {currency}"
