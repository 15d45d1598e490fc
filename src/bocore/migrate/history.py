"""The migrations that a plugin brings: numbered files in its package, and what they require of other plugins."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import attrs

from bocore.errors import DeclarationError, Finding, StorageError

if TYPE_CHECKING:
    from bocore.plugins import PluginHost

REVISION = re.compile(r"(\d{4})_[a-z0-9_]+\.py")
VERSIONS = "versions"


@attrs.frozen
class Revision:
    """One migration: its number, which orders it, and its file."""

    plugin: str
    number: str
    path: Path

    def __str__(self) -> str:
        return f"{self.plugin} {self.number}"

    @property
    def title(self) -> str:
        """What its file's name says: ``add colour``."""
        return self.path.stem[5:].replace("_", " ")


@attrs.frozen
class History:
    """All migrations of one plugin, first to last.

    Without any, the plugin's tables are made from its entities, which serves until the first of them changes.
    """

    plugin: str
    distribution: str
    package: str | None
    revisions: tuple[Revision, ...]
    requires: Mapping[str, str]

    @property
    def table(self) -> str:
        """The plugin's own version table."""
        return f"bo_version_{self.plugin}"

    @property
    def head(self) -> str | None:
        """The number of the last migration."""
        return self.revisions[-1].number if self.revisions else None

    @property
    def upgrade_hint(self) -> str:
        """How to get a newer version of this plugin."""
        return f"pip install --upgrade {self.distribution}" if self.distribution else f"install a newer {self.plugin}"

    def after(self, number: str | None) -> tuple[Revision, ...]:
        """What is to be done from ``number`` on; StorageError where this code does not know it: the database is newer."""
        if number is None:
            return self.revisions
        for at, revision in enumerate(self.revisions):
            if revision.number == number:
                return self.revisions[at + 1 :]
        known = f"knows {self.head} as its last" if self.head else "has no migrations"
        raise StorageError(
            f"The database is newer than the code: the tables of {self.plugin!r} are at {number}, and the plugin that is here {known}.",
            fix=f"To use this database, {self.upgrade_hint}.",
            plugin=self.plugin,
            revision=number,
        )


def histories(host: PluginHost) -> list[History]:
    """The migrations of every loaded plugin, in plugin order; nothing of them is imported but the packages' ``__init__``."""
    found = []
    for state in host.plugins:
        if state.state != "loaded" or state.plugin is None:
            continue
        package = _package(state.plugin.migrations)
        requires: Mapping[str, str] = getattr(package, "REQUIRES", {})
        revisions = _revisions(state.prefix, package) if package is not None else ()
        found.append(History(state.prefix, state.distribution, state.plugin.migrations, revisions, requires))
    _check_requirements(found)
    return found


def _package(name: str | None) -> ModuleType | None:
    """The package of that name; None where nobody has written it yet."""
    if name is None:
        return None
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name == name:
            return None
        raise


def _revisions(plugin: str, package: ModuleType) -> tuple[Revision, ...]:
    found: list[Revision] = []
    for folder in package.__path__:
        for path in sorted((Path(folder) / VERSIONS).glob("*.py")):
            named = REVISION.fullmatch(path.name)
            if named:
                found.append(Revision(plugin, named[1], path))
            elif path.name != "__init__.py":
                raise DeclarationError(f"{path} is no name of a migration.", fix="Call it like 0002_add_colour.py, in lower case.")
    for wanted, revision in enumerate(found, 1):
        if revision.number != f"{wanted:04}":
            listed = ", ".join(one.path.name for one in found)
            raise DeclarationError(
                f"The migrations of {plugin!r} are not numbered one after the other: {listed}.",
                fix=f"{revision.path.name} must begin with {wanted:04}; where two branches made the same number, renumber the later.",
            )
    return tuple(found)


def _check_requirements(found: Iterable[History]) -> None:
    """A plugin's migrations may count on tables of another as they are from a certain migration on."""
    known = {history.plugin: history for history in found}
    findings = []
    for history in known.values():
        for other, number in history.requires.items():
            there = known.get(other)
            if there is None or there.head is None or there.head < number:
                has = "is not loaded" if there is None else f"ends at {there.head}" if there.head else "has no migrations"
                fix = f"To go on, {there.upgrade_hint if there else f'install {other}'}."
                message = (
                    f"The migrations of {history.plugin!r} need the tables of {other!r} at {number}, and the plugin that is here {has}."
                )
                findings.append(Finding(StorageError.code, message, fix=fix, plugin=history.plugin))
    if findings:
        raise StorageError(findings)
