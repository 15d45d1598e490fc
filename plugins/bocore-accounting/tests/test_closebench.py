"""Another ledger beside ours: the books that closebench 0.1.1 generates (PyPI, MIT) are posted here too, and say the same.

A world is a company's eleven months, made from a seed: some 150 entries in a chart of 26 accounts, with planted errors and the entries that
put them right. Its ledger adds up by itself, slowly and plainly; it shares no code with ours.
"""

from __future__ import annotations

import csv
import os
import random
import time
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
from closebench.grader import grade
from closebench.ledger import Entry as TheirEntry
from closebench.ledger import Line as TheirLine
from closebench.tools import Session
from closebench.world import World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bocore import Company, Money, Refused, Voucher
from bocore import Line as VoucherLine
from bocore_accounting import Account, AccountKind, Entry, Line, account_ids, check, journal, post
from bocore_accounting.closing import close_year
from bocore_accounting.services import map_purpose

SECONDS = float(os.environ.get("BO_TEST_SECONDS", "5"))
SEEDS = [*range(1, 9), 20, 2026]
PURPOSES = {
    AccountKind.ASSET: "asset", AccountKind.LIABILITY: "liability", AccountKind.EQUITY: "equity",
    AccountKind.INCOME: "income", AccountKind.EXPENSE: "expense",
}  # fmt: skip


# ---------------------------------------------------------------- a world in our books


class Mirror:
    """A company of ours with the chart of a world, and every way in which its entries can come into our books."""

    def __init__(self, books, world, code):
        self.books = books
        self.world = world
        self.code = code
        with books.work() as uow:
            uow.add(Company(code=code, name=code, currency="EUR"))
        with self.work() as uow:
            uow.add_all(
                Account(company_id=uow.company.id, code=account.code, name=account.name, kind=AccountKind(account.type))
                for account in world.coa
            )

    def work(self, **more):
        return self.books.work(company=self.code, **more)

    def post(self, entries):
        """As entries of the ledger, all in one unit of work."""
        with self.work() as uow:
            ids, book = account_ids(uow, {line.account for entry in entries for line in entry.lines}), journal(uow, "GEN").id
            post(
                uow,
                [
                    (
                        Entry(journal_id=book, posting_date=date.fromisoformat(entry.date), text=entry.memo[:1000], reference=entry.ref),
                        [Line(account_id=ids[line.account], amount=Money(line.debit - line.credit, "EUR")) for line in entry.lines],
                    )
                    for entry in entries
                ],
            )

    def post_vouchers(self, entries):
        """As vouchers that name their accounts."""
        kinds = {account.code: AccountKind(account.type) for account in self.world.coa}
        with self.work() as uow:
            uow.post(
                *(
                    Voucher(
                        f"{self.code}:{entry.eid}", "bench.entry", posting_date=date.fromisoformat(entry.date),
                        lines=[
                            VoucherLine(PURPOSES[kinds[line.account]], Money(line.debit - line.credit, "EUR"), account=line.account)
                            for line in entry.lines
                        ],
                    )
                    for entry in entries
                )
            )  # fmt: skip

    def import_csv(self, entries, path):
        """As a table that somebody wrote in a spreadsheet."""
        write_table(path, entries)
        self.books.bo.import_file("journal-csv", path, actor="ann", company=self.code)

    def balances(self, **query):
        """Account → debit less credit."""
        report = self.books.bo.report("trial-balance", actor="ann", company=self.code, **query)
        return {row.account: row.balance for row in report.rows}

    def agree(self):
        """Compare every account, the totals and the result, at the end of every month."""
        world, ledger = self.world, self.world.ledger
        for end in month_ends(world):
            ours, theirs = self.balances(as_of=end), {}
            for row in ledger.trial_balance(end.isoformat()):
                theirs[row["code"]] = row["debit"] - row["credit"]
            assert ours == theirs, (world.seed, end)
            assert sum(value for value in ours.values() if value > 0) == ledger.tb_totals(end.isoformat())[0]
        first = date(world.year, 1, 1)
        result = {"income": Decimal(0), "expense": Decimal(0)}
        kinds = {account.code: account.type for account in world.coa}
        for code, balance in self.balances(since=first, as_of=end).items():
            if kinds[code] in result:
                result[kinds[code]] += balance
        pnl = ledger.pnl(first.isoformat(), end.isoformat())
        assert (-result["income"], result["expense"]) == (pnl["income"], pnl["expense"])
        with self.work(read_only=True) as uow:
            assert list(check(uow)) == []


def write_table(path, entries):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["entry", "date", "account", "debit", "credit"])
        for entry in entries:
            for line in entry.lines:
                writer.writerow([entry.eid, entry.date, line.account, line.debit, line.credit])


def month_ends(world):
    return [date(world.year, month, 1) - timedelta(1) for month in range(2, world.close_month + 1)] + [date.fromisoformat(world.period_end)]


def corrections(world):
    """The entries that put the planted errors right, as a bookkeeper would post them."""
    return [
        (error.fix["period"][1], [{"account": error.fix["debit_account"], "debit": error.fix["amount"]},
                                  {"account": error.fix["credit_account"], "credit": error.fix["amount"]}])
        for error in world.errors
    ]  # fmt: skip


