"""Taking a beancount ledger into the books: all of it, or what is new of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import attrs

from bocore import Finding, Refused, UnitOfWork, importer
from bocore_accounting import Reimport, at_place, journal, post, read_decimals
from bocore_beancount import directives
from bocore_beancount.chart import declare_commodities, open_accounts
from bocore_beancount.entries import Booked, booked
from bocore_beancount.ledger import Ledger
from bocore_beancount.model import EntryExtra, LedgerFile
from bocore_beancount.read import read
from bocore_beancount.write import keys

JOURNAL = "BC"


@importer("beancount.beancount", permission="accounting.setup", suffix=".beancount", once=False)
def load(uow: UnitOfWork, path: Path, *, ledger: str = "", replace: bool = False, decimals: str = "", root: str = "") -> Iterable[Finding]:
    """Import a beancount ledger with what it includes; of one that was imported before, what is new.

    :param ledger: the name under which the books know this ledger; the file's own unless told.
    :param replace: reverse entries that the ledger has no longer, and post those again that it still has and that were reversed.
    :param decimals: more decimals for commodities than the ledger has so far, such as VTI:6,GOLD:4; they keep them for ever.
    :param root: a folder that no included file may lie outside of; the ledger's own unless told.
    """
    name, places = ledger or path.name, read_decimals(decimals)
    whole = read(path, within=root)
    declare_commodities(uow, whole.commodities, places, name)
    file = _file(uow, name, whole)
    with_lines = [each for each in whole.transactions if each.lines]
    keyed = dict(zip(keys(with_lines), with_lines, strict=True))
    books = Reimport(uow, keyed, extension=EntryExtra, file=file, column="ledger_id", noun="ledger")
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

    def place(entry: int, line: int | None) -> str:
        transaction = rows[entry].transaction
        return transaction.at if line is None else f"{transaction.file}:{transaction.lines[line].line}"

    post(uow, [(each.entry, each.lines) for each in rows])
    uow.add_all([each.extra for each in rows], extends=[each.entry for each in rows])
    pairs = [(lot, line) for each in rows for lot, line in zip(each.lots, each.lines, strict=True) if lot is not None]
    uow.add_all([lot for lot, _ in pairs], extends=[line for _, line in pairs])
    try:
        uow.flush()
    except Refused as refused:
        raise Refused([at_place(finding, place, len(rows)) for finding in refused.findings]) from refused


def _file(uow: UnitOfWork, name: str, ledger: Ledger) -> LedgerFile:
    file = uow.find(LedgerFile, company_id=uow.company.id, name=name) or uow.add(LedgerFile(name=name))
    file.title = ledger.title
    file.operating_currencies = list(ledger.operating_currencies)
    file.roots = attrs.asdict(ledger.roots)
    return file
