"""A work order: what goes into it, what comes out, and what is left over, asked for by whoever runs it without knowing the books."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from bocore import BalanceQuery, Plugin
from bocore_accounting import AccountKind
from flows.office import Office, line, money

MFG = Plugin(prefix="mfg", purposes={"mfg.wip": "wip", "mfg.absorbed": "expense", "mfg.variance": "cogs"})
ORDER = {"work_order": "12"}


def spent(plant: Office, order: str) -> Decimal | None:
    """What stands on a work order, as the module that runs it asks: None where nobody keeps books."""
    with plant.work("mfg", read_only=True) as uow:
        query = BalanceQuery(company=uow.company.id, purpose="wip", dims={"work_order": order})
        answer = uow.hook.bo_balance(uow=uow, query=query)
        return None if answer is None else answer.amount


def play(plant: Office) -> list[Decimal | None]:
    """Material 500, labour 120, overhead 60; 95 of 100 come out at a standard of 6.80; returns what stood on the order after each step."""
    worked = [line("mfg.absorbed", "-120.00", by={"what": "labour"}), line("mfg.absorbed", "-60.00", by={"what": "overhead"})]
    over = [line("mfg.variance", "24.00", by={"what": "usage"}), line("mfg.variance", "10.00", by={"what": "yield"})]
    steps = [
        ("stock.issue:1", [line("mfg.wip", "500.00", dims=ORDER), line("inventory", "-500.00")]),
        ("mfg.time:1", [line("mfg.wip", "180.00", dims=ORDER), *worked]),
        ("stock.output:1", [line("inventory", "646.00"), line("mfg.wip", "-646.00", dims=ORDER)]),
        ("mfg.close:12", [*over, line("mfg.wip", "-34.00", dims=ORDER)]),
    ]
    plant.book("stock.opening:1", "2026-01-01", line("inventory", "500.00"), line("equity", "-500.00"))
    plant.book("mfg.time:0", "2026-01-05", line("mfg.wip", "75.00", dims={"work_order": "11"}), line("mfg.absorbed", "-75.00"))
    seen = []
    for at, (key, lines) in enumerate(steps):
        plant.book(key, f"2026-01-0{6 + at}", *lines)
        seen.append(spent(plant, "12"))
    return seen


def test_what_goes_into_an_order_comes_out_of_it(open_office: Callable[..., Office]) -> None:
    assert 95 * money("6.80").amount == 646
    plant = open_office(MFG)
    assert play(plant) == [Decimal("500.00"), Decimal("680.00"), Decimal("34.00"), Decimal("0.00")]
    assert plant.balances() == {"1300": "646.00", "1310": "75.00", "3000": "-500.00", "5000": "34.00", "6800": "-255.00"}
    assert plant.balances(dim=["work_order=12"]) == {}
    assert plant.balances(dim=["work_order=12"], as_of="2026-01-08") == {"1310": "34.00"}
    assert spent(plant, "11") == Decimal("75.00")


def test_where_nobody_keeps_books_nobody_answers(open_office: Callable[..., Office]) -> None:
    plant = open_office(MFG, books=False)
    assert play(plant) == [None, None, None, None]


def test_variances_have_accounts_of_their_own_once_the_firm_wants_them(open_office: Callable[..., Office]) -> None:
    plant = open_office(MFG)
    plant.do("accounting.setup-chart")
    for code, what in (("5100", "usage"), ("5110", "yield")):
        plant.do("accounting.open-account", code, f"Variance of {what}", AccountKind.EXPENSE)
        plant.do("accounting.map-purpose", "mfg.variance", code, by=f"what={what}")
    play(plant)
    assert {code: amount for code, amount in plant.balances().items() if code.startswith("51")} == {"5100": "24.00", "5110": "10.00"}
    assert plant.balance("mfg.variance") == "34.00"
    assert (plant.balance("cogs"), plant.balance("cogs", alone=True)) == ("34.00", "0.00")
    plant.reverse("mfg.close:12", "Closed too early")
    assert (spent(plant, "12"), plant.balance("mfg.variance")) == (Decimal("34.00"), "0.00")