def differ(books, tmp_path, seed, difficulty, way):
    """Post a world here, compare; post its corrections there and here, compare again; close the year, compare the result."""
    world = World(seed=seed, difficulty=difficulty).build()
    mirror = Mirror(books, world, f"{difficulty[0]}{way[0]}{seed}".upper())
    ways = {"entries": mirror.post, "vouchers": mirror.post_vouchers, "table": partial(mirror.import_csv, path=tmp_path / f"{seed}.csv")}
    ways[way](world.ledger.entries)
    mirror.agree()
    session = Session(world)
    for day, lines in corrections(world):
        session.post_entry(day, "correction", lines)
    new = [entry for entry in world.ledger.entries if entry.eid in session.posted]
    assert len(new) == len(world.errors) > 0
    mirror.post(new)
    mirror.agree()
    assert grade(world, session)["passed"]
    with mirror.work() as uow:
        map_purpose(uow, "retained_earnings", "3100")
    before = mirror.balances().get("3100", Decimal(0))
    with mirror.work() as uow:
        close_year(uow, world.year)
    kinds = {account.code: AccountKind(account.type) for account in world.coa}
    after = mirror.balances()
    assert {kinds[code] for code in after} <= {AccountKind.ASSET, AccountKind.LIABILITY, AccountKind.EQUITY}
    net = world.ledger.pnl(f"{world.year}-01-01", f"{world.year}-12-31")["net"]
    assert before - after["3100"] == net


@pytest.mark.acceptance
@pytest.mark.parametrize("difficulty", ["hard", "absence"])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_world_has_the_same_balances_here(books, tmp_path, seed, difficulty):
    differ(books, tmp_path, seed, difficulty, "entries")


@pytest.mark.acceptance
@pytest.mark.parametrize("way", ["vouchers", "table"])
@pytest.mark.parametrize("seed", SEEDS[:2])
def test_however_it_comes_into_the_books(books, tmp_path, seed, way):
    differ(books, tmp_path, seed, "hard", way)


@pytest.mark.acceptance
def test_any_seed_does(books, tmp_path):
    """Seeds that nobody chose, for as long as BO_TEST_SECONDS says; the seed is in what fails."""
    end, chance = time.monotonic() + SECONDS, random.SystemRandom()
    tried = set()
    while not tried or time.monotonic() < end:
        seed, way = chance.randrange(10**6), chance.choice(["entries", "vouchers", "table"])
        if seed not in tried:
            tried.add(seed)
            differ(books, tmp_path, seed, chance.choice(["hard", "absence"]), way)


# ---------------------------------------------------------------- what both refuse

amounts = st.sampled_from([Decimal(text) for text in ("0.00", "1.00", "2.00", "3.00", "-1.00")])
lines = st.builds(TheirLine, st.sampled_from(["1010", "4000", "6100", "9999"]), amounts, amounts)
"""Few accounts and amounts, so that entries often balance by chance, and are wrong in one thing only."""
sound = st.builds(
    lambda account, other, amount: [TheirLine(account, debit=amount), TheirLine(other, credit=amount)],
    st.sampled_from(["1010", "4000"]), st.sampled_from(["6100", "9999"]), amounts,
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(lines, min_size=1, max_size=4) | sound)
def test_an_entry_is_refused_here_if_and_only_if_it_is_refused_there(books, tmp_path, entry_lines):
    from closebench.ledger import Account as TheirAccount
    from closebench.ledger import Ledger

    theirs = Ledger([TheirAccount(code, code, "asset") for code in ("1010", "4000", "6100")])
    entry = TheirEntry("JE1", "2026-03-02", "", entry_lines)
    try:
        accepted_there = bool(theirs.post(entry))
    except ValueError:
        accepted_there = False
    path = tmp_path / "entry.csv"
    write_table(path, [entry])
    try:
        books.bo.import_file("journal-csv", path, actor="ann", dry_run=True)
        accepted_here = True
    except Refused as refusal:
        accepted_here = False
        assert {f.code for f in refusal.findings} <= {"accounting.no_account", "accounting.amount", "accounting.unbalanced"}
    assert accepted_here == accepted_there


REFUSED = {
    "unbalanced": ([("1010", "10.00", "0.00"), ("4000", "0.00", "9.00")], "accounting.unbalanced"),
    "unknown account": ([("1010", "10.00", "0.00"), ("9999", "0.00", "10.00")], "accounting.no_account"),
    "negative": ([("1010", "-10.00", "0.00"), ("4000", "0.00", "-10.00")], "accounting.amount"),
    "on both sides": ([("1010", "10.00", "5.00"), ("4000", "0.00", "5.00")], "accounting.amount"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_it_refuses_is_refused_here_and_for_that_reason(books, tmp_path, what):
    rows, code = REFUSED[what]
    world = World(seed=1).build()
    theirs = [TheirLine("1000" if account == "1010" else account, Decimal(debit), Decimal(credit)) for account, debit, credit in rows]
    with pytest.raises(ValueError):
        world.ledger.post(TheirEntry("X", "2026-03-02", "", theirs))
    path = tmp_path / "wrong.csv"
    write_table(path, [TheirEntry("X", "2026-03-02", "", [TheirLine(a, Decimal(d), Decimal(c)) for a, d, c in rows])])
    with pytest.raises(Refused) as refusal:
        books.bo.import_file("journal-csv", path, actor="ann")
    assert {finding.code for finding in refusal.value.findings} == {code}
    assert books.balances() == {}


def test_an_entry_without_lines_is_refused_in_both(books):
    with pytest.raises(ValueError):
        World(seed=1).build().ledger.post(TheirEntry("X", "2026-03-02", "", []))
    findings = books.refused(lambda uow: post(uow, [(Entry(journal_id=journal(uow, "GEN").id, posting_date=date(2026, 3, 2)), [])]))
    assert [finding.code for finding in findings] == ["accounting.no_lines"]
