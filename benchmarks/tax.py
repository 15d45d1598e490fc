"""Tax: ten thousand lines computed by the kernel and by whom a caller asks, as ratios to plain Decimal arithmetic in a loop.

python benchmarks/tax.py [LINES]

The Decimal loop does the least that can be done: rate times amount, rounded to the cent, a line. What is measured beside it finds the
rule and the rate of the day, rounds each document once, and answers with tax facts. Processor time, in turns; medians over the rounds.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from bocore import BackOffice, Money
from bocore_tax import TaxRequest, register, tax
from bocore_tax.kernel import Levy, Taxable, compute

LIMIT = 0.2
"""Seconds that 10 000 lines may take."""
ROUNDS = 9
DAY = date(2026, 1, 10)
CENT = Decimal("0.01")
RATES = {"standard": Decimal(20), "reduced": Decimal(5), "zero": Decimal(0)}
OF_A_DOCUMENT = 5

Sold = list[tuple[int, str, bool]]
"""Minor units, class and whether the tax is included."""


def sold(count: int) -> Sold:
    """Lines as a shop sells them."""
    chance = random.Random(7)
    return [(chance.randrange(1, 100_000), chance.choice(list(RATES)), chance.random() < 0.5) for _ in range(count)]


def decimals(lines: Sold) -> list[tuple[Decimal, Decimal]]:
    """Net and tax of each line, by Decimal."""
    found = []
    for amount, tax_class, inclusive in lines:
        rate, value = RATES[tax_class], Decimal(amount) / 100
        part = value * rate / ((100 + rate) if inclusive else 100)
        charged = part.quantize(CENT, ROUND_HALF_UP)
        found.append((value - charged if inclusive else value, charged))
    return found


def taxables(lines: Sold) -> list[Taxable]:
    """The lines as the kernel takes them."""
    levies = {name: (Levy(name, Fraction(rate) / 100),) for name, rate in RATES.items()}
    return [Taxable(amount, levies[tax_class], inclusive) for amount, tax_class, inclusive in lines]


def requests(lines: Sold, document: Callable[[int], str]) -> list[TaxRequest]:
    """The lines as a caller asks."""
    return [
        TaxRequest(
            amount=Money.minor(amount, "GBP"),
            place="GB",
            on=DAY + timedelta(days=n // 500),
            inclusive=inclusive,
            tax_class=tax_class,
            document=document(n),
            key=str(n),
        )
        for n, (amount, tax_class, inclusive) in enumerate(lines)
    ]


def ways(lines: Sold, uow: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Name → what is measured. Making the requests is counted: a caller has to."""
    yield "decimal", lambda: decimals(lines)
    yield "kernel, by line", lambda: compute(taxables(lines), rounding="line")
    yield "kernel, by document", lambda: compute(taxables(lines))
    yield "tax(), by line", lambda: tax(uow, requests(lines, lambda n: ""))
    yield "tax(), by document", lambda: tax(uow, requests(lines, lambda n: f"sale:{n // OF_A_DOCUMENT}"))


def spent(what: Callable[[], Any]) -> float:
    """Seconds of the processor."""
    began = time.process_time()
    what()
    return time.process_time() - began


def main(count: int) -> None:
    """Measure."""
    lines = sold(count)
    with tempfile.TemporaryDirectory() as folder, BackOffice(Path(folder) / "tax.db", plugins=["tax", "tax_gb"]) as bo:
        bo.init(company="Acme", code="ACME", currency="GBP")
        with bo.unit_of_work(actor="ann") as uow:
            register(uow, "GB", "GB", "GB999999973", date(2020, 1, 1))
        with bo.unit_of_work(actor="ann", read_only=True) as uow:
            every = list(ways(lines, uow))
            times: dict[str, list[float]] = {name: [] for name, _ in every}
            for _ in range(ROUNDS):
                for name, what in every:
                    times[name].append(spent(what))
    limit = LIMIT * count / 10_000
    for name, took in times.items():
        ratio = statistics.median(mine / plain for mine, plain in zip(took, times["decimal"], strict=True))
        middle = statistics.median(took)
        print(f"{name:>20}: {middle:.3f} s for {count} lines, {middle / limit:.2f} of the limit, {ratio:.1f} times plain Decimal")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
