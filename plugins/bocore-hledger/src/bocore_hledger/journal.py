"""A journal as plain data: what its lines say, and what they come to once every amount is known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date as Day
from decimal import Context, Decimal
from typing import NamedTuple

import attrs

from bocore import Finding

EXACT = Context(prec=200)
"""For sums and products, which must not lose a digit."""


class Amount(NamedTuple):
    """A number of units of a commodity, such as ``12.50 USD`` or ``$3``; the code is empty where no symbol was written."""

    number: Decimal
    code: str

    def __str__(self) -> str:
        return f"{self.number:f} {self.code}".rstrip()


@attrs.frozen
class Cost:
    """What units were exchanged for: ``@`` per unit, ``@@`` (``total``) for all of them."""

    amount: Amount
    total: bool = False


@attrs.frozen
class Assertion:
    """What an account must hold after a line.

    ``sole``: of nothing but this commodity (``==``); ``below``: with the accounts below it (``=*``).
    """

    amount: Amount
    sole: bool = False
    below: bool = False

    @property
    def sign(self) -> str:
        """The way it is written."""
        return f"={'=' if self.sole else ''}{'*' if self.below else ''}"


@attrs.frozen(kw_only=True)
class Posting:
    """One line of a transaction. ``units`` are None where the amount was left out, which is only so until a journal is resolved.

    ``inferred`` marks an amount that nobody wrote: what was left out, or what an assertion without amount came to.
    """

    account: str
    units: Amount | None = None
    cost: Cost | None = None
    assertion: Assertion | None = None
    status: str = ""
    comment: str = ""
    inferred: bool = False
    line: int = attrs.field(default=0, eq=False)


@attrs.frozen(kw_only=True)
class Transaction:
    """What happened on one day."""

    date: Day
    date2: Day | None = None
    status: str = ""
    code: str = ""
    description: str = ""
    comment: str = ""
    postings: tuple[Posting, ...] = ()
    file: str = attrs.field(default="", eq=False)
    line: int = attrs.field(default=0, eq=False)

    @property
    def at(self) -> str:
        """Where it stands, as ``file:line``, for findings."""
        return f"{self.file}:{self.line}"

    def place(self, posting: Posting) -> str:
        """Where one of its lines stands."""
        return f"{self.file}:{posting.line}"


@attrs.frozen(kw_only=True)
class AccountDecl:
    """An ``account`` directive; ``type`` is one of the letters A L E R X C V, or empty where none is declared."""

    name: str
    type: str = ""
    comment: str = ""
    file: str = attrs.field(default="", eq=False)
    line: int = attrs.field(default=0, eq=False)


@attrs.frozen(kw_only=True)
class Price:
    """A ``P`` directive: what one unit of a commodity was worth from a day on."""

    date: Day
    code: str
    amount: Amount
    file: str = attrs.field(default="", eq=False)
    line: int = attrs.field(default=0, eq=False)


@attrs.frozen(kw_only=True)
class Journal:
    """A whole journal with the files that it includes, transactions in the order in which they are written.

    ``exponents`` has the commodities that lines are counted in, with the decimals of their minor units; ``warnings`` say what was
    passed over.
    """

    transactions: tuple[Transaction, ...] = ()
    accounts: tuple[AccountDecl, ...] = ()
    prices: tuple[Price, ...] = ()
    exponents: Mapping[str, int] = attrs.field(factory=dict)
    files: tuple[str, ...] = attrs.field(default=(), eq=False)
    warnings: tuple[Finding, ...] = attrs.field(default=(), eq=False)
