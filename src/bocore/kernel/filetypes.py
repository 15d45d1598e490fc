"""What a file really is: by its first bytes, and for office files and archives by the table of contents that they end with.

A table of our own, for what back offices get: libraries that know hundreds of kinds guess by the name too, are no longer kept up, or
need a library in C; and none says whether a file is two things at once. Nothing is unpacked here but a bounded part of one member.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Iterator

ANY_TYPE = "application/octet-stream"
ZIP, OLE, PDF = "application/zip", "application/x-ole-storage", "application/pdf"
OFFICE = "application/vnd.openxmlformats-officedocument."
OFFICE_FOLDERS = (("word/", "wordprocessingml.document"), ("xl/", "spreadsheetml.sheet"), ("ppt/", "presentationml.presentation"))
SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF-", PDF),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (4, b"ftyphei", "image/heic"),
    (4, b"ftypmif1", "image/heic"),
    (4, b"ftyphev", "image/heic"),
    (4, b"ftypavif", "image/avif"),
    (0, b"PK\3\4", ZIP),
    (0, b"PK\5\6", ZIP),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (0, b"\x1f\x8b\x08", "application/gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"{\\rtf", "application/rtf"),
)
PROGRAMS = (
    b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\0asm",
    b"dex\n", b"!<arch>\n", b"L\0\0\0\x01\x14\x02\0", b"MSCF\0\0\0\0", b"#!/", b"#! /",
)  # fmt: skip
PROGRAM_ENDINGS = frozenset({
    "exe", "com", "bat", "cmd", "ps1", "psm1", "vbs", "vbe", "js", "jse", "mjs", "wsf", "wsh", "hta", "scr", "msi", "msp", "lnk", "jar",
    "app", "dll", "cpl", "reg", "sh", "bash", "apk", "pif", "url", "scf", "inf", "docm", "dotm", "xlsm", "xltm", "xlam", "pptm", "ppsm",
    "potm",
})  # fmt: skip
FAMILIES: dict[str, frozenset[str]] = {
    ZIP: frozenset({ZIP, "application/x-zip-compressed"}),
    OLE: frozenset({"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/vnd.ms-outlook"}),
    "image/heic": frozenset({"image/heic", "image/heif"}),
    "image/jpeg": frozenset({"image/jpeg", "image/jpg", "image/pjpeg"}),
    PDF: frozenset({PDF, "application/x-pdf"}),
    "application/gzip": frozenset({"application/gzip", "application/x-gzip"}),
    "application/vnd.rar": frozenset({"application/vnd.rar", "application/x-rar-compressed"}),
    "application/rtf": frozenset({"application/rtf", "text/rtf"}),
}
"""What a content may be called, where that is more than its own name."""
TEXTS = frozenset({"application/json", "application/xml", "message/rfc822", "application/sql", "image/svg+xml", "application/xhtml+xml"})
SHOWN = frozenset({PDF, "image/png", "image/jpeg", "image/gif", "image/webp", "text/plain"})
"""What a browser may show in its window; everything else is a download."""
MEMBERS, DIRECTORY, RATIO, FEW = 10_000, 2_000_000, 200, 10_000_000
"""Members of an archive, bytes of its table of contents, how many times it may swell, and up to how many bytes it may swell as it likes."""
_END = struct.Struct("<4s4H2LH")
_SCRIPT = re.compile(rb"<(?:script|html|svg|iframe|\?php)[\s/>]|<!doctype html|<body[\s>]", re.IGNORECASE)
_MACROS = re.compile(rb"macroEnabled|vbaProject", re.IGNORECASE)


class Unfit(ValueError):
    """A file that is not kept: why, and what to do."""

    def __init__(self, code: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.code, self.message, self.fix = code, message, fix


def checked_type(data: bytes, name: str, said: str, unpacked: int) -> str:
    """The media type of a file, which its content bears out.

    :param said: what the sender or the name says; nothing much where it is ``application/octet-stream``.
    :param unpacked: bytes that an archive or office file may have when it is unpacked.
    :raises Unfit: it is a program, two things at once, an archive that swells, or something else than it says.
    """
    found = _signed(data)
    _refuse_program(data, name, found)
    if found is not None:
        _refuse_second(data, found)
    if found == ZIP:
        found = _archived(data, unpacked)
    if found is None:
        return _unsigned(data, said)
    ours = found in (ZIP, OLE) and said.startswith("application/") and said not in _known()  # one of the many formats inside of these
    if said in (ANY_TYPE, found) or said in FAMILIES.get(found, ()) or ours:
        return found if said == ANY_TYPE else said
    raise Unfit("type", f"It is said to be {said}, and its content is {found}.", "Send it as what it is, or look where it comes from.")


def _signed(data: bytes) -> str | None:
    return next((kind for at, mark, kind in SIGNATURES if data.startswith(mark, at) and (at != 8 or data.startswith(b"RIFF"))), None)


def _known() -> frozenset[str]:
    """The types that have a mark."""
    return frozenset(name for _, _, kind in SIGNATURES for name in (kind, *FAMILIES.get(kind, ())))


def _unsigned(data: bytes, said: str) -> str:
    """What has no mark: text, or what nobody here knows; never something that would have one."""
    if said in _known() or said.startswith((OFFICE, "application/vnd.oasis.opendocument.")):
        raise Unfit("type", f"It is said to be {said}, and its content is something else.", "Look whether the file was saved whole.")
    if (said.startswith("text/") or said in TEXTS) and b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unfit("type", f"It is said to be {said}, and is no text: it has NUL bytes.", "Send it as what it is.")
    return said


def _refuse_program(data: bytes, name: str, found: str | None) -> None:
    ending = name.rpartition(".")[2].lower()
    program = data.startswith(PROGRAMS) or (data.startswith(b"MZ") and b"\0" in data[:64])
    if program or (found in (None, ZIP, OLE) and "." in name and ending in PROGRAM_ENDINGS):
        raise Unfit("program", "It is a program, a script or a file with macros.", "Send a document; programs are not kept with a row.")


def _refuse_second(data: bytes, found: str) -> None:
    """Refuse a picture or document that is also an archive, a page or another document: one program would see this, another that."""
    image = found.startswith("image/")
    if (image and _SCRIPT.search(data)) or (found == PDF and _SCRIPT.search(data, 0, 1024)):
        raise Unfit("two_things", f"It is {found}, and a page with a script as well.", "Open it and save it anew.")
    if (image and data.find(b"%PDF-", 0, 1024) >= 0) or (found == ZIP and data.find(b"%PDF-", 0, 1024) >= 0):
        raise Unfit("two_things", f"It is {found}, and a PDF as well.", "Open it and save it anew.")
    if (image or found == PDF) and _end_of_archive(data) is not None:
        raise Unfit("two_things", f"It is {found}, and an archive as well.", "Open it and save it anew.")


# ---------------------------------------------------------------- archives


def _end_of_archive(data: bytes) -> tuple[int, int] | None:
    """How many members an archive says it has, and the bytes of its table of contents; None for what does not end like one."""
    at = data.rfind(b"PK\5\6", max(0, len(data) - 65_557))
    if at < 0 or at + _END.size > len(data):
        return None
    _, _, _, _, members, size, _, comment = _END.unpack_from(data, at)
    return (members, size) if at + _END.size + comment == len(data) else None


def _archived(data: bytes, unpacked: int) -> str:
    """What kind of archive it is, once its table of contents says that it is a harmless one."""
    end = _end_of_archive(data)
    if end is None:
        raise Unfit("archive", "It begins like an archive and does not end like one.", "Look whether the file was saved whole.")
    if end[0] > MEMBERS or end[1] > DIRECTORY:
        raise Unfit("archive", f"It is an archive of more than {MEMBERS:,} files.", "Send the documents themselves.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _refuse_bomb(members, len(data), unpacked)
            return _kind_of(archive, {member.filename: member for member in members})
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, OSError, struct.error) as error:
        if isinstance(error, Unfit):
            raise
        raise Unfit("archive", "It is an archive that can't be read.", "Look whether the file was saved whole.") from None


def _refuse_bomb(members: list[zipfile.ZipInfo], size: int, unpacked: int) -> None:
    total, packed = sum(one.file_size for one in members), sum(one.compress_size for one in members)
    if len(members) > MEMBERS or total > unpacked or packed > size or (total > FEW and total > RATIO * size):
        message = f"It is an archive of {len(members):,} files that would take {total:,} bytes."
        fix = 'Send the documents themselves; write_setting(uow, KernelSettings, "attachment_unpacked", …) lets archives be larger.'
        raise Unfit("archive", message, fix)
    if any(name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or name[1:2] == ":" for name in (m.filename for m in members)):
        raise Unfit("archive", "It is an archive with files that would be written outside of its folder.", "Look where it comes from.")


def _kind_of(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> str:
    names = [name.lower() for name in members]
    if any(name.endswith((".class", "vbaproject.bin")) or name in ("meta-inf/manifest.mf", "androidmanifest.xml") for name in names):
        raise Unfit("program", "It is a program or a file with macros.", "Save it as a document without macros.")
    if "[Content_Types].xml" in members:
        with archive.open(members["[Content_Types].xml"]) as types:
            if _MACROS.search(types.read(1_000_000)):
                raise Unfit("program", "It is a file with macros.", "Save it as a document without macros.")
        for folder, kind in (
            ("word/", "wordprocessingml.document"),
            ("xl/", "spreadsheetml.sheet"),
            ("ppt/", "presentationml.presentation"),
        ):
            if any(name.startswith(folder) for name in names):
                return OFFICE + kind
    first = next(iter(members.values()), None)
    if first is not None and first.filename == "mimetype" and first.compress_type == zipfile.ZIP_STORED and first.file_size < 100:
        said = archive.read(first).decode("ascii", "replace").strip()
        if said.startswith(("application/vnd.oasis.opendocument.", "application/epub")):
            return said
    return ZIP


# ---------------------------------------------------------------- names

_DEVICES = frozenset(["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³")])


def is_device(name: str) -> bool:
    """Whether Windows would take a file name for a device: ``NUL.txt``."""
    return name.partition(".")[0].strip().lower() in _DEVICES


def headers(media_type: str, file_name: str) -> Iterator[tuple[str, str]]:
    """HTTP headers under which a browser shows what is harmless, keeps everything else as a download, and runs nothing."""
    from urllib.parse import quote

    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%;' else "_" for c in file_name)
    how = "inline" if media_type in SHOWN else "attachment"
    yield "Content-Type", "text/plain; charset=utf-8" if media_type == "text/plain" else media_type if media_type in SHOWN else ANY_TYPE
    yield "Content-Disposition", f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
    yield "X-Content-Type-Options", "nosniff"
    yield "Content-Security-Policy", "sandbox; default-src 'none'"
    yield "Cross-Origin-Resource-Policy", "same-origin"
