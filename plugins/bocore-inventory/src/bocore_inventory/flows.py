"""What changes pools: receipts, issues, costs that come later, and corrections of what was booked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import attrs

from bocore import Source
from bocore_inventory.model import FINE, EntryKind, Move
from bocore_inventory.pools import Standing, month_after
from bocore_inventory.wanted import Counterpart


@attrs.define(eq=False, kw_only=True)
class Carried:
    """A part of the value of what comes in that it has from an issue.

    :param pool: id of the issue's pool.
    :param on: the day as of which the issue counts.
    :param issue: its place in the order of that day, or the flow that makes it now.
    :param counter: the other side of this part, where it is another than that of the rest.
    :param whole: all that the issue costs; else by quantity.
    """

    pool: int
    on: date
    issue: int | Flow
    value: int
    counter: Counterpart | None = None
    counter_id: int = 0
    whole: bool = False

    @property
    def place(self) -> int:
        """The place of the issue, once it is written."""
        return self.issue if isinstance(self.issue, int) else self.issue.number


@attrs.define(eq=False, kw_only=True)
class Flow:
    """Something that changes what a pool holds or is worth.

    :param key: of the movement, or of what else brought it about.
    :param quantity: in millionths; negative where it takes back a part of an earlier one.
    :param value: what comes in is worth, or what the issue costs; of receipts None where nobody knows: then the estimate counts.
    :param place: day and order in which it counts: those of an entry that it corrects; None for the end of its day.
    :param counter_id: the row of the counterpart.
    :param month: of a correction: the month of the issues whose cost it corrects, or follows.
    :param paid: what a receipt really cost, in minor units, where it is valued otherwise.
    :param variance: the purpose of the difference between what was paid and its value.
    :param price: what of its value is a price, freight apart; of receipts all of it without one, of costs that come later nothing.
    :param credit: of what goes back to who sold it: its counterpart, and what that gives back, in minor units.
    :param teaches: whether the price of a unit is taken from it.
    :param carried: what of its value it has from issues.
    :param followed: of an issue: something comes in at all of its cost.
    :param number: its place in the order of its day, once it is written.
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
    variance: str = "inventory.price_difference"
    price: int | None = None
    stock_purpose: str = "inventory"
    posting_date: date
    if_closed: str = "refuse"
    source: Source | None = None
    text: str = ""
    credit: tuple[Counterpart, int] | None = None
    teaches: bool = True
    carried: Sequence[Carried] = ()
    followed: bool = False
    voucher: str = ""
    posted_on: date | None = None
    amount: int = 0
    number: int = 0

    @property
    def purpose(self) -> str:
        """The purpose of its stock account."""
        return self.stock_purpose if self.pool.row.location_id is None else self.pool.row.purpose

    @property
    def counts_on(self) -> date:
        """The day on which it counts in the order of its pool."""
        return self.on if self.place is None else self.place[0]

    @property
    def agreed(self) -> int:
        """What of it is a price, freight apart, in ten-thousandths of the minor unit."""
        if self.price is not None or self.kind is not EntryKind.RECEIPT:
            return self.price or 0
        return (self.value or 0) if self.paid is None else self.paid * FINE

    @property
    def change(self) -> int:
        """What the pool comes to be worth more by it."""
        value = self.value or 0
        return -value if self.kind in (EntryKind.ISSUE, EntryKind.DELTA) else value


def corrected_on(month: date, cause: date, today: date) -> date:
    """The day on which the cost of a month is corrected: its last, but not before the cause nor after today."""
    end = month_after(month) - timedelta(days=1)
    return max(cause, min(end, today))
