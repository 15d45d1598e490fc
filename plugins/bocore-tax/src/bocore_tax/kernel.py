"""Computing tax: a pure function on whole minor units and exact rates. It knows neither a database nor a currency.

Amounts are integers in the minor unit of one currency, whatever its decimal places. Rates are fractions (20 % is 1/5).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from math import lcm

import attrs

from bocore import DOWN, HALF_DOWN, HALF_EVEN, HALF_UP, UP, Rounding, UsageError, round_ratio

MODES = (HALF_UP, HALF_EVEN, HALF_DOWN, UP, DOWN)
"""The modes that round a refund like its sale. ``floor`` and ``ceiling`` do not, so that the two would not net to zero."""


def _priced(levy: Levy) -> bool:
    return not (levy.beside or levy.withheld)


@attrs.frozen(cache_hash=True)
class Levy:
    """One tax as the kernel knows it.

    :param code: what it is added up by in a document, together with its rate.
    :param rate: as a fraction: 20 % is ``Fraction(1, 5)``.
    :param compound: its base is the net amount and the taxes before it, a tax on tax.
    :param beside: it is owed by who buys, and no part of the price: a reverse charge.
    :param withheld: it is no part of the price either, and kept back from the payment.
    """

    code: str
    rate: Fraction
    compound: bool = False
    beside: bool = False
    withheld: bool = False

    priced: bool = attrs.field(
        init=False, repr=False, default=attrs.Factory(lambda self: not (self.beside or self.withheld), takes_self=True)
    )
    """Whether it is a part of the gross amount."""


@attrs.frozen
class Taxable:
    """A line to compute the tax of.

    :param amount: net, or gross where it is ``inclusive``; negative for what is taken back.
    :param levies: the taxes on it, in the order in which a compound one builds on the others.
    """

    amount: int
    levies: tuple[Levy, ...] = ()
    inclusive: bool = False


@attrs.frozen
class Taxed:
    """A line with its tax: ``gross = net + the taxes that are part of the price``, ``payable = gross - what is withheld``.

    :param bases, taxes: one a levy, in the order of the levies.
    """

    net: int
    gross: int
    payable: int
    bases: tuple[int, ...]
    taxes: tuple[int, ...]


def compute(lines: Sequence[Taxable], *, rounding: str = "document", mode: Rounding = HALF_UP) -> list[Taxed]:
    """The tax of the lines of one document, a result each, in order.

    :param rounding: ``"line"`` rounds each tax of each line; ``"document"`` rounds the sum of each tax and rate once, and shares the
        difference out among its lines by largest remainder.
    :param mode: one of :data:`MODES`.
    :raises UsageError: another mode or rounding.
    """
    if mode not in MODES:
        raise UsageError(
            f"Tax can't be rounded by {mode}: a refund would not take back what its sale declared.",
            fix=f"Choose one of: {', '.join(MODES)}.",
        )
    if rounding == "line":
        return [_alone(line, mode) for line in lines]
    if rounding == "document":
        return _together(lines, mode)
    raise UsageError(f"Tax is not rounded by {rounding!r}.", fix='Say rounding="line" or rounding="document".')


# ---------------------------------------------------------------- line by line


def _alone(line: Taxable, mode: Rounding) -> Taxed:
    levies = line.levies
    if not levies:
        return Taxed(line.amount, line.amount, line.amount, (), ())
    if not line.inclusive:
        return _on_net(line.amount, levies, mode)
    parts = shares(levies)
    taken = sum(parts)
    numerator, denominator = (1 + taken).as_integer_ratio()
    net = line.amount - round_ratio(line.amount * (numerator - denominator), numerator, mode)
    # The net amount whose tax, computed forwards, gives just this gross amount, if there is one: the forward sum rises with the net
    # amount by one or more, so at most one does, and rounding several taxes moves it by less than their number.
    for near in _nearest(net, len(levies)):
        forwards = _on_net(near, levies, mode)
        if forwards.gross == line.amount:
            return forwards
    return _from_gross(line.amount, levies, parts, mode)


def _nearest(value: int, reach: int) -> Iterable[int]:
    yield value
    for step in range(1, reach + 1):
        yield value - step
        yield value + step


def _on_net(net: int, levies: tuple[Levy, ...], mode: Rounding) -> Taxed:
    gross = payable = net
    before = 0
    bases: list[int] = []
    taxes: list[int] = []
    for levy in levies:
        base = net + before if levy.compound else net
        numerator, denominator = levy.rate.numerator, levy.rate.denominator
        tax = round_ratio(base * numerator, denominator, mode)
        bases.append(base)
        taxes.append(tax)
        if levy.withheld:
            payable -= tax
        elif not levy.beside:
            before += tax
            gross += tax
            payable += tax
    return Taxed(net, gross, payable, tuple(bases), tuple(taxes))


def _from_gross(gross: int, levies: tuple[Levy, ...], parts: tuple[Fraction, ...], mode: Rounding) -> Taxed:
    """Where no net amount gives the gross amount: the whole tax in it is rounded once and shared out."""
    whole = 1 + sum(parts)
    scaled, one = _scaled([gross * part / whole for part in parts])
    priced = share_out(round_ratio(sum(scaled), one, mode), scaled, one)
    return _with(gross, True, levies, [tax if levy.priced else None for tax, levy in zip(priced, levies, strict=True)], mode)


def _scaled(exact: Sequence[Fraction]) -> tuple[list[int], int]:
    one = lcm(*(value.denominator for value in exact))
    return [value.numerator * (one // value.denominator) for value in exact], one


@lru_cache(maxsize=1000)
def shares(levies: tuple[Levy, ...]) -> tuple[Fraction, ...]:
    """What each levy adds to a net amount of 1, exactly; nothing where it is no part of the price."""
    return tuple(part if levy.priced else Fraction(0) for levy, part in _parts(levies))


def _parts(levies: Iterable[Levy]) -> list[tuple[Levy, Fraction]]:
    """What each levy is on a net amount of 1, whether it is part of the price or not."""
    found: list[tuple[Levy, Fraction]] = []
    before = Fraction(0)
    for levy in levies:
        part = levy.rate * (1 + before if levy.compound else 1)
        before += part if levy.priced else 0
        found.append((levy, part))
    return found


def _with(amount: int, inclusive: bool, levies: tuple[Levy, ...], known: Sequence[int | None], mode: Rounding) -> Taxed:
    """A line whose taxes are known, but for those that are None: these are computed on its net amount."""
    only = known[0] if len(known) == 1 else None
    if only is not None:  # as of nearly every line: the same, without the sums
        added = only if levies[0].priced else 0
        net, gross = (amount - added, amount) if inclusive else (amount, amount + added)
        return Taxed(net, gross, gross - only if levies[0].withheld else gross, (net,), (only,))
    added = sum(tax or 0 for tax, levy in zip(known, levies, strict=True) if levy.priced)
    net, gross = (amount - added, amount) if inclusive else (amount, amount + added)
    before = withheld = 0
    bases: list[int] = []
    taxes: list[int] = []
    for levy, tax in zip(levies, known, strict=True):
        base = net + before if levy.compound else net
        if tax is None:
            tax = round_ratio(base * levy.rate.numerator, levy.rate.denominator, mode)
        before += tax if levy.priced else 0
        withheld += tax if levy.withheld else 0
        bases.append(base)
        taxes.append(tax)
    return Taxed(net, gross, gross - withheld, tuple(bases), tuple(taxes))


# ---------------------------------------------------------------- a document at a time


def _together(lines: Sequence[Taxable], mode: Rounding) -> list[Taxed]:
    """Each tax and rate is rounded once, over all lines that have it, and shared out to them."""
    if len(lines) == 1 and len(lines[0].levies) == 1:  # nothing to share out, as for most amounts that are asked for alone
        (line,) = lines
        ((_, numerator, denominator),) = _factors(line.levies, line.inclusive)
        return [_with(line.amount, line.inclusive, line.levies, [round_ratio(line.amount * numerator, denominator, mode)], mode)]
    columns: dict[Levy, list[tuple[int, int, int, int]]] = {}
    for at, line in enumerate(lines):
        if not line.levies:
            continue
        for place, (levy, numerator, denominator) in enumerate(_factors(line.levies, line.inclusive)):
            columns.setdefault(levy, []).append((at, place, line.amount * numerator, denominator))
    taxes = [[0] * len(line.levies) for line in lines]
    for cells in columns.values():
        one = lcm(*{denominator for _, _, _, denominator in cells})
        scaled = [part * (one // denominator) for _, _, part, denominator in cells]
        parts = share_out(round_ratio(sum(scaled), one, mode), scaled, one)
        for (at, place, _, _), tax in zip(cells, parts, strict=True):
            taxes[at][place] = tax
    return [_with(line.amount, line.inclusive, line.levies, tax, mode) for line, tax in zip(lines, taxes, strict=True)]


@lru_cache(maxsize=1000)
def _factors(levies: tuple[Levy, ...], inclusive: bool) -> list[tuple[Levy, int, int]]:
    """What each levy is on an amount of 1, as numerator and denominator."""
    parts = _parts(levies)
    whole = 1 + sum(part for levy, part in parts if levy.priced) if inclusive else 1
    return [(levy, *(part / whole).as_integer_ratio()) for levy, part in parts]


def share_out(total: int, scaled: Sequence[int], one: int) -> list[int]:
    """Share a total out to parts that are known exactly, so that they add up to it and each is its exact value, rounded up or down.

    Hamilton's method, for parts of either sign: what is left after cutting each part off towards zero goes to those that lost most, the
    first of equals first. The negative of everything gives the negative result.

    :param total: the rounded sum of the parts.
    :param scaled: the exact parts, times ``one``.
    """
    cut = [value // one if value >= 0 else -(-value // one) for value in scaled]
    left = total - sum(cut)
    if left:
        sign = 1 if left > 0 else -1
        lost = [sign * (value - part * one) for value, part in zip(scaled, cut, strict=True)]
        for at in sorted(range(len(cut)), key=lambda i: -lost[i])[: abs(left)]:
            cut[at] += sign
    return cut
