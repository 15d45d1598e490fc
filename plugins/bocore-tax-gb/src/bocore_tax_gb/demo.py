"""The pack's part of ``bo demo``: a quarter of a firm that is registered in the United Kingdom, and its VAT return."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from bocore import BackOffice, Line, Money, UnitOfWork, Voucher
from bocore_tax import TaxRegistration, TaxRequest, file_return, open_return, prepare_return, register, tax, tax_lines

NUMBER = "GB 980 7806 84"
"""A number with right check digits: the example of python-stdnum."""


def play(bo: BackOffice, say: Callable[[str], None]) -> None:
    """Sell and buy in the last quarter that is over, and declare it."""
    with bo.unit_of_work(actor="demo", reason="Registered for VAT") as uow:
        today = uow.today()
        since = _quarter_before(today)
        register(uow, "GB", "GB", NUMBER, since)
    with bo.unit_of_work(actor="demo", reason="A quarter's trade") as uow:
        for at, (amount, tax_class) in enumerate((("1200.00", "standard"), ("84.50", "zero"), ("630.00", "reduced")), 1):
            _post(uow, f"tax_gb.demo:sale:{at}", since, amount, tax_class, "output")
        _post(uow, "tax_gb.demo:bill:1", since, "399.99", "standard", "input")
    with bo.unit_of_work(actor="demo", reason="The VAT return") as uow:
        made = open_return(uow, uow.select(TaxRegistration, code="GB").one())
        prepare_return(uow, made)
        file_return(uow, made, reference="demo")
        say(f"The VAT return of {made.since} to {made.through} is filed: {made.due} due.")


def _quarter_before(day: date) -> date:
    count = day.year * 4 + (day.month - 1) // 3 - 1
    return date(count // 4, count % 4 * 3 + 1, 1)


def _post(uow: UnitOfWork, key: str, day: date, amount: str, tax_class: str, direction: str) -> None:
    net = Money(amount, uow.company.currency)
    (answer,) = tax(uow, [TaxRequest(amount=net, place="GB", on=day, tax_class=tax_class, direction=direction)])
    own = [Line("cash", answer.payable), Line("sales", -answer.net)]
    if direction == "input":
        own = [Line("expense", answer.net), Line("cash", -answer.payable)]
    lines = [*own, *tax_lines([answer])]
    uow.post(Voucher(key, kind="tax_gb.demo", lines=lines, document_date=day, if_closed="next_open", text=f"{direction} {tax_class}"))
