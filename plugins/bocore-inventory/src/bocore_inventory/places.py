"""Places that movements name by their codes."""

from __future__ import annotations

from collections.abc import Iterable

from bocore import Finding, NotFound, UnitOfWork
from bocore_inventory.model import Location, LocationKind

STANDARD = {
    "STOCK": ("Stock", LocationKind.INTERNAL),
    "TRANSIT": ("On the way", LocationKind.TRANSIT),
    "SUPPLIERS": ("Suppliers", LocationKind.SUPPLIER),
    "CUSTOMERS": ("Customers", LocationKind.CUSTOMER),
    "LOSS": ("Lost, scrapped and counted", LocationKind.LOSS),
    "PRODUCTION": ("Production", LocationKind.PRODUCTION),
}
"""Code → name and kind of the places that are made when they are first needed."""


def locations(uow: UnitOfWork, codes: Iterable[str]) -> dict[str, Location]:
    """Code → place, in the unit's company; the standard ones are made where they are missing.

    :raises NotFound: names every code that there is not.
    """
    wanted = list(dict.fromkeys(codes))
    found = _found(uow, wanted)
    missing = [code for code in wanted if code not in found]
    unknown = [code for code in missing if code not in STANDARD]
    if unknown:
        fix = "Make it: bo inventory add-location."
        raise NotFound([Finding("inventory.no_location", f"There is no location {code!r}.", fix=fix) for code in unknown])
    if missing:
        uow.hold(f"inventory.places {uow.company_id}")  # somebody else may be making the first movement too
        found = _found(uow, wanted)
    for code in missing:
        if code not in found:
            name, kind = STANDARD[code]
            found[code] = uow.add(Location(code=code, name=name, kind=kind))
    return found


def _found(uow: UnitOfWork, codes: list[str]) -> dict[str, Location]:
    return {row.code: row for row in uow.select(Location, company_id=uow.company_id, code=codes)} if codes else {}
