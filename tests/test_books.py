"""Adjustment books: declared by their company, so that a slip of the pen is no book of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bocore import BackOffice, Book, Company, Line, Money, Refused, Voucher, layers, open_items
from bocore.testing import FrozenClock, posted


@pytest.fixture
def bo(tmp_path: Path, clock: FrozenClock) -> Iterator[BackOffice]:
    with BackOffice(tmp_path / "books.db", plugins=[], clock=clock) as office:
        office.init(company="Acme Ltd", currency="EUR")
        with office.unit_of_work(actor="ann") as uow:
            uow.add_all([Book(code="tax", name="Tax balance sheet"), Book(code="ifrs")])
            beta = uow.add(Company(code="BETA", name="Beta", currency="EUR"))
            uow.add(Book(code="local"), company=beta)
        yield office


def disposal(key: str = "asset:1:sold", **more: Any) -> Voucher:
    """The tax office has 1,300.00 more depreciation taken off a machine than the common layer, so the gain is larger."""
    lines = [Line("asset.accdep", Money("1300.00", "EUR")), Line("income", Money("-1300.00", "EUR"))]
    return Voucher(key, "asset.disposal", lines, **{"company": "ACME", **more})


def refused(bo: BackOffice, *vouchers: Voucher) -> list[Any]:
    with pytest.raises(Refused) as refusal, bo.unit_of_work(actor="ann") as uow:
        uow.post(*vouchers)
    return refusal.value.findings


def test_a_declared_book_takes_vouchers_and_their_reversals(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann", company="ACME") as uow:
        uow.post(disposal(book="tax"))
        uow.reverse("asset:1:sold", "Not sold after all")
    assert [record.book for record in posted(bo)] == ["tax", "tax"]


def test_a_misspelt_book_is_refused_with_those_that_there_are(bo: BackOffice) -> None:
    first, second = refused(bo, disposal(book="taxx"), disposal("b", book="local"))
    assert (first.code, first.at, first.field) == ("bo.unknown_book", "voucher asset:1:sold", "book")
    assert first.fix.startswith("Did you mean 'tax'? There are: ifrs, tax.")
    assert (second.code, second.at) == ("bo.unknown_book", "voucher b")
    (other,) = refused(bo, disposal(book="tax", company="BETA"))
    assert "There are: local." in other.fix
    assert posted(bo) == []


def test_a_book_keeps_its_code_and_stays(bo: BackOffice) -> None:
    def change(what: str) -> None:
        with bo.unit_of_work(actor="ann", company="ACME") as uow:
            book = uow.select(Book, code="tax").one()
            if what == "remove":
                uow.remove(book)
            else:
                setattr(book, what, "other")

    change("name")
    for what in ("code", "remove"):
        with pytest.raises(Refused) as refusal:
            change(what)
        assert [finding.code for finding in refusal.value.findings] == ["bo.book"]
    with pytest.raises(Refused), bo.unit_of_work(actor="ann", company="ACME") as uow:
        uow.add(Book(code="tax"))


def test_a_report_of_a_book_reads_the_common_layer_too_and_knows_which_books_there_are(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann", company="ACME", read_only=True) as uow:
        assert (layers(uow, None), layers(uow, ""), layers(uow, "tax")) == ([""], [""], ["", "tax"])
        beta = uow.select(Company, code="BETA").one().id
        assert layers(uow, "local", beta) == ["", "local"]
        for ask in (lambda: layers(uow, "local"), lambda: open_items(uow, book="local")):
            with pytest.raises(Refused, match="no adjustment book 'local'"):
                ask()
