"""The unit of work: the only way to write."""

from bocore.uow.changes import Change, Changes
from bocore.uow.query import Query
from bocore.uow.unit import UnitOfWork

__all__ = ["Change", "Changes", "Query", "UnitOfWork"]
