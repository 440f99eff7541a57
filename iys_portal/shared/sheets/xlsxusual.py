"""Rows and texts of a workbook as nearly all programs write them, taken by expressions: ten times as fast as a parser.

What is taken this way is what the parser would have made of it; a test compares both. The XML around it goes through
the parser, and whatever is written in another way raises Unusual: the caller then has all of it parsed.
"""

import codecs
import re
import sys
from collections.abc import Iterator
from typing import BinaryIO
from xml.parsers import expat

from iys_portal.shared.sheets.source import CHUNK, MEBIBYTE

_PIECE = 8 * CHUNK
_MOST_HEAD = MEBIBYTE
_LONGEST = 256 * 1024
_ATTRIBUTE = r' [A-Za-z0-9:]+="[^"<&]*"'
_VALUE = r"<v>([^<]*)</v>|<is><t(?: xml:space=\"preserve\")?>([^<]*)</t></is>"
_CELL = r'<c r="([A-Z]{1,3})[0-9]{1,7}"(?: s="([0-9]{1,7})")?(?: t="(s|n|str|inlineStr|b)")?'
CELL = re.compile(rf"({_CELL}(?:/>|>(?:{_VALUE})?</c>))")
"""Groups: the whole cell, the letters of its column, style, type, value, text that stands in the cell itself."""

FoundCell = tuple[str, str, str, str, str, str]
"""The groups of a cell."""

ROW = re.compile(rf'\s*<row r="([0-9]{{1,7}})"(?:{_ATTRIBUTE})*+>')
TEXT = re.compile(r'\s*<si><t(?: xml:space="preserve")?>([^<]*)</t>')
SHEET = re.compile("<sheetData>")
TEXTS = re.compile(f"<sst(?:{_ATTRIBUTE})*+>")

# A line end that XML would change, and what XML does not allow.
_CONTROLS = bytes([*range(9), *range(11, 32)])
_NOT_PLAIN = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_NOT_ALLOWED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ENTITY = re.compile("&(?:(amp|lt|gt|quot|apos)|#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6}));")
_MEANT = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


class Unusual(Exception):
    """This is not written as usual; a parser shall read it."""


def segments(stream: BinaryIO, *, opening: re.Pattern[str], inside: list[str], closing: str) -> Iterator[list[str]]:
    """Yield what stands between `opening` and the last `closing`, cut at each `closing`, many pieces at a time.

    `inside`: the local names of the elements that are open there. Raises Unusual.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    around = _Around(inside)
    text, begun = "", False
    while not begun:
        piece = _decoded(decoder, stream)
        text += piece
        found = opening.search(text)
        if found is not None:
            around.parse(text[: found.end()])
            if not around.begun:
                raise Unusual
            text, begun = text[found.end() :], True
        elif len(text) > _MOST_HEAD or not piece:
            raise Unusual
    while True:
        *found_segments, text = text.split(closing)
        yield found_segments
        before, end, _ = text.partition(f"</{inside[-1]}>")
        if end and before.strip():
            raise Unusual
        if end:
            break
        piece = _decoded(decoder, stream)
        if not piece or len(text) > _LONGEST:
            raise Unusual
        text += piece
    while text:
        around.parse(text)
        text = _decoded(decoder, stream)
    around.close()


def _decoded(decoder: codecs.IncrementalDecoder, stream: BinaryIO) -> str:
    """Return the next piece as a text, empty at the end only."""
    try:
        while data := stream.read(_PIECE):
            if text := decoder.decode(data):
                seems_plain = data.translate(None, _CONTROLS) == data and "\ufffe" not in text and "\uffff" not in text
                if not seems_plain and _NOT_PLAIN.search(text.removeprefix(_declaration(text))):
                    raise Unusual
                return text
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise Unusual from None
    return ""


def _declaration(text: str) -> str:
    """Return the first line of a file whose lines end as those of Windows do."""
    end = text.find("?>\r\n")
    return text[: end + 4] if text.startswith("<?xml") and 0 <= end < 200 else ""


def unescaped(text: str) -> str:
    """Return a text with its references undone. Raises Unusual for others than XML's own."""
    if "&" not in text:
        return text
    if "&" in _ENTITY.sub("", text):
        raise Unusual
    return _ENTITY.sub(_meant, text)


def _meant(reference: re.Match[str]) -> str:
    name, decimal, hexadecimal = reference.groups()
    if name:
        return _MEANT[name]
    number = int(decimal) if decimal else int(hexadecimal, 16)
    if number > sys.maxunicode or 0xD800 <= number < 0xE000 or _NOT_ALLOWED.match(chr(number)):
        raise Unusual
    return chr(number)


class _Around:
    """Parses the XML around the rows; knows when they have begun, and that they do so once."""

    def __init__(self, inside: list[str]) -> None:
        self.begun = False
        self._inside = inside
        self._open: list[str] = []
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = lambda _: self._open.pop()
        self._parser.XmlDeclHandler = self._declared
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.CommentHandler = self._refuse
        self._parser.StartCdataSectionHandler = self._refuse
        self._parser.ProcessingInstructionHandler = self._refuse

    def parse(self, text: str) -> None:
        try:
            self._parser.Parse(text, False)  # noqa: FBT003  (expat takes it by place)
        except expat.ExpatError:
            raise Unusual from None

    def close(self) -> None:
        try:
            self._parser.Parse("", True)  # noqa: FBT003  (expat: this is the last piece)
        except expat.ExpatError:
            raise Unusual from None

    def _start(self, name: str, _attributes: object) -> None:
        self._open.append(name.rpartition(" ")[2])
        if self._open == self._inside:
            if self.begun:
                raise Unusual
            self.begun = True

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if (encoding or "utf-8").lower() != "utf-8":
            raise Unusual

    def _refuse(self, *_: object) -> None:
        raise Unusual
