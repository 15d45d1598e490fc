"""What the tax ledger answers to an auditor: what a voucher means for tax, and in which return that is declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from bocore import Entity, TraceStep, UnitOfWork, VoucherRecord, hookimpl
from bocore_tax.model import TaxLine, TaxReturn, TaxReturnLine
from bocore_tax.rights import READ


@hookimpl
def bo_audit_trace(uow: UnitOfWork, rows: Sequence[Entity]) -> Iterable[TraceStep]:
    """The lines of the tax ledger that a voucher made, each with the returns that it went into."""
    vouchers = {row.id: row for row in rows if isinstance(row, VoucherRecord)}
    if not vouchers:
        return []
    lines = uow.select(TaxLine, voucher_id=list(vouchers)).order_by(TaxLine.c.position, TaxLine.c.part).all()
    if not uow.may(READ):
        hidden = dict.fromkeys(line.voucher_id for line in lines)
        return [TraceStep("tax", text=f"not shown: it takes the permission {READ}", of=vouchers[ident]) for ident in hidden]
    returns = _returns(uow, [line.id for line in lines])
    return [_step(line, vouchers[line.voucher_id], returns.get(line.id, [])) for line in lines]


def _returns(uow: UnitOfWork, lines: Sequence[int]) -> Mapping[int, list[TaxReturn]]:
    """Line of the tax ledger → the returns that it went into."""
    c = TaxReturnLine.c
    pairs = uow.rows(sa.select(c.tax_line_id, c.return_id).where(c.tax_line_id.in_(lines)).distinct()) if lines else []
    rows = uow.get_all(TaxReturn, {pair.return_id for pair in pairs})
    found: dict[int, list[TaxReturn]] = {}
    for line, ident in sorted(map(tuple, pairs)):
        found.setdefault(line, []).append(rows[ident])
    return found


def _step(line: TaxLine, of: VoucherRecord, returns: Sequence[TaxReturn]) -> TraceStep:
    declared = f"declared {line.declared}" if line.declared is not None else "waits to be paid"
    rate = "" if line.rate is None else f"{line.rate.normalize():f} %"
    text = ", ".join(filter(None, [line.direction, rate, f"on {line.base}", declared]))
    parts = [_return(one) for one in returns]
    return TraceStep("tax", line, line.code or line.purpose, date=line.tax_date, amount=line.tax, text=text, of=of, parts=parts)


def _return(one: TaxReturn) -> TraceStep:
    text = ", ".join(filter(None, [one.form, one.state, one.reference]))
    return TraceStep("return", one, one.code, date=one.through, text=text, key=f"tax_return {one.id}")
