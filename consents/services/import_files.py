"""Files of consents as they came: encrypted piece by piece while they are stored, and opened again as a file."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from django.db import connection
from psycopg import Copy

from consents.models import ImportJob
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
    with copying("COPY consents_importpiece (job_id, position, content_encrypted) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["int8", "int4", "bytea"])
        for position, piece in enumerate(pieces(content, PIECE)):
            copy.write_row((job.pk, position, encrypt(piece)))


def open_content(job: ImportJob) -> BinaryIO:
    """Return the file as it came, at its beginning: an anonymous temporary file, gone when it is closed."""
    file = cast("BinaryIO", TemporaryFile())  # noqa: SIM115  (the caller closes it)
    query = "SELECT content_encrypted FROM consents_importpiece WHERE job_id = %s ORDER BY position"
    with copying(f"COPY ({query}) TO STDOUT (FORMAT BINARY)", [job.pk]) as copy:
        copy.set_types(["bytea"])
        for (piece,) in copy.rows():
            file.write(decrypt(piece))
    file.seek(0)
    return file


@contextmanager
def copying(sql: str, values: Sequence[object] | Mapping[str, object] = ()) -> Iterator[Copy]:
    """Open a COPY in Django's connection."""
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(sql, values or None) as copy:
        yield copy
