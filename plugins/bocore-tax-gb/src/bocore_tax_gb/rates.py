"""The taxes of the United Kingdom with their rates by date, each with its source."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bocore_tax import Boxes, RateStep, Tax, TaxKind

HISTORY = "HM Revenue & Customs, VAT rates from 1973: House of Commons Library, SN00701"
STANDARD = (
    RateStep(percent=Decimal(10), since=date(1973, 4, 1), until=date(1974, 7, 28), source="Finance Act 1972, s 9"),
    RateStep(percent=Decimal(8), since=date(1974, 7, 29), until=date(1979, 6, 17), source="Value Added Tax (Change of Rate) Order 1974"),
    RateStep(percent=Decimal(15), since=date(1979, 6, 18), until=date(1991, 3, 31), source="Finance (No. 2) Act 1979, s 1"),
    RateStep(percent=Decimal("17.5"), since=date(1991, 4, 1), until=date(2008, 11, 30), source="Finance Act 1991, s 13"),
    RateStep(percent=Decimal(15), since=date(2008, 12, 1), until=date(2009, 12, 31), source="SI 2008/3020; Finance Act 2009, s 9"),
    RateStep(percent=Decimal("17.5"), since=date(2010, 1, 1), until=date(2011, 1, 3), source="Finance Act 2009, s 9"),
    RateStep(percent=Decimal(20), since=date(2011, 1, 4), source="Finance (No. 2) Act 2010, s 3; VATA 1994, s 2(1)"),
)
REDUCED = (
    RateStep(percent=Decimal(8), since=date(1994, 4, 1), until=date(1997, 8, 31), source="VATA 1994, s 2(1A): domestic fuel and power"),
    RateStep(percent=Decimal(5), since=date(1997, 9, 1), source="Finance Act 1997, s 6 as amended; VATA 1994, s 29A and Sch 7A"),
)
ZERO = (RateStep(percent=Decimal(0), since=date(1973, 4, 1), source="VATA 1994, s 30 and Sch 8"),)

SALE = Boxes(base="6", tax="1")
PURCHASE = Boxes(base="7", tax="4")

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
        code="GB-ZERO", place="GB", name="VAT, zero rate", kind=TaxKind.ZERO, rates=ZERO, output=SALE, input=PURCHASE,
        source="VATA 1994, s 30",
    ),
    Tax(
        code="GB-EXEMPT", place="GB", name="Exempt from VAT", kind=TaxKind.EXEMPT, output=Boxes(base="6"), input=Boxes(base="7"),
        source="VATA 1994, s 31 and Sch 9",
    ),
    Tax(
        code="GB-OUT", place="GB", name="Outside the scope of VAT", kind=TaxKind.OUT_OF_SCOPE, source="VAT Notice 700, 3.4",
    ),
]  # fmt: skip
