"""Books with the rental in them."""

from datetime import date

import pytest

from bocore import Money, Party
from bocore_rental import plugin
from bocore_rental.contracts import draft, hand_over, sign
from bocore_rental.deposits import take_deposit
from bocore_rental.fleet import add_machine


@pytest.fixture(scope="session")
def bo_plugins():
    """The rental as a module, so that these tests need not have it installed."""
    return ["accounting", plugin]


@pytest.fixture
def let():
    """Let an excavator at 180.00 a day, for a deposit of five days, from its first day on; returns the contract."""

    def let(uow, code="EX-1", starts=date(2026, 1, 5), ends=date(2026, 1, 14), fetched=True, **more):
        machine = add_machine(uow, code, "Excavator", Money("180.00", "EUR"), purchased=date(2026, 1, 1))
        customer = uow.find(Party, code="STONE") or uow.add(Party(name="Stone & Daughters", code="STONE"))
        contract = draft(uow, machine, customer, starts, ends, on=starts, **more)
        sign(uow, contract)
        if contract.deposit:
            take_deposit(uow, contract, on=starts)
        if fetched:
            hand_over(uow, contract, on=starts)
        return contract

    return let
