"""Books with the rental in them."""

from datetime import date

import pytest

from bocore import BackOffice, Grant, Money, Party, User
from bocore_rental import plugin
from bocore_rental.contracts import draft, hand_over, sign
from bocore_rental.deposits import take_deposit
from bocore_rental.fleet import add_machine


@pytest.fixture(scope="session")
def bo_plugins():
    """The rental as a module, so that these tests need not have it installed."""
    return ["accounting", plugin]


PEOPLE = ["desk", "yard", "office", "auditor", "boss", "ann", "carla"]
"""Who does what in these tests; what each role may do by itself is in test_roles.py."""


@pytest.fixture(params=["nobody is a user", "users"])
def bo(request, bo_path, bo_plugins, clock):
    """The rental's books: open to anybody, and with people who may keep the rental and read the books, and nothing more."""
    with BackOffice(bo_path, plugins=bo_plugins, clock=clock) as made:
        if request.param == "users":
            with made.unit_of_work(actor="olga") as uow:
                uow.add(User(name="olga", owner=True))
                for name in PEOPLE:
                    user = uow.add(User(name=name))
                    books = "accountant" if name == "carla" else "auditor"
                    uow.add_all(Grant(user_id=user.id, role=role) for role in ("rental.manager", f"accounting.{books}"))
        yield made


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
