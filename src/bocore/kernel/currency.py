"""Currencies that ISO 4217 does not list, and rates of exchange by day and kind."""

from __future__ import annotations

import decimal
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import attrs
import sqlalchemy as sa

from bocore.currencies import ISO_4217, Token
from bocore.entities import Entity, entity, field, number
from bocore.errors import BocoreError, Finding, NotFound, UsageError
from bocore.kernel.settings import KernelSettings
from bocore.plugins.hooks import concerns, hookimpl

if TYPE_CHECKING:
    from bocore.uow import Changes, UnitOfWork

INVERSE_PRECISION = 28
"""Significant digits of a rate that was entered the other way round only."""

_INVERSE = decimal.Context(prec=INVERSE_PRECISION, rounding=decimal.ROUND_HALF_EVEN)
_EXACT = decimal.Context(prec=10_000, traps=[decimal.Inexact, decimal.InvalidOperation])


class RateKind(StrEnum):
    """What a rate is for."""

    SPOT = "spot"
    CLOSING = "closing"
    AVERAGE = "average"
    CUSTOMS = "customs"
    CONTRACT = "contract"


@entity("bo_currency", read="*", write="bo.setup", tokens=True)
class Currency(Entity):
    """What money is counted in besides the currencies of ISO 4217, which need no row: loyalty points, a local currency."""

    code: str = field(unique=True, max_length=24, not_blank=True)
    exponent: int = field(ge=0, le=18, doc="decimal places of the smallest unit: 2 for cents")
    name: str = field(default="", max_length=100)


@entity("bo_rate", read="*", write=("bo.rates", "bo.setup"), unique=[("currency", "to_currency", "on", "kind", "source")])
class Rate(Entity):
    """One unit of ``currency`` is ``rate`` units of ``to_currency``, from that day on until a later rate."""

    currency: str = field(max_length=24, not_blank=True)
    to_currency: str = field(max_length=24, not_blank=True)
    on: date
    kind: RateKind = field(default=RateKind.SPOT)
    source: str = field(default="", max_length=50, doc="who published it, e.g. ECB")
    rate: Decimal = number(gt=0)


@attrs.frozen
class RateStep:
    """One rate that was entered, as it is used.

    :param inverted: it was entered the other way round: ``rate`` units of ``currency`` are one of ``to``.
    """

    currency: str
    to: str
    rate: Decimal
    on: date
    source: str
    inverted: bool

    def __str__(self) -> str:
        said = ", ".join(filter(None, [self.source, self.on.isoformat(), "inverted" if self.inverted else ""]))
        return f"{self.currency} → {self.to} {self.rate} ({said})"


@attrs.frozen
class FoundRate:
    """A rate, and the one or two rates that it was made of."""

    rate: Decimal
    steps: tuple[RateStep, ...]

    def __str__(self) -> str:
        return "; ".join(map(str, self.steps)) or "the same currency"


def find_rate(uow: UnitOfWork, currency: str, to: str, on: date, kind: str = "spot", source: str | None = None) -> Decimal:
    """What one unit of ``currency`` is worth in ``to``: the latest rate of that kind on the day or before.

    A rate that was entered the other way round counts too: 1 / rate, to 28 significant digits, half even. On one day the direct
    rate goes before the inverse, and of several sources those of the setting ``rate_sources`` first, then by name. Where there is
    neither, the rate over a third currency counts (setting ``rate_via``, EUR unless told: the ECB publishes no other pairs); it is
    rounded once, to 28 digits, and exact where neither of its parts is inverted. :func:`trace_rate` names the rates that were used.

    :param source: take no other source's rates.
    :raises NotFound: there is none (``bo.no_rate``).
    """
    return trace_rate(uow, currency, to, on, kind, source).rate


