"""``bo audit log``: who did what, when and why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import click

from bocore.cli import output as out
from bocore.cli.invocation import invocation, requires


@attrs.frozen
class CommitLine:
    """One commit as the log shows it."""

    position: int
    at: str
    actor: str
    reason: str
    what: str


class Moment(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # click 8.1 has no generic one
    """A day, or an instant, in UTC, as the record writes it.

    :param end: whether a day stands for its end.
    """

    name = "day or instant"

    def __init__(self, *, end: bool = False) -> None:
        self.end = end

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from bocore.record.canonical import canonical_instant

        try:
            if len(value) == len("2026-12-31"):
                day = datetime.combine(date.fromisoformat(value), datetime.min.time(), UTC)
                return canonical_instant(day + timedelta(days=1, microseconds=-1) if self.end else day)
            moment = datetime.fromisoformat(value)
            return canonical_instant(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no day and no instant. Write 2026-12-31, or 2026-12-31T23:59:59Z.", param, ctx)


@click.command("log")
@click.option("-n", "--limit", default=20, show_default=True, type=click.IntRange(1), help="How many of the newest commits.")
@click.option("--actor", metavar="NAME", help="Only what this user did, or somebody on his behalf.")
@click.option("--entity", metavar="NAME", help="Only commits that wrote rows of this entity, such as bo_party.")
@click.option("--id", "ident", type=click.IntRange(0, 2**63 - 1), help="And of these only the row with this id.")
@click.option("--since", metavar="DAY", type=Moment(), help="Only from this day or instant on, in UTC.")
@click.option("--until", metavar="DAY", type=Moment(end=True), help="Only up to the end of this day, or this instant.")
@click.option("--key", metavar="KEY", help="Only the commit that was done under this idempotency key.")
@click.option("--correlation", metavar="TEXT", help="Only the commits of this business.")
@click.option(
    "--before", metavar="POSITION", type=click.IntRange(0, 2**63 - 1), help="Only commits before this position: for the next page."
)
@click.option("--scan", is_flag=True, help="Read every record, and not those alone that the index of rows names.")
@out.listing
@requires("bo.audit", "read the record")
def log(
    limit: int,
    actor: str | None,
    entity: str | None,
    ident: int | None,
    since: str | None,
    until: str | None,
    key: str | None,
    correlation: str | None,
    before: int | None,
    scan: bool,
    style: str | None,
    output: Path | None,
) -> None:
    """Show the newest commits: who did what, when and why.

    Those on a row are found through an index. Who writes to the database can take some out of it: bo audit verify names that, and --scan
    does without the index.
    """
    from bocore.record.changes import parse
    from bocore.record.log import Wanted, read_log, what_was_done

    if ident is not None and entity is None:
        raise click.UsageError("An id is that of a row of some entity. Add --entity NAME.")
    wanted = Wanted(actor, entity, ident, since, until, key, correlation, before)
    with invocation().reading() as session:
        found = read_log(session, wanted, limit, scan=scan)
    lines = [
        CommitLine(each.position, each.at, each.actor or "", each.reason or "", what_was_done(parse(each.changes), each.events))
        for each in found
    ]
    out.put_rows(CommitLine, lines, style, output)
