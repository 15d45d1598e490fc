"""The taxes of Germany with their rates by date, each with its source. UStG: Umsatzsteuergesetz.

§§ 12 and 28 UStG were read in the Bundestag's collection of the law, § 18b in part, of §§ 3a, 4, 13b and 15 the headings only. Rates before
2020 are by secondary accounts of the acts that are named: of these only what is in force could be read.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bocore_tax import Boxes, DatedRate, Tax, TaxKind

NINETEEN, SEVEN, OTHER = Boxes(base="81"), Boxes(base="86"), Boxes(base="35", tax="36")
"""Kennzahlen of sales by their rate: of 19 and 7 % the return has the base alone, of other rates base and tax."""
ACQUIRED_19, ACQUIRED_7, ACQUIRED_OTHER = Boxes(base="89"), Boxes(base="93"), Boxes(base="95", tax="98")
INPUT = Boxes(tax="66")
_SECONDARY, _SINCE = " (by secondary accounts)", " (its first day by secondary accounts)"
RELIEF = "Zweites Corona-Steuerhilfegesetz, Art. 3 (BGBl. 2020 I S. 1512): § 28 Abs. 1 bis 3 UStG"


def _rates(*steps: tuple[str, tuple[int, int, int], tuple[int, int, int] | None, str], boxes: dict[str, Boxes]) -> list[DatedRate]:
    return [
        DatedRate(
            percent=Decimal(percent), since=date(*since), until=None if until is None else date(*until), output=boxes.get(percent),
            source=source,
        )
        for percent, since, until, source in steps
    ]  # fmt: skip


_STANDARD = (
    ("10", (1968, 1, 1), (1968, 6, 30), f"UStG 1967, § 12 Abs. 1{_SECONDARY}"),
    ("11", (1968, 7, 1), (1977, 12, 31), f"UStG 1967, § 12 Abs. 1, from 1 July 1968{_SECONDARY}"),
    ("12", (1978, 1, 1), (1979, 6, 30), f"Steueränderungsgesetz 1977{_SECONDARY}"),
    ("13", (1979, 7, 1), (1983, 6, 30), f"Steueränderungsgesetz 1979; UStG 1980, § 12 Abs. 1{_SECONDARY}"),
    ("14", (1983, 7, 1), (1992, 12, 31), f"Haushaltsbegleitgesetz 1983{_SECONDARY}"),
    ("15", (1993, 1, 1), (1998, 3, 31), f"Steueränderungsgesetz 1992{_SECONDARY}"),
    ("16", (1998, 4, 1), (2006, 12, 31), f"Gesetz vom 19. Dezember 1997 (BGBl. I S. 3121){_SECONDARY}"),
    ("19", (2007, 1, 1), (2020, 6, 30), f"Haushaltsbegleitgesetz 2006, Art. 4 (BGBl. I S. 1402): § 12 Abs. 1 UStG{_SINCE}"),
    ("16", (2020, 7, 1), (2020, 12, 31), RELIEF),
    ("19", (2021, 1, 1), None, "§ 12 Abs. 1 UStG"),
)
_REDUCED = (
    ("5", (1968, 1, 1), (1968, 6, 30), f"UStG 1967, § 12 Abs. 2{_SECONDARY}"),
    ("5.5", (1968, 7, 1), (1977, 12, 31), f"UStG 1967, § 12 Abs. 2, from 1 July 1968{_SECONDARY}"),
    ("6", (1978, 1, 1), (1979, 6, 30), f"Steueränderungsgesetz 1977{_SECONDARY}"),
    ("6.5", (1979, 7, 1), (1983, 6, 30), f"Steueränderungsgesetz 1979; UStG 1980, § 12 Abs. 2{_SECONDARY}"),
    ("7", (1983, 7, 1), (2020, 6, 30), f"Haushaltsbegleitgesetz 1983: § 12 Abs. 2 UStG{_SINCE}"),
    ("5", (2020, 7, 1), (2020, 12, 31), RELIEF),
    ("7", (2021, 1, 1), None, "§ 12 Abs. 2 UStG"),
)
STANDARD = _rates(*_STANDARD, boxes={"19": NINETEEN})
REDUCED = _rates(*_REDUCED, boxes={"7": SEVEN})
ACQUIRED = _rates(*_STANDARD[5:], boxes={"19": ACQUIRED_19})
ACQUIRED_REDUCED = _rates(*_REDUCED[4:], boxes={"7": ACQUIRED_7})
OWED = _rates(*_STANDARD[5:], boxes={})
SOLAR = (DatedRate(percent=Decimal(0), since=date(2023, 1, 1), source="Jahressteuergesetz 2022: § 12 Abs. 3 UStG"),)

RATES = [
    Tax(
        code="DE-STD", place="DE", name="Umsatzsteuer, Regelsatz", kind=TaxKind.STANDARD, rates=STANDARD, output=OTHER, input=INPUT,
        source="§ 12 Abs. 1 UStG",
    ),
    Tax(
        code="DE-RED", place="DE", name="Umsatzsteuer, ermäßigt", kind=TaxKind.REDUCED, rates=REDUCED, output=OTHER, input=INPUT,
        source="§ 12 Abs. 2 UStG",
    ),
    Tax(
        code="DE-ZERO", place="DE", name="Umsatzsteuer, Nullsatz", kind=TaxKind.ZERO, rates=SOLAR, output=Boxes(base="87"),
        source="§ 12 Abs. 3 UStG: solar modules",
    ),
    Tax(
        code="DE-EXEMPT", place="DE", name="Steuerfrei ohne Vorsteuerabzug", kind=TaxKind.EXEMPT, output=Boxes(base="48"),
        note="Steuerfrei nach § 4 UStG", source="§ 4 Nr. 8 bis 29 UStG",
    ),
    Tax(
        code="DE-EXPORT", place="DE", name="Ausfuhrlieferung", kind=TaxKind.EXEMPT, output=Boxes(base="43"),
        note="Steuerfreie Ausfuhrlieferung", source="§ 4 Nr. 1 Buchst. a, § 6 UStG",
    ),
    Tax(
        code="DE-EU-SUPPLY", place="DE", name="Innergemeinschaftliche Lieferung", kind=TaxKind.EXEMPT, output=Boxes(base="41"),
        note="Steuerfreie innergemeinschaftliche Lieferung", source="§ 4 Nr. 1 Buchst. b, § 6a UStG",
    ),
    Tax(
        code="DE-EU-SERVICE", place="DE", name="Sonstige Leistung im übrigen Gemeinschaftsgebiet", kind=TaxKind.OUT_OF_SCOPE,
        output=Boxes(base="21"), note="Steuerschuldnerschaft des Leistungsempfängers", source="§ 3a Abs. 2, § 18b Satz 1 Nr. 2 UStG",
    ),
    Tax(
        code="DE-SERVICE-ABROAD", place="DE", name="Leistungsort nicht im Inland", kind=TaxKind.OUT_OF_SCOPE, output=Boxes(base="45"),
        source="§ 3a Abs. 2 UStG",
    ),
    Tax(
        code="DE-13B-SALE", place="DE", name="Leistungsempfänger schuldet die Steuer", kind=TaxKind.REVERSE_CHARGE, rates=OWED,
        output=Boxes(base="60"), note="Steuerschuldnerschaft des Leistungsempfängers", source="§ 13b Abs. 2 und 5, § 14a Abs. 5 UStG",
    ),
    Tax(
        code="DE-13B", place="DE", name="Als Leistungsempfänger geschuldet", kind=TaxKind.REVERSE_CHARGE, rates=OWED,
        output=Boxes(base="84", tax="85"), input=Boxes(tax="67"), source="§ 13b Abs. 2 und 5, § 15 Abs. 1 Satz 1 Nr. 4 UStG",
    ),
    Tax(
        code="DE-13B-EU", place="DE", name="Sonstige Leistung eines Unternehmers in der EU", kind=TaxKind.REVERSE_CHARGE, rates=OWED,
        output=Boxes(base="46", tax="47"), input=Boxes(tax="67"), source="§ 13b Abs. 1, § 15 Abs. 1 Satz 1 Nr. 4 UStG",
    ),
    Tax(
        code="DE-EU-ACQ", place="DE", name="Innergemeinschaftlicher Erwerb", kind=TaxKind.REVERSE_CHARGE, rates=ACQUIRED,
        output=ACQUIRED_OTHER, input=Boxes(tax="61"), source="§ 1a, § 15 Abs. 1 Satz 1 Nr. 3 UStG",
    ),
    Tax(
        code="DE-EU-ACQ-RED", place="DE", name="Innergemeinschaftlicher Erwerb, ermäßigt", kind=TaxKind.REVERSE_CHARGE,
        rates=ACQUIRED_REDUCED, output=ACQUIRED_OTHER, input=Boxes(tax="61"), source="§ 1a, § 12 Abs. 2, § 15 Abs. 1 Satz 1 Nr. 3 UStG",
    ),
    Tax(
        code="DE-IMPORT", place="DE", name="Einfuhrumsatzsteuer", kind=TaxKind.STANDARD, rates=STANDARD, output=OTHER,
        input=Boxes(tax="62"), source="§ 15 Abs. 1 Satz 1 Nr. 2 UStG",
    ),
    Tax(code="DE-OUT", place="DE", name="Nicht steuerbar", kind=TaxKind.OUT_OF_SCOPE, source="§ 1 UStG"),
]  # fmt: skip
