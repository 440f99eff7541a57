"""Uploaded documents: the type by the content, opened apart; each fault is told by its own words."""

import time
import zlib
from io import BytesIO

import pytest
from PIL import ImageFile
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from applications import files
from applications.examiner import MAX_PAGES, examine
from applications.files import FileRefused, receive
from tests.applications.samples import png
from tests.contracts.sealed import plain_pdf


def encrypted_pdf() -> bytes:
    writer = copy_into_new_writer(PdfFileReader(BytesIO(plain_pdf())))
    writer.encrypt("owner", "user")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def bomb() -> bytes:
    """Return the head of a PNG that claims 40,000 × 40,000 pixels."""
    head = b"IHDR" + (40_000).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    body = (13).to_bytes(4, "big") + head + zlib.crc32(head).to_bytes(4, "big") + (16).to_bytes(4, "big") + b"IDAT"
    return b"\x89PNG\r\n\x1a\n" + body + bytes(16)


def long_pdf() -> bytes:
    pages = b"<< /Type /Pages /Kids [%s] /Count 1 >>" % (b"3 0 R " * 60)
    return plain_pdf(b"/Type /Catalog /Pages 4 0 R", pages)


def page_pdf(entries: bytes, *more: bytes) -> bytes:
    """Return a PDF whose page has these entries; `more` are further objects, from 5 on."""
    page = b"<< /Type /Page /MediaBox [0 0 595 842] %s >>" % entries
    pages = b"/Type /Catalog /Pages << /Type /Pages /Kids [4 0 R] /Count 1 >>"
    return plain_pdf(pages, page, *more)


_CHAINED = b"<< /Subtype /Link /A << /S /URI /URI (x) /Next << /S /JavaScript /JS (x) >> >> >>"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", files.EMPTY),
        (b"%PDF-" + bytes(files.MAX_BYTES), files.TOO_BIG),
        (b"Merhaba", files.WRONG_TYPE),
        (b"PK\x03\x04....", files.ARCHIVE),
        (b"MZ\x90\x00....", files.PROGRAM),
        (b"\x7fELF....", files.PROGRAM),
        (b"<svg onload='x'/>", files.WRONG_TYPE),
    ],
)
def test_what_is_refused_before_it_is_opened(content: bytes, why: str) -> None:
    with pytest.raises(FileRefused) as refused:
        receive("belge.pdf", content)
    assert str(refused.value) == why


@pytest.mark.parametrize(
    ("kind", "content", "finding"),
    [
        ("pdf", plain_pdf(), ("ok", 1)),
        ("pdf", encrypted_pdf(), ("encrypted", 0)),
        ("pdf", b"%PDF-1.7\nhalf of a file", ("unreadable", 0)),
        ("pdf", plain_pdf(b"/Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (x) >>"), ("active", 1)),
        ("pdf", plain_pdf(b"/Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [] >> >>"), ("active", 1)),
        ("pdf", page_pdf(b"/AA << /O << /S /JavaScript /JS (x) >> >>"), ("active", 1)),
        ("pdf", page_pdf(b"/Annots [5 0 R]", b"<< /Subtype /Link /A << /S /Launch /F (x) >> >>"), ("active", 1)),
        ("pdf", page_pdf(b"/Annots [5 0 R]", _CHAINED), ("active", 1)),
        ("pdf", page_pdf(b"/Annots [5 0 R]", b"<< /Subtype /Widget /AA << /K 1 0 R >> >>"), ("active", 1)),
        ("pdf", page_pdf(b"/Annots [5 0 R]", b"<< /Subtype /FileAttachment /FS (x) >>"), ("active", 1)),
        ("pdf", page_pdf(b"/Annots [5 0 R]", b"<< /Subtype /Link /A << /S /URI /URI (x) >> >>"), ("ok", 1)),
        ("pdf", page_pdf(b"/Annots [5 0 R]", b"<< /Subtype /Widget /FT /Sig >>"), ("ok", 1)),
        ("pdf", plain_pdf(b"/Type /Catalog /Pages 2 0 R /OpenAction [3 0 R /Fit]"), ("ok", 1)),
        ("pdf", long_pdf(), ("long", MAX_PAGES + 1)),
        ("png", png(), ("ok", 1)),
        ("png", png(200, 400), ("small", 0)),
        ("png", bomb(), ("large", 0)),
        ("png", png()[:300], ("unreadable", 0)),
        ("jpg", png(), ("unreadable", 0)),
    ],
)
def test_what_is_found_inside(
    kind: str, content: bytes, finding: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", False)  # WeasyPrint sets it in this process
    assert examine(kind, content) == finding


def test_a_file_is_opened_by_another_process_and_keeps_its_own_name() -> None:
    taken = receive("C:\\tarama\\marka\u202e tescil.exe", png())
    assert (taken.filename, taken.mimetype, taken.pages) == ("marka tescil.exe", "image/png", 1)
    with pytest.raises(FileRefused) as refused:
        receive("belge.pdf", encrypted_pdf())
    assert "parola" in str(refused.value)


def test_one_file_at_a_time_and_who_waits_too_long_is_told() -> None:
    begun = time.monotonic()
    with files._places, pytest.raises(FileRefused) as refused:
        receive("belge.png", png())
    assert str(refused.value) == files.BUSY
    assert time.monotonic() - begun < 30
    assert receive("belge.png", png()).pages == 1


def test_a_process_that_dies_leaves_an_unreadable_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_COMMAND", ["/bin/false"])
    with pytest.raises(FileRefused) as refused:
        receive("belge.png", png())
    assert "açılamadı" in str(refused.value)
