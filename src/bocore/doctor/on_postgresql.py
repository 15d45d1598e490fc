"""What is looked at of a PostgreSQL server, and of the schema of the tenant in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg

from bocore.doctor.both import AHEAD, SET_CLOCK, acting, instant
from bocore.doctor.examination import Check, Found, Patient
from bocore.storage.grants import READ, grantees, needed, owner_elsewhere

OLDEST = 15
LONG = 10
"""Minutes from which a transaction is a long one."""
LOST: dict[str, str] = {
    "fsync": "after a power cut the whole database may be unreadable",
    "full_page_writes": "after a power cut pages may be half old, half new, and nothing says which",
    "synchronous_commit": "after a crash of the server the last commits may be gone, though they were acknowledged",
}
"""What is lost where a setting is off."""
ACTING = """
    WITH here AS (SELECT oid, relname FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident(?)))
    SELECT 'the trigger', tgname, relname FROM pg_trigger JOIN here ON here.oid = tgrelid WHERE NOT tgisinternal
    UNION ALL SELECT 'the rule', rulename, relname FROM pg_rewrite JOIN here ON here.oid = ev_class
    UNION ALL SELECT 'the policy', polname, relname FROM pg_policy JOIN here ON here.oid = polrelid
    ORDER BY 3, 1, 2
"""
"""What a server does by itself with rows of a table; a policy shows some roles fewer rows than there are."""
CUTTING = ("statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout")
EFFECTIVE = """
    SELECT c.relname, p.name FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS p(name)
    WHERE c.relnamespace = to_regnamespace(quote_ident(?)) AND c.relkind IN ('r', 'p') AND has_table_privilege(?::text, c.oid, p.name)
    UNION ALL
    SELECT c.relname, format('UPDATE (%s)', a.attname)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = to_regnamespace(quote_ident(?)) AND c.relkind IN ('r', 'p')
    AND has_column_privilege(?::text, c.oid, a.attnum, 'UPDATE') AND NOT has_table_privilege(?::text, c.oid, 'UPDATE')
"""


def _ask(patient: Patient, sql: str, *values: Any) -> list[Any]:
    found: list[Any] = patient.session.execute(sql, values).fetchall()
    return found


def server_version(patient: Patient) -> Found:
    """Whether the server is one that is supported, and is no replica."""
    number, text, replica = _ask(
        patient, "SELECT current_setting('server_version_num')::int, current_setting('server_version'), pg_is_in_recovery()"
    )[0]
    driver = f"psycopg {psycopg.__version__}"
    if number < OLDEST * 10_000:
        yield Check("server version", "wrong", f"PostgreSQL {text} is older than {OLDEST}", f"Upgrade the server to {OLDEST} or newer.")
    elif replica:
        yield Check("server version", "wrong", f"PostgreSQL {text} is a replica here, which only reads", "Name the primary in the URL.")
    else:
        yield Check("server version", "ok", f"PostgreSQL {text}, {driver}")


def encoding(patient: Patient) -> Found:
    """Whether the database keeps every character, and sorts text that is in no column as SQLite does."""
    name, collation, encoded = _ask(
        patient,
        "SELECT datname, datcollate, pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()",
    )[0]
    fix = "Make a new one and restore a dump into it: CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'"
    if encoded != "UTF8":
        yield Check("encoding", "wrong", f"the database {name} is in {encoded}, which lacks most characters", fix)
    elif collation.upper().replace("-", "") not in ("C", "POSIX", "C.UTF8"):
        what = f"text that a select itself makes is sorted as in {collation}; that of columns is in the order of its code points"
        yield Check("encoding", "ok", f"UTF8; {what}")
    else:
        yield Check("encoding", "ok", "UTF8")


def server_clock(patient: Patient) -> Found:
    """Whether the server's clock is ours."""
    gap = abs(instant(_ask(patient, "SELECT clock_timestamp()")[0][0]) - patient.app.clock())
    if gap > AHEAD:
        what = f"the clock of the server and the one here differ by {int(gap.total_seconds()):,} seconds"
        yield Check("server clock", "warning", what, SET_CLOCK)
    else:
        yield Check("server clock", "ok", "the clock of the server is the same as the one here")


