"""``bo audit prove`` and ``bo audit check-proof``: a proof of one row, and what it shows to somebody who has nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bocore.cli import output as out
from bocore.cli.invocation import invocation, requires

if TYPE_CHECKING:
    from bocore.record.checking import Proved

FILE = click.Path(dir_okay=False, path_type=Path, allow_dash=True)


@click.command()
@click.argument("entity")
@click.argument("id", type=click.IntRange(0, 2**63 - 1))
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help=out.OUTPUT_HELP)
@click.option("--tell", multiple=True, type=click.Choice(["actor", "reason"]), help="Let the proof say who did it, or why, too.")
@click.pass_context
@requires("bo.audit", "prove what is on record")
def prove(ctx: click.Context, entity: str, id: int, output: Path | None, tell: tuple[str, ...]) -> None:
    """Write a proof that a row was recorded as it is, or that it was deleted: ENTITY is a table such as bo_party, ID its id.

    Whoever gets the file can check it without the database: bo audit check-proof. Personal fields are not in it, and secret ones only as
    they are encrypted. What the same commit changed in other rows is. All later records are read, to be sure that none wrote the row again:
    that takes some seconds a million.
    """
    from bocore.record.proving import prove as proof_of
    from bocore.record.proving import seal_if_need_be

    this = invocation(ctx)
    seal_if_need_be(this.app)
    with this.reading() as session:
        proof = proof_of(session, entity, id, tell=tell, scan=True)
    with out.opened(output) as file:
        file.write(proof.text())
    if output is not None and not out.to_screen(output):
        click.echo(f"{output} proves {entity} {id}, as record {proof.record.position} wrote it.")
    if proof.key is None:
        fix = "Make a key with bo key new FILE, and set $BOCORE_KEY_FILE."
        click.echo(f"Warning: Nobody has signed the head, so that anybody could have written this proof. {fix}", err=True)


@click.command("check-proof")
@click.argument("file", type=FILE)
@click.option("--key", metavar="KEY", multiple=True, help="A public key that must have signed; got from elsewhere than the proof.")
@click.option("--key-file", type=click.Path(dir_okay=False, path_type=Path), help="A file with such keys, one a line.")
@click.option("--format", "style", type=click.Choice(["table", "json"]), default="table", help="How to write it.")
def check_proof(file: Path, key: tuple[str, ...], key_file: Path | None, style: str) -> None:
    """Check a proof of a row, and show what it proves. Needs no database, no plugins and no key of who keeps the books.

    Exit code 1 where it proves nothing. Without --key the signer is whoever the file says: ask for the public key on another way than that
    on which the proof came.
    """
    import orjson

    from bocore.printable import printable
    from bocore.record.checking import check_proof as check
    from bocore.record.proof_file import LONGEST

    name = "standard input" if str(file) == "-" else file.name
    with click.open_file(str(file), "rb") as stream:
        content = stream.read(LONGEST + 1)
    keys = [*key, *(_keys_in(key_file) if key_file is not None else ())]
    found = check(content, keys, at=name)
    text = orjson.dumps(found.as_dict(), option=orjson.OPT_INDENT_2).decode() if style == "json" else "\n".join(_shown(found))
    click.echo(printable(text, lines=True))


def _keys_in(file: Path) -> list[str]:
    from bocore.errors import UsageError

    try:
        keys = [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} can't be read: {error}.", fix="Name a file with public keys, one a line.") from None
    if not keys:
        raise UsageError(f"There is no key in {file}.", fix="Name a file with public keys, one a line.")
    return keys


def _shown(found: Proved) -> list[str]:
    """What is proved, for people."""
    row = f"{found.entity} {found.id}"
    lines = [f"{row} was deleted." if found.deleted else f"{row} was recorded as"]
    width = max((len(each.column) for each in found.values), default=0)
    for each in found.values:
        if each.value is None and not (each.kind != "secret" and not each.open):
            continue
        shown = "(personal: not in the proof)" if not each.open and each.kind != "secret" else each.value
        lines.append(f"  {each.column:{width}}  {shown if isinstance(shown, str) else _plain(shown)}")
    lines += [f"{name.capitalize()}: {_plain(value)}" for name, value in found.told.items()]
    lines.append(f"at {found.at}, by record {found.position} of the {found.size} under the head of {found.origin}.")
    lines.append("That no later record changed it, a proof can't show.")
    if found.signer is None:
        lines.append("NOT SIGNED: anybody could have written this file.")
    elif not found.known:
        lines.append(f"Signed by {found.signer}")
        lines.append("Whose key that is, the file alone says: give the one that you know with --key.")
    else:
        lines.append("Signed by a key that you gave.")
    return lines


def _plain(value: object) -> str:
    import orjson

    return orjson.dumps(value).decode()
