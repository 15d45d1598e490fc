"""What a pack of a country declares, as plain data: ``Plugin(data={"tax.rates": [Tax(…), …]})``. Each figure names its source."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

import attrs

from bocore import DeclarationError, Rounding


class TaxKind(StrEnum):
    """What sort of tax a code stands for: it decides how it is computed, and what is written on the document."""

    STANDARD = "standard"
    REDUCED = "reduced"
    ZERO = "zero"
    EXEMPT = "exempt"
    REVERSE_CHARGE = "reverse_charge"
    WITHHOLDING = "withholding"
    OUT_OF_SCOPE = "out_of_scope"


RATELESS = frozenset({TaxKind.EXEMPT, TaxKind.OUT_OF_SCOPE})
"""Kinds without a rate: nothing is charged, and no rate stands on the document."""

HUNDRED = Decimal(100)


def _codes(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) and value else tuple(value)


@attrs.frozen
class Boxes:
    """Into which boxes of a return the base and the tax of a line go; none where they are not declared.

    :param base, tax: code of a box, or several.
    """

    base: tuple[str, ...] = attrs.field(default=(), converter=_codes)
    tax: tuple[str, ...] = attrs.field(default=(), converter=_codes)


@attrs.frozen(kw_only=True)
class DatedRate:
    """A rate and the days on which it holds.

    :param percent: ``Decimal("17.5")``.
    :param since, until: the first and the last day; for ever without one.
    :param output, input: boxes while this rate holds, where they are others than the code's.
    :param source: where it stands: law and paragraph, or an official page.
    """

    percent: Decimal
    since: date | None = None
    until: date | None = None
    output: Boxes | None = None
    input: Boxes | None = None
    source: str = ""

    def holds(self, day: date) -> bool:
        """Whether it is the rate of a day."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


def _steps(value: Iterable[DatedRate]) -> tuple[DatedRate, ...]:
    return tuple(sorted(value, key=lambda step: step.since or date.min))


@attrs.frozen(kw_only=True)
class Tax:
    """A tax of a place: its code, what sort it is, its rates by date, and where it goes in the return.

    :param code: for ever the same, whatever the rate: ``"GB-STD"``.
    :param place: ISO 3166 code of the country, or of a part of it after a hyphen: ``"GB"``, ``"US-CA"``.
    :param rates: none where the kind has no rate.
    :param compound: computed on the net amount and the taxes before it.
    :param recoverable: how much of the tax on purchases is given back, in percent; the rest is cost.
    :param output, input: boxes of what is sold, and of what is bought.
        Of a reverse charge on a purchase ``output`` has those of the tax that the buyer owes, ``input`` those of the same tax given back.
    :param note: what the law wants written on the document, where it does.
    :param source: where the rule stands.
    """

    code: str
    place: str
    name: str
    kind: TaxKind = attrs.field(converter=TaxKind)
    rates: tuple[DatedRate, ...] = attrs.field(default=(), converter=_steps)
    compound: bool = False
    recoverable: Decimal = HUNDRED
    output: Boxes = Boxes()
    input: Boxes = Boxes()
    note: str = ""
    source: str = ""

    def __attrs_post_init__(self) -> None:
        wrong = wrong_steps(self.rates)
        if self.kind in RATELESS and self.rates:
            wrong = f"is {self.kind} and has rates"
        elif not 0 <= self.recoverable <= HUNDRED:
            wrong = f"gives back {self.recoverable} %"
        if wrong:
            raise DeclarationError(f"The tax {self.code!r} {wrong}.", fix="Correct Tax(…) in the plugin that declares it.")

    def step(self, day: date) -> DatedRate | None:
        """The rate of a day."""
        return next((one for one in self.rates if one.holds(day)), None)


def wrong_steps(steps: Iterable[DatedRate]) -> str:
    """What is wrong with rates, if anything: in words that follow the code."""
    last: DatedRate | None = None
    for step in sorted(steps, key=lambda one: one.since or date.min):
        if not step.percent.is_finite() or step.percent < 0:
            return f"has the rate {step.percent}"
        if step.since is not None and step.until is not None and step.until < step.since:
            return f"has a rate that ends on {step.until}, before it begins on {step.since}"
        if last is not None and (last.until is None or step.since is None or step.since <= last.until):
            return f"has two rates on {step.since or step.until}: {last.percent} and {step.percent}"
        last = step
    return ""


