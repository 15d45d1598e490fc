"""Vouchers become entries: in the transaction that posts them, or later by ``catch_up``, through the same function."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from bocore import (
    Company,
    Finding,
    Posted,
    Severity,
    TaxFact,
    UnitOfWork,
    VoucherRecord,
    dimension_sets,
    fill_text,
    find_items,
    hookimpl,
    posted_from,
)
from bocore import Line as VoucherLine
from bocore_accounting.chart import chart_of
from bocore_accounting.model import Account, AccountKind, Entry, Line, PurposeRule
from bocore_accounting.posting import journal_id, no_account, post
from bocore_accounting.purposes import PurposeMap
from bocore_accounting.settings import AccountingSettings

SUSPENSE = "Suspense"
"""Code of the account that is opened where lines must go to suspense and no account is mapped to it."""
OWN = {"accounting.opening": "OPEN", "accounting.revaluation": "REVAL"}
"""Journals of the kinds of voucher that the books post themselves."""
CHUNK = 500
"""Vouchers that catch_up holds in memory at once."""


@hookimpl
def bo_posted(uow: UnitOfWork, vouchers: Sequence[Posted]) -> None:
    """Enter each voucher into the journal, in the transaction that posts it."""
    enter(uow, vouchers)


def enter(uow: UnitOfWork, vouchers: Sequence[Posted]) -> list[Entry]:
    """Make and post the entry of each voucher, in order.

    :raises Refused: an account that the chart does not have, or a purpose without one where the settings say so.
    """
    unmapped = uow.settings(AccountingSettings).unmapped
    originals = _originals(uow, vouchers)
    mirrored = uow.children(originals.values(), Line, written=True) if originals else {}
    books: dict[int, _Books] = {}
    dims = iter(dimension_sets(uow, [line.dims for posted in vouchers for line in posted.voucher.lines]))
    batch: list[tuple[Entry, list[Line]]] = []
    entries: dict[str, Entry] = {}
    findings: list[Finding] = []
    for posted in vouchers:
        company = posted.record.company_id
        if company not in books:
            books[company] = _Books(uow, company, unmapped, vouchers)
        entry = books[company].entry(posted)
        before = originals.get(posted.record.reverses) if posted.record.reverses is not None else None
        taken_back = {} if before is None else {one.position: one for one in mirrored[before.id]}
        lines = [books[company].line(posted, at, line, next(dims), taken_back.get(at)) for at, line in enumerate(posted.voucher.lines, 1)]
        entries[posted.record.key] = entry
        batch.append((entry, lines))
    for ledger in books.values():
        findings += ledger.findings()
    if findings:
        uow.refuse(*findings)
    made = post(uow, batch)
    for posted, entry in zip(vouchers, made, strict=True):
        fill_text(uow, posted, _setter(entry))
        if posted.record.reverses is not None:
            entry.reverses_id = _original(uow, posted.record.reverses, entries, originals)
    return made


class _Books:
    """What entering vouchers asks of one company's books, read once."""

    def __init__(self, uow: UnitOfWork, company: int, unmapped: str, vouchers: Sequence[Posted]) -> None:
        self.uow = uow
        self.company = company
        self.to_suspense = unmapped == "suspense"
        self.accounts = chart_of(uow, company)
        self.purposes = PurposeMap.of(uow, company)
        self.journals: dict[str, int] = {}
        self.unmapped: dict[str, list[str]] = {}
        self.unknown: list[Finding] = []
        keys = {line.settles for one in vouchers if one.record.company_id == company for line in one.voucher.lines if line.settles}
        self.items = find_items(uow, company, keys) if keys else {}
        self.opened = self._opened() if keys else {}
        """Voucher and place of lines that opened items → their accounts."""

    def _opened(self) -> dict[tuple[int, int], int]:
        entries = self.uow.find_written(Entry, voucher_id={item.voucher_id for item in self.items.values()})
        lines = self.uow.children(entries.values(), Line, written=True)
        return {(voucher, one.position): one.account_id for voucher, entry in entries.items() for one in lines[entry.id]}

    def entry(self, posted: Posted) -> Entry:
        record = posted.record
        code = journal_code(record.kind)
        if code not in self.journals:
            self.journals[code] = journal_id(self.uow, code, self.company)
        return Entry(
            company_id=self.company,
            journal_id=self.journals[code],
            posting_date=record.posting_date,
            document_date=record.document_date,
            nature=record.nature,
            book=record.book or "",
            voucher_id=record.id,
        )

    def line(self, posted: Posted, position: int, line: VoucherLine, dims: int | None, taken_back: Line | None = None) -> Line:
        tax, service = line.tax, line.service or (None, None)
        account = self._before(posted, line, taken_back) or self._account(posted, position, line)
        if line.opens is not None:
            self.opened[posted.record.id, position] = account
        return Line(
            account_id=account,
            amount=line.amount,
            base=line.base,
            purpose=line.purpose,
            party_id=_ident(line.party),
            dims_id=dims,
            partner_id=_ident(line.partner),
            due=line.due,
            tax=None if tax is None else plain_tax(tax),
            service_from=service[0],
            service_to=service[1],
        )

    def _before(self, posted: Posted, line: VoucherLine, taken_back: Line | None) -> int | None:
        """The account of the line that is taken back, or that opened the item: these net, wherever the purpose is sent today.

        None where there is none, where that waited in suspense, for which its purpose is looked up anew, and where the account takes no
        lines on that day.
        """
        item = self.items.get(line.settles) if line.settles is not None else None
        found = None if item is None else self.opened.get((item.voucher_id, item.line))
        if taken_back is not None and (taken_back.purpose, taken_back.amount) == (line.purpose, -line.amount):
            found = taken_back.account_id
        if found is None or found in self._suspense_accounts():
            return None
        account, day = self.uow.get(Account, found), posted.record.posting_date
        takes = account.postable and (account.opened is None or account.opened <= day) and (account.closed is None or day < account.closed)
        return found if takes else None

    def _suspense_accounts(self) -> set[int]:
        return self.purposes.accounts("suspense") | {self.accounts.get(SUSPENSE, 0)}

    def _account(self, posted: Posted, position: int, line: VoucherLine) -> int:
        record = posted.record
        if line.account is not None:
            found = self.accounts.get(line.account)
            if found is None:
                self.unknown.append(no_account(line.account, f"voucher {record.key} line {position}"))
                return 0
            return found
        item = self.items.get(line.settles) if line.settles is not None else None
        day = record.posting_date if item is None else item.posting_date  # the account on which it was, or will be, opened
        found = self.purposes.account(line.purpose, record.book or "", line.by, day)
        if found is None:
            self.unmapped.setdefault(line.purpose, []).append(f"voucher {record.key} line {position}")
            found = self._suspense(record) if self.to_suspense else 0
        return found

    def _suspense(self, record: VoucherRecord) -> int:
        """The suspense account; an imported chart may have none, and then gets one."""
        found = self.purposes.account("suspense", record.book or "", {}, record.posting_date)
        if found is None:
            self.uow.hold(f"accounting.chart {self.company}")  # somebody else may be making it too
            self.accounts, self.purposes = chart_of(self.uow, self.company), PurposeMap.of(self.uow, self.company)
            found = self.purposes.account("suspense", record.book or "", {}, record.posting_date)
        if found is None:
            found = self.accounts.get(SUSPENSE)
            if found is None:
                account = Account(company_id=self.company, code=SUSPENSE, name="Not mapped yet", kind=AccountKind.ASSET)
                found = self.uow.add(account).id
                self.accounts = {**self.accounts, SUSPENSE: found}
            self.uow.add(PurposeRule(company_id=self.company, purpose="suspense", account_id=found))
            self.purposes = PurposeMap.of(self.uow, self.company)
        return found

    def findings(self) -> Iterator[Finding]:
        """Accounts that are not there, and purposes that no account is mapped to."""
        yield from self.unknown
        severity = Severity.WARNING if self.to_suspense else Severity.ERROR
        for purpose, places in self.unmapped.items():
            what = "it went to suspense" if self.to_suspense else "nothing was posted"
            message = f"No account is mapped to the purpose {purpose!r}: {what} ({len(places)} line{'s' if len(places) > 1 else ''})."
            fix = f"Map it: bo accounting map-purpose {purpose} ACCOUNT."
            yield Finding("accounting.unmapped", message, places[0], "purpose", fix, severity, purpose=purpose)


