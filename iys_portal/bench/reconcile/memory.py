"""What reading a large camt.053 file costs in memory, in a process that does nothing else."""

from pathlib import Path

from iys_portal.bench.machine import resident_mib
from payments.statements import camt053


class CamtReader:
    """Reads a file and counts what came of it."""

    def read(self, path: str) -> tuple[int, float]:
        """Return how many lines the file has, and how many MiB the process has held at most."""
        with Path(path).open("rb") as file:
            result = camt053.read(file)
        return len(result.lines), resident_mib()[1]
