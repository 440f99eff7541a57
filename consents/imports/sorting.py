"""Good rows of a file in the order of the consents' key, however many: in memory are some, the others on disk.

Only workers import this module (see consents/imports/frames.py).
"""

from collections.abc import Iterator
from itertools import pairwise
from tempfile import TemporaryFile
from typing import IO, Self

import polars as pl

KEY = ["recipient", "channel", "recipient_type"]
IN_MEMORY = 24 * 1024 * 1024
"""Bytes of rows that are sorted at a time, about."""

_EVERY = 500


class Sorter:
    """Takes frames of rows and gives them back sorted by key, of every key the last row only."""

    def __init__(self) -> None:
        self._runs: list[IO[bytes]] = []
        self._samples: list[pl.Series] = []
        self._bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for run in self._runs:
            run.close()

    def add(self, rows: pl.DataFrame) -> None:
        """Take the rows of a portion."""
        rows = rows.sort("line").unique(KEY, keep="last")
        run = TemporaryFile()  # noqa: SIM115  (closed at the end of the sorting)
        self._runs.append(run)
        rows.write_ipc(run, compression="uncompressed")
        self._samples.append(rows["recipient"].gather_every(_EVERY))
        self._bytes += int(rows.estimated_size())

    def blocks(self, size: int) -> Iterator[pl.DataFrame]:
        """Yield the rows in blocks of `size`, or a few more: those of one recipient are in one block."""
        for lower, upper in pairwise([None, *self._bounds(), None]):
            yield from _cut(self._range(lower, upper), size)

    def _bounds(self) -> list[str]:
        """Return the recipients at which the rows are parted so that each part is about as much as fits."""
        parts = self._bytes // IN_MEMORY + 1
        seen = pl.concat(self._samples).unique().sort() if self._samples else pl.Series(dtype=pl.String)
        places = sorted({len(seen) * part // parts for part in range(1, parts)})
        return [seen[place] for place in places]

    def _range(self, lower: str | None, upper: str | None) -> pl.DataFrame:
        inside = pl.lit(value=True)
        if lower is not None:
            inside &= pl.col("recipient") >= lower
        if upper is not None:
            inside &= pl.col("recipient") < upper
        found = []
        for run in self._runs:
            run.seek(0)
            found.append(pl.read_ipc(run).filter(inside))
        if not found:
            return pl.DataFrame(schema={"recipient": pl.String})
        rows = pl.concat(found, rechunk=False).sort(*KEY, "line")
        is_last = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(-1)) for name in KEY)
        return rows.filter(is_last)


def _cut(rows: pl.DataFrame, size: int) -> Iterator[pl.DataFrame]:
    recipients, start = rows["recipient"], 0
    while start < len(recipients):
        end = min(start + size, len(recipients))
        while end < len(recipients) and recipients[end] == recipients[end - 1]:
            end += 1
        yield rows[start:end]
        start = end
