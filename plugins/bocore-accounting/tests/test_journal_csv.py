"""The journal as a table: what an accountant writes in a spreadsheet is posted, or refused line by line."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import bocore_accounting.plugin as accounting
from bocore import BackOffice, Refused, Unread, lock_period
from bocore_accounting import Commodity, Entry, apply_standard_chart
from bocore_accounting.closing import close_year
from bocore_accounting.journal_csv import JournalRow, dump, grouped
from bocore_accounting.services import declare_book


class Books:
    """A company with the standard chart, and a folder for tables."""

    def __init__(self, folder: Path, name: str = "books") -> None:
        self.folder = folder
        self.bo = BackOffice(folder / f"{name}.db", plugins=[accounting]).init(company="Acme Ltd", currency="EUR")
        with self.bo.unit_of_work(actor="ann") as uow:
            apply_standard_chart(uow, uow.company.id)
            uow.add(Commodity(code="FUND", exponent=3))

    def take(self, text: str, **options: Any) -> Any:
        path = self.folder / "journal.csv"
        path.write_text(text, encoding="utf-8")
        return self.bo.import_file("journal-csv", path, actor="ann", options=options)

    def refused(self, text: str) -> list[str]:
        with pytest.raises(Refused) as refusal:
            self.take(text)
        assert self.count() == 0
        return [str(finding) for finding in refusal.value.findings]

    def count(self) -> int:
        with self.bo.unit_of_work(actor="ann", read_only=True) as uow:
            return uow.select(Entry).count()

    def balances(self, name: str = "trial-balance") -> list[tuple[str, str, str]]:
        rows = self.bo.report(name, actor="ann").as_objects()
        return [(row["account"], row["currency"], row["balance"]) for row in rows]

    def export(self) -> str:
        out = io.StringIO()
        with self.bo.unit_of_work(actor="ann", read_only=True) as uow:
            dump(uow, out)
        return out.getvalue()


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    made = Books(tmp_path)
    yield made
    made.bo.close()


def test_rows_under_a_date_belong_to_its_entry(books: Books) -> None:
    result = books.take("""\
date,text,account,debit,credit
2026-01-31,Rent,6100,1200.00,
,,1010,,1200.00
2026-02-03,Cash sale,1000,119.00,
,,4000,,100.00
,,2200,,19.00
""")
    assert result.added["accounting_entry"] == 2
    assert books.balances() == [
        ("1000", "EUR", "119.00"),
        ("1010", "EUR", "-1200.00"),
        ("2200", "EUR", "-19.00"),
        ("4000", "EUR", "-100.00"),
        ("6100", "EUR", "1200.00"),
    ]


def test_rows_of_one_name_are_one_entry(books: Books) -> None:
    books.take("""\
entry;date;journal;account;debit;credit;currency
A1;2026-01-31;BANK;1010;500;;USD
A1;2026-01-31;BANK;4000;;500;USD
A2;2026-01-31;;6100;7.5;;
A2;2026-01-31;;1000;;7.5;
""")
    with books.bo.unit_of_work(actor="ann", read_only=True) as uow:
        entries = [(entry.number, entry.reference) for entry in uow.select(Entry).order_by(Entry.c.id)]
    assert entries == [("BANK/2026/00001", "A1"), ("GEN/2026/00001", "A2")]


def test_the_same_file_again_adds_nothing_and_says_so(books: Books) -> None:
    text = "date,account,debit,credit\n2026-01-31,6100,1,\n,1010,,1\n"
    assert not books.take(text).repeated
    assert books.take(text).repeated
    assert books.count() == 1


def test_every_mistake_is_named_with_its_line_and_nothing_is_posted(books: Books) -> None:
    found = books.refused("""\
