"""Who may do what in the books: each role can do its whole job and nothing else, and nobody sees another company's figures."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bocore import (
    BackOffice,
    Company,
    Finding,
    Grant,
    Line,
    Money,
    NotAllowed,
    NotFound,
    OpenItem,
    Party,
    Plugin,
    Rate,
    Refused,
    UnitOfWork,
    UnknownActor,
    User,
    Voucher,
    VoucherRecord,
    service,
)
from bocore_accounting import Account, AccountKind, Balance, Entry, PurposeRule, apply_standard_chart, check, plugin, totals
from bocore_accounting import Line as Posting

TODAY = datetime(2026, 11, 22, 9, tzinfo=UTC)
MARCH = date(2026, 3, 31)
SELL = "shop.sell"


@service(SELL)
def sell(uow: UnitOfWork, number: int, amount: Decimal, *, on: date, purpose: str = "sales", owed: bool = False) -> str:
    """Sell something: for cash, or to be paid later."""
    money = Money(amount, uow.company.currency)
    first = Line("receivable", money, opens=f"shop:{number}") if owed else Line("cash", money)
    lines = [first, Line(purpose, -money)]
    uow.post(Voucher(f"shop.sale:{number}", "shop.sale", lines, posting_date=on, if_closed="next_open", text=f"Sale {number}"))
    return str(money)


@service(SELL)
def collect(uow: UnitOfWork, number: int, *, on: date) -> None:
    """Take the money for what was sold to be paid later."""
    from bocore import Paid, settle_lines

    lines = settle_lines(uow, [Paid(f"shop:{number}", None)], on=on)
    paid = -sum((line.amount for line in lines if line.settles), Money.zero(uow.company.currency))
    uow.post(Voucher(f"shop.paid:{number}", "shop.paid", [Line("cash", paid), *lines], posting_date=on, text="Paid"))


@service(SELL)
def void(uow: UnitOfWork, number: int) -> None:
    """Take a sale back."""
    uow.reverse(f"shop.sale:{number}", "Wrong price")


SHOP = Plugin(
    prefix="shop",
    services=[sell, collect, void],
    permissions={SELL: "Sell over the counter"},
    roles={"cashier": [SELL]},
    purposes={"shop.tips": ""},
)

STAFF = [
    ("carl", "shop.cashier", None),
    ("beth", "accounting.bookkeeper", None),
    ("anna", "accounting.accountant", None),
    ("otto", "accounting.auditor", None),
    ("nina", "accounting.bookkeeper", "NORTH"),
    ("nils", "accounting.accountant", "NORTH"),
    ("noah", "shop.cashier", "NORTH"),
    ("sven", "accounting.auditor", "SOUTH"),
]


class Group:
    """Two companies of one owner, and the people who work for one of them or both."""

    def __init__(self, path: Path, *plugins: Any) -> None:
        self.path = path
        self.bo = BackOffice(path, plugins=list(plugins), clock=lambda: TODAY)
        self.bo.init(company="North Ltd", code="NORTH", currency="EUR", owner="olga")

    def staff(self) -> None:
        """Give everybody his role."""
        with self.bo.unit_of_work(actor="olga") as uow:
            south = uow.add(Company(code="SOUTH", name="South Ltd", currency="EUR"))
            north = uow.find(Company, code="NORTH")
            assert north is not None
            places = {None: None, "NORTH": north.id, "SOUTH": south.id}
            known = self.bo.host.roles
            for name, role, place in STAFF:
                user = uow.add(User(name=name))
                if role in known:
                    uow.add(Grant(user_id=user.id, role=role, company_id=places[place]))

    def charts(self) -> None:
        """A standard chart for each company."""
        for company in ("NORTH", "SOUTH"):
            self.bo.run("setup-chart", actor="anna", company=company)

    def sell(self, number: int, amount: str, *, company: str = "NORTH", on: date = MARCH, actor: str = "carl", **more: Any) -> None:
        """A cashier sells."""
        self.bo.run("shop.sell", number, Decimal(amount), on=on, actor=actor, company=company, **more)

    def balances(self, company: str) -> dict[str, str]:
        """Account → balance, of the trial balance as the owner sees it."""
        rows = self.bo.report("trial-balance", actor="olga", company=company).rows
        return {row.account: str(row.balance) for row in rows if row.account and row.balance}


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Group]:
    made = Group(tmp_path / "group.db", plugin, SHOP)
    made.staff()
    made.charts()
    yield made
    made.bo.close()


def sound(bo: BackOffice) -> None:
    """Nothing in the books differs from what its entries say, for all companies."""
    from bocore.record.verify import verify

    with bo.unit_of_work(actor="olga", read_only=True) as uow:
        assert list(check(uow)) == []
    assert verify(bo).ok


# ---------------------------------------------------------------- a cashier without any permission of the ledger


def test_a_cashier_sells_and_the_books_are_right(group: Group) -> None:
    group.sell(1, "100.00")
    group.sell(2, "40.00", owed=True)
    group.bo.run("shop.collect", 2, on=MARCH, actor="carl", company="NORTH")
    group.sell(3, "7.00", company="SOUTH")
    group.bo.run("shop.void", 1, actor="carl", company="NORTH")
    assert group.balances("NORTH") == {"1000": "40.00", "4000": "-40.00"}
    assert group.balances("SOUTH") == {"1000": "7.00", "4000": "-7.00"}
    with group.bo.unit_of_work(actor="olga", read_only=True) as uow:
        assert uow.select(Entry).count() == uow.select(VoucherRecord).count() == 5
        assert uow.select(OpenItem).count() == 1
    sound(group.bo)


def test_a_cashier_sees_and_posts_nothing_else(group: Group) -> None:
    group.sell(1, "100.00")
    with group.bo.unit_of_work(actor="carl", company="NORTH", read_only=True) as uow:
        for cls in (Account, Entry, Posting, Balance, VoucherRecord, OpenItem, Party, PurposeRule):
            with pytest.raises(NotAllowed):
                uow.select(cls).all()
            with pytest.raises(NotAllowed):
                uow.rows(sa.select(cls.c.id))
    for name in group.bo.host.reports:
        with pytest.raises(NotAllowed):
            group.bo.report(name, actor="carl", company="NORTH")
    with pytest.raises(NotAllowed, match=r"bo\.post|shop\.sale"), group.bo.unit_of_work(actor="carl", company="NORTH") as uow:
        uow.reverse("shop.sale:1", "For myself")
    enter = ("accounting.enter", date(2026, 3, 1), "Bonus", "6000", "1000", Decimal(1))
    with pytest.raises(NotAllowed, match=r"accounting\.post"):
        group.bo.run(*enter, actor="carl", company="NORTH")


def test_what_has_no_account_waits_in_suspense(group: Group) -> None:
    group.sell(1, "5.00", purpose="shop.tips", actor="noah")
    assert group.balances("NORTH") == {"1000": "5.00", "1900": "-5.00"}
    group.bo.run("map-purpose", "shop.tips", "4800", actor="nils", company="NORTH")
    waiting = group.bo.report("suspense", actor="nina", company="NORTH").rows
    assert [row.purpose for row in waiting] == ["shop.tips"]
    assert group.bo.run("clear-suspense", actor="nina", company="NORTH") == 1
    assert group.balances("NORTH") == {"1000": "5.00", "4800": "-5.00"}


def test_a_chart_without_suspense_gets_one_whoever_sells(tmp_path: Path) -> None:
    group = Group(tmp_path / "own.db", plugin, SHOP)
    with group.bo:
        group.staff()
        for code, kind in (("Cash", AccountKind.ASSET), ("Sales", AccountKind.INCOME)):
            group.bo.run("open-account", code, code, kind, actor="nils", company="NORTH")
        group.sell(1, "5.00", actor="noah")
        assert group.balances("NORTH") == {}
        with group.bo.unit_of_work(actor="olga", company="NORTH", read_only=True) as uow:
            assert uow.find(Account, code="Suspense") is not None


def test_a_company_without_a_chart_gets_the_standard_one_whoever_sells(tmp_path: Path) -> None:
    group = Group(tmp_path / "none.db", plugin, SHOP)
    with group.bo:
        group.staff()
        group.sell(1, "5.00", actor="noah")
        assert group.balances("NORTH") == {"1000": "5.00", "4000": "-5.00"}


def test_what_is_sold_late_counts_on_the_first_open_day(group: Group) -> None:
    group.bo.run("lock-period", "ledger", MARCH, actor="nils", company="NORTH")
    group.sell(1, "9.00", actor="noah")
    with group.bo.unit_of_work(actor="nina", company="NORTH", read_only=True) as uow:
        (entry,) = uow.select(Entry).all()
        assert entry.posting_date == MARCH + timedelta(1)
    late = group.bo.report("late-postings", actor="nina", company="NORTH").rows
    assert [(row.asked, row.day) for row in late] == [(MARCH, MARCH + timedelta(1))]
    sound(group.bo)


def test_a_ledger_that_comes_later_replays_what_the_cashier_sold(tmp_path: Path) -> None:
    before = Group(tmp_path / "later.db", SHOP)
    with before.bo:
        before.staff()
        before.sell(1, "100.00")
        before.sell(2, "30.00", company="SOUTH")
    with BackOffice(tmp_path / "later.db", plugins=[plugin, SHOP], clock=lambda: TODAY) as bo:
        bo.init()
        with bo.unit_of_work(actor="olga") as uow:
            north = uow.find(Company, code="NORTH")
            for name, place in (("nina", north), ("beth", None)):
                user = uow.find(User, name=name)
                assert user is not None
                uow.add(Grant(user_id=user.id, role="accounting.bookkeeper", company_id=None if place is None else place.id))
        with pytest.raises(NotAllowed):
            bo.run("catch-up", actor="carl", company="NORTH")
        assert bo.run("catch-up", actor="nina", company="NORTH") == 1  # hers
        assert bo.run("catch-up", actor="beth", company="NORTH") == 1  # the other company's
        sound(bo)


# ---------------------------------------------------------------- the bookkeeper, the accountant, the auditor


def test_a_bookkeeper_posts_and_reverses(group: Group) -> None:
    bo = group.bo
    bo.run("accounting.enter", date(2026, 3, 1), "Rent", "6100", "1010", Decimal("900.00"), actor="nina", company="NORTH")
    with bo.unit_of_work(actor="nina", company="NORTH", read_only=True) as uow:
        (number,) = [entry.number for entry in uow.select(Entry)]
    bo.run("accounting.reverse", number, "Twice", actor="nina", company="NORTH")
    assert group.balances("NORTH") == {}
    assert bo.run("roll-up", actor="nina", company="NORTH") > 0
    refused = [
        ("open-account", "6105", "More rent", AccountKind.EXPENSE),
        ("map-purpose", "sales", "4800"),
        ("open-year", 2027, date(2027, 1, 1), date(2027, 12, 31)),
        ("declare-book", "ifrs"),
        ("close-year", 2025),
        ("revalue", MARCH),
        ("lock-period", "ledger", MARCH),
    ]
    for call in refused:
        with pytest.raises(NotAllowed):
            bo.run(*call, actor="nina", company="NORTH")
    with pytest.raises(NotAllowed), bo.unit_of_work(actor="nina", company="NORTH") as uow:
        uow.add(Account(code="9", name="Mine", kind=AccountKind.ASSET))
    with pytest.raises(NotAllowed), bo.unit_of_work(actor="nina", company="NORTH") as uow:
        uow.select(Account, code="1000").one().name = "Mine"


def test_a_bookkeeper_takes_tables_in_and_opens_no_account_by_them(group: Group, tmp_path: Path) -> None:
    bo = group.bo
    table = tmp_path / "rent.csv"
    table.write_text("date,account,debit,credit\n2026-01-31,6100,12.00,\n,1010,,12.00\n")
    bo.import_file("journal-csv", table, actor="nina", company="NORTH")
    opening = tmp_path / "opening.csv"
    opening.write_text("account,debit,credit\n1010,100.00,\n3000,,100.00\n")
    bo.import_file("opening-balances", opening, actor="nina", company="NORTH", options={"on": date(2026, 1, 1)})
    assert group.balances("NORTH") == {"1010": "88.00", "3000": "-100.00", "6100": "12.00"}
    new = tmp_path / "new.csv"
    new.write_text("date,account,account_kind,debit,credit\n2026-01-31,6999,expense,12.00,\n,1010,,,12.00\n")
    with pytest.raises(Refused, match=r"accounting\.setup"):
        bo.import_file("journal-csv", new, actor="nina", company="NORTH")
    assert bo.import_file("journal-csv", new, actor="nils", company="NORTH").added["accounting_entry"] == 1
    with pytest.raises(NotAllowed):
        bo.import_file("journal-csv", table, actor="otto", company="NORTH")


def test_an_accountant_closes_the_year(group: Group) -> None:
    bo = group.bo
    with bo.unit_of_work(actor="nils", company="NORTH") as uow:
        for day, kind, rate in ((date(2025, 1, 1), "spot", "0.90"), (date(2025, 12, 31), "closing", "0.95")):
            uow.add(Rate(currency="USD", to_currency="EUR", on=day, kind=kind, rate=Decimal(rate)))
        party = uow.add(Party(name="Abroad Inc", code="ABROAD"))
        amount = Money("100.00", "USD")
        lines = [Line("receivable", amount, party=party, opens="abroad:1"), Line("sales", -amount)]
        uow.post(Voucher("abroad:1", "shop.abroad", lines, posting_date=date(2025, 6, 1)))
    bo.run("revalue", date(2025, 12, 31), actor="nils", company="NORTH")
    bo.run("close-year", 2025, actor="nils", company="NORTH")
    bo.run("lock-period", "ledger", date(2025, 12, 31), actor="nils", company="NORTH")
    bo.run("accounting.enter", date(2026, 1, 2), "Rent", "6100", "1010", Decimal(9), actor="nina", company="NORTH")
    late = ("accounting.enter", date(2025, 12, 30), "Rent", "6100", "1010", Decimal(9))
    with pytest.raises(Exception, match="closed"):
        bo.run(*late, actor="nina", company="NORTH")
    days = {"since": date(2025, 12, 1), "through": date(2025, 12, 31), "expires": date(2026, 12, 1)}
    with bo.unit_of_work(actor="nils", company="NORTH", reason="A bill that came late") as uow:
        from bocore import grant_exception

        for person in ("nina", "nils"):
            grant_exception(uow, "ledger", person, **days)
    bo.run(*late, actor="nina", company="NORTH")
    bo.run("close-year", 2025, actor="nils", company="NORTH")
    kept = [row for row in bo.report("trial-balance", actor="otto", company="NORTH").rows if row.account == "3200"]
    # 100.00 USD of sales; 5.00 of exchange less 9.00 of rent
    assert {row.currency: str(row.balance) for row in kept} == {"USD": "-100.00", "EUR": "4.00"}
    bo.run("unlock-period", "ledger", actor="nils", company="NORTH", reason="An adjustment")
    bo.run("reopen-year", 2025, actor="nils", company="NORTH")
    sound(bo)
    assert group.balances("SOUTH") == {}


REPORTS = [
    ("trial-balance", {}), ("general-ledger", {"account": "1000"}), ("journal", {}), ("balance-sheet", {}),
    ("income-statement", {}),
    ("cash-flow", {}), ("changes-in-equity", {}), ("ageing", {}), ("accounting.open-items", {}), ("suspense", {}),
    ("unmapped-purposes", {}),
    ("intercompany", {}), ("revaluation", {}), ("accounting.trace", {"of": "SHOP/2026/00001"}),
]  # fmt: skip


def test_an_auditor_reads_everything_and_writes_nothing(group: Group) -> None:
    bo = group.bo
    group.sell(1, "100.00", owed=True)
    group.sell(2, "30.00")
    everything = {name for name in bo.host.reports if name.startswith("accounting.")}
    assert {bo.host.resolve("report", name).name for name, _ in REPORTS} == everything
    for name, options in REPORTS:
        mine = bo.report(name, actor="otto", company="NORTH", options=options)
        assert mine.as_objects() == bo.report(name, actor="olga", company="NORTH", options=options).as_objects(), name
    assert list(bo.run("accounting.check", actor="otto", company="NORTH")) == []
    with bo.unit_of_work(actor="otto", company="NORTH", read_only=True) as uow:
        assert uow.select(VoucherRecord).count() == 2
    writing = [one for one in bo.host.services.values() if one.plugin == "accounting" and not one.read_only]
    assert not [one.name for one in writing if one.permission in bo.host.roles["accounting.auditor"]]
    for cls in (Account, PurposeRule):
        with pytest.raises(NotAllowed), bo.unit_of_work(actor="otto", company="NORTH") as uow:
            uow.remove(uow.select(cls).all()[0])


# ---------------------------------------------------------------- two companies


def test_a_bookkeeper_of_one_company_sees_nothing_of_the_other(group: Group) -> None:
    bo = group.bo
    group.sell(1, "100.00", owed=True)
    group.sell(2, "777.77", company="SOUTH", owed=True)
    with bo.unit_of_work(actor="olga", read_only=True) as uow:
        theirs = {row.company_id: row.number for row in uow.select(Entry)}
        south = uow.find(Company, code="SOUTH")
        assert south is not None
    bo.run("roll-up", actor="nina", company="NORTH")
    group.sell(3, "1.00", company="SOUTH")
    for name, options in REPORTS:
        told = str(bo.report(name, actor="nina", company="NORTH", options=options).as_objects())
        assert "777" not in told, name
        with pytest.raises((NotAllowed, NotFound)):
            bo.report(name, actor="nina", company="SOUTH", options=options)
    for trail in ("shop.sale:2", "shop:2"):
        with pytest.raises(Exception, match=r"no entry|There is no"):
            bo.report("accounting.trace", actor="nina", company="NORTH", options={"of": trail})
    out = io.StringIO()
    bo.export("journal-csv", out, actor="nina", company="NORTH")
    assert "100.00" in out.getvalue()
    assert "777" not in out.getvalue()
    with pytest.raises((NotAllowed, NotFound)):
        bo.export("journal-csv", io.StringIO(), actor="nina", company="SOUTH")
    with bo.unit_of_work(actor="nina", company="NORTH", read_only=True) as uow:
        assert {row.company_id for row in uow.select(Entry)} == {row.company_id for row in uow.select(Balance)}
        assert south.id not in {row.company_id for row in uow.select(Account)}
        assert uow.rows(sa.select(sa.func.count(Posting.c.id))) == [(2,)]
        assert uow.rows(sa.select(sa.func.max(Balance.c.debit))) == [(10000,)]
        assert uow.find(Entry, number=theirs[south.id], company_id=south.id) is None
        assert list(totals(uow, company=south.id)) == []
        assert list(check(uow)) == []


def test_balances_are_rolled_up_for_all_companies_whoever_does_it(group: Group) -> None:
    bo = group.bo
    group.sell(1, "100.00")
    group.sell(2, "30.00", company="SOUTH")
    bo.run("roll-up", actor="nina", company="NORTH")
    group.sell(3, "5.00", company="SOUTH")
    bo.run("roll-up", actor="nina", company="NORTH")
    with bo.unit_of_work(actor="olga", read_only=True) as uow:
        assert len({row.company_id for row in uow.select(Balance)}) == 2
    assert group.balances("SOUTH") == {"1000": "35.00", "4000": "-35.00"}
    sound(bo)


def test_one_company_s_side_of_a_charge_is_posted_by_who_works_there(group: Group) -> None:
    bo = group.bo
    with bo.unit_of_work(actor="olga", read_only=True) as uow:
        south = uow.find(Company, code="SOUTH")
        assert south is not None

    def charge(company: str, partner: Any, sign: int, actor: str) -> None:
        with bo.unit_of_work(actor=actor, company="NORTH") as uow:
            amount = Money("10.00", "EUR") * sign
            purposes = ("ic.receivable", "income") if sign > 0 else ("ic.payable", "expense")
            lines = [Line(purposes[0], amount, partner=partner), Line(purposes[1], -amount, partner=partner)]
            uow.post(Voucher(f"ic:{company}:{sign}", "ic.fee", lines, company=company, posting_date=MARCH))

    charge("NORTH", south.id, 1, "nils")
    with pytest.raises(NotFound, match="SOUTH"):
        charge("SOUTH", south.id, -1, "nils")
    told = bo.report("intercompany", actor="nils", company="NORTH")
    assert told.rows == []
    assert [finding.code for finding in told.findings] == ["accounting.unseen_partner"]
    with bo.unit_of_work(actor="anna", company="NORTH") as uow:
        north = uow.company.id
    charge("SOUTH", north, -1, "anna")
    assert [str(row.difference) for row in bo.report("intercompany", actor="anna", company="NORTH").rows] == ["0.00", "0.00"]


def test_nobody_moves_an_entry_or_an_account_into_another_company(group: Group) -> None:
    bo = group.bo
    with bo.unit_of_work(actor="olga", read_only=True) as uow:
        south = uow.select(Company, code="SOUTH").one().id
        foreign = uow.select(Account, company_id=south, code="1000").one().id
    with pytest.raises(NotAllowed, match="There is no"), bo.unit_of_work(actor="nils", company="NORTH") as uow:
        uow.add(Account(code="9999", name="Theirs", kind=AccountKind.ASSET, company_id=south))
    with pytest.raises(NotAllowed, match="There is no"), bo.unit_of_work(actor="nils", company="NORTH") as uow:
        uow.add(PurposeRule(purpose="sales", account_id=foreign))
    with pytest.raises((NotAllowed, NotFound)), bo.unit_of_work(actor="nils", company="NORTH") as uow:
        apply_standard_chart(uow, south)
    with pytest.raises((NotAllowed, NotFound)):
        bo.run("lock-period", "ledger", MARCH, actor="nils", company="SOUTH")


def test_the_demo_is_played_by_an_accountant(tmp_path: Path) -> None:
    from bocore_accounting.demo import ACTOR, play

    group = Group(tmp_path / "demo.db", plugin)
    with group.bo as bo:
        with pytest.raises(UnknownActor):
            play(bo, lambda text: None)
        with bo.unit_of_work(actor="olga") as uow:
            uow.add(Grant(user_id=uow.add(User(name=ACTOR)).id, role="accounting.accountant"))
        play(bo, lambda text: None)
        sound(bo)


def test_the_findings_of_a_refusal_name_the_permission(group: Group) -> None:
    with pytest.raises(NotAllowed) as refused:
        group.bo.run("close-year", 2025, actor="nina", company="NORTH")
    (finding,) = refused.value.findings
    assert isinstance(finding, Finding)
    assert (finding.code, finding.params["permission"]) == ("bo.not_allowed", "accounting.close")
