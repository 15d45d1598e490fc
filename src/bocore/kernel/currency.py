"""Currencies that ISO 4217 does not list, and rates of exchange by day and kind."""

from __future__ import annotations

import decimal
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bocore.currencies import ISO_4217, Token
from bocore.entities import Entity, entity, field, number
from bocore.errors import BocoreError, Finding, NotFound, UsageError
from bocore.plugins.hooks import hookimpl

if TYPE_CHECKING:
    from bocore.uow import Changes, UnitOfWork

INVERSE_PRECISION = 28
"""Significant digits of a rate that was entered the other way round only."""

_INVERSE = decimal.Context(prec=INVERSE_PRECISION, rounding=decimal.ROUND_HALF_EVEN)


class RateKind(StrEnum):
    """What a rate is for."""

    SPOT = "spot"
    CLOSING = "closing"
    AVERAGE = "average"
    CUSTOMS = "customs"
    CONTRACT = "contract"


@entity("bo_currency", tokens=True)
class Currency(Entity):
    """What money is counted in besides the currencies of ISO 4217, which need no row: loyalty points, a local currency."""

    code: str = field(unique=True, max_length=24, not_blank=True)
    exponent: int = field(ge=0, le=18, doc="decimal places of the smallest unit: 2 for cents")
    name: str = field(default="", max_length=100)


@entity("bo_rate", unique=[("currency", "to_currency", "on", "kind", "source")])
class Rate(Entity):
    """One unit of ``currency`` is ``rate`` units of ``to_currency``, from that day on until a later rate."""

    currency: str = field(max_length=24, not_blank=True)
    to_currency: str = field(max_length=24, not_blank=True)
    on: date
    kind: RateKind = field(default=RateKind.SPOT)
    source: str = field(default="", max_length=50, doc="who published it, e.g. ECB")
    rate: Decimal = number(gt=0)


def find_rate(uow: UnitOfWork, currency: str, to: str, on: date, kind: str = "spot") -> Decimal:
    """What one unit of ``currency`` is worth in ``to``: the latest rate of that kind on the day or before.

    A rate that was entered the other way round counts too: 1 / rate, to 28 significant digits, half even. On one day the direct
    rate goes before the inverse, and of several sources the first by name.

    :raises NotFound: there is none (``bo.no_rate``).
    """
    if currency == to:
        return Decimal(1)
    if kind not in list(RateKind):
        raise UsageError(f"{kind!r} is no kind of rate.", fix=f"There are: {', '.join(RateKind)}.")
    wanted = RateKind(kind)
    direct, inverse = _latest(uow, currency, to, on, wanted), _latest(uow, to, currency, on, wanted)
    if direct is not None and (inverse is None or direct.on >= inverse.on):
        return direct.rate
    if inverse is not None:
        return _INVERSE.divide(Decimal(1), inverse.rate)
    raise NotFound(no_rate(currency, to, on, wanted))


def no_rate(currency: str, to: str, on: date, kind: str = "spot", at: object = None) -> Finding:
    """The finding for a pair of currencies without a rate."""
    fix = f'Add one: Rate(currency="{currency}", to_currency="{to}", on={on!r}, rate=Decimal("…")), or give the base amount.'
    return Finding("bo.no_rate", f"There is no {kind} rate from {currency} to {to} on {on} or before.", at, fix=fix, day=on.isoformat())


def _latest(uow: UnitOfWork, currency: str, to: str, on: date, kind: RateKind) -> Rate | None:
    rates = uow.select(Rate, currency=currency, to_currency=to, kind=kind).where(Rate.c.on <= on)
    return rates.order_by(Rate.c.on.desc(), Rate.c.source).first()


@hookimpl
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterable[Finding]:
    """Refuse currencies that can't be, and rates between what nobody knows."""
    tokens = token_entities(uow)
    if not changes.touch(Rate, *tokens):
        return []
    findings = [finding for cls in tokens for finding in _check_tokens(uow, changes, cls)]
    rates = [*changes.added(Rate), *(change.entity for change in changes.updated(Rate))]
    new = {row.code for cls in tokens for row in changes.added(cls)}
    for row in rates:
        if row.currency == row.to_currency:
            message = f"A rate from {row.currency} to itself means nothing."
            findings.append(Finding("bo.rate", message, row, "to_currency", "Name two currencies."))
        findings += [f for name in ("currency", "to_currency") if (f := _check_code(uow, row, name, new)) is not None]
    return findings


def token_entities(uow: UnitOfWork) -> list[type[Any]]:
    """The entities of all plugins whose rows declare what money can count in."""
    return uow._app.token_classes


def _check_tokens(uow: UnitOfWork, changes: Changes, cls: type[Any]) -> Iterator[Finding]:
    """What a declared token is, it stays: amounts are stored as whole numbers of its smallest unit."""
    for row in changes.added(cls):
        finding = _check_token(uow, row)
        if finding is not None:
            yield finding
    what = cls.__name__
    for change in changes.updated(cls):
        for name in change.new.keys() & {"code", "exponent"}:
            message = f"The {name} of a {what} can't change: amounts are stored in it."
            yield Finding("bo.currency", message, change.entity, name, f"Declare another {what}.")
    for row in changes.removed(cls):
        used = _used_by(uow, row.code)
        if used is not None:
            yield Finding("bo.currency", f"{row.code} can't be deleted: {used} has amounts in it.", row, "code", "Keep the row.")


def _check_token(uow: UnitOfWork, row: Any) -> Finding | None:
    if row.code in ISO_4217:
        fix = f'Delete the row and write Money("12.50", "{row.code}").'
        return Finding("bo.currency", f"{row.code} is a currency of ISO 4217 and needs no row.", row, "code", fix)
    try:
        wanted = Token(row.code, row.exponent, getattr(row, "name", ""))
    except BocoreError as error:
        found = error.findings[0]
        return Finding("bo.currency", found.message, row, "code", found.fix)
    known = uow.tokens.get(row.code)
    if known is None:
        return Finding("bo.currency", f"The code became {row.code} after add.", row, "code", "Give the row its code in the constructor.")
    if known.exponent != wanted.exponent:
        message = f"{row.code} is declared with {known.exponent} decimal places already, and can't have {row.exponent}."
        return Finding("bo.currency", message, row, "exponent", "Give it the places that it has everywhere, or choose another code.")
    return None


def _used_by(uow: UnitOfWork, code: str) -> str | None:
    """The name of an entity that has an amount in this token, if there is one."""
    for spec in uow._app._specs.values():
        cls: type[Any] = spec.cls
        columns = [
            getattr(cls.c, field.name + part.suffix)
            for field in spec.fields.values()
            for part in field.kind.stored
            if part.suffix == "_currency"
        ]
        if columns and uow.rows(sa.select(columns[0]).where(sa.or_(*(column == code for column in columns))).limit(1)):
            return cls.__name__
    return None


def _check_code(uow: UnitOfWork, row: Rate, name: str, new: set[str]) -> Finding | None:
    code = getattr(row, name)
    if code in new:
        return None
    try:
        uow.tokens[code]
    except BocoreError as error:
        return Finding("bo.unknown_currency", error.findings[0].message, row, name, error.findings[0].fix)
    return None
