"""Closed periods: areas that are locked by themselves, who may still post, and what becomes of what comes late."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from bocore import (
    BackOffice,
    Company,
    Entity,
    Finding,
    LatePosting,
    Line,
    LockException,
    Money,
    PeriodLock,
    Plugin,
    Posted,
    Refused,
    Severity,
    TaxFact,
    UnitOfWork,
    Voucher,
    VoucherRecord,
    entity,
    first_open_day,
    grant_exception,
    hookimpl,
    lock_period,
    locked_through,
    note_late,
    open_day,
    posted_from,
    unlock_period,
    withdraw_exception,
)
from bocore.cli.root import bo as program
from bocore.kernel.body import passed_as, request_of
from bocore.record.verify import verify
from bocore.testing import FrozenClock, posted

DECEMBER, JANUARY, MARCH = date(2025, 12, 31), date(2026, 1, 31), date(2026, 3, 31)
WHY = "Audit of 2025"


@entity("shed_move", company=True)
class Move(Entity):
    """What came into the shed."""

    day: date


class Shed(ModuleType):
    """A plugin that keeps stock, and a ledger that remembers what it was handed."""

    plugin = Plugin(prefix="shed", entities=[Move])

    def __init__(self) -> None:
        super().__init__("shed")
        self.seen: list[Posted] = []
        self.asked: list[tuple[str, str, date]] = []
        self.unfinished: list[Finding] = []

        @hookimpl
        def bo_posted(vouchers: Iterable[Posted]) -> None:
            self.seen += vouchers

        @hookimpl
        def bo_close_check(company: Company, area: str, through: date) -> list[Finding]:
            self.asked.append((company.code, area, through))
            return self.unfinished

        self.bo_posted, self.bo_close_check = bo_posted, bo_close_check


@pytest.fixture
def shed() -> Shed:
    return Shed()


@pytest.fixture
def bo(tmp_path: Path, clock: FrozenClock, shed: Shed) -> Iterator[BackOffice]:
    with BackOffice(tmp_path / "books.db", plugins=[shed], clock=clock) as office:
        yield office.init(company="Acme Ltd", currency="EUR")


def eur(text: str) -> Money:
    return Money(text, "EUR")


def rent(key: str = "rent:1", on: date = JANUARY, **more: Any) -> Voucher:
    return Voucher(key, "rent", [Line("expense", eur("900.00")), Line("bank", eur("-900.00"))], posting_date=on, **more)


def bill(key: str = "bill:1", **more: Any) -> Voucher:
    """A supplier's bill of 120.00 with 20.00 input tax, declared in the United Kingdom."""
    fact = TaxFact("GB20", eur("100.00"), eur("20.00"), Decimal(20), "input", registration="GB")
    lines = [Line("expense", eur("100.00")), Line("tax.input", eur("20.00"), tax=fact), Line("payable", eur("-120.00"))]
    return Voucher(key, "bill", lines, **more)


def lock(bo: BackOffice, area: str, through: date, **more: Any) -> UnitOfWork:
    with bo.unit_of_work(actor="carla") as uow:
        lock_period(uow, area, through, **more)
    return uow


def unlock(bo: BackOffice, area: str, reason: str | None = WHY, **more: Any) -> None:
    with bo.unit_of_work(actor="carla", reason=reason) as uow:
        unlock_period(uow, area, **more)


def allow(bo: BackOffice, person: str = "ann", area: str = "ledger", *, reason: str | None = WHY, **more: Any) -> int:
    with bo.unit_of_work(actor="carla", reason=reason) as uow:
        days: dict[str, Any] = {"since": DECEMBER, "through": JANUARY, "expires": date(2026, 2, 10), **more}
        made = grant_exception(uow, area, person, **days)
    return made.id


def post(bo: BackOffice, *vouchers: Voucher, actor: str = "ann") -> UnitOfWork:
    with bo.unit_of_work(actor=actor) as uow:
        uow.post(*vouchers)
    return uow


