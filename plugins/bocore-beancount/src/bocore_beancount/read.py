"""Read a beancount file into plain data, booked, weighed, and with every reason why it can't be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import NoneType
from typing import Any

from beancount.core import account, amount, data
from beancount.ops.balance import get_balance_tolerance

from bocore import ISO_4217, MAX_CODE_LENGTH, MAX_EXPONENT, MAX_MINOR, Finding, Refused
from bocore_beancount import weigh
from bocore_beancount.ledger import (
    AccountDecl,
    Amount,
    Balance,
    CommodityDecl,
    Cost,
    Directive,
    Ledger,
    Meta,
    MetaValue,
    Posting,
    Price,
    Roots,
    Transaction,
)
from bocore_beancount.parse import load
from bocore_beancount.syntax import marks, metadata, quoted, spelt

# The decimals of a token that no line has units of, only weights; enough for any unit of account that is in use.
DECIMALS_OF_WEIGHTS = 8


def read(path: str | Path, *, within: str | Path = "") -> Ledger:
    """The ledger in a beancount file and the files that it includes.

    :param within: a folder that no included file may lie outside of; the ledger's own unless told.
    :raises Refused: with one finding for each error in the files, at ``file:line``; nothing of a faulty ledger is returned.
    """
    loaded = load(Path(path), within=within)
    entries, options = loaded.entries, loaded.options
    exponents = _exponents(entries, options)
    found: list[Finding] = []
    transactions = tuple(_transaction(entry, exponents, found) for entry in entries if isinstance(entry, data.Transaction))
    found.extend(_unusable_codes(exponents, str(path)))
    if found:
        raise Refused(found)
    return Ledger(
        title=options["title"],
        operating_currencies=tuple(options["operating_currency"]),
        roots=Roots(**{each: options[f"name_{each}"] for each in ("assets", "liabilities", "equity", "income", "expenses")}),
        commodities=tuple(_commodities(entries, exponents)),
        accounts=tuple(_accounts(entries, options)),
        transactions=transactions,
        prices=tuple(_prices(entries)),
        balances=tuple(_balances(entries, options)),
        others=tuple(_others(entries)),
        files=loaded.files,
        warnings=loaded.warnings,
    )


# Transactions, weighed


def _transaction(entry: Any, exponents: Mapping[str, int], found: list[Finding]) -> Transaction:
    file, line = entry.meta["filename"], entry.meta["lineno"]
    units = [_amount(posting.units) for posting in entry.postings]
    costs = [_cost(posting.cost) for posting in entry.postings]
    prices = [None if posting.price is None else _amount(posting.price) for posting in entry.postings]
    weights = [weigh.weight(*parts) for parts in zip(units, costs, prices, strict=True)]
    found.extend(_inexact(entry, units, exponents))
    weighed = weigh.weigh(weights, exponents)
    if not any(_decimals_beyond(each, exponents) for each in units):  # else said already, by line
        found.extend(_left(code, residual, f"{file}:{line}") for code, residual in weighed.left.items())
    found.extend(_too_large(each, exponents, _at(entry, posting)) for each, posting in _large(weighed.amounts, units, entry, exponents))
    return Transaction(
        date=entry.date,
        flag=entry.flag or "*",
        payee=entry.payee,
        narration=entry.narration or "",
        tags=frozenset(entry.tags or ()),
        links=frozenset(entry.links or ()),
        meta=_meta(entry.meta),
        lines=tuple(
            Posting(
                account=posting.account,
                units=units[index],
                amount=weighed.amounts[index],
                cost=costs[index],
                price=prices[index],
                flag=posting.flag,
                meta=_meta(posting.meta),
                line=_line(entry, posting),
            )
            for index, posting in enumerate(entry.postings)
        ),
        file=file,
        line=line,
    )


def _inexact(entry: Any, units: list[Amount], exponents: Mapping[str, int]) -> Iterator[Finding]:
    """Units with more decimals than can be kept: of a currency, its minor unit's; of anything else, 18."""
    for posting, each in zip(entry.postings, units, strict=True):
        if not _decimals_beyond(each, exponents):
            continue
        of = f"{each.code} ({ISO_4217[each.code].name})" if each.code in ISO_4217 else each.code
        fix = f"Round the amount to {exponents[each.code]} decimals; a price or unit cost may have any number of them."
        if (posting.meta or {}).get("__automatic__"):
            fix = f"Beancount worked this amount out: write it on the line, rounded to {exponents[each.code]} decimals."
        message = f"{each} on {posting.account} has {weigh.decimals(each.number)} decimals, and {of} has {exponents[each.code]}."
        yield Finding("beancount.decimals", message, at=_at(entry, posting), fix=fix)


