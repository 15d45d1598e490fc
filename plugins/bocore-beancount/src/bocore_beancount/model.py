"""What beancount says beyond accounts, entries and lines: in tables that extend those, and in the ledger's own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from bocore import Entity, entity, field, number, parent, ref
from bocore_accounting import Account, Entry, Line

READ, SETUP = "accounting.read", "accounting.setup"


@entity("beancount_ledger", read=READ, write=SETUP, company=True, unique=[("company_id", "name")])
class LedgerFile(Entity):
    """A ledger that was imported, by the name of its file, with the options that a re-export needs."""

    name: str = field(max_length=255, not_blank=True)
    title: str = field(default="")
    operating_currencies: list[str] = field(factory=list)
    roots: dict[str, str] = field(factory=dict, doc="account type → first part of account names, as the ledger chose it")


@entity("beancount_directive", index=[("ledger_id", "kind")])
class DirectiveRow(Entity):
    """A price, balance assertion, commodity, note or other directive of a ledger: what is no entry, and follows the file."""

    ledger_id: int = parent(LedgerFile)
    kind: str = field(max_length=20, doc="price, balance, commodity, note, event, document, query or custom")
    on: date
    position: int = field(ge=0, doc="its place in the file when it was imported")
    body: dict[str, Any] = field(doc="what it says; amounts and numbers as text")


@entity("beancount_account", extends=Account)
class AccountExtra(Entity):
    """How an account's lots are matched, and what the ledger noted on it."""

    position: int = field(default=0, ge=0, doc="its place among the ledger's accounts")
    booking: str | None = field(default=None, max_length=20, doc="beancount's booking method, where it is not the usual")
    meta: list[Any] = field(factory=list)


@entity("beancount_entry", extends=Entry, append_only=True, company=True, unique=[("company_id", "key")])
class EntryExtra(Entity):
    """What a transaction says beyond date, text and lines; and its key, by which it is known when the file is read again."""

    ledger_id: int = ref(LedgerFile)
    key: str = field(max_length=80)
    flag: str = field(max_length=1)
    payee: str | None = field(default=None)
    narration: str = field(default="")
    tags: list[str] = field(factory=list)
    links: list[str] = field(factory=list)
    meta: list[Any] = field(factory=list)


@entity("beancount_lot", extends=Line, append_only=True)
class Lot(Entity):
    """The lot that a line adds to or takes from (unit cost, day, label), and the price at which: exact, to any number of decimals."""

    cost: Decimal | None = number(default=None, doc="per unit")
    cost_currency: str | None = field(default=None, max_length=24)
    acquired: date | None = field(default=None)
    label: str | None = field(default=None, doc="None is not the same as empty")
    price: Decimal | None = number(default=None, doc="per unit")
    price_currency: str | None = field(default=None, max_length=24)
    flag: str | None = field(default=None, max_length=1)
    meta: list[Any] = field(factory=list)
