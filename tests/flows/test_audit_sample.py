"""An auditor draws a sample that ties to the trial balance; plugins add populations and steps of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa

from bocore import (
    BackOffice,
    Book,
    Entity,
    NotFound,
    Plugin,
    Population,
    PopulationQuery,
    Refused,
    TraceStep,
    UnitOfWork,
    UsageError,
    VoucherRecord,
    draw_sample,
    hookimpl,
)
from bocore.record.verify import verify
from bocore.testing import behind
from flows.desk import DESK, Desk, Invoice, lines_of, one, steps
from flows.office import Office, line


def test_the_population_ties_to_the_trial_balance_and_every_line_drawn_has_a_trail(desk: Desk) -> None:
    drawn = desk.sample(size=6, through=date(2026, 1, 31))
    assert (drawn.ok, drawn.count, str(drawn.debit), str(drawn.control_credit)) == (True, 8, "2483.00 EUR", "2483.00 EUR")
    moved = desk.office.report("trial-balance", since=date(2026, 1, 1), as_of=date(2026, 1, 31), zero=True)
    assert sum(row.debit for row in moved) == drawn.debit.amount
    assert len(drawn.rows) == 6
    for row in drawn.rows:
        trail = desk.trail(row.key)
        (found,) = [step for step in steps(trail, "line") if f"{step.entity} {step.id}" == row.row]
        assert (found.amount is not None and found.amount.amount, found.line) == (row.amount, row.line)
        assert one(trail, "entry").name == row.entry


def test_the_roll_up_says_the_same_as_the_lines(desk: Desk) -> None:
    before = desk.sample(size=500)
    desk.office.do("accounting.roll-up")
    assert desk.sample(size=500) == before


def test_the_same_seed_draws_the_same_and_another_does_not(desk: Desk) -> None:
    assert desk.sample(seed=5) == desk.sample(seed=5)
    assert len({tuple(row.row for row in desk.sample(seed=seed, size=4).rows) for seed in range(6)}) > 1


DRAWN_OF_SEED_5 = {
    "random": [("DESK/2026/00006", 2), ("BANK/2026/00001", 1), ("DESK/2026/00001", 1), ("DESK/2026/00003", 1)],
    "mus": [("DESK/2026/00001", 2), ("GEN/2026/00001", 1), ("BANK/2026/00001", 2), ("DESK/2026/00005", 1)],
}


@pytest.mark.parametrize("method", ["random", "mus"])
def test_it_is_the_same_on_every_engine(desk: Desk, method: Any) -> None:
    """Written down here, so that each engine is held against the same."""
    found = [(row.entry, row.line) for row in desk.sample(seed=5, size=4, method=method).rows]
    assert found == DRAWN_OF_SEED_5[method]


def test_by_money_what_is_as_large_as_the_interval_is_drawn_for_certain(desk: Desk) -> None:
    drawn = desk.sample(method="mus", size=6)
    assert (str(drawn.every), drawn.interval and drawn.interval > 0) == ("864.33 EUR", True)
    assert {(row.entry, row.line) for row in drawn.rows if row.certain} == {
        (entry, place) for entry in ("DESK/2026/00001", "BANK/2026/00001") for place in (1, 2)
    }
    assert sum(row.times for row in drawn.rows) == 6


def test_lines_of_an_account_tie_by_themselves(desk: Desk) -> None:
    drawn = desk.sample(groups=["1100"], size=500)
    assert (drawn.ok, drawn.count, {row.account for row in drawn.rows}) == (True, 7, {"1100"})
    with pytest.raises(NotFound, match="9999"):
        desk.sample(groups=["1100", "9999"])


def test_more_than_there_are_gives_all_and_says_so(desk: Desk) -> None:
    done = desk("audit", "sample", "--seed", "1", "--size", "500", "--method", "mus")
    assert (done.exit_code, "all of them were taken" in done.stderr) == (0, True), done.output
    assert len(desk.sample(size=500).rows) == desk.sample(size=500).count == 16


def test_what_can_t_be_drawn_is_refused(desk: Desk) -> None:
    for asked in ({"size": 0}, {"method": "best"}, {"since": date(2026, 2, 1), "through": date(2026, 1, 1)}, {"population": "x"}):
        with pytest.raises(UsageError):
            desk.sample(**asked)
    with pytest.raises(NotFound, match="no journal lines from 2030-01-01"):
        desk.sample(since=date(2030, 1, 1))
    assert desk("audit", "sample", "--seed", "1", "--size", "0").exit_code == 2
    bare = BackOffice(desk.office.path.parent / "none.db", plugins=[]).init(company="None", currency="EUR")
    with bare, pytest.raises(UsageError, match="No plugin names anything"):
        bare.run(lambda uow: draw_sample(uow, seed=1, size=1), actor="auditor")


def test_lines_in_another_currency_count_in_the_company_s(desk: Desk) -> None:
    desk.office.book("shop.sale:7", "2026-02-20", line("cash", "100.00 USD", "90.00"), line("sales", "-100.00 USD", "-90.00"))
    drawn = desk.sample(since=date(2026, 2, 20), size=500)
    assert (drawn.ok, [str(row.amount) for row in drawn.rows], drawn.rows[0].currency) == (True, ["90.00", "-90.00"], "EUR")


def test_a_line_that_was_changed_is_found_by_the_tie_or_else_by_verify(desk: Desk) -> None:
    first, second = lines_of(desk)
    with behind(desk.office.path) as past:
        past.execute("UPDATE accounting_line SET base = base + 100 WHERE id = ?", (first,))
    done = desk("audit", "sample", "--seed", "1", "--size", "3")
    assert done.exit_code == 1
    assert "do not balance: debits less credits are 1.00 EUR" in done.stderr
    with behind(desk.office.path) as past:
        past.execute("UPDATE accounting_line SET base = base - 100 WHERE id = ?", (first,))
    desk.office.do("accounting.roll-up")
    with behind(desk.office.path) as past:  # both sides of an entry: it balances, and the trial balance knows better
        past.execute("UPDATE accounting_line SET base = base * 2 WHERE id IN (?, ?)", (first, second))
    drawn = desk.sample(method="mus")
    assert [finding.where for finding in drawn.differences] == ["account 1100", "account 4000"]
    assert "a difference of 1200.00 EUR" in str(drawn.differences[0])
    done = desk("audit", "sample", "--seed", "1", "--size", "3", "--format", "json")
    plain = json.loads(done.stdout)
    assert (done.exit_code, plain["ok"], plain["debit"], plain["control_debit"]) == (1, False, "3793.00", "2593.00")
    assert [finding.at for finding in verify(desk.bo).findings] == [f"accounting_line {first}-{second}"]
    with behind(desk.office.path) as past:
        past.execute("UPDATE accounting_line SET base = base / 2 WHERE id IN (?, ?)", (first, second))
        past.execute("UPDATE accounting_line SET amount = amount + 1 WHERE id = ?", (first,))
    assert (desk.sample().ok, verify(desk.bo).ok) == (True, False)
    with behind(desk.office.path) as past:
        past.execute("UPDATE accounting_line SET amount = amount - 1 WHERE id = ?", (first,))


def test_a_year_that_is_closed_ties_as_before(desk: Desk) -> None:
    desk.office.clock.set("2027-02-01T09:00Z")
    desk.office.do("accounting.close-year", 2026)
    assert (desk.sample().ok, desk.sample(since=date(2026, 12, 1)).count) == (True, 3)


def test_an_adjustment_book_is_drawn_from_with_the_common_layer(desk: Desk) -> None:
    with desk.office.work("carla") as uow:
        uow.add(Book(code="tax", name="Tax"))
    desk.office.book("tax.allowance:1", "2026-02-25", line("expense", "7.00"), line("cash", "-7.00"), book="tax")
    assert [(drawn.ok, drawn.count) for drawn in (desk.sample(), desk.sample(book="tax"))] == [(True, 16), (True, 18)]
    with pytest.raises(Refused, match="no adjustment book 'taxes'"):
        desk.sample(book="taxes")


extra = ModuleType("letters_hooks")


@hookimpl
def bo_audit_population(uow: UnitOfWork, query: PopulationQuery) -> Population:
    """The invoices that were sent, which must come to what the accounts of sales took."""
    columns: list[Any] = [
        Invoice.c.id, Invoice.c.number.label("name"), sa.literal(1).label("place"), Invoice.c.on, sa.literal("sent").label("group"),
        Invoice.c.number.label("text"), Invoice.c.total.label("amount"), sa.null().label("voucher"),
    ]  # fmt: skip
    sent = sa.select(*columns).where(Invoice.c.company_id == query.company, Invoice.c.sent.is_(True))
    return Population(
        name="letters.invoices", title="invoices", entity="desk_invoice", items=sent, balanced=False, control_name="a count by hand",
        control=lambda: {"sent": (131000, 0)},
    )  # fmt: skip


@hookimpl
def bo_audit_trace(rows: list[Entity]) -> list[Any]:
    """The envelope of an invoice, which has no row; and for a reversal nonsense."""
    if any(isinstance(row, VoucherRecord) and row.reverses for row in rows):
        return ["nonsense"]
    return [TraceStep("posted letter", name="RR 123 456 785 GB", of=row) for row in rows if isinstance(row, Invoice)]


extra.bo_audit_population, extra.bo_audit_trace = bo_audit_population, bo_audit_trace  # type: ignore[attr-defined]
LETTERS = Plugin(prefix="letters", hooks=[extra])


def test_a_plugin_names_a_population_and_steps_of_its_own(open_office: Callable[..., Office]) -> None:
    desk = Desk(open_office(DESK, LETTERS))
    for total in ("1300.00", "10.00"):
        desk.invoice(total)
    with pytest.raises(UsageError, match="Several"):
        desk.sample()
    drawn = desk.sample(population="letters.invoices", size=1)
    assert (drawn.ok, drawn.count, str(drawn.debit), drawn.rows[0].key[:6]) == (True, 2, "1310.00 EUR", "R2026-")
    assert desk.sample(population="accounting.lines").ok
    (letter,) = steps(desk.trail(drawn.rows[0].key), "posted letter")
    assert (letter.name, letter.row) == ("RR 123 456 785 GB", None)
    desk.invoice("1.00")
    assert "a difference of 1.00 EUR" in str(desk.sample(population="letters.invoices").differences[0])
    desk.office.reverse("desk.invoice:2", "Twice")
    with pytest.raises(UsageError, match="'nonsense' is no TraceStep"):
        desk.trail("desk.invoice:2:reversal")
    with pytest.raises(UsageError, match="selects no name, place"):
        Population(name="x", title="x", entity="x", items=sa.select(sa.literal(1).label("id")), control=dict, control_name="nothing")


def test_what_the_commands_write_is_what_the_functions_give(desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "sample.csv"
    done = desk("audit", "sample", "--seed", "3", "--size", "4", "--since", "2026-01-01", "--through", "2026-01-31", "-o", str(out))
    assert (done.exit_code, "They tie to the trial balance" in done.stderr) == (0, True)
    rows = out.read_text(encoding="utf-8").splitlines()
    assert rows[0].startswith("key,entry,line,date,account,text,amount,currency")
    drawn = desk.sample(seed=3, size=4, since=date(2026, 1, 1), through=date(2026, 1, 31)).rows
    assert [row.split(",")[0] for row in rows[1:]] == [row.key for row in drawn]
    shown = desk("audit", "trace", *drawn[0].key.split(), "--format", "csv")
    assert shown.exit_code == 0
    assert shown.stdout.splitlines()[0] == "step,name,date,amount,currency,text,who,when,record,row,level"
    assert f"{drawn[0].row}," in shown.stdout
