"""The hooks of the core: each is documented well enough to be implemented from its page alone."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys

import pytest

from bocore.plugins import PluginHost, hooks

NAMES = [name for name, value in vars(hooks).items() if name.startswith("bo_") and inspect.isfunction(value)]

# DESIGN: the hooks of the core
BATCHES = {"bo_validate", "bo_event", "bo_posted", "bo_close_check", "bo_retention", "bo_authorize", "bo_record_rule", "bo_approvers"}
PORTS = {"bo_authenticate", "bo_balance", "bo_executor", "bo_item_details", "bo_key_provider"}
DESIGNED = BATCHES | PORTS | {"bo_audit_anchor", "bo_audit_population", "bo_audit_trace", "bo_addhooks"}


def test_the_hooks_are_those_of_the_design() -> None:
    assert set(NAMES) == set(PluginHost.of([]).hooks) == DESIGNED
    assert {name for name in NAMES if getattr(hooks, name).bocore_spec["firstresult"]} == PORTS


@pytest.mark.parametrize("name", NAMES)
def test_a_hook_says_what_it_is_for_who_calls_it_and_since_when(name: str) -> None:
    function = getattr(hooks, name)
    text = inspect.getdoc(function) or ""
    first, blank, *_ = [*text.splitlines(), ""]
    assert first.endswith(".") and not blank
    assert first.startswith("Port: ") == (name in PORTS)
    assert re.search(r"^Called ", text, re.MULTILINE)
    assert re.search(r"\.\. versionadded:: \d", text)
    assert re.findall(r":param (\w+):", text) == list(inspect.signature(function).parameters)
    assert all(parameter.annotation is not inspect.Parameter.empty for parameter in inspect.signature(function).parameters.values())


def test_the_plugin_machinery_does_not_import_sqlalchemy() -> None:
    script = "import sys, bocore.plugins, bocore.plugins.hooks; bocore.plugins.summaries(); print('sqlalchemy' in sys.modules)"
    shown = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert shown.stdout.strip() == "False"
