"""Taking files in and writing them out: typed rows with line numbers, findings, dry runs, all or nothing, once."""

from bocore.imports.batches import batched
from bocore.imports.exporting import export
from bocore.imports.running import ImportResult, import_file
from bocore.imports.tables import TextTable, Unread

__all__ = ["ImportResult", "TextTable", "Unread", "batched", "export", "import_file"]
