"""What the core itself keeps of a person who asks to be forgotten: whom a claim or debt is with, and with whom the books were made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from bocore.entities import Entity, spec_of
from bocore.errors import Finding
from bocore.kernel.bank import BankAccount, BankDetails
from bocore.kernel.party import Party, PartyAddress, PartyIdentifier
from bocore.kernel.settings import KernelSettings
from bocore.plugins.hooks import hookimpl

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork

_OPEN = "SELECT count(*) FROM bo_open_item i JOIN bo_item_balance b ON b.id = i.id WHERE i.party_id = ? AND b.open"
# The body is canonical JSON: a number ends at a comma or a brace.
_LAST = "SELECT count(*), max(posting_date) FROM bo_voucher WHERE body LIKE ? OR body LIKE ?"


@hookimpl
def bo_retention(uow: UnitOfWork, party: Party) -> Iterator[Finding]:
    """Keep who it was while anything is open with the party, and for some years after the last voucher (setting ``books_kept``)."""
    session = uow._touch()
    known: list[Entity] = [party, *uow.children(party, PartyIdentifier)]
    [count] = session.execute(_OPEN, (party.id,)).fetchone()
    if count:
        items = f"{count} open item{'s' if count > 1 else ''}"
        accounts = uow.select(BankAccount, party_id=party.id).all()
        details = [row for rows in uow.children(accounts, BankDetails).values() for row in rows]
        for row in (*known, *uow.children(party, PartyAddress), *details):
            fix = "Settle what is open: it is destroyed in the night after."
            yield Finding("bo.open_items", f"It is needed for {items}.", row, fix=fix, until=None, fields=_personal(row))
    years = uow.settings(KernelSettings).books_kept
    [count, last] = session.execute(_LAST, (f'%"party":{party.id},%', f'%"party":{party.id}}}%')).fetchone()
    if count and years:
        until = date(min(date.fromisoformat(last).year + years, 9999), 12, 31)
        if until >= uow.now().date():
            message = f"{count} voucher{'s' if count > 1 else ''} of the books name the party."
            fix = "It is destroyed when its day has passed; the setting books_kept says how many years that takes."
            for row in known:
                yield Finding("bo.vouchers", message, row, fix=fix, until=until, fields=_personal(row))


def _personal(row: Entity) -> list[str]:
    """The fields to keep. With them named a row is kept alone, without what plugins have made a part of it."""
    return [name for name, field in spec_of(type(row)).fields.items() if field.options.get("personal")]
