"""The statements of the books: balance sheet, income statement, cash flow, changes in equity, open items and their ageing."""

from bocore_accounting.statements.ageing import ageing
from bocore_accounting.statements.balance_sheet import balance_sheet
from bocore_accounting.statements.cash_flow import cash_flow
from bocore_accounting.statements.equity import changes_in_equity
from bocore_accounting.statements.income_statement import income_statement
from bocore_accounting.statements.items import open_items
from bocore_accounting.statements.trail import trace

__all__ = ["ageing", "balance_sheet", "cash_flow", "changes_in_equity", "income_statement", "open_items", "trace"]
