"""The hook that tax publishes."""

from __future__ import annotations

from collections.abc import Sequence

from bocore import UnitOfWork, hookspec
from bocore_tax.requests import TaxAnswer, TaxRequest


@hookspec(firstresult=True)
def bo_tax_compute(uow: UnitOfWork, requests: Sequence[TaxRequest]) -> Sequence[TaxAnswer] | None:
    """Port: compute the tax of amounts, in place of the codes and rules that are kept here: a service of somebody else's.

    Called by ``tax``, with all that it was asked at once. None says "not mine": the codes and rules of the packs and the firm answer then.
    An implementation reads; what it asks over a network it asks before the unit of work writes.

    :param uow: the unit of work that asks.
    :param requests: what is to be taxed.

    .. versionadded:: 0.1
    """
