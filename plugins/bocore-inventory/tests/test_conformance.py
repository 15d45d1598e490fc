from __future__ import annotations

from bocore.testing import conformance

test_conformance = conformance("bocore_inventory.plugin")
