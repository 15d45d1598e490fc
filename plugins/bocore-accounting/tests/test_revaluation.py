"""What is in other currencies is worth more or less at the end of a month, and is as it was on the next day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bocore import Line as VoucherLine
from bocore import Money, Paid, Rate, RateKind, Voucher, VoucherRecord, check_items, lock_period, open_items, settle_lines
from bocore_accounting import Account, AccountKind, Entry, Line, PurposeRule, check
from bocore_accounting.revaluation import revalue
from bocore_accounting.services import classify_account, declare_book, map_purpose, open_account

FEB, MARCH, MAY = date(2026, 2, 28), date(2026, 3, 31), date(2026, 5, 4)


def rate(books, on, value, currency="USD", kind=RateKind.CLOSING):
    with books.work() as uow:
        found = uow.select(Rate, currency=currency, on=on, kind=kind).first()
        if found is None:
            uow.add(Rate(currency=currency, to_currency="EUR", on=on, rate=Decimal(value), kind=kind))
        else:
            found.rate = Decimal(value)


def usd(text):
    return Money(text, "USD")


def eur(text):
    return Money(text, "EUR")


def invoice(books, key="INV-1", amount="10000.00", base="9000.00", on=date(2026, 3, 2)):
    """Sold for 10,000.00 USD when a dollar was 0.90."""
    with books.work() as uow:
        lines = [
            VoucherLine("receivable", usd(amount), base=eur(base), opens=key),
            VoucherLine("sales", -usd(amount), base=-eur(base)),
        ]
        uow.post(Voucher(f"bill:{key}", "bill.sale", lines, posting_date=on))


def pay(books, on, amount, rate, key="INV-1"):
    """The customer pays in dollars, which the bank gives euros for."""
    paid = usd(amount)
    with books.work() as uow:
        lines = settle_lines(uow, [Paid(key, paid, rate=Decimal(rate))], on=on)
        received = paid.convert(Decimal(rate), "EUR")
        uow.post(Voucher(f"pay:{key}:{on}", "bill.payment", [VoucherLine("bank", received), *lines], posting_date=on))


def run(books, on=MARCH):
    with books.work() as uow:
        receipts = revalue(uow, on)
    return [(receipt.key, receipt.posting_date) for receipt in receipts], [finding.code for finding in uow.findings]


def base_of(books, through=None):
    """Account → balance in euros, as the books value it; without zeros."""
    with books.work(read_only=True) as uow:
        from bocore_accounting import totals

        codes = {account.id: account.code for account in uow.select(Account)}
        sums = {}
        for row in totals(uow, company=uow.company, through=through):
            sums[codes[row.account_id]] = sums.get(codes[row.account_id], 0) + int(row.base_debit - row.base_credit)
        return {code: str(Money.minor(minor, "EUR").amount) for code, minor in sums.items() if minor}


def listed(books, on=MARCH):
    rows = books.bo.report("revaluation", actor="ann", options={"on": on}).rows
    return [(row.account, row.item, row.currency, str(row.amount), str(row.booked), str(row.worth), str(row.difference)) for row in rows]


def sound(books):
    with books.work(read_only=True) as uow:
        assert list(check(uow)) == []
        assert list(check_items(uow)) == []


def test_the_published_example_realises_80_whatever_was_valued_in_between(books):
    """10,000 USD at 0.90; 4,000 paid at 0.91; month's end 0.93; 6,000 paid at 0.88: 40 gained, 120 lost."""
    invoice(books)
    pay(books, date(2026, 3, 15), "4000.00", "0.91")
    rate(books, MARCH, "0.93")
    assert base_of(books) == {"1010": "3640.00", "1100": "5400.00", "4000": "-9000.00", "7100": "-40.00"}
    assert run(books) == (
        [("accounting.revaluation:1:2026-03-31", MARCH), ("accounting.revaluation:1:2026-03-31:reversal", date(2026, 4, 1))], [],
    )  # fmt: skip
    assert base_of(books, MARCH) == {"1010": "3640.00", "1100": "5580.00", "4000": "-9000.00", "7100": "-40.00", "7110": "-180.00"}
    with books.work(read_only=True) as uow:
        (item,) = open_items(uow, as_of=MARCH)
        assert (str(item.remaining), str(item.base), str(item.revaluation)) == ("6000.00 USD", "5400.00 EUR", "180.00 EUR")
        (item,) = open_items(uow)
        assert str(item.revaluation) == "0.00 EUR"
    pay(books, MAY, "6000.00", "0.88")
    assert base_of(books) == {"1010": "8920.00", "4000": "-9000.00", "7100": "80.00"}
    with books.work(read_only=True) as uow:
        assert open_items(uow) == []
    sound(books)


