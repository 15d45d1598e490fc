"""What every plugin must keep to."""

from bocore.testing import conformance

test_conformance = conformance("bocore_catalog.plugin", beside=["accounting"])
