"""An auditor draws a sample that ties to the trial balance, and walks each item of it to the paper, the person and the proof."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from bocore import (
    ApprovalNeeded,
    BackOffice,
    Book,
    Company,
    Entity,
    Grant,
    Money,
    NotAllowed,
    NotFound,
    Paid,
    Plugin,
    Population,
    PopulationQuery,
    Refused,
    Sample,
    Source,
    TraceStep,
    Trail,
    UnitOfWork,
    UsageError,
    User,
    VoucherRecord,
    attach,
    draw_sample,
    drop_attachment,
    entity,
    hookimpl,
    money,
    numbered,
    service,
    trace,
)
from bocore.audit.pack import files_of
from bocore.cli import bo as root
from bocore.cli.invocation import Invocation
from bocore.record.checking import check_proof
from bocore.record.verify import verify
from bocore.testing import behind
from bocore.testing.engines import engine
from flows.office import BOOKS, Office, line, voucher

SQLITE = engine() == "sqlite"
SIGN = "desk.sign"
hooks = ModuleType("desk_hooks")


@entity("desk_invoice", company=True, read="bo.read", write=SIGN)
class Invoice(Entity):
    """What a customer was sent."""

    on: date
    checked: bool = False
    total: Money = money(gt=0)
    sent: bool = False
    number: str = numbered("desk.invoice", "R{year}-{n:04}", per=("company", "year"), on="on")


@service(SIGN, approval=True)
def send(uow: UnitOfWork, invoice: Invoice) -> str:
    """Send an invoice, and post it."""
    invoice.sent = True
    lines = [line("receivable", f"{invoice.total.amount}", opens=f"inv:{invoice.id}"), line("sales", f"-{invoice.total.amount}")]
    source = Source(invoice, event="sent", label="Invoice {number}")
    (receipt,) = uow.post(voucher(f"desk.invoice:{invoice.id}", invoice.on, *lines, source=source, text="{label}"))
    return receipt.key


@service(SIGN, approval=True)
def release(uow: UnitOfWork, invoice: Invoice) -> None:
    """Let an invoice be sent, some day."""
    invoice.checked = True


@hookimpl
def bo_approvers(record: Invoice | None, service: str) -> list[str] | None:
    if service == "desk.release":
        return ["bob"]
    return ["max"] if service == "desk.send" and record is not None and record.total > Money("1000.00", "EUR") else None


hooks.bo_approvers = bo_approvers  # type: ignore[attr-defined]
DESK = Plugin(prefix="desk", entities=Invoice, services=[send, release], hooks=[hooks], permissions={SIGN: "Send invoices"})


class Desk:
    """An office that sends invoices, and its command line."""

    def __init__(self, office: Office) -> None:
        self.office, self.bo = office, office.bo

    def invoice(self, total: str, on: date = date(2026, 1, 5), *, paper: bytes = b"") -> int:
        """An invoice, sent by Zoe; what is above 1000 Max must approve."""
        with self.office.work("zoe", correlation="fair") as uow:
            row = uow.add(Invoice(on=on, total=Money(total, "EUR")))
            if paper:
                attach(uow, row, paper, file_name="invoice.txt")
        try:
            self.bo.run("desk.send", row.id, actor="zoe", reason="Sent")
        except ApprovalNeeded as needed:
            self.bo.approvals.approve(int(needed.findings[0].params["approval"]), actor="max", reason="Looked at")
        return row.id

    def trail(self, key: str, actor: str = "auditor", company: str | None = None) -> Trail:
        with self.bo.unit_of_work(actor=actor, company=company, read_only=True) as uow:
            return trace(uow, key)

    def sample(self, actor: str = "auditor", company: str | None = None, **asked: Any) -> Sample:
        with self.bo.unit_of_work(actor=actor, company=company, read_only=True) as uow:
            return draw_sample(uow, **{"seed": 1, "size": 5, **asked})

    def __call__(self, *words: str, user: str = "auditor") -> Result:
        return CliRunner().invoke(root, ["--db", str(self.office.path), *words], obj=Invocation(plugins=[BOOKS, DESK], user=user))


@pytest.fixture
def desk(open_office: Callable[..., Office]) -> Desk:
    """One invoice that was approved and paid, one that was taken back, three small ones, and an entry by hand."""
    desk = Desk(open_office(DESK))
    office = desk.office
    first = desk.invoice("1200.00", paper=b"twelve hundred")
    office.pay("bank.receipt:1", "2026-01-20", Paid(f"inv:{first}"))
    second = desk.invoice("50.00", date(2026, 1, 6))
    office.reverse(f"desk.invoice:{second}", "Sent twice", date(2026, 2, 1), actor="zoe")
    for number, total in enumerate(("10.00", "20.00", "30.00"), 1):
        desk.invoice(total, date(2026, 2, number))
    office.do("accounting.enter", date(2026, 1, 13), "Telephone", "6800", "1010", Decimal("33.00"), reference="T-1")
    return desk


def steps(trail: Trail, word: str) -> list[TraceStep]:
    return [step for step in trail.all() if step.step == word]


def lines_of(desk: Desk) -> list[int]:
    """The ids of the lines of the first invoice's entry."""
    return [step.id or 0 for step in steps(desk.trail("desk.invoice:1"), "line")]


