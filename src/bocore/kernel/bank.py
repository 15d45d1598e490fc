"""Bank accounts of parties and of one's own companies, with every change that was ever made to them.

What a payment goes by (holder, IBAN or national number) is never overwritten: each change is a row of its own, which says when and in
which unit of work. So a payment run can ask whether an account has changed of late, as it does when somebody else's letter asked for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import attrs

from bocore.entities import Entity, entity, field, parent, recorded, ref
from bocore.errors import BocoreError, Finding, NotFound, UsageError
from bocore.kernel.company import Company
from bocore.kernel.party import Party, check_identifier, format_identifier
from bocore.plugins.hooks import concerns, hookimpl

if TYPE_CHECKING:
    from bocore.uow import Changes, UnitOfWork

OWNER = "account_id.party_id"
NATIONAL = {"US": "us_rtn"}
"""Country → the scheme of its bank codes, where python-stdnum can check them."""


@entity("bo_bank_account", read="bo.read", write="bo.write")
class BankAccount(Entity):
    """An account at a bank, of a party or of one of your own companies. What it is paid by stands in its details."""

    party_id: int | None = ref(Party, default=None)
    company_id: int | None = ref(Company, default=None)
    currency: str = field(max_length=24, not_blank=True)
    name: str = field(default="", max_length=100, doc="what you call it: salaries, house bank")
    preferred: bool = field(default=False, doc="the one that counts where its owner has several in this currency")
    active: bool = field(default=True)


@entity("bo_bank_details", append_only=True, unique=[("account_id", "serial")], index=["iban"])
class BankDetails(Entity):
    """What an account was paid by from a moment on: holder and number. The highest serial counts; the others are its history."""

    account_id: int = parent(BankAccount)
    serial: int = field(ge=1, doc="1 for what was entered first, one more for each change")
    holder: str = field(max_length=200, not_blank=True, personal=OWNER)
    iban: str = field(default="", max_length=34, personal=OWNER, doc="without spaces")
    bic: str = field(default="", max_length=11)
    number: str = field(default="", max_length=40, personal=OWNER, doc="the national number, where there is no IBAN")
    bank_code: str = field(default="", max_length=40, doc="routing number, sort code, BSB …")
    country: str = field(default="", max_length=2, doc="of the bank, ISO 3166-1 alpha-2")
    at: datetime
    unit_id: int = recorded()


@attrs.frozen
class BankChange:
    """One change of an account: who made it when, in which unit of work, from what (None at first) to what."""

    at: datetime
    actor: str | None
    unit: int
    before: BankDetails | None
    after: BankDetails


DETAILS = ("holder", "iban", "bic", "number", "bank_code", "country")


def add_bank_account(
    uow: UnitOfWork, owner: Party | Company, *, currency: str, name: str = "", preferred: bool | None = None, **details: str
) -> BankAccount:
    """Enter an account of a party or company.

    :param preferred: whether it counts where there are several in this currency; without it, if it is the first.
    :param details: ``holder`` (the owner's name unless told), and ``iban`` and ``bic``, or ``number``, ``bank_code`` and ``country``.
    :raises Refused: at commit, where the details can't be (``bo.bank_account``).
    """
    mine, given = _owned(owner), _known(details)
    if preferred is None:
        preferred = not any(one.preferred for one in _accounts(uow, owner, currency))
    party, company = mine.get("party_id"), mine.get("company_id")
    account = uow.add(BankAccount(party_id=party, company_id=company, currency=currency, name=name, preferred=preferred))
    _enter(uow, account, 1, {"holder": owner.name} | given)
    return account


def change_bank_account(uow: UnitOfWork, account: BankAccount, **details: str) -> BankDetails:
    """Enter what an account is paid by from now on; what is not named stays. Nothing is overwritten.

    An IBAN takes the place of a national number, and the other way round. Where nothing differs, nothing is entered.
    """
    before = bank_details(uow, [account])[account.id]
    given = _known(details)
    values = {name: getattr(before, name) for name in DETAILS} | given
    if given.get("iban"):
        values |= {name: given.get(name, "") for name in ("bic", "number", "bank_code", "country")}
    elif given.get("number"):
        values |= {name: given.get(name, "") for name in ("iban", "bic")}
    values = _written(values)
    if all(values[name] == getattr(before, name) for name in DETAILS):
        return before
    return _enter(uow, account, before.serial + 1, values)


def bank_details(uow: UnitOfWork, accounts: Iterable[BankAccount]) -> dict[int, BankDetails]:
    """Account id → what it is paid by now, in one query for many."""
    return {account: max(rows, key=lambda row: row.serial) for account, rows in uow.children(list(accounts), BankDetails).items() if rows}


def bank_account_of(uow: UnitOfWork, owner: Party | Company, currency: str) -> BankDetails:
    """What a party or company is paid by in a currency: its preferred account, or the only one.

    :raises NotFound: it has none there, or several and none is preferred (``bo.no_bank_account``).
    """
    there = _accounts(uow, owner, currency)
    chosen = [account for account in there if account.preferred] or there
    if len(chosen) == 1:
        return bank_details(uow, chosen)[chosen[0].id]
    if chosen:
        message = f"It has {len(chosen)} bank accounts in {currency}, and none of them is preferred."
        fix = "Say preferred=True of the one that counts."
    else:
        message, fix = (
            f"It has no active bank account in {currency}.",
            f'Enter one: add_bank_account(uow, owner, currency="{currency}", …).',
        )
    raise NotFound([Finding("bo.no_bank_account", message, owner, fix=fix)])


def changed_since(uow: UnitOfWork, account: BankAccount, since: date | datetime) -> list[BankDetails]:
    """What was entered for an account since a day (in the company's zone) or an instant, oldest first; empty where it is as it was.

    An account that was entered since then counts as changed: who redirects a payment may as well enter a new one.
    """
    if type(since) is date:
        since = datetime.combine(since, time.min, ZoneInfo(uow.company.zone))
    if not isinstance(since, datetime) or since.tzinfo is None:
        raise UsageError(f"{since!r} is no day and no instant.", fix="Give a date, or a datetime with a time zone.")
    rows = uow.select(BankDetails, account_id=account.id).where(BankDetails.c.at >= since)
    return sorted(rows, key=lambda row: row.serial)


def bank_history(uow: UnitOfWork, account: BankAccount) -> list[BankChange]:
    """Every change of an account, oldest first: who, when, from what, to what."""
    rows = sorted(uow.children(account, BankDetails), key=lambda row: row.serial)
    actors: dict[int, str | None] = {uow.unit: uow.actor} if not uow.read_only else {}
    for unit in {row.unit_id for row in rows} - actors.keys():
        found = uow._touch().execute("SELECT actor FROM bo_commit WHERE unit = ?", (unit,)).fetchone()
        actors[unit] = None if found is None else found[0]
    befores: list[BankDetails | None] = [None, *rows]
    return [BankChange(row.at, actors[row.unit_id], row.unit_id, before, row) for before, row in zip(befores, rows, strict=False)]


# ---------------------------------------------------------------- entering


def _owned(owner: Party | Company) -> dict[str, int]:
    given: Any = owner
    if not isinstance(given, (Party, Company)):
        raise UsageError(f"{owner!r} can't own a bank account.", fix="Give a Party or a Company.")
    return {"company_id" if isinstance(owner, Company) else "party_id": owner.id}


def _accounts(uow: UnitOfWork, owner: Party | Company, currency: str) -> list[BankAccount]:
    return _active(uow, _owned(owner), currency)


def _active(uow: UnitOfWork, mine: Mapping[str, int | None], currency: str) -> list[BankAccount]:
    """The active accounts of an owner, by what they are now: what this unit of work altered is not written yet."""
    return [one for one in uow.select(BankAccount, **mine, currency=currency).order_by(BankAccount.c.id) if one.active]


def _known(details: dict[str, str]) -> dict[str, str]:
    for name in details:
        if name not in DETAILS:
            raise UsageError(f"A bank account has no {name!r}.", fix=f"It has: {', '.join(DETAILS)}.")
    return details


def _written(values: dict[str, str]) -> dict[str, str]:
    """The details in the one form in which they are compared: without spaces, the country of an IBAN filled in."""
    made = {name: values.get(name, "") for name in DETAILS}
    made["iban"] = format_identifier("iban", made["iban"]) if made["iban"] else ""
    made["bic"] = format_identifier("bic", made["bic"]) if made["bic"] else ""
    if made["iban"] and not made["country"]:
        made["country"] = made["iban"][:2]
    return made


def _enter(uow: UnitOfWork, account: BankAccount, serial: int, values: dict[str, str]) -> BankDetails:
    return uow.add(BankDetails(account_id=account.id, serial=serial, at=uow.now(), **_written(values)))


# ---------------------------------------------------------------- checking


@hookimpl
@concerns(BankAccount, BankDetails)
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterator[Finding]:
    """Refuse details that no bank could have given, accounts without owner, and a second preferred one."""
    for row in changes.added(BankDetails):
        yield from _check_details(row)
    entered = {row.account_id for row in changes.added(BankDetails)}
    for account in changes.added(BankAccount):
        if (account.party_id is None) == (account.company_id is None):
            yield _refusal("It has one owner, a party or a company.", account, "party_id", "Name one of the two.")
        if account.id not in entered:
            yield _refusal("It has no details.", account, None, "Enter it with add_bank_account.")
        try:
            uow.tokens[account.currency]
        except BocoreError as error:
            yield Finding("bo.unknown_currency", error.findings[0].message, account, "currency", error.findings[0].fix)
    for change in changes.updated(BankAccount):
        for name in sorted(change.new.keys() & {"party_id", "company_id", "currency"}):
            yield _refusal(f"The {name} of a bank account can't change.", change.entity, name, "Enter another account.")
    yield from _check_preferred(uow, [*changes.added(BankAccount), *(change.entity for change in changes.updated(BankAccount))])


def _check_preferred(uow: UnitOfWork, rows: list[BankAccount]) -> Iterator[Finding]:
    owners = {(row.party_id, row.company_id, row.currency): row for row in rows if row.preferred and row.active}
    for (party, company, currency), row in owners.items():
        mine = {"party_id": party} if company is None else {"company_id": company}
        there = [one for one in _active(uow, mine, currency) if one.preferred]
        if len(there) > 1:
            message = f"Its owner has {len(there)} preferred accounts in {currency}."
            yield _refusal(message, row, "preferred", "Say preferred=False of the others.")


def _check_details(row: BankDetails) -> Iterator[Finding]:
    """Numbers are personal, so no finding repeats one."""
    if bool(row.iban) == bool(row.number):
        fix = "Give one of the two: the IBAN where there is one."
        yield _refusal("It has both an IBAN and a national number." if row.iban else "It has no number.", row, "iban", fix)
        return
    checks = [("iban", "IBAN", "iban"), ("bic", "BIC", "bic")]
    if row.number and row.country in NATIONAL:
        checks.append(("bank_code", "bank code", NATIONAL[row.country]))
    for name, called, scheme in checks:
        value = getattr(row, name)
        wrong = check_identifier(scheme, value) if value else None
        if wrong is None and value != format_identifier(scheme, value):
            wrong = "it has spaces or small letters in it"
        if wrong is not None:
            yield _refusal(f"This is no {called}: {wrong}.", row, name, "Compare it with the document that it comes from.")
    if row.number and not (row.bank_code and row.country):
        yield _refusal("A national number says nothing without its bank.", row, "bank_code", "Give bank_code and country, or the IBAN.")
    if row.country and not (row.country.isascii() and row.country.isalpha() and row.country.isupper() and len(row.country) == 2):
        yield _refusal(f"{row.country!r} is no country.", row, "country", "Write it as ISO 3166-1 does: AT, US.")


def _refusal(message: str, at: object, name: str | None, fix: str) -> Finding:
    return Finding("bo.bank_account", message, at, name, fix)
