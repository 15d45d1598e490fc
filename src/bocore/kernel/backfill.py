"""Making the items of vouchers that were posted before the core kept open items: what its migration runs once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import attrs

from bocore.errors import Refused
from bocore.kernel.company import Company
from bocore.kernel.dimensions import dimension_sets
from bocore.kernel.itemising import Item, Itemised, Items, Key, Step, opened_by
from bocore.kernel.items import OpenItem, SettlementKind
from bocore.kernel.party import Party
from bocore.kernel.voucher import Line, Voucher, VoucherRecord, posted_from

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork


@attrs.define
class _Found:
    """A voucher with keys, as it was posted."""

    record: VoucherRecord
    voucher: Voucher
    steps: list[Step] = attrs.field(factory=list)


def itemise_posted(uow: UnitOfWork) -> int:
    """Make the items and settlements of all vouchers that are there; returns how many items.

    What was posted then was not checked, and can't be refused any more: of two lines that open one key the first counts, and what
    settles nothing that is there, or in another currency, is left out. Does nothing where there are items already.
    """
    if uow.select(OpenItem).limit(1).all():
        return 0
    found = [one for record in uow.stream(uow.select(VoucherRecord).order_by(VoucherRecord.c.id)) if (one := _keyed(record)) is not None]
    parties = uow.get_all(Party, _ids(line.party for one in found for line in one.voucher.lines))
    companies = uow.get_all(Company, _ids(line.partner for one in found for line in one.voucher.lines))
    items: dict[Key, Item] = {}
    for one in found:
        for position, line in enumerate(one.voucher.lines, 1):
            if line.opens and (one.record.company_id, line.opens) not in items:
                sound = attrs.evolve(
                    line,
                    party=line.party if line.party in parties else None,
                    partner=line.partner if line.partner in companies else None,
                    dims=_sound(uow, line.dims),
                )
                item = items[one.record.company_id, line.opens] = opened_by(line.opens, sound, one.voucher.book)
                one.steps.append(Step(item, sound, position, None))
    by_key = {one.record.key: one for one in found}
    for one in found:
        for position, line in enumerate(one.voucher.lines, 1):
            known = items.get((one.record.company_id, line.settles or ""))
            if known is not None and known.token == line.amount.token:
                step = Step(known, line, position, _kind(one, position, by_key))
                step.apply()
                one.steps.append(step)
    Items.of(uow, items).record((one.record, Itemised(one.steps)) for one in found)
    return len(items)


def _keyed(record: VoucherRecord) -> _Found | None:
    if any("opens" in line or "settles" in line for line in record.body["lines"]):
        return _Found(record, posted_from(record).voucher)
    return None


def _ids(rows: Iterable[object]) -> set[int]:
    return {row for row in rows if isinstance(row, int)}


def _sound(uow: UnitOfWork, dims: Mapping[str, str]) -> Mapping[str, str]:
    """Dimensions as they are, or none where they can't be any more."""
    try:
        dimension_sets(uow, [dims])
    except Refused:
        return {}
    return dims


def _kind(one: _Found, position: int, by_key: Mapping[str, _Found]) -> SettlementKind:
    original = by_key.get(one.record.reverses or "")
    if one.record.nature == "revaluation":
        return SettlementKind.REVALUATION
    if original is None:
        return SettlementKind.SETTLEMENT
    mirrored: Line = original.voucher.lines[position - 1]
    return SettlementKind.REVERSAL if mirrored.opens else SettlementKind.REOPENING
