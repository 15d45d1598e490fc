"""The core's own plugin: it declares its entities, permissions and purposes like everybody else."""

from bocore.kernel import (
    books,
    calendar,
    company,
    currency,
    dimensions,
    items,
    locking,
    party,
    periods,
    purposes,
    rates_csv,
    series,
    settings,
    site,
    units,
    voucher,
)
from bocore.plugins.spec import Plugin

plugin = Plugin(
    prefix="bo",
    entities=[company, books, site, currency, party, dimensions, series, settings, periods, voucher, items, units, calendar],
    services=locking,
    reports=locking,
    migrations="bocore.migrations",
    permissions={
        "bo.read": "Read companies, parties, currencies and vouchers",
        "bo.write": "Change companies, parties and currencies",
        "bo.lock": "Close periods, open them again, and grant exceptions",
    },
    settings=settings.KernelSettings,
    purposes=purposes.STANDARD,
    importers=[rates_csv],
    hooks=[company, currency, dimensions, party, periods, series, site, units, calendar, books],
)
