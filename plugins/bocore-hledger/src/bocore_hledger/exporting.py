"""Writing the books as an hledger journal, whether they came from one or not."""

from __future__ import annotations

from typing import TextIO

import attrs

from bocore import Finding, Severity, UnitOfWork, exporter
from bocore_hledger.rebuild import rebuild
from bocore_hledger.resolve import holding
from bocore_hledger.write import dump as write


@exporter("hledger.hledger", permission="accounting.read", suffix=(".journal", ".hledger"))
def dump(uow: UnitOfWork, out: TextIO) -> None:
    """Write the company's books as an hledger journal.

    Every amount is written out, and the journal declares the type of each account that its name does not tell. Balance assertions of
    imported journals are kept as far as they still hold.
    """
    journal = rebuild(uow)
    transactions, failing = holding(journal.transactions, journal.exponents)
    for each in failing:
        fix = "Look for what was posted before that day since."
        message = f"A balance assertion of {each.at} holds no more and is left out: {each.message}"
        uow.warn(Finding("hledger.assertion", message, fix=fix, severity=Severity.WARNING))
    write(attrs.evolve(journal, transactions=tuple(transactions)), out)
