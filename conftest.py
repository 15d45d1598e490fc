"""The suite runs from a checkout as it does with bocore installed: the fixtures come from bocore's own pytest plugin."""

import os

import pytest

FEWER = 3
"""On a server every example costs several times as much: a third of them are tried there."""


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the plugin where no entry point has done it."""
    from bocore.testing import pytest_plugin

    if not pluginmanager.is_registered(pytest_plugin):
        pluginmanager.register(pytest_plugin, "bocore")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have properties try fewer examples on a server than on SQLite, where all of them are tried."""
    from bocore.testing.engines import engine

    if engine() != "postgresql" or os.environ.get("HYPOTHESIS_ALL_EXAMPLES"):
        return
    from hypothesis import settings

    for item in items:
        test = getattr(item, "obj", None)
        known = getattr(test, "_hypothesis_internal_use_settings", None)
        if known is not None and known.max_examples > FEWER:
            (getattr(test, "__func__", test))._hypothesis_internal_use_settings = settings(known, max_examples=known.max_examples // FEWER)


@pytest.fixture(scope="session", autouse=True)
def tables_are_remembered() -> None:
    """Have migrations make the tables of a set of plugins once in a process: they are the larger part of what most tests take."""
    from bocore.testing.remembering import remember_tables

    remember_tables()
