"""The core's own plugin: it declares its entities, permissions and purposes like everybody else."""

from bocore.kernel import company, currency, dimensions, party, periods, purposes, series, settings, voucher
from bocore.plugins.spec import Plugin

plugin = Plugin(
    prefix="bo",
    entities=[company, currency, party, dimensions, series, settings, periods, voucher],
    migrations="bocore.migrations",
    permissions={
        "bo.read": "Read companies, parties, currencies and vouchers",
        "bo.write": "Change companies, parties and currencies",
        "bo.lock": "Close periods",
    },
    purposes=purposes.STANDARD,
    hooks=[company, currency, dimensions, party, series],
)
