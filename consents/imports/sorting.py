"""Good rows of a file in the order of the consents' key, one of each: in memory are some, the others on disk.

Only workers import this module (see consents/imports/frames.py).
"""

import io
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import pairwise
from tempfile import TemporaryFile
from typing import NamedTuple, Self

import polars as pl

from consents.imports.frames import STAGED

KEY = ["recipient", "channel", "recipient_type"]
IN_MEMORY = 4 * 1024 * 1024
"""Bytes of rows that are sorted at a time, about."""

PIECE = 1_000
"""Rows that are read from disk at a time."""


class _Piece(NamedTuple):
    """Sorted rows on disk: their first and last recipient, and where they are."""

    first: str
    last: str
    place: int
    size: int


class Sorter:
    """Takes frames of rows and gives them back sorted by key, of every key the newest row only."""

    def __init__(self) -> None:
        self._disk = TemporaryFile()  # noqa: SIM115  (closed with the sorter)
        self._pieces: list[_Piece] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._disk.close()

    def add(self, rows: pl.DataFrame) -> None:
        """Take the rows of a portion."""
        for piece in _newest_of_each(rows).iter_slices(PIECE):
            content = io.BytesIO()
            piece.write_ipc_stream(content, compression="uncompressed")
            place = self._disk.tell()
            self._disk.write(content.getbuffer())
            recipients = piece["recipient"]
            self._pieces.append(_Piece(recipients[0], recipients[-1], place, self._disk.tell() - place))

    def blocks(self, size: int) -> Iterator[pl.DataFrame]:
        """Yield the rows in blocks of `size`, or a few less: those of one recipient are in one block."""
        rest: pl.DataFrame | None = None
        for lower, upper in pairwise([None, *self._bounds(), None]):
            rows = self._range(lower, upper)
            rest = rows if rest is None else pl.concat([rest, rows])
            while rest.height > size:
                end = _end_of_block(rest["recipient"], size)
                yield rest[:end]
                rest = rest[end:]
        if rest is not None and rest.height:
            yield rest

    def _bounds(self) -> list[str]:
        """Return the recipients at which the rows are parted so that each part is about as much as fits."""
        parts = sum(piece.size for piece in self._pieces) // IN_MEMORY + 1
        firsts = sorted(piece.first for piece in self._pieces)
        return sorted({firsts[len(firsts) * part // parts] for part in range(1, parts)})

    def _range(self, lower: str | None, upper: str | None) -> pl.DataFrame:
        """Return the rows from one recipient on, up to another."""
        found = [pl.DataFrame(schema=STAGED)]
        for piece in self._pieces:
            if (upper is not None and piece.first >= upper) or (lower is not None and piece.last < lower):
                continue
            self._disk.seek(piece.place)
            rows = pl.read_ipc_stream(self._disk.read(piece.size))
            recipients = rows["recipient"]
            start = 0 if lower is None else bisect_left(recipients, lower)
            end = rows.height if upper is None else bisect_left(recipients, upper)
            found.append(rows[start:end])
        return _newest_of_each(pl.concat(found))


def _newest_of_each(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows sorted by key, of every key the one of the newest date, wherever it stands in the file.

    Any date is newer than none; of one date a refusal stands, of rows that say the same the last one. Dates are texts
    of one offset and statuses numbers, a refusal the greater: both sort as they are.
    """
    rows = rows.sort(*KEY, "consent_at", "status", "line", nulls_last=False)
    return rows.filter(pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(-1)) for name in KEY))


def _end_of_block(recipients: pl.Series, size: int) -> int:
    """Return where a block of `size` sorted recipients, or a few less, ends, so that it parts none of them.

    Where one recipient has more rows than that, it ends behind them.
    """
    last = recipients[size]
    return bisect_left(recipients, last) or bisect_right(recipients, last)
