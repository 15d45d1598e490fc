"""What PostgreSQL's driver raises, as sentences with a remedy."""

from __future__ import annotations

import psycopg

from bocore.errors import StorageError
from bocore.storage.patience import timed_out
from bocore.storage.session import IntegrityProblem, is_lost


def first_line(error: object) -> str:
    """The first line of what the driver says."""
    return str(error).strip().partition("\n")[0].rstrip(".") + "."


def storage_error(error: psycopg.Error) -> Exception:
    """Translate what the driver raises into a sentence with a remedy; integrity errors keep the database's words."""
    state, diag = error.sqlstate or "", error.diag
    if state.startswith("23"):
        kind = {"23505": "unique", "23503": "reference"}.get(state, "other")
        return IntegrityProblem(
            first_line(error), kind, diag.table_name or "", constraint=diag.constraint_name or "", again=kind in ("unique", "reference")
        )
    if is_lost(error):
        return StorageError(f"The connection to the server is gone: {first_line(error)}", fix="Check the server, and run it again.")
    if state == "57014":
        return timed_out()
    if state == "55P03":
        return StorageError("The database is busy: another program has been writing for too long.", fix="Try again; nothing was written.")
    if state in ("40001", "40P01"):
        return StorageError(f"Another transaction was in the way: {first_line(error)}", fix="Run it again, best by bo.run.")
    if state == "53100":
        return StorageError("The disk of the server is full.", fix="Free some space and run it again; nothing was written.")
    if state == "53200":
        fix = (
            "For locks raise max_locks_per_transaction: who makes or drops a tenant locks all its tables. Else give the server more memory."
        )
        return StorageError(f"The server has no memory for that: {first_line(error)}", fix=fix)
    if state == "25006":
        return StorageError("The database is read-only here.", fix="Use a unit of work that may write, and a server that is no replica.")
    if state == "42501":
        return StorageError(
            f"The database refused: {first_line(error)}", fix="Grant it to this role, or use the owner's; bo doctor says what is missing."
        )
    if state in ("42P01", "3F000"):
        return StorageError(f"The database is not ready: {first_line(error)}", fix="Run bo init for a new one, or bo migrate.")
    if state == "22003":
        fix = "Ask for less at once, such as a shorter period or a part of the accounts; count it in a token with fewer decimal places."
        return StorageError(f"A number is too large for the database: {first_line(error)}", fix=fix)
    return StorageError(f"The database refused a statement: {first_line(error)}")