def refused(act: Any, *args: Any, **more: Any) -> list[str]:
    with pytest.raises(Refused) as refusal:
        act(*args, **more)
    return [finding.code for finding in refusal.value.findings]


def report(bo: BackOffice, name: str, **options: Any) -> list[Any]:
    return list(bo.report(name, actor="auditor", **options).rows)


def sound(bo: BackOffice) -> bool:
    return verify(bo).ok


# ---------------------------------------------------------------- locking and unlocking


def test_areas_are_closed_independently_of_each_other(bo: BackOffice) -> None:
    lock(bo, "stock", MARCH)
    lock(bo, "tax:GB", JANUARY)
    with bo.unit_of_work(actor="ann") as uow:
        me = uow.company.id
        assert [locked_through(uow, me, area) for area in ("ledger", "stock", "payroll", "tax:GB", "tax:AT")] == [
            None, MARCH, None, JANUARY, None,
        ]  # fmt: skip
        assert first_open_day(uow, me, JANUARY, "stock") == date(2026, 4, 1)
        uow.post(rent())
    assert [(row.area, row.through, row.for_good) for row in report(bo, "locks")] == [("stock", MARCH, None), ("tax:GB", JANUARY, None)]


@pytest.mark.parametrize("area", ["legder", "", "tax:", "tax: ", "ledger ", "stocks"])
def test_there_are_no_other_areas(bo: BackOffice, area: str) -> None:
    assert refused(lock, bo, area, MARCH) == ["bo.area"]
    assert refused(unlock, bo, area) == ["bo.area"]
    assert refused(allow, bo, area=area) == ["bo.area"]
    with pytest.raises(Refused) as refusal, bo.unit_of_work(actor="ann") as uow:
        uow.add(PeriodLock(company_id=uow.company.id, area=area, through=MARCH))
    assert "tax:REGISTRATION" in refusal.value.findings[-1].fix or area == ""


def test_a_lock_goes_forward_and_goes_back_only_with_a_reason(bo: BackOffice) -> None:
    lock(bo, "ledger", JANUARY)
    lock(bo, "ledger", JANUARY)
    lock(bo, "ledger", MARCH)
    assert refused(lock, bo, "ledger", JANUARY) == ["bo.locked_already"]
    assert refused(unlock, bo, "ledger", None, through=JANUARY) == ["bo.lock_reason"]
    assert refused(unlock, bo, "ledger", " ", through=JANUARY) == ["bo.lock_reason"]
    assert refused(post, bo, rent(on=date(2026, 2, 1))) == ["bo.period_locked"]
    unlock(bo, "ledger", through=JANUARY)
    post(bo, rent(on=date(2026, 2, 1)))
    assert refused(unlock, bo, "ledger", through=MARCH) == ["bo.not_locked"]
    unlock(bo, "ledger")
    post(bo, rent("rent:0", date(2020, 1, 1)))
    assert refused(unlock, bo, "ledger") == ["bo.not_locked"]
    assert report(bo, "locks") == []
    assert sound(bo)


def test_what_is_closed_for_good_stays_closed_and_later_months_may_be_closed_softly(bo: BackOffice) -> None:
    lock(bo, "ledger", DECEMBER, hard=True)
    lock(bo, "ledger", MARCH)
    assert [(row.through, row.for_good) for row in report(bo, "locks")] == [(MARCH, DECEMBER)]
    assert refused(unlock, bo, "ledger", through=date(2025, 11, 30)) == ["bo.hard_lock"]
    unlock(bo, "ledger")
    assert [(row.through, row.for_good) for row in report(bo, "locks")] == [(DECEMBER, DECEMBER)]
    lock(bo, "ledger", MARCH)
    lock(bo, "ledger", JANUARY, hard=True)
    assert [(row.through, row.for_good) for row in report(bo, "locks")] == [(MARCH, JANUARY)]
    lock(bo, "ledger", date(2025, 6, 30), hard=True)
    assert [(row.through, row.for_good) for row in report(bo, "locks")] == [(MARCH, JANUARY)]
    lock(bo, "ledger", MARCH, hard=True)
    assert refused(unlock, bo, "ledger", through=JANUARY) == ["bo.hard_lock"]
    assert sound(bo)


