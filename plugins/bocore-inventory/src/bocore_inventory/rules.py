"""What is kept of reordering: by what rule an item is ordered for a place, and what was asked for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

from bocore import Entity, entity, exact, field, recorded, ref
from bocore_catalog import Item
from bocore_inventory.model import PLACES, Location
from bocore_inventory.rights import READ


class ReorderBy(StrEnum):
    """By what it is decided how much there should be."""

    LEVELS = "levels"
    COVER = "cover"


@entity(
    "inventory_reorder_rule", company=True, unique=[("company_id", "item_id", "location_id")], read=READ, made_by="inventory.set_reorder"
)
class ReorderRule(Entity):
    """When an item is ordered for a place and all within it, and up to how much."""

    item_id: int = ref(Item)
    location_id: int = ref(Location)
    by: ReorderBy = field(default=ReorderBy.LEVELS)
    minimum: Decimal = exact(places=PLACES, default=Decimal(0), ge=0, doc="levels: below this it is ordered; cover: always kept besides")
    maximum: Decimal = exact(places=PLACES, default=Decimal(0), ge=0, doc="levels: up to this")
    cover_days: int = field(default=0, ge=0, doc="cover: what is there and ordered is to last so long after it has come")
    lead_days: int = field(default=0, ge=0, doc="so long it takes until it has come")
    demand_days: int = field(default=90, ge=1, doc="cover: the days whose demand is taken for that of the days to come")
    multiple: Decimal = exact(places=PLACES, default=Decimal(1), ge=0, doc="only whole multiples of this are ordered; zero: any quantity")
    active: bool = field(default=True)


@entity("inventory_supply", company=True, append_only=True, made_by="inventory.reorder", read=READ)
class SupplyAsked(Entity):
    """So much was asked for by a rule, and what was answered."""

    key: str = field(max_length=100, not_blank=True, unique=True)
    rule_id: int = ref(ReorderRule)
    on: date
    wanted: Decimal = exact(places=PLACES, gt=0)
    promised: Decimal = exact(places=PLACES, ge=0)
    due: date | None = field(default=None)
    by: str = field(default="", max_length=50)
    reference: str = field(default="", max_length=100)
    unit_id: int = recorded()
