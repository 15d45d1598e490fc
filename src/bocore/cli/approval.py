"""``bo approval``: what waits for a second person, and the answers to it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from bocore.cli import output as out
from bocore.cli.invocation import invocation

if TYPE_CHECKING:
    from bocore.kernel.approved import ApprovalNote


@attrs.frozen
class ApprovalLine:
    """One request as the list shows it."""

    id: int
    state: str
    what: str
    requester: str
    reason: str
    needed: str
    approved_by: str
    expires: datetime


@click.group()
def approval() -> None:
    """See what waits for a second person, and approve or reject it.

    You see what you have asked for, and what you could approve. Nobody approves what he has asked for himself.
    """


@approval.command("list")
@click.option("--all", "every", is_flag=True, help="Also those that were done, rejected, withdrawn, or have expired.")
@out.listing
def list_(every: bool, style: str | None, output: Path | None) -> None:
    """List the requests that concern you, the newest first."""
    this = invocation()
    found = this.app.approvals.all(actor=this.actor, ended=every)
    out.put_rows(ApprovalLine, [_line(one) for one in found], style, output)


def _line(one: ApprovalNote) -> ApprovalLine:
    return ApprovalLine(
        one.id, one.state, one.service or one.action, one.requester, one.reason or "", ", ".join(one.needed), ", ".join(one.approved_by),
        one.expires_at,
    )  # fmt: skip


@approval.command()
@click.argument("number", type=int)
@out.listing
def show(number: int, style: str | None, output: Path | None) -> None:
    """Show one, with everything that is done once it is approved."""
    this = invocation()
    _put(this.app.approvals.get(number, actor=this.actor), style, output)


@approval.command()
@click.argument("number", type=int)
@click.option("--reason", metavar="TEXT", help="Why, for the record.")
@out.listing
def approve(number: int, reason: str | None, style: str | None, output: Path | None) -> None:
    """Approve a request, which `bo approval show` has shown you.

    With the last approval that is needed it is done at once, in the name and with the rights of who asked. Refused where anything of it has
    changed since.
    """
    this = invocation()
    _put(this.app.approvals.approve(number, actor=this.actor, reason=reason), style, output)


@approval.command()
@click.argument("number", type=int)
@click.option("--reason", metavar="TEXT", required=True, help="Why, for who asked and for the record.")
@out.listing
def reject(number: int, reason: str, style: str | None, output: Path | None) -> None:
    """Reject a request that you could approve."""
    this = invocation()
    _put(this.app.approvals.reject(number, actor=this.actor, reason=reason), style, output)


@approval.command()
@click.argument("number", type=int)
@click.option("--reason", metavar="TEXT", help="Why, for the record.")
@out.listing
def withdraw(number: int, reason: str | None, style: str | None, output: Path | None) -> None:
    """Take back what you have asked for."""
    this = invocation()
    _put(this.app.approvals.withdraw(number, actor=this.actor, reason=reason), style, output)


@approval.command()
@click.argument("number", type=int)
@out.listing
def run(number: int, style: str | None, output: Path | None) -> None:
    """Do what was approved and could not be done then, in the name of who asked.

    Once only: what is done already shows its result again.
    """
    this = invocation()
    _put(this.app.approvals.run(number, actor=this.actor), style, output)


def _put(note: ApprovalNote, style: str | None, output: Path | None) -> None:
    whole: dict[str, Any] = attrs.asdict(note)
    if style in ("json", "csv") or (output is not None and output.suffix.lower() in (".json", ".csv")):
        out.put_value(whole, style, output)
        return
    from bocore.reports.render import shown

    out.put_value(
        [{"field": name, "value": shown(value)} for name, value in whole.items() if value not in (None, "", (), {})], style, output
    )
