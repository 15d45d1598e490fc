"""``bo key``: the key that opens what is secret, and the data keys that it wraps."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import attrs
import click

from bocore.cli import output as out
from bocore.cli.invocation import invocation, requires
from bocore.cli.problems import REFUSED


@attrs.frozen
class KeyLine:
    """One data key as the list shows it."""

    id: str
    kind: str
    party: int | None
    keep_until: str | None
    state: str
    wrapped_by: str | None
    made_at: datetime
    destroyed_at: datetime | None


@attrs.frozen
class KeyTrouble:
    """What is wrong with keys, and what to do."""

    code: str
    at: str
    message: str
    remedy: str


@click.group()
def key() -> None:
    """Make the key that opens what is secret, look at it, and replace it.

    Whoever has the key and a copy of the database reads every secret in it; without the key nobody does. Keep a copy of it, and not where
    the copies of the database are.
    """


@key.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def new(file: Path) -> None:
    """Make a key in a new file that only you may read.

    Point $BOCORE_KEY_FILE to it. A file that is there is never overwritten.
    """
    from bocore.keys.provider import new_key_file

    made = new_key_file(file)
    click.echo(f"{file} holds the new key {made.key_id}. Copy it to a safe place before you use it: without it nothing secret can be read.")
    click.echo(f"Next: export BOCORE_KEY_FILE={file.absolute()}")


@key.command("list")
@requires("bo.operate", "see the data keys")
@out.listing
def list_(style: str | None, output: Path | None) -> None:
    """List the data keys: of the tenant, of people, and of what has to be kept; never the keys themselves."""
    from bocore.keys.store import stored_keys

    with invocation().reading() as session:
        rows = stored_keys(session)
    lines = [
        KeyLine(f"{row.id:016x}", row.kind, row.party_id, row.keep_until, row.state, row.wrapped_by, _instant(row.made_at), _or_none(row))
        for row in rows
    ]
    out.put_rows(KeyLine, lines, style, output)


@key.command()
@requires("bo.operate", "check the data keys")
@out.listing
@click.pass_context
def check(ctx: click.Context, style: str | None, output: Path | None) -> None:
    """Open every data key with the key that is here, and say which do not open. Exit code 1 where one does not."""
    from bocore.keys.operate import check_keys
    from bocore.keys.store import ACTIVE, stored_keys

    app = invocation(ctx).existing()
    with app.looking() as session:
        provider = app.keys.provider
        found = check_keys(session, provider)
        count = len(stored_keys(session, "state = ?", (ACTIVE,)))
    if style is not None or found:
        out.put_rows(KeyTrouble, [KeyTrouble(one.code, one.where, one.message, one.fix) for one in found], style, output)
    else:
        click.echo(
            f"The key {provider.key_id} opens {'every one of the ' if count > 1 else ''}{count} data key{'' if count == 1 else 's'}."
        )
    ctx.exit(REFUSED if found else 0)


@key.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@requires("bo.operate", "replace the key")
def rotate(file: Path | None) -> None:
    """Wrap every data key by the key in FILE, which `bo key new` has made; all of them or none.

    No value is encrypted again, so it takes moments. The key before must still be the one that is set; afterwards point $BOCORE_KEY_FILE of
    every process to the new file. Without FILE the plugin that keeps the key (`bo_key_provider`) wraps them by the one that it uses now.
    """
    this = invocation()
    app = this.existing()
    before = app.keys.provider.key_id
    count = app.rotate_keys(file, actor=this.actor)
    click.echo(f"{count} data key{' is' if count == 1 else 's are'} under {app.keys.provider.key_id} now.")
    if file is not None:
        click.echo(f"Next, for every process: export BOCORE_KEY_FILE={file.absolute()}")
        click.echo(f"Then the file with {before} can go; copies of the database from before need it still.")


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _or_none(row: object) -> datetime | None:
    text = getattr(row, "destroyed_at", None)
    return None if text is None else _instant(text)
