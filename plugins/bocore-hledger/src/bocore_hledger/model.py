"""What a journal says beyond accounts, entries and lines: in tables that extend those."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from bocore import Entity, entity, field, number, ref
from bocore_accounting import Account, Entry, Line

READ, SETUP = "accounting.read", "accounting.setup"


@entity("hledger_journal", read=READ, write=SETUP, company=True, unique=[("company_id", "name")])
class JournalFile(Entity):
    """A journal that was imported, by the name of its file."""

    name: str = field(max_length=255, not_blank=True)


@entity("hledger_symbol", read=READ, write=SETUP, company=True, unique=[("company_id", "symbol")])
class Symbol(Entity):
    """What a commodity of journals is called in the books, where that is something else: ``$`` is USD."""

    symbol: str = field(max_length=100, doc="as journals write it, without quotation marks; empty for amounts without one")
    code: str = field(max_length=24, not_blank=True)


@entity("hledger_account", extends=Account)
class AccountExtra(Entity):
    """An account that a journal has, and what its directive says."""

    position: int | None = field(default=None, ge=0, doc="the place of its directive in the journal; empty where there is none")
    type: str = field(default="", max_length=1, doc="as the journal declares it: A, L, E, R, X, C or V; or empty")
    comment: str = field(default="")


@entity("hledger_entry", extends=Entry, company=True, unique=[("company_id", "key")])
class EntryExtra(Entity):
    """What a transaction says beyond date, text and lines; and its key, by which it is known when the journal is read again."""

    journal_id: int = ref(JournalFile)
    key: str = field(max_length=80)
    date2: date | None = field(default=None, doc="the secondary date")
    status: str = field(default="", max_length=1, doc="* cleared, ! pending, or empty")
    code: str = field(default="")
    description: str = field(default="")
    comment: str = field(default="")


@entity("hledger_line", extends=Line)
class LineExtra(Entity):
    """The cost that a line of a transaction was written with, its status, comment and balance assertion."""

    cost: Decimal | None = number(default=None, doc="as it was written: exact, to any number of decimals")
    cost_currency: str | None = field(default=None, max_length=24)
    total: bool = field(default=False, doc="True where the cost is of all units (@@), False where of one (@)")
    status: str = field(default="", max_length=1)
    comment: str = field(default="")
    assertion: dict[str, Any] | None = field(default=None, doc="sign (=, ==, =*, ==*), number and code of the balance that was asserted")
