"""What must hold between plugins before an application starts: names of one's own, no clashes, nothing named that nobody declares."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import FunctionType, ModuleType
from typing import TypeVar

import attrs

from bocore.entities import spec_of
from bocore.errors import DeclarationError, Finding, PluginError, Severity
from bocore.plugins.declare import D, Declaration, Exporter, Importer, Job, Report, Service, declaration_of, declared_in, is_from
from bocore.plugins.options import place_of
from bocore.plugins.spec import Listed, Plugin

V = TypeVar("V")

EVERYBODY = "*"
"""In place of a permission: every user has it."""

KINDS: Mapping[str, type[Declaration]] = {
    "services": Service,
    "reports": Report,
    "importers": Importer,
    "exporters": Exporter,
    "jobs": Job,
}


def declarations(listed: Iterable[Listed], argument: str, kind: type[D], prefix: str) -> list[D]:
    """The declarations of one kind that a plugin lists; one that is listed and not there, or misnamed, is a DeclarationError."""
    found: list[D] = []
    for item in listed:
        if isinstance(item, ModuleType):
            inside = declared_in(item, kind)
            if not inside:
                raise DeclarationError(
                    f"Plugin({argument}=…) lists the module {item.__name__}, and no function defined in it has @{kind.kind}.",
                    fix=f"Decorate it with @{kind.kind}(…), or take the module out.",
                )
            found.extend(inside)
        else:
            one = declaration_of(item)
            if not isinstance(one, kind):
                named = place_of(item) if isinstance(item, FunctionType) else repr(item)
                raise DeclarationError(f"Plugin({argument}=…) lists {named}, which has no @{kind.kind}.", fix="Decorate it.")
            found.append(one)
    if kind is not Service:  # a service has its function's name, and gets the prefix here
        for one in found:
            check_prefix(one.name, prefix, f"{place_of(one.function)}: the {kind.kind}")
    return list(dict.fromkeys(found))


def full_name(declaration: Declaration, prefix: str) -> str:
    """``vet.finish``: a service has its function's name under the prefix, the others say their whole name."""
    own = f"{prefix}."
    return declaration.name if declaration.name.startswith(own) else own + declaration.name


def entity_classes(listed: Iterable[ModuleType | type], prefix: str) -> list[type]:
    """The entity classes that a plugin lists, in the order written."""
    found: list[type] = []
    for item in listed:
        if isinstance(item, ModuleType):
            found.extend(value for value in vars(item).values() if _is_entity(value) and is_from(value.__module__, item))
        elif _is_entity(item):
            found.append(item)
        else:
            raise DeclarationError(f"Plugin(entities=…) lists {item!r}, which is no entity.", fix='Decorate it with @entity("…").')
    for cls in found:
        table = vars(cls)["__bocore__"].declared.name
        if not table.startswith(f"{prefix}_"):
            raise DeclarationError(
                f"{cls.__module__}.{cls.__qualname__}: the entity {table!r} does not begin with {prefix}_.",
                fix=f"Call it {prefix}_{table}.",
            )
    return list(dict.fromkeys(found))


def _is_entity(value: object) -> bool:
    return isinstance(value, type) and "__bocore__" in vars(value)


def check_prefix(name: str, prefix: str, what: str) -> None:
    """Refuse a name outside the plugin's own name space."""
    if not name.startswith(f"{prefix}."):
        raise DeclarationError(f"{what} {name!r} does not begin with {prefix!r}.", fix=f"Call it {prefix}.{name.rsplit('.', 1)[-1]}.")


def check_own_names(plugin: Plugin) -> None:
    """Permissions and purposes of a plugin carry its prefix."""
    for permission in plugin.permissions:
        check_prefix(permission, plugin.prefix, f"Plugin({plugin.prefix!r}): the permission")
    for purpose in plugin.purposes:
        check_prefix(purpose, plugin.prefix, f"Plugin({plugin.prefix!r}): the purpose")


def check_settings(plugin: Plugin) -> None:
    """The settings of a plugin are an attrs class in which everything has a default: nobody has set anything in a new database."""
    cls = plugin.settings
    if cls is None:
        return
    if not attrs.has(cls):
        raise DeclarationError(f"Plugin({plugin.prefix!r}): {cls.__qualname__} is no attrs class.", fix="Decorate it with @attrs.frozen.")
    bare = [field.name for field in attrs.fields(cls) if field.default is attrs.NOTHING]
    if bare:
        raise DeclarationError(
            f"Plugin({plugin.prefix!r}): {', '.join(bare)} of {cls.__qualname__} has no default, and nobody has set it in a new database.",
            fix=f"Write {bare[0]}: … = attrs.field(default=…).",
        )


