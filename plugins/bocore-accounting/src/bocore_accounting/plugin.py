"""The books as a plugin: entities, permissions, services, reports and the hooks that they answer."""

from __future__ import annotations

from bocore import Plugin
from bocore_accounting import (
    answers,
    audits,
    checks,
    closing,
    intercompany,
    journal_csv,
    model,
    opening_csv,
    reports,
    revaluation,
    services,
    statements,
    suspense,
    unfinished,
    vouchers,
)
from bocore_accounting.rights import PERMISSIONS, ROLES
from bocore_accounting.settings import AccountingSettings

plugin = Plugin(
    prefix="accounting",
    migrations="bocore_accounting.migrations",
    entities=model,
    services=[services, suspense, closing, opening_csv, revaluation],
    reports=[reports, statements, revaluation, intercompany, suspense],
    importers=[journal_csv, opening_csv],
    exporters=journal_csv,
    jobs=services,
    settings=AccountingSettings,
    permissions=PERMISSIONS,
    roles=ROLES,
    demo="bocore_accounting.demo:play",
    hooks=[checks, vouchers, suspense, answers, unfinished, audits],
)