def one(trail: Trail, word: str) -> TraceStep:
    (found,) = steps(trail, word)
    return found


# ---------------------------------------------------------------- the trail


def test_a_voucher_leads_to_its_paper_its_lines_what_paid_it_and_who_approved_it(desk: Desk) -> None:
    trail = desk.trail("desk.invoice:1")
    (top,) = trail.steps
    assert (top.step, top.name, top.date) == ("voucher", "desk.invoice:1", date(2026, 1, 5))
    assert [part.step for part in top.parts] == ["commit", "approval", "source", "entry"]
    source = one(trail, "source")
    assert (source.name, source.entity) == ("Invoice R2026-0001", "desk_invoice")
    paper = one(trail, "attachment")
    assert hashlib.sha256(b"twelve hundred").hexdigest() in paper.text
    assert "14 bytes, text/plain" in paper.text
    lines = [(step.name, str(step.amount), [part.step for part in step.parts]) for step in steps(trail, "line")]
    assert lines == [("1100 Trade receivables", "1200.00 EUR", ["opens"]), ("4000 Sales", "-1200.00 EUR", [])]
    opened = one(trail, "opens")
    assert (opened.key, "0.00 EUR remains" in opened.text) == ("inv:1", True)
    assert [(part.step, part.name, str(part.amount)) for part in opened.parts] == [("settled by", "bank.receipt:1", "-1200.00 EUR")]


def test_it_says_who_asked_who_approved_what_and_whose_commit_it_was(desk: Desk) -> None:
    trail = desk.trail("desk.invoice:1")
    approval = one(trail, "approval")
    note = desk.bo.approvals.all(actor="max", ended=True)[-1]
    assert f"desk.send, asked for by zoe, needed max, content SHA-256 {note.content_hash}" in approval.text
    assert [(part.step, part.name, part.text) for part in approval.parts] == [("approved by", "max", "as max, Looked at")]
    commit = trail.commits[trail.steps[0].unit or 0]
    assert (commit.who, set(commit.plugins) >= {"accounting", "desk"}) == ("zoe", True)
    written = one(trail, "written by")
    assert "correlation fair" in written.text
    (row,) = [row for row in trail.rows() if row.step == "approved by"]
    assert (row.row.split()[0], row.level) == ("bo_approval_answer", 2)


def test_what_was_approved_of_the_document_before_it_was_posted_is_on_the_trail_too(desk: Desk) -> None:
    with desk.office.work("zoe") as uow:
        row = uow.add(Invoice(on=date(2026, 3, 1), total=Money("5.00", "EUR"))).id
    with pytest.raises(ApprovalNeeded) as needed:
        desk.bo.run("desk.release", row, actor="zoe")
    desk.bo.approvals.approve(int(needed.value.findings[0].params["approval"]), actor="bob")
    desk.bo.run("desk.send", row, actor="zoe")
    source = one(desk.trail(f"desk.invoice:{row}"), "source")
    assert [part.step for part in source.parts] == ["written by", "written by", "approval"]
    assert [part.name for part in source.parts[2].parts] == ["bob"]


