"""A contract from its draft to its end, with every figure that it makes."""

from datetime import date
from decimal import Decimal

import pytest

from bocore import Money, Party, Refused, lock_period, open_items, write_setting
from bocore.testing import posted, run_job
from bocore_rental.contracts import cancel, close, draft, hand_over, sign, take_back
from bocore_rental.deposits import check, settle_deposit, take_deposit
from bocore_rental.fleet import add_machine, limit, repair, retire, set_rate
from bocore_rental.model import Accrual, Contract, Invoice, Machine, RentalCustomer
from bocore_rental.plugin import nightly
from bocore_rental.rent import accrue, invoice, pay
from bocore_rental.settings import RentalSettings


def eur(amount):
    return Money(amount, "EUR")


def balances(bo, **options):
    return {row.account: str(row.balance) for row in bo.report("trial-balance", actor="ann", **options).rows if row.balance}


def again(uow, row):
    return uow.get(type(row), row.id)


def codes(refused):
    return [finding.code for finding in refused.value.findings]


def clean(bo):
    with bo.unit_of_work(actor="auditor", read_only=True) as uow:
        return list(check(uow)) == []


# ---------------------------------------------------------------- the whole way


def test_ten_days_a_broken_window_and_what_the_books_say(bo, let):
    """10 days at 180.00 are 1800.00; the window costs 320.00 and is kept of the deposit of 900.00, so 580.00 go back."""
    with bo.unit_of_work(actor="desk") as uow:
        contract = let(uow)
    assert contract.number == "R2026-0001"
    assert balances(bo) == {"1010": "900.00", "2040": "-900.00"}
    assert clean(bo)

    with bo.unit_of_work(actor="office") as uow:
        (row,) = accrue(uow, through=date(2026, 1, 10))
    assert (row.days, row.amount) == (6, eur("1080.00"))
    assert balances(bo) == {"1010": "900.00", "1110": "1080.00", "2040": "-900.00", "4000": "-1080.00"}

    with bo.unit_of_work(actor="yard") as uow:
        damage = take_back(uow, again(uow, contract), on=date(2026, 1, 14), damage=eur("320.00"))
        assert uow.get(Machine, contract.machine_id).state == "in_repair"
    with bo.unit_of_work(actor="office") as uow:
        bill = invoice(uow, again(uow, contract))
        assert bill.amount == eur("1800.00")
        assert settle_deposit(uow, again(uow, contract), keep_for=again(uow, damage)) == eur("580.00")
    assert (damage.number, bill.number, bill.due) == ("RI2026-00001", "RI2026-00002", date(2026, 1, 29))
    assert balances(bo) == {"1010": "320.00", "1100": "1800.00", "4000": "-2120.00"}

    with bo.unit_of_work(actor="office") as uow:
        close(uow, again(uow, contract))
        pay(uow, again(uow, bill), "statement 7/3", amount=eur("1000.00"))
    with bo.unit_of_work(actor="office") as uow:
        pay(uow, again(uow, bill), "statement 9/1")
    assert balances(bo) == {"1010": "2120.00", "4000": "-2120.00"}
    assert [voucher.text for voucher in posted(bo, kind="rental.payment")] == ["Payment of Invoice RI2026-00002"] * 2
    with bo.unit_of_work(actor="office", read_only=True) as uow:
        assert open_items(uow) == []
    assert clean(bo)


def test_what_is_accrued_twice_is_posted_once(bo, let):
    with bo.unit_of_work(actor="desk") as uow:
        let(uow)
    for days in (1, 0, 0):
        with bo.unit_of_work(actor="office") as uow:
            assert len(accrue(uow, through=date(2026, 1, 9))) == days
    run_job(bo, nightly)  # it is the 15th: what is not back earns through yesterday
    run_job(bo, nightly)
    assert balances(bo)["4000"] == "-1800.00"
    with bo.unit_of_work(actor="office", read_only=True) as uow:
        spans = [(each.since.day, each.through.day) for each in uow.select(Accrual).order_by(Accrual.c.since)]
    assert spans == [(5, 9), (10, 14)]