entry,date,account,debit,credit,currency
1,2026-01-31,6100,1200.00,,
1,2026-01-31,1010,,1199.00,
2,2026-01-31,9999,5,,
2,,1010,,5,
3,2026-01-31,6100,5,5,
3,,1010,,,
4,2026-01-31,6100,-5,,
4,,1010,,5,XXX
5,,6100,5,,
5,,1010,,5,
6,2026-01-31,6100,5.001,,
6,2026-02-01,1010,,5.001,
""")
    expected = [
        (2, "of lines 2 to 3 does not balance: 1.00 EUR too much on the debit side"),
        (4, "no account '9999'"),
        (6, "a debit and a credit"),
        (7, "neither a debit nor a credit"),
        (8, "-5 is negative"),
        (9, "no currency or commodity 'XXX'"),
        (10, "no date"),
        (12, "The debit 5.001 has more decimals"),
        (13, "is not that of line 12"),
        (13, "The credit 5.001 has more decimals"),
    ]
    assert [text.split(": ")[0].partition(".csv")[2].partition(".")[0] for text in found] == [f":{line}" for line, _ in expected]
    for text, (_, message) in zip(found, expected, strict=True):
        assert message in text


def test_what_the_books_refuse_is_named_by_the_line_of_the_file(books: Books) -> None:
    with books.bo.unit_of_work(actor="ann") as uow:
        lock_period(uow, "ledger", date(2026, 1, 31))
    (finding,) = books.refused("""\
date,account,debit,credit
2026-02-01,6100,1,
,1010,,1
2026-01-31,6100,1,
,1010,,1
""")
    assert "journal.csv:4" in finding
    assert "closed period" in finding


def test_a_new_account_is_opened_where_its_kind_is_given(books: Books) -> None:
    books.take("""\
date,account,account_name,account_kind,debit,credit
2026-01-31,6111,Coffee,expense,1,
,1010,,,,1
""")
    rows = books.bo.report("trial-balance", actor="ann").as_objects()
    assert [(row["account"], row["name"]) for row in rows] == [("1010", "Bank"), ("6111", "Coffee")]


def test_a_text_of_a_later_row_that_differs_is_a_warning(books: Books) -> None:
    result = books.take("date,text,account,debit,credit\n2026-01-31,Rent,6100,1,\n,Bank,1010,,1\n")
    assert ["'Bank' is not kept" in str(finding) for finding in result.findings] == [True]


def test_what_is_exported_is_imported_into_another_database_with_the_same_books(books: Books, tmp_path: Path) -> None:
    books.take("""\
entry,date,text,account,debit,credit,currency,quantity,commodity,base
1,2026-01-31,"=1+1, quoted",6100,1200.00,,,,,
1,,,1010,,1200.00,,,,
2,2026-02-03,Shares,1190,701.90,,USD,10.500,FUND,650.00
2,,,1010,,701.90,USD,,,-650.00
""")
    table = books.export()
    assert "'=1+1" in table
    other = Books(tmp_path, "other")
    try:
        other.take(table)
        assert other.balances() == books.balances()
        again = other.export()
    finally:
        other.bo.close()
    assert again == table


def test_natures_and_books_go_along(books: Books, tmp_path: Path) -> None:
    """A closed year is closed in the other books too, and its income statement shows what it earned."""
    with books.bo.unit_of_work(actor="ann") as uow:
        declare_book(uow, "tax")
    books.take("""\
