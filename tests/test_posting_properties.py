"""Whatever is posted: bases add up to zero, the stored body gives back what ledgers got, and what was passed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bocore import (
    BackOffice,
    Company,
    Line,
    Money,
    Party,
    Plugin,
    Posted,
    Rate,
    Refused,
    Source,
    TaxFact,
    UnitOfWork,
    Voucher,
    VoucherRecord,
    hookimpl,
    posted_from,
)
from bocore import Book as AdjustmentBook
from bocore.kernel.body import passed_as, request_of
from bocore.kernel.purposes import STANDARD

BOOKS = ("ifrs", "tax")
RATES = {"USD": Decimal("0.9137"), "JPY": Decimal("0.006049"), "KWD": Decimal("2.98765")}
KEYS = (f"any:{n}" for n in itertools.count())
ITEMS = (f"item:{n}" for n in itertools.count())

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0{}"), max_size=12)
names = st.text("abcxyz_.", min_size=1, max_size=8)
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
small = st.integers(-(10**9), 10**9)
exact = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**6), max_value=10**6)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


taxes = st.builds(
    TaxFact,
    code=names,
    base=small.map(lambda n: Money.minor(n, "EUR")),
    tax=small.map(lambda n: Money.minor(n, "JPY")),
    rate=maybe(exact),
    direction=st.sampled_from(["output", "input"]),
    on=maybe(days),
    registration=texts,
)
details: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "by": st.dictionaries(names, texts | small, max_size=2),
        "dims": st.dictionaries(names, names, max_size=2),
        "party": st.just(1),
        "partner": st.just(2),
        "opens": st.builds(lambda: next(ITEMS)),
        "due": days,
        "tax": taxes,
        "service": st.tuples(days, days).map(lambda pair: tuple(sorted(pair))),
        "quantity": exact,
        "account": names,
    },
)


@st.composite
def vouchers(draw: st.DrawFn) -> Voucher:
    """A voucher of one to four pairs of lines: in base, in one other currency, or with a base given."""
    lines: list[Line] = []
    for currency in draw(st.lists(st.sampled_from(["EUR", *RATES]), min_size=1, max_size=4)):
        parts = draw(st.lists(small, min_size=1, max_size=4))
        given_base = currency != "EUR" and draw(st.booleans())
        for units in [*parts, -sum(parts)]:
            base = Money.minor(units, "EUR") if given_base else None
            purpose = draw(st.sampled_from(sorted(STANDARD)))
            lines.append(Line(purpose, Money.minor(units, currency), base=base, **draw(details)))
    return Voucher(
        next(KEYS),
        draw(names),
        lines,
        source=draw(maybe(st.builds(Source, event=texts, label=texts))),
        document_date=draw(maybe(days)),
        posting_date=draw(maybe(days)),
        tax_date=draw(maybe(days)),
        if_closed=draw(st.sampled_from(["refuse", "next_open"])),
        book=draw(maybe(st.sampled_from(BOOKS))),
        nature=draw(st.sampled_from(["normal", "opening", "adjustment", "revaluation", "closing"])),
        text=draw(texts),
    )


class Book(ModuleType):
    """A ledger that notes what it was handed."""

    plugin = Plugin(prefix="book")
    seen: list[Posted]


@pytest.fixture(scope="module")
def book() -> Book:
    book = Book("book")
    book.seen = []

    @hookimpl
    def bo_posted(uow: UnitOfWork, vouchers: Sequence[Posted]) -> None:
        book.seen += vouchers

    book.bo_posted = bo_posted  # type: ignore[attr-defined]
    return book


@pytest.fixture(scope="module")
def bo(tmp_path_factory: pytest.TempPathFactory, book: Book) -> Iterator[BackOffice]:
    path: Path = tmp_path_factory.mktemp("posting") / "books.db"
    with BackOffice(path, plugins=[book]).init(company="Acme Ltd", currency="EUR") as office:
        with office.unit_of_work(actor="ann", company=1) as uow:
            uow.add_all([Party(name="Ada"), Company(code="BOLT", name="Bolt Ltd", currency="EUR")])
            uow.add_all(AdjustmentBook(code=code) for code in BOOKS)
            uow.add_all(Rate(currency=code, to_currency="EUR", on=date(2020, 1, 1), rate=rate) for code, rate in RATES.items())
        yield office


def bases(one: Posted) -> list[Money]:
    return [line.base for line in one.voucher.lines if line.base is not None]


@settings(max_examples=100, deadline=None)
@given(voucher=vouchers())
def test_any_voucher_balances_and_is_replayed_as_it_was(bo: BackOffice, book: Book, voucher: Voucher) -> None:
    book.seen.clear()
    with bo.unit_of_work(actor="ann", company=1) as uow:
        (receipt,) = uow.post(voucher)
        uow.reverse(voucher.key, "Test")
    live, mirror = book.seen
    for one in (live, mirror):
        assert sum(base.minor_units for base in bases(one)) == 0
        assert len(bases(one)) == len(one.voucher.lines)
        assert len(one.voucher.lines) - len(voucher.lines) in (0, 1)
    assert bases(mirror) == [-base for base in bases(live)]
    with bo.unit_of_work(actor="ann", company=1) as uow:
        stored = uow.get(VoucherRecord, receipt.voucher_id)
        back = uow.find_all(VoucherRecord, key=[voucher.key, f"{voucher.key}:reversal"])
        assert posted_from(stored).voucher == live.voucher
        assert posted_from(back[f"{voucher.key}:reversal"]).voucher == mirror.voucher
        assert request_of(passed_as(stored)) == stored.request
        assert stored.text == live.voucher.text
        assert uow.post(voucher)[0].repeated


@settings(max_examples=50, deadline=None)
@given(
    currency=st.sampled_from(["EUR", *RATES]), parts=st.lists(small, min_size=1, max_size=20), off=st.integers(1, 30) | st.integers(-30, -1)
)
def test_lines_of_one_currency_that_do_not_add_up_are_no_residue(
    bo: BackOffice, book: Book, currency: str, parts: list[int], off: int
) -> None:
    book.seen.clear()
    lines = [Line("cash", Money.minor(units, currency)) for units in [*parts, off - sum(parts)]]
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="ann", company=1) as uow:
        uow.post(Voucher(next(KEYS), "any", lines))
    assert [finding.code for finding in refused.value.findings] == ["bo.unbalanced"]
    assert str(Money.minor(off, currency)) in refused.value.findings[0].message
    assert book.seen == []


@settings(max_examples=50, deadline=None)
@given(euros=small, dollars=small, off=st.integers(2, 10**6))
def test_what_converting_could_not_have_left_is_refused(bo: BackOffice, book: Book, euros: int, dollars: int, off: int) -> None:
    book.seen.clear()
    worth = Money.minor(dollars, "USD").convert(RATES["USD"], "EUR").minor_units
    lines = [Line("cash", Money.minor(dollars, "USD")), Line("cash", Money.minor(euros, "EUR"))]
    with pytest.raises(Refused, match="must add up to 0"), bo.unit_of_work(actor="ann", company=1) as uow:
        uow.post(Voucher(next(KEYS), "any", [*lines, Line("sales", Money.minor(off - worth - euros, "EUR"))]))
    assert book.seen == []
