"""A quarter is declared, filed, and never moves again; what comes late is in the next return, and says so."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bocore import (
    ApprovalNeeded,
    BackOffice,
    Company,
    KernelSettings,
    Line,
    Money,
    Refused,
    TaxFact,
    Voucher,
    lock_period,
    locked_through,
    open_items,
    write_setting,
)
from bocore.testing import as_role
from bocore_tax import TaxLine, TaxRegistration, TaxReturn, TaxReturnBox, TaxReturnLine, TaxSettings
from bocore_tax.services import add_code, add_rate, amend_return, check, correct, end_registration, file_return, open_return, prepare_return


def eur(amount):
    return Money(amount, "EUR")


@pytest.fixture
def april(clock):
    """The day on which the first quarter is filed."""
    clock.set("2026-04-20T09:00Z")
    return clock


@pytest.fixture
def filed(firm, april):
    """The first quarter, with a sale of 1,000.00 and a bill of 300.50, is filed."""
    firm.sell("s:1", "1000.00")
    firm.buy("b:1", "300.50")
    return firm.declare()


def test_a_quarter_is_filed_with_what_was_sold_and_bought(firm, filed):
    assert firm.boxes(filed) == {"1": "200.00", "4": "60.10", "5": "139.90", "6": "1000.00", "7": "300.00"}
    assert {row.box: str(row.exact.amount) for row in firm.report("tax.return", tax_return=filed)}["7"] == "300.50"
    (row,) = firm.report("tax.returns")
    assert (row.since, row.through, row.state, row.due) == (date(2026, 1, 1), date(2026, 3, 31), "filed", eur("139.90"))
    assert firm.balances() == {"1100": "1200.00", "2000": "-360.60", "2200": "-139.90", "4000": "-1000.00", "6800": "300.50"}


def test_filing_locks_the_period_and_makes_what_is_owed_an_open_item(firm, filed):
    with firm.work(read_only=True) as uow:
        assert locked_through(uow, uow.company.id, "tax:XA") == date(2026, 3, 31)
        assert locked_through(uow, uow.company.id, "ledger") is None
        (item,) = open_items(uow, purpose="tax")
        assert (item.key, item.remaining) == (f"tax.return:{filed}", eur("-139.90"))


def test_each_box_leads_to_its_lines_and_vouchers(firm, filed):
    rows = firm.report("tax.return-lines", tax_return=filed)
    assert [(row.box, row.voucher, str(row.amount.amount)) for row in rows] == [
        ("1", "s:1", "200.00"), ("4", "b:1", "60.10"), ("6", "s:1", "1000.00"), ("7", "b:1", "300.50"),
    ]  # fmt: skip
    assert [row.voucher for row in firm.report("tax.return-lines", tax_return=filed, box="4")] == ["b:1"]
    assert [row.in_return for row in firm.report("tax.ledger", registration="XA")] == ["XA-2026-03-31"] * 2


@pytest.mark.acceptance
def test_a_bill_that_comes_late_is_in_the_next_return_and_says_so(firm, filed, clock):
    """The first quarter is filed on 20 April. A bill of 20 March is entered on the 25th: it is declared in the second quarter, late."""
    clock.set("2026-04-25T09:00Z")
    before = firm.boxes(filed)
    firm.buy("b:2", "100.00", date(2026, 3, 20), posting_date=date(2026, 4, 25), if_closed="next_open")
    row = next(row for row in firm.report("tax.ledger") if row.voucher == "b:2")
    assert (row.posting_date, row.tax_date, row.declared, row.late) == (date(2026, 4, 25), date(2026, 3, 20), date(2026, 4, 1), True)
    firm.sell("s:2", "10.00", date(2026, 5, 2))
    clock.set("2026-07-03T09:00Z")
    second = firm.declare()
    assert firm.boxes(second) == {"1": "2.00", "4": "20.00", "5": "-18.00", "6": "10.00", "7": "100.00"}
    late = [(row.voucher, row.box) for row in firm.report("tax.return-lines", tax_return=second) if row.late]
    assert late == [("b:2", "4"), ("b:2", "7")]
    assert [row.late_lines for row in firm.report("tax.returns")] == [0, 1]
    assert firm.boxes(filed) == before


def test_an_error_of_a_filed_quarter_is_put_right_in_the_next(firm, filed, clock):
    before = firm.boxes(filed)
    with firm.work(reason="Credit note of a customer was forgotten") as uow:
        made = correct(uow, uow.get(TaxReturn, filed), "XA-STD", "output", eur("-250.00"), eur("-50.00"), counter="sales.returns")
    row = next(row for row in firm.report("tax.ledger") if row.voucher == made.key)
    assert (row.tax_date, row.declared, row.late, row.tax) == (date(2026, 3, 31), date(2026, 4, 1), True, eur("50.00"))
    clock.set("2026-07-03T09:00Z")
    assert firm.boxes(firm.declare())["1"] == "-50.00"
    assert firm.boxes(filed) == before


def test_a_correction_says_why_and_of_what(firm, filed):
    wrong = [
        (None, "XA-STD", "tax.correction_reason"),
        ("Because", "XA-19", "tax.unknown_code"),
    ]
    for reason, code, expected in wrong:
        with pytest.raises(Exception, match=r"reason|XA-19") as refused, firm.work(reason=reason) as uow:
            correct(uow, uow.get(TaxReturn, filed), code, "output", eur("1.00"), eur("0.20"))
        assert refused.value.findings[0].code == expected


@pytest.mark.parametrize(
    ("code", "base", "tax", "expected", "field"),
    [
        ("XB-STD", eur("10.00"), eur("2.00"), "tax.unknown_code", "code"),
        ("XA-EXEMPT", eur("10.00"), eur("2.00"), "tax.correction", "tax"),
        ("XA-STD", Money("10.00", "USD"), eur("2.00"), "tax.correction", "base"),
    ],
)
def test_a_correction_that_no_return_could_declare_is_refused(firm, filed, code, base, tax, expected, field):
    with firm.work() as uow:
        add_code(uow, "XB-STD", "XB", "Theirs", "standard")
    with pytest.raises(Refused) as refused, firm.work(reason="A mistake") as uow:
        correct(uow, uow.get(TaxReturn, filed), code, "output", base, tax)
    (found,) = refused.value.findings
    assert (found.code, found.field, bool(found.fix)) == (expected, field, True)


def test_where_the_authority_wants_it_a_filed_return_is_amended(firm, filed, clock):
    firm.buy("b:2", "100.00", date(2026, 3, 20), posting_date=date(2026, 4, 20), if_closed="next_open")
    firm.sell("s:2", "10.00", date(2026, 4, 2))
    with firm.work() as uow:
        again = amend_return(uow, uow.get(TaxReturn, filed))
        prepare_return(uow, again)
        file_return(uow, again)
    assert firm.boxes(again.id) == {"1": "200.00", "4": "80.10", "5": "119.90", "6": "1000.00", "7": "400.00"}
    assert firm.boxes(filed)["4"] == "60.10"
    with firm.work(read_only=True) as uow:
        assert {item.key: str(item.remaining) for item in open_items(uow, purpose="tax")} == {
            f"tax.return:{filed}": "-139.90 EUR", f"tax.return:{again.id}": "20.00 EUR",
        }  # fmt: skip
    clock.set("2026-07-03T09:00Z")
    assert firm.boxes(firm.declare()) == {"1": "2.00", "4": "0.00", "5": "2.00", "6": "10.00", "7": "0.00"}
    (found,) = firm.refused(lambda uow: amend_return(uow, uow.get(TaxReturn, filed)))
    assert found.code == "tax.return_amended"


# ---------------------------------------------------------------- what a filed return withstands


def test_a_filed_return_is_filed_once(firm, filed):
    (found,) = firm.refused(lambda uow: file_return(uow, uow.get(TaxReturn, filed)))
    assert found.code == "bo.illegal_move"


def test_a_filed_return_does_not_change(firm, filed):
    def prepare(uow):
        prepare_return(uow, uow.get(TaxReturn, filed))

    def dates(uow):
        uow.get(TaxReturn, filed).through = date(2026, 6, 30)

    def box(uow):
        uow.select(TaxReturnBox, return_id=filed, box="1").one().amount = eur("0.00")

    def line(uow):
        uow.remove(uow.select(TaxReturnLine, return_id=filed).first())

    for change in (prepare, dates, box, line):
        assert firm.refused(change), change.__name__
    (found,) = firm.refused(prepare)
    assert (found.code, "bo tax amend-return" in found.fix) == ("tax.return_filed", True)


def test_a_line_in_a_locked_tax_period_is_refused(firm, filed):
    (found,) = firm.refused(lambda uow: firm.post_in(uow, "s:9", "1.00", date(2026, 3, 31)))
    assert (found.code, found.params["area"]) == ("bo.period_locked", "tax:XA")
    assert found.fix


def test_what_was_not_looked_at_is_not_filed(firm, april):
    firm.sell("s:1", "1000.00")
    made = firm.declare(file=False)
    firm.sell("s:2", "1.00")
    (found,) = firm.refused(lambda uow: file_return(uow, uow.get(TaxReturn, made)))
    assert found.code == "tax.return_outdated"
    assert "1 new line" in found.message
    with firm.work() as uow:
        prepare_return(uow, uow.get(TaxReturn, made))
        file_return(uow, uow.get(TaxReturn, made), reference="A-1")
    assert firm.boxes(made)["6"] == "1001.00"
    assert [row.reference for row in firm.report("tax.returns")] == ["A-1"]


def test_returns_come_one_after_the_other_and_when_their_time_is_over(firm, april):
    first = firm.declare(file=False)
    (found,) = firm.refused(lambda uow: open_return(uow, uow.select(TaxRegistration).one()))
    assert (found.code, found.fix) == ("tax.return_open", "File it first: bo tax file-return XA-2026-03-31.")
    april.set("2026-03-31T20:00Z")
    (found,) = firm.refused(lambda uow: file_return(uow, uow.get(TaxReturn, first)))
    assert found.code == "tax.return_period"
    (found,) = firm.refused(lambda uow: amend_return(uow, uow.get(TaxReturn, first)))
    assert found.code == "tax.return_open"
    (found,) = firm.refused(lambda uow: correct(uow, uow.get(TaxReturn, first), "XA-STD", "output", eur("1.00"), eur("0.20")))
    assert found.code == "tax.return_open"


def test_the_last_return_ends_with_the_registration(firm, april):
    with firm.work() as uow:
        end_registration(uow, uow.select(TaxRegistration).one(), date(2026, 2, 14))
    firm.declare()
    assert [(row.since, row.through) for row in firm.report("tax.returns")] == [(date(2026, 1, 1), date(2026, 2, 14))]
    (found,) = firm.refused(lambda uow: open_return(uow, uow.select(TaxRegistration).one()))
    assert found.code == "tax.return_period"


def test_a_registration_in_the_middle_of_a_stagger(shop, clock):
    shop.register(since=date(2026, 1, 20), first_month=3)
    clock.set("2026-06-01T09:00Z")
    shop.declare()
    shop.declare()
    periods = [(row.since, row.through) for row in shop.report("tax.returns")]
    assert periods == [(date(2026, 1, 20), date(2026, 2, 28)), (date(2026, 3, 1), date(2026, 5, 31))]


def test_a_place_without_a_form_has_no_return(shop):
    shop.register("XZ")
    (found,) = shop.refused(lambda uow: open_return(uow, uow.select(TaxRegistration).one()))
    assert (found.code, found.message) == ("tax.no_form", "There is no form of a return for XZ.")
    shop.bo.run("tax.end_registration", "XZ", date(2026, 12, 31), actor="ann")
    with shop.work() as uow:
        uow.select(TaxRegistration).one().form = "XZ-1"
    (found,) = shop.refused(lambda uow: open_return(uow, uow.select(TaxRegistration).one()))
    assert found.message == "Nobody declares the form 'XZ-1'."


def test_a_return_is_filed_in_its_own_company(firm, april):
    """Named by its id, it locked the period of the company of the unit of work, and its tax was cleared in that one's books."""
    firm.sell("s:1", "1000.00")
    made = firm.declare(file=False)
    with firm.work() as uow:
        uow.add(Company(code="OTHER", name="Other Ltd", currency="USD"))
    for act in (
        prepare_return,
        file_return,
        amend_return,
        lambda uow, row: correct(uow, row, "XA-STD", "output", eur("1.00"), eur("0.20")),
    ):
        with pytest.raises(Refused) as refused, firm.work(company="OTHER") as uow:
            act(uow, uow.get(TaxReturn, made))
        assert [finding.code for finding in refused.value.findings] == ["tax.other_company"]
    with pytest.raises(Refused, match="It belongs to the company ACME"), firm.work(company="OTHER") as uow:
        open_return(uow, uow.select(TaxRegistration).one())
    with firm.work(company="OTHER", read_only=True) as uow:
        assert locked_through(uow, uow.company.id, "tax:XA") is None


