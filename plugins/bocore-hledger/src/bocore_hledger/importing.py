"""Taking a journal into the books: all of it, or what is new of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import attrs
import sqlalchemy as sa

from bocore import MAX_CODE_LENGTH, MAX_EXPONENT, Finding, Rate, Refused, Severity, UnitOfWork, importer
from bocore_accounting import Entry, Line, journal, post, reverse_entry
from bocore_hledger.chart import declare_commodities, open_accounts
from bocore_hledger.entries import Booked, Exponents, annotate, annotate_line, booked, line_extra
from bocore_hledger.journal import Price, Transaction
from bocore_hledger.keys import keys
from bocore_hledger.model import EntryExtra, JournalFile, LineExtra, Symbol
from bocore_hledger.read import read, usable

JOURNAL = "HL"
SOURCE = "hledger"
"""Of rates of exchange that came from price directives."""
SHOWN = 20
"""So many transactions that a file has no longer are named one by one."""


@importer("hledger.hledger", permission="accounting.post", suffix=(".journal", ".hledger", ".ledger", ".j"), once=False)
def load(
    uow: UnitOfWork, path: Path, *, journal: str = "", replace: bool = False, commodity: str = "", decimals: str = "", year: int = 0
) -> Iterable[Finding]:
    """Import an hledger or ledger journal with what it includes; of one that was imported before, what is new.

    :param journal: the name under which the books know this journal; the file's own unless told.
    :param replace: reverse entries that the journal has no longer, and post those again that it still has and that were reversed.
    :param commodity: what commodities are called in the books, such as $=USD,€=EUR; =EUR for amounts without one. It is remembered.
    :param decimals: more decimals for commodities than the journal has so far, such as VTI:6,GOLD:4; they keep them for ever.
    :param year: that of dates without one.
    """
    name, places = journal or path.name, _places(decimals)
    symbols = _symbols(uow, commodity, replace)
    whole = read(path, symbols=symbols, year=year or None)
    declare_commodities(uow, whole.exponents, places, name)
    file = uow.find(JournalFile, company_id=uow.company.id, name=name) or uow.add(JournalFile(name=name))
    exponents = Exponents(uow.tokens, uow.company.currency)
    books = _Books(uow, file, whole.transactions, exponents)
    taken_back = books.take_back() if replace else books.refuse_changed()  # while accounts are as they were
    accounts, untyped = open_accounts(uow, whole)
    _take_prices(uow, usable(whole.prices, whole.exponents))
    books.annotate()
    new = books.new(again=replace)
    if new:
        _post(uow, new, file, accounts, exponents)
    return [*whole.warnings, *untyped, *books.said(len(new), taken_back)]


def _post(
    uow: UnitOfWork, new: Sequence[tuple[str, Transaction]], file: JournalFile, accounts: Mapping[str, int], exponents: Exponents
) -> None:
    """Post them, with what extends entries and lines; what the books refuse is said by the file's lines."""
    into = journal(uow, JOURNAL, "hledger").id
    base = uow.company.currency
    rows = booked(new, file_id=file.id, journal_id=into, accounts=accounts, tokens=uow.tokens, exponents=exponents, base=base)
    post(uow, [(each.entry, each.lines) for each in rows])
    uow.add_all([each.extra for each in rows], extends=[each.entry for each in rows])
    pairs = [(extra, line) for each in rows for extra, line in zip(each.extras, each.lines, strict=True) if extra is not None]
    uow.add_all([extra for extra, _ in pairs], extends=[line for _, line in pairs])
    try:
        uow.flush()
    except Refused as refused:
        raise Refused([_at_line(finding, rows) for finding in refused.findings]) from refused


def _at_line(finding: Finding, rows: Sequence[Booked]) -> Finding:
    """A finding at an entry and line of this batch, moved to the place in the file that it was made from."""
    number, position = finding.params.get("entry"), finding.params.get("line")
    if not isinstance(number, int) or not 0 < number <= len(rows):
        return finding
    each = rows[number - 1].transaction
    at = each.place(each.postings[position - 1]) if isinstance(position, int) else each.at
    return Finding(finding.code, finding.message, at=at, fix=finding.fix, severity=finding.severity, **finding.params)