def test_nobody_gets_around_it_by_changing_the_row(bo: BackOffice) -> None:
    def change(reason: str | None = WHY, **values: Any) -> None:
        with bo.unit_of_work(actor="ann", reason=reason) as uow:
            (row,) = uow.select(PeriodLock)
            for name, value in values.items():
                setattr(row, name, value)

    def remove(reason: str | None = WHY) -> None:
        with bo.unit_of_work(actor="ann", reason=reason) as uow:
            uow.remove(uow.select(PeriodLock).one())

    lock(bo, "ledger", JANUARY)
    assert refused(change, None, through=DECEMBER) == ["bo.lock_reason"]
    assert refused(change, area="stock") == ["bo.area"]
    assert refused(remove, None) == ["bo.lock_reason"]
    lock(bo, "ledger", DECEMBER, hard=True)
    assert refused(change, through=date(2025, 12, 30)) == ["bo.hard_lock"]
    assert refused(change, hard_through=None) == ["bo.hard_lock"]
    lock(bo, "ledger", JANUARY, hard=True)
    assert refused(change, hard=False) == ["bo.hard_lock"]
    assert refused(remove) == ["bo.hard_lock"]


# ---------------------------------------------------------------- what stands in the way


def test_plugins_are_asked_what_is_unfinished_before_a_period_closes(bo: BackOffice, shed: Shed) -> None:
    shed.unfinished = [Finding("shed.open_till", "Till 3 has an open session.", "till 3", fix="Close it.")]
    assert refused(lock, bo, "ledger", JANUARY) == ["shed.open_till"]
    assert shed.asked == [("ACME", "ledger", JANUARY)]
    assert report(bo, "locks") == []
    post(bo, rent())


def test_a_warning_does_not_keep_it_open_and_is_shown(bo: BackOffice, shed: Shed) -> None:
    shed.unfinished = [Finding("shed.count", "Nobody has counted since June.", "shed", severity=Severity.WARNING)]
    assert [finding.code for finding in lock(bo, "stock", JANUARY).findings] == ["shed.count"]
    assert [row.area for row in report(bo, "locks")] == ["stock"]


def test_they_are_asked_whenever_more_is_closed_and_not_when_days_are_opened(bo: BackOffice, shed: Shed) -> None:
    lock(bo, "ledger", JANUARY)
    lock(bo, "ledger", JANUARY)
    lock(bo, "ledger", MARCH)
    lock(bo, "ledger", JANUARY, hard=True)
    unlock(bo, "ledger")
    assert shed.asked == [("ACME", "ledger", JANUARY), ("ACME", "ledger", MARCH), ("ACME", "ledger", MARCH)]


# ---------------------------------------------------------------- exceptions


def test_the_auditors_adjustment_is_posted_behind_the_lock_by_one_named_person(bo: BackOffice) -> None:
    lock(bo, "ledger", JANUARY)
    bonus = attrs.evolve(rent("bonus:2025", DECEMBER), nature="adjustment")
    assert refused(post, bo, bonus) == ["bo.period_locked"]
    ident = allow(bo)
    assert refused(post, bo, bonus, actor="bob") == ["bo.period_locked"]
    (warning,) = post(bo, bonus).findings
    assert (warning.code, warning.severity, warning.params["exception"]) == ("bo.posted_late", Severity.WARNING, ident)
    (record,) = posted(bo)
    assert (record.posting_date, record.moved, record.nature) == (DECEMBER, False, "adjustment")
    (row,) = report(bo, "late-postings")
    assert (row.area, row.asked, row.day, row.exception, row.person, row.entity, row.id, row.label) == (
        "ledger", DECEMBER, DECEMBER, ident, "ann", "bo_voucher", record.id, "bonus:2025",
    )  # fmt: skip
    (listed,) = report(bo, "lock-exceptions")
    assert (listed.person, listed.granted_by, listed.reason, listed.used) == ("ann", "carla", WHY, 1)
    assert sound(bo)


