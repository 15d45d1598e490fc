"""What is asked for: a movement with its rows looked up, in the unit of its item."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from uuid import uuid4

import attrs

from bocore import Money, Source
from bocore_catalog import Item
from bocore_inventory.model import Location, Lot, Move


def digest(value: object) -> str:
    """A hash of plain data."""
    return hashlib.blake2b(_text(value).encode(), digest_size=20).hexdigest()


_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def own_key(kind: str) -> str:
    """A key for what is asked for without one: it is done, however often it was done in the same unit of work."""
    return f"inventory.{kind}:{uuid4().hex}"


@cache
def plain_code(purpose: str) -> str:
    """The code of a counterpart that is a purpose and nothing else."""
    return digest([purpose, [], [], None])


@attrs.frozen(kw_only=True)
class Counterpart:
    """The other side of the value of a movement."""

    purpose: str
    by: Mapping[str, str | int] = attrs.field(factory=dict)
    dims: Mapping[str, str] = attrs.field(factory=dict)
    party: int | None = None
    opens: str | None = None
    settles: str | None = None

    code: str = attrs.field(init=False, eq=False)
    """The same for equal ones; open items don't count."""

    @code.default
    def _code(self) -> str:
        if not (self.by or self.dims or self.party):
            return plain_code(self.purpose)
        return digest([self.purpose, sorted(self.by.items()), sorted(self.dims.items()), self.party])


@attrs.define(kw_only=True, eq=False)
class Wanted:
    """One move that is to be made: a quantity of an item, in the item's unit, from one place to another.

    :param on: the day on which it takes effect.
    :param posting_date: the day on which its value is to count; ``on`` where nothing else is asked for.
    :param stock_purpose: the purpose of the stock account.
    :param cost: of what comes in: the value of all of it.
    :param returns: the move that it takes back.
    :param corrects: the move that it corrects, in whose place of the order it counts.
    :param made_of: what goes out at the same time and is what this is made of.
    :param takes_reserved: it takes what was promised to it: the promise is lifted by whoever asks.
    """

    key: str
    item: Item
    quantity: Decimal
    from_: Location
    to: Location
    on: date
    lot: Lot | None = None
    posting_date: date | None = None
    if_closed: str = "refuse"
    counter: Counterpart = Counterpart(purpose="inventory.adjustment")
    stock_purpose: str = "inventory"
    cost: Money | None = None
    returns: Move | None = None
    corrects: Move | None = None
    source: Source | None = None
    text: str = ""
    made_of: Sequence[Wanted] = ()
    takes_reserved: bool = False

    @property
    def request(self) -> str:
        """Hash of what is asked for: the same key with another hash is another movement."""
        cost = None if self.cost is None else [self.cost.minor_units, self.cost.currency]
        lot, returned = self.lot and self.lot.id, self.returns and self.returns.id
        quantity = f"{self.quantity.normalize():f}"
        said = [self.item.id, lot, quantity, self.from_.id, self.to.id, self.on.isoformat(), cost, returned, self.counter.code]
        return digest([*said, [part.key for part in self.made_of]] if self.made_of else said)
