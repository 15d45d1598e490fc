"""The permissions of the catalogue, and who has which."""

from __future__ import annotations

READ, EDIT, PRICES = "catalog.read", "catalog.edit", "catalog.prices"

PERMISSIONS = {
    READ: "Read items, categories, barcodes and sales prices",
    EDIT: "Add, change and retire items, categories, barcodes, units and kits",
    PRICES: "Set and close prices, and say which customers belong to which group",
}

ROLES = {
    "reader": [READ],
    "editor": [READ, EDIT],
    "pricing": [READ, PRICES, "bo.read"],
    "manager": [READ, EDIT, PRICES, "bo.read"],
}