def test_entries_stand_in_a_journal_of_their_own_and_say_what_they_are(books):
    invoice(books)
    rate(books, MARCH, "0.93")
    run(books)
    with books.work(read_only=True) as uow:
        codes = {account.id: account.code for account in uow.select(Account)}
        first, second = uow.select(Entry, nature="revaluation").order_by(Entry.c.posting_date)
        assert [(e.number, e.text, e.posting_date) for e in (first, second)] == [
            ("REVAL/2026/00001", "Revaluation of 2026-03-31", MARCH),
            ("REVAL/2026/00002", "Reversal: revaluation of 2026-03-31", date(2026, 4, 1)),
        ]
        assert second.reverses_id == first.id
        lines = sorted(uow.children(first, Line), key=lambda line: line.position)
        assert [(codes[line.account_id], str(line.amount), str(line.base)) for line in lines] == [
            ("1100", "0.00 USD", "300.00 EUR"),
            ("7110", "-300.00 EUR", "-300.00 EUR"),
        ]


def test_doing_it_again_does_nothing(books):
    invoice(books)
    rate(books, MARCH, "0.93")
    run(books)
    before = base_of(books, MARCH)
    assert run(books) == ([], ["accounting.nothing_to_revalue"])
    assert base_of(books, MARCH) == before


def test_a_corrected_rate_posts_the_difference(books):
    invoice(books)
    rate(books, MARCH, "0.93")
    run(books)
    rate(books, MARCH, "0.92")
    keys, _ = run(books)
    assert keys[0] == ("accounting.revaluation:1:2026-03-31#2", MARCH)
    assert base_of(books, MARCH) == {"1100": "9200.00", "4000": "-9000.00", "7110": "-200.00"}
    assert base_of(books) == {"1100": "9000.00", "4000": "-9000.00"}
    sound(books)


def test_an_invoice_that_came_late_is_valued_by_itself(books):
    invoice(books)
    rate(books, MARCH, "0.93")
    run(books)
    invoice(books, "INV-2", "100.00", "90.00", on=date(2026, 3, 30))
    run(books)
    with books.work(read_only=True) as uow:
        last = uow.find(VoucherRecord, key="accounting.revaluation:1:2026-03-31#2")
        assert [line.get("settles") for line in last.body["lines"]] == ["INV-2", None]
    assert base_of(books, MARCH)["7110"] == "-303.00"


def test_gains_and_losses_can_have_accounts_of_their_own(books):
    with books.work() as uow:
        open_account(uow, "4820", "Exchange gains", AccountKind.INCOME)
        map_purpose(uow, "fx.unrealised", "4820", by="side=gain")
    invoice(books)
    books.post([("2000", "-1000.00 USD"), ("6100", "1000.00 USD")])  # without a rate: no value in euros, so nothing to revalue
    rate(books, date(2026, 3, 2), "0.95", kind=RateKind.SPOT)
    with books.work() as uow:
        uow.post(
            Voucher(
                "bill:B", "bill.buy", [VoucherLine("payable", usd("-100.00")), VoucherLine("expense", usd("100.00"))], posting_date=MARCH
            )
        )
    rate(books, MARCH, "0.97")
    run(books)
    assert {code: value for code, value in base_of(books, MARCH).items() if code in ("4820", "7110")} == {"4820": "-700.00", "7110": "2.00"}


def test_a_bank_account_is_valued_as_a_whole(books):
    rate(books, date(2026, 3, 2), "0.90", kind=RateKind.SPOT)
    with books.work() as uow:
        for n, amount in enumerate(("100.00", "33.33", "-50.00")):
            lines = [VoucherLine("bank", usd(amount)), VoucherLine("sales", -usd(amount))]
            uow.post(Voucher(f"v:{n}", "till.move", lines, posting_date=date(2026, 3, 2)))
    rate(books, MARCH, "0.93")
    assert listed(books) == [("1010", "", "USD", "83.33", "75.00", "77.50", "2.50")]
    run(books)
    assert base_of(books, MARCH)["1010"] == "77.50"
    assert listed(books) == [("1010", "", "USD", "83.33", "77.50", "77.50", "0.00")]


