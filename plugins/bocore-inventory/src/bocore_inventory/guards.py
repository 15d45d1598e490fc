"""What may not change of an item once there is stock of it."""

from __future__ import annotations

from collections.abc import Iterator

from bocore import Changes, Finding, UnitOfWork, concerns, hookimpl
from bocore_catalog import Item
from bocore_inventory.model import OnHand


@hookimpl
@concerns(Item)
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterator[Finding]:
    """How closely pieces are told apart stays as it is as long as some of them lie anywhere."""
    changed = [change.entity for change in changes.updated(Item) if "tracking" in change.new]
    if changed:
        held = {row.item_id for row in uow.select(OnHand, item_id=[item.id for item in changed]) if row.quantity or row.reserved}
        for item in changed:
            if item.id in held:
                message = f"There is stock of {item.code}: it can't be kept by {item.tracking.value} from now on."
                yield Finding("inventory.tracking", message, item, "tracking", "Take it out of stock first, and in again by lot or number.")