def test_each_month_has_the_rent_of_its_days(bo, clock, let):
    """25 January to 3 February: seven days and three, though nobody fetched the machine and it is the 10th by now."""
    clock.set("2026-02-10T09:00Z")
    with bo.unit_of_work(actor="desk") as uow:
        let(uow, starts=date(2026, 1, 25), ends=date(2026, 2, 3), fetched=False)
        accrue(uow, through=date(2026, 2, 9))
    assert balances(bo, as_of="2026-01-31")["4000"] == "-1260.00"
    assert balances(bo)["4000"] == "-1800.00"
    rows = bo.report("rental.revenue", actor="ann", since="2026-01-01", through="2026-02-28").rows
    assert [(row.machine, {month: str(sum) for month, sum in row.revenue.items()}) for row in rows] == [
        ("EX-1", {"2026-01": "1260.00 EUR", "2026-02": "540.00 EUR"}),
        ("", {"2026-01": "1260.00 EUR", "2026-02": "540.00 EUR"}),
    ]


def test_what_comes_back_earlier_than_was_accrued_earns_its_days_only(bo, clock, let):
    clock.set("2026-01-20T09:00Z")
    with bo.unit_of_work(actor="desk") as uow:
        contract = let(uow)
    for day in (10, 14):
        with bo.unit_of_work(actor="office") as uow:
            accrue(uow, through=date(2026, 1, day))
    with bo.unit_of_work(actor="yard", reason="was forgotten in the yard") as uow:
        take_back(uow, again(uow, contract), on=date(2026, 1, 12))
    assert balances(bo)["4000"] == "-1440.00"  # eight days
    with bo.unit_of_work(actor="office") as uow:
        assert invoice(uow, again(uow, contract)).amount == eur("1440.00")
        assert accrue(uow, through=date(2026, 1, 20)) == []
    assert balances(bo) == {"1010": "900.00", "1100": "1440.00", "2040": "-900.00", "4000": "-1440.00"}


def test_what_is_late_is_charged_until_it_is_back(bo, clock, let):
    clock.set("2026-01-20T09:00Z")
    with bo.unit_of_work(actor="desk") as uow:
        contract = let(uow)
    with bo.unit_of_work(actor="yard") as uow:
        take_back(uow, again(uow, contract), on=date(2026, 1, 17))
        assert invoice(uow, again(uow, contract)).amount == eur("2340.00")  # thirteen days


def test_a_month_is_invoiced_while_the_machine_is_out(bo, clock, let):
    clock.set("2026-03-02T09:00Z")
    with bo.unit_of_work(actor="desk") as uow:
        contract = let(uow, starts=date(2026, 1, 25), ends=date(2026, 3, 20))
    with bo.unit_of_work(actor="office") as uow:
        first = invoice(uow, again(uow, contract), through=date(2026, 1, 31))
    with bo.unit_of_work(actor="office") as uow:
        second = invoice(uow, again(uow, contract), through=date(2026, 2, 28))
    assert (first.amount, second.amount) == (eur("1260.00"), eur("5040.00"))
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="office") as uow:
        invoice(uow, again(uow, contract), through=date(2026, 2, 28))
    assert codes(refused) == ["rental.nothing_earned"]


def test_a_rate_that_is_agreed_stays(bo, let):
    with bo.unit_of_work(actor="desk") as uow:
        contract = let(uow)
        set_rate(uow, uow.get(Machine, contract.machine_id), eur("200.00"))
    with bo.unit_of_work(actor="office") as uow:
        assert accrue(uow, through=date(2026, 1, 5))[0].amount == eur("180.00")


def test_cancelling_takes_back_what_was_posted(bo, let):
    with bo.unit_of_work(actor="desk") as uow:
        contract = let(uow, fetched=False)
    with bo.unit_of_work(actor="office") as uow:
        bill = invoice(uow, again(uow, contract), through=date(2026, 1, 8))
    with bo.unit_of_work(actor="office") as uow:
        pay(uow, again(uow, bill), "statement 3/1")
    with bo.unit_of_work(actor="desk") as uow:
        cancel(uow, again(uow, contract), "Site is flooded")
    assert balances(bo) == {"1010": "720.00", "1100": "-720.00"}  # the customer has paid, and may have it back
    with bo.unit_of_work(actor="office", read_only=True) as uow:
        assert [(item.kind, item.remaining) for item in open_items(uow)] == [("credit", eur("-720.00"))]
        assert [each.state for each in uow.select(Invoice)] == ["cancelled"]
    assert clean(bo)
    with bo.unit_of_work(actor="desk") as uow:  # its days are free again
        machine = uow.get(Machine, contract.machine_id)
        sign(uow, draft(uow, machine, uow.find(Party, code="STONE"), date(2026, 1, 5), date(2026, 1, 6)))


