"""Tax's part of ``bo demo``: a tax of one's own, computed, posted and in the tax ledger. The packs of countries play whole returns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from bocore import BackOffice, Line, Money, Voucher
from bocore_tax.computing import tax, tax_lines
from bocore_tax.declare import TaxKind
from bocore_tax.requests import TaxRequest
from bocore_tax.services import add_code, add_rate, add_rule, register

PLACE = "XA"
"""A code that ISO 3166 leaves to its users."""


def play(bo: BackOffice, say: Callable[[str], None]) -> None:
    """Sell two things in a place whose tax is 10 %."""
    with bo.unit_of_work(actor="demo", reason="A tax of our own") as uow:
        day = uow.today() - timedelta(days=30)
        add_code(uow, "XA-STD", PLACE, "Sales tax", TaxKind.STANDARD)
        add_rate(uow, "XA-STD", Decimal(10), day.replace(month=1, day=1))
        add_rule(uow, PLACE, ["XA-STD"], tax_class="standard")
        register(uow, PLACE, PLACE, "", day.replace(month=1, day=1))
    with bo.unit_of_work(actor="demo", reason="Two sales") as uow:
        currency = uow.company.currency
        for at, amount in enumerate(("19.99", "120.00"), 1):
            (answer,) = tax(uow, [TaxRequest(amount=Money(amount, currency), place=PLACE, on=day, inclusive=True)])
            lines = [Line("cash", answer.payable), Line("sales", -answer.net), *tax_lines([answer])]
            uow.post(
                Voucher(
                    f"tax.demo:{at}", kind="tax.demo", lines=lines, document_date=day, if_closed="next_open", text="Sale over the counter"
                )
            )
    say("Two sales were taxed, and stand in the tax ledger.")
