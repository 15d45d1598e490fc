"""The taxes of the United Kingdom with their rates by date, each with its source.

Acts and orders are those of legislation.gov.uk, Hansard is the official report of Parliament. What only secondary accounts could be found
of says so in its source.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bocore_tax import Boxes, DatedRate, Tax, TaxKind


def _rate(percent: str, since: tuple[int, int, int], until: tuple[int, int, int] | None, source: str) -> DatedRate:
    return DatedRate(percent=Decimal(percent), since=date(*since), until=None if until is None else date(*until), source=source)


ANSWER = "Hansard, HC written answers 9 December 1991: VAT"
STANDARD = (
    _rate("10", (1973, 4, 1), (1974, 7, 28), "Finance Act 1972, s 9 (by secondary accounts)"),
    _rate("8", (1974, 7, 29), (1979, 6, 17), "Value Added Tax (Change of Rate) Order 1974 (by secondary accounts)"),
    _rate("15", (1979, 6, 18), (1991, 3, 31), f"Finance (No. 2) Act 1979, s 1; {ANSWER}"),
    _rate(
        "17.5",
        (1991, 4, 1),
        (2008, 11, 30),
        f"Finance Act 1991, s 13; {ANSWER}",
    ),
    _rate("15", (2008, 12, 1), (2009, 12, 31), "Value Added Tax (Change of Rate) Order 2008, SI 2008/3020; Finance Act 2009, s 9"),
    _rate("17.5", (2010, 1, 1), (2011, 1, 3), "Finance Act 2009, s 9 and its explanatory notes"),
    _rate("20", (2011, 1, 4), None, "Finance (No. 2) Act 2010, s 3(1) and (3); VATA 1994, s 2(1)"),
)
REDUCED = (
    _rate(
        "8",
        (1994, 4, 1),
        (1997, 8, 31),
        "Finance Act 1993, s 42: fuel and power (its date by secondary accounts); VATA 1994, s 2(1A)",
    ),
    _rate("5", (1997, 9, 1), None, "Resolution of 7 July 1997 (Hansard, HC vol 297 c 720); VATA 1994, s 29A(1) and Sch 7A"),
)
HOSPITALITY = (
    *(step for step in STANDARD if step.until is not None),
    _rate("20", (2011, 1, 4), (2020, 7, 14), "VATA 1994, s 2(1)"),
    _rate("5", (2020, 7, 15), (2021, 9, 30), "SI 2020/728; Finance Act 2021, s 92"),
    _rate("12.5", (2021, 10, 1), (2022, 3, 31), "Finance Act 2021, s 93(2)"),
    _rate("20", (2022, 4, 1), None, "VATA 1994, s 2(1)"),
)
"""Meals, accommodation and attractions."""
ZERO = (_rate("0", (1973, 4, 1), None, "VATA 1994, s 30 and Sch 8"),)

SALE = Boxes(base="6", tax="1")
PURCHASE = Boxes(base="7", tax="4")
REVERSE = "Reverse charge: the customer accounts for the VAT"

RATES = [
    Tax(
        code="GB-STD", place="GB", name="VAT, standard rate", kind=TaxKind.STANDARD, rates=STANDARD, output=SALE, input=PURCHASE,
        source="VATA 1994, s 2(1)",
    ),
    Tax(
        code="GB-RED", place="GB", name="VAT, reduced rate", kind=TaxKind.REDUCED, rates=REDUCED, output=SALE, input=PURCHASE,
        source="VATA 1994, s 29A",
    ),
    Tax(
        code="GB-HOSP", place="GB", name="VAT, hospitality", kind=TaxKind.STANDARD, rates=HOSPITALITY, output=SALE, input=PURCHASE,
        source="VATA 1994, s 2(1) and Sch 7A, groups 14 to 16",
    ),
    Tax(
        code="GB-ZERO", place="GB", name="VAT, zero rate", kind=TaxKind.ZERO, rates=ZERO, output=SALE, input=PURCHASE,
        source="VATA 1994, s 30 and Sch 8",
    ),
    Tax(
        code="GB-EXPORT", place="GB", name="Exported goods, zero rate", kind=TaxKind.ZERO, rates=ZERO, output=SALE, input=PURCHASE,
        source="VATA 1994, s 30(6); VAT Notice 703",
    ),
    Tax(
        code="GB-EXEMPT", place="GB", name="Exempt from VAT", kind=TaxKind.EXEMPT, output=Boxes(base="6"), input=Boxes(base="7"),
        source="VATA 1994, s 31 and Sch 9; VAT Notice 700/12, 3.7 and 3.8",
    ),
    Tax(
        code="GB-SERVICE-ABROAD", place="GB", name="Services to a business abroad, outside the scope", kind=TaxKind.OUT_OF_SCOPE,
        output=Boxes(base="6"), source="VATA 1994, s 7A; VAT Notice 741A, section 16; VAT Notice 700/12, 3.7",
    ),
    Tax(
        code="GB-REVERSE", place="GB", name="Services from abroad, reverse charge", kind=TaxKind.REVERSE_CHARGE, rates=STANDARD,
        output=SALE, input=PURCHASE, source="VATA 1994, s 8; VAT Notice 741A, section 5: boxes 1, 4, 6 and 7",
    ),
    Tax(
        code="GB-IMPORT", place="GB", name="Imported goods, postponed accounting", kind=TaxKind.REVERSE_CHARGE, rates=STANDARD,
        output=Boxes(tax="1"), input=PURCHASE, source="SI 2019/60; VAT Notice 700/12, 3.2, 3.5 and 3.8",
    ),
    Tax(
        code="GB-IMPORT-RED", place="GB", name="Imported goods at the reduced rate, postponed accounting", kind=TaxKind.REVERSE_CHARGE,
        rates=REDUCED, output=Boxes(tax="1"), input=PURCHASE, source="VATA 1994, s 29A; VAT Notice 700/12, 3.2, 3.5 and 3.8",
    ),
    Tax(
        code="GB-CIS", place="GB", name="Bought under the domestic reverse charge", kind=TaxKind.REVERSE_CHARGE, rates=STANDARD,
        output=Boxes(tax="1"), input=PURCHASE, source="VATA 1994, s 55A; VAT Notice 735: boxes 1, 4 and 7",
    ),
    Tax(
        code="GB-CIS-SALE", place="GB", name="Sold under the domestic reverse charge", kind=TaxKind.REVERSE_CHARGE, rates=STANDARD,
        output=Boxes(base="6"), note=REVERSE, source="VATA 1994, s 55A; VAT Notice 735: box 6",
    ),
    Tax(
        code="GB-BLOCKED", place="GB", name="VAT on business entertainment, not reclaimed", kind=TaxKind.STANDARD, rates=STANDARD,
        recoverable=Decimal(0), input=PURCHASE, source="Value Added Tax (Input Tax) Order 1992, SI 1992/3222, art 5",
    ),
    Tax(
        code="GB-CAR", place="GB", name="VAT on leasing a car, half reclaimed", kind=TaxKind.STANDARD, rates=STANDARD,
        recoverable=Decimal(50), input=PURCHASE, source="SI 1992/3222, art 7(2H)",
    ),
    Tax(
        code="GB-NI-ACQ", place="GB-NIR", name="Goods acquired in Northern Ireland from the EU", kind=TaxKind.REVERSE_CHARGE,
        rates=STANDARD, output=Boxes(tax="2"), input=Boxes(base=("7", "9"), tax="4"),
        source="VATA 1994, Sch 9ZA; VAT Notice 700/12, 3.3, 3.5, 3.8 and 3.10",
    ),
    Tax(
        code="GB-NI-ACQ-RED", place="GB-NIR", name="Goods acquired in Northern Ireland, reduced rate", kind=TaxKind.REVERSE_CHARGE,
        rates=REDUCED, output=Boxes(tax="2"), input=Boxes(base=("7", "9"), tax="4"),
        source="VATA 1994, s 29A and Sch 9ZA; VAT Notice 700/12, 3.3, 3.5, 3.8 and 3.10",
    ),
    Tax(
        code="GB-NI-DISPATCH", place="GB-NIR", name="Goods sent from Northern Ireland to the EU", kind=TaxKind.ZERO, rates=ZERO,
        output=Boxes(base=("6", "8"), tax="1"), source="VATA 1994, Sch 9ZA; VAT Notice 700/12, 3.7 and 3.9",
    ),
    Tax(code="GB-OUT", place="GB", name="Outside the scope of VAT", kind=TaxKind.OUT_OF_SCOPE, source="VAT Notice 700, section 3"),
]  # fmt: skip
