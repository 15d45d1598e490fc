"""Cash basis: the tax of an invoice waits, and each payment declares its share. Payments are told by the lines that settle open items."""

from __future__ import annotations

from bocore import Money, Posted, UnitOfWork, first_open_day, round_ratio
from bocore_tax.model import LineKind, TaxLine


def defer(posted: Posted, made: TaxLine) -> None:
    """Let a line wait for payment, where its voucher opens an item of a party; what is paid at once is declared at once."""
    opening = [line for line in posted.voucher.lines if line.opens is not None and line.base is not None]
    if len(opening) != 1 or opening[0].base is None:
        return
    made.kind, made.declared, made.late = LineKind.WAITING, None, False
    made.item, made.whole = str(opening[0].opens), opening[0].base


def declare_paid(uow: UnitOfWork, posted: Posted) -> list[TaxLine]:
    """Declare the share of what waits for the items that a voucher settles, by the posting date of the payment.

    All payments of an item together declare the rounded share of all that was paid, so that the last one leaves nothing.
    """
    settling = [(at, line) for at, line in enumerate(posted.voucher.lines, 1) if line.settles is not None and line.base]
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
    made = []
    for at, line in settling:
        assert line.base is not None
        for row in waiting.get(str(line.settles), ()):
            share = _share(posted, at, -line.base, row, before.setdefault(row.id, []))
            share.declared = first_open_day(uow, record.company_id, record.posting_date, f"tax:{row.registration}")
            share.late = share.declared != record.posting_date
            before[row.id].append(share)
            made.append(share)
    return uow.add_all(made)


def _share(posted: Posted, position: int, paid: Money, row: TaxLine, before: list[TaxLine]) -> TaxLine:
    assert row.whole is not None
    token, whole = row.whole.token, row.whole.minor_units
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
