"""For the tests of a pack: a firm in one place, which asks, trades and declares."""

from __future__ import annotations

from datetime import date
from typing import Any

from bocore import BackOffice, Line, Money, UnitOfWork, Voucher
from bocore_tax.computing import tax, tax_lines
from bocore_tax.model import TaxRegistration
from bocore_tax.requests import TaxRequest
from bocore_tax.services import file_return, open_return, prepare_return, register

DAY = date(2026, 1, 10)
"""The tax point where a test names none."""


class Taxpayer:
    """A firm in a place, and what the tests of that place's pack do with it.

    :param bo: an application with the pack; amounts are in its company's currency.
    :param place: as the pack names it, such as ``"GB"``: its registration has the same code.
    :param actor: who does it.
    """

    def __init__(self, bo: BackOffice, place: str, *, actor: str = "ann") -> None:
        self.bo, self.place, self.actor = bo, place, actor

    def work(self, **more: Any) -> UnitOfWork:
        """A unit of work."""
        return self.bo.unit_of_work(actor=self.actor, **more)

    def register(self, since: date, number: str = "", **more: Any) -> None:
        """Register it for the taxes of the place from a day on."""
        with self.work() as uow:
            register(uow, self.place, self.place, number, since, **more)

    def taxes(self, amount: str = "100.00", **more: Any) -> list[tuple[str, str, str]]:
        """Code, direction and tax of an amount, one a fact.

        :param more: of the ``TaxRequest``: ``tax_class="reduced"``, ``direction="input"``, ``on=…``
        """
        with self.work(read_only=True) as uow:
            (answer,) = tax(uow, [self._asked(uow, amount, more)])
        return [(one.code, one.fact.direction, str(one.fact.tax.amount)) for one in answer.charges]

    def trade(self, amount: str, day: date = DAY, **more: Any) -> None:
        """Post a sale on account, or with ``direction="input"`` a purchase, with its tax."""
        with self.work() as uow:
            (answer,) = tax(uow, [self._asked(uow, amount, {"on": day, **more})])
            own = [Line("receivable", answer.payable), Line("sales", -answer.net)]
            if more.get("direction") == "input":
                own = [Line("expense", answer.net + answer.cost), Line("payable", -answer.payable)]
            uow.post(Voucher(f"v:{uow.unit}", "trade", [*own, *tax_lines([answer])], document_date=day))

    def declare(self) -> dict[str, str]:
        """File the next return; gives its boxes with their amounts."""
        with self.work() as uow:
            made = open_return(uow, uow.select(TaxRegistration, code=self.place).one())
            prepare_return(uow, made)
            file_return(uow, made)
        rows = self.bo.report("tax.return", actor=self.actor, tax_return=made.id).rows
        return {row.box: str(row.amount.amount) for row in rows}

    def _asked(self, uow: UnitOfWork, amount: str, more: dict[str, Any]) -> TaxRequest:
        return TaxRequest(**{"amount": Money(amount, uow.company.currency), "place": self.place, "on": DAY, **more})
