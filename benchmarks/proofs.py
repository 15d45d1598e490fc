"""How long a proof of one row takes out of a million records, and what sealing costs.

python benchmarks/proofs.py [--leaves N] [--rounds N] [--only proofs|sealing] [--server | --db URL --tenant NAME]

*Proofs* are made of rows drawn by lot from records that were filled in, as bocore writes them, and sealed; each time includes the look for
what is not sealed, the snapshot, and the check of the proof itself. Beside a *busy* row, which every record changes, lies one that was
written once: the index looks longest for that one. Without --db or --server it is a SQLite file in a temporary folder.

*Sealing* is measured in pairs of posting with and without, each entry a commit of its own, by the processor's time, medians. With --db
it is skipped; with --server a PostgreSQL server is started for it, with eight writers and a sealer that keeps up as a worker does, whose
time counts, as that of the server does.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import bocore_accounting.plugin as accounting
from bocore import BackOffice, Entity, Line, Money, Plugin, Voucher, entity
from bocore.jobs.worker import SEAL
from bocore.record import keeper
from bocore.record.canonical import canonical_instant, encode_row, row_digests
from bocore.record.changes import ChangesWriter
from bocore.record.checking import check_proof
from bocore.record.commit import INSERT, CommitRow
from bocore.record.proving import prove
from bocore_accounting import apply_standard_chart

PROOF_MS, SQLITE_PERCENT, POSTGRESQL_PERCENT = 10, 15, 10
"""What is promised at most."""
BATCH = 20_000
BUSY, IDLE = 1, 900
"""Ids of the row that every record changes, and of one beside it."""
KEY = bytes(32)


@entity("bench_item", append_only=True)
class Item(Entity):
    """One of very many."""

    code: str


@entity("bench_total")
class Total(Entity):
    """One of few."""

    amount: int


bench = Plugin(prefix="bench", entities=[Item, Total])


# ---------------------------------------------------------------- proofs


def records(first: int, count: int, at: str) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """Rows of bo_commit and of bench_item."""
    for n in range(first, first + count):
        written, item = ChangesWriter(), (n, f"I{n:07}")
        written.add("bench_item", "i", [n], row_digests("bench_item", written.nonce, [encode_row(item)]))
        total = encode_row((BUSY, n, n))
        written.add("bench_total", "u", [BUSY], row_digests("bench_total", written.nonce, [total]), [[[1, n - 1, n], [2, n - 1, n]]])
        record = CommitRow(
            n + 1_000, at, "bench", None, '["bench"]', None, None, None, None, None, bytes(written.encode()), None, written.salts
        )  # fmt: skip
        yield record.values(), item


def fill(bo: BackOffice, leaves: int) -> None:
    """Records up to that many, one row each."""
    at = canonical_instant(bo.clock())
    with bo.unit_of_work(actor="bench") as uow:
        uow.add_all([Total(amount=0) for _ in range(IDLE)])
    for first in range(1, leaves, BATCH):
        made = list(records(first, min(BATCH, leaves - first), at))
        with bo.ready(write=True) as session:
            session.many(INSERT, [record for record, _ in made])
            session.many("INSERT INTO bench_item (id, code) VALUES (?, ?)", [item for _, item in made])


def proofs(where: str, tenant: str | None, leaves: int, count: int) -> None:
    """Fill, seal, prove, and print."""
    with BackOffice(where, tenant=tenant, plugins=[bench], key=KEY) as bo:
        bo.init()
        began = time.perf_counter()
        fill(bo, leaves)
        filled = time.perf_counter()
        head = bo.seal()
        assert head is not None
        print(
            f"{head.size} records filled in within {filled - began:.0f} s, sealed within {time.perf_counter() - filled:.1f} s", flush=True
        )
        draw = random.Random(7)
        times = {"drawn by lot": [drawn(bo, "bench_item", draw.randrange(1, leaves)) for _ in range(count)]}
        times["beside a busy row"] = [drawn(bo, "bench_total", IDLE) for _ in range(count // 10)]
        engine = bo.engine.dialect.name
    print(f"{engine:>20} {'median ms':>10} {'slowest':>10} {'bytes':>8}   at most {PROOF_MS} ms is promised")
    for name, taken in times.items():
        median = statistics.median(ms for ms, _ in taken)
        print(f"{name:>20} {median:>10.2f} {max(ms for ms, _ in taken):>10.2f} {max(size for _, size in taken):>8}")


def drawn(bo: BackOffice, name: str, ident: int) -> tuple[float, int]:
    """The milliseconds and bytes of one proof."""
    began = time.perf_counter()
    text = prove(bo, name, ident).text()
    taken = time.perf_counter() - began
    assert check_proof(text).id == ident
    return 1000 * taken, len(text)


# ---------------------------------------------------------------- sealing


def sales(count: int) -> list[Voucher]:
    """Sales of two lines."""
    made = []
    for n in range(count):
        amount = Money.minor(100 + n, "EUR")
        day = date(2026, 1, 1) + timedelta(n % 365)
        made.append(
            Voucher(key=f"bench:{n}", kind="bench.sale", posting_date=day, lines=[Line("bank", amount), Line("sales", -amount)])
        )  # fmt: skip
    return made


def posted(path: Path, count: int, *, sealed: bool) -> float:
    """Microseconds of the processor for an entry that is a commit of its own."""
    every, keeper.EVERY = keeper.EVERY, keeper.EVERY if sealed else sys.maxsize
    try:
        bo = BackOffice(path, plugins=[accounting], key=KEY).init(company="Bench Ltd", currency="EUR")
        with bo.unit_of_work(actor="bench") as uow:
            apply_standard_chart(uow, uow.company.id)
        bo.seal()
        given = sales(count)
        gc.collect()
        began = time.process_time()
        for voucher in given:
            with bo.unit_of_work(actor="bench") as uow:
                uow.post(voucher)
        if sealed:
            bo.seal()
        taken = time.process_time() - began
        bo.close()
    finally:
        keeper.EVERY = every
    return taken / count * 1e6


def sealing(folder: Path, rounds: int, count: int) -> None:
    """Posting on SQLite with and without, in turns."""
    pairs = []
    for turn in range(rounds):
        both = {sealed: posted(folder / f"{turn}-{sealed}.db", count, sealed=sealed) for sealed in ((turn % 2 == 0), (turn % 2 == 1))}
        pairs.append((both[False], both[True]))
    told("sqlite", pairs, SQLITE_PERCENT)


def told(name: str, pairs: list[tuple[float, float]], limit: int) -> None:
    """Print a line of the costs."""
    without, with_it = (statistics.median(pair[i] for pair in pairs) for i in (0, 1))
    costs = statistics.median(100 * (pair[1] / pair[0] - 1) for pair in pairs)
    print(
        f"{name:>12}: posting {without:.0f} µs of CPU, sealed {with_it:.0f}: {costs:+.1f} % (less than {limit} % is promised)", flush=True
    )


def sealing_on_server(rounds: int, count: int, connections: int) -> None:
    """Posting on a server of its own by many, with and without somebody who seals as a worker does."""
    from concurrency import TENANT, together, with_bocore

    from bocore.testing.postgres import Server

    with Server(durable=True) as server:
        bo = BackOffice(server.url, tenant=TENANT, plugins=[accounting], key=KEY).init(company="Bench Ltd", currency="EUR")
        with bo, bo.unit_of_work(actor="bench") as uow:
            apply_standard_chart(uow, uow.company.id)
        pairs = []
        for turn in range(rounds):
            both = {}
            for sealed in ((turn % 2 == 0), (turn % 2 == 1)):
                seal_all(server.url, TENANT)
                work = posting_or_sealing if sealed else with_bocore
                extra = 1 if sealed else 0
                _, cpu = together(server, count, connections + extra, work, lambda n: (n,) if sealed else ())  # noqa: B023
                both[sealed] = cpu * (connections + extra) / connections * 1e6
            pairs.append((both[False], both[True]))
        told("postgresql", pairs, POSTGRESQL_PERCENT)


def seal_all(url: str, tenant: str) -> None:
    """So that a round pays for its own commits only."""
    with BackOffice(url, tenant=tenant, plugins=[accounting], key=KEY) as bo:
        bo.seal()


def posting_or_sealing(url: str, who: str, count: int, gate: Any, number: int) -> None:
    """The first of the processes seals until nothing is left and the others have ended; they post."""
    from concurrency import TENANT, with_bocore

    if number:
        with_bocore(url, who, count, gate)
        return
    with BackOffice(url, tenant=TENANT, plugins=[accounting], key=KEY) as bo:
        gate.wait()
        while gate.n_waiting < gate.parties - 1:
            time.sleep(SEAL)
            bo.keeper.keep_up()
        bo.seal()
        gate.wait()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leaves", type=int, default=1_000_000)
    parser.add_argument("--proofs", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--entries", type=int, default=2_000)
    parser.add_argument("--only", choices=["proofs", "sealing"])
    parser.add_argument("--server", action="store_true", help="on a PostgreSQL server that is started for it")
    parser.add_argument("--db")
    parser.add_argument("--tenant")
    given: Any = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.only != "sealing" and given.server:
            from bocore.testing.postgres import Server

            with Server(durable=True) as server:
                proofs(server.url, "proofs", given.leaves, given.proofs)
        elif given.only != "sealing":
            proofs(given.db or str(folder / "proofs.db"), given.tenant, given.leaves, given.proofs)
        if given.only != "proofs" and given.server:
            sealing_on_server(given.rounds, max(1, given.entries // 8), 8)
        elif given.only != "proofs" and given.db is None:
            sealing(folder, given.rounds, given.entries)


if __name__ == "__main__":
    main()
