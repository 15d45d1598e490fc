"""``bo user``: who may sign in, with what, and who is signed in."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from bocore.cli import output as out
from bocore.cli.invocation import invocation

if TYPE_CHECKING:
    from bocore.kernel.users import User
    from bocore.uow import UnitOfWork

REASON = click.option("--reason", metavar="TEXT", help="Why, for the record.")


@attrs.frozen
class UserLine:
    """One user as the list shows him."""

    name: str
    state: str
    owner: bool
    roles: str
    password: bool
    codes: bool


@attrs.frozen
class SessionLine:
    """One session that is open."""

    id: int
    user: str
    begun: datetime
    seen: datetime
    ends: datetime


@attrs.frozen
class TokenLine:
    """One token, without its secret."""

    id: int
    user: str
    title: str
    scopes: str
    state: str
    expires: datetime
    used: datetime | None


@click.group()
def user() -> None:
    """Make users, and look after what they sign in with.

    The command line itself asks for no password: it acts as the user of the operating system, or as --as says, and whoever reaches the
    database by it could read the file as well. Passwords are for programs that let people in.
    """


@user.command()
@click.argument("name")
@click.option("--owner", is_flag=True, help="May do everything, and make others owners.")
@click.option("--role", "roles", multiple=True, metavar="ROLE", help="Has it in every company. Repeatable; see bo role list.")
@click.option("--party", metavar="PARTY", help="The person, by code, name or id: names and addresses are kept there.")
@REASON
def add(name: str, owner: bool, roles: tuple[str, ...], party: str | None, reason: str | None) -> None:
    """Make a user; the first one of a database must be an owner."""
    this = invocation()
    with this.app.unit_of_work(actor=this.actor, company=this.company, reason=reason) as uow:
        from bocore.kernel.party import Party
        from bocore.kernel.users import Grant, User
        from bocore.values import find_entity

        who = None if party is None else find_entity(uow, Party, party).id
        made = uow.add(User(name=name, owner=owner, party_id=who))
        uow.add_all([Grant(user_id=made.id, role=role) for role in roles])
    click.echo(f"{name} is a user{' and an owner' if owner else ''}. To sign in: bo user password {name}.")


@user.command("list")
@click.option("--all", "every", is_flag=True, help="Also those who are disabled.")
@out.listing
def list_(every: bool, style: str | None, output: Path | None) -> None:
    """List users by name, with their roles and what they can sign in with."""
    from bocore.access.credentials import signing_in
    from bocore.kernel.users import Grant, User

    this = invocation()
    with this.app.unit_of_work(actor=this.actor, company=this.company, read_only=True) as uow:
        found = uow.select(User, **({} if every else {"state": "active"})).order_by(User.c.name).all()
        grants, ways = uow.children(found, Grant), signing_in(uow)
        lines = [
            UserLine(
                one.name,
                one.state,
                one.owner,
                ", ".join(sorted({each.role for each in grants[one.id]})),
                "password" in ways.get(one.id, ()),
                "codes" in ways.get(one.id, ()),
            )
            for one in found
        ]
    out.put_rows(UserLine, lines, style, output)


@user.command()
@click.argument("name")
@out.listing
def show(name: str, style: str | None, output: Path | None) -> None:
    """Show one, with roles, permissions and what he can sign in with."""
    from bocore.access.authority import permissions_of
    from bocore.access.credentials import signing_in
    from bocore.kernel.company import Company
    from bocore.kernel.users import Grant

    this = invocation()
    with this.app.unit_of_work(actor=this.actor, company=this.company, read_only=True) as uow:
        found = _user(uow, name)
        grants = uow.children(found, Grant)
        places = uow.get_all(Company, {each.company_id for each in grants if each.company_id is not None})
        whole: dict[str, Any] = {"name": found.name, "id": found.id, "state": found.state, "owner": found.owner}
        whole["party"] = found.party_id
        whole["roles"] = [
            each.role + (f" in {places[each.company_id].code}" if each.company_id is not None else "")
            for each in sorted(grants, key=lambda each: (each.role, each.company_id or 0))
        ]
        whole["permissions"] = ["everything"] if found.owner else sorted(permissions_of(uow, {each.role for each in grants}))
        whole["signs_in_with"] = sorted(signing_in(uow).get(found.id, ()))
    if style in ("json", "csv") or (output is not None and output.suffix.lower() in (".json", ".csv")):
        out.put_value(whole, style, output)
        return
    from bocore.reports.render import shown

    rows = [{"field": key, "value": ", ".join(value) if isinstance(value, list) else shown(value)} for key, value in whole.items()]
    out.put_value([row for row in rows if row["value"]], style, output)


def _user(uow: UnitOfWork, name: str) -> User:
    """The user of that name; NotFound with the nearest one."""
    from bocore.errors import NotFound
    from bocore.kernel.user_rules import nearest
    from bocore.kernel.users import User

    found = uow.find(User, name=name)
    if found is None:
        known = [one.name for one in uow.select(User)]
        raise NotFound(f"There is no user {name!r}.", at="bo_user", fix=nearest(name, known, "are the users"))
    return found


def _move(names: tuple[str, ...], action: str, reason: str | None) -> None:
    this = invocation()
    with this.app.unit_of_work(actor=this.actor, company=this.company, reason=reason) as uow:
        for name in names:
            uow.move(_user(uow, name), action)
    click.echo(f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} {'active' if action == 'enable' else 'disabled'}.")


@user.command()
@click.argument("names", nargs=-1, required=True)
@REASON
def disable(names: tuple[str, ...], reason: str | None) -> None:
    """Let users in no more: sessions and tokens end at once, and the record goes on naming them."""
    _move(names, "disable", reason)


@user.command()
@click.argument("names", nargs=-1, required=True)
@REASON
def enable(names: tuple[str, ...], reason: str | None) -> None:
    """Let users in again who were disabled."""
    _move(names, "enable", reason)


@user.command()
@click.argument("name")
@click.option("--remove", is_flag=True, help="Be one no more.")
@REASON
def owner(name: str, remove: bool, reason: str | None) -> None:
    """Make a user an owner, who may do everything; sessions end."""
    this = invocation()
    with this.app.unit_of_work(actor=this.actor, company=this.company, reason=reason) as uow:
        _user(uow, name).owner = not remove
    click.echo(f"{name} is {'no owner any more' if remove else 'an owner'}.")


@user.command()
@click.argument("name")
@click.option("--remove", is_flag=True, help="Take the password away.")
@REASON
def password(name: str, remove: bool, reason: str | None) -> None:
    """Set a password: asked for without being shown, or the first line of standard input. Sessions end."""
    from bocore.access.credentials import remove_password, set_password

    this = invocation()
    given = "" if remove else _secret("Password", twice=True)
    with this.app.unit_of_work(actor=this.actor, company=this.company, reason=reason) as uow:
        if remove:
            remove_password(uow, name)
        else:
            set_password(uow, name, given)
    click.echo(f"{name} has {'no password any more' if remove else 'a new password'}; sessions have ended.")


def _secret(what: str, *, twice: bool = False, hidden: bool = True) -> str:
    """What a person types, or a program writes; never an argument, which everybody on the machine sees."""
    if sys.stdin.isatty():
        typed: str = click.prompt(what, hide_input=hidden, confirmation_prompt=twice, err=True)
        return typed
    line = sys.stdin.readline(10_000).rstrip("\r\n")
    if not line:
        raise click.UsageError(f"Write the {what.lower()} to standard input, on one line, or run this in a terminal.")
    return line


@user.command()
@click.argument("name")
@click.option("--confirm", is_flag=True, help="Take them into use, with a first code: typed, or the first line of standard input.")
@click.option("--remove", is_flag=True, help="Do without them again.")
@REASON
@out.listing
def totp(name: str, confirm: bool, remove: bool, reason: str | None, style: str | None, output: Path | None) -> None:
    """Add one-time codes: shows the address for an authenticator, which a first code then confirms.

    Nothing is needed at sign-in before --confirm, which shows ten recovery codes: for paper, and each good once.
    """
    from bocore.access.credentials import confirm_totp, enrol_totp, remove_totp

    if confirm and remove:
        raise click.UsageError("Give --confirm or --remove.")
    this = invocation()
    code = _secret("Code", hidden=False) if confirm else ""
    with this.app.unit_of_work(actor=this.actor, company=this.company, reason=reason) as uow:
        made: str | list[str] = ""
        if remove:
            remove_totp(uow, name)
        else:
            made = confirm_totp(uow, name, code) if confirm else enrol_totp(uow, name)
    if remove:
        click.echo(f"{name} needs no code any more.")
    elif isinstance(made, list):
        out.put_value([{"recovery_code": each} for each in made], style, output)
        click.echo(f"{name} needs a code from now on; each of these stands in for one, once. They are not shown again.", err=True)
    else:
        out.put_value([{"address": made}], style, output)
        click.echo(f"Let an authenticator take it in, then: bo user totp {name} --confirm", err=True)


@user.command("recovery-codes")
@click.argument("name")
@REASON
@out.listing
def recovery_codes(name: str, reason: str | None, style: str | None, output: Path | None) -> None:
    """Make ten new recovery codes; those from before are worth nothing."""
    from bocore.access.credentials import make_recovery_codes

    this = invocation()
    with this.app.unit_of_work(actor=this.actor, company=this.company, reason=reason) as uow:
        made = make_recovery_codes(uow, name)
    out.put_value([{"recovery_code": each} for each in made], style, output)


@user.command()
@click.argument("name")
@REASON
def unlock(name: str, reason: str | None) -> None:
    """Let a user try again at once, under whose name too many attempts to sign in have failed."""
    from bocore.access.credentials import unlock_user

    this = invocation()
    with this.app.unit_of_work(actor=this.actor, company=this.company, reason=reason) as uow:
        unlock_user(uow, name)
    click.echo(f"{name} may sign in.")


@user.command()
@click.argument("name", required=False)
@click.option("--end", "ends", multiple=True, type=int, metavar="ID", help="End this session of the user. Repeatable.")
@click.option("--end-all", is_flag=True, help="End all sessions of the user.")
@REASON
@out.listing
def sessions(name: str | None, ends: tuple[int, ...], end_all: bool, reason: str | None, style: str | None, output: Path | None) -> None:
    """List who is signed in, or end sessions of a user."""
    from bocore.access.credentials import end_sessions, list_sessions

    this = invocation()
    if ends or end_all:
        if name is None or (ends and end_all):
            raise click.UsageError("Give the name of a user, and either --end ID or --end-all.")
        with this.app.unit_of_work(actor=this.actor, company=this.company, reason=reason) as uow:
            ended = end_sessions(uow, name, *ends)
        click.echo(f"{ended} {'session has' if ended == 1 else 'sessions have'} ended.")
        return
    with this.app.unit_of_work(actor=this.actor, company=this.company, read_only=True) as uow:
        found = list_sessions(uow, name)
    out.put_rows(SessionLine, [SessionLine(one.id, one.user, one.begun_at, one.seen_at, one.ends_at) for one in found], style, output)


@user.group()
def token() -> None:
    """Make, list and revoke tokens, by which programs sign in."""


@token.command("add")
@click.argument("name")
@click.option("--title", required=True, metavar="TEXT", help="What it is for, in words.")
@click.option("--scope", "scopes", multiple=True, required=True, metavar="PERMISSION", help="What it allows; * for all. Repeatable.")
@click.option("--days", default=90, show_default=True, type=int, help="How long it is good.")
@REASON
@out.listing
def add_token(
    name: str, title: str, scopes: tuple[str, ...], days: int, reason: str | None, style: str | None, output: Path | None
) -> None:
    """Make a token of a user and show it, once."""
    from bocore.access.tokens import make_token

    this = invocation()
    with this.app.unit_of_work(actor=this.actor, company=this.company, reason=reason) as uow:
        row, text = make_token(uow, name, title=title, scopes=scopes, days=days)
    out.put_value({"id": row.id, "token": text, "expires": row.expires_at}, style, output)
    click.echo("The token is not shown again: only a digest of it is kept.", err=True)


@token.command("list")
@click.argument("name", required=False)
@out.listing
def list_tokens_(name: str | None, style: str | None, output: Path | None) -> None:
    """List the tokens of a user, or of all: never their secrets."""
    from bocore.access.tokens import list_tokens

    this = invocation()
    with this.app.unit_of_work(actor=this.actor, company=this.company, read_only=True) as uow:
        found = list_tokens(uow, name)
    lines = [TokenLine(one.id, one.user, one.title, one.scopes, one.state, one.expires_at, one.used_at) for one in found]
    out.put_rows(TokenLine, lines, style, output)


@token.command()
@click.argument("tokens", type=int, nargs=-1, required=True)
@REASON
def revoke(tokens: tuple[int, ...], reason: str | None) -> None:
    """End tokens now and for good, by their ids."""
    from bocore.access.tokens import revoke_token

    this = invocation()
    with this.app.unit_of_work(actor=this.actor, company=this.company, reason=reason) as uow:
        for each in tokens:
            revoke_token(uow, each)
    click.echo(f"{len(tokens)} {'token is' if len(tokens) == 1 else 'tokens are'} revoked.")
