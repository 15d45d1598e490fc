"""What may not happen to an account: to stand below itself, or to change what the lines that it has were posted to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from bocore import Change, Changes, Finding, UnitOfWork
from bocore_accounting.model import Account, AccountKind, Entry, Line

KEPT = frozenset(("kind", "opened", "closed"))
"""The fields of an account that its lines depend on."""


def check_accounts(uow: UnitOfWork, changes: Changes) -> Iterator[Finding]:
    """The findings about accounts that are new or altered."""
    added, updated = changes.added(Account), changes.updated(Account)
    if not added and not updated:
        return
    yield from _check_tree(uow, added, [change.entity for change in updated if "parent_id" in change.new])
    for change in updated:
        if KEPT & change.new.keys():
            yield from _check_lines(uow, change)


# ---------------------------------------------------------------- the tree


def _check_tree(uow: UnitOfWork, added: list[Account], moved: list[Account]) -> Iterator[Finding]:
    parents: dict[int, int | None] = {}
    if moved:  # only then can accounts that were there before be part of a circle
        parents = {ident: above for ident, above in uow.rows(sa.select(Account.c.id, Account.c.parent_id))}
    parents |= {account.id: account.parent_id for account in (*added, *moved)}
    told: set[int] = set()
    for account in (*moved, *added):
        circle = circle_of(account.id, parents)
        if not circle or told & set(circle):
            continue
        told.update(circle)
        codes = {one.id: one.code for one in uow.get_all(Account, circle).values()}
        path = " > ".join(codes.get(ident, str(ident)) for ident in (*circle, circle[0]))
        message = f"The account {account.code} would stand below itself: {path}."
        fix = "Put it under an account that does not stand below it, or under none."
        yield Finding("accounting.circle", message, account, "parent_id", fix)


def circle_of(start: int, parents: Mapping[int, int | None]) -> list[int]:
    """The way up from an account until it comes back to where it began; empty where it ends at the top, or in a circle of others."""
    way, seen = [start], {start}
    above = parents.get(start)
    while above is not None and above not in seen:
        way.append(above)
        seen.add(above)
        above = parents.get(above)
    return way if above == start else []


# ---------------------------------------------------------------- accounts that have lines


def _check_lines(uow: UnitOfWork, change: Change) -> Iterator[Finding]:
    account: Account = change.entity
    count, first, last = _lines_of(uow, account.id)
    if first is None or last is None:
        return
    name = f"{account.code} {account.name}".strip()
    if "kind" in change.new and change.old["kind"] != AccountKind.UNKNOWN:
        lines = "1 line" if count == 1 else f"{count:,} lines"
        message = f"{name} has {lines} as {change.old['kind']}: it can't become {account.kind}."
        yield Finding(
            "accounting.in_use", message, account, "kind", "Open another account, and post what is wrong over to it.", lines=count
        )
    if "opened" in change.new and account.opened is not None and first < account.opened:
        message = f"{name} has lines from {first} on."
        yield Finding("accounting.in_use", message, account, "opened", f"Let it open on {first} or earlier.")
    if "closed" in change.new and account.closed is not None and last >= account.closed:
        message = f"{name} has lines through {last}."
        yield Finding("accounting.in_use", message, account, "closed", f"Close it on {last + timedelta(days=1)} or later.")


def _lines_of(uow: UnitOfWork, account: int) -> tuple[int, date | None, date | None]:
    """How many lines an account has, and their first and last day; without those that were reversed, and those that reverse."""
    taken_back = sa.select(Entry.c.reverses_id).where(Entry.c.reverses_id.is_not(None)).correlate(None)
    statement: Any = sa.select(sa.func.count().label("count"), sa.func.min(Line.c.posting_date), sa.func.max(Line.c.posting_date)).where(
        Line.c.account_id == account, Line.c.entry_id == Entry.c.id, Entry.c.reverses_id.is_(None), Entry.c.id.not_in(taken_back)
    )
    ((count, first, last),) = uow.rows(statement)
    return count, first, last
