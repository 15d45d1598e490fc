"""Purposes: what a line of a voucher is for. Ledgers map them to accounts, so one chart serves every plugin."""

from __future__ import annotations

from collections.abc import Mapping

_TABLE = {
    # Where nothing more is said
    "asset": ("", "What the business owns or is owed, where nothing more is said."),
    "liability": ("", "What the business owes, where nothing more is said."),
    "equity": ("", "What the owners put in or took out."),
    "income": ("", "What the business earns, where nothing more is said."),
    "expense": ("", "What the business uses up, where nothing more is said."),
    "suspense": ("", "What nobody has said yet where it belongs; it should be empty."),
    # What others owe us and we owe them
    "receivable": ("asset", "What customers owe for what they were invoiced."),
    "payable": ("liability", "What is owed to suppliers for what they invoiced."),
    "customer.advance": ("liability", "What customers paid before anything was delivered or invoiced."),
    "supplier.advance": ("asset", "What was paid to suppliers before anything was received."),
    "stored_value": ("liability", "What is owed to holders of gift cards, vouchers and store credit."),
    "employee.payable": ("liability", "What is owed to employees: net pay and claims of expenses."),
    "employee.receivable": ("asset", "What employees owe: advances and loans."),
    "ic.receivable": ("receivable", "What another company of the same owner owes."),
    "ic.payable": ("payable", "What is owed to another company of the same owner."),
    "grni": ("liability", "Goods received that no invoice has come for yet."),
    "accrued.revenue": ("asset", "Earned and not yet invoiced."),
    "accrued.expense": ("liability", "Used and not yet invoiced by the supplier."),
    "deferred.revenue": ("liability", "Invoiced and not yet earned."),
    "deferred.expense": ("asset", "Paid or invoiced and not yet used."),
    # Means of payment
    "cash": ("asset", "Notes and coins in tills and safes."),
    "bank": ("asset", "Balances with banks."),
    "clearing": ("asset", "Money on its way: card payments, payment providers, transfers between own accounts."),
    # Stock and fixed assets
    "inventory": ("asset", "Goods and materials on stock, at cost."),
    "wip": ("inventory", "Work in progress: material, labour and overhead of work orders that are not finished."),
    "asset.cost": ("asset", "Fixed assets at what they cost."),
    "asset.accdep": ("asset.cost", "Depreciation of fixed assets so far, against their cost."),
    # Equity
    "equity.opening": ("equity", "The other side of opening balances."),
    "retained_earnings": ("equity", "Profits and losses of past years that were kept."),
    # Income and expense
    "sales": ("income", "Revenue from what was sold, without tax."),
    "sales.returns": ("sales", "What was taken back or granted on sales."),
    "cogs": ("expense", "The cost of what was sold."),
    "inventory.adjustment": ("cogs", "Stock that was counted, lost, scrapped or valued anew."),
    "wages": ("expense", "Gross pay of employees."),
    "wages.employer": ("wages", "What the employer pays on top of wages: social security, payroll taxes."),
    "wages.withheld": ("liability", "Taxes and contributions kept back from wages and owed to authorities."),
    "depreciation": ("expense", "The period's share of the cost of fixed assets."),
    "bank.fees": ("expense", "What banks and payment providers charge."),
    "interest.income": ("income", "Interest received."),
    "interest.expense": ("expense", "Interest paid."),
    # Taxes
    "tax": ("liability", "Taxes on sales and purchases, where one account holds both."),
    "tax.output": ("tax", "Tax on sales, owed to the authority."),
    "tax.input": ("tax", "Tax on purchases that the authority gives back."),
    "tax.income": ("expense", "Tax on profits."),
    # Differences
    "rounding.cash": ("expense", "What rounding to the smallest coin takes or gives."),
    "rounding.fx": ("expense", "What is left when the lines of a voucher are converted one by one."),
    "fx.realised": ("expense", "Exchange differences on items that were settled."),
    "fx.unrealised": ("expense", "Exchange differences from valuing open items and balances at a later rate."),
}

STANDARD: Mapping[str, str] = {purpose: fallback for purpose, (fallback, _) in _TABLE.items()}
"""Purpose → the purpose that it falls back to where no account is mapped; empty for those that stand alone."""

DESCRIPTIONS: Mapping[str, str] = {purpose: description for purpose, (_, description) in _TABLE.items()}
"""Purpose → one sentence that says what belongs there."""


def fallbacks(purposes: Mapping[str, str], purpose: str) -> list[str]:
    """The purpose itself and what it falls back to, step by step: a ledger takes the first that it has an account for.

    :param purposes: purpose → fallback, of all plugins: ``PluginHost.purposes``. One that is not among them stands alone.
    """
    chain = [purpose]
    while (following := purposes.get(chain[-1], "")) and following not in chain:
        chain.append(following)
    return chain