def test_what_an_account_has_besides_its_items_is_valued_too(books):
    """An entry made by hand on the receivables."""
    invoice(books)
    rate(books, date(2026, 3, 2), "0.90", kind=RateKind.SPOT)
    with books.work() as uow:
        lines = [VoucherLine("receivable", usd("50.00")), VoucherLine("sales", usd("-50.00"))]
        uow.post(Voucher("hand", "gl.entry", lines, posting_date=date(2026, 3, 3)))
    rate(books, MARCH, "0.93")
    assert listed(books) == [
        ("1100", "INV-1", "USD", "10000.00", "9000.00", "9300.00", "300.00"),
        ("1100", "", "USD", "50.00", "45.00", "46.50", "1.50"),
    ]
    run(books)
    assert base_of(books, MARCH)["1100"] == "9346.50"
    assert base_of(books)["1100"] == "9045.00"


def test_goods_and_advances_stay_at_what_was_paid(books):
    rate(books, date(2026, 3, 2), "0.90", kind=RateKind.SPOT)
    with books.work() as uow:
        for purpose in ("inventory", "asset.cost", "supplier.advance", "deferred.expense"):
            lines = [VoucherLine(purpose, usd("100.00")), VoucherLine("equity", usd("-100.00"))]
            uow.post(Voucher(f"v:{purpose}", "till.move", lines, posting_date=date(2026, 3, 2)))
        lines = [VoucherLine("customer.advance", usd("-7.00"), opens="ADV"), VoucherLine("equity", usd("7.00"))]
        uow.post(Voucher("adv", "till.move", lines, posting_date=date(2026, 3, 2)))
    rate(books, MARCH, "0.93")
    assert listed(books) == []
    assert run(books) == ([], ["accounting.nothing_to_revalue"])


def test_what_nobody_calls_monetary_is_named_and_left_out(books):
    with books.work() as uow:
        open_account(uow, "1195", "Claims", AccountKind.ASSET)
        open_account(uow, "1011", "Bank in dollars", AccountKind.ASSET, parent="10", currency="USD")
    rate(books, date(2026, 3, 2), "0.90", kind=RateKind.SPOT)
    with books.work() as uow:
        for account in ("1195", "1011"):
            lines = [VoucherLine("asset", usd("100.00"), account=account), VoucherLine("equity", usd("-100.00"))]
            uow.post(Voucher(f"v:{account}", "till.move", lines, posting_date=date(2026, 3, 2)))
    rate(books, MARCH, "0.93")
    assert run(books)[1] == ["accounting.monetary_unclear"]
    assert base_of(books, MARCH)["1011"] == "93.00"  # it takes dollars only
    assert base_of(books, MARCH)["1195"] == "90.00"
    with books.work() as uow:
        classify_account(uow, "1195", monetary=True)
        classify_account(uow, "1011", monetary=False)
    assert run(books)[1] == []
    assert base_of(books, MARCH)["1195"] == "93.00"


def test_accounts_below_one_that_is_monetary_are_so_too(books):
    with books.work() as uow:
        open_account(uow, "1012", "Petty cash", AccountKind.ASSET, parent="10")
        classify_account(uow, "10", monetary=True)
    rate(books, date(2026, 3, 2), "0.90", kind=RateKind.SPOT)
    with books.work() as uow:
        lines = [VoucherLine("cash", usd("100.00"), account="1012"), VoucherLine("equity", usd("-100.00"))]
        uow.post(Voucher("v", "till.move", lines, posting_date=date(2026, 3, 2)))
    rate(books, MARCH, "0.93")
    assert listed(books) == [("1012", "", "USD", "100.00", "90.00", "93.00", "3.00")]


def test_shares_stay_at_cost(books):
    """Ten shares for 701.90 USD are no dollars."""
    from bocore_accounting import Commodity, account_ids, journal, post

    with books.work() as uow:
        uow.add(Commodity(code="VTI", exponent=0))
        ids = account_ids(uow, ["1010", "3000"])
        entry = Entry(journal_id=journal(uow, "GEN").id, posting_date=date(2026, 3, 2))
        lines = [
            Line(account_id=ids["1010"], amount=usd("701.90"), base=eur("631.71"), quantity=Money("10", uow.tokens["VTI"])),
            Line(account_id=ids["3000"], amount=usd("-701.90"), base=eur("-631.71")),
        ]
        post(uow, [(entry, lines)])
    rate(books, MARCH, "0.93")
    assert listed(books) == []


