"""A firm that is registered for Umsatzsteuer."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bocore import BackOffice, Line, Money, UnitOfWork, Voucher
from bocore_tax import TaxRegistration, TaxRequest, file_return, open_return, prepare_return, register, tax, tax_lines


class Firm:
    """A firm in Germany, and what these tests do with it."""

    def __init__(self, bo: BackOffice, clock: Any) -> None:
        self.bo, self.clock = bo, clock

    def work(self, **more: Any) -> UnitOfWork:
        return self.bo.unit_of_work(actor="ann", **more)

    def register(self, since: date) -> None:
        with self.work() as uow:
            register(uow, "DE", "DE", "DE 136,695 976", since, months=1)

    def taxes(self, amount: str = "100.00", **more: Any) -> list[tuple[str, str, str]]:
        """Code, direction and tax of an amount."""
        with self.work(read_only=True) as uow:
            asked = {"amount": Money(amount, "EUR"), "place": "DE", "on": date(2026, 1, 10), **more}
            (answer,) = tax(uow, [TaxRequest(**asked)])
        return [(one.code, one.fact.direction, str(one.fact.tax.amount)) for one in answer.charges]

    def trade(self, amount: str, day: date = date(2026, 1, 10), **more: Any) -> None:
        """Post a sale, or with direction="input" a purchase."""
        with self.work() as uow:
            (answer,) = tax(uow, [TaxRequest(**{"amount": Money(amount, "EUR"), "place": "DE", "on": day, **more})])
            own = [Line("receivable", answer.payable), Line("sales", -answer.net)]
            if more.get("direction") == "input":
                own = [Line("expense", answer.net + answer.cost), Line("payable", -answer.payable)]
            uow.post(Voucher(f"v:{uow.unit}", "trade", [*own, *tax_lines([answer])], document_date=day))

    def declare(self) -> dict[str, str]:
        """File the next return; gives its boxes that are not zero."""
        with self.work() as uow:
            made = open_return(uow, uow.select(TaxRegistration).one())
            prepare_return(uow, made)
            file_return(uow, made)
        rows = self.bo.report("tax.return", actor="ann", tax_return=made.id).rows
        return {row.box: str(row.amount.amount) for row in rows if row.amount}


@pytest.fixture(scope="session")
def bo_plugins() -> list[str]:
    return ["accounting", "tax", "tax_de"]


@pytest.fixture
def firm(bo: BackOffice, clock: Any) -> Firm:
    return Firm(bo, clock)
