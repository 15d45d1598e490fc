"""Every importer takes any file: it is taken in and the books are right, or it is refused and nothing has changed.

A part of it, the same each time, runs with all tests; ``tests/fuzz/long.py`` goes on for as long as it is told, guided by coverage.
"""

from __future__ import annotations

import os
import random

import pytest
from fuzz.books import Hang, Target, bounded, furnish
from fuzz.mutate import MUTATIONS, mutated
from fuzz.seeds import SEEDS

from bocore import BackOffice, BocoreError
from bocore.plugins import PluginHost

SECONDS = float(os.environ.get("BO_TEST_SECONDS", "5"))
ROUNDS = int(10 * SECONDS)
"""Files for each seed: counted, so that the same are made on every machine."""
EACH = [pytest.param(name, number, id=f"{name}-{number}") for name, seeds in SEEDS.items() for number in range(len(seeds))]


@pytest.fixture
def target(bo: BackOffice, tmp_path) -> Target:
    return Target(furnish(bo), tmp_path)


def test_every_importer_that_is_installed_is_fuzzed():
    assert set(PluginHost.discover().load().importers) == set(SEEDS)


@pytest.mark.parametrize(("importer", "number"), EACH)
def test_a_seed_is_taken_in_as_it_is(target, importer, number):
    """Else the mutations would never get past the first check."""
    result = target.seed(importer, SEEDS[importer][number])
    assert not isinstance(result, BocoreError), str(result)
    assert result.added


@pytest.mark.parametrize(("importer", "number"), EACH)
def test_any_file_is_taken_in_whole_or_refused_with_reasons(target, importer, number):
    seed = SEEDS[importer][number]
    for n in range(ROUNDS + len(MUTATIONS)):
        chance = random.Random(f"{importer} {number} {n}")
        file = MUTATIONS[n](seed.file, chance) if n < len(MUTATIONS) else mutated(seed.file, chance, seed.words)
        try:
            target.throw(importer, file, seed.options)
        except (Exception, Hang) as error:
            raise AssertionError(f"{importer}, seed {number}, file {n}: {file[:500]!r}") from error
    assert target.taken and target.refused, "some files are good, and some are not"


def test_what_takes_for_ever_is_noticed():
    """The bounds are real: of time, and of memory where the system has them."""
    with pytest.raises(Hang), bounded(seconds=0.05):
        while True:
            pass
    if os.path.exists("/proc/self/statm"):
        with pytest.raises(MemoryError), bounded(memory=1 << 24):
            bytearray(1 << 28)
