"""What holds where and when: what packs declare, and the firm's own rows over it, read once and remembered."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

import attrs

from bocore import DeclarationError, Finding, UnitOfWork
from bocore_tax.declare import KINDS, RATELESS, Area, DatedRate, Form, Rule, Tax
from bocore_tax.model import Scheme, TaxCode, TaxRate, TaxRegistration, TaxRule, plain_boxes


class Registered(NamedTuple):
    """A registration as plain data."""

    id: int
    code: str
    place: str
    form: str
    scheme: Scheme
    months: int
    first_month: int
    since: date
    until: date | None
    authority: int | None


@attrs.frozen
class Tables:
    """Codes, rules, areas and forms that are in force in a database."""

    taxes: dict[str, Tax]
    own_rates: dict[str, list[DatedRate]]
    rules: dict[str, list[tuple[bool, Rule]]]
    """Place → rules of packs and, marked True, of the firm."""
    areas: dict[str, Area]
    forms: dict[str, Form]

    def step(self, code: str, day: date) -> DatedRate | None:
        """The rate of a code on a day: the firm's own, or the declared one; None where there is none."""
        own = next((one for one in self.own_rates.get(code, ()) if one.holds(day)), None)
        tax = self.taxes.get(code)
        declared = tax.step(day) if tax is not None else None
        if own is None or declared is None:
            return own or declared
        return attrs.evolve(own, output=declared.output, input=declared.input) if own.percent == declared.percent else own

    def classes(self, place: str) -> set[str]:
        """The classes of items that rules of a place name."""
        return {rule.tax_class for one in chain(place) for _, rule in self.rules.get(one, ()) if rule.tax_class}

    def rule(self, place: str, day: date, **said: str) -> Rule | None:
        """The rule that says most of what is so; the firm's own before a pack's, that of a part of a country before the country's."""
        found = [
            (own, -depth, _weight(rule), rule.since or date.min, at, rule)
            for depth, one in enumerate(chain(place))
            for at, (own, rule) in enumerate(self.rules.get(one, ()))
            if rule.holds(day) and self._fits(rule, place, day, said)
        ]
        return max(found, key=lambda one: one[:5])[5] if found else None

    def _fits(self, rule: Rule, place: str, day: date, said: dict[str, str]) -> bool:
        for name in ("tax_class", "direction", "party"):
            wanted = getattr(rule, name)
            if wanted and wanted != said[name]:
                return False
        if not rule.counterpart:
            return True
        other = said["counterpart"] or place
        at_home = country(other) == country(place)
        if rule.counterpart in ("domestic", "abroad"):
            return at_home == (rule.counterpart == "domestic")
        area = self.areas.get(rule.counterpart)
        return area is not None and not at_home and (area.has(other, day) or area.has(country(other), day))


def _weight(rule: Rule) -> int:
    area = bool(rule.counterpart) + (rule.counterpart not in ("", "domestic", "abroad"))
    return bool(rule.tax_class) + bool(rule.direction) + bool(rule.party) + area


def chain(place: str) -> list[str]:
    """The place and what it is a part of: ``US-CA`` and ``US``."""
    parts = place.split("-")
    return ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]


def country(place: str) -> str:
    """The country of a place."""
    return place.partition("-")[0]


def tables(uow: UnitOfWork) -> Tables:
    """What is in force: read once, and again when somebody has changed a row of it.

    :raises DeclarationError: a pack declares something that does not hold together.
    """
    memory = uow.memory("tax.tables", TaxCode, TaxRate, TaxRule)
    if "all" not in memory:
        memory["all"] = _read(uow)
    found: Tables = memory["all"]
    return found


def _read(uow: UnitOfWork) -> Tables:
    made = declared(uow)
    for code in uow.select(TaxCode):
        made.taxes[code.code] = _own(code, made.taxes.get(code.code))
    for rate in uow.select(TaxRate).order_by(TaxRate.c.since):
        made.own_rates.setdefault(rate.code, []).append(
            DatedRate(percent=rate.percent, since=rate.since, until=rate.until, source=rate.source)
        )
    for row in uow.select(TaxRule).order_by(TaxRule.c.id):
        rule = Rule(
            place=row.place, codes=row.codes, tax_class=row.tax_class, direction=row.direction, party=row.party,
            counterpart=row.counterpart, since=row.since, until=row.until,
        )  # fmt: skip
        made.rules.setdefault(row.place, []).append((True, rule))
    return made


def _own(row: TaxCode, before: Tax | None) -> Tax:
    """A firm's own code; where it sees a declared one otherwise, that one's rates, and its boxes where the row has none of its own."""
    boxes = plain_boxes(row) if row.boxes or before is None else {"output": before.output, "input": before.input}
    rates = () if before is None or row.kind in RATELESS else before.rates
    if row.boxes:
        rates = tuple(attrs.evolve(step, output=None, input=None) for step in rates)
    return Tax(
        code=row.code, place=row.place, name=row.name, kind=row.kind, rates=rates, compound=row.compound,
        recoverable=row.recoverable, note=row.note, **boxes,
    )  # fmt: skip


