"""An auditor walks from a voucher to the paper, the person and the proof, and takes a pack of proofs along."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bocore import (
    ApprovalNeeded,
    Money,
    NotFound,
    Refused,
    drop_attachment,
    trace,
)
from bocore.audit import walk
from bocore.audit.pack import files_of
from bocore.record.checking import check_proof
from bocore.record.verify import verify
from bocore.testing import behind
from bocore.testing.engines import engine
from flows.desk import Desk, Invoice, lines_of, one, steps
from flows.office import line, voucher

SQLITE = engine() == "sqlite"


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


def test_what_is_too_much_to_show_is_said_with_the_command_that_shows_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not steps(desk.trail("desk.invoice:1"), "more")
    for number in range(4):
        with desk.office.work("zoe", correlation="the fair of spring") as uow:
            uow.post(voucher(f"fair:{number}", date(2026, 1, 5), line("cash", "1.00"), line("sales", "-1.00")))
    assert not steps(desk.trail("fair:0"), "more")
    monkeypatch.setattr(walk, "RELATED", 2)
    monkeypatch.setattr(walk, "WRITINGS", 1)
    (others,) = steps(desk.trail("fair:0"), "more")
    assert (others.name, len(steps(desk.trail("fair:0"), "same business"))) == ("1 more vouchers", 2)
    assert "bo audit log --correlation 'the fair of spring'" in others.text
    (older,) = steps(desk.trail("desk.invoice:1"), "more")
    assert older.name == "older commits"
    command = older.text.removeprefix("not shown: bo ").removesuffix(" lists all that wrote it").split()
    listed = desk(*command, "--format", "json")
    assert (listed.exit_code, len(json.loads(listed.stdout)) > 1) == (0, True)


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
