"""Taking a beancount ledger into the books: all of it, or what is new of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import attrs
import sqlalchemy as sa

from bocore import MAX_EXPONENT, Finding, Refused, Severity, UnitOfWork, importer
from bocore_accounting import Entry, journal, post, reverse_entry
from bocore_beancount import directives
from bocore_beancount.chart import declare_commodities, open_accounts
from bocore_beancount.entries import Booked, booked
from bocore_beancount.ledger import Ledger, Transaction
from bocore_beancount.model import EntryExtra, LedgerFile
from bocore_beancount.read import read
from bocore_beancount.write import keys

JOURNAL = "BC"
SHOWN = 20
"""So many transactions that a file has no longer are named one by one."""


@importer("beancount.beancount", permission="accounting.post", suffix=".beancount", once=False)
def load(uow: UnitOfWork, path: Path, *, ledger: str = "", replace: bool = False, decimals: str = "") -> Iterable[Finding]:
    """Import a beancount ledger with what it includes; of one that was imported before, what is new.

    :param ledger: the name under which the books know this ledger; the file's own unless told.
    :param replace: reverse entries that the ledger has no longer, and post those again that it still has and that were reversed.
    :param decimals: more decimals for commodities than the ledger has so far, such as VTI:6,GOLD:4; they keep them for ever.
    """
    name, places = ledger or path.name, _places(decimals)
    whole = read(path)
    declare_commodities(uow, whole.commodities, places, name)
    file = _file(uow, name, whole)
    books = _Books(uow, file, whole.transactions)
    taken_back = books.take_back() if replace else books.refuse_changed()  # while accounts are as they were
    accounts = open_accounts(uow, whole.accounts, whole.roots)
    directives.renew(uow, file, whole)
    new = books.new(again=replace)
    if new:
        rows = booked(new, ledger_id=file.id, journal_id=journal(uow, JOURNAL, "Beancount").id, accounts=accounts, tokens=uow.tokens)
        _post(uow, rows)
    return [*whole.warnings, *books.said(len(new), taken_back)]


def _post(uow: UnitOfWork, rows: Sequence[Booked]) -> None:
    """Post them, with what extends entries and lines; what the books refuse is said by the file's lines."""
    post(uow, [(each.entry, each.lines) for each in rows])
    uow.add_all([each.extra for each in rows], extends=[each.entry for each in rows])
    pairs = [(lot, line) for each in rows for lot, line in zip(each.lots, each.lines, strict=True) if lot is not None]
    uow.add_all([lot for lot, _ in pairs], extends=[line for _, line in pairs])
    try:
        uow.flush()
    except Refused as refused:
        raise Refused([_at_line(finding, rows) for finding in refused.findings]) from refused


def _at_line(finding: Finding, rows: Sequence[Booked]) -> Finding:
    """A finding at an entry and line of this batch, moved to the place in the file that it was made from."""
    number, position = finding.params.get("entry"), finding.params.get("line")
    if not isinstance(number, int) or not 0 < number <= len(rows):
        return finding
    transaction = rows[number - 1].transaction
    at = f"{transaction.file}:{transaction.lines[position - 1].line}" if isinstance(position, int) else transaction.at
    return Finding(finding.code, finding.message, at=at, fix=finding.fix, severity=finding.severity, **finding.params)


def _file(uow: UnitOfWork, name: str, ledger: Ledger) -> LedgerFile:
    file = uow.find(LedgerFile, company_id=uow.company.id, name=name) or uow.add(LedgerFile(name=name))
    file.title = ledger.title
    file.operating_currencies = list(ledger.operating_currencies)
    file.roots = attrs.asdict(ledger.roots)
    return file


def _places(text: str) -> dict[str, int]:
    """``VTI:6,GOLD:4`` as code → decimals."""
    places: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        code, _, number = part.partition(":")
        if not code or not number.isdecimal() or int(number) > MAX_EXPONENT:
            fix = f"Write decimals as CODE:NUMBER, up to {MAX_EXPONENT}, with commas between: VTI:6,GOLD:4."
            raise Refused([Finding("beancount.option", f"{part!r} does not say how many decimals a commodity has.", "decimals", fix=fix)])
        places[code] = int(number)
    return places