entry,date,account,debit,credit,nature,book
1,2026-01-01,1010,500.00,,opening,
1,,3000,,500.00,,
2,2026-02-03,1010,40.00,,,
2,,4000,,40.00,,
3,2026-12-31,6200,9.00,,adjustment,tax
3,,1510,,9.00,,
""")
    with books.bo.unit_of_work(actor="ann") as uow:
        close_year(uow, 2026)
    out = io.StringIO()
    with books.bo.unit_of_work(actor="ann", read_only=True) as uow:
        dump(uow, out, book="tax")
    other = Books(tmp_path, "other")
    try:
        with other.bo.unit_of_work(actor="ann") as uow:
            declare_book(uow, "tax")
        other.take(out.getvalue())
        for report, options in (("income-statement", {"year": 2026, "book": "tax"}), ("trial-balance", {"book": "tax"})):
            mine, theirs = (one.bo.report(report, actor="ann", options=options).as_objects() for one in (books, other))
            assert theirs == mine
        with other.bo.unit_of_work(actor="ann", read_only=True) as uow:
            natures = {(entry.nature, entry.book) for entry in uow.select(Entry)}
    finally:
        other.bo.close()
    assert natures == {("opening", ""), ("normal", ""), ("adjustment", "tax"), ("closing", ""), ("closing", "tax")}


def test_a_nature_or_book_that_is_not_there_is_told_by_its_line(books: Books) -> None:
    head = "entry,date,account,debit,credit,nature,book\n"
    (found,) = books.refused(head + "1,2026-01-31,1010,1,,closed,\n")
    assert found.startswith("journal.csv:2.nature: nature must be one of normal, opening, adjustment, revaluation, closing")
    (found,) = books.refused(head + "1,2026-01-31,1010,1,,,tux\n1,,6100,,1,,\n")
    assert found.startswith("journal.csv:2.book: There is no adjustment book 'tux'.")
    (found,) = books.refused(head + "1,2026-01-31,1010,1,,opening,\n1,,6100,,1,closing,\n")
    assert found.startswith("journal.csv:3.nature: The nature closing is not that of line 2")


def test_a_long_table_is_posted_in_parts_without_splitting_an_entry(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bocore_accounting.journal_csv.BATCH", 3)
    rows = "".join(f"{n},2026-01-{1 + n % 28:02},6100,1,\n{n},,1000,,0.25\n{n},,1010,,0.75\n" for n in range(1, 11))
    assert books.take("entry,date,account,debit,credit\n" + rows).added["accounting_line"] == 30
    assert books.balances() == [("1000", "EUR", "-2.50"), ("1010", "EUR", "-7.50"), ("6100", "EUR", "10.00")]


def test_rows_are_grouped_by_name_or_by_date() -> None:
    day = date(2026, 1, 31)
    given = [("", day), ("", None), ("A", day), ("A", day), ("", None), ("B", None), ("", day), ("", day)]
    rows = [(line, JournalRow(entry=name, date=on, account="1")) for line, (name, on) in enumerate(given, 2)]
    assert [[line for line, _ in group.rows] for group in grouped(rows)] == [[2, 3], [4, 5, 6], [7], [8], [9]]


def test_what_the_books_refuse_is_listed_beside_what_is_wrong_with_the_table(books: Books) -> None:
    with books.bo.unit_of_work(actor="ann") as uow:
        lock_period(uow, "ledger", date(2026, 1, 31))
    found = books.refused("""\
date,text,account,debit,credit
2026-01-15,In a closed month,6100,5,
,,1010,,5
2026-02-03,No such account,9999,5,
,,1010,,5
2026-02-04,Right,6100,5,
,,1010,,5
""")
    assert [finding.partition(":")[2].split(":")[0] for finding in found] == ["2.posting_date", "4.account"]


def test_a_table_that_fails_after_its_first_batch_leaves_nothing_behind(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bocore_accounting.journal_csv.BATCH", 2)
    header = "date,text,account,debit,credit\n"
    right = [f"2026-02-{day:02},Rent,6100,5,\n,,1010,,5\n" for day in range(1, 10)]
    wrong = "2026-02-20,Rent,6100,5,\n,,1010,,6\n"
    assert len(books.refused(header + "".join(right) + wrong)) == 1
    books.take(header + "".join(right))
    assert books.count() == 9
    with books.bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert [entry.number for entry in uow.select(Entry).order_by(Entry.c.id)] == [f"GEN/2026/{n:05}" for n in range(1, 10)]


def test_what_is_wrong_elsewhere_is_named_beside_cells_that_can_not_be_read(books: Books) -> None:
    found = books.refused("""\
