"""The core's own plugin: it declares its entities, permissions and purposes like everybody else."""

from bocore.kernel import company, currency, dimensions, party, periods, purposes, rates_csv, series, settings, site, voucher
from bocore.plugins.spec import Plugin

plugin = Plugin(
    prefix="bo",
    entities=[company, site, currency, party, dimensions, series, settings, periods, voucher],
    migrations="bocore.migrations",
    permissions={
        "bo.read": "Read companies, parties, currencies and vouchers",
        "bo.write": "Change companies, parties and currencies",
        "bo.lock": "Close periods",
    },
    settings=settings.KernelSettings,
    purposes=purposes.STANDARD,
    importers=[rates_csv],
    hooks=[company, currency, dimensions, party, series, site],
)
