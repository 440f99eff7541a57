"""Bytes to lines of text: the encodings of Turkish banks, decided by us and never guessed silently.

Order: a byte order mark (UTF-8, UTF-16), strict UTF-8, then cp1254. Code page 852, the fallback of some
readers, turns Turkish letters into others without any error and is never used.
"""

import codecs
import io
import re
import unicodedata
from collections.abc import Iterator

from payments.statements.base import Problem, StatementRefused

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_LINE_CHARACTERS = 10_000

_CHUNK = 1024 * 1024
_ASCII = bytes(range(0x80))
_EXPECTED = "ÇçĞğİıÖöŞşÜüÂâÎîÛû‘’“”–—…•€°\N{NO-BREAK SPACE}".encode("cp1254")
_MOSTLY = 0.5
# A UTF-8 letter of Turkish that was read as one byte per character begins with one of these.
_MOJIBAKE = re.compile("[ÃÄÅÂ][^\x00-\x7f]")


def lines_of(data: bytes) -> Iterator[str]:
    """Yield the file's lines without line ends, decoded a piece at a time.

    Control and direction marks become spaces or vanish. Raises StatementRefused for a file that is empty, too
    large, or has a line no bank would write.
    """
    if not data.strip():
        raise StatementRefused("Dosya boş. Bankadan indirdiğiniz ekstre dosyasını yeniden seçin.")
    if len(data) > MAX_FILE_BYTES:
        raise StatementRefused(f"Dosya çok büyük: en çok {MAX_FILE_BYTES // 1024 // 1024} MB yüklenebilir.")
    stream = io.TextIOWrapper(io.BytesIO(data), encoding=encoding_of(data), errors="replace", newline=None)
    while line := stream.readline(MAX_LINE_CHARACTERS + 1):
        line = line.removesuffix("\n")
        if len(line) > MAX_LINE_CHARACTERS:
            raise StatementRefused("Dosyada 10.000 karakterden uzun bir satır var; bu bir ekstre dosyası değil.")
        yield clean(line)


def encoding_of(data: bytes) -> str:
    """Return the name of the encoding by which `data` is read."""
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8" if _is_utf8(data) else "cp1254"


def encoding_notes(data: bytes) -> tuple[Problem, ...]:
    """Return a problem if the file was read as cp1254 but its letters do not look Turkish."""
    if encoding_of(data) != "cp1254":
        return ()
    beyond_ascii = data.translate(None, _ASCII)
    unexpected = beyond_ascii.translate(None, _EXPECTED)
    if len(unexpected) <= _MOSTLY * len(beyond_ascii):
        return ()
    return (Problem(1, "Karakter kodlaması tanınmadı; açıklamalardaki Türkçe harfler bozuk olabilir."),)


def clean(line: str) -> str:
    """Return a line with control characters as spaces, no invisible marks and no double encoding."""
    if line.isascii() and line.isprintable():
        return line
    line = undo_mojibake(line)
    return line if line.isprintable() else "".join(map(_visible, line))


def undo_mojibake(line: str) -> str:
    """Return `line` with twice-encoded UTF-8 put right, if and only if the round trip is exact."""
    if not _MOJIBAKE.search(line):
        return line
    for wrong in ("cp1254", "cp1252", "latin-1"):
        try:
            right = line.encode(wrong).decode("utf-8")
        except UnicodeError:
            continue
        if right.encode("utf-8").decode(wrong) == line:
            return right
    return line


def _visible(glyph: str) -> str:
    category = unicodedata.category(glyph)
    if category == "Cf":
        return ""
    return " " if category in {"Cc", "Zl", "Zp"} else glyph


def _is_utf8(data: bytes) -> bool:
    """A file cut off within its last character is still UTF-8, so the decoder is never told of the end."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(data)
    try:
        for start in range(0, len(view), _CHUNK):
            decoder.decode(view[start : start + _CHUNK])
    except UnicodeDecodeError:
        return False
    return True
