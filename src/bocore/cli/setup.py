"""``bo init`` and ``bo migrate``: a database, its first company, and its tables brought up to the code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bocore.cli.invocation import invocation

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.errors import BocoreError


@click.command()
@click.option("--company", "name", metavar="NAME", help='The name of the first company: "Acme Ltd".')
@click.option("--currency", metavar="CODE", help="Its base currency, e.g. EUR. Can't be changed later.")
@click.option("--code", metavar="CODE", help="A short code for it. [default: the first word of its name]")
@click.option("--zone", default="UTC", show_default=True, metavar="ZONE", help="Its time zone, e.g. Europe/Vienna.")
@click.option("--country", default="", metavar="CC", help="Its country, e.g. AT.")
@click.option("--role", metavar="ROLE", help="On PostgreSQL, as whom applications log in: it gets the rights of daily work.")
def init(name: str | None, currency: str | None, code: str | None, zone: str, country: str, role: str | None) -> None:
    """Make a database, with its first company.

    Whoever makes it is its first user, and may do everything: the user of the operating system, and who is named by --as.

    Does nothing that is done already, so that it can be run again: with another --company it adds one, with a --role it gives it rights.
    """
    this = invocation()
    if (name is None) != (currency is None):
        raise click.UsageError("A company needs a name and a currency: --company NAME --currency CODE.")
    if currency is not None:
        currency = known_currency(currency, new=this.file is not None and not this.file.exists())
    new = this.file is not None and not this.file.exists()
    if not new:
        this.require("bo.operate", "set this database up")
    app = this.open(this.db)
    first = new or not _has_tables(app)
    app.init(actor=this.actor, role=role, owner=this.user if first else None)
    if first and this.actor != this.user:
        _second_owner(app, this.user, this.actor)
    if role is not None:
        click.echo(f"{role} may do the daily work here: all but migrating, and changing what is append-only.")
    if name is None or currency is None:
        empty = not _has_company(app)
        click.echo(f"{this.where} is ready; it has no company yet." if empty else f"{this.where} is ready.")
        click.echo('Next: bo init --company "Acme Ltd" --currency EUR' if empty else "Next: bo report --help")
        return
    added, code = _company(app, this.actor, name, currency, code, zone, country)
    click.echo(f"{name} ({code}) {'keeps its books' if added else 'already keeps its books'} in {this.where}, in {currency}.")
    click.echo(_next(app, this.again))


def known_currency(currency: str, *, new: bool) -> str:
    """The code as ISO 4217 writes it. A wrong one must not leave an empty database behind; an older one may know tokens of its own."""
    from bocore.currencies import ISO_4217

    if currency.upper() in ISO_4217:
        return currency.upper()
    if new:
        raise _no_currency(currency)
    return currency


def _no_currency(code: str) -> BocoreError:
    """The refusal of a code, in plain words."""
    from difflib import get_close_matches

    from bocore.currencies import ISO_4217
    from bocore.errors import UnknownCurrency

    close = get_close_matches(code.upper(), ISO_4217, n=3)
    hint = f"Did you mean {' or '.join(f'{one} ({ISO_4217[one].name})' for one in close)}? " if close else ""
    fix = f"{hint}Use the code of three letters that ISO 4217 gives to a currency, such as EUR, USD, GBP, CHF or JPY."
    return UnknownCurrency(f"{code} is not the code of a currency that books can be kept in.", fix=fix)


def _company(app: BackOffice, actor: str, name: str, currency: str, code: str | None, zone: str, country: str) -> tuple[bool, str]:
    """Whether the company was added, and its code; Refused where another company, or the same in another currency, has that code."""
    from bocore.errors import Finding, Refused, UnknownCurrency
    from bocore.kernel.company import Company
    from bocore.kernel.setup import code_from

    code = code or code_from(name)
    with app.unit_of_work(actor=actor, read_only=True) as uow:
        found = uow.find(Company, code=code)
        if found is not None and (found.currency, found.name) != (currency, name):
            message = f"The code {code} belongs to {found.name}, which keeps its books in {found.currency}."
            raise Refused([Finding("bo.company_exists", message, found, fix="Give another company a code of its own: --code CODE.")])
        added = found is None
    if added:
        try:
            app.tokens[currency]
        except UnknownCurrency:
            raise _no_currency(currency) from None
        app.init(company=name, currency=currency, code=code, zone=zone, actor=actor, country=country)
    return added, code


def _has_tables(app: BackOffice) -> bool:
    with app.looking() as session:
        return "bo_commit" in session.columns()


def _second_owner(app: BackOffice, user: str, name: str) -> None:
    """Who was named by --as owns the new database too; the user of the operating system made it, and goes on standing in."""
    from bocore.kernel.users import User

    with app.unit_of_work(actor=user, reason="Second owner") as uow:
        if uow.find(User, name=name) is None:
            uow.add(User(name=name, owner=True))


def _has_company(app: BackOffice) -> bool:
    with app.looking() as session:
        return session.execute("SELECT 1 FROM bo_company LIMIT 1").fetchone() is not None


def _next(app: BackOffice, prefix: str) -> str:
    """What to do now, by what the plugins offer."""
    offered = [name for name in app.host.importers if not name.startswith("bo.")]  # books come first, rates of exchange later
    if offered:
        name = offered[0].split(".", 1)[1].replace("_", "-")
        return f"Next: {prefix} import {name} FILE --dry-run, or {prefix} --help."
    return f"Next: {prefix} --help. Plugins are installed with pip: pip install bocore-accounting."


@click.group(invoke_without_command=True)
@click.option("--check", "only_check", is_flag=True, help="Only list what is pending; exit code 1 where anything is.")
@click.option("--dry-run", is_flag=True, help="Do all of it, and undo it.")
@click.option("--backup", metavar="FILE", type=click.Path(path_type=Path), help="First copy the database into this file.")
@click.pass_context
def migrate(ctx: click.Context, only_check: bool, dry_run: bool, backup: Path | None) -> None:
    """Bring the tables up to the code, all of it or nothing."""
    if ctx.invoked_subcommand is not None:
        return
    from bocore.migrate import pending, upgrade

    this = invocation(ctx)
    this.require("bo.operate", "migrate this database")
    if only_check:
        waiting = [f"{plugin} {number}" for plugin, numbers in pending(this.existing()).items() for number in numbers]
        click.echo("\n".join(f"Pending: {one}" for one in waiting) or f"{this.where} is up to date.")
        ctx.exit(1 if waiting else 0)
    done = upgrade(this.existing(), say=click.echo, dry_run=dry_run, backup=backup)
    many = f"{len(done)} migration{'s' if len(done) != 1 else ''}"
    if not done:
        click.echo(f"{this.where} is up to date.")
    elif dry_run:
        click.echo(f"{many} can be applied; {this.where} is as it was.")
    else:
        click.echo(f"{many} {'was' if len(done) == 1 else 'were'} applied; {this.where} is up to date.")


@migrate.command("new")
@click.argument("plugin")
@click.option("-m", "--message", default="change", show_default=True, metavar="TEXT", help="What changes, in a few words.")
@click.option("--rebase", multiple=True, metavar="ENTITY", help="State its digests anew: you will change its values by hand.")
@click.option("--initial", is_flag=True, help="Begin anew: one migration in place of all. Only before the first release.")
def new(plugin: str, message: str, rebase: tuple[str, ...], initial: bool) -> None:
    """Write a plugin's next migration, from what its entities say now."""
    import tempfile

    from bocore.migrate import new as write

    this = invocation()
    with tempfile.TemporaryDirectory() as folder:  # the plugin's author may have no database at all
        app = this.open(str(Path(folder) / "new.db"))
        path = write(app, plugin, message, initial=initial, rebase=rebase, say=lambda text: click.echo(f"Warning: {text}", err=True))
    click.echo(f"Wrote {path}. Read it before you release it.")
