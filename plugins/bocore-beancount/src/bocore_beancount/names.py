"""Names that beancount can read, for accounts and commodities of books that did not come from it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from beancount.core import account

from bocore_beancount.write import is_code

_DASHES = re.compile("-+")
_NO_CODE = re.compile(r"[^A-Z0-9]+")


def account_names(accounts: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """Code → name in beancount; the same chart gives the same names every time.

    A code that is a name under its root stays as it is. From any other a name is made, of root, code and name: the account ``1000``
    called "Petty cash" becomes ``Assets:1000-Petty-cash``.

    :param accounts: code, name, and the root that accounts of its kind begin with.
    """
    every = list(accounts)
    names = {code: code for code, _, root in every if code.startswith(f"{root}:") and account.is_valid(code)}
    taken = set(names)
    for code, name, root in every:
        if code not in names:
            part = _capital(_plain(code if name in ("", code) else f"{code}-{name}"))
            names[code] = _free(f"{root}:{part}", taken)
    return names


def commodity_codes(codes: Iterable[str]) -> dict[str, str]:
    """Code → code in beancount: capitals and digits, beginning with a capital."""
    every = sorted(set(codes))
    made = {code: code for code in every if is_code(code)}
    taken = set(made)
    for code in every:
        if code not in made:
            plain = _NO_CODE.sub("-", code.upper()).strip("-")
            made[code] = _free(plain if is_code(plain) else f"X{plain}", taken)
    return made


def _plain(text: str) -> str:
    """Letters and digits, with single dashes between."""
    return _DASHES.sub("-", "".join(each if each.isalpha() or each.isdecimal() else "-" for each in text)).strip("-")


def _capital(part: str) -> str:
    """Beancount's names begin with a capital or a digit."""
    raised = part[:1].upper() + part[1:]
    return raised if account.is_valid(f"Assets:{raised}") else f"A{raised}"


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    taken.add(free)
    return free
