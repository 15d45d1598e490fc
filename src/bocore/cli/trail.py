"""``bo audit trace`` and ``bo audit sample``: an auditor's sample, and all that belongs to each item of it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bocore.cli import output as out
from bocore.cli.invocation import invocation
from bocore.cli.problems import REFUSED

if TYPE_CHECKING:
    from bocore.audit.sampling import Sample

DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("key", nargs=-1, required=True)
@click.option(
    "--pack", "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Write a proof of each row, and the files."
)
@out.listing
def trace(key: tuple[str, ...], folder: Path | None, style: str | None, output: Path | None) -> None:
    """Walk from a voucher to its source, entries, open items, files, approvals and commits, and on to what paid it or took it back.

    KEY is the key of a voucher or an open item, the number of a document or an entry, the SHA-256 of a file, or a table and an id:
    bo_voucher 7. Each line says who wrote it, when, and in which record. With --pack a folder takes the trail, the files, and a proof of
    every row on it, which bo audit check-proof checks without the database.
    """
    from bocore.audit.steps import TrailRow
    from bocore.audit.walk import trace as walk
    from bocore.record.proving import seal_if_need_be

    this = invocation()
    if folder is not None:
        this.require("bo.audit", "prove what is on record")
        _refuse_full(folder)
        seal_if_need_be(this.app)
    with this.app.unit_of_work(actor=this.actor, company=this.company, read_only=True) as uow:
        trail = walk(uow, " ".join(key))
        count = _write_pack(uow, trail, folder) if folder is not None else 0
    if (style or out.by_ending(output)) == "json":
        _put_json(trail.as_dict(), output)
    else:
        out.put_rows(TrailRow, trail.rows(), style, output)
    if folder is not None:
        click.echo(f"{folder} has the trail and {count} proofs: check each with bo audit check-proof.", err=True)


def _refuse_full(folder: Path) -> None:
    from bocore.errors import UsageError

    if folder.exists() and any(folder.iterdir()):
        message = f"There are files in {folder} already, which would be taken for those of this pack."
        raise UsageError(message, fix="Name a folder that is empty, or not there yet.")


def _write_pack(uow: Any, trail: Any, folder: Path) -> int:
    """Write the files of a pack; returns how many are proofs. None is left where one can't be made."""
    import shutil

    from bocore.audit.pack import files_of

    was_there, proofs = folder.exists(), 0
    try:
        for name, content in files_of(uow, trail):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            proofs += name.startswith("proofs/")
    except BaseException:
        for left in ("proofs", "files"):
            shutil.rmtree(folder / left, ignore_errors=True)
        if not was_there and folder.exists():
            folder.rmdir()
        raise
    return proofs


@click.command()
@click.option("--seed", required=True, type=click.IntRange(0, 2**63 - 1), help="Whoever gives the same seed draws the same lines.")
@click.option("--size", required=True, type=click.IntRange(1), help="How many to draw; all, where there are no more.")
@click.option(
    "--method",
    type=click.Choice(["random", "mus"]),
    default="random",
    show_default=True,
    help="Each line as likely as every other, or each unit of money (mus).",
)
@click.option("--since", metavar="DAY", type=DAY, help="The first day of the period.")
@click.option("--through", metavar="DAY", type=DAY, help="The last day of the period.")
@click.option("--account", metavar="CODE", multiple=True, help="Only lines on this account, and on those below it.")
@click.option("--book", default="", metavar="CODE", help="An adjustment book, which is added to the common layer.")
@click.option("--of", "population", metavar="NAME", help="What to draw from, where plugins name several populations.")
@out.listing
@click.pass_context
def sample(
    ctx: click.Context,
    seed: int,
    size: int,
    method: Any,
    since: datetime | None,
    through: datetime | None,
    account: tuple[str, ...],
    book: str,
    population: str | None,
    style: str | None,
    output: Path | None,
) -> None:
    """Draw journal lines for an auditor, and show that they were drawn from all there are: their sums tie to the trial balance.

    The same seed and the same books give the same sample, on every machine. Exit code 1 where the sums differ. Each KEY is one for bo
    audit trace.
    """
    from bocore.audit.sampling import SampleRow, draw_sample
    from bocore.printable import printable

    this = invocation(ctx)
    with this.app.unit_of_work(actor=this.actor, company=this.company, read_only=True) as uow:
        drawn = draw_sample(
            uow, seed=seed, size=size, method=method, since=_day(since), through=_day(through), groups=account, book=book,
            population=population,
        )  # fmt: skip
    if (style or out.by_ending(output)) == "json":
        _put_json(drawn.as_dict(), output)
    else:
        out.put_rows(SampleRow, drawn.rows, style, output)
        for line in said(drawn):
            click.echo(printable(line), err=True)
    if not drawn.ok:
        ctx.exit(REFUSED)


def said(drawn: Sample) -> list[str]:
    """What was drawn from what, and whether that is complete, in sentences."""
    lines = [f"{drawn.count} {drawn.title}, debits {drawn.debit}, credits {drawn.credit}."]
    if drawn.unmeasured:
        lines.append(f"{drawn.unmeasured} of them have no amount in {drawn.debit.currency} and are in no sum.")
    if drawn.ok:
        lines.append(f"They tie to {drawn.control}: debits {drawn.control_debit}, credits {drawn.control_credit}.")
    else:
        lines += [f"{finding}" for finding in drawn.differences]
        lines.append(f"They DO NOT tie to {drawn.control}: debits {drawn.control_debit}, credits {drawn.control_credit}.")
    if drawn.size > len(drawn.rows) == drawn.count:
        lines.append(f"Fewer than the {drawn.size} that were asked for: all of them were taken.")
    if drawn.interval is not None:
        certain = sum(row.certain for row in drawn.rows)
        hits = f"{len(drawn.rows)} lines have the {drawn.size} units of money that were drawn, one every {drawn.every}"
        lines.append(f"{hits}; {certain} of them are as large, and certain.")
    return lines


def _day(given: datetime | None) -> date | None:
    return None if given is None else given.date()


def _put_json(plain: dict[str, Any], output: Path | None) -> None:
    import orjson

    with out.opened(output) as file:
        file.write(orjson.dumps(plain, option=orjson.OPT_INDENT_2).decode() + "\n")
