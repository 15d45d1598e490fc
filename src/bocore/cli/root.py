"""The root of all commands: its own options, its commands by name, and how it ends."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from bocore import __version__
from bocore.cli.invocation import Invocation, invocation
from bocore.cli.names import Suggesting, command_lines

COMMANDS: Mapping[str, tuple[str, str]] = {
    "init": ("bocore.cli.setup:init", "Make a database, with its first company."),
    "demo": ("bocore.cli.demo:demo", "Play a company's quarter through every installed plugin."),
    "doctor": ("bocore.cli.doctor:doctor", "Say what is wrong with a database, or soon will be."),
    "migrate": ("bocore.cli.setup:migrate", "Bring the tables up to the code, all of it or nothing."),
    "import": ("bocore.cli.declared:imports", "Take a file in, whole or not at all, and once."),
    "export": ("bocore.cli.declared:exports", "Write a file in a format of somebody else's."),
    "report": ("bocore.cli.declared:reports", "Show a report as a table, CSV, JSON, XLSX or HTML."),
    "audit": ("bocore.cli.audit:audit", "Verify and read the record of every commit."),
    "party": ("bocore.cli.party:party", "Keep the people and organisations that you deal with."),
    "person": ("bocore.cli.person:person", "Show, hand over and erase what is known of a person."),
    "period": ("bocore.cli.period:period", "Close periods, open them again, and say who may still post."),
    "user": ("bocore.cli.user:user", "Make users, and look after what they sign in with."),
    "role": ("bocore.cli.role:role", "Make roles of permissions, and give them to users."),
    "access": ("bocore.cli.access:access", "See what somebody may do, and which rule or plugin decides it."),
    "approval": ("bocore.cli.approval:approval", "See what waits for a second person, and approve or reject it."),
    "tenant": ("bocore.cli.tenant:tenant", "Make, list and drop tenants, and move one between databases."),
    "key": ("bocore.cli.key:key", "Make the key that opens what is secret, look at it, and replace it."),
    "job": ("bocore.cli.job:job", "Run jobs, see which wait or failed, and retry or cancel them."),
    "plugin": ("bocore.cli.plugin:plugin", "See which plugins are there, what can be set, and who answers what."),
    "completion": ("bocore.cli.completion:completion", "Print the script that completes bo's commands in a shell."),
}
"""Name → where the command is, and its line in ``bo --help``, which imports none of them."""


class Root(Suggesting):
    """``bo`` itself: finds built-in commands by name, those of plugins by entry points, and turns errors into exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *self._others()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            module, _, name = COMMANDS[cmd_name][0].partition(":")
            command: click.Command = getattr(import_module(module), name)
            return command
        if cmd_name not in self._others() and cmd_name not in invocation(ctx).given:
            return None
        from bocore.cli.services import plugin_group

        return plugin_group(cmd_name)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            from bocore.cli.plugin import refuse_absent

            refuse_absent(invocation(ctx), args[0])
            raise

    def _others(self) -> dict[str, str]:
        return {name: line for name, line in command_lines().items() if name not in COMMANDS}

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])
        others = self._others()
        if others:
            with formatter.section("Plugins"):
                formatter.write_dl(list(others.items()))

    def invoke(self, ctx: click.Context) -> Any:
        invocation(ctx)
        return super().invoke(ctx)

    def main(  # type: ignore[override,unused-ignore]  # click's overloads differ between its versions
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run and exit; with ``standalone_mode=False`` errors are raised to the caller."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        try:
            result = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except click.Abort:
            click.echo("Interrupted; the work that was under way was rolled back.", err=True)
            self._exit(130)
        except Exception as error:
            from bocore.cli.problems import exit_code, show

            code = exit_code(error)
            if code is None:
                raise
            show(error)
            self._exit(code)
        self._exit(result if isinstance(result, int) else 0)

    @staticmethod
    def _exit(code: int) -> NoReturn:
        sys.exit(code)


@click.command(cls=Root, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--db", metavar="FILE|URL", envvar="BOCORE_DB", default="bocore.db", show_default=True, help="The database; also $BOCORE_DB.")
@click.option("--tenant", metavar="T", envvar="BOCORE_TENANT", help="The tenant, on PostgreSQL: its schema; also $BOCORE_TENANT.")
@click.option("--as", "actor", metavar="USER", help="Who does it, for the record. [default: the user of the operating system]")
@click.option("--company", metavar="CODE", help="The company, where there is more than one.")
@click.version_option(__version__, "--version", prog_name="bo", message="%(prog)s %(version)s")
@click.pass_context
def bo(ctx: click.Context, db: str, tenant: str | None, actor: str | None, company: str | None) -> None:
    """Back-office software: books, and what plugins add to them.

    Begin with `bo init --company "Acme Ltd" --currency EUR`, or look around with `bo demo`.
    """
    del db, tenant, actor, company  # Invocation reads them from the context.
    assert isinstance(ctx.obj, Invocation)