def _decimals_beyond(units: Amount, exponents: Mapping[str, int]) -> bool:
    return weigh.decimals(units.number) > exponents[units.code]


def _left(code: str, residual: Decimal, at: str) -> Finding:
    return Finding(
        "beancount.residual",
        f"The lines leave {residual:f} {code}, which beancount tolerates, but no line has a cost or price that could take it up.",
        at=at,
        fix="Correct an amount so that the lines sum to 0, or add a line for the difference.",
    )


def _large(amounts: Iterable[Amount], units: Iterable[Amount], entry: Any, exponents: Mapping[str, int]) -> Iterator[tuple[Amount, Any]]:
    for weight, unit, posting in zip(amounts, units, entry.postings, strict=True):
        for each in {weight, unit}:
            if abs(each.number.scaleb(exponents[each.code])) > MAX_MINOR:
                yield each, posting


def _too_large(each: Amount, exponents: Mapping[str, int], at: str) -> Finding:
    limit = Amount(Decimal(MAX_MINOR).scaleb(-exponents[each.code]), each.code)
    return Finding(
        "beancount.out_of_range",
        f"{each} can't be kept: with {exponents[each.code]} decimals the most is {limit}.",
        at=at,
        fix="Correct the amount, or count in a larger unit or with fewer decimals.",
    )


def _at(entry: Any, posting: Any) -> str:
    return f"{entry.meta['filename']}:{_line(entry, posting)}"


def _line(entry: Any, posting: Any) -> int:
    return int((posting.meta or {}).get("lineno") or entry.meta["lineno"])


# Codes and their exponents


def _exponents(entries: list[Any], options: Mapping[str, Any]) -> dict[str, int]:
    """Every code in the file and the decimals of its minor unit.

    A currency has those of ISO 4217; anything else the most that a line's units have as they are written, or where none has
    units of it, the most that a weight has.
    """
    written: dict[str, int] = defaultdict(int)
    weighed: dict[str, int] = defaultdict(int)
    codes = set(options["operating_currency"])
    for entry in entries:
        codes.update(_codes(entry))
        for posting in entry.postings if isinstance(entry, data.Transaction) else ():
            units = _amount(posting.units)
            weight = weigh.weight(units, _cost(posting.cost), None if posting.price is None else _amount(posting.price))
            written[units.code] = max(written[units.code], _places(units.number))
            weighed[weight.code] = max(weighed[weight.code], min(weigh.decimals(weight.number), DECIMALS_OF_WEIGHTS))
    tokens = {code: written[code] if code in written else weighed[code] for code in codes | set(written) | set(weighed)}
    return {code: ISO_4217[code].exponent if code in ISO_4217 else places for code, places in sorted(tokens.items())}


def _places(number: Decimal) -> int:
    written = weigh.decimals(number, written=True)
    return min(written if written <= MAX_EXPONENT else weigh.decimals(number), MAX_EXPONENT)


def _codes(entry: Any) -> Iterator[str]:
    if isinstance(entry, data.Open):
        yield from entry.currencies or ()
    elif isinstance(entry, data.Commodity):
        yield entry.currency
    elif isinstance(entry, data.Price):
        yield entry.currency
        yield entry.amount.currency
    elif isinstance(entry, data.Balance):
        yield entry.amount.currency
    elif isinstance(entry, data.Transaction):
        yield from (posting.price.currency for posting in entry.postings if posting.price is not None)


def _unusable_codes(exponents: Mapping[str, int], at: str) -> Iterator[Finding]:
    for code in exponents:
        if len(code) > MAX_CODE_LENGTH:
            message = f"The commodity {code} has a name of {len(code)} characters."
            yield Finding("beancount.commodity", message, at=at, fix=f"Choose one of up to {MAX_CODE_LENGTH}.")


