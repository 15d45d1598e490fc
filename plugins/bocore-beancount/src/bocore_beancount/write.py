"""Write a ledger as a beancount file that beancount reads back without a word, with the same balances lot by lot."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from decimal import Context, Decimal
from hashlib import sha256
from typing import TextIO

from beancount.core import account

from bocore import Finding, Refused
from bocore_beancount import weigh
from bocore_beancount.ledger import AccountDecl, Amount, Balance, CommodityDecl, Cost, Ledger, Posting, Price, Transaction
from bocore_beancount.syntax import marks, metadata, quoted

_CODE = re.compile(r"[A-Z]([A-Z0-9'._-]*[A-Z0-9])?|/[A-Z0-9'._-]*[A-Z]([A-Z0-9'._-]*[A-Z0-9])?")
_RESERVED_CODES = frozenset({"TRUE", "FALSE", "NULL"})
_TAG = re.compile(r"[A-Za-z0-9_/.-]+")
_KEY = re.compile(r"[a-z][a-zA-Z0-9_-]+")
_FLAG = re.compile(r"[A-Z!&#?%*]")
_HALF = Decimal("0.5")
_EXACT = Context(prec=200)


def dump(ledger: Ledger, out: TextIO, *, assertions: bool = True) -> None:
    """Write the whole ledger: options, commodities, accounts, transactions, prices, and what else it carries.

    Reductions name their lot in full (unit cost, date, label), so that beancount finds the one they were booked against.

    :param assertions: write the balance assertions too.
    :raises Refused: beancount's syntax has no way to write something, such as an account's name; nothing is written then.
    """
    findings = list(_unwritable(ledger))
    if findings:
        raise Refused(findings)
    unbooked = _accounts_of_look_alike_lots(ledger)
    sections = (
        _options(ledger),
        (_commodity(each) for each in ledger.commodities if each.date),
        (_open(each, "NONE" if each.name in unbooked else each.booking) for each in ledger.accounts),
        (_transaction(each) for each in ledger.transactions),
        (_balance(each) for each in ledger.balances if assertions),
        (f"{each.text}\n" for each in ledger.others),
        (_price(each) for each in ledger.prices),
        (f"{each.closed} close {each.name}\n" for each in ledger.accounts if each.closed),
    )
    for section in sections:
        chunk = ""
        for chunk in section:
            out.write(chunk)
        out.write("\n" if chunk else "")


def keys(transactions: Iterable[Transaction]) -> list[str]:
    """A key for each transaction, made of all that it says: to know it again when its file is read a second time.

    Place and layout play no part, and numbers count by value. Of transactions that say the same, each has a key of its own,
    by their order.
    """
    seen: Counter[str] = Counter()
    made = []
    for transaction in transactions:
        body = sha256(_transaction(transaction, plain=True).encode()).hexdigest()
        seen[body] += 1
        made.append(f"{body[:40]}.{seen[body]}")
    return made


def is_code(code: str) -> bool:
    """Whether beancount can read it as a commodity."""
    return bool(_CODE.fullmatch(code)) and code not in _RESERVED_CODES


def transaction_text(each: Transaction) -> str:
    """A transaction as beancount text, without an empty line at its end."""
    return _transaction(each).rstrip("\n")


# Options


def _options(ledger: Ledger) -> Iterator[str]:
    if ledger.title:
        yield f'option "title" {quoted(ledger.title)}\n'
    for root, name in zip(("assets", "liabilities", "equity", "income", "expenses"), _roots(ledger), strict=True):
        if name != root.title():
            yield f'option "name_{root}" {quoted(name)}\n'
    for currency in ledger.operating_currencies:
        yield f'option "operating_currency" {quoted(currency)}\n'
    for code, tolerance in sorted(_tolerances(ledger.transactions).items()):
        yield f'option "inferred_tolerance_default" "{code}:{tolerance:f}"\n'


def _roots(ledger: Ledger) -> tuple[str, ...]:
    roots = ledger.roots
    return roots.assets, roots.liabilities, roots.equity, roots.income, roots.expenses


def _tolerances(transactions: Iterable[Transaction]) -> dict[str, Decimal]:
    """By currency, the tolerance that must be asked for, because some transaction leaves more than its own digits allow for."""
    needed: dict[str, Decimal] = {}
    for transaction in transactions:
        left = weigh.residuals(_weight(line) for line in transaction.lines)
        for code, residual in left.items():
            places = [weigh.decimals(line.units.number, written=True) for line in transaction.lines if line.units.code == code]
            inferred = _HALF.scaleb(-max(places)) if any(places) else Decimal(0)
            if abs(residual) > inferred:
                needed[code] = max(needed.get(code, Decimal(0)), abs(residual))
    return needed


def _weight(line: Posting) -> weigh.Weight | Amount:
    return line.amount if _at_total(line) else weigh.weight(line.units, line.cost, line.price)


# Directives


def _commodity(each: CommodityDecl) -> str:
    meta = dict(each.meta)
    if each.name is not None:
        meta.setdefault("name", each.name)
    return f"{each.date} commodity {each.code}\n{metadata(meta)}"


def _open(each: AccountDecl, booking: str | None) -> str:
    currencies = f" {','.join(each.currencies)}" if each.currencies else ""
    return f"{each.opened} open {each.name}{currencies}{f' {quoted(booking)}' if booking else ''}\n{metadata(each.meta)}"


def _accounts_of_look_alike_lots(ledger: Ledger) -> set[str]:
    """Accounts with lots that differ only in one having no label: beancount has no way to name that one.

    They are opened with the booking method NONE, under which beancount takes each cost as it is written.
    """
    labels: dict[tuple[object, ...], set[str | None]] = defaultdict(set)
    for transaction in ledger.transactions:
        for line in transaction.lines:
            if line.cost is not None:
                cost = line.cost
                labels[line.account, line.units.code, cost.number, cost.currency, cost.date].add(cost.label)
    return {str(key[0]) for key, found in labels.items() if None in found and len(found) > 1}


def _price(each: Price) -> str:
    return f"{each.date} price {each.code} {Amount(each.number, each.currency)}\n{metadata(each.meta)}"


def _balance(each: Balance) -> str:
    tolerance = f" ~ {each.tolerance:f}" if each.tolerance is not None else ""
    return f"{each.date} balance {each.account} {each.amount.number:f}{tolerance} {each.amount.code}\n{metadata(each.meta)}"


def _transaction(each: Transaction, *, plain: bool = False) -> str:
    """A transaction with its lines; ``plain`` leaves out the zeros at the end of numbers."""
    words = [str(each.date), each.flag]
    if each.payee is not None:
        words.append(quoted(each.payee))
    words.append(quoted(each.narration))
    words.extend(marks(each.tags, each.links))
    lines = "".join(_line(line, plain) for line in each.lines)
    return f"{' '.join(words)}\n{metadata(each.meta)}{lines}\n"


def _line(line: Posting, plain: bool) -> str:
    units = Amount(_bare(line.units.number), line.units.code) if plain else line.units
    words = [f"  {line.flag} {line.account}" if line.flag else f"  {line.account}", f" {units}"]
    if line.cost is not None:
        words.append(_cost(line.cost, plain))
    if line.price is not None:
        words.append(f"@ {Amount(_bare(line.price.number), line.price.code) if plain else line.price}")
    elif _at_total(line):
        words.append(f"@@ {Amount(abs(line.amount.number), line.amount.code)}")
    return f"{' '.join(words)}\n{metadata(line.meta, indent='    ')}"


def _at_total(line: Posting) -> bool:
    """Whether a line balances in something else than its units, with neither cost nor price to say so."""
    return line.cost is None and line.price is None and line.amount.code != line.units.code


def _cost(cost: Cost, plain: bool) -> str:
    label = f", {quoted(cost.label)}" if cost.label is not None else ""
    return f"{{{Amount(_bare(cost.number) if plain else cost.number, cost.currency)}, {cost.date}{label}}}"


def _bare(number: Decimal) -> Decimal:
    return number.normalize(_EXACT)


# What can't be written


def _unwritable(ledger: Ledger) -> Iterator[Finding]:
    """What beancount has no way to write: names, codes, balances that it would refuse."""
    roots = set(_roots(ledger))
    accounts = {each.name for each in ledger.accounts}
    for name in sorted(accounts):
        if name.split(":")[0] not in roots or not account.is_valid(name):
            fix = f"Begin it with {', '.join(sorted(roots))}, then name parts that begin with a capital or a digit, joined by colons."
            yield Finding("beancount.account_name", f"Beancount has no account names like {name!r}.", at=name, fix=fix)
    codes = {each.code for each in ledger.commodities}
    for transaction in ledger.transactions:
        codes.update(line.units.code for line in transaction.lines)
        codes.update(line.amount.code for line in transaction.lines)
        for message in _faults(transaction, accounts):
            yield Finding("beancount.unwritable", message, at=_place(transaction), fix="Correct the transaction, or leave it out.")
    for code in sorted(codes):
        if not is_code(code):
            fix = "Use capitals, digits and '._- between them; begin with a capital."
            yield Finding("beancount.commodity", f"Beancount has no commodities like {code!r}.", at=code, fix=fix)


def _faults(each: Transaction, accounts: set[str]) -> Iterator[str]:
    if not _FLAG.fullmatch(each.flag):
        yield f"Beancount has no flag {each.flag!r}."
    for tag in sorted({*each.tags, *each.links}):
        if not _TAG.fullmatch(tag):
            yield f"Beancount has no tags or links like {tag!r}."
    for key in [*each.meta, *(key for line in each.lines for key in line.meta)]:
        if not _KEY.fullmatch(key) or key in ("filename", "lineno"):
            yield f"Beancount has no metadata keys like {key!r}."
    for line in each.lines:
        if line.account not in accounts:
            yield f"The account {line.account} is not among the ledger's accounts."
        if line.flag and not _FLAG.fullmatch(line.flag):
            yield f"Beancount has no flag {line.flag!r}."
        if _at_total(line) and line.units.number * line.amount.number <= 0:
            yield f"Beancount can't say that {line.units} on {line.account} balance as {line.amount}."


def _place(each: Transaction) -> str:
    return each.at if each.file else f"{each.date} {each.narration}".strip()
