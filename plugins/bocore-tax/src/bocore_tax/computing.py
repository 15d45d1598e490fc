"""Computing tax for other plugins: requests in, answers with tax facts out, and voucher lines of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import attrs

from bocore import Entity, Finding, Line, Money, TaxFact, UnitOfWork, hookimpl, largest_remainder, uncollected
from bocore_tax.declare import RATELESS, DatedRate, Tax, TaxKind
from bocore_tax.kernel import Levy, Taxable, Taxed, compute
from bocore_tax.places import wrong_place
from bocore_tax.requests import Charge, TaxAnswer, TaxRequest
from bocore_tax.settings import TaxSettings
from bocore_tax.tables import Tables, chain, country, registration_for, tables

OUTPUT, INPUT, WITHHOLDING = "tax.output", "tax.input", "tax.withholding"
"""Purposes of the lines that carry tax facts."""


def tax(uow: UnitOfWork, requests: Iterable[TaxRequest]) -> list[TaxAnswer]:
    """The tax of amounts, an answer each, in order.

    :raises Refused: with everything that is wrong: no rule or rate for a place and date, an unknown class or code, no registration.
    """
    asked = list(requests)
    if not asked:
        return []
    answers: Sequence[TaxAnswer] = uow.hook.bo_tax_compute(uow=uow, requests=asked)
    return list(answers)


@hookimpl
def bo_tax_compute(uow: UnitOfWork, requests: Sequence[TaxRequest]) -> Sequence[TaxAnswer]:
    """By the codes, rates and rules of the packs and of the firm."""
    with uncollected():
        asking = _Asking(uow)
        found = [asking.look_up(at, request) for at, request in enumerate(requests)]
        if asking.findings:
            uow.refuse(*asking.findings)
        taxed = _compute(uow, requests, [one.levies for one in found])
        return [_answer(*one) for one in zip(requests, found, taxed, strict=True)]


def tax_lines(
    answers: Iterable[TaxAnswer],
    *,
    by: Mapping[str, str | int] | None = None,
    dims: Mapping[str, str] | None = None,
    party: Entity | int | None = None,
) -> list[Line]:
    """The voucher lines of the taxes of a document, one a tax and rate, with their tax facts; also those on which nothing is charged.

    Besides them the document posts its net amounts, the cost that is not given back (``answer.cost``), and what is payable.

    :param by, dims, party: of each line.
    """
    groups: dict[tuple[Any, ...], list[Charge]] = {}
    for answer in answers:
        for charge in answer.charges:
            fact = charge.fact
            key = (charge.purpose, charge.code, charge.rate, fact.direction, fact.registration, fact.on, fact.tax.currency)
            groups.setdefault(key, []).append(charge)
    return [
        Line(
            same[0].purpose,
            _sum(one.amount for one in same),
            by={"tax": same[0].code, **(by or {})},
            dims=dict(dims or {}),
            party=party,
            tax=attrs.evolve(same[0].fact, base=_sum(one.fact.base for one in same), tax=_sum(one.fact.tax for one in same)),
        )
        for same in groups.values()
    ]


def _sum(amounts: Iterable[Money]) -> Money:
    first, *rest = amounts
    return sum(rest, first)


# ---------------------------------------------------------------- which taxes


class _Side(NamedTuple):
    """What is the same of a tax in every request that has it in one direction."""

    tax: Tax
    rate: Decimal | None
    kind: str
    direction: str
    sign: int
    purpose: str
    posted: int
    """Sign of the line: of a withheld tax the other one than of its fact's base."""


@attrs.frozen
class _Found:
    """The taxes of a request by the rate of its day, and where they are declared.

    :param sides: of each tax the facts that it makes: of a reverse charge on a purchase first what the buyer owes.
    :param shared: of each tax the percentage that is given back, where that is not all.
    """

    registration: str = ""
    levies: tuple[Levy, ...] = ()
    sides: tuple[tuple[_Side, ...], ...] = ()
    shared: tuple[Decimal | None, ...] = ()