def rights(patient: Patient) -> Found:
    """Whether this role may do the daily work, and no more."""
    session = patient.session
    role = _ask(patient, "SELECT current_user")[0][0]
    superuser, temporary = _ask(
        patient,
        "SELECT current_setting('is_superuser') = 'on', has_database_privilege(current_database(), 'TEMPORARY')",
    )[0]
    if not temporary:
        fix = "As a superuser: GRANT TEMPORARY ON DATABASE … TO …"
        yield Check("rights", "wrong", f"{role} may make no temporary tables, which rebuilding takes", fix)
    if superuser or owner_elsewhere(session) is None:
        what = f"{role} is {'a superuser' if superuser else 'the owner of the tables'}: the server refuses it nothing"
        yield Check("rights", "warning", what, "Log in as another role for the daily work: bo init --role ROLE gives it its rights.")
        return
    lacking, excess = _compared(patient, role)
    if lacking:
        yield Check("rights", "wrong", f"{role} lacks {lacking}", f"As the owner: bo init --role {role}")
    if excess:
        yield Check("rights", "warning", f"{role} may do more than the daily work: {excess}", f"As the owner: bo init --role {role}")
    if not lacking and not excess and temporary:
        yield Check("rights", "ok", f"{role} may do the daily work, and can't change what is append-only")


def _compared(patient: Patient, role: str) -> tuple[str, str]:
    """What a role lacks and what it has beyond its needs, in words."""
    has: dict[str, set[str]] = {}
    tenant = patient.session.tenant
    for table, right in _ask(patient, EFFECTIVE, tenant, role, tenant, role, role):
        has.setdefault(table, set()).add(right)
    lacking, excess = [], []
    wanted = needed(patient.app)
    for table in patient.session.columns():
        want = wanted.get(table, READ)
        there = has.get(table, set())
        if "UPDATE" in there:
            want = frozenset(one for one in want if not one.startswith("UPDATE (")) | ({"UPDATE"} & want)
        lacking += [f"{right} on {table}" for right in sorted(want - there)]
        if table in wanted:  # of a plugin that is gone nobody knows what it needed
            excess += [f"{right} on {table}" for right in sorted(there - want)]
    return _few(lacking), _few(excess)


def _few(names: list[str], most: int = 4) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def other_roles(patient: Patient) -> Found:
    """Whether any role of an application, or everybody, may change what is append-only."""
    bad = []
    for role in ("public", *grantees(patient.session)):
        excess = _compared(patient, role)[1] if role != "public" else _few(_of_everybody(patient))
        if excess:
            whose = "everybody (PUBLIC)" if role == "public" else role
            fix = "REVOKE it from PUBLIC." if role == "public" else f"As the owner: bo init --role {role}"
            bad.append(Check("other roles", "warning", f"{whose} has {excess}", fix))
    yield from bad or [Check("other roles", "ok", "no role of an application may change what is append-only")]


def _of_everybody(patient: Patient) -> list[str]:
    sql = """
        SELECT c.relname, x.privilege_type FROM pg_class c, aclexplode(c.relacl) x
        WHERE c.relnamespace = to_regnamespace(quote_ident(?)) AND x.grantee = 0 ORDER BY 1, 2
    """
    return [f"{right} on {table}" for table, right in _ask(patient, sql, patient.session.tenant)]


def durability(patient: Patient) -> Found:
    """Whether what was acknowledged survives a crash."""
    bad = [name for name in LOST if _setting(patient, name) == "off"]
    for name in bad:
        yield Check("durability", "warning", f"{name} is off: {LOST[name]}", f"ALTER SYSTEM SET {name} = on; then reload the server.")
    if not bad:
        yield Check("durability", "ok", "what is acknowledged is on the disk")


def _setting(patient: Patient, name: str) -> str | None:
    found: str | None = _ask(patient, "SELECT current_setting(?, true)", name)[0][0]
    return found


def locks(patient: Patient) -> Found:
    """Whether a tenant can be dropped and dumped, which locks each of its tables and indexes in one transaction."""
    sql = """
        SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident(?)) AND relkind IN ('r', 'p', 'i', 'S')),
        current_setting('max_locks_per_transaction')::int
        * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int)
    """
    things, room = _ask(patient, sql, patient.session.tenant)[0]
    if things > room // 2:
        what = f"{things:,} tables and indexes are here, and the server has room for {room:,} locks of everybody"
        fix = "Raise max_locks_per_transaction and restart the server: dropping or dumping the tenant locks each of them."
        yield Check("locks", "warning", what, fix)
    else:
        yield Check("locks", "ok", f"there is room for {room:,} locks; dropping or dumping this tenant takes {things:,}")


