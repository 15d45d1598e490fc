"""What each role of the rental may do: its whole job, and nothing else."""

from datetime import date

import pytest

from bocore import BackOffice, Company, FieldHidden, Grant, Money, NotAllowed, NotFound, Party, User
from bocore.testing import FrozenClock, as_role, run_job
from bocore_rental.contracts import close, draft, hand_over, sign, take_back
from bocore_rental.deposits import check, settle_deposit, take_deposit
from bocore_rental.fleet import add_machine, limit, repair, set_rate
from bocore_rental.model import Contract, Deposit, Invoice, Machine, RentalCustomer
from bocore_rental.plugin import nightly
from bocore_rental.rent import accrue, invoice, pay

START, END = date(2026, 1, 5), date(2026, 1, 14)


def eur(amount):
    return Money(amount, "EUR")


@pytest.fixture
def firm(bo_path, bo_plugins):
    """The rental with an owner, so that nobody else may do anything unless a role allows it."""
    with BackOffice(bo_path, plugins=bo_plugins, clock=FrozenClock("2026-01-15T09:00Z")) as made:
        with made.unit_of_work(actor="olga") as uow:
            uow.add(User(name="olga", owner=True))
        yield made


@pytest.fixture
def staff(firm):
    """role → somebody who has it."""
    return {role: as_role(firm, f"rental.{role}") for role in ("yard", "desk", "office", "manager")}


def drawn_up(firm, staff):
    """A machine, a customer and a contract that is signed and paid for; each by the one whose job it is."""
    with firm.unit_of_work(actor=staff["manager"]) as uow:
        machine = add_machine(uow, "EX-1", "Excavator", eur("180.00"), purchased=date(2026, 1, 1))
    with firm.unit_of_work(actor=staff["desk"]) as uow:
        customer = uow.add(Party(name="Stone & Daughters", code="STONE"))
        contract = draft(uow, uow.get(Machine, machine.id), customer, START, END, on=START)
        sign(uow, contract)
    with firm.unit_of_work(actor=staff["office"]) as uow:
        take_deposit(uow, uow.get(Contract, contract.id), on=START)
    return contract


def test_a_contract_goes_through_all_hands(firm, staff):
    contract = drawn_up(firm, staff)
    with firm.unit_of_work(actor=staff["yard"]) as uow:
        hand_over(uow, uow.get(Contract, contract.id), on=START)
    run_job(firm, nightly)
    with firm.unit_of_work(actor=staff["yard"]) as uow:
        damage = take_back(uow, uow.get(Contract, contract.id), on=END, damage=eur("320.00"))
        with pytest.raises(FieldHidden):
            _ = damage.amount
    with firm.unit_of_work(actor=staff["yard"]) as uow:
        repair(uow, uow.get(Machine, contract.machine_id))
    with firm.unit_of_work(actor=staff["office"]) as uow:
        mine = uow.get(Contract, contract.id)
        accrue(uow, through=END)
        bill = invoice(uow, mine)
        assert settle_deposit(uow, mine, keep_for=uow.get(Invoice, damage.id)) == eur("580.00")
        pay(uow, bill, "statement 7")
        close(uow, mine)
    with firm.unit_of_work(actor=staff["office"], read_only=True) as uow:
        assert list(check(uow)) == []
    rows = firm.report("trial-balance", actor=as_role(firm, "accounting.auditor")).rows
    assert {row.account: str(row.balance) for row in rows if row.balance} == {"1010": "2120.00", "4000": "-2120.00"}


def test_the_yard_sees_who_has_which_machine_and_no_prices(firm, staff):
    contract = drawn_up(firm, staff)
    yard = staff["yard"]
    (row,) = firm.report("rental.contracts", actor=yard).rows
    assert (row.machine, row.customer) == ("EX-1", "Stone & Daughters")
    firm.report("rental.utilisation", actor=yard)
    firm.report("rental.fleet", actor=yard)
    for name in ("rental.deposits", "rental.revenue", "rental.rent", "trial-balance"):
        with pytest.raises(NotAllowed):
            firm.report(name, actor=yard)
    with firm.unit_of_work(actor=yard, read_only=True) as uow:
        machine, mine = uow.get(Machine, contract.machine_id), uow.get(Contract, contract.id)
        for read in (lambda: machine.daily_rate, lambda: mine.daily_rate, lambda: mine.deposit):
            with pytest.raises(FieldHidden):
                read()
        assert uow.select(Machine).where(Machine.c.daily_rate > 0).all() == []
        with pytest.raises(NotAllowed):
            uow.select(Party).all()


def test_nobody_does_what_is_another_s_job(firm, staff):
    contract = drawn_up(firm, staff)

    def refused(who, act):
        with pytest.raises(NotAllowed), firm.unit_of_work(actor=staff[who]) as uow:
            act(uow, uow.get(Contract, contract.id))

    refused("yard", lambda uow, one: sign(uow, one))
    refused("yard", lambda uow, one: invoice(uow, one))
    refused("desk", lambda uow, one: invoice(uow, one))
    refused("desk", lambda uow, one: set_rate(uow, uow.get(Machine, one.machine_id), eur("1.00")))
    refused("desk", lambda uow, one: limit(uow, uow.get(Party, one.customer_id), eur("999999.00")))
    refused("office", lambda uow, one: hand_over(uow, one))
    refused("office", lambda uow, one: uow.add(Party(name="Friend")))
    # nor by hand, past the services
    refused("manager", lambda uow, one: setattr(one, "deposit", eur("0.00")))
    refused("manager", lambda uow, one: uow.move(one, "take_back"))
    refused("manager", lambda uow, one: uow.add(Deposit(contract_id=one.id, amount=eur("1.00"), taken=START)))
    refused("manager", lambda uow, one: uow.reverse(f"rental.deposit:{one.id}", "For myself"))
    refused("desk", lambda uow, one: uow.add(RentalCustomer(credit_limit=eur("9.00")), extends=uow.get(Party, one.customer_id)))


def test_a_desk_of_one_company_sees_no_machine_of_the_other(firm, staff):
    with firm.unit_of_work(actor="olga") as uow:
        uow.add(Company(code="NORTH", name="North Ltd", currency="EUR"))
        uow.add(Grant(user_id=uow.add(User(name="nora")).id, role="rental.desk", company_id=uow.select(Company, code="NORTH").one().id))
    made = {}
    for company, code in (("ACME", "EX-1"), ("NORTH", "EX-2")):
        with firm.unit_of_work(actor=staff["manager"], company=company) as uow:
            made[company] = add_machine(uow, code, "Excavator", eur("180.00")).id
    with firm.unit_of_work(actor="nora", read_only=True) as uow:
        assert [each.code for each in uow.select(Machine)] == ["EX-2"]
        with pytest.raises(NotFound):
            uow.get(Machine, made["ACME"])
    assert "EX-1" not in str(firm.report("rental.utilisation", actor="nora", company="NORTH").as_objects())
    with pytest.raises(NotFound):
        firm.run("rental.draft", made["ACME"], "STONE", START, END, actor="nora", company="NORTH")