class _Asking:
    """Looks up codes and rates; collects what is wrong, so that all of it is said at once."""

    def __init__(self, uow: UnitOfWork) -> None:
        self.uow = uow
        self.company = uow.company_id
        self.known: Tables = tables(uow)
        self.findings: list[Finding] = []
        self.lenient = uow.settings(TaxSettings).unregistered == "none"
        self.before: dict[tuple[Any, ...], _Found] = {}

    def look_up(self, at: int, request: TaxRequest) -> _Found:
        """The taxes of a request."""
        where = f"tax request {request.key or at + 1}"
        if wrong := list(_malformed(request, where)):
            self.findings += wrong
            return _Found()
        key = (
            request.place, request.on, request.tax_class, request.direction, request.business or bool(request.tax_number),
            request.counterpart, request.codes,
        )  # fmt: skip
        if key not in self.before:
            self.before[key] = self._found(request, where)
        found = self.before[key]
        if request.stated is not None and found.registration:
            self.findings += _misstated(request, found, where)
        return found

    def _found(self, request: TaxRequest, where: str) -> _Found:
        misspelt = [
            Finding("tax.place", f"{value[:40]!r} {wrong}.", where, name, "Give its ISO code in capital letters: GB, US-CA.")
            for name, value in (("place", request.place), ("counterpart", request.counterpart))
            if value and (wrong := wrong_place(value))
        ]
        if misspelt:
            self.findings += misspelt
            return _Found()
        registration = registration_for(self.uow, self.company, request.place, request.on)
        if registration is None and self.lenient:
            return _Found()
        codes = request.codes if request.codes is not None else self._by_rule(request, where)
        if registration is None:
            self._unregistered(request, where)
        taxes = [self._rated(code, request, where) for code in codes]
        if registration is None or None in taxes:
            return _Found()
        rated = [one for one in taxes if one is not None]
        return _Found(
            registration.code,
            tuple(_levy(tax, step, request.direction) for tax, step in rated),
            tuple(_sides(tax, step, request.direction) for tax, step in rated),
            tuple(_shared(tax, request.direction) for tax, _ in rated),
        )

    def _by_rule(self, request: TaxRequest, where: str) -> Sequence[str]:
        business = request.business or bool(request.tax_number)
        tax_class = request.tax_class or "standard"
        rule = self.known.rule(
            request.place, request.on, tax_class=tax_class, direction=request.direction,
            party="business" if business else "consumer", counterpart=request.counterpart,
        )  # fmt: skip
        classes = self.known.classes(request.place)
        if classes and tax_class not in classes:
            message = f"No rule for {request.place} knows the class {tax_class!r}."
            fix = f"Correct the tax class of the item: {', '.join(sorted(classes))}; or add a rule: bo tax add-rule."
            self.findings.append(Finding("tax.unknown_class", message, where, "tax_class", fix, place=request.place))
        elif rule is None:
            message = f"No rule says how {tax_class!r} is taxed in {request.place} on {request.on} ({request.direction})."
            fix = "Install the pack of the country, such as bocore-tax-gb, or add a rule: bo tax add-rule."
            self.findings.append(Finding("tax.no_rule", message, where, "place", fix, place=request.place, on=request.on.isoformat()))
        else:
            return rule.codes
        return ()

    def _rated(self, code: str, request: TaxRequest, where: str) -> tuple[Tax, DatedRate | None] | None:
        found = self.known.taxes.get(code)
        if found is None:
            known = ", ".join(sorted(one.code for one in self.known.taxes.values() if one.place in chain(request.place))) or "none"
            message = f"There is no tax code {code!r}."
            self.findings.append(Finding("tax.unknown_code", message, where, "codes", f"In {request.place} there are: {known}."))
            return None
        if country(found.place) != country(request.place):
            message = f"{code} ({found.name}) is a tax of {found.place}, and the place of supply is {request.place}."
            self.findings.append(
                Finding("tax.code_place", message, where, "codes", "Give the place where the tax is due, or another code.")
            )
            return None
        step = self.known.step(code, request.on)
        if step is None and found.kind not in RATELESS:
            message = f"{code} ({found.name}) has no rate on {request.on}."
            fix = f"Correct the date, or add the rate: bo tax add-rate {code} PERCENT SINCE."
            self.findings.append(Finding("tax.no_rate", message, where, "on", fix, place=request.place, on=request.on.isoformat()))
            return None
        return found, step

    def _unregistered(self, request: TaxRequest, where: str) -> None:
        message = f"{self.uow.company.code} is not registered for tax in {request.place} on {request.on}."
        fix = (
            f"Register it: bo tax register CODE {chain(request.place)[-1]} NUMBER SINCE; or set `unregistered` to none, where it owes none."
        )
        self.findings.append(Finding("tax.not_registered", message, where, "place", fix, place=request.place))


