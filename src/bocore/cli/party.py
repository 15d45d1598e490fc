"""``bo party``: the people and organisations that a business deals with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from bocore.cli import output as out
from bocore.cli.invocation import invocation
from bocore.cli.problems import warn

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork


@attrs.frozen
class PartyLine:
    """One party as the list shows it."""

    id: int
    code: str
    name: str
    kind: str
    active: bool


@click.group()
def party() -> None:
    """Keep the people and organisations that you deal with."""


@party.command()
@click.argument("name")
@click.option("--code", metavar="CODE", help="Your own number or short name for it.")
@click.option("--person", is_flag=True, help="A human being, whose data the law protects; an organisation otherwise.")
@click.option("--language", default="", metavar="TAG", help="What to write to it in, e.g. de-AT.")
@click.option("--identifier", "identifiers", multiple=True, metavar="SCHEME=VALUE", help="Such as eu_vat=ATU12345675. Repeatable.")
@click.option("--address", default="", metavar="LINES", help="Street and house.")
@click.option("--postcode", default="", metavar="CODE", help="Of the address.")
@click.option("--city", default="", metavar="CITY", help="Of the address.")
@click.option("--country", default="", metavar="CC", help="Of the address, e.g. AT.")
@click.option("--reason", metavar="TEXT", help="Why, for the record.")
@out.listing
def add(reason: str | None, style: str | None, output: Path | None, **values: Any) -> None:
    """Add a person or an organisation."""
    from bocore.uow.running import run

    this = invocation()
    for pair in values["identifiers"]:
        if "=" not in pair:
            raise click.UsageError(f"--identifier is SCHEME=VALUE, as in eu_vat=ATU12345675, not {pair!r}.")
    values["identifiers"] = list(values["identifiers"])
    outcome = run(this.app, _add, (), values, actor=this.actor, reason=reason, company=this.company)
    for finding in outcome.findings:
        warn(finding)
    out.put_value({"id": outcome.result["id"], "code": outcome.result.get("code") or "", "name": values["name"]}, style, output)


def _add(
    uow: UnitOfWork,
    *,
    name: str,
    code: str | None,
    person: bool,
    language: str,
    identifiers: list[str],
    address: str,
    postcode: str,
    city: str,
    country: str,
) -> Any:
    from bocore.kernel.party import Party, PartyAddress, PartyIdentifier, PartyKind

    kind = PartyKind.PERSON if person else PartyKind.ORGANISATION
    made = uow.add(Party(name=name, code=code, kind=kind, language=language))
    for pair in identifiers:
        scheme, _, value = pair.partition("=")
        uow.add(PartyIdentifier(party_id=made.id, scheme=scheme.strip(), value=value.strip()))
    if address or postcode or city or country:
        uow.add(PartyAddress(party_id=made.id, lines=address, postcode=postcode, city=city, country=country.upper()))
    return made


@party.command("list")
@click.option("--search", metavar="TEXT", help="Only names that contain it.")
@click.option("--all", "every", is_flag=True, help="Also those that are no longer active.")
@out.listing
def list_(search: str | None, every: bool, style: str | None, output: Path | None) -> None:
    """List people and organisations by name."""
    from bocore.kernel.party import Party

    this = invocation()
    with this.app.unit_of_work(actor=this.actor, company=this.company, read_only=True) as uow:
        query = uow.select(Party).order_by(Party.c.name, Party.c.id)
        if search:
            query = query.where(Party.c.name.icontains(search, autoescape=True))
        if not every:
            query = query.where(active=True)
        lines = [PartyLine(one.id, one.code or "", one.name, one.kind.value, one.active) for one in query]
    out.put_rows(PartyLine, lines, style, output)


@party.command()
@click.argument("party")
@out.listing
def show(party: str, style: str | None, output: Path | None) -> None:
    """Show one, by code, name or id, with its numbers and addresses."""
    from bocore.kernel.party import Party, PartyAddress, PartyIdentifier
    from bocore.values import find_entity

    this = invocation()
    with this.app.unit_of_work(actor=this.actor, company=this.company, read_only=True) as uow:
        found = find_entity(uow, Party, party)
        whole: dict[str, Any] = {"id": found.id, "code": found.code or "", "name": found.name, "kind": found.kind.value}
        whole |= {"active": found.active, "language": found.language}
        whole["identifiers"] = {one.scheme: one.value for one in uow.children(found, PartyIdentifier)}
        whole["addresses"] = [
            {"kind": a.kind, "lines": a.lines, "postcode": a.postcode, "city": a.city, "region": a.region, "country": a.country}
            for a in uow.children(found, PartyAddress)
        ]
    if style in ("json", "csv") or (output is not None and output.suffix.lower() in (".json", ".csv")):
        out.put_value(whole, style, output)
        return
    from bocore.reports.render import shown

    out.put_value([{"field": key, "value": shown(value)} for key, value in whole.items() if value not in ("", [], {})], style, output)
