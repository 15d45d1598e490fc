"""The suite runs from a checkout as it does with bocore installed: the fixtures come from bocore's own pytest plugin."""

import pytest


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the plugin where no entry point has done it."""
    from bocore.testing import pytest_plugin

    if not pluginmanager.is_registered(pytest_plugin):
        pluginmanager.register(pytest_plugin, "bocore")
