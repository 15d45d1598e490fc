"""The catalogue as a plugin: what it declares, and the hooks that it publishes."""

from __future__ import annotations

from typing import Any

from bocore import Plugin, hookimpl
from bocore_catalog import checks, files, items, items_csv, model, packaging, price_checks, pricing, reports, specs
from bocore_catalog.rights import PERMISSIONS, ROLES
from bocore_catalog.settings import CatalogSettings

plugin = Plugin(
    prefix="catalog",
    entities=model,
    services=[items, packaging, pricing],
    importers=[items_csv, files],
    exporters=files,
    reports=reports,
    settings=CatalogSettings,
    migrations="bocore_catalog.migrations",
    permissions=PERMISSIONS,
    roles=ROLES,
    demo="bocore_catalog.demo:play",
    hooks=[checks, price_checks],
)


@hookimpl
def bo_addhooks(pm: Any) -> None:
    """Publish the hooks for prices, stock and supply."""
    pm.add_hookspecs(specs)