def merged(parts: Iterable[tuple[str, Mapping[str, V]]], what: str) -> dict[str, V]:
    """One mapping of what all plugins declare. A name that two declare is a PluginError that names both; ``-`` and ``_`` are one."""
    whole: dict[str, V] = {}
    owners: dict[str, tuple[str, str]] = {}
    for plugin, part in parts:
        for name, value in part.items():
            key = name.replace("-", "_")
            if key in owners:
                other, written = owners[key]
                raise PluginError(f"The {what} {written!r} of {other!r} is declared again by {plugin!r}, as {name!r}.", fix="Rename one.")
            owners[key] = (plugin, name)
            whole[name] = value
    return whole


def without_absent(permissions: Iterable[str], loaded: Collection[str]) -> tuple[str, ...]:
    """The permissions of plugins that are loaded: one may be lent that belongs to a plugin which need not be there."""
    return tuple(permission for permission in permissions if permission.split(".", 1)[0] in loaded)


def unknown_blocks(blocked: Mapping[str, str], known: Collection[str]) -> list[Finding]:
    """A warning for each name that is to be blocked and that no plugin has: what was meant would be loaded."""
    findings = []
    for name, by in blocked.items():
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            fix = f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(sorted(known)) or 'none'}."
            message = f"The plugin {name!r} is to be blocked {by}, and is not installed."
            findings.append(Finding(PluginError.code, message, fix=fix, severity=Severity.WARNING))
    return findings


def undeclared_permissions(
    declared: Collection[str], named: Iterable[Declaration], roles: Mapping[str, Sequence[str]], entities: Iterable[type]
) -> list[Finding]:
    """A finding for each permission that a declaration, role or field (``read=``, ``write=``) names and no loaded plugin declares."""
    findings = [
        _undeclared(permission, declared, f"The {one.kind} {one.name!r} ({place_of(one.function)}) names")
        for one in named
        for permission in one.needs
        if permission not in declared
    ]
    findings += [
        _undeclared(permission, declared, f"The role {role!r} contains")
        for role, permissions in roles.items()
        for permission in permissions
        if permission not in declared
    ]
    findings += [
        _undeclared(permission, declared, f"The field {cls.__module__}.{cls.__qualname__}.{field.name} names")
        for cls in entities
        for field in spec_of(cls).fields.values()
        for permission in (field.options.get("read"), field.options.get("write"))
        if permission and permission not in declared
    ]
    findings += [
        _undeclared(permission, declared, f"The entity {cls.__module__}.{cls.__qualname__} names")
        for cls in entities
        for permission in (*spec_of(cls).read, *spec_of(cls).write)
        if permission != EVERYBODY and permission not in declared
    ]
    return findings


def _undeclared(permission: str, declared: Collection[str], who: str) -> Finding:
    close = difflib.get_close_matches(permission, declared, n=1)
    meant = f" Did you mean {close[0]!r}?" if close else ""
    return Finding(
        PluginError.code,
        f"{who} the permission {permission!r}, which no loaded plugin declares.{meant}",
        fix=f'Add it: Plugin(permissions={{"{permission}": "what it allows"}}).',
    )


def loose_purposes(purposes: Mapping[str, str], owners: Mapping[str, str], standard: Collection[str]) -> list[Finding]:
    """A finding for each purpose that falls back to nothing known, or to itself in a circle."""
    findings = []
    for purpose, fallback in purposes.items():
        who = f"The purpose {purpose!r} of {owners[purpose]!r} falls back to"
        if fallback and fallback not in purposes and fallback not in standard:
            close = difflib.get_close_matches(fallback, [*purposes, *standard], n=1)
            meant = f" Did you mean {close[0]!r}?" if close else ""
            said = f"{who} {fallback!r}, which nobody declares.{meant}"
            findings.append(Finding(PluginError.code, said, fix="Name a purpose of the core, or of a plugin that is loaded."))
        elif _circles(purpose, purposes):
            said = f"{who} {fallback!r}, and so to itself."
            findings.append(Finding(PluginError.code, said, fix="Let the chain end in a purpose of the core."))
    return findings


def _circles(purpose: str, purposes: Mapping[str, str]) -> bool:
    seen = {purpose}
    step = purposes.get(purpose, "")
    while step:
        if step in seen:
            return True
        seen.add(step)
        step = purposes.get(step, "")
    return False
