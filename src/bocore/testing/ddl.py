"""The tables of a schema as the server itself describes them, held against the rules by which it can be placed on any node as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlalchemy as sa

    from bocore.app import BackOffice

LONGEST = 63
"""Characters of a name that PostgreSQL keeps."""
NUMBERED = {("bo_commit", "id")}
"""The only column that the database counts up: the order of sealing, which may have gaps."""
QUESTIONS = {
    "a trigger": """
        SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE c.relnamespace = to_regnamespace(:s) AND NOT t.tgisinternal""",
    "a rule": """
        SELECT c.relname, r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE c.relnamespace = to_regnamespace(:s)""",
    "a function": "SELECT proname, '' FROM pg_proc WHERE pronamespace = to_regnamespace(:s)",
    "a type of its own": """
        SELECT typname, '' FROM pg_type WHERE typnamespace = to_regnamespace(:s) AND typtype IN ('d', 'e', 'r', 'm')""",
    "something else than tables": """
        SELECT relname, relkind::text FROM pg_class WHERE relnamespace = to_regnamespace(:s) AND relkind NOT IN ('r', 'i', 'S')""",
    "a table that is not kept": """
        SELECT relname, relpersistence::text FROM pg_class WHERE relnamespace = to_regnamespace(:s) AND relpersistence <> 'p'""",
    "a table without a primary key": """
        SELECT c.relname, '' FROM pg_class c WHERE c.relnamespace = to_regnamespace(:s) AND c.relkind = 'r'
        AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p')""",
    "a key to another schema": """
        SELECT k.conrelid::regclass::text, k.conname FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid
        JOIN pg_class c ON c.oid = k.conrelid
        WHERE (c.relnamespace = to_regnamespace(:s)) <> (f.relnamespace = to_regnamespace(:s))""",
    "a key that does more than refuse": """
        SELECT c.relname, k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
        WHERE c.relnamespace = to_regnamespace(:s) AND k.contype = 'f' AND (k.confdeltype <> 'a' OR k.confupdtype <> 'a')""",
    "a type of another schema": """
        SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type y ON y.oid = a.atttypid
        WHERE c.relnamespace = to_regnamespace(:s) AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
        AND y.typnamespace <> 'pg_catalog'::regnamespace""",
    "an extension's part": """
        SELECT c.relname, e.extname FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass
        JOIN pg_class c ON c.oid = d.objid AND d.classid = 'pg_class'::regclass WHERE c.relnamespace = to_regnamespace(:s)""",
    "text in the order of a locale": """
        SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = to_regnamespace(:s) AND c.relkind = 'r' AND a.attnum > 0 AND a.attcollation <> 0
        AND a.attcollation <> '"C"'::regcollation AND c.relname !~ '^bo_version_'""",
    "a float": """
        SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = to_regnamespace(:s) AND c.relkind = 'r' AND a.attnum > 0
        AND a.atttypid IN ('float4'::regtype, 'float8'::regtype)""",
    "an instant without its zone": """
        SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = to_regnamespace(:s) AND c.relkind = 'r' AND a.attnum > 0 AND a.atttypid = 'timestamp'::regtype""",
}
COUNTED = """
    SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = to_regnamespace(:s) AND c.relkind = 'r' AND a.attnum > 0
    AND (a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) ~* 'nextval')
"""
NAMED = """
    SELECT c.relname, i.relname FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
    WHERE c.relnamespace = to_regnamespace(:s) AND NOT x.indisprimary
    UNION ALL
    SELECT c.relname, k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE c.relnamespace = to_regnamespace(:s) AND k.contype IN ('f', 'u', 'c', 'x')
"""


ON_SQLITE = "SELECT type, name FROM sqlite_master WHERE type NOT IN ('table', 'index')"


def broken_rules(app: BackOffice) -> list[str]:
    """What in the database of this application breaks a rule, as the engine itself describes it; an empty list where nothing does.

    SQLite shows less: what a migration makes beside tables and indexes, and names that are too long.
    """
    import sqlalchemy as sa

    with app.engine.connect() as connection:
        if app.database.name == "sqlite":
            found = [f"something else than tables: {name} {kind}" for kind, name in connection.execute(sa.text(ON_SQLITE))]
            return found + _misnamed(app.metadata, None)
        schema: str = app.database.schema  # type: ignore[attr-defined]

        def ask(question: str) -> list[Any]:
            return [tuple(row) for row in connection.execute(sa.text(question.replace("to_regnamespace(:s)", _oid(schema))))]

        wrong = [f"{what}: {table} {name}".rstrip() for what, question in QUESTIONS.items() for table, name in ask(question)]
        wrong += [f"a counted column: {table}.{column}" for table, column in ask(COUNTED) if (table, column) not in NUMBERED]
        return wrong + _misnamed(app.metadata, {(table, name) for table, name in ask(NAMED)})


def _oid(schema: str) -> str:
    return f"'\"{schema}\"'::regnamespace"


def _misnamed(metadata: sa.MetaData, there: set[tuple[str, str]] | None) -> list[str]:
    """Indexes and keys whose names are too long, or are not those that the entities give them on every engine."""
    import sqlalchemy as sa

    meant = {(table.name, str(index.name)) for table in metadata.tables.values() for index in table.indexes}
    for table in metadata.tables.values():
        meant |= {(table.name, str(one.name)) for one in table.constraints if isinstance(one, sa.ForeignKeyConstraint)}
    wrong = [f"a name of more than {LONGEST} characters: {name}" for _, name in sorted(meant) if len(name) > LONGEST]
    if there is None:
        return wrong
    known = set(metadata.tables)
    wrong += [f"a name that only PostgreSQL has: {table} {name}" for table, name in sorted(there - meant) if table in known]
    return wrong + [f"a name that PostgreSQL lacks: {table} {name}" for table, name in sorted(meant - there)]
