"""What a firm says itself of codes, rates, rules and registrations; and what it can't say."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import ModuleType

import pytest

from bocore import BackOffice, DeclarationError, Plugin
from bocore.testing import as_role
from bocore_tax import Area, Box, DatedRate, Form, Rule, Tax, TaxCode, TaxRate, TaxRegistration, TaxRule
from bocore_tax.declare import wrong_steps
from bocore_tax.periods import next_period, period_around
from bocore_tax.services import add_code, add_rate, add_rule, end_rate, register


def test_a_firms_own_tax_from_code_to_return(firm, clock):
    with firm.work() as uow:
        boxes = ["output.base=6", "output.tax=1", "output.tax=4"]
        add_code(uow, "XA-PLASTIC", "XA", "Plastic", "standard", boxes=boxes)
        add_rate(uow, "XA-PLASTIC", Decimal(3), date(2026, 1, 1), until=date(2026, 1, 31), source="our letter")
        add_rate(uow, "XA-PLASTIC", Decimal(4), date(2026, 2, 1))
        add_rule(uow, "XA", ["XA-STD", "XA-PLASTIC"], tax_class="plastic", since=date(2026, 1, 1))
    firm.sell("s:1", "100.00", tax_class="plastic")
    firm.sell("s:2", "100.00", date(2026, 2, 1), tax_class="plastic")
    rows = {(row.code, str(row.rate)) for row in firm.report("tax.rates", on=date(2026, 1, 15), place="XA-1") if row.own}
    assert rows == {("XA-PLASTIC", "3")}
    clock.set("2026-04-20T09:00Z")
    assert firm.boxes(firm.declare()) == {"1": "47.00", "4": "7.00", "5": "40.00", "6": "400.00", "7": "0.00"}


def test_a_firms_own_rate_wins_over_the_packs_on_its_days(firm):
    with firm.work() as uow:
        uow.add(TaxRate(code="XA-STD", percent=Decimal("19"), since=date(2026, 1, 5), until=date(2026, 1, 6)))
    answers = firm.answer(*(firm.ask(on=date(2026, 1, day)) for day in (4, 5, 6, 7)))
    assert [answer.charges[0].rate for answer in answers] == [20, 19, 19, 20]


def test_a_code_that_the_firm_sees_otherwise(firm):
    with firm.work() as uow:
        uow.add(TaxCode(code="XA-STD", place="XA", name="Ours", kind="standard", recoverable=Decimal(40)))
    (answer,) = firm.answer(firm.ask(direction="input"))
    assert (answer.charges[0].name, str(answer.cost.amount)) == ("Ours", "12.00")


@pytest.mark.parametrize(
    ("make", "code", "field"),
    [
        (lambda uow: [add_rate(uow, "XA-STD", Decimal(1), date(2026, 1, 1)), add_rate(uow, "XA-STD", Decimal(2), date(2026, 6, 1))],
         "tax.overlapping_rates", "since"),
        (lambda uow: add_rate(uow, "XA-STD", Decimal(1), date(2026, 1, 2), until=date(2026, 1, 1)), "tax.rate", "until"),
        (lambda uow: add_rate(uow, "XA-NONE", Decimal(1), date(2026, 1, 2)), "tax.unknown_code", "code"),
        (lambda uow: add_rate(uow, "XA-STD", Decimal(-1), date(2026, 1, 2)), "bo.invalid", "percent"),
        (lambda uow: add_rule(uow, "XA", ["XA-NONE"]), "tax.unknown_code", "code"),
        (lambda uow: add_rule(uow, "XA", ["XA-STD"], counterpart="MARS"), "tax.rule", "counterpart"),
        (lambda uow: uow.add(TaxRule(place="XA", codes=["XA-STD"], direction="up")), "tax.rule", "direction"),
        (lambda uow: uow.add(TaxRule(place="XA", codes=["XA-STD"], party="cat")), "tax.rule", "party"),
        (lambda uow: add_code(uow, "XA-X", "XA", "X", "zero", boxes=["sideways=1"]), "tax.boxes", "boxes"),
        (lambda uow: register(uow, "UK", "UK", "", date(2026, 5, 1)), "tax.place", "place"),
        (lambda uow: add_rule(uow, "xa", ["XA-STD"]), "tax.place", "place"),
        (lambda uow: register(uow, "XA2", "XA", "", date(2026, 5, 1)), "tax.registration", "since"),
        (lambda uow: register(uow, "GB", "GB", "GB 980 7806 85", date(2026, 5, 1)), "tax.number", "number"),
        (lambda uow: register(uow, "tax:GB", "GB", "", date(2026, 5, 1)), "tax.registration", "code"),
        (lambda uow: register(uow, "XB", "XB", "", date(2026, 5, 1), months=5), "tax.registration", "months"),
    ],
)  # fmt: skip
def test_what_does_not_hold_together_is_refused(firm, make, code, field):
    findings = firm.refused(make)
    assert (code, field) in [(finding.code, finding.field) for finding in findings]
    assert all(finding.fix for finding in findings)


def test_a_rate_that_has_ended_makes_room(firm):
    with firm.work() as uow:
        first = add_rate(uow, "XA-STD", Decimal(1), date(2026, 1, 1))
    with firm.work() as uow:
        end_rate(uow, uow.get(TaxRate, first.id), date(2026, 5, 31))
        add_rate(uow, "XA-STD", Decimal(2), date(2026, 6, 1))


def test_a_registration_with_returns_keeps_its_periods(firm, clock):
    clock.set("2026-04-20T09:00Z")
    firm.declare()

    def change(uow):
        uow.select(TaxRegistration).one().months = 1

    (found,) = firm.refused(change)
    assert (found.code, found.field) == ("tax.registration", "months")


def test_only_who_sets_up_changes_rates(firm):
    clerk = as_role(firm.bo, "tax.clerk")
    with pytest.raises(Exception, match=r"tax\.setup"), firm.bo.unit_of_work(actor=clerk) as uow:
        add_rate(uow, "XA-STD", Decimal(1), date(2026, 1, 1))
    with pytest.raises(Exception, match="TaxRate"), firm.bo.unit_of_work(actor=clerk) as uow:
        uow.add(TaxRate(code="XA-STD", percent=Decimal(1), since=date(2026, 1, 1)))


def test_quote_shows_the_tax_of_an_amount(firm):
    rows = firm.bo.run("tax.quote", firm.ask().amount, "XA", actor="ann", on=date(2026, 1, 10), inclusive=True)
    assert [(row["code"], row["tax"], row["gross"]) for row in rows] == [("XA-STD", "-16.67 EUR", "100.00 EUR")] or rows


# ---------------------------------------------------------------- packs


STEP = DatedRate(percent=Decimal(20))
FINE = Tax(code="XA-STD", place="XA", name="S", kind="standard", rates=[STEP])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"tax.rates": ["XA-20"]}, "declares 'XA-20' under 'tax.rates'"),
        ({"tax.rates": [FINE, Tax(code="XA-STD", place="XA", name="T", kind="standard", rates=[STEP])]}, "is declared twice"),
        ({"tax.rates": [Tax(code="XA-STD", place="XA", name="S", kind="standard")]}, "has no rate"),
        ({"tax.rules": [Rule(place="XA", codes="XA-NONE")]}, "names XA-NONE, which nobody declares"),
        ({"tax.areas": [FINE]}, "under 'tax.areas'"),
    ],
)
def test_a_pack_that_does_not_hold_together_is_refused(tmp_path, data, says):
    module = ModuleType("broken")
    module.plugin = Plugin(prefix="broken", data=data)
    bo = BackOffice(tmp_path / "p.db", plugins=["tax", module]).init(company="Acme Ltd", currency="EUR")
    with pytest.raises(DeclarationError, match=says):
        bo.report("tax.rates", actor="ann").rows
    bo.close()


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([("20", (2026, 1, 1), None), ("21", (2026, 6, 1), None)], "two rates on 2026-06-01: 20 and 21"),
        ([("20", None, (2026, 6, 1)), ("21", (2026, 6, 1), None)], "two rates on 2026-06-01"),
        ([("20", (2026, 2, 1), (2026, 1, 1))], "before it begins"),
        ([("-1", None, None)], "has the rate -1"),
        ([("20", (2026, 1, 1), (2026, 5, 31)), ("21", (2026, 6, 1), None)], ""),
    ],
)
def test_rates_that_overlap_are_refused_where_they_are_declared(steps, says):
    rates = [DatedRate(percent=Decimal(p), since=s and date(*s), until=u and date(*u)) for p, s, u in steps]
    assert says in wrong_steps(rates)
    if says:
        with pytest.raises(DeclarationError, match="Correct Tax"):
            Tax(code="X", place="X", name="X", kind="standard", rates=rates)


def test_declarations_that_contradict_themselves():
    with pytest.raises(DeclarationError, match="exempt and has rates"):
        Tax(code="X", place="X", name="X", kind="exempt", rates=[STEP])
    with pytest.raises(DeclarationError, match="gives back 120 %"):
        Tax(code="X", place="X", name="X", kind="standard", rates=[STEP], recoverable=Decimal(120))
    with pytest.raises(DeclarationError, match="before 1, 2"):
        Form(code="F", place="X", name="F", due="3", boxes=[Box(code="3", label="", sums="1 + 2"), Box(code="1", label="")])
    with pytest.raises(DeclarationError, match="'1' twice"):
        Form(code="F", place="X", name="F", due="1", boxes=[Box(code="1", label=""), Box(code="1", label="")])
    with pytest.raises(DeclarationError, match="no box '9'"):
        Form(code="F", place="X", name="F", due="9", boxes=[Box(code="1", label="")])
    assert not Area(code="A", places={"X": (date(2020, 1, 1), None)}).has("X", date(2019, 12, 31))


@pytest.mark.parametrize(
    ("day", "months", "first", "expected"),
    [
        (date(2026, 1, 31), 3, 1, (date(2026, 1, 1), date(2026, 3, 31))),
        (date(2026, 1, 31), 3, 3, (date(2025, 12, 1), date(2026, 2, 28))),
        (date(2024, 2, 29), 1, 1, (date(2024, 2, 1), date(2024, 2, 29))),
        (date(2026, 3, 31), 12, 4, (date(2025, 4, 1), date(2026, 3, 31))),
    ],
)
def test_periods(day, months, first, expected):
    assert period_around(day, months, first) == expected
    assert next_period(expected[1], months, first)[0] > expected[1]
