"""An office that sends invoices, of which large ones are approved, and what an auditor asks of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from types import ModuleType
from typing import Any

from click.testing import CliRunner, Result

from bocore import (
    ApprovalNeeded,
    Entity,
    Money,
    Paid,
    Plugin,
    Sample,
    Source,
    TraceStep,
    Trail,
    UnitOfWork,
    attach,
    draw_sample,
    entity,
    hookimpl,
    money,
    numbered,
    service,
    trace,
)
from bocore.cli import bo as root
from bocore.cli.invocation import Invocation
from flows.office import BOOKS, Office, line, voucher

SIGN = "desk.sign"
hooks = ModuleType("desk_hooks")


@entity("desk_invoice", company=True, read="bo.read", write=SIGN)
class Invoice(Entity):
    """What a customer was sent."""

    on: date
    checked: bool = False
    total: Money = money(gt=0)
    sent: bool = False
    number: str = numbered("desk.invoice", "R{year}-{n:04}", per=("company", "year"), on="on")


@service(SIGN, approval=True)
def send(uow: UnitOfWork, invoice: Invoice) -> str:
    """Send an invoice, and post it."""
    invoice.sent = True
    lines = [line("receivable", f"{invoice.total.amount}", opens=f"inv:{invoice.id}"), line("sales", f"-{invoice.total.amount}")]
    source = Source(invoice, event="sent", label="Invoice {number}")
    (receipt,) = uow.post(voucher(f"desk.invoice:{invoice.id}", invoice.on, *lines, source=source, text="{label}"))
    return receipt.key


@service(SIGN, approval=True)
def release(uow: UnitOfWork, invoice: Invoice) -> None:
    """Let an invoice be sent, some day."""
    invoice.checked = True


@hookimpl
def bo_approvers(record: Invoice | None, service: str) -> list[str] | None:
    if service == "desk.release":
        return ["bob"]
    return ["max"] if service == "desk.send" and record is not None and record.total > Money("1000.00", "EUR") else None


hooks.bo_approvers = bo_approvers  # type: ignore[attr-defined]
DESK = Plugin(prefix="desk", entities=Invoice, services=[send, release], hooks=[hooks], permissions={SIGN: "Send invoices"})


class Desk:
    """An office that sends invoices, and its command line."""

    def __init__(self, office: Office) -> None:
        self.office, self.bo = office, office.bo

    def invoice(self, total: str, on: date = date(2026, 1, 5), *, paper: bytes = b"") -> int:
        """An invoice, sent by Zoe; what is above 1000 Max must approve."""
        with self.office.work("zoe", correlation="fair") as uow:
            row = uow.add(Invoice(on=on, total=Money(total, "EUR")))
            if paper:
                attach(uow, row, paper, file_name="invoice.txt")
        try:
            self.bo.run("desk.send", row.id, actor="zoe", reason="Sent")
        except ApprovalNeeded as needed:
            self.bo.approvals.approve(int(needed.findings[0].params["approval"]), actor="max", reason="Looked at")
        return row.id

    def trail(self, key: str, actor: str = "auditor", company: str | None = None) -> Trail:
        with self.bo.unit_of_work(actor=actor, company=company, read_only=True) as uow:
            return trace(uow, key)

    def sample(self, actor: str = "auditor", company: str | None = None, **asked: Any) -> Sample:
        with self.bo.unit_of_work(actor=actor, company=company, read_only=True) as uow:
            return draw_sample(uow, **{"seed": 1, "size": 5, **asked})

    def __call__(self, *words: str, user: str = "auditor") -> Result:
        return CliRunner().invoke(root, ["--db", str(self.office.path), *words], obj=Invocation(plugins=[BOOKS, DESK], user=user))


def opened(open_office: Callable[..., Office]) -> Desk:
    """With one invoice that was approved and paid, one that was taken back, three small ones, and an entry by hand."""
    desk = Desk(open_office(DESK))
    office = desk.office
    first = desk.invoice("1200.00", paper=b"twelve hundred")
    office.pay("bank.receipt:1", "2026-01-20", Paid(f"inv:{first}"))
    second = desk.invoice("50.00", date(2026, 1, 6))
    office.reverse(f"desk.invoice:{second}", "Sent twice", date(2026, 2, 1), actor="zoe")
    for number, total in enumerate(("10.00", "20.00", "30.00"), 1):
        desk.invoice(total, date(2026, 2, number))
    office.do("accounting.enter", date(2026, 1, 13), "Telephone", "6800", "1010", Decimal("33.00"), reference="T-1")
    return desk


def steps(trail: Trail, word: str) -> list[TraceStep]:
    return [step for step in trail.all() if step.step == word]


def lines_of(desk: Desk) -> list[int]:
    """The ids of the lines of the first invoice's entry."""
    return [step.id or 0 for step in steps(desk.trail("desk.invoice:1"), "line")]


def one(trail: Trail, word: str) -> TraceStep:
    (found,) = steps(trail, word)
    return found
