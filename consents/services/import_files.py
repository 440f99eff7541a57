"""Files of consents as they came: encrypted piece by piece while they are stored, and opened again as a file."""

import hashlib
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from consents.models import ImportJob, ImportPiece
from iys_portal.shared.crypto import decrypt, encrypt
from iys_portal.shared.sheets.source import pieces

PIECE = 1 << 20
"""Bytes of a file that are encrypted together, and that are in memory at a time."""


def weigh(content: BinaryIO) -> tuple[str, int]:
    """Return the SHA-256 (hex) and the size of a file, and leave it at its beginning."""
    content.seek(0)
    digest, size = hashlib.sha256(), 0
    for piece in pieces(content, PIECE):
        digest.update(piece)
        size += len(piece)
    content.seek(0)
    return digest.hexdigest(), size


def keep_content(job: ImportJob, content: BinaryIO) -> None:
    """Store a file in encrypted pieces as it is read."""
    for position, piece in enumerate(pieces(content, PIECE)):
        ImportPiece.objects.create(job=job, position=position, content_encrypted=encrypt(piece))


def open_content(job: ImportJob) -> BinaryIO:
    """Return the file as it came, at its beginning: an anonymous temporary file, gone when it is closed."""
    file = cast("BinaryIO", TemporaryFile())  # noqa: SIM115  (the caller closes it)
    kept = job.pieces.order_by("position").values_list("content_encrypted", flat=True)
    for piece in kept.iterator(chunk_size=4):
        file.write(decrypt(piece))
    file.seek(0)
    return file
