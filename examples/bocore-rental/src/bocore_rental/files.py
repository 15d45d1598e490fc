"""The fleet as a table."""

from collections.abc import Iterable, Iterator
from datetime import date

import attrs

from bocore import Finding, Money, UnitOfWork, batched, importer
from bocore_rental.model import SETUP, Machine
from bocore_rental.rights import LENT


@attrs.frozen
class MachineRow:
    """One machine."""

    code: str
    name: str
    daily_rate: Money
    purchased: date | None = None
    price: Money | None = None


@importer("rental.machines", permission=SETUP, suffix=".csv", row=MachineRow, runs_with=LENT)
def load(uow: UnitOfWork, rows: Iterable[tuple[int, MachineRow]]) -> Iterator[Finding]:
    """Take in a fleet; columns are code, name, daily_rate and, where known, purchased and price."""
    seen: dict[str, int] = {}
    for part in batched(rows):
        known = {each.code for each in uow.select(Machine, company_id=uow.company.id, code=[row.code for _, row in part])}
        for line, row in part:
            if row.code in known:
                yield Finding("rental.known", f"There is a machine {row.code} already.", line, "code", "Leave the line out.")
            elif row.code in seen:
                yield Finding(
                    "rental.twice", f"{row.code} is in line {seen[row.code]} too.", line, "code", "Give each machine its own code."
                )
            elif row.daily_rate.minor_units <= 0:
                yield Finding("rental.rate", f"{row.code} costs {row.daily_rate} a day.", line, "daily_rate", "Give a rate above zero.")
            else:
                uow.add(Machine(code=row.code, name=row.name, daily_rate=row.daily_rate, purchased=row.purchased, price=row.price))
            seen.setdefault(row.code, line)
        uow.flush(release=True)
