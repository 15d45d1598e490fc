"""What of a ledger is no entry: prices, balance assertions, commodities and the rest, as rows and back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from bocore import UnitOfWork
from bocore_beancount import meta
from bocore_beancount.ledger import Amount, Balance, CommodityDecl, Directive, Ledger, Price
from bocore_beancount.model import DirectiveRow, LedgerFile
from bocore_beancount.write import transaction_text

Plain = tuple[str, date, dict[str, Any]]
"""Kind, day and body."""
Identity = tuple[str, date, str]


def renew(uow: UnitOfWork, file: LedgerFile, ledger: Ledger) -> None:
    """Make the directives kept for a ledger those that it has now: nothing in the books depends on them."""
    have: dict[Identity, list[DirectiveRow]] = {}
    for row in uow.children(file, DirectiveRow):
        have.setdefault(_identity(row.kind, row.on, row.body), []).append(row)
    wanted: Counter[Identity] = Counter()
    new: list[DirectiveRow] = []
    for position, (kind, on, body) in enumerate(_plain(ledger)):
        identity = _identity(kind, on, body)
        wanted[identity] += 1
        if wanted[identity] > len(have.get(identity, ())):
            new.append(DirectiveRow(ledger_id=file.id, kind=kind, on=on, position=position, body=body))
    uow.add_all(new)
    for identity, rows in have.items():
        for row in rows[wanted[identity] :]:
            uow.remove(row)


def of_all(files: Iterable[list[DirectiveRow]]) -> list[DirectiveRow]:
    """The directives of several ledgers, by day; what more than one of them has, such as prices, is taken from the first."""
    seen: set[Identity] = set()
    found: list[DirectiveRow] = []
    for rows in files:
        identities = [_identity(row.kind, row.on, row.body) for row in rows]
        found += [row for row, identity in zip(rows, identities, strict=True) if identity not in seen]
        seen.update(identities)
    return sorted(found, key=lambda row: (row.on, row.position, row.id))


def prices(rows: Iterable[DirectiveRow]) -> Iterator[Price]:
    """The prices among directives."""
    for row in rows:
        if row.kind == "price":
            number, currency = _amount(row.body)
            yield Price(date=row.on, code=row.body["of"], number=number, currency=currency, meta=_meta(row))


def balances(rows: Iterable[DirectiveRow]) -> Iterator[Balance]:
    """The balance assertions among directives."""
    for row in rows:
        if row.kind == "balance":
            body = row.body
            tolerance = None if body["tolerance"] is None else Decimal(body["tolerance"])
            yield Balance(date=row.on, account=body["account"], amount=_amount(body), tolerance=tolerance, meta=_meta(row))


def commodities(rows: Iterable[DirectiveRow]) -> Iterator[CommodityDecl]:
    """The commodities among directives."""
    for row in rows:
        if row.kind == "commodity":
            body = row.body
            yield CommodityDecl(code=body["code"], exponent=body["exponent"], date=row.on, name=body["name"], meta=_meta(row))


def others(rows: Iterable[DirectiveRow]) -> Iterator[Directive]:
    """The directives that are carried along as text."""
    for row in rows:
        if "text" in row.body:
            yield Directive(date=row.on, kind=row.kind, text=row.body["text"])


def _plain(ledger: Ledger) -> Iterator[Plain]:
    for decl in ledger.commodities:
        if decl.date is not None:
            body = {"code": decl.code, "exponent": decl.exponent, "name": decl.name, "meta": meta.to_json(decl.meta)}
            yield "commodity", decl.date, body
    for price in ledger.prices:
        yield "price", price.date, {"of": price.code, **_spelt(price.number, price.currency), "meta": meta.to_json(price.meta)}
    for balance in ledger.balances:
        tolerance = None if balance.tolerance is None else f"{balance.tolerance:f}"
        body = {"account": balance.account, **_spelt(*balance.amount), "tolerance": tolerance, "meta": meta.to_json(balance.meta)}
        yield "balance", balance.date, body
    for each in ledger.others:
        yield each.kind, each.date, {"text": each.text}
    for transaction in ledger.transactions:
        if not transaction.lines:  # the books have no entries without lines
            yield "transaction", transaction.date, {"text": transaction_text(transaction)}


def _spelt(number: Decimal, code: str) -> dict[str, str]:
    """As it was written: a balance assertion is as exact as its digits."""
    return {"number": f"{number:f}", "code": code}


def _amount(body: dict[str, Any]) -> Amount:
    return Amount(Decimal(body["number"]), body["code"])


def _meta(row: DirectiveRow) -> Any:
    return meta.from_json(row.body["meta"])


def _identity(kind: str, on: date, body: dict[str, Any]) -> Identity:
    return kind, on, json.dumps(body, sort_keys=True)
