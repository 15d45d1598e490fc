"""What is to be ordered for each place, and who is asked for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

import attrs

from bocore import Finding, JobBackOffice, Source, UnitOfWork, job, report, service
from bocore_catalog import Item, ItemKind, SupplyRequest
from bocore_inventory.model import Location, LocationKind
from bocore_inventory.needs import needs
from bocore_inventory.rights import CATALOG, MOVE, READ, SETUP
from bocore_inventory.rules import ReorderBy, ReorderRule, SupplyAsked
from bocore_inventory.scales import quantities
from bocore_inventory.settings import InventorySettings

BY = "inventory.reorder"


@service(SETUP, runs_with=[CATALOG])
def set_reorder(
    uow: UnitOfWork,
    item: Item,
    place: Location,
    *,
    minimum: Decimal = Decimal(0),
    maximum: Decimal | None = None,
    cover_days: int | None = None,
    lead_days: int = 0,
    demand_days: int = 90,
    multiple: Decimal = Decimal(1),
    active: bool = True,
) -> ReorderRule:
    """Say when an item is ordered for a place and all within it, and how much.

    With a maximum: up to it, once there is less than the minimum. With days of cover: so much that it lasts for these days after it has
    come, by the demand of the last days, with the minimum kept besides, once it would not last until then.

    :param minimum: below this it is ordered; with days of cover the safety stock.
    :param maximum: up to this it is ordered.
    :param cover_days: for so many days it is to last.
    :param lead_days: for so long it takes until it has come.
    :param demand_days: the days whose demand is taken for that of the days to come.
    :param multiple: only whole multiples of this are ordered; zero for any quantity.
    :param active: whether the rule holds.
    """
    uow.refuse(*_wrong(item, place, minimum, maximum, cover_days, lead_days, demand_days, multiple))
    row = uow.select(ReorderRule, company_id=uow.company_id, item_id=item.id, location_id=place.id).first()
    new = row is None
    row = row or ReorderRule(item_id=item.id, location_id=place.id)
    row.by = ReorderBy.LEVELS if cover_days is None else ReorderBy.COVER
    row.minimum, row.maximum, row.multiple = minimum, maximum or Decimal(0), multiple
    row.cover_days, row.lead_days, row.demand_days, row.active = cover_days or 0, lead_days, demand_days, active
    if new:
        return uow.add(row, made_by="inventory.set_reorder")
    uow.write([row], made_by="inventory.set_reorder")
    return row


def _wrong(
    item: Item, place: Location, minimum: Decimal, maximum: Decimal | None, cover: int | None, lead: int, days: int, multiple: Decimal
) -> Iterable[Finding]:
    if item.kind is not ItemKind.GOODS:
        message = f"{item.code} is a {item.kind.value.replace('_', ' ')}: no stock is kept of it."
        yield Finding("inventory.not_stocked", message, item, "item", "Name goods; of a kit its parts.")
    if place.kind not in (LocationKind.INTERNAL, LocationKind.VIEW):
        yield Finding(
            "inventory.place", f"Goods are not ordered for {place.code}.", place, "place", "Name a place of your own, or a group."
        )
    if (maximum is None) == (cover is None):
        fix = "Give a maximum, or days of cover, not both."
        yield Finding("inventory.reorder", f"How much of {item.code} is to be ordered is not clear.", item, "maximum", fix)
    if maximum is not None and maximum < minimum:
        message = f"The maximum of {maximum:f} is below the minimum of {minimum:f}."
        yield Finding("inventory.reorder", message, item, "maximum", "Give the larger one as the maximum.")
    for name, value, least in (("minimum", minimum, 0), ("cover_days", cover or 0, 0), ("lead_days", lead, 0), ("multiple", multiple, 0)):
        if value < least:
            yield Finding("inventory.reorder", f"{name} can't be {value}.", item, name, "Give zero or more.")
    if days < 1:
        yield Finding("inventory.reorder", f"demand_days can't be {days}.", item, "demand_days", "Give one or more.")


@attrs.frozen(field_transformer=quantities)
class ReorderRow:
    """What is to be ordered of an item for a place, and why."""

    place: str
    item: str = attrs.field(metadata={"drill": Item})
    name: str
    free: Decimal = attrs.field(metadata={"doc": "there, and not promised"})
    coming: Decimal = attrs.field(metadata={"doc": "asked for, promised and not there yet"})
    a_day: Decimal = attrs.field(metadata={"doc": "demand, on average"})
    wanted_from: Decimal = attrs.field(metadata={"label": "Ordered below"})
    order: Decimal
    unit: str
    due: date


@report("inventory.reorder", permission=READ, runs_with=[CATALOG], title="What is to be ordered")
def to_order(uow: UnitOfWork, *, place: str = "", every: bool = False) -> Iterable[ReorderRow]:
    """List what is to be ordered by the rules, for each place.

    :param place: code of a place: the rules for it and for places within it.
    :param every: with the rules by which nothing is to be ordered now.
    """
    found = needs(uow, place)
    items = uow.get_all(Item, {one.rule.item_id for one in found})
    places = uow.get_all(Location, {one.rule.location_id for one in found})
    for one in sorted(found, key=lambda one: (places[one.rule.location_id].code, items[one.rule.item_id].code)):
        if every or one.order:
            item, due = items[one.rule.item_id], uow.today() + timedelta(days=one.rule.lead_days)
            yield ReorderRow(
                places[one.rule.location_id].code, item.code, item.name, one.free, one.coming, one.a_day, one.point, one.order,
                item.unit, due,
            )  # fmt: skip


@attrs.frozen(field_transformer=quantities)
class AskedRow:
    """What was asked for, and what was answered."""

    place: str
    item: str
    wanted: Decimal
    promised: Decimal
    due: date | None
    by: str
    reference: str


@service(MOVE, runs_with=[CATALOG])
def reorder(uow: UnitOfWork, *, place: str = "") -> list[AskedRow]:
    """Ask whoever supplies goods (purchasing, manufacturing) for what is to be ordered by the rules; lists what was answered.

    What was promised counts as coming until it is there, so that nothing is ordered twice. Where nobody supplies anything, nothing is
    asked, and the report inventory.reorder says what somebody is to order.

    :param place: code of a place: the rules for it and for places within it.
    """
    found = [one for one in needs(uow, place, lock=True) if one.order]
    items = uow.get_all(Item, {one.rule.item_id for one in found})
    places = uow.get_all(Location, {one.rule.location_id for one in found})
    requests = [
        SupplyRequest(
            key=f"inventory.reorder:{one.rule.id}:{one.times + 1}",
            item=one.rule.item_id,
            quantity=one.order,
            location=places[one.rule.location_id].code,
            due=uow.today() + timedelta(days=one.rule.lead_days),
            source=Source(one.rule, event="reorder"),
            text=f"Reorder of {items[one.rule.item_id].code}",
        )
        for one in found
    ]
    answers = uow.hook.bo_catalog_supply(uow=uow, requests=requests) if requests else None
    if answers is None:
        if requests:
            message = "Nobody supplies goods here: nothing was ordered."
            uow.warn(Finding("inventory.no_supply", message, fix="Order by hand: bo report inventory.reorder says what."))
        return []
    rows = []
    for one, answer in zip(found, answers, strict=True):
        uow.add(
            SupplyAsked(
                key=answer.key, rule_id=one.rule.id, on=uow.today(), wanted=one.order, promised=answer.quantity, due=answer.due,
                by=answer.by, reference=answer.reference,
            ),
            made_by=BY,
        )  # fmt: skip
        item, where = items[one.rule.item_id].code, places[one.rule.location_id].code
        rows.append(AskedRow(where, item, one.order, answer.quantity, answer.due, answer.by, answer.reference))
    return rows


@job("inventory.reorder", cron="30 3 * * *", per_company=True, permissions=[MOVE, CATALOG])
def nightly(bo: JobBackOffice) -> int:
    """Ask whoever supplies goods for what is to be ordered by the rules; returns for how many rules.

    Nothing happens where nobody supplies goods, or where the setting reorder_by_itself says no. A job that runs again after a crash does
    not ask again.
    """
    with bo.unit_of_work(read_only=True) as uow:
        if not uow.settings(InventorySettings).reorder_by_itself:
            return 0
    return len(bo.run("inventory.reorder", reason="What the rules of reordering want"))
