"""Stock: what lies where, how it came there, and what it is worth. What other plugins may import is named in ``__all__``."""

from __future__ import annotations

from bocore_inventory.corrections import Shares, correct, correct_cost, land_cost, set_costing
from bocore_inventory.model import (
    BelowZero,
    Costing,
    Entry,
    EntryKind,
    Location,
    LocationKind,
    Lot,
    Method,
    Move,
    OnHand,
    Pool,
)
from bocore_inventory.movements import stock
from bocore_inventory.reservations import Reservation, Reserved
from bocore_inventory.reserving import Demand, Promise, PromisedPart, reserve
from bocore_inventory.scanning import Scanned, scan
from bocore_inventory.shelves import Removal

__version__ = "0.1.0"

__all__ = [
    "BelowZero", "Costing", "Demand", "Entry", "EntryKind", "Location", "LocationKind", "Lot", "Method", "Move", "OnHand", "Pool",
    "Promise", "PromisedPart", "Removal", "Reservation", "Reserved", "Scanned", "Shares", "correct", "correct_cost", "land_cost",
    "reserve", "scan", "set_costing", "stock",
]  # fmt: skip