def test_books_that_were_damaged_are_still_walked_and_their_proofs_refused(desk: Desk) -> None:
    """Whatever somebody has put into a commit record, the trail says the rest; verify and the proofs name it."""
    columns, unit = "actor, plugins, changes, at", desk.trail("desk.invoice:1").steps[0].unit
    with behind(desk.office.path) as past:
        ((actor, plugins, changes, at),) = past.execute(f"SELECT {columns} FROM bo_commit WHERE unit = ?", (unit,)).fetchall()
        nonsense = ("mallory", "no list", b"\0", "yesterday" if SQLITE else at)  # a server takes instants only
        past.execute("UPDATE bo_commit SET actor = ?, plugins = ?, changes = ?, at = ? WHERE unit = ?", (*nonsense, unit))
    trail = desk.trail("desk.invoice:1")
    top = next(trail.rows())
    assert (top.who, top.when is None, trail.commits[unit or 0].plugins) == ("mallory", SQLITE, ())
    assert [part.step for part in trail.steps[0].parts] == ["commit", "source", "entry"]
    assert not verify(desk.bo).ok
    with desk.bo.unit_of_work(actor="auditor", read_only=True) as uow, pytest.raises(Refused):
        list(files_of(uow, trace(uow, "desk.invoice:1")))
    with behind(desk.office.path) as past:
        past.execute(
            "UPDATE bo_commit SET actor = ?, plugins = ?, changes = ?, at = ? WHERE unit = ?", (actor, plugins, bytes(changes), at, unit)
        )


def test_a_payment_leads_back_to_what_it_paid(desk: Desk) -> None:
    trail = desk.trail("bank.receipt:1")
    settled = one(trail, "settles")
    assert (settled.key, str(settled.amount), settled.text) == ("inv:1", "-1200.00 EUR", "settlement, opened by desk.invoice:1")
    assert settled in one(trail, "entry").parts[1].parts


def test_a_reversal_is_seen_from_both_sides(desk: Desk) -> None:
    back = [(step.name, step.entity) for step in steps(desk.trail("desk.invoice:2"), "reversed by")]
    assert back == [("DESK/2026/00003", "accounting_entry"), ("desk.invoice:2:reversal", "bo_voucher")]
    before = [step.name for step in steps(desk.trail("desk.invoice:2:reversal"), "reverses")]
    assert before == ["DESK/2026/00002", "desk.invoice:2"]


def test_one_trail_has_many_keys(desk: Desk) -> None:
    """Whatever an auditor holds in his hand leads to the same voucher."""
    trail = desk.trail("desk.invoice:1")
    expected, rows = (
        trail.steps,
        [f"{step.entity} {step.id}" for step in trail.all() if step.step in ("source", "opens", "line", "attachment")],
    )
    assert len(rows) == 5
    digest = hashlib.sha256(b"twelve hundred").hexdigest()
    keys = ("R2026-0001", "DESK/2026/00001", "inv:1", digest, *rows)
    for key in keys:
        assert [step.name for top in desk.trail(key).steps for step in top.all()] == [
            step.name for top in expected for step in top.all()
        ], key
    assert [step.name for step in desk.trail("R2026-0002").steps] == ["desk.invoice:2", "desk.invoice:2:reversal"]


def test_an_entry_by_hand_and_a_document_without_a_voucher_have_a_trail_too(desk: Desk) -> None:
    trail = desk.trail("GEN/2026/00001")
    (top,) = trail.steps
    assert (top.step, top.name, [part.step for part in top.parts]) == ("entry", "GEN/2026/00001", ["commit", "line", "line"])
    with desk.office.work("zoe") as uow:
        draft = uow.add(Invoice(on=date(2026, 3, 1), total=Money("5.00", "EUR"))).id
    (top,) = desk.trail(f"desk_invoice {draft}").steps
    assert (top.step, top.name, [part.step for part in top.parts]) == ("invoice", "R2026-0006", ["written by"])


def test_a_file_that_was_dropped_is_still_told_of(desk: Desk) -> None:
    with desk.office.work() as uow:
        paper = one(trace(uow, "desk.invoice:1"), "attachment").row
        drop_attachment(uow, paper)  # type: ignore[arg-type]
    assert "content dropped on 2026-01-15" in one(desk.trail("desk.invoice:1"), "attachment").text


