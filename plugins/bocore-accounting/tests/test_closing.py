"""Closing a year and opening it again: the result goes to retained earnings, once, and comes back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bocore import Line as VoucherLine
from bocore import Money, Rate, Voucher, lock_period
from bocore_accounting import Account, Entry, FiscalYear, Line, PurposeRule, account_ids, check, journal, post, roll_up
from bocore_accounting.closing import close_year, reopen_year
from bocore_accounting.services import close_account, declare_book, map_purpose, reverse

LAST = date(2026, 12, 31)


def trade(books):
    """2026: sold for 1,000.00, paid 400.00 of rent and 150.00 of wages: 450.00 are earned."""
    books.post(
        [("1010", "1000.00"), ("4000", "-1000.00")],
        [("6100", "400.00"), ("1010", "-400.00")],
        [("6000", "150.00"), ("1010", "-150.00")],
    )


def close(books, year=2026, **work):
    with books.work(**work) as uow:
        made = close_year(uow, year)
    return [entry.number for entry in made], [finding.code for finding in uow.findings]


def reopen(books, year=2026, **work):
    with books.work(**work) as uow:
        made = reopen_year(uow, year)
    return [entry.number for entry in made], [finding.code for finding in uow.findings]


def euros(books, **query):
    return {code: str(amount) for (code, currency), amount in books.balances(**query).items() if currency == "EUR"}


def entry_of(books, number):
    """An entry with its lines as text: account, amount, base where that says more."""
    with books.work(read_only=True) as uow:
        entry = uow.select(Entry, number=number).one()
        codes = {account.id: account.code for account in uow.select(Account)}
        lines = sorted(uow.children(entry, Line), key=lambda line: line.position)
        return entry, [(codes[line.account_id], str(line.amount), None if line.base is None else str(line.base)) for line in lines]


def test_the_result_goes_to_retained_earnings_on_the_last_day(books):
    trade(books)
    assert close(books) == (["CLOSE/2026/00001"], ["accounting.year_runs"])
    entry, lines = entry_of(books, "CLOSE/2026/00001")
    assert (entry.posting_date, entry.nature, entry.text, entry.book) == (LAST, "closing", "Closing of 2026", "")
    assert lines == [
        ("4000", "1000.00 EUR", "1000.00 EUR"),
        ("6000", "-150.00 EUR", "-150.00 EUR"),
        ("6100", "-400.00 EUR", "-400.00 EUR"),
        ("3200", "-450.00 EUR", "-450.00 EUR"),
    ]
    assert euros(books) == {"1010": "450.00", "3200": "-450.00"}
    assert euros(books, through=date(2026, 12, 30)) == {"1010": "450.00", "4000": "-1000.00", "6000": "150.00", "6100": "400.00"}


def test_the_balance_sheet_carries_forward_and_the_next_year_begins_at_zero(books):
    trade(books)
    close(books)
    books.post([("1010", "70.00"), ("4000", "-70.00")], on=date(2027, 1, 4))
    assert euros(books) == {"1010": "520.00", "3200": "-450.00", "4000": "-70.00"}
    close(books, 2027)
    assert euros(books) == {"1010": "520.00", "3200": "-520.00"}


def test_a_year_closes_what_is_its_own(books):
    trade(books)
    books.post([("1010", "70.00"), ("4000", "-70.00")], on=date(2025, 12, 31))
    close(books)
    assert euros(books) == {"1010": "520.00", "3200": "-450.00", "4000": "-70.00"}
    assert close(books, 2025) == (["CLOSE/2025/00001"], [])
    assert euros(books) == {"1010": "520.00", "3200": "-520.00"}


def test_closing_twice_says_that_there_is_nothing_to_close(books):
    trade(books)
    close(books)
    before = euros(books)
    assert close(books) == ([], ["accounting.nothing_to_close"])
    assert close(books, 2024) == ([], ["accounting.nothing_to_close"])
    assert euros(books) == before


def test_a_late_adjustment_is_closed_by_its_amount_alone(books):
    """The auditor: a bonus of 30,000 belongs into the year (accrual on 31 December)."""
    trade(books)
    close(books)
    books.post([("6000", "30000.00"), ("2020", "-30000.00")], on=LAST, nature="adjustment")
    assert close(books)[0] == ["CLOSE/2026/00002"]
    _, lines = entry_of(books, "CLOSE/2026/00002")
    assert lines == [("6000", "-30000.00 EUR", "-30000.00 EUR"), ("3200", "30000.00 EUR", "30000.00 EUR")]
    assert euros(books) == {"1010": "450.00", "2020": "-30000.00", "3200": "29550.00"}


def test_an_adjustment_that_moves_costs_leaves_retained_earnings_alone(books):
    trade(books)
    close(books)
    books.post([("6000", "20.00"), ("6100", "-20.00")], on=LAST, nature="adjustment")
    close(books)
    _, lines = entry_of(books, "CLOSE/2026/00002")
    assert [(code, amount) for code, amount, _ in lines] == [("6000", "-20.00 EUR"), ("6100", "20.00 EUR")]


def test_reopening_takes_every_closing_back_and_closing_again_is_as_before(books):
    trade(books)
    before = euros(books)
    close(books)
    books.post([("6000", "10.00"), ("1010", "-10.00")], on=LAST, nature="adjustment")
    close(books)
    closed = euros(books)
    assert reopen(books) == (["CLOSE/2026/00003", "CLOSE/2026/00004"], [])
    assert euros(books) == {**before, "1010": "440.00", "6000": "160.00"}
    assert reopen(books) == ([], ["accounting.not_closed"])
    assert close(books)[0] == ["CLOSE/2026/00005"]
    assert euros(books) == closed
    entry, _ = entry_of(books, "CLOSE/2026/00003")
    assert (entry.posting_date, entry.nature, entry.text) == (LAST, "closing", "Reversal: 2026 is open again")
    with books.work(read_only=True) as uow:
        assert check(uow) == []


def test_the_reason_of_reopening_is_the_text_of_its_entries(books):
    trade(books)
    close(books)
    numbers, _ = reopen(books, reason="the auditors came back")
    assert entry_of(books, numbers[0])[0].text == "Reversal: the auditors came back"


def test_each_layer_of_books_is_closed_by_an_entry_of_its_own(books):
    trade(books)
    with books.work() as uow:
        declare_book(uow, "tax")
    books.post([("6200", "90.00"), ("1510", "-90.00")], book="tax")
    assert close(books)[0] == ["CLOSE/2026/00001", "CLOSE/2026/00002"]
    assert euros(books) == {"1010": "450.00", "3200": "-450.00"}
    assert euros(books, book="tax") == {"1010": "450.00", "1510": "-90.00", "3200": "-360.00"}
    entry, lines = entry_of(books, "CLOSE/2026/00002")
    assert (entry.book, lines[0][:2]) == ("tax", ("6200", "-90.00 EUR"))


def test_a_book_can_keep_its_result_on_an_account_of_its_own(books):
    with books.work() as uow:
        declare_book(uow, "tax")
        map_purpose(uow, "retained_earnings", "3000", book="tax")
    books.post([("6200", "90.00"), ("1510", "-90.00")], book="tax")
    close(books)
    assert euros(books, book="tax") == {"1510": "-90.00", "3000": "90.00"}


def test_foreign_money_is_closed_in_its_currency_at_the_value_that_it_was_posted_with(books):
    with books.work() as uow:
        uow.add_all(
            Rate(currency="USD", to_currency="EUR", on=date(2026, month, 1), rate=Decimal(rate))
            for month, rate in ((3, "0.90"), (4, "0.80"))
        )
    with books.work() as uow:
        for on in (date(2026, 3, 2), date(2026, 4, 2)):
            lines = [VoucherLine("bank", Money("100.00", "USD")), VoucherLine("sales", Money("-100.00", "USD"))]
            uow.post(Voucher(f"sale:{on}", "shop.sale", lines, posting_date=on))
    close(books)
    _, lines = entry_of(books, "CLOSE/2026/00001")
    assert lines == [("4000", "200.00 USD", "170.00 EUR"), ("3200", "-200.00 USD", "-170.00 EUR")]


def test_what_has_no_rate_is_closed_without_one(books):
    """Hours are counted in hours: they have no value in euros, and others that have one are closed beside them."""
    from bocore_accounting.services import declare_commodity

    with books.work() as uow:
        declare_commodity(uow, "HOUR", 1)
    with books.work() as uow:
        ids = account_ids(uow, ["4800", "1190", "1010", "4000"])
        hours, euro = Money("7.5", uow.tokens["HOUR"]), Money("10.00", "EUR")
        for debit, credit, amount in (("1190", "4800", hours), ("1010", "4000", euro)):
            entry = Entry(journal_id=journal(uow, "GEN").id, posting_date=date(2026, 3, 2))
            post(uow, [(entry, [Line(account_id=ids[debit], amount=amount), Line(account_id=ids[credit], amount=-amount)])])
    close(books)
    _, lines = entry_of(books, "CLOSE/2026/00001")
    assert lines == [
        ("4000", "10.00 EUR", "10.00 EUR"),
        ("4800", "7.5 HOUR", None),
        ("3200", "-10.00 EUR", "-10.00 EUR"),
        ("3200", "-7.5 HOUR", None),
    ]


def test_a_commodity_that_was_spent_leaves_no_quantity_behind(books):
    """Two shares given away at 70.00 each: the cost is closed, and so are the shares on it."""
    from bocore_accounting.services import declare_commodity

    with books.work() as uow:
        declare_commodity(uow, "VTI", 0)
    with books.work() as uow:
        ids = account_ids(uow, ["6800", "1190"])
        entry = Entry(journal_id=journal(uow, "GEN").id, posting_date=date(2026, 3, 2))
        lines = [
            Line(account_id=ids["6800"], amount=Money("140.00", "EUR"), quantity=Money("2", uow.tokens["VTI"])),
            Line(account_id=ids["1190"], amount=Money("-140.00", "EUR"), quantity=Money("-2", uow.tokens["VTI"])),
        ]
        post(uow, [(entry, lines)])
    close(books)
    rows = {(row.account, row.currency): str(row.balance) for row in books.bo.report("trial-balance", actor="ann").rows}
    assert rows == {("1190", "VTI"): "-2", ("3200", "EUR"): "140.00"}


def test_dimensions_are_closed_one_by_one(books):
    """Two shops: the trial balance of each is closed, and its part of the profit is known."""
    with books.work() as uow:
        for shop, amount in (("NORTH", "60.00"), ("SOUTH", "40.00"), ("NORTH", "5.00")):
            money = Money(amount, "EUR")
            lines = [VoucherLine("cash", money, dims={"site": shop}), VoucherLine("sales", -money, dims={"site": shop})]
            uow.post(Voucher(f"sale:{shop}:{amount}", "shop.sale", lines, posting_date=date(2026, 5, 1)))
    close(books)
    with books.work(read_only=True) as uow:
        from bocore import DimensionSet

        sets = {row.id: row.values["site"] for row in uow.select(DimensionSet)}
        entry = uow.select(Entry, nature="closing").one()
        lines = sorted(uow.children(entry, Line), key=lambda line: line.position)
        assert [(str(line.amount), sets[line.dims_id]) for line in lines] == [
            ("65.00 EUR", "NORTH"), ("40.00 EUR", "SOUTH"), ("-65.00 EUR", "NORTH"), ("-40.00 EUR", "SOUTH"),
        ]  # fmt: skip


def test_a_declared_fiscal_year_is_closed_on_its_own_last_day(books):
    with books.work() as uow:
        uow.add(FiscalYear(code=2027, start=date(2026, 4, 1), end=date(2027, 3, 31)))
    books.post([("1010", "10.00"), ("4000", "-10.00")], on=date(2026, 3, 31))
    books.post([("1010", "20.00"), ("4000", "-20.00")], on=date(2026, 4, 1))
    numbers, _ = close(books, 2027)
    entry, lines = entry_of(books, numbers[0])
    assert (entry.number, entry.posting_date, lines[0][1]) == ("CLOSE/2027/00001", date(2027, 3, 31), "20.00 EUR")
    numbers, _ = close(books, 2026)  # the short year before it: January to March
    entry, lines = entry_of(books, numbers[0])
    assert (entry.number, entry.posting_date, lines[0][1]) == ("CLOSE/2026/00001", date(2026, 3, 31), "10.00 EUR")


def test_a_year_that_declared_ones_leave_nothing_of_is_refused(books):
    with books.work() as uow:
        uow.add(FiscalYear(code=2027, start=date(2026, 4, 1), end=date(2027, 3, 31)))
        uow.add(FiscalYear(code=2028, start=date(2027, 4, 1), end=date(2028, 12, 31)))
        uow.add(FiscalYear(code=2031, start=date(2030, 4, 1), end=date(2030, 10, 31)))
    for year, said in ((2029, None), (2030, "not in one piece"), (999999, "can't be meant")):
        if said is None:
            assert close(books, year)[1] == ["accounting.nothing_to_close"]
            continue
        (found,) = books.refused(lambda uow, year=year: close_year(uow, year))
        assert found.code == "accounting.fiscal_year" and said in found.message and found.fix
    with books.work() as uow:
        uow.add(FiscalYear(code=2035, start=date(2031, 1, 1), end=date(2033, 12, 31)))
    (found,) = books.refused(lambda uow: close_year(uow, 2032))
    assert found.message == "No day belongs to 2032: declared fiscal years cover all of it."


def test_an_account_that_was_closed_meanwhile_gives_up_its_result(books):
    trade(books)
    with books.work() as uow:
        close_account(uow, "6100", date(2026, 7, 1))
    close(books)
    assert euros(books) == {"1010": "450.00", "3200": "-450.00"}


def test_a_closed_account_for_retained_earnings_is_refused(books):
    trade(books)
    with books.work() as uow:
        close_account(uow, "3200", date(2026, 7, 1))
    (found,) = books.refused(lambda uow: close_year(uow, 2026))
    assert found.code == "accounting.account_closed" and "3200" in found.message
    assert close_numbers(books) == []


def close_numbers(books):
    with books.work(read_only=True) as uow:
        return [entry.number for entry in uow.select(Entry, nature="closing")]


def test_without_an_account_for_retained_earnings_nothing_is_closed(books):
    trade(books)
    with books.work() as uow:
        for rule in uow.select(PurposeRule, purpose=["retained_earnings", "equity"]):
            uow.remove(rule)
    (found,) = books.refused(lambda uow: close_year(uow, 2026))
    assert (found.code, found.params["purpose"]) == ("accounting.unmapped", "retained_earnings")
    assert found.fix == "Map it to an account of equity: bo accounting map-purpose retained_earnings ACCOUNT."


def test_retained_earnings_on_an_account_of_the_result_are_refused(books):
    trade(books)
    with books.work() as uow:
        map_purpose(uow, "retained_earnings", "4800")
    (found,) = books.refused(lambda uow: close_year(uow, 2026))
    assert found.code == "accounting.retained_earnings"
    assert found.message == "Retained earnings go to 4800 Other income, an account of income, which is closed itself."


@pytest.mark.parametrize("act", [close_year, reopen_year])
def test_a_locked_year_is_neither_closed_nor_opened(books, act):
    trade(books)
    if act is reopen_year:
        close(books)
    with books.work() as uow:
        lock_period(uow, "ledger", LAST)
    before = euros(books)
    found = books.refused(lambda uow: act(uow, 2026))
    assert {one.code for one in found} == {"accounting.locked"}
    assert euros(books) == before


def test_a_closing_entry_is_not_reversed_on_another_day(books):
    """Else next year would begin with last year's revenue."""
    trade(books)
    close(books)
    with books.work() as uow:
        lock_period(uow, "ledger", LAST)
    (found,) = books.refused(lambda uow: reverse(uow, "CLOSE/2026/00001", "wrong"))
    assert found.code == "accounting.closing_entry"
    assert "reopen-year" in found.fix


