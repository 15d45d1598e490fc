"""A pay run: cost centres, a garnishment, a reversal that leaves nothing, and pay for months that are over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest

from bocore import Line, Money, Paid, Party, Plugin, hookimpl, largest_remainder
from bocore_accounting import Line as Posting
from flows.office import Office, line, voucher

CENTRES = {"shop": 33, "workshop": 33, "office": 34}
RUN = "payroll.run:17:post"


class Payroll(ModuleType):
    """Pays people. The books see one item of net pay; who is paid how much of it, only who pays asks for."""

    plugin = Plugin(prefix="payroll")

    def __init__(self) -> None:
        super().__init__("payroll")

        @hookimpl
        def bo_item_details(key: str) -> Any:
            return {"Ann": "2117.50", "Bob": "1500.00"} if key == "pr:17:net" else None

        self.bo_item_details = bo_item_details


@pytest.fixture
def firm(open_office: Callable[..., Office]) -> Office:
    return open_office(Payroll())


def shared(purpose: str, amount: str, **more: Any) -> list[Line]:
    """An amount by cost centre, to the cent."""
    parts = largest_remainder(Money(amount, "EUR").minor_units, list(CENTRES.values()))
    return [Line(purpose, Money.minor(part, "EUR"), dims={"cost_centre": c}, **more) for c, part in zip(CENTRES, parts, strict=True)]


def run_pay(firm: Office) -> int:
    """Gross 5,000.00 in shares of 33/33/34, employer's tax 382.50, a garnishment of 400.00 for a court, 3,617.50 net; returns the court."""
    with firm.work("payroll") as uow:
        court = uow.add(Party(name="County court"))
        owed = [
            line("wages.withheld", "-600.00", by={"what": "fit"}),
            line("wages.withheld", "-765.00", by={"what": "fica"}),
            line("employee.payable", "-400.00", opens="pr:17:g:case9", party=court, due=date(2026, 2, 10)),
            line("employee.payable", "-3617.50", opens="pr:17:net", due=date(2026, 2, 2)),
        ]
        uow.post(voucher(RUN, "2026-01-31", *shared("wages", "5000.00"), *shared("wages.employer", "382.50"), *owed))
        return court.id


def test_wages_are_shared_by_cost_centre_and_owed_in_two_sums(firm: Office) -> None:
    court = run_pay(firm)
    assert firm.balances() == {"2210": "-4017.50", "2220": "-1365.00", "6000": "5000.00", "6010": "382.50"}
    by_centre = {centre: firm.balances(dim=[f"cost_centre={centre}"]) for centre in CENTRES}
    assert by_centre == {
        "shop": {"6000": "1650.00", "6010": "126.23"},
        "workshop": {"6000": "1650.00", "6010": "126.22"},
        "office": {"6000": "1700.00", "6010": "130.05"},
    }
    assert firm.items() == {"pr:17:net": "-3617.50", "pr:17:g:case9": "-400.00"}
    assert firm.items(party=court) == {"pr:17:g:case9": "-400.00"}
    ages = {row.name: dict(row.overdue) for row in firm.report("ageing", as_of="2026-02-12", purpose="employee.payable") if row.overdue}
    assert (ages["County court"]["1-30"], ages["Without a party"]["1-30"]) == (Decimal("400.00"), Decimal("3617.50"))


def test_nobody_reads_salaries_in_the_books_and_who_pays_asks_for_the_payees(firm: Office) -> None:
    run_pay(firm)
    with firm.work("bank", read_only=True) as uow:
        assert {posting.party_id for posting in uow.select(Posting).where(Posting.c.purpose == "wages")} == {None}
        assert uow.hook.bo_item_details(uow=uow, key="pr:17:net") == {"Ann": "2117.50", "Bob": "1500.00"}


def test_a_reversal_nets_every_report_open_item_and_dimension_to_zero(firm: Office) -> None:
    run_pay(firm)
    firm.reverse(RUN, "Wrong month")
    assert firm.balances() == {}
    assert [firm.balances(dim=[f"cost_centre={centre}"]) for centre in (*CENTRES, "")] == [{}, {}, {}, {}]
    assert firm.items() == firm.items(as_of="2026-01-31") == {}
    assert firm.statement("income-statement", year=2026).get("Result", "0.00") == "0.00"
    assert firm.report("open-items", as_of="2026-12-31") == []
    row = firm.report("trial-balance", zero=True)
    assert {account.account: str(account.balance) for account in row if account.debit} == dict.fromkeys(
        ("2210", "2220", "6000", "6010"), "0.00"
    )


def test_a_run_of_a_closed_month_is_taken_back_in_the_open_one(firm: Office) -> None:
    run_pay(firm)
    firm.clock.set("2026-02-03T09:00Z")
    firm.lock("ledger", "2026-01-31")
    receipt = firm.reverse(RUN, "Wrong month")
    assert (receipt.posting_date, receipt.moved) == (date(2026, 2, 1), True)
    assert firm.items(as_of="2026-01-31") == {"pr:17:net": "-3617.50", "pr:17:g:case9": "-400.00"}
    assert firm.items(as_of="2026-02-01") == firm.balances() == {}
    assert firm.balances(since="2026-02-01", dim=["cost_centre=shop"]) == {"6000": "-1650.00", "6010": "-126.23"}


def test_what_was_paid_out_before_the_run_was_taken_back_is_owed_by_the_employees(firm: Office) -> None:
    run_pay(firm)
    firm.pay("bank.payment:1", "2026-02-02", Paid("pr:17:net"))
    assert firm.items(as_of="2026-02-02") == {"pr:17:g:case9": "-400.00"}
    firm.reverse(RUN, "Wrong month", "2026-02-05")
    assert firm.items() == {"pr:17:net": "3617.50"}
    assert firm.balances() == {"1010": "-3617.50", "2210": "3617.50"}
    run_again = [*shared("wages", "5000.00"), line("wages.withheld", "-1382.50"), line("employee.payable", "-3617.50", settles="pr:17:net")]
    firm.book("payroll.run:19:post", "2026-02-06", *run_again)
    assert firm.items() == {}


def test_pay_for_months_that_are_over_is_posted_now_and_says_which_they_are(firm: Office) -> None:
    """A raise from March on is decided in June: 90.00 for three months."""
    firm.clock.set("2026-06-30T09:00Z")
    firm.lock("ledger", "2026-05-31")
    spring = (date(2026, 3, 1), date(2026, 5, 31))
    lines = [*shared("wages", "90.00", service=spring), line("employee.payable", "-90.00", opens="pr:18:net")]
    firm.book("payroll.run:18:post", "2026-06-30", *lines)
    with firm.work(read_only=True) as uow:
        found = {(posting.service_from, posting.service_to) for posting in uow.select(Posting, purpose="wages")}
    assert found == {spring}
    assert firm.balances(as_of="2026-05-31") == {}
    assert firm.balances(dim=["cost_centre=office"]) == {"6000": "30.60"}