def test_tax_without_a_box_is_not_lost(firm, april):
    with firm.work() as uow:
        fact = TaxFact("XZ-1", base=eur("-10.00"), tax=eur("-1.00"), on=date(2026, 1, 5), registration="XA")
        uow.post(Voucher("x", "x", [Line("cash", eur("11.00")), Line("sales", eur("-10.00")), Line("tax.output", eur("-1.00"), tax=fact)]))
    (found,) = firm.refused(lambda uow: prepare_return(uow, open_return(uow, uow.select(TaxRegistration).one())))
    assert (found.code, "'XZ-1' (output)" in found.message) == ("tax.no_box", True)


def test_a_box_that_the_form_does_not_have_is_refused_at_once(firm):
    def wrong(uow):
        add_code(uow, "XA-BAG", "XA", "Bags", "standard", boxes=["output.base=6", "output.tax=99"])

    (found,) = firm.refused(wrong)
    assert (found.code, found.message) == ("tax.boxes", "No return of XA has a box '99' for XA-BAG.")


def test_tax_whose_base_alone_has_a_box_is_not_lost(firm, april):
    """It was in no box, and went to rounding when the return was filed."""
    with firm.work() as uow:
        add_code(uow, "XA-BAG", "XA", "Bags", "standard", boxes=["output.base=6"])
        add_rate(uow, "XA-BAG", Decimal(10), date(2026, 1, 1))
    firm.sell("s:1", "100.00", codes=["XA-BAG"])
    (found,) = firm.refused(lambda uow: prepare_return(uow, open_return(uow, uow.select(TaxRegistration).one())))
    assert (found.code, "'XA-BAG' (output)" in found.message) == ("tax.no_box", True)


