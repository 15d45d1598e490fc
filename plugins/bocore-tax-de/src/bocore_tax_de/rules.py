"""Which Umsatzsteuer a class of items has in Germany, by who buys from whom."""

from __future__ import annotations

from bocore_tax import Rule

RULES = [
    # Goods, and what nobody has said more of.
    Rule(place="DE", tax_class="standard", codes="DE-STD"),
    Rule(place="DE", tax_class="standard", codes="DE-EXPORT", direction="output", counterpart="abroad"),
    Rule(place="DE", tax_class="standard", codes="DE-STD", direction="output", counterpart="EU", party="consumer"),
    Rule(place="DE", tax_class="standard", codes="DE-EU-SUPPLY", direction="output", counterpart="EU", party="business"),
    Rule(place="DE", tax_class="standard", codes="DE-EU-ACQ", direction="input", counterpart="EU"),
    Rule(place="DE", tax_class="standard", codes="DE-OUT", direction="input", counterpart="abroad"),  # its tax comes from the customs
    Rule(place="DE", tax_class="reduced", codes="DE-RED"),
    Rule(place="DE", tax_class="reduced", codes="DE-EXPORT", direction="output", counterpart="abroad"),
    Rule(place="DE", tax_class="reduced", codes="DE-RED", direction="output", counterpart="EU", party="consumer"),
    Rule(place="DE", tax_class="reduced", codes="DE-EU-SUPPLY", direction="output", counterpart="EU", party="business"),
    Rule(place="DE", tax_class="reduced", codes="DE-EU-ACQ-RED", direction="input", counterpart="EU"),
    Rule(place="DE", tax_class="reduced", codes="DE-OUT", direction="input", counterpart="abroad"),
    Rule(place="DE", tax_class="zero", codes="DE-ZERO"),
    Rule(place="DE", tax_class="exempt", codes="DE-EXEMPT"),
    Rule(place="DE", tax_class="none", codes="DE-OUT"),
    Rule(place="DE", tax_class="import", codes="DE-IMPORT", direction="input"),
    # Services.
    Rule(place="DE", tax_class="services", codes="DE-STD"),
    Rule(place="DE", tax_class="services", codes="DE-SERVICE-ABROAD", direction="output", counterpart="abroad", party="business"),
    Rule(place="DE", tax_class="services", codes="DE-EU-SERVICE", direction="output", counterpart="EU-SERVICES", party="business"),
    Rule(place="DE", tax_class="services", codes="DE-13B", direction="input", counterpart="abroad"),
    Rule(place="DE", tax_class="services", codes="DE-13B-EU", direction="input", counterpart="EU-SERVICES"),
    # Building work, scrap and what else § 13b Abs. 2 UStG names, between businesses.
    Rule(place="DE", tax_class="13b", codes="DE-13B-SALE", direction="output"),
    Rule(place="DE", tax_class="13b", codes="DE-13B", direction="input"),
]
