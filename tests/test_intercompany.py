"""Intercompany: one event is two vouchers in two companies, each in its own books, tied together by one correlation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bocore import BackOffice, Company, Line, Money, PostingConflict, Refused, UnitOfWork, Voucher, VoucherRecord, lock_period, posted_from
from bocore.record.verify import verify
from bocore.testing import FrozenClock, posted

JANUARY = date(2026, 1, 31)


@pytest.fixture
def bo(tmp_path: Path, clock: FrozenClock) -> Iterator[BackOffice]:
    with BackOffice(tmp_path / "books.db", plugins=[], clock=clock) as office:
        office.init(company="Acme Ltd", currency="EUR")
        with office.unit_of_work(actor="ann") as uow:
            uow.add(Company(code="BETA", name="Beta Inc", currency="EUR"))
        yield office


def companies(uow: UnitOfWork) -> tuple[Company, Company]:
    return uow.select(Company, code="ACME").one(), uow.select(Company, code="BETA").one()


def fee(uow: UnitOfWork, on: date = date(2026, 1, 20), amount: str = "500.00", **more: Any) -> tuple[Voucher, Voucher]:
    """Acme charges Beta for the use of its warehouse: income there, expense here."""
    acme, beta = companies(uow)
    money = Money(amount, "EUR")
    ours = [Line("ic.receivable", money, partner=beta, dims={}), Line("income", -money, partner=beta)]
    theirs = [Line("expense", money, partner=acme), Line("ic.payable", -money, partner=acme)]
    return (
        Voucher("ic.fee:7:ACME", "ic.fee", ours, company=acme, posting_date=on),
        Voucher("ic.fee:7:BETA", "ic.fee", theirs, company=beta, posting_date=on, **more),
    )


def correlations(bo: BackOffice) -> dict[str, str | None]:
    """Key of each voucher → correlation of the commit that posted it."""
    found = {}
    commits = {commit.unit: commit.correlation for commit in bo.feed("audit")}
    with bo.unit_of_work(actor="auditor", read_only=True) as uow:
        for record in uow.select(VoucherRecord):
            found[record.key] = commits[record.unit_id]
    return found


def test_one_event_is_two_vouchers_in_one_commit(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann", correlation="ic.fee:7") as uow:
        uow.post(*fee(uow))
    assert correlations(bo) == {"ic.fee:7:ACME": "ic.fee:7", "ic.fee:7:BETA": "ic.fee:7"}
    first, second = posted(bo)
    assert first.unit_id == second.unit_id
    assert first.company_id != second.company_id
    partners = [{line.partner for line in posted_from(record).voucher.lines} for record in (first, second)]
    assert partners == [{second.company_id}, {first.company_id}]
    assert verify(bo).ok


def test_where_the_other_is_closed_neither_is_posted_or_its_own_moves(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="carla", company="BETA") as uow:
        lock_period(uow, "ledger", JANUARY)
    with pytest.raises(Refused, match="BETA is locked through 2026-01-31"), bo.unit_of_work(actor="ann") as uow:
        uow.post(*fee(uow))
    assert posted(bo) == []
    with bo.unit_of_work(actor="ann") as uow:
        receipts = uow.post(*fee(uow, if_closed="next_open"))
    assert [(receipt.posting_date, receipt.moved) for receipt in receipts] == [(date(2026, 1, 20), False), (date(2026, 2, 1), True)]


def test_or_the_other_company_posts_its_own_later_from_the_feed(bo: BackOffice) -> None:
    """Beta decides for itself when its side counts; the correlation ties both together, and the key posts it once."""
    with bo.unit_of_work(actor="ann", company="ACME", correlation="ic.fee:7") as uow:
        uow.post(fee(uow)[0])

    def answer(uow: UnitOfWork, unit: int) -> None:
        acme, beta = companies(uow)
        for record in uow.select(VoucherRecord, unit_id=unit, kind="ic.fee", company_id=acme.id).all():
            lines = [line for line in posted_from(record).voucher.lines if line.partner == beta.id and line.purpose == "ic.receivable"]
            for line in lines:
                mine = [Line("expense", line.amount, partner=acme), Line("ic.payable", -line.amount, partner=acme)]
                key = record.key.replace(":ACME", ":BETA")
                uow.post(Voucher(key, record.kind, mine, company=beta, posting_date=record.posting_date, if_closed="next_open"))

    for consumer in ("beta", "beta again"):
        for commit in bo.feed(consumer):
            if commit.correlation is not None and commit.actor != "beta":  # it does not answer itself
                bo.run(answer, commit.unit, actor="beta", correlation=commit.correlation)
    assert correlations(bo) == {"ic.fee:7:ACME": "ic.fee:7", "ic.fee:7:BETA": "ic.fee:7"}
    assert len({record.unit_id for record in posted(bo)}) == 2


def test_partner_and_dimensions_come_back_in_a_reversal(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann", company="ACME") as uow:
        uow.post(*fee(uow))
        for side in ("ACME", "BETA"):
            uow.reverse(f"ic.fee:7:{side}", "Charged twice", date(2026, 1, 21))
    records = {record.key: posted_from(record).voucher for record in posted(bo)}
    for side in ("ACME", "BETA"):
        first, mirror = records[f"ic.fee:7:{side}"], records[f"ic.fee:7:{side}:reversal"]
        assert [(line.partner, line.amount) for line in mirror.lines] == [(line.partner, -line.amount) for line in first.lines]
        assert mirror.company == first.company


def test_who_is_no_partner(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann", company="ACME") as uow:
        acme, beta = companies(uow)
        ids = acme.id, beta.id

    def lines(partner: int) -> list[Line]:
        return [Line("ic.receivable", Money("5.00", "EUR"), partner=partner), Line("income", Money("-5.00", "EUR"))]

    with pytest.raises(Refused) as refusal, bo.unit_of_work(actor="ann", company="ACME") as uow:
        uow.post(Voucher("a", "ic.fee", lines(ids[0])), Voucher("b", "ic.fee", lines(99)), Voucher("c", "ic.fee", lines(ids[1])))
    assert [(finding.code, finding.at, finding.field) for finding in refusal.value.findings] == [
        ("bo.partner", "voucher a line 1", "partner"),
        ("bo.partner", "voucher b line 1", "partner"),
    ]
    assert "there are: BETA" in refusal.value.findings[0].fix
    assert posted(bo) == []


def test_the_same_side_twice_is_posted_once_and_otherwise_is_a_conflict(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.post(*fee(uow))
    with bo.unit_of_work(actor="ann") as uow:
        assert [receipt.repeated for receipt in uow.post(*fee(uow))] == [True, True]
    with pytest.raises(PostingConflict), bo.unit_of_work(actor="ann") as uow:
        uow.post(fee(uow, amount="501.00")[1])
