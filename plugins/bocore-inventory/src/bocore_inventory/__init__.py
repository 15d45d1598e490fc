"""Stock: what lies where, how it came there, and what it is worth. What other plugins may import is named in ``__all__``."""

from __future__ import annotations

from bocore_inventory.checking import check, rebuild
from bocore_inventory.corrections import Shares, correct, correct_cost, land_cost, set_costing
from bocore_inventory.counting import TallyRow, accept_count, cancel_count, count_missing, start_count, tally, tally_all
from bocore_inventory.counts import Count, CountLine
from bocore_inventory.locations import add_location, set_location
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
from bocore_inventory.promises import release
from bocore_inventory.reordering import AskedRow, reorder, set_reorder
from bocore_inventory.reservations import Reservation, Reserved
from bocore_inventory.reserving import Demand, Promise, PromisedPart, reserve
from bocore_inventory.rules import ReorderBy, ReorderRule, SupplyAsked
from bocore_inventory.scanning import Scanned, scan
from bocore_inventory.services import Handled, describe_lot, receive, ship
from bocore_inventory.settings import InventorySettings
from bocore_inventory.shelves import Removal
from bocore_inventory.transferring import (
    Arrived,
    TransferRow,
    cancel_transfer,
    draft_transfer,
    receive_transfer,
    ship_transfer,
    transfer,
)
from bocore_inventory.transfers import Transfer, TransferLine

__version__ = "0.1.0"

__all__ = [
    "Arrived", "AskedRow", "BelowZero", "Costing", "Count", "CountLine", "Demand", "Entry", "EntryKind", "Handled", "InventorySettings",
    "Location", "LocationKind", "Lot", "Method", "Move", "OnHand", "Pool", "Promise", "PromisedPart", "Removal", "ReorderBy",
    "ReorderRule", "Reservation", "Reserved", "Scanned", "Shares", "SupplyAsked", "TallyRow", "Transfer", "TransferLine", "TransferRow",
    "accept_count", "add_location", "cancel_count", "cancel_transfer", "check", "correct", "correct_cost", "count_missing",
    "describe_lot", "draft_transfer", "land_cost", "rebuild", "receive", "receive_transfer", "release", "reorder", "reserve", "scan",
    "set_costing", "set_location", "set_reorder", "ship", "ship_transfer", "start_count", "stock", "tally", "tally_all", "transfer",
]  # fmt: skip
