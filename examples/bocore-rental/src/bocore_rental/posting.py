"""What is posted for a contract: the rent that it earned, and what its customer is charged. Services call it; it is none itself."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal

import attrs

from bocore import Finding, Line, Money, Refused, Source, UnitOfWork, Voucher
from bocore_rental.days import DAY, by_month, last_charged, length
from bocore_rental.model import Accrual, Contract, Invoice, Machine
from bocore_rental.settings import RentalSettings

IfClosed = Literal["refuse", "next_open"]
EARNING = ["signed", "returned"]
"""The states in which a contract may still have rent to accrue."""


@attrs.frozen
class Accrued:
    """Rent that was posted."""

    contract: str
    since: date
    through: date
    days: int
    amount: Money


def accrue_all(uow: UnitOfWork, contracts: list[Contract], through: date, if_closed: IfClosed) -> list[Accrued]:
    """Post what these contracts earned through a day, a voucher for each month."""
    before = uow.children(contracts, Accrual)
    machines = uow.get_all(Machine, {each.machine_id for each in contracts})
    made = []
    for contract in contracts:
        last = last_charged(through, contract.ends, contract.handed_over, contract.returned)
        mine = before[contract.id]
        for since, until in by_month(accrued_through(contract, mine) + DAY, last):
            attempt = 1 + sum(each.since == since for each in mine)
            days = length((since, until))
            accrual = uow.add(
                Accrual(contract_id=contract.id, since=since, through=until, attempt=attempt, amount=contract.daily_rate * days)
            )
            uow.post(_voucher(contract, machines[contract.machine_id], accrual, if_closed))
            made.append(Accrued(contract.number, since, until, days, accrual.amount))
    return made


def accrued_through(contract: Contract, accruals: list[Accrual]) -> date:
    """The last day whose rent is posted; the day before the first where none is."""
    return max((each.through for each in accruals if each.state == "posted"), default=contract.starts - DAY)


def _voucher(contract: Contract, machine: Machine, accrual: Accrual, if_closed: IfClosed) -> Voucher:
    def line(purpose: str, amount: Money) -> Line:
        days = (accrual.since, accrual.through)
        return Line(purpose, amount, dims={"machine": machine.code}, party=contract.customer_id, service=days)

    return Voucher(
        key=accrual.key,
        kind="rental.accrual",
        source=Source(contract, event="earned", label="Contract {number}"),
        posting_date=accrual.through,
        if_closed=if_closed,
        text=f"Rent of {machine.code}, {accrual.since} to {accrual.through}, {{label}}",
        lines=[line("rental.accrued", accrual.amount), line("rental.revenue", -accrual.amount)],
    )


def reverse_accrual(uow: UnitOfWork, accrual: Accrual, reason: str) -> None:
    """Reverse the voucher of an accrual, once."""
    if accrual.state == "posted":
        uow.reverse(accrual.key, reason)
        uow.move(accrual, "take_back")


def take_back_after(uow: UnitOfWork, contract: Contract, last: date) -> None:
    """Reverse what was accrued for days after the last one that is charged; the days before are accrued again at once."""
    invoiced = charged_through(uow, contract)
    if invoiced > last:
        fix = f"Take it back on {invoiced}, and agree with the customer on the rest."
        raise Refused([Finding("rental.invoiced", f"Rent is invoiced through {invoiced}.", contract, "returned", fix)])
    late = [each for each in uow.children(contract, Accrual) if each.through > last]
    for accrual in late:
        reverse_accrual(uow, accrual, "Machine came back earlier")
    if late:
        accrue_all(uow, [contract], last, "next_open")


def charged_through(uow: UnitOfWork, contract: Contract) -> date:
    """The last day whose rent is invoiced; the day before the first where none is."""
    issued = [each.through for each in uow.children(contract, Invoice) if each.state == "issued" and each.through]
    return max(issued, default=contract.starts - DAY)


def issue(
    uow: UnitOfWork, contract: Contract, amount: Money, on: date, *, purpose: str, event: str, text: str, through: date | None = None
) -> Invoice:
    """Charge an amount to the customer: an invoice, and its open item."""
    due = on + timedelta(days=uow.settings(RentalSettings).payment_days)
    machine = uow.get(Machine, contract.machine_id)
    made = uow.add(Invoice(contract_id=contract.id, on=on, due=due, through=through, amount=amount))
    dims = {"machine": machine.code}
    uow.post(
        Voucher(
            key=made.key,
            kind="rental.invoice",
            source=Source(made, event=event, label="Invoice {number}"),
            document_date=on,
            text=text,
            lines=[
                Line("receivable", amount, opens=made.key, party=contract.customer_id, due=due, dims=dims),
                Line(purpose, -amount, party=contract.customer_id, dims=dims),
            ],
        )
    )
    return made


def unaccrued(uow: UnitOfWork, company: int, through: date) -> Iterator[tuple[Contract, date, date]]:
    """The contracts of a company with rent that is not posted: from which day, and through which."""
    contracts = uow.select(Contract, company_id=company, state=EARNING).where(Contract.c.starts <= through).all()
    accruals = uow.children(contracts, Accrual)
    for contract in contracts:
        done = accrued_through(contract, accruals[contract.id])
        last = last_charged(through, contract.ends, contract.handed_over, contract.returned)
        if done < last:
            yield contract, done + DAY, last
