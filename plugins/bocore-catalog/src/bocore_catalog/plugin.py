"""The catalogue as a plugin: what it declares, and the hooks that it publishes."""

from __future__ import annotations

from typing import Any

from bocore import Plugin, hookimpl
from bocore_catalog import checks, items, model, packaging, price_checks, pricing, specs
from bocore_catalog.rights import PERMISSIONS, ROLES

plugin = Plugin(
    prefix="catalog",
    entities=model,
    services=[items, packaging, pricing],
    migrations="bocore_catalog.migrations",
    permissions=PERMISSIONS,
    roles=ROLES,
    hooks=[checks, price_checks],
)


@hookimpl
def bo_addhooks(pm: Any) -> None:
    """Publish the hooks for prices, stock and supply."""
    pm.add_hookspecs(specs)
