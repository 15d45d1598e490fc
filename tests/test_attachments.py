"""Attachments: a file comes back as it went in, and what is dropped leaves no trace of its content."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocore import (
    Attachment,
    BackOffice,
    Company,
    KernelSettings,
    NotFound,
    Party,
    Refused,
    UnitOfWork,
    UsageError,
    attach,
    attachments,
    clean_file_name,
    drop_attachment,
    read_attachment,
    stream_attachment,
    write_setting,
)
from bocore.kernel.attachments import AttachmentContent
from bocore.record.verify import verify
from bocore.testing import behind

BILL = b"%PDF-1.7 a bill of 1 200.00 EUR"


@pytest.fixture(scope="session")
def bo_plugins() -> Any:
    """The core alone."""
    return []


@pytest.fixture
def ada(bo: BackOffice) -> Party:
    """A person."""
    with bo.unit_of_work(actor="ann") as uow:
        return uow.add(Party(name="Ada"))


def refusal(bo: BackOffice, work: Callable[[UnitOfWork], Any]) -> str:
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="eve") as uow:
        work(uow)
    return str(refused.value)


def test_a_file_comes_back_as_it_went_in(bo: BackOffice, ada: Party, tmp_path: Path) -> None:
    large = b"\x89PNG\r\n\x1a\n" + (bytes(range(256)) * 5000)[8:]  # 1.28 MB: three parts
    path = tmp_path / "scan.png"
    path.write_bytes(large)
    with bo.unit_of_work(actor="ann") as uow:
        attach(uow, ada, BILL, file_name="C:\\bills\\bill 7.pdf", note="the first")
        attach(uow, ada, path)
        attach(uow, uow.company, io.BytesIO(BILL), file_name="bill", media_type="Application/PDF")
    with bo.unit_of_work(actor="bob", read_only=True) as uow:
        bill, scan = attachments(uow, [uow.get(Party, ada.id)])[ada.id]
        assert (bill.file_name, bill.media_type, bill.size, bill.party_id) == ("bill 7.pdf", "application/pdf", len(BILL), ada.id)
        assert bill.added_at == datetime(2026, 1, 15, 9, tzinfo=UTC)
        assert (scan.file_name, scan.media_type) == ("scan.png", "image/png")
        assert read_attachment(uow, bill) == BILL
        assert [len(part) for part in stream_attachment(uow, scan)] == [500_000, 500_000, 280_000]
        assert read_attachment(uow, scan) == large
        (other,) = attachments(uow, [uow.company])[uow.company.id]
        assert (other.media_type, other.party_id, other.sha256) == ("application/pdf", None, bill.sha256)
        assert uow.select(AttachmentContent).count() == 5, "one row's file is not shared with another's"
        assert attachments(uow, []) == {}
        with pytest.raises(UsageError, match="bo_company and bo_party"):
            attachments(uow, [uow.company, ada])
    assert verify(bo).ok


def test_the_same_file_is_kept_once_for_a_row(bo: BackOffice, ada: Party) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        first = attach(uow, ada, BILL, file_name="bill.pdf")
        assert attach(uow, ada, BILL, file_name="again.pdf") is first
    with bo.unit_of_work(actor="ann") as uow:
        assert attach(uow, uow.get(Party, ada.id), BILL).id == first.id
        drop_attachment(uow, uow.get(Attachment, first.id))
    with bo.unit_of_work(actor="ann") as uow:
        assert attach(uow, uow.get(Party, ada.id), BILL, file_name="bill.pdf").id != first.id, "what was dropped can come again"


def test_an_attachment_that_is_too_large_is_refused_before_anything_is_written(bo: BackOffice, ada: Party, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"x" * 1001)
    with bo.unit_of_work(actor="ann") as uow:
        write_setting(uow, KernelSettings, "attachment_limit", 1000)
        attach(uow, ada, b"x" * 1000, file_name="just.bin")
    said = refusal(bo, lambda uow: attach(uow, ada, path))
    assert f"bo_party {ada.id}.content: film.mp4 has 1,001 bytes; an attachment has at most 1,000." in said
    assert "attachment_limit" in said
    assert "has 1,001 bytes" in refusal(bo, lambda uow: attach(uow, ada, path.read_bytes(), file_name="f"))
    assert "more than 1,000 bytes" in refusal(bo, lambda uow: attach(uow, ada, io.BytesIO(b"y" * 5000), file_name="f"))
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="ann") as uow:
        attach(uow, ada, path)
    (finding,) = refused.value.findings
    assert (finding.code, finding.params) == ("bo.attachment_too_large", {"size": 1001, "limit": 1000})
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.select(Attachment).count() == 1


class Wire(io.RawIOBase):
    """A stream that gives ten bytes at a time, as a socket may."""

    def __init__(self, content: bytes) -> None:
        self.rest = content

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        given, self.rest = self.rest[:10], self.rest[10:]
        into[: len(given)] = given
        return len(given)


def test_a_stream_that_gives_little_at_a_time_is_read_to_its_end(bo: BackOffice, ada: Party) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        write_setting(uow, KernelSettings, "attachment_limit", 1000)
        assert attach(uow, ada, Wire(b"0123456789" * 100), file_name="wire.bin").size == 1000  # type: ignore[arg-type]
    assert "more than 1,000 bytes" in refusal(bo, lambda uow: attach(uow, ada, Wire(b"0123456789" * 101), file_name="f"))  # type: ignore[arg-type]


def test_the_limit_is_ten_megabytes_unless_told(bo: BackOffice, ada: Party) -> None:
    assert "at most 10,000,000" in refusal(bo, lambda uow: attach(uow, ada, b"x" * 10_000_001))


def test_a_file_that_can_not_be_is_refused(bo: BackOffice, ada: Party, tmp_path: Path) -> None:
    assert "empty.txt is empty" in refusal(bo, lambda uow: attach(uow, ada, b"", file_name="empty.txt"))
    assert "no media type" in refusal(bo, lambda uow: attach(uow, ada, BILL, media_type="pdf"))
    assert "no media type" in refusal(bo, lambda uow: attach(uow, ada, BILL, media_type="text/html; charset=x\r\nX: y"))
    assert "There is no file" in refusal(bo, lambda uow: attach(uow, ada, tmp_path / "nowhere"))
    assert "There is no file" in refusal(bo, lambda uow: attach(uow, ada, tmp_path))
    assert "note" in refusal(bo, lambda uow: attach(uow, ada, BILL, note="x" * 501))
    wrong: Any
    for wrong in ("text", 7, io.StringIO("text")):
        with pytest.raises(UsageError, match="no content of a file"), bo.unit_of_work(actor="ann") as uow:
            attach(uow, ada, wrong)


def test_what_is_dropped_leaves_the_fact_and_not_the_content(bo: BackOffice, bo_path: Path, ada: Party, clock: Any) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        attach(uow, ada, BILL, file_name="bill.pdf")
    clock.advance(days=1)
    with bo.unit_of_work(actor="ann", reason="She asked for it") as uow:
        drop_attachment(uow, uow.select(Attachment).one())
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        party = uow.get(Party, ada.id)
        assert attachments(uow, [party])[ada.id] == []
        (dropped,) = attachments(uow, [party], dropped=True)[ada.id]
        assert (dropped.file_name, dropped.size, dropped.removed_at) == ("bill.pdf", len(BILL), datetime(2026, 1, 16, 9, tzinfo=UTC))
        with pytest.raises(NotFound, match="dropped on 2026-01-16") as missing:
            read_attachment(uow, dropped)
        assert missing.value.findings[0].code == "bo.attachment_dropped"
    assert verify(bo).ok
    with behind(bo_path) as raw:
        kept = [bytes(row[0]) for row in raw.execute("SELECT changes FROM bo_commit")]
    assert not [changes for changes in kept if BILL in changes or BILL.hex().encode() in changes], "not in the commit records either"


def test_content_that_was_altered_behind_bocores_back_is_noticed(bo: BackOffice, bo_path: Path, ada: Party) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        attach(uow, ada, BILL, file_name="bill.pdf")
    with behind(bo_path) as raw:
        raw.execute("UPDATE bo_attachment_content SET data = ?", (BILL.replace(b"1 200", b"9 200"),))
    with bo.unit_of_work(actor="ann", read_only=True) as uow, pytest.raises(Refused, match="not what was attached") as refused:
        read_attachment(uow, uow.select(Attachment).one())
    assert refused.value.findings[0].code == "bo.attachment_altered"
    assert not verify(bo).ok


def test_an_attachment_stays_what_it_is(bo: BackOffice, ada: Party) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        made = attach(uow, ada, BILL, file_name="bill.pdf")

    def rewrite(uow: UnitOfWork) -> None:
        row = uow.get(Attachment, made.id)
        row.sha256, row.size, row.file_name = "0" * 64, 1, "other.pdf"

    def other(uow: UnitOfWork) -> None:
        uow.select(AttachmentContent).one().data = b"other"

    def more(uow: UnitOfWork) -> None:
        uow.add(AttachmentContent(attachment_id=made.id, position=1, data=b"more"))

    def bare(uow: UnitOfWork) -> None:
        uow.add(Attachment(entity="bo_party", row_id=ada.id, file_name="x", size=1, sha256="0" * 64, added_at=uow.now()))

    said = refusal(bo, rewrite)
    assert all(f"The {name} of an attachment can't change" in said for name in ("sha256", "size", "file_name"))
    assert "content of an attachment can't change" in refusal(bo, other)
    assert "content of an attachment can't change" in refusal(bo, more)
    assert "can't go by itself" in refusal(bo, lambda uow: uow.remove(uow.select(AttachmentContent).one()))
    assert "Its content is not there" in refusal(bo, bare)
    assert "not deleted" in refusal(bo, lambda uow: uow.remove(uow.get(Attachment, made.id)))
    with bo.unit_of_work(actor="ann") as uow:
        uow.get(Attachment, made.id).note = "paid"


def test_what_was_dropped_does_not_come_back(bo: BackOffice, ada: Party) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        made = attach(uow, ada, BILL)
    with bo.unit_of_work(actor="ann") as uow:
        drop_attachment(uow, uow.get(Attachment, made.id))
        drop_attachment(uow, uow.get(Attachment, made.id))

    def restore(uow: UnitOfWork) -> None:
        uow.get(Attachment, made.id).removed_at = None

    assert "does not come back" in refusal(bo, restore)


def test_a_row_with_a_file_is_not_deleted(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        company = uow.add(Company(code="B", name="B", currency="EUR"))
        made = attach(uow, company, BILL)
    assert "It has an attachment" in refusal(bo, lambda uow: uow.remove(uow.get(Company, company.id)))
    with bo.unit_of_work(actor="ann") as uow:
        drop_attachment(uow, uow.get(Attachment, made.id))
        uow.remove(uow.get(Company, company.id))
    with pytest.raises(Refused, match="no Company with the id"), bo.unit_of_work(actor="ann") as uow:
        attach(uow, company, b"another")


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("bill.pdf", "bill.pdf"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("../..", "file"),
        ("", "file"),
        (".htaccess", "htaccess"),
        ("a\r\nSet-Cookie: b.txt", "aSet-Cookie b.txt"),
        ("gnp\u202efdp.exe", "gnpfdp.exe"),
        ("nul\0.txt", "_nul.txt"),
        ("COM1", "_COM1"),
        ("Cafe\u0301  menu .pdf ", "Caf\u00e9 menu .pdf"),
        ("half \ud800.txt", "half .txt"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ("x" * 300, "x" * 200),
    ],
)
def test_file_names_are_made_harmless(given_name: str, shown: str) -> None:
    assert clean_file_name(given_name) == shown


@given(st.text(max_size=400))
def test_any_file_name_can_be_shown_and_saved(name: str) -> None:
    shown = clean_file_name(name)
    assert shown
    assert len(shown) <= 200
    assert shown.isprintable()
    assert not set('/\\:*?"<>|') & set(shown)
    assert clean_file_name(shown) == shown
