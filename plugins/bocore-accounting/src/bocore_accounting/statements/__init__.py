"""The statements of the books: balance sheet, income statement, cash flow, changes in equity, open items and their ageing."""

from bocore_accounting.statements.balance_sheet import balance_sheet
from bocore_accounting.statements.income_statement import income_statement

__all__ = ["balance_sheet", "income_statement"]
