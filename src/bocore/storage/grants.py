"""Rights on PostgreSQL: an owner makes and migrates the tables, and the application logs in as another role, which can't rewrite history.

What is append-only can be read and added to, and that is all: the server refuses to change or delete it, whatever a programme does. Two
things are left open, by column. An erasure overwrites the personal columns of an append-only row and its salt, and a redaction those of a
commit record; both are daily business of whoever keeps the books, and leave a record in the same transaction, which the owner's login, a
thing of deployments, should not be needed for. What enters the digests by a commitment is all that they can reach: `bo audit verify` names
every row where it was done without a record, and amounts, dates and accounts stay out of reach.

Who has the rights is remembered by the server itself: the roles that may add commit records. A migration gives them what new tables need,
and leaves alone those that somebody has let read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bocore.errors import StorageError, UsageError

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.entities import EntitySpec
    from bocore.storage.session import Session

Rights = frozenset[str]
"""Such as ``SELECT``, or ``UPDATE (position)`` for one column."""

READ: Rights = frozenset({"SELECT"})
KEPT = READ | {"INSERT"}
WRITTEN = KEPT | {"UPDATE"}
POSSIBLE = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")


def _columns(*names: str) -> Rights:
    return frozenset(f"UPDATE ({name})" for name in names)


REDACTED = ("actor", "on_behalf_of", "reason", "key", "request", "result", "correlation", "events", "salts", "redacted")
INTERNAL: Mapping[str, Rights] = {
    "bo_commit": KEPT | _columns("position", *REDACTED),
    "bo_shape": READ,  # shapes are written by migrations
    "bo_plugin": READ | _columns("state"),  # detaching
    "bo_purpose": READ,
    "bo_tile": KEPT,
    "bo_named": KEPT,
    "bo_head": KEPT,
    "bo_verifier": KEPT,
    "bo_id": WRITTEN,
    "bo_counter": WRITTEN,
    "bo_state": READ | _columns("number"),
    "bo_feed": WRITTEN,
    "bo_key": WRITTEN,  # keys are destroyed and wrapped anew, and their rows stay
    "bo_job": WRITTEN | {"DELETE"},  # finished jobs are forgotten
    "bo_schedule": WRITTEN,
    "bo_credential": WRITTEN | {"DELETE"},
    "bo_recovery_code": KEPT | {"DELETE"},
    "bo_session": WRITTEN | {"DELETE"},
    "bo_attempt": WRITTEN | {"DELETE"},
    "bo_token_use": WRITTEN | {"DELETE"},
}
"""What the application needs of the tables that are no entities'; all others, such as ``bo_version_…``, it only reads."""

OWNER = """
    SELECT current_user, r.rolname, pg_has_role(current_user, n.nspowner, 'USAGE')
    FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner WHERE n.nspname = ?
"""
GRANTEES = """
    SELECT DISTINCT r.rolname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) x JOIN pg_roles r ON r.oid = x.grantee
    WHERE n.nspname = ? AND c.relname = 'bo_commit' AND x.privilege_type = 'INSERT'
    AND NOT r.rolsuper AND NOT pg_has_role(r.oid, n.nspowner, 'USAGE') ORDER BY 1
"""
GRANTED = """
    SELECT c.relname, x.privilege_type FROM pg_class c, aclexplode(c.relacl) x
    WHERE c.relnamespace = to_regnamespace(quote_ident(?)) AND c.relkind IN ('r', 'p') AND x.grantee = to_regrole(quote_ident(?))
    UNION ALL
    SELECT c.relname, format('%s (%s)', x.privilege_type, a.attname)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped, aclexplode(a.attacl) x
    WHERE c.relnamespace = to_regnamespace(quote_ident(?)) AND c.relkind IN ('r', 'p') AND x.grantee = to_regrole(quote_ident(?))
"""
ROLE = """
    SELECT r.rolsuper, pg_has_role(r.oid, coalesce(n.nspowner, to_regrole(quote_ident(current_user))), 'USAGE')
    FROM pg_roles r LEFT JOIN pg_namespace n ON n.nspname = ? WHERE r.rolname = ?
"""


