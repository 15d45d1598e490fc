"""A small firm's quarter for ``bo demo``: a wholesaler of garden tools sells, buys, pays wages and rent, and closes its months.

Everything is a voucher of the core, so that the same quarter can be played before accounting is installed and caught up afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from bocore import BackOffice, Company, Line, Money, Party, PartyKind, Rate, TaxFact, UnitOfWork, Voucher, lock_period
from bocore_accounting.chart import apply_standard_chart
from bocore_accounting.model import Account, Entry, PurposeRule
from bocore_accounting.services import roll_up

Say = Callable[[str], None]

ACTOR = "demo"
CUSTOMERS = ("Rosehill Nurseries", "Patch & Bloom", "Northfield Gardens", "Elm Street Hardware", "Green Corner", "Orchard Supplies")
SUPPLIERS = ("Steelworks Tools", "Handle & Co", "Fairway Freight")
VAT = Decimal(20)


def play(bo: BackOffice, say: Say) -> None:
    """Set up the chart, play the quarter, and roll the balances up."""
    with bo.unit_of_work(actor=ACTOR, reason="First company") as uow:
        empty = not uow.select(Company).count()
    if empty:
        bo.init(company="Garden Tools Ltd", currency="EUR")
    with bo.unit_of_work(actor=ACTOR, reason="Chart of accounts") as uow:
        count = prepare(uow)
    say(f"A standard chart of {count} accounts.")
    business(bo, say)
    with bo.unit_of_work(actor=ACTOR, reason="Roll-up of balances") as uow:
        balances = roll_up(uow)
        entries = uow.select(Entry).count()
    say(f"{entries} journal entries, rolled up into {balances} monthly balances.")


def prepare(uow: UnitOfWork) -> int:
    """The chart, and an account of its own for rent: voucher lines of the purpose expense that say what="rent"."""
    count = apply_standard_chart(uow, uow.company.id)
    rent = uow.find(Account, company_id=uow.company.id, code="6100")
    if rent is not None and not uow.select(PurposeRule, company_id=uow.company.id, account_id=rent.id).count():
        uow.add(PurposeRule(purpose="expense", account_id=rent.id, keys={"what": "rent"}))
    return count


def business(bo: BackOffice, say: Say) -> int:
    """What happens in the quarter, week by week; needs no ledger. Returns the number of vouchers."""
    start = last_quarter(bo.clock().date())
    with bo.unit_of_work(actor=ACTOR, reason="Customers and suppliers") as uow:
        firm = Firm(uow, start)
    total = 0
    for title, vouchers in firm.quarter():
        with bo.unit_of_work(actor=ACTOR, reason=title) as uow:
            uow.post(*vouchers)
        total += len(vouchers)
        say(f"{title}: {len(vouchers)} voucher{'s' if len(vouchers) > 1 else ''}.")
    return total + close_months(bo, say, firm)


def close_months(bo: BackOffice, say: Say, firm: Firm) -> int:
    """A wrong invoice is taken back, the first month is closed, and a bill for it comes late."""
    with bo.unit_of_work(actor=ACTOR, reason="Invoiced to the wrong customer") as uow:
        uow.reverse(firm.key("sale", 7), "Invoiced to the wrong customer")
    say("One invoice reversed.")
    with bo.unit_of_work(actor=ACTOR, reason="First month closed") as uow:
        lock_period(uow, "ledger", firm.month_end(0))
    with bo.unit_of_work(actor=ACTOR, reason="A late bill") as uow:
        receipt = uow.post(firm.late_bill())[0]
    say(f"The ledger is closed through {firm.month_end(0)}; a bill of {firm.month_end(0)} that came late counts on {receipt.posting_date}.")
    return 2


def last_quarter(today: date) -> date:
    """The first day of the last quarter that is over."""
    month = (today.month - 1) // 3 * 3 + 1
    return date(today.year - 1, 10, 1) if month == 1 else date(today.year, month - 3, 1)


class Firm:
    """The firm's documents as vouchers; the same every time for the same quarter and currency."""

    def __init__(self, uow: UnitOfWork, start: date) -> None:
        self.start = start
        self.end = self.month_end(2)
        self.currency = uow.company.currency
        self.foreign = "USD" if self.currency != "USD" else "EUR"
        parties = [Party(name=name, kind=PartyKind.ORGANISATION) for name in (*CUSTOMERS, *SUPPLIERS)]
        ids = [party.id for party in uow.add_all(parties)]
        self.customers, self.suppliers = ids[: len(CUSTOMERS)], ids[len(CUSTOMERS) :]
        if uow.find(Rate, currency=self.foreign, to_currency=self.currency, on=start, source="demo") is None:
            uow.add(Rate(currency=self.foreign, to_currency=self.currency, on=start, source="demo", rate=Decimal("0.90")))

    def quarter(self) -> Iterator[tuple[str, list[Voucher]]]:
        """Opening balances, then one batch a week, in the order of posting dates."""
        yield "Opening balances", [self._opening()]
        everything = sorted([*self._sales(), *self._purchases(), *self._months(), *self._abroad()], key=_day)
        day, week = self.start, 1
        while day <= self.end:
            through = min(day + timedelta(6), self.end)
            yield f"Week {week}, from {day}", [voucher for voucher in everything if day <= _day(voucher) <= through]
            day, week = through + timedelta(1), week + 1

    def key(self, what: str, number: int) -> str:
        """The key of a voucher."""
        return f"demo.{what}:{self.start:%Y-%m}:{number}"

    def month_end(self, month: int) -> date:
        """The last day of a month of the quarter, from 0."""
        index = self.start.month + month
        return date(self.start.year + index // 12, index % 12 + 1, 1) - timedelta(1)

    # -- documents

    def _opening(self) -> Voucher:
        lines = [("bank", 2_500_000), ("cash", 40_000), ("inventory", 800_000), ("asset.cost", 1_200_000), ("asset.accdep", -200_000)]
        return self._voucher("opening", 1, self.start, "Opening balances", [*lines, ("equity.opening", -4_340_000)], nature="opening")

    def _sales(self) -> Iterator[Voucher]:
        for number in range(1, 131):
            day = self.start + timedelta(number * 9 // 13)
            net = 20_000 + number * 7_919 % 38_000
            tax = net // 5
            customer, item = self.customers[number % len(self.customers)], f"demo:invoice:{self.start:%Y-%m}:{number}"
            fact = TaxFact("S20", self._money(-net), self._money(-tax), VAT, "output")
            revenue = [Line("sales", self._money(-net)), Line("tax.output", self._money(-tax), tax=fact)]
            if number % 5 == 0:
                yield self._made("sale", number, day, f"Cash sale {number}", [Line("cash", self._money(net + tax)), *revenue])
                continue
            due = day + timedelta(21)
            owed = Line("receivable", self._money(net + tax), party=customer, opens=item, due=due)
            yield self._made("sale", number, day, f"Invoice {number}", [owed, *revenue])
            paid = due + timedelta(number % 4)
            if paid <= self.end and number != 7:
                lines = [Line("bank", self._money(net + tax)), Line("receivable", self._money(-net - tax), party=customer, settles=item)]
                yield self._made("receipt", number, paid, f"Payment of invoice {number}", lines)

    def _purchases(self) -> Iterator[Voucher]:
        for number in range(1, 27):
            day = self.start + timedelta(number * 7 // 2 - 2)
            supplier, item = self.suppliers[number % len(self.suppliers)], f"demo:bill:{self.start:%Y-%m}:{number}"
            net = 60_000 + number * 4_831 % 45_000
            yield self._bill(number, day, "inventory", net, supplier, item)
            paid = day + timedelta(14)
            if paid <= self.end:
                gross = net + net // 5
                lines = [Line("payable", self._money(gross), party=supplier, settles=item), Line("bank", self._money(-gross))]
                yield self._made("payment", number, paid, f"Payment of bill {number}", lines)

    def _bill(self, number: int, day: date, purpose: str, net: int, supplier: int, item: str) -> Voucher:
        tax = net // 5
        fact = TaxFact("P20", self._money(net), self._money(tax), VAT, "input")
        lines = [
            Line(purpose, self._money(net)),
            Line("tax.input", self._money(tax), tax=fact),
            Line("payable", self._money(-net - tax), party=supplier, opens=item, due=day + timedelta(14)),
        ]
        return self._made("bill", number, day, f"Bill {number}", lines)

    def _months(self) -> Iterator[Voucher]:
        for month in range(3):
            last, number = self.month_end(month), month + 1
            first = last.replace(day=1)
            rent = [Line("expense", self._money(180_000), by={"what": "rent"}, service=(first, last)), Line("bank", self._money(-180_000))]
            yield self._made("rent", number, first, "Rent of the warehouse", rent)
            pay = [("wages", 600_000), ("wages.employer", 90_000), ("wages.withheld", -210_000), ("employee.payable", -480_000)]
            yield self._voucher("wages", number, last - timedelta(3), "Wages of the month", pay)
            yield self._voucher("net_pay", number, last - timedelta(2), "Net pay", [("employee.payable", 480_000), ("bank", -480_000)])
            if month:
                owed = [("wages.withheld", 210_000), ("bank", -210_000)]
                yield self._voucher("withheld", number, first + timedelta(14), "Taxes and contributions of last month's wages", owed)
            yield self._voucher("fees", number, last, "Bank fees", [("bank.fees", 2_450), ("bank", -2_450)])
            yield self._voucher("depreciation", number, last, "Depreciation", [("depreciation", 20_000), ("asset.accdep", -20_000)])
            cost = 740_000 + month * 35_000
            yield self._voucher("cost", number, last, "Cost of goods sold", [("cogs", cost), ("inventory", -cost)])

    def _abroad(self) -> Iterator[Voucher]:
        """10,000.00 sold abroad at 0.90, of which 4,000.00 is paid at 0.91: 40.00 of realised gain."""
        day, item = self.start + timedelta(30), f"demo:export:{self.start:%Y-%m}"
        amount, part = Money.minor(1_000_000, self.foreign), Money.minor(400_000, self.foreign)
        customer = self.customers[0]
        sale = [Line("receivable", amount, party=customer, opens=item, due=day + timedelta(30)), Line("sales", -amount)]
        yield self._made("export", 1, day, "Sale abroad", sale)
        paid = [
            Line("bank", self._money(364_000)),
            Line("receivable", -part, base=self._money(-360_000), party=customer, settles=item),
            Line("fx.realised", self._money(-4_000)),
        ]
        yield self._made("export", 2, day + timedelta(28), "Part payment from abroad", paid)

    def late_bill(self) -> Voucher:
        """Freight of the first month, billed when that month is closed."""
        fact = TaxFact("P20", self._money(32_000), self._money(6_400), VAT, "input")
        lines = [
            Line("expense", self._money(32_000), dims={"activity": "freight"}),
            Line("tax.input", self._money(6_400), tax=fact),
            Line("payable", self._money(-38_400), party=self.suppliers[2], opens=f"demo:bill:{self.start:%Y-%m}:late"),
        ]
        return self._made("bill", 27, self.month_end(0), "Freight, billed late", lines, if_closed="next_open")

    # -- shorthand

    def _voucher(self, what: str, number: int, day: date, text: str, lines: list[tuple[str, int]], nature: str = "normal") -> Voucher:
        return self._made(what, number, day, text, [Line(purpose, self._money(minor)) for purpose, minor in lines], nature=nature)

    def _made(
        self, what: str, number: int, day: date, text: str, lines: list[Line], *, nature: str = "normal", if_closed: str = "refuse"
    ) -> Voucher:
        key, kind = self.key(what, number), f"demo.{what}"
        return Voucher(key, kind, lines, posting_date=day, nature=nature, if_closed=if_closed, text=text)

    def _money(self, minor: int) -> Money:
        return Money.minor(minor, self.currency)


def _day(voucher: Voucher) -> date:
    assert voucher.posting_date is not None
    return voucher.posting_date
