"""What the catalogue is made of: items with their units, barcodes and parts, categories, and price lists."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

from bocore import Company, Entity, Party, Site, UnitPrice, entity, exact, field, money, parent, ref, states
from bocore_catalog.rights import EDIT, PRICES, READ


class ItemKind(StrEnum):
    """What sort of thing an item is."""

    GOODS = "goods"
    SERVICE = "service"
    GIFT_CARD = "gift_card"
    KIT = "kit"


class Tracking(StrEnum):
    """How closely pieces of an item are told apart: not at all, by the lot that they came in, or one by one."""

    NONE = "none"
    LOT = "lot"
    SERIAL = "serial"


@entity("catalog_category", read=READ, write=EDIT, unique=["code"], steady=True)
class Category(Entity):
    """A place in the tree that items are sorted into."""

    code: str = field(max_length=50, not_blank=True)
    name: str = field(max_length=200, not_blank=True)
    parent_id: int | None = ref("Category", default=None)


@entity("catalog_item", read=READ, write=EDIT, unique=["code"])
class Item(Entity):
    """Something that is sold, bought or kept; what can be had in sizes or colours is an item for each of them, a variant of the first."""

    code: str = field(max_length=50, not_blank=True, doc="your own number of it")
    name: str = field(max_length=200, not_blank=True)
    kind: ItemKind = field(default=ItemKind.GOODS)
    unit: str = field(default="C62", max_length=20, doc="code of the unit in which it is kept and counted; it never changes")
    category_id: int | None = ref(Category, default=None)
    tax_class: str = field(default="", max_length=50, doc="what it is for tax: standard, reduced, book …; what a tax plugin's rules name")
    variant_of_id: int | None = ref("Item", default=None)
    options: dict[str, str] = field(factory=dict, doc='what tells a variant from the others: {"size": "L", "colour": "red"}')
    tracking: Tracking = field(default=Tracking.NONE)
    state: str = states({("active", "retire"): "retired", ("retired", "reactivate"): "active"}, default="active")


@entity("catalog_item_unit", unique=[("item_id", "unit")])
class ItemUnit(Entity):
    """A unit that an item comes in besides its own: a box of 12, a piece of 0.35 kg. One is numerator / denominator of the item's unit."""

    item_id: int = parent(Item)
    unit: str = field(max_length=20, not_blank=True, doc="a code of your own, such as BOX, or one of a unit that measures something else")
    numerator: int = field(gt=0)
    denominator: int = field(default=1, gt=0)


@entity("catalog_gtin", unique=["code"])
class Gtin(Entity):
    """A barcode of an item. An item has as many as it has packages and makers."""

    item_id: int = parent(Item)
    code: str = field(max_length=14, not_blank=True, doc="14 digits: a shorter number with zeros before it")
    unit: str = field(default="", max_length=20, doc="the unit that it stands on; the item's own where empty")


@entity("catalog_kit_part", unique=[("kit_id", "item_id")])
class KitPart(Entity):
    """How much of an item is in one kit."""

    kit_id: int = parent(Item)
    item_id: int = ref(Item)
    quantity: Decimal = exact(places=6, gt=0)
    unit: str = field(default="", max_length=20, doc="of the quantity; the part's own where empty")


@entity("catalog_customer_group", read=READ, write=PRICES, unique=["code"], steady=True)
class CustomerGroup(Entity):
    """Customers who have prices of their own."""

    code: str = field(max_length=50, not_blank=True)
    name: str = field(max_length=200, not_blank=True)


@entity("catalog_customer", read=READ, write=PRICES, extends=Party)
class CatalogCustomer(Entity):
    """What the catalogue keeps of a party that buys."""

    group_id: int | None = ref(CustomerGroup, default=None, personal="id", doc="a group may say who somebody is: staff, pensioners")


@entity("catalog_price_list", read=READ, write=PRICES, company=True, unique=[("company_id", "code")], steady=True)
class PriceList(Entity):
    """Prices for certain customers, in certain shops, in certain days: for all where nothing is said."""

    code: str = field(max_length=50, not_blank=True)
    name: str = field(max_length=200, not_blank=True)
    currency: str = field(max_length=24, not_blank=True)
    tax_included: bool = field(default=False)
    group_id: int | None = ref(CustomerGroup, default=None)
    site_id: int | None = ref(Site, default=None)
    since: date | None = field(default=None, doc="the first day on which it holds")
    through: date | None = field(default=None, doc="the last day on which it holds")
    company_id: int = ref(Company, default=None)


@entity("catalog_price", index=[("item_id", "list_id"), ("category_id", "list_id")])
class Price(Entity):
    """What one unit of an item, or of whatever is in a category, costs on a price list."""

    list_id: int = parent(PriceList)
    item_id: int | None = ref(Item, default=None, index=False)
    category_id: int | None = ref(Category, default=None, index=False)
    unit: str = field(max_length=20, not_blank=True, doc="the price is for one of these")
    from_quantity: Decimal = exact(places=6, default=Decimal(0), ge=0, doc="it holds from this quantity on, in the unit of the price")
    price: UnitPrice = money(ge=0)
    since: date | None = field(default=None, doc="the first day on which it holds")
    through: date | None = field(default=None, doc="the last day on which it holds")
