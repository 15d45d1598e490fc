"""Taking a journal into the books: all of it, or what is new of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bocore import MAX_CODE_LENGTH, Finding, Rate, Refused, UnitOfWork, importer
from bocore_accounting import Entry, Line, Reimport, at_place, journal, post, read_decimals
from bocore_hledger.chart import declare_commodities, open_accounts
from bocore_hledger.entries import Exponents, annotate, annotate_line, booked, line_extra
from bocore_hledger.journal import Price, Transaction
from bocore_hledger.keys import keys
from bocore_hledger.model import EntryExtra, JournalFile, LineExtra, Symbol
from bocore_hledger.read import read, usable

JOURNAL = "HL"
SOURCE = "hledger"
"""Of rates of exchange that came from price directives."""


@importer("hledger.hledger", permission="accounting.setup", suffix=(".journal", ".hledger", ".ledger", ".j"), once=False)
def load(
    uow: UnitOfWork,
    path: Path,
    *,
    journal: str = "",
    replace: bool = False,
    commodity: str = "",
    decimals: str = "",
    year: int = 0,
    root: str = "",
) -> Iterable[Finding]:
    """Import an hledger or ledger journal with what it includes; of one that was imported before, what is new.

    :param journal: the name under which the books know this journal; the file's own unless told.
    :param replace: reverse entries that the journal has no longer, and post those again that it still has and that were reversed.
    :param commodity: what commodities are called in the books, such as $=USD,€=EUR; =EUR for amounts without one. It is remembered.
    :param decimals: more decimals for commodities than the journal has so far, such as VTI:6,GOLD:4; they keep them for ever.
    :param year: that of dates without one.
    :param root: a folder that no included file may lie outside of; the journal's own unless told.
    """
    name, places = journal or path.name, read_decimals(decimals)
    symbols = _symbols(uow, commodity, replace)
    whole = read(path, symbols=symbols, year=_year(year), within=root)
    declare_commodities(uow, whole.exponents, places, name)
    file = uow.find(JournalFile, company_id=uow.company.id, name=name) or uow.add(JournalFile(name=name))
    exponents = Exponents(uow.tokens, uow.company.currency)
    with_lines = [each for each in whole.transactions if each.postings]
    keyed = dict(zip(keys(with_lines, exponents), with_lines, strict=True))
    books = Reimport(uow, keyed, extension=EntryExtra, file=file, column="journal_id", noun="journal")
    taken_back = books.take_back() if replace else books.refuse_changed()  # while accounts are as they were
    accounts, untyped = open_accounts(uow, whole)
    _take_prices(uow, usable(whole.prices, whole.exponents))
    _annotate(uow, books.there())
    new = books.new(again=replace)
    if new:
        _post(uow, new, file, accounts, exponents)
    return [*whole.warnings, *untyped, *books.said(len(new), taken_back)]


def _post(
    uow: UnitOfWork, new: Sequence[tuple[str, Transaction]], file: JournalFile, accounts: Mapping[str, int], exponents: Exponents
) -> None:
    """Post them, with what extends entries and lines; what the books refuse is said by the file's lines."""

    def place(entry: int, line: int | None) -> str:
        each = rows[entry].transaction
        return each.at if line is None else each.place(each.postings[line])

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
        raise Refused([at_place(finding, place, len(rows)) for finding in refused.findings]) from refused


# ---------------------------------------------------------------- options


def _year(year: int) -> int | None:
    if year and not 1000 <= year <= 9999:
        raise Refused([Finding("hledger.option", f"{year} is no year.", "year", fix="Write it with four digits: 2024.")])
    return year or None


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


def _annotate(uow: UnitOfWork, there: Mapping[int, Transaction]) -> None:
    """Bring marks, comments and assertions of what is in the books up to what the journal says now."""
    entries = uow.get_all(Entry, there)
    extras = uow.extensions(entries.values(), EntryExtra)
    lines = uow.children(list(entries.values()), Line)
    of_lines = uow.extensions([line for each in lines.values() for line in each], LineExtra)
    for ident, each in there.items():
        annotate(extras[ident], each)
        for line, posting in zip(sorted(lines[ident], key=lambda line: line.position), each.postings, strict=True):
            extra = of_lines.get(line.id)
            if extra is not None:
                annotate_line(extra, posting)
            elif (made := line_extra(posting)) is not None:
                uow.add(made, extends=line)
