"""Cash basis: the tax of an invoice waits, and each payment declares its share. Payments are told by the lines that settle open items."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import accumulate, pairwise

from bocore import Line, Money, Posted, UnitOfWork, fallbacks, first_open_day, round_ratio
from bocore_tax.model import LineKind, TaxLine

MEANS = frozenset({"cash", "bank", "clearing", "stored_value"})
"""Purposes by which a document is paid at once; so it is by a card whose payout is waited for."""
GIVEN_UP = frozenset({"income", "expense"})
"""What settles an item by one of these has not been paid: it was written off, or let go as a discount without tax."""
KEPT = frozenset(
    {
        "bank.fees", "cogs", "depreciation", "fx.realised", "fx.unrealised", "interest.expense", "interest.income", "rounding.cash",
        "rounding.fx", "tax", "wages",
    }
)  # fmt: skip
"""Of these not: the payer has paid all the same, as where a bank takes its fee, or they say nothing of a payment."""


# ---------------------------------------------------------------- what waits


def defer(posted: Posted, rows: Sequence[TaxLine], purposes: Mapping[str, str], waits: Callable[[TaxLine], bool]) -> list[TaxLine]:
    """The lines of a voucher, of which those wait whose payment is yet to come, by the open items that it makes.

    A line is cut up where a document is paid in part at once, or by instalments. What is paid before it is owed, an advance, does not wait.

    :param waits: whether lines of such a tax and registration wait at all.
    """
    waiting: dict[str, list[TaxLine]] = {}
    for row in rows:
        if waits(row):
            waiting.setdefault(row.direction, []).append(row)
    parts: dict[int, list[TaxLine]] = {}
    for same in waiting.values():
        paid, opening, back = _owed(posted, same, purposes)
        parts.update((id(row), _cut_up(row, paid, opening)) for row in same if row.base.minor_units * back <= 0)
    return [part for row in rows for part in parts.get(id(row), [row])]


def _owed(posted: Posted, same: Sequence[TaxLine], purposes: Mapping[str, str]) -> tuple[int, list[Line], int]:
    """What of a document is paid at once, the lines by which the rest is owed, and the sign of bases that do not wait; 0 where all do.

    :param same: its lines in one direction.
    """
    sign = -1 if sum(one.base.minor_units + one.tax.minor_units for one in same) > 0 else 1  # of what is owed for them
    owing = [line for line in posted.voucher.lines if line.base is not None and line.base.minor_units * sign > 0]
    at_once = [line for line in owing if line.settles is not None or _falls(purposes, line.purpose, MEANS)]
    opening = [line for line in owing if line.opens is not None and line not in at_once]
    paid = _sum(at_once)
    if not any(line.settles is not None for line in at_once):
        return paid, opening, 0
    # An advance is set off, and its tax taken back with it.
    return paid + sum(abs(one.tax.minor_units) for one in same if one.base.minor_units * sign > 0), opening, sign


def _cut_up(row: TaxLine, paid: int, opening: Sequence[Line]) -> list[TaxLine]:
    if not opening:
        return [row]
    bounds = list(accumulate([paid, *(abs(_minor(line)) for line in opening)], initial=0))
    made: list[TaxLine] = []
    for at, (start, end) in enumerate(pairwise(bounds)):
        if start == end:
            continue
        one = _part(row, len(made), start, end, bounds[-1])
        if at:
            line = opening[at - 1]
            one.kind, one.declared, one.late = LineKind.WAITING, None, False
            one.item, one.whole = str(line.opens), line.amount
        made.append(one)
    return made


def _part(row: TaxLine, part: int, start: int, end: int, whole: int) -> TaxLine:
    """The share of a line from one of its parts to another, so that all of them add up to it."""

    def cut(amount: Money) -> Money:
        through, before = (round_ratio(amount.minor_units * bound, whole) for bound in (end, start))
        return Money.minor(through - before, amount.token)

    return TaxLine(
        voucher_id=row.voucher_id, position=row.position, kind=row.kind, part=part, code=row.code, rate=row.rate,
        direction=row.direction, registration=row.registration, base=cut(row.base), tax=cut(row.tax), booked=cut(row.booked),
        purpose=row.purpose, posting_date=row.posting_date, tax_date=row.tax_date, declared=row.declared, late=row.late,
        company_id=row.company_id,
    )  # fmt: skip


def _falls(purposes: Mapping[str, str], purpose: str, to: Collection[str]) -> bool:
    return not set(to).isdisjoint(fallbacks(purposes, purpose))


def _minor(line: Line) -> int:
    assert line.base is not None
    return line.base.minor_units


def _sum(lines: Iterable[Line]) -> int:
    return sum(abs(_minor(line)) for line in lines)


# ---------------------------------------------------------------- what is paid


def declare_paid(uow: UnitOfWork, posted: Posted) -> list[TaxLine]:
    """Declare the share of what waits for the items that a voucher settles, by the posting date of the payment.

    All payments of an item together declare the rounded share of all that was paid, so that the last one leaves nothing. What is
    written off declares nothing, and a revaluation, which has an amount of zero, is no payment.
    """
    settling = [(at, line) for at, line in enumerate(posted.voucher.lines, 1) if line.settles is not None and line.base and line.amount]
    if not settling:
        return []
    record = posted.record
    waiting: dict[str, list[TaxLine]] = {}
    for row in uow.select(TaxLine, company_id=record.company_id, kind=LineKind.WAITING, item={str(line.settles) for _, line in settling}):
        if row.voucher_id != record.id:
            waiting.setdefault(row.item, []).append(row)
    before: dict[int, list[TaxLine]] = {}
    if waiting:
        ids = {row.id for rows in waiting.values() for row in rows}
        for paid in uow.select(TaxLine, company_id=record.company_id, kind=LineKind.PAID, part=ids):
            before.setdefault(paid.part, []).append(paid)
    unpaid = _unpaid(posted, [line for _, line in settling], uow.purposes)
    made = []
    for at, line in settling:
        for row in waiting.get(str(line.settles), ()):
            share = _share(posted, at, _paid(line, row, *unpaid[_minor(line) > 0]), row, before.setdefault(row.id, []))
            if share is None:
                continue
            share.declared = first_open_day(uow, record.company_id, record.posting_date, f"tax:{row.registration}")
            share.late = share.declared != record.posting_date
            before[row.id].append(share)
            made.append(share)
    return uow.add_all(made)


def _unpaid(posted: Posted, settling: Sequence[Line], purposes: Mapping[str, str]) -> dict[bool, tuple[int, int]]:
    """Whether debits settle, or credits → how much of that was given up, of how much.

    What has a tax fact is a credit note, or something given in exchange: the fact declares its own tax, so the item counts as paid by it.
    """
    found = {}
    for debit in (False, True):
        whole = sum(abs(_minor(line)) for line in settling if (_minor(line) > 0) is debit)
        other = [line for line in posted.voucher.lines if line.base and (_minor(line) < 0) is debit]
        lost = [line for line in other if _falls(purposes, line.purpose, GIVEN_UP) and not _falls(purposes, line.purpose, KEPT)]
        taxed = sum(_taxed(line) for line in posted.voucher.lines if line.tax is not None and (line.tax.base.minor_units < 0) is debit)
        found[debit] = (min(whole, max(0, _sum(lost) - taxed)), whole)
    return found


def _taxed(line: Line) -> int:
    """What the tax of a line was computed on, in the company's currency."""
    assert line.tax is not None
    amount, base = line.tax.base.minor_units, line.base
    if base is None or not line.amount or line.amount.currency == base.currency:
        return abs(amount)
    return abs(round_ratio(amount * base.minor_units, line.amount.minor_units))


