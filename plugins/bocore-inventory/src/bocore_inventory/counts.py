"""What is kept of counts: a place is counted, line by line, while trade goes on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bocore import Entity, entity, exact, field, numbered, parent, ref, states
from bocore_catalog import Item
from bocore_inventory.model import PLACES, Location, Lot, Move
from bocore_inventory.rights import COUNT, SETTLE


@entity("inventory_count", company=True, read=(COUNT, SETTLE), made_by="inventory.count", frozen_in={"settled", "cancelled"})
class Count(Entity):
    """What lies in a place, and within it, is counted. It is settled when every line is."""

    location_id: int = ref(Location)
    on: date = field(doc="the day on which it was begun")
    abc: str = field(default="", max_length=10, doc="only items of these classes")
    blind: bool = field(default=True, doc="who counts does not see what the books have")
    text: str = field(default="", max_length=200)
    number: str = numbered("inventory.count", "{year}-{n:05}", per=("company", "year"), on="on")
    state: str = states({("open", "settle"): "settled", ("open", "cancel"): "cancelled"}, default="open")


@entity("inventory_count_line", made_by="inventory.count", unique=[("count_id", "slot")], index=[("item_id", "location_id", "counted_on")])
class CountLine(Entity):
    """How much of an item, or of a lot of it, was found in a place, beside what the books had at that moment."""

    count_id: int = parent(Count)
    slot: str = field(max_length=70, doc="location, item and lot")
    item_id: int = ref(Item)
    location_id: int = ref(Location)
    lot_id: int | None = ref(Lot, default=None)
    counted: Decimal | None = exact(places=PLACES, default=None, ge=0)
    counted_on: date | None = field(default=None)
    times: int = field(default=0, doc="how often it was counted")
    counted_by: str = field(default="", max_length=300, doc="the actor who counted it last")
    book: Decimal | None = exact(places=PLACES, default=None, read=SETTLE, doc="what the books had when it was last counted")
    before: Decimal | None = exact(places=PLACES, default=None, read=SETTLE, doc="the difference that the count before has found")
    move_id: int | None = ref(Move, default=None, doc="by which the difference was settled")
    state: str = states(
        {
            ("open", "settle"): "settled",
            ("open", "doubt"): "differs",
            ("differs", "doubt"): "differs",
            ("differs", "settle"): "settled",
        },
        default="open",
    )

    @property
    def difference(self) -> Decimal:
        """What was found more than the books had."""
        return (self.counted or Decimal(0)) - (self.book or Decimal(0))
