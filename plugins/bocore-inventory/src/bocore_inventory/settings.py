"""What a business can set for its stock."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import attrs

REGIONS = ["de", "dk", "ee", "fi", "gb", "lt", "lv", "no", "se"]
METHODS = ["fifo", "average", "lifo", "standard", "specific"]


def _at_least_zero(_: object, field: attrs.Attribute[Decimal], value: object) -> None:
    if not isinstance(value, Decimal) or value < 0:
        raise ValueError(f"{field.name} must be a decimal number of zero or more")


@attrs.frozen(kw_only=True)
class InventorySettings:
    """Settings of inventory.

    :param method: how the cost of what goes out follows from what came in, for items that have no method of their own.
    :param removal: which lot of an item goes first where none is named: the one that expires first, or the one that came first.
    :param rcn_region: the country by whose rules weight or price is read in barcodes of the shop's own: de, gb, no …; none where empty.
    :param count_tolerance_percent: a count that differs by so many per cent of what the books have is settled at once.
    :param count_tolerance_value: and by no more than this, in the company's currency; any value without one.
    :param count_second_by_another: a difference is confirmed by somebody else than who found it first.
    :param reorder_by_itself: each night whoever supplies goods is asked for what the rules of reordering want.
    :param count_a_days: items of class A are counted every so many days; B and C likewise.
    """

    method: Literal["fifo", "average", "lifo", "standard", "specific"] = attrs.field(
        default="fifo", validator=attrs.validators.in_(METHODS)
    )
    removal: Literal["fefo", "fifo"] = attrs.field(default="fefo", validator=attrs.validators.in_(["fefo", "fifo"]))
    rcn_region: Literal["", "de", "dk", "ee", "fi", "gb", "lt", "lv", "no", "se"] = attrs.field(
        default="", validator=attrs.validators.in_(["", *REGIONS])
    )
    count_tolerance_percent: Decimal = attrs.field(default=Decimal(0), validator=[_at_least_zero, attrs.validators.le(Decimal(100))])
    count_tolerance_value: Decimal | None = attrs.field(default=None, validator=attrs.validators.optional(_at_least_zero))
    count_second_by_another: bool = attrs.field(default=False, validator=attrs.validators.instance_of(bool))
    reorder_by_itself: bool = attrs.field(default=True, validator=attrs.validators.instance_of(bool))
    count_a_days: int = attrs.field(default=30, validator=[attrs.validators.instance_of(int), attrs.validators.ge(1)])
    count_b_days: int = attrs.field(default=91, validator=[attrs.validators.instance_of(int), attrs.validators.ge(1)])
    count_c_days: int = attrs.field(default=365, validator=[attrs.validators.instance_of(int), attrs.validators.ge(1)])
