"""The commit record of a run of migrations: new shapes, digests stated anew, entities that are gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bocore.migrate.rebasing import Rebasing
from bocore.migrate.shapes import Before, Columns, doubtful, planned
from bocore.record.changes import ChangesWriter
from bocore.record.commit import append_record
from bocore.record.shapes import Shape, seal_shape
from bocore.storage.ids import reserve

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.migrate.watching import Watch
    from bocore.storage.session import Session


def seal(
    app: BackOffice,
    session: Session,
    before: Before,
    columns: Columns,
    watch: Watch,
    rebasing: Rebasing,
    done: list[str],
    say: Callable[[str], object],
) -> None:
    """Append the shapes that the entities need now, state digests anew where migrations asked for it, and write the record of it all.

    :param done: the migrations that were applied, for the record's reason.

    Raises StorageError where rows would no longer agree with the digests that commit records hold of them.
    """
    plan = planned(app, session, before, columns, watch)
    if not (plan.shapes or plan.dropped or done):
        return
    record = ChangesWriter()
    unit = reserve(session, "bo_commit", 1) - 1
    latest: dict[str, Shape] = dict(before.shapes)
    for shape in plan.shapes:
        seal_shape(session, record, shape, unit)
        latest[shape.entity] = shape
    for name in plan.dropped:
        rows = rebasing.rows.get(name, 0)
        record.add(name, "x", [], details=[rows, *watch.rebased[name]] if rows else None)
    for name, migrations in watch.rebased.items():
        spec = app._specs.get(name)
        if spec is not None and not spec.derived:
            count = rebasing.state(session, record, latest[name], migrations, doubtful(before, latest[name], watch))
            if count:
                say(f"Stated {count} digest{'s' if count != 1 else ''} of {name} anew: {', '.join(migrations)}.")
    owners = {app._owner[shape.entity] for shape in plan.shapes} | {applied.split()[0] for applied in done}
    reason = f"Migrations: {', '.join(done)}" if done else f"Tables of {', '.join(sorted(owners))}"
    append_record(session, record, unit=unit, at=app.clock(), actor="migrate", reason=reason, plugins=owners)
