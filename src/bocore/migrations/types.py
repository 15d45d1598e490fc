"""The column types that migrations name. They stay importable from here for ever: a migration that was published never changes."""

import sqlalchemy as sa

from bocore.storage.types import Day, DecimalText, Instant, Minor, Scaled, TimeOfDay, Words

__all__ = ["Day", "DecimalText", "Id", "Instant", "Minor", "Scaled", "TimeOfDay", "Words"]


def Id() -> sa.types.TypeEngine[int]:
    """The type of ``id``. SQLite makes only "INTEGER PRIMARY KEY" the row's own key, which BIGINT is not."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
