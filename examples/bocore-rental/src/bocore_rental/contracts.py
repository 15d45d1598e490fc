"""A contract from its draft to its end."""

from collections.abc import Iterator
from datetime import date

from bocore import Finding, Money, Party, Refused, UnitOfWork, event, service
from bocore_rental import posting
from bocore_rental.customers import credit
from bocore_rental.model import Accrual, Contract, Deposit, Invoice, Machine
from bocore_rental.rights import BILL, LENT, RENT, YARD
from bocore_rental.settings import RentalSettings


@event("rental.contract_signed")
class ContractSigned:
    """A machine was let."""

    contract_id: int
    customer_id: int
    on: date


@service(RENT, runs_with=LENT)
def draft(
    uow: UnitOfWork,
    machine: Machine,
    customer: Party,
    starts: date,
    ends: date,
    *,
    daily_rate: Money | None = None,
    deposit: Money | None = None,
    on: date | None = None,
) -> Contract:
    """Draw up a contract.

    :param starts: the first day that is charged.
    :param ends: the last day that is booked.
    :param daily_rate: where another than the machine's own is agreed.
    :param deposit: where another is agreed than what is usual.
    :param on: the day on which it is drawn up; today without one.
    """
    rate = daily_rate or machine.daily_rate
    if deposit is None:
        deposit = rate * uow.settings(RentalSettings).deposit_days
    return uow.add(
        Contract(
            drawn_up=on or uow.today(),
            customer_id=customer.id,
            machine_id=machine.id,
            starts=starts,
            ends=ends,
            daily_rate=rate,
            deposit=deposit,
        )
    )


@service(RENT, runs_with=LENT)
def sign(uow: UnitOfWork, contract: Contract) -> None:
    """Let the machine: from now on its days are taken."""
    machine = uow.get(Machine, contract.machine_id)
    uow.refuse(*_against(uow, contract, machine))
    uow.move(contract, "sign")
    uow.emit(ContractSigned(contract_id=contract.id, customer_id=contract.customer_id, on=uow.today()))


def _against(uow: UnitOfWork, contract: Contract, machine: Machine) -> Iterator[Finding]:
    """What speaks against letting a machine to this customer now."""
    if machine.state == "retired":
        yield Finding("rental.retired", f"{machine.code} is retired.", contract, "machine_id", "Draw the contract up for another machine.")
    party = uow.get(Party, contract.customer_id)
    owed, allowed = credit(uow, party)
    if owed > allowed:
        fix = "Have invoices paid first, or set another limit: bo rental limit."
        yield Finding("rental.credit", f"The customer owes {owed}, and may owe {allowed}.", contract, "customer_id", fix)


@service(YARD, runs_with=LENT)
def hand_over(uow: UnitOfWork, contract: Contract, *, on: date | None = None) -> None:
    """Let the customer have the machine.

    :param on: the day; today without one.
    """
    if contract.state != "signed" or contract.handed_over is not None:
        raise Refused(
            [Finding("rental.not_waiting", f"The contract is {_where(contract)}.", contract, fix="Only what is signed is fetched.")]
        )
    uow.move(uow.get(Machine, contract.machine_id), "rent")
    contract.handed_over = on or uow.today()


def _where(contract: Contract) -> str:
    return contract.state if contract.handed_over is None else f"{contract.state}, its machine fetched on {contract.handed_over}"


@service(YARD, runs_with=LENT)
def take_back(uow: UnitOfWork, contract: Contract, *, on: date | None = None, damage: Money | None = None) -> Invoice | None:
    """Take a machine back; rent ends on that day, and a repair is charged.

    :param on: the last day that is charged; today without one.
    :param damage: what the repair costs the customer, such as "250.00 EUR"; the machine goes to repair.
    """
    if contract.state == "signed" and contract.handed_over is None:
        fix = "Hand it over first, or cancel the contract."
        raise Refused([Finding("rental.not_fetched", "The machine was never fetched.", contract, fix=fix)])
    day = on or uow.today()
    uow.move(contract, "take_back")
    contract.returned = day
    uow.move(uow.get(Machine, contract.machine_id), "break" if damage else "bring_back")
    posting.take_back_after(uow, contract, day)
    if not damage:
        return None
    return posting.issue(uow, contract, damage, day, purpose="rental.damages", event="damaged", text="Repair after {label}")


@service(RENT, runs_with=LENT)
def cancel(uow: UnitOfWork, contract: Contract, reason: str) -> None:
    """Cancel a contract whose machine was not fetched; what was posted for it is reversed.

    :param reason: why, for the books.
    """
    if contract.state == "signed" and contract.handed_over is not None:
        fix = "Take it back: bo rental take-back."
        raise Refused([Finding("rental.fetched", "The machine is with the customer.", contract, "handed_over", fix)])
    for deposit in uow.children(contract, Deposit):
        uow.reverse(deposit.key, reason)
        uow.move(deposit, "cancel")
    for invoice in uow.children(contract, Invoice):
        uow.reverse(invoice.key, reason)
        uow.move(invoice, "cancel")
    for accrual in uow.children(contract, Accrual):
        posting.reverse_accrual(uow, accrual, reason)
    uow.move(contract, "cancel")


@service(BILL, runs_with=LENT)
def close(uow: UnitOfWork, contract: Contract) -> None:
    """Close a contract of which nothing is left to do; what was invoiced may still be paid."""
    uow.refuse(*_unfinished(uow, contract))
    uow.move(contract, "close")


def _unfinished(uow: UnitOfWork, contract: Contract) -> Iterator[Finding]:
    for deposit in uow.children(contract, Deposit):
        if deposit.state == "held":
            fix = "Settle it: bo rental settle-deposit."
            yield Finding("rental.deposit_held", f"The deposit of {deposit.amount} is held.", contract, fix=fix)
    if contract.returned is not None and posting.charged_through(uow, contract) < contract.returned:
        fix = "Invoice it: bo rental invoice."
        yield Finding("rental.not_invoiced", f"Rent through {contract.returned} is not invoiced.", contract, "returned", fix)
