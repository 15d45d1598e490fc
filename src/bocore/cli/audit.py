"""``bo audit``: whether every row is as it was recorded, and who did what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from bocore.cli import output as out
from bocore.cli.invocation import invocation, requires
from bocore.cli.problems import REFUSED

if TYPE_CHECKING:
    from bocore.record.verify import Verification

LOG = "SELECT {position}, at, actor, reason, changes, events FROM bo_commit ORDER BY id DESC LIMIT ?"
VERBS = {"i": "added", "u": "changed", "d": "deleted", "s": "shaped", "r": "restated", "x": "dropped"}


@attrs.frozen
class CommitLine:
    """One commit as the log shows it."""

    position: int
    at: str
    actor: str
    reason: str
    what: str


@click.group()
def audit() -> None:
    """Verify and read the record of every commit."""


@audit.command()
@click.option("--entity", metavar="NAME", help="Only the rows of this entity, e.g. bo_party.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1), help="How many differences to name; all are counted.")
@out.listing
@click.pass_context
@requires("bo.audit", "verify the record")
def verify(ctx: click.Context, entity: str | None, limit: int, style: str | None, output: Path | None) -> None:
    """Recompute every row and record, and name what was changed behind bocore's back.

    Exit code 1 where something differs. Needs no plugin and no key. What only a seal shows, a newest part that was cut off, it can't see.
    """
    from bocore.record.verify import verify as recompute

    with invocation(ctx).reading() as session:
        found = recompute(session, entity=entity, limit=limit)
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
    return f"{found.records} records, {found.rows} rows verified: ok, {'sealed' if found.sealed else 'not sealed'}"


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


@audit.command("log")
@click.option("-n", "--limit", default=20, show_default=True, type=click.IntRange(1), help="How many of the newest commits.")
@out.listing
@requires("bo.audit", "read the record")
def log(limit: int, style: str | None, output: Path | None) -> None:
    """Show the newest commits: who did what, when and why."""
    from bocore.record.positions import SHOWN

    with invocation().reading() as session:
        rows = session.execute(LOG.format(position=SHOWN), (limit,)).fetchall()
    lines = [CommitLine(place, at, actor or "", reason or "", _what(changes, events)) for place, at, actor, reason, changes, events in rows]
    out.put_rows(CommitLine, lines, style, output)


def _what(changes: bytes, events: str | None) -> str:
    """The changes and events of a commit in a few words: ``added 3 vet_visit; vet.visit_finished/1``."""
    import orjson

    from bocore.record.changes import parse

    counts: dict[tuple[str, str], int] = {}
    for segment in parse(changes):
        key = VERBS.get(segment.operation, segment.operation), segment.entity
        counts[key] = counts.get(key, 0) + len(segment)
    shaped = sum(verb == "shaped" for verb, _ in counts)
    done = [f"{verb} {f'{count} ' if count else ''}{entity}" for (verb, entity), count in counts.items() if verb != "shaped" or shaped < 4]
    done += [f"shaped {shaped} entities"] * (shaped > 3)
    names = dict.fromkeys(name for name, _ in orjson.loads(events or "[]"))
    return "; ".join(part for part in (", ".join(done), ", ".join(names)) if part)
