"""``bo plugin``: which plugins are there, why one is not, and who answers a hook."""

from __future__ import annotations

import contextlib
import inspect
from pathlib import Path
from typing import Any

import attrs
import click

from bocore.cli import output as out
from bocore.cli.invocation import Invocation, invocation, requires
from bocore.cli.problems import warn


@attrs.frozen
class PluginLine:
    """One plugin as the list shows it."""

    name: str
    version: str
    state: str
    reason: str
    fix: str


@attrs.frozen
class HookLine:
    """One hook: who publishes it, how it is answered, and by whom."""

    hook: str
    published_by: str
    kind: str
    answered_by: str
    doc: str


@attrs.frozen
class SettingLine:
    """One setting of a plugin: what it is, and what it is without being set."""

    setting: str
    value: str
    default: str
    takes: str
    about: str


@click.group()
def plugin() -> None:
    """See which plugins are there, what can be set, and who answers what."""


@plugin.command("list")
@out.listing
def list_(style: str | None, output: Path | None) -> None:
    """List the plugins: loaded, blocked, broken with the reason, and those that this database misses."""
    this = invocation()
    for finding in this.host.findings:
        warn(finding)
    lines = [PluginLine(s.name, s.version, s.state, s.reason, s.fix) for s in this.host.plugins]
    out.put_rows(PluginLine, lines + _missing(this, {line.name for line in lines}), style, output)


def refuse_absent(this: Invocation, name: str) -> None:
    """Raise PluginError where a command that nobody has is a plugin that is blocked or broken, or that the database remembers."""
    from bocore.errors import PluginError

    here = {state.name: state for state in this.host.plugins}
    if name in here and here[name].state != "loaded":
        raise PluginError(here[name].trouble, fix=here[name].fix, plugin=name)
    remembered: list[PluginLine] = []
    with contextlib.suppress(Exception):  # a database that can't be read says nothing of it; why, is for other commands to say
        remembered = _missing(this, set(here))
    for one in remembered:
        if one.name == name:
            fix = one.fix or "Install it again, and run bo migrate."
            raise PluginError(f"The plugin {name!r} is recorded in this database, and is not installed.", fix=fix, plugin=name)


def _missing(this: Invocation, here: set[str]) -> list[PluginLine]:
    """Plugins that the database remembers and that are not installed."""
    if this.file is not None and not this.file.exists():
        return []
    from bocore.storage.recorded import recorded_plugins

    with this.reading() as session:
        recorded = recorded_plugins(session)
    lines = []
    for one in recorded:
        if one.name not in here:
            state = "detached" if one.state == "detached" else "missing"
            reason = "not installed; it owns data here" if one.owns_data else "not installed"
            fix = "" if state == "detached" else f"pip install {one.distribution}" if one.distribution else "Install it again."
            lines.append(PluginLine(one.name, one.version, state, reason, fix))
    return lines


@plugin.command()
@click.argument("hook", required=False)
@out.listing
def why(hook: str | None, style: str | None, output: Path | None) -> None:
    """Say who answers a hook, in the order in which they are asked; without a name, of every hook."""
    host = invocation().host
    if hook is not None and hook not in host.hooks:
        host.implementers(hook)  # refuses a hook that nobody answers or publishes, with the nearest name
    lines = [_line(host, name) for name in ([hook] if hook is not None else host.hooks)]
    out.put_rows(HookLine, lines, style, output)


def _line(host: Any, name: str) -> HookLine:
    spec = getattr(host.hook, name).spec
    port = spec is not None and spec.opts.get("firstresult")
    kind = "port: the first answer counts" if port else "every plugin is asked"
    doc = (inspect.getdoc(spec.function) or "").split("\n", 1)[0] if spec is not None else ""
    return HookLine(name, host.hooks.get(name, ""), kind, ", ".join(host.implementers(name)) or "nobody", doc)


@plugin.command()
@click.argument("name")
@click.option("--reason", required=True, metavar="TEXT", help="Why, for the record.")
@requires("bo.operate", "set plugins up")
def detach(name: str, reason: str) -> None:
    """Go on without a plugin that owns data here and is not installed any more.

    Its tables stay as they are; its rules and hooks no longer hold. It is attached again when it is installed and `bo migrate` runs.
    """
    from bocore.plugins.detaching import detach as go_on_without

    this = invocation()
    go_on_without(this.app, name, actor=this.actor, reason=reason)
    click.echo(f"{name} is detached: the database can be written without it.")


# ---------------------------------------------------------------- settings


@plugin.command()
@click.argument("name")
@out.listing
@requires("bo.operate", "set plugins up")
def settings(name: str, style: str | None, output: Path | None) -> None:
    """List what can be set in a plugin, with the values of this database."""
    this = invocation()
    cls = _settings_of(this.host, name)
    with this.app.unit_of_work(actor=this.actor, company=this.company, read_only=True) as uow:
        now: Any = uow.settings(cls)
    out.put_rows(SettingLine, _setting_lines(cls, now), style, output)


@plugin.command("set")
@click.argument("name")
@click.argument("setting")
@click.argument("value")
@click.option("--reason", metavar="TEXT", help="Why, for the record.")
@requires("bo.operate", "set plugins up")
def set_(name: str, setting: str, value: str, reason: str | None) -> None:
    """Set one value of a plugin; `bo plugin settings NAME` lists what there is."""
    import typing

    from bocore.errors import UsageError
    from bocore.kernel.settings import write_setting
    from bocore.values import read_value

    this = invocation()
    cls, field = _settings_of(this.host, name), setting.replace("-", "_")
    known = typing.get_type_hints(cls)
    try:
        given = read_value(value, known[field], tokens=this.app.tokens) if field in known else value
    except ValueError as error:
        raise UsageError(f"{setting} {error}.") from None
    with this.app.unit_of_work(actor=this.actor, company=this.company, reason=reason) as uow:
        write_setting(uow, cls, field, given)
    for finding in uow.findings:
        warn(finding)
    click.echo(f"{setting} of {name} is {value} now.")


def _settings_of(host: Any, name: str) -> type:
    """The settings class of a plugin; refused where there is none."""
    from bocore.errors import NotFound

    having = {state.name: state.plugin.settings for state in host.plugins if state.plugin is not None and state.plugin.settings is not None}
    if name not in having:
        loaded = any(state.name == name and state.state == "loaded" for state in host.plugins)
        message = f"The plugin {name} has nothing to set." if loaded else f"No plugin {name!r} is loaded."
        fix = f"These have settings: {', '.join(having)}." if having else "No plugin here has settings."
        raise NotFound(message, fix=fix)
    found: type = having[name]
    return found


def _setting_lines(cls: type, now: Any) -> list[SettingLine]:
    import typing

    from bocore.plugins.options import described
    from bocore.reports.render import shown

    hints, about, default = typing.get_type_hints(cls), described(cls), cls()
    return [
        SettingLine(one, shown(getattr(now, one)), shown(getattr(default, one)), _takes(hints[one]), about.get(one, "").replace("``", ""))
        for one in (a.name for a in attrs.fields(cls))
    ]


def _takes(hint: Any) -> str:
    from bocore.cli.parameters import metavar
    from bocore.values import without_none

    hint, _ = without_none(hint)
    return "yes|no" if hint is bool else metavar(hint)
