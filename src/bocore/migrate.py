"""Bringing a database up to the code."""
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from bocore.app import BackOffice

def upgrade(app: BackOffice) -> None:
    app.metadata.create_all(app.engine)
    seal_shapes(app)

def seal_shapes(app: BackOffice) -> None:
    from bocore.record.shapes import Shape, next_shape
    from bocore.record.canonical import canonical_bytes
    from bocore.storage.recorded import record_plugins
    import orjson
    session = app._connect()
    try:
        rows = session.execute("SELECT entity, revision, definition FROM bo_shape ORDER BY entity, revision").fetchall()
        session.sa.rollback()
    finally:
        session.close()
    known = {e: Shape.read(d, r) for e, r, d in rows}
    app._shapes = known
    app._may_write = True
    with app.unit_of_work(actor="migrate", reason="Shapes of the entities") as uow:
        session = uow._touch()
        for name, spec in app._specs.items():
            if spec.derived:
                continue
            shape = next_shape(spec, known.get(name), {})
            if shape is None:
                continue
            session.execute("INSERT INTO bo_shape (entity, revision, definition, unit) VALUES (?, ?, ?, ?)", (name, shape.revision, shape.definition(), uow.unit))
            uow._record.add(name, "s", [], details=orjson.loads(shape.definition()))
        record_plugins(session, app.host)
    app._forget_state()
