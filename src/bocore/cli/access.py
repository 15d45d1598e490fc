"""``bo access``: what somebody may do, and which rule or plugin decides it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from bocore.cli import output as out
from bocore.cli.invocation import invocation
from bocore.cli.problems import REFUSED

if TYPE_CHECKING:
    from bocore.cli.invocation import Invocation


@attrs.frozen
class StepLine:
    """One thing that was looked at, and what it says."""

    rule: str
    says: str
    decides: str


@attrs.frozen
class RightLine:
    """One permission that somebody has, by which role, and in which company."""

    permission: str
    allows: str
    role: str
    company: str


@click.group()
def access() -> None:
    """See what somebody may do, and which rule or plugin decides it."""


@access.command("explain")
@click.argument("user")
@click.argument("action")
@click.argument("record", required=False)
@out.listing
@click.pass_context
def explain_(ctx: click.Context, user: str, action: str, record: str | None, style: str | None, output: Path | None) -> None:
    """Say whether a user may do something, and what decides it.

    ACTION is read, add, update or remove, with a RECORD such as bo_party or bo_party:17; or a permission, service or report by its name,
    with or without one. With --company it is about a unit of work of that company.

    Exit code 1 where it is not allowed.
    """
    from bocore.access.explain import explain

    this = invocation(ctx)
    entity, _, ident = (record or "").partition(":")
    with this.app.unit_of_work(actor=this.actor, company=this.company, read_only=True) as uow:
        found = explain(uow, user, action, _class(this, entity) if entity else None, _ident(record, ident) if ident else None)
    style = style or out.by_ending(output)
    out.put_rows(StepLine, [StepLine(step.rule, step.says, step.decides) for step in found.steps], style, output)
    if style == "table":
        verdict, why = "may" if found.allowed else "may not", f"{found.reason.rule}: {found.reason.says}"
        click.echo(f"{user} {verdict} {action}{' ' + record if record else ''}: {why}", err=output is not None)
    if not found.allowed:
        ctx.exit(REFUSED)


def _class(this: Invocation, name: str) -> type:
    from difflib import get_close_matches

    from bocore.errors import NotFound

    if name in this.app.table_names:
        return this.app.class_of(name)
    close = get_close_matches(name, this.app.table_names, n=1)
    raise NotFound(f"There is no entity {name!r}.", fix=f"Did you mean {close[0]!r}?" if close else "Its name is that of its table.")


def _ident(record: str | None, written: str) -> int:
    if not written.isdecimal() or len(written) > 18:
        raise click.BadParameter(f"{record!r} has no whole number behind the colon. Write it as in bo_party:17.", param_hint="RECORD")
    return int(written)


@access.command("list")
@click.argument("user")
@out.listing
def list_(user: str, style: str | None, output: Path | None) -> None:
    """List every permission that a user has, the role that gives it, and where it holds."""
    from bocore.access.explain import rights

    this = invocation()
    with this.app.unit_of_work(actor=this.actor, read_only=True) as uow:
        found = rights(uow, user)
    lines = [RightLine(permission, this.host.permissions.get(permission, ""), role, company) for permission, role, company in found]
    out.put_rows(RightLine, lines, style, output)
