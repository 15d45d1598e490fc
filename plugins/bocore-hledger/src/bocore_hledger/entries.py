"""Transactions as journal entries: each with its lines, and with what a journal says beyond them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from bocore import Money, Token
from bocore_accounting import Entry, Line
from bocore_hledger.journal import Posting, Transaction
from bocore_hledger.model import EntryExtra, LineExtra
from bocore_hledger.weigh import Weighed, weigh

LONGEST_TEXT = 1000
LONGEST_REFERENCE = 200


@attrs.frozen
class Booked:
    """A transaction as rows: the entry and what extends it, the lines, and for each line what extends it, if anything."""

    transaction: Transaction
    entry: Entry
    extra: EntryExtra
    lines: tuple[Line, ...]
    extras: tuple[LineExtra | None, ...]


def booked(
    keyed: Iterable[tuple[str, Transaction]],
    *,
    file_id: int,
    journal_id: int,
    accounts: Mapping[str, int],
    tokens: Mapping[str, Token],
    exponents: Mapping[str, int],
    base: str,
) -> list[Booked]:
    """Rows for transactions, in their order, none of them added yet.

    :param keyed: each transaction with its key.
    :param accounts: name → id.
    :param exponents: decimals of commodities, as the books have them.
    :param base: the company's currency, in which nothing is counted that has no commodity.
    """
    rows = []
    for key, each in keyed:
        entry = Entry(
            journal_id=journal_id,
            posting_date=each.date,
            text=_cut(each.description, LONGEST_TEXT),
            reference=_cut(each.code, LONGEST_REFERENCE),
        )
        extra = EntryExtra(journal_id=file_id, key=key, code=each.code, description=each.description)
        annotate(extra, each)
        weighed, _ = weigh(each.postings, exponents)
        lines = tuple(_line(*pair, accounts, tokens, base) for pair in zip(each.postings, weighed, strict=True))
        rows.append(Booked(each, entry, extra, lines, tuple(line_extra(line) for line in each.postings)))
    return rows


def annotate(extra: EntryExtra, each: Transaction) -> None:
    """Set what may change of a transaction without making it another."""
    extra.date2 = each.date2
    extra.status = each.status
    extra.comment = each.comment


def line_extra(line: Posting) -> LineExtra | None:
    """What is kept of a line beside it, if it has any of that."""
    if line.cost is None and line.assertion is None and not line.status and not line.comment:
        return None
    extra = LineExtra()
    if line.cost is not None:
        extra.cost, extra.cost_currency = line.cost.amount
        extra.total = line.cost.total
    annotate_line(extra, line)
    return extra


def annotate_line(extra: LineExtra, line: Posting) -> None:
    """Set what may change of a line without making it another."""
    extra.status = line.status
    extra.comment = line.comment
    extra.assertion = _assertion(line)


def _assertion(line: Posting) -> dict[str, Any] | None:
    if line.assertion is None:
        return None
    number, code = line.assertion.amount
    return {"sign": line.assertion.sign, "number": f"{number:f}", "code": code}


class Exponents(dict[str, int]):
    """The decimals of commodities, as the books have them; of no commodity those of the company's currency."""

    def __init__(self, tokens: Mapping[str, Token], base: str) -> None:
        super().__init__()
        self.tokens = tokens
        self.base = base

    def __missing__(self, code: str) -> int:
        self[code] = self.tokens[code or self.base].exponent
        return self[code]


def _line(line: Posting, weighed: Weighed, accounts: Mapping[str, int], tokens: Mapping[str, Token], base: str) -> Line:
    units, amount = weighed.units, weighed.amount
    money = Money(amount.number, tokens[amount.code or base])
    quantity = None if line.cost is None else Money(units.number, tokens[units.code])
    return Line(account_id=accounts[line.account], amount=money, quantity=quantity)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