def _commodities(entries: list[Any], exponents: Mapping[str, int]) -> Iterator[CommodityDecl]:
    declared = {entry.currency: entry for entry in entries if isinstance(entry, data.Commodity)}
    for code, exponent in exponents.items():
        if code not in declared:
            yield CommodityDecl(code=code, exponent=exponent)
            continue
        entry = declared[code]
        meta = _meta(entry.meta)
        name = meta.get("name")
        yield CommodityDecl(code=code, exponent=exponent, date=entry.date, name=name if isinstance(name, str) else None, meta=meta)


# The other directives


def _accounts(entries: list[Any], options: Mapping[str, Any]) -> Iterator[AccountDecl]:
    closed: dict[str, date] = {entry.account: entry.date for entry in entries if isinstance(entry, data.Close)}
    usual = options["booking_method"]
    for entry in entries:
        if isinstance(entry, data.Open):
            booking = entry.booking or (usual if usual is not data.Booking.STRICT else None)
            yield AccountDecl(
                name=entry.account,
                opened=entry.date,
                closed=closed.get(entry.account),
                currencies=tuple(entry.currencies or ()),
                booking=booking.name if booking else None,
                meta=_meta(entry.meta),
                file=entry.meta["filename"],
                line=entry.meta["lineno"],
            )


def _prices(entries: list[Any]) -> Iterator[Price]:
    for entry in entries:
        if isinstance(entry, data.Price):
            number, currency = _amount(entry.amount)
            yield Price(date=entry.date, code=entry.currency, number=number, currency=currency, meta=_meta(entry.meta))


def _balances(entries: list[Any], options: Mapping[str, Any]) -> Iterator[Balance]:
    for entry in entries:
        if isinstance(entry, data.Balance):
            asserted, tolerance = _amount(entry.amount), get_balance_tolerance(entry, options)
            places = weigh.decimals(asserted.number, written=True)
            usual = Decimal(1).scaleb(-places) if places else Decimal(0)
            yield Balance(
                date=entry.date,
                account=entry.account,
                amount=asserted,
                tolerance=None if tolerance == usual else tolerance,
                meta=_meta(entry.meta),
            )


def _others(entries: list[Any]) -> Iterator[Directive]:
    """Notes, events, documents, queries and custom directives as text (beancount's printer forgets to escape theirs)."""
    for entry in entries:
        kind = type(entry).__name__.lower()
        if isinstance(entry, (data.Note, data.Document)):
            said = quoted(entry.comment if isinstance(entry, data.Note) else entry.filename)
            words = [entry.account, said, *marks(entry.tags or (), entry.links or ())]
        elif isinstance(entry, data.Event):
            words = [quoted(entry.type), quoted(entry.description)]
        elif isinstance(entry, data.Query):
            words = [quoted(entry.name), quoted(entry.query_string)]
        elif isinstance(entry, data.Custom):
            words = [
                quoted(entry.type),
                *(each.value if each.dtype == account.TYPE else spelt(_value(each.value)) for each in entry.values),
            ]
        else:
            continue
        text = f"{entry.date} {kind} {' '.join(words)}\n{metadata(_meta(entry.meta))}"
        yield Directive(date=entry.date, kind=kind, text=text.rstrip("\n"))


# Values


def _amount(value: Any) -> Amount:
    return Amount(value.number, value.currency)


def _cost(value: Any) -> Cost | None:
    return None if value is None else Cost(value.number, value.currency, value.date, value.label)


def _meta(meta: Mapping[str, Any] | None) -> Meta:
    """What the user wrote; not where it stands, nor what beancount keeps for itself."""
    kept: dict[str, MetaValue] = {}
    for key, value in (meta or {}).items():
        if key not in ("filename", "lineno") and not key.startswith("__"):
            kept[key] = _value(value)
    return kept


def _value(value: Any) -> MetaValue:
    if isinstance(value, amount.Amount):
        return _amount(value)
    return value if isinstance(value, (str, Decimal, date, bool, NoneType)) else str(value)
