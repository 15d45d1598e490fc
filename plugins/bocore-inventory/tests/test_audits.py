"""An auditor's trail goes from the books to the goods that moved, and back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from store import place
from trade import eur

from bocore import BackOffice, Grant, TraceStep, User, VoucherRecord, trace
from bocore_inventory import Move, audits
from bocore_inventory.places import locations
from bocore_inventory.transferring import TransferRow, draft_transfer, ship_transfer
from bocore_inventory.transfers import Transfer


def steps(bo: BackOffice, key: str, actor: str = "ann") -> list[TraceStep]:
    with bo.unit_of_work(actor=actor, read_only=True) as uow:
        return list(trace(uow, key).all())


def receive_and_ship(bo: BackOffice) -> str:
    """Ten nails come, three go; returns the key of the voucher of what these three had cost."""
    bo.run("inventory.receive", "NAIL", Decimal(10), actor="ann", cost=eur("20.00"), key="r")
    bo.run("inventory.ship", "NAIL", Decimal(3), actor="ann", key="s")
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        return uow.select(VoucherRecord).order_by(VoucherRecord.c.id.desc()).all()[0].key


def test_a_voucher_leads_to_the_stock_and_the_move_behind_it(bo: BackOffice, nail: int) -> None:
    found = {step.step: step for step in steps(bo, receive_and_ship(bo))}
    assert (found["stock"].name, str(found["stock"].amount), found["stock"].text) == ("issue", "-6.00 EUR", "quantity 3")
    (move,) = found["stock"].parts
    assert (move.step, move.text) == ("move", "3 NAIL from STOCK to CUSTOMERS")
    assert found["entry"].entity == "accounting_entry"


def test_a_move_leads_to_its_voucher(bo: BackOffice, nail: int) -> None:
    key = receive_and_ship(bo)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        (move,) = uow.select(Move, quantity=Decimal(3))
    top, *below = steps(bo, f"inventory_move {move.id}")
    assert (top.step, top.row and top.row.id) == ("move", move.id)
    assert [step.key for step in below if step.step == "stock"] == [key]


def test_the_moves_of_a_document_are_told_with_it(bo: BackOffice, nail: int, monkeypatch: pytest.MonkeyPatch) -> None:
    bo.run("inventory.receive", "NAIL", Decimal(5), actor="ann", cost=eur("10.00"), key="r")
    with bo.unit_of_work(actor="ann") as uow:
        place(uow, "SHOP")
    with bo.unit_of_work(actor="ann") as uow:
        found = locations(uow, ["STOCK", "SHOP"])
        draft_transfer(uow, found["STOCK"], found["SHOP"], [TransferRow(item="NAIL", quantity=Decimal(2))])
    with bo.unit_of_work(actor="ann") as uow:
        ship_transfer(uow, uow.select(Transfer).one())
    moves = [step for step in steps(bo, "TR2026-00001") if step.step == "move"]
    assert [move.text.partition(",")[0] for move in moves] == ["2 NAIL from STOCK to TRANSIT"]
    assert not [step for step in steps(bo, "TR2026-00001") if step.step == "more"]
    monkeypatch.setattr(audits, "MOST", 0)
    assert [step.name for step in steps(bo, "TR2026-00001") if step.step in ("move", "more")] == ["1 more moves"]


def test_who_may_not_see_what_stock_is_worth_is_told_so(bo: BackOffice, nail: int) -> None:
    key = receive_and_ship(bo)
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(User(name="ann", owner=True))
        olga = uow.add(User(name="olga")).id
        uow.add(Grant(user_id=olga, role="accounting.auditor"))
    told = [step for step in steps(bo, key, "olga") if step.step == "stock"]
    assert [(step.row, step.amount, step.text) for step in told] == [(None, None, "not shown: it takes the permission inventory.value")]