def test_posting_it_again_is_not_late_again(bo: BackOffice) -> None:
    lock(bo, "ledger", JANUARY)
    allow(bo)
    post(bo, rent())
    assert post(bo, rent()).findings == []
    assert len(report(bo, "late-postings")) == 1


def test_an_exception_holds_for_its_days_its_area_and_its_time(bo: BackOffice, clock: FrozenClock) -> None:
    lock(bo, "ledger", MARCH)
    allow(bo)
    allow(bo, "bob", "stock")
    assert refused(post, bo, rent(on=date(2026, 2, 1))) == ["bo.period_locked"]
    assert refused(post, bo, rent(on=date(2025, 12, 30))) == ["bo.period_locked"]
    assert refused(post, bo, rent(), actor="bob") == ["bo.period_locked"]
    clock.set("2026-02-10T23:59:59Z")
    post(bo, rent("a"))
    clock.set("2026-02-11T00:00Z")
    assert refused(post, bo, rent("b")) == ["bo.period_locked"]
    assert report(bo, "lock-exceptions", every=True)[0].expires == datetime(2026, 2, 11, tzinfo=UTC)
    assert [row.person for row in report(bo, "lock-exceptions")] == []


def test_the_last_day_ends_where_the_company_is(tmp_path: Path, clock: FrozenClock) -> None:
    with BackOffice(tmp_path / "books.db", plugins=[], clock=clock) as bo:
        bo.init(company="Acme GmbH", currency="EUR", zone="Europe/Vienna")
        with bo.unit_of_work(actor="carla", reason=WHY) as uow:
            day = grant_exception(uow, "ledger", "ann", since=DECEMBER, through=DECEMBER, expires=date(2026, 2, 10))
            moment = grant_exception(uow, "ledger", "ann", since=DECEMBER, through=DECEMBER, expires=datetime(2026, 2, 10, 12, tzinfo=UTC))
        assert (day.expires_at, moment.expires_at) == (datetime(2026, 2, 10, 23, tzinfo=UTC), datetime(2026, 2, 10, 12, tzinfo=UTC))


def test_an_exception_is_withdrawn_once_and_what_was_posted_stays(bo: BackOffice) -> None:
    lock(bo, "ledger", JANUARY)
    ident = allow(bo)
    post(bo, rent("a"))

    def withdraw() -> None:
        with bo.unit_of_work(actor="carla") as uow:
            withdraw_exception(uow, uow.get(LockException, ident))

    withdraw()
    assert refused(withdraw) == ["bo.lock_exception"]
    assert refused(post, bo, rent("b")) == ["bo.period_locked"]
    assert [row.label for row in report(bo, "late-postings")] == ["a"]
    assert sound(bo)


def test_no_exception_opens_what_is_closed_for_good(bo: BackOffice) -> None:
    lock(bo, "ledger", DECEMBER, hard=True)
    lock(bo, "ledger", JANUARY)
    assert refused(allow, bo, through=DECEMBER) == ["bo.hard_lock"]
    allow(bo)
    assert refused(post, bo, rent(on=DECEMBER)) == ["bo.period_locked"]
    post(bo, rent(on=date(2026, 1, 1)))
    lock(bo, "ledger", JANUARY, hard=True)
    assert refused(post, bo, rent("rent:2", date(2026, 1, 1))) == ["bo.period_locked"]


