"""What a business can set for its taxes."""

from __future__ import annotations

from typing import Literal

import attrs

from bocore import Rounding
from bocore_tax.kernel import MODES

_PER = ("line", "document")
_UNREGISTERED = ("refuse", "none")


@attrs.frozen(kw_only=True)
class TaxSettings:
    """Settings of tax.

    :param rounding: tax is rounded on each ``"line"``, or once a ``"document"``, rate by rate, and shared out to the lines.
    :param mode: how it is rounded: half_up, half_even, half_down, up or down.
    :param unregistered: where the company has no registration for the place, computing tax is ``"refuse"``d, or gives ``"none"``, as for a
        business below the threshold.
    :param accounts: codes of the accounts of tax in the books, with which the tax ledger is compared; by purpose where empty.
    """

    rounding: Literal["line", "document"] = attrs.field(default="document", validator=attrs.validators.in_(_PER))
    mode: Rounding = attrs.field(default=Rounding.HALF_UP, converter=Rounding, validator=attrs.validators.in_(MODES))
    unregistered: Literal["refuse", "none"] = attrs.field(default="refuse", validator=attrs.validators.in_(_UNREGISTERED))
    accounts: list[str] = attrs.field(factory=list)
