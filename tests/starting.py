"""Starts ``bo`` many times in the time of one: each command runs in a fork of a process that has imported it and the installed plugins.

What a start itself does is tested in test_cli_start.py.
"""

from __future__ import annotations

import importlib
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

SHELL = set("|&;<>()$`\\*?[]{}~#!\n")
"""What the shell does something with."""


def words(command: str) -> list[str] | None:
    """The words of a command of ``bo`` that needs no shell; None for every other."""
    if not hasattr(os, "fork") or not command.startswith("bo ") or SHELL & set(command):
        return None
    return shlex.split(command)


class Starter:
    """The process that is forked; it knows nothing of what a page installs, which each command finds as it is then."""

    def __init__(self) -> None:
        own = {**os.environ, "PYTHONUTF8": "1"}
        self._process = subprocess.Popen(
            [sys.executable, __file__], env=own, encoding="utf-8", stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def run(self, command: list[str], folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
        """Run one command to its end; returns its exit code, and all that it said."""
        assert self._process.stdin is not None and self._process.stdout is not None
        said = folder / ".bin" / "said"
        asked = {"command": command, "folder": str(folder), "environment": dict(environment), "said": str(said)}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        return code, said.read_text(encoding="utf-8")

    def stop(self) -> None:
        """End it."""
        self._process.communicate()


def serve() -> None:
    """Run what is asked on standard input, a line a command, and answer with its exit code."""
    from bocore import PluginHost
    from bocore.cli import main

    PluginHost.discover().load()
    for name in ("alembic.operations", "bocore.app", "bocore.cli.root", "bocore.migrate.running", "bocore.reports.running"):
        importlib.import_module(name)
    while line := os.read(0, 1 << 20):
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(asked)
            main()
            return
        _, status = os.waitpid(child, 0)
        os.write(1, f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _become(asked: dict[str, object]) -> None:
    """What a process of its own would find: arguments, folder, environment and files."""
    os.chdir(str(asked["folder"]))
    os.environ.clear()
    os.environ.update(asked["environment"])  # type: ignore[call-overload]
    sys.argv = list(asked["command"])  # type: ignore[call-overload]
    sys.path[0] = ""  # as `python -c`, which the script `bo` calls, has it
    sys.path[1:1] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    importlib.invalidate_caches()
    said = os.open(str(asked["said"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for mine, standard in ((nothing, 0), (said, 1), (said, 2)):
        os.dup2(mine, standard)


if __name__ == "__main__":
    serve()