def test_an_exception_says_who_why_and_when_and_stays_as_it_is(bo: BackOffice) -> None:
    assert refused(allow, bo, reason=None) == ["bo.lock_reason"]
    assert refused(allow, bo, "") == ["bo.invalid"]
    assert refused(allow, bo, since=JANUARY, through=DECEMBER) == ["bo.lock_exception"]
    assert refused(allow, bo, expires=date(2026, 1, 14)) == ["bo.lock_exception"]
    ident = allow(bo)

    def change(**values: Any) -> None:
        with bo.unit_of_work(actor="ann") as uow:
            row = uow.get(LockException, ident)
            for name, value in values.items():
                setattr(row, name, value)

    def remove() -> None:
        with bo.unit_of_work(actor="ann") as uow:
            uow.remove(uow.get(LockException, ident))

    def forge() -> None:
        with bo.unit_of_work(actor="ann") as uow:
            end = datetime(2027, 1, 1, tzinfo=UTC)
            row = LockException(
                area="ledger", person="ann", since=DECEMBER, through=DECEMBER, expires_at=end, reason="-", granted_by="carla"
            )
            uow.add(row)

    assert refused(change, through=MARCH) == ["bo.lock_exception"]
    assert refused(change, person="bob", withdrawn_at=datetime(2026, 1, 15, tzinfo=UTC)) == ["bo.lock_exception"]
    assert refused(remove) == ["bo.lock_exception"]
    assert refused(forge) == ["bo.lock_exception"]


def test_a_reversal_goes_to_the_original_day_where_an_exception_opens_it(bo: BackOffice) -> None:
    post(bo, rent("a"), rent("b"))
    lock(bo, "ledger", JANUARY)
    allow(bo)
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.reverse("a", "Wrong flat").posting_date == JANUARY
    with bo.unit_of_work(actor="bob") as uow:
        receipt = uow.reverse("b", "Wrong flat")
        assert (receipt.posting_date, receipt.moved) == (date(2026, 2, 1), True)
    assert [(row.label, row.day, row.person) for row in report(bo, "late-postings")] == [
        ("a:reversal", JANUARY, "ann"), ("b:reversal", date(2026, 2, 1), ""),
    ]  # fmt: skip


# ---------------------------------------------------------------- tax


def test_a_bill_that_comes_after_the_return_was_filed_is_declared_in_the_next(bo: BackOffice, shed: Shed, clock: FrozenClock) -> None:
    """The return of the first quarter is filed on 20 April; on the 25th a supplier's bill of 20 March comes in."""
    clock.set("2026-04-25T09:00Z")
    lock(bo, "tax:GB", MARCH)
    late = bill(document_date=date(2026, 3, 20), posting_date=date(2026, 4, 25), tax_date=date(2026, 3, 20))
    with pytest.raises(Refused) as refusal:
        post(bo, late)
    (finding,) = refusal.value.findings
    assert (finding.code, finding.field, finding.params["area"]) == ("bo.period_locked", "tax_date", "tax:GB")
    asked = attrs.evolve(late, if_closed="next_open")
    with bo.unit_of_work(actor="ann") as uow:
        (receipt,) = uow.post(asked)
    assert [found.code for found in uow.findings] == ["bo.moved_late"]
    assert [found.code for found in receipt.findings] == ["bo.moved_late"]
    assert (receipt.posting_date, receipt.moved) == (date(2026, 4, 25), False)
    (record,) = posted(bo)
    assert record.tax_date == date(2026, 3, 20)
    voucher = posted_from(record).voucher
    fact = voucher.lines[1].tax
    assert fact is not None
    assert (fact.declared, voucher.tax_day(fact)) == (date(2026, 4, 1), date(2026, 4, 1))
    assert voucher == shed.seen[-1].voucher
    assert request_of(passed_as(record)) == record.request
    assert [(row.area, row.asked, row.day, row.label) for row in report(bo, "late-postings")] == [
        ("tax:GB", date(2026, 3, 20), date(2026, 4, 1), "bill:1"),
    ]  # fmt: skip
    assert post(bo, asked).findings == []
    assert sound(bo)


