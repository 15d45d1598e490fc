"""Importing one plugin, and saying in one line why it can't be."""

from __future__ import annotations

import importlib
import re
import traceback
from collections.abc import Sequence
from types import ModuleType

import attrs

from bocore.errors import BocoreError, PluginError
from bocore.plugins.discovery import Candidate, missing_distributions, normalised
from bocore.plugins.spec import Plugin

# Never names of plugins: the core's own names, and the command groups of ``bo``.
RESERVED = frozenset(
    {"bo", "bocore", "init", "demo", "doctor", "migrate", "import", "export", "report", "audit", "party", "period", "plugin", "job"}
    | {"user", "role", "access", "tenant", "key", "approval", "person"}
)


@attrs.frozen
class Trouble:
    """Why a plugin could not be loaded, and what to do."""

    reason: str
    fix: str


def load_plugin(candidate: Candidate) -> tuple[ModuleType | None, Plugin]:
    """The entry-point module (None for a bare value) and the ``plugin`` in it; whatever stops that is raised."""
    if isinstance(candidate.source, Plugin):
        return None, candidate.source
    module = candidate.source if isinstance(candidate.source, ModuleType) else _imported(candidate)
    plugin = getattr(module, "plugin", None)
    if not isinstance(plugin, Plugin):
        kind = "no name 'plugin'" if plugin is None else f"a 'plugin' that is a {type(plugin).__name__}"
        raise PluginError(f"The module {module.__name__} has {kind}.", fix="Write plugin = Plugin(prefix=…, …) in it.")
    if plugin.prefix != candidate.name:
        raise PluginError(
            f"The entry point is called {candidate.name!r}, but {module.__name__} says Plugin(prefix={plugin.prefix!r}).",
            fix="Give both the same name: the prefix is the name of the commands and the tables.",
        )
    return module, plugin


def _imported(candidate: Candidate) -> ModuleType:
    source = str(candidate.source)
    if not re.fullmatch(r"\w+(\.\w+)*", source):
        fix = f"Write {candidate.name} = {source.split(':')[0]!r}."
        raise PluginError(f"The entry point {candidate.name} = {source!r} is not a module.", fix=fix)
    missing = missing_distributions(candidate)
    if missing:
        raise PluginError(f"It requires {', '.join(missing)}, which is not installed.", fix=f"pip install {' '.join(missing)}")
    return importlib.import_module(source)


def explain(error: BaseException, candidate: Candidate) -> Trouble:
    """What happened, in one line with its place, and the command or sentence that mends it."""
    if isinstance(error, BocoreError):
        fixes = [finding.fix for finding in error.findings if finding.fix]
        return Trouble(" ".join(finding.message for finding in error.findings), fixes[0] if fixes else _fix(error, candidate))
    said = str(error).split("\n", 1)[0]
    place = _place(error, candidate)
    return Trouble(f"{type(error).__name__}: {said}" + (f" ({place})" if place else ""), _fix(error, candidate))


def _place(error: BaseException, candidate: Candidate) -> str:
    """The last line of the plugin's own code in the traceback: a library's depth says little to its user."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}"
    frames = [(frame.f_globals.get("__name__", ""), frame, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    top = _top_package(candidate)
    own = [(frame, line) for name, frame, line in frames if name.split(".")[0] == top]
    if not own:
        return ""
    frame, line = own[-1]
    summary = traceback.FrameSummary(frame.f_code.co_filename, line, frame.f_code.co_name)
    return f"{summary.filename}, line {line}: {summary.line}" if summary.line else f"{summary.filename}, line {line}"


def _fix(error: BaseException, candidate: Candidate) -> str:
    distribution = candidate.distribution
    if isinstance(error, ModuleNotFoundError) and error.name:
        top = error.name.split(".")[0]
        if top == _top_package(candidate):
            return f"pip install --force-reinstall {distribution}" if distribution else f"Put {top} on the path."
        known = _provider(top, candidate.requires)
        if known:
            return f"pip install {known}"
        blame = f"; {distribution} does not require it, tell its author" if distribution else ""
        return f"Install what provides the module {top!r}{blame}."
    without = f"start with BOCORE_BLOCK={candidate.name} to go on without it"
    return f"pip install --upgrade {distribution}, or {without}." if distribution else f"Mend it, or {without}."


def _provider(module: str, requires: Sequence[str]) -> str:
    """The required distribution that is named like the module. No other name is guessed: a guess could be somebody's trap."""
    wanted = normalised(module)
    return wanted if wanted in requires or wanted.startswith("bocore-") else ""


def _top_package(candidate: Candidate) -> str:
    source = candidate.source if isinstance(candidate.source, str) else getattr(candidate.source, "__name__", "")
    return source.split(".")[0].split(":")[0]
