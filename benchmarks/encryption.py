"""What a secret value costs: encrypting, decrypting, its blind index, and rows with and without one, against bare AES-GCM in the same run.

``python benchmarks/encryption.py [ROWS]``
"""

from __future__ import annotations

import hmac
import os
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bocore import BackOffice, Entity, Plugin, entity, field
from bocore.keys import kernel

TEXT = "AT611904300234573201"
KEY = bytes(range(32))
ROUNDS = 5


@entity("bench_open")
class Open(Entity):
    """A row in the clear."""

    name: str = ""
    iban: str = ""


@entity("bench_closed")
class Closed(Entity):
    """The same, with a secret that is searched for."""

    name: str = ""
    iban: str = field(secret=True, searchable=True, default="")


def best(count: int, work: Callable[[], object]) -> float:
    """Microseconds a piece, the best of some rounds."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times) / count * 1e6


def kernels(count: int) -> None:
    """The functions alone."""
    bare, place = AESGCM(KEY), kernel.place_of("bench_closed", 3, 17)
    cipher, ids = kernel.cipher_of(KEY), range(count)
    plain, nonce = TEXT.encode(), os.urandom(12)
    sealed, stored = bare.encrypt(nonce, plain, place), kernel.seal(cipher, 5, TEXT, place)
    whole = kernel.place_of("bench_closed", 3, 0)
    lines = {
        "AESGCM.encrypt with a nonce": lambda: [bare.encrypt(os.urandom(12), plain, place) for _ in ids],
        "seal, place included": lambda: [kernel.seal(cipher, 5, TEXT, kernel.place_of("bench_closed", 3, i)) for i in ids],
        "AESGCM.decrypt": lambda: [bare.decrypt(nonce, sealed, place) for _ in ids],
        "unseal": lambda: [kernel.unseal(cipher, stored, place) for _ in ids],
        "hmac.digest": lambda: [hmac.digest(KEY, plain, sha256) for _ in ids],
        "blind index": lambda: [kernel.blind_index(KEY, whole, TEXT) for _ in ids],
    }
    for name, work in lines.items():
        print(f"{name:32} {best(count, work):8.2f} µs a value")


def rows(count: int) -> None:
    """Rows through a unit of work: written, read, unmasked, found."""
    folder = tempfile.TemporaryDirectory()
    plugin = Plugin(prefix="bench", entities=[Open, Closed])
    with folder as place, BackOffice(Path(place) / "bench.db", plugins=[plugin], key=KEY) as bo:
        bo.init(company="Bench", currency="EUR")
        for cls in (Open, Closed):
            times = []
            for n in range(ROUNDS):
                made = [cls(name="x", iban=f"{TEXT}{n}{i}") for i in range(count)]
                began = time.perf_counter()
                with bo.unit_of_work(actor="bench") as uow:
                    uow.add_all(made)
                times.append(time.perf_counter() - began)
            print(f"{cls.__name__:32} {min(times) / count * 1e6:8.2f} µs a row written")
            began = time.perf_counter()
            with bo.unit_of_work(actor="bench") as uow:
                found = uow.select(cls).limit(count).all()
                took = time.perf_counter() - began
                print(f"{cls.__name__:32} {took / count * 1e6:8.2f} µs a row read")
                if cls is Closed:
                    began = time.perf_counter()
                    uow.unmask_all(found, "iban", reason="Benchmark")
                    print(f"{'unmask_all':32} {(time.perf_counter() - began) / count * 1e6:8.2f} µs a value")
            with bo.unit_of_work(actor="bench", read_only=True) as uow:
                wanted = [f"{TEXT}0{i}" for i in range(min(count, 500))]
                began = time.perf_counter()
                for iban in wanted:
                    uow.find(cls, iban=iban)
                print(f"{cls.__name__:32} {(time.perf_counter() - began) / len(wanted) * 1e6:8.2f} µs a find by value")


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    kernels(count)
    rows(count)