def _malformed(request: TaxRequest, where: str) -> Iterator[Finding]:
    if request.direction not in ("output", "input"):
        yield Finding("tax.request", f"{request.direction!r} is no direction.", where, "direction", 'Say "output" or "input".')
    if not request.place.strip():
        yield Finding("tax.request", "The place of supply is missing.", where, "place", "Give the ISO code of the country: GB.")
    if type(request.on) is not date:
        yield Finding("tax.request", f"{request.on!r} is no day.", where, "on", "Give the tax point: date(2026, 3, 20).")
    if request.stated is not None and request.stated.currency != request.amount.currency:
        message = f"The tax is stated in {request.stated.currency}, the amount in {request.amount.currency}."
        yield Finding("tax.request", message, where, "stated", "State it in the currency of the amount.")


def _misstated(request: TaxRequest, found: _Found, where: str) -> Iterator[Finding]:
    """What is wrong with a tax that a bill states; one that was taken all the same would be declared, or go, without a word."""
    assert request.stated is not None
    amount, stated = request.amount.minor_units, request.stated.minor_units
    if len(found.levies) != 1:
        message = f"The tax is stated, and {len(found.levies)} taxes apply."
        yield Finding("tax.stated", message, where, "stated", "State the tax of an amount with a single tax.")
    elif stated and (not found.levies[0].priced or found.sides[0][0].tax.kind in RATELESS):
        one = found.sides[0][0].tax
        message = f"{request.stated} of tax are stated, and {one.code} ({one.name}) has none in its price."
        yield Finding("tax.stated", message, where, "stated", "Leave it out, or name the code of the tax that was charged.")
    elif amount * stated < 0 or (request.inclusive and abs(stated) > abs(amount)):
        message = f"{request.stated} can't be the tax of {request.amount}{' with tax in it' if request.inclusive else ''}."
        yield Finding("tax.stated", message, where, "stated", "Give both the same sign, as on the bill.")


def _levy(tax: Tax, step: DatedRate | None, direction: str) -> Levy:
    sold_on_reverse_charge = tax.kind is TaxKind.REVERSE_CHARGE and direction == "output"
    percent = Decimal(0) if step is None or sold_on_reverse_charge else step.percent
    return _same_levy(tax.code, percent, tax.compound, tax.kind is TaxKind.REVERSE_CHARGE, tax.kind is TaxKind.WITHHOLDING)


@lru_cache(maxsize=1000)
def _same_levy(code: str, percent: Decimal, compound: bool, beside: bool, withheld: bool) -> Levy:
    """Equal ones are one: the kernel looks them up for every line."""
    return Levy(code, Fraction(percent) / 100, compound, beside, withheld)


# ---------------------------------------------------------------- amounts


