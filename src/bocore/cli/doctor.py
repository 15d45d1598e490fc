"""``bo doctor``: what is wrong with the database and with what surrounds it."""

from __future__ import annotations

from pathlib import Path

import click

from bocore.cli import output as out
from bocore.cli.invocation import invocation, requires
from bocore.cli.problems import REFUSED


@click.command()
@click.option("--deep", is_flag=True, help="Also read every page of a SQLite file, and recompute what plugins keep derived.")
@out.listing
@click.pass_context
@requires("bo.operate", "look at the state of the database")
def doctor(ctx: click.Context, deep: bool, style: str | None, output: Path | None) -> None:
    """Say what is wrong with a database, or soon will be.

    Looks at rights, versions, plugins, migrations, clocks, disk, jobs and settings, and changes nothing. Exit code 1 where something is
    wrong. Whether the books are as they were recorded, `bo audit verify` says.
    """
    from bocore.doctor import Check

    found = invocation(ctx).existing().doctor(deep=deep)
    out.put_rows(Check, found, style, output)
    ctx.exit(REFUSED if any(one.state == "wrong" for one in found) else 0)
