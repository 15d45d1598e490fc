"""Payments: a claim of expenses that is approved and paid, and a payment file that the bank rejects after it was booked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bocore import Paid, Party, Rate, TaxFact
from bocore_accounting import AccountKind
from flows.office import Office, line, money

# ---------------------------------------------------------------- expenses


def test_a_claim_of_expenses_is_owed_to_the_employee_until_it_is_paid(office: Office) -> None:
    """Lunch of 120.00 with 20.00 of tax, and a taxi of 30.00 USD, which is owed in euros at the rate of its day."""
    with office.work() as uow:
        zoe = uow.add(Party(name="Zoë")).id
        uow.add(Rate(currency="USD", to_currency="EUR", on=date(2026, 1, 12), rate=Decimal("0.90")))
    vat = TaxFact("P20", money("100.00"), money("20.00"), Decimal(20), "input")
    office.book(
        "hr.expense:5", "2026-01-14", line("expense", "100.00", dims={"cost_centre": "sales"}), line("tax.input", "20.00", tax=vat),
        line("expense", "30.00 USD", dims={"cost_centre": "sales"}),
        line("employee.payable", "-147.00", opens="exp:5", party=zoe, due=date(2026, 1, 31)), document_date=date(2026, 1, 12),
    )  # fmt: skip
    assert office.balances(dim=["cost_centre=sales"]) == {"6800": "100.00 + 30.00 USD"}
    assert office.balance("expense", dims={"cost_centre": "sales"}) == "127.00"
    assert office.items(party=zoe) == {"exp:5": "-147.00"}
    office.pay("bank.payment:1", "2026-01-30", Paid("exp:5"))
    assert office.items() == {}
    assert office.items(as_of="2026-01-29") == {"exp:5": "-147.00"}
    assert office.balance("employee.payable") == "0.00"


def test_an_approved_claim_that_meets_a_closed_month_is_refused_or_counts_in_the_open_one(office: Office) -> None:
    """Handed in on 30 January, approved on 3 February when January is closed: what was approved is posted, its day moves."""
    office.clock.set("2026-02-03T09:00Z")
    office.lock("ledger", "2026-01-31")
    lines = [line("expense", "100.00"), line("employee.payable", "-100.00", opens="exp:6")]
    assert office.refused(office.book, "hr.expense:6", "2026-01-30", *lines) == ["bo.period_locked"]
    receipt = office.book("hr.expense:6", "2026-01-30", *lines, if_closed="next_open")
    assert (receipt.moved, office.items(as_of="2026-01-31"), office.items()) == (True, {}, {"exp:6": "-100.00"})


# ---------------------------------------------------------------- a payment that comes back


def owe(office: Office) -> int:
    """A bill of 900.00 of 10 January, due on 9 February; and one of 50.00 that nobody pays. Returns the supplier."""
    with office.work() as uow:
        supplier = uow.add(Party(name="Bolt Ltd")).id
    bill = line("payable", "-900.00", opens="bill:3", party=supplier, due=date(2026, 2, 9))
    office.book("bill:3", "2026-01-10", line("expense", "900.00"), bill)
    small = line("payable", "-50.00", opens="bill:4", party=supplier, due=date(2026, 2, 20))
    office.book("bill:4", "2026-01-21", line("expense", "50.00"), small)
    return supplier


def send(office: Office) -> None:
    """The file goes out: what was owed to the supplier is on its way."""
    office.book("bank.file:77", "2026-02-09", line("payable", "900.00", settles="bill:3"), line("clearing", "-900.00", opens="pay:77"))


def aged(office: Office, on: str) -> dict[str, str]:
    """What is owed to suppliers on a day, by days overdue."""
    (row,) = [row for row in office.report("ageing", as_of=on, purpose="payable") if row.name == "Bolt Ltd"]
    return {days: str(amount) for days, amount in row.overdue.items() if amount}


def test_the_list_of_a_day_before_and_after_the_rejection_are_both_true(office: Office) -> None:
    supplier = owe(office)
    send(office)
    office.reverse("bank.file:77", "AC04: the account is closed", "2026-02-12")
    days = {
        "2026-02-08": {"bill:3": "-900.00", "bill:4": "-50.00"}, "2026-02-09": {"bill:4": "-50.00"}, "2026-02-11": {"bill:4": "-50.00"},
        "2026-02-12": {"bill:3": "-900.00", "bill:4": "-50.00"},
    }  # fmt: skip
    for on, owed in days.items():
        assert office.items(as_of=on, party=supplier) == owed
        assert Decimal(office.balance("payable", through=on)) == sum(map(Decimal, owed.values()))
    assert [aged(office, on) for on in days] == [
        {"Not due": "950.00"},
        {"Not due": "50.00"},
        {"Not due": "50.00"},
        {"Not due": "50.00", "1-30": "900.00"},
    ]
    assert office.balances() == {"2000": "-950.00", "6800": "950.00"}
    (row,) = [row for row in office.report("open-items", as_of="2026-02-12", purpose="payable") if row.item == "bill:3"]
    assert (row.due, row.overdue) == (date(2026, 2, 9), 3)


def test_what_the_bank_had_booked_and_returns_comes_back_through_the_bank(office: Office) -> None:
    owe(office)
    send(office)
    office.book("bank.statement:5", "2026-02-10", line("clearing", "900.00", settles="pay:77"), line("bank", "-900.00"))
    office.reverse("bank.file:77", "MD06: returned by the supplier's bank", "2026-02-17")
    assert office.items() == {"bill:3": "-900.00", "pay:77": "900.00", "bill:4": "-50.00"}
    office.book("bank.statement:6", "2026-02-17", line("bank", "900.00"), line("clearing", "-900.00", settles="pay:77"))
    assert office.items() == {"bill:3": "-900.00", "bill:4": "-50.00"}
    assert office.balances(as_of="2026-02-10") == {"1010": "-900.00", "2000": "-50.00", "6800": "950.00"}
    assert office.balances() == {"2000": "-950.00", "6800": "950.00"}


def test_a_rejection_that_is_heard_of_after_the_month_was_closed_counts_in_the_open_one(office: Office) -> None:
    owe(office)
    send(office)
    office.clock.set("2026-03-02T09:00Z")
    office.lock("ledger", "2026-02-28")
    receipt = office.reverse("bank.file:77", "AC04: the account is closed")
    assert (receipt.posting_date, receipt.moved) == (date(2026, 3, 1), True)
    assert office.items(as_of="2026-02-28") == {"bill:4": "-50.00", "pay:77": "-900.00"}
    assert office.items() == {"bill:3": "-900.00", "bill:4": "-50.00"}


# ---------------------------------------------------------------- accounts that change meanwhile


def test_what_was_owed_on_an_account_is_paid_on_it_whatever_was_mapped_since(office: Office) -> None:
    """From February on suppliers stand on an account of their own; from March on that is corrected, without a first day."""
    owe(office)
    for code, since in (("2001", {"since": date(2026, 2, 1)}), ("2002", {})):
        office.do("accounting.open-account", code, "Suppliers", AccountKind.LIABILITY)
        office.do("accounting.map-purpose", "payable", code, **since)
    send(office)
    assert office.balances(as_of="2026-02-09") == {"1050": "-900.00", "2000": "-50.00", "6800": "950.00"}
    office.pay("bank.payment:4", "2026-02-20", Paid("bill:4"))
    assert office.items() == {"pay:77": "-900.00"}
    office.book("bill:5", "2026-02-21", line("expense", "10.00"), line("payable", "-10.00", opens="bill:5"))
    office.reverse("bank.file:77", "AC04: the account is closed", "2026-02-22")
    assert office.balances() == {"1010": "-50.00", "2000": "-900.00", "2001": "-10.00", "6800": "960.00"}
    differences = [row.total for row in office.report("ageing", as_of="2026-02-28", purpose="payable") if row.name == "Difference"]
    assert differences == [0, 0]


def test_an_account_that_was_closed_meanwhile_takes_no_payment(office: Office) -> None:
    """Then the purpose's account of today does: to close an account that is owed on is the bookkeeper's word."""
    owe(office)
    office.do("accounting.open-account", "2001", "Suppliers", AccountKind.LIABILITY)
    office.do("accounting.map-purpose", "payable", "2001")
    office.do("accounting.enter", date(2026, 1, 31), "Moved", "2000", "2001", Decimal("950.00"))
    office.do("accounting.close-account", "2000", date(2026, 2, 1))
    office.pay("bank.payment:3", "2026-02-09", Paid("bill:3"), Paid("bill:4"))
    assert office.balances() == {"1010": "-950.00", "6800": "950.00"}
