"""What holds of the statements of any books: they balance, they add up to each other, and any part of them is a part of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bocore_accounting.plugin as accounting
from bocore import BackOffice, Company, Line, Money, Party, PartyKind, Rate, Voucher
from bocore_accounting import Account, AccountKind, Commodity, Entry, PurposeRule, journal, post, reverse_entry, roll_up
from bocore_accounting import Line as EntryLine

KINDS = {
    **dict.fromkeys(("1", "10", "1000", "1010", "1100", "1190"), AccountKind.ASSET),
    **dict.fromkeys(("2", "2000"), AccountKind.LIABILITY),
    **dict.fromkeys(("3000", "3200"), AccountKind.EQUITY),
    **dict.fromkeys(("4000", "4800"), AccountKind.INCOME),
    **dict.fromkeys(("6100", "7100"), AccountKind.EXPENSE),
}
CODES = ("10", "1000", "1010", "1100", "1190", "2000", "3000", "3200", "4000", "4800", "6100", "7100")
DAYS = st.dates(date(2024, 11, 1), date(2026, 2, 28))
SITES = ("north", "south")
QUIET = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
Rows = list[dict[str, Any]]


class Books:
    """The books of one company among several of a database."""

    def __init__(self, bo: BackOffice, ident: int) -> None:
        self.bo, self.company = bo, ident
        self.accounts: dict[str, int] = {}
        with self.work() as uow:
            for code, kind in KINDS.items():
                above = self.accounts.get(code[:2]) or self.accounts.get(code[:1])
                account = Account(code=code, name=f"Account {code}", kind=kind, parent_id=above, cash=code == "10")
                self.accounts[code] = uow.add(account).id
            self.journal = journal(uow, "GEN").id

    def work(self) -> Any:
        """A unit of work of Ann's in this company."""
        return self.bo.unit_of_work(actor="ann", company=self.company)

    def post(self, entries: list[Any]) -> list[int]:
        """Post what :data:`entries` draws."""
        from bocore import dimension_sets

        with self.work() as uow:
            batch = []
            for day, debit, credit, unit, minor, nature, site in entries:
                (dims,) = dimension_sets(uow, [{"site": site} if site else {}])
                header = Entry(journal_id=self.journal, posting_date=day, nature=nature)
                batch.append((header, [self.line(uow, code, unit, sign * minor, dims) for code, sign in ((debit, 1), (credit, -1))]))
            return [entry.id for entry in post(uow, batch)]

    def line(self, uow: Any, code: str, unit: str, minor: int, dims: int | None) -> EntryLine:
        """One line: in euros; in dollars with or without a value; exchanged for dollars; or in shares."""
        worth = shares = None
        amount = Money.minor(minor, "EUR" if unit in ("EUR", "X", "EUR/USD") else "USD")
        if unit == "USD at 0.9":
            worth = Money.minor(minor * 9, "EUR")
            amount = Money.minor(minor * 10, "USD")
        if unit == "EUR/USD" and minor < 0:
            amount, worth = Money.minor(minor * 2, "USD"), amount
        if unit == "X" and minor > 0:
            shares = Money.minor(minor * 3, uow.tokens["X"])
        return EntryLine(account_id=self.accounts[code], amount=amount, base=worth, quantity=shares, dims_id=dims)

    def report(self, name: str, **options: Any) -> Rows:
        """The rows as JSON has them."""
        found: Rows = self.bo.report(name, actor="ann", company=self.company, options=options).as_objects()
        return found


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackOffice]:
    """One database for all examples of a property, each of which keeps books of its own."""
    with BackOffice(tmp_path_factory.mktemp("shared") / "books.db", plugins=[accounting]).init() as bo:
        with bo.unit_of_work(actor="ann") as uow:
            uow.add(Commodity(code="X", exponent=3))
        yield bo


def new_books(bo: BackOffice) -> Books:
    with bo.unit_of_work(actor="ann") as uow:
        number = uow.select(Company).count()
        company = uow.add(Company(code=f"C{number}", name="Acme", currency="EUR")).id
    return Books(bo, company)


entries = st.lists(
    st.tuples(
        DAYS,
        st.sampled_from(CODES),
        st.sampled_from(CODES),
        st.sampled_from(["EUR", "EUR", "USD", "USD at 0.9", "EUR/USD", "X"]),
        st.integers(1, 9999),
        st.sampled_from(["normal", "normal", "normal", "opening", "adjustment", "closing"]),
        st.sampled_from(["", *SITES]),
    ),
    max_size=8,
)
views = st.fixed_dictionaries({"currency": st.sampled_from(["own", "base"]), "tree": st.booleans()})


