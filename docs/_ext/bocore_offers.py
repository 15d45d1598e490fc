"""Read what plugins offer out of the code: services, reports, files, permissions, settings, and the events of their packages."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

KINDS = ("services", "reports", "importers", "exporters", "jobs")


class Offer(NamedTuple):
    """A service, report, importer, exporter or job: how it is called, what it needs, and each thing that it can be told."""

    name: str
    signature: str
    doc: str
    needs: tuple[str, ...]
    told: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    endings: tuple[str, ...]
    when: str


class Event(NamedTuple):
    """An event that a package declares, with its version and its values."""

    name: str
    doc: str
    values: tuple[str, ...]
    place: str


class PluginOffers(NamedTuple):
    """A plugin with all that it offers, by kind."""

    name: str
    summary: str
    offers: dict[str, tuple[Offer, ...]]
    permissions: dict[str, str]
    roles: dict[str, tuple[str, ...]]
    settings: tuple[tuple[str, str], ...]


def plugins(modules: Sequence[str]) -> Iterator[PluginOffers]:
    """What each plugin offers, by the modules of their entry points; the core is one of them."""
    from bocore import PluginHost
    from bocore.plugins import summaries

    found = [importlib.import_module(name) for name in modules]
    host = PluginHost.of([module for module in found if not module.__name__.startswith("bocore.")])  # the core is always there
    host.load()
    lines = summaries()
    for module in found:
        plugin, name = module.plugin, "bocore" if module.plugin.prefix == "bo" else module.plugin.prefix
        package = importlib.import_module(module.__name__.split(".")[0])
        yield PluginOffers(
            name,
            lines.get(name) or (inspect.getdoc(package) or "").split("\n\n", 1)[0],
            {kind: tuple(_offer(each) for each in getattr(host, kind).values() if each.plugin == name) for kind in KINDS},
            dict(plugin.permissions),
            {f"{plugin.prefix}.{role}": tuple(names) for role, names in plugin.roles.items()},
            tuple(_settings(plugin.settings)),
        )


def _offer(one: Any) -> Offer:
    from bocore.reports.columns import columns_of

    told = tuple((option.name, option.help) for option in one.options)
    columns = tuple(column.name for column in columns_of(one.row)) if one.kind == "report" else ()
    return Offer(one.name, _signature(one), one.doc.split("\n\n", 1)[0], one.needs, told, columns, getattr(one, "suffix", ()), _when(one))


def _when(one: Any) -> str:
    """When a job runs, in words; nothing of what is no job."""
    if one.kind != "job":
        return ""
    each = " for each company" if one.per_company else ""
    clock = f"By the clock{each}: `{one.cron}`." if one.cron else "When it is enqueued."
    return f"{clock} Tried again {one.retries} times."


def _signature(one: Any) -> str:
    """What a caller fills, as Python writes it; required options stand without a default."""
    parts, keywords = [], False
    for option in one.options:
        if not option.positional and not keywords:
            keywords = True
            parts.append("*")
        written = f"*{option.name}" if option.many else option.name
        parts.append(written if option.required or option.many else f"{written}={option.default!r}")
    return f"({', '.join(parts)})"


def _settings(cls: type | None) -> Iterator[tuple[str, str]]:
    if cls is None:
        return
    import attrs

    from bocore.plugins.options import described

    helps = described(cls)
    for field in attrs.fields(cls):
        fixed = field.default is not attrs.NOTHING and not isinstance(field.default, attrs.Factory)  # type: ignore[arg-type]
        default = f" Without more it is `{field.default!r}`." if fixed else ""
        yield field.name, f"{helps.get(field.name, '')}{default}".strip()


def events(packages: Sequence[str]) -> list[Event]:
    """Every event class of these packages, by name; only modules that declare one are imported."""
    found = {}
    for package in packages:
        home = Path(str(importlib.import_module(package).__file__)).parent
        for path in sorted(home.rglob("*.py")):
            if re.search(r"^@event\(", path.read_text(encoding="utf-8"), re.MULTILINE):
                module = importlib.import_module(".".join([package, *path.relative_to(home).with_suffix("").parts]))
                for value in vars(module).values():
                    name = getattr(value, "__bocore_event__", None)
                    if inspect.isclass(value) and name and value.__module__ == module.__name__:
                        found[name] = _event(name, value)
    return [found[name] for name in sorted(found)]


def _event(name: str, cls: Any) -> Event:
    import attrs

    values = tuple(f"{field.name}: {getattr(field.type, '__name__', field.type)}" for field in attrs.fields(cls))
    return Event(name, inspect.getdoc(cls) or "", values, f"{cls.__module__}.{cls.__qualname__}")
