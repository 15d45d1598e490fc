"""Write a journal as text that hledger reads back, with the same balances."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TextIO

from bocore import Finding, Refused
from bocore_hledger.journal import AccountDecl, Amount, Journal, Posting, Price, Transaction
from bocore_hledger.postings import Wrong, check_account

_PLAIN_SYMBOL = re.compile(r'[^\W\d_]+|[^\s\w\-+.,;:@*"{}=()\[\]?!|/&<>^\'#%~`\\]')
_GAP = re.compile(r"\t|\s\s|[\r\n]")


def dump(journal: Journal, out: TextIO) -> None:
    """Write the whole journal: decimal mark, commodities, accounts, prices, transactions.

    :raises Refused: something can't be written, such as the name of an account; nothing is written then.
    """
    findings = list(_unwritable(journal))
    if findings:
        raise Refused(findings)
    sections = (
        ["decimal-mark .\n"],
        (f"commodity {_example(code, places)}\n" for code, places in journal.exponents.items()),
        (_account(each) for each in journal.accounts),
        (_price(each) for each in journal.prices),
    )
    for section in sections:
        text = ""
        for text in section:
            out.write(text)
        out.write("\n" if text else "")
    for number, each in enumerate(journal.transactions):
        out.write("\n" if number else "")
        out.write(transaction_text(each))


def transaction_text(each: Transaction) -> str:
    """A transaction with its lines, amounts in a column."""
    day = f"{each.date}={each.date2}" if each.date2 else f"{each.date}"
    code = f"({each.code})" if each.code else "()" if _needs_code(each) else ""
    head = " ".join(part for part in (day, each.status, code, each.description) if part)
    width = max((len(_name(line)) for line in each.postings), default=0)
    lines = "".join(_line(line, width) for line in each.postings)
    return f"{head}\n{_comments(each.comment, '  ')}{lines}"


def _needs_code(each: Transaction) -> bool:
    """Whether the description begins like a code, or like a status where there is none: an empty code then stands before it."""
    return each.description[:1] == "(" or (not each.status and each.description[:1] in ("*", "!"))


def _name(line: Posting) -> str:
    return f"{line.status} {line.account}" if line.status else line.account


def _line(line: Posting, width: int) -> str:
    words = [] if line.units is None else [amount_text(line.units)]
    if line.cost is not None:
        words.append(f"{'@@' if line.cost.total else '@'} {amount_text(line.cost.amount)}")
    if line.assertion is not None:
        words.append(f"{line.assertion.sign} {amount_text(line.assertion.amount)}")
    text = f"  {_name(line):{width}}  {' '.join(words)}".rstrip()
    return f"{text}\n{_comments(line.comment, '    ')}"


def _comments(text: str, indent: str) -> str:
    return "".join(f"{indent}; {each}".rstrip() + "\n" for each in text.split("\n")) if text else ""


def amount_text(amount: Amount) -> str:
    """An amount with its commodity behind it, in quotation marks where hledger wants them."""
    return f"{amount.number:f} {_symbol(amount.code)}".rstrip()


def _symbol(code: str) -> str:
    return code if not code or _PLAIN_SYMBOL.fullmatch(code) else f'"{code}"'


def _example(code: str, places: int) -> str:
    return f"1000.{'0' * places} {_symbol(code)}".rstrip()


def _account(each: AccountDecl) -> str:
    tag = f"  ; type: {each.type}" if each.type and "type:" not in each.comment else ""
    return f"account {each.name}{tag}\n{_comments(each.comment, '  ')}"


def _price(each: Price) -> str:
    return f"P {each.date} {_symbol(each.code)} {amount_text(each.amount)}\n"


def _unwritable(journal: Journal) -> Iterator[Finding]:
    names = {each.name for each in journal.accounts} | {line.account for each in journal.transactions for line in each.postings}
    for name in sorted(names):
        try:
            check_account(name)
            fault = "It has two spaces, a tab or a line's end in it." if _GAP.search(name) or name != name.strip() else ""
            fault = fault or ("It begins with a mark or a comment." if name[0] in "*!;" else "")
        except Wrong as error:
            fault = error.message
        if fault:
            message = f"hledger has no account names like {name!r}. {fault}"
            yield Finding("hledger.account_name", message, at=name, fix="Give the account another code.")
    for code in sorted(journal.exponents):
        if '"' in code:
            yield Finding(
                "hledger.commodity", f"hledger has no commodities like {code!r}.", at=code, fix="Count in one without a quotation mark."
            )