def trace_rate(uow: UnitOfWork, currency: str, to: str, on: date, kind: str = "spot", source: str | None = None) -> FoundRate:
    """As :func:`find_rate`, with the rates that it comes from: who published them, for which day."""
    if currency == to:
        return FoundRate(Decimal(1), ())
    if kind not in list(RateKind):
        raise UsageError(f"{kind!r} is no kind of rate.", fix=f"There are: {', '.join(RateKind)}.")
    look = _LookUp(uow, on, RateKind(kind), source)
    direct = look.step(currency, to)
    if direct is not None:
        return FoundRate(_product([direct]), (direct,))
    via = uow.settings(KernelSettings).rate_via
    if via and via not in (currency, to):
        first, second = look.step(currency, via), look.step(via, to)
        if first is not None and second is not None:
            return FoundRate(_product([first, second]), (first, second))
    raise NotFound(no_rate(currency, to, on, kind, source=source, via=via if via not in (currency, to) else ""))


def no_rate(
    currency: str, to: str, on: date, kind: str = "spot", at: object = None, *, source: str | None = None, via: str = ""
) -> Finding:
    """The finding for a pair of currencies without a rate."""
    more = "" if kind == "spot" else f', kind="{kind}"'
    more += "" if source is None else f', source="{source}"'
    fix = f'Add one: Rate(currency="{currency}", to_currency="{to}", on={on!r}, rate=Decimal("…"){more}), or give the base amount.'
    whose = "" if source is None else f" of {source}"
    message = f"There is no {kind} rate{whose} from {currency} to {to} on {on} or before{f', nor one over {via}' if via else ''}."
    return Finding("bo.no_rate", message, at, fix=fix, day=on.isoformat())


@attrs.frozen
class _LookUp:
    """Which rates count."""

    uow: UnitOfWork
    on: date
    kind: RateKind
    source: str | None

    def step(self, currency: str, to: str) -> RateStep | None:
        """The latest rate between two currencies, whichever way round it was entered."""
        direct, inverse = self._latest(currency, to), self._latest(to, currency)
        if direct is not None and (inverse is None or direct.on >= inverse.on):
            return RateStep(currency, to, direct.rate, direct.on, direct.source, False)
        return None if inverse is None else RateStep(currency, to, inverse.rate, inverse.on, inverse.source, True)

    def _latest(self, currency: str, to: str) -> Rate | None:
        rates = self.uow.select(Rate, currency=currency, to_currency=to, kind=self.kind).where(Rate.c.on <= self.on)
        if self.source is not None:
            return rates.where(source=self.source).order_by(Rate.c.on.desc()).first()
        first = [name for part in self.uow.settings(KernelSettings).rate_sources.split(",") if (name := part.strip())]
        rank = [sa.case({name: place for place, name in enumerate(first)}, value=Rate.c.source, else_=len(first))] if first else []
        return rates.order_by(Rate.c.on.desc(), *rank, Rate.c.source).first()


def _product(steps: list[RateStep]) -> Decimal:
    """The rates multiplied: exact where none is inverted, else rounded once."""
    above, below = Decimal(1), Decimal(1)
    for step in steps:
        if step.inverted:
            below = _EXACT.multiply(below, step.rate)
        else:
            above = _EXACT.multiply(above, step.rate)
    return above if below == 1 else _INVERSE.divide(above, below)


@hookimpl
@concerns(Rate, lambda spec: spec.tokens)
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterable[Finding]:
    """Refuse currencies that can't be, and rates between what nobody knows."""
    tokens = token_entities(uow)
    findings = [finding for cls in tokens for finding in _check_tokens(uow, changes, cls)]
    rates = [*changes.added(Rate), *(change.entity for change in changes.updated(Rate))]
    new = {row.code for cls in tokens for row in changes.added(cls)}
    for row in rates:
        findings += check_pair(uow, row.currency, row.to_currency, row, new)
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


def check_pair(uow: UnitOfWork, currency: str, to: str, at: object, new: set[str] | None = None) -> list[Finding]:
    """What is wrong with the two currencies of a rate.

    :param new: codes that the unit of work is about to declare.
    """
    if currency == to:
        message = f"A rate from {currency} to itself means nothing."
        return [Finding("bo.rate", message, at, "to_currency", "Name two currencies.")]
    findings = []
    for name, code in (("currency", currency), ("to_currency", to)):
        if code in (new or ()):
            continue
        try:
            uow.tokens[code]
        except BocoreError as error:
            findings.append(Finding("bo.unknown_currency", error.findings[0].message, at, name, error.findings[0].fix))
    return findings
