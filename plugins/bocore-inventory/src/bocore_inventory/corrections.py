"""What turns out later: other quantities, other prices, freight, another standard cost, another method."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import attrs
import sqlalchemy as sa

from bocore import Finding, Money, UnitOfWork, UnitPrice, largest_remainder, round_ratio, service
from bocore_catalog import Item
from bocore_inventory.booking import book
from bocore_inventory.flows import Carried, Flow
from bocore_inventory.model import FINE, OWN, PLACES, Costing, Counter, Entry, EntryKind, Location, Lot, Method, Move, Pool
from bocore_inventory.moving import move
from bocore_inventory.nets import nets, taken_back
from bocore_inventory.pools import BY, LAYERS, Standing, costings, method_of, pool_code, standard_of, standings_of
from bocore_inventory.rights import LENT, MOVE, VALUE
from bocore_inventory.said_again import another, earlier, price_then
from bocore_inventory.scales import fine, micro, minor, plain, shown, unit_value
from bocore_inventory.sent_back import DIFFERENCE, counterpart_of_credit, owed_more
from bocore_inventory.wanted import Counterpart, Wanted, own_key

REVALUED = "inventory.adjustment"


class Shares(StrEnum):
    """By what a cost is spread over receipts."""

    VALUE = "value"
    QUANTITY = "quantity"
    EQUAL = "equal"


@service(MOVE, runs_with=[*LENT, "bo.read"])
def correct(
    uow: UnitOfWork,
    original: Move,
    quantity: Decimal,
    *,
    cost: Money | None = None,
    opens: str | None = None,
    settles: str | None = None,
    key: str | None = None,
) -> Move:
    """Set right how much was moved, by a move of the difference, which counts where the first one does; returns that one.

    :param quantity: what it should have been, in the item's unit; zero takes all of it back.
    :param cost: of a receipt: the value of what it was more or less; its share of what the receipt has cost, without one. Whoever sold it
        is charged with its share of the price; its share of freight is a difference.
    :param opens: the open item that the other side opens, where what is owed for the goods is kept so.
    :param settles: or the one that it settles.
    :param key: what makes it the same when it is said again.
    """
    before = None if key is None else uow.find_all(Move, key=[key]).get(key)
    done = nets(uow, [original], before=None if before is None else before.id)[original.id]
    difference = quantity - done
    if before is not None and (before.corrects_id != original.id or not difference):
        message = f"The movement {key} was made before, and was another."
        uow.refuse(Finding("inventory.key", message, key, "key", "Give it a key of its own, or ask for what was asked for then."))
    if original.corrects_id is not None or quantity < 0 or not difference:
        message = f"{original.key} stands at {shown(done)}: it can't be corrected to {shown(quantity)}."
        uow.refuse(
            Finding("inventory.correction", message, original, "quantity", "Correct the first move, to another quantity of zero or more.")
        )
    if before is None:
        uow.refuse(*_check_taken_back(uow, original, quantity, difference))
    places = uow.get_all(Location, [original.from_id, original.to_id])
    ends = [places[original.from_id], places[original.to_id]]
    wanted = Wanted(
        key=key or own_key("correction"),
        item=uow.get(Item, original.item_id),
        lot=None if original.lot_id is None else uow.get(Lot, original.lot_id),
        quantity=abs(difference),
        from_=ends[0] if difference > 0 else ends[1],
        to=ends[1] if difference > 0 else ends[0],
        on=original.on,
        posting_date=original.posting_date,
        if_closed="next_open",
        counter=attrs.evolve(_counterpart(uow, original), opens=opens, settles=settles),
        cost=cost,
        corrects=original,
    )
    return move(uow, [wanted])[0].move


def _check_taken_back(uow: UnitOfWork, original: Move, quantity: Decimal, difference: Decimal) -> Iterable[Finding]:
    """Not less was moved than was taken back of it, and not more is taken back than was moved."""
    back = taken_back(uow, [original.id]).get(original.id, Decimal(0))
    if difference < 0 and quantity < back:
        message = f"{shown(back)} of what {original.key} moved were taken back: it can't be corrected to {shown(quantity)}."
        yield Finding("inventory.correction", message, original, "quantity", "Correct what was taken back first.")
    if difference > 0 and original.returns_id is not None:
        first = uow.get(Move, original.returns_id)
        moved, back = nets(uow, [first])[first.id], taken_back(uow, [first.id])[first.id] + difference
        if back > moved:
            message = f"{shown(back)} would have come back of the {shown(moved)} of {first.key}."
            yield Finding("inventory.returns", message, original, "quantity", "Take back at most what was moved.")


def _counterpart(uow: UnitOfWork, original: Move) -> Counterpart:
    entry = uow.select(Entry, move_id=original.id).first()
    if entry is None or entry.counter_id is None:
        return Counterpart(purpose=REVALUED)
    row = uow.get(Counter, entry.counter_id)
    if row.purpose == DIFFERENCE and original.returns_id is not None:
        found = counterpart_of_credit(uow, entry)
        if found is None:
            message = f"Of {original.key} nothing says any more who gave back the price: it can't be corrected."
            uow.refuse(Finding("inventory.correction", message, original, fix="Make a movement of today that sets it right."))
        else:
            return found
    return Counterpart(purpose=row.purpose, by=row.by, dims=row.dims, party=row.party_id)


# -- costs that come later


@service(VALUE, runs_with=["bo.read"])
def land_cost(
    uow: UnitOfWork,
    cost: Money,
    receipts: list[Move],
    *,
    by: Shares = Shares.VALUE,
    purpose: str = "inventory.landed",
    dims: dict[str, str] | None = None,
    on: date | None = None,
    key: str | None = None,
) -> Money:
    """Add freight, duty or insurance to what goods have cost; returns what of it is still on stock.

    What was issued since takes its share, in the books of the first open month and under the dimensions of the issues.

    :param cost: all of it.
    :param receipts: the moves by which the goods came in.
    :param by: spread by value, by quantity, or equally.
    :param purpose: what it is taken from.
    :param on: posting date; today without one.
    :param key: what makes it the same when it is said again.
    """
    name = key or own_key("landed")
    if cost.currency != uow.company.currency or not receipts:
        message = f"{cost} can't be added to the cost of {len(receipts)} receipts, which are valued in {uow.company.currency}."
        uow.refuse(
            Finding("inventory.currency", message, name, "cost", "Give it in the currency of the company, and at least one receipt.")
        )
    before = earlier(uow, key, receipts)
    if before is not None:
        if before.moves != {row.id for row in receipts} or before.paid.get(purpose) != cost.minor_units:
            uow.refuse(another(key))
        return Money.minor(before.left, cost.currency)
    flows = _cost_flows(uow, name, receipts, purpose, dims or {}, on)
    weights = [{Shares.VALUE: price, Shares.QUANTITY: quantity}.get(by, 1) for _, (quantity, price) in flows]
    if not any(weights):  # goods that cost nothing
        weights = [quantity for _, (quantity, _) in flows]
    for (flow, _), share in zip(flows, largest_remainder(cost.minor_units, weights), strict=True):
        flow.value, flow.paid = fine(Money.minor(share, cost.currency)), share if flow.pool.method is Method.STANDARD else None
    return Money.minor(sum(flow.amount for flow in book(uow, [flow for flow, _ in flows])), cost.currency)


@service(VALUE, runs_with=["bo.read"])
def correct_cost(
    uow: UnitOfWork,
    receipt: Move,
    cost: Money,
    *,
    purpose: str = "grni",
    opens: str | None = None,
    settles: str | None = None,
    on: date | None = None,
    key: str | None = None,
) -> Money:
    """Set right what a receipt has cost, freight apart, however often; returns what of the difference is still on stock.

    :param cost: what all of it should have cost.
    :param purpose: what the difference is taken from; with the party and the dimensions of the receipt, where its other side is that.
    :param opens: the open item that the other side opens, where what is owed for the goods is kept so.
    :param settles: or the one that it settles.
    :param on: posting date; today without one.
    :param key: what makes it the same when it is said again.
    """
    places = uow.get_all(Location, [receipt.from_id, receipt.to_id])
    if all(place.kind in OWN for place in places.values()):
        message = f"By {receipt.key} goods changed places: they have cost what they did before."
        uow.refuse(Finding("inventory.no_receipt", message, receipt, fix="Correct the cost of the receipt by which they came in first."))
    if cost.currency != uow.company.currency or cost.minor_units < 0:
        message = f"{receipt.key} can't have cost {cost}: stock is valued in {uow.company.currency}, and nothing costs less than nothing."
        uow.refuse(Finding("inventory.currency", message, receipt, "cost", "Give what it has cost, in the currency of the company."))
    before = earlier(uow, key, [receipt])
    ((flow, (quantity, price)),) = _cost_flows(uow, key or own_key("cost"), [receipt], purpose, {}, on)
    if before is not None:
        if before.moves != {receipt.id} or purpose not in before.paid or price_then(uow, flow, before.last) != fine(cost):
            uow.refuse(another(key))
        return Money.minor(before.left, cost.currency)
    owed = _counterpart(uow, receipt)
    flow.counter = attrs.evolve(owed if owed.purpose == purpose else flow.counter, opens=opens, settles=settles)
    flow.value = flow.price = fine(cost) - price
    flow.paid = owed_more(uow, receipt, price, quantity, flow.price)
    if flow.paid is None and flow.pool.method is Method.STANDARD:
        flow.paid = minor(flow.price)
    return Money.minor(sum(each.amount for each in book(uow, [flow])), cost.currency)


def _cost_flows(
    uow: UnitOfWork, key: str, receipts: Sequence[Move], purpose: str, dims: dict[str, str], on: date | None
) -> list[tuple[Flow, tuple[int, int]]]:
    """For each receipt a flow in its place without a value yet, and the quantity that came in there and its price, freight apart."""
    entry = Entry.c
    mine = sa.select(entry.move_id, entry.pool_id, entry.place_on, entry.place).where(
        entry.move_id.in_([row.id for row in receipts]), entry.kind == EntryKind.RECEIPT
    )
    places = {ident: (pool, on, place) for ident, pool, on, place in uow.rows(mine)}
    missing = [row for row in receipts if row.id not in places]
    uow.refuse(
        *(
            Finding(
                "inventory.no_receipt", f"{row.key} brought nothing in that has a value.", row, fix="Name moves by which goods came in."
            )
            for row in missing
        )
    )
    pools = standings_of(uow, {pool for pool, _, _ in places.values()})
    came = _came(uow, list(places.values()))
    gone = [row for row in receipts if came[places[row.id][2]][0] <= 0]
    fix = "Name moves of which something was received."
    uow.refuse(*(Finding("inventory.no_receipt", f"{row.key} was taken back: nothing came in by it.", row, fix=fix) for row in gone))
    flows = []
    for number, row in enumerate(receipts):
        pool, place_on, place = places[row.id]
        flow = Flow(
            pool=pools[pool],
            kind=EntryKind.COST,
            key=f"{key}:{number}" if len(receipts) > 1 else key,
            on=place_on,
            counter=Counterpart(purpose=purpose, dims=dims),
            place=(place_on, place),
            move=row,
            posting_date=on or uow.today(),
            if_closed="next_open",
        )
        flows.append((flow, came[place]))
    return flows


def _came(uow: UnitOfWork, places: Sequence[tuple[int, date, int]]) -> dict[int, tuple[int, int]]:
    """Place → quantity of what came in there, and its price by what is known now, freight apart."""
    entry = Entry.c
    statement = sa.select(entry.place, sa.func.sum(entry.quantity), sa.func.sum(entry.price)).where(
        entry.pool_id.in_({pool for pool, _, _ in places}),
        entry.place_on.in_({on for _, on, _ in places}),
        entry.place.in_({place for _, _, place in places}),
        entry.kind.in_(LAYERS),
    )
    return {place: (micro(quantity), int(price)) for place, quantity, price in uow.rows(statement.group_by(entry.place))}


# -- methods and standard costs


@service(VALUE)
def set_costing(uow: UnitOfWork, item: Item, method: Method, *, standard: UnitPrice | None = None) -> Costing:
    """Say how an item is valued from now on; what is on stock keeps its value when the method changes.

    :param standard: standard cost of one; a new one values what is on stock anew, and the difference is posted.
    """
    row = costings(uow, [item.id]).get(item.id)
    before = method_of(uow, item.id, {} if row is None else {item.id: row})
    if standard is not None and standard.currency != uow.company.currency:
        message = f"The standard cost of {item.code} is in {standard.currency}: stock is valued in {uow.company.currency}."
        uow.refuse(Finding("inventory.currency", message, item, "standard", "Give it in the currency of the company."))
    if standard is not None and standard.amount < 0:
        message = f"The standard cost of {item.code} can't be {standard}."
        uow.refuse(Finding("inventory.cost_below_zero", message, item, "standard", "Give what one costs, or zero."))
    if row is None:
        row = uow.add(Costing(item_id=item.id, method=method, standard=standard))
    else:
        row.method, row.standard = method, standard or row.standard
    if method is not before:
        _switch(uow, item, before, row)
    if method is Method.STANDARD and (standard is not None or len(_pools(uow, item)) > 1):  # one standard in all places
        _revalue(uow, item, row)
    return row


def _pools(uow: UnitOfWork, item: Item) -> list[Standing]:
    ids = [
        found[0]
        for found in uow.rows(
            sa.select(Pool.c.id).where(Pool.c.item_id == item.id, Pool.c.company_id == uow.company_id, Pool.c.active.is_(True))
        )
    ]
    return list(standings_of(uow, ids).values())


def _switch(uow: UnitOfWork, item: Item, before: Method, row: Costing) -> None:
    """Close the pools of the old method and open one of the new for each place, with what they hold at what it is worth."""
    old = _pools(uow, item)
    quantity, value = sum(pool.quantity for pool in old), sum(pool.value for pool in old)
    if any(pool.quantity < 0 for pool in old) or (row.method is Method.SPECIFIC and any(pool.quantity for pool in old)):
        message = f"{shown(plain(quantity))} of {item.code} are on stock: the method can't change from {before} to {row.method} with that."
        uow.refuse(
            Finding(
                "inventory.method",
                message,
                item,
                "method",
                "Receive what is below zero first; change to specific costs with nothing on stock.",
            )
        )
    if row.method is Method.STANDARD and row.standard is None and quantity:
        token = Money.zero(uow.company.currency).token
        exact = Fraction(value, FINE * quantity) * 10 ** (PLACES - token.exponent)
        row.standard = UnitPrice(Decimal(round_ratio(exact.numerator * 10**18, exact.denominator)).scaleb(-18), token)
    for pool in old:
        pool.row.active, pool.row.code = False, f"{pool.row.code}~{pool.row.id}"
    uow.write([pool.row for pool in old], made_by=BY)
    places: dict[int | None, list[Standing]] = {}
    for pool in old:
        if pool.quantity:
            places.setdefault(pool.row.location_id, []).append(pool)
    flows = [flow for pools in places.values() for flow in _taken_over(uow, item, row, pools)]
    if flows:
        book(uow, flows)


def _taken_over(uow: UnitOfWork, item: Item, row: Costing, old: Sequence[Standing]) -> list[Flow]:
    """What the old pools of a place hold goes into a new one, which follows what it turns out to have cost."""
    first, today = old[0].row, uow.today()
    day = max(today, *(pool.row.last_on for pool in old))  # what was entered for a day to come still counts there
    new = uow.add(
        Pool(
            code=pool_code(uow.company_id, item.id, None, row.method, first.location_id),
            item_id=item.id,
            location_id=first.location_id,
            purpose=first.purpose,
            method=row.method,
            currency=uow.company.currency,
            last_on=day,
        ),
        made_by=BY,
    )
    key = own_key("method")

    def flow(pool: Standing, kind: EntryKind, quantity: int) -> Flow:
        counter = Counterpart(purpose=first.purpose)
        return Flow(
            pool=pool, kind=kind, key=key, on=day, counter=counter, quantity=quantity, posting_date=today, if_closed="next_open",
            stock_purpose=first.purpose, variance=REVALUED,
        )  # fmt: skip

    issues = [flow(pool, EntryKind.ISSUE, pool.quantity) for pool in old]
    receipt = flow(Standing.of(new, standard_of(uow, row)), EntryKind.RECEIPT, sum(pool.quantity for pool in old))
    for issue in issues:
        issue.followed = issue.pool.row.followed = True
    receipt.carried = [Carried(pool=one.pool.row.id, on=day, issue=one, value=0, whole=True) for one in issues]
    return [*issues, receipt]


def _revalue(uow: UnitOfWork, item: Item, row: Costing) -> None:
    """What is on stock is worth the new standard; the difference is posted."""
    flows = []
    for pool in _pools(uow, item):
        assert row.standard is not None
        numerator, denominator = unit_value(row.standard, row.standard.token.exponent)
        difference = round_ratio(pool.quantity * numerator, denominator) - pool.value
        if difference:
            flows.append(
                Flow(
                    pool=pool,
                    kind=EntryKind.REVALUATION,
                    key=own_key("standard"),
                    on=uow.today(),
                    counter=Counterpart(purpose=REVALUED),
                    value=difference,
                    posting_date=uow.today(),
                    if_closed="next_open",
                )
            )
    if flows:
        book(uow, flows)
