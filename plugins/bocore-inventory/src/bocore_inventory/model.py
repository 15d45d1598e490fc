"""What is kept of stock: places, moves between them, what lies where, and what it has cost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from bocore import Entity, Money, Party, Site, UnitPrice, entity, exact, field, money, recorded, ref
from bocore_catalog import Item
from bocore_inventory.rights import COUNT, MOVE, READ, SETUP, VALUE

PLACES = 6
"""Decimal places of quantities."""
FINE = 10_000
"""Values are kept in so many parts of a minor unit: a cent of a euro is 10 000."""


class LocationKind(StrEnum):
    """What sort of place it is: goods in the first two are the company's own stock."""

    INTERNAL = "internal"
    TRANSIT = "transit"
    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    LOSS = "loss"
    PRODUCTION = "production"
    VIEW = "view"


OWN = frozenset({LocationKind.INTERNAL, LocationKind.TRANSIT})


class BelowZero(StrEnum):
    """What happens where more is taken out of a place than is there, on any day from the move on."""

    FORBID = "forbid"
    WARN = "warn"
    ALLOW = "allow"


class Method(StrEnum):
    """How the cost of what goes out follows from what came in."""

    FIFO = "fifo"
    AVERAGE = "average"
    LIFO = "lifo"
    STANDARD = "standard"
    SPECIFIC = "specific"


@entity("inventory_location", company=True, unique=[("company_id", "code")], read=READ, write=SETUP, steady=True)
class Location(Entity):
    """A place where goods are, or come from, or go to: every move goes from one to another."""

    code: str = field(max_length=50, not_blank=True)
    name: str = field(max_length=120, not_blank=True)
    kind: LocationKind = field(default=LocationKind.INTERNAL)
    parent_id: int | None = ref("Location", default=None, doc="the place that it is within")
    site_id: int | None = ref(Site, default=None)
    below_zero: BelowZero = field(default=BelowZero.FORBID, doc="whether more may be taken out than is there")
    valued_apart: str = field(
        default="", max_length=100, doc="purpose under which what lies here, and within it, is valued apart from other stock"
    )


@entity("inventory_lot", company=True, unique=[("company_id", "item_id", "code")], read=READ, write=MOVE)
class Lot(Entity):
    """Goods of an item that were made or came together, or one single piece with its serial number."""

    item_id: int = ref(Item)
    code: str = field(max_length=80, not_blank=True, doc="lot or serial number")
    serial: bool = field(default=False, doc="one piece: there is never more than one of it")
    expires_on: date | None = field(default=None)
    made_on: date | None = field(default=None)
    came_on: date | None = field(default=None, doc="the day on which it first came in")
    supplier_lot: str = field(default="", max_length=80)


@entity(
    "inventory_move",
    company=True,
    append_only=True,
    made_by="inventory.move",
    read=READ,
    index=[
        ("item_id", "on"),
        ("lot_id",),
        ("source_entity", "source_id"),
        ("company_id", "from_id", "to_id", "item_id", "lot_id", "posting_date", "on", "quantity"),  # all that stock as of a day reads
    ],
)
class Move(Entity):
    """Goods went from one place to another. A correction is a move of its own that names the one it corrects."""

    key: str = field(max_length=200, not_blank=True, unique=True)
    item_id: int = ref(Item)
    lot_id: int | None = ref(Lot, default=None)
    quantity: Decimal = exact(places=PLACES, gt=0, doc="in the item's unit")
    from_id: int = ref(Location)
    to_id: int = ref(Location)
    on: date = field(doc="the day on which it took effect")
    posting_date: date = field(doc="the day on which its value counts in the books")
    corrects_id: int | None = ref("Move", default=None)
    returns_id: int | None = ref("Move", default=None, doc="the move that this one takes back")
    source_entity: str = field(default="", max_length=50)
    source_id: int | None = field(default=None)
    text: str = field(default="", max_length=500)
    request: str = field(max_length=64, doc="hash of what was asked for")
    unit_id: int = recorded()


@entity("inventory_on_hand", company=True, made_by="inventory.move", read=READ)
class OnHand(Entity):
    """How much of an item, or of one lot of it, lies in a place now, and how much of that is promised."""

    slot: str = field(max_length=70, unique=True, doc="location, item and lot: one row for each")
    item_id: int = ref(Item)
    location_id: int = ref(Location)
    lot_id: int | None = ref(Lot, default=None)
    quantity: Decimal = exact(places=PLACES, default=Decimal(0))
    reserved: Decimal = exact(places=PLACES, default=Decimal(0), ge=0)
    last_on: date = field(doc="the latest day on which something moved here")


# -- what it has cost


@entity("inventory_costing", company=True, unique=[("company_id", "item_id")], read=READ, write=VALUE, steady=True)
class Costing(Entity):
    """How an item is valued, where that is not as the settings say."""

    item_id: int = ref(Item)
    method: Method
    standard: UnitPrice | None = money(
        default=None, read=VALUE, doc="standard cost; with other methods what is taken where nothing is known"
    )