def test_the_debt_to_the_authority_stays_as_long_as_its_return(firm, filed):
    (found,) = firm.refused(lambda uow: uow.reverse(f"tax.return:{filed}", "A mistake"))
    assert (found.code, "amend-return" in found.fix) == ("tax.return_filed", True)
    with firm.work(read_only=True) as uow:
        assert [str(item.remaining) for item in open_items(uow, purpose="tax")] == ["-139.90 EUR"]


def test_what_comes_after_the_end_of_a_registration_is_not_forgotten(firm, filed, clock):
    with firm.work() as uow:
        end_registration(uow, uow.select(TaxRegistration).one(), date(2026, 3, 31))
    firm.sell("s:2", "10.00", date(2026, 3, 20), posting_date=date(2026, 4, 20), if_closed="next_open")
    (found,) = firm.refused(lambda uow: open_return(uow, uow.select(TaxRegistration).one()))
    assert "Of the tax ledger 1 line is in no return." in found.message
    with firm.work() as uow:
        again = amend_return(uow, uow.get(TaxReturn, filed))
        prepare_return(uow, again)
        file_return(uow, again)
    assert firm.boxes(again.id)["6"] == "1010.00"
    (found,) = firm.refused(lambda uow: open_return(uow, uow.select(TaxRegistration).one()))
    assert found.fix == "There is nothing more to declare."


