"""For importers of whole ledgers: a file that grew is taken in again, and only what is new of it is posted.

An importer keeps an extension of ``Entry`` with the key of the transaction that the entry was made from, unique in its format, and the
row of the file that it came from. :class:`Reimport` compares a file's transactions with these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Generic, Protocol, TypeVar

import attrs
import sqlalchemy as sa

from bocore import MAX_EXPONENT, Finding, Refused, Severity, UnitOfWork
from bocore_accounting.model import Entry
from bocore_accounting.posting import reverse_entry

SHOWN = 20
"""So many transactions that a file has no longer are named one by one."""


class Dated(Protocol):
    """What a transaction must have: its day."""

    @property
    def date(self) -> date:
        """The posting date."""


T = TypeVar("T", bound=Dated)


@attrs.frozen
class KnownEntry:
    """A transaction that is in the books; ``round`` counts how often it was posted, each time after a reversal."""

    id: int
    round: int
    file_id: int
    reversed: bool


class Reimport(Generic[T]):
    """What of a ledger file the books have, by the keys of its transactions.

    :param keyed: key → transaction of the file, those with lines only. The same transaction twice has two keys.
    :param extension: the entity that extends ``Entry``, with ``company_id``, and ``key`` of up to 200 characters.
    :param file: the row of the file, which has a ``name``; ``column`` is the field of the extension that refers to it.
    :param noun: what the format calls such a file, and its option for the name: ``"ledger"``, ``"journal"``.
    """

    def __init__(self, uow: UnitOfWork, keyed: Mapping[str, T], *, extension: type[Any], file: Any, column: str, noun: str) -> None:
        self.uow = uow
        self.keyed = keyed
        self.file = file
        self.noun = noun
        self.known = _known(uow, extension, column)
        live = [one for key, one in self.known.items() if key not in keyed and one.file_id == file.id and not one.reversed]
        self.gone = sorted(live, key=lambda one: one.id)
        """What this file had when it was imported before, and has no longer."""
        self.reversed = [key for key in keyed if key in self.known and self.known[key].reversed]

    def new(self, *, again: bool) -> list[tuple[str, T]]:
        """Those that the books have not, by day, with the keys to keep them by; ``again`` those that were reversed, too."""
        found = [(key, each) for key, each in self.keyed.items() if key not in self.known]
        if again:
            found += [(f"{key}/{self.known[key].round + 1}", self.keyed[key]) for key in self.reversed]
            self.reversed = []
        return sorted(found, key=lambda pair: pair[1].date)

    def there(self) -> dict[int, T]:
        """Id of an entry → the file's transaction that it was made from."""
        return {self.known[key].id: each for key, each in self.keyed.items() if key in self.known}

    def refuse_changed(self) -> int:
        """Refuse a file in which transactions that are in the books were changed or taken out: the books would say something else."""
        entries = self.uow.get_all(Entry, [each.id for each in self.gone[:SHOWN]])
        option = f"--{self.noun} NAME, if this is another {self.noun} of the same name"
        fix = f"Undo that; or import with --replace, which reverses them; or with {option}."
        messages = [
            f"{entry.number} of {entry.posting_date}, {entry.text!r}, is not in the {self.noun} any more." for entry in entries.values()
        ]
        if len(self.gone) > SHOWN:
            messages.append(f"Nor are {len(self.gone) - SHOWN} more entries that were imported from it.")
        if messages:
            raise Refused([Finding("accounting.file_changed", message, at=self.file.name, fix=fix) for message in messages])
        return 0

    def take_back(self) -> int:
        """Reverse the entries that the file has no longer; returns how many."""
        entries = self.uow.get_all(Entry, [each.id for each in self.gone])
        for entry in entries.values():
            reverse_entry(self.uow, entry, f"changed in {self.file.name}")
        if entries:
            self.uow.flush()  # findings on what is posted next then count from its own beginning
        return len(entries)

    def said(self, new: int, taken_back: int) -> Iterator[Finding]:
        """What was not simply posted, as warnings.

        :param new: how many transactions were posted.
        :param taken_back: how many entries were reversed.
        """
        there = len(self.keyed) - new
        if there:
            message = f"{there} of {len(self.keyed)} transactions are in the books already; {new} are new."
            if not new:
                message = f"All {there} transactions are in the books already; none was posted again."
            yield self._note("accounting.known", message, "Nothing to do.")
        if taken_back:
            message = f"{taken_back} entries that the {self.noun} does not have any more were reversed."
            yield self._note("accounting.replaced", message, "Nothing to do; the reversals are in the journal.")
        if self.reversed and there:
            message = f"{len(self.reversed)} transactions of the {self.noun} were reversed in the books."
            yield self._note("accounting.taken_back", message, "Import it with --replace if they are to count again.")

    def _note(self, code: str, message: str, fix: str) -> Finding:
        return Finding(code, message, at=self.file.name, fix=fix, severity=Severity.WARNING)


def at_place(finding: Finding, place: Callable[[int, int | None], str], count: int) -> Finding:
    """A finding at an entry and line of a batch, moved to the place in the file that these were made from.

    :param place: says where from the entry's place in the batch (from 0) and the line's in the entry (from 0; None for the entry itself).
    :param count: how many entries the batch has.
    """
    number, position = finding.params.get("entry"), finding.params.get("line")
    if not isinstance(number, int) or not 0 < number <= count:
        return finding
    at = place(number - 1, position - 1 if isinstance(position, int) else None)
    return Finding(finding.code, finding.message, at=at, fix=finding.fix, severity=finding.severity, **finding.params)


def read_decimals(text: str) -> dict[str, int]:
    """``VTI:6,GOLD:4`` as commodity → decimals; Refused where it can't be read."""
    places: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        commodity, _, number = part.partition(":")
        if not commodity or not number.isdecimal() or int(number) > MAX_EXPONENT:
            fix = f"Write decimals as CODE:NUMBER, up to {MAX_EXPONENT}, with commas between: VTI:6,GOLD:4."
            raise Refused(
                [Finding("accounting.decimals", f"{part!r} does not say how many decimals a commodity has.", "decimals", fix=fix)]
            )
        places[commodity] = int(number)
    return places


def balances_in_base_only(lines: Sequence[Any]) -> bool:
    """Whether an entry balances in the company's currency, but not in each currency by itself: money of one kind given for another."""
    sums: dict[str, int] = {}
    for line in lines:
        if line.base is None:
            return False
        sums[line.amount.currency] = sums.get(line.amount.currency, 0) + line.amount.minor_units
    return any(sums.values())


def _known(uow: UnitOfWork, extension: type[Any], column: str) -> dict[str, KnownEntry]:
    """The transactions in the books, of any file, by key; of one that was posted several times, the last."""
    company, extra = uow.company.id, extension.c
    reversals = sa.select(Entry.c.reverses_id).where(Entry.c.company_id == company, Entry.c.reverses_id.is_not(None))
    taken_back = {row[0] for row in uow.rows(reversals)}
    found: dict[str, KnownEntry] = {}
    for ident, kept, file_id in uow.rows(sa.select(extra.id, extra.key, getattr(extra, column)).where(extra.company_id == company)):
        key, _, again = kept.partition("/")
        number = int(again or 1)
        if key not in found or found[key].round < number:
            found[key] = KnownEntry(ident, number, file_id, ident in taken_back)
    return found
