"""Units of one's own, beside the built-in ones, and conversion by code."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from bocore.entities import Entity, entity, field
from bocore.errors import Finding
from bocore.plugins.hooks import concerns, hookimpl
from bocore.rounding import Number, Rounding
from bocore.units import UNITS, UnitOfMeasure, Units, convert_quantity

if TYPE_CHECKING:
    from bocore.uow import Changes, UnitOfWork


@entity("bo_unit", read="*", write="bo.setup", steady=True)
class Unit(Entity):
    """A unit besides the built-in ones, which need no row: a crate of 20, a cord of wood. One is numerator / denominator of its
    dimension's reference unit (piece, kg, m, m², m³, s, J; in a dimension of your own the unit that is 1 / 1)."""

    code: str = field(unique=True, max_length=20, not_blank=True)
    name: str = field(max_length=100, not_blank=True)
    symbol: str = field(default="", max_length=20)
    dimension: str = field(max_length=30, not_blank=True, doc="count, mass, length, area, volume, time, energy, or one of your own")
    numerator: int = field(gt=0)
    denominator: int = field(default=1, gt=0)


def known_units(uow: UnitOfWork) -> Units:
    """All units by code: the built-in ones and the rows of :class:`Unit`."""
    memory = uow.memory("bo.units", Unit)
    if "all" not in memory:
        rows = uow.select(Unit)
        memory["all"] = Units({u.code: _value(u) for u in rows})
    found: Units = memory["all"]
    return found


def convert(
    uow: UnitOfWork, quantity: Number, unit: str, to: str, *, places: int | None = None, rounding: Rounding | None = None
) -> Decimal:
    """A quantity in another unit, exactly: ``convert(uow, Decimal("2.5"), "LBR", "KGM")``.

    :param unit, to: codes of units of one dimension.
    :param places: decimal places of the result; as many as it takes without them.
    :param rounding: how to round to these places; without it a result that is not exact in them is refused.
    :raises Refused: there is no such unit (``bo.unknown_unit``), the two measure different things (``bo.unit_dimension``), or the
        result is not exact (``bo.unit_inexact``).
    """
    units = known_units(uow)
    return convert_quantity(quantity, units[unit], units[to], places=places, rounding=rounding)


def _value(row: Unit) -> UnitOfMeasure:
    return UnitOfMeasure(row.code, row.name, row.dimension, Fraction(row.numerator, row.denominator), row.symbol)


@hookimpl
@concerns(Unit)
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterator[Finding]:
    """Refuse a code that is built in, and changes of what quantities are stored in."""
    for row in changes.added(Unit):
        if row.code in UNITS:
            message = f"{row.code} is a built-in unit ({UNITS[row.code].name}) and needs no row."
            yield Finding("bo.unit", message, row, "code", "Use it as it is, or choose another code.")
        elif not row.code.isprintable() or " " in row.code:
            yield Finding("bo.unit", f"{row.code!r} can't be the code of a unit.", row, "code", "Use letters and digits, without spaces.")
    for change in changes.updated(Unit):
        for name in sorted(change.new.keys() & {"code", "dimension", "numerator", "denominator"}):
            message = f"The {name} of a unit can't change: quantities are stored in it."
            yield Finding("bo.unit", message, change.entity, name, "Declare another unit.")
    for row in changes.removed(Unit):
        yield Finding("bo.unit", f"{row.code} can't be deleted: quantities may be stored in it.", row, "code", "Keep the row.")
