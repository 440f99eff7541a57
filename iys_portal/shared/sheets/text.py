"""Bytes to lines of text: the encodings of Turkish banks, decided by us and never guessed silently.

Order: a byte order mark (UTF-8, UTF-16), strict UTF-8, then cp1254. Code page 852, the fallback of some
readers, turns Turkish letters into others without any error and is never used.
"""

import codecs
import io
import re
import unicodedata
from collections.abc import Iterator
from typing import BinaryIO

from iys_portal.shared.sheets.refusal import FileRefused
from iys_portal.shared.sheets.source import CHUNK, MEBIBYTE, Source, opened

MAX_FILE_BYTES = 64 * MEBIBYTE
MAX_LINE_CHARACTERS = 10_000
LINE_TOO_LONG = "Dosyada 10.000 karakterden uzun bir satır var; okunmadı."

_ASCII = bytes(range(0x80))
_EXPECTED = "ÇçĞğİıÖöŞşÜüÂâÎîÛû‘’“”–—…•€°\N{NO-BREAK SPACE}".encode("cp1254")
_MOSTLY = 0.5
# A UTF-8 letter of Turkish that was read as one byte per character begins with one of these.
_MOJIBAKE = re.compile("[ÃÄÅÂ][^\x00-\x7f]")


def lines_of(source: Source, encoding: str | None = None) -> Iterator[str]:
    """Yield the file's lines without line ends, decoded a piece at a time by `encoding` or as the file shows.

    Control and direction marks become spaces or vanish. Raises FileRefused for a file that is empty, too
    large, or has a line no bank would write.
    """
    return (clean(line.removesuffix("\n")) for line in raw_lines(source, encoding))


def raw_lines(source: Source, encoding: str | None = None, *, limit: int = MAX_FILE_BYTES) -> Iterator[str]:
    """Yield the file's lines as they are, each with ``\\n`` where it was ended; otherwise as `lines_of`."""
    stream = opened(source, limit=limit)
    encoding = encoding or encoding_of(stream)
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline=None)
    try:
        while line := text.readline(MAX_LINE_CHARACTERS + 1):
            if len(line.removesuffix("\n")) > MAX_LINE_CHARACTERS:
                raise FileRefused(LINE_TOO_LONG)
            yield line
    except UnicodeError:
        raise FileRefused(f"Dosya bildirilen karakter kodlamasıyla ({encoding}) okunamadı.") from None
    finally:
        if not stream.closed:
            text.detach()  # the caller's file stays open


def blocks_of(source: Source, encoding: str, *, limit: int, characters: int) -> Iterator[str]:
    """Yield the file's lines as `raw_lines` reads them, many at a time: the first block is short, the others are of
    about so many characters. Whether a line is too long is the reader's to look at.
    """
    stream = opened(source, limit=limit)
    text = io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline=None)
    size = CHUNK
    try:
        while block := text.read(size):
            yield block if block.endswith("\n") else block + text.readline(MAX_LINE_CHARACTERS + 1)
            size = characters
    except UnicodeError:
        raise FileRefused(f"Dosya bildirilen karakter kodlamasıyla ({encoding}) okunamadı.") from None
    finally:
        if not stream.closed:
            text.detach()  # the caller's file stays open


def encoding_of(source: Source) -> str:
    """Return the name of the encoding by which the source is read; a file is read from its place to its end."""
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    head = stream.read(CHUNK)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8" if _is_utf8(head, stream) else "cp1254"


def looks_foreign(source: Source) -> bool:
    """Return whether the source was read as cp1254 though its letters do not look Turkish."""
    stream = opened(source, limit=MAX_FILE_BYTES)
    if encoding_of(stream) != "cp1254":
        return False
    stream.seek(0)
    beyond_ascii = unexpected = 0
    while chunk := stream.read(CHUNK):
        letters = chunk.translate(None, _ASCII)
        beyond_ascii += len(letters)
        unexpected += len(letters.translate(None, _EXPECTED))
    return unexpected > _MOSTLY * beyond_ascii


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


def _is_utf8(head: bytes, rest: BinaryIO) -> bool:
    """A file cut off within its last character is still UTF-8, so the decoder is never told of the end."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    chunk = head
    try:
        while chunk:
            decoder.decode(chunk)
            chunk = rest.read(CHUNK)
    except UnicodeDecodeError:
        return False
    return True