def rights_of(spec: EntitySpec) -> Rights:
    """What the application needs of an entity's table."""
    if spec.append_only:
        return KEPT | _columns(*(column.name for column in spec.columns if column.personal), *(["_salt"] if spec.salted else []))
    if spec.derived:
        return KEPT | {"DELETE"}  # rebuilt, not changed
    return WRITTEN | {"DELETE"}


def needed(app: BackOffice) -> dict[str, Rights]:
    """Table → what the application needs of it, for the core and every loaded plugin."""
    return {name: rights_of(app._specs[name]) if name in app._specs else INTERNAL[name] for name in app.metadata.tables}


def owner_elsewhere(session: Session) -> tuple[str, str] | None:
    """The present role and the owner of the tenant's schema, where they differ; None for the owner, for a superuser, and on SQLite."""
    if session.engine != "postgresql":
        return None
    found = session.execute(OWNER, (session.tenant,)).fetchone()
    return None if found is None or found[2] else (found[0], found[1])


def grantees(session: Session) -> list[str]:
    """The roles of applications: those that may add commit records, and do not own the tables."""
    return [row[0] for row in session.execute(GRANTEES, (session.tenant,)).fetchall()] if session.engine == "postgresql" else []


def grant(session: Session, app: BackOffice, role: str) -> None:
    """Give a role what an application needs, and take away what it has beyond that, inside a writing transaction of the owner's.

    A table of a plugin that is not here keeps the rights that it has, and can be read.
    """
    elsewhere = owner_elsewhere(session)
    if elsewhere is not None:
        raise StorageError(f"{elsewhere[0]} can't give rights here: the tables belong to {elsewhere[1]}.", fix=f"Log in as {elsewhere[1]}.")
    _refuse_role(session, role)
    has: dict[str, set[str]] = {}
    quoted = _quoted(role)
    for table, right in session.execute(GRANTED, (session.tenant, role, session.tenant, role)).fetchall():
        has.setdefault(table, set()).add(right)
    wanted = needed(app)
    statements = [f"GRANT USAGE ON SCHEMA {_quoted(session.tenant)} TO {quoted}"]
    for table in sorted(session.columns()):
        present = has.get(table, set())
        want = wanted.get(table) or (READ if table.startswith("bo_version_") else READ | present)
        where = f"ON {_quoted(session.tenant)}.{_quoted(table)}"
        if present - want:
            # GROUP is a word that may stand before any role; without it the session would take the role for a table.
            statements.append(f"REVOKE {', '.join(sorted(map(_spelt, present - want)))} {where} FROM GROUP {quoted}")
        if want - present:
            statements.append(f"GRANT {', '.join(sorted(map(_spelt, want - present)))} {where} TO {quoted}")
    for statement in statements:
        session.execute(statement)


def grant_again(session: Session, app: BackOffice) -> None:
    """After a migration: what every role that had rights before needs now."""
    for role in grantees(session):
        grant(session, app, role)


def check_role(app: BackOffice, role: str) -> None:
    """Refuse what can't be the role of an application, before anything is made."""
    if app.database.name != "postgresql":
        raise UsageError("A SQLite file has no roles: who may write the file may do anything.", fix="Leave the role out.")
    session = app._connect()
    try:
        session.begin(write=False)
        _refuse_role(session, role)
    finally:
        session.close(read_only=True)


def grant_to(app: BackOffice, role: str) -> None:
    """Give a role what an application needs, in a transaction of its own."""
    from bocore.migrate.upgrading import alone

    with alone(app) as session:
        grant(session, app, role)


def _refuse_role(session: Session, role: str) -> None:
    found = session.execute(ROLE, (session.tenant, role)).fetchone()
    if found is None:
        raise StorageError(f"There is no role {role}.", fix=f"Make it as a superuser: CREATE ROLE {_quoted(role)} LOGIN PASSWORD '…'")
    if found[0]:
        raise StorageError(f"{role} is a superuser, whom nothing is refused.", fix="Give the application a role of its own.")
    if found[1]:
        message = f"{role} is the owner of the tables or a member of it, whom nothing can be refused."
        raise StorageError(message, fix="Give the application a role of its own.")


def _spelt(right: str) -> str:
    """``UPDATE (position)`` with the column as an identifier."""
    what, _, column = right.partition(" (")
    return f"{what} ({_quoted(column[:-1])})" if column else what


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
