"""Python's collector of cycles, kept out of work that makes many rows and no garbage in circles."""

from __future__ import annotations

import gc


class uncollected:
    """Keep the collector of cycles out while many rows are made at once: it would walk over all of them again and again.

    Only for work that ends by itself and in memory, a batch of rows or vouchers. It is left as it was found, also inside of each other and
    after an error. Units of work do it by themselves where they load, post and commit::

        with uncollected():
            entries = [entry_of(move) for move in moves]
    """

    __slots__ = ("_was",)

    def __enter__(self) -> None:
        self._was = gc.isenabled()
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self._was:
            gc.enable()
