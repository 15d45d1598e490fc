"""What is kept of goods on their way from one place of a company to another."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bocore import Entity, entity, exact, field, numbered, parent, ref, states
from bocore_catalog import Item
from bocore_inventory.model import PLACES, Location, Lot
from bocore_inventory.rights import READ


@entity("inventory_transfer", company=True, read=READ, frozen_in={"received", "cancelled"}, unique=[("company_id", "number")])
class Transfer(Entity):
    """Goods go from one place to another in two steps; in between they are on the way, and still the company's own."""

    number: str = numbered("inventory.transfer", "TR{year}-{n:05}", per=("company", "year"), on="drawn_up")
    drawn_up: date
    from_id: int = ref(Location)
    to_id: int = ref(Location)
    via_id: int = ref(Location, doc="where the goods are meanwhile")
    shipped_on: date | None = field(default=None)
    received_on: date | None = field(default=None)
    text: str = field(default="", max_length=500)
    state: str = states(
        {("draft", "ship"): "shipped", ("shipped", "receive"): "received", ("draft", "cancel"): "cancelled"},
        default="draft",
    )


@entity("inventory_transfer_line")
class TransferLine(Entity):
    """So much of an item, or of one lot of it, in a transfer."""

    transfer_id: int = parent(Transfer)
    item_id: int = ref(Item)
    lot_id: int | None = ref(Lot, default=None)
    quantity: Decimal = exact(places=PLACES, gt=0, doc="in the item's unit; what was shipped, once it was")
    received: Decimal | None = exact(places=PLACES, default=None, ge=0, doc="what arrived of it")
