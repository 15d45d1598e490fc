"""An attachment is what it says it is, one thing only, and no program; an archive does not swell."""

import io
import struct
import tracemalloc
import zipfile

import pytest

from bocore import Attachment, Party, Refused, attach, attachment_headers, clean_file_name

PNG, PDF, GIF = b"\x89PNG\r\n\x1a\n" + b"\0" * 40, b"%PDF-1.7\n%%EOF\n", b"GIF89a" + b"\0" * 40
JPEG, WEBP = b"\xff\xd8\xff\xe0" + b"\0" * 40, b"RIFF\x20\0\0\0WEBPVP8 " + b"\0" * 20
TYPES = b'<?xml version="1.0"?><Types><Override ContentType="application/vnd.openxmlformats-officedocument.x"/></Types>'


def archive(files, how=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as made:
        for name, content in files.items():
            made.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else None)
    return out.getvalue()


DOCX = archive({"[Content_Types].xml": TYPES, "word/document.xml": b"<w/>"})
XLSX = archive({"[Content_Types].xml": TYPES, "xl/workbook.xml": b"<w/>"})
ODS = archive({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"})
OFFICE = "application/vnd.openxmlformats-officedocument."


@pytest.fixture(scope="session")
def bo_plugins():
    return []


@pytest.fixture
def kept(bo):
    """The media type under which a file is kept, or the code with which it is refused."""

    def keep(content, name="", said=""):
        try:
            with bo.unit_of_work(actor="ann") as uow:
                return attach(uow, uow.add(Party(name="Ada")), content, file_name=name, media_type=said).media_type
        except Refused as refused:
            (finding,) = refused.findings
            assert finding.fix
            with bo.unit_of_work(actor="ann", read_only=True) as uow:
                assert uow.select(Attachment).count() == 0
            return finding.code.removeprefix("bo.attachment_")

    return keep


@pytest.mark.parametrize(
    ("content", "name", "said", "media_type"),
    [
        (PDF, "bill.pdf", "", "application/pdf"),
        (PDF, "bill", "", "application/pdf"),
        (PDF, "acme.com", "application/octet-stream", "application/pdf"),
        (PNG, "", "image/png", "image/png"),
        (JPEG, "x.jpg", "image/jpg", "image/jpg"),
        (WEBP, "x", "", "image/webp"),
        (b"MM\0*" + b"\0" * 20, "x.tiff", "", "image/tiff"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 20, "x", "image/heif", "image/heif"),
        (DOCX, "letter", "", OFFICE + "wordprocessingml.document"),
        (XLSX, "x", OFFICE + "spreadsheetml.sheet", OFFICE + "spreadsheetml.sheet"),
        (ODS, "x", "", "application/vnd.oasis.opendocument.spreadsheet"),
        (archive({"a.txt": b"a"}), "a.zip", "", "application/zip"),
        (archive({"Index/Document.iwa": b"a"}), "x", "application/vnd.apple.pages", "application/vnd.apple.pages"),
        (b"<?xml version='1.0'?><Invoice/>", "x.xml", "application/xml", "application/xml"),
        (b"a;b\n1;\xe9\n", "x.csv", "text/csv", "text/csv"),
        ("ä".encode("utf-16"), "x.txt", "", "text/plain"),
        (b"From: a@b\n\nhello", "x.eml", "message/rfc822", "message/rfc822"),
        (b"\0\1\2", "x.unknown", "", "application/octet-stream"),
        (b"MZ is how this letter begins", "x.txt", "", "text/plain"),
    ],
)
def test_what_is_what_it_says_is_kept(kept, content, name, said, media_type):
    assert kept(content, name, said) == media_type


@pytest.mark.parametrize(
    ("content", "name", "said", "code"),
    [
        (PNG, "bill.pdf", "", "type"),
        (b"<script>alert(1)</script>", "x.png", "", "type"),
        (b"<svg onload=alert(1)>", "", "image/jpeg", "type"),
        (b"just text", "", OFFICE + "spreadsheetml.sheet", "type"),
        (DOCX, "", OFFICE + "spreadsheetml.sheet", "type"),
        (PDF, "x.txt", "", "type"),
        (PDF, "", "text/html", "type"),
        (b"a\0b", "x.csv", "text/csv", "type"),
        (b" " + PDF, "x.pdf", "", "type"),
        (b"MZ\x90\0\3\0\0\0" + b"\0" * 60, "bill.pdf", "", "program"),
        (b"\x7fELF\2\1\1", "x", "", "program"),
        (b"#!/bin/sh\nrm -rf /\n", "notes.txt", "", "program"),
        (b"\xca\xfe\xba\xbe\0\0\0\x34", "x", "", "program"),
        (b"CreateObject()", "bill.vbs", "", "program"),
        (b"echo", "bill.pdf.bat", "", "program"),
        (archive({"META-INF/MANIFEST.MF": b"", "A.class": b""}), "x.zip", "", "program"),
        (archive({"[Content_Types].xml": TYPES, "word/vbaProject.bin": b""}), "x.docx", "", "program"),
        (
            archive({"[Content_Types].xml": b"application/vnd.ms-word.macroEnabled+xml", "word/d.xml": b""}),
            "x",
            "",
            "program",
        ),
        (GIF + archive({"A.txt": b"a"}), "x.gif", "", "two_things"),
        (PDF + archive({"A.txt": b"a"}), "x.pdf", "", "two_things"),
        (GIF + b"<script>alert(1)</script>", "x.gif", "", "two_things"),
        (JPEG + PDF, "x.jpg", "", "two_things"),
        (b"%PDF-1.7\n<html><body onload=alert(1)>", "x.pdf", "", "two_things"),
        (archive({"../../etc/passwd": b"x"}), "x.zip", "", "archive"),
        (archive({"C:/autoexec": b"x"}), "x.zip", "", "archive"),
        (DOCX[: len(DOCX) // 2], "x.docx", "", "archive"),
        (b"PK\3\4" + b"\0" * 200, "x.zip", "", "archive"),
    ],
)
def test_what_is_something_else_is_refused_with_a_code(kept, content, name, said, code):
    assert kept(content, name, said) == code


# ---------------------------------------------------------------- archives that swell


def lying(files, **patched):
    """An archive whose table of contents says something else than is true."""
    data = bytearray(archive(files))
    at = data.rfind(b"PK\5\6")
    for (offset, form), value in patched.get("end", {}).items():
        struct.pack_into(form, data, at + offset, value)
    central = data.find(b"PK\1\2")
    for (offset, form), value in patched.get("first", {}).items():
        struct.pack_into(form, data, central + offset, value)
    return bytes(data)


def bomb():
    return archive({"[Content_Types].xml": TYPES, "xl/sheet.xml": b"\0" * 30_000_000})


BOMBS = {
    "it swells": bomb,
    "it says that it would be 4 GB": lambda: lying({"a": b"a"}, first={(24, "<L"): 2**32 - 2}),
    "its members lie upon one another": lambda: lying({"a": b"a", "b": b"b"}, first={(20, "<L"): 10**6}),
    "it has more members than anybody": lambda: archive({f"{n}": b"" for n in range(10_001)}),
    "it says that it has": lambda: lying({"a": b"a"}, end={(10, "<H"): 65_535}),
    "its table of contents is as large as a film": lambda: lying({"a": b"a"}, end={(12, "<L"): 2**31}),
}


@pytest.mark.parametrize("what", BOMBS)
def test_an_archive_that_swells_is_refused_without_unpacking_it(kept, what):
    data = BOMBS[what]()
    tracemalloc.start()
    try:
        assert kept(data, "x.xlsx") == "archive"
        assert tracemalloc.get_traced_memory()[1] < 25_000_000
    finally:
        tracemalloc.stop()


# ---------------------------------------------------------------- serving and names


@pytest.mark.parametrize(
    ("media_type", "how", "served"),
    [
        ("application/pdf", "inline", "application/pdf"),
        ("text/plain", "inline", "text/plain; charset=utf-8"),
        ("text/html", "attachment", "application/octet-stream"),
        ("image/svg+xml", "attachment", "application/octet-stream"),
        ("application/xml", "attachment", "application/octet-stream"),
    ],
)
def test_a_browser_shows_what_is_harmless_and_runs_nothing(bo, media_type, how, served):
    content = PDF if "pdf" in media_type else b"<svg onload='alert(1)'/>"
    with bo.unit_of_work(actor="ann") as uow:
        made = attach(uow, uow.add(Party(name="Ada")), content, file_name='Zoë"; x=\r\n.svg', media_type=media_type)
        found = attachment_headers(made)
    assert found["Content-Type"] == served
    assert found["Content-Disposition"].startswith(f"{how}; ")
    assert (found["X-Content-Type-Options"], found["Content-Security-Policy"]) == ("nosniff", "sandbox; default-src 'none'")
    assert all(value.isascii() and value.isprintable() for value in found.values())
    assert "Zo%C3%AB" in found["Content-Disposition"]


@pytest.mark.parametrize("name", ["NUL", "con.txt", "LPT1.pdf", "aux .csv"])
def test_a_name_that_windows_takes_for_a_device_is_none(name):
    assert clean_file_name(name) == f"_{name}"
    assert clean_file_name(clean_file_name(name)) == f"_{name}"