def test_who_signs_for_the_first_time_becomes_a_customer(bo, let):
    with bo.unit_of_work(actor="desk") as uow:
        let(uow)
    with bo.unit_of_work(actor="desk", read_only=True) as uow:
        assert uow.extension(uow.find(Party, code="STONE"), RentalCustomer).first_contract == date(2026, 1, 15)


# ---------------------------------------------------------------- refusals


def test_a_machine_is_not_let_twice_on_one_day(bo, let):
    with bo.unit_of_work(actor="desk") as uow:
        contract = let(uow)
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="desk") as uow:
        machine, party = uow.get(Machine, contract.machine_id), uow.find(Party, code="STONE")
        sign(uow, draft(uow, machine, party, date(2026, 1, 14), date(2026, 1, 20)))
    assert codes(refused) == ["rental.let"]
    assert "from 2026-01-14 to 2026-01-14 by another contract (R2026-0001)" in str(refused.value)
    with bo.unit_of_work(actor="desk") as uow:
        machine, party = uow.get(Machine, contract.machine_id), uow.find(Party, code="STONE")
        sign(uow, draft(uow, machine, party, date(2026, 1, 15), date(2026, 1, 20)))


def test_two_contracts_in_one_unit_of_work_are_not_let_twice_either(bo, let):
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="desk") as uow:
        contract = let(uow)
        machine, party = uow.get(Machine, contract.machine_id), uow.find(Party, code="STONE")
        sign(uow, draft(uow, machine, party, date(2026, 1, 8), date(2026, 1, 9)))
    assert set(codes(refused)) == {"rental.let"}
    assert posted(bo) == []


def test_a_contract_that_ends_before_it_begins_is_refused(bo, let):
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="desk") as uow:
        let(uow, starts=date(2026, 1, 5), ends=date(2026, 1, 4), fetched=False)
    assert codes(refused) == ["rental.ends"]


def test_a_closed_contract_does_not_change(bo, let):
    with bo.unit_of_work(actor="desk") as uow:
        contract = let(uow, deposit=eur("0.00"))
    with bo.unit_of_work(actor="office") as uow:
        take_back(uow, again(uow, contract))
        invoice(uow, again(uow, contract))
        close(uow, again(uow, contract))
    with pytest.raises(Refused), bo.unit_of_work(actor="olga") as uow:
        again(uow, contract).ends = date(2026, 2, 1)
    with pytest.raises(Refused), bo.unit_of_work(actor="olga") as uow:
        uow.add(Accrual(contract_id=contract.id, since=date(2026, 1, 16), through=date(2026, 1, 17), amount=eur("360.00")))
    with bo.unit_of_work(actor="desk", read_only=True) as uow:
        assert again(uow, contract).ends == date(2026, 1, 14)


def test_a_contract_is_not_closed_over_what_is_left_to_do(bo, let):
    with bo.unit_of_work(actor="desk") as uow:
        contract = let(uow)
        take_back(uow, contract)
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="office") as uow:
        close(uow, again(uow, contract))
    assert codes(refused) == ["rental.deposit_held", "rental.not_invoiced"]


def test_a_deposit_is_taken_once_and_given_back_once(bo, let):
    with bo.unit_of_work(actor="desk") as uow:
        contract = let(uow)
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="desk") as uow:
        take_deposit(uow, again(uow, contract))
    assert codes(refused) == ["rental.no_deposit_due"]
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="desk") as uow:
        settle_deposit(uow, again(uow, contract))
    assert codes(refused) == ["rental.not_back"]
    with bo.unit_of_work(actor="office") as uow:
        take_back(uow, again(uow, contract))
        settle_deposit(uow, again(uow, contract))
    with pytest.raises(Refused, match="'settle' is not possible in the state 'settled'"), bo.unit_of_work(actor="office") as uow:
        settle_deposit(uow, again(uow, contract))
    assert "2040" not in balances(bo)


def test_more_than_the_deposit_is_never_kept(bo, let):
    with bo.unit_of_work(actor="desk") as uow:
        contract = let(uow)
        damage = take_back(uow, contract, damage=eur("2000.00"))
        assert settle_deposit(uow, contract, keep_for=damage) == eur("0.00")
    assert balances(bo)["1100"] == "1100.00"  # of the repair


