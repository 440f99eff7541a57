"""XML a piece at a time: expat without document type, entities or references, and without a tree.

Elements are known by the path of their local names, so that namespaces and their versions do not matter. What a
file may hold in memory is bounded whatever it contains: depth, texts, names, values between two marks.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from iys_portal.shared.sheets.refusal import FileRefused
from iys_portal.shared.sheets.source import CHUNK, MEBIBYTE

MAX_DEPTH = 64
MAX_TEXT_CHARACTERS = MEBIBYTE
MAX_NAMES = 5_000
MAX_VALUES = 100_000
_LONGEST_TOKEN = MEBIBYTE

_CUT = {
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
}

Values = list[tuple[str, str]]
Mark = Callable[[int], None]


class BrokenXmlError(Exception):
    """The file is cut off, or not well-formed from `line` on; what was read before it stands."""

    def __init__(self, line: int, *, cut: bool) -> None:
        super().__init__(line)
        self.line = line
        self.cut = cut


@dataclass(frozen=True, slots=True)
class Plan:
    """What is read of a file. Outside of `anchors` nothing is; at an anchor, wherever it stands, its path begins.

    Texts of elements in `keep` go to the values, as (path, text), their attributes before them as (path@name,
    value). `starts` and `ends` are called with the line number. An element in `transparent` is as if not there.
    """

    anchors: Mapping[str, str]
    keep: frozenset[str]
    starts: Mapping[str, Mark] = field(default_factory=dict)
    ends: Mapping[str, Mark] = field(default_factory=dict)
    transparent: frozenset[str] = frozenset()


class _Node(dict[str, "_Node"]):
    """A path, and by name the paths below it, made as they are met."""

    __slots__ = ("end", "keep", "names", "path", "plan", "start")

    def __init__(self, plan: Plan, path: str | None, names: list[int], *, silent: bool = False) -> None:
        super().__init__()
        self.plan = plan
        self.path = path
        self.names = names
        known = "" if path is None or silent else path
        self.keep = known in plan.keep
        self.start = None if path is None or silent else plan.starts.get(known)
        self.end = None if path is None or silent else plan.ends.get(known)

    def __missing__(self, name: str) -> "_Node":
        self.names[0] += 1
        if self.names[0] > MAX_NAMES:
            raise FileRefused("Dosyada olağandışı sayıda farklı alan var; okunmadı.")
        local = name.rpartition(" ")[2]
        silent = local in self.plan.transparent
        if self.path is None:
            path = self.plan.anchors.get(local)
        elif silent:
            path = self.path
        else:
            path = f"{self.path}/{local}" if self.path else local
        node = self[name] = _Node(self.plan, path, self.names, silent=silent)
        return node


def walk(stream: BinaryIO, plan: Plan, values: Values) -> Iterator[None]:
    """Read the stream to its end, yielding after each piece; the plan's marks take what is in `values`.

    Raises FileRefused for a document type or what no bank writes, BrokenXmlError where the XML breaks.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    texts: list[str] = []
    _set_handlers(parser, plan, values, texts)
    fed = 0
    try:
        while chunk := stream.read(CHUNK):
            # Blank lines before the declaration are no XML, but harmless and common in files cut out of a mail.
            parser.Parse(chunk if fed else chunk.lstrip(), False)  # noqa: FBT003  (expat takes it by place)
            fed += len(chunk)
            if sum(map(len, texts)) > MAX_TEXT_CHARACTERS or fed - parser.CurrentByteIndex > _LONGEST_TOKEN:
                raise FileRefused("Dosyada 1 MB'tan uzun bir alan var; okunmadı.")
            if len(values) > MAX_VALUES:
                raise FileRefused("Dosyada 100.000 alandan uzun tek bir kayıt var; okunmadı.")
            yield
        parser.Parse(b"", True)  # noqa: FBT003  (expat: this is the last piece)
        yield
    except expat.ExpatError as error:
        raise BrokenXmlError(error.lineno, cut=error.code in _CUT) from None
    except (LookupError, ValueError, UnicodeError):
        raise FileRefused("XML dosyasının karakter kodlaması tanınmadı.") from None


def _set_handlers(parser: expat.XMLParserType, plan: Plan, values: Values, texts: list[str]) -> None:
    top = _Node(plan, None, [0])
    current = top
    stack = [top]

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal current
        current = current[name]
        stack.append(current)
        if len(stack) > MAX_DEPTH:
            raise FileRefused(f"XML dosyası {MAX_DEPTH} kattan derin; okunmadı.")
        if attributes and current.keep:
            values.extend((f"{current.path}@{key}", value) for key, value in attributes.items())
        if current.start is not None:
            current.start(parser.CurrentLineNumber)
        texts.clear()

    def end(_name: str) -> None:
        nonlocal current
        if current.keep:
            values.append((current.path or "", "".join(texts)))
        texts.clear()
        if current.end is not None:
            current.end(parser.CurrentLineNumber)
        stack.pop()
        current = stack[-1]

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = texts.append


def _refuse_doctype(*_: object) -> None:
    raise FileRefused("Dosyanın içinde XML belge türü tanımı (DOCTYPE) var; güvenlik nedeniyle okunmadı.")