def journal_code(kind: str) -> str:
    """The journal of a kind of voucher: the plugin's prefix in capitals (``retail.sale`` → ``RETAIL``), GEN without one.

    What the books post themselves has journals of its own.
    """
    if kind in OWN:
        return OWN[kind]
    prefix, dot, _ = kind.partition(".")
    return prefix.upper()[:20] if dot and prefix else "GEN"


def plain_tax(tax: TaxFact) -> dict[str, Any]:
    """A tax fact as JSON: amounts in minor units of the token that stands beside them."""
    plain = {
        "code": tax.code,
        "base": [tax.base.minor_units, tax.base.currency],
        "tax": [tax.tax.minor_units, tax.tax.currency],
        "rate": None if tax.rate is None else str(tax.rate),
        "direction": tax.direction,
        "on": None if tax.on is None else tax.on.isoformat(),
        "registration": tax.registration,
    }
    return plain if tax.declared is None else {**plain, "declared": tax.declared.isoformat()}


def _ident(row: Any) -> int | None:
    return row if row is None or isinstance(row, int) else row.id


def _setter(entry: Entry) -> Callable[[str], None]:
    def set_text(text: str) -> None:
        entry.text = text[:1000]

    return set_text


def _originals(uow: UnitOfWork, vouchers: Sequence[Posted]) -> dict[str, Entry]:
    """Key of a reversed voucher → its entry, of those that are written. Nothing is written for it: texts may wait for numbers."""
    keys = [posted.record.reverses for posted in vouchers if posted.record.reverses is not None]
    if not keys:
        return {}
    records = uow.find_written(VoucherRecord, key=keys)
    by_voucher = uow.find_written(Entry, voucher_id=[record.id for record in records.values()])
    return {key: by_voucher[record.id] for key, record in records.items() if record.id in by_voucher}


