"""The auditor's sample: from a figure of the trial balance to the paper, the person and the proof."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from bocore import Entity, Paid, Party, Plugin, Source, VoucherRecord, attach, attachments, entity, numbered, read_attachment
from bocore.record.verify import verify
from bocore.testing import behind
from bocore_accounting import Account, Entry
from bocore_accounting import Line as Posting
from flows.office import Office, line, voucher


@entity("desk_invoice", company=True)
class Invoice(Entity):
    """What a customer was sent."""

    on: date
    number: str = numbered("desk.invoice", "R{year}-{n:04}", per=("company", "year"), on="on")


DESK = Plugin(prefix="desk", entities=Invoice)


@pytest.fixture
def audited(open_office: Callable[..., Office]) -> Office:
    """Twelve invoices with their paper, of which half are paid, one is taken back, and one was entered by hand."""
    office = open_office(DESK)
    with office.work() as uow:
        mill = uow.add(Party(name="Mill & Sons")).id
    for number in range(1, 13):
        on = date(2026, 1, number)
        with office.work("zoe", correlation=f"order:{number}", reason="Invoiced") as uow:
            row = uow.add(Invoice(on=on))
            attach(uow, row, f"invoice {number}".encode(), file_name=f"invoice-{number}.txt")
            lines = [line("receivable", f"{100 + number}.00", opens=f"inv:{number}", party=mill), line("sales", f"-{100 + number}.00")]
            source = Source(row, event="invoiced", label="Invoice {number}")
            uow.post(voucher(f"desk.invoice:{row.id}", on, *lines, source=source, text="{label}"))
        if number % 2:
            office.pay(f"bank.receipt:{number}", on, Paid(f"inv:{number}"), correlation=f"order:{number}")
    office.reverse("desk.invoice:2", "Sent twice", actor="zoe")
    office.do("accounting.enter", date(2026, 1, 13), "Telephone", "6800", "1010", Decimal("33.00"), reference="T-1")
    return office


def test_the_population_is_complete_it_ties_to_the_trial_balance(audited: Office) -> None:
    balances = {row.account: row.balance for row in audited.report("trial-balance")}
    ledger: dict[str, Decimal] = {}
    for row in audited.report("general-ledger"):
        ledger[row.account] = row.balance
    assert {account: amount for account, amount in ledger.items() if amount} == balances
    with audited.work("auditor", read_only=True) as uow:
        codes = {account.id: account.code for account in uow.select(Account)}
        sums: dict[str, Decimal] = {}
        for posting in uow.select(Posting):
            code = codes[posting.account_id]
            sums[code] = sums.get(code, Decimal(0)) + posting.amount.amount
    assert {account: amount for account, amount in sums.items() if amount} == balances


def test_a_figure_of_the_trial_balance_leads_to_the_paper_and_the_person(audited: Office) -> None:
    balance = audited.bo.report("trial-balance", actor="auditor")
    (sales,) = [row for row in balance.rows if row.account == "4000"]
    ledger = audited.bo.report("general-ledger", actor="auditor", account=sales.account)
    drawn = random.Random(2026).choice([row for row in ledger.rows if row.entry])
    trail = ledger.drill(drawn, "entry").rows
    steps = {row.step: row for row in trail}
    assert list(steps)[:3] == ["voucher", "source", "commit"]
    assert steps["source"].name.startswith("Invoice R2026-")
    assert steps["entry"].name == drawn.entry
    assert steps["commit"].text.startswith("zoe at 2026-01-15")
    assert "Invoiced" in steps["commit"].text
    assert "correlation order:" in steps["commit"].text
    with audited.work("auditor", read_only=True) as uow:
        record = uow.find(VoucherRecord, key=steps["voucher"].name)
        assert record is not None
        row = uow.get(Invoice, record.source_id or 0)
        (paper,) = attachments(uow, [row])[row.id]
        assert read_attachment(uow, paper) == f"invoice {row.on.day}".encode()
        assert f"Invoice {row.number}" == steps["source"].name


def test_the_trail_walks_on_to_what_paid_and_what_took_back(audited: Office) -> None:
    paid = [(row.step, row.name) for row in audited.report("trace", of="desk.invoice:1")]
    assert ("settled by", "bank.receipt:1") in paid
    back = [(row.step, row.name) for row in audited.report("trace", of="desk.invoice:2")]
    assert ("reversed by", "desk.invoice:2:reversal") in back
    with audited.work("auditor", read_only=True) as uow:
        records = uow.select(VoucherRecord, unit_id=uow.units_of("order:1")).order_by(VoucherRecord.c.id)
        assert [record.key for record in records] == ["desk.invoice:1", "bank.receipt:1"]


def test_an_entry_by_hand_is_told_from_those_of_vouchers(audited: Office) -> None:
    with audited.work("auditor", read_only=True) as uow:
        (entry,) = uow.select(Entry, voucher_id=None)
    assert [row.step for row in audited.report("trace", of=entry.number)] == ["entry", "commit", "line", "line"]


def test_a_line_that_was_changed_behind_its_back_is_named(audited: Office) -> None:
    assert verify(audited.bo).ok
    with behind(audited.path) as past:
        past.execute("UPDATE accounting_line SET amount = amount + 1 WHERE id = (SELECT min(id) FROM accounting_line)")
    verification = verify(audited.bo)
    assert [finding.at for finding in verification.findings] == ["accounting_line 1"]
    with behind(audited.path) as past:
        past.execute("UPDATE accounting_line SET amount = amount - 1 WHERE id = (SELECT min(id) FROM accounting_line)")
