"""Umsatzsteuer of Germany: its rates by date, who owes it, and the Kennzahlen of the Voranmeldung."""

from __future__ import annotations

from datetime import date

import pytest

from bocore import Line, Money, Voucher
from bocore_tax import TaxCode, TaxRequest, tax, tax_lines


def filled(firm):
    """File the next return; gives its Kennzahlen that are not zero."""
    return {box: amount for box, amount in firm.declare().items() if amount != "0.00"}


@pytest.mark.acceptance
def test_the_rates_by_date(firm):
    """§ 12 Abs. 1 and 2 UStG through the years, and § 28 UStG for the second half of 2020."""
    firm.register(date(1968, 1, 1), "DE 136,695 976", months=1)
    published = {
        date(1968, 1, 1): ("-10.00", "-5.00"), date(1968, 7, 1): ("-11.00", "-5.50"), date(1978, 1, 1): ("-12.00", "-6.00"),
        date(1979, 7, 1): ("-13.00", "-6.50"), date(1983, 7, 1): ("-14.00", "-7.00"), date(1993, 1, 1): ("-15.00", "-7.00"),
        date(1998, 4, 1): ("-16.00", "-7.00"), date(2006, 12, 31): ("-16.00", "-7.00"), date(2007, 1, 1): ("-19.00", "-7.00"),
        date(2020, 6, 30): ("-19.00", "-7.00"), date(2020, 7, 1): ("-16.00", "-5.00"), date(2020, 12, 31): ("-16.00", "-5.00"),
        date(2021, 1, 1): ("-19.00", "-7.00"),
    }  # fmt: skip
    found = {day: (firm.taxes(on=day)[0][2], firm.taxes(on=day, tax_class="reduced")[0][2]) for day in published}
    assert found == published


AUSTRIA = {"counterpart": "AT", "business": True}
CASES = [
    ({"counterpart": "CH"}, [("DE-EXPORT", "output", "0.00")]),
    ({"counterpart": "AT"}, [("DE-STD", "output", "-19.00")]),
    ({"counterpart": "AT", "tax_number": "ATU12345675"}, [("DE-EU-SUPPLY", "output", "0.00")]),
    ({"counterpart": "GB", "business": True}, [("DE-EXPORT", "output", "0.00")]),
    ({"counterpart": "GB", "business": True, "on": date(2020, 12, 31)}, [("DE-EU-SUPPLY", "output", "0.00")]),
    ({**AUSTRIA, "direction": "input"}, [("DE-EU-ACQ", "output", "-19.00"), ("DE-EU-ACQ", "input", "19.00")]),
    ({**AUSTRIA, "tax_class": "services"}, [("DE-EU-SERVICE", "output", "0.00")]),
    ({**AUSTRIA, "tax_class": "services", "counterpart": "CH"}, [("DE-SERVICE-ABROAD", "output", "0.00")]),
    ({**AUSTRIA, "tax_class": "services", "direction": "input"}, [("DE-13B-EU", "output", "-19.00"), ("DE-13B-EU", "input", "19.00")]),
    ({"tax_class": "13b", "business": True}, [("DE-13B-SALE", "output", "0.00")]),
    ({"tax_class": "zero"}, [("DE-ZERO", "output", "0.00")]),
    # Goods from outside the EU have no tax on their bill: the customs ask for it, and their notice is of the class import.
    ({"counterpart": "CH", "direction": "input"}, [("DE-OUT", "input", "0.00")]),
    ({"counterpart": "CH", "direction": "input", "tax_class": "reduced"}, [("DE-OUT", "input", "0.00")]),
    ({"direction": "input", "tax_class": "import"}, [("DE-IMPORT", "input", "19.00")]),
    # Who sells from abroad charges no German tax, whether or not he says that he is a business.
    ({"counterpart": "AT", "direction": "input"}, [("DE-EU-ACQ", "output", "-19.00"), ("DE-EU-ACQ", "input", "19.00")]),
    ({"counterpart": "CH", "direction": "input", "tax_class": "services"}, [("DE-13B", "output", "-19.00"), ("DE-13B", "input", "19.00")]),
    # Northern Ireland is in the EU for goods alone: Protocol on Ireland/Northern Ireland, Article 8.
    ({"counterpart": "GB-NIR", "business": True}, [("DE-EU-SUPPLY", "output", "0.00")]),
    ({"counterpart": "GB-NIR", "business": True, "tax_class": "services"}, [("DE-SERVICE-ABROAD", "output", "0.00")]),
    ({"counterpart": "GB-NIR", "business": True, "tax_class": "services", "on": date(2020, 12, 31)},
     [("DE-EU-SERVICE", "output", "0.00")]),
]  # fmt: skip


