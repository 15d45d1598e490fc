"""An invoice in dollars, paid in two parts at two rates, with a month's end between: 80.00 are lost, whatever it was worth meanwhile."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bocore import Paid, Party, Rate, RateKind
from flows.office import Office, line, money

JANUARY = date(2026, 1, 31)


@pytest.fixture
def exporter(office: Office) -> Office:
    """10,000 USD are invoiced on 10 January at 0.90; of them 4,000 are paid on 20 January at 0.91."""
    with office.work() as uow:
        uow.add(Party(code="K1", name="Mill & Sons"))
        uow.add(Rate(currency="USD", to_currency="EUR", on=JANUARY, kind=RateKind.CLOSING, rate=Decimal("0.93")))
        for on, rate in (("2026-01-10", "0.90"), ("2026-01-20", "0.91"), ("2026-02-12", "0.88")):
            uow.add(Rate(currency="USD", to_currency="EUR", on=date.fromisoformat(on), rate=Decimal(rate)))
        party = uow.select(Party, code="K1").one()
    owed = line("receivable", "10000.00 USD", opens="inv:1", party=party, due=date(2026, 2, 9))
    office.book("bill.invoice:1", "2026-01-10", owed, line("sales", "-10000.00 USD"))
    office.pay("bank.payment:1", "2026-01-20", Paid("inv:1", money("4000.00 USD")))
    return office


def revalue_january(exporter: Office) -> None:
    exporter.clock.set("2026-02-02T09:00Z")
    valued, taken_back = exporter.do("accounting.revalue", JANUARY)
    assert (valued["posting_date"], taken_back["posting_date"]) == ("2026-01-31", "2026-02-01")


def income(exporter: Office, **period: str) -> dict[str, str]:
    found = exporter.statement("income-statement", **period)
    return {name: found.get(account, "0.00") for name, account in (("realised", "7100"), ("unrealised", "7110"))}


def test_what_is_realised_does_not_depend_on_what_it_was_worth_between(exporter: Office) -> None:
    revalue_january(exporter)
    exporter.lock("ledger", "2026-01-31")
    exporter.clock.set("2026-02-12T09:00Z")
    exporter.pay("bank.payment:2", "2026-02-12", Paid("inv:1"))
    assert exporter.balances() == {"1010": "8920.00", "4000": "-10000.00 USD", "7100": "80.00"}
    assert income(exporter, since="2026-01-01", through="2026-01-31") == {"realised": "-40.00", "unrealised": "-180.00"}
    assert income(exporter, since="2026-02-01", through="2026-02-28") == {"realised": "120.00", "unrealised": "180.00"}
    assert income(exporter, year="2026") == {"realised": "80.00", "unrealised": "0.00"}
    assert Decimal("3640.00") + Decimal("5280.00") - Decimal("9000.00") == Decimal("-80.00")
    assert exporter.items() == {}
    assert exporter.statement("income-statement", year=2026)["Result"] == "8920.00"


def test_the_claim_is_worth_what_it_is_on_each_day_and_owed_in_dollars(exporter: Office) -> None:
    revalue_january(exporter)
    worth = {"2026-01-10": "9000.00", "2026-01-20": "5400.00", "2026-01-30": "5400.00", "2026-01-31": "5580.00", "2026-02-01": "5400.00"}
    for on, amount in worth.items():
        assert exporter.statement("balance-sheet", as_of=on)["1100"] == amount
        assert exporter.balance("receivable", through=on) == amount
        (row,) = exporter.report("open-items", as_of=on, currency="base")
        assert str(row.remaining) == amount
    assert exporter.items(as_of="2026-01-31") == {"inv:1": "6000.00 USD"}


def test_the_trial_balance_in_the_companys_currency_adds_up_to_zero_on_every_day(exporter: Office) -> None:
    revalue_january(exporter)
    exporter.pay("bank.payment:2", "2026-02-12", Paid("inv:1"))
    assert exporter.balances(as_of="2026-01-31") == {
        "1010": "3640.00", "1100": "6000.00 USD", "4000": "-10000.00 USD", "7100": "-40.00", "7110": "-180.00",
    }  # fmt: skip
    assert exporter.balances(as_of="2026-01-31", currency="base") == {
        "1010": "3640.00", "1100": "5580.00", "4000": "-9000.00", "7100": "-40.00", "7110": "-180.00",
    }  # fmt: skip
    for on in ("2026-01-10", "2026-01-20", "2026-01-31", "2026-02-01", "2026-02-12"):
        rows = exporter.report("trial-balance", as_of=on, currency="base")
        assert (sum(row.balance for row in rows), {row.currency for row in rows}) == (0, {"EUR"})


def test_a_payment_that_is_taken_back_restores_item_and_difference(exporter: Office) -> None:
    revalue_january(exporter)
    exporter.pay("bank.payment:2", "2026-02-12", Paid("inv:1"))
    exporter.reverse("bank.payment:2", "The cheque came back", "2026-02-13")
    assert exporter.items() == {"inv:1": "6000.00 USD"}
    assert exporter.statement("balance-sheet", as_of="2026-02-13")["1100"] == "5400.00"
    assert income(exporter, year="2026") == {"realised": "-40.00", "unrealised": "0.00"}
