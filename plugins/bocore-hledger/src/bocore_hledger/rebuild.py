"""The books as a journal: what was imported comes back as it was, what was posted in other ways is said in hledger's words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from bocore import Rate, UnitOfWork
from bocore_accounting import Account, AccountKind, Entry, Line, balances_in_base_only
from bocore_hledger.importing import SOURCE
from bocore_hledger.journal import AccountDecl, Amount, Assertion, Cost, Journal, Posting, Price, Transaction
from bocore_hledger.kinds import KINDS, type_of
from bocore_hledger.model import AccountExtra, EntryExtra, LineExtra
from bocore_hledger.resolve import totals

_LETTERS = {
    AccountKind.ASSET: "A",
    AccountKind.LIABILITY: "L",
    AccountKind.EQUITY: "E",
    AccountKind.INCOME: "R",
    AccountKind.EXPENSE: "X",
    AccountKind.UNKNOWN: "",
}
_ROOTS = {"A": "assets", "L": "liabilities", "E": "equity", "R": "revenues", "X": "expenses"}
_HALF = Decimal("0.5")


def rebuild(uow: UnitOfWork) -> Journal:
    """The whole books of the unit's company, without adjustment books."""
    books = _Books(uow)
    transactions = tuple(books.transactions())
    used = sorted({code for each in transactions for line in each.postings for code in _codes(line)})
    prices = uow.select(Rate, source=SOURCE, kind="spot").order_by(Rate.c.on, Rate.c.currency, Rate.c.to_currency)
    return Journal(
        transactions=transactions,
        accounts=tuple(books.declared()),
        prices=tuple(Price(date=row.on, code=row.currency, amount=Amount(row.rate, row.to_currency)) for row in prices),
        exponents={code: uow.tokens[code].exponent for code in used},
    )


def _codes(line: Posting) -> Iterator[str]:
    if line.units is not None:
        yield line.units.code
    if line.cost is not None:
        yield line.cost.amount.code


class _Books:
    """The rows of the books, read in few queries."""

    def __init__(self, uow: UnitOfWork) -> None:
        company = uow.company.id
        self.uow = uow
        self.account_extras = {each.id: each for each in uow.stream(uow.select(AccountExtra))}
        self.accounts = sorted(uow.stream(uow.select(Account, company_id=company)), key=self._place)
        entries = uow.stream(uow.select(Entry, company_id=company, book=""))
        self.entries = sorted(entries, key=lambda each: (each.posting_date, len(each.number), each.number, each.id))
        self.lines: dict[int, list[Line]] = defaultdict(list)
        for line in uow.stream(uow.select(Line).order_by(Line.c.entry_id, Line.c.position)):
            self.lines[line.entry_id].append(line)
        self.extras = {each.id: each for each in uow.stream(uow.select(EntryExtra, company_id=company))}
        self.line_extras = {each.id: each for each in uow.stream(uow.select(LineExtra))}
        self.used = {line.account_id for each in self.entries for line in self.lines[each.id]}
        self.names: dict[int, str] = {}
        taken: set[str] = set()
        for account in sorted(self.accounts, key=lambda each: each.id not in self.account_extras):
            self.names[account.id] = _unique(self._name(account), taken)

    def _place(self, account: Account) -> tuple[bool, int, int]:
        extra = self.account_extras.get(account.id)
        return extra is None or extra.position is None, (extra.position if extra else None) or 0, account.id

    def _name(self, account: Account) -> str:
        """What a journal calls an account: its code where that came from one or looks like it, else type, code and name."""
        if account.id in self.account_extras or ":" in account.code:
            return account.code
        words = " ".join(f"{account.code} {account.name}".replace(":", " ").replace(";", " ").split())
        root = _ROOTS.get(_LETTERS[account.kind], "")
        return f"{root}:{words}"[:250].strip() if root else words

    def declared(self) -> Iterator[AccountDecl]:
        """The accounts that had a directive, and those of which the name does not tell the type."""
        declared: dict[str, str] = {}
        for each in self.accounts:
            if not each.postable and each.id not in self.used:
                continue
            name, extra = self.names[each.id], self.account_extras.get(each.id)
            letter = extra.type if extra else ""
            inferred = type_of(name, declared)
            if not letter and (KINDS[inferred] is not each.kind or (inferred == "C") != each.cash):
                letter = "C" if each.cash else _LETTERS[each.kind]
            if letter:
                declared[name] = letter
            elif extra is None or extra.position is None:
                continue  # without a directive hledger knows it as well
            yield AccountDecl(name=name, type=letter, comment=extra.comment if extra else "")

    def transactions(self) -> Iterator[Transaction]:
        """The entries, by day and then in the order of their numbers."""
        for entry in self.entries:
            lines, extra = self.lines[entry.id], self.extras.get(entry.id)
            in_base = balances_in_base_only(lines)
            postings = [self._posting(line, in_base) for line in lines]
            if not self._balanced(postings):
                postings = [self._posting(line, in_base, plain=True) for line in lines]
            if extra is None:
                noted = f"number: {entry.number}"
                text, code = _one_line(entry.text).replace(";", ","), _one_line(entry.reference).replace(")", "]")
                yield Transaction(date=entry.posting_date, code=code, description=text, comment=noted, postings=tuple(postings))
                continue
            yield Transaction(
                date=entry.posting_date,
                date2=extra.date2,
                status=extra.status,
                code=extra.code,
                description=extra.description,
                comment=extra.comment,
                postings=tuple(postings),
            )

    def _balanced(self, postings: list[Posting]) -> bool:
        """Whether hledger takes the transaction for balanced: what prices leave is less than half of the smallest unit."""
        return all(total.copy_abs() <= _HALF.scaleb(-self.uow.tokens[code].exponent) for code, total in totals(postings).items())

    def _posting(self, line: Line, in_base: bool, *, plain: bool = False) -> Posting:
        """A line with the cost that was written, or with what it balanced with; ``plain`` always the latter."""
        extra = self.line_extras.get(line.id)
        amount, quantity = line.amount, line.quantity
        if in_base and line.base is not None and line.base.currency != amount.currency:
            amount, quantity = line.base, quantity or amount
        if quantity is not None and quantity.minor_units * amount.minor_units < 0:
            quantity = None  # hledger has no words for units that are worth something of the opposite sign
        balancing = Amount(amount.amount, amount.currency)
        units, cost = balancing, None
        if quantity is not None:
            units = Amount(quantity.amount, quantity.currency)
            cost = Cost(Amount(balancing.number.copy_abs(), balancing.code), total=True)
            if extra is not None and extra.cost is not None and not plain:
                cost = Cost(Amount(extra.cost, extra.cost_currency or ""), total=extra.total)
        return Posting(
            account=self.names[line.account_id],
            units=units,
            cost=cost,
            assertion=_assertion(extra),
            status=extra.status if extra else "",
            comment=extra.comment if extra else "",
        )


def _assertion(extra: LineExtra | None) -> Assertion | None:
    if extra is None or extra.assertion is None:
        return None
    said = extra.assertion
    return Assertion(Amount(Decimal(said["number"]), said["code"]), sole="==" in said["sign"], below="*" in said["sign"])


def _unique(name: str, taken: set[str]) -> str:
    number, made = 1, name
    while made in taken:
        number += 1
        made = f"{name} {number}"
    taken.add(made)
    return made


def _one_line(text: str) -> str:
    return " ".join(text.split())
