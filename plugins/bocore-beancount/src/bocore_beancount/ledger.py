"""A beancount ledger as plain data: what a file says once it is booked, and what a file is written from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple, TypeAlias, TypeVar

import attrs

from bocore import Finding

Key = TypeVar("Key")


class Amount(NamedTuple):
    """A number of units of a currency or commodity, such as ``12.50 USD`` or ``3 VTI``."""

    number: Decimal
    code: str

    def __str__(self) -> str:
        return f"{self.number:f} {self.code}"


MetaValue: TypeAlias = str | Decimal | date | bool | Amount | None
Meta: TypeAlias = Mapping[str, MetaValue]


@attrs.frozen
class Cost:
    """The lot that units are held in: cost per unit, day of acquisition, label."""

    number: Decimal
    currency: str
    date: date
    label: str | None = None


@attrs.frozen(kw_only=True)
class Posting:
    """One line of a transaction: the units that an account gains, and the amount with which the line balances.

    ``amount`` is in the line's balancing currency, in whole minor units; it is ``units`` itself where the line has neither
    cost nor price. ``price`` is per unit. Only units and amounts are money: costs and prices are exact numbers.
    """

    account: str
    units: Amount
    amount: Amount
    cost: Cost | None = None
    price: Amount | None = None
    flag: str | None = None
    meta: Meta = attrs.field(factory=dict)
    line: int = attrs.field(default=0, eq=False)


@attrs.frozen(kw_only=True)
class Transaction:
    """What happened on one day; the amounts of its lines sum to exactly 0 in each balancing currency."""

    date: date
    flag: str = "*"
    payee: str | None = None
    narration: str = ""
    tags: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()
    meta: Meta = attrs.field(factory=dict)
    lines: tuple[Posting, ...] = ()
    file: str = attrs.field(default="", eq=False)
    line: int = attrs.field(default=0, eq=False)

    @property
    def at(self) -> str:
        """Where it stands, as ``file:line``, for findings."""
        return f"{self.file}:{self.line}"


@attrs.frozen(kw_only=True)
class CommodityDecl:
    """A currency or commodity that the ledger uses; ``date`` is empty where no directive declares it.

    ``exponent`` is the number of decimals of its minor unit: that of ISO 4217, or else the most decimals that the file has.
    """

    code: str
    exponent: int
    date: date | None = None
    name: str | None = None
    meta: Meta = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class AccountDecl:
    """An account: when it opens and closes, which commodities it may hold, how its lots are matched."""

    name: str
    opened: date
    closed: date | None = None
    currencies: tuple[str, ...] = ()
    booking: str | None = None
    meta: Meta = attrs.field(factory=dict)
    file: str = attrs.field(default="", eq=False)
    line: int = attrs.field(default=0, eq=False)


@attrs.frozen(kw_only=True)
class Price:
    """What one unit of a commodity was worth on a day."""

    date: date
    code: str
    number: Decimal
    currency: str
    meta: Meta = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Balance:
    """An assertion: what an account and those below it hold at the beginning of a day, give or take ``tolerance``.

    Without a tolerance, beancount allows for one in the last decimal written.
    """

    date: date
    account: str
    amount: Amount
    tolerance: Decimal | None = None
    meta: Meta = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Directive:
    """A note, event, document, query or custom directive: carried along as beancount text, so that a re-export has it."""

    date: date
    kind: str
    text: str


@attrs.frozen(kw_only=True)
class Roots:
    """The first part of the account names of each type, which a ledger may choose."""

    assets: str = "Assets"
    liabilities: str = "Liabilities"
    equity: str = "Equity"
    income: str = "Income"
    expenses: str = "Expenses"


@attrs.frozen(kw_only=True)
class Ledger:
    """A whole ledger, transactions in beancount's order; pads are transactions with the flag ``P``.

    ``files`` are those that it was read from, the ledger itself first; ``warnings`` what beancount said of them short of errors.
    """

    title: str = ""
    operating_currencies: tuple[str, ...] = ()
    roots: Roots = Roots()
    commodities: tuple[CommodityDecl, ...] = ()
    accounts: tuple[AccountDecl, ...] = ()
    transactions: tuple[Transaction, ...] = ()
    prices: tuple[Price, ...] = ()
    balances: tuple[Balance, ...] = ()
    others: tuple[Directive, ...] = ()
    files: tuple[str, ...] = attrs.field(default=(), eq=False)
    warnings: tuple[Finding, ...] = attrs.field(default=(), eq=False)


def balances(ledger: Ledger) -> dict[tuple[str, str], Decimal]:
    """The units that each account holds of each commodity in the end, lots added up; what is nil is left out."""
    return _sums(((posting.account, posting.units.code), posting.units.number) for _, posting in _postings(ledger))


def lots(ledger: Ledger) -> dict[tuple[str, str, Cost | None], Decimal]:
    """The units that each account holds of each commodity and lot in the end; what is nil is left out."""
    return _sums(((posting.account, posting.units.code, posting.cost), posting.units.number) for _, posting in _postings(ledger))


def turnovers_by_year(ledger: Ledger) -> dict[tuple[int, str, str], Decimal]:
    """What each income and expense account took in each year, in units, by (year, account, code); what is nil is left out."""
    types = (ledger.roots.income, ledger.roots.expenses)
    return _sums(
        ((transaction.date.year, posting.account, posting.units.code), posting.units.number)
        for transaction, posting in _postings(ledger)
        if posting.account.split(":", 1)[0] in types
    )


def holding(ledger: Ledger) -> list[Balance]:
    """The balance assertions that hold, in their order: units of an account and of those below it at the beginning of the day."""
    held: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    waiting = sorted(ledger.transactions, key=lambda each: each.date, reverse=True)
    true: set[int] = set()
    for number, each in sorted(enumerate(ledger.balances), key=lambda pair: pair[1].date):
        while waiting and waiting[-1].date < each.date:
            for posting in waiting.pop().lines:
                held[posting.account, posting.units.code] += posting.units.number
        below = f"{each.account}:"
        actual = sum(
            (
                units
                for (name, code), units in held.items()
                if code == each.amount.code and (name == each.account or name.startswith(below))
            ),
            Decimal(0),
        )
        places = -int(each.amount.number.as_tuple().exponent)
        usual = Decimal(1).scaleb(-places) if places > 0 else Decimal(0)
        if abs(actual - each.amount.number) <= (usual if each.tolerance is None else each.tolerance):
            true.add(number)
    return [each for number, each in enumerate(ledger.balances) if number in true]


def _postings(ledger: Ledger) -> Iterable[tuple[Transaction, Posting]]:
    return ((transaction, posting) for transaction in ledger.transactions for posting in transaction.lines)


def _sums(figures: Iterable[tuple[Key, Decimal]]) -> dict[Key, Decimal]:
    totals: dict[Key, Decimal] = defaultdict(Decimal)
    for key, number in figures:
        totals[key] += number
    return {key: total for key, total in totals.items() if total}
