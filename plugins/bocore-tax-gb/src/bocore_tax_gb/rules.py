"""Which VAT a class of items has in the United Kingdom, by who buys from whom."""

from __future__ import annotations

from bocore_tax import Rule

RULES = [
    # Goods, and what nobody has said more of.
    Rule(place="GB", tax_class="standard", codes="GB-STD"),
    Rule(place="GB", tax_class="standard", codes="GB-EXPORT", direction="output", counterpart="abroad"),
    Rule(place="GB", tax_class="standard", codes="GB-IMPORT", direction="input", counterpart="abroad"),
    Rule(place="GB-NIR", tax_class="standard", codes="GB-STD", direction="output", counterpart="EU", party="consumer"),
    Rule(place="GB-NIR", tax_class="standard", codes="GB-NI-DISPATCH", direction="output", counterpart="EU", party="business"),
    Rule(place="GB-NIR", tax_class="standard", codes="GB-NI-ACQ", direction="input", counterpart="EU"),
    Rule(place="GB", tax_class="reduced", codes="GB-RED"),
    Rule(place="GB", tax_class="reduced", codes="GB-EXPORT", direction="output", counterpart="abroad"),
    Rule(place="GB", tax_class="reduced", codes="GB-IMPORT-RED", direction="input", counterpart="abroad"),
    Rule(place="GB-NIR", tax_class="reduced", codes="GB-RED", direction="output", counterpart="EU", party="consumer"),
    Rule(place="GB-NIR", tax_class="reduced", codes="GB-NI-DISPATCH", direction="output", counterpart="EU", party="business"),
    Rule(place="GB-NIR", tax_class="reduced", codes="GB-NI-ACQ-RED", direction="input", counterpart="EU"),
    Rule(place="GB", tax_class="zero", codes="GB-ZERO"),
    Rule(place="GB", tax_class="exempt", codes="GB-EXEMPT"),
    Rule(place="GB", tax_class="none", codes="GB-OUT"),
    # Services.
    Rule(place="GB", tax_class="services", codes="GB-STD"),
    Rule(place="GB", tax_class="services", codes="GB-SERVICE-ABROAD", direction="output", counterpart="abroad", party="business"),
    Rule(place="GB", tax_class="services", codes="GB-REVERSE", direction="input", counterpart="abroad"),
    Rule(place="GB", tax_class="hospitality", codes="GB-HOSP"),
    # Building work for somebody who sells it on: VAT Notice 735.
    Rule(place="GB", tax_class="construction-reverse", codes="GB-CIS-SALE", direction="output"),
    Rule(place="GB", tax_class="construction-reverse", codes="GB-CIS", direction="input"),
    # What is bought and not, or not wholly, reclaimed.
    Rule(place="GB", tax_class="entertainment", codes="GB-BLOCKED", direction="input"),
    Rule(place="GB", tax_class="car-lease", codes="GB-CAR", direction="input"),
]
