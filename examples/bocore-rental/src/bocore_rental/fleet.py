"""Machines and customers."""

from datetime import date

from bocore import Finding, Money, Party, UnitOfWork, service
from bocore_rental.customers import customer_of
from bocore_rental.model import SETUP, Contract, Machine, RentalCustomer
from bocore_rental.rights import LENT, YARD


@service(SETUP, runs_with=LENT)
def add_machine(
    uow: UnitOfWork, code: str, name: str, daily_rate: Money, *, purchased: date | None = None, price: Money | None = None
) -> Machine:
    """Add a machine to the fleet.

    :param code: as painted on it.
    :param daily_rate: of new contracts, such as "80.00 EUR".
    :param purchased: from this day on it can be let.
    :param price: what it was bought for.
    """
    return uow.add(Machine(code=code, name=name, daily_rate=daily_rate, purchased=purchased, price=price))


@service(SETUP, runs_with=LENT)
def set_rate(uow: UnitOfWork, machine: Machine, daily_rate: Money) -> None:
    """Change what a machine costs a day. Contracts that are drawn up keep the rate that they have."""
    machine.daily_rate = daily_rate


@service(SETUP, runs_with=LENT)
def retire(uow: UnitOfWork, machine: Machine) -> None:
    """Take a machine out of the fleet for good."""
    booked = uow.select(Contract, machine_id=machine.id, state=["draft", "signed"]).order_by(Contract.c.starts).all()
    uow.refuse(
        *(
            Finding("rental.booked", f"{machine.code} is booked by {each.number}.", machine, "state", "Cancel the contract first.")
            for each in booked
        )
    )
    uow.move(machine, "retire")


@service(YARD, name="break")
def break_down(uow: UnitOfWork, machine: Machine) -> None:
    """Send a machine to repair."""
    uow.move(machine, "break")


@service(YARD)
def repair(uow: UnitOfWork, machine: Machine) -> None:
    """Have a machine back from repair."""
    uow.move(machine, "repair")


@service(SETUP, runs_with=LENT)
def limit(uow: UnitOfWork, customer: Party, credit_limit: Money) -> RentalCustomer:
    """Set what a customer may owe.

    :param customer: the party: code, name or id.
    """
    found = customer_of(uow, customer)
    found.credit_limit = credit_limit
    return found
