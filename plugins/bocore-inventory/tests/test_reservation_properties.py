"""Whatever is received, reserved, released and shipped: what is there and what is promised are as a plain model has them."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store import DAY
from trade import eur, movement

from bocore import BackOffice, Refused
from bocore_catalog import Item
from bocore_inventory import OnHand, stock
from bocore_inventory.promises import release
from bocore_inventory.reservations import Reservation
from bocore_inventory.reserving import Demand, reserve

numbers = st.integers(min_value=1, max_value=9)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("receive"), numbers),
        st.tuples(st.just("ship"), numbers),
        st.tuples(st.just("reserve"), numbers),
        st.tuples(st.just("partly"), numbers),
        st.tuples(st.just("release"), st.integers(0, 9)),
        st.tuples(st.just("take"), st.tuples(st.integers(0, 9), numbers)),
    ),
    min_size=4,
    max_size=14,
)


class Model:
    """A pile of nails, and slips of paper on it."""

    def __init__(self) -> None:
        self.there = 0
        self.promised: dict[str, int] = {}

    @property
    def free(self) -> int:
        return self.there - sum(self.promised.values())


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_what_is_there_and_what_is_promised_are_as_a_plain_model_has_them(bo: BackOffice, played: list[tuple[str, object]]) -> None:
    model = Model()
    with bo.unit_of_work(actor="ann") as uow:
        number = uow.add(Item(code=f"ITEM-{uow.unit}", name="Item", tax_class="standard"))
    nail = number.id
    for count, (what, given_) in enumerate(played):
        key, before = f"{nail}.{count}", (model.there, dict(model.promised))
        try:
            with bo.unit_of_work(actor="ann") as uow:
                if what in ("receive", "ship"):
                    quantity = int(str(given_)) * (1 if what == "receive" else -1)
                    model.there += quantity
                    stock(uow, [movement(nail, quantity, DAY, key, cost=eur("1.00") if quantity > 0 else None)])
                elif what in ("reserve", "partly"):
                    asked = int(str(given_))
                    (answer,) = reserve(uow, [Demand(key=key, item=nail, quantity=Decimal(asked), partial=what == "partly")])
                    expected = asked if asked <= model.free else model.free if what == "partly" else 0
                    assert answer.quantity == expected
                    if expected:
                        model.promised[key] = expected
                elif model.promised:
                    at, quantity = (given_, 0) if what == "release" else given_  # type: ignore[misc]
                    chosen = sorted(model.promised)[int(str(at)) % len(model.promised)]
                    if what == "release":
                        model.promised.pop(chosen)
                        release(uow, uow.select(Reservation, key=chosen).one())
                    else:
                        model.there -= int(str(quantity))
                        model.promised[chosen] -= int(str(quantity))
                        stock(uow, [movement(nail, -int(str(quantity)), DAY, key, reservation=chosen)])
        except Refused:
            refused_rightly = model.free < 0 or any(left < 0 for left in model.promised.values())
            assert refused_rightly
            model.there, model.promised = before
        model.promised = {key: left for key, left in model.promised.items() if left}
        with bo.unit_of_work(actor="ann", read_only=True) as uow:
            rows = uow.select(OnHand, item_id=nail).all()
            assert sum(row.quantity for row in rows) == model.there
            assert sum(row.reserved for row in rows) == sum(model.promised.values())
            still = uow.select(Reservation, item_id=nail, state="open").all()
            assert {row.key: int(row.left) for row in still} == model.promised
            assert model.free >= 0
