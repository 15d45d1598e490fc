"""The permissions of the books, and who has which."""

from __future__ import annotations

READ, POST, SETUP, CLOSE = "accounting.read", "accounting.post", "accounting.setup", "accounting.close"

PERMISSIONS = {
    READ: "Read charts, entries, balances and statements",
    POST: "Post and reverse journal entries",
    SETUP: "Change the chart of accounts, purposes and fiscal years, and take in the books of other programs",
    CLOSE: "Close fiscal years, and revalue amounts in other currencies",
}

ROLES = {
    "bookkeeper": [READ, POST, "bo.read"],
    "accountant": [READ, POST, SETUP, CLOSE, "bo.read", "bo.write", "bo.rates", "bo.setup", "bo.post", "bo.lock"],
    "auditor": [READ, "bo.read", "bo.audit"],
}
"""All of them see the parties and vouchers of the core that entries name; only the accountant changes what stands there."""
