"""The executor that computes big batches where no plugin gives one: a pool of processes."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import Executor, ProcessPoolExecutor


def process_pool() -> Executor:
    """One process a processor, begun when there is work for them.

    They are spawned, on every system: a forked one would hold this process's connections and locks in whatever state they are in, and
    two processes that use one connection corrupt what is said on it.
    """
    return ProcessPoolExecutor(max_workers=os.cpu_count(), mp_context=multiprocessing.get_context("spawn"))