@attrs.frozen(kw_only=True)
class Rule:
    """Which taxes an item of a class has in a place. Of those that fit, the one that says most wins, then the latest.

    :param codes: of the taxes, in the order in which a compound one builds on the others.
    :param tax_class: what items say of themselves: ``"standard"``, ``"reduced"``, ``"books"``; any where empty.
    :param direction: ``"output"`` or ``"input"``; both where empty.
    :param party: ``"business"`` or ``"consumer"``: what the other side is; both where empty.
    :param counterpart: where the other side is: ``"domestic"``, ``"abroad"``, or the code of an area that is abroad, such as ``"EU"``;
        anywhere where empty.
    """

    place: str
    codes: tuple[str, ...] = attrs.field(converter=_codes)
    tax_class: str = ""
    direction: str = attrs.field(default="", validator=attrs.validators.in_(("", "output", "input")))
    party: str = attrs.field(default="", validator=attrs.validators.in_(("", "business", "consumer")))
    counterpart: str = ""
    since: date | None = None
    until: date | None = None
    source: str = ""

    def holds(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@attrs.frozen(kw_only=True)
class Area:
    """Places that a law treats together, such as the EU.

    :param places: code of a place → first and last day of its belonging; None where it always did, or still does.
    """

    code: str
    places: dict[str, tuple[date | None, date | None]]
    source: str = ""

    def has(self, place: str, day: date) -> bool:
        """Whether a place belongs to it on a day."""
        if place not in self.places:
            return False
        since, until = self.places[place]
        return (since is None or since <= day) and (until is None or day <= until)


@attrs.frozen(kw_only=True)
class Box:
    """A box of a return.

    :param code: as on the form: ``"1"``, ``"81"``.
    :param sums: boxes that it adds up, and subtracts: ``"1 + 2"``, ``"3 - 4"``; what lines put into it where empty.
    :param of, percent: that percentage of another box, where the form computes a tax from a rounded base.
    :param whole: how it is rounded to whole units of the currency; to the minor unit where None.
    """

    code: str
    label: str
    sums: str = ""
    of: str = ""
    percent: Decimal = Decimal(0)
    whole: Rounding | None = None
    source: str = ""

    def parts(self) -> list[tuple[int, str]]:
        """Sign and code of the boxes that it adds up."""
        found: list[tuple[int, str]] = []
        sign = 1
        for word in self.sums.split():
            if word in ("+", "-"):
                sign = 1 if word == "+" else -1
            else:
                found.append((sign, word))
        return found


def _boxes(value: Iterable[Box]) -> tuple[Box, ...]:
    return tuple(value)


@attrs.frozen(kw_only=True)
class Form:
    """The return of a place: its boxes in their order; a box that is computed comes after those that it is computed from.

    :param code: what a registration names: ``"GB-VAT100"``.
    :param due: the box with what is to be paid; negative where it is given back.
    :param on_payment: the directions of tax that wait for payment where the registration is on cash basis: ``("output",)`` where tax on
        purchases is given back with the bill all the same.
    """

    code: str
    place: str
    name: str
    boxes: tuple[Box, ...] = attrs.field(converter=_boxes)
    due: str
    on_payment: tuple[str, ...] = attrs.field(
        default=("output", "input"), converter=_codes, validator=attrs.validators.deep_iterable(attrs.validators.in_(("output", "input")))
    )
    source: str = ""

    def __attrs_post_init__(self) -> None:
        known: set[str] = set()
        for box in self.boxes:
            missing = {code for _, code in box.parts()} | ({box.of} if box.of else set())
            if box.code in known or not missing <= known:
                wrong = "twice" if box.code in known else f"before {', '.join(sorted(missing - known))}"
                raise DeclarationError(f"The form {self.code!r} has box {box.code!r} {wrong}.", fix="Correct Form(…) in its plugin.")
            known.add(box.code)
        if self.due not in known:
            raise DeclarationError(f"The form {self.code!r} has no box {self.due!r}, which is due.", fix="Name one of its boxes.")


KINDS: dict[str, type[Any]] = {"tax.rates": Tax, "tax.rules": Rule, "tax.areas": Area, "tax.returns": Form}
"""Name in ``Plugin(data=…)`` → what may stand there."""
