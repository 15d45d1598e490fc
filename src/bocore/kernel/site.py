"""Sites: the places of a company, each with its own day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bocore.entities import Entity, entity, field
from bocore.errors import Finding
from bocore.kernel.address import address_part
from bocore.kernel.company import Company, check_zone
from bocore.kernel.dimensions import check_dimensions
from bocore.plugins.hooks import concerns, hookimpl

if TYPE_CHECKING:
    from bocore.uow import Changes, UnitOfWork


@entity("bo_site", read="*", write="bo.setup", company=True, unique=[("company_id", "code")], steady=True)
class Site(Entity):
    """A place of a company: a branch, shop, plant, warehouse. Its zone decides what day it is there."""

    code: str = field(max_length=20, not_blank=True)
    name: str = field(max_length=200, not_blank=True)
    zone: str = field(default="", max_length=60, doc="IANA time zone, e.g. Europe/Vienna; the company's where empty")
    lines: str = address_part("lines")
    postcode: str = address_part("postcode")
    city: str = address_part("city")
    region: str = address_part("region")
    country: str = address_part("country")
    dims: dict[str, str] = field(factory=dict, doc="dimensions of what happens here, where nothing else is said: axis → value")
    active: bool = field(default=True)


def site_today(uow: UnitOfWork, site: Site) -> date:
    """The site's business date: what day it is there by the application's clock."""
    return uow.now().astimezone(ZoneInfo(site.zone or uow.get(Company, site.company_id).zone)).date()


def site_dimensions(site: Site, dims: Mapping[str, str] | None = None) -> dict[str, str]:
    """The dimensions of a line at a site: the site's own, and over them those that are given."""
    return {**site.dims, **(dims or {})}


@hookimpl
@concerns(Site)
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterable[Finding]:
    """Refuse a time zone that nobody knows, and dimensions that no line could have."""
    for row in [*changes.added(Site), *(change.entity for change in changes.updated(Site))]:
        wrong = check_zone(row.zone) if row.zone else None
        if wrong is not None:
            yield Finding(wrong.code, wrong.message, row, "zone", wrong.fix)
        else:
            yield from check_dimensions(uow, row.dims, site_today(uow, row), row)