def kept(bo: BackOffice, before: list[Any], after: list[Any]) -> Books:
    """Books with some entries rolled up and some not."""
    books = new_books(bo)
    books.post(before)
    with books.work() as uow:
        roll_up(uow)
    books.post(after)
    return books


def total(rows: Rows, name: str) -> dict[str, Decimal]:
    """The total of that name by currency; nothing for zero."""
    return {
        row["currency"]: Decimal(row["amount"]) for row in rows if row["name"] == name and not row["account"] and Decimal(row["amount"])
    }


def leaves(rows: Rows, section: str) -> dict[str, Decimal]:
    """The sum of a section's rows that are no groups and no totals, by currency; nothing for zero."""
    sums: dict[str, Decimal] = {}
    for row in rows:
        if row["section"] == section and row["kind"] in ("account", "computed"):
            sums[row["currency"]] = sums.get(row["currency"], Decimal(0)) + Decimal(row["amount"])
    return {unit: amount for unit, amount in sums.items() if amount}


def less(one: dict[str, Decimal], other: dict[str, Decimal]) -> dict[str, Decimal]:
    found = {unit: one.get(unit, Decimal(0)) - other.get(unit, Decimal(0)) for unit in {*one, *other}}
    return {unit: amount for unit, amount in found.items() if amount}


@settings(deadline=None, max_examples=15, suppress_health_check=QUIET)
@given(before=entries, after=entries, day=DAYS, view=views)
def test_assets_are_liabilities_and_equity_as_of_any_day(office: BackOffice, before: Any, after: Any, day: date, view: Any) -> None:
    books = kept(office, before, after)
    rows = books.report("balance-sheet", as_of=day, **view)
    assert total(rows, "Total assets") == total(rows, "Total liabilities and equity")
    assert leaves(rows, "Assets") == total(rows, "Total assets")
    assert leaves(rows, "Liabilities") == total(rows, "Total liabilities")
    assert leaves(rows, "Equity") == total(rows, "Total equity")


@settings(deadline=None, max_examples=15, suppress_health_check=QUIET)
@given(before=entries, after=entries, days=st.tuples(DAYS, DAYS).map(sorted), view=views)
def test_income_less_expenses_is_how_much_the_results_grew(office: BackOffice, before: Any, after: Any, days: Any, view: Any) -> None:
    books = kept(office, [one for one in before if one[5] != "closing"], [one for one in after if one[5] != "closing"])
    since, through = days
    rows = books.report("income-statement", since=since, through=through, **view)
    assert total(rows, "Result") == less(leaves(rows, "Income"), leaves(rows, "Expenses"))
    assert total(rows, "Result") == less(results(books, through, view), results(books, since - timedelta(1), view))


def results(books: Books, day: date, view: Any) -> dict[str, Decimal]:
    """Results of the year and of those before, as of a day."""
    rows = books.report("balance-sheet", as_of=day, **view)
    return less(total(rows, "Result of the year"), {unit: -one for unit, one in total(rows, "Results of former years").items()})


@settings(deadline=None, max_examples=15, suppress_health_check=QUIET)
@given(before=entries, after=entries, days=st.tuples(DAYS, DAYS).map(sorted), view=views, by=st.sampled_from(["cash", "counter"]))
def test_the_cash_flow_leads_from_what_there_was_to_what_there_is(
    office: BackOffice, before: Any, after: Any, days: Any, view: Any, by: str
) -> None:
    books = kept(office, before, after)
    since, through = days
    rows = books.report("cash-flow", since=since, through=through, by=by, **view)
    assert leaves(rows, "Cash flows") == total(rows, "Change of cash")
    assert less(total(rows, "Cash at the end"), total(rows, "Cash at the beginning")) == total(rows, "Change of cash")
    if view["currency"] == "own":
        cash = [row for row in books.report("trial-balance", as_of=through) if row["account"] in ("10", "1000", "1010")]
        there: dict[str, Decimal] = {}
        for row in cash:
            there[row["currency"]] = there.get(row["currency"], Decimal(0)) + Decimal(row["balance"])
        assert total(rows, "Cash at the end") == {unit: amount for unit, amount in there.items() if amount}


@settings(deadline=None, max_examples=15, suppress_health_check=QUIET)
@given(before=entries, after=entries, days=st.tuples(DAYS, DAYS).map(sorted), view=views)
def test_equity_changes_into_what_the_balance_sheet_says(office: BackOffice, before: Any, after: Any, days: Any, view: Any) -> None:
    books = kept(office, before, after)
    since, through = days
    rows = books.report("changes-in-equity", since=since, through=through, **view)
    sheet = books.report("balance-sheet", as_of=through, **view)
    closing = [{**row, "amount": row["closing"], "section": "Equity"} for row in rows]
    for row in rows:
        assert Decimal(row["closing"]) == sum(Decimal(row[name]) for name in ("opening", "result", "changes", "transfers"))
    assert leaves(closing, "Equity") == total(closing, "Total equity")
    if not any(one[5] == "closing" for one in [*before, *after]):
        assert total(closing, "Total equity") == total(sheet, "Total equity")