# ---------------------------------------------------------------- who, and whether the books agree


def test_who_prepares_need_not_be_who_files(firm, april):
    firm.sell("s:1", "1000.00")
    clerk, manager = as_role(firm.bo, "tax.clerk"), as_role(firm.bo, "tax.manager")
    with firm.bo.unit_of_work(actor=clerk) as uow:
        made = open_return(uow, uow.select(TaxRegistration).one())
        prepare_return(uow, made)
    with pytest.raises(Exception, match=r"tax\.file"), firm.bo.unit_of_work(actor=clerk) as uow:
        file_return(uow, uow.get(TaxReturn, made.id))
    with firm.bo.unit_of_work(actor=manager) as uow:
        file_return(uow, uow.get(TaxReturn, made.id))
    assert [row.state for row in firm.report("tax.returns", actor=clerk)] == ["filed"]


def test_filing_can_take_four_eyes(firm, april):
    firm.sell("s:1", "1000.00")
    made = firm.declare(file=False)
    with firm.work() as uow:
        write_setting(uow, KernelSettings, "approvals", {"tax.file_return": "tax.manager"})
    one, other = as_role(firm.bo, "tax.manager", name="ann"), as_role(firm.bo, "tax.manager", name="bob")
    with pytest.raises(ApprovalNeeded):
        firm.bo.run("tax.file_return", made, actor=one)
    assert [row.state for row in firm.report("tax.returns", actor=one)] == ["prepared"]
    (waiting,) = firm.bo.approvals.all(actor=other)
    firm.bo.approvals.approve(waiting.id, actor=other)
    firm.bo.run("tax.file_return", made, actor=one)
    assert [row.state for row in firm.report("tax.returns", actor=one)] == ["filed"]


