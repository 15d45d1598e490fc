"""What may not change of an item, or of a place, once there is stock of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bocore import Changes, Finding, Posted, UnitOfWork, concerns, hookimpl
from bocore_catalog import Item
from bocore_inventory.apart import check_places
from bocore_inventory.model import Location, OnHand


@hookimpl
@concerns(Item, Location)
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterator[Finding]:
    """How closely pieces are told apart, and how a place is valued, stay as they are as long as goods lie there."""
    yield from _tracking(uow, changes)
    places = [*changes.added(Location), *(change.entity for change in changes.updated(Location))]
    before = {change.entity.id: change.old for change in changes.updated(Location) if {"valued_apart", "parent_id"} & change.new.keys()}
    yield from check_places(uow, places, before)


def _tracking(uow: UnitOfWork, changes: Changes) -> Iterator[Finding]:
    changed = [change.entity for change in changes.updated(Item) if "tracking" in change.new]
    if changed:
        held = {row.item_id for row in uow.select(OnHand, item_id=[item.id for item in changed]) if row.quantity or row.reserved}
        for item in changed:
            if item.id in held:
                message = f"There is stock of {item.code}: it can't be kept by {item.tracking.value} from now on."
                yield Finding("inventory.tracking", message, item, "tracking", "Take it out of stock first, and in again by lot or number.")


@hookimpl
def bo_posted(uow: UnitOfWork, vouchers: Sequence[Posted]) -> None:
    """What stock has posted is taken back by moves and costs: the books alone would have another value than stock."""
    uow.refuse(
        *(
            Finding(
                "inventory.reversal",
                f"{posted.record.reverses} is of stock: reversed in the books alone they would have another value than stock.",
                f"voucher {posted.record.key}",
                fix="Correct the movement or its cost (bo inventory correct, correct-cost, land-cost): that posts what follows.",
            )
            for posted in vouchers
            if posted.record.reverses is not None and posted.record.kind.startswith("inventory.")
        )
    )
