"""The entry point."""

from acme_shop import files, model, reports, services
from bocore import Plugin

plugin = Plugin(
    prefix="shop",
    entities=model,
    services=[services],
    reports=[reports],
    importers=[files],
    exporters=[files],
    permissions={"shop.read": "See products and sales", "shop.sell": "Sell and change products"},
    demo="acme_shop.demo:quarter",
)