def test_the_same_payment_is_taken_once(bo, let):
    with bo.unit_of_work(actor="desk") as uow:
        contract = let(uow)
    with bo.unit_of_work(actor="office") as uow:
        bill = invoice(uow, again(uow, contract), through=date(2026, 1, 10))
    with bo.unit_of_work(actor="office") as uow:
        pay(uow, again(uow, bill), "statement 7/3", amount=eur("100.00"))
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="office") as uow:
        pay(uow, again(uow, bill), "statement 7/4", amount=eur("980.01"))
    assert codes(refused) == ["bo.item_exceeded"]
    with bo.unit_of_work(actor="office") as uow:
        pay(uow, again(uow, bill), "statement 7/3", amount=eur("100.00"))
    assert balances(bo)["1100"] == "980.00"


def test_who_owes_too_much_rents_no_more(bo, let):
    with bo.unit_of_work(actor="desk") as uow:
        contract = let(uow)
        invoice(uow, contract, through=date(2026, 1, 10))
        limit(uow, uow.find(Party, code="STONE"), eur("1000.00"))
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="desk") as uow:
        let(uow, "EX-2")
    assert codes(refused) == ["rental.credit"]
    with bo.unit_of_work(actor="desk") as uow:
        limit(uow, uow.find(Party, code="STONE"), eur("1080.00"))
        let(uow, "EX-2")


@pytest.mark.parametrize(("setting", "limit_to"), [("credit_limit", Decimal(1079))])
def test_what_everybody_may_owe_is_a_setting(bo, let, setting, limit_to):
    with bo.unit_of_work(actor="olga") as uow:
        write_setting(uow, RentalSettings, setting, limit_to)
        invoice(uow, let(uow), through=date(2026, 1, 10))
    with pytest.raises(Refused, match=r"owes 1080\.00 EUR, and may owe 1079\.00 EUR"), bo.unit_of_work(actor="desk") as uow:
        let(uow, "EX-2")


def test_a_machine_that_is_booked_is_not_retired_and_one_in_repair_not_handed_over(bo, let):
    with bo.unit_of_work(actor="desk") as uow:
        contract = let(uow, fetched=False)
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="boss") as uow:
        retire(uow, uow.get(Machine, contract.machine_id))
    assert codes(refused) == ["rental.booked"]
    with bo.unit_of_work(actor="yard") as uow:
        uow.move(uow.get(Machine, contract.machine_id), "break")
    with pytest.raises(Refused, match="'rent' is not possible in the state 'in_repair'"), bo.unit_of_work(actor="yard") as uow:
        hand_over(uow, again(uow, contract))
    with bo.unit_of_work(actor="yard") as uow:
        repair(uow, uow.get(Machine, contract.machine_id))
        hand_over(uow, again(uow, contract))
        with pytest.raises(Refused, match="fetched on"):
            hand_over(uow, again(uow, contract))
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="desk") as uow:
        cancel(uow, again(uow, contract), "changed his mind")
    assert codes(refused) == ["rental.fetched"]


# ---------------------------------------------------------------- periods


def test_the_ledger_is_not_closed_over_rent_that_is_not_posted(bo, clock, let):
    clock.set("2026-02-02T09:00Z")
    with bo.unit_of_work(actor="desk") as uow:
        let(uow)
        accrue(uow, through=date(2026, 1, 30))
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="carla") as uow:
        lock_period(uow, "ledger", date(2026, 1, 31))
    assert codes(refused) == ["rental.unaccrued"]
    assert "Rent of 2026-01-31 to 2026-01-31" in str(refused.value)
    with bo.unit_of_work(actor="carla") as uow:
        lock_period(uow, "payroll", date(2026, 1, 31))
    with bo.unit_of_work(actor="olga") as uow:
        write_setting(uow, RentalSettings, "unaccrued", "warn")
    with bo.unit_of_work(actor="carla") as uow:
        lock_period(uow, "ledger", date(2026, 1, 31))
    assert [finding.code for finding in uow.findings] == ["rental.unaccrued"]

    with pytest.raises(Refused, match="2026-01-31 is closed"), bo.unit_of_work(actor="office") as uow:
        accrue(uow, through=date(2026, 2, 1))
    with bo.unit_of_work(actor="office") as uow:
        accrue(uow, through=date(2026, 2, 1), if_closed="next_open")
    (moved,) = [voucher for voucher in posted(bo, kind="rental.accrual") if voucher.moved]
    assert (moved.document_date, moved.posting_date) == (date(2026, 1, 31), date(2026, 2, 1))
    assert balances(bo)["4000"] == "-5040.00"  # 28 days