def declared(uow: UnitOfWork) -> Tables:
    """What the packs declare, checked.

    :raises DeclarationError: something of another class, a code twice, or a rule that names a code that nobody declares.
    """
    made = Tables({}, {}, {}, {}, {})
    owners: dict[tuple[str, str], str] = {}
    for name, wanted in KINDS.items():
        for plugin, one in uow.declarations(name):
            if not isinstance(one, wanted):
                message = f"The plugin {plugin} declares {one!r} under {name!r}."
                raise DeclarationError(message, fix=f"Give {wanted.__name__}(…) of bocore_tax.")
            if isinstance(one, Tax) and one.kind not in RATELESS and not one.rates:
                raise DeclarationError(f"The tax {one.code!r} of {plugin} has no rate.", fix="Give it rates=[DatedRate(…)].")
            _put(made, owners, plugin, one)
    for rules in made.rules.values():
        for _, rule in rules:
            missing = [code for code in rule.codes if code not in made.taxes]
            if missing:
                message = (
                    f"The rule for {rule.tax_class or 'every class'} in {rule.place} names {', '.join(missing)}, which nobody declares."
                )
                raise DeclarationError(message, fix="Declare Tax(…) for it, or correct the rule.")
    return made


def _put(made: Tables, owners: dict[tuple[str, str], str], plugin: str, one: object) -> None:
    if isinstance(one, Rule):
        made.rules.setdefault(one.place, []).append((False, one))
        return
    assert isinstance(one, Tax | Area | Form)
    kind = type(one).__name__
    first = owners.setdefault((kind, one.code), plugin)
    table: dict[str, object] = {"Tax": made.taxes, "Area": made.areas, "Form": made.forms}[kind]  # type: ignore[assignment]
    if one.code in table and table[one.code] != one:
        message = f"{kind} {one.code!r} is declared twice, by {first} and by {plugin}."
        raise DeclarationError(message, fix="Rename one of them, or leave one of the plugins out.")
    table[one.code] = one


# ---------------------------------------------------------------- registrations


def registrations(uow: UnitOfWork, company: int) -> list[Registered]:
    """The registrations of a company."""
    memory = uow.memory("tax.registrations", TaxRegistration)
    if company not in memory:
        memory[company] = [plain_registration(row) for row in uow.select(TaxRegistration, company_id=company)]
    found: list[Registered] = memory[company]
    return found


def plain_registration(row: TaxRegistration) -> Registered:
    """A registration as plain data."""
    return Registered(
        row.id, row.code, row.place, row.form, row.scheme, row.months, row.first_month, row.since, row.until, row.authority_id
    )  # fmt: skip


def registration_for(uow: UnitOfWork, company: int, place: str, day: date) -> Registered | None:
    """The registration under which a place is declared on a day: the one of the place, or of what it is a part of."""
    for one in chain(place):
        for each in registrations(uow, company):
            if each.place == one and each.since <= day and (each.until is None or day <= each.until):
                return each
    return None


def form_of(known: Tables, registration: Registered) -> Form | Finding:
    """The form of a registration's returns: the one it names, or the only one of its place."""
    if registration.form:
        named = known.forms.get(registration.form)
        if named is not None:
            return named
        there = ", ".join(sorted(known.forms)) or "none; install the pack of the country"
        message = f"Nobody declares the form {registration.form!r}."
        return Finding("tax.no_form", message, f"registration {registration.code}", "form", f"There are: {there}.")
    found = [form for form in known.forms.values() if form.place in chain(registration.place)]
    if len(found) == 1:
        return found[0]
    which = ", ".join(sorted(form.code for form in found))
    message = f"There {'are several forms' if found else 'is no form'} of a return for {registration.place}{': ' + which if found else ''}."
    fix = "Name one: bo tax change-registration." if found else "Install the pack of the country, such as bocore-tax-gb."
    return Finding("tax.no_form", message, f"registration {registration.code}", "form", fix)


def overlapping(rates: Iterable[TaxRate]) -> list[tuple[TaxRate, TaxRate]]:
    """Rates of one code that hold on the same day: the later row and the one before it."""
    found = []
    by_code: dict[str, list[TaxRate]] = {}
    for rate in rates:
        by_code.setdefault(rate.code, []).append(rate)
    for same in by_code.values():
        same.sort(key=lambda one: (one.since, one.id))
        found += [(later, before) for before, later in itertools.pairwise(same) if before.until is None or later.since <= before.until]
    return found
