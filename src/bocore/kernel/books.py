"""Books: one common layer that all share, and adjustment books whose entries come on top in reports that ask for one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

from bocore.entities import Entity, entity, field, ref
from bocore.errors import Finding, Refused
from bocore.kernel.company import Company
from bocore.plugins.hooks import concerns, hookimpl

if TYPE_CHECKING:
    from bocore.uow import Changes, UnitOfWork


@entity("bo_book", read="*", write="bo.setup", company=True, unique=[("company_id", "code")], steady=True)
class Book(Entity):
    """An adjustment book of a company: what another standard or the tax office sees differently. The common layer is none."""

    code: str = field(max_length=30, not_blank=True, doc="what vouchers and reports say: ifrs, tax")
    name: str = field(default="", max_length=200)
    company_id: int = ref(Company, default=None)


def declared_books(uow: UnitOfWork, company: int) -> Collection[str]:
    """The codes of a company's adjustment books."""
    memory = uow.memory("bo.books", Book)
    if company not in memory:
        memory[company] = sorted(row.code for row in uow.select(Book, company_id=company))
    found: list[str] = memory[company]
    return found


def unknown_book(uow: UnitOfWork, company: int | None, book: str, at: object = None) -> Finding | None:
    """The finding for an adjustment book that a company has not declared, with those that it has; None where it has it.

    :param company: None for any of the companies.
    """
    known = sorted({row.code for row in uow.select(Book)}) if company is None else declared_books(uow, company)
    if book in known:
        return None
    close = get_close_matches(book, known, n=1)
    there = f"There are: {', '.join(known)}." if known else "None is declared yet."
    meant = f"Did you mean {close[0]!r}? " if close else ""
    fix = f"{meant}{there} Leave it out for the common layer, or declare it: bo accounting declare-book."
    return Finding("bo.unknown_book", f"There is no adjustment book {book!r}.", at, "book", fix)


def layers(uow: UnitOfWork, book: str | None, company: int | None = None) -> list[str]:
    """What a report of a book reads: the common layer, which is ``""``, and the adjustment book if one is named.

    :param company: the unit's without one.
    :raises Refused: the company has no such book.
    """
    if not book:
        return [""]
    wrong = unknown_book(uow, uow.company_id if company is None else company, book)
    if wrong is not None:
        raise Refused([wrong])
    return ["", book]


@hookimpl
@concerns(Book)
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterable[Finding]:
    """Refuse to rename or remove a book: what was posted to it names its code."""
    return list(_check_books(changes))


def _check_books(changes: Changes) -> Iterator[Finding]:
    for change in changes.updated(Book):
        if "code" in change.new or "company_id" in change.new:
            message = f"The book {change.old.get('code', change.entity.code)!r} keeps its code and its company."
            yield Finding("bo.book", message, change.entity, "code", "Declare another book.")
    for row in changes.removed(Book):
        yield Finding("bo.book", f"The book {row.code!r} stays: what was posted to it names it.", row, fix="Post no more to it.")
