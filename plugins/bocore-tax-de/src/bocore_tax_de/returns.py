"""The Umsatzsteuer-Voranmeldung (form USt 1 A) for the common cases, by its Kennzahlen.

Bases are in whole euros, cents left out, and the tax on those of 19 and 7 % is computed from them; other taxes are in euros and cents.
Which Kennzahl is what: 41 and 43 were read in the help of ELSTER (help_ustva_2020), the others and the whole euros are by secondary
accounts of the form, which the ministry announced for 2026 on 29 December 2025 (III C 3 - S 7344/00039/007/036).
"""

from __future__ import annotations

from decimal import Decimal

from bocore import Rounding
from bocore_tax import Box, Form

FORM = "USt 1 A"
WHOLE = Rounding.DOWN


def _base(code: str, label: str, source: str) -> Box:
    return Box(code=code, label=label, whole=WHOLE, source=f"{FORM}: {source}")


def _computed(of: str, percent: str) -> Box:
    return Box(code=f"{of}-tax", label=f"Steuer: {percent} % von {of}", of=of, percent=Decimal(percent), source=f"{FORM}: volle EUR")


def _tax(code: str, label: str, source: str) -> Box:
    return Box(code=code, label=label, source=f"{FORM}: {source}")


OWED = "81-tax + 86-tax + 36 + 89-tax + 93-tax + 98 + 47 + 85"
RETURNS = [
    Form(
        code="DE-USTVA",
        place="DE",
        name="Umsatzsteuer-Voranmeldung",
        due="83",
        on_payment="output",  # § 20 UStG is of sales alone; tax on purchases is given back with the bill: § 15 Abs. 1 Satz 1 Nr. 1 UStG
        boxes=[
            _base("81", "Umsätze zum Steuersatz von 19 %", "§ 12 Abs. 1 UStG"),
            _computed("81", "19"),
            _base("86", "Umsätze zum Steuersatz von 7 %", "§ 12 Abs. 2 UStG"),
            _computed("86", "7"),
            _base("87", "Umsätze zum Steuersatz von 0 %", "§ 12 Abs. 3 UStG"),
            _base("35", "Umsätze zu anderen Steuersätzen", "Bemessungsgrundlage"),
            _tax("36", "Steuer auf Umsätze zu anderen Steuersätzen", "Steuer"),
            _base("41", "Innergemeinschaftliche Lieferungen an Abnehmer mit USt-IdNr.", "§ 4 Nr. 1 Buchst. b UStG"),
            _base("43", "Weitere steuerfreie Umsätze mit Vorsteuerabzug", "z. B. § 4 Nr. 1 Buchst. a UStG"),
            _base("48", "Steuerfreie Umsätze ohne Vorsteuerabzug", "§ 4 Nr. 8 bis 29 UStG"),
            _base("89", "Innergemeinschaftliche Erwerbe zum Steuersatz von 19 %", "§ 1a UStG"),
            _computed("89", "19"),
            _base("93", "Innergemeinschaftliche Erwerbe zum Steuersatz von 7 %", "§ 1a UStG"),
            _computed("93", "7"),
            _base("95", "Innergemeinschaftliche Erwerbe zu anderen Steuersätzen", "Bemessungsgrundlage"),
            _tax("98", "Steuer auf innergemeinschaftliche Erwerbe zu anderen Steuersätzen", "Steuer"),
            _base("46", "Sonstige Leistungen eines im übrigen Gemeinschaftsgebiet ansässigen Unternehmers", "§ 13b Abs. 1 UStG"),
            _tax("47", "Steuer darauf", "§ 13b Abs. 1 UStG"),
            _base("84", "Andere Leistungen, für die der Leistungsempfänger die Steuer schuldet", "§ 13b Abs. 2 UStG"),
            _tax("85", "Steuer darauf", "§ 13b Abs. 2 UStG"),
            _base("60", "Umsätze, für die der Leistungsempfänger die Steuer schuldet", "§ 13b Abs. 5 UStG"),
            _base("21", "Nicht steuerbare sonstige Leistungen", "§ 18b Satz 1 Nr. 2 UStG"),
            _base("45", "Übrige nicht steuerbare Umsätze", "Leistungsort nicht im Inland"),
            Box(code="USt", label="Umsatzsteuer", sums=OWED, source=FORM),
            _tax("66", "Vorsteuerbeträge aus Rechnungen von anderen Unternehmern", "§ 15 Abs. 1 Satz 1 Nr. 1 UStG"),
            _tax("61", "Vorsteuerbeträge aus dem innergemeinschaftlichen Erwerb", "§ 15 Abs. 1 Satz 1 Nr. 3 UStG"),
            _tax("62", "Entstandene Einfuhrumsatzsteuer", "§ 15 Abs. 1 Satz 1 Nr. 2 UStG"),
            _tax("67", "Vorsteuerbeträge aus Leistungen im Sinne des § 13b UStG", "§ 15 Abs. 1 Satz 1 Nr. 4 UStG"),
            Box(code="83", label="Verbleibende Umsatzsteuer-Vorauszahlung", sums="USt - 66 - 61 - 62 - 67", source=FORM),
        ],
        source="Bundesministerium der Finanzen: Muster der Vordrucke im Umsatzsteuer-Voranmeldungsverfahren, form USt 1 A",
    )
]
