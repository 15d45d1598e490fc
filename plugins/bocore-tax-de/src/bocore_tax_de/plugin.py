"""Umsatzsteuer of Germany as a plugin: data alone."""

from __future__ import annotations

from bocore import Plugin
from bocore_tax import EU, EU_SERVICES
from bocore_tax_de.rates import RATES
from bocore_tax_de.returns import RETURNS
from bocore_tax_de.rules import RULES

DATA = {"tax.rates": RATES, "tax.rules": RULES, "tax.areas": [EU, EU_SERVICES], "tax.returns": RETURNS}
plugin = Plugin(prefix="tax_de", data=DATA, demo="bocore_tax_de.demo:play")