def test_without_a_closing_rate_the_spot_rate_counts(books):
    invoice(books)
    rate(books, date(2026, 3, 30), "0.94", kind=RateKind.SPOT)
    run(books)
    assert base_of(books, MARCH)["1100"] == "9400.00"


def test_last_months_closing_rate_does_not_outlive_a_later_spot_rate(books):
    invoice(books)
    rate(books, FEB, "0.80")
    rate(books, date(2026, 3, 30), "0.94", kind=RateKind.SPOT)
    run(books)
    assert base_of(books, MARCH)["1100"] == "9400.00"


def test_an_old_rate_is_used_and_said(books):
    invoice(books)
    rate(books, FEB, "0.80")
    with books.work() as uow:
        revalue(uow, MARCH)
    (warning,) = uow.findings
    assert (warning.code, warning.params["currency"]) == ("accounting.old_rate", "USD")
    assert warning.message == "The latest rate of USD is of 2026-02-28, 31 days before 2026-03-31."
    assert base_of(books, MARCH)["1100"] == "8000.00"


def test_every_missing_rate_is_named_and_nothing_is_posted(books):
    invoice(books)
    with books.work() as uow:
        for code in ("GBP", "CHF"):
            amount = Money("10.00", code)
            lines = [VoucherLine("bank", amount, base=eur("9.00")), VoucherLine("sales", -amount, base=eur("-9.00"))]
            uow.post(Voucher(f"v:{code}", "till.move", lines, posting_date=date(2026, 3, 2)))
    rate(books, MARCH, "1.15", "GBP")
    before = base_of(books)
    found = books.refused(lambda uow: revalue(uow, MARCH))
    assert [(one.code, one.params["currency"]) for one in found] == [("accounting.no_rate", "CHF"), ("accounting.no_rate", "USD")]
    assert found[0].message == "There is neither a closing nor a spot rate from CHF to EUR on 2026-03-31 or before: nothing was revalued."
    assert base_of(books) == before


def test_an_account_that_dollars_left_is_worth_nothing_and_needs_no_rate(books):
    """Bought at 0.90, spent at 0.95: 5.00 EUR are left of no dollars, until the difference is realised."""
    with books.work() as uow:
        for n, (amount, base) in enumerate((("100.00", "90.00"), ("-100.00", "-95.00"))):
            lines = [VoucherLine("bank", usd(amount), base=eur(base)), VoucherLine("equity", -usd(amount), base=-eur(base))]
            uow.post(Voucher(f"v:{n}", "till.move", lines, posting_date=date(2026, 3, 2)))
    run(books)
    assert base_of(books, MARCH) == {"3000": "5.00", "7110": "-5.00"}


def test_a_paid_item_is_not_valued_and_one_paid_later_is(books):
    invoice(books)
    pay(books, date(2026, 3, 20), "10000.00", "0.91")
    invoice(books, "INV-2", "100.00", "90.00")
    pay(books, MAY, "100.00", "0.91", key="INV-2")
    rate(books, MARCH, "0.93")
    assert listed(books) == [("1100", "INV-2", "USD", "100.00", "90.00", "93.00", "3.00")]
    run(books)
    assert base_of(books, MARCH)["7110"] == "-3.00"
    assert "7110" not in base_of(books)
    sound(books)


def test_each_layer_of_books_is_valued_by_a_voucher_of_its_own(books):
    invoice(books)
    with books.work() as uow:
        declare_book(uow, "tax")
    with books.work() as uow:
        lines = [VoucherLine("receivable", usd("-1000.00"), base=eur("-900.00")), VoucherLine("sales", usd("1000.00"), base=eur("900.00"))]
        uow.post(Voucher("tax", "gl.entry", lines, posting_date=date(2026, 3, 3), book="tax"))
    rate(books, MARCH, "0.93")
    keys, _ = run(books)
    assert [key for key, _ in keys] == [
        "accounting.revaluation:1:2026-03-31", "accounting.revaluation:1:2026-03-31:reversal",
        "accounting.revaluation:1:2026-03-31:tax", "accounting.revaluation:1:2026-03-31:tax:reversal",
    ]  # fmt: skip
    assert base_of(books, MARCH)["1100"] == "9300.00"