def test_the_tax_ledger_ties_to_the_books(firm, filed):
    with firm.work() as uow:
        assert list(check(uow)) == []
    rows = {row.what: row for row in firm.report("tax.reconciliation")}
    assert (rows["tax.output"].books, rows["tax.input"].books) == (eur("0.00"), eur("0.00"))
    before = {row.what: row for row in firm.report("tax.reconciliation", through=date(2026, 1, 31))}
    assert (before["tax.output"].books, before["tax.output"].ledger) == (eur("-200.00"), eur("-200.00"))


def test_what_differs_is_named(firm):
    firm.sell("s:1", "100.00")
    with firm.work() as uow:
        fact = TaxFact("XA-STD", base=eur("-10.00"), tax=eur("-2.00"), on=date(2026, 1, 5), registration="XA")
        uow.post(Voucher("odd", "x", [Line("cash", eur("3.00")), Line("tax.output", eur("-3.00"), tax=fact)]))
        uow.post(Voucher("bare", "x", [Line("cash", eur("1.00")), Line("tax.output", eur("-1.00"))]))
    rows = {row.what: row for row in firm.report("tax.reconciliation")}
    assert rows["tax.output"].difference == eur("0.00")
    assert rows["no tax fact: bare"].ledger == eur("-1.00")
    assert rows["tax fact of another amount: odd"].difference == eur("-1.00")


def test_an_entry_that_was_made_by_hand_shows_where_accounts_are_compared(firm):
    from bocore_accounting import Entry, account_ids, journal, post
    from bocore_accounting import Line as EntryLine

    firm.sell("s:1", "100.00")
    with firm.work() as uow:
        write_setting(uow, TaxSettings, "accounts", ["2200"])
        ids = account_ids(uow, ["2200", "1000"])
        entry = Entry(journal_id=journal(uow, "GEN").id, posting_date=date(2026, 1, 12), text="By hand")
        post(
            uow, [(entry, [EntryLine(account_id=ids["1000"], amount=eur("5.00")), EntryLine(account_id=ids["2200"], amount=eur("-5.00"))])]
        )
    with firm.work() as uow:
        (found,) = check(uow)
    assert found.message == "accounts 2200 differs by -5.00 EUR."


def test_without_books_there_is_nothing_to_compare(tmp_path, bo_plugins):
    bo = BackOffice(tmp_path / "alone.db", plugins=bo_plugins[1:]).init(company="Acme Ltd", currency="EUR")
    with bo, bo.unit_of_work(actor="ann") as uow:
        assert list(check(uow)) == []


def test_locking_a_period_by_hand_warns_of_what_is_not_declared(firm, april):
    firm.sell("s:1", "100.00")
    with firm.work() as uow:
        lock_period(uow, "tax:XA", date(2026, 3, 31))
    assert [finding.code for finding in uow.findings] == ["tax.not_declared"]


def test_the_tax_that_is_due_is_a_figure(firm, filed):
    firm.sell("s:2", "50.00", date(2026, 4, 3))
    (row,) = firm.report("tax.due")
    assert (row.due, row.lines, row.late) == (eur("10.00"), 1, 0)


def test_tax_of_a_day_to_come_is_not_due_yet(firm, filed):
    firm.sell("s:2", "50.00", date(2026, 12, 31))
    (row,) = firm.report("tax.due")
    assert (row.due, row.lines) == (eur("0.00"), 0)


def test_each_line_is_in_one_return(firm, filed, clock):
    clock.set("2026-07-03T09:00Z")
    second = firm.declare()
    with firm.work(read_only=True) as uow:
        assert uow.select(TaxReturnLine, return_id=second).count() == 0
        assert uow.select(TaxLine, kind="fact").count() == 2
