"""A return is filed while others post: each line of the tax ledger is in one return or waits for the next, and none is in two."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from bocore import BackOffice, Money, Refused, UnitOfWork, VoucherRecord
from bocore_tax import TaxLine, TaxRegistration, TaxReturn, TaxReturnLine
from bocore_tax.services import amend_return, check, file_return, open_return, prepare_return

MOST = 200
"""Sales after which a till gives up to wait for the return."""


def file_what_there_is(firm: Any, which: Callable[[UnitOfWork], TaxReturn]) -> int:
    """Prepare a return and file it, again and again until nothing came in between; gives how often it took."""

    def file(uow: UnitOfWork) -> None:
        made = which(uow)
        prepare_return(uow, made)
        file_return(uow, made)

    for attempt in range(1, MOST):
        try:
            firm.bo.run(file, actor="carla", retries=20)
        except Refused as refused:
            assert [finding.code for finding in refused.findings] == ["tax.return_outdated"]
        else:
            return attempt
    raise AssertionError("It could not be filed.")


def sell_until(firm: Any, till: int, begun: threading.Barrier, filed: threading.Event) -> list[str]:
    """Sales of the new quarter, and every third of the old one, which goes into the next return once that is closed."""
    keys: list[str] = []
    more = 4
    while more and len(keys) < MOST:
        key = f"{till}:{len(keys)}"
        if len(keys) % 3:
            firm.sell(key, "1.00", date(2026, 4, 10))
        else:
            firm.sell(key, "10.00", date(2026, 3, 20), posting_date=date(2026, 4, 20), if_closed="next_open")
        keys.append(key)
        if len(keys) == 2:
            begun.wait(timeout=60)
        more -= filed.is_set()
    return keys


def test_each_line_is_in_one_return_whatever_is_posted_while_it_is_filed(bo_path: Path, bo_plugins: Any, firm: Any, clock: Any) -> None:
    clock.set("2026-04-20T09:00Z")
    with firm.work() as uow:
        made = open_return(uow, uow.select(TaxRegistration).one()).id
    begun, filed = threading.Barrier(4), threading.Event()

    def opened(work: Callable[[Any], Any]) -> Any:
        with BackOffice(bo_path, plugins=bo_plugins, clock=clock) as own:
            return work(type(firm)(own, clock))

    def declare(own: Any) -> None:
        begun.wait(timeout=60)
        try:
            file_what_there_is(own, lambda uow: uow.get(TaxReturn, made))
        finally:
            filed.set()

    with ThreadPoolExecutor(4) as pool:
        tills = [pool.submit(opened, lambda own, till=till: sell_until(own, till, begun, filed)) for till in range(3)]
        pool.submit(opened, declare).result()
        keys = [key for till in tills for key in till.result()]
    frozen = lines_of(firm, made)
    assert_boxes(firm, made)
    late = lambda uow: amend_return(uow, uow.get(TaxReturn, made))  # noqa: E731 - of the old quarter, and what it has not yet
    assert file_what_there_is(firm, late) == 1
    assert lines_of(firm, made) == frozen
    clock.set("2026-07-20T09:00Z")
    second = firm.declare()
    assert_boxes(firm, second)
    with firm.work(read_only=True) as uow:
        assert list(check(uow)) == []
        returns = [row.id for row in uow.select(TaxReturn, state="filed")]
        found = Counter(key for one in returns for key in lines_of(firm, one))
        assert found == Counter(keys)
        assert uow.select(TaxLine, kind="fact").count() == len(keys)
        records = uow.find_all(VoucherRecord, key=keys)
        own = {row.tax_line_id for row in uow.select(TaxReturnLine, return_id=made)}
        for row in uow.select(TaxLine, kind="fact"):
            old = row.tax_date <= date(2026, 3, 31)
            assert (row.id in own) == (old and not row.late)
            assert row.late == (old and row.declared == date(2026, 4, 1))
        assert len(records) == len(keys)


def test_of_several_who_file_a_return_one_does(bo_path: Path, bo_plugins: Any, firm: Any, clock: Any) -> None:
    firm.sell("s:1", "100.00")
    clock.set("2026-04-20T09:00Z")
    made = firm.declare(file=False)
    together = threading.Barrier(3)

    def file(name: str) -> list[str]:
        with BackOffice(bo_path, plugins=bo_plugins, clock=clock) as own:
            together.wait(timeout=60)
            try:
                own.run(lambda uow: file_return(uow, uow.get(TaxReturn, made)).id, actor=name, retries=20)
            except Refused as refused:
                return [finding.code for finding in refused.findings]
            return []

    with ThreadPoolExecutor(3) as pool:
        told = list(pool.map(file, ["ann", "bob", "carla"]))
    assert sorted(told) == [[], ["bo.illegal_move"], ["bo.illegal_move"]]
    assert firm.balances() == {"1100": "120.00", "2200": "-20.00", "4000": "-100.00"}
    assert lines_of(firm, made) == ["s:1"]


def lines_of(firm: Any, tax_return: int) -> list[str]:
    """The vouchers of a return's lines, each once for each line of the tax ledger."""
    with firm.work(read_only=True) as uow:
        rows = uow.get_all(TaxLine, {row.tax_line_id for row in uow.select(TaxReturnLine, return_id=tax_return)})
        keys = uow.get_all(VoucherRecord, {row.voucher_id for row in rows.values()})
        return sorted(keys[row.voucher_id].key for row in rows.values())


def assert_boxes(firm: Any, tax_return: int) -> None:
    """Each box is what its frozen lines come to."""
    with firm.work(read_only=True) as uow:
        sums: dict[str, Decimal] = {}
        for row in uow.select(TaxReturnLine, return_id=tax_return):
            sums[row.box] = sums.get(row.box, Decimal(0)) + row.amount.amount
    boxes = {box: Decimal(amount) for box, amount in firm.boxes(tax_return).items()}
    assert boxes == {"4": 0, "7": 0, **sums, "5": sums["1"]}
    assert Money(sums["1"], "EUR") * 5 == Money(sums["6"], "EUR")
