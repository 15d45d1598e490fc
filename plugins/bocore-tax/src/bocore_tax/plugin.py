"""Tax as a plugin: what it declares, the hooks that it answers, and the one that it publishes."""

from __future__ import annotations

import pluggy

from bocore import Plugin, hookimpl
from bocore_tax import audits, checks, computing, ledger, model, reports, services, specs
from bocore_tax.rights import PERMISSIONS, ROLES
from bocore_tax.settings import TaxSettings

plugin = Plugin(
    prefix="tax",
    entities=model,
    services=services,
    reports=reports,
    migrations="bocore_tax.migrations",
    settings=TaxSettings,
    permissions=PERMISSIONS,
    roles=ROLES,
    purposes={"tax.withholding": "tax", "tax.rounding": "rounding.cash"},
    demo="bocore_tax.demo:play",
    hooks=[ledger, computing, checks, audits],
)


@hookimpl
def bo_addhooks(pm: pluggy.PluginManager) -> None:
    """Publish ``bo_tax_compute``."""
    pm.add_hookspecs(specs)