@entity("inventory_pool", company=True, made_by="inventory.move", read=READ)
class Pool(Entity):
    """Stock that is valued together: of an item in a company or in a place valued apart; with specific identification, of one lot."""

    code: str = field(max_length=90, unique=True, doc="company, item, lot, place, and how often the method was changed before")
    item_id: int = ref(Item)
    lot_id: int | None = ref(Lot, default=None)
    location_id: int | None = ref(Location, default=None, doc="the place that is valued apart; without one, all others")
    purpose: str = field(default="inventory", max_length=100, doc="of its stock account")
    method: Method
    currency: str = field(max_length=10)
    active: bool = field(default=True)
    quantity: Decimal = exact(places=PLACES, default=Decimal(0))
    value: int = field(default=0, read=VALUE, doc="in ten-thousandths of the minor unit")
    received: Decimal = exact(places=PLACES, default=Decimal(0))
    issued: Decimal = exact(places=PLACES, default=Decimal(0))
    unit_value: int = field(default=0, read=VALUE, doc="value of unit_quantity: what a unit came in at last")
    unit_quantity: Decimal = exact(places=PLACES, default=Decimal(1))
    head_on: date = field(default=date.min, doc="first in, first out: on what day the oldest units that are left came in, or earlier")
    head_to: date = field(default=date.max, doc="through what day is read from there on, as long as that is enough")
    head_received: Decimal = exact(places=PLACES, default=Decimal(0), doc="received before that day")
    head_value: int = field(default=0, read=VALUE, doc="what that has cost")
    followed: bool = field(default=False, doc="something came in at the cost of an issue of it, and follows that")
    last_on: date


@entity("inventory_counter", made_by="inventory.move")
class Counter(Entity):
    """The other side of the value of issues: purpose, determination, dimensions and party, by which later corrections are split."""

    code: str = field(max_length=64, unique=True, doc="hash of the rest")
    purpose: str = field(max_length=100)
    by: dict[str, Any] = field(factory=dict)
    dims: dict[str, Any] = field(factory=dict)
    party_id: int | None = ref(Party, default=None)


class EntryKind(StrEnum):
    """What an entry of a pool is."""

    RECEIPT = "receipt"
    COST = "cost"
    ISSUE = "issue"
    DELTA = "delta"
    REVALUATION = "revaluation"


@entity(
    "inventory_entry",
    company=True,
    append_only=True,
    made_by="inventory.move",
    read=VALUE,
    index=[
        ("pool_id", "place_on", "place"),
        ("move_id",),
        ("company_id", "pool_id", "posting_date", "place_on", "amount", "value", "month"),  # all that value as of a day reads
    ],
)
class Entry(Entity):
    """What a pool came to be worth more or less, and by which the books were changed."""

    pool_id: int = ref(Pool)
    kind: EntryKind
    move_id: int | None = ref(Move, default=None)
    place_on: date = field(doc="the day as of which it counts in the order of the pool")
    place: int = field(doc="the order within that day: the id of the entry, or of the one that it corrects")
    quantity: Decimal = exact(places=PLACES, default=Decimal(0))
    value: int = field(doc="in ten-thousandths of the minor unit")
    price: int = field(default=0, doc="of what came in, or costs more or less: what of that is its price, freight apart; in the same unit")
    amount: Money = money(doc="as posted")
    counter_id: int | None = ref(Counter, default=None)
    month: date | None = field(default=None, doc="of a delta: the first day of the month whose issues it corrects")
    posting_date: date
    voucher: str = field(max_length=200, doc="key of its voucher")
    unit_id: int = recorded()


@entity("inventory_follow", append_only=True, made_by="inventory.move", read=VALUE, index=[("pool_id", "on"), ("entry_id",)])
class Follow(Entity):
    """A receipt, or a cost that came later, that has its value from an issue: what that comes to cost more or less, it does too."""

    pool_id: int = ref(Pool, doc="of the issue")
    on: date = field(doc="the day as of which the issue counts")
    issue_id: int = ref(Entry)
    entry_id: int = ref(Entry, doc="what has its value from it")
    counter_id: int = ref(Counter, doc="the other side of that value")
    value: int = field(doc="how much of the entry's value comes from it")
    whole: bool = field(default=False, doc="it takes all that the issue costs, as posted; else by quantity")


@entity("inventory_pool_day", made_by="inventory.move", index=[("pool_id", "on")])
class PoolDay(Entity):
    """What came into a pool and went out of it on a day: sums by which a late receipt finds its place in a moment."""

    slot: str = field(max_length=40, unique=True, doc="pool and day")
    pool_id: int = ref(Pool)
    on: date
    received: Decimal = exact(places=PLACES, default=Decimal(0))
    received_value: int = field(default=0, read=VALUE)
    issued: Decimal = exact(places=PLACES, default=Decimal(0))


@entity("inventory_pool_month", made_by="inventory.move", index=[("pool_id", "month")])
class PoolMonth(Entity):
    """What was issued in a month to one purpose with one set of dimensions, and the cost that was booked for it."""

    slot: str = field(max_length=60, unique=True, doc="pool, month and counter")
    pool_id: int = ref(Pool)
    month: date
    counter_id: int = ref(Counter)
    quantity: Decimal = exact(places=PLACES, default=Decimal(0))
    cost: int = field(default=0, read=VALUE)


@entity("inventory_packed_month", made_by="inventory.move", index=[("pool_id", "month")])
class PackedMonth(Entity):
    """What came into a pool that is valued by average and went out of it in a month that is over: its entries, packed to be read at once.

    Months of few entries are not packed. Nothing hangs on a row: where it is missing or stale, the entries are read.
    """

    slot: str = field(max_length=40, unique=True, doc="pool and month")
    pool_id: int = ref(Pool)
    month: date
    stale: bool = field(default=False, doc="something of the month changed since; it is packed again when the next month is over")
    moves: bytes = field(
        max_length=64_000_000, read=VALUE, doc="of each in order: quantity and value of what came in, -quantity and counterpart of an issue"
    )


__all__ = [
    "COUNT",
    "BelowZero",
    "Costing",
    "Counter",
    "Entry",
    "EntryKind",
    "Follow",
    "Location",
    "LocationKind",
    "Lot",
    "Method",
    "Move",
    "OnHand",
    "PackedMonth",
    "Pool",
    "PoolDay",
    "PoolMonth",
]  # fmt: skip