def test_the_tax_point_of_a_line_counts_before_the_vouchers_and_other_registrations_are_free(bo: BackOffice) -> None:
    lock(bo, "tax:GB", JANUARY)
    lock(bo, "tax", MARCH)
    due = bill(tax_date=date(2026, 2, 1))
    post(bo, due)
    lines = list(due.lines)
    assert lines[1].tax is not None
    lines[1] = attrs.evolve(lines[1], tax=attrs.evolve(lines[1].tax, on=date(2026, 1, 5)))
    with pytest.raises(Refused) as refusal:
        post(bo, attrs.evolve(due, key="bill:2", lines=lines))
    assert [(f.at, f.field) for f in refusal.value.findings] == [("voucher bill:2 line 2", "tax.on")]
    for registration, code in (("AT", None), ("", "bo.period_locked")):
        lines[1] = attrs.evolve(lines[1], tax=attrs.evolve(lines[1].tax, registration=registration))
        other = attrs.evolve(due, key=f"bill:{registration}", lines=lines)
        if code is None:
            post(bo, other)
        else:
            assert refused(post, bo, other) == [code]


def test_without_a_tax_date_the_document_date_is_the_tax_point(bo: BackOffice) -> None:
    lock(bo, "tax:GB", JANUARY)
    assert refused(post, bo, bill(document_date=JANUARY, posting_date=date(2026, 2, 3))) == ["bo.period_locked"]
    post(bo, bill(document_date=date(2026, 2, 1), posting_date=date(2026, 2, 3)))


def test_an_exception_leaves_the_tax_where_it_arose(bo: BackOffice) -> None:
    lock(bo, "tax:GB", JANUARY)
    allow(bo, area="tax:GB")
    (warning,) = post(bo, bill(tax_date=JANUARY)).findings
    assert warning.code == "bo.posted_late"
    (record,) = posted(bo)
    assert all(line.tax is None or line.tax.declared is None for line in posted_from(record).voucher.lines)
    assert [(row.area, row.day, row.person) for row in report(bo, "late-postings")] == [("tax:GB", JANUARY, "ann")]


def test_a_reversal_of_declared_tax_is_declared_in_the_first_open_period(bo: BackOffice, shed: Shed) -> None:
    post(bo, bill(tax_date=JANUARY, posting_date=JANUARY))
    lock(bo, "tax:GB", JANUARY)
    with bo.unit_of_work(actor="ann") as uow:
        uow.reverse("bill:1", "Goods went back")
    mirror = shed.seen[-1].voucher
    fact = mirror.lines[1].tax
    assert fact is not None
    assert (mirror.posting_date, mirror.tax_day(fact), fact.base, fact.tax) == (JANUARY, date(2026, 2, 1), eur("-100.00"), eur("-20.00"))
    assert posted_from(posted(bo, reverses="bill:1")[0]).voucher == mirror


def test_a_reversal_on_a_given_day_takes_the_tax_with_it(bo: BackOffice, shed: Shed) -> None:
    lines = list(bill().lines)
    assert lines[1].tax is not None
    lines[1] = attrs.evolve(lines[1], tax=attrs.evolve(lines[1].tax, on=JANUARY))
    post(bo, attrs.evolve(bill(), lines=lines))
    lock(bo, "tax:GB", JANUARY)
    with bo.unit_of_work(actor="ann") as uow:
        uow.reverse("bill:1", "Goods went back", date(2026, 2, 5))
    fact = shed.seen[-1].voucher.lines[1].tax
    assert fact is not None
    assert (fact.on, fact.declared) == (date(2026, 2, 5), None)


