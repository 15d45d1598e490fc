"""A kernel that tests send to other processes, which find it on the path under the name of this module."""

from __future__ import annotations

import os
from decimal import Decimal


def net(gross: tuple[Decimal, ...]) -> tuple[int, Decimal]:
    """The process that computes it, and what is left of pay, in EUR."""
    return os.getpid(), sum(gross, Decimal()) * Decimal("0.7")