def test_closing_needs_the_permission_to_close(books):
    from bocore.plugins import declaration_of

    assert declaration_of(close_year).permission == declaration_of(reopen_year).permission == "accounting.close"


def test_the_roll_up_knows_what_was_closed(books):
    trade(books)
    with books.work() as uow:
        roll_up(uow)
    close(books)
    assert euros(books) == {"1010": "450.00", "3200": "-450.00"}
    with books.work() as uow:
        roll_up(uow)
    assert euros(books) == {"1010": "450.00", "3200": "-450.00"}
    with books.work(read_only=True) as uow:
        assert check(uow) == []


def test_entries_without_lines_of_the_result_need_no_closing(books):
    books.post([("1010", "5.00"), ("3000", "-5.00")])
    assert close(books) == ([], ["accounting.nothing_to_close"])


def test_companies_close_for_themselves(books):
    from bocore import Company

    trade(books)
    with books.work() as uow:
        uow.add(Company(code="B", name="Beta", currency="EUR"))
    with books.work(company="B") as uow:
        assert close_year(uow, 2026) == []
    with books.work(company="ACME") as uow:
        assert [str(line.amount) for line in uow.children(close_year(uow, 2026)[0], Line)][-1] == "-450.00 EUR"


def test_a_year_before_that_was_left_open_is_named(books):
    books.post([("1010", "70.00"), ("4000", "-70.00")], on=date(2025, 12, 31))
    trade(books)
    _, said = close(books)
    assert "accounting.earlier_year_open" in said
    close(books, 2025)
    reopen(books)
    assert "accounting.earlier_year_open" not in close(books)[1]


def test_a_year_that_is_short_since_nobody_declared_it_is_named(books):
    with books.work() as uow:
        uow.add(FiscalYear(code=2027, start=date(2026, 4, 1), end=date(2027, 3, 31)))
    books.post([("1010", "70.00"), ("4000", "-70.00")], on=date(2026, 1, 4))
    assert "accounting.short_year" in close(books)[1]
    assert "accounting.short_year" not in close(books, 2027)[1]
