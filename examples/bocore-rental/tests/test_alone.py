"""Without books the rental goes on, and books that come later are the same as if they had always been there."""

import pytest

from bocore import BackOffice, Money
from bocore.testing import FrozenClock, posted
from bocore_accounting import catch_up
from bocore_rental import plugin
from bocore_rental.contracts import take_back
from bocore_rental.demo import play
from bocore_rental.deposits import check, settle_deposit
from bocore_rental.fleet import add_machine
from bocore_rental.rent import accrue, invoice, pay


@pytest.fixture
def clock():
    return FrozenClock("2026-02-04T09:00Z")


@pytest.fixture
def opened(tmp_path, clock):
    """Open a database with some plugins, and bring it up to them."""

    def opened(name, *plugins):
        bo = BackOffice(tmp_path / name, plugins=[*plugins, plugin], clock=clock)
        return bo.init(company="Lift & Dig Ltd", currency="EUR").migrate()

    return opened


def business(bo, let):
    """A month: one machine back and paid for with its deposit, one still out."""
    with bo.unit_of_work(actor="desk") as uow:
        first = let(uow)
        let(uow, "EX-2")
        accrue(uow, through=first.ends)
    with bo.unit_of_work(actor="office") as uow:
        contract = uow.get(type(first), first.id)
        damage = take_back(uow, contract, on=contract.ends, damage=Money("320.00", "EUR"))
        bill = invoice(uow, contract)
        settle_deposit(uow, contract, keep_for=damage)
    with bo.unit_of_work(actor="office") as uow:
        pay(uow, uow.get(type(bill), bill.id), "statement 7")
    with bo.unit_of_work(actor="office", read_only=True) as uow:
        assert list(check(uow)) == []


def trial(bo):
    return [(row.account, str(row.debit), str(row.credit)) for row in bo.report("trial-balance", actor="ann").rows]


def test_books_that_come_later_are_the_same(opened, let):
    always = opened("always.db", "accounting")
    business(always, let)

    alone = opened("later.db")
    business(alone, let)
    keys = [voucher.key for voucher in posted(alone)]
    rent = alone.report("rental.rent", actor="ann", since="2026-01-01", through="2026-01-31")
    assert rent.rows[0].voucher in keys
    assert rent.link(rent.rows[0], "voucher") is None
    assert len(keys) == 8
    alone.close()

    later = opened("later.db", "accounting")
    assert later.run(catch_up, actor="ann") == 8
    assert trial(later) == trial(always)
    assert [voucher.key for voucher in posted(later)] == keys
    with later.unit_of_work(actor="ann", read_only=True) as uow:
        assert list(check(uow)) == []
    later.close()
    always.close()


def test_the_demo_leaves_nothing_to_say(opened):
    bo = opened("demo.db", "accounting")
    said = []
    play(bo, said.append)
    with bo.unit_of_work(actor="demo", read_only=True) as uow:
        assert list(check(uow)) == []
    rows = {row.account: str(row.balance) for row in bo.report("trial-balance", actor="demo").rows if row.balance}
    # 10 days at 180 and a repair of 320 are paid; of deposits of 900 and 125, 580 went back; 26 days at 25 are earned
    assert rows == {"1010": "2245.00", "1110": "650.00", "2040": "-125.00", "4000": "-2770.00"}
    assert len(said) == 1
    bo.close()


def test_two_companies_have_fleets_and_numbers_of_their_own(opened, let):
    from bocore import Company

    bo = opened("two.db", "accounting")
    with bo.unit_of_work(actor="boss") as uow:
        uow.add(Company(code="NORTH", name="North Ltd", currency="EUR"))
    numbers = []
    for company in ("LIFT", "NORTH"):
        with bo.unit_of_work(actor="desk", company=company) as uow:
            contract = let(uow)
        numbers.append(contract.number)
        with bo.unit_of_work(actor="office", company=company) as uow:
            assert [row.contract for row in accrue(uow, through=contract.starts)] == ["R2026-0001"]
        assert [row.machine for row in bo.report("rental.rent", actor="ann", company=company, since=contract.starts).rows] == ["EX-1"]
    assert numbers == ["R2026-0001", "R2026-0001"]
    with bo.unit_of_work(actor="boss", company="NORTH") as uow:
        add_machine(uow, "EX-2", "Excavator", Money("1.00", "EUR"))
    assert [len(bo.report("rental.utilisation", actor="ann", company=code).rows) for code in ("LIFT", "NORTH")] == [2, 3]
    bo.close()
