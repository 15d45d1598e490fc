"""What a business can set for its stock."""

from __future__ import annotations

from typing import Literal

import attrs

REGIONS = ["de", "dk", "ee", "fi", "gb", "lt", "lv", "no", "se"]
METHODS = ["fifo", "average", "lifo", "standard", "specific"]


@attrs.frozen(kw_only=True)
class InventorySettings:
    """Settings of inventory.

    :param method: how the cost of what goes out follows from what came in, for items that have no method of their own.
    :param removal: which lot of an item goes first where none is named: the one that expires first, or the one that came first.
    :param rcn_region: the country by whose rules weight or price is read in barcodes of the shop's own: de, gb, no …; none where empty.
    """

    method: Literal["fifo", "average", "lifo", "standard", "specific"] = attrs.field(
        default="fifo", validator=attrs.validators.in_(METHODS)
    )
    removal: Literal["fefo", "fifo"] = attrs.field(default="fefo", validator=attrs.validators.in_(["fefo", "fifo"]))
    rcn_region: Literal["", "de", "dk", "ee", "fi", "gb", "lt", "lv", "no", "se"] = attrs.field(
        default="", validator=attrs.validators.in_(["", *REGIONS])
    )
