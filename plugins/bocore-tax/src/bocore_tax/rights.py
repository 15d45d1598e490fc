"""The permissions of tax, and who has which."""

from __future__ import annotations

READ, SETUP, PREPARE, FILE = "tax.read", "tax.setup", "tax.prepare", "tax.file"

PERMISSIONS = {
    READ: "See the tax ledger and the returns",
    SETUP: "Register companies, and change codes, rates and rules of tax",
    PREPARE: "Open and prepare returns, and correct what was declared",
    FILE: "File returns, which closes their period for good",
}

ROLES = {
    "clerk": [READ, PREPARE, "bo.read"],
    "manager": [*PERMISSIONS, "bo.read"],
    "auditor": [READ, "bo.read"],
}
"""Who prepares a return need not be who files it."""