def time_limits(patient: Patient) -> Found:
    """Whether the server ends long work by itself. The patience for locks is our own: each writing transaction sets lock_timeout."""
    bad = [f"{name} is {value}" for name in CUTTING if (value := _setting(patient, name)) not in (None, "0")]
    if bad:
        fix = "Set them to 0 for this role (ALTER ROLE … SET …): a long import or migration would be stopped, and rolled back."
        yield Check("time limits", "warning", ", ".join(bad), fix)
    else:
        yield Check("time limits", "ok", "the server ends no long work by itself")


def transactions(patient: Patient) -> Found:
    """Whether transactions were left behind, which keep locks and old rows."""
    prepared = _ask(patient, "SELECT gid, prepared FROM pg_prepared_xacts WHERE database = current_database() ORDER BY prepared")
    for gid, since in prepared:
        fix = f"ROLLBACK PREPARED '{gid}', or COMMIT PREPARED, as whoever prepared it says: bocore prepares none."
        yield Check("transactions", "warning", f"a prepared transaction waits since {since}: {gid}", fix)
    sql = """
        SELECT pid, usename, state, xact_start FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start < clock_timestamp() - make_interval(mins => ?::int)
        ORDER BY xact_start
    """
    long = _ask(patient, sql, LONG)
    for pid, user, state, since in long:
        what = f"a transaction of {user} has been open since {since} ({state})"
        yield Check("transactions", "warning", what, f"End the programme, or SELECT pg_terminate_backend({pid}): VACUUM waits for it.")
    if not prepared and not long:
        yield Check("transactions", "ok", "none was left behind, none that can be seen is long")


def indexes(patient: Patient) -> Found:
    """Whether every index can be used: a unique one that can't be refuses no duplicate."""
    sql = """
        SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE c.relnamespace = to_regnamespace(quote_ident(?)) AND NOT i.indisvalid ORDER BY 1
    """
    bad = [row[0] for row in _ask(patient, sql, patient.session.tenant)]
    if bad:
        yield Check("indexes", "wrong", f"not valid: {', '.join(bad)}", f'REINDEX INDEX "{patient.session.tenant}"."{bad[0]}"')
    else:
        yield Check("indexes", "ok", "every index can be used")


def search_path(patient: Patient) -> Found:
    """Whether plain SQL of this role would reach the tables of another tenant."""
    sql = """
        SELECT n.nspname FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'bo_commit'
        WHERE n.nspname = ANY(current_schemas(false)) AND n.nspname <> ?
    """
    others = [row[0] for row in _ask(patient, sql, patient.session.tenant)]
    if others:
        what = f"the search path leads to another tenant: {', '.join(others)}. bocore names every schema itself; plain SQL would go there"
        yield Check("search path", "warning", what, "ALTER ROLE … RESET search_path, and take it out of the URL.")
    else:
        yield Check("search path", "ok", "it leads to no other tenant")


def triggers(patient: Patient) -> Found:
    """Whether the server does something by itself when bocore reads or writes rows."""
    yield from acting(patient, _ask(patient, ACTING, patient.session.tenant))


def disk(patient: Patient) -> Found:
    """How large the tenant is; how much room the server has, can't be asked by SQL."""
    sql = """
        SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c
        WHERE c.relnamespace = to_regnamespace(quote_ident(?)) AND c.relkind IN ('r', 'p')
    """
    size = int(_ask(patient, sql, patient.session.tenant)[0][0])
    what = f"this tenant takes {size / 1024 / 1024:,.0f} MiB; the room that the server has left can't be seen from here"
    yield Check("disk", "ok", what, "Watch the disk of the server itself.")


def citus(patient: Patient) -> Found:
    """Whether the server is a Citus cluster."""
    found = _ask(patient, "SELECT extversion FROM pg_extension WHERE extname = 'citus'")
    if found:
        what = f"Citus {found[0][0]}: the schema of a tenant is placed on a node as it is"
        yield Check("citus", "ok", what, "SET citus.enable_schema_based_sharding = on before a tenant is made.")


CHECKS: tuple[Callable[[Patient], Found], ...] = (
    server_version, encoding, server_clock, rights, other_roles, durability, locks, time_limits, transactions, indexes,
    search_path, triggers, disk, citus,
)  # fmt: skip
DEEP: tuple[Callable[[Patient], Found], ...] = ()