# ---------------------------------------------------------------- options


def _symbols(uow: UnitOfWork, text: str, replace: bool) -> dict[str, str]:
    """``$=USD,€=EUR`` on top of what was said before, which only ``replace`` may change."""
    rows = {row.symbol: row for row in uow.select(Symbol, company_id=uow.company.id)}
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        symbol, equals, code = part.rpartition("=")
        symbol, code = symbol.strip().strip('"'), code.strip()
        if not equals or not code or len(code) > MAX_CODE_LENGTH or not code.isprintable() or any(char.isspace() for char in code):
            fix = "Write symbol and code, with commas between: $=USD,€=EUR; =EUR is for amounts without a symbol."
            found.append(Finding("hledger.option", f"{part!r} does not say what a commodity is called in the books.", "commodity", fix=fix))
        elif symbol not in rows:
            rows[symbol] = uow.add(Symbol(symbol=symbol, code=code))
        elif rows[symbol].code != code and not replace:
            message = f"{symbol or 'An amount without symbol'} is {rows[symbol].code} in these books already, and can't be {code} as well."
            fix = "Leave the option out; or import with --replace, which reverses the entries of this journal and posts them anew."
            found.append(Finding("hledger.symbol", message, "commodity", fix=fix))
        else:
            rows[symbol].code = code
    if found:
        raise Refused(found)
    return {symbol: row.code for symbol, row in rows.items()}


def _places(text: str) -> dict[str, int]:
    """``VTI:6,GOLD:4`` as code → decimals."""
    places: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        code, _, number = part.partition(":")
        if not code or not number.isdecimal() or int(number) > MAX_EXPONENT:
            fix = f"Write decimals as CODE:NUMBER, up to {MAX_EXPONENT}, with commas between: VTI:6,GOLD:4."
            raise Refused([Finding("hledger.option", f"{part!r} does not say how many decimals a commodity has.", "decimals", fix=fix)])
        places[code] = int(number)
    return places


# ---------------------------------------------------------------- prices


def _take_prices(uow: UnitOfWork, prices: Iterable[Price]) -> None:
    """Price directives as rates of exchange; one that the journal has changed since follows it."""
    wanted = {(each.code, each.amount.code, each.date): each.amount.number for each in prices}
    if not wanted:
        return
    for row in uow.select(Rate, source=SOURCE, kind="spot"):
        number = wanted.pop((row.currency, row.to_currency, row.on), None)
        if number is not None and number != row.rate:
            row.rate = number
    uow.add_all([Rate(currency=code, to_currency=to, on=day, source=SOURCE, rate=number) for (code, to, day), number in wanted.items()])


# ---------------------------------------------------------------- what is in the books already


@attrs.frozen
class _Known:
    """A transaction that is in the books; ``round`` counts how often it was posted, each time after a reversal."""

    id: int
    round: int
    file_id: int
    reversed: bool


