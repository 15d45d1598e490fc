"""The trail of an entry: the voucher and its source, lines, what they opened and settled, what took them back, and who did it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import attrs
import sqlalchemy as sa

from bocore import CommitNote, Drill, Finding, NotFound, OpenItem, Settlement, UnitOfWork, VoucherRecord, commits_of, report
from bocore_accounting.model import Account, Entry, Line
from bocore_accounting.rights import READ
from bocore_accounting.statements.figures import amounts


@attrs.frozen
class TraceRow:
    """One step of a trail; ``level`` says what it belongs to."""

    step: str = attrs.field(metadata={"indent": "level"})
    name: str = attrs.field(metadata={"drill": Drill("accounting.trace", of="_of")})
    date: date | None
    amount: Decimal | None
    currency: str
    text: str
    level: int
    _of: str


@report("accounting.trace", permission=READ, title="Trail of an entry", runs_with=["bo.read"])
def trace(uow: UnitOfWork, *, of: str = "") -> Iterable[TraceRow]:
    """Walk from an entry, a voucher or an open item to all that belongs to it: source, lines, items, reversals, and the commits.

    :param of: the number of an entry, or the key of a voucher or of an open item; without one there is nothing to walk from.
    """
    return trail(uow, of) if of else []


def trail(uow: UnitOfWork, of: str) -> Iterator[TraceRow]:
    """What belongs to an entry, a voucher or an open item.

    :raises NotFound: there is nothing of that name.
    """
    entry, voucher = _found(uow, of)
    yield from _Trail(uow, entry, voucher).rows()


def _found(uow: UnitOfWork, of: str) -> tuple[Entry | None, VoucherRecord | None]:
    """The entry of that number, or the voucher of that key or of that item's, each with the other where there is one.

    :raises NotFound: there is nothing of that name.
    """
    company = uow.company.id
    entry = uow.find(Entry, company_id=company, number=of)
    if entry is not None:
        return entry, None if entry.voucher_id is None else uow.get(VoucherRecord, entry.voucher_id)
    voucher = uow.find(VoucherRecord, company_id=company, key=of)
    if voucher is None:
        item = uow.find(OpenItem, company_id=company, key=of)
        if item is None:
            message = f"There is no entry, voucher or open item {of!r}."
            fix = "Give the number of an entry (bo report journal lists them), or the key of a voucher or an open item."
            raise NotFound([Finding("accounting.no_trail", message, field="of", fix=fix)])
        voucher = uow.get(VoucherRecord, item.voucher_id)
    return uow.find(Entry, voucher_id=voucher.id), voucher


class _Trail:
    """What belongs to one entry, to the voucher that it was made from, or to both."""

    def __init__(self, uow: UnitOfWork, entry: Entry | None, voucher: VoucherRecord | None) -> None:
        self.uow, self.entry, self.voucher = uow, entry, voucher
        self.commits = commits_of(uow, [one.unit_id for one in (entry, voucher) if one is not None])

    def rows(self) -> Iterator[TraceRow]:
        """From the outside in: the voucher, where it comes from, its entry, and the entry's lines."""
        if self.voucher is not None:
            yield from self._voucher(self.voucher)
        if self.entry is not None:
            yield from self._entry(self.entry, 0 if self.voucher is None else 1)
        elif self.voucher is not None:
            yield _step("not entered", level=1, text="No entry has been made of the voucher yet: bo accounting catch-up.")

    def _voucher(self, voucher: VoucherRecord) -> Iterator[TraceRow]:
        yield _step("voucher", voucher.key, voucher.posting_date, voucher.text, of=voucher.key)
        if voucher.source_label or voucher.source_entity:
            row = f"{voucher.source_entity} {voucher.source_id}" if voucher.source_entity else ""
            yield _step("source", voucher.source_label or row, text=" ".join(filter(None, [voucher.source_event, row])), level=1)
        yield from self._commit(voucher.unit_id, 1)
        taken_back = self.uow.find(VoucherRecord, reverses=voucher.key)
        if voucher.reverses is not None:
            yield _step("reverses", voucher.reverses, level=1, of=voucher.reverses)
        if taken_back is not None:
            yield _step("reversed by", taken_back.key, taken_back.posting_date, taken_back.text, 1, of=taken_back.key)

    def _entry(self, entry: Entry, level: int) -> Iterator[TraceRow]:
        text = ", ".join(
            filter(None, [entry.text, entry.reference and f"reference {entry.reference}", entry.book and f"book {entry.book}"])
        )
        yield _step(
            "entry" if entry.nature == "normal" else f"{entry.nature} entry", entry.number, entry.posting_date, text, level, entry.number
        )
        if self.voucher is None or entry.unit_id != self.voucher.unit_id:
            yield from self._commit(entry.unit_id, level + 1)
        if entry.reverses_id is not None:
            before = self.uow.get(Entry, entry.reverses_id)
            yield _step("reverses", before.number, before.posting_date, before.text, level + 1, before.number)
        after = self.uow.find(Entry, reverses_id=entry.id)
        if after is not None:
            yield _step("reversed by", after.number, after.posting_date, after.text, level + 1, after.number)
        yield from self._lines(entry, level + 1)

    def _lines(self, entry: Entry, level: int) -> Iterator[TraceRow]:
        lines = sorted(self.uow.children(entry, Line), key=lambda line: line.position)
        accounts = self.uow.get_all(Account, {line.account_id for line in lines})
        items = self._items()
        for line in lines:
            account, money = accounts[line.account_id], line.amount if line.quantity is None else line.quantity
            (amount,) = amounts(self.uow, [money.minor_units], money.currency)
            name = f"{account.code} {account.name}".strip()
            yield TraceRow("line", name, None, amount, money.currency, line.purpose, level, "")
            for step in items.get(line.position, ()):
                yield attrs.evolve(step, level=level + step.level)

    def _items(self) -> Mapping[int, list[TraceRow]]:
        """Place of a line → what it opened, with all that settled it since, and what it settled."""
        found: dict[int, list[TraceRow]] = {}
        if self.voucher is None:
            return found
        opened = self.uow.select(OpenItem, voucher_id=self.voucher.id).all()
        paid = self.uow.select(Settlement, voucher_id=self.voucher.id).all()
        of_items = self.uow.get_all(OpenItem, {one.item_id for one in paid})
        later = self._settlements([item.id for item in opened])
        for item in opened:
            due = f"due {item.due}" if item.due else ""
            steps = found.setdefault(item.line, [])
            steps.append(_step("opens", item.key, item.posting_date, due, 1, item.key))
            steps += later.get(item.id, [])
        for one in paid:
            item = of_items[one.item_id]
            (amount,) = amounts(self.uow, [one.amount.minor_units], one.amount.currency)
            step = _step("settles", item.key, item.posting_date, one.kind, 1, item.key)
            found.setdefault(one.line, []).append(attrs.evolve(step, amount=amount, currency=one.amount.currency))
        return found

    def _settlements(self, items: Sequence[int]) -> Mapping[int, list[TraceRow]]:
        """Item → the vouchers that settled it, by their days."""
        one, made = Settlement.c, VoucherRecord.c
        columns: list[Any] = [one.item_id, one.kind, one.amount, one.amount_currency, one.posting_date, made.key]
        statement = sa.select(*columns).where(one.item_id.in_(items), made.id == one.voucher_id).order_by(one.posting_date, one.id)
        found: dict[int, list[TraceRow]] = {}
        for row in self.uow.rows(statement) if items else ():
            (amount,) = amounts(self.uow, [row.amount], row.amount_currency)
            step = _step("settled by", row.key, row.posting_date, row.kind, 2, row.key)
            found.setdefault(row.item_id, []).append(attrs.evolve(step, amount=amount, currency=row.amount_currency))
        return found

    def _commit(self, unit: int, level: int) -> Iterator[TraceRow]:
        note = self.commits.get(unit)
        if note is not None:
            name = f"unit {note.unit}" if note.position is None else f"position {note.position}"
            yield _step("commit", name, date.fromisoformat(note.at[:10]), _said(note), level)


def _said(note: CommitNote) -> str:
    """Who, when and why."""
    who = note.actor or "redacted"
    whom = f" for {note.on_behalf_of}" if note.on_behalf_of else ""
    more = [note.reason or "", f"correlation {note.correlation}" if note.correlation else ""]
    return ", ".join(filter(None, [f"{who}{whom} at {note.at}", *more]))


def _step(step: str, name: str = "", day: date | None = None, text: str = "", level: int = 0, of: str = "") -> TraceRow:
    return TraceRow(step, name, day, None, "", text, level, of)
