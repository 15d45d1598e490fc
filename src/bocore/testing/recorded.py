"""What a test asks of an application: which vouchers were posted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.kernel.voucher import VoucherRecord


def posted(bo: BackOffice, **equal: Any) -> list[VoucherRecord]:
    """The recorded vouchers in the order of posting: ``posted(bo, kind="vet.sale")``."""
    from bocore.kernel.voucher import VoucherRecord
    from bocore.testing.roles import seeing_all

    with seeing_all(bo) as uow:
        return uow.select(VoucherRecord, **equal).order_by(VoucherRecord.c.id).all()
