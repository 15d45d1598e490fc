"""``Plugin``: everything that a plugin brings, as one value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType, ModuleType
from typing import Any

import attrs

from bocore.errors import DeclarationError

PREFIX = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")

Listed = ModuleType | Callable[..., Any]
"""A module whose decorated functions are meant, or one such function."""


def _several(value: Any) -> tuple[Any, ...]:
    """One thing or a sequence of things, as a tuple."""
    if isinstance(value, str):
        raise DeclarationError(f"Plugin(…): {value!r} is a text where a module, class or function belongs.", fix="Import it and pass it.")
    return tuple(value) if isinstance(value, Sequence | set | frozenset) else (value,)


def _mapping(value: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise DeclarationError(f"Plugin(…): {value!r} must be a mapping of names.", fix='Write {"name": value, …}.')
    return MappingProxyType(dict(value))


def _named(value: Mapping[str, Any]) -> Mapping[str, tuple[Any, ...]]:
    return MappingProxyType({name: _several(listed) for name, listed in _mapping(value).items()})


@attrs.frozen(kw_only=True)
class Plugin:
    """What a plugin declares, bound to the name ``plugin`` in its entry-point module. A misspelt argument is a TypeError at import.

    :param prefix: the plugin's name: of its tables (``vet_visit``), permissions (``vet.record``), commands (``bo vet …``).
        The entry point has the same name.
    :param entities: entity classes, or modules that define them.
    :param services, reports, importers, exporters, jobs: modules whose decorated functions are meant, or such functions.
    :param documents: modules or functions that make letters, invoices and other paper.
    :param migrations: the package of the plugin's migrations, as a name: ``"acme_vet.migrations"``; ``bo migrate new vet`` writes into
        it. Without one, or while it is empty, tables are made from the entities as they are, which serves until the first of them
        changes: a column that is missing then is refused. ``REQUIRES = {"accounting": "0002"}`` in the package's ``__init__`` says
        from which migration on the tables of another plugin will do.
    :param settings: an attrs class of the plugin's settings, each with a default.
    :param permissions: permission → a sentence that says what it allows.
    :param roles: role → permissions. A role ``assistant`` of ``vet`` is called ``vet.assistant``.
    :param purposes: purpose of voucher lines → the purpose that it falls back to where no account is mapped.
    :param data: declarations for other plugins, read and checked by their owner: ``{"tax.rates": [Tax(…), …]}``.
    :param locale: the package of the plugin's translations.
    :param demo: ``"package.module:function"``, which plays the plugin's part of ``bo demo``.
    :param hooks: further modules with ``@hookimpl`` functions, besides the entry-point module itself.
    """

    prefix: str = attrs.field()
    entities: Sequence[ModuleType | type] = attrs.field(default=(), converter=_several)
    services: Sequence[Listed] = attrs.field(default=(), converter=_several)
    reports: Sequence[Listed] = attrs.field(default=(), converter=_several)
    importers: Sequence[Listed] = attrs.field(default=(), converter=_several)
    exporters: Sequence[Listed] = attrs.field(default=(), converter=_several)
    jobs: Sequence[Listed] = attrs.field(default=(), converter=_several)
    documents: Sequence[Listed] = attrs.field(default=(), converter=_several)
    migrations: str | None = attrs.field(default=None, validator=attrs.validators.optional(attrs.validators.instance_of(str)))
    settings: type | None = None
    permissions: Mapping[str, str] = attrs.field(factory=dict, converter=_mapping)
    roles: Mapping[str, Sequence[str]] = attrs.field(factory=dict, converter=_named)
    purposes: Mapping[str, str] = attrs.field(factory=dict, converter=_mapping)
    data: Mapping[str, Sequence[object]] = attrs.field(factory=dict, converter=_named)
    locale: str | None = None
    demo: str | None = None
    hooks: Sequence[ModuleType] = attrs.field(default=(), converter=_several)

    @prefix.validator
    def _check_prefix(self, _attribute: object, value: object) -> None:
        if not isinstance(value, str) or not PREFIX.fullmatch(value) or len(value) > 30:
            raise DeclarationError(
                f"Plugin(prefix={value!r}): a prefix is at most 30 lower-case letters, digits and single _, and begins with a letter.",
                fix="Take the short name of the field it is for: vet, payroll, payroll_uk.",
            )