@settings(deadline=None, max_examples=15, suppress_health_check=QUIET)
@given(
    before=entries,
    after=entries,
    name=st.sampled_from(["income-statement", "cash-flow"]),
    step=st.sampled_from([None, "month", "quarter", "year"]),
    view=views,
)
def test_a_column_of_a_former_period_is_the_report_of_that_period(
    office: BackOffice, before: Any, after: Any, name: str, step: Any, view: Any
) -> None:
    books = kept(office, before, after)
    both = books.bo.report(
        name, actor="ann", company=books.company,
        options={"since": "2025-10-01", "through": "2025-12-31", "compare": 2, "step": step, **view},
    )  # fmt: skip
    for label in both.rows[0].compared:
        since, through = both.rows[0]._sinces[label], both.rows[0]._throughs[label]
        alone = amounts(books.report(name, since=since, through=through, **view))
        beside = amounts([{**row, "amount": row["compared"][label]} for row in both.as_objects()])
        assert beside == alone


def amounts(rows: Rows) -> dict[tuple[str, ...], Decimal]:
    """What is not zero, by section, name and so on."""
    return {
        (row["section"], row["account"], row["name"], row["currency"], row["kind"]): Decimal(row["amount"])
        for row in rows
        if Decimal(row["amount"])
    }


@settings(deadline=None, max_examples=15, suppress_health_check=QUIET)
@given(before=entries, after=entries, depth=st.integers(1, 3), currency=st.sampled_from(["own", "base"]))
def test_a_tree_adds_up_at_every_depth(office: BackOffice, before: Any, after: Any, depth: int, currency: str) -> None:
    books = kept(office, before, after)
    flat = books.report("balance-sheet", as_of="2026-02-28", currency=currency)
    tree = books.report("balance-sheet", as_of="2026-02-28", currency=currency, tree=True)
    for section in ("Assets", "Liabilities", "Equity"):
        for rows in (tree, books.report("balance-sheet", as_of="2026-02-28", currency=currency, tree=True, depth=depth),
                     books.report("balance-sheet", as_of="2026-02-28", currency=currency, depth=depth)):  # fmt: skip
            assert leaves(rows, section) == leaves(flat, section)
    for at, row in enumerate(tree):
        if row["kind"] == "group":
            assert Decimal(row["amount"]) == below(tree, at), row["name"]


def below(rows: Rows, at: int) -> Decimal:
    """The sum of the accounts under a group, in its currency; its other currencies stand beside it."""
    group, found = rows[at], Decimal(0)
    inside = False
    for row in rows:
        if (row["account"], row["kind"], row["section"]) == (group["account"], "group", group["section"]):
            inside = True
        elif inside and row["level"] <= group["level"]:
            break
        elif inside and row["kind"] == "account" and row["currency"] == group["currency"]:
            found += Decimal(row["amount"])
    return found


REPORTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("balance-sheet", {"as_of": "2026-02-28"}),
    ("income-statement", {}),
    ("cash-flow", {}),
    ("cash-flow", {"by": "counter"}),
)


@settings(deadline=None, max_examples=15, suppress_health_check=QUIET)
@given(before=entries, after=entries)
def test_sites_and_what_has_none_are_the_whole(office: BackOffice, before: Any, after: Any) -> None:
    books = kept(office, before, after)
    for name, options in REPORTS:
        sums: dict[tuple[str, ...], Decimal] = {}
        for site in (*SITES, ""):
            for key, amount in amounts(books.report(name, **options, dim=[f"site={site}"])).items():
                if key[1]:
                    sums[key] = sums.get(key, Decimal(0)) + amount
        whole = {key: amount for key, amount in amounts(books.report(name, **options)).items() if key[1]}
        assert {key: amount for key, amount in sums.items() if amount} == whole


@settings(deadline=None, max_examples=15, suppress_health_check=QUIET)
@given(before=entries, some=entries)
def test_reversal_restores_every_statement(office: BackOffice, before: Any, some: Any) -> None:
    books = kept(office, before, [])
    was = [amounts(books.report(name, **options)) for name, options in REPORTS]
    ids = books.post(some)
    with books.work() as uow:
        for ident in ids:
            entry = uow.get(Entry, ident)
            reverse_entry(uow, entry, "A mistake", entry.posting_date)
    for (name, options), before_that in zip(REPORTS, was, strict=True):
        assert amounts(books.report(name, **options)) == before_that


