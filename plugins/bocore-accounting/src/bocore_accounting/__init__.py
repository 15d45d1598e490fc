"""Books of account for bocore: what other plugins may import is named in ``__all__``."""

from __future__ import annotations

from bocore_accounting.balances import totals
from bocore_accounting.chart import apply_standard_chart
from bocore_accounting.closing import close_year, reopen_year
from bocore_accounting.model import (
    Account,
    AccountKind,
    Balance,
    Commodity,
    Entry,
    FiscalYear,
    Journal,
    Line,
    PurposeRule,
)
from bocore_accounting.opening import OpeningBalance, open_balances
from bocore_accounting.posting import account_ids, journal, post, reverse_entry
from bocore_accounting.reimport import Reimport, at_place, balances_in_base_only, read_decimals
from bocore_accounting.revaluation import revalue
from bocore_accounting.services import catch_up, check, roll_up

__version__ = "0.1.0"

__all__ = [
    "Account", "AccountKind", "Balance", "Commodity", "Entry", "FiscalYear", "Journal", "Line", "OpeningBalance", "PurposeRule",
    "Reimport", "account_ids", "apply_standard_chart", "at_place", "balances_in_base_only", "catch_up", "check", "close_year", "journal",
    "open_balances", "post", "read_decimals", "reopen_year", "revalue", "reverse_entry", "roll_up", "totals",
]  # fmt: skip
