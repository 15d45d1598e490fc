"""An entry that one person may not make alone: what an accountant sets without any code."""

from __future__ import annotations

from datetime import date

import pytest

from bocore import ApprovalNeeded, BalanceQuery, Grant, KernelSettings, Money, Refused, User, write_setting

DAY = date(2026, 3, 2)
NOTHING = Money("0.00", "EUR")


@pytest.fixture
def office(books):
    """Entries and reversals by hand must be approved by an accountant; Bea keeps the books, Ann and Abe are accountants."""
    with books.bo.unit_of_work(actor="olga") as uow:
        for name, role in (("bea", "bookkeeper"), ("abe", "accountant")):
            user = uow.add(User(name=name))
            uow.add(Grant(user_id=user.id, role=f"accounting.{role}"))
    with books.bo.unit_of_work(actor="olga", reason="As our auditor asks") as uow:
        listed = {"accounting.enter": "accounting.accountant", "accounting.reverse": "accounting.accountant"}
        write_setting(uow, KernelSettings, "approvals", listed)
    return books


def ask(books, service, *arguments, **options):
    """Bea asks; returns the number of her request."""
    with pytest.raises(ApprovalNeeded) as caught:
        books.bo.run(service, *arguments, actor="bea", **options)
    return caught.value.findings[0].params["approval"]


def enter(books, amount):
    return ask(books, "accounting.enter", **{"on": DAY, "text": "Cash sale", "debit": "1010", "credit": "4000", "amount": amount})


def cash(books):
    """What the books say is in the till."""
    with books.bo.unit_of_work(actor="olga", read_only=True) as uow:
        return uow.hook.bo_balance(uow=uow, query=BalanceQuery(company=uow.company.id, account="1010"))


def test_an_entry_is_made_when_an_accountant_has_approved_it_and_its_number_leaves_no_gap(office):
    given = [enter(office, amount) for amount in ("10.00", "20.00", "30.00")]
    assert cash(office) == NOTHING
    office.bo.approvals.reject(given[0], actor="ann", reason="There is no receipt")
    numbers = [office.bo.approvals.approve(one, actor="ann").result["number"] for one in reversed(given[1:])]
    assert cash(office) == Money("50.00", "EUR")
    assert numbers == ["GEN/2026/00001", "GEN/2026/00002"]


def test_an_accountant_needs_another_accountant(office):
    with pytest.raises(ApprovalNeeded) as caught:
        office.bo.run("accounting.enter", on=DAY, text="Gift", debit="1010", credit="4000", amount="5.00", actor="ann")
    number = caught.value.findings[0].params["approval"]
    with pytest.raises(Refused) as refused:
        office.bo.approvals.approve(number, actor="ann")
    assert refused.value.findings[0].code == "bo.own_approval"
    assert office.bo.approvals.approve(number, actor="abe").state == "done"


def test_a_reversal_takes_two_as_well_and_is_made_once(office):
    made = office.bo.approvals.approve(enter(office, "10.00"), actor="ann").result["number"]
    number = ask(office, "accounting.reverse", made, "Entered twice")
    office.bo.approvals.approve(number, actor="abe")
    assert cash(office) == NOTHING
    assert office.bo.approvals.run(number, actor="bea").state == "done"
    with pytest.raises(Refused):  # it is reversed already, so nobody is asked again
        office.bo.run("accounting.reverse", made, "Entered twice", actor="bea")
