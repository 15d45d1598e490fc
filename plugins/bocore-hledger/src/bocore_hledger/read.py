"""Read a journal into plain data, with every amount known, or with every reason why it can't be."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import attrs

from bocore import ISO_4217, MAX_CODE_LENGTH, MAX_EXPONENT, MAX_MINOR, Finding, Refused
from bocore_hledger.journal import Amount, Journal, Price, Transaction
from bocore_hledger.parse import Lines, parse
from bocore_hledger.resolve import decimals, resolve
from bocore_hledger.weigh import weigh


def read(path: str | Path, *, symbols: Mapping[str, str] | None = None, year: int | None = None, within: str | Path = "") -> Journal:
    """The journal in a file and in the files that it includes.

    :param symbols: what commodities are called in the books, where that is something else: ``{"$": "USD"}``.
    :param year: that of dates without one.
    :param within: a folder that no included file may lie outside of; the journal's own unless told.
    :raises Refused: with one finding for each error, at ``file:line``; nothing of a faulty journal is returned.
    """
    lines = parse(Path(path), year, within)
    if symbols:
        _rename(lines, symbols)
    found = list(lines.errors)
    places = {**lines.shown, **lines.declared}
    transactions = resolve(lines.transactions, places, found, assertions=not found)
    used = _exponents(lines, transactions)
    found += _unusable(lines, transactions)
    if not found:
        with_nothing = {**used, "": 0}  # nil of no commodity
        found += [each for transaction in transactions for each in _inexact(transaction, with_nothing)]
    if found:
        order = {str(file): number for number, file in enumerate(lines.files)}
        raise Refused(sorted(found, key=lambda each: _place(each, order)))
    return Journal(
        transactions=tuple(transactions),
        accounts=tuple(lines.accounts),
        prices=tuple(lines.prices),
        exponents=used,
        files=tuple(str(each) for each in lines.files),
        warnings=tuple(lines.warnings),
    )


def _place(finding: Finding, order: Mapping[str, int]) -> tuple[int, int]:
    file, _, line = str(finding.at).rpartition(":")
    return order.get(file, 0), int(line) if line.isdecimal() else 0


# ---------------------------------------------------------------- commodities


def _rename(lines: Lines, symbols: Mapping[str, str]) -> None:
    """Call commodities what the books call them, wherever they stand."""

    def named(amount: Amount) -> Amount:
        return Amount(amount.number, symbols.get(amount.code, amount.code))

    for number, each in enumerate(lines.transactions):
        postings = tuple(
            attrs.evolve(
                line,
                units=line.units and named(line.units),
                cost=line.cost and attrs.evolve(line.cost, amount=named(line.cost.amount)),
                assertion=line.assertion and attrs.evolve(line.assertion, amount=named(line.assertion.amount)),
            )
            for line in each.postings
        )
        lines.transactions[number] = attrs.evolve(each, postings=postings)
    for number, price in enumerate(lines.prices):
        lines.prices[number] = attrs.evolve(price, code=symbols.get(price.code, price.code), amount=named(price.amount))
    for table in (lines.shown, lines.priced, lines.declared):
        for code, new in symbols.items():
            if code in table:
                table[new] = max(table.pop(code), table.get(new, 0))


def _exponents(lines: Lines, transactions: list[Transaction]) -> dict[str, int]:
    """The commodities that lines are counted in and the decimals of their minor unit.

    A currency has those of ISO 4217; anything else the most that the journal shows of it, and a currency's sign two at least.
    """
    found = {}
    for code in filter(None, _codes(transactions)):
        shown = max(lines.shown.get(code, lines.priced.get(code, 0)), lines.declared.get(code, 0))
        least = 2 if any(unicodedata.category(each) == "Sc" for each in code) else 0
        found[code] = ISO_4217[code].exponent if code in ISO_4217 else min(max(shown, least), MAX_EXPONENT)
    return dict(sorted(found.items()))


def _codes(transactions: list[Transaction]) -> Iterator[str]:
    for each in transactions:
        for line in each.postings:
            if line.units is not None:
                yield line.units.code
            if line.cost is not None:
                yield line.cost.amount.code


def _unusable(lines: Lines, transactions: list[Transaction]) -> Iterator[Finding]:
    """Commodities whose names the books can't have, each at the first line that has it."""
    seen = set()
    for each in transactions:
        for line in each.postings:
            for amount in (line.units, line.cost and line.cost.amount):
                code = amount.code if amount else ""
                if not code or code in seen:
                    continue
                seen.add(code)
                if len(code) > MAX_CODE_LENGTH or not code.isprintable() or any(char.isspace() for char in code):
                    fix = (
                        f'Say what the books are to call it: --commodity "{code}=CODE", up to {MAX_CODE_LENGTH} characters without spaces.'
                    )
                    message = f"The books can't have a commodity called {code!r}."
                    yield Finding("hledger.commodity", message, at=each.place(line), fix=fix)


# ---------------------------------------------------------------- amounts


def _inexact(each: Transaction, exponents: Mapping[str, int]) -> Iterator[Finding]:
    """What of a transaction can't be kept to the last digit."""
    beyond = False
    for line in each.postings:
        if line.units is None or line.inferred or decimals(line.units.number) <= exponents[line.units.code]:
            continue
        beyond = True
        places = exponents[line.units.code]
        message = f"{line.units} on {line.account} has {decimals(line.units.number)} decimals, and {line.units.code} has {places}."
        fix = f"Round the amount to {places} decimals; a price may have any number of them."
        yield Finding("hledger.decimals", message, at=each.place(line), fix=fix)
    if beyond:
        return
    weighed, left = weigh(each.postings, exponents)
    for code, residual in left.items():
        message = f"The lines leave {residual:f} {code}, which hledger does not show, but no line has a cost that could take it up."
        yield Finding("hledger.residual", message, at=each.at, fix="Correct an amount so that the lines sum to 0.")
    for line, amounts in zip(each.postings, weighed, strict=True):
        for amount in {amounts.units, amounts.amount}:
            if abs(amount.number.scaleb(exponents[amount.code])) > MAX_MINOR:
                limit = Amount(Decimal(MAX_MINOR).scaleb(-exponents[amount.code]), amount.code)
                message = f"{amount} can't be kept: with {exponents[amount.code]} decimals the most is {limit}."
                fix = "Correct the amount, or count in a larger unit."
                yield Finding("hledger.out_of_range", message, at=each.place(line), fix=fix)


def usable(prices: tuple[Price, ...], codes: Mapping[str, int]) -> Iterator[Price]:
    """The prices between what the books have; of several of one day the last counts."""
    last = {(each.date, each.code, each.amount.code): each for each in prices}
    known = codes.keys() | ISO_4217.keys()
    for each in last.values():
        if each.code in known and each.amount.code in known and each.code != each.amount.code and each.amount.number > 0:
            yield each