@attrs.frozen
class _Known:
    """A transaction that is in the books; ``round`` counts how often it was posted, each time after a reversal."""

    id: int
    key: str
    round: int
    ledger_id: int
    reversed: bool


class _Books:
    """What of a ledger the books have, by the keys of its transactions."""

    def __init__(self, uow: UnitOfWork, file: LedgerFile, transactions: Iterable[Transaction]) -> None:
        self.uow = uow
        self.file = file
        with_lines = [each for each in transactions if each.lines]
        self.keyed = dict(zip(keys(with_lines), with_lines, strict=True))
        self.known = {each.key: each for each in _known(uow)}
        live = [each for key, each in self.known.items() if key not in self.keyed and each.ledger_id == file.id and not each.reversed]
        self.gone = sorted(live, key=lambda each: each.id)
        """What this ledger had when it was imported before, and has no longer."""
        self.reversed = [key for key in self.keyed if key in self.known and self.known[key].reversed]

    def new(self, *, again: bool) -> list[tuple[str, Transaction]]:
        """Those that the books have not, with the keys to keep them by; ``again`` those that were reversed, too."""
        found = [(key, each) for key, each in self.keyed.items() if key not in self.known]
        if again:
            found += [(f"{key}/{self.known[key].round + 1}", self.keyed[key]) for key in self.reversed]
            self.reversed = []
        return sorted(found, key=lambda pair: pair[1].date)

    def refuse_changed(self) -> int:
        """Refuse a ledger in which transactions that are in the books were changed or taken out: the books would say something else."""
        entries = self.uow.get_all(Entry, [each.id for each in self.gone[:SHOWN]])
        fix = "Undo that; or import with --replace, which reverses them; or with --ledger NAME, if this is another ledger of the same name."
        messages = [f"{entry.number} of {entry.posting_date}, {entry.text!r}, is not in the ledger any more." for entry in entries.values()]
        if len(self.gone) > SHOWN:
            messages.append(f"Nor are {len(self.gone) - SHOWN} more entries that were imported from it.")
        if messages:
            raise Refused([Finding("beancount.changed", message, at=self.file.name, fix=fix) for message in messages])
        return 0

    def take_back(self) -> int:
        """Reverse the entries that the ledger has no longer; returns how many."""
        entries = self.uow.get_all(Entry, [each.id for each in self.gone])
        for entry in entries.values():
            reverse_entry(self.uow, entry, f"changed in {self.file.name}")
        if entries:
            self.uow.flush()  # findings on what is posted next then count from its own beginning
        return len(entries)

    def said(self, new: int, taken_back: int) -> Iterator[Finding]:
        """What was not simply posted."""
        there = len(self.keyed) - new
        if there:
            message = f"{there} of {len(self.keyed)} transactions are in the books already; {new} are new."
            if not new:
                message = f"All {there} transactions are in the books already; none was posted again."
            yield self._note("known", message)
        if taken_back:
            yield self._note("replaced", f"{taken_back} entries that the ledger does not have any more were reversed.")
        if self.reversed and there:
            message = f"{len(self.reversed)} transactions of the ledger were reversed in the books."
            yield self._note("reversed", message, "Import it with --replace if they are to count again.")

    def _note(self, kind: str, message: str, fix: str = "") -> Finding:
        return Finding(f"beancount.{kind}", message, at=self.file.name, fix=fix, severity=Severity.WARNING)


def _known(uow: UnitOfWork) -> Iterator[_Known]:
    """The transactions in the books, of any ledger; of one that was posted several times, the last comes last."""
    company = uow.company.id
    extra = EntryExtra.c
    taken_back = {
        row[0] for row in uow.rows(sa.select(Entry.c.reverses_id).where(Entry.c.company_id == company, Entry.c.reverses_id.is_not(None)))
    }
    found = []
    for ident, kept, ledger_id in uow.rows(sa.select(extra.id, extra.key, extra.ledger_id).where(extra.company_id == company)):
        key, _, again = kept.partition("/")
        found.append(_Known(ident, key, int(again or 1), ledger_id, ident in taken_back))
    yield from sorted(found, key=lambda each: each.round)
