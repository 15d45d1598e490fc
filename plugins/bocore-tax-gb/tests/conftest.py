"""A firm that is registered for VAT."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from bocore import BackOffice, Line, Money, UnitOfWork, Voucher
from bocore_tax import TaxRegistration, TaxRequest, file_return, open_return, prepare_return, register, tax, tax_lines


class Firm:
    """A firm in the United Kingdom, and what these tests do with it."""

    def __init__(self, bo: BackOffice, clock: Any) -> None:
        self.bo, self.clock = bo, clock

    def work(self, **more: Any) -> UnitOfWork:
        return self.bo.unit_of_work(actor="ann", **more)

    def taxes(self, amount: str = "100.00", **more: Any) -> list[tuple[str, str, str]]:
        """Code, direction and tax of an amount."""
        with self.work(read_only=True) as uow:
            asked = {"amount": Money(amount, "GBP"), "place": "GB", "on": date(2026, 1, 10), **more}
            (answer,) = tax(uow, [TaxRequest(**asked)])
        return [(one.code, one.fact.direction, str(one.fact.tax.amount)) for one in answer.charges]

    def trade(self, amount: str, day: date = date(2026, 1, 10), **more: Any) -> None:
        """Post a sale, or with direction="input" a purchase."""
        with self.work() as uow:
            (answer,) = tax(uow, [TaxRequest(**{"amount": Money(amount, "GBP"), "place": "GB", "on": day, **more})])
            own = [Line("receivable", answer.payable), Line("sales", -answer.net)]
            if more.get("direction") == "input":
                own = [Line("expense", answer.net + answer.cost), Line("payable", -answer.payable)]
            uow.post(Voucher(f"v:{uow.unit}", "trade", [*own, *tax_lines([answer])], document_date=day))

    def declare(self) -> dict[str, str]:
        """File the next return; gives its boxes."""
        with self.work() as uow:
            made = open_return(uow, uow.select(TaxRegistration).one())
            prepare_return(uow, made)
            file_return(uow, made)
        rows = self.bo.report("tax.return", actor="ann", tax_return=made.id).rows
        return {row.box: str(row.amount.amount) for row in rows}


@pytest.fixture(scope="session")
def bo_plugins() -> list[str]:
    return ["accounting", "tax", "tax_gb"]


@pytest.fixture
def firm(tmp_path: Any, bo_plugins: list[str], clock: Any) -> Any:
    """Registered from January 2008 on, so that old rates can be asked for."""
    with BackOffice(tmp_path / "gb.db", plugins=bo_plugins, clock=clock).init(company="Acme Ltd", currency="GBP") as bo:
        made = Firm(bo, clock)
        with made.work() as uow:
            register(uow, "GB", "GB", "GB 980 7806 84", date(2026, 1, 1))
        yield made


@pytest.fixture
def long_ago(firm: Firm) -> Callable[..., Any]:
    """The same firm, registered since 1973."""
    with firm.work() as uow:
        uow.select(TaxRegistration).one().since = date(1973, 4, 1)
    return firm.taxes
