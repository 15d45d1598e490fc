"""``rates-csv``: rates of exchange as a table, as central banks and treasurers keep them.

The columns are ``on`` (a date), ``currency``, ``to``, ``rate``, and where needed ``kind`` (spot unless told) and ``source``: one unit of
``currency`` is ``rate`` units of ``to``. A rate that is there already is passed over, so that a list that grows can be read every day;
one that is there with another value is refused, unless it is to be replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import attrs

from bocore.entities import spec_of
from bocore.errors import Finding
from bocore.imports.batches import batched
from bocore.kernel.currency import Rate, RateKind, check_pair
from bocore.plugins import importer

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork

Key = tuple[str, str, date, RateKind, str]


@attrs.frozen(kw_only=True)
class RateRow:
    """One line of the table."""

    on: date
    currency: str
    to: str
    rate: Decimal
    kind: RateKind = RateKind.SPOT
    source: str = ""

    @property
    def key(self) -> Key:
        """What no two rates share."""
        return self.currency, self.to, self.on, self.kind, self.source


@importer("bo.rates-csv", permission="bo.rates", suffix=".csv", row=RateRow, once=False)
def load(uow: UnitOfWork, rows: Iterable[tuple[int, RateRow]], *, replace: bool = False) -> Iterator[Finding]:
    """Take in rates of exchange: on, currency, to, rate, kind, source.

    :param replace: a rate that is there with another value gets that of the file.
    """
    for batch in batched(rows, 1000):
        known = _known(uow, [row for _, row in batch])
        for line, row in batch:
            yield from _take(uow, line, row, known, replace)
        uow.flush(release=True)


def _take(uow: UnitOfWork, line: int, row: RateRow, known: dict[Key, Rate], replace: bool) -> Iterator[Finding]:
    findings = [Finding(f.code, f.message, line, "to" if f.field == "to_currency" else f.field, f.fix) for f in _check(uow, row)]
    before = known.get(row.key)
    if findings:
        yield from findings
    elif before is None:
        made = Rate(currency=row.currency, to_currency=row.to, on=row.on, kind=row.kind, source=row.source, rate=row.rate)
        known[row.key] = uow.add(made)
    elif before.rate != row.rate:
        if replace:
            before.rate = row.rate
        else:
            whose = f" of {row.source}" if row.source else ""
            message = f"The {row.kind} rate{whose} from {row.currency} to {row.to} on {row.on} is {before.rate} already, not {row.rate}."
            yield Finding("bo.rate", message, line, "rate", "Correct the line, or import with --replace.")


def _check(uow: UnitOfWork, row: RateRow) -> Iterator[Finding]:
    yield from check_pair(uow, row.currency, row.to, None)
    if row.rate <= 0:
        yield Finding("bo.rate", f"The rate {row.rate} is not above 0.", None, "rate", "Write how much one unit is worth in the other.")
    length = spec_of(Rate).fields["source"].options["max_length"]
    if len(row.source) > length:
        message = f"The source has {len(row.source)} characters, at most {length} are allowed."
        yield Finding("bo.rate", message, None, "source", "Shorten it.")


def _known(uow: UnitOfWork, rows: list[RateRow]) -> dict[Key, Rate]:
    """The rates of these days and currencies that are there already."""
    days = [row.on for row in rows]
    there = uow.select(Rate, currency=list({row.currency for row in rows})).where(Rate.c.on >= min(days), Rate.c.on <= max(days))
    return {(rate.currency, rate.to_currency, rate.on, rate.kind, rate.source): rate for rate in there}
