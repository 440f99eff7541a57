"""What the machine has left. A bench asks before it starts, so that it does not stop in its middle."""

import shutil
from pathlib import Path

from iys_portal.bench.base import BenchError

MIB = 2**20


def need_disk(folder: Path, mib: float) -> None:
    """Raise BenchError unless so much is free where `folder` is."""
    free = shutil.disk_usage(folder).free / MIB
    if free < mib:
        raise BenchError(
            f"This size needs {mib:,.0f} MiB of disk in {folder}, and {free:,.0f} MiB are free. Choose fewer --rows."
        )


def need_memory(mib: float) -> None:
    """Raise BenchError unless the machine has so much memory to give; what cannot be asked is not refused."""
    free = _available_mib()
    if free is not None and free < mib:
        raise BenchError(f"This bench needs {mib:,.0f} MiB of memory, and {free:,.0f} MiB are available.")


def need_program(name: str, *, package: str) -> str:
    """Return the path of a program; raise BenchError, naming its Debian package, when it is not installed."""
    found = shutil.which(name)
    if found is None:
        raise BenchError(f"{name} is not installed. Type: apt-get install --no-install-recommends {package}")
    return found


def resident_mib() -> tuple[float, float]:
    """Return how much memory this process holds now and has held at most.

    Not by getrusage: a child's figure there begins at what its parent held.
    """
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines())
    now, most = (int(status[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return now, max(now, most)  # the kernel adds both up from parts, at different moments


def _available_mib() -> float | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    kib = next((line.split()[1] for line in lines if line.startswith("MemAvailable:")), None)
    return None if kib is None else int(kib) / 1024
