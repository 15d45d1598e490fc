"""What the ledger is made of: accounts, journals, entries and their lines."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from bocore import (
    Company,
    DimensionSet,
    Entity,
    Money,
    Party,
    VoucherRecord,
    entity,
    field,
    money,
    numbered,
    parent,
    recorded,
    ref,
)
from bocore_accounting.rights import POST, READ, SETUP


class AccountKind(StrEnum):
    """The kinds of account: the first three stand on the balance sheet, the next two make the result.

    An account of unknown kind takes lines, and stands in the trial balance alone, until somebody says what it is.
    """

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"
    UNKNOWN = "unknown"


RESULT = (AccountKind.INCOME, AccountKind.EXPENSE)
"""The kinds of account that make the result of a year, and that are closed at its end."""


@entity("accounting_account", read=READ, write=SETUP, company=True, unique=[("company_id", "code")], steady=True)
class Account(Entity):
    """An account of the chart: a place of a tree where lines are posted, or under which others stand."""

    code: str = field(max_length=250, not_blank=True, doc="what it is called in the chart: 1000, or Assets:Bank:Checking")
    name: str = field(max_length=250)
    kind: AccountKind
    parent_id: int | None = ref("Account", default=None)
    postable: bool = field(default=True, doc="False for one that only groups others")
    currencies: list[str] = field(factory=list, doc="codes of the only currencies or commodities that it takes; empty for any")
    opened: date | None = field(default=None, doc="first day on which it takes lines")
    closed: date | None = field(default=None, doc="first day on which it takes none any more")
    cash: bool = field(default=False, doc="it and those below it are cash, besides the accounts of the purposes cash and bank")
    monetary: bool | None = field(
        default=None, doc="it and those below it are money, or claims and debts of it, and are revalued; by their purposes where empty"
    )
    company_id: int = ref(Company, default=None)


@entity("accounting_journal", read=READ, write=(POST, SETUP), company=True, unique=[("company_id", "code")], steady=True)
class Journal(Entity):
    """Where entries of one sort are written, with numbers of its own."""

    code: str = field(max_length=20, not_blank=True)
    name: str = field(max_length=200)
    company_id: int = ref(Company, default=None)


@entity("accounting_fiscal_year", read=READ, write=SETUP, company=True, unique=[("company_id", "code")], steady=True)
class FiscalYear(Entity):
    """A year of the books. Without one that covers a day, the calendar year counts."""

    code: int = field(ge=1, le=9999, doc="the year in which it ends; what numbers of entries show")
    start: date
    end: date
    company_id: int = ref(Company, default=None)


@entity("accounting_purpose_rule", read=READ, write=SETUP, company=True, index=[("company_id", "purpose")], steady=True)
class PurposeRule(Entity):
    """Lines of a purpose go to this account; the rule with the most keys wins, then the latest."""

    purpose: str = field(max_length=100)
    account_id: int = ref(Account)
    book: str = field(default="", max_length=30)
    keys: dict[str, str] = field(factory=dict, doc='what the line\'s `by` must say, e.g. {"site": "north"}')
    since: date | None = field(default=None)
    company_id: int = ref(Company, default=None)


@entity("accounting_commodity", read="*", write=SETUP, tokens=True)
class Commodity(Entity):
    """Something that amounts are counted in and that is no currency of ISO 4217: a share, a mile, an hour."""

    code: str = field(unique=True, max_length=24)
    exponent: int = field(ge=0, le=18, doc="decimal places")
    name: str = field(default="", max_length=200)


@entity(
    "accounting_entry",
    read=READ,
    write=POST,
    append_only=True,
    company=True,
    unique=[("company_id", "number")],
    index=[("company_id", "posting_date")],
)
class Entry(Entity):
    """A journal entry: lines that balance, in one journal, on one day. It is never changed; a correction is a reversal."""

    journal_id: int = ref(Journal)
    posting_date: date
    document_date: date | None = field(default=None)
    fiscal_year: int = field(default=0, doc="set by post(): the fiscal year of the posting date")
    number: str = numbered(
        "accounting.entry", "{journal}/{fiscal_year}/{n:05}", per=("company", "journal_id", "fiscal_year"), on="posting_date", index=False
    )
    text: str = field(default="", max_length=1000)
    reference: str = field(default="", max_length=200, doc="the number of the document outside")
    nature: str = field(default="normal", max_length=20, doc="normal, opening, adjustment, revaluation or closing")
    book: str = field(default="", max_length=30, doc="an adjustment book; empty for the common layer")
    reverses_id: int | None = ref("Entry", default=None, unique=True)
    voucher_id: int | None = ref(VoucherRecord, default=None, unique=True)
    unit_id: int = recorded()
    company_id: int = ref(Company, default=None)


@entity("accounting_line", append_only=True, index=[("account_id", "posting_date")])
class Line(Entity):
    """A line of an entry: debit positive, credit negative.

    ``amount`` is in the currency or commodity in which the entry balances; ``quantity`` is what moved, where that is counted in something
    else (10 shares for 701.90 USD).
    """

    entry_id: int = parent(Entry, init=False)
    account_id: int = ref(Account, index=False)
    amount: Money = money()
    base: Money | None = money(default=None, doc="in the company's currency; empty where there is no rate")
    quantity: Money | None = money(default=None)
    purpose: str = field(default="", max_length=100)
    party_id: int | None = ref(Party, default=None, index=False)
    dims_id: int | None = ref(DimensionSet, default=None, index=False)
    partner_id: int | None = ref(Company, default=None, index=False, doc="the other company, within a group")
    due: date | None = field(default=None)
    tax: dict[str, Any] | None = field(
        default=None, doc="the tax fact: code, base, tax, rate, direction, on, registration; declared, where the tax point is closed"
    )
    service_from: date | None = field(default=None)
    service_to: date | None = field(default=None)
    position: int = field(default=0, ge=0, doc="set by post(): its place in the entry, from 1")
    posting_date: date = field(default=None, doc="set by post(): the day of its entry")


@entity("accounting_balance", read=READ, derived=True, index=[("company_id", "account_id")])
class Balance(Entity):
    """A roll-up: turnovers of an account in a month, by book, nature, balancing currency and commodity. Rebuilt, never written by hand."""

    company_id: int
    account_id: int
    book: str
    period: int = field(doc="year and month: 202601")
    currency: str = field(doc="of the amounts: the balancing currency")
    commodity: str = field(doc="of the quantities; empty where nothing but money moved")
    debit: int = field(doc="minor units")
    credit: int = field(doc="minor units, positive")
    base_debit: int = field(doc="minor units of the company's currency")
    base_credit: int
    quantity_debit: int = field(doc="minor units of the commodity")
    quantity_credit: int
    lines: int
    nature: str = field(default="", doc="of the entries: normal, opening, adjustment, revaluation or closing")
    valued: bool = field(default=False, doc="whether these lines have amounts in the company's currency")


@entity("accounting_roll_up", read=READ, derived=True)
class RollUp(Entity):
    """Up to which position of the commits the balances are rolled up."""

    through: int
    layout: int = field(default=1, doc="of which layout the balances are; others than today's are not read")
