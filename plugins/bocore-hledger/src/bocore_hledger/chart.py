"""A journal's commodities and accounts, taken into the books' own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bocore import ISO_4217, Finding, Refused, Severity, UnitOfWork
from bocore_accounting import Account, AccountKind, Commodity
from bocore_hledger.journal import AccountDecl, Journal
from bocore_hledger.kinds import KINDS, type_of
from bocore_hledger.model import AccountExtra

NAMED = 5
"""So many accounts without a type are named."""


def declare_commodities(uow: UnitOfWork, exponents: Mapping[str, int], places: Mapping[str, int], at: str) -> None:
    """Make a Commodity of everything that is no currency; those that the books have must have decimals enough.

    :param places: code → decimals to declare it with, if that is more than the journal has now: a commodity keeps its decimals for ever.
    :param at: the journal, for findings.
    :raises Refused: a commodity of the books has fewer decimals than the journal uses.
    """
    wanted = {code: exponent for code, exponent in exponents.items() if code not in ISO_4217}
    known = uow.find_all(Commodity, code=list(wanted))
    found = []
    for code, exponent in wanted.items():
        row = known.get(code)
        if row is None:
            uow.add(Commodity(code=code, exponent=max(exponent, places.get(code, 0))))
        elif row.exponent < exponent:
            message = f"The journal has amounts of {code} with {exponent} decimals; in the books it has {row.exponent} for ever."
            again = f"bo import hledger … --decimals {code}:{exponent}"
            fix = f"Round them to {row.exponent}, or import into new books, with room to grow: {again}."
            found.append(Finding("hledger.commodity_decimals", message, at=at, fix=fix))
    if found:
        raise Refused(found)


def open_accounts(uow: UnitOfWork, journal: Journal) -> tuple[dict[str, int], list[Finding]]:
    """Open the journal's accounts, or bring those that it opened before up to what it says now; returns name → id, and warnings.

    What only stands above others becomes an account that groups them. An account that was in the books before keeps its settings.

    :raises Refused: the books have an account of that name and of another kind.
    """
    chart = _Chart(uow, {each.name: each.type for each in journal.accounts if each.type})
    for position, decl in enumerate(_named(journal)):
        chart.open(decl, position if position < len(journal.accounts) else None)
    if chart.found:
        raise Refused(chart.found)
    return {code: account.id for code, account in chart.accounts.items()}, list(chart.without_kind())


def _named(journal: Journal) -> Iterator[AccountDecl]:
    """The accounts with a directive, then those that only lines name, with the place where each comes first."""
    yield from journal.accounts
    seen = {each.name for each in journal.accounts}
    for transaction in journal.transactions:
        for line in transaction.postings:
            if line.account not in seen:
                seen.add(line.account)
                yield AccountDecl(name=line.account, file=transaction.file, line=line.line)


class _Chart:
    """The company's accounts by code, while a journal's are put among them."""

    def __init__(self, uow: UnitOfWork, declared: Mapping[str, str]) -> None:
        self.uow = uow
        self.declared = declared
        self.accounts = {account.code: account for account in uow.select(Account, company_id=uow.company.id)}
        self.extras = uow.extensions(self.accounts.values(), AccountExtra)
        self.found: list[Finding] = []
        self.unknown: list[AccountDecl] = []

    def open(self, decl: AccountDecl, position: int | None) -> None:
        letter = type_of(decl.name, self.declared)
        kind = KINDS[letter]
        account = self.accounts.get(decl.name) or self._add(decl.name, kind)
        told = account.kind is AccountKind.UNKNOWN and bool(letter)
        if told:
            account.kind = kind
        if AccountKind.UNKNOWN not in (kind, account.kind) and account.kind is not kind:
            message = f"The books have {decl.name} as an account of kind {account.kind.value}; the journal has it as {kind.value}."
            fix = "Rename one of the two, or declare its type in the journal."
            self.found.append(Finding("hledger.account_kind", message, at=f"{decl.file}:{decl.line}", fix=fix))
            return
        extra = self.extras.get(account.id)
        if extra is not None or not account.postable:  # one of ours; what was in the books before keeps its settings
            account.postable = True
            if extra is None or told or extra.type != decl.type:  # else somebody may have said otherwise since
                account.cash = letter == "C"
        if extra is None:
            extra = self.extras[account.id] = self.uow.add(AccountExtra(), extends=account)
        extra.position = position
        extra.type = decl.type
        extra.comment = decl.comment
        if account.kind is AccountKind.UNKNOWN:
            self.unknown.append(decl)

    def _add(self, code: str, kind: AccountKind) -> Account:
        """A new account that groups others, until it is opened itself; of the kind of what is below it, if nothing else tells."""
        above, _, name = code.rpartition(":")
        parent = None
        if above:
            parent = self.accounts.get(above) or self._add(above, KINDS[type_of(above, self.declared)] or kind)
        account = Account(code=code, name=name, kind=kind, parent_id=parent.id if parent else None, postable=False)
        self.accounts[code] = self.uow.add(account)
        return account

    def without_kind(self) -> Iterator[Finding]:
        """One warning for all accounts of which nobody knows what they are."""
        if not self.unknown:
            return
        names = ", ".join(each.name for each in self.unknown[:NAMED])
        more = f" and {len(self.unknown) - NAMED} more" if len(self.unknown) > NAMED else ""
        first = self.unknown[0]
        message = f"Accounts of no known type are in the trial balance only: {names}{more}."
        fix = (
            f"Declare the type, of the account or of one above it: account {first.name}  ; type: A (or L, E, R, X, C); "
            "or say it in the books: bo accounting classify-account."
        )
        yield Finding("hledger.no_type", message, at=f"{first.file}:{first.line}", fix=fix, severity=Severity.WARNING)