# ---------------------------------------------------------------- reports


def test_utilisation_counts_the_days_that_a_machine_was_there(bo, let):
    with bo.unit_of_work(actor="desk") as uow:
        let(uow)
        add_machine(uow, "MX-1", "Mixer", eur("25.00"), purchased=date(2026, 1, 22))
    result = bo.report("rental.utilisation", actor="ann", since="2026-01-01", through="2026-01-31", compare=1)
    name = "2026-01-01 – 2026-01-31"
    assert [(row.machine, row.days[name], str(row.used[name])) for row in result.rows] == [
        ("EX-1", 10, "32.3"), ("MX-1", 0, "0.0"), ("", 10, "24.4"),  # of 31, of 10, of 41 days
    ]  # fmt: skip
    assert [str(row.used["2025-12"]) for row in result.rows] == ["0.0", "0.0", "0.0"]
    assert [row.number for row in result.drill(result.rows[0], "days", name).rows] == ["R2026-0001"]


def test_revenue_leads_to_the_vouchers_that_it_is_made_of(bo, let):
    with bo.unit_of_work(actor="desk") as uow:
        let(uow)
        let(uow, "EX-2")
        accrue(uow, through=date(2026, 1, 8))
        accrue(uow, through=date(2026, 1, 14))
    result = bo.report("rental.revenue", actor="ann")
    rows = result.drill(result.rows[0], "revenue", "2026-01").rows
    assert [(row.machine, row.days, str(row.amount)) for row in rows] == [("EX-1", 4, "720.00 EUR"), ("EX-1", 6, "1080.00 EUR")]
    assert {row.voucher for row in rows} <= {voucher.key for voucher in posted(bo)}
    behind = bo.report("rental.rent", actor="ann")
    steps = [(step.step.strip(), step.name) for step in behind.drill(behind.rows[0], "voucher").rows]
    assert ("voucher", rows[0].voucher) in steps
    assert ("line", "4000 Sales") in steps
    total = result.drill(result.rows[-1], "revenue", "2026-01").rows
    assert len(total) == 4


def test_open_deposits_are_known_of_any_day(bo, let):
    with bo.unit_of_work(actor="desk") as uow:
        contract = let(uow)
    with bo.unit_of_work(actor="desk") as uow:
        take_back(uow, again(uow, contract))
        settle_deposit(uow, again(uow, contract))
    assert bo.report("rental.deposits", actor="ann").rows == []
    (row,) = bo.report("rental.deposits", actor="ann", as_of="2026-01-14").rows
    assert (row.customer, row.due, str(row.amount)) == ("Stone & Daughters", date(2026, 1, 21), "900.00 EUR")


def test_the_fleet_today(bo, let):
    with bo.unit_of_work(actor="desk") as uow:
        let(uow)
        add_machine(uow, "MX-1", "Mixer", eur("25.00"))
    (row,) = bo.report("rental.fleet", actor="ann").rows
    assert (row.machines, row.let, row.in_repair, str(row.used)) == (2, 1, 0, "50.0")


def test_a_deposit_that_nobody_holds_is_found(bo, let):
    with bo.unit_of_work(actor="desk") as uow:
        contract = let(uow)
    with bo.unit_of_work(actor="carla") as uow:
        uow.reverse(f"rental.deposit:{contract.id}", "behind the rental's back")
    with bo.unit_of_work(actor="auditor", read_only=True) as uow:
        assert {finding.code for finding in check(uow)} == {"rental.deposit_item", "rental.deposit_balance"}


def test_a_contract_is_known_by_its_number(bo, let):
    with bo.unit_of_work(actor="desk") as uow:
        contract = let(uow, fetched=False)
    bo.run(hand_over, contract.number, actor="yard", on=date(2026, 1, 6))
    with bo.unit_of_work(actor="yard", read_only=True) as uow:
        assert uow.find(Contract, number="R2026-0001").handed_over == date(2026, 1, 6)