class _Books:
    """What of a journal the books have, by the keys of its transactions."""

    def __init__(self, uow: UnitOfWork, file: JournalFile, transactions: Iterable[Transaction], exponents: Exponents) -> None:
        self.uow = uow
        self.file = file
        with_lines = [each for each in transactions if each.postings]
        self.keyed = dict(zip(keys(with_lines, exponents), with_lines, strict=True))
        self.known = _known(uow)
        live = [each for key, each in self.known.items() if key not in self.keyed and each.file_id == file.id and not each.reversed]
        self.gone = sorted(live, key=lambda each: each.id)
        """What this journal had when it was imported before, and has no longer."""
        self.reversed = [key for key in self.keyed if key in self.known and self.known[key].reversed]

    def new(self, *, again: bool) -> list[tuple[str, Transaction]]:
        """Those that the books have not, with the keys to keep them by; ``again`` those that were reversed, too."""
        found = [(key, each) for key, each in self.keyed.items() if key not in self.known]
        if again:
            found += [(f"{key}/{self.known[key].round + 1}", self.keyed[key]) for key in self.reversed]
            self.reversed = []
        return sorted(found, key=lambda pair: pair[1].date)

    def refuse_changed(self) -> int:
        """Refuse a journal in which transactions that are in the books were changed or taken out: the books would say something else."""
        entries = self.uow.get_all(Entry, [each.id for each in self.gone[:SHOWN]])
        fix = (
            "Undo that; or import with --replace, which reverses them; or with --journal NAME, if this is another journal of the same name."
        )
        messages = [
            f"{entry.number} of {entry.posting_date}, {entry.text!r}, is not in the journal any more." for entry in entries.values()
        ]
        if len(self.gone) > SHOWN:
            messages.append(f"Nor are {len(self.gone) - SHOWN} more entries that were imported from it.")
        if messages:
            raise Refused([Finding("hledger.changed", message, at=self.file.name, fix=fix) for message in messages])
        return 0

    def take_back(self) -> int:
        """Reverse the entries that the journal has no longer; returns how many."""
        entries = self.uow.get_all(Entry, [each.id for each in self.gone])
        for entry in entries.values():
            reverse_entry(self.uow, entry, f"changed in {self.file.name}")
        if entries:
            self.uow.flush()  # findings on what is posted next then count from its own beginning
        return len(entries)

    def annotate(self) -> None:
        """Bring marks, comments and assertions of what is in the books up to what the journal says now."""
        there = {self.known[key].id: each for key, each in self.keyed.items() if key in self.known}
        entries = self.uow.get_all(Entry, there)
        extras = self.uow.extensions(entries.values(), EntryExtra)
        lines = self.uow.children(list(entries.values()), Line)
        of_lines = self.uow.extensions([line for each in lines.values() for line in each], LineExtra)
        for ident, each in there.items():
            annotate(extras[ident], each)
            for line, posting in zip(sorted(lines[ident], key=lambda line: line.position), each.postings, strict=True):
                extra = of_lines.get(line.id)
                if extra is not None:
                    annotate_line(extra, posting)
                elif (made := line_extra(posting)) is not None:
                    self.uow.add(made, extends=line)

    def said(self, new: int, taken_back: int) -> Iterator[Finding]:
        """What was not simply posted."""
        there = len(self.keyed) - new
        if there:
            message = f"{there} of {len(self.keyed)} transactions are in the books already; {new} are new."
            if not new:
                message = f"All {there} transactions are in the books already; none was posted again."
            yield self._note("known", message)
        if taken_back:
            yield self._note("replaced", f"{taken_back} entries that the journal does not have any more were reversed.")
        if self.reversed and there:
            message = f"{len(self.reversed)} transactions of the journal were reversed in the books."
            yield self._note("reversed", message, "Import it with --replace if they are to count again.")

    def _note(self, kind: str, message: str, fix: str = "") -> Finding:
        return Finding(f"hledger.{kind}", message, at=self.file.name, fix=fix, severity=Severity.WARNING)


def _known(uow: UnitOfWork) -> dict[str, _Known]:
    """The transactions in the books, of any journal, by key; of one that was posted several times, the last."""
    company, extra = uow.company.id, EntryExtra.c
    taken_back = {
        row[0] for row in uow.rows(sa.select(Entry.c.reverses_id).where(Entry.c.company_id == company, Entry.c.reverses_id.is_not(None)))
    }
    found: dict[str, _Known] = {}
    for ident, kept, file_id in uow.rows(sa.select(extra.id, extra.key, extra.journal_id).where(extra.company_id == company)):
        key, _, again = kept.partition("/")
        number = int(again or 1)
        if key not in found or found[key].round < number:
            found[key] = _Known(ident, number, file_id, ident in taken_back)
    return found
