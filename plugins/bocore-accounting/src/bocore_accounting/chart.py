"""A chart to begin with: numbered accounts in a tree, and for every standard purpose the account where its lines belong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bocore import Finding, Severity, UnitOfWork
from bocore_accounting.model import Account, AccountKind, PurposeRule
from bocore_accounting.purposes import PurposeMap


class Template(NamedTuple):
    """An account of the standard chart; one without purposes under which others stand only groups them."""

    code: str
    name: str
    purposes: tuple[str, ...] = ()


KINDS: Mapping[str, AccountKind] = {
    "1": AccountKind.ASSET,
    "2": AccountKind.LIABILITY,
    "3": AccountKind.EQUITY,
    "4": AccountKind.INCOME,
    "5": AccountKind.EXPENSE,
    "6": AccountKind.EXPENSE,
    "7": AccountKind.EXPENSE,
}
"""First digit of a code → kind of account."""

CASH = ("1000", "1010")
"""Codes of the accounts whose changes are cash flows."""

GROUPS: Mapping[str, str] = {
    "1": "Assets",
    "10": "Cash and banks",
    "11": "Receivables",
    "13": "Stock",
    "15": "Fixed assets",
    "2": "Liabilities",
    "20": "Payables",
    "22": "Taxes and wages owed",
    "3": "Equity",
    "4": "Income",
    "5": "Cost of sales",
    "6": "Running costs",
    "7": "Financial costs and taxes on profit",
}

STANDARD = (
    Template("1000", "Cash", ("cash",)),
    Template("1010", "Bank", ("bank",)),
    Template("1050", "Money on its way", ("clearing",)),
    Template("1100", "Trade receivables", ("receivable",)),
    Template("1110", "Revenue not yet invoiced", ("accrued.revenue",)),
    Template("1120", "Receivables from group companies", ("ic.receivable",)),
    Template("1130", "Advances to suppliers", ("supplier.advance",)),
    Template("1140", "Receivables from employees", ("employee.receivable",)),
    Template("1150", "Prepaid expenses", ("deferred.expense",)),
    Template("1160", "Input tax", ("tax.input",)),
    Template("1190", "Other assets", ("asset",)),
    Template("1300", "Inventory", ("inventory",)),
    Template("1310", "Work in progress", ("wip",)),
    Template("1500", "Fixed assets at cost", ("asset.cost",)),
    Template("1510", "Accumulated depreciation", ("asset.accdep",)),
    Template("1900", "Suspense", ("suspense",)),
    Template("2000", "Trade payables", ("payable",)),
    Template("2010", "Goods received, not invoiced", ("grni",)),
    Template("2020", "Accrued expenses", ("accrued.expense",)),
    Template("2030", "Payables to group companies", ("ic.payable",)),
    Template("2040", "Advances from customers", ("customer.advance",)),
    Template("2050", "Gift cards and store credit", ("stored_value",)),
    Template("2060", "Deferred revenue", ("deferred.revenue",)),
    Template("2090", "Other liabilities", ("liability",)),
    Template("2200", "Output tax", ("tax.output", "tax")),
    Template("2210", "Payables to employees", ("employee.payable",)),
    Template("2220", "Withheld from wages", ("wages.withheld",)),
    Template("3000", "Owners' capital", ("equity",)),
    Template("3100", "Opening balances", ("equity.opening",)),
    Template("3200", "Retained earnings", ("retained_earnings",)),
    Template("4000", "Sales", ("sales",)),
    Template("4090", "Returns and allowances", ("sales.returns",)),
    Template("4800", "Other income", ("income",)),
    Template("4810", "Interest received", ("interest.income",)),
    Template("5000", "Cost of goods sold", ("cogs",)),
    Template("5090", "Stock differences", ("inventory.adjustment",)),
    Template("6000", "Wages", ("wages",)),
    Template("6010", "Employer's contributions", ("wages.employer",)),
    Template("6100", "Rent"),
    Template("6200", "Depreciation", ("depreciation",)),
    Template("6300", "Bank fees", ("bank.fees",)),
    Template("6800", "Other expenses", ("expense",)),
    Template("6810", "Cash rounding", ("rounding.cash",)),
    Template("7000", "Interest paid", ("interest.expense",)),
    Template("7100", "Exchange differences, realised", ("fx.realised",)),
    Template("7110", "Exchange differences, unrealised", ("fx.unrealised",)),
    Template("7120", "Rounding of conversions", ("rounding.fx",)),
    Template("7900", "Taxes on profit", ("tax.income",)),
)


def apply_standard_chart(uow: UnitOfWork, company: int) -> int:
    """Give a company the standard chart and its mapping of purposes; returns how many accounts it made.

    Accounts whose code the chart has already are left as they are; so are purposes that are mapped.
    """
    known = {account.code: account for account in uow.select(Account, company_id=company)}
    made: list[Account] = []
    for code, name in (*GROUPS.items(), *((t.code, t.name) for t in STANDARD)):
        if code not in known:
            above = known.get(next((code[:n] for n in range(len(code) - 1, 0, -1) if code[:n] in known), ""))
            kind, cash = KINDS[code[0]], code in CASH
            account = Account(company_id=company, code=code, name=name, kind=kind, postable=code not in GROUPS, cash=cash)
            known[code] = uow.add(account)
            account.parent_id = None if above is None else above.id
            made.append(account)
    mapped = {rule.purpose for rule in uow.select(PurposeRule, company_id=company) if not rule.book and not rule.keys}
    uow.add_all(
        PurposeRule(company_id=company, purpose=purpose, account_id=known[template.code].id)
        for template in STANDARD
        for purpose in template.purposes
        if purpose not in mapped
    )
    return len(made)


def chart_of(uow: UnitOfWork, company: int) -> Mapping[str, int]:
    """Code → id of all accounts of a company. One that has none gets the standard chart, with a warning, so that everything posts."""
    from sqlalchemy import select

    memory = uow.memory("accounting.chart", Account)
    found: Mapping[str, int] = memory.get(company, {})
    if found:
        return found
    statement = select(Account.c.code, Account.c.id).where(Account.c.company_id == company)
    found = {code: ident for code, ident in uow.rows(statement)}
    if not found:
        uow.hold(f"accounting.chart {company}")  # somebody else may be posting the first voucher too
        found = {code: ident for code, ident in uow.rows(statement)}
    if found:
        memory[company] = found
        return found
    count = apply_standard_chart(uow, company)
    message = f"The company had no accounts: the standard chart was set up, {count} accounts."
    fix = "Change what your books need: bo accounting open-account, close-account, map-purpose."
    uow.warn(Finding("accounting.standard_chart", message, fix=fix, severity=Severity.WARNING))
    return {code: ident for code, ident in uow.rows(statement)}


def cash_accounts(uow: UnitOfWork) -> set[int]:
    """Accounts whose changes are cash flows: those marked so, those of the purposes cash and bank, and all below them."""
    from sqlalchemy import select

    company = uow.company.id
    rows = uow.rows(select(Account.c.id, Account.c.parent_id, Account.c.cash).where(Account.c.company_id == company))
    chosen = {row.id for row in rows if row.cash}
    for purpose in ("cash", "bank"):
        chosen |= PurposeMap.of(uow, company).accounts(purpose)
    return with_those_below(chosen, {row.id: row.parent_id for row in rows})


def with_those_below(accounts: Iterable[int], parents: Mapping[int, int | None]) -> set[int]:
    """Accounts and all that stand below them.

    :param parents: account → the one above it, of the whole chart.
    """
    below: dict[int | None, list[int]] = {}
    for ident, parent in parents.items():
        below.setdefault(parent, []).append(ident)
    found = set(accounts)
    waiting = list(found)
    while waiting:
        children = [child for child in below.get(waiting.pop(), ()) if child not in found]
        found.update(children)
        waiting += children
    return found
