"""Tenants: one file of SQLite or one schema of PostgreSQL each, moved between them by one file that both read."""

from bocore.tenants.exporting import TenantFile, export_tenant
from bocore.tenants.file import TableSum
from bocore.tenants.importing import import_tenant
from bocore.tenants.listing import Tenant, drop_tenant, list_tenants

__all__ = ["TableSum", "Tenant", "TenantFile", "drop_tenant", "export_tenant", "import_tenant", "list_tenants"]
