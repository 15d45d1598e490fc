"""What is wrong with a voucher before anything is looked up: types, names and dates of all its parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from bocore.amounts import Money
from bocore.currencies import Token
from bocore.entities import Entity
from bocore.errors import BocoreError, Finding, UsageError
from bocore.kernel.items import ItemKind
from bocore.kernel.texts import check_templates
from bocore.kernel.voucher import IF_CLOSED, NATURES, Line, Source, TaxFact, Voucher

REVERSAL = ":reversal"
"""What is added to the key of a voucher for its reversal, so that a key has to leave room for it."""
_TEXTS = (("key", 200, True), ("kind", 100, True), ("text", 1000, False), ("book", 50, False), ("reverses", 200, False))
_DATES = ("document_date", "posting_date", "tax_date")


def check_voucher(voucher: Any, tokens: Mapping[str, Token], *, templates: bool = True) -> list[Finding]:
    """Everything that can be said of a voucher by itself; empty where it is well formed.

    :param templates: check what the texts name; a reversal has those of its original.
    :raises UsageError: it is no Voucher, or its source was never added.
    """
    if not isinstance(voucher, Voucher):
        raise UsageError(f"{voucher!r} is no Voucher.", fix='uow.post(Voucher(key="…", kind="…", lines=[…]))')
    at = f"voucher {voucher.key}"
    findings = [] if _has_plain_head(voucher) else list(_check_head(voucher, at))
    if templates and not findings:
        findings = [*_text(voucher.key, "key", at, 200 - len(REVERSAL)), *check_templates(voucher)]
    if not voucher.lines:
        findings.append(Finding("bo.no_lines", "The voucher has no lines.", at, "lines", "Give two lines or more that add up to 0."))
    for position, line in enumerate(voucher.lines, 1):
        if type(line) is not Line or not _is_plain_line(line, tokens):
            findings += _check_line(line, f"{at} line {position}", tokens)
    return findings


def _is_plain_line(line: Any, tokens: Mapping[str, Token]) -> bool:
    """True where :func:`_check_line` has surely nothing to say: of most lines, in a fifth of its time."""
    return (
        type(line.purpose) is str
        and 0 < len(line.purpose) <= 100
        and type(line.amount) is Money
        and tokens.get(line.amount.currency) is line.amount.token
        and not line.by
        and not line.dims
        and (line.party is None or type(line.party) is int)
        and line.base is None
        and line.partner is None
        and line.opens is None
        and line.settles is None
        and line.kind is None
        and line.due is None
        and line.service is None
        and line.quantity is None
        and line.tax is None
        and line.account is None
    )


def _has_plain_head(voucher: Voucher) -> bool:
    """True where :func:`_check_head` has surely nothing to say."""
    return (
        type(voucher.key) is str
        and type(voucher.kind) is str
        and type(voucher.text) is str
        and 0 < len(voucher.key) <= 200
        and 0 < len(voucher.kind) <= 100
        and len(voucher.text) <= 1000
        and (voucher.document_date is None or type(voucher.document_date) is date)
        and (voucher.posting_date is None or type(voucher.posting_date) is date)
        and voucher.nature in NATURES
        and voucher.if_closed in IF_CLOSED
        and voucher.book is None
        and voucher.reverses is None
        and voucher.tax_date is None
        and voucher.source is None
    )


def _check_head(voucher: Voucher, at: str) -> Iterator[Finding]:
    for name, length, required in _TEXTS:
        yield from _text(getattr(voucher, name), name, at, length, required)
    for name in _DATES:
        yield from _date(getattr(voucher, name), name, at)
    for name, known in (("nature", NATURES), ("if_closed", IF_CLOSED)):
        value = getattr(voucher, name)
        if value not in known:
            yield Finding("bo.voucher", f"{value!r} is no {name}.", at, name, f"Choose one of: {', '.join(known)}.")
    source: Any = voucher.source
    if source is None:
        return
    if not isinstance(source, Source):
        yield Finding("bo.voucher", f"The source is {type(source).__name__}.", at, "source", 'Write Source(row, event="…", label="…").')
        return
    yield from _text(source.event, "source.event", at, 100)
    yield from _text(source.label, "source.label", at, 500)
    if source.entity is not None:
        row: Any = source.entity
        if not isinstance(row, Entity):
            yield Finding("bo.voucher", f"{source.entity!r} is no entity.", at, "source", "Give the row that the voucher comes from.")
        elif not hasattr(row, "id"):
            raise UsageError(f"The source of {at}, {source.entity!r}, was not added yet.", fix="uow.add(row) first: it gives the id.")


def _check_line(line: Any, at: str, tokens: Mapping[str, Token]) -> Iterator[Finding]:
    if not isinstance(line, Line):
        yield Finding("bo.voucher", f"{line!r} is no Line.", at, fix='Write Line("cash", Money("28.00", "EUR")).')
        return
    yield from _text(line.purpose, "purpose", at, 100, required=True)
    yield from _money(line.amount, "amount", at, tokens)
    if line.base is not None:
        yield from _money(line.base, "base", at, tokens)
    for name, kinds in (("by", (str, int)), ("dims", (str,))):
        value = getattr(line, name)
        if value and not (isinstance(value, Mapping) and all(type(k) is str and type(v) in kinds for k, v in value.items())):
            yield Finding("bo.voucher", f"{value!r} can't be {name}.", at, name, f'Write {name}={{"name": "value"}}, texts only.')
    for name in ("party", "partner"):
        value = getattr(line, name)
        if isinstance(value, Entity):
            if not hasattr(value, "id"):
                raise UsageError(f"The {name} of {at}, {value!r}, was not added yet.", fix="uow.add(row) first: it gives the id.")
        elif value is not None and type(value) is not int:
            yield Finding("bo.voucher", f"{value!r} is no {name}.", at, name, "Give the row or its id.")
    for name in ("opens", "settles", "account"):
        if (value := getattr(line, name)) is not None:
            yield from _text(value, name, at, 200, required=True)
    if line.opens is not None or line.kind is not None:
        yield from _item(line, at)
    yield from _details(line, at, tokens)


def _item(line: Line, at: str) -> Iterator[Finding]:
    """A line does one thing to one open item."""
    if line.opens is not None and line.settles is not None:
        message = f"The line opens {line.opens} and settles {line.settles}."
        yield Finding("bo.voucher", message, at, "settles", "Make two lines of it: one item a line.")
    if line.kind is None:
        return
    known = list(ItemKind)
    if line.kind not in known:
        yield Finding("bo.voucher", f"{line.kind!r} is no kind of open item.", at, "kind", f"Choose one of: {', '.join(known)}.")
    elif line.opens is None:
        yield Finding("bo.voucher", "The line has a kind and opens no item.", at, "kind", "Give it opens=KEY, or leave the kind out.")


def _details(line: Line, at: str, tokens: Mapping[str, Token]) -> Iterator[Finding]:
    yield from _date(line.due, "due", at)
    if line.quantity is not None and not (type(line.quantity) is Decimal and line.quantity.is_finite()):
        yield Finding("bo.voucher", f"{line.quantity!r} is no quantity.", at, "quantity", "Give a finite Decimal.")
    if line.service is not None and not _is_period(line.service):
        yield Finding("bo.voucher", f"{line.service!r} is no period.", at, "service", "Give its first and last day: (date(…), date(…)).")
    tax: Any = line.tax
    if tax is None:
        return
    if not isinstance(tax, TaxFact):
        yield Finding("bo.voucher", f"{tax!r} is no TaxFact.", at, "tax", "Write TaxFact(code, base, tax, rate, …).")
        return
    yield from _text(tax.code, "tax.code", at, 100, required=True)
    yield from _text(tax.registration, "tax.registration", at, 100)
    yield from _money(tax.base, "tax.base", at, tokens)
    yield from _money(tax.tax, "tax.tax", at, tokens)
    yield from _date(tax.on, "tax.on", at)
    if tax.declared is not None:
        yield Finding("bo.voucher", "tax.declared is set by bocore.", at, "tax.declared", "Leave it out; the tax point is tax.on.")
    if tax.rate is not None and not (type(tax.rate) is Decimal and tax.rate.is_finite()):
        yield Finding("bo.voucher", f"{tax.rate!r} is no rate of tax.", at, "tax.rate", 'Give a Decimal, in percent: Decimal("20").')
    if tax.direction not in ("output", "input"):
        yield Finding("bo.voucher", f"{tax.direction!r} is no direction of tax.", at, "tax.direction", 'Say "output" or "input".')


def _text(value: Any, name: str, at: str, length: int, required: bool = False) -> Iterator[Finding]:
    if value is None and name in ("book", "reverses"):
        return
    if type(value) is not str:
        yield Finding("bo.voucher", f"{name} is {value!r}.", at, name, "Give text.")
    elif required and not value:
        yield Finding("bo.voucher", f"{name} is empty.", at, name, "Give a name.")
    elif len(value) > length:
        yield Finding("bo.voucher", f"{name} has {len(value)} characters, at most {length} are allowed.", at, name, "Shorten it.")


def _date(value: Any, name: str, at: str) -> Iterator[Finding]:
    if value is not None and type(value) is not date:
        yield Finding("bo.voucher", f"{name} is {value!r}.", at, name, "Give a datetime.date.")


def _money(value: Any, name: str, at: str, tokens: Mapping[str, Token]) -> Iterator[Finding]:
    if type(value) is not Money:
        yield Finding("bo.voucher", f"{name} is {value!r}.", at, name, 'Give Money: Money("28.00", "EUR").')
        return
    try:
        known = tokens[value.currency] == value.token
    except BocoreError:
        known = False
    if not known:
        message = f"{value.currency} with {value.token.exponent} decimals is neither an ISO 4217 currency nor a declared token."
        yield Finding("bo.unknown_currency", message, at, name, "Declare it first, as a Currency or a Commodity.")


def _is_period(value: Any) -> bool:
    return type(value) is tuple and len(value) == 2 and all(type(day) is date for day in value) and value[0] <= value[1]
