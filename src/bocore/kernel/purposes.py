"""Purposes: what a line of a voucher is for. Ledgers map them to accounts, so one chart serves every plugin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

# Purpose: what it falls back to, what belongs there, and a voucher in which it is used.
_TABLE = {
    # Where nothing more is said
    "asset": (
        "",
        "What the business owns or is owed, where nothing more is said.",
        "A deposit is paid for rented rooms: asset 1200.00, bank -1200.00",
    ),
    "liability": (
        "",
        "What the business owes, where nothing more is said.",
        "The bank lends money for three years: bank 10000.00, liability -10000.00",
    ),
    "equity": ("", "What the owners put in or took out.", "The owner pays in capital: bank 5000.00, equity -5000.00"),
    "income": ("", "What the business earns, where nothing more is said.", "A grant is received: bank 300.00, income -300.00"),
    "expense": ("", "What the business uses up, where nothing more is said.", "The rent of the month: expense 900.00, bank -900.00"),
    "suspense": (
        "",
        "What nobody has said yet where it belongs; it should be empty.",
        "A payment that nobody can tell yet: bank 50.00, suspense -50.00",
    ),
    # What others owe us and we owe them
    "receivable": (
        "asset",
        "What customers owe for what they were invoiced.",
        "An invoice over 100.00 with 20 % tax: receivable 120.00, sales -100.00, tax.output -20.00",
    ),
    "payable": (
        "liability",
        "What is owed to suppliers for what they invoiced.",
        "A bill over 100.00 with 20 % tax: expense 100.00, tax.input 20.00, payable -120.00",
    ),
    "customer.advance": (
        "liability",
        "What customers paid before anything was delivered or invoiced.",
        "A customer pays before delivery: bank 60.00, customer.advance -60.00",
    ),
    "supplier.advance": (
        "asset",
        "What was paid to suppliers before anything was received.",
        "A deposit with an order: supplier.advance 250.00, bank -250.00",
    ),
    "stored_value": (
        "liability",
        "What is owed to holders of gift cards, vouchers and store credit.",
        "A sale of 47.98 paid with a gift card and cash: cash 27.98, stored_value 20.00, sales -39.98, tax.output -8.00",
    ),
    "employee.payable": (
        "liability",
        "What is owed to employees: net pay and claims of expenses.",
        "A claim of expenses is accepted: expense 100.00, tax.input 20.00, employee.payable -120.00",
    ),
    "employee.receivable": (
        "asset",
        "What employees owe: advances and loans.",
        "An advance on wages: employee.receivable 500.00, bank -500.00",
    ),
    "ic.receivable": (
        "receivable",
        "What another company of the same owner owes.",
        "A fee charged to the sister company: ic.receivable 500.00, income -500.00",
    ),
    "ic.payable": (
        "payable",
        "What is owed to another company of the same owner.",
        "The same fee in the books of the sister company: expense 500.00, ic.payable -500.00",
    ),
    "grni": (
        "liability",
        "Goods received that no invoice has come for yet.",
        "Ten pieces at 5.00 come in before their bill: inventory 50.00, grni -50.00",
    ),
    "accrued.revenue": (
        "asset",
        "Earned and not yet invoiced.",
        "Work done in December, invoiced in January: accrued.revenue 800.00, sales -800.00",
    ),
    "accrued.expense": (
        "liability",
        "Used and not yet invoiced by the supplier.",
        "A bonus for last year, paid next year: wages 30000.00, accrued.expense -30000.00",
    ),
    "deferred.revenue": (
        "liability",
        "Invoiced and not yet earned.",
        "A year's subscription is invoiced: receivable 1200.00, deferred.revenue -1200.00",
    ),
    "deferred.expense": (
        "asset",
        "Paid or invoiced and not yet used.",
        "A year's insurance is paid: deferred.expense 360.00, bank -360.00",
    ),
    # Means of payment
    "cash": ("asset", "Notes and coins in tills and safes.", "Sold over the counter: cash 28.00, sales -23.33, tax.output -4.67"),
    "bank": ("asset", "Balances with banks.", "A customer pays an invoice: bank 120.00, receivable -120.00"),
    "clearing": (
        "asset",
        "Money on its way: card payments, payment providers, transfers between own accounts.",
        "The payment provider pays out what cards brought, less its fee: bank 105.50, bank.fees 2.50, clearing -108.00",
    ),
    # Stock and fixed assets
    "inventory": ("asset", "Goods and materials on stock, at cost.", "Goods are bought on account: inventory 200.00, payable -200.00"),
    "wip": (
        "inventory",
        "Work in progress: material, labour and overhead of work orders that are not finished.",
        "Material goes into a work order: wip 500.00, inventory -500.00",
    ),
    "asset.cost": (
        "asset",
        "Fixed assets at what they cost.",
        "A machine is bought: asset.cost 12000.00, tax.input 2400.00, payable -14400.00",
    ),
    "asset.accdep": (
        "asset.cost",
        "Depreciation of fixed assets so far, against their cost.",
        "The machine is sold after 7,700.00 of depreciation: bank 5000.00, asset.accdep 7700.00, asset.cost -12000.00, income -700.00",
    ),
    # Equity
    "equity.opening": (
        "equity",
        "The other side of opening balances.",
        "The bank balance with which the books begin: bank 2500.00, equity.opening -2500.00",
    ),
    "retained_earnings": (
        "equity",
        "Profits and losses of past years that were kept.",
        "The profit of a year is kept when it is closed: income 700.00, retained_earnings -700.00",
    ),
    # Income and expense
    "sales": ("income", "Revenue from what was sold, without tax.", "A service is invoiced without tax: receivable 80.00, sales -80.00"),
    "sales.returns": (
        "sales",
        "What was taken back or granted on sales.",
        "Half of a parcel comes back and is refunded: sales.returns 20.00, tax.output 4.00, clearing -24.00",
    ),
    "cogs": ("expense", "The cost of what was sold.", "What was sold leaves the stock: cogs 21.40, inventory -21.40"),
    "inventory.adjustment": (
        "cogs",
        "Stock that was counted, lost, scrapped or valued anew.",
        "Three pieces are missing at the count: inventory.adjustment 15.00, inventory -15.00",
    ),
    "wages": ("expense", "Gross pay of employees.", "A pay run: wages 5000.00, wages.withheld -982.50, employee.payable -4017.50"),
    "wages.employer": (
        "wages",
        "What the employer pays on top of wages: social security, payroll taxes.",
        "The employer's share of social security: wages.employer 382.50, wages.withheld -382.50",
    ),
    "wages.withheld": (
        "liability",
        "Taxes and contributions kept back from wages and owed to authorities.",
        "What was kept back is paid to the authority: wages.withheld 1365.00, bank -1365.00",
    ),
    "depreciation": (
        "expense",
        "The period's share of the cost of fixed assets.",
        "A month of a machine: depreciation 200.00, asset.accdep -200.00",
    ),
    "bank.fees": ("expense", "What banks and payment providers charge.", "The bank takes its fee: bank.fees 4.90, bank -4.90"),
    "interest.income": ("income", "Interest received.", "Interest on a deposit: bank 12.00, interest.income -12.00"),
    "interest.expense": ("expense", "Interest paid.", "Interest on an overdraft: interest.expense 35.00, bank -35.00"),
    # Taxes
    "tax": (
        "liability",
        "Taxes on sales and purchases, where one account holds both.",
        "The return of a quarter is paid: tax 640.00, bank -640.00",
    ),
    "tax.output": ("tax", "Tax on sales, owed to the authority.", "Tax on an invoice: receivable 60.00, sales -50.00, tax.output -10.00"),
    "tax.input": (
        "tax",
        "Tax on purchases that the authority gives back.",
        "Tax on a bill: expense 50.00, tax.input 10.00, payable -60.00",
    ),
    "tax.income": ("expense", "Tax on profits.", "An instalment of corporation tax: tax.income 1500.00, bank -1500.00"),
    # Differences
    "rounding.cash": (
        "expense",
        "What rounding to the smallest coin takes or gives.",
        "27.98 is rounded to 28.00 at the till: cash 28.00, sales -23.32, tax.output -4.66, rounding.cash -0.02",
    ),
    "rounding.fx": (
        "expense",
        "What is left when the lines of a voucher are converted one by one.",
        "A cent that converting line by line left over: bank 100.00, receivable -99.99, rounding.fx -0.01",
    ),
    "fx.realised": (
        "expense",
        "Exchange differences on items that were settled.",
        "4,000 USD of an invoice at 0.90 are paid at 0.91: bank 3640.00, receivable -3600.00, fx.realised -40.00",
    ),
    "fx.unrealised": (
        "expense",
        "Exchange differences from valuing open items and balances at a later rate.",
        "6,000 USD that are open at 0.90 are valued at 0.93: receivable 180.00, fx.unrealised -180.00",
    ),
}

STANDARD: Mapping[str, str] = {purpose: fallback for purpose, (fallback, _, _) in _TABLE.items()}
"""Purpose → the purpose that it falls back to where no account is mapped; empty for those that stand alone."""

DESCRIPTIONS: Mapping[str, str] = {purpose: description for purpose, (_, description, _) in _TABLE.items()}
"""Purpose → one sentence that says what belongs there."""


class Example(NamedTuple):
    """A voucher in which a purpose is used: what happened, and its lines as purpose and amount, debit positive."""

    story: str
    lines: tuple[tuple[str, str], ...]


def _example(text: str) -> Example:
    story, _, lines = text.rpartition(": ")
    return Example(story, tuple((purpose, amount) for purpose, amount in (line.split() for line in lines.split(", "))))


EXAMPLES: Mapping[str, Example] = {purpose: _example(example) for purpose, (_, _, example) in _TABLE.items()}
"""Purpose → a voucher in which it is used."""


def fallbacks(purposes: Mapping[str, str], purpose: str) -> list[str]:
    """The purpose itself and what it falls back to, step by step: a ledger takes the first that it has an account for.

    :param purposes: purpose → fallback, of all plugins: ``PluginHost.purposes``. One that is not among them stands alone.
    """
    chain = [purpose]
    while (following := purposes.get(chain[-1], "")) and following not in chain:
        chain.append(following)
    return chain
