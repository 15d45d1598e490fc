"""The currencies and tokens that one database knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from bocore.currencies import ISO_4217, Token, Tokens

if TYPE_CHECKING:
    from bocore.storage.session import Session


class DatabaseTokens(Tokens):
    """ISO 4217 and the rows of the entities that declare tokens; a code that is not known is looked up once more.

    :param tables: of the entities declared with ``tokens=True``.
    """

    __slots__ = ("_connect", "_tables")

    def __init__(self, connect: Callable[[], Session], tables: Sequence[str]) -> None:
        super().__init__()
        self._connect = connect
        self._tables = tuple(tables)

    def read(self, session: Session) -> None:
        """Read the declared tokens; where two tables declare one code, both must give it the same exponent."""
        for table in self._tables:
            for code, exponent, name in session.execute(f"SELECT code, exponent, name FROM {table}").fetchall():
                if code not in ISO_4217:
                    self.declare(code, exponent, name or "")

    def __missing__(self, code: str) -> Token:  # type: ignore[override]
        if isinstance(code, str):
            session = self._connect()
            try:
                session.begin(write=False)
                self.read(session)
            finally:
                session.close(read_only=True)
            if code in self:
                return self[code]
        super().__missing__(code)

    def withdraw(self, code: str) -> None:
        """Forget a token whose row was rolled back."""
        if code not in ISO_4217:
            dict.pop(self, code, None)
