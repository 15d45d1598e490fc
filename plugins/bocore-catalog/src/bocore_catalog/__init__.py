"""What a business sells: what other plugins may import is named in ``__all__``."""

from __future__ import annotations

from bocore_catalog.asking import price
from bocore_catalog.conversion import to_base
from bocore_catalog.gtins import Barcode, as_gtin, find_by_barcode
from bocore_catalog.items import add_category, add_item
from bocore_catalog.kits import Part, explode
from bocore_catalog.model import (
    CatalogCustomer,
    Category,
    CustomerGroup,
    Gtin,
    Item,
    ItemKind,
    ItemUnit,
    KitPart,
    Price,
    PriceList,
    Tracking,
)
from bocore_catalog.packaging import add_gtin, set_part, set_unit
from bocore_catalog.pricing import add_customer_group, add_price_list, put_in_group, set_category_price, set_price
from bocore_catalog.specs import (
    PriceAnswer,
    PriceRequest,
    StockAnswer,
    StockMovement,
    SupplyAnswer,
    SupplyRequest,
    bo_catalog_price,
    bo_catalog_stock,
    bo_catalog_supply,
)

__version__ = "0.1.0"

__all__ = [
    "Barcode", "CatalogCustomer", "Category", "CustomerGroup", "Gtin", "Item", "ItemKind", "ItemUnit", "KitPart", "Part", "Price",
    "PriceAnswer", "PriceList", "PriceRequest", "StockAnswer", "StockMovement", "SupplyAnswer", "SupplyRequest", "Tracking",
    "add_category", "add_customer_group", "add_gtin", "add_item", "add_price_list", "as_gtin", "bo_catalog_price", "bo_catalog_stock",
    "bo_catalog_supply", "explode", "find_by_barcode", "price", "put_in_group", "set_category_price", "set_part", "set_price",
    "set_unit", "to_base",
]  # fmt: skip
