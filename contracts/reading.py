"""A PDF reader that reads the list of contents of an object stream once, not once for each object in it.

Comparing two revisions of a tagged document asks for a thousand objects of one stream: seconds become tenths.
"""

import io
import re

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodeLimits, DecodePurpose, DocumentDecodeBudget, StreamDecodeLimits
from pyhanko.pdf_utils.misc import PdfStrictReadError
from pyhanko.pdf_utils.reader import PdfFileReader

_MIB = 1024 * 1024
# A contract unpacks to about one MiB; what needs far more is no contract.
_LIMITS = DecodeLimits(
    per_stream=StreamDecodeLimits(max_output_size=32 * _MIB),
    document_budget=DocumentDecodeBudget(base_allowance=64 * _MIB, max_ratio=8),
)
_NUMBERS = re.compile(rb"[0-9\s]*")


class Reader(PdfFileReader):
    """Reads strictly, unpacks little; raises an Exception of any kind for a file that it cannot read."""

    def __init__(self, pdf: bytes) -> None:
        self._streams: dict[int, tuple[bytes, int, list[int]]] = {}
        super().__init__(io.BytesIO(pdf), decode_limits=_LIMITS)

    def _get_object_from_stream(self, idnum: int, stmnum: int, idx: int) -> generic.PdfObject:
        if stmnum not in self._streams:
            self._streams[stmnum] = self._open(stmnum)
        content, first, numbers = self._streams[stmnum]
        if not 0 <= idx < len(numbers) // 2 or numbers[2 * idx] != idnum:
            raise PdfStrictReadError("object is not where the cross-reference says")
        stream = io.BytesIO(content)
        stream.seek(first + numbers[2 * idx + 1])
        found = generic.read_object(stream, generic.Reference(idnum, 0, self))
        if isinstance(found, (generic.StreamObject, generic.IndirectObject)):
            raise PdfStrictReadError("forbidden type in an object stream")
        return found

    def _open(self, stmnum: int) -> tuple[bytes, int, list[int]]:
        """Return the unpacked stream, where its first object starts, and its list of object numbers and offsets."""
        stream = generic.Reference(stmnum, 0, self).get_object()
        if not isinstance(stream, generic.StreamObject) or stream["/Type"] != "/ObjStm":
            raise PdfStrictReadError("no object stream")
        content, first, count = stream.read_data(DecodePurpose.OBJECT_STREAM), int(stream["/First"]), int(stream["/N"])
        if first < 0 or not _NUMBERS.fullmatch(content[:first]):
            raise PdfStrictReadError("object stream header is corrupt")
        numbers = [int(number) for number in content[:first].split()]
        if len(numbers) != 2 * count:
            raise PdfStrictReadError("object stream header is corrupt")
        return content, first, numbers
