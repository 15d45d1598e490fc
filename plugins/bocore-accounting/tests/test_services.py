"""What a bookkeeper does by hand, as the commands of ``bo accounting`` do it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bocore import BackOffice, NotFound, lock_period
from bocore.cli.services import command_of
from bocore_accounting import Account, AccountKind, Entry, FiscalYear, PurposeRule, plugin, services

DAY = date(2026, 3, 2)


def test_a_simple_entry(books):
    with books.work() as uow:
        entry = services.enter(uow, DAY, "March rent", "6100", "1010", Decimal("1200.00"), reference="R-17")
    assert (entry.number, entry.text, entry.reference) == ("GEN/2026/00001", "March rent", "R-17")
    assert books.balances() == {("6100", "EUR"): Decimal("1200.00"), ("1010", "EUR"): Decimal("-1200.00")}


def test_an_entry_in_another_currency(books):
    with books.work() as uow:
        services.enter(uow, DAY, "Notes bought", "1000", "1010", Decimal("50.00"), currency="USD")
    assert books.balances()["1000", "USD"] == Decimal("50.00")
    (finding,) = books.refused(lambda uow: services.enter(uow, DAY, "Notes bought", "1000", "1010", Decimal("50.00"), currency="UDS"))
    assert (finding.code, finding.where) == ("accounting.currency", "currency")
    assert "declare-commodity UDS" in finding.fix


def test_an_amount_has_the_decimals_of_its_currency(books):
    (finding,) = books.refused(lambda uow: services.enter(uow, DAY, "Too exact", "1000", "1010", Decimal("10.005")))
    assert str(finding) == "amount: The amount 10.005 has more decimals than are counted in EUR. Write at most 2 decimals for EUR."


def test_an_entry_before_there_is_a_chart_is_told_how_to_set_one_up(open_books):
    empty = open_books("empty", plugin)
    with pytest.raises(NotFound, match="bo accounting setup-chart"), empty.work() as uow:
        services.enter(uow, DAY, "March rent", "6100", "1010", Decimal("1200.00"))
    with empty.work() as uow:
        services.open_account(uow, "1", "Cash", AccountKind.ASSET)
    with pytest.raises(NotFound, match="no account '6100'"), empty.work() as uow:
        services.enter(uow, DAY, "March rent", "6100", "1", Decimal("1200.00"))


def test_a_commodity_is_declared_once_with_its_decimals(books):
    with books.work() as uow:
        first = services.declare_commodity(uow, "VTI", 4, name="Vanguard Total Stock Market")
        assert services.declare_commodity(uow, "VTI", 4) is first
    assert books.bo.tokens["VTI"].exponent == 4
    with books.work() as uow:
        services.enter(uow, DAY, "Shares given", "1190", "4000", Decimal("0.1234"), currency="VTI")
    (finding,) = books.refused(lambda uow: services.declare_commodity(uow, "VTI", 3))
    assert "with 4 decimals already" in finding.message
    (finding,) = books.refused(lambda uow: services.declare_commodity(uow, "EUR", 2))
    assert "there already" in finding.message


def test_an_entry_is_reversed_by_its_number(books):
    with books.work() as uow:
        services.enter(uow, DAY, "March rent", "6100", "1010", Decimal("1200.00"))
    with books.work() as uow:
        mirror = services.reverse(uow, "GEN/2026/00001", "Paid twice")
    assert mirror.number == "GEN/2026/00002"
    assert books.balances() == {}
    (finding,) = books.refused(lambda uow: services.reverse(uow, "GEN/2026/00099", "Never was"))
    assert finding.code == "accounting.no_entry"


def test_an_account_of_ones_own(books):
    with books.work() as uow:
        account = services.open_account(uow, "1011", "Savings", AccountKind.ASSET, parent="10", currency="EUR, USD", opened=DAY)
    with books.work(read_only=True) as uow:
        found = uow.get(Account, account.id)
        assert (found.currencies, found.opened) == (["EUR", "USD"], DAY)
        assert uow.get(Account, found.parent_id).name == "Cash and banks"
    with pytest.raises(NotFound), books.work() as uow:
        services.open_account(uow, "1012", "Lost", AccountKind.ASSET, parent="99")


def test_an_account_is_closed_after_its_last_line(books):
    with books.work() as uow:
        services.enter(uow, DAY, "March rent", "6100", "1010", Decimal("1200.00"))
    (finding,) = books.refused(lambda uow: services.close_account(uow, "6100", DAY))
    assert (finding.code, finding.fix) == ("accounting.in_use", "Close it on 2026-03-03 or later.")
    with books.work() as uow:
        services.close_account(uow, "6100", date(2026, 3, 3))
    (finding,) = books.refused(lambda uow: services.enter(uow, date(2026, 4, 2), "April rent", "6100", "1010", Decimal("1200.00")))
    assert finding.code == "accounting.account_closed"


def test_an_account_of_unknown_kind_takes_lines_until_somebody_says_what_it_is(books):
    with books.work() as uow:
        services.open_account(uow, "9000", "Whatever", AccountKind.UNKNOWN)
    with books.work() as uow:
        services.enter(uow, DAY, "Found in the drawer", "9000", "1010", Decimal("5.00"))
    with books.work() as uow:
        services.classify_account(uow, "9000", AccountKind.ASSET, cash=True)
    with books.work(read_only=True) as uow:
        account = uow.find(Account, code="9000")
        assert (account.kind, account.cash) == (AccountKind.ASSET, True)
    (finding,) = books.refused(lambda uow: services.classify_account(uow, "9000", AccountKind.UNKNOWN))
    assert "has 1 line as asset: it can't become unknown" in finding.message


def test_a_purpose_is_mapped_anew(books):
    with books.work() as uow:
        first = services.map_purpose(uow, "sales", "4800", by="site=north,category=food", since=DAY)
        again = services.map_purpose(uow, "sales", "4000", by="category=food,site=north", since=DAY)
        assert first is again
    with books.work(read_only=True) as uow:
        rule = uow.get(PurposeRule, first.id)
        assert rule.keys == {"site": "north", "category": "food"}
        assert uow.get(Account, rule.account_id).code == "4000"
    (finding,) = books.refused(lambda uow: services.map_purpose(uow, "sale", "4000"))
    assert (finding.code, finding.fix) == ("accounting.no_purpose", "Did you mean sales?")
    (finding,) = books.refused(lambda uow: services.map_purpose(uow, "sales", "4000", by="north"))
    assert finding.code == "accounting.by"


def test_the_chart_is_set_up_once(books):
    with books.work() as uow:
        assert services.setup_chart(uow) == 0


def test_a_month_is_locked(books):
    with books.work() as uow:
        lock_period(uow, "ledger", date(2026, 3, 31))
    (finding,) = books.refused(lambda uow: services.enter(uow, DAY, "Late", "6100", "1010", Decimal("1.00")))
    assert finding.code == "accounting.locked"


def test_a_fiscal_year(books):
    with books.work() as uow:
        services.open_year(uow, 2027, date(2026, 3, 1), date(2027, 2, 28))
        assert services.enter(uow, DAY, "March rent", "6100", "1010", Decimal("1200.00")).fiscal_year == 2027
    with books.work(read_only=True) as uow:
        assert uow.select(FiscalYear).count() == 1


def test_an_entry_of_nothing_or_on_one_account_alone_is_refused_with_both_reasons(books):
    findings = books.refused(lambda uow: services.enter(uow, DAY, "Nothing", "6100", "6100", Decimal("0.00")))
    assert [(one.code, one.field) for one in findings] == [("accounting.same_account", "credit"), ("accounting.amount", "amount")]
    assert books.balances() == {}


def test_the_check_finds_nothing_and_the_roll_up_says_how_much(books):
    with books.work() as uow:
        services.enter(uow, DAY, "March rent", "6100", "1010", Decimal("1200.00"))
    with books.work() as uow:
        assert services.roll_up(uow) == 2
    with books.work(read_only=True) as uow:
        assert list(services.check(uow)) == []
        assert uow.select(Entry).count() == 1


def test_an_entry_in_another_currency_has_the_value_of_its_day(books):
    """At 0.90 where there is a rate, as it is told otherwise, and none where there is none."""
    from bocore import Rate
    from bocore_accounting import Line

    with books.work() as uow:
        uow.add(Rate(currency="USD", to_currency="EUR", on=DAY, rate=Decimal("0.9")))
    with books.work() as uow:
        for currency, base in (("USD", None), ("USD", Decimal("9.50")), ("GBP", None), ("EUR", None)):
            services.enter(uow, DAY, "Taxi", "6800", "1000", Decimal("10.00"), currency=currency, base=base)
    with books.work(read_only=True) as uow:
        bases = [line.base and str(line.base) for line in uow.select(Line).order_by(Line.c.id)]
    assert bases == ["9.00 EUR", "-9.00 EUR", "9.50 EUR", "-9.50 EUR", None, None, "10.00 EUR", "-10.00 EUR"]


def test_the_command_of_a_service_explains_its_arguments(tmp_path: Path) -> None:
    host = BackOffice(tmp_path / "none.db", plugins=[plugin]).host
    command = command_of("open-year", host.services["accounting.open_year"])
    explained = {one.name: getattr(one, "help", "") for one in command.params}
    assert explained["code"] == "the year in which it ends; numbers of entries show it."