def test_what_has_no_such_key_is_refused_with_some_that_there_are(desk: Desk) -> None:
    with pytest.raises(NotFound, match=r"desk.invoice:1, desk.invoice:2") as caught:
        desk.trail("desk.invoice:99")
    assert caught.value.findings[0].code == "bo.audit.no_trail"
    for key in ("", "bo_voucher 999", "no_table 1", "0" * 64, "bo_voucher 99999999999999999999"):
        with pytest.raises(NotFound):
            desk.trail(key)


def test_a_number_that_several_have_names_them(desk: Desk) -> None:
    desk.office.book("R2026-0003", "2026-02-09", line("cash", "1.00"), line("sales", "-1.00"))
    with pytest.raises(Refused, match=r"bo_voucher \d+, desk_invoice 3") as caught:
        desk.trail("R2026-0003")
    assert caught.value.findings[0].code == "bo.audit.several"
    assert desk.trail("desk_invoice 3").steps[0].name == "desk.invoice:3"


# ---------------------------------------------------------------- the pack


def test_a_pack_proves_every_row_of_a_trail_to_who_has_nothing_else(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    done = desk("audit", "trace", "desk.invoice:1", "--pack", str(folder), "--format", "json")
    assert done.exit_code == 0, done.output
    trail = json.loads((folder / "trail.json").read_text(encoding="utf-8"))
    assert trail == json.loads(done.stdout)
    proofs = {path.name: check_proof(path.read_bytes()) for path in (folder / "proofs").iterdir()}
    named = set(_rows_in(trail["steps"]))
    assert {(proved.entity, proved.id) for proved in proofs.values()} == named
    assert {name for name, _ in named} >= {
        *("bo_voucher", "desk_invoice", "accounting_entry", "accounting_line", "bo_open_item", "bo_settlement"),
        *("bo_attachment", "bo_approval", "bo_approval_answer"),
    }
    amounts = {
        each.value for proved in proofs.values() if proved.entity == "accounting_line" for each in proved.values if each.column == "amount"
    }
    assert amounts == {120000, -120000}
    assert [path.read_bytes() for path in (folder / "files").iterdir()] == [b"twelve hundred"]
    (voucher_s,) = (folder / "proofs").glob("bo_voucher-*.json")
    shown = desk("audit", "check-proof", str(voucher_s))
    assert (shown.exit_code, "desk.invoice:1" in shown.stdout) == (0, True)
    again = desk("audit", "trace", "desk.invoice:1", "--pack", str(folder))
    assert (again.exit_code, "already" in again.stderr) == (2, True)


def _rows_in(plain: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [row for step in plain for row in [*([(step["entity"], step["id"])] if step["entity"] else []), *_rows_in(step["parts"])]]


def test_a_pack_of_a_row_that_was_changed_behind_bocore_s_back_is_not_made(desk: Desk, tmp_path: Path) -> None:
    first, _ = lines_of(desk)
    with behind(desk.office.path) as past:
        past.execute("UPDATE accounting_line SET base = base + 1 WHERE id = ?", (first,))
    done = desk("audit", "trace", "desk.invoice:1", "--pack", str(tmp_path / "pack"))
    assert (done.exit_code, f"accounting_line {first}" in done.stderr, (tmp_path / "pack").exists()) == (1, True, False)
    with behind(desk.office.path) as past:
        past.execute("UPDATE accounting_line SET base = base - 1 WHERE id = ?", (first,))
        past.execute("UPDATE bo_attachment SET sha256 = ?", ("0" * 64,))
    with desk.bo.unit_of_work(actor="auditor", read_only=True) as uow, pytest.raises(Refused) as caught:
        list(files_of(uow, trace(uow, "desk.invoice:1")))
    assert sorted(finding.code for finding in caught.value.findings) == ["bo.attachment_altered", "bo.audit.altered"]
    with behind(desk.office.path) as past:
        past.execute("UPDATE bo_attachment SET sha256 = ?", (hashlib.sha256(b"twelve hundred").hexdigest(),))


def test_the_seal_is_named_and_what_is_not_sealed_yet(desk: Desk) -> None:
    assert "not sealed yet" in one(desk.trail("desk.invoice:5"), "commit").text
    head = desk.bo.seal()
    assert head is not None
    assert f"sealed under the head of {head.size}, NOT SIGNED" in one(desk.trail("desk.invoice:5"), "commit").text


# ---------------------------------------------------------------- who may see it


@pytest.fixture
def two(desk: Desk) -> Desk:
    """A second company with one sale; an auditor of the first alone, one who may read no books, and one who reads nothing."""
    office = desk.office
    with office.work("carla") as uow:
        uow.add(Company(code="BETA", name="Beta Ltd", currency="EUR", zone="Europe/London"))
    office.book("shop.sale:9", "2026-01-09", line("cash", "777.00"), line("sales", "-777.00"), company="BETA")
    with office.work("carla") as uow:
        acme, beta = (uow.select(Company, code=code).one().id for code in ("ACME", "BETA"))
        uow.add_all([User(name=name, owner=True) for name in ("ann", "auditor", "carla", "zoe", "max")])
        uow.add(Grant(user_id=uow.add(User(name="nina")).id, role="accounting.auditor", company_id=acme))
        uow.add(Grant(user_id=uow.add(User(name="bert")).id, role="bo.administrator"))
        for role in ("bo.administrator", "bo.clerk"):
            uow.add(Grant(user_id=uow.add(User(name=f"only-{role}")).id, role=role))
        both = uow.add(User(name="core")).id
        uow.add_all([Grant(user_id=both, role=role) for role in ("bo.administrator", "bo.clerk")])
    assert acme != beta
    return desk


def test_an_auditor_of_one_company_walks_and_draws_in_that_alone(two: Desk) -> None:
    assert two.trail("desk.invoice:1", "nina", "ACME").company == "ACME"
    assert one(two.trail("shop.sale:9", company="BETA"), "entry").name == "SHOP/2026/00001"
    with two.bo.unit_of_work(actor="auditor", company="BETA", read_only=True) as uow:
        (foreign,) = uow.select(VoucherRecord, key="shop.sale:9")
    for key in ("shop.sale:9", f"bo_voucher {foreign.id}", "SHOP/2026/00001"):
        for actor in ("nina", "auditor"):
            with pytest.raises(NotFound) as caught:
                two.trail(key, actor, "ACME")
            assert "777" not in str(caught.value)
        with pytest.raises((NotAllowed, NotFound)):
            two.trail(key, "nina", "BETA")
    drawn = two.sample("nina", "ACME", size=500)
    assert (drawn.ok, {row.key for row in drawn.rows} & {"shop.sale:9"}) == (True, set())
    assert [row.key for row in two.sample(company="BETA").rows] == ["shop.sale:9"] * 2
    with pytest.raises((NotAllowed, NotFound)):
        two.sample("nina", "BETA")


def test_it_takes_the_permission_to_audit_and_those_of_what_is_read(two: Desk) -> None:
    with pytest.raises(NotAllowed, match=r"bo\.audit"):
        two.trail("desk.invoice:1", "only-bo.clerk", "ACME")
    with pytest.raises(NotAllowed, match=r"bo\.audit"):
        two.sample("only-bo.clerk", "ACME")
    with pytest.raises(NotAllowed, match=r"bo\.read"):
        two.trail("desk.invoice:1", "bert", "ACME")
    with pytest.raises(NotAllowed, match=r"accounting\.read"):
        two.sample("core", "ACME")
    trail = two.trail("desk.invoice:1", "core", "ACME")
    assert one(trail, "entry").text == "not shown: it takes the permission accounting.read"
    assert not [name for name, _ in trail.proved() if name.startswith("accounting")]
    assert [(step.name, str(step.amount)) for step in steps(trail, "line")] == [
        ("receivable", "1200.00 EUR"),
        ("sales", "-1200.00 EUR"),
    ]


def test_a_pack_takes_the_permission_in_all_companies(two: Desk, tmp_path: Path) -> None:
    words = ("--company", "ACME", "audit", "trace", "desk.invoice:1")
    assert two(*words, user="nina").exit_code == 0
    refused = two(*words, "--pack", str(tmp_path / "pack"), user="nina")
    assert (refused.exit_code, "in all companies" in refused.stderr, (tmp_path / "pack").exists()) == (1, True, False)


# ---------------------------------------------------------------- the sample


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


# ---------------------------------------------------------------- what plugins add

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
