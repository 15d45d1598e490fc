"""From purpose to account: the most particular rule wins, and a purpose without one falls back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from typing import NamedTuple

from bocore import Finding, Refused, UnitOfWork, fallbacks
from bocore_accounting.model import AccountKind, PurposeRule

REMEMBERED = 10_000
"""Answers that a map keeps: a shop asks for the same few every day."""


class Rule(NamedTuple):
    """A purpose rule as plain data."""

    purpose: str
    account_id: int
    book: str = ""
    keys: Mapping[str, str] = {}
    since: date | None = None


def choose(rules: Iterable[Rule], book: str, by: Mapping[str, str], day: date) -> int | None:
    """The account of the rule that fits best among those of one purpose; None where none fits.

    A rule fits when its book is the line's or empty, ``by`` says all that its keys say, and it holds since the day or before. A rule of
    the book goes before a general one, then the one with the most keys, then the latest.
    """
    best: tuple[tuple[bool, int, date], int] | None = None
    for rule in rules:
        if rule.book not in ("", book) or any(by.get(key) != value for key, value in rule.keys.items()):
            continue
        since = rule.since or date.min
        if since > day:
            continue
        rank = (rule.book != "", len(rule.keys), since)
        if best is None or rank >= best[0]:
            best = rank, rule.account_id
    return None if best is None else best[1]


def check_purpose(uow: UnitOfWork, purpose: str) -> str:
    """The purpose, if a plugin knows it.

    :raises Refused: none does.
    """
    if purpose not in uow.purposes:
        close = get_close_matches(purpose, list(uow.purposes), n=3)
        fix = f"Did you mean {' or '.join(close)}?" if close else "Use one of the core's, such as sales, or of a plugin."
        raise Refused([Finding("accounting.no_purpose", f"No plugin knows the purpose {purpose!r}.", field="purpose", fix=fix)])
    return purpose


class PurposeMap:
    """The rules of one company, read once: purpose → account along the chain of fallbacks."""

    def __init__(self, rules: Iterable[Rule], known: Mapping[str, str]) -> None:
        self._rules: dict[str, list[Rule]] = {}
        for rule in rules:
            self._rules.setdefault(rule.purpose, []).append(rule)
        self._known = known
        self._found: dict[tuple[str, str, tuple[tuple[str, str], ...], date], int | None] = {}

    @classmethod
    def of(cls, uow: UnitOfWork, company: int) -> PurposeMap:
        """The rules that a company has now."""
        memory = uow.memory("accounting.purposes", PurposeRule)
        if company not in memory:
            rows = uow.select(PurposeRule, company_id=company).order_by(PurposeRule.c.id)
            memory[company] = cls([Rule(row.purpose, row.account_id, row.book, row.keys, row.since) for row in rows], uow.purposes)
        found: PurposeMap = memory[company]
        return found

    def accounts(self, purpose: str) -> set[int]:
        """All accounts that lines of a purpose, or of those that fall back to it, are sent to by a rule of their own."""
        found = [rules for known, rules in self._rules.items() if purpose in fallbacks(self._known, known)]
        return {rule.account_id for rules in found for rule in rules}

    def account(self, purpose: str, book: str, by: Mapping[str, str | int], day: date) -> int | None:
        """The account for lines of a purpose; None where neither it nor what it falls back to is mapped."""
        plain = {name: str(value) for name, value in by.items()}
        key = purpose, book, tuple(sorted(plain.items())), day
        if key not in self._found:
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            chain = fallbacks(self._known, purpose)
            answers = (choose(self._rules.get(step, ()), book, plain, day) for step in chain)
            self._found[key] = next((answer for answer in answers if answer is not None), None)
        return self._found[key]


# ---------------------------------------------------------------- and back: from account to purpose

BY_KIND = {
    AccountKind.ASSET: "asset",
    AccountKind.LIABILITY: "liability",
    AccountKind.EQUITY: "equity",
    AccountKind.INCOME: "income",
    AccountKind.EXPENSE: "expense",
    AccountKind.UNKNOWN: "suspense",
}
"""What the lines of an account are for where no purpose is mapped to it."""


def account_purposes(uow: UnitOfWork) -> dict[int, str]:
    """Account → the purpose that is mapped to it in the common layer: the particular before the general, where there are several."""
    found: dict[int, str] = {}
    for rule in uow.select(PurposeRule, company_id=uow.company.id, book="").order_by(PurposeRule.c.id):
        if rule.purpose in uow.purposes:
            before = found.get(rule.account_id)
            if before is None or before in fallbacks(uow.purposes, rule.purpose):
                found[rule.account_id] = rule.purpose
    return found
