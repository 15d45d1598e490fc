"""What is kept of promises: how much of what lies where is kept for whom."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from bocore import Entity, entity, exact, field, parent, recorded, ref, states
from bocore_catalog import Item
from bocore_inventory.model import PLACES, Location, Lot, OnHand
from bocore_inventory.rights import READ

RESERVED_BY = "inventory.reserve"


@entity("inventory_reservation", company=True, made_by=RESERVED_BY, read=READ, index=[("state", "expires_at")])
class Reservation(Entity):
    """Goods that are promised to somebody until they are shipped, released, or it expires."""

    key: str = field(max_length=200, not_blank=True, unique=True)
    item_id: int = ref(Item)
    location_id: int = ref(Location, doc="where they lie, or within what")
    lot_id: int | None = ref(Lot, default=None, doc="the only lot that will do")
    asked: Decimal = exact(places=PLACES, gt=0, doc="in the item's unit")
    promised: Decimal = exact(places=PLACES, gt=0)
    left: Decimal = exact(places=PLACES, ge=0, doc="what of it is still promised")
    expires_at: datetime | None = field(default=None)
    text: str = field(default="", max_length=500)
    request: str = field(max_length=64, doc="hash of what was asked for")
    unit_id: int = recorded()
    state: str = states(
        {("open", "ship"): "shipped", ("open", "release"): "released", ("open", "expire"): "expired"},
        default="open",
    )


@entity("inventory_reserved", made_by=RESERVED_BY, unique=[("reservation_id", "on_hand_id")])
class Reserved(Entity):
    """How much of what lies in one place is kept for a reservation."""

    reservation_id: int = parent(Reservation)
    on_hand_id: int = ref(OnHand)
    promised: Decimal = exact(places=PLACES, gt=0)
    left: Decimal = exact(places=PLACES, ge=0)