def _original(uow: UnitOfWork, key: str, entries: dict[str, Entry], originals: dict[str, Entry]) -> int | None:
    """The entry of a reversed voucher: of this batch, of before, or of an earlier round of this unit of work."""
    found = entries.get(key) or originals.get(key)
    if found is None:
        record = uow.find(VoucherRecord, key=key)
        found = None if record is None else uow.find(Entry, voucher_id=record.id)
    return None if found is None else found.id


# ---------------------------------------------------------------- vouchers from before


def catch_up(uow: UnitOfWork) -> int:
    """Enter the vouchers that have no entry yet, in the order of posting date and commit; returns how many there were.

    For books that are opened when other plugins have posted for a while. Doing it twice adds nothing.
    """
    uow.place_commits()
    waiting = _without_entry(uow)
    for start in range(0, len(waiting), CHUNK):
        part = waiting[start : start + CHUNK]
        records = uow.get_all(VoucherRecord, part)
        enter(uow, [posted_from(records[ident]) for ident in part])
        uow.flush()
    return len(waiting)


def not_entered(uow: UnitOfWork, company: Company, through: date) -> Finding | None:
    """The finding for vouchers of a company up to a day that have no entry yet; None where all have one."""
    from sqlalchemy import func, select

    records, entries = VoucherRecord.c, Entry.c
    done = select(entries.voucher_id).where(entries.voucher_id.is_not(None))
    waiting = select(func.count(records.id)).where(
        records.company_id == company.id, records.posting_date <= through, records.id.not_in(done)
    )
    ((count,),) = uow.rows(waiting)
    if not count:
        return None
    which = "1 voucher" if count == 1 else f"{count:,} vouchers"
    message = f"{which} through {through} {'is' if count == 1 else 'are'} not in the books yet."
    fix = "Enter them first, in a commit before this one: bo accounting catch-up."
    return Finding("accounting.not_entered", message, company.code, fix=fix, vouchers=count)


def _without_entry(uow: UnitOfWork) -> list[int]:
    from sqlalchemy import select

    records, entries = VoucherRecord.c, Entry.c
    done = select(entries.voucher_id).where(entries.voucher_id.is_not(None))
    statement = select(records.id, records.unit_id, records.posting_date).where(records.id.not_in(done))
    rows = uow.rows(statement)
    order = {unit: place for place, unit in enumerate(uow.units_after(-1))}
    return [row.id for row in sorted(rows, key=lambda r: (r.posting_date, order.get(r.unit_id, len(order)), r.id))]