def test_ledger_and_tax_closed_are_both_said_and_both_moved(bo: BackOffice) -> None:
    lock(bo, "ledger", JANUARY)
    lock(bo, "tax:GB", MARCH)
    both = bill(document_date=JANUARY)
    assert refused(post, bo, both) == ["bo.period_locked", "bo.period_locked"]
    with bo.unit_of_work(actor="ann") as uow:
        (receipt,) = uow.post(attrs.evolve(both, if_closed="next_open"))
    assert [found.code for found in receipt.findings] == ["bo.posting_moved", "bo.moved_late"]
    assert [(row.area, row.day) for row in report(bo, "late-postings")] == [("ledger", date(2026, 2, 1)), ("tax:GB", date(2026, 4, 1))]
    assert [row.area for row in report(bo, "late-postings", since=date(2026, 2, 1))] == []


def test_when_tax_is_declared_is_not_for_the_caller_to_say(bo: BackOffice) -> None:
    lines = list(bill().lines)
    assert lines[1].tax is not None
    lines[1] = attrs.evolve(lines[1], tax=attrs.evolve(lines[1].tax, declared=MARCH))
    assert refused(post, bo, attrs.evolve(bill(), lines=lines)) == ["bo.voucher"]


# ---------------------------------------------------------------- areas of plugins


def receive(uow: UnitOfWork, day: date, if_closed: str = "refuse") -> Move:
    """What an inventory does with an area of its own."""
    found = open_day(uow, "stock", day, if_closed=if_closed, at="delivery 7", field="day")
    if found.finding is not None:
        uow.refuse(found.finding)
    move = uow.add(Move(day=found.day))
    note_late(uow, found, move, "delivery 7")
    return move


def test_a_plugin_asks_for_the_day_in_its_area(bo: BackOffice) -> None:
    def run(actor: str, day: date, if_closed: str = "refuse") -> date:
        with bo.unit_of_work(actor=actor) as uow:
            return receive(uow, day, if_closed).day

    lock(bo, "stock", JANUARY)
    assert run("bob", date(2026, 2, 1)) == date(2026, 2, 1)
    assert refused(run, "bob", JANUARY) == ["bo.period_locked"]
    assert run("bob", JANUARY, "next_open") == date(2026, 2, 1)
    allow(bo, "ann", "stock")
    assert run("ann", JANUARY) == JANUARY
    assert [(row.entity, row.label, row.day, row.person) for row in report(bo, "late-postings")] == [
        ("shed_move", "delivery 7", JANUARY, "ann"), ("shed_move", "delivery 7", date(2026, 2, 1), ""),
    ]  # fmt: skip


def test_each_company_closes_its_own_periods(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Company(code="BETA", name="Beta", currency="EUR"))
    for company, through in (("ACME", JANUARY), ("BETA", MARCH)):
        with bo.unit_of_work(actor="carla", company=company, reason=WHY) as uow:
            lock_period(uow, "ledger", through)
            if company == "ACME":
                grant_exception(uow, "ledger", "ann", since=JANUARY, through=JANUARY, expires=MARCH)
    assert refused(post, bo, rent(company="BETA"), actor="ann") == ["bo.period_locked"]
    post(bo, rent(company="ACME"))
    assert [row.through for row in report(bo, "locks", company="BETA")] == [MARCH]
    assert [row.label for row in report(bo, "late-postings", company="ACME")] == ["rent:1"]
    assert report(bo, "late-postings", company="BETA") == []


# ---------------------------------------------------------------- at the command line


