"""Transactions as journal entries: each with its lines, and with what beancount says beyond them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from bocore import Money, Token
from bocore_accounting import Entry, Line
from bocore_beancount import meta
from bocore_beancount.ledger import Posting, Transaction
from bocore_beancount.model import EntryExtra, Lot

LONGEST_TEXT = 1000


@attrs.frozen
class Booked:
    """A transaction as rows: the entry and what extends it, the lines, and for each line what extends it, if anything."""

    transaction: Transaction
    entry: Entry
    extra: EntryExtra
    lines: tuple[Line, ...]
    lots: tuple[Lot | None, ...]


def booked(
    keyed: Iterable[tuple[str, Transaction]], *, ledger_id: int, journal_id: int, accounts: Mapping[str, int], tokens: Mapping[str, Token]
) -> list[Booked]:
    """Rows for transactions, in their order, none of them added yet.

    :param keyed: each transaction with its key.
    :param accounts: name → id.
    """
    return [
        Booked(
            each,
            Entry(journal_id=journal_id, posting_date=each.date, text=text(each)),
            _extra(key, each, ledger_id),
            tuple(_line(line, accounts, tokens) for line in each.lines),
            tuple(_lot(line) for line in each.lines),
        )
        for key, each in keyed
    ]


def text(each: Transaction) -> str:
    """What a journal shows: payee and narration, cut where they are longer than an entry's text may be."""
    whole = " | ".join(part for part in (each.payee, each.narration) if part)
    return whole if len(whole) <= LONGEST_TEXT else f"{whole[: LONGEST_TEXT - 1]}…"


def _extra(key: str, each: Transaction, ledger_id: int) -> EntryExtra:
    return EntryExtra(
        ledger_id=ledger_id,
        key=key,
        flag=each.flag,
        payee=each.payee,
        narration=each.narration,
        tags=sorted(each.tags),
        links=sorted(each.links),
        meta=meta.to_json(each.meta),
    )


def _line(line: Posting, accounts: Mapping[str, int], tokens: Mapping[str, Token]) -> Line:
    amount = Money(line.amount.number, tokens[line.amount.code])
    quantity = None if line.units == line.amount else Money(line.units.number, tokens[line.units.code])
    return Line(account_id=accounts[line.account], amount=amount, quantity=quantity)


def _lot(line: Posting) -> Lot | None:
    if line.cost is None and line.price is None and line.flag is None and not line.meta:
        return None
    lot = Lot(flag=line.flag, meta=meta.to_json(line.meta))
    if line.cost is not None:
        lot.cost, lot.cost_currency, lot.acquired, lot.label = line.cost.number, line.cost.currency, line.cost.date, line.cost.label
    if line.price is not None:
        lot.price, lot.price_currency = line.price
    return lot
