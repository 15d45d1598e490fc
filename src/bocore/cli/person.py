"""``bo person``: what is known of a person, handed over and erased."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from bocore.cli import output as out
from bocore.cli.invocation import invocation, requires

if TYPE_CHECKING:
    from bocore.kernel.party import Party
    from bocore.uow import UnitOfWork

REDACT = "Take a text off a record of bo audit log: its reason, actor, request or events."


@attrs.frozen
class FieldLine:
    """One value that is known of a person."""

    entity: str
    row: int
    field: str
    value: str


@attrs.frozen
class ErasedLine:
    """What became of the rows of an entity, or of one row of which something is kept."""

    entity: str
    rows: int
    what: str
    until: date | None
    why: str


@attrs.frozen
class KeptLine:
    """A row of an erased person of which something is kept."""

    party: int
    entity: str
    row: int
    until: date | None
    why: str


@click.group()
def person() -> None:
    """Show, hand over and erase what is known of a person.

    A person is a party: its code, its id, or its name while it has one.
    """


def _found(uow: UnitOfWork, given: str) -> Party:
    from bocore.kernel.party import Party
    from bocore.values import find_entity

    with uow.core():
        found: Party = find_entity(uow, Party, given)
    return found


@person.command()
@click.argument("party")
@out.listing
@requires("bo.erase", "see what is known of people")
def show(party: str, style: str | None, output: Path | None) -> None:
    """List every value that any plugin knows of a person."""
    from bocore.erasure.showing import personal_data
    from bocore.reports.render import shown

    this = invocation()
    with this.app.unit_of_work(actor=this.actor, company=this.company, read_only=True) as uow:
        lines = [
            FieldLine(row.entity, row.row_id, name, _short(shown(value)))
            for row in personal_data(uow, _found(uow, party))
            for name, value in row.fields.items()
        ]
    out.put_rows(FieldLine, lines, style, output)


def _short(text: str, longest: int = 200) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


@person.command()
@click.argument("party")
@click.option("--unmask", is_flag=True, help="Also what secret fields say; each goes on the record.")
@click.option("--reason", metavar="TEXT", help="Which request it answers, for the record: no names.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help=out.OUTPUT_HELP)
@requires("bo.erase", "hand over what is known of people")
def export(party: str, unmask: bool, reason: str | None, output: Path | None) -> None:
    """Write all that is known of a person as JSON, files and all, for that person."""
    from bocore.erasure.showing import export_person

    this = invocation()
    whole = this.app.unit_of_work(actor=this.actor, company=this.company, reason=reason, read_only=not unmask)
    with whole as uow, out.opened(output) as file:
        export_person(uow, _found(uow, party), file, unmask=unmask)


class _Section(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # click 8.1 has no generic one
    name = "record"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        position, _, section = str(value).partition(":")
        if not (position.isascii() and position.isdigit()):
            self.fail("Write RECORD or RECORD:SECTION, such as 17:reason; bo audit log shows the numbers of records.", param, ctx)
        return int(position), section or "reason"


@person.command()
@click.argument("party")
@click.option("--reason", metavar="TEXT", help="Which request it answers, for the record: no names.")
@click.option("--redact", type=_Section(), multiple=True, metavar="RECORD[:SECTION]", help=f"{REDACT} Repeatable.")
@click.option("--dry-run", is_flag=True, help="Say what would be erased and kept, and do nothing.")
@click.option("--later", is_flag=True, help="Leave the old bytes in the file until bo person scrub, which takes long for a large one.")
@click.option("--yes", is_flag=True, help="Do not ask again.")
@out.listing
@requires("bo.erase", "erase people")
def erase(
    party: str,
    reason: str | None,
    redact: tuple[tuple[int, str], ...],
    dry_run: bool,
    later: bool,
    yes: bool,
    style: str | None,
    output: Path | None,
) -> None:
    """Erase a person for good: every value that any plugin knows, but for what the law keeps.

    That is encrypted, out of sight, and destroyed when its day has passed. The books still verify. Afterwards the file is rewritten, so
    that no old bytes stay in it.
    """
    from bocore.erasure.erasing import erase_person
    from bocore.erasure.results import tables_of
    from bocore.erasure.scrubbing import scrub
    from bocore.uow.events import to_plain
    from bocore.uow.running import run

    this = invocation()
    if dry_run:
        with this.app.unit_of_work(actor=this.actor, company=this.company, reason=reason, read_only=True) as uow:
            result = to_plain(erase_person(uow, _found(uow, party), redact=redact, dry_run=True))
    else:
        with this.app.unit_of_work(actor=this.actor, company=this.company, read_only=True) as uow:
            ident = _found(uow, party).id
        if not yes:
            click.confirm(f"Erase all that is known of party {ident}, for good?", abort=True, err=True)
        outcome = run(this.app, _erase, (ident, [list(one) for one in redact]), {}, actor=this.actor, reason=reason, company=this.company)
        result = outcome.result
        tables = tables_of(result)
        result["remaining"] += scrub(this.app, tables) if tables and not later else []
    _put(result, style, output)


def _erase(uow: UnitOfWork, party: int, redact: list[list[Any]]) -> Any:
    from bocore.erasure.erasing import erase_person
    from bocore.kernel.party import Party

    with uow.core():
        found = uow.get(Party, party)
    return erase_person(uow, found, redact=[(position, section) for position, section in redact])


def _put(result: Mapping[str, Any], style: str | None, output: Path | None) -> None:
    """The receipt: as JSON whole, else as rows, and what remains to be done beside it."""
    if (style or out.by_ending(output)) == "json":
        out.put_value(result, "json", output)
        return
    would = "would be " if result["dry_run"] else ""
    lines = [ErasedLine(entity, rows, f"{would}erased", None, "") for entity, rows in result["cleared"].items()]
    if result["attachments"]:
        lines.append(ErasedLine("bo_attachment_content", result["attachments"], f"{would}dropped", None, ""))
    lines += [
        ErasedLine(f"{one['entity']} {one['row_id']}", 1, f"{would}kept: {', '.join(one['fields'])}", _day(one["until"]), one["why"])
        for one in result["kept"]
    ]
    lines += [ErasedLine(f"record {position}", 1, f"{would}redacted: {section}", None, "") for position, section in result["redacted"]]
    out.put_rows(ErasedLine, lines, style, output)
    if not lines:
        click.echo(f"There is nothing to erase of party {result['party_id']}.", err=True)
    for sentence in result["remaining"]:
        click.echo(f"Note: {sentence}", err=True)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


@person.command()
@click.argument("party", required=False)
@click.option("--reason", metavar="TEXT", help="Who wants to know and why, for the record.")
@out.listing
@requires("bo.erase", "see what is kept of people")
def retained(party: str | None, reason: str | None, style: str | None, output: Path | None) -> None:
    """List what is kept of erased people; with PARTY open it, which goes on the record."""
    from bocore.erasure.keeping import retained_data
    from bocore.erasure.showing import retained_rows
    from bocore.reports.render import shown

    this = invocation()
    if party is None:
        with this.app.unit_of_work(actor=this.actor, company=this.company, read_only=True) as uow:
            kept = [KeptLine(row.party_id, row.entity, row.row_id, row.until, row.code) for row in retained_rows(uow)]
        out.put_rows(KeptLine, kept, style, output)
        return
    with this.app.unit_of_work(actor=this.actor, company=this.company, reason=reason) as uow:
        rows = retained_data(uow, _found(uow, party))
        lines = [FieldLine(row.entity, row.row_id, name, shown(value)) for row in rows for name, value in row.fields.items()]
    out.put_rows(FieldLine, lines, style, output)


@person.command()
@requires("bo.erase", "rewrite the file")
def scrub() -> None:
    """Rewrite the file (SQLite) or vacuum the tables (PostgreSQL), so that no bytes of what was erased stay in them."""
    from bocore.erasure.scrubbing import scrub as rewrite

    for sentence in rewrite(invocation().app):
        click.echo(f"Note: {sentence}", err=True)
