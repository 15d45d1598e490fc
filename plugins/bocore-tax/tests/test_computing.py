"""Which taxes an amount has, by place, date and class; and the voucher lines that come of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import ModuleType

import pytest

from bocore import BackOffice, Line, Money, Plugin, Rounding, Voucher, hookimpl, write_setting
from bocore_tax import TaxAnswer, TaxRequest, TaxRule, TaxSettings, register, tax, tax_lines
from bocore_tax.services import add_code


def eur(amount):
    return Money(amount, "EUR")


def codes(answer):
    return [charge.code for charge in answer.charges]


def test_the_rate_is_that_of_the_day(firm):
    firm.register("XA-1", date(2020, 1, 1))  # a part of XA of its own
    late, early = firm.answer(firm.ask(on=date(2026, 1, 1)), firm.ask(place="XA-1", on=date(2025, 12, 31)))
    assert (late.gross, late.charges[0].rate) == (eur("120.00"), Decimal(20))
    assert [charge.rate for charge in early.charges] == [Decimal("17.5"), Decimal(10)]
    assert early.gross == eur("129.25")  # 117.50 and 10 % of it


def test_what_is_sold_and_bought(firm):
    sold, bought = firm.answer(firm.ask(), firm.ask("119.00", direction="input", inclusive=True, tax_class="reduced"))
    (out,), (back,) = sold.charges, bought.charges
    assert (out.fact.base, out.fact.tax, out.fact.direction, out.fact.registration) == (eur("-100.00"), eur("-20.00"), "output", "XA")
    assert (back.fact.base, back.fact.tax, back.purpose) == (eur("113.33"), eur("5.67"), "tax.input")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["XA-STD"]),
        ({"tax_class": ""}, ["XA-STD"]),
        ({"tax_class": "exempt"}, ["XA-EXEMPT"]),
        ({"counterpart": "XZ"}, ["XA-ZERO"]),
        ({"counterpart": "XB"}, ["XA-ZERO"]),
        ({"counterpart": "XB", "business": True}, ["XA-RCS"]),
        ({"counterpart": "XB-7", "tax_number": "XB 1"}, ["XA-RCS"]),
        ({"counterpart": "XC", "business": True}, ["XA-ZERO"]),  # left the union in 2025
        ({"counterpart": "XA-9", "business": True}, ["XA-STD"]),
        ({"counterpart": "XZ", "business": True, "direction": "input"}, ["XA-RC", "XA-RC"]),
        ({"place": "XA-1"}, ["XA-STD", "XA-CITY"]),
        ({"place": "XA-1", "tax_class": "zero"}, ["XA-ZERO"]),
        ({"codes": ["XA-STD", "XA-WH"]}, ["XA-STD", "XA-WH"]),
        ({"codes": []}, []),
    ],
)
def test_the_rule_that_says_most_decides(firm, asked, expected):
    (answer,) = firm.answer(firm.ask(**asked))
    assert codes(answer) == expected


def test_a_reverse_charge_has_both_facts_and_nets_to_zero(firm):
    (answer,) = firm.answer(firm.ask(direction="input", counterpart="XZ", business=True))
    owed, back = answer.charges
    assert (owed.fact.direction, owed.fact.tax, owed.fact.base) == ("output", eur("-20.00"), eur("-100.00"))
    assert (back.fact.direction, back.fact.tax, back.fact.base) == ("input", eur("20.00"), eur("100.00"))
    assert answer.gross == answer.net == answer.payable == eur("100.00")
    assert sum((line.amount for line in tax_lines([answer])), eur("0.00")) == eur("0.00")
    assert owed.note == "Reverse charge"
    (sold,) = firm.answer(firm.ask(counterpart="XB", business=True))
    assert (sold.gross, sold.charges[0].fact.tax) == (eur("100.00"), eur("0.00"))


def test_tax_that_is_not_given_back_is_cost(firm):
    (answer,) = firm.answer(firm.ask("99.99", direction="input", codes=["XA-CAR"]))
    assert (answer.gross, answer.cost, answer.charges[0].fact.tax) == (eur("119.99"), eur("10.00"), eur("10.00"))


def test_a_withheld_tax_is_a_claim_of_who_sells_and_a_debt_of_who_buys(firm):
    sold, bought = firm.answer(firm.ask(codes=["XA-STD", "XA-WH"]), firm.ask(direction="input", codes=["XA-STD", "XA-WH"]))
    assert (sold.gross, sold.payable) == (bought.gross, bought.payable) == (eur("120.00"), eur("105.00"))
    assert [str(line.amount) for line in tax_lines([sold])] == ["-20.00 EUR", "15.00 EUR"]
    assert [str(line.amount) for line in tax_lines([bought])] == ["20.00 EUR", "-15.00 EUR"]
    assert [line.purpose for line in tax_lines([sold])] == ["tax.output", "tax.withholding"]


def test_a_bill_states_its_tax(firm):
    net, gross = firm.answer(
        firm.ask("100.00", direction="input", stated=eur("19.99")),
        firm.ask("119.99", direction="input", stated=eur("19.99"), inclusive=True),
    )
    assert (net.gross, net.charges[0].fact.tax) == (eur("119.99"), eur("19.99"))
    assert (gross.net, gross.charges[0].fact.base) == (eur("100.00"), eur("100.00"))


def test_a_document_is_rounded_once_where_its_requests_say_so(firm):
    three = [firm.ask("0.33", document="i:1", key=str(at)) for at in range(3)]
    answers = firm.answer(*three)
    assert [answer.tax for answer in answers] == [eur("0.07"), eur("0.07"), eur("0.06")]
    assert [answer.key for answer in answers] == ["0", "1", "2"]
    (line,) = tax_lines(answers, dims={"cost_centre": "SHOP1"}, by={"site": "north"})
    assert (line.amount, line.tax.base, line.tax.tax) == (eur("-0.20"), eur("-0.99"), eur("-0.20"))
    assert (line.by, line.dims) == ({"tax": "XA-STD", "site": "north"}, {"cost_centre": "SHOP1"})
    assert [answer.tax for answer in firm.answer(*(firm.ask("0.33") for _ in range(3)))] == [eur("0.07")] * 3
    with firm.work() as uow:
        write_setting(uow, TaxSettings, "rounding", "line")
        write_setting(uow, TaxSettings, "mode", Rounding.DOWN)
    assert [answer.tax for answer in firm.answer(*three)] == [eur("0.06")] * 3


def test_currencies_with_no_and_three_decimal_places(firm):
    yen, dinar = firm.answer(firm.ask(Money("1234", "JPY"), tax_class="reduced"), firm.ask(Money("1.234", "KWD"), tax_class="reduced"))
    assert (str(yen.tax), str(dinar.tax)) == ("62 JPY", "0.062 KWD")


def test_lines_on_which_nothing_is_charged_are_posted_all_the_same(firm):
    firm.sell("s:1", "100.00", tax_class="exempt")
    (row,) = firm.report("tax.ledger")
    assert (row.code, row.base, row.tax, row.rate) == ("XA-EXEMPT", eur("-100.00"), eur("0.00"), None)


# ---------------------------------------------------------------- refused


def codes_of(findings):
    return [finding.code for finding in findings]


@pytest.mark.parametrize(
    ("asked", "code", "says"),
    [
        ({"on": date(2019, 12, 31), "place": "XA-1"}, "tax.no_rate", "XA-STD (Standard) has no rate on 2019-12-31."),
        ({"tax_class": "luxury"}, "tax.unknown_class", "No rule for XA knows the class 'luxury'."),
        ({"place": "XY"}, "tax.not_registered", "ACME is not registered for tax in XY on 2026-01-10."),
        ({"codes": ["XA-19"]}, "tax.unknown_code", "There is no tax code 'XA-19'."),
        ({"codes": ["XB-STD"], "place": "XA"}, "tax.code_place", "XB-STD (Theirs) is a tax of XB, and the place of supply is XA."),
        ({"counterpart": "Germany"}, "tax.place", "'Germany' is no country of ISO 3166."),
        ({"counterpart": "xa"}, "tax.place", "'xa' is no country of ISO 3166."),
        ({"counterpart": "EL"}, "tax.place", "'EL' is written GR in ISO 3166."),
        ({"counterpart": "US-"}, "tax.place", "'US-' is no part of a country, such as US-CA."),
        ({"place": "UK"}, "tax.place", "'UK' is written GB in ISO 3166."),
        ({"direction": "sideways"}, "tax.request", "'sideways' is no direction."),
        ({"place": " "}, "tax.request", "The place of supply is missing."),
        ({"stated": Money("1.00", "USD")}, "tax.request", "The tax is stated in USD, the amount in EUR."),
        ({"stated": Money("1.00", "EUR"), "codes": ["XA-STD", "XA-RED"]}, "tax.stated", "The tax is stated, and 2 taxes apply."),
        ({"stated": Money("-1.00", "EUR")}, "tax.stated", "-1.00 EUR can't be the tax of 100.00 EUR."),
        ({"stated": Money("101.00", "EUR"), "inclusive": True}, "tax.stated", "101.00 EUR can't be the tax of 100.00 EUR with tax in it."),
        (
            {"stated": Money("1.00", "EUR"), "tax_class": "exempt"},
            "tax.stated",
            "1.00 EUR of tax are stated, and XA-EXEMPT (Exempt) has none in its price.",
        ),
        (
            {"stated": Money("20.00", "EUR"), "codes": ["XA-RC"], "direction": "input"},
            "tax.stated",
            "20.00 EUR of tax are stated, and XA-RC (Reverse charge) has none in its price.",
        ),
    ],
)
def test_what_can_not_be_taxed_is_refused_with_its_place_and_remedy(firm, asked, code, says):
    firm.register("XA-1", date(2010, 1, 1))
    with firm.work() as uow:
        add_code(uow, "XB-STD", "XB", "Theirs", "standard")
    findings = firm.refused(lambda uow: tax(uow, [firm.ask(key="line 7", **asked)]))
    found = next(finding for finding in findings if finding.code == code)
    assert found.message == says
    assert found.at == "tax request line 7"
    assert found.fix


def test_all_that_is_wrong_comes_at_once(firm):
    asked = [firm.ask(tax_class="luxury"), firm.ask(), firm.ask(on=date(2027, 1, 1), codes=["XA-19"])]
    findings = firm.refused(lambda uow: tax(uow, asked))
    assert [(finding.code, finding.at) for finding in findings] == [
        ("tax.unknown_class", "tax request 1"), ("tax.unknown_code", "tax request 3"),
    ]  # fmt: skip


def test_a_place_for_which_nothing_is_declared(firm):
    firm.register("XY")
    (found,) = firm.refused(lambda uow: tax(uow, [firm.ask(place="XY")]))
    assert (found.code, found.message) == ("tax.no_rule", "No rule says how 'standard' is taxed in XY on 2026-01-10 (output).")


def test_who_is_not_registered_owes_nothing_where_the_firm_says_so(shop):
    with shop.work() as uow:
        write_setting(uow, TaxSettings, "unregistered", "none")
    (answer,) = shop.answer(shop.ask())
    assert (answer.net, answer.gross, answer.charges) == (eur("100.00"), eur("100.00"), ())


# ---------------------------------------------------------------- somebody else computes


def test_who_is_not_registered_pays_what_a_bill_states_and_gets_nothing_back(shop):
    with shop.work() as uow:
        write_setting(uow, TaxSettings, "unregistered", "none")
    on_top, within = shop.answer(
        shop.ask(direction="input", stated=eur("20.00")), shop.ask("120.00", direction="input", stated=eur("20.00"), inclusive=True)
    )
    for answer in (on_top, within):
        assert (answer.net, answer.payable, answer.cost, answer.charges) == (eur("100.00"), eur("120.00"), eur("20.00"), ())


def test_a_service_of_somebody_elses_answers_in_place_of_the_rules(tmp_path, bo_plugins):
    @hookimpl
    def bo_tax_compute(uow, requests):
        if any(request.place != "US-CA" for request in requests):
            return None
        return [TaxAnswer(key="", net=one.amount, gross=one.amount, payable=one.amount, cost=one.amount) for one in requests]

    module = ModuleType("elsewhere")
    module.plugin, module.bo_tax_compute = Plugin(prefix="elsewhere"), bo_tax_compute
    bo = BackOffice(tmp_path / "e.db", plugins=[*bo_plugins, module]).init(company="Acme Ltd", currency="EUR")
    with bo, bo.unit_of_work(actor="ann") as uow:
        register(uow, "XA", "XA", "", date(2026, 1, 1))
        ask = {"amount": eur("100.00"), "on": date(2026, 1, 10)}
        assert tax(uow, [TaxRequest(place="US-CA", **ask)])[0].cost == eur("100.00")
        assert tax(uow, [TaxRequest(place="XA", **ask)])[0].gross == eur("120.00")
        assert tax(uow, []) == []


def test_a_firms_own_rule_wins_over_the_packs(firm):
    with firm.work() as uow:
        uow.add(TaxRule(place="XA", codes=["XA-RED"], tax_class="standard", since=date(2026, 1, 5)))
    before, after = firm.answer(firm.ask(on=date(2026, 1, 4)), firm.ask(on=date(2026, 1, 5), counterpart="XZ"))
    assert (codes(before), codes(after)) == (["XA-STD"], ["XA-RED"])


def test_a_sale_and_its_refund_net_to_zero_in_the_books(firm):
    for key, net in (("s:1", "33.33"), ("r:1", "-33.33")):
        firm.sell(key, net)
    assert firm.balances() == {}
    assert [(str(row.base.amount), str(row.tax.amount)) for row in firm.report("tax.ledger")] == [("-33.33", "-6.67"), ("33.33", "6.67")]


def test_a_voucher_takes_the_lines_as_they_are(firm):
    with firm.work() as uow:
        (answer,) = tax(uow, [firm.ask("12.50", inclusive=True)])
        lines = [Line("cash", answer.payable), Line("sales", -answer.net), *tax_lines([answer])]
        uow.post(Voucher("t:1", "till", lines, document_date=date(2026, 1, 10)))
    assert firm.balances()["2200"] == "-2.08"
