"""What the plugin brings: an importer, an exporter, and the tables that keep what only a journal says."""

from __future__ import annotations

from bocore import Plugin
from bocore_hledger import exporting, importing, model

plugin = Plugin(prefix="hledger", migrations="bocore_hledger.migrations", entities=model, importers=[importing], exporters=[exporting])
