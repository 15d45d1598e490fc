"""One line of a transaction: status, account, amount, cost, assertion, comment."""

from __future__ import annotations

import re
import unicodedata

import attrs

from bocore import ISO_4217
from bocore_hledger.amounts import Unreadable, Written, scan_amount
from bocore_hledger.journal import Amount, Assertion, Cost, Posting
from bocore_hledger.scope import Scope

GAP = re.compile(r"[ \t]{2,}|\t")
"""What ends the name of an account: two spaces, or a tab."""
_COST = re.compile(r"\(?(@@?)\)?")
_ASSERTION = re.compile(r"(==?)(\*?)")
_DATED = re.compile(r"(?:^|[\s,;])date:\s*[^\s,]|\[\d[\d/.-]*(?:=[\d/.-]*)?\]")


class Wrong(ValueError):
    """Why a line can't be taken in: the code of its finding, a sentence, and the remedy."""

    def __init__(self, kind: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.fix = fix


@attrs.frozen
class Read:
    """A line's posting, and what of its numbers is worth knowing: decimals of amounts and of prices, and what may be meant otherwise."""

    posting: Posting
    shown: tuple[tuple[str, int], ...] = ()
    priced: tuple[tuple[str, int], ...] = ()
    unclear: tuple[str, ...] = ()
    hidden: str = ""
    """What looks like an amount at the end of the account's name, one space behind it."""


def read_posting(text: str, scope: Scope, line: int) -> Read:
    """The posting in an indented line.

    :raises Wrong: it is none, or one that books can't have.
    """
    body = text.strip()
    status = ""
    if body[0] in "*!":
        status, body = body[0], body[1:].lstrip()
    gap = GAP.search(body)
    account, rest = (body[: gap.start()], body[gap.end() :].strip()) if gap else (body, "")
    if not account or account.startswith(";"):
        raise Wrong("syntax", "A line of a transaction has no account.", "Write the account before the amount.")
    check_account(account)
    amounts = _Amounts(rest, scope)
    units, cost, assertion = amounts.units(), amounts.cost(), amounts.assertion()
    comment = amounts.comment()
    if cost is not None and units is None:
        raise Wrong("syntax", "There is a cost, but no amount before it.", "Write the amount that was bought or sold before the @.")
    check_comment(comment)
    posting = Posting(account=account, units=units, cost=cost, assertion=assertion, status=status, comment=comment, line=line)
    hidden = _hidden_amount(account) if units is None else ""
    return Read(posting, tuple(amounts.shown), tuple(amounts.priced), tuple(amounts.unclear), hidden)


def _hidden_amount(name: str) -> str:
    """What of an account's name must be meant as an amount, because it has decimals, a sign, or a currency."""
    for at in (space.end() for space in re.finditer(" ", name)):
        try:
            written = scan_amount(name, at)
        except Unreadable:
            continue
        if written is None or written.end < len(name):
            continue
        number, code = written.amount
        if written.decimals or number < 0 or code in ISO_4217 or any(unicodedata.category(each) == "Sc" for each in code):
            return name[at:]
    return ""


def check_account(name: str) -> None:
    """Refuse names that no account can have here.

    :raises Wrong: virtual postings, empty parts, and a comment that is too near to be one.
    """
    if name[0] + name[-1] in ("()", "[]"):
        message = f"{name} is a virtual posting: it would stand in the books without balancing, or beside them."
        raise Wrong("virtual", message, "Make it a real posting with a contra account, such as equity:opening balances, or take it out.")
    if " ;" in name:
        message = f"hledger reads {name!r} as the name of an account, comment and all."
        raise Wrong("account_name", message, "Put two spaces before the semicolon.")
    if not all(part.strip() for part in name.split(":")):
        message = f"The account {name!r} has a part without a name."
        raise Wrong("account_name", message, "Write a name between all colons, and none at the end.")
    if len(name) > 250:
        raise Wrong("account_name", f"The account {name[:40]!r}… has a name of {len(name)} characters.", "Shorten it to 250 or fewer.")


def check_comment(comment: str) -> None:
    """Refuse a date of its own that a posting's comment gives it."""
    if _DATED.search(comment):
        message = "The line has a date of its own; the lines of an entry are of one day."
        raise Wrong("posting_date", message, "Make two transactions of it, each balanced, with an account for what is on the way.")


class _Amounts:
    """What stands behind the account, read from left to right."""

    def __init__(self, text: str, scope: Scope) -> None:
        self.text = text
        self.scope = scope
        self.at = 0
        self.shown: list[tuple[str, int]] = []
        self.priced: list[tuple[str, int]] = []
        self.unclear: list[str] = []

    def _next(self) -> str:
        while self.at < len(self.text) and self.text[self.at] in " \t":
            self.at += 1
        return self.text[self.at : self.at + 1]

    def _amount(self, what: str) -> Amount | None:
        self._next()
        try:
            written = scan_amount(self.text, self.at, self.scope.mark_of)
        except Unreadable as error:
            raise Wrong("amount", f"The {what}: {error}.", NUMBERS) from None
        if written is None:
            return None
        self._no_letters_after(written)
        if written.unclear:
            self.unclear.append(self.text[self.at : written.end].strip())
        self.at = written.end
        amount = written.amount
        if not amount.code and self.scope.commodity:
            amount = Amount(amount.number, self.scope.commodity)
        (self.priced if what == "price" else self.shown).append((amount.code, written.decimals))
        return amount

    def _no_letters_after(self, written: Written) -> None:
        """A commodity with digits in it that has no quotation marks, such as ``5 ABC123``, must not be cut in two."""
        after = self.text[written.end : written.end + 1]
        if after and after not in " \t;@={[(":
            word = self.text[self.at :].split(";")[0].split("@")[0].split("=")[0].strip()
            message = f"{word!r} is no amount."
            raise Wrong("amount", message, 'Put commodities with anything but letters or a sign in quotation marks: 5 "ABC123".')

    def units(self) -> Amount | None:
        """The amount that the account gains."""
        if self._next() in ("", ";", "="):
            return None
        amount = self._amount("amount")
        if amount is None:
            word = self.text[self.at :].split(";")[0].strip()
            message = f"{word!r} is no amount."
            raise Wrong("amount", message, f"Write the amount two spaces after the account. {NUMBERS}")
        return amount

    def cost(self) -> Cost | None:
        """The price that follows ``@`` or ``@@``."""
        self._refuse_lots()
        found = _COST.match(self.text, self.at)
        if found is None:
            return None
        start, sign = self.at, found[1]
        self.at = found.end()
        amount = self._amount("price")
        if amount is None:
            raise Wrong("amount", f"There is no price after {self.text[start : found.end()]}.", "Write what it cost: 10 AAPL @ $1.50.")
        if amount.number < 0:
            raise Wrong("amount", f"The price {amount} is negative.", "Write the price without a sign; that of the units decides.")
        self._refuse_lots()
        return Cost(amount, total=sign == "@@")

    def assertion(self) -> Assertion | None:
        """The balance that follows ``=``."""
        found = _ASSERTION.match(self.text, self.at) if self._next() == "=" else None
        if found is None:
            return None
        self.at = found.end()
        amount = self._amount("asserted balance")
        if amount is None:
            raise Wrong("amount", f"There is no amount after {found[0]}.", "Write the balance that the account must have.")
        self._next()
        if _COST.match(self.text, self.at):
            message = "A price after an asserted balance is not checked by anything."
            raise Wrong("syntax", message, "Take it away; write the price after the amount of the line.")
        return Assertion(amount, sole=found[1] == "==", below=bool(found[2]))

    def comment(self) -> str:
        """What follows the semicolon; anything else that is left is too much."""
        if self._next() == ";":
            return self.text[self.at + 1 :].strip()
        if self.at < len(self.text):
            message = f"{self.text[self.at :]!r} at the end of the line is not understood."
            raise Wrong("syntax", message, "Write a comment after a semicolon, or take it away.")
        return ""

    def _refuse_lots(self) -> None:
        if self._next() in ("{", "["):
            message = "Lots in braces are ledger's; hledger passes over them, so that the cost would be lost."
            raise Wrong("lots", message, "Write the cost as a price: @ and the amount per unit, or @@ and the total.")


NUMBERS = 'An amount is a number with its commodity: $12.50, 1,000.00 EUR, 3 "green apples".'
