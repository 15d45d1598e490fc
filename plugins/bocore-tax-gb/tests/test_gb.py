"""VAT of the United Kingdom: its rates by date, who owes it, and the nine boxes."""

from __future__ import annotations

from datetime import date

import pytest


@pytest.mark.acceptance
def test_the_standard_rate_by_date(long_ago):
    """HM Revenue & Customs, historic VAT rates: each day on which the standard rate changed, and the day before."""
    published = {
        date(1973, 4, 1): "-10.00", date(1974, 7, 28): "-10.00", date(1974, 7, 29): "-8.00", date(1979, 6, 17): "-8.00",
        date(1979, 6, 18): "-15.00", date(1991, 3, 31): "-15.00", date(1991, 4, 1): "-17.50", date(2008, 11, 30): "-17.50",
        date(2008, 12, 1): "-15.00", date(2009, 12, 31): "-15.00", date(2010, 1, 1): "-17.50", date(2011, 1, 3): "-17.50",
        date(2011, 1, 4): "-20.00", date(2026, 1, 10): "-20.00",
    }  # fmt: skip
    assert {day: long_ago(on=day)[0][2] for day in published} == published


@pytest.mark.acceptance
def test_hospitality_by_date(long_ago):
    """SI 2020/728; Finance Act 2021, sections 92 and 93."""
    published = {
        date(2020, 7, 14): "-20.00", date(2020, 7, 15): "-5.00", date(2021, 9, 30): "-5.00", date(2021, 10, 1): "-12.50",
        date(2022, 3, 31): "-12.50", date(2022, 4, 1): "-20.00", date(2009, 5, 1): "-15.00",
    }  # fmt: skip
    assert {day: long_ago(on=day, tax_class="hospitality")[0][2] for day in published} == published


ABROAD = {"counterpart": "FR", "business": True}
NI = {"place": "GB-NIR", "business": True}
CASES = [
    ({"tax_class": "reduced"}, [("GB-RED", "output", "-5.00")]),
    ({"tax_class": "zero"}, [("GB-ZERO", "output", "0.00")]),
    ({"tax_class": "exempt"}, [("GB-EXEMPT", "output", "0.00")]),
    ({"counterpart": "US"}, [("GB-EXPORT", "output", "0.00")]),
    ({**ABROAD, "direction": "input"}, [("GB-IMPORT", "output", "-20.00"), ("GB-IMPORT", "input", "20.00")]),
    ({"tax_class": "services", "counterpart": "FR"}, [("GB-STD", "output", "-20.00")]),
    ({**ABROAD, "tax_class": "services"}, [("GB-SERVICE-ABROAD", "output", "0.00")]),
    ({"tax_class": "construction-reverse", "business": True}, [("GB-CIS-SALE", "output", "0.00")]),
    ({"tax_class": "entertainment", "direction": "input"}, [("GB-BLOCKED", "input", "0.00")]),
    ({"tax_class": "car-lease", "direction": "input"}, [("GB-CAR", "input", "10.00")]),
    (NI, [("GB-STD", "output", "-20.00")]),
    ({**NI, "counterpart": "IE"}, [("GB-NI-DISPATCH", "output", "0.00")]),
    ({**NI, "counterpart": "US"}, [("GB-EXPORT", "output", "0.00")]),
    ({**NI, "counterpart": "IE", "business": False}, [("GB-STD", "output", "-20.00")]),
    ({**NI, "counterpart": "IE", "tax_class": "reduced", "direction": "input"},
     [("GB-NI-ACQ-RED", "output", "-5.00"), ("GB-NI-ACQ-RED", "input", "5.00")]),
    ({"tax_class": "reduced", "counterpart": "US"}, [("GB-EXPORT", "output", "0.00")]),
    ({"tax_class": "reduced", "counterpart": "US", "direction": "input"},
     [("GB-IMPORT-RED", "output", "-5.00"), ("GB-IMPORT-RED", "input", "5.00")]),
    # Who sells from abroad charges no VAT of the United Kingdom, whether or not he says that he is a business.
    ({"counterpart": "FR", "direction": "input"}, [("GB-IMPORT", "output", "-20.00"), ("GB-IMPORT", "input", "20.00")]),
    ({"counterpart": "FR", "direction": "input", "tax_class": "services"},
     [("GB-REVERSE", "output", "-20.00"), ("GB-REVERSE", "input", "20.00")]),
    ({"counterpart": "GB-NIR", "business": True}, [("GB-STD", "output", "-20.00")]),
]  # fmt: skip


def test_who_sells_what_to_whom(firm):
    for asked, expected in CASES:
        assert firm.taxes(**asked) == expected, asked


@pytest.mark.acceptance
def test_the_boxes_of_a_service_from_abroad(firm, clock):
    """A service of 100.00 bought from abroad: boxes 1 and 4 have 20.00, boxes 6 and 7 have 100.00 (whitegate.co.uk, VAT returns – reverse
    charge, after VAT Notice 741A)."""
    firm.trade("100.00", direction="input", tax_class="services", counterpart="US", business=True)
    clock.set("2026-04-20T09:00Z")
    assert firm.declare() == {
        "1": "20.00", "2": "0.00", "3": "20.00", "4": "20.00", "5": "0.00", "6": "100.00", "7": "100.00", "8": "0.00", "9": "0.00",
    }  # fmt: skip


def test_the_nine_boxes(firm, clock):
    """Box 3 is 1 + 2, box 5 is 3 - 4, boxes 6 to 9 are in whole pounds."""
    firm.trade("1000.99")
    firm.trade("200.50", tax_class="zero")
    firm.trade("50.25", tax_class="exempt")
    firm.trade("-100.00")  # a credit note
    firm.trade("300.80", direction="input")
    firm.trade("400.00", direction="input", place="GB-NIR", counterpart="IE", business=True)
    firm.trade("80.60", place="GB-NIR", counterpart="IE", business=True)
    firm.trade("60.00", direction="input", tax_class="entertainment")
    firm.trade("70.00", tax_class="none")
    clock.set("2026-04-20T09:00Z")
    assert firm.declare() == {
        "1": "180.20", "2": "80.00", "3": "260.20", "4": "140.16", "5": "120.04",
        "6": "1232.00", "7": "760.00", "8": "80.00", "9": "400.00",
    }  # fmt: skip
    assert [row.what for row in firm.bo.report("tax.reconciliation", actor="ann").rows if row.difference] == []
