"""What is read: bytes, or a file that can be rewound and is never in memory as a whole."""

import io
from collections.abc import Iterator
from typing import BinaryIO

from iys_portal.shared.sheets.refusal import FileRefused

MEBIBYTE = 1024 * 1024
CHUNK = 64 * 1024

Source = bytes | BinaryIO


def opened(source: Source, *, limit: int) -> BinaryIO:
    """Return the source as a file at its beginning; raise FileRefused if it is empty or above `limit` bytes."""
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    if size > limit:
        raise FileRefused(f"Dosya çok büyük: en çok {limit // MEBIBYTE} MB yüklenebilir.")
    if _is_blank(stream):
        raise FileRefused("Dosya boş. İndirdiğiniz ya da kaydettiğiniz dosyayı yeniden seçin.")
    stream.seek(0)
    return stream


def _is_blank(stream: BinaryIO) -> bool:
    while chunk := stream.read(CHUNK):
        if chunk.strip():
            return False
    return True


def pieces(source: Source, size: int) -> Iterator[bytes]:
    """Yield whole pieces of `size` bytes from where the source stands, whatever sizes it gives, and a shorter last."""
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    rest = b""
    while piece := stream.read(size - len(rest)):
        rest += piece
        if len(rest) == size:
            yield rest
            rest = b""
    if rest:
        yield rest
