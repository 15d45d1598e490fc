"""The rental's part of ``bo demo``: a month of three machines, through the real services."""

from collections.abc import Callable
from datetime import timedelta

from bocore import BackOffice, Money, Party
from bocore_rental.contracts import close, draft, hand_over, sign, take_back
from bocore_rental.deposits import settle_deposit, take_deposit
from bocore_rental.fleet import add_machine, repair
from bocore_rental.rent import accrue, invoice, pay


def play(bo: BackOffice, say: Callable[[str], None]) -> None:
    """Let an excavator, which comes back damaged, and a mixer, which stays out."""
    with bo.unit_of_work(actor="demo", reason="Fleet") as uow:
        day = uow.today() - timedelta(days=30)
        eur = uow.company.currency
        digger = add_machine(uow, "EX-1", "Excavator", Money("180.00", eur), purchased=day)
        mixer = add_machine(uow, "MX-1", "Mixer", Money("25.00", eur), purchased=day)
        builder = uow.add(Party(name="Stone & Daughters", code="STONE"))
        first = draft(uow, digger, builder, day, day + timedelta(days=9), on=day)
        second = draft(uow, mixer, builder, day + timedelta(days=5), day + timedelta(days=40), on=day)
        for contract in (first, second):
            sign(uow, contract)
            take_deposit(uow, contract, on=day)
            hand_over(uow, contract, on=contract.starts)
    with bo.unit_of_work(actor="demo", reason="Back with a broken window") as uow:
        damage = take_back(uow, contract := uow.get(type(first), first.id), on=first.ends, damage=Money("320.00", eur))
        bill = invoice(uow, contract)
        settle_deposit(uow, contract, keep_for=damage)
        close(uow, contract)
        repair(uow, uow.get(type(digger), digger.id))
    with bo.unit_of_work(actor="demo", reason="Rent so far") as uow:
        accrue(uow, through=uow.today())
        pay(uow, uow.get(type(bill), bill.id), "demo-1")
    say("Two machines were let; one came back damaged, and the deposit paid for it.")
