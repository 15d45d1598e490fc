"""A firm that is registered for tax, beside books of account, with the taxes of a country that does not exist."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bocore import BackOffice, Finding, Line, Money, Plugin, Refused, UnitOfWork, Voucher
from bocore_tax import (
    Area,
    Box,
    Boxes,
    DatedRate,
    Form,
    Rule,
    Tax,
    TaxAnswer,
    TaxRegistration,
    TaxRequest,
    TaxReturn,
    tax,
    tax_lines,
)  # fmt: skip
from bocore_tax.services import file_return, open_return, prepare_return, register

SALE, PURCHASE = Boxes(base="6", tax="1"), Boxes(base="7", tax="4")


def percent(value: str, since: date | None = None, until: date | None = None) -> DatedRate:
    return DatedRate(percent=Decimal(value), since=since, until=until, source="a law")


RATES = [
    Tax(
        code="XA-STD", place="XA", name="Standard", kind="standard", output=SALE, input=PURCHASE,
        rates=[percent("17.5", date(2020, 1, 1), date(2025, 12, 31)), percent("20", date(2026, 1, 1))],
    ),
    Tax(code="XA-RED", place="XA", name="Reduced", kind="reduced", rates=[percent("5")], output=SALE, input=PURCHASE),
    Tax(code="XA-ZERO", place="XA", name="Zero", kind="zero", rates=[percent("0")], output=SALE, input=PURCHASE),
    Tax(code="XA-EXEMPT", place="XA", name="Exempt", kind="exempt", output=Boxes(base="6"), input=Boxes(base="7")),
    Tax(
        code="XA-RC", place="XA", name="Reverse charge", kind="reverse_charge", rates=[percent("20")], output=SALE, input=PURCHASE,
        note="Reverse charge",
    ),
    Tax(code="XA-RCS", place="XA", name="The customer accounts", kind="reverse_charge", rates=[percent("20")], output=Boxes(base="6")),
    Tax(code="XA-CAR", place="XA", name="Half given back", kind="standard", rates=[percent("20")], recoverable=Decimal(50), input=PURCHASE),
    Tax(code="XA-WH", place="XA", name="Withheld", kind="withholding", rates=[percent("15")]),
    Tax(code="XA-CITY", place="XA", name="City", kind="standard", rates=[percent("10")], compound=True, output=SALE, input=PURCHASE),
]  # fmt: skip
RULES = [
    Rule(place="XA", tax_class="standard", codes="XA-STD"),
    Rule(place="XA", tax_class="reduced", codes="XA-RED"),
    Rule(place="XA", tax_class="zero", codes="XA-ZERO"),
    Rule(place="XA", tax_class="exempt", codes="XA-EXEMPT"),
    Rule(place="XA", tax_class="standard", codes="XA-RC", direction="input", counterpart="abroad", party="business"),
    Rule(place="XA", tax_class="standard", codes="XA-ZERO", direction="output", counterpart="abroad"),
    Rule(place="XA", tax_class="standard", codes="XA-RCS", direction="output", counterpart="UNION", party="business"),
    Rule(place="XA-1", tax_class="standard", codes=["XA-STD", "XA-CITY"]),
]
AREAS = [Area(code="UNION", places={"XB": (None, None), "XC": (date(2020, 1, 1), date(2025, 12, 31))})]
FORM = Form(
    code="XA-RETURN", place="XA", name="Return", due="5",
    boxes=[
        Box(code="1", label="Tax on sales"), Box(code="4", label="Tax on purchases"), Box(code="5", label="Due", sums="1 - 4"),
        Box(code="6", label="Sales", whole="down"), Box(code="7", label="Purchases", whole="down"),
    ],
)  # fmt: skip
pack = Plugin(prefix="xa", data={"tax.rates": RATES, "tax.rules": RULES, "tax.areas": AREAS, "tax.returns": [FORM]})


@pytest.fixture(scope="session")
def bo_plugins() -> list[Any]:
    return ["accounting", "tax", pack]


def eur(amount: str) -> Money:
    return Money(amount, "EUR")


class Firm:
    """A firm registered in XA, and what these tests do with it all the time."""

    def __init__(self, bo: BackOffice, clock: Any) -> None:
        self.bo, self.clock = bo, clock

    def work(self, actor: str = "ann", **more: Any) -> UnitOfWork:
        """A unit of work of Ann's."""
        return self.bo.unit_of_work(actor=actor, **more)

    def register(self, code: str = "XA", since: date = date(2026, 1, 1), **more: Any) -> None:
        with self.work() as uow:
            register(uow, code, code, "", since, **more)

    def ask(self, amount: str | Money = "100.00", **more: Any) -> TaxRequest:
        """A request with what these tests say mostly."""
        return TaxRequest(**{"amount": eur(amount) if isinstance(amount, str) else amount, "place": "XA", "on": date(2026, 1, 10), **more})

    def answer(self, *requests: TaxRequest) -> list[TaxAnswer]:
        with self.work(read_only=True) as uow:
            return tax(uow, requests)

    def refused(self, act: Callable[[UnitOfWork], Any]) -> list[Finding]:
        """What a unit of work is refused for; it must be."""
        with pytest.raises(Refused) as refusal, self.work() as uow:
            act(uow)
        return refusal.value.findings

    def sell(self, key: str, net: str, day: date = date(2026, 1, 10), **more: Any) -> None:
        """A sale on account, with its tax."""
        self._post("sale", key, net, day, **more)

    def buy(self, key: str, net: str, day: date = date(2026, 1, 10), **more: Any) -> None:
        """A bill, with its tax."""
        self._post("bill", key, net, day, direction="input", **more)

    def _post(self, kind: str, key: str, net: str, day: date, **more: Any) -> None:
        with self.work() as uow:
            self.post_in(uow, key, net, day, kind, **more)

    def post_in(self, uow: UnitOfWork, key: str, net: str, day: date, kind: str = "sale", **more: Any) -> None:
        post = {name: more.pop(name) for name in ("if_closed", "posting_date") if name in more}
        opens = more.pop("opens", None)
        (answer,) = tax(uow, [self.ask(net, on=day, **more)])
        if kind == "sale":
            own = [Line("receivable", answer.payable, opens=opens), Line("sales", -answer.net)]
        else:
            own = [Line("expense", answer.net + answer.cost), Line("payable", -answer.payable, opens=opens)]
        uow.post(Voucher(key, kind, [*own, *tax_lines([answer])], document_date=day, **post))

    def pay(self, key: str, item: str, amount: str, day: date, purpose: str = "receivable") -> None:
        """A payment of an open item."""
        with self.work() as uow:
            uow.post(Voucher(key, "payment", [Line("bank", eur(amount)), Line(purpose, -eur(amount), settles=item)], document_date=day))

    def declare(self, *, file: bool = True) -> int:
        """Open, prepare and file the next return; gives its id."""
        with self.work() as uow:
            made = open_return(uow, uow.select(TaxRegistration).one())
        with self.work() as uow:
            prepare_return(uow, uow.get(TaxReturn, made.id))
        if file:
            with self.work() as uow:
                file_return(uow, uow.get(TaxReturn, made.id))
        return made.id

    def report(self, name: str, actor: Any = "ann", **options: Any) -> list[Any]:
        return list(self.bo.report(name, actor=actor, **options).rows)

    def boxes(self, tax_return: int) -> dict[str, str]:
        """Box → amount of a return."""
        return {row.box: str(row.amount.amount) for row in self.report("tax.return", tax_return=tax_return)}

    def balances(self) -> dict[str, str]:
        """Account → balance."""
        return {row.account: str(row.balance) for row in self.report("trial-balance")}


@pytest.fixture
def shop(bo: BackOffice, clock: Any) -> Firm:
    """A firm that is not registered yet."""
    return Firm(bo, clock)


@pytest.fixture
def firm(shop: Firm) -> Firm:
    """A firm registered from January 2026 on; it is January."""
    shop.register()
    return shop
