"""Settings of plugins: one typed class each, stored as rows, changed in a unit of work like everything else."""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from bocore.access.core import in_core
from bocore.entities import Entity, entity, field
from bocore.errors import Finding, Refused, UsageError
from bocore.values import shaped

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork
    from bocore.uow.context import Context

S = TypeVar("S")


@attrs.frozen(kw_only=True)
class KernelSettings:
    """Settings of the core: ``write_setting(uow, KernelSettings, "rate_via", "USD")``.

    :param rate_sources: whose rate goes first where several published one for the same day: ``ECB, Fed``; then by name.
    :param rate_via: the currency over which two others are compared that have no rate between them; empty for none.
    :param attachment_limit: bytes of one attachment, at most.
    :param attachment_unpacked: bytes that an attached archive or office file may have when it is unpacked.
    :param approvals: services that others must approve before they run: name of the service → roles or users, ``{"accounting.reverse":
        "accounting.accountant"}``; several, each of whom is needed, with commas between them. So four eyes need no code.
    :param approval_days: days after which a request for approval has expired.
    :param books_kept: years after the year of the last voucher for which a party that was erased can still be named to an auditor; 0
        keeps nothing for the books.
    :param jobs_kept: days for which jobs stay in the queue that were done or cancelled, and with them their keys and results.
    """

    rate_sources: str = attrs.field(default="", validator=attrs.validators.max_len(1000))
    rate_via: str = attrs.field(default="EUR", validator=attrs.validators.max_len(24))
    attachment_limit: int = attrs.field(
        default=10_000_000, validator=[attrs.validators.instance_of(int), attrs.validators.ge(1), attrs.validators.le(100_000_000)]
    )
    attachment_unpacked: int = attrs.field(
        default=200_000_000, validator=[attrs.validators.instance_of(int), attrs.validators.ge(1), attrs.validators.le(2_000_000_000)]
    )
    approvals: dict[str, str] = attrs.field(factory=dict, validator=attrs.validators.instance_of(dict))
    approval_days: int = attrs.field(
        default=14, validator=[attrs.validators.instance_of(int), attrs.validators.ge(1), attrs.validators.le(3650)]
    )
    books_kept: int = attrs.field(
        default=10, validator=[attrs.validators.instance_of(int), attrs.validators.ge(0), attrs.validators.le(1_000)]
    )
    jobs_kept: int = attrs.field(
        default=30, validator=[attrs.validators.instance_of(int), attrs.validators.ge(1), attrs.validators.le(36_500)]
    )


@entity("bo_setting", read="bo.operate", write="bo.operate", unique=[("plugin", "name")], steady=True)
class Setting(Entity):
    """One value that differs from the default of a plugin's settings class."""

    plugin: str = field(max_length=30)
    name: str = field(max_length=100)
    value: dict[str, Any] = field(doc='{"value": …}, plain JSON')


@in_core
def read_settings(uow: Context, cls: type[S]) -> S:
    """The settings class of a plugin, with what is stored in place of the defaults."""
    plugin = _plugin_of(uow, cls)
    memory = uow.memory("bo.settings", Setting)
    if plugin not in memory:
        memory[plugin] = {row.name: row.value["value"] for row in uow.select(Setting, plugin=plugin)}
    stored: dict[str, Any] = memory[plugin]
    if not stored:
        return cls()
    hints = typing.get_type_hints(cls)
    known = {a.name for a in attrs.fields(cls)}  # type: ignore[arg-type]
    return cls(**{name: _typed(value, hints.get(name, Any)) for name, value in stored.items() if name in known})


def _typed(value: Any, hint: Any) -> Any:
    """A stored value as the type of its setting; as it is where it does not fit any more, for the class to refuse."""
    try:
        return shaped(value, hint)
    except ValueError:
        return value


def write_setting(uow: UnitOfWork, cls: type, name: str, value: Any) -> None:
    """Set one value; the settings class checks it.

    :raises Refused: the class does not take the value (``bo.setting``).
    :raises UsageError: it has no such setting.
    """
    from bocore.uow.events import to_plain

    current: Any = read_settings(uow, cls)
    if name not in {a.name for a in attrs.fields(cls)}:
        raise UsageError(f"{cls.__name__} has no setting {name!r}.", fix=f"It has: {', '.join(a.name for a in attrs.fields(cls))}.")
    plugin = _plugin_of(uow, cls)
    try:
        attrs.evolve(current, **{name: value})
    except (TypeError, ValueError) as error:
        reason = error.args[0] if error.args else error
        message = f"{name} can't be {value!r}: {reason}."
        raise Refused([Finding("bo.setting", message, plugin, name, "Give a value that it takes.")]) from error
    value = to_plain(value)
    if not uow._free and plugin in uow.authority.own:  # a service of the plugin, whose permission was asked for
        with uow.core():
            _write(uow, plugin, name, value)
    else:
        _write(uow, plugin, name, value)


def _write(uow: UnitOfWork, plugin: str, name: str, value: Any) -> None:
    row = uow.find(Setting, plugin=plugin, name=name)
    if row is None:
        uow.add(Setting(plugin=plugin, name=name, value={"value": value}))
    else:
        row.value = {"value": value}
        uow.write([row])


def _plugin_of(uow: Context, cls: type) -> str:
    for state in uow._app.host.plugins:
        if state.plugin is not None and state.plugin.settings is cls:
            return state.prefix
    raise UsageError(f"{cls.__name__} is not the settings class of a loaded plugin.", fix="Plugin(settings=…)")
