"""What a business sells: what other plugins may import is named in ``__all__``."""

from __future__ import annotations

from bocore_catalog.conversion import to_base
from bocore_catalog.items import add_category, add_item
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
    "CatalogCustomer", "Category", "CustomerGroup", "Gtin", "Item", "ItemKind", "ItemUnit", "KitPart", "Price", "PriceAnswer", "PriceList",
    "PriceRequest", "StockAnswer", "StockMovement", "SupplyAnswer", "SupplyRequest", "Tracking", "add_category", "add_item",
    "bo_catalog_price", "bo_catalog_stock", "bo_catalog_supply", "to_base",
]  # fmt: skip