date,text,account,debit,credit,currency
2026-01-31,Right,6100,5,,
,,1010,,5,
2026-02-01,No such account,9999,5,,
,,1010,,5,
2026-02-30,No such day,6100,7,,
,,1010,,5,
2026-02-02,Too exact,6100,5.001,,
,,1010,,5,
2026-02-03,Not a currency,6100,5,,
,,1010,,5,EUX
2026-02-04,Does not balance,6100,5,,
,,1010,,6,
2026-02-05,Exponent,6100,1e3,,
,,1010,,"1,000",
2026-02-06,Does not balance either,6100,5,,
,,1010,,7,
""")
    assert [int(text.split(":")[1].partition(".")[0]) for text in found] == [4, 6, 8, 11, 12, 14, 15, 16]


def test_an_amount_with_too_many_decimals_names_its_column_and_says_how_many_there_are(books: Books) -> None:
    found = books.refused("date,account,debit,credit,currency\n2026-02-02,6100,10.005,,\n,1010,,7.5,JPY\n,1010,,9999999999999999999999,\n")
    assert found == [
        "journal.csv:2.debit: The debit 10.005 has more decimals than are counted in EUR. Write at most 2 decimals for EUR.",
        "journal.csv:3.credit: The credit 7.5 has more decimals than are counted in JPY. Write no decimals for JPY.",
        "journal.csv:4.credit: The credit 9999999999999999999999 EUR is too large to be kept. Correct it.",
    ]


def test_an_unknown_commodity_is_to_be_declared(books: Books) -> None:
    (finding,) = books.refused("date,account,debit,credit,quantity,commodity\n2026-02-02,1190,10,,0.5,VTI\n,1010,,10,,\n")
    assert finding.startswith("journal.csv:2.commodity: There is no currency or commodity 'VTI'.")
    assert finding.endswith("bo accounting declare-commodity VTI DECIMALS.")


def test_only_the_entry_of_an_unread_row_is_not_balanced() -> None:
    day = date(2026, 1, 31)
    rows: list[tuple[int, JournalRow | Unread]] = [
        (2, JournalRow(entry="A", date=day, account="1")),
        (3, Unread({"entry": "A", "date": None}, frozenset(["debit"]))),
        (4, Unread({"entry": "B"}, frozenset(["date"]))),
        (5, JournalRow(entry="B", account="1")),
        (6, JournalRow(entry="C", date=day, account="1")),
    ]
    seen = [([line for line, _ in group.rows], group.headed, group.whole) for group in grouped(rows)]
    assert seen == [([2], True, False), ([5], False, False), ([6], True, True)]


def test_a_row_of_which_nothing_is_known_may_belong_to_the_entry_before_it_or_after_it() -> None:
    day = date(2026, 1, 31)
    rows: list[tuple[int, JournalRow | Unread]] = [
        (2, JournalRow(date=day, account="1")),
        (3, Unread()),
        (4, JournalRow(date=day, account="1")),
        (5, JournalRow(account="1")),
        (6, JournalRow(date=day, account="1")),
    ]
    seen = [([line for line, _ in group.rows], group.whole) for group in grouped(rows)]
    assert seen == [([2], False), ([4, 5], False), ([6], True)]


def test_an_account_that_an_unread_row_would_open_is_not_missed_below(books: Books) -> None:
    found = books.refused("""\
date,account,account_kind,debit,credit
2026-02-01,6111,expense,1e3,
,1010,,,5
2026-02-02,6111,,5,
,1010,,,5
""")
    assert [text.split(":")[1] for text in found] == ["2.debit"]


def test_an_empty_chart_is_set_up_first(tmp_path: Path) -> None:
    with BackOffice(tmp_path / "new.db", plugins=[accounting]).init(company="Acme Ltd", currency="EUR") as bo:
        path = tmp_path / "journal.csv"
        path.write_text("date,account,debit,credit\n2026-02-02,6100,5,\n,1010,,5\n")
        with pytest.raises(Refused, match="bo accounting setup-chart"):
            bo.import_file("journal-csv", path, actor="ann")
