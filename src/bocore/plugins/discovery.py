"""Which plugins are installed, and in what order they load: read from metadata alone, nothing is imported."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from types import ModuleType

import attrs
import importlib_metadata

from bocore.errors import PluginError
from bocore.plugins.spec import Plugin

GROUP = "bocore.plugins"

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)([^;]*)(?:;(.*))?", re.DOTALL)
_EXTRA = re.compile(r"\bextra\b")


@attrs.frozen(kw_only=True)
class Candidate:
    """A plugin that could be loaded: where it is, and which distributions it requires.

    ``requires`` are normalised names; ``certain`` are those of them that no environment marker makes conditional.
    ``position`` is its place where a program listed the plugins; of discovered ones it is 0.
    """

    name: str
    source: str | ModuleType | Plugin
    distribution: str = ""
    version: str = ""
    summary: str = ""
    requires: tuple[str, ...] = ()
    certain: tuple[str, ...] = ()
    position: int = 0

    @property
    def origin(self) -> str:
        """How it is named in an error: plugin and distribution."""
        source = self.source if isinstance(self.source, str) else getattr(self.source, "__name__", "given as a value")
        return f"{self.name!r} ({self.distribution or source})"


def installed() -> list[Candidate]:
    """The plugins of all installed distributions, by name."""
    found = []
    for entry in importlib_metadata.entry_points(group=GROUP):
        head = _headers(entry.dist)
        requires = list(_requirements(head.get("Requires-Dist", ())))
        found.append(
            Candidate(
                name=entry.name,
                source=entry.value,
                distribution=_one(head, "Name"),
                version=_one(head, "Version"),
                summary=_one(head, "Summary"),
                requires=tuple(dict.fromkeys(name for name, _ in requires)),
                certain=tuple(dict.fromkeys(name for name, sure in requires if sure)),
            )
        )
    return sorted(found, key=lambda candidate: (candidate.name, candidate.distribution))


def summaries(group: str = GROUP) -> dict[str, str]:
    """Plugin (or other entry point) → its distribution's Summary, for ``bo --help``."""
    lines: dict[str, str] = {}
    for entry in importlib_metadata.entry_points(group=group):
        lines.setdefault(entry.name, _one(_headers(entry.dist), "Summary"))
    return dict(sorted(lines.items()))


def in_order(candidates: Iterable[Candidate]) -> list[tuple[Candidate, tuple[str, ...]]]:
    """Each candidate after those that it requires, with their names; where that leaves a choice, by position and name.

    Raises PluginError for a circle, which it names.
    """
    by_name = {candidate.name: candidate for candidate in candidates}
    needs = requirements_between(list(by_name.values()))
    sorter = TopologicalSorter(needs)
    try:
        sorter.prepare()
    except CycleError as error:
        circle = " → ".join(reversed(error.args[1]))
        raise PluginError(f"Plugins require each other in a circle: {circle}.", fix="Move what they share into a third.") from None
    ready: list[tuple[int, str]] = []
    ordered = []
    while sorter.is_active():
        for name in sorter.get_ready():
            heapq.heappush(ready, (by_name[name].position, name))
        _, name = heapq.heappop(ready)
        ordered.append((by_name[name], needs[name]))
        sorter.done(name)
    return ordered


def requirements_between(candidates: Sequence[Candidate]) -> dict[str, tuple[str, ...]]:
    """Plugin → the plugins whose distributions its own requires."""
    of_distribution: dict[str, list[str]] = {}
    for candidate in candidates:
        if candidate.distribution:
            of_distribution.setdefault(normalised(candidate.distribution), []).append(candidate.name)
    return {
        candidate.name: tuple(
            sorted({name for required in candidate.requires for name in of_distribution.get(required, ()) if name != candidate.name})
        )
        for candidate in candidates
    }


def missing_distributions(candidate: Candidate) -> list[str]:
    """What a plugin requires and is not installed at all. Versions are pip's business."""
    missing = []
    for name in candidate.certain:
        try:
            importlib_metadata.distribution(name)
        except importlib_metadata.PackageNotFoundError:
            missing.append(name)
    return missing


def normalised(name: str) -> str:
    """A distribution's name as PEP 503 compares it: ``Acme_Vet`` and ``acme-vet`` are one."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _requirements(lines: Iterable[str]) -> Iterable[tuple[str, bool]]:
    """(normalised name, unconditional) of each requirement; those of extras are left out."""
    for line in lines:
        found = _REQUIREMENT.match(line)
        if found and not (found[3] and _EXTRA.search(found[3])):
            yield normalised(found[1]), not found[3]


def _headers(distribution: importlib_metadata.Distribution | None) -> Mapping[str, Sequence[str]]:
    """The metadata's header lines. The README below them, which the email parser would read too, costs milliseconds a plugin."""
    headers: dict[str, list[str]] = {}
    if distribution is None:
        return headers
    text = distribution.read_text("METADATA")
    if text is None:  # an older layout, where importlib-metadata knows the way
        kept = {"Name": [distribution.name], "Version": [distribution.version], "Requires-Dist": list(distribution.requires or ())}
        return {**kept, "Summary": [distribution.metadata["Summary"] or ""]}
    last = ""
    for line in text.replace("\r\n", "\n").split("\n\n", 1)[0].split("\n"):
        if line[:1] in (" ", "\t") and last:
            headers[last][-1] += " " + line.strip()
        elif ":" in line:
            last, value = line.split(":", 1)
            headers.setdefault(last, []).append(value.strip())
    return headers


def _one(headers: Mapping[str, Sequence[str]], name: str) -> str:
    return headers[name][0] if headers.get(name) else ""
