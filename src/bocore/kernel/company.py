"""Companies: whose books these are. One database holds one tenant; its companies live inside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa

from bocore.entities import Entity, entity, field
from bocore.errors import BocoreError, Finding, NotFound, UsageError
from bocore.plugins.hooks import concerns, hookimpl

if TYPE_CHECKING:
    from bocore.uow import Changes, UnitOfWork
    from bocore.uow.reading import Reading


@entity("bo_company", read="*", write="bo.setup", steady=True)
class Company(Entity):
    """A legal entity that keeps books: its currency is the base of its ledgers, its zone decides what day it is."""

    code: str = field(unique=True, max_length=20, not_blank=True)
    name: str = field(max_length=200, not_blank=True)
    currency: str = field(max_length=24, doc="base currency: an ISO 4217 code or a declared token")
    zone: str = field(default="UTC", max_length=60, doc="IANA time zone, e.g. Europe/Vienna")
    country: str = field(default="", max_length=2, doc="ISO 3166-1 alpha-2")
    locale: str = field(default="en", max_length=20, doc="language of documents, e.g. de-AT")


def which_company(uow: Reading, wanted: Any) -> Company:
    """The company that was asked for by object, id or code; without a wish the only one there is."""
    if isinstance(wanted, Company):
        return uow.get(Company, wanted.id)
    if isinstance(wanted, int):
        return uow.get(Company, wanted)
    if isinstance(wanted, str):
        found = uow.find(Company, code=wanted)
        if found is None:
            codes = ", ".join(company.code for company in uow.select(Company)) or "none"
            raise NotFound(f"There is no company with the code {wanted!r}.", fix=f"There are: {codes}.")
        return found
    some = uow.select(Company).limit(2).all()
    if not some:
        raise UsageError("There is no company yet.", fix='bo init --company "Acme Ltd" --currency EUR')
    if len(some) > 1:
        codes = ", ".join(company.code for company in uow.select(Company).order_by(Company.c.code))
        fix = f"Name one of {codes}: bo.unit_of_work(company=…) or bo --company CODE."
        raise UsageError("There is more than one company.", fix=fix)
    return some[0]


@hookimpl
@concerns(Company)
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterable[Finding]:
    """Refuse a currency or time zone that nobody knows, and another currency for a company whose books have begun."""
    findings: list[Finding] = []
    for row in [*changes.added(Company), *(change.entity for change in changes.updated(Company))]:
        try:
            uow.tokens[row.currency]
        except BocoreError as error:
            findings.append(Finding("bo.unknown_currency", error.findings[0].message, row, "currency", error.findings[0].fix))
        finding = check_zone(row.zone)
        if finding is not None:
            findings.append(Finding(finding.code, finding.message, row, "zone", finding.fix))
    for change in changes.updated(Company):
        if "currency" in change.new and (held := _begun(uow, change.entity.id)):
            message = f"The currency of {change.entity.code} can't change: {held} rows are kept in {change.old['currency']}."
            findings.append(Finding("bo.company_currency", message, change.entity, "currency", "Make another company in the new currency."))
    return findings


def check_zone(zone: str) -> Finding | None:
    """What is wrong with a time zone, if anything."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return Finding("bo.unknown_zone", f"There is no time zone {zone!r}.", fix="Use an IANA name such as Europe/Vienna.")
    return None


def _begun(uow: UnitOfWork, company: int) -> str | None:
    """An entity of what was posted, such as vouchers or entries, that has rows of the company."""
    for spec in uow._app._specs.values():
        if spec.company and spec.append_only:
            cls: type[Any] = spec.cls
            if uow.rows(sa.select(cls.c.id).where(cls.c.company_id == company).limit(1)):
                return cls.__name__
    return None
