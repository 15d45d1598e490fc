"""The years: books that begin with balances and items, a year that is closed, and an auditor who comes afterwards."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bocore import Paid, Party, Voucher, grant_exception
from bocore_accounting import Account, Entry, OpeningBalance, open_balances
from bocore_accounting import Line as Posting
from flows.office import Office, line, voucher

NEW_YEARS_EVE = date(2025, 12, 31)

# ---------------------------------------------------------------- the end of a year


@pytest.fixture
def firm(office: Office) -> Office:
    """In 2025 sales of 100,000.00 and costs of 40,000.00; in January 2026 the year is closed and locked."""
    office.book("sale:1", "2025-06-30", line("bank", "100000.00"), line("sales", "-100000.00"))
    office.book("bill:1", "2025-09-30", line("expense", "40000.00", dims={"cost_centre": "shop"}), line("bank", "-40000.00"))
    close(office)
    office.lock("ledger", NEW_YEARS_EVE)
    office.book("sale:2", "2026-01-10", line("bank", "500.00"), line("sales", "-500.00"))
    return office


def close(firm: Office, actor: str = "carla") -> list[tuple[str, dict[str, str]]]:
    """Close 2025; returns number and lines of each entry that this made."""
    made = firm.do("accounting.close-year", 2025, actor=actor)
    with firm.work(read_only=True) as uow:
        codes = {account.id: account.code for account in uow.select(Account)}
        lines = uow.children(uow.get_all(Entry, [entry["id"] for entry in made]).values(), Posting)
    return [(entry["number"], {codes[one.account_id]: str(one.amount.amount) for one in lines[entry["id"]]}) for entry in made]


def allow_auditor(firm: Office) -> None:
    with firm.work("carla", reason="Audit of 2025") as uow:
        grant_exception(uow, "ledger", "audrey", since=NEW_YEARS_EVE, through=NEW_YEARS_EVE, expires=date(2026, 2, 28))


def accrue_bonus(firm: Office) -> None:
    """The auditor wants a bonus of 30,000.00 that was earned in 2025 and is paid in 2026."""
    firm.post(bonus(), actor="audrey")


def bonus() -> Voucher:
    lines = [line("wages", "30000.00"), line("accrued.expense", "-30000.00", opens="bonus:2025")]
    return voucher("audit.bonus:2025", NEW_YEARS_EVE, *lines, nature="adjustment")


def test_an_auditors_adjustment_is_closed_by_its_amount_alone(firm: Office) -> None:
    assert firm.refused(firm.post, bonus(), actor="audrey") == ["bo.period_locked"]
    allow_auditor(firm)
    assert firm.refused(firm.post, bonus(), actor="ann") == ["bo.period_locked"]  # it is hers alone
    accrue_bonus(firm)
    assert [finding.code for finding in firm.warned] == ["bo.posted_late"]
    before = firm.statement("income-statement", year=2025)
    assert before["Result"] == "30000.00"
    assert close(firm, "audrey") == [("CLOSE/2025/00002", {"6000": "-30000.00", "3200": "30000.00"})]
    assert close(firm, "audrey") == []
    assert firm.statement("income-statement", year=2025) == before
    assert firm.balances(as_of="2025-12-31") == {"1010": "60000.00", "2020": "-30000.00", "3200": "-30000.00"}
    assert firm.balances(as_of="2026-01-31") == {"1010": "60500.00", "2020": "-30000.00", "3200": "-30000.00", "4000": "-500.00"}
    assert firm.items(as_of="2025-12-31") == {"bonus:2025": "-30000.00"}
    late = {(row.person, row.label or row.entity) for row in firm.report("late-postings")}
    assert ("audrey", "audit.bonus:2025") in late


def test_the_statements_of_both_years_tie(firm: Office) -> None:
    allow_auditor(firm)
    accrue_bonus(firm)
    close(firm, "audrey")
    sheet = firm.statement("balance-sheet", as_of="2026-01-31")
    assert (sheet["Total assets"], sheet["3200"], sheet["Result of the year"]) == ("60500.00", "30000.00", "500.00")
    december = firm.statement("balance-sheet", as_of="2025-12-31")
    assert december["Total equity"] == "30000.00"
    assert firm.statement("income-statement", year=2026)["Result"] == "500.00"


def test_closing_opening_and_closing_again_is_as_if_it_had_been_closed_once(firm: Office) -> None:
    days = ("2025-12-30", "2025-12-31", "2026-01-31")
    before = [firm.balances(as_of=on) for on in days], firm.statement("income-statement", year=2025)
    with firm.work("carla", reason="Audit of 2025") as uow:
        grant_exception(uow, "ledger", "carla", since=NEW_YEARS_EVE, through=NEW_YEARS_EVE, expires=date(2026, 2, 28))
    firm.do("accounting.reopen-year", 2025, reason="Audit of 2025")
    assert firm.balances(as_of="2025-12-31", dim=["cost_centre=shop"]) == {"6800": "40000.00"}
    close(firm)
    assert ([firm.balances(as_of=on) for on in days], firm.statement("income-statement", year=2025)) == before
    assert firm.balances(as_of="2025-12-31", dim=["cost_centre=shop"]).get("6800") is None


def test_the_bonus_is_paid_in_the_next_year(firm: Office) -> None:
    allow_auditor(firm)
    accrue_bonus(firm)
    close(firm, "audrey")
    firm.pay("bank.payment:1", "2026-02-10", Paid("bonus:2025"))
    assert firm.items() == {}
    assert firm.items(as_of="2026-02-09") == {"bonus:2025": "-30000.00"}
    assert firm.statement("income-statement", year=2026)["Result"] == "500.00"


# ---------------------------------------------------------------- the beginning of the books

OPENING = """account,debit,credit,currency,base,party,item,item_kind,due
1010,2500.00,,,,,,,
1100,120.00,,,,K1,inv:old:1,,2025-10-30
1100,80.00,,,,K1,inv:old:2,,2025-12-14
1100,,15.00,,,K1,cn:old:1,,
1300,400.00,,,,,,,
2000,,1000.00,USD,900.00,S1,bill:old:1,,2026-01-20
2010,,60.00,,,S1,po:old:1,,
2050,,50.00,,,,gc:old:1,deposit,
3000,,2075.00,,,,,,
"""


def test_books_begin_with_what_is_owed_item_by_item(office: Office, tmp_path: Path) -> None:
    """Balances of another program's last day: customers, suppliers in dollars, goods that were not invoiced, gift cards."""
    with office.work() as uow:
        uow.add_all([Party(code="K1", name="Mill & Sons"), Party(code="S1", name="Steelworks")])
    table = tmp_path / "opening.csv"
    table.write_text(OPENING)
    office.bo.import_file("opening-balances", table, actor="carla", on="2026-01-01")
    assert office.balances() == {
        "1010": "2500.00", "1100": "185.00", "1300": "400.00", "2000": "-1000.00 USD", "2010": "-60.00", "2050": "-50.00",
        "3000": "-2075.00",
    }  # fmt: skip
    assert office.items() == {
        "inv:old:1": "120.00", "inv:old:2": "80.00", "cn:old:1": "-15.00", "bill:old:1": "-1000.00 USD", "po:old:1": "-60.00",
        "gc:old:1": "-50.00",
    }  # fmt: skip
    rows = {row.item: (row.kind, row.overdue) for row in office.report("open-items", as_of="2026-01-15")}
    assert rows["inv:old:1"] == ("invoice", 77)
    assert (rows["cn:old:1"][0], rows["gc:old:1"][0], rows["po:old:1"][0]) == ("credit", "deposit", "clearing")
    office.pay("bank.payment:1", "2026-01-19", Paid("bill:old:1", rate=Decimal("0.92")))
    office.pay("bank.receipt:1", "2026-01-20", Paid("inv:old:1"), Paid("cn:old:1"))
    office.book("bill:7", "2026-01-21", line("grni", "60.00", settles="po:old:1"), line("payable", "-60.00", opens="bill:7"))
    office.book("retail.sale:1", "2026-01-22", line("stored_value", "20.00", settles="gc:old:1"), line("sales", "-20.00"))
    assert office.items() == {"inv:old:2": "80.00", "gc:old:1": "-30.00", "bill:7": "-60.00"}
    assert office.balances()["7100"] == "20.00"
    cash = {row.name: str(row.amount) for row in office.report("cash-flow", year=2026, currency="base") if not row.account}
    assert (cash["Cash at the beginning"], cash["Cash at the end"]) == ("2500.00", "1685.00")


def test_the_income_of_the_years_before_stays_out_of_the_first_year(office: Office) -> None:
    balances = [OpeningBalance(account="1010", debit=Decimal("2500.00")), OpeningBalance(account="3200", credit=Decimal("2500.00"))]
    with office.work("carla") as uow:
        open_balances(uow, date(2026, 1, 1), balances)
    assert office.statement("income-statement", year=2026).get("Result", "0.00") == "0.00"
    equity = [row for row in office.report("changes-in-equity", year=2026) if row.account == "3200"]
    assert [str(row.closing) for row in equity] == ["2500.00"]
