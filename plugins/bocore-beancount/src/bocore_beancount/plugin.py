"""What the plugin brings: an importer, an exporter, and the tables that keep what only beancount knows."""

from __future__ import annotations

from bocore import Plugin
from bocore_beancount import exporting, importing, model

plugin = Plugin(prefix="beancount", migrations="bocore_beancount.migrations", entities=model, importers=[importing], exporters=[exporting])
