"""Throws made-up files at importers for as long as it is told: ``python tests/fuzz/long.py --seconds 1200 [IMPORTER ...]``.

With atheris installed, what a file reaches in the code decides which files are made next; without it they are made by chance alone. Each
importer gets its share of the time in a process of its own. What breaks a promise is written to ``--out``: the file that did it and the
error that came, one of each kind. Exit code 1 where there is any.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
GUIDED_BY = [
    "bocore.imports",
    "bocore.values",
    "bocore.kernel",
    "bocore_accounting",
    "bocore_beancount",
    "bocore_catalog",
    "bocore_hledger",
    "bocore_inventory",
    "beancount",
]
RENEWED_AFTER = 40
"""Files that were taken in: then the books begin anew, or they would only grow."""


def guide() -> ModuleType | None:
    try:
        import atheris
    except ImportError:
        return None
    return atheris


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("importers", nargs="*", help="all that have seeds unless told")
    parser.add_argument("--seconds", type=int, default=300, help="for all of them together")
    parser.add_argument("--seed", type=int, default=0, help="of chance")
    parser.add_argument("--out", type=Path, default=Path("fuzz-findings"))
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        throw_at(given.importers[0], given.seconds, given.seed, given.out)
        return 0
    from fuzz.seeds import SEEDS

    names = given.importers or list(SEEDS)
    given.out.mkdir(parents=True, exist_ok=True)
    for name in names:
        share = [name, "--seconds", str(given.seconds // len(names)), "--seed", str(given.seed), "--out", str(given.out), "--one"]
        ended = subprocess.run([sys.executable, __file__, *share], check=False).returncode
        if ended:
            (given.out / f"{name}-ended.txt").write_text(f"The process ended with {ended}; the file that did it is beside this.\n")
    found = sorted(given.out.glob("*.txt"))
    print(f"{len(found)} findings in {given.out}" if found else "nothing found")
    return 1 if found else 0


def throw_at(importer: str, seconds: int, seed: int, out: Path) -> None:
    """Make files for one importer until the time is up."""
    atheris = guide()
    with atheris.instrument_imports(include=GUIDED_BY) if atheris else contextlib.nullcontext():
        from fuzz.mutate import mutated
        from fuzz.seeds import SEEDS

        fresh, folder = _books()
    seeds = [bytes([number]) + seed.file for number, seed in enumerate(SEEDS[importer])]  # the first byte says with which options
    words = [word for each in SEEDS[importer] for word in each.words]

    def another(data: bytes, chance: random.Random) -> bytes:
        return data[:1] + mutated(data[1:], chance, words)

    with folder:
        thrower = _Thrower(importer, fresh, out)
        if atheris is None:
            chance, end = random.Random(seed), time.monotonic() + seconds
            while time.monotonic() < end:
                thrower.throw(another(chance.choice(seeds), chance))
            thrower.told()
            return
        corpus = Path(folder.name) / "corpus"
        corpus.mkdir()
        for number, each in enumerate(seeds):
            (corpus / str(number)).write_bytes(each)

        def changed(data: bytes, longest: int, number: int) -> bytes:
            chance = random.Random(number)
            if chance.random() < 0.5:
                data = chance.choice(seeds)  # else few would ever be taken in
            return (another(data, chance) if chance.random() < 0.7 else data[:1] + atheris.Mutate(data[1:], longest - 1))[:longest]

        limits = [
            f"-max_total_time={seconds}",
            f"-seed={seed + 1}",
            "-max_len=200000",
            "-timeout=120",
            "-rss_limit_mb=4096",
            "-verbosity=0",
        ]
        atheris.Setup([sys.argv[0], *limits, str(corpus)], thrower.throw, custom_mutator=changed)
        atheris.Fuzz()  # ends the process


def _books() -> tuple[Callable[[], object], tempfile.TemporaryDirectory[str]]:
    """Makes targets, each over a copy of the same new books."""
    from fuzz.books import Target, furnish

    from bocore import BackOffice
    from bocore.plugins import PluginHost

    folder = tempfile.TemporaryDirectory(prefix="fuzz-")
    host, place = PluginHost.discover(), Path(folder.name)
    with BackOffice(place / "new.db", plugins=host) as app:
        furnish(app.init(company="Acme Ltd", currency="EUR"))

    def fresh() -> Target:
        shutil.copyfile(place / "new.db", place / "books.db")
        return Target(BackOffice(place / "books.db", plugins=host), place)

    return fresh, folder


class _Thrower:
    """Throws files at one importer, and writes down what goes wrong, once for each place in the code."""

    def __init__(self, importer: str, fresh: Callable[[], object], out: Path) -> None:
        from fuzz.seeds import SEEDS

        self.importer = importer
        self.options = [seed.options for seed in SEEDS[importer]]
        self.fresh = fresh
        self.out = out
        self.target = fresh()
        self.tries = self.taken = 0
        self.next = 1000

    def throw(self, data: bytes) -> None:
        if not data:
            return
        self.tries += 1
        if self.target.taken >= RENEWED_AFTER:
            self.renew()
        try:
            self.target.throw(self.importer, data[1:], self.options[data[0] % len(self.options)])
        except BaseException as error:
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            self.note(error, data)
            self.renew()
        if self.tries >= self.next:
            self.next *= 2
            self.told()

    def renew(self) -> None:
        self.taken += self.target.taken
        self.target.app.close()
        self.target = self.fresh()

    def note(self, error: BaseException, data: bytes) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        kind = f"{type(error).__name__} {frames[-1].name} {re.sub(r'[0-9]+', '0', str(error))[:40]}"
        if not isinstance(error, AssertionError):
            kind = f"{type(error).__name__} {frames[-1].filename}:{frames[-1].lineno}"
        name = f"{self.importer}-{hashlib.sha256(kind.encode()).hexdigest()[:8]}"
        known = self.out / f"{name}.bin"
        if known.exists() and known.stat().st_size < len(data):
            return
        known.write_bytes(data[1:])
        text = "".join(traceback.format_exception(error))
        (self.out / f"{name}.txt").write_text(f"{kind}\n{text[:3000]}\n…\n{text[-3000:]}", encoding="utf-8", errors="replace")

    def told(self) -> None:
        taken = self.taken + self.target.taken
        print(
            f"{self.importer}: {self.tries} files, {taken} taken in, {len(list(self.out.glob(self.importer + '*.txt')))} findings",
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(main())
