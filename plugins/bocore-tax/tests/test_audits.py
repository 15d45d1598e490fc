"""An auditor's trail goes from a voucher to what it means for tax, and to the return in which that was declared."""

from __future__ import annotations

from typing import Any

from bocore import Grant, TraceStep, User, trace


def steps(firm: Any, key: str, actor: str = "ann") -> list[TraceStep]:
    with firm.bo.unit_of_work(actor=actor, read_only=True) as uow:
        return list(trace(uow, key).all())


def test_a_sale_leads_to_its_tax_and_the_return(firm: Any) -> None:
    firm.sell("sale:1", "100.00")
    (tax,) = [step for step in steps(firm, "sale:1") if step.step == "tax"]
    assert (tax.name, str(tax.amount), tax.parts) == ("XA-STD", "-20.00 EUR", ())
    assert tax.text == "output, 20 %, on -100.00 EUR, declared 2026-01-10"
    firm.clock.set("2026-04-20T09:00Z")
    firm.declare()
    (declared,) = [step for step in steps(firm, "sale:1") if step.step == "return"]
    assert (declared.name, declared.entity, "filed" in declared.text) == ("XA-2026-03-31", "tax_return", True)
    cleared = steps(firm, declared.key)
    assert [step.step for step in cleared][:2] == ["voucher", "commit"]


def test_who_may_not_see_the_tax_ledger_is_told_so(firm: Any) -> None:
    firm.sell("sale:1", "100.00")
    with firm.work() as uow:
        uow.add(User(name="ann", owner=True))
        uow.add(Grant(user_id=uow.add(User(name="olga")).id, role="accounting.auditor"))
    told = [step for step in steps(firm, "sale:1", "olga") if step.step == "tax"]
    assert [(step.row, step.amount, step.text) for step in told] == [(None, None, "not shown: it takes the permission tax.read")]
