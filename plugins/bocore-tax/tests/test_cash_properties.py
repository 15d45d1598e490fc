"""Cash basis against a second computation: whatever is paid, written off and taken back, the share that was paid is what is declared."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bocore import BackOffice, Line, Money, Voucher
from bocore_tax import LineKind, Scheme, TaxLine, TaxRequest, register, tax, tax_lines

DAY = date(2026, 1, 10)


@pytest.fixture(scope="module")
def town(tmp_path_factory, bo_plugins):
    """A firm on cash basis that goes on trading from one example to the next."""
    with BackOffice(tmp_path_factory.mktemp("cash") / "t.db", plugins=bo_plugins).init(company="Acme Ltd", currency="EUR") as bo:
        with bo.unit_of_work(actor="ann") as uow:
            register(uow, "XA", "XA", "", date(2026, 1, 1), scheme=Scheme.CASH)
        yield bo


def half_up(value: Fraction) -> int:
    """To the nearest whole number, halves away from zero."""
    whole = int(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


def minor(amount: int) -> Money:
    return Money.minor(amount, "EUR")


SHARES = st.integers(0, 100)
EVENTS = st.lists(st.tuples(SHARES, SHARES, st.booleans()), max_size=4)  # percent of what is open, percent of it written off, taken back
NETS = st.lists(st.tuples(st.integers(1, 99_999), st.sampled_from(["standard", "reduced", "zero", "exempt"])), min_size=1, max_size=3)
DOCUMENTS = st.tuples(NETS, st.sampled_from(["output", "input"]), st.booleans(), SHARES, st.lists(EVENTS, min_size=1, max_size=3))


class Document:
    """A document with its open items, and what the second computation knows of it."""

    def __init__(self, uow, nets, direction, credit, at_once, events):
        self.uow, self.key, self.sign = uow, f"d:{uow.unit}", -1 if credit else 1
        requests = [
            TaxRequest(amount=minor(net * self.sign), place="XA", on=DAY, tax_class=each, direction=direction, document="d")
            for net, each in nets
        ]
        answers = tax(uow, requests)
        self.side = self.sign if direction == "output" else -self.sign
        gross = sum(abs(answer.payable.minor_units) for answer in answers)
        cash = gross * at_once // 100
        cuts = [cash + (gross - cash) * at // len(events) for at in range(len(events) + 1)]
        self.bounds = [0, *cuts]
        self.owed = [end - start for start, end in pairwise(cuts)]
        self.purpose, other = ("receivable", "sales") if direction == "output" else ("payable", "expense")
        self.facts = tax_lines(answers)
        own = [Line("cash", minor(cash * self.side))] if cash else []
        own += [Line(self.purpose, minor(owed * self.side), opens=self.item(at)) for at, owed in enumerate(self.owed) if owed]
        net = -sum((line.amount for line in (*own, *self.facts)), Money.zero("EUR"))
        uow.post(Voucher(self.key, "document", [*own, Line(other, net), *self.facts], document_date=DAY))
        uow.flush()

    def item(self, at):
        return f"{self.key}:{at}"

    def settle(self, key, at, paid, lost):
        """Pay a part of an item, and write another one off."""
        lines = [Line("bank", minor(paid * self.side))] if paid else []
        lines += [Line("expense" if self.side > 0 else "income", minor(lost * self.side))] if lost else []
        lines.append(Line(self.purpose, minor(-(paid + lost) * self.side), settles=self.item(at)))
        self.uow.post(Voucher(key, "settlement", lines, document_date=DAY))
        self.uow.flush()

    def expected(self, name, paid):
        """What of the bases or taxes is declared when so much of each item was paid."""
        total = 0
        for line in self.facts:
            amount = getattr(line.tax, name).minor_units
            through = [half_up(Fraction(amount * bound, self.bounds[-1])) for bound in self.bounds]
            at_once, *parts = [end - start for start, end in pairwise(through)]
            total += at_once + sum(
                half_up(Fraction(part * got, owed)) for part, got, owed in zip(parts, paid, self.owed, strict=True) if owed
            )
        return total


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DOCUMENTS)
def test_what_was_paid_is_declared(town, asked):
    nets, direction, credit, at_once, events = asked
    with town.unit_of_work(actor="ann") as uow:
        before = declared(uow)
        document = Document(uow, nets, direction, credit, at_once, events)
        if not document.bounds[-1]:
            return
        paid, left = [0] * len(events), list(document.owed)
        for at, happened in enumerate(events):
            for number, (share, lost, back) in enumerate(happened):
                amount = left[at] * share // 100
                if not amount:
                    continue
                given_up = amount * lost // 100
                key = f"{document.item(at)}:{number}"
                document.settle(key, at, amount - given_up, given_up)
                if back:
                    uow.reverse(key, "Taken back")
                    uow.flush()
                else:
                    paid[at] += amount - given_up
                    left[at] -= amount
                after = declared(uow)
                for name in ("base", "tax"):
                    assert after[name] - before[name] == document.expected(name, paid)
    rows = town.report("tax.reconciliation", actor="ann").rows
    assert [row.what for row in rows if row.difference] == []


def declared(uow):
    rows = [row for row in uow.select(TaxLine) if row.kind is not LineKind.WAITING]
    return {name: sum(getattr(row, name).minor_units for row in rows) for name in ("base", "tax")}