def test_the_commands(bo: BackOffice, tmp_path: Path) -> None:
    def run(line: str, *last: str) -> tuple[int, str]:
        done = CliRunner().invoke(program, ["--db", str(tmp_path / "own.db"), "--as", "carla", *line.split(), *last])
        return done.exit_code, done.output

    assert run("init --company Acme --currency EUR")[0] == 0
    assert run("period lock ledger 2026-01-31")[0] == 0
    assert run("period lock tax:GB 2025-12-31 --hard")[0] == 0
    code, said = run("period unlock ledger --through 2025-12-31")
    assert (code, "--reason" in said) == (1, True)
    assert run("period unlock ledger --through 2025-12-31 --reason", "A bill was forgotten")[0] == 0
    granted = run("period allow ledger ann --since 2025-12-31 --through 2025-12-31 --expires 2099-01-31 --reason", WHY)
    assert granted[0] == 0
    assert "ann" in run("report lock-exceptions --format csv")[1]
    assert run("report locks --format csv")[1].splitlines()[1:] == ["ledger,2025-12-31,", "tax:GB,2025-12-31,2025-12-31"]
    assert run("period withdraw 1")[0] == 0
    assert run("period withdraw 1")[0] == 1
    assert run("period lock payrol 2026-01-31")[0] == 1


# ---------------------------------------------------------------- whatever happens

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("lock"), st.integers(1, 20), st.booleans()),
        st.tuples(st.just("unlock"), st.integers(1, 20)),
        st.tuples(st.just("allow"), st.integers(1, 20)),
        st.tuples(st.just("post"), st.integers(1, 20), st.sampled_from(["refuse", "next_open"])),
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=40)
@given(steps=STEPS)
def test_whatever_is_closed_and_opened_nothing_lies_behind_a_lock_unmarked(
    steps: list[tuple[Any, ...]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A model of one area: the soft day, the hard day, the days that are open to ann; books and model agree on every posting."""
    soft = hard = 0
    opened: set[int] = set()
    with BackOffice(tmp_path_factory.mktemp("locks") / "books.db", plugins=[]) as bo:
        bo.init(company="Acme Ltd", currency="EUR")
        for number, (what, day, *more) in enumerate(steps):
            on = date(2026, 1, day)
            if what == "lock":
                allowed = more[0] or day >= soft
                soft, hard = (max(soft, day), max(hard, day) if more[0] else hard) if allowed else (soft, hard)
                act: Any = lambda on=on, more=more: lock(bo, "ledger", on, hard=more[0])  # noqa: E731
            elif what == "unlock":
                allowed = hard <= day <= soft and soft > 0
                soft = day if allowed else soft
                act = lambda on=on: unlock(bo, "ledger", through=on)  # noqa: E731
            elif what == "allow":
                allowed = day > hard
                opened |= {day} if allowed else set()
                act = lambda on=on: allow(bo, since=on, through=on, expires=date(2099, 1, 1))  # noqa: E731
            else:
                mine = day > soft or (day in opened and day > hard)
                allowed = mine or more[0] == "next_open"
                act = lambda on=on, more=more, number=number: post(bo, rent(f"rent:{number}", on, if_closed=more[0]))  # noqa: E731
                if allowed:
                    act()
                    with bo.unit_of_work(actor="ann", read_only=True) as uow:
                        record = uow.find(VoucherRecord, key=f"rent:{number}")
                        assert record is not None
                        assert record.posting_date == (on if mine else date(2026, 1, soft + 1))
                        assert record.moved == (not mine)
                        marked = uow.find(LatePosting, row_id=record.id)
                        assert (marked is not None) == (mine and day <= soft)
                    continue
            if allowed:
                act()
            else:
                with pytest.raises(Refused):
                    act()
        assert sound(bo)


def test_the_end_of_time_is_no_day_to_lock_or_allow_through(bo: BackOffice) -> None:
    assert refused(lock, bo, "ledger", date.max) == ["bo.period_lock"]
    lock(bo, "ledger", JANUARY)
    assert refused(lock, bo, "ledger", date.max) == ["bo.period_lock"]
    assert refused(allow, bo, expires=date.max) == ["bo.lock_exception"]
    lock(bo, "ledger", date(9999, 12, 30))
    assert refused(post, bo, rent()) == ["bo.period_locked"]
