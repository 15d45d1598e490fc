"""Balance sheet and income statement, with figures by hand: a small firm, two currencies, two years."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bocore import Book, Refused
from bocore_accounting import (
    AccountKind,
    FiscalYear,
    services,
)

Rows = list[dict[str, Any]]


def brief(rows: Rows) -> list[tuple[str, ...]]:
    """Account or name, currency, amount."""
    return [(row["account"] or row["name"], row["currency"], row["amount"]) for row in rows]


def totals_of(rows: Rows) -> dict[tuple[str, str], Decimal]:
    return {(row["name"], row["currency"]): Decimal(row["amount"]) for row in rows if not row["account"]}


# ---------------------------------------------------------------- balance sheet


def test_the_balance_sheet_shows_what_there_is_and_whose_it_is(firm: Any) -> None:
    assert brief(firm.report("balance-sheet", as_of="2026-03-31")) == [
        ("1000", "USD", "200.00"),
        ("1010", "EUR", "12000.00"),
        ("1100", "EUR", "500.00"),
        ("Total assets", "EUR", "12500.00"),
        ("Total assets", "USD", "200.00"),
        ("2000", "EUR", "100.00"),
        ("Total liabilities", "EUR", "100.00"),
        ("3000", "EUR", "10000.00"),
        ("Results of former years", "EUR", "2000.00"),
        ("Result of the year", "EUR", "400.00"),
        ("Result of the year", "USD", "200.00"),
        ("Total equity", "EUR", "12400.00"),
        ("Total equity", "USD", "200.00"),
        ("Total liabilities and equity", "EUR", "12500.00"),
        ("Total liabilities and equity", "USD", "200.00"),
    ]


def test_in_the_companys_currency_it_is_one_sum(firm: Any) -> None:
    rows = firm.report("balance-sheet", as_of="2026-03-31", currency="base")
    assert {row["currency"] for row in rows} == {"EUR"}
    assert brief(rows)[:4] == [
        ("1000", "EUR", "180.00"),
        ("1010", "EUR", "12000.00"),
        ("1100", "EUR", "500.00"),
        ("Total assets", "EUR", "12680.00"),
    ]
    assert totals_of(rows)["Result of the year", "EUR"] == Decimal("580.00")
    assert totals_of(rows)["Total liabilities and equity", "EUR"] == Decimal("12680.00")
    assert firm.warnings("balance-sheet", currency="base") == []


def test_without_a_day_it_is_of_the_last_day_that_something_is_posted_on(firm: Any) -> None:
    assert firm.report("balance-sheet") == firm.report("balance-sheet", as_of="2026-03-31")


def test_former_days_stand_beside_it(firm: Any) -> None:
    rows = firm.report("balance-sheet", as_of="2026-03-31", compare=1)
    assert [(r["account"] or r["name"], r["compared"]) for r in rows if r["currency"] == "EUR"] == [
        ("1010", {"2025-03-31": "10000.00"}),
        ("1100", {"2025-03-31": "3000.00"}),
        ("Total assets", {"2025-03-31": "13000.00"}),
        ("2000", {"2025-03-31": "0.00"}),
        ("Total liabilities", {"2025-03-31": "0.00"}),
        ("3000", {"2025-03-31": "10000.00"}),
        ("Results of former years", {"2025-03-31": "0.00"}),
        ("Result of the year", {"2025-03-31": "3000.00"}),
        ("Total equity", {"2025-03-31": "13000.00"}),
        ("Total liabilities and equity", {"2025-03-31": "13000.00"}),
    ]
    quarters = firm.report("balance-sheet", as_of="2026-03-31", compare=2, step="quarter")
    assert list(quarters[0]["compared"]) == ["2025-12-31", "2025-09-30"]


def test_closing_a_year_changes_nothing_on_its_own_balance_sheet(firm: Any) -> None:
    before = firm.report("balance-sheet", as_of="2025-12-31")
    firm.close(2025, "2000.00")
    assert firm.report("balance-sheet", as_of="2025-12-31") == before
    assert totals_of(before)["Result of the year", "EUR"] == Decimal("2000.00")


def test_in_the_next_year_a_closed_result_stands_on_its_account(firm: Any) -> None:
    firm.close(2025, "2000.00")
    rows = firm.report("balance-sheet", as_of="2026-03-31")
    assert ("3200", "EUR", "2000.00") in brief(rows)
    assert ("Results of former years", "EUR") not in totals_of(rows)
    assert totals_of(rows)["Total equity", "EUR"] == Decimal("12400.00")


def test_a_fiscal_year_that_is_no_calendar_year_begins_where_it_is_declared_to(firm: Any) -> None:
    with firm.work() as uow:
        uow.add(FiscalYear(code=2026, start=date(2025, 4, 1), end=date(2026, 3, 31)))
    found = totals_of(firm.report("balance-sheet", as_of="2026-03-31"))
    assert found["Results of former years", "EUR"] == Decimal("3000.00")
    assert found["Result of the year", "EUR"] == Decimal("-600.00")


def test_what_was_given_for_another_currency_stands_under_equity_in_both(firm: Any) -> None:
    firm.enter("2026-04-01", ("1000", "110.00 USD", "100.00"), ("1010", "-100.00", "-100.00"))
    firm.enter("2026-04-02", ("1190", "1000.00", "", "9.500"), ("1010", "-1000.00"))
    found = totals_of(firm.report("balance-sheet"))
    name = "Conversions between currencies"
    assert (found[name, "USD"], found[name, "EUR"], found[name, "FUND"]) == (Decimal("110.00"), Decimal("-1100.00"), Decimal("9.500"))
    for unit in ("EUR", "USD", "FUND"):
        assert found["Total assets", unit] == found["Total liabilities and equity", unit]
    rows = firm.report("balance-sheet", currency="base")
    assert (name, "EUR") not in totals_of(rows)
    assert ("1190", "EUR", "1000.00") in brief(rows)


def test_what_has_no_amount_in_the_companys_currency_is_shown_by_itself_and_said(firm: Any) -> None:
    firm.enter("2026-04-01", ("1000", "7.00 GBP"), ("4800", "-7.00 GBP"))
    rows = firm.report("balance-sheet", currency="base")
    assert ("1000", "GBP", "7.00") in brief(rows)
    assert totals_of(rows)["Total assets", "EUR"] == Decimal("12680.00")
    (said,) = firm.warnings("balance-sheet", currency="base")
    assert "GBP is shown by itself: there are lines without an amount in EUR" in said


def test_an_account_of_unknown_kind_is_in_the_trial_balance_only_and_said(firm: Any) -> None:
    with firm.work() as uow:
        services.open_account(uow, "9", "Drawer", AccountKind.UNKNOWN)
    firm.enter("2026-04-01", ("9", "5.00"), ("3000", "-5.00"))
    for name in ("balance-sheet", "income-statement"):
        assert not [row for row in firm.report(name) if row["account"] == "9"]
        (said,) = firm.warnings(name)
        assert "One account is of unknown kind and in the trial balance only: 9." in said
        assert "bo accounting classify-account" in said
    assert "9" in [row["account"] for row in firm.report("trial-balance")]
    found = totals_of(firm.report("balance-sheet"))
    assert found["Total liabilities and equity", "EUR"] - found["Total assets", "EUR"] == Decimal("5.00")
    assert found["Accounts of unknown kind", "EUR"] == Decimal("-5.00")


# ---------------------------------------------------------------- income statement


def test_the_income_statement_shows_what_was_earned_used_up_and_left(firm: Any) -> None:
    assert brief(firm.report("income-statement", year=2026)) == [
        ("4000", "EUR", "500.00"),
        ("4000", "USD", "200.00"),
        ("Total income", "EUR", "500.00"),
        ("Total income", "USD", "200.00"),
        ("6100", "EUR", "100.00"),
        ("Total expenses", "EUR", "100.00"),
        ("Result", "EUR", "400.00"),
        ("Result", "USD", "200.00"),
    ]
    assert brief(firm.report("income-statement", since="2026-01-01", through="2026-01-31")) == [
        ("Total income", "EUR", "0.00"),
        ("6100", "EUR", "100.00"),
        ("Total expenses", "EUR", "100.00"),
        ("Result", "EUR", "-100.00"),
    ]
    assert totals_of(firm.report("income-statement"))["Result", "EUR"] == Decimal("2400.00")


def test_former_periods_stand_beside_it_by_its_length_or_by_a_step(firm: Any) -> None:
    year = firm.report("income-statement", year=2026, compare=1, currency="base")
    assert [(r["account"] or r["name"], r["amount"], r["compared"]) for r in year] == [
        ("4000", "680.00", {"2025": "3000.00"}),
        ("Total income", "680.00", {"2025": "3000.00"}),
        ("6100", "100.00", {"2025": "1000.00"}),
        ("Total expenses", "100.00", {"2025": "1000.00"}),
        ("Result", "580.00", {"2025": "2000.00"}),
    ]
    labels = {
        ("2026-01-01", "2026-03-31", None): ["2025-Q4", "2025-Q3"],
        ("2026-03-01", "2026-03-31", None): ["2026-02", "2026-01"],
        ("2026-03-01", "2026-03-31", "year"): ["2025-03", "2024-03"],
        ("2026-03-02", "2026-03-08", None): ["2026-02-23..2026-03-01", "2026-02-16..2026-02-22"],
        ("2026-02-01", "2026-03-31", None): ["2025-12-01..2026-01-31", "2025-10-01..2025-11-30"],
    }
    for (since, through, step), expected in labels.items():
        rows = firm.report("income-statement", since=since, through=through, compare=2, step=step)
        assert list(rows[0]["compared"]) == expected


def test_an_income_statement_leaves_closing_entries_out(firm: Any) -> None:
    before = firm.report("income-statement", year=2025)
    firm.close(2025, "2000.00")
    assert firm.report("income-statement", year=2025) == before
    assert firm.report("income-statement", since="2025-01-01", through="2026-03-31") != before


# ---------------------------------------------------------------- cash flow


def test_the_cash_flow_shows_how_each_cash_account_changed(firm: Any) -> None:
    assert brief(firm.report("cash-flow", year=2025)) == [
        ("1010", "EUR", "2000.00"),
        ("Change of cash", "EUR", "2000.00"),
        ("Cash at the beginning", "EUR", "10000.00"),
        ("Cash at the end", "EUR", "12000.00"),
    ]
    rows = firm.report("cash-flow", year=2026, compare=1, currency="base")
    assert [(r["account"] or r["name"], r["amount"], r["compared"]["2025"]) for r in rows] == [
        ("1000", "180.00", "0.00"),
        ("1010", "0.00", "2000.00"),
        ("Change of cash", "180.00", "2000.00"),
        ("Cash at the beginning", "12000.00", "10000.00"),
        ("Cash at the end", "12180.00", "12000.00"),
    ]


def test_the_cash_flow_shows_on_which_accounts_the_other_side_was(firm: Any) -> None:
    assert brief(firm.report("cash-flow", year=2025, by="counter"))[:3] == [
        ("1100", "EUR", "3000.00"),
        ("6100", "EUR", "-1000.00"),
        ("Change of cash", "EUR", "2000.00"),
    ]
    firm.enter("2026-03-01", ("1000", "110.00 USD", "100.00"), ("1010", "-100.00", "-100.00"))
    own = totals_of(firm.report("cash-flow", year=2026, by="counter"))
    assert own["Conversions between currencies", "USD"] == Decimal("110.00")
    assert own["Change of cash", "EUR"] == Decimal("-100.00")
    assert brief(firm.report("cash-flow", year=2026, by="counter", currency="base"))[:2] == [
        ("4000", "EUR", "180.00"),
        ("Change of cash", "EUR", "180.00"),
    ]


def test_cash_is_what_purposes_or_a_mark_say_and_what_stands_below(firm: Any) -> None:
    with firm.work() as uow:
        services.open_account(uow, "1010a", "Savings", AccountKind.ASSET, parent="1010")
        services.open_account(uow, "1011", "Other bank", AccountKind.ASSET)
        services.open_account(uow, "1012", "Till", AccountKind.ASSET)
        services.map_purpose(uow, "bank", "1011", by="bank=other")
    firm.enter("2026-04-01", ("1010a", "1.00"), ("1011", "2.00"), ("1012", "4.00"), ("3000", "-7.00"))
    april = {"since": "2026-04-01", "through": "2026-04-30"}
    assert totals_of(firm.report("cash-flow", **april))["Change of cash", "EUR"] == 3
    with firm.work() as uow:
        services.classify_account(uow, "1012", cash=True)
    assert totals_of(firm.report("cash-flow", **april))["Change of cash", "EUR"] == 7


# ---------------------------------------------------------------- changes in equity


def test_changes_in_equity_lead_from_what_the_owners_had_to_what_they_have(firm: Any) -> None:
    firm.enter("2026-02-01", ("1010", "250.00"), ("3000", "-250.00"))
    firm.close(2025, "2000.00")
    columns = ("account", "opening", "result", "changes", "transfers", "closing")
    year = firm.report("changes-in-equity", year=2026, currency="base")
    assert [tuple(row[name] for name in columns) for row in year] == [
        ("3000", "10000.00", "0.00", "250.00", "0.00", "10250.00"),
        ("3200", "2000.00", "0.00", "0.00", "0.00", "2000.00"),
        ("", "0.00", "580.00", "0.00", "0.00", "580.00"),
        ("", "12000.00", "580.00", "250.00", "0.00", "12830.00"),
    ]
    both = firm.report("changes-in-equity", since="2025-01-01", through="2026-03-31", currency="base")
    assert [tuple(row[name] for name in columns) for row in both] == [
        ("3000", "10000.00", "0.00", "250.00", "0.00", "10250.00"),
        ("3200", "0.00", "0.00", "0.00", "2000.00", "2000.00"),
        ("", "0.00", "2580.00", "0.00", "-2000.00", "580.00"),
        ("", "10000.00", "2580.00", "250.00", "0.00", "12830.00"),
    ]


def test_equity_ends_as_the_balance_sheet_says(firm: Any) -> None:
    for closed in (False, True):
        for day in ("2025-12-31", "2026-03-31"):
            sheet = totals_of(firm.report("balance-sheet", as_of=day))
            rows = firm.report("changes-in-equity", since="2025-02-01", through=day, compare=1)
            last = {
                row["currency"]: Decimal(row["closing"]) for row in rows if row["name"] == "Total equity" and "2026-03-31" in row["period"]
            }
            for unit, amount in last.items():
                assert amount == sheet["Total equity", unit]
        if not closed:
            firm.close(2025, "2000.00")


# ---------------------------------------------------------------- trees, dimensions, books


def test_a_tree_has_a_subtotal_for_each_group_and_flat_rows_none(firm: Any) -> None:
    rows = firm.report("balance-sheet", as_of="2026-03-31", tree=True, currency="base")
    assert [(r["level"], r["kind"], r["account"], r["amount"]) for r in rows if r["section"] == "Assets"] == [
        (1, "group", "1", "12680.00"),
        (2, "group", "10", "12180.00"),
        (3, "account", "1000", "180.00"),
        (3, "account", "1010", "12000.00"),
        (2, "group", "11", "500.00"),
        (3, "account", "1100", "500.00"),
        (0, "grand_total", "", "12680.00"),
    ]
    two = firm.report("balance-sheet", as_of="2026-03-31", tree=True, depth=2, currency="base")
    assert [(r["kind"], r["account"]) for r in two if r["section"] == "Assets"][:3] == [
        ("group", "1"),
        ("account", "10"),
        ("account", "11"),
    ]
    flat = firm.report("balance-sheet", as_of="2026-03-31", depth=1, currency="base")
    assert [(r["level"], r["account"], r["amount"]) for r in flat if r["account"]] == [
        (1, "1", "12680.00"), (1, "2", "100.00"), (1, "3", "10000.00"),
    ]  # fmt: skip


def test_what_was_posted_to_a_group_itself_is_the_first_row_in_it(firm: Any) -> None:
    with firm.work() as uow:
        services.open_account(uow, "1010a", "Savings", AccountKind.ASSET, parent="1010")
    firm.enter("2026-04-01", ("1010a", "50.00"), ("1010", "-50.00"))
    rows = firm.report("balance-sheet", tree=True)
    found = [(r["level"], r["kind"], r["account"], r["amount"]) for r in rows if r["account"].startswith("1010")]
    assert found == [(3, "group", "1010", "12000.00"), (4, "account", "1010", "11950.00"), (4, "account", "1010a", "50.00")]


def test_zero_shows_every_account_of_the_section(firm: Any) -> None:
    rows = firm.report("income-statement", year=2026, zero=True)
    assert ("6200", "EUR", "0.00") in brief(rows)
    assert "6" not in [row["account"] for row in rows]


def test_dimensions_narrow_a_statement_and_an_empty_value_asks_for_the_rest(firm: Any) -> None:
    firm.enter("2026-04-01", ("1010", "70.00"), ("4000", "-70.00"), dims={"site": "north"})
    firm.enter("2026-04-01", ("1010", "30.00"), ("4000", "-30.00"), dims={"site": "south", "team": "a"})
    days = {"since": "2026-04-01", "through": "2026-04-30"}
    assert totals_of(firm.report("income-statement", **days, dim=["site=north"]))["Result", "EUR"] == 70
    assert totals_of(firm.report("income-statement", **days, dim=["site=south", "team=a"]))["Result", "EUR"] == 30
    assert totals_of(firm.report("income-statement", **days, dim=["site=south", "team="]))["Result", "EUR"] == 0
    assert totals_of(firm.report("income-statement", **days, dim=["team="]))["Result", "EUR"] == 70
    assert [row["balance"] for row in firm.report("trial-balance", dim=["site=north"])] == ["70.00", "-70.00"]


def test_an_adjustment_book_is_added_to_the_common_layer(firm: Any) -> None:
    with firm.work() as uow:
        uow.add(Book(code="tax"))
    firm.enter("2026-03-31", ("6200", "40.00"), ("1510", "-40.00"), book="tax")
    assert totals_of(firm.report("income-statement", year=2026))["Result", "EUR"] == 400
    assert totals_of(firm.report("income-statement", year=2026, book="tax"))["Result", "EUR"] == 360
    assert totals_of(firm.report("balance-sheet", book="tax"))["Total assets", "EUR"] == 12460


# ---------------------------------------------------------------- what is asked for wrongly


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ({"since": "2026-02-01", "through": "2026-01-31"}, "accounting.days", "The first day, 2026-02-01, is after the last, 2026-01-31"),
        ({"since": "2026-02-01", "year": 2026}, "accounting.days", "Both a year and days are given"),
        ({"year": 0}, "accounting.fiscal_year", "0 "),
        ({"compare": 1}, "accounting.compare", "From the beginning is no period"),
        ({"year": 2026, "compare": -1}, "accounting.compare", "-1 periods can't be compared"),
        ({"year": 2026, "dim": ["site"]}, "accounting.dim", "'site' is no dimension and value"),
        ({"year": 2026, "depth": 0}, "accounting.depth", "There are no accounts at the depth 0"),
        ({"year": 2026, "dim": ["site=a", "site=b"]}, "accounting.dim", "site is given twice"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_reason(firm: Any, options: dict[str, Any], code: str, said: str) -> None:
    with pytest.raises(Refused) as refusal:
        firm.report("income-statement", **options)
    (finding,) = refusal.value.findings
    assert finding.code == code
    assert said in finding.message
    assert finding.fix


# ---------------------------------------------------------------- from a figure to its lines


@pytest.mark.parametrize("name", ["balance-sheet", "income-statement", "cash-flow", "cash-flow by counter"])
@pytest.mark.parametrize("tree", [False, True])
@pytest.mark.parametrize("currency", ["own", "base"])
def test_behind_each_figure_stand_the_lines_that_make_it(firm: Any, name: str, tree: bool, currency: str) -> None:
    firm.close(2025, "2000.00")
    with firm.work() as uow:
        services.open_account(uow, "1010a", "Savings", AccountKind.ASSET, parent="1010")
    firm.enter("2026-02-01", ("1010a", "50.00"), ("1010", "-50.00"))
    days = {"as_of": "2026-03-31"} if name == "balance-sheet" else {"year": 2026}
    name, _, by = name.partition(" by ")
    days |= {"by": by} if by else {}
    result = firm.bo.report(name, actor="ann", options={**days, "compare": 1, "tree": tree, "currency": currency})
    for row in result.rows:
        for key, amount in [(None, row.amount), *row.compared.items()]:
            ledger = result.drill(row, "amount" if key is None else "compared", key)
            state = row.section == "Cash" or (name == "balance-sheet" and row.kind != "computed")
            assert abs(moved(ledger) + (began(ledger) if state else 0)) == abs(amount), (row.name, key)
            assert {line.currency for line in ledger.rows} <= {row.currency}


def moved(ledger: Any) -> Decimal:
    """What the lines of a ledger add up to."""
    return sum(((row.debit or 0) - (row.credit or 0) for row in ledger.rows if row.entry), Decimal(0))


def began(ledger: Any) -> Decimal:
    """The opening balances of a ledger."""
    return sum((row.balance for row in ledger.rows if not row.entry), Decimal(0))


def test_what_was_given_for_another_currency_leads_to_its_lines_and_totals_with_it_lead_to_none(firm: Any) -> None:
    firm.enter("2026-02-01", ("1000", "100.00 USD", "90.00"), ("1010", "-90.00", "-90.00"))
    sheet = firm.bo.report("balance-sheet", actor="ann", options={"as_of": "2026-03-31"})
    dollars = {row.name: row for row in sheet.rows if row.currency == "USD"}
    assert dollars["Conversions between currencies"].amount == 100
    ledger = sheet.drill(dollars["Conversions between currencies"], "amount")
    assert (moved(ledger), {row.currency for row in ledger.rows}) == (100, {"USD"})
    assert sheet.link(dollars["Total equity"], "amount") is None
    in_euros = firm.bo.report("balance-sheet", actor="ann", options={"as_of": "2026-03-31", "currency": "base"})
    total = next(row for row in in_euros.rows if row.name == "Total equity")
    ledger = in_euros.drill(total, "amount")
    assert moved(ledger) + began(ledger) == -total.amount


@pytest.mark.parametrize("currency", ["own", "base"])
@pytest.mark.parametrize("since", ["2025-01-01", "2025-07-01", "2026-01-01", "2026-02-01"])
def test_every_figure_of_equity_leads_to_its_lines(firm: Any, since: str, currency: str) -> None:
    firm.close(2025, "2000.00")
    firm.enter("2026-02-20", ("3000", "300.00"), ("1010", "-300.00"))
    options = {"since": since, "through": "2026-03-31", "currency": currency}
    result = firm.bo.report("changes-in-equity", actor="ann", options=options)
    for row in result.rows:
        for column in ("opening", "result", "changes", "transfers", "closing"):
            amount, link = getattr(row, column), result.link(row, column)
            if link is None:
                assert amount == 0, (row.name, column)
                continue
            ledger = result.drill(row, column)
            assert -amount == moved(ledger) + (began(ledger) if column in ("opening", "closing") else 0), (row.name, column)


def test_the_general_ledger_in_the_companys_currency_shows_what_is_in_the_books(firm: Any) -> None:
    (line,) = firm.report("general-ledger", account="1000", currency="base")
    assert (line["currency"], line["debit"], line["balance"]) == ("EUR", "180.00", "180.00")


def test_a_misspelt_dimension_is_asked_about(firm: Any) -> None:
    firm.enter("2026-03-31", ("6100", "10.00"), ("1010", "-10.00"), dims={"site": "north"})
    assert firm.warnings("income-statement", dim=["site=north"]) == []
    (axis,) = firm.warnings("income-statement", dim=["sight=north"], compare=1, year=2026)
    assert "No line has the dimension 'sight'" in axis
    (value,) = firm.warnings("balance-sheet", dim=["site=nroth"])
    assert "No line has the value 'nroth' of 'site'" in value
    assert "Did you mean 'north'?" in value
