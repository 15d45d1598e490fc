"""What a firm can set; read by ``uow.settings(RentalSettings)``."""

from decimal import Decimal

import attrs
from attrs.validators import ge, in_, instance_of


@attrs.frozen(kw_only=True)
class RentalSettings:
    """Settings of the rental.

    :param deposit_days: where a contract names no deposit, it is the rent of so many days.
    :param payment_days: invoices are due after so many days.
    :param refund_days: deposits are to be given back so many days after the booked end.
    :param unaccrued: what it means for closing the ledger that rent is not accrued: warn or refuse.
    :param credit_limit: what a customer without a limit of his own may owe, in the company's currency.
    """

    deposit_days: int = attrs.field(default=5, validator=[instance_of(int), ge(0)])
    payment_days: int = attrs.field(default=14, validator=[instance_of(int), ge(0)])
    refund_days: int = attrs.field(default=7, validator=[instance_of(int), ge(0)])
    unaccrued: str = attrs.field(default="refuse", validator=in_(("warn", "refuse")))
    credit_limit: Decimal = attrs.field(default=Decimal(10000), validator=[instance_of(Decimal), ge(Decimal(0))])
