"""Writing the books as a beancount ledger, whether they came from one or not."""

from __future__ import annotations

from typing import TextIO

import attrs

from bocore import Finding, Severity, UnitOfWork, exporter
from bocore_beancount.ledger import Balance, holding
from bocore_beancount.rebuild import rebuild
from bocore_beancount.write import dump as write


@exporter("beancount.beancount", permission="accounting.read", suffix=".beancount")
def dump(uow: UnitOfWork, out: TextIO, *, assertions: bool = True) -> None:
    """Write the company's books as a beancount ledger.

    What was imported comes back as it was, lots included. Accounts and commodities with names that beancount has no way to write
    get others, made of code and name, which stand as metadata of their open directives.

    :param assertions: with the balance assertions of imported ledgers, as far as they still hold.
    """
    ledger = rebuild(uow)
    if assertions:
        kept = holding(ledger)
        for each in ledger.balances:
            if each not in kept:
                uow.warn(_left_out(each))
        ledger = attrs.evolve(ledger, balances=tuple(kept))
    write(ledger, out, assertions=assertions)


def _left_out(each: Balance) -> Finding:
    message = f"The balance assertion of {each.date}, {each.account} {each.amount}, holds no more and is left out."
    fix = "Look for what was posted before that day since."
    return Finding("beancount.assertion", message, at=each.account, fix=fix, severity=Severity.WARNING)
