"""Fifty people sign in at once: how many a second, how much memory, and how that compares with one argon2 hash after another.

python benchmarks/logins.py [ATTEMPTS] [--db URL --tenant NAME]

Half of the attempts have the right password, half a name that nobody has. Without --db it is a SQLite file in a temporary folder ($TMPDIR).
The schema of the tenant is made if need be, and stays, with its users.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from bocore import BackOffice, NotAuthenticated, User, set_password
from bocore.access import passwords

PASSWORD = "plain horse battery staple"
ALONE = 10


def peak() -> float:
    """The most memory that this process has had so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def prepare(bo: BackOffice, users: int) -> None:
    """Users with a password; one hash serves all, so that this does not take longer than what is measured."""
    bo.init(owner="user0")
    with bo.unit_of_work(actor="user0") as uow:
        there = {user.name for user in uow.select(User)}
        uow.add_all([User(name=f"user{n}") for n in range(users) if f"user{n}" not in there])
    with bo.unit_of_work(actor="user0") as uow:
        for n in range(users):
            set_password(uow, f"user{n}", PASSWORD)


def at_once(bo: BackOffice, attempts: int) -> tuple[float, int]:
    """Seconds that all the attempts took, a thread each, and how many got in."""
    ready, inside = threading.Barrier(attempts + 1), []

    def attempt(n: int) -> None:
        ready.wait()
        with suppress(NotAuthenticated):
            inside.append(bo.sign_in(user=f"user{n // 2}" if n % 2 == 0 else f"nobody{n}", password=PASSWORD, source=f"192.0.2.{n}"))

    threads = [threading.Thread(target=attempt, args=(n,)) for n in range(attempts)]
    for thread in threads:
        thread.start()
    ready.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began, len(inside)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("attempts", type=int, nargs="?", default=50)
    parser.add_argument("--db")
    parser.add_argument("--tenant")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, BackOffice(told.db or Path(folder) / "logins.db", tenant=told.tenant, plugins=[]) as bo:
        prepare(bo, (told.attempts + 1) // 2)
        stored = passwords.hash_password(PASSWORD)
        began = time.perf_counter()
        for _ in range(ALONE):
            passwords.verify_password(stored, PASSWORD)
        alone = (time.perf_counter() - began) / ALONE
        before = peak()
        took, inside = at_once(bo, told.attempts)
        rate = told.attempts / took
        print(f"one hash alone      {alone * 1000:8.1f} ms   {1 / alone:6.1f} a second, one after another")
        print(f"{told.attempts} attempts at once {took * 1000:8.1f} ms   {rate:6.1f} a second, {inside} got in")
        print(f"ratio               {rate * alone:8.2f}      to one hash after another; {passwords.AT_ONCE} are computed at once")
        print(f"peak memory         {peak():8.1f} MiB  {peak() - before:+.1f} by the attempts")


if __name__ == "__main__":
    main()
