"""Stock as a plugin: entities, services, and the hooks that it answers."""

from __future__ import annotations

from bocore import Plugin
from bocore_inventory import (
    audits,
    checking,
    corrections,
    count_reports,
    counting,
    counts,
    counts_csv,
    guards,
    kpis,
    locations,
    model,
    movements,
    promises,
    reordering,
    reports,
    reservations,
    rules,
    scanning,
    services,
    stock_report,
    tracing,
    transferring,
    transfers,
)
from bocore_inventory.rights import PERMISSIONS, ROLES
from bocore_inventory.settings import InventorySettings

plugin = Plugin(
    prefix="inventory",
    entities=[
        model,
        reservations,
        counts,
        rules,
        transfers,
    ],
    services=[
        locations,
        services,
        corrections,
        checking,
        counting,
        promises,
        reordering,
        scanning,
        transferring,
    ],
    reports=[
        stock_report,
        reports,
        promises,
        kpis,
        count_reports,
        reordering,
        tracing,
    ],
    importers=[
        counts_csv,
    ],
    jobs=[
        promises,
        reordering,
    ],
    migrations="bocore_inventory.migrations",
    settings=InventorySettings,
    permissions=PERMISSIONS,
    roles=ROLES,
    purposes={
        "inventory.price_difference": "cogs",
        "inventory.landed": "clearing",
        "inventory.at_subcontractor": "inventory",
        "inventory.in_transit": "inventory",
    },
    demo="bocore_inventory.demo:play",
    hooks=[
        guards,
        movements,
        audits,
    ],
)
