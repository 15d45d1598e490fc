"""The pack's part of ``bo demo``: a month of a firm that is registered in Germany, and its Umsatzsteuer-Voranmeldung."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from bocore import BackOffice, Line, Money, UnitOfWork, Voucher
from bocore_tax import TaxRegistration, TaxRequest, file_return, open_return, prepare_return, register, tax, tax_lines

NUMBER = "DE 136,695 976"
"""A number with right check digits: the example of python-stdnum."""


def play(bo: BackOffice, say: Callable[[str], None]) -> None:
    """Sell and buy in the last month that is over, and declare it."""
    with bo.unit_of_work(actor="demo", reason="Registered for Umsatzsteuer") as uow:
        today = uow.today()
        since = _month_before(today)
        register(uow, "DE", "DE", NUMBER, since, months=1)
    with bo.unit_of_work(actor="demo", reason="A month's trade") as uow:
        for at, (amount, tax_class) in enumerate((("1200.00", "standard"), ("84.50", "13b"), ("630.00", "reduced")), 1):
            _post(uow, f"tax_de.demo:sale:{at}", since, amount, tax_class, "output")
        _post(uow, "tax_de.demo:bill:1", since, "399.99", "standard", "input")
    with bo.unit_of_work(actor="demo", reason="The Umsatzsteuer-Voranmeldung") as uow:
        made = open_return(uow, uow.select(TaxRegistration, code="DE").one())
        prepare_return(uow, made)
        file_return(uow, made, reference="demo")
        say(f"The Umsatzsteuer-Voranmeldung of {made.since} to {made.through} is filed: {made.due} due.")


def _month_before(day: date) -> date:
    count = day.year * 12 + day.month - 2
    return date(count // 12, count % 12 + 1, 1)


def _post(uow: UnitOfWork, key: str, day: date, amount: str, tax_class: str, direction: str) -> None:
    net = Money(amount, uow.company.currency)
    (answer,) = tax(uow, [TaxRequest(amount=net, place="DE", on=day, tax_class=tax_class, direction=direction)])
    own = [Line("cash", answer.payable), Line("sales", -answer.net)]
    if direction == "input":
        own = [Line("expense", answer.net), Line("cash", -answer.payable)]
    lines = [*own, *tax_lines([answer])]
    uow.post(Voucher(key, kind="tax_de.demo", lines=lines, document_date=day, if_closed="next_open", text=f"{direction} {tax_class}"))
