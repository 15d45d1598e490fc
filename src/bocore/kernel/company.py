"""Companies: whose books these are. One database holds one tenant; its companies live inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bocore.entities import Entity, entity, field
from bocore.errors import NotFound, UsageError

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork


@entity("bo_company")
class Company(Entity):
    """A legal entity that keeps books: its currency is the base of its ledgers, its zone decides what day it is."""

    code: str = field(unique=True, max_length=20, not_blank=True)
    name: str = field(max_length=200, not_blank=True)
    currency: str = field(max_length=24, doc="base currency: an ISO 4217 code or a declared token")
    zone: str = field(default="UTC", max_length=60, doc="IANA time zone, e.g. Europe/Vienna")
    country: str = field(default="", max_length=2, doc="ISO 3166-1 alpha-2")
    locale: str = field(default="en", max_length=20, doc="language of documents, e.g. de-AT")


def which_company(uow: UnitOfWork, wanted: Any) -> Company:
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
        raise UsageError("There is more than one company.", fix="Name one: bo.unit_of_work(company=…) or bo --company CODE.")
    return some[0]
