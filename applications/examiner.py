"""The bare process that opens one uploaded document: ``python -m applications.examiner``.

Standard input: a line with its kind (pdf, png, jpg), then the file. Standard output: JSON {"finding", "pages"}. Limits
are set before the first byte of the file is read; there is no Django here, no database, no key, nothing to write to.
"""

import io
import json
import resource
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

MAX_PAGES = 50
MAX_PIXELS = 60_000_000
MIN_SIDE = 300
_LIMITS = (
    (resource.RLIMIT_CPU, 8),
    (resource.RLIMIT_AS, 768 * 1024 * 1024),
    (resource.RLIMIT_FSIZE, 0),
    (resource.RLIMIT_NOFILE, 64),
    (resource.RLIMIT_CORE, 0),
)
_MIB = 1024 * 1024
_NEVER = frozenset({"/JavaScript", "/Launch"})
_NOT_ON_OPENING = _NEVER | {"/URI", "/SubmitForm"}
_FOREIGN_PARTS = frozenset({"/FileAttachment", "/RichMedia", "/Movie", "/Screen", "/3D"})
_CHAIN = 8  # actions after each other


def examine(kind: str, content: bytes) -> tuple[str, int]:
    """Return what was found (ok, encrypted, active, long, large, small, unreadable) and the number of pages."""
    try:
        return _pdf(content) if kind == "pdf" else _picture(kind, content)
    except Exception:  # noqa: BLE001  (a parser led astray may raise anything)
        return "unreadable", 0


def _pdf(content: bytes) -> tuple[str, int]:
    from pyhanko.pdf_utils.decode_limits import (  # noqa: PLC0415  (half a second that pictures need not wait for)
        DecodeLimits,
        DocumentDecodeBudget,
        StreamDecodeLimits,
    )
    from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415  (the same)

    limits = DecodeLimits(
        per_stream=StreamDecodeLimits(max_output_size=32 * _MIB),
        document_budget=DocumentDecodeBudget(base_allowance=64 * _MIB, max_ratio=8),
    )
    # Scanners write files that a strict reader refuses.
    reader = PdfFileReader(io.BytesIO(content), strict=False, decode_limits=limits)
    if reader.encrypted:
        return "encrypted", 0
    pages = list(islice(_pages(reader.root["/Pages"]), MAX_PAGES + 1))
    if not pages:
        return "unreadable", 0
    if len(pages) > MAX_PAGES:
        return "long", len(pages)
    is_active = _is_active(reader.root) or any(_is_active_page(page) for page in pages)
    return ("active" if is_active else "ok"), len(pages)


def _pages(tree: Any, depth: int = 0) -> Iterator[Any]:
    """Yield the pages that are really there."""
    if "/Kids" not in tree or depth > MAX_PAGES:
        yield tree
        return
    for child in tree["/Kids"]:
        yield from _pages(child.get_object(), depth + 1)


def _entry(dictionary: Any, name: str, default: Any = None) -> Any:
    """Return an entry or the default; only `[]` follows references."""
    return dictionary[name] if isinstance(dictionary, dict) and name in dictionary else default


def _is_active(root: Any) -> bool:
    """Return whether opening the document runs something, or whether it carries files or scripts by name."""
    names = _entry(root, "/Names", {})
    carries = "/AA" in root or "/JavaScript" in names or "/EmbeddedFiles" in names
    return carries or _runs(_entry(root, "/OpenAction"), _NOT_ON_OPENING)


def _is_active_page(page: Any) -> bool:
    """Return whether looking at a page or pressing something on it runs anything but a link."""
    return "/AA" in page or any(_is_active_annotation(each.get_object()) for each in _entry(page, "/Annots", []))


def _is_active_annotation(annotation: Any) -> bool:
    carries = "/AA" in annotation or _entry(annotation, "/Subtype", "") in _FOREIGN_PARTS
    return carries or _runs(_entry(annotation, "/A"), _NEVER)


def _runs(action: Any, refused: frozenset[str], depth: int = 0) -> bool:
    """Return whether an action, or one that follows it, is of a kind that is refused."""
    if isinstance(action, list):
        return any(_runs(each.get_object(), refused, depth) for each in action)
    if not isinstance(action, dict):  # a place to go to, by name
        return False
    if depth > _CHAIN or _entry(action, "/S", "") in refused:
        return True
    return _runs(_entry(action, "/Next"), refused, depth + 1)


def _picture(kind: str, content: bytes) -> tuple[str, int]:
    from PIL import Image  # noqa: PLC0415  (PDFs need not wait for it)

    Image.MAX_IMAGE_PIXELS = None  # judged here, before anything is unpacked
    with Image.open(io.BytesIO(content), formats=("PNG" if kind == "png" else "JPEG",)) as picture:
        width, height = picture.size
        if width * height > MAX_PIXELS:
            return "large", 0
        if min(width, height) < MIN_SIDE:
            return "small", 0
        picture.load()
    return "ok", 1


def main() -> None:
    """Examine the file on standard input."""
    for resource_kind, limit in _LIMITS:
        resource.setrlimit(resource_kind, (limit, limit))
    kind = sys.stdin.buffer.readline().decode().strip()
    finding, pages = examine(kind, sys.stdin.buffer.read())
    json.dump({"finding": finding, "pages": pages}, sys.stdout)


if __name__ == "__main__":
    main()
