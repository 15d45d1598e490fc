"""A ledger's commodities and accounts, taken into the books' own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from bocore import ISO_4217, Finding, Refused, UnitOfWork
from bocore_accounting import Account, AccountKind, Commodity
from bocore_beancount import meta
from bocore_beancount.ledger import AccountDecl, CommodityDecl, Roots
from bocore_beancount.model import AccountExtra

DAY = timedelta(days=1)


def kinds(roots: Roots) -> dict[str, AccountKind]:
    """First part of an account's name → the kind of account."""
    return {
        roots.assets: AccountKind.ASSET,
        roots.liabilities: AccountKind.LIABILITY,
        roots.equity: AccountKind.EQUITY,
        roots.income: AccountKind.INCOME,
        roots.expenses: AccountKind.EXPENSE,
    }


def declare_commodities(uow: UnitOfWork, commodities: Iterable[CommodityDecl], places: Mapping[str, int], at: str) -> None:
    """Make a Commodity of everything that is no currency; those that the books have must have decimals enough.

    :param places: code → decimals to declare it with, if that is more than the ledger has now: a commodity keeps its decimals for ever.
    :param at: the ledger, for findings.
    :raises Refused: a commodity of the books has fewer decimals than the ledger uses.
    """
    wanted = [each for each in commodities if each.code not in ISO_4217]
    known = uow.find_all(Commodity, code=[each.code for each in wanted])
    found: list[Finding] = []
    for each in wanted:
        row = known.get(each.code)
        if row is None:
            exponent = max(each.exponent, places.get(each.code, 0))
            uow.add(Commodity(code=each.code, exponent=exponent, name=(each.name or "")[:200]))
        elif row.exponent < each.exponent:
            message = f"The ledger has amounts of {each.code} with {each.exponent} decimals; in the books it has {row.exponent} for ever."
            fix = (
                f"Round them to {row.exponent}, or import into new books, with room to grow: "
                f"bo import beancount … --decimals {each.code}:{each.exponent}."
            )
            found.append(Finding("beancount.commodity_decimals", message, at=at, fix=fix))
    if found:
        raise Refused(found)


def open_accounts(uow: UnitOfWork, accounts: Iterable[AccountDecl], roots: Roots) -> dict[str, int]:
    """Open the ledger's accounts, or bring those that it opened before up to what it says now; returns name → id.

    What only stands above others becomes an account that groups them. An account that was in the books before keeps its settings.

    :raises Refused: the books have an account of that name and of another kind.
    """
    chart = _Chart(uow, kinds(roots))
    for position, decl in enumerate(accounts):
        chart.open(decl, position)
    if chart.found:
        raise Refused(chart.found)
    return {code: account.id for code, account in chart.accounts.items()}


class _Chart:
    """The company's accounts by code, while a ledger's are put among them."""

    def __init__(self, uow: UnitOfWork, of_root: Mapping[str, AccountKind]) -> None:
        self.uow = uow
        self.of_root = of_root
        self.accounts = {account.code: account for account in uow.select(Account, company_id=uow.company.id)}
        self.extras = uow.extensions(self.accounts.values(), AccountExtra)
        self.found: list[Finding] = []

    def open(self, decl: AccountDecl, position: int) -> None:
        account = self.accounts.get(decl.name)
        kind = self.of_root[decl.name.partition(":")[0]]
        ours = account is None or account.id in self.extras or not account.postable
        if account is None:
            account = self._add(decl.name, kind)
        elif account.kind is not kind:
            message = f"The books have {decl.name} as an account of kind {account.kind.value}; the ledger has it under {kind.value}."
            fix = "Rename one of the two."
            self.found.append(Finding("beancount.account_kind", message, at=f"{decl.file}:{decl.line}", fix=fix))
            return
        if ours:
            account.postable = True
            account.opened = decl.opened
            account.closed = decl.closed + DAY if decl.closed else None  # beancount's close is the last day, not the day after
            account.currencies = list(decl.currencies)
        extra = self.extras.get(account.id)
        if extra is None:
            extra = self.extras[account.id] = self.uow.add(AccountExtra(), extends=account)
        extra.position = position
        extra.booking = decl.booking
        extra.meta = meta.to_json(decl.meta)

    def _add(self, code: str, kind: AccountKind) -> Account:
        """A new account that groups others, until it is opened itself."""
        above, _, name = code.rpartition(":")
        parent = (self.accounts.get(above) or self._add(above, kind)) if above else None
        account = Account(code=code, name=name, kind=kind, parent_id=parent.id if parent else None, postable=False)
        self.accounts[code] = self.uow.add(account)
        return account
