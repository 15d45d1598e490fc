"""VAT of the United Kingdom as a plugin: data alone."""

from __future__ import annotations

from bocore import Plugin
from bocore_tax import EU
from bocore_tax_gb.rates import RATES
from bocore_tax_gb.returns import RETURNS
from bocore_tax_gb.rules import RULES

DATA = {"tax.rates": RATES, "tax.rules": RULES, "tax.areas": [EU], "tax.returns": RETURNS}
plugin = Plugin(prefix="tax_gb", data=DATA, demo="bocore_tax_gb.demo:play")
