"""Which kind of account an account of a journal is: as its directive says, or those above it, or as its name tells.

The rules are hledger's ("Account types" in its manual): a type declared for the account, then for the nearest account above it, then one
that follows from the name, then from the nearest name above. An account for which nothing of that holds has no type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bocore_accounting import AccountKind

KINDS: Mapping[str, AccountKind] = {
    "A": AccountKind.ASSET,
    "C": AccountKind.ASSET,
    "L": AccountKind.LIABILITY,
    "E": AccountKind.EQUITY,
    "V": AccountKind.EQUITY,
    "R": AccountKind.INCOME,
    "X": AccountKind.EXPENSE,
    "": AccountKind.UNKNOWN,
}
"""hledger's letter → kind of account; cash is an asset and conversion equity, as with hledger."""

_NAMES = tuple(
    (re.compile(pattern, re.IGNORECASE), letter)
    for pattern, letter in (
        (r"assets?(:.+)?:(cash|bank|che(ck|que?)(ing)?|savings?|current)(:|$)", "C"),
        (r"assets?(:|$)", "A"),
        (r"(debts?|liabilit(y|ies))(:|$)", "L"),
        (r"equity:(trad(e|ing)|conversion)s?(:|$)", "V"),
        (r"equity(:|$)", "E"),
        (r"(income|revenue)s?(:|$)", "R"),
        (r"expenses?(:|$)", "X"),
    )
)


def type_of(name: str, declared: Mapping[str, str]) -> str:
    """The letter of an account's type, or nothing.

    :param declared: name → letter, as directives say.
    """
    for each in upwards(name):
        if declared.get(each):
            return declared[each]
    return next((letter for pattern, letter in _NAMES if pattern.match(name)), "")


def upwards(name: str) -> Iterator[str]:
    """The account and those above it, from the nearest to the top."""
    while name:
        yield name
        name = name.rpartition(":")[0]