def test_who_sells_what_to_whom(firm):
    firm.register(date(2020, 1, 1), "DE 136,695 976", months=1)
    for asked, expected in CASES:
        assert firm.taxes(**asked) == expected, asked


def test_a_month_of_the_common_cases(firm, clock):
    """Bases are in whole euros; the tax of Kennzahl 81 is computed from its base, and what that leaves over is rounding."""
    firm.register(date(2026, 1, 1), "DE 136,695 976", months=1)
    firm.trade("1000.99")
    firm.trade("200.50", tax_class="reduced")
    firm.trade("70.00", tax_class="exempt")
    firm.trade("500.00", counterpart="AT", business=True)
    firm.trade("80.00", tax_class="13b", business=True)
    firm.trade("300.00", direction="input")
    firm.trade("400.00", direction="input", counterpart="AT", business=True)
    firm.trade("50.00", direction="input", tax_class="services", counterpart="CH", business=True)
    clock.set("2026-02-10T09:00Z")
    assert filled(firm) == {
        "81": "1000.00", "81-tax": "190.00", "86": "200.00", "86-tax": "14.00", "41": "500.00", "48": "70.00", "60": "80.00",
        "89": "400.00", "89-tax": "76.00", "84": "50.00", "85": "9.50",
        "USt": "289.50", "66": "57.00", "61": "76.00", "67": "9.50", "83": "147.00",
    }  # fmt: skip
    balances = {row.account: str(row.balance) for row in firm.bo.report("trial-balance", actor="ann").rows}
    assert balances["2200"] == "-147.00"  # what is owed; 190.19 and 14.04 were charged, so 0.23 is left over
    assert [row.what for row in firm.bo.report("tax.reconciliation", actor="ann").rows if row.difference] == []


def test_the_second_half_of_2020_goes_to_other_rates(firm, clock):
    firm.register(date(2020, 7, 1), "DE 136,695 976", months=1)
    firm.trade("100.00", date(2020, 7, 10))
    firm.trade("100.00", date(2020, 7, 10), tax_class="reduced")
    firm.trade("100.00", date(2020, 7, 10), direction="input", counterpart="AT", business=True)
    clock.set("2026-02-10T09:00Z")
    assert filled(firm) == {"35": "200.00", "36": "21.00", "95": "100.00", "98": "16.00", "USt": "37.00", "61": "16.00", "83": "21.00"}


@pytest.mark.acceptance
def test_of_what_is_paid_only_sales_wait(firm):
    """§ 20 UStG lets tax on sales be computed by what was received; § 15 gives tax on purchases back with the bill."""
    firm.register(date(2026, 1, 1), "DE 136,695 976", months=1, scheme="cash")
    with firm.work() as uow:
        for direction, purpose, other in (("output", "receivable", "sales"), ("input", "payable", "expense")):
            (answer,) = tax(uow, [TaxRequest(amount=Money("100.00", "EUR"), place="DE", on=date(2026, 1, 10), direction=direction)])
            sign = 1 if direction == "output" else -1
            lines = [Line(purpose, answer.payable * sign, opens=direction), Line(other, answer.net * -sign), *tax_lines([answer])]
            uow.post(Voucher(direction, "trade", lines, document_date=date(2026, 1, 10)))
    rows = firm.bo.report("tax.ledger", actor="ann").rows
    assert {row.direction: row.declared for row in rows} == {"output": None, "input": date(2026, 1, 10)}


def test_boxes_that_the_firm_names_win_over_those_of_a_rate(firm, clock):
    """The pack has boxes of its own for 19 %: the firm's were not asked."""
    firm.register(date(2026, 1, 1), "DE 136,695 976", months=1)
    with firm.work() as uow:
        uow.add(TaxCode(code="DE-STD", place="DE", name="Ours", kind="standard", boxes={"output.base": "35", "output.tax": "36"}))
    firm.trade("100.00")
    clock.set("2026-02-10T09:00Z")
    assert filled(firm) == {"35": "100.00", "36": "19.00", "USt": "19.00", "83": "19.00"}
