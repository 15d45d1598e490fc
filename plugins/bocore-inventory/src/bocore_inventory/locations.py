"""Places of stock: added, and changed."""

from __future__ import annotations

from bocore import Site, UnitOfWork, service
from bocore_inventory.model import BelowZero, Location, LocationKind
from bocore_inventory.rights import SETUP


@service(SETUP)
def add_location(
    uow: UnitOfWork,
    code: str,
    name: str,
    *,
    kind: LocationKind = LocationKind.INTERNAL,
    parent: Location | None = None,
    site: Site | None = None,
    below_zero: BelowZero = BelowZero.FORBID,
    valued_apart: str = "",
) -> Location:
    """Add a place.

    :param kind: what sort of place it is.
    :param parent: the place that it is within.
    :param site: the shop, warehouse or plant that it belongs to.
    :param below_zero: what happens where more is taken out than is there.
    :param valued_apart: purpose of a stock account under which what lies there, and within it, is valued apart from other stock, such as
        inventory.at_subcontractor.
    """
    return uow.add(
        Location(
            code=code,
            name=name,
            kind=kind,
            parent_id=None if parent is None else parent.id,
            site_id=None if site is None else site.id,
            below_zero=below_zero,
            valued_apart=valued_apart,
        )
    )


@service(SETUP)
def set_location(
    uow: UnitOfWork, location: Location, *, name: str | None = None, below_zero: BelowZero | None = None, valued_apart: str | None = None
) -> Location:
    """Change the name of a place, what happens where more is taken out than is there, or how it is valued.

    :param valued_apart: purpose under which what lies there is valued apart; an empty one to value it with the rest. Nothing may lie there.
    """
    if name is not None:
        location.name = name
    if below_zero is not None:
        location.below_zero = below_zero
    if valued_apart is not None:
        location.valued_apart = valued_apart
    return location
