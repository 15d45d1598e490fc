"""The rules that every plugin keeps."""

from bocore.testing import conformance

test_conformance = conformance("bocore_tax_de.plugin")