def _paid(line: Line, row: TaxLine, unpaid: int, whole: int) -> Money:
    """What a line has paid of an item, in the currency of what waits."""
    assert row.whole is not None and line.base is not None
    settled = line.amount if line.amount.token == row.whole.token else line.base
    return Money.minor(-settled.minor_units + round_ratio(settled.minor_units * unpaid, whole), settled.token)


def _share(posted: Posted, position: int, paid: Money, row: TaxLine, before: list[TaxLine]) -> TaxLine | None:
    """What of a waiting line is declared by a payment; None where nothing was paid."""
    assert row.whole is not None
    if not paid:
        return None
    token, whole = row.base.token, row.whole.minor_units
    so_far = sum(one.whole.minor_units for one in before if one.whole is not None) + paid.minor_units

    def due(amount: Money, given: int) -> Money:
        exact = round_ratio(amount.minor_units * so_far, whole) if whole else amount.minor_units
        return Money.minor(exact - given, token)

    return TaxLine(
        voucher_id=posted.record.id, position=position, kind=LineKind.PAID, part=row.id, code=row.code, rate=row.rate,
        direction=row.direction, registration=row.registration, base=due(row.base, sum(one.base.minor_units for one in before)),
        tax=due(row.tax, sum(one.tax.minor_units for one in before)), booked=Money.zero(token), purpose=row.purpose,
        posting_date=posted.record.posting_date, tax_date=row.tax_date, item=row.item, whole=paid,
        company_id=row.company_id,
    )  # fmt: skip
