"""What a business can set for its books."""

from __future__ import annotations

from typing import Literal

import attrs


@attrs.frozen(kw_only=True)
class AccountingSettings:
    """Settings of accounting.

    :param unmapped: lines whose purpose no account is mapped to go to ``"suspense"`` with a warning, or are a reason to ``"refuse"``.
    """

    unmapped: Literal["suspense", "refuse"] = attrs.field(default="suspense", validator=attrs.validators.in_(["suspense", "refuse"]))
