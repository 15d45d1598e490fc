"""What changes pools: receipts, issues, costs that come later, and corrections of what was booked."""

from __future__ import annotations

from datetime import date

import attrs

from bocore import Source
from bocore_inventory.model import EntryKind, Move
from bocore_inventory.pools import Standing
from bocore_inventory.wanted import Counterpart


@attrs.define(eq=False, kw_only=True)
class Flow:
    """Something that changes what a pool holds or is worth.

    :param key: of the movement, or of what else brought it about.
    :param quantity: in millionths; negative where it takes back a part of an earlier one.
    :param value: what comes in is worth, or what the issue costs; of receipts None where nobody knows: then the estimate counts.
    :param place: day and order in which it counts: those of an entry that it corrects; None for the end of its day.
    :param counter_id: the row of the counterpart.
    :param month: of a delta: the month whose issues it corrects.
    :param paid: what a receipt really cost, in minor units, where it is valued otherwise.
    :param opening: the price of a unit is not taken from it.
    """

    pool: Standing
    kind: EntryKind
    key: str
    on: date
    counter: Counterpart
    quantity: int = 0
    value: int | None = 0
    place: tuple[date, int] | None = None
    counter_id: int = 0
    move: Move | None = None
    month: date | None = None
    paid: int | None = None
    stock_purpose: str = "inventory"
    posting_date: date
    if_closed: str = "refuse"
    source: Source | None = None
    text: str = ""
    teaches: bool = True
    voucher: str = ""
    posted_on: date | None = None
    amount: int = 0

    @property
    def counts_on(self) -> date:
        """The day on which it counts in the order of its pool."""
        return self.on if self.place is None else self.place[0]

    @property
    def change(self) -> int:
        """What the pool comes to be worth more by it."""
        value = self.value or 0
        return -value if self.kind in (EntryKind.ISSUE, EntryKind.DELTA) else value


def month_of(day: date) -> date:
    """The first day of a month."""
    return day.replace(day=1)
