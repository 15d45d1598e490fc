"""``bo tenant``: tenants of a PostgreSQL database, and moving one between databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from bocore.cli import output as out
from bocore.cli.invocation import invocation, requires
from bocore.cli.setup import init, known_currency

if TYPE_CHECKING:
    from bocore.tenants import TenantFile


@attrs.frozen
class TenantLine:
    """One tenant as the list shows it; the size is in bytes."""

    tenant: str
    companies: list[str]
    commits: int | None
    last_commit: datetime | None
    migrations: str
    size: int | None


@click.group()
def tenant() -> None:
    """Make, list and drop tenants, and move one between databases.

    A tenant is a schema of PostgreSQL, or a SQLite file.
    """


def _create(which: str, **options: Any) -> None:
    from bocore.errors import Finding, Refused
    from bocore.kernel.company import check_zone
    from bocore.tenants import list_tenants

    this = invocation()
    this.choose(which)
    if any(one.name == which for one in list_tenants(this.db, plugins=this.host)):
        raise Refused([Finding("bo.tenant_exists", f"The tenant {which} is there already.", fix="bo tenant list shows which there are.")])
    if options["currency"] is not None:  # nothing is made for a company that can't be
        known_currency(options["currency"], new=True)
    wrong = check_zone(options["zone"])
    if wrong is not None:
        raise Refused([wrong])
    click.get_current_context().invoke(init, **options)


tenant.add_command(
    click.Command(
        "create",
        callback=_create,
        params=[click.Argument(["which"], metavar="TENANT"), *init.params],
        help="""Make a tenant: a schema with its tables, and its first company, as `bo init` makes it.

        Refused where it is there already. On SQLite a tenant is a file, which `bo --db FILE init` makes.
        """,
    )
)


@tenant.command("list")
@out.listing
def list_(style: str | None, output: Path | None) -> None:
    """List the tenants: their companies, commits, whether migrations are to come, and size in bytes."""
    from bocore.tenants import list_tenants

    this = invocation()
    found = list_tenants(this.db, plugins=this.host)
    lines = [TenantLine(one.name, list(one.companies), one.commits, one.last_commit, one.migrations, one.size) for one in found]
    out.put_rows(TenantLine, lines, style, output)


@tenant.command()
@click.argument("name", metavar="TENANT")
@click.option("--yes-drop", "said", metavar="TENANT", help="The name again, instead of being asked for it.")
def drop(name: str, said: str | None) -> None:
    """Drop a tenant, with all that is in it, for good.

    Refused while somebody writes to it. A file that `bo tenant export` has written brings it back.
    """
    from bocore.errors import Finding, Refused
    from bocore.tenants import drop_tenant
    from bocore.tenants.listing import read_tenant

    this = invocation()
    this.choose(name)
    found = read_tenant(this.db, name)  # refuses a file, where a tenant is the file itself
    this.require("bo.operate", "drop a tenant")
    click.echo(_lost(found.companies, found.commits, found.last_commit, name))
    if (click.prompt("Its name again, to drop it", default="", show_default=False) if said is None else said) != name:
        raise Refused(
            [Finding("bo.tenant_not_dropped", f"{name} was not dropped: its name was not given again.", fix="Nothing was changed.")]
        )
    drop_tenant(this.db, name)
    click.echo(f"The tenant {name} is gone.")


def _lost(companies: tuple[str, ...], commits: int | None, last: datetime | None, name: str) -> str:
    which = f" with the books of {', '.join(companies)}" if companies else ""
    what = "" if commits is None else f": {commits} commits" + ("" if last is None else f", the last of {last:%Y-%m-%d %H:%M} UTC")
    return f"This drops the tenant {name}{which}{what}."


@tenant.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--no-verify", is_flag=True, help="Carry over what is not as it was recorded, differences and all.")
@requires("bo.operate", "carry a tenant out")
def export(file: Path, no_verify: bool) -> None:
    """Write everything that a tenant is into one new file, of one moment.

    `bo tenant import` makes the tenant from it again, on SQLite or on PostgreSQL. Verifies every row and record first. Nobody else may read
    the file: it has all that the tenant has, personal data included.
    """
    this = invocation()
    with _progress() as told:
        done = this.existing().export_tenant(file, verify=not no_verify, progress=told)
    click.echo(f"{this.where} was written to {file}: {_told(done)}")
    click.echo(f"SHA-256 of its content: {done.digest}")


@tenant.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--no-verify", is_flag=True, help="Take in what is not as it was recorded, differences and all.")
def import_(file: Path, no_verify: bool) -> None:
    """Make a tenant from a file, in a new database or schema: all of it or nothing.

    Every row is read again and compared with the file, and recomputed from the commit records, before anything is kept.
    """
    from bocore.keys.operate import trouble_with_keys
    from bocore.migrate import pending

    this = invocation()
    app = this.open(this.db)
    with _progress() as told:
        done = app.import_tenant(file, verify=not no_verify, progress=told)
    click.echo(f"{file} was taken into {this.where}: {_told(done)}")
    click.echo(f"SHA-256 of its content: {done.digest}")
    if pending(app):
        click.echo(f"The file is of an older version. Next: {this.again} migrate")
        return
    with app.looking() as session:
        trouble = trouble_with_keys(app, session)
    if trouble is not None:
        click.echo(f"What is secret in it can't be read here yet. {trouble.message} {trouble.fix}")


def _told(done: TenantFile) -> str:
    from bocore.cli.audit import said

    how = "not verified" if done.verification is None else said(done.verification)
    return f"{len(done.tables)} tables, {done.rows} rows; {how}."


@contextmanager
def _progress() -> Iterator[Callable[[str, int], None] | None]:
    """A line that counts rows, on a terminal."""
    import sys

    if not sys.stderr.isatty():
        yield None
        return
    total, shown = 0, 0

    def told(table: str, rows: int) -> None:
        nonlocal total, shown
        total += rows
        if total - shown >= 10_000:
            shown = total
            click.echo(f"\r{total:,} rows", nl=False, err=True)

    yield told
    if shown:
        click.echo("\r" + " " * 20 + "\r", nl=False, err=True)