@settings(deadline=None, max_examples=10, suppress_health_check=QUIET)
@given(mine=entries, others=entries)
def test_a_company_sees_its_own_books_only(office: BackOffice, mine: Any, others: Any) -> None:
    books, other = kept(office, mine, []), new_books(office)
    was = [books.report(name, **options) for name, options in REPORTS]
    other.post(others)
    assert [books.report(name, **options) for name, options in REPORTS] == was


# ---------------------------------------------------------------- open items

documents = st.lists(
    st.tuples(
        st.dates(date(2026, 1, 1), date(2026, 3, 31)),
        st.sampled_from(["receivable", "payable"]),
        st.sampled_from(["EUR", "USD"]),
        st.integers(100, 9999),
        st.none() | st.integers(0, 60),
        st.none() | st.tuples(st.integers(0, 60), st.integers(1, 100)),
        st.booleans(),
    ),
    max_size=6,
)


@settings(deadline=None, max_examples=15, suppress_health_check=QUIET)
@given(documents=documents, day=st.dates(date(2026, 1, 1), date(2026, 5, 31)), currency=st.sampled_from(["own", "base"]))
def test_what_is_open_is_what_the_control_accounts_have_on_any_day(office: BackOffice, documents: Any, day: date, currency: str) -> None:
    books = new_books(office)
    with books.work() as uow:
        for purpose, code in (("receivable", "1100"), ("payable", "2000"), ("sales", "4000"), ("expense", "6100"), ("bank", "1010")):
            uow.add(PurposeRule(purpose=purpose, account_id=books.accounts[code]))
        if uow.select(Rate).first() is None:
            uow.add(Rate(currency="USD", to_currency="EUR", on=date(2025, 1, 1), source="test", rate=Decimal("0.9")))
    with books.work() as uow:
        party = uow.add(Party(name="Acme", kind=PartyKind.ORGANISATION))
        for number, (on, purpose, unit, minor, due, paid, taken_back) in enumerate(documents):
            document(uow, f"C{books.company}-{number}", on, purpose, Money.minor(minor, unit), party.id, due, paid, taken_back)
    rows = books.report("ageing", as_of=day, currency=currency)
    assert {Decimal(row["total"]) for row in rows if row["name"] == "Difference"} <= {Decimal(0)}
    items = books.report("open-items", as_of=day, currency=currency)
    for row in rows:
        if row["kind"] == "total":
            mine = [one for one in items if (one["account"], one["currency"]) == (row["account"], row["currency"])]
            assert Decimal(row["total"]) == sum(Decimal(one["remaining"]) for one in mine)
            assert Decimal(row["total"]) == sum(map(Decimal, row["overdue"].values()))


def document(
    uow: Any, key: str, on: date, purpose: str, amount: Money, party: int, due: int | None, paid: tuple[int, int] | None, taken_back: bool
) -> None:
    """An invoice or a bill, perhaps paid in part some days later, perhaps taken back in the end."""
    signed, counter = (amount, "sales") if purpose == "receivable" else (-amount, "expense")
    owed = Line(purpose, signed, party=party, opens=key, due=None if due is None else on + timedelta(due))
    uow.post(Voucher(f"doc:{key}", "test.document", [owed, Line(counter, -signed)], posting_date=on))
    if paid is not None:
        after, percent = paid
        part = Money.minor(max(1, signed.minor_units * percent // 100) if signed.minor_units > 0 else
                           min(-1, -(-signed.minor_units * percent // 100)), amount.currency)  # fmt: skip
        lines = [Line(purpose, -part, party=party, settles=key), Line("bank", part)]
        uow.post(Voucher(f"paid:{key}", "test.payment", lines, posting_date=on + timedelta(after)))
    if taken_back:
        uow.reverse(f"doc:{key}", "A mistake", on + timedelta(70))


def test_an_unknown_kind_is_the_whole_difference(office: BackOffice) -> None:
    books = new_books(office)
    with books.work() as uow:
        books.accounts["9"] = uow.add(Account(code="9", name="Drawer", kind=AccountKind.UNKNOWN)).id
    books.post([(date(2026, 1, 1), "9", "3000", "USD", 5, "normal", "")])
    rows = books.report("balance-sheet")
    difference = less(total(rows, "Total assets"), total(rows, "Total liabilities and equity"))
    assert difference == total(rows, "Accounts of unknown kind") == {"USD": Decimal("-0.05")}
