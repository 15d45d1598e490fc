"""Opening balances: what a business had and owed on its first day, account by account, and item by item where somebody owes it.

They are posted as one voucher of the nature ``opening``, because what they say is true for everybody: open items come into being, which
other plugins settle later, and a ledger that is installed later replays them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import attrs
import sqlalchemy as sa

from bocore import (
    BocoreError,
    Finding,
    Money,
    Party,
    Receipt,
    Refused,
    UnitOfWork,
    Voucher,
    VoucherRecord,
    find_rate,
)
from bocore import Line as VoucherLine
from bocore_accounting.chart import chart_of
from bocore_accounting.model import Account, AccountKind
from bocore_accounting.posting import no_account
from bocore_accounting.purposes import BY_KIND, account_purposes
from bocore_accounting.rights import SETUP
from bocore_accounting.written import written_amount

KIND = "accounting.opening"
NATURE = "opening"
BALANCING = "equity.opening"
"""The purpose of the account that takes what is missing, where that is asked for."""


@attrs.frozen(kw_only=True)
class OpeningBalance:
    """What an account has on the first day, or one item of it.

    :param account: its code.
    :param amount: negative for a credit; or else ``debit`` or ``credit``.
    :param currency: the company's without one.
    :param base: in the company's currency, where ``currency`` is another and it should not be converted.
    :param party: code or id.
    :param item: the key of the open item.
    :param item_kind: its kind (``bocore.ItemKind``): by the purpose of the account without one.
    :param dims: ``"cost_centre=SHOP1,site=NORTH"``.
    :param account_kind, account_name: open the account where the chart does not have it.
    """

    account: str
    amount: Decimal | None = None
    debit: Decimal | None = None
    credit: Decimal | None = None
    currency: str = ""
    base: Decimal | None = None
    party: str = ""
    item: str = ""
    due: date | None = None
    item_kind: str = ""
    dims: str = ""
    account_name: str = ""
    account_kind: AccountKind | None = None


def open_balances(uow: UnitOfWork, on: date, balances: Sequence[OpeningBalance], *, part: str = "", balance: bool = False) -> Receipt:
    """Post the balances with which the books of the unit's company begin, as one voucher; the same again gives the first receipt.

    :param on: the first day of the books.
    :param part: a name where there are several of that day: each is a voucher of its own.
    :param balance: put what is missing on the account of the purpose ``equity.opening``; else a difference is refused.
    :raises Refused: with everything that is wrong, by its place in ``balances`` from 1.
    :raises PostingConflict: other balances were posted for that day and part, and not reversed.
    """
    opening = Opening(uow, on)
    findings = opening.take(enumerate(balances, 1))
    if findings:
        raise Refused(findings)
    return opening.post(part, balance)


# ---------------------------------------------------------------- from rows to a voucher


class Opening:
    """Makes the voucher of a table of balances; chart, parties and purposes are read once."""

    def __init__(self, uow: UnitOfWork, on: date) -> None:
        self.uow = uow
        self.on = on
        self.base = uow.tokens[uow.company.currency]
        self.lines: list[VoucherLine] = []
        self.places: list[int] = []
        self._chart = dict(chart_of(uow, uow.company.id))
        self._purposes = account_purposes(uow)
        self._kinds = {ident: kind for ident, kind in uow.rows(sa.select(Account.c.id, Account.c.kind))}
        self._parties: dict[str, int] = {}
        self._rates: dict[str, Decimal] = {}

    def take(self, rows: Iterable[tuple[int, OpeningBalance]]) -> list[Finding]:
        """Make a line of each row; returns what is wrong, by the row's place."""
        findings: list[Finding] = []
        for at, row in rows:
            try:
                if row.item or any((row.amount, row.debit, row.credit)) or (row.amount, row.debit, row.credit) == (None, None, None):
                    self.lines.append(self._line(row))  # else it says zero, as the trial balances of other programs do
                    self.places.append(at)
            except BocoreError as error:
                findings += [placed(found, at) for found in error.findings]
        if not findings and not self.lines:
            findings.append(Finding("accounting.no_lines", "There are no opening balances.", fix="Give a row for each balance."))
        return findings

    def post(self, part: str, balance: bool) -> Receipt:
        """Post them, balanced."""
        lines = [*self.lines, *self._missing(balance)]
        key = _key(self.uow, self.on, part)
        text = f"Opening balances: {part}" if part else "Opening balances"
        voucher = Voucher(key, KIND, lines, posting_date=self.on, nature=NATURE, text=text)
        return self.uow.post(voucher)[0]

    def _missing(self, balance: bool) -> list[VoucherLine]:
        """What the balances lack to add up to zero, on the account of opening balances; Refused where that is not wanted."""
        missing = Money.zero(self.base)
        for line in self.lines:
            assert line.base is not None
            missing -= line.base
        if not missing:
            return []
        if not balance:
            side = "debit" if missing < Money.zero(self.base) else "credit"
            message = f"The opening balances do not add up to zero: {abs(missing)} too much on the {side} side."
            fix = "Correct them; or have the difference put on the account of opening balances: --balance."
            raise Refused([Finding("accounting.unbalanced", message, fix=fix, difference=str(-missing.amount))])
        return [VoucherLine(BALANCING, missing)]

    def _line(self, row: OpeningBalance) -> VoucherLine:
        amount = self._amount(row)
        account = self._account(row)
        more: dict[str, Any] = {"kind": row.item_kind} if row.item_kind else {}
        if row.item:
            more["opens"] = row.item
        elif row.due or row.item_kind:
            message = "The row says when it is due or of what kind it is, and names no item."
            raise _refused("item", message, "item", "Give the key of the open item, such as the number of the invoice.")
        return VoucherLine(
            self._purposes.get(account) or BY_KIND[AccountKind(self._kinds[account])],
            amount,
            base=self._in_base(row, amount),
            party=self._party(row.party),
            due=row.due,
            dims=_dims(row.dims),
            account=row.account,
            **more,
        )

    def _amount(self, row: OpeningBalance) -> Money:
        given = [(name, value) for name in ("amount", "debit", "credit") if (value := getattr(row, name))]
        if not given:
            raise _refused("amount", "The row has no balance.", "debit", "Write it under debit or credit, or signed under amount.")
        if len(given) > 1:
            names = " and ".join(name for name, _ in given)
            raise _refused("amount", f"The row has a balance under {names}.", names, "Make two rows of it.")
        ((name, value),) = given
        if name != "amount" and value < 0:
            message = f"The {name} {value} is negative."
            raise _refused("amount", message, name, "Write it in the other column, without the sign.")
        money = written_amount(self.uow, value, row.currency or self.base.code, name)
        return -money if name == "credit" else money

    def _in_base(self, row: OpeningBalance, amount: Money) -> Money:
        if row.base is not None:
            base = written_amount(self.uow, abs(row.base), self.base.code, "base")
            if amount.token == self.base and base != abs(amount):
                message = f"The balance is {abs(amount)} and its base {base}, in the same currency."
                raise _refused("base", message, "base", "Leave the base out: it is the balance.")
            positive = amount > Money.zero(amount.token)
            if row.base < 0 and positive:
                raise _refused("base", f"The base {row.base} is negative, the balance {amount} is not.", "base", "Give both one sign.")
            return base if positive else -base  # a table with debit and credit may write it without a sign
        if amount.token == self.base:
            return amount
        if amount.currency not in self._rates:
            self._rates[amount.currency] = find_rate(self.uow, amount.currency, self.base.code, self.on)
        return amount.convert(self._rates[amount.currency], self.base)

    def _account(self, row: OpeningBalance) -> int:
        ident = self._chart.get(row.account)
        if ident is None:
            if row.account_kind is None:
                kinds = ", ".join(kind.value for kind in AccountKind)
                found = no_account(row.account)
                fix = f"{found.fix.rstrip('.')}; or say in the column account_kind which of these it is: {kinds}."
                raise _refused("no_account", found.message, "account", fix)
            self.uow.require(SETUP, f"open the account {row.account}")
            made = Account(code=row.account, name=row.account_name or row.account, kind=row.account_kind)
            ident = self._chart[row.account] = self.uow.add(made).id
            self._kinds[ident] = row.account_kind
        return ident

    def _party(self, named: str) -> int | None:
        if not named:
            return None
        if named not in self._parties:
            found = self.uow.find(Party, code=named)
            if found is None and named.isascii() and named.isdigit():
                found = self.uow.get_all(Party, [int(named)]).get(int(named))
            if found is None:
                fix = "Add the party first: bo party add; or correct its code."
                raise _refused("no_party", f"There is no party with the code or id {named}.", "party", fix)
            self._parties[named] = found.id
        return self._parties[named]


def _key(uow: UnitOfWork, on: date, part: str) -> str:
    """The key of a part of a day's opening balances: the first that is free or stands, since a reversed one can't be posted again."""
    stem = f"{KIND}:{uow.company.id}:{on}" + (f":{part}" if part else "")
    if len(part) > 100 or set("{}#") & set(part):
        raise _refused("part", f"{part[:100]!r} can't name a part.", "part", "Give a name of at most 100 characters, without braces and #.")
    key, times = stem, 1
    while uow.find(VoucherRecord, reverses=key) is not None:
        times += 1
        key = f"{stem}#{times}"
    return key


def _dims(text: str) -> dict[str, str]:
    found = {}
    for one in filter(None, (part.strip() for part in text.split(","))):
        axis, equals, value = one.partition("=")
        if not (axis and equals and value):
            raise _refused("dims", f"{one!r} is no dimension.", "dims", "Write cost_centre=SHOP1,site=NORTH.")
        found[axis] = value
    return found


def _refused(code: str, message: str, field: str, fix: str) -> Refused:
    return Refused([Finding(f"accounting.{code}", message, field=field, fix=fix)])


def placed(found: Finding, at: int) -> Finding:
    return Finding(found.code, found.message, at, found.field, found.fix, found.severity, **found.params)