def test_a_locked_day_is_refused(books):
    invoice(books)
    rate(books, MARCH, "0.93")
    with books.work() as uow:
        lock_period(uow, "ledger", MARCH)
    assert [one.code for one in books.refused(lambda uow: revalue(uow, MARCH))] == ["bo.period_locked"]
    assert base_of(books) == {"1100": "9000.00", "4000": "-9000.00"}


def test_without_an_account_for_the_differences_nothing_is_posted(books):
    from bocore import write_setting
    from bocore_accounting.settings import AccountingSettings

    invoice(books)
    rate(books, MARCH, "0.93")
    with books.bo.unit_of_work(actor="olga") as uow:
        write_setting(uow, AccountingSettings, "unmapped", "refuse")
        for rule in uow.select(PurposeRule, purpose=["fx.unrealised", "expense"]):
            uow.remove(rule)
    (found,) = books.refused(lambda uow: revalue(uow, MARCH))
    assert (found.code, found.params["purpose"]) == ("accounting.unmapped", "fx.unrealised")


def test_vouchers_that_wait_for_the_books_stop_it(open_books):
    from bocore_accounting import apply_standard_chart, catch_up, plugin

    shop = open_books("later")
    invoice(shop)
    shop.bo.close()
    books = open_books("later", plugin)
    with books.work() as uow:
        apply_standard_chart(uow, uow.company.id)
    rate(books, MARCH, "0.93")
    (found,) = books.refused(lambda uow: revalue(uow, MARCH))
    assert found.message == "1 voucher through 2026-03-31 is not in the books yet."
    with books.work() as uow:
        catch_up(uow)
    run(books)
    assert base_of(books, MARCH)["1100"] == "9300.00"


def test_a_ledger_that_is_installed_later_replays_revaluations_with_their_nature(books, open_books, tmp_path):
    from bocore_accounting import catch_up

    invoice(books)
    rate(books, MARCH, "0.93")
    run(books)
    with books.work(read_only=True) as uow:
        bodies = [(record.key, record.nature) for record in uow.select(VoucherRecord).order_by(VoucherRecord.c.id)]
        entries = [(entry.nature, entry.posting_date) for entry in uow.select(Entry).order_by(Entry.c.posting_date)]
    assert bodies[1:] == [
        ("accounting.revaluation:1:2026-03-31", "revaluation"), ("accounting.revaluation:1:2026-03-31:reversal", "revaluation"),
    ]  # fmt: skip
    assert entries == [("normal", date(2026, 3, 2)), ("revaluation", MARCH), ("revaluation", date(2026, 4, 1))]
    with books.work() as uow:
        assert catch_up(uow) == 0


amount = st.integers(1, 10**9)
near = st.integers(5000, 15000)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(amount, near, st.booleans()), min_size=1, max_size=5), near, near)
def test_a_revaluation_reverses_to_zero(open_books, tmp_path_factory, invoices, closing, corrected):
    """Whatever is owed and at whatever rates: on the day it is worth what the rate says, on the next day what it was; twice or once."""
    from bocore_accounting import plugin

    books = open_books(tmp_path_factory.mktemp("books").name, plugin)
    for n, (minor, value, sold) in enumerate(invoices):
        money = Money.minor(minor if sold else -minor, "USD")
        base = money.convert(Decimal(value) / 10000, "EUR")
        purpose, other = ("receivable", "sales") if sold else ("payable", "expense")
        with books.work() as uow:
            lines = [VoucherLine(purpose, money, base=base, opens=f"I{n}"), VoucherLine(other, -money, base=-base)]
            uow.post(Voucher(f"v{n}", "bill.any", lines, posting_date=date(2026, 3, 2)))
    before = base_of(books)
    for value in (closing, corrected):
        rate(books, MARCH, str(Decimal(value) / 10000))
        run(books)
        with books.work(read_only=True) as uow:
            worth = [
                item.remaining.convert(Decimal(value) / 10000, "EUR") - item.base - item.revaluation
                for item in open_items(uow, as_of=MARCH)
            ]
            assert not any(worth)
            shown = {"receivable": 0, "payable": 0}
            for item in open_items(uow, as_of=MARCH):
                shown[item.purpose] += item.base.minor_units + item.revaluation.minor_units
        on_the_day = base_of(books, MARCH)
        assert Decimal(on_the_day.get("1100", 0)) == Decimal(shown["receivable"]) / 100
        assert Decimal(on_the_day.get("2000", 0)) == Decimal(shown["payable"]) / 100
        assert base_of(books) == before
        assert run(books)[0] == []
    sound(books)