def _compute(uow: UnitOfWork, requests: Sequence[TaxRequest], levies: Sequence[tuple[Levy, ...]]) -> list[Taxed]:
    settings = uow.settings(TaxSettings)
    documents: dict[tuple[Any, ...], list[int]] = {}
    for at, request in enumerate(requests):
        alone = settings.rounding == "line" or not request.document
        documents.setdefault((request.document, request.amount.currency, at if alone else -1), []).append(at)
    taxed: dict[int, Taxed] = {}
    for places in documents.values():
        lines = [Taxable(requests[at].amount.minor_units, levies[at], requests[at].inclusive) for at in places]
        taxed.update(zip(places, compute(lines, rounding=settings.rounding, mode=settings.mode), strict=True))
    return [_stated(request, taxed[at], levies[at]) for at, request in enumerate(requests)]


def _stated(request: TaxRequest, taxed: Taxed, levies: tuple[Levy, ...]) -> Taxed:
    if request.stated is None or not all(levy.priced for levy in levies):
        return taxed
    tax, amount = request.stated.minor_units, request.amount.minor_units
    net, gross = (amount - tax, amount) if request.inclusive else (amount, amount + tax)
    return Taxed(net, gross, gross, (net,), (tax,)) if levies else Taxed(net, gross, gross, (), ())


def _sides(tax: Tax, step: DatedRate | None, direction: str) -> tuple[_Side, ...]:
    both = tax.kind is TaxKind.REVERSE_CHARGE and direction == "input"
    return tuple(_side(tax, step, each) for each in (("output", "input") if both else (direction,)))


def _side(tax: Tax, step: DatedRate | None, direction: str) -> _Side:
    sign, purpose = (-1, OUTPUT) if direction == "output" else (1, INPUT)
    rate = None if tax.kind in RATELESS or step is None else step.percent
    if tax.kind is TaxKind.WITHHOLDING:
        # What a customer withholds is a claim, what is withheld from a supplier a debt: the other way round than tax in the price.
        return _Side(tax, rate, tax.kind.value, direction, sign, WITHHOLDING, -sign)
    return _Side(tax, rate, tax.kind.value, direction, sign, purpose, sign)


def _shared(tax: Tax, direction: str) -> Decimal | None:
    kept = direction == "input" and tax.recoverable != 100 and tax.kind is not TaxKind.WITHHOLDING
    return tax.recoverable if kept else None


def _answer(request: TaxRequest, found: _Found, taxed: Taxed) -> TaxAnswer:
    token = request.amount.token
    charges: list[Charge] = []
    cost = 0 if found.sides else taxed.gross - taxed.net  # who is not registered pays what a bill states, and gets nothing back
    for sides, percent, base, amount in zip(found.sides, found.shared, taxed.bases, taxed.taxes, strict=True):
        given_back = amount if percent is None else _given_back(amount, percent)
        cost += amount - given_back
        for side in sides:
            part = given_back if side.direction == "input" else amount
            line = Money.minor(part * side.posted, token)
            fact = TaxFact(
                side.tax.code, Money.minor(base * side.sign, token), line, side.rate, side.direction, request.on, found.registration
            )  # fmt: skip
            charges.append(
                Charge(
                    code=side.tax.code, name=side.tax.name, kind=side.kind, rate=side.rate, purpose=side.purpose, amount=line, fact=fact,
                    note=side.tax.note,
                )
            )  # fmt: skip
    net = request.amount if taxed.net == request.amount.minor_units else Money.minor(taxed.net, token)
    gross = request.amount if taxed.gross == request.amount.minor_units else Money.minor(taxed.gross, token)
    payable = gross if taxed.payable == taxed.gross else Money.minor(taxed.payable, token)
    return TaxAnswer(key=request.key, net=net, gross=gross, payable=payable, cost=Money.minor(cost, token), charges=tuple(charges))


def _given_back(amount: int, percent: Decimal) -> int:
    sign = 1 if amount >= 0 else -1
    return sign * largest_remainder(abs(amount), [percent, 100 - percent])[0]
