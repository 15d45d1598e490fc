"""The tax ledger has what was posted, in the company's currency; also what was posted before it was there."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bocore import BackOffice, Company, Line, Money, NotAllowed, Rate, Refused, TaxFact, Voucher
from bocore.testing import as_role
from bocore_tax import TaxLine, TaxRequest, catch_up, register, tax, tax_lines


def eur(amount):
    return Money(amount, "EUR")


def lines_of(bo):
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        rows = uow.select(TaxLine).order_by(TaxLine.c.id).all()
    return [(one.voucher_id, one.position, one.kind, one.code, one.direction, one.base, one.tax, one.booked, one.declared) for one in rows]


def test_a_reversal_takes_its_tax_back(firm):
    firm.sell("s:1", "100.00")
    with firm.work() as uow:
        uow.reverse("s:1", "Rung up twice")
    rows = firm.report("tax.ledger")
    assert [(row.voucher, row.base, row.tax) for row in rows] == [
        ("s:1", eur("-100.00"), eur("-20.00")), ("s:1:reversal", eur("100.00"), eur("20.00")),
    ]  # fmt: skip


def test_a_reversal_of_what_was_declared_is_declared_in_the_next_period(firm, clock):
    firm.sell("s:1", "100.00")
    clock.set("2026-04-20T09:00Z")
    first = firm.declare()
    with firm.work() as uow:
        uow.reverse("s:1", "Never delivered")
    row = firm.report("tax.ledger")[-1]
    assert (row.declared, row.late, row.tax) == (date(2026, 4, 1), True, eur("20.00"))
    assert firm.boxes(first)["1"] == "20.00"


def test_amounts_in_another_currency_are_declared_in_the_companys(firm):
    with firm.work() as uow:
        uow.add(Rate(currency="USD", to_currency="EUR", on=date(2026, 1, 10), rate=Decimal("0.90")))
        (answer,) = tax(uow, [firm.ask(Money("100.00", "USD"))])
        (free,) = tax(uow, [firm.ask(Money("50.00", "USD"), tax_class="exempt")])
        own = [Line("receivable", answer.payable + free.payable), Line("sales", -answer.net - free.net)]
        uow.post(Voucher("s:usd", "sale", [*own, *tax_lines([answer, free])], document_date=date(2026, 1, 10)))
    rows = {row.code: row for row in firm.report("tax.ledger")}
    assert (rows["XA-STD"].base, rows["XA-STD"].tax) == (eur("-90.00"), eur("-18.00"))
    assert (rows["XA-EXEMPT"].base, rows["XA-EXEMPT"].tax) == (eur("-45.00"), eur("0.00"))


@pytest.mark.parametrize(
    ("usd", "base", "declared"),
    [
        # The line of the tax is rounded to 0.06: at its rate of 0.857 the base would be 0.30.
        (("0.42", "-0.35", "-0.07"), ("0.39", "-0.33", "-0.06"), "-0.33"),
        # Some laws name the rate for tax: who converts the line of the tax by it means its base as well.
        (("120.00", "-100.00", "-20.00"), ("108.00", "-89.00", "-19.00"), "-95.00"),
    ],
)
def test_what_tax_was_computed_on_is_worth_what_the_document_is_unless_tax_has_a_rate_of_its_own(firm, usd, base, declared):
    owed, net, tax = (Money(amount, "USD") for amount in usd)
    fact = TaxFact("XA-STD", base=net, tax=tax, direction="output", on=date(2026, 1, 10), registration="XA")
    lines = [Line("receivable", owed, base=eur(base[0])), Line("sales", net, base=eur(base[1]))]
    with firm.work() as uow:
        uow.post(Voucher("s:usd", "sale", [*lines, Line("tax.output", tax, base=eur(base[2]), tax=fact)]))
    (row,) = firm.report("tax.ledger")
    assert (row.base, row.tax) == (eur(declared), eur(base[2]))


def test_tax_in_a_currency_that_the_voucher_does_not_have_is_refused(firm):
    """Its base was declared as nothing."""
    fact = TaxFact("XA-STD", base=Money("-10.00", "USD"), tax=eur("-2.00"), registration="XA")
    lines = [Line("cash", eur("12.00")), Line("sales", eur("-10.00")), Line("tax.output", eur("-2.00"), tax=fact)]
    (found,) = firm.refused(lambda uow: uow.post(Voucher("s:1", "sale", lines)))
    assert (found.code, found.where) == ("tax.currency", "voucher s:1 line 3.tax.base")


def test_a_fact_on_a_line_of_another_purpose_counts_as_well(firm):
    """What is free of tax may be told by the line of the sale itself."""
    with firm.work() as uow:
        fact = TaxFact("XA-ZERO", base=eur("-9.00"), tax=eur("0.00"), rate=Decimal(0), registration="XA")
        uow.post(Voucher("s", "sale", [Line("cash", eur("9.00")), Line("sales", eur("-9.00"), tax=fact)], document_date=date(2026, 2, 1)))
    (row,) = firm.report("tax.ledger")
    assert (row.code, row.base, row.tax_date, row.declared) == ("XA-ZERO", eur("-9.00"), date(2026, 2, 1), date(2026, 2, 1))


def test_a_registration_that_nobody_has_is_warned_of(firm):
    with firm.work() as uow:
        fact = TaxFact("XA-STD", base=eur("-10.00"), tax=eur("-2.00"), registration="XQ")
        uow.post(Voucher("x", "x", [Line("cash", eur("12.00")), Line("sales", eur("-10.00")), Line("tax.output", eur("-2.00"), tax=fact)]))
    (found,) = (finding for finding in uow.findings if finding.code.startswith("tax."))
    assert (found.code, "bo tax register XQ" in found.fix) == ("tax.unknown_registration", True)


def test_each_company_has_its_own_registrations_and_its_own_ledger(firm):
    firm.sell("s:1", "100.00")
    with firm.work() as uow:
        other = uow.add(Company(code="OTHER", name="Other Ltd", currency="USD"))
    clerk = as_role(firm.bo, "tax.clerk", companies=["OTHER"])
    with firm.bo.unit_of_work(actor=clerk, company=other.id, read_only=True) as uow:
        assert uow.select(TaxLine).count() == 0
        with pytest.raises(Refused, match="OTHER is not registered"):
            tax(uow, [firm.ask()])
    assert list(firm.bo.report("tax.ledger", actor=clerk, company="OTHER").rows) == []


def test_who_has_no_right_to_tax_computes_it_and_reads_nothing(firm):
    cashier = as_role(firm.bo, "accounting.bookkeeper", name="cashier")
    with pytest.raises(NotAllowed), firm.bo.unit_of_work(actor=cashier, read_only=True) as uow:
        uow.select(TaxLine).all()
    with firm.bo.unit_of_work(actor=cashier) as uow:
        (answer,) = tax(uow, [firm.ask()])
    assert str(answer.gross.amount) == "120.00"


def trade(bo):
    """What a shop posts, whoever listens."""
    facts = [
        (f"s:{at}", date(2026, month, 5), TaxFact("XA-STD", base=eur("-10.00"), tax=eur("-2.00"), rate=Decimal(20), registration="XA"))
        for at, month in enumerate((3, 1, 2))
    ]
    for key, day, fact in facts:
        with bo.unit_of_work(actor="ann") as uow:
            lines = [Line("cash", eur("12.00")), Line("sales", eur("-10.00")), Line("tax.output", eur("-2.00"), tax=fact)]
            uow.post(Voucher(key, "sale", lines, document_date=day))
    with bo.unit_of_work(actor="ann") as uow:
        uow.post(Voucher("rent", "rent", [Line("expense", eur("5.00")), Line("bank", eur("-5.00"))], document_date=date(2026, 1, 1)))
        uow.reverse("s:1", "Wrong")


def test_what_was_posted_before_the_plugin_was_there_gives_the_same_ledger(tmp_path, bo_plugins, clock):
    def open_(name, plugins):
        return BackOffice(tmp_path / name, plugins=plugins, clock=clock)

    with open_("with.db", bo_plugins).init(company="Acme Ltd", currency="EUR") as bo:
        with bo.unit_of_work(actor="ann") as uow:
            register(uow, "XA", "XA", "", date(2026, 1, 1))
        trade(bo)
        expected = lines_of(bo)
    with open_("later.db", []).init(company="Acme Ltd", currency="EUR") as bo:
        trade(bo)
    with open_("later.db", bo_plugins) as bo:
        bo.migrate()
        with bo.unit_of_work(actor="ann") as uow:
            register(uow, "XA", "XA", "", date(2026, 1, 1))
        assert bo.run(catch_up, actor="ann") == 4
        assert bo.run(catch_up, actor="ann") == 0
        found = lines_of(bo)
    order = [row[0] for row in found]
    assert sorted(found) == sorted(expected)
    assert order != sorted(order), "by posting date, not as they came"


@pytest.fixture(scope="module")
def town(tmp_path_factory, bo_plugins):
    """A firm that goes on trading from one example to the next."""
    with BackOffice(tmp_path_factory.mktemp("town") / "t.db", plugins=bo_plugins).init(company="Acme Ltd", currency="EUR") as bo:
        with bo.unit_of_work(actor="ann") as uow:
            register(uow, "XA", "XA", "", date(2026, 1, 1))
        yield bo


SALES = st.tuples(
    st.integers(-99_999, 99_999), st.sampled_from(["standard", "reduced", "zero", "exempt"]), st.sampled_from(["output", "input"]),
    st.sampled_from(["XA", "XZ"]), st.booleans(),
)  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SALES, min_size=1, max_size=6), st.booleans())
def test_the_tax_ledger_is_the_sum_of_the_facts_of_what_was_posted(town, trades, back):
    """Whatever is posted and taken back, the tax ledger has its facts, ties to the books, and a refund leaves every box as it was."""
    with town.unit_of_work(actor="ann") as uow:
        before = totals(uow)
        asked = [
            TaxRequest(
                amount=Money.minor(minor, "EUR"), place="XA", on=date(2026, 1, 10), tax_class=tax_class, direction=direction,
                counterpart=counterpart, business=True, inclusive=inclusive, document="d",
            )
            for minor, tax_class, direction, counterpart, inclusive in trades
        ]  # fmt: skip
        lines = tax_lines(tax(uow, asked))
        balance = -sum((line.amount for line in lines), Money.zero("EUR"))
        key = f"v:{uow.unit}"
        uow.post(Voucher(key, "sale", [*lines, Line("receivable", balance)], document_date=date(2026, 1, 10)))
        uow.flush()
        after = totals(uow)
        assert after == tuple(a + b for a, b in zip(before, facts(lines), strict=True))
        if back:
            uow.reverse(key, "Came back")
            uow.flush()
            assert totals(uow) == before
    rows = town.report("tax.reconciliation", actor="ann").rows
    assert [row.what for row in rows if row.difference] == []


def totals(uow):
    rows = uow.select(TaxLine).all()
    return tuple(sum(getattr(row, name).minor_units for row in rows) for name in ("base", "tax", "booked"))


def facts(lines):
    return (
        sum(line.tax.base.minor_units for line in lines), sum(line.tax.tax.minor_units for line in lines),
        sum(line.amount.minor_units for line in lines),
    )  # fmt: skip
