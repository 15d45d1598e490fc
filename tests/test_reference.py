"""The references of hooks and commands are made from the code, so whatever has no documentation is an error here."""

import importlib.util
from pathlib import Path

import pytest

COLLECT = Path(__file__).resolve().parent.parent / "docs" / "_ext" / "bocore_collect.py"


@pytest.fixture(scope="module")
def collect():
    spec = importlib.util.spec_from_file_location("bocore_collect", COLLECT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_hook_is_documented(collect):
    hooks = list(collect.hooks(collect.load("bocore.plugins.hooks")))
    assert {"bo_validate", "bo_event", "bo_posted"} <= {hook.name for hook in hooks}
    assert [hook.name for hook in hooks if not hook.doc] == []


def test_every_command_is_documented_and_loads(collect):
    commands = list(collect.commands(collect.load_command("bocore.cli:main")))
    assert {"bo init", "bo import", "bo report", "bo audit verify"} <= {command.path for command in commands}
    assert [command.path for command in commands if not command.help or command.problem] == []
