"""Statement files as they came: encrypted piece by piece while they are read, and opened again as a file."""

import hashlib
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from iys_portal.shared.crypto import decrypt, encrypt
from iys_portal.shared.sheets.source import pieces
from payments.models import Statement, StatementChunk
from payments.statements import Source

CHUNK = 1 << 20
"""Bytes of a file that are encrypted together, and that are in memory at a time."""


def keep_content(statement: Statement, source: Source) -> tuple[str, int]:
    """Store a file in encrypted chunks as it is read, once; return its SHA-256 (hex) and its size in bytes."""
    digest, size = hashlib.sha256(), 0
    for position, piece in enumerate(pieces(source, CHUNK)):
        digest.update(piece)
        size += len(piece)
        StatementChunk.objects.create(statement=statement, position=position, content_encrypted=encrypt(piece))
    return digest.hexdigest(), size


def open_content(statement: Statement) -> BinaryIO:
    """Return the file as it came, at its beginning: an anonymous temporary file, gone when it is closed."""
    file = cast("BinaryIO", TemporaryFile())  # noqa: SIM115  (the caller closes it)
    chunks = statement.chunks.order_by("position").values_list("content_encrypted", flat=True)
    for chunk in chunks.iterator(chunk_size=4):
        file.write(decrypt(chunk))
    file.seek(0)
    return file


def content_of(statement: Statement) -> bytes:
    """Return the whole file as it came."""
    with open_content(statement) as file:
        return file.read()
