"""Rows that are right only as one function makes them, and changes that are written before the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bocore import (
    BackOffice,
    ItemBalance,
    Line,
    Money,
    Party,
    Refused,
    UsageError,
    Voucher,
    VoucherRecord,
    check_items,
)


@pytest.fixture
def owed(tmp_path: Path) -> Iterator[BackOffice]:
    with BackOffice(tmp_path / "owed.db", plugins=[]) as office:
        office.init(company="Acme Ltd", currency="EUR")
        with office.unit_of_work(actor="ann") as uow:
            lines = [Line("receivable", Money("5.00", "EUR"), opens="inv:1"), Line("sales", Money("-5.00", "EUR"))]
            uow.post(Voucher("sale:1", "shop.sale", lines))
        yield office


def test_a_voucher_that_no_ledger_would_hear_of_is_refused(owed: BackOffice) -> None:
    with owed.unit_of_work(actor="ann", read_only=True) as uow:
        known = uow.find(VoucherRecord, key="sale:1")
        assert known is not None
        copied = {"kind": known.kind, "document_date": known.document_date, "posting_date": known.posting_date, "body": known.body}
    with (
        pytest.raises(UsageError, match=r"Rows of VoucherRecord are made and kept by uow\.post alone"),
        owed.unit_of_work(actor="ann") as uow,
    ):
        uow.add(VoucherRecord(key="sale:2", request="0", **copied))
    with owed.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.select(VoucherRecord).count() == 1


def test_what_is_kept_as_open_changes_by_posting_alone(owed: BackOffice) -> None:
    with (
        pytest.raises(Refused, match="Rows of ItemBalance are made and kept by") as refused,
        owed.unit_of_work(actor="ann") as uow,
    ):
        uow.select(ItemBalance).one().remaining = 0
    assert [finding.code for finding in refused.value.findings] == ["bo.made_by"]
    with pytest.raises(UsageError, match="made and kept"), owed.unit_of_work(actor="ann") as uow:
        uow.remove(uow.select(ItemBalance).one())
    with pytest.raises(UsageError, match="made and kept"), owed.unit_of_work(actor="ann") as uow:
        balance = uow.select(ItemBalance).one()
        balance.remaining = 0
        uow.write([balance])
    with owed.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.select(ItemBalance).one().remaining == 500
        assert list(check_items(uow)) == []


def test_what_no_function_makes_takes_no_maker(owed: BackOffice) -> None:
    with pytest.raises(UsageError, match="Party names no function that makes its rows"), owed.unit_of_work(actor="ann") as uow:
        uow.add(Party(name="Ann"), made_by="uow.post")


def test_changes_that_are_written_at_once_are_seen_by_selects(owed: BackOffice) -> None:
    with owed.unit_of_work(actor="ann") as uow:
        ident = uow.add(Party(name="Ann", code="A")).id
    with owed.unit_of_work(actor="ann") as uow:
        party = uow.get(Party, ident)
        party.code = "B"
        assert uow.select(Party, code="B").all() == []
        uow.write([party])
        assert uow.select(Party, code="B").all() == [party]
    with pytest.raises(Refused, match="name is empty"), owed.unit_of_work(actor="ann") as uow:
        party = uow.get(Party, ident)
        party.name = ""
        uow.write([party])
    with owed.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.get(Party, ident).name == "Ann"
