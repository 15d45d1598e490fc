"""A group of commands for each plugin: made from its services, and from what it wrote in click itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from bocore.cli import output as out
from bocore.cli.declared import help_of
from bocore.cli.invocation import invocation
from bocore.cli.names import GROUP, Suggesting, command_lines
from bocore.cli.parameters import given, parameters_of, with_own
from bocore.cli.problems import warn


class PluginGroup(Suggesting):
    """``bo vet …``: the plugin is imported when this is asked for."""

    def __init__(self, name: str, written: click.Group | None, **settings: Any) -> None:
        super().__init__(name, **settings)
        self.written = written

    def list_commands(self, ctx: click.Context) -> list[str]:
        own = [_short(service.name) for service in self._services(ctx)]
        return sorted({*own, *(self.written.list_commands(ctx) if self.written else ())})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if self.written is not None:
            found = self.written.get_command(ctx, cmd_name)
            if found is not None:
                return found
        wanted = cmd_name.replace("_", "-")
        return next((command_of(wanted, service) for service in self._services(ctx) if _short(service.name) == wanted), None)

    def _services(self, ctx: click.Context) -> list[Any]:
        host = invocation(ctx).host
        self._refuse_absent(host)
        return [service for service in host.services.values() if service.plugin == self.name]

    def _refuse_absent(self, host: Any) -> None:
        from bocore.errors import PluginError

        for state in host.plugins:
            if state.name == self.name and state.state != "loaded":
                raise PluginError(state.trouble, fix=state.fix)


class CoreGroup(Suggesting):
    """A group of commands made from services of the core.

    :param services: command → service.
    """

    def __init__(self, services: Mapping[str, str], **settings: Any) -> None:
        super().__init__(**settings)
        self.services = services

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.services)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = self.services.get(cmd_name)
        return None if found is None else command_of(cmd_name, invocation(ctx).host.services[found])


def plugin_group(name: str) -> click.Command:
    """The command of that name which plugins bring: written in click, made from services, or both."""
    import importlib_metadata

    entries = list(importlib_metadata.entry_points(group=GROUP, name=name))
    written = entries[0].load() if entries else None
    if written is not None and not isinstance(written, click.Group):
        if isinstance(written, click.Command):
            return written
        from bocore.errors import PluginError

        raise PluginError(f"The entry point {entries[0].value!r} of the command {name!r} is no click command.", fix="Decorate it.")
    line = (written.help or written.short_help if written is not None else "") or command_lines().get(name) or f"Commands of {name}."
    return PluginGroup(name, written, help=line, short_help=line.split("\n")[0])


def command_of(name: str, service: Any) -> click.Command:
    """The command of a service: positional parameters are arguments, keyword-only ones options."""
    own: list[click.Parameter] = list(out.options())
    if not service.read_only:
        own.append(click.Option(["--reason"], help="Why, for the record."))
    declared = parameters_of(service.options)
    taken = {parameter.name for parameter in declared}
    parameters = with_own(own, declared)

    def run(**values: Any) -> None:
        mine = {name: None if name in taken else values.pop(name, None) for name in ("style", "output", "reason")}
        args, keywords = given(service.options, values)
        _call(service, args, keywords, **mine)

    return click.Command(name, params=parameters, callback=run, help=help_of(service), short_help=service.summary)


def _call(service: Any, args: list[Any], keywords: dict[str, Any], *, style: str | None, output: Path | None, reason: str | None) -> None:
    """Run a service: in a unit of work that only reads, or once, as ``bo.run`` does."""
    from bocore.uow.running import call, run

    this = invocation()
    if service.read_only:
        with this.app.unit_of_work(actor=this.actor, company=this.company, read_only=True) as uow:
            out.put_value(call(uow, service.function, args, keywords), style, output)
        return
    outcome = run(this.app, service.function, tuple(args), keywords, actor=this.actor, reason=reason, company=this.company)
    for finding in outcome.findings:
        warn(finding)
    out.put_value(outcome.result, style, output)


def _short(full: str) -> str:
    return full.split(".", 1)[1].replace("_", "-")
