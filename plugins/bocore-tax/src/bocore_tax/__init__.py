"""Taxes on sales and purchases for bocore: what other plugins may import is named in ``__all__``."""

from __future__ import annotations

from bocore_tax.areas import EU, EU_SERVICES
from bocore_tax.computing import tax, tax_lines
from bocore_tax.declare import Area, Box, Boxes, DatedRate, Form, Rule, Tax, TaxKind
from bocore_tax.model import (
    LineKind,
    Scheme,
    TaxCode,
    TaxLine,
    TaxRate,
    TaxRegistration,
    TaxReturn,
    TaxReturnBox,
    TaxReturnLine,
    TaxRule,
)
from bocore_tax.requests import Charge, TaxAnswer, TaxRequest
from bocore_tax.services import amend_return, catch_up, correct, file_return, open_return, prepare_return, register
from bocore_tax.settings import TaxSettings

__version__ = "0.1.0"

__all__ = [
    "EU",
    "EU_SERVICES",
    "Area",
    "Box",
    "Boxes",
    "Charge",
    "DatedRate",
    "Form",
    "LineKind",
    "Rule",
    "Scheme",
    "Tax",
    "TaxAnswer",
    "TaxCode",
    "TaxKind",
    "TaxLine",
    "TaxRate",
    "TaxRegistration",
    "TaxRequest",
    "TaxReturn",
    "TaxReturnBox",
    "TaxReturnLine",
    "TaxRule",
    "TaxSettings",
    "amend_return",
    "catch_up",
    "correct",
    "file_return",
    "open_return",
    "prepare_return",
    "register",
    "tax",
    "tax_lines",
]  # fmt: skip
