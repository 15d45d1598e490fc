"""``bo audit``: whether every row is as it was recorded, and who did what."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from bocore.cli import output as out
from bocore.cli.invocation import invocation, requires
from bocore.cli.log import log
from bocore.cli.problems import REFUSED
from bocore.cli.proof import check_proof, prove
from bocore.cli.trail import sample, trace

if TYPE_CHECKING:
    from bocore.record.verify import Verification


@click.group()
def audit() -> None:
    """Verify and read the record of every commit."""


@audit.command()
@click.argument("entity", required=False)
@click.option(
    "--against", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Heads that were kept elsewhere."
)
@click.option("--key", metavar="KEY", multiple=True, help="A public key that must have signed all heads; those of the database without it.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1), help="How many differences to name; all are counted.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1), help="How many processes compare rows.")
@out.listing
@click.pass_context
@requires("bo.audit", "verify the record")
def verify(
    ctx: click.Context,
    entity: str | None,
    against: Path | None,
    key: tuple[str, ...],
    limit: int,
    jobs: int,
    style: str | None,
    output: Path | None,
) -> None:
    """Recompute every row and record, and name what was changed behind bocore's back; or only the rows of ENTITY, such as bo_party.

    Exit code 1 where something differs. Needs no plugin and no key. What only a head shows that was kept elsewhere (--against), a newest
    part that was cut off or a forger who could sign, it can't see without. With --jobs 2 two processes share the rows, in one state of the
    database: what they find is the same.
    """
    from bocore.record.anchoring import read_anchor, trusted
    from bocore.record.sealed import Anchored
    from bocore.record.verify import verify as recompute

    anchored = Anchored(keys=trusted(key), at="--key") if against is None else read_anchor(against, key)
    _seal(ctx)
    found = recompute(invocation(ctx).database(), entity=entity, limit=limit, against=anchored, jobs=jobs)
    style = style or out.by_ending(output)
    if style == "json":
        import orjson

        with out.opened(output) as file:
            file.write(orjson.dumps(found.as_dict(), option=orjson.OPT_INDENT_2).decode() + "\n")
    elif style == "table":
        with out.opened(output) as file:
            file.writelines(f"{finding}\n" for finding in found.findings)
            file.writelines(f"Note: {rebase}.\n" for rebase in found.rebases)
            file.write(f"{said(found)}\n")
    else:
        out.put_rows(Difference, [Difference(f.code, f.where, f.message) for f in found.findings], style, output)
    if not found.ok:
        ctx.exit(REFUSED)


def _seal(ctx: click.Context) -> None:
    """Seal what is not sealed yet, where that can be done here: a copy that is only read, or lacks a plugin, is verified as it is."""
    from bocore.errors import BocoreError

    with contextlib.suppress(BocoreError):
        invocation(ctx).app.seal()


@audit.command("seal")
@click.pass_context
@requires("bo.audit", "seal the record")
def seal_now(ctx: click.Context) -> None:
    """Seal every record that is committed, and print the head: put it where nobody who can write to the database reaches it."""
    head = invocation(ctx).app.seal()
    if head is None:
        click.echo("Nothing was ever committed.")
        return
    click.echo(head.note, nl=not head.signed)
    if not head.signed:
        click.echo("Note: the head is not signed, for there is no key. Make one with bo key new FILE, and set $BOCORE_KEY_FILE.", err=True)


@attrs.frozen
class Difference:
    """One row or record that is not as recorded."""

    code: str
    at: str
    message: str


def said(found: Verification) -> str:
    """The outcome in one sentence, which never claims more than was checked."""
    if not found.ok:
        return found.summary()
    return f"{found.records} records, {found.rows} rows verified: ok, {found.vouched}"


@audit.command()
@out.listing
@click.pass_context
@requires("bo.audit", "verify the record")
def items(ctx: click.Context, style: str | None, output: Path | None) -> None:
    """Add up what was opened and settled of every open item, and compare it with what is kept as open.

    Exit code 1 where something differs.
    """
    from bocore.kernel.items import check_items

    this = invocation(ctx)
    with this.app.unit_of_work(actor=this.actor, read_only=True) as uow, uow.core():
        found = [Difference(finding.code, str(finding.at), finding.message) for finding in check_items(uow)]
    out.put_rows(Difference, found, style, output)
    if found:
        ctx.exit(REFUSED)


audit.add_command(log)
audit.add_command(prove)
audit.add_command(check_proof)
audit.add_command(trace)
audit.add_command(sample)
