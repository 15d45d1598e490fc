"""Which VAT a class of items has in the United Kingdom."""

from __future__ import annotations

from bocore_tax import Rule

RULES = [
    Rule(place="GB", tax_class="standard", codes="GB-STD"),
    Rule(place="GB", tax_class="reduced", codes="GB-RED"),
    Rule(place="GB", tax_class="zero", codes="GB-ZERO"),
    Rule(place="GB", tax_class="exempt", codes="GB-EXEMPT"),
    Rule(place="GB", tax_class="none", codes="GB-OUT"),
]
